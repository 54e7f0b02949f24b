"""Contracts of review: what people decided about the issues that the machine doubted, or got wrong."""

from feedback_assets.contracts import common as c
from feedback_assets.contracts.table import Column, Table

VERDICTS = ("accepted", "rejected", "corrected")

DECISIONS = Table(
    name="review/decisions",
    row="What one person decided about one issue. Later decisions about the same words stand above earlier ones; none is ever changed.",
    owner="product-support",
    columns=(
        Column("decision_id", "string", "Hash of issue, person and time.", pattern=c.ID128),
        c.ISSUE_ID,
        c.EVENT_ID,
        c.PAYLOAD_SHA256,
        Column(
            "verdict",
            "string",
            "accepted: it is as the machine said. corrected: it is as this row says. rejected: no issue.",
            one_of=VERDICTS,
        ),
        c.CATEGORY,
        c.SUBCATEGORY,
        Column("severity", "int32", "As the person sees it, 1 to 5; null when they did not say.", nullable=True, at_least=1, at_most=5),
        Column("quote", "string", "Masked text that was decided about: the evidence of the issue."),
        Column("language", "string", "Language of the event."),
        Column("decided_by", "string", "Who decided: a user id of the site, no name."),
        Column("decided_at", "timestamp", "When."),
    ),
    key=("decision_id",),
)

TABLES = (DECISIONS,)
