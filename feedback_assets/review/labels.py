"""What people may choose from, as plain values: categories, their subcategories, who owns them. Not here: what they mean (taxonomy/)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from feedback_assets.ground.errors import FeedbackError


class _Named(Protocol):
    @property
    def id(self) -> str: ...


class _Category(_Named, Protocol):
    @property
    def owner(self) -> str: ...

    @property
    def subcategories(self) -> Iterable[_Named]: ...


@dataclass(frozen=True)
class Labels:
    """subcategories: category -> its subcategories. owners: category -> the team that owns it."""

    subcategories: Mapping[str, tuple[str, ...]]
    owners: Mapping[str, str]

    def knows(self, category: str, subcategory: str) -> bool:
        """Whether there is such a category, and the subcategory is empty or one of its own."""
        return category in self.subcategories and (not subcategory or subcategory in self.subcategories[category])

    def check(self, category: str, subcategory: str) -> None:
        """Raises FeedbackError that names what there is to choose from."""
        if category not in self.subcategories:
            raise FeedbackError(f"category {category[:60]!r} is not in the taxonomy", expected=", ".join(self.subcategories))
        if not self.knows(category, subcategory):
            expected = f"empty, or {', '.join(self.subcategories[category])}"
            raise FeedbackError(f"subcategory {subcategory[:60]!r} is not one of {category}", expected=expected)


def labels_of(categories: Iterable[_Category]) -> Labels:
    """The labels of a loaded taxonomy's categories."""
    listed = list(categories)
    return Labels({c.id: tuple(s.id for s in c.subcategories) for c in listed}, {c.id: c.owner for c in listed})
