"""The ledger of batches: a stage that redoes a batch sends the later ones there; a purpose is inherited; versions name what differs."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from feedback_assets.contracts.arrow import to_arrow
from feedback_assets.contracts.bronze import MANIFEST, STAGE_BATCHES
from feedback_assets.ground.accounts import unfinished_sources
from feedback_assets.ground.batches import LIVE, Batch, Making, account, announce, open_batches, stale_batches, versions, write_accounts
from feedback_assets.ground.identity import batch_id
from feedback_assets.lakehouse.local import LocalLakehouse
from feedback_assets.wiring.restating import why

DAY = date(2026, 1, 4)
NOW = datetime(2026, 1, 5, tzinfo=UTC)
BATCH = batch_id("forum", "a", "0")
STAGES = ("silver", "answers", "enrichment", "embeddings")
BACKFILL = Making("v2", "backfill", restates=True)


def home(folder: str) -> LocalLakehouse:
    lake = LocalLakehouse(Path(folder))
    lake.append_new(MANIFEST, to_arrow(MANIFEST, [{"batch_id": BATCH, "source": "forum", "feed_date": DAY, "purpose": "live"}]))
    return lake


def do(lake: LocalLakehouse, stage: str, making: Making = LIVE, *, differs: bool = False) -> None:
    """A stage reads the batch; differs: its rows come out otherwise than before."""
    if stage == "silver":
        done = lake.read(STAGE_BATCHES, where={"stage": ["silver"]}).to_pylist()
        batch = Batch(DAY, "forum", BATCH, 1, is_done=bool(done), edition=(done[0]["edition"] or 0) if done else 0)
    else:
        listed = open_batches(lake, stage, [DAY], making)
        if not listed:
            return
        (batch,) = listed
    edition = batch.edition + (1 if differs else 0)
    write_accounts(lake, [account(stage, batch, making, rows_in=1, rows_out=1, reasons={}, now=NOW, edition=edition)])


def settle(lake: LocalLakehouse, *, answers: bool) -> None:
    for stage in STAGES[1:]:
        if stage != "answers" or answers:
            do(lake, stage)


moves = st.lists(st.tuples(st.sampled_from(STAGES), st.booleans(), st.booleans()), max_size=8)


@settings(max_examples=15, deadline=None)
@given(moves=moves, answers=st.booleans())
def test_after_any_history_the_later_stages_are_open_until_they_have_read_and_no_longer(
    moves: list[tuple[str, bool, bool]], answers: bool
) -> None:
    with TemporaryDirectory() as folder:
        lake = home(folder)
        do(lake, "silver")
        settle(lake, answers=answers)
        for stage, differs, restates in moves:
            if stage == "answers" and not answers:
                continue
            do(lake, stage, BACKFILL if restates else LIVE, differs=differs)
        settle(lake, answers=answers)
        assert [open_batches(lake, s, [DAY], LIVE) for s in STAGES[2:]] == [[], []]
        assert unfinished_sources(lake) == {}
        do(lake, "silver", BACKFILL, differs=True)
        assert [bool(open_batches(lake, s, [DAY], LIVE)) for s in STAGES[2:]] == [True, False]
        assert unfinished_sources(lake) == {DAY: {"forum"}}


def test_what_a_backfill_made_anew_keeps_its_purpose_when_a_live_run_follows(tmp_path: Path) -> None:
    lake = home(str(tmp_path))
    do(lake, "silver")
    settle(lake, answers=False)
    do(lake, "silver", BACKFILL, differs=True)
    do(lake, "enrichment", Making("v1", "live"), differs=True)
    (row,) = lake.read(STAGE_BATCHES, where={"stage": ["enrichment"]}).to_pylist()
    assert row["restated_for"] == "backfill"


def test_a_run_that_is_killed_after_its_announcement_leaves_the_batch_stale_and_open(tmp_path: Path) -> None:
    lake = home(str(tmp_path))
    do(lake, "silver", BACKFILL)
    settle(lake, answers=False)
    later = Making("v3", "backfill", restates=True)
    (batch,) = stale_batches(lake, "silver", [DAY], later).values()
    announce(lake, "silver", [batch], later)
    assert open_batches(lake, "enrichment", [DAY], LIVE)
    assert stale_batches(lake, "silver", [DAY], later)
    assert stale_batches(lake, "silver", [DAY], BACKFILL), "not even the versions of before are taken for whole"


def test_a_live_run_finds_nothing_stale(tmp_path: Path) -> None:
    lake = home(str(tmp_path))
    do(lake, "silver", BACKFILL)
    assert stale_batches(lake, "silver", [DAY], Making("v9", "live")) == {}
    assert len(stale_batches(lake, "silver", [DAY], Making("v9", "", restates=True))) == 1


def parts() -> Iterator[tuple[str, str, str]]:
    yield "code a, taxonomy 1+x", "code a, taxonomy 1+y", "taxonomy 1+x -> 1+y"
    yield "code a, taxonomy 1", "code a, taxonomy 1, language model m/v1+h", "language model none -> m/v1+h"
    yield "", "code a", "no version"


def test_the_plan_names_the_part_that_differs() -> None:
    assert versions("a", {"language_model": "m/v1+h"}) == "code a, language model m/v1+h"
    for was, now, said in parts():
        assert why(was, now) == said
