"""Rows of the theme registry: counts over issues in force, names, quotes, and themes that ended. Pure but for the embedder's names."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from feedback_assets.people import person
from feedback_assets.themes.fold import Theme
from feedback_assets.themes.naming import Subject, name_themes
from feedback_assets.themes.passing import Mention, passing_themes

if TYPE_CHECKING:
    from feedback_assets.themes.embedders.interface import Embedder

QUOTE_FROM = 20
QUOTE_TO = 240


@dataclass(frozen=True)
class Member:
    """One issue of a theme, with what the registry counts."""

    issue_id: str
    event_id: str
    event_time: datetime
    event_day: date
    similarity: float
    superseded: bool
    severity: int
    confidence: float
    owner: str
    quote: str
    wording: str
    """Title and quote as they are: naming cleans what it reads of them."""
    customer: str
    version: str
    duplicates: str
    """Id of the event's duplicate group; empty for a single event."""


def registry_rows(themes: Iterable[Theme], members: Mapping[str, Sequence[Member]], embedder: "Embedder") -> list[dict[str, Any]]:
    """One row a theme, active or a remark. All of a theme's members may be superseded: then it stays, with no issues and no quote.

    members: those of all themes: whether one is a remark and what it is called depends on the others.
    """
    import numpy as np

    rows: list[dict[str, Any]] = []
    subjects: list[Subject] = []
    ordered = sorted(themes, key=lambda t: t.theme_id)
    passing = passing_themes(
        Mention(theme.theme_id, theme.category, m.event_id, m.quote)
        for theme in ordered
        for m in members.get(theme.theme_id, ())
        if not m.superseded
    )
    usual = _usual_versions(m for listed in members.values() for m in listed if not m.superseded)
    for theme in ordered:
        all_members = sorted(members.get(theme.theme_id, ()), key=lambda m: (m.event_time, m.issue_id))
        current = [m for m in all_members if not m.superseded]
        total = theme.total.astype(np.float64)
        length = float(np.linalg.norm(total))
        centroid = (total / (length or 1.0)).astype(np.float32)
        quoted = _quoted(current)
        days = [m.event_day for m in current or all_members] or [theme.founded.date()]
        rows.append(
            {
                "theme_id": theme.theme_id,
                "category": theme.category,
                "subcategory": theme.subcategory,
                "language": theme.language,
                "owner": _most_frequent(m.owner for m in current or all_members),
                "quote": quoted.quote if quoted else "",
                "quote_issue_id": quoted.issue_id if quoted else theme.founder_issue_id,
                "founder_issue_id": theme.founder_issue_id,
                "first_day": min(days),
                "last_day": max(days),
                "issues": len(current),
                "events": len({m.event_id for m in current}),
                "customers": customers(current),
                "severity": round(sum(m.severity for m in current) / len(current), 6) if current else None,
                "confidence": round(sum(m.confidence for m in current) / len(current), 6) if current else None,
                "status": "remark" if theme.theme_id in passing else "active",
                "successor_id": "",
                "embedder": embedder.name,
                "centroid": centroid,
            }
        )
        fallback = (theme.subcategory or theme.category).replace("_", " ")
        subjects.append(
            Subject(
                theme.theme_id,
                theme.language,
                [m.wording for m in current],
                centroid,
                fallback,
                _version_of(current, usual),
                category=theme.category.replace("_", " "),
                founded=theme.founded.isoformat(),
            )
        )
    names = name_themes(subjects, embedder)
    for row in rows:
        naming = names[row["theme_id"]]
        row["name"], row["terms"] = naming.name, list(naming.terms)
    return rows


def customers(members: Iterable[Member]) -> int:
    """How many people told the members."""
    return len({person(m.customer, m.duplicates, m.event_id) for m in members})


def _quoted(members: Sequence[Member]) -> Member | None:
    """The member nearest to the centre among those with a quote of a readable length; without any, among all."""
    spoken = [m for m in members if m.quote.strip()]
    readable = [m for m in spoken if QUOTE_FROM <= len(m.quote) <= QUOTE_TO]
    return min(readable or spoken, key=lambda m: (-m.similarity, m.event_time, m.issue_id), default=None)


def _most_frequent(values: Iterable[str]) -> str:
    counted = Counter(values)
    return min(counted, key=lambda v: (-counted[v], v), default="")


def _usual_versions(members: Iterable[Member]) -> dict[str, float]:
    counted = Counter(m.version for m in members if m.version)
    total = sum(counted.values())
    return {version: n / total for version, n in counted.items()}


def _version_of(members: Sequence[Member], usual: Mapping[str, float]) -> str:
    """The version that a theme is about: most of its members name it, and far more of them than elsewhere."""
    named = [m.version for m in members if m.version]
    if len(named) < 4 or len(named) * 2 < len(members):
        return ""
    version = _most_frequent(named)
    share = named.count(version) / len(named)
    return version if share >= 0.6 and share >= 1.5 * usual.get(version, 0.0) and len(version) <= 20 else ""


def retired_rows(
    known: Sequence[Mapping[str, Any]],
    active: set[str],
    joined: Mapping[str, str],
    moved: Mapping[str, Counter[str]],
) -> list[dict[str, Any]]:
    """Rows of themes that were in the registry and are no longer.

    known: the registry as it stood. joined: theme -> the theme it was joined to. moved: theme -> where its issues are now.
    The successor is the theme that joined it, else the one with most of its issues (the first by id among equals), else the successor
    that it had; one that ended itself is followed to its own successor.
    """
    ended = {row["theme_id"]: row for row in known if row["theme_id"] not in active}
    heirs: dict[str, str] = {}
    for theme, row in ended.items():
        taken_by = {t: n for t, n in moved.get(theme, Counter()).items() if t and t != theme}
        most = min(taken_by, key=lambda t: (-taken_by[t], t), default="")
        heirs[theme] = joined.get(theme) or most or row["successor_id"]
    return [
        {
            **row,
            "quote": "",
            "quote_issue_id": row["founder_issue_id"],
            "issues": 0,
            "events": 0,
            "customers": 0,
            "severity": None,
            "confidence": None,
            "status": "retired",
            "successor_id": _living(theme, heirs, active),
        }
        for theme, row in sorted(ended.items())
    ]


def _living(theme: str, heirs: Mapping[str, str], active: set[str]) -> str:
    seen = {theme}
    heir = heirs.get(theme, "")
    while heir and heir not in active:
        if heir in seen:
            return ""
        seen.add(heir)
        heir = heirs.get(heir, "")
    return heir
