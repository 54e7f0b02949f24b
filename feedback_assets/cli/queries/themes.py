"""The themes with the highest scores, each with what a person needs to know it."""

from dataclasses import dataclass

from feedback_assets.cli.queries.reader import Reader, Row, row_by
from feedback_assets.contracts.priority import SCORES
from feedback_assets.contracts.signals import TRENDS
from feedback_assets.contracts.themes import THEMES
from feedback_assets.contracts.tickets import TICKETS


@dataclass(frozen=True)
class ThemeLine:
    """One theme in a list. score, band and trend are empty until priority and signals have seen it; ticket when it has none."""

    id: str
    name: str
    score: float | None
    band: str
    owner: str
    ticket: str
    trend: str
    issues: int
    customers: int
    quote: str
    category: str
    subcategory: str
    language: str
    first_day: str
    last_day: str


def top_themes(reader: Reader, limit: int | None = None) -> list[ThemeLine]:
    """Active themes with an issue in force, by score, then issues, then id."""
    themes = reader.frame(
        THEMES,
        [
            "theme_id",
            "name",
            "category",
            "subcategory",
            "language",
            "owner",
            "quote",
            "issues",
            "customers",
            "status",
            "first_day",
            "last_day",
        ],
    )
    scores = row_by(reader.frame(SCORES, ["theme_id", "score", "band"]), "theme_id")
    trends = row_by(reader.frame(TRENDS, ["theme_id", "trend"]), "theme_id")
    tickets = row_by(reader.frame(TICKETS, ["theme_id", "ticket_id"]).sort("ticket_id"), "theme_id")
    lines = [
        _line(t, scores.get(t["theme_id"], {}), trends.get(t["theme_id"], {}), tickets.get(t["theme_id"], {}))
        for t in themes.filter((themes["status"] == "active") & (themes["issues"] >= 1)).iter_rows(named=True)
    ]
    lines.sort(key=lambda t: (-(t.score if t.score is not None else -1.0), -t.issues, t.id))
    return lines if limit is None else lines[:limit]


def _line(theme: Row, score: Row, trend: Row, ticket: Row) -> ThemeLine:
    return ThemeLine(
        id=theme["theme_id"],
        name=theme["name"],
        score=score.get("score"),
        band=score.get("band", ""),
        owner=theme["owner"],
        ticket=ticket.get("ticket_id", ""),
        trend=trend.get("trend", ""),
        issues=theme["issues"],
        customers=theme["customers"],
        quote=theme["quote"],
        category=theme["category"],
        subcategory=theme["subcategory"],
        language=theme["language"],
        first_day=str(theme["first_day"] or ""),
        last_day=str(theme["last_day"] or ""),
    )
