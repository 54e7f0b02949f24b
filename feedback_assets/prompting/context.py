"""What a model is told beside a text: where it was said and of what, never by whom. Not here: the text."""

import re
from dataclasses import dataclass, fields

from feedback_assets.ground.placeholders import PATTERN

_LONGEST = 60
_ALLOWED = re.compile(r"[^\w .,+()/-]+")


@dataclass(frozen=True)
class Context:
    """Empty: unknown. channel: kind of place. product, release: as the source names them. locale: BCP 47. tier: the customer's plan.

    There is no field for a person on purpose: a name, an address or an id has no place here.
    """

    channel: str = ""
    product: str = ""
    release: str = ""
    locale: str = ""
    tier: str = ""

    def lines(self) -> str:
        """One line a field that is known. Sources fill these fields from what customers send, so they are cut to plain words."""
        said = [(f.name, _plain(getattr(self, f.name))) for f in fields(self)]
        return "\n".join(f"{name}: {value}" for name, value in said if value) or "nothing is known"


def _plain(value: str) -> str:
    if "@" in value or PATTERN.search(value):
        return ""  # an address or something masked: not a product, a release or a plan
    return " ".join(_ALLOWED.sub(" ", value).split())[:_LONGEST]
