"""The weekly sample draws itself, the same for the same week, over all strata; rates count what people looked at, with honest intervals."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback_assets.contracts.pandera_schema import schema_verdict
from feedback_assets.contracts.review import SAMPLES
from feedback_assets.lakehouse.local import LocalLakehouse
from feedback_assets.review.calibration import draw, override_rates, population, week_of, week_sample, wilson
from feedback_assets.review.decide import approve, duplicate, edit, reject, undo
from feedback_assets.review.items import find_item
from feedback_assets.review.queue import next_items
from feedback_assets_tests.review.texts import DAY, LABELS, NOW, Text, put

WEEK = week_of(NOW)


def strata() -> list[Text]:
    """Two large strata, and small ones of other languages, tiers, stands."""
    large = [Text(f"l{n}", stand="accepted") for n in range(40)] + [Text(f"n{n}", stand="none") for n in range(40)]
    small = [Text("de", stand="accepted", language="de"), Text("m", stand="accepted", tier="local_model"), Text("r", category="crash")]
    return large + small


def test_a_week_begins_on_monday_in_utc() -> None:
    assert week_of(NOW) == date(2026, 3, 9)
    assert week_of(NOW.replace(day=9, hour=0)) == WEEK
    assert week_of(NOW.replace(day=8, hour=23)) == WEEK - timedelta(days=7)


def test_the_sample_draws_itself_once_and_stays(lake: LocalLakehouse) -> None:
    put(lake, strata())
    drawn = week_sample(lake, NOW, size=20)
    version = lake.version(SAMPLES)
    put(lake, [Text("later", stand="accepted", category="crash")])
    assert week_sample(lake, NOW + timedelta(days=2), size=20) == drawn
    assert lake.version(SAMPLES) == version
    assert schema_verdict(SAMPLES, lake.read(SAMPLES), next_command="x").passed
    assert len(drawn) == 20


def test_every_stratum_is_in_it_and_large_ones_by_their_size(lake: LocalLakehouse) -> None:
    put(lake, strata())
    drawn = week_sample(lake, NOW, size=21)
    counts = {(r["stand"], r["tier"], r["category"], r["language"]): (r["stratum_items"], r["stratum_drawn"]) for r in drawn}
    assert counts == {
        ("accepted", "rules", "billing", "en"): (40, 9),
        ("none", "rules", "", "en"): (40, 9),
        ("accepted", "rules", "billing", "de"): (1, 1),
        ("accepted", "local_model", "billing", "en"): (1, 1),
        ("doubted", "rules", "crash", "en"): (1, 1),
    }


def test_the_same_week_and_seed_draw_the_same_and_another_one_does_not(lake: LocalLakehouse) -> None:
    put(lake, strata())
    items = population(lake, WEEK)
    first = draw(items, week=WEEK, size=20, seed="s")
    assert draw(items.reverse(), week=WEEK, size=20, seed="s") == first
    ids = {r["issue_id"] for r in first}
    assert {r["issue_id"] for r in draw(items, week=WEEK + timedelta(days=7), size=20, seed="s")} != ids
    assert {r["issue_id"] for r in draw(items, week=WEEK, size=20, seed="t")} != ids


def test_what_came_in_the_week_itself_or_long_ago_is_not_drawn_unless_nothing_else_came(lake: LocalLakehouse) -> None:
    old = put(lake, [Text("old", day=WEEK - timedelta(days=60), stand="accepted"), Text("older", day=WEEK - timedelta(days=120))])
    assert [r["issue_id"] for r in week_sample(lake, NOW)] == [old[0].issue]
    (recent, _) = put(lake, [Text("recent", day=DAY, stand="accepted"), Text("today", day=NOW.date(), stand="accepted")])
    items = population(lake, WEEK)
    assert items["issue_id"].to_list() == [recent.issue]


def test_an_empty_home_draws_nothing_and_writes_nothing(lake: LocalLakehouse) -> None:
    assert week_sample(lake, NOW) == []
    assert lake.version(SAMPLES) == -1


def test_superseded_revisions_are_not_drawn(lake: LocalLakehouse) -> None:
    put(lake, [Text("a", stand="accepted", current=False), Text("b", stand="none", current=False)])
    assert week_sample(lake, NOW) == []


def test_a_text_in_which_the_machine_found_nothing_can_be_judged(lake: LocalLakehouse) -> None:
    (text,) = put(lake, [Text("a", stand="none", quote="it always forgets my basket")])
    (sampled,) = week_sample(lake, NOW)
    item = find_item(lake, sampled["issue_id"])
    assert (item.stand, item.quote, item.event_id) == ("none", "it always forgets my basket", text.event)
    edit(lake, LABELS, item.issue_id, by="u-1", now=NOW, category="crash", severity=3)
    (rate,) = override_rates(lake)
    assert (rate.stand, rate.overridden, rate.decisions) == ("none", 1, 1)
    assert next_items(lake, 5, NOW) == []


def test_rates_count_what_people_looked_at_and_not_what_followed_or_was_taken_back(lake: LocalLakehouse) -> None:
    texts = put(lake, [Text(f"t{n}", stand="accepted") for n in range(6)] + [Text("copy", stand="accepted", leader="t0")])
    ids = [t.issue for t in texts]
    reject(lake, ids[0], by="u-1", now=NOW, reason="praise")
    approve(lake, LABELS, ids[1], by="u-1", now=NOW)
    edit(lake, LABELS, ids[2], by="u-1", now=NOW, category="crash")
    duplicate(lake, ids[3], of=ids[4], by="u-1", now=NOW)
    gone = reject(lake, ids[5], by="u-1", now=NOW, reason="praise")
    undo(lake, gone.decision["decision_id"], by="u-1", now=NOW)
    (rate,) = override_rates(lake)
    assert (rate.stand, rate.tier, rate.category, rate.language) == ("accepted", "rules", "billing", "en")
    assert (rate.decisions, rate.overridden) == (3, 2)
    assert rate.rate == pytest.approx(2 / 3)
    assert (rate.low, rate.high) == wilson(2, 3)
    assert override_rates(lake, sampled=True) == []
    week_sample(lake, NOW)
    assert override_rates(lake, sampled=True) == [rate]


def test_intervals_are_those_that_are_published_for_wilsons_method() -> None:
    # Newcombe (1998), Statistics in Medicine 17, table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29.
    for hits, of, low, high in ((81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)):
        assert list(wilson(hits, of)) == pytest.approx([low, high], abs=5e-5)
    assert wilson(0, 0) == (0.0, 1.0)


@given(st.integers(0, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_an_interval_holds_its_share_and_lies_between_none_and_all(counts: tuple[int, int]) -> None:
    hits, of = counts
    low, high = wilson(hits, of)
    assert 0 <= low <= (hits / of if of else 0.5) + 1e-12
    assert (hits / of if of else 0.5) - 1e-12 <= high <= 1


@given(st.lists(st.integers(1, 50), max_size=8), st.integers(1, 60), st.integers(0, 5))
def test_a_draw_has_its_size_and_never_more_of_a_stratum_than_it_has(sizes: list[int], size: int, seed: int) -> None:
    import polars as pl

    rows = [
        {"issue_id": f"{s}-{n}", "stand": "accepted", "tier": "rules", "category": f"c{s}", "language": "en"}
        for s, many in enumerate(sizes)
        for n in range(many)
    ]
    items = pl.DataFrame(rows, schema=["issue_id", "stand", "tier", "category", "language"])
    drawn = draw(items.cast(pl.String), week=WEEK, size=size, seed=str(seed))
    assert len(drawn) == min(size, sum(sizes))
    counts = [sum(r["category"] == f"c{s}" for r in drawn) for s in range(len(sizes))]
    assert all(n <= many for n, many in zip(counts, sizes, strict=True))
    if size >= len(sizes):
        assert all(counts)
