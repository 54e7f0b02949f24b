"""Turns what people decided in review into training samples, and some of it into golden texts that nothing is trained on: the newest
decision about the same words counts, golden texts stay out.

Not here: the table and which decisions are in force (contracts/review.py), how decisions are made (review/), training (training.py).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from feedback_assets.contracts.review import DECISIONS, decisions_in_force, is_propagated
from feedback_assets.enrichment.features import tokens
from feedback_assets.enrichment.golden import GoldenText, Label
from feedback_assets.enrichment.learning.groups import duplicate_groups
from feedback_assets.enrichment.samples import NONE, Sample
from feedback_assets.enrichment.taxonomy import Taxonomy
from feedback_assets.ground.identity import sha256_hex
from feedback_assets.ground.placeholders import blanked, plain
from feedback_assets.lakehouse.interface import Lakehouse

WEIGHT = 3.0
"""How much a decision counts beside a golden text: it is about texts that really come in here."""
HELD = 5
"""One in so many groups of near-duplicates is not learnt: what is decided is measured by it."""
FEW = 50
"""Groups below which all are learnt: so few teach more than they measure."""
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
    learnt, _ = _parted(rows, taxonomy, golden)
    return [_sample(row, taxonomy) for row, _ in learnt]


def decided_golden(rows: Sequence[Mapping[str, Any]], taxonomy: Taxonomy, golden: Sequence[GoldenText]) -> list[GoldenText]:
    """The decisions that decided_samples() leaves out to measure by, as golden texts: the quote that was decided about, with the person's
    label. They grow as people decide."""
    _, held = _parted(rows, taxonomy, golden)
    return [_golden(row, group) for row, group in held]


_Rows = list[tuple[Mapping[str, Any], str]]


def _parted(rows: Sequence[Mapping[str, Any]], taxonomy: Taxonomy, golden: Sequence[GoldenText]) -> tuple[_Rows, _Rows]:
    """(decisions that are learnt, decisions that are held out), each with the hash of its group of near-duplicates."""
    newest: dict[tuple[str, ...], Mapping[str, Any]] = {}
    for row in sorted(decisions_in_force(rows), key=_age):
        if tokens(blanked(row["quote"])) and not is_propagated(row) and row["verdict"] not in _SAYS_NOTHING:
            newest[tuple(tokens(row["quote"]))] = row
    chosen = [newest[words] for words in sorted(newest) if newest[words]["verdict"] in _NO_ISSUE or _known(newest[words], taxonomy)]
    held = [g.text for g in golden if g.split != "train"] + [label.evidence for g in golden if g.split != "train" for label in g.labels]
    groups = duplicate_groups([*held, *(plain(row["quote"]) for row in chosen)]).tolist()
    measured = set(groups[: len(held)])
    kept = [(row, group) for row, group in zip(chosen, groups[len(held) :], strict=True) if group not in measured]
    first: dict[int, str] = {}
    for row, group in kept:  # by their words: a group goes by the first of them
        first.setdefault(group, sha256_hex(" ".join(tokens(row["quote"])).encode()))
    aside = {g for g, name in first.items() if int(name[:8], 16) % HELD == 0} if len(first) >= FEW else set()
    return [(r, first[g]) for r, g in kept if g not in aside], [(r, first[g]) for r, g in kept if g in aside]


def _age(row: Mapping[str, Any]) -> tuple[Any, str]:
    return row["decided_at"], row["decision_id"]


def _known(row: Mapping[str, Any], taxonomy: Taxonomy) -> bool:
    return row["category"] in taxonomy.by_id


def _golden(row: Mapping[str, Any], group: str) -> GoldenText:
    quote = row["quote"]
    label = () if row["verdict"] in _NO_ISSUE else (_label(row, quote),)
    return GoldenText(id=f"decided-{row['decision_id']}", text=quote, language=row["language"], group=group, split="test", labels=label)


def _label(row: Mapping[str, Any], quote: str) -> Label:
    # Nobody is asked for a sentiment: nothing is measured by this one.
    return Label(
        category=row["category"], subcategory=row["subcategory"] or "", evidence=quote, severity=row["severity"] or 3, sentiment="negative"
    )


def _sample(row: Mapping[str, Any], taxonomy: Taxonomy) -> Sample:
    text = plain(row["quote"])
    if row["verdict"] in _NO_ISSUE:
        return Sample(text, frozenset({NONE}), frozenset(), WEIGHT)
    category = taxonomy.by_id[row["category"]]
    known = category.subcategory(row["subcategory"]) is not None
    subs = frozenset({f"{category.id}/{row['subcategory']}"} if known else ())
    return Sample(text, frozenset({category.id}), subs, WEIGHT, severity=row["severity"])
