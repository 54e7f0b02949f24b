"""Contract of priority: one explained score a theme."""

from feedback_assets.contracts import common as c
from feedback_assets.contracts.table import Column, Table

BANDS = ("P1", "P2", "P3", "P4")

FACTORS = ("severity", "reach", "revenue", "recency", "trend", "recurrence", "confidence")
"""What a score is made of. The one list: the weights file, tickets and traces follow it."""

SCORES = Table(
    name="priority/scores",
    row="How urgent one theme is, with the share of each factor, as of the last event day that was seen.",
    owner="product",
    columns=(
        c.THEME_ID,
        Column("score", "double", "0 to 100.", at_least=0, at_most=100),
        Column("band", "string", "P1 is the most urgent.", one_of=BANDS),
        *(Column(f"{f}", "double", f"Factor {f}, scaled 0 to 1.", at_least=0, at_most=1) for f in FACTORS),
        *(
            Column(f"{f}_points", "double", f"Points of the score that {f} brings; those of all factors add up to the score.", at_least=0)
            for f in FACTORS
        ),
        Column("weights_version", "string", "Version of the weights file."),
        Column("as_of", "date", "Last event day that was seen in any source."),
        Column("explanation", "string", "The score in a sentence."),
    ),
    key=("theme_id",),
)

TABLES = (SCORES,)
