"""Which embedders there are. A new one is a module beside this and a line here."""

from collections.abc import Callable
from pathlib import Path

from feedback_assets.ground.errors import SettingError
from feedback_assets.themes.embedders.interface import Embedder
from feedback_assets.themes.embedders.minilm import MiniLmEmbedder
from feedback_assets.themes.embedders.wordllama import WordLlamaEmbedder

_EMBEDDERS: dict[str, Callable[[Path], Embedder]] = {
    "wordllama": lambda _models: WordLlamaEmbedder(),
    "minilm": lambda models: MiniLmEmbedder(models / "minilm"),
}


def embedder_named(name: str, models: Path = Path("models")) -> Embedder:
    """The embedder of that name, not loaded yet. models: the site's folder of models, for those that do not bring their own.

    Raises SettingError, naming those there are, or what is missing of a model's files.
    """
    try:
        build = _EMBEDDERS[name]
    except KeyError:
        raise SettingError(
            f"there is no embedder {name!r}", expected=" or ".join(sorted(_EMBEDDERS)), mend="set FEEDBACK_EMBEDDER to one of these"
        ) from None
    return build(models)
