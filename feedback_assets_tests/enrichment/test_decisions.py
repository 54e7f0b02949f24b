"""What people decided in review is learnt: the newest decision wins, measured texts stay out, the model is trained anew only for news."""

import random
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from feedback_assets.contracts.arrow import to_arrow
from feedback_assets.contracts.review import DECISIONS
from feedback_assets.enrichment.decisions import FEW, decided_golden, decided_samples, read_decisions
from feedback_assets.enrichment.golden import GoldenText, of_split
from feedback_assets.enrichment.model import LocalModel
from feedback_assets.enrichment.taxonomy import Taxonomy
from feedback_assets.enrichment.training import load_or_train
from feedback_assets.ground.identity import decision_id
from feedback_assets.lakehouse.interface import Lakehouse
from feedback_assets_tests.enrichment.conftest import TAXONOMY
from feedback_assets_tests.silver.duplicates.world import sentence

TEXT = "the zorblax dial spins by itself when I pet the cat"
PARAPHRASES = ("my zorblax dial keeps spinning by itself", "when I pet the cat the zorblax dial spins")


def decision(quote: str, category: str, *, verdict: str = "corrected", hour: int = 1, sub: str = "", issue: str = "a") -> dict[str, Any]:
    at = datetime(2026, 3, 1, hour, tzinfo=UTC)
    issue_id = issue * 32
    return {
        "decision_id": decision_id(issue_id, "u-17", at.isoformat()),
        "issue_id": issue_id,
        "event_id": "b" * 32,
        "payload_sha256": "c" * 64,
        "verdict": verdict,
        "category": category,
        "subcategory": sub,
        "severity": None,
        "quote": quote,
        "language": "en",
        "decided_by": "u-17",
        "decided_at": at,
    }


def says(model: LocalModel, text: str) -> dict[str, float]:
    (row,) = model.probabilities(model.raw(model.sums([text])))
    return dict(zip(model.heads.categories, row.tolist(), strict=True))


@pytest.fixture(scope="module")
def taught(taxonomy: Taxonomy, models: Path) -> LocalModel:
    return load_or_train(taxonomy, TAXONOMY / "golden", models, [decision(TEXT, "product_quality", sub="defect")])


def test_a_decision_changes_what_is_said_of_its_words_and_of_paraphrases(taxonomy: Taxonomy, models: Path, taught: LocalModel) -> None:
    before = load_or_train(taxonomy, TAXONOMY / "golden", models)
    for text in (TEXT, *PARAPHRASES):
        assert says(taught, text)["product_quality"] > says(before, text)["product_quality"] + 0.1, text
        assert max(says(taught, text), key=lambda c: says(taught, text)[c]) == "product_quality", text
    away = "I was charged twice for one order"
    assert says(taught, away)["billing_payment"] == pytest.approx(says(before, away)["billing_payment"], abs=0.05)


def test_the_model_is_trained_anew_exactly_when_decisions_say_something_new(taxonomy: Taxonomy, models: Path, taught: LocalModel) -> None:
    stored = sorted(models.glob("*.npz"))
    first = decision(TEXT, "product_quality", sub="defect")
    same = [first, decision(TEXT, "billing_payment", hour=0), decision("[EMAIL]", "billing_payment", issue="d")]
    again = load_or_train(taxonomy, TAXONOMY / "golden", models, same[::-1])
    assert again.version == taught.version
    assert sorted(models.glob("*.npz")) == stored
    golden = [GoldenText(id="x", text="it", language="en", split="train")]
    versions = {
        tuple(s.text for s in decided_samples(rows, taxonomy, golden))
        for rows in ([], [first], [first, decision("new words", "", verdict="rejected")])
    }
    assert len(versions) == 3


def test_the_newest_decision_about_the_same_words_counts_in_whatever_order_they_come(taxonomy: Taxonomy) -> None:
    rows = [
        decision(TEXT, "billing_payment", hour=3),
        decision(TEXT.upper(), "product_quality", hour=5, issue="e"),
        decision(TEXT, "", verdict="rejected", hour=4, issue="f"),
    ]
    for order in (rows, rows[::-1]):
        (sample,) = decided_samples(order, taxonomy, [])
        assert sample.categories == {"product_quality"}
    (sample,) = decided_samples([rows[0], rows[2]], taxonomy, [])
    assert sample.categories == {"none"}


def test_texts_that_the_model_is_measured_on_are_never_learnt_from(taxonomy: Taxonomy, golden: list[GoldenText]) -> None:
    measured = [t for split in ("calibration", "test") for t in of_split(golden, split)[:40]]
    rows = [decision(t.text + " !", "billing_payment", issue=f"{i:x}"[-1]) for i, t in enumerate(measured)]
    assert decided_samples(rows, taxonomy, golden) == []
    assert len(decided_samples([*rows, decision(TEXT, "billing_payment")], taxonomy, golden)) == 1


def test_one_in_five_groups_of_many_decisions_is_measured_by_and_never_learnt(taxonomy: Taxonomy, golden: list[GoldenText]) -> None:
    kinds = ["product_quality", "billing_payment", ""]

    def texts(n: int) -> list[dict[str, Any]]:
        quotes = [(sentence(random.Random(i), 20) + also, kinds[i % 3]) for also in ("", " today") for i in range(n)]
        rows = [decision(quote, kind, verdict="corrected" if kind else "rejected") for quote, kind in quotes]
        return [r | {"issue_id": f"{k + 1:032x}", "decision_id": f"{k + 1:032x}"} for k, r in enumerate(rows)]

    assert decided_golden(texts(FEW - 1), taxonomy, golden) == []
    assert len(decided_samples(texts(FEW - 1), taxonomy, golden)) == 2 * (FEW - 1)
    rows = texts(200)
    held, learnt = decided_golden(rows, taxonomy, golden), decided_samples(rows, taxonomy, golden)
    assert len(held) + len(learnt) == 400
    assert 0.1 * 400 < len(held) < 0.3 * 400
    assert {t.text.removesuffix(" today") for t in held}.isdisjoint(s.text.removesuffix(" today") for s in learnt), (
        "near-duplicates stay together"
    )
    assert decided_golden(rows[::-1], taxonomy, golden) == held
    of = {r["quote"]: r["category"] for r in rows}
    assert [{label.category for label in t.labels} for t in held] == [{of[t.text]} - {""} for t in held]
    assert len(decided_golden(texts(300), taxonomy, golden)) > len(held), "they grow as people decide"


def test_categories_that_are_gone_and_pseudonyms_are_not_learnt(taxonomy: Taxonomy) -> None:
    assert decided_samples([decision("some words", "weather")], taxonomy, []) == []
    (sample,) = decided_samples([decision("mail from [EMAIL:abcdefgh] bounced", "billing_payment")], taxonomy, [])
    assert sample.text == "mail from [EMAIL] bounced"


def test_decisions_are_read_from_their_table_in_a_fixed_order(lake: Lakehouse) -> None:
    assert read_decisions(lake) == []
    rows = [decision("b words", "billing_payment", hour=2), decision("a words", "billing_payment", hour=1)]
    lake.append_new(DECISIONS, to_arrow(DECISIONS, rows))
    assert [r["quote"] for r in read_decisions(lake)] == ["a words", "b words"]
