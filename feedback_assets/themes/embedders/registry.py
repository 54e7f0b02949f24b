"""Which embedders there are. A new one is a module beside this and a line here."""

from importlib import import_module

from feedback_assets.errors import SettingError
from feedback_assets.themes.embedders.interface import Embedder

_EMBEDDERS = {
    "wordllama": "feedback_assets.themes.embedders.wordllama:WordLlamaEmbedder",
}


def embedder_named(name: str) -> Embedder:
    """The embedder of that name, not loaded yet. Raises SettingError, naming those there are."""
    try:
        module, cls = _EMBEDDERS[name].split(":")
    except KeyError:
        raise SettingError(
            f"there is no embedder {name!r}", expected=" or ".join(sorted(_EMBEDDERS)), mend="set FEEDBACK_EMBEDDER to one of these"
        ) from None
    embedder: Embedder = getattr(import_module(module), cls)()
    return embedder
