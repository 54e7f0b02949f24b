"""The table of top themes that a run ends with."""

from collections.abc import Sequence

from feedback_assets.cli import output
from feedback_assets.cli.queries.reader import LakeReader
from feedback_assets.cli.queries.themes import ThemeLine, top_themes
from feedback_assets.lakehouse.interface import Lakehouse

QUOTE = 90


def top_themes_table(lake: Lakehouse, limit: int = 10) -> None:
    """Prints the themes with the highest scores: score, band, owner, ticket, one quoted complaint, trend."""
    found = top_themes(LakeReader(lake), limit)
    if found:
        print_themes(found)


def print_themes(found: Sequence[ThemeLine]) -> None:
    """The same table for themes that were read already."""
    output.table(
        ["score", "band", "owner", "ticket", "issues", "trend", "theme", "name", "quote"],
        [
            [
                t.score,
                t.band,
                t.owner,
                t.ticket,
                t.issues,
                t.trend,
                t.id,
                output.safe(t.name, width=40),
                f"“{output.safe(t.quote, width=QUOTE)}”",
            ]
            for t in found
        ],
        right=["score", "issues"],
    )
