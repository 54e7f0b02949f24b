"""Turns what people decided in review into training samples: the newest decision about the same words counts, golden texts stay out.

Not here: the table and which decisions are in force (contracts/review.py), how decisions are made (review/), training (training.py).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from feedback_assets.contracts.review import DECISIONS, decisions_in_force, is_propagated
from feedback_assets.enrichment.features import tokens
from feedback_assets.enrichment.golden import GoldenText
from feedback_assets.enrichment.learning.groups import duplicate_groups
from feedback_assets.enrichment.samples import NONE, Sample
from feedback_assets.enrichment.taxonomy import Taxonomy
from feedback_assets.ground.placeholders import blanked, plain
from feedback_assets.lakehouse.interface import Lakehouse

WEIGHT = 3.0
"""How much a decision counts beside a golden text: it is about texts that really come in here."""
_NO_ISSUE = ("rejected", "spam")
_SAYS_NOTHING = ("duplicate",)


def read_decisions(lake: Lakehouse) -> list[dict[str, Any]]:
    """All decisions, in a fixed order."""
    return sorted(lake.read(DECISIONS).to_pylist(), key=_age)


def decided_samples(rows: Sequence[Mapping[str, Any]], taxonomy: Taxonomy, golden: Sequence[GoldenText]) -> list[Sample]:
    """Samples in a fixed order, whatever the order of the rows.

    Decisions about the same words in the same language are one: the newest. Left out: what was taken back or is in conflict, what was
    propagated (one text would count as often as it was copied), repetitions, categories that the taxonomy no longer has, empty quotes, and
    texts that are near-duplicates of golden texts that the model is calibrated or measured on.
    """
    newest: dict[tuple[str, ...], Mapping[str, Any]] = {}
    for row in sorted(decisions_in_force(rows), key=_age):
        if tokens(blanked(row["quote"])) and not is_propagated(row) and row["verdict"] not in _SAYS_NOTHING:
            newest[tuple(tokens(row["quote"]))] = row
    chosen = [newest[words] for words in sorted(newest) if newest[words]["verdict"] in _NO_ISSUE or _known(newest[words], taxonomy)]
    held = [g.text for g in golden if g.split != "train"] + [label.evidence for g in golden if g.split != "train" for label in g.labels]
    groups = duplicate_groups([*held, *(plain(row["quote"]) for row in chosen)]).tolist()
    measured = set(groups[: len(held)])
    return [_sample(row, taxonomy) for row, group in zip(chosen, groups[len(held) :], strict=True) if group not in measured]


def _age(row: Mapping[str, Any]) -> tuple[Any, str]:
    return row["decided_at"], row["decision_id"]


def _known(row: Mapping[str, Any], taxonomy: Taxonomy) -> bool:
    return row["category"] in taxonomy.by_id


def _sample(row: Mapping[str, Any], taxonomy: Taxonomy) -> Sample:
    text = plain(row["quote"])
    if row["verdict"] in _NO_ISSUE:
        return Sample(text, frozenset({NONE}), frozenset(), WEIGHT)
    category = taxonomy.by_id[row["category"]]
    known = category.subcategory(row["subcategory"]) is not None
    subs = frozenset({f"{category.id}/{row['subcategory']}"} if known else ())
    return Sample(text, frozenset({category.id}), subs, WEIGHT, severity=row["severity"])
