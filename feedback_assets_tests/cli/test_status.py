"""`feedback status`: counts that a machine can rely on, also where nothing is yet, and what is held."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from feedback_assets.bronze.ingest import ingest_days
from feedback_assets.bronze.landing import LandingZone
from feedback_assets.cli.queries.held import silent_sources
from feedback_assets.cli.queries.runs import LAUNCHED_BY
from feedback_assets.contracts.arrow import to_arrow
from feedback_assets.contracts.bronze import MANIFEST, SOURCES, STAGE_BATCHES
from feedback_assets.contracts.tickets import OUTBOX
from feedback_assets.lakehouse.local import LocalLakehouse
from feedback_assets_tests.cli.conftest import Call
from feedback_assets_tests.cli.delivered import only_bronze
from feedback_assets_tests.small import FIRST, SECOND, garbage, land, posts
from feedback_assets_tests.story import Story

STAGES = ["bronze", "dead_letters", "silver", "enriched", "review", "themes", "tickets"]


def test_an_empty_home_has_all_keys_with_zeros_and_is_not_made(tmp_path: Path, call: Call) -> None:
    home = tmp_path / "home"
    found = call(home, "status", "--json")
    assert (found.code, found.err) == (0, "")
    assert found.json["stages"] == dict.fromkeys(STAGES, 0)
    assert found.json["delta_commits"] == 0
    assert list(found.json["sources"]) == list(SOURCES)
    assert call(home, "status").code == 0
    assert not home.exists()


def test_a_finished_home_has_the_same_keys_in_the_same_order(finished: Path, call: Call) -> None:
    found = call(finished, "status", "--json").json
    assert list(found["stages"]) == STAGES
    assert all(isinstance(n, int) and n > 0 for n in found["stages"].values())
    assert found["delta_commits"] > 0
    for stage in ("bronze", "dead_letters", "silver", "enriched", "review"):
        assert sum(s[stage] for s in found["sources"].values()) == found["stages"][stage]


def test_what_was_landed_and_not_ingested_is_told(tmp_path: Path, call: Call) -> None:
    land(tmp_path, [*posts(5), *garbage(2)])
    waiting = call(tmp_path, "status", "--json").json["sources"]["forum"]
    assert (waiting["pending_files"], waiting["bronze"]) == (1, 0)
    assert "feedback run" in call(tmp_path, "status").out
    only_bronze(tmp_path, "forum", FIRST)
    found = call(tmp_path, "status", "--json").json
    done = found["sources"]["forum"]
    assert (done["pending_files"], done["bronze"], done["dead_letters"], done["first_day"]) == (0, 5, 2, FIRST.isoformat())
    assert found["stages"]["bronze"] == 5
    assert "feedback run" not in call(tmp_path, "status").out


def test_two_homes_do_not_see_each_other(finished: Path, tmp_path: Path, call: Call) -> None:
    assert call(tmp_path / "other", "status", "--json").json["stages"]["bronze"] == 0
    assert call(finished, "status", "--json").json["stages"]["bronze"] > 0


# --- what is held -----------------------------------------------------------------------------------------------------------------------

NOW = datetime(2025, 3, 10, 12, tzinfo=UTC)


def instance_of(home: Path) -> dg.DagsterInstance:
    (home / "dagster").mkdir(parents=True, exist_ok=True)
    return dg.DagsterInstance.local_temp(str(home / "dagster"), overrides={"telemetry": {"enabled": False}})


def test_a_held_day_is_named_with_its_sources_and_ends_non_zero(tmp_path: Path, call: Call) -> None:
    land(tmp_path, posts(5))
    assert call(tmp_path, "status").code == 0  # files that wait are no fault
    only_bronze(tmp_path, "forum", FIRST)
    found = call(tmp_path, "status", "--json")
    (day,) = found.json["held"]["days"]
    assert (found.code, found.json["held"]["is_held"]) == (3, True)
    assert (day["day"], day["sources"], day["stages"]) == (FIRST.isoformat(), ["forum"], ["silver", "enrichment", "embeddings"])
    said = call(tmp_path, "status")
    assert said.code == 3
    assert f"{FIRST}" in said.out
    assert "held" in said.out


def test_a_day_that_was_read_just_now_may_be_in_work(tmp_path: Path, call: Call) -> None:
    land(tmp_path, posts(5))
    ingest_days(LocalLakehouse(tmp_path / "lake"), LandingZone(tmp_path / "landing"), "forum", [FIRST], now=datetime.now(UTC))
    found = call(tmp_path, "status", "--json")
    assert (found.code, [d["is_held"] for d in found.json["held"]["days"]]) == (0, [False])


def test_a_failed_run_is_named_until_the_same_job_and_days_succeed_for_no_fewer_assets(tmp_path: Path, call: Call) -> None:
    day = {"dagster/partition": f"{FIRST}"}
    forum, survey = frozenset({dg.AssetKey(["bronze", "forum"])}), frozenset({dg.AssetKey(["bronze", "survey"])})

    def run(status: str, tags: dict[str, str], assets: frozenset[dg.AssetKey]) -> None:
        made = dg.DagsterRun("feedback_day", status=dg.DagsterRunStatus.STARTED, tags=tags, asset_selection=assets)
        instance.add_run(made)
        event = dg.DagsterEvent(f"PIPELINE_{status}", "feedback_day")
        instance.report_dagster_event(event, run_id=made.run_id)

    with instance_of(tmp_path) as instance:
        run("FAILURE", day, forum)
        run("SUCCESS", day, survey)
        run("SUCCESS", {"dagster/partition": f"{SECOND}"}, forum)
        found = call(tmp_path, "status", "--json")
        (failed,) = found.json["held"]["failed_runs"]
        assert (found.code, failed["job"], failed["days"]) == (3, "feedback_day", [f"{FIRST}"])
        assert failed["run_id"] in call(tmp_path, "status").out
        span = {"dagster/asset_partition_range_start": f"{FIRST}", "dagster/asset_partition_range_end": f"{SECOND}"}
        run("SUCCESS", span, forum | survey)
        assert call(tmp_path, "status").code == 0


def test_a_run_that_was_killed_is_over_when_its_day_has_nothing_to_do(tmp_path: Path, call: Call) -> None:
    with instance_of(tmp_path) as instance:
        tags = {"dagster/partition": f"{FIRST}", LAUNCHED_BY: "feedback run, process 1"}
        instance.add_run(dg.DagsterRun("feedback_day", status=dg.DagsterRunStatus.FAILURE, tags=tags))
        assert call(tmp_path, "status").code == 0
        land(tmp_path, posts(1))
        assert call(tmp_path, "status").code == 3


def test_damaged_dagster_storage_is_told_and_is_no_fault(tmp_path: Path, call: Call) -> None:
    (tmp_path / "dagster" / "history").mkdir(parents=True)
    (tmp_path / "dagster" / "history" / "runs.db").write_bytes(b"not a database" * 100)
    found = call(tmp_path, "status")
    assert found.code == 0
    assert "failed runs are not known" in found.out


@pytest.mark.parametrize(("age", "code"), [(timedelta(hours=1), 0), (timedelta(hours=25), 3)])
def test_an_effect_that_waits_is_named_and_holds_after_a_day(tmp_path: Path, call: Call, age: timedelta, code: int) -> None:
    row = {
        "intent_id": "0" * 32, "destination": "local", "action": "create", "ticket_id": "FB-00000001", "theme_id": "T" + "0" * 12,
        "sequence": 1, "content": "{}", "content_sha256": "0" * 64, "purpose": "live", "status": "refused", "attempts": 4,
        "error": "no such component", "written_at": datetime.now(UTC) - age, "applied_at": None,
    }  # fmt: skip
    LocalLakehouse(tmp_path / "lake").append_new(OUTBOX, to_arrow(OUTBOX, [row]))
    found = call(tmp_path, "status")
    assert found.code == code
    assert all(word in found.out for word in ("FB-00000001", "4", "no such component"))


def test_a_broken_file_is_named_until_it_is_mended(tmp_path: Path, call: Call) -> None:
    land(tmp_path, ["response,submitted_at", "1,2025-02-03"], source="survey", name="answers.csv")
    only_bronze(tmp_path, "survey", FIRST)
    found = call(tmp_path, "status", "--json")
    assert (found.code, [f["file"] for f in found.json["held"]["broken_files"]]) == (3, ["answers.csv"])


def delivered(*sources: tuple[str, int, int, int]) -> pl.DataFrame:
    """A manifest: source, days between two files, how many files, days from the last file to now."""
    rows = [
        {"source": source, "feed_date": (NOW - timedelta(days=ago + n * gap)).date(), "received_at": NOW - timedelta(days=ago + n * gap)}
        for source, gap, count, ago in sources
        for n in range(count)
    ]
    return pl.DataFrame(rows, schema={"source": pl.String, "feed_date": pl.Date, "received_at": pl.Datetime("us", "UTC")})


@pytest.mark.parametrize(
    ("sources", "silent"),
    [
        ([], []),
        ([("forum", 1, 10, 0), ("survey", 1, 10, 3)], []),
        ([("forum", 1, 10, 0), ("survey", 1, 10, 4)], ["survey"]),
        ([("forum", 1, 10, 0), ("survey", 7, 10, 20)], []),  # it delivers weekly
        ([("forum", 1, 10, 0), ("survey", 7, 10, 22)], ["survey"]),
        ([("forum", 1, 10, 0), ("survey", 1, 4, 90)], []),  # too few to be regular
        ([("forum", 1, 10, 90), ("survey", 1, 10, 91)], []),  # the home is at rest: nobody delivers
    ],
)
def test_a_source_is_silent_after_three_of_its_usual_gaps_while_others_deliver(
    sources: list[tuple[str, int, int, int]], silent: list[str]
) -> None:
    assert [s.source for s in silent_sources(delivered(*sources), NOW)] == silent


def test_history_that_was_loaded_just_now_is_not_silent() -> None:
    manifest = delivered(("forum", 1, 10, 0), ("survey", 1, 10, 300)).with_columns(received_at=pl.lit(NOW - timedelta(minutes=5)))
    assert silent_sources(manifest, NOW) == []


def test_a_mended_story_holds_nothing_and_its_failures_were_told_once_each(story: Story, call: Call) -> None:
    found = call(story.home, "status", "--json")
    assert (found.code, found.json["held"]["is_held"]) == (0, False), found.json["held"]
    told = [json.loads(p.read_text(encoding="utf-8")) for p in (story.home / "alerts").glob("*.json")]
    said = sorted((m["subject"], m["state"], m["days"]) for m in told if m.get("kind"))
    day = [f"{SECOND}"]
    assert said == [
        ("bronze/forum readable", "all_clear", day),
        ("bronze/forum readable", "failed", day),
        ("silver/revisions days_finished", "all_clear", [""]),
        ("silver/revisions days_finished", "failed", [""]),
    ]


def test_texts_that_wait_for_the_language_model_are_told_with_their_age_and_hold_nothing(tmp_path: Path, call: Call) -> None:
    land(tmp_path, posts(3))
    only_bronze(tmp_path, "forum", FIRST)
    assert call(tmp_path, "status", "--json").json["unasked"] == {"texts": 0, "oldest_seconds": None, "by_day": {}}
    lake, now = LocalLakehouse(tmp_path / "lake"), datetime.now(UTC)
    (batch,) = lake.read(MANIFEST).to_pylist()
    before = call(tmp_path, "status")

    def account(number: str, unasked: int, **more: object) -> dict[str, object]:
        reasons = json.dumps({"unasked": unasked, "refusal": 1} if unasked else {"refusal": 1})
        rows = {"rows_in": unasked + 1, "rows_out": 0, "reasons": reasons, "processed_at": now}
        return {"stage": "answers", "source": "forum", "feed_date": FIRST, "batch_id": number, **rows, **more}

    other = {"feed_date": SECOND, "processed_at": now - timedelta(hours=50)}  # of a batch that the manifest does not name
    lake.append_new(STAGE_BATCHES, to_arrow(STAGE_BATCHES, [account(batch["batch_id"], 5), account("c" * 32, 2, **other)]))
    found = call(tmp_path, "status", "--json")
    assert (found.json["unasked"]["texts"], found.json["unasked"]["by_day"]) == (7, {f"{FIRST}": 5, f"{SECOND}": 2})
    assert found.json["unasked"]["oldest_seconds"] >= 50 * 3600
    assert found.code == before.code, "they hold nothing"
    said = call(tmp_path, "status").out
    assert f"7 texts of {FIRST} .. {SECOND} (2) wait for the language model, the oldest for " in said
    assert "wait for the language model" not in before.out
