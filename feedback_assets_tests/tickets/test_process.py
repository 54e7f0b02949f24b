"""Tickets over real Delta tables: exactly one a theme, changed when it is worth it, never by a run that is not live."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from feedback_assets.contracts.tickets import OUTBOX, TICKETS
from feedback_assets.ground.errors import SettingError
from feedback_assets.ground.identity import ticket_id
from feedback_assets.lakehouse.local import LocalLakehouse
from feedback_assets.priority.weights import Weights
from feedback_assets.tickets.content import content_from
from feedback_assets.tickets.process import TicketsReport, update_tickets
from feedback_assets.tickets.trackers.interface import Tracker
from feedback_assets.tickets.trackers.local import LocalTracker
from feedback_assets.tickets.trackers.registry import tracker_named
from feedback_assets_tests.gold_rows import NOW, Piece, drop_score, put_pieces, put_score, put_theme, put_trend, theme, touch
from feedback_assets_tests.loopback.trackers import MoodyTracker


class Run:
    """One live run after the other, an hour apart unless told otherwise."""

    def __init__(self, lake: LocalLakehouse, tracker: Tracker, weights: Weights) -> None:
        self.lake, self.tracker, self.weights, self.now = lake, tracker, weights, NOW

    def __call__(self, *, after: timedelta = timedelta(hours=1)) -> TicketsReport:
        self.now += after
        return update_tickets(self.lake, self.tracker, purpose="live", weights=self.weights, now=self.now)

    def tickets(self) -> dict[str, dict[str, Any]]:
        return {r["ticket_id"]: r for r in self.lake.read(TICKETS).to_pylist()}

    def outbox(self) -> list[dict[str, Any]]:
        return sorted(self.lake.read(OUTBOX).to_pylist(), key=lambda r: (r["ticket_id"], r["sequence"]))


@pytest.fixture
def run(lake: LocalLakehouse, tracker: LocalTracker, weights: Weights) -> Run:
    return Run(lake, tracker, weights)


def add(lake: LocalLakehouse, n: int, *, score: float = 65.0, band: str = "P2", **changed: Any) -> None:
    put_theme(lake, n, **changed)
    put_trend(lake, n)
    put_score(lake, n, score, band)


ID1, ID2, ID3 = (ticket_id("local", theme(n)) for n in (1, 2, 3))


def test_a_theme_gets_one_ticket_one_file_and_one_applied_intent(run: Run, lake: LocalLakehouse, folder: Path) -> None:
    add(lake, 1)
    report = run()
    assert (report.published, report.intents_written, report.applied) == (True, 1, 1)
    assert list(run.tickets()) == [ID1]
    row = run.tickets()[ID1]
    assert (row["theme_id"], row["status"], row["revision"], row["external_key"]) == (theme(1), "open", 1, f"{ID1}.md")
    assert [p.name for p in folder.glob("*.md")] == [f"{ID1}.md"]
    intent = run.outbox()[0]
    assert (intent["status"], intent["attempts"], intent["action"], intent["destination"]) == ("applied", 1, "create", "tickets:local")
    assert intent["content_sha256"] == row["content_sha256"]


def test_again_with_nothing_new_commits_nothing_and_touches_no_file(run: Run, lake: LocalLakehouse, folder: Path) -> None:
    add(lake, 1)
    run()
    before = (lake.version(OUTBOX), lake.version(TICKETS), (folder / f"{ID1}.md").stat().st_mtime_ns)
    report = run()
    assert (report.changes, report.intents_written, report.applied) == ((), 0, 0)
    assert (lake.version(OUTBOX), lake.version(TICKETS), (folder / f"{ID1}.md").stat().st_mtime_ns) == before


@pytest.mark.parametrize("purpose", ["backfill", "replay", "canary", "", None, "Live", "live "])
def test_only_live_publishes_and_the_rest_see_a_preview(
    lake: LocalLakehouse, tracker: LocalTracker, weights: Weights, folder: Path, purpose: str | None
) -> None:
    add(lake, 1)
    report = update_tickets(lake, tracker, purpose=purpose, weights=weights, now=NOW)
    assert not report.published
    assert [(c.ticket_id, c.action) for c in report.changes] == [(ID1, "create")]
    assert (lake.version(OUTBOX), lake.version(TICKETS), folder.exists()) == (-1, -1, False)


@pytest.mark.parametrize(
    "changed",
    [{"band": "P4", "score": 20.0}, {"customers": 2}, {"issues": 2}, {"status": "retired"}, {"issues": 0, "customers": 0}],
)
def test_themes_below_the_minimum_get_no_ticket(run: Run, lake: LocalLakehouse, changed: dict[str, Any]) -> None:
    add(lake, 1, **changed)
    assert run().changes == ()
    assert lake.version(OUTBOX) == -1


def test_an_active_theme_that_is_not_scored_yet_leaves_its_ticket_alone(run: Run, lake: LocalLakehouse) -> None:
    add(lake, 1)
    put_theme(lake, 2)
    run()
    drop_score(lake, 1)
    assert run().changes == ()


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"score": 70.0}, "score"),
        ({"score": 60.0}, "score"),
        ({"score": 66.0, "band": "P1"}, "band"),
        ({"issues": 12}, "issues"),
        ({"name": "crash while starting"}, "title"),
        ({"category": "data_loss_sync"}, "category"),
        ({"owner": "team-sync"}, "owner"),
    ],
)
def test_a_change_that_matters_updates_the_same_ticket(run: Run, lake: LocalLakehouse, changed: dict[str, Any], reason: str) -> None:
    add(lake, 1)
    run()
    add(lake, 1, **changed)
    report = run()
    assert [c.reasons for c in report.changes] == [(reason,)]
    assert list(run.tickets()) == [ID1]
    assert run.tickets()[ID1]["revision"] == 2
    assert [i["sequence"] for i in run.outbox()] == [1, 2]


@pytest.mark.parametrize("changed", [{"score": 69.99}, {"score": 60.01}, {"issues": 11}, {"customers": 30}, {"issues": 9}])
def test_a_change_that_does_not_matter_waits(run: Run, lake: LocalLakehouse, changed: dict[str, Any]) -> None:
    add(lake, 1)
    run()
    add(lake, 1, **changed)
    assert run().changes == ()


def test_growth_counts_from_the_last_state_so_slow_growth_gets_through(run: Run, lake: LocalLakehouse) -> None:
    for issues in range(10, 21):
        add(lake, 1, issues=issues)
        run()
    assert [content_from(i["content"]).issues for i in run.outbox()] == [10, 12, 15, 18]


def test_a_state_that_comes_back_is_a_new_intent_and_not_taken_for_the_old_one(run: Run, lake: LocalLakehouse) -> None:
    for score in (65.0, 71.0, 65.0, 71.0):
        add(lake, 1, score=score)
        run()
    assert run.tickets()[ID1]["score"] == 71.0
    assert [i["status"] for i in run.outbox()] == ["applied"] * 4


def test_a_ticket_stays_open_below_the_minimum_while_its_theme_lives(run: Run, lake: LocalLakehouse) -> None:
    add(lake, 1)
    run()
    add(lake, 1, score=20.0, band="P4", customers=1)
    run()
    assert (run.tickets()[ID1]["status"], run.tickets()[ID1]["band"]) == ("open", "P4")


def test_the_ticket_of_a_retired_theme_moves_to_its_successor(run: Run, lake: LocalLakehouse, folder: Path) -> None:
    add(lake, 1)
    run()
    add(lake, 1, status="retired", successor_id=theme(2), issues=0)
    drop_score(lake, 1)
    add(lake, 2, name="crash and burn")
    report = run()
    assert [c.action for c in report.changes] == ["update"]
    assert [(r["ticket_id"], r["theme_id"], r["status"]) for r in run.tickets().values()] == [(ID1, theme(2), "open")]
    assert len(list(folder.glob("*.md"))) == 1
    assert run().changes == ()


def test_the_ticket_moves_along_a_line_of_successors_and_survives_a_circle(run: Run, lake: LocalLakehouse) -> None:
    add(lake, 1)
    run()
    add(lake, 1, status="retired", successor_id=theme(2))
    add(lake, 2, status="retired", successor_id=theme(3))
    add(lake, 3)
    run()
    assert run.tickets()[ID1]["theme_id"] == theme(3)
    add(lake, 3, status="retired", successor_id=theme(1))
    run()
    assert run.tickets()[ID1]["status"] == "closed"


def test_when_both_have_tickets_the_retired_ones_is_closed_with_a_pointer(run: Run, lake: LocalLakehouse, folder: Path) -> None:
    add(lake, 1)
    add(lake, 2)
    run()
    add(lake, 1, status="retired", successor_id=theme(2))
    drop_score(lake, 1)
    run()
    found = run.tickets()
    assert (found[ID1]["status"], found[ID2]["status"]) == ("closed", "open")
    assert ID2 in (folder / f"{ID1}.md").read_text(encoding="utf-8")
    assert run().changes == ()


def test_of_several_retired_tickets_the_one_with_most_issues_goes_on(run: Run, lake: LocalLakehouse) -> None:
    add(lake, 1, issues=10)
    add(lake, 2, issues=30)
    run()
    for n in (1, 2):
        add(lake, n, status="retired", successor_id=theme(3))
        drop_score(lake, n)
    add(lake, 3)
    run()
    found = run.tickets()
    assert len(found) == 2
    assert (found[ID2]["status"], found[ID2]["theme_id"]) == ("open", theme(3))
    assert found[ID1]["status"] == "closed"


def test_a_theme_that_comes_back_after_its_ticket_moved_on_gets_its_own(run: Run, lake: LocalLakehouse) -> None:
    add(lake, 1)
    run()
    add(lake, 1, status="retired", successor_id=theme(2))
    add(lake, 2)
    run()
    add(lake, 1)
    run()
    by_theme = {r["theme_id"]: r["ticket_id"] for r in run.tickets().values()}
    assert by_theme[theme(2)] == ID1
    assert by_theme[theme(1)] not in {ID1, ID2}
    assert run().changes == ()


def test_a_theme_without_feedback_in_force_closes_its_ticket_and_opens_it_again_later(run: Run, lake: LocalLakehouse, folder: Path) -> None:
    add(lake, 1)
    run()
    put_theme(lake, 1, issues=0, events=0, customers=0, severity=None, confidence=None)
    drop_score(lake, 1)
    assert [c.action for c in run().changes] == ["close"]
    assert "deleted or edited" in (folder / f"{ID1}.md").read_text(encoding="utf-8")
    assert run().changes == ()
    add(lake, 1)
    assert [c.action for c in run().changes] == ["update"]
    assert (run.tickets()[ID1]["status"], run.tickets()[ID1]["revision"], len(run.tickets())) == ("open", 3, 1)
    opened = {r["opened_at"] for r in run.tickets().values()}
    assert opened == {NOW + timedelta(hours=1)}


def test_a_quote_of_a_deleted_event_leaves_the_ticket(run: Run, lake: LocalLakehouse, folder: Path) -> None:
    pieces = [Piece("a", theme_id=theme(1), quote="first words"), Piece("b", theme_id=theme(1), quote="second words", similarity=0.5)]
    put_pieces(lake, pieces)
    add(lake, 1)
    run()
    file = folder / f"{ID1}.md"
    assert "first words" in file.read_text(encoding="utf-8")
    put_pieces(lake, [replace(pieces[0], superseded=True), pieces[1]])
    touch(lake, 1)
    assert [c.reasons for c in run().changes] == [("quotes",)]
    text = file.read_text(encoding="utf-8")
    assert "first words" not in text
    assert "second words" in text


def test_quotes_differ_and_come_from_several_sources(run: Run, lake: LocalLakehouse) -> None:
    same = [Piece(f"s{n}", theme_id=theme(1), quote="Same words") for n in range(4)]
    more = [Piece(f"m{n}", theme_id=theme(1), quote=f"words {n}", similarity=0.7) for n in range(9)]
    forum = Piece("f", theme_id=theme(1), quote="from the forum", source="forum", similarity=0.1)
    put_pieces(lake, [*same, *more, forum])
    add(lake, 1, quote_issue_id=more[3].issue_id)
    run()
    quotes = content_from(run.outbox()[0]["content"]).quotes
    assert [q.text for q in quotes[:2]] == ["words 3", "from the forum"]
    assert len({q.text.casefold() for q in quotes}) == len(quotes) == 5


def test_a_refusal_is_kept_with_its_error_and_tried_again_after_a_while(run: Run, lake: LocalLakehouse, tracker: LocalTracker) -> None:
    add(lake, 1)
    add(lake, 2)
    moody = MoodyTracker(tracker, refuses=frozenset({ID1}))
    run.tracker = moody
    report = run()
    assert (report.applied, report.refused, len(report.errors)) == (1, 1, 1)
    intent = next(i for i in run.outbox() if i["ticket_id"] == ID1)
    assert (intent["status"], intent["attempts"]) == ("refused", 1)
    assert "component" in intent["error"]
    version = lake.version(OUTBOX)
    assert run(after=timedelta(seconds=1)).waiting == 1
    assert lake.version(OUTBOX) == version
    moody.refuses = frozenset()
    assert run().applied == 1
    assert set(run.tickets()) == {ID1, ID2}
    intent = next(i for i in run.outbox() if i["ticket_id"] == ID1)
    assert (intent["status"], intent["attempts"], intent["error"]) == ("applied", 2, "")


def test_a_tracker_that_is_away_is_asked_once_a_run_and_keeps_everything(run: Run, lake: LocalLakehouse, tracker: LocalTracker) -> None:
    for n in range(1, 6):
        add(lake, n)
    moody = MoodyTracker(tracker, away=True, batch=2)
    run.tracker = moody
    report = run()
    assert (report.applied, report.waiting, moody.asked) == (0, 5, 1)
    assert {i["status"] for i in run.outbox()} == {"pending"}
    moody.away = False
    assert run().applied == 5


def a_file_in_the_way(folder: Path, name: str) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.write_text(name)


def a_full_disk(folder: Path, name: str) -> None:
    folder.mkdir(parents=True)
    (folder / f".{name}.part").symlink_to("/dev/full")


@pytest.mark.parametrize("trouble", [a_file_in_the_way, a_full_disk])
def test_a_folder_that_cannot_be_written_is_a_tracker_that_is_away_and_no_red_run(
    run: Run, lake: LocalLakehouse, folder: Path, trouble: Callable[[Path, str], None]
) -> None:
    add(lake, 1)
    trouble(folder, ticket_id("local", theme(1)) + ".md")
    report = run()
    assert (report.applied, report.waiting) == (0, 1)
    (waiting,) = run.outbox()
    assert (waiting["status"], waiting["attempts"]) == ("pending", 1)
    assert str(folder) in waiting["error"]
    assert run.tickets() == {}
    if folder.is_file():
        folder.unlink()
    else:
        next(folder.glob(".*.part")).unlink()
    assert run().applied == 1
    assert [p.name for p in folder.glob("*.md")] == [ticket_id("local", theme(1)) + ".md"]
    assert len(run.tickets()) == 1


def test_an_intent_that_was_overtaken_while_it_waited_is_never_applied(run: Run, lake: LocalLakehouse, tracker: LocalTracker) -> None:
    add(lake, 1)
    run.tracker = MoodyTracker(tracker, away=True)
    run()
    add(lake, 1, score=90.0, band="P1")
    run.tracker = tracker
    report = run()
    assert (report.superseded, report.applied) == (1, 1)
    assert [i["status"] for i in run.outbox()] == ["superseded", "applied"]
    assert run.tickets()[ID1]["band"] == "P1"


def test_an_older_state_never_overwrites_a_newer_one(tracker: LocalTracker, run: Run, lake: LocalLakehouse) -> None:
    add(lake, 1)
    run()
    add(lake, 1, score=90.0, band="P1")
    run()
    late: datetime = NOW + timedelta(days=1)
    tracker.update(content_from(run.outbox()[0]["content"]), now=late)
    tracker.flush()
    assert run.tickets()[ID1]["revision"] == 2


def test_an_unknown_tracker_is_refused_with_the_names_there_are(lake: LocalLakehouse, folder: Path) -> None:
    assert tracker_named("local", lake=lake, folder=folder).name == "local"
    with pytest.raises(SettingError, match="one of: local"):
        tracker_named("jura", lake=lake, folder=folder)
