"""All sources. Adding one is a module beside this one and a line in SOURCES (and its table in contracts/bronze.py by name)."""

from typing import Final

from feedback_assets.ground.errors import SettingError
from feedback_assets.sources.app_store import AppStore
from feedback_assets.sources.forum import Forum
from feedback_assets.sources.generic import Generic
from feedback_assets.sources.google_play import GooglePlay
from feedback_assets.sources.intercom import Intercom
from feedback_assets.sources.interface import Source
from feedback_assets.sources.returns import Returns
from feedback_assets.sources.shop_reviews import ShopReviews
from feedback_assets.sources.survey import Survey
from feedback_assets.sources.zendesk import Zendesk

SOURCES: Final[tuple[Source, ...]] = (
    Zendesk(),
    Intercom(),
    AppStore(),
    GooglePlay(),
    ShopReviews(),
    Returns(),
    Survey(),
    Forum(),
    Generic(),
)

_BY_NAME = {_name: _s for _s in SOURCES for _name in (_s.name, *_s.aliases)}


def source_named(name: str) -> Source:
    """The source of this name or alias; case, hyphens and spaces do not matter. Raises SettingError, naming the sources there are."""
    found = _BY_NAME.get(name.strip().casefold().replace("-", "_").replace(" ", "_"))
    if found is None:
        raise SettingError(f"there is no source {name[:60]!r}", expected="one of " + ", ".join(s.name for s in SOURCES))
    return found
