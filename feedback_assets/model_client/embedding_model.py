"""Which model makes vectors, and how long they are. Not here: asking it (embeddings.py), the service it belongs to (settings.py)."""

from collections.abc import Mapping
from dataclasses import dataclass

from feedback_assets.ground.errors import SettingError
from feedback_assets.model_client.settings import PREFIX, ModelSettings

NAME = f"{PREFIX}EMBEDDING_NAME"
DIMENSIONS = f"{PREFIX}EMBEDDING_DIMENSIONS"
OWN_DIMENSIONS = {"text-embedding-3-small": 1_536, "text-embedding-3-large": 3_072, "text-embedding-ada-002": 1_536}
"""Length of a vector when none is asked for (OpenAI, embedding models)."""
_MOST_DIMENSIONS = 8_192


@dataclass(frozen=True)
class EmbeddingModel:
    """settings: of the service, with the deployment for embeddings. dimensions: of a vector. asked_dimensions: what is asked for in a
    request; None: the model gives what it gives."""

    settings: ModelSettings
    dimensions: int
    asked_dimensions: int | None

    @property
    def name(self) -> str:
        """Model and dimensions: vectors of different names are never compared."""
        return f"openai-{self.settings.model}-{self.dimensions}"

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> "EmbeddingModel":
        """The model that the variables name. Raises SettingError, naming the variable.

        The dimensions are asked for where they are not the model's own, of a model whose own are known and of a deployment on Azure; other
        servers often refuse to be asked.
        """
        model = environ.get(NAME, "").strip()
        if not model:
            raise SettingError(f"{NAME} is not set", expected="the deployment for embeddings", mend=f"set {NAME}, or another embedder")
        settings = ModelSettings.from_environment({**environ, f"{PREFIX}NAME": model})
        if settings is None:
            raise SettingError(
                f"{NAME} is set and no service",
                expected=f"{PREFIX}ENDPOINT or {PREFIX}BASE_URL",
                mend="set one of them, or another embedder",
            )
        own, raw = OWN_DIMENSIONS.get(model), environ.get(DIMENSIONS, "").strip()
        if not raw and own is None:
            raise SettingError(
                f"{DIMENSIONS} is not set", expected=f"the length of a vector of {model[:80]}", mend=f"set {DIMENSIONS} to a whole number"
            )
        if raw and (not (raw.isascii() and raw.isdigit() and len(raw) < 6) or not 1 <= int(raw) <= (own or _MOST_DIMENSIONS)):
            raise SettingError(
                f"{DIMENSIONS}={raw[:20]!r} cannot be used",
                expected=f"a whole number from 1 to {own or _MOST_DIMENSIONS}",
                mend="set it to one, or unset it for a model whose own length is known",
            )
        wanted = int(raw) if raw else own or 0
        asks = wanted != own if own is not None else bool(settings.endpoint)
        return cls(settings, wanted, wanted if asks else None)
