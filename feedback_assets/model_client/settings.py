"""Where the model is and how fast it may be asked. Not here: the environment itself (a mapping is given), prices, prompts."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from feedback_assets.ground.errors import SettingError

PREFIX = "FEEDBACK_MODEL_"
_OUTPUT_LIMITS = ("max_completion_tokens", "max_tokens")
_WHOLE = {
    "requests_per_minute": (0, 0),
    "tokens_per_minute": (0, 0),
    "concurrency": (16, 1),
    "timeout_s": (120, 1),
    "most_attempts": (6, 1),
    "max_output_tokens": (1_024, 1),
    "longest_wait_s": (600, 1),
}
"""Field -> its default and its least value."""


@dataclass(frozen=True)
class ModelSettings:
    """One model of one service. Each field names its environment variable; docs/model.md explains them to a site.

    model: FEEDBACK_MODEL_NAME, the deployment's name on Azure, the model's name elsewhere.
    endpoint: FEEDBACK_MODEL_ENDPOINT, an Azure OpenAI resource, https://NAME.openai.azure.com.
    base_url: FEEDBACK_MODEL_BASE_URL, the address before /chat/completions of any OpenAI-compatible server. Either this or endpoint.
    api_version: FEEDBACK_MODEL_API_VERSION, "" for Azure's v1 path, else a dated version (2024-10-21), which uses deployment paths.
    api_key: FEEDBACK_MODEL_API_KEY.
    entra: FEEDBACK_MODEL_ENTRA, Entra ID instead of a key; needs the extra `entra`.
    requests_per_minute, tokens_per_minute: FEEDBACK_MODEL_REQUESTS_PER_MINUTE, FEEDBACK_MODEL_TOKENS_PER_MINUTE, what the deployment
    allows; 0: not known, learned from the service's answers.
    concurrency: FEEDBACK_MODEL_CONCURRENCY, most requests in flight at once in one `ask_all`.
    timeout_s: FEEDBACK_MODEL_TIMEOUT_S, a request that takes longer is given up and repeated.
    most_attempts: FEEDBACK_MODEL_MOST_ATTEMPTS, most requests for one question until the service answers it.
    max_output_tokens: FEEDBACK_MODEL_MAX_OUTPUT_TOKENS, room for an answer when the question names none.
    longest_wait_s: FEEDBACK_MODEL_LONGEST_WAIT_S, a service that asks for a longer wait, or is away for longer, is unavailable.
    output_limit_field: FEEDBACK_MODEL_OUTPUT_LIMIT_FIELD, the request field for that room: max_completion_tokens (newer models refuse
    the other) or max_tokens (older servers know only this).
    Raises SettingError, naming the variable; never shows a key or an address.
    """

    model: str
    endpoint: str = ""
    base_url: str = ""
    api_version: str = ""
    api_key: str = field(default="", repr=False)
    entra: bool = False
    requests_per_minute: int = 0
    tokens_per_minute: int = 0
    concurrency: int = 16
    timeout_s: float = 120.0
    most_attempts: int = 6
    max_output_tokens: int = 1_024
    longest_wait_s: float = 600.0
    output_limit_field: str = "max_completion_tokens"

    def __post_init__(self) -> None:
        if bool(self.endpoint) == bool(self.base_url):
            raise SettingError(
                f"{PREFIX}ENDPOINT and {PREFIX}BASE_URL are {'both' if self.endpoint else 'neither'} set",
                expected="one of them",
                mend=f"set {PREFIX}ENDPOINT for Azure OpenAI, or {PREFIX}BASE_URL for another compatible server",
            )
        for name in ("endpoint", "base_url"):
            _check_address(name, getattr(self, name), needs_https=name == "endpoint")
        if not self.model.strip() or not self.model.isprintable():
            raise SettingError(
                f"{PREFIX}NAME is not set", expected="the name of a deployment or model", mend=f"set {PREFIX}NAME to the deployment's name"
            )
        self._check_access()
        for name, (_, least) in _WHOLE.items():
            value = getattr(self, name)
            if value < 0 or (least and value == 0):
                raise SettingError(f"{_variable(name)} is too small", expected=f"a number from {least}", mend="set it to one")
        if self.output_limit_field not in _OUTPUT_LIMITS:
            raise SettingError(
                f"{PREFIX}OUTPUT_LIMIT_FIELD is unknown", expected=" or ".join(_OUTPUT_LIMITS), mend="set it to one of these"
            )

    def _check_access(self) -> None:
        if self.api_key and not (self.api_key.isascii() and self.api_key.isprintable() and " " not in self.api_key):
            raise SettingError(
                f"{PREFIX}API_KEY holds spaces, line ends or other signs that no key has", mend="set it to the key alone, without quotes"
            )
        if self.entra and self.api_key:
            raise SettingError(f"{PREFIX}ENTRA and {PREFIX}API_KEY are both set", expected="one way to sign in", mend="unset one of them")
        if self.endpoint and not self.entra and not self.api_key:
            raise SettingError(
                f"{PREFIX}ENDPOINT is set without a way to sign in",
                expected=f"{PREFIX}API_KEY, or {PREFIX}ENTRA=true",
                mend="set one of them",
            )
        if self.api_version and not self.endpoint:
            raise SettingError(
                f"{PREFIX}API_VERSION is set without {PREFIX}ENDPOINT", expected="a version for Azure OpenAI only", mend="unset it"
            )

    @property
    def address(self) -> str:
        """What /chat/completions is appended to, without the deployment of a dated version. One address and model share a limiter."""
        if self.base_url:
            return self.base_url.rstrip("/")
        root = self.endpoint.rstrip("/")
        for end in ("/openai/v1", "/openai"):  # people paste what the portal shows
            root = root.removesuffix(end)
        return f"{root}/openai" if self.api_version else f"{root}/openai/v1"

    def for_model(self, model: str) -> "ModelSettings":
        """The same service with another deployment, such as one for embeddings."""
        return replace(self, model=model)

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> "ModelSettings | None":
        """The settings that the variables name; None when neither endpoint nor base URL is set. Raises SettingError."""
        values = {name.removeprefix(PREFIX): value.strip() for name, value in environ.items() if name.startswith(PREFIX)}
        if not values.get("ENDPOINT") and not values.get("BASE_URL"):
            return None
        return cls(
            model=values.get("NAME", ""),
            endpoint=values.get("ENDPOINT", ""),
            base_url=values.get("BASE_URL", ""),
            api_version=values.get("API_VERSION", ""),
            api_key=values.get("API_KEY", ""),
            entra=_yes(values, "ENTRA"),
            output_limit_field=values.get("OUTPUT_LIMIT_FIELD") or _OUTPUT_LIMITS[0],
            **{name: _whole(values, name) for name in _WHOLE},
        )


def _variable(name: str) -> str:
    return PREFIX + name.upper()


def _check_address(name: str, address: str, *, needs_https: bool) -> None:
    if not address:
        return
    example = "https://NAME.openai.azure.com" if needs_https else "http://127.0.0.1:8080/v1"
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        host = ""
    if not host or parts.scheme not in ("http", "https") or parts.username or parts.password or parts.query or parts.fragment:
        raise SettingError(  # it may hold a password: not shown
            f"{_variable(name)} is not the address of a service",
            expected=f"an address such as {example}, without user, password or query",
            mend=f"set {_variable(name)} to one",
        )
    if needs_https and parts.scheme != "https" and host not in ("127.0.0.1", "localhost", "::1"):
        raise SettingError(f"{_variable(name)} would send the key unencrypted", expected=example, mend="use https")


def _whole(values: Mapping[str, str], name: str) -> int:
    default, least = _WHOLE[name]
    raw = values.get(name.upper(), "")
    if not raw:
        return default
    if not (raw.isascii() and raw.isdigit() and len(raw) < 10) or int(raw) < least:
        raise SettingError(
            f"{_variable(name)} is not a number that can be used", expected=f"a whole number from {least}", mend="unset it or set it to one"
        )
    return int(raw)


def _yes(values: Mapping[str, str], name: str) -> bool:
    raw = values.get(name, "").lower()
    if raw not in ("", "true", "false", "1", "0", "yes", "no"):
        raise SettingError(f"{PREFIX}{name} is neither true nor false", expected="true or false", mend="set it to one of these")
    return raw in ("true", "1", "yes")
