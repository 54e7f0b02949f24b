"""The figures of a reading are what counting by hand gives; intervals hold what they promise."""

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback_assets.enrichment.taxonomy import load_taxonomy
from feedback_assets.evaluation.reading import (
    GoldenLabels,
    ReadClaim,
    ReadText,
    expected_calibration_error,
    f1_interval,
    measure,
    wilson,
)
from feedback_assets.evaluation.routing_costs import FILE, RoutingCosts, load_routing_costs
from feedback_assets.ground.errors import SettingError
from feedback_assets.ground.settings import project_root

OWNERS = {"crash": "client", "slow": "client", "refund": "billing", "hacked": "safety"}
COSTS = RoutingCosts(costs={"safety": {"client": 5}})


def text(name: str, *categories: str, language: str = "en") -> GoldenLabels:
    return GoldenLabels(name, "It crashes and my refund is late", language, frozenset(categories))


def said(name: str, *claims: tuple[str, float], quote: str = "my refund", failure: str = "") -> ReadText:
    return ReadText(name, tuple(ReadClaim(c, p, (quote,)) for c, p in claims), failure)


def test_right_wrong_and_missed_are_counted_by_category_and_language() -> None:
    golden = [text("a", "crash"), text("b", "refund", "crash", language="de"), text("c")]
    found = measure(golden, [said("a", ("crash", 0.9)), said("b", ("refund", 0.8)), said("c", ("slow", 0.6))], OWNERS, COSTS)
    assert (found.whole.right, found.whole.wrong, found.whole.missed) == (2, 1, 1)
    assert (found.whole.precision.value, found.whole.recall.value, found.whole.f1.value) == (0.6667, 0.6667, 0.6667)
    by = {(s.kind, s.name): (s.n, s.right, s.wrong, s.missed) for s in found.slices}
    assert by == {
        ("all", ""): (3, 2, 1, 1),
        ("category", "crash"): (2, 1, 0, 1),
        ("category", "refund"): (1, 1, 0, 0),
        ("category", "slow"): (1, 0, 1, 0),
        ("language", "de"): (1, 1, 0, 1),
        ("language", "en"): (2, 1, 1, 0),
    }
    assert found.confusion == {("crash", "crash"): 1, ("refund", "refund"): 1, ("crash", ""): 1, ("", "slow"): 1}


def test_a_claim_whose_quote_nobody_wrote_is_no_claim_and_lowers_the_validity() -> None:
    golden = [text("a", "crash"), text("b", "refund")]
    found = measure(golden, [said("a", ("crash", 0.9), quote="nobody said this"), said("b", ("refund", 0.9))], OWNERS, COSTS)
    assert (found.whole.right, found.whole.missed, found.whole.evidence_validity) == (1, 1, 0.5)


def test_what_goes_to_people_is_not_accepted_and_what_failed_is_missed() -> None:
    golden = [text("a", "crash"), text("b", "refund")]
    doubtful = ReadText("a", (ReadClaim("crash", 0.3, ("crashes",), accepted=False),))
    found = measure(golden, [doubtful, said("b", failure="refusal")], OWNERS, COSTS)
    assert (found.whole.right, found.whole.wrong, found.whole.missed) == (0, 0, 2)
    assert (found.failures, found.failure_share) == ({"refusal": 1}, 0.5)
    assert found.whole.ece == 0.7


def test_a_wrong_team_costs_what_the_matrix_says_and_the_right_team_nothing() -> None:
    def score(category: str, read: str) -> tuple[float | None, float | None]:
        found = measure([text("a", category)], [said("a", (read, 0.9))], OWNERS, COSTS)
        return found.owner_accuracy, found.owner_score

    assert score("crash", "slow") == (1.0, 1.0)
    assert score("hacked", "crash") == (0.0, 0.0)
    assert score("hacked", "refund") == (0.0, 0.8)
    assert measure([text("a", "crash")], [], OWNERS, COSTS).owner_score is None


def test_an_unknown_or_repeated_text_is_refused() -> None:
    with pytest.raises(ValueError, match="zz"):
        measure([text("a")], [said("zz")], OWNERS, COSTS)
    with pytest.raises(ValueError, match="read twice"):
        measure([text("a")], [said("a"), said("a")], OWNERS, COSTS)


@pytest.mark.parametrize("share", [0.5, 0.9, 0.97])
def test_an_interval_holds_the_true_share_about_as_often_as_it_says(share: float) -> None:
    drawn = random.Random(11)
    held = sum(w.lower <= share <= w.upper for w in (wilson(sum(drawn.random() < share for _ in range(150)), 150) for _ in range(1500)))
    assert held / 1500 >= 0.93


@given(st.integers(0, 300), st.integers(0, 300), st.integers(0, 300))
def test_an_interval_of_f1_lies_around_it(right: int, wrong: int, missed: int) -> None:
    found = f1_interval(right, wrong, missed)
    assert 0 <= found.lower <= found.value <= found.upper <= 1


def test_confidence_that_means_what_it_says_has_no_calibration_error() -> None:
    assert expected_calibration_error([(0.75, True)] * 3 + [(0.75, False)]) == 0
    assert expected_calibration_error([(1.0, False)]) == 1
    assert expected_calibration_error([]) is None


def test_the_shipped_costs_name_teams_that_there_are_and_what_they_do_not_know_is_refused(tmp_path: Path) -> None:
    folder = project_root() / "taxonomy"
    teams = {c.owner for c in load_taxonomy(folder).categories}
    found = load_routing_costs(folder / FILE, teams)
    assert found.cost("billing", "billing") == 0
    assert found.cost("network", "design") == found.default
    for wrong, named in (
        ("costs: {nobody: {billing: 1}}", "nobody"),
        ("costs: {billing: {nobody: 1}}", "costs.billing.nobody"),
        ("costs: {billing: {billing: 1}}", "right team"),
        ("costs: {billing: {identity: -1}}", "costs.billing.identity"),
        ("price: 1", "price"),
    ):
        (tmp_path / FILE).write_text(wrong, encoding="utf-8")
        with pytest.raises(SettingError, match=named):
            load_routing_costs(tmp_path / FILE, teams)
