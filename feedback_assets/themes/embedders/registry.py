"""Which embedders there are. A new one is a module beside this and a line here."""

from collections.abc import Callable
from pathlib import Path

from feedback_assets.ground.errors import SettingError
from feedback_assets.themes.embedders.interface import Embedder
from feedback_assets.themes.embedders.minilm import MiniLmEmbedder
from feedback_assets.themes.embedders.openai import OpenAiEmbedder
from feedback_assets.themes.embedders.paid import Purse
from feedback_assets.themes.embedders.wordllama import WordLlamaEmbedder

_EMBEDDERS: dict[str, Callable[[Path], Embedder]] = {
    "wordllama": lambda _models: WordLlamaEmbedder(),
    "minilm": lambda models: MiniLmEmbedder(models / "minilm"),
}
_PAID: dict[str, Callable[[Purse], Embedder]] = {"openai": OpenAiEmbedder}
"""Those that cost money: made anew for each run, whose budget they keep."""


def is_paid(name: str) -> bool:
    """Whether the embedder of that name costs money."""
    return name in _PAID


def embedder_named(name: str, models: Path = Path("models"), purse: Callable[[], Purse] | None = None) -> Embedder:
    """The embedder of that name, not loaded yet. models: the site's folder of models, for those that do not bring their own. purse: makes
    that with which one that costs money works.

    Raises SettingError, naming those there are, or what is missing of a model's files.
    """
    if is_paid(name):
        if purse is None:
            raise SettingError(f"the embedder {name} costs money and is given none", mend="set FEEDBACK_EMBEDDER to one that is free")
        return _PAID[name](purse())
    try:
        build = _EMBEDDERS[name]
    except KeyError:
        raise SettingError(
            f"there is no embedder {name!r}",
            expected=" or ".join(sorted({*_EMBEDDERS, *_PAID})),
            mend="set FEEDBACK_EMBEDDER to one of these",
        ) from None
    return build(models)
