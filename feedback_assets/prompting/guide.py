"""The taxonomy and the teams as lines of a prompt, from plain values. Not here: what the taxonomy's files say (enrichment/taxonomy.py)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class CategoryGuide:
    """What a model is told of a category.

    subcategories: id -> description. excluded: what looks like it and is not. severity: what each of 1 to 5 means.
    """

    id: str
    description: str
    subcategories: Mapping[str, str] = field(default_factory=dict)
    excluded: tuple[str, ...] = ()
    severity: Mapping[int, str] = field(default_factory=dict)


def category_lines(guides: Iterable[CategoryGuide]) -> str:
    """The value of `categories`: one block a category, its kinds written as the answer must write them."""
    return "\n\n".join(_block(g) for g in guides)


def owner_lines(owners: Mapping[str, str]) -> str:
    """The value of `owners`: a line a team. owners: id -> what it looks after."""
    return "\n".join(f"- {name}: {' '.join(what.split())}" for name, what in owners.items())


def _block(guide: CategoryGuide) -> str:
    lines = [f"{guide.id}: {guide.description}"]
    lines += [f"- {guide.id}/{name}: {what}" for name, what in guide.subcategories.items()]
    if guide.excluded:
        lines.append(f"  Not: {' '.join(guide.excluded)}")
    if guide.severity:
        lines.append(f"  Severity: {' '.join(f'{level} {what}' for level, what in sorted(guide.severity.items()))}")
    return "\n".join(lines)
