"""Signals over real Delta tables: what is counted, and that only what changed is written."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from feedback_assets.contracts.arrow import to_arrow
from feedback_assets.contracts.bronze import MANIFEST
from feedback_assets.contracts.signals import DAILY_COUNTS, KPIS, SENTIMENT, TRENDS
from feedback_assets.ground import identity
from feedback_assets.lakehouse.local import LocalLakehouse
from feedback_assets.signals.process import update_daily_counts, update_kpis, update_sentiment, update_trends
from feedback_assets_tests.gold_rows import DAY, Piece, put_pieces, put_theme, theme

T1, T2 = theme(1), theme(2)
PIECES = [
    Piece("a", theme_id=T1, customer="anna", version="2.0", order_value=10.10, rating=1.0, score=-0.9),
    Piece("b", theme_id=T1, customer="anna", version="2.0", order_value=0.20, severity=5),
    Piece("c", theme_id=T1, version="1.9", sentiment="neutral", score=0.0),
    Piece("d", theme_id="", customer="dora", sentiment="positive", score=0.5, rating=5.0),
    Piece("e", day=DAY - timedelta(days=1), theme_id=T2, source="forum", locale="de"),
    Piece("gone", theme_id=T1, superseded=True),
]


def counts(lake: LocalLakehouse, dimension: str = "all") -> dict[tuple[date, str, str], dict[str, float]]:
    rows = lake.read(DAILY_COUNTS, where={"dimension": [dimension]}).to_pylist()
    return {(r["event_day"], r["theme_id"], r["value"]): r for r in rows}


def test_issues_of_superseded_revisions_are_not_counted_and_customers_count_once(lake: LocalLakehouse) -> None:
    put_pieces(lake, PIECES)
    update_daily_counts(lake)
    row = counts(lake)[DAY, T1, ""]
    assert (row["issues"], row["events"], row["customers"], row["severity_sum"], row["negative"]) == (3, 3, 2, 11, 2)
    assert row["order_value"] == 10.30


def test_waiting_issues_count_for_all_together_and_for_no_theme(lake: LocalLakehouse) -> None:
    put_pieces(lake, PIECES)
    update_daily_counts(lake)
    found = counts(lake)
    assert found[DAY, "", ""]["issues"] == 4
    assert {key[1] for key in found} == {"", T1, T2}


def test_segments_keep_unknown_as_their_own_value_and_add_up(lake: LocalLakehouse) -> None:
    put_pieces(lake, PIECES)
    update_daily_counts(lake)
    versions = counts(lake, "version")
    assert versions[DAY, T1, "2.0"]["issues"] == 2
    assert versions[DAY, "", ""]["issues"] == 1
    for dimension in ("product_area", "version", "locale", "tier", "source"):
        total = sum(r["issues"] for (_, t, _), r in counts(lake, dimension).items() if t == "")
        assert total == 5


def test_order_value_of_one_event_with_two_issues_counts_once() -> None:
    import polars as pl

    from feedback_assets.signals.counts import daily_counts

    base = {
        "event_id": "e",
        "theme_id": T1,
        "event_day": DAY,
        "source": "zendesk",
        "severity": 3,
        "sentiment": "negative",
        "person": "k",
    }
    segments = {"product_area": "", "version": "", "locale": "", "tier": "", "order_cents": 999}
    rows = daily_counts(pl.DataFrame([{"issue_id": "1", **base, **segments}, {"issue_id": "2", **base, **segments}]))
    assert set(rows["order_value"]) == {9.99}
    assert set(rows["issues"]) == {2}
    assert set(rows["events"]) == {1}


@pytest.mark.parametrize("broken", [float("nan"), float("inf"), -5.0, 1e300])
def test_a_broken_order_value_does_not_break_the_sum(lake: LocalLakehouse, broken: float) -> None:
    put_pieces(lake, [Piece("a", theme_id=T1, order_value=broken), Piece("b", theme_id=T1, order_value=1.0)])
    update_daily_counts(lake)
    assert 1.0 <= counts(lake)[DAY, T1, ""]["order_value"] <= 1e10 + 1


def test_again_with_nothing_new_commits_nothing(lake: LocalLakehouse) -> None:
    put_pieces(lake, PIECES)
    updates = (update_daily_counts, update_sentiment, update_trends, update_kpis)
    assert all(update(lake).committed for update in updates)
    versions = [lake.version(t) for t in (DAILY_COUNTS, TRENDS, SENTIMENT, KPIS)]
    assert not any(update(lake).committed for update in updates)
    assert [lake.version(t) for t in (DAILY_COUNTS, TRENDS, SENTIMENT, KPIS)] == versions


def test_empty_lakehouse_is_no_error_and_no_commit(lake: LocalLakehouse) -> None:
    assert not any(update(lake).committed for update in (update_daily_counts, update_trends, update_sentiment, update_kpis))


def test_only_event_days_that_differ_are_replaced_and_gone_days_vanish(lake: LocalLakehouse) -> None:
    put_pieces(lake, PIECES)
    update_daily_counts(lake)
    update_sentiment(lake)
    changed = [replace(p, superseded=True) if p.name == "e" else p for p in PIECES]
    put_pieces(lake, changed)
    result = update_daily_counts(lake)
    assert result.committed
    assert result.inserted == result.updated == 0
    assert result.deleted > 0
    assert {day for day, _, _ in counts(lake)} == {DAY}
    assert update_sentiment(lake).deleted > 0
    assert set(lake.read(SENTIMENT)["event_day"].to_pylist()) == {DAY}


def test_rows_do_not_depend_on_the_order_of_the_input(lake: LocalLakehouse, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = LocalLakehouse(tmp_path_factory.mktemp("other"))
    values = [replace(p, order_value=0.1 * n, score=-0.1 * n) for n, p in enumerate(PIECES)]
    put_pieces(lake, values)
    put_pieces(other, reversed(values))
    for each in (lake, other):
        update_daily_counts(each)
        update_trends(each)
        update_sentiment(each)
    for table in (DAILY_COUNTS, TRENDS, SENTIMENT):
        key = [(k, "ascending") for k in table.key]
        assert lake.read(table).sort_by(key) == other.read(table).sort_by(key)


def test_trend_is_as_of_the_last_event_day_of_any_current_event(lake: LocalLakehouse) -> None:
    put_pieces(lake, [*PIECES, Piece("later", day=DAY + timedelta(days=3), issues=0)])
    put_theme(lake, 1)
    update_sentiment(lake)
    update_trends(lake)
    rows = {r["theme_id"]: r for r in lake.read(TRENDS).to_pylist()}
    assert set(rows) == {T1, T2}
    assert {r["as_of"] for r in rows.values()} == {DAY + timedelta(days=3)}
    assert rows[T1]["top_version"] == "2.0"
    assert rows[T1]["top_version_share"] == pytest.approx(2 / 3, abs=1e-6)
    assert (rows[T1]["peak_day"], rows[T1]["peak"]) == (DAY, 3)


def test_sentiment_is_over_current_events_and_their_ratings(lake: LocalLakehouse) -> None:
    put_pieces(lake, PIECES)
    update_sentiment(lake)
    row = lake.read(SENTIMENT, where={"event_day": [DAY], "dimension": ["all"]}).to_pylist()[0]
    assert (row["events"], row["negative"], row["positive"]) == (4, 2, 1)
    assert row["mean_score"] == pytest.approx((-0.9 - 0.5 + 0.0 + 0.5) / 4)
    assert row["mean_rating"] == pytest.approx(3.0)
    other = lake.read(SENTIMENT, where={"event_day": [DAY - timedelta(days=1)], "dimension": ["all"]}).to_pylist()[0]
    assert other["mean_rating"] is None


def test_kpis_measure_each_feed_date_and_source(lake: LocalLakehouse) -> None:
    first = Piece("a", silver_after=10, enriched_after=30)
    put_pieces(
        lake,
        [
            first,
            Piece("b", repeats=first.event_id, silver_after=20, enriched_after=40, in_review=1),
            Piece("c", spam="link farm", issues=0, silver_after=60, enriched_after=50),
            Piece("d", issues=0, silver_after=70, enriched_after=60),
        ],
    )
    now = datetime(2024, 6, 1, tzinfo=UTC)
    landed = {
        "batch_id": identity.batch_id("zendesk", "f", "0"),
        "source": "zendesk",
        "feed_date": DAY,
        "file": "zendesk/2024-05-31/f.json",
        "bytes": 10,
        "content_sha256": identity.sha256_hex(b"f"),
        "records_in": 5,
        "bronze_rows": 4,
        "dead_letters": 1,
        "received_at": now,
        "processed_at": now,
    }
    lake.append_new(MANIFEST, to_arrow(MANIFEST, [landed]))
    update_kpis(lake)
    found = {r["kpi"]: (r["value"], r["of"]) for r in lake.read(KPIS).to_pylist()}
    assert found == {
        "records_in": (5.0, 5),
        "validity": (0.8, 5),
        "duplicate_rate": (0.25, 4),
        "spam_rate": (0.25, 4),
        "review_rate": (0.25, 4),
        "issue_rate": (0.5, 4),
        "latency_silver_s": (40.0, 4),
        "latency_enrichment_s": (45.0, 4),
    }
