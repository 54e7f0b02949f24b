"""The themes as tickets see them: their facts, score and trend, and who took over from whom. Reads tables, decides nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from feedback_assets.contracts.priority import FACTORS, SCORES
from feedback_assets.contracts.signals import TRENDS
from feedback_assets.contracts.themes import THEMES
from feedback_assets.lakehouse.interface import Lakehouse
from feedback_assets.tickets.content import LONGEST_TITLE, Factor, ModelNotes, Quote, Segment, TicketContent, one_line

_COLUMNS = [name for name in THEMES.column_names if name not in {"centroid", "embedder", "quote"}]


@dataclass(frozen=True)
class ThemeView:
    """One theme. score and trend are rows of their tables; None while there is none."""

    theme: Mapping[str, Any]
    score: Mapping[str, Any] | None
    trend: Mapping[str, Any] | None

    @property
    def theme_id(self) -> str:
        return str(self.theme["theme_id"])

    @property
    def alive(self) -> bool:
        """Active, with issues in force."""
        return bool(self.theme["status"] == "active" and self.theme["issues"] > 0)


def read_themes(lake: Lakehouse) -> dict[str, ThemeView]:
    """Every theme by id, retired ones too."""
    scores = {row["theme_id"]: row for row in lake.read(SCORES).to_pylist()}
    trends = {row["theme_id"]: row for row in lake.read(TRENDS).to_pylist()}
    rows = lake.read(THEMES, columns=_COLUMNS).to_pylist()
    return {row["theme_id"]: ThemeView(row, scores.get(row["theme_id"]), trends.get(row["theme_id"])) for row in rows}


def successor_of(theme_id: str, themes: Mapping[str, ThemeView]) -> str:
    """The living theme at the end of the line of successors; empty when the line ends elsewhere or runs in a circle."""
    seen: set[str] = set()
    here = theme_id
    while here in themes and here not in seen:
        if themes[here].alive:
            return here
        seen.add(here)
        here = themes[here].theme["successor_id"]
    return ""


def content_of(
    view: ThemeView,
    *,
    ticket_id: str,
    revision: int,
    segments: Mapping[str, tuple[Segment, ...]],
    quotes: tuple[Quote, ...],
    notes: ModelNotes | None = None,
) -> TicketContent:
    """What the open ticket of a living, scored theme says."""
    theme, score, trend = view.theme, view.score or {}, view.trend or {}
    return TicketContent(
        ticket_id=ticket_id,
        revision=revision,
        status="open",
        theme_id=view.theme_id,
        title=one_line(theme["name"], LONGEST_TITLE) or view.theme_id,
        category=theme["category"],
        subcategory=theme["subcategory"],
        owner=theme["owner"],
        band=score["band"],
        score=score["score"],
        weights_version=score["weights_version"],
        explanation=score["explanation"],
        factors=tuple(Factor(name=f, value=score[f], points=score[f"{f}_points"]) for f in FACTORS),
        issues=theme["issues"],
        events=theme["events"],
        customers=theme["customers"],
        first_day=theme["first_day"].isoformat(),
        last_day=theme["last_day"].isoformat(),
        as_of=score["as_of"].isoformat(),
        trend=trend.get("trend", "steady"),
        last_7_days=trend.get("last_7_days", 0),
        previous_7_days=trend.get("previous_7_days", 0),
        peak_day=trend["peak_day"].isoformat() if trend else "",
        peak=trend.get("peak", 0),
        terms=tuple(theme["terms"] or ()),
        segments=segments,
        quotes=quotes,
        notes=notes,
    )
