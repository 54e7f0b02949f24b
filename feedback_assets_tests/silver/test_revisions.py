"""silver/revisions by batches is what a full recompute says, whatever came in whatever order, and wherever it was killed."""

import tempfile
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feedback_assets.compute.sail import SailCompute
from feedback_assets.contracts.arrow import to_arrow
from feedback_assets.contracts.bronze import STAGE_BATCHES
from feedback_assets.contracts.silver import EVENT_DAYS, EVENTS, REVISED_BATCHES, REVISIONS
from feedback_assets.ground.identity import batch_id, event_id, sha256_hex
from feedback_assets.lakehouse.interface import Lakehouse
from feedback_assets.lakehouse.local import LocalLakehouse
from feedback_assets.silver import transform
from feedback_assets.silver.revisions import rebuild_revisions, update_revisions
from feedback_assets_tests.compute.fixtures import sail  # noqa: F401
from feedback_assets_tests.silver.kills import Killed, kill_after

FIRST = date(2024, 5, 1)
TABLES = (REVISIONS, EVENT_DAYS, REVISED_BATCHES)
Delivery = tuple[int, int, int, bool]
"""Event, edit (its payload and time of change), day, whether it says that the record was deleted."""

deliveries = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 2), st.integers(0, 3), st.booleans()), min_size=1, max_size=14)


def batch_of(lake: Lakehouse, name: str, rows: Sequence[Delivery]) -> None:
    """Rows of silver/events and the ledger, as process_days leaves them, one batch for each day among the deliveries."""
    for day in sorted({d for _, _, d, _ in rows}):
        feed_date = FIRST + timedelta(days=day)
        batch = batch_id("forum", f"{name}.{day}", sha256_hex(b""))
        told = {(event, edit): gone for event, edit, on, gone in rows if on == day}
        events = [
            {
                "event_id": event_id("forum", str(event)), "payload_sha256": sha256_hex(f"{event} {edit}".encode()), "source": "forum",
                "feed_date": feed_date, "event_time": datetime(2024, 4, 30, event, tzinfo=UTC), "is_deletion": edit == 2 or gone,
                "revised_at": datetime(2024, 4, 30, 12, tzinfo=UTC) + timedelta(hours=edit % 2), "batch_id": batch,
            }
            for (event, edit), gone in told.items()
        ]  # fmt: skip
        added = lake.append_new(EVENTS, to_arrow(EVENTS, events)).inserted
        ledger = {"stage": "silver", "feed_date": feed_date, "source": "forum", "batch_id": batch, "rows_in": len(events)}
        lake.append_new(STAGE_BATCHES, to_arrow(STAGE_BATCHES, [{**ledger, "rows_out": added, "reasons": "{}"}]))


def contents(lake: Lakehouse) -> list[dict[str, Any]]:
    return sorted(lake.read(REVISIONS).to_pylist(), key=lambda r: (r["event_id"], r["revision"]))


def recomputed(lake: Lakehouse, compute: SailCompute) -> list[dict[str, Any]]:
    rows = compute.run(transform.revisions, {"events": lake.read(EVENTS, columns=transform.EVENTS_NEEDED)}).to_pylist()
    return sorted(rows, key=lambda r: (r["event_id"], r["revision"]))


def versions(lake: Lakehouse) -> list[int]:
    return [lake.version(t) for t in TABLES]


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rounds=st.lists(deliveries, min_size=1, max_size=3), killed=st.integers(0, 3))
def test_batches_in_any_order_of_days_give_what_a_full_recompute_gives(
    sail: SailCompute,  # noqa: F811
    rounds: list[list[Delivery]],
    killed: int,
) -> None:
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        lake = LocalLakehouse(Path(folder))
        for number, rows in enumerate(rounds):
            batch_of(lake, f"round{number}", rows)
            if killed == number:
                kill_after(patch, lake, killed % 3, ("append_new", "replace"))
                with suppress(Killed):  # a round that only repeats what is there writes nothing
                    update_revisions(lake, sail)
                patch.undo()
                continue  # the next round finds more than was there when it was killed
            update_revisions(lake, sail)
            assert contents(lake) == recomputed(lake, sail)
        update_revisions(lake, sail)
        assert contents(lake) == recomputed(lake, sail)
        before = versions(lake)
        update_revisions(lake, sail)
        rebuild_revisions(lake, sail)
        assert versions(lake) == before


def test_an_edit_leaves_the_days_of_other_events_alone(lake: LocalLakehouse, sail: SailCompute) -> None:  # noqa: F811
    from deltalake import DeltaTable

    batch_of(lake, "a", [(event, 0, event % 3, False) for event in range(6)])
    update_revisions(lake, sail)
    files = {f for f in DeltaTable(lake.location(REVISIONS)).file_uris() if "2024-05-03" in f}
    batch_of(lake, "b", [(0, 1, 3, False)])
    written = update_revisions(lake, sail)
    assert (written.inserted, written.updated) == (1, 1)
    assert files
    assert files <= set(DeltaTable(lake.location(REVISIONS)).file_uris())


def test_a_payload_delivered_earlier_than_known_moves_to_its_earlier_day(lake: LocalLakehouse, sail: SailCompute) -> None:  # noqa: F811
    batch_of(lake, "late", [(1, 0, 3, False)])
    update_revisions(lake, sail)
    batch_of(lake, "early", [(1, 0, 1, False)])
    update_revisions(lake, sail)
    assert [(r["feed_date"], r["revision"]) for r in contents(lake)] == [(FIRST + timedelta(days=1), 1)]


def test_a_rebuild_mends_a_damaged_table(lake: LocalLakehouse, sail: SailCompute) -> None:  # noqa: F811
    batch_of(lake, "a", [(event, edit, event % 2, False) for event in range(3) for edit in range(2)])
    update_revisions(lake, sail)
    right = contents(lake)
    lake.replace(REVISIONS, lake.read(REVISIONS).slice(0, 2))
    assert not update_revisions(lake, sail).committed
    assert rebuild_revisions(lake, sail).committed
    assert contents(lake) == right
