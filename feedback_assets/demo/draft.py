"""One piece of demo feedback before it takes a source's form. Only the shape and its copies belong here."""

from dataclasses import dataclass, field, replace


@dataclass(slots=True)
class Draft:
    """What one revision of one record says, in no source's format. A payload is a function of the draft alone.

    created, updated: seconds since 1970. noise: random bits that details of the payload are taken from. severity: expected range.
    core: the bare statement, kept for those who say it again. labels: expected taxonomy categories, the main one first.
    """

    source: str
    record_id: str
    serial: int
    created: int
    updated: int
    language: str
    cause: str
    labels: tuple[str, ...]
    severity: tuple[int, int]
    side: str
    area: str
    title: str
    body: str
    rating: int
    person: int
    version: str
    android: bool
    country: str
    locale: str
    item: int
    noise: int
    core: str = ""
    kinds: list[str] = field(default_factory=list)
    personal: list[tuple[str, str]] = field(default_factory=list)
    html: bool = False
    revision: int = 1
    deleted: bool = False
    incident: str = ""
    duplicate_of: str = ""
    group: str = ""

    def later(self, *, title: str, body: str, rating: int, updated: int, kind: str) -> "Draft":
        """The next revision: same record, changed words."""
        kinds = [k for k in self.kinds if k != "late"]
        return replace(
            self,
            title=title,
            body=body,
            rating=rating,
            updated=updated,
            revision=self.revision + 1,
            kinds=[*kinds, kind],
            personal=list(self.personal),
        )
