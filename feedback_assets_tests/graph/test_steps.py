"""What a run of a step leaves in Dagster: results by day, metadata without reading tables, versions, a line in the log, retries."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from feedback_assets.contracts import table_named
from feedback_assets.contracts.arrow import to_arrow
from feedback_assets.contracts.silver import DUPLICATE_GROUPS, EVENTS, RAW_TEXT
from feedback_assets.effects.refusals import UnavailableError
from feedback_assets.graph import step_assets
from feedback_assets.graph.code_version import code_version
from feedback_assets.graph.jobs import DAY_JOB
from feedback_assets.graph.partitions import daily
from feedback_assets.graph.resources import SERVICES, services_resource
from feedback_assets.graph.steps import Step, StepRun
from feedback_assets.ground.settings import Settings, project_root
from feedback_assets.lakehouse.recording import RecordingLakehouse
from feedback_assets.wiring.build import STEPS, build_defs
from feedback_assets.wiring.services import Services
from feedback_assets_tests.graph.conftest import DAYS, Ran, execute, range_tags
from feedback_assets_tests.keys import KEY_HEX
from feedback_assets_tests.lakehouse.contract import group_row
from feedback_assets_tests.small import FIRST, land, posts

pytestmark = [
    pytest.mark.filterwarnings("ignore::dagster.BetaWarning"),
    pytest.mark.filterwarnings("ignore::dagster.PreviewWarning"),
]


def step_named(name: str) -> Step:
    return next(s for s in STEPS if s.name == name)


# --- a whole run ------------------------------------------------------------------------------------------------------------------------


def test_every_run_succeeds(ran: Ran) -> None:
    assert [r.success for r in (ran.days, ran.gold, ran.later, ran.follow)] == [True] * 4


def test_every_check_of_a_daily_asset_has_a_result_for_each_day_of_a_range(ran: Ran) -> None:
    graph = ran.defs.resolve_asset_graph()
    daily_checks = {k for k in graph.asset_check_keys if graph.get(k.asset_key).partitions_def is not None}
    seen = {(e.asset_check_key, e.partition) for e in ran.days.get_asset_check_evaluations()}
    assert seen == {(key, day.isoformat()) for key in daily_checks for day in DAYS}


def test_what_is_good_reads_as_good(ran: Ran) -> None:
    wrong = [
        (e.asset_check_key.to_user_string(), e.partition) for e in ran.evaluations() if not e.passed and e.check_name != "dead_letters"
    ]
    assert wrong == []


def test_every_check_of_gold_has_one_result_a_run(ran: Ran) -> None:
    graph = ran.defs.resolve_asset_graph()
    beside = {"standing", "evaluation"}
    across = {k for k in graph.asset_check_keys if graph.get(k.asset_key).partitions_def is None and k.asset_key.path[0] not in beside}
    for run in (ran.gold, ran.follow):
        found = [(e.asset_check_key, e.partition) for e in run.get_asset_check_evaluations()]
        assert sorted(found, key=str) == sorted(((key, None) for key in across), key=str)


def test_row_counts_are_those_of_the_tables_and_samples_are_what_was_written(ran: Ran) -> None:
    counts = ran.services.lake.counts(EVENTS)
    newest = {m.partition: m for m in reversed(ran.materialized("silver/events"))}
    assert {day: m.metadata["dagster/partition_row_count"].value for day, m in newest.items()} == {
        day.isoformat(): counts[day] for day in DAYS
    }
    assert all("sample" in m.metadata for m in newest.values())
    (theme, *_) = ran.materialized("themes/themes")
    assert theme.metadata["dagster/row_count"].value == ran.services.lake.count(table_named("themes/themes"))


def test_no_metadata_of_the_restricted_table_holds_its_text(ran: Ran) -> None:
    shown = set(step_assets.shown(RAW_TEXT))
    assert not shown & {"raw_text", "raw_title", "text", "title"}
    for event in ran.materialized("silver/raw_text"):
        table = event.metadata.get("sample")
        assert table is None or isinstance(table, dg.TableMetadataValue)
        assert table is None or {c.name for c in table.schema.columns} <= shown


def test_bookkeeping_stands_in_the_metadata_of_the_step_that_keeps_it(ran: Ran) -> None:
    kept: Any = ran.materialized("silver/revisions")[-1].metadata["bookkeeping"].value
    assert set(kept) == {"silver/event_days", "silver/revised_batches"}
    assert kept["silver/revised_batches"]["inserted"] > 0


def test_a_step_logs_one_line_of_what_it_read_wrote_and_left_out(ran: Ran) -> None:
    lines = [e.user_message for e in ran.instance.all_logs(ran.days.run_id) if not e.is_dagster_event]
    (silver,) = [line for line in lines if line.startswith("silver_events")]
    assert f"{DAYS[0]} to {DAYS[1]}: read bronze/app_store" in silver
    assert "wrote bronze/stage_batches +" in silver
    (play,) = [line for line in lines if line.startswith("bronze_google_play")]
    assert "left out truncated_json 1" in play
    assert len(lines) == sum(s.daily for s in STEPS)


def test_new_files_are_an_event_of_the_sources_landing_asset(ran: Ran) -> None:
    first, second = reversed(ran.materialized("landing/forum"))
    assert (first.metadata["files"].value, second.metadata["files"].value, second.metadata["records"].value) == (3, 1, 3)
    assert len(ran.materialized("landing/zendesk")) == 1  # nothing new came the second time


# --- cost -------------------------------------------------------------------------------------------------------------------------------


def test_checks_and_metadata_of_a_batch_read_the_batch_and_not_its_day(ran: Ran, tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(ran.services.settings.home, home)
    services = Services(replace(ran.services.settings, home=home))
    services.__dict__["lake"] = watched = RecordingLakehouse(services.lake)
    land(home, posts(2, day=DAYS[1], first=50), day=DAYS[1], name="two_more.jsonl")
    defs = build_defs(services.settings, services)
    selected = [dg.AssetKey(k.split("/")) for k in ("bronze/forum", *step_named("silver_events").assets, *step_named("enrichment").assets)]
    with dg.DagsterInstance.ephemeral() as instance:
        done = execute(defs, instance, DAY_JOB, asset_selection=selected, partition_key=DAYS[1].isoformat())
    services.compute.close()
    assert done.success
    keys = services.lake.count(EVENTS, {"feed_date": [DAYS[1]]})  # whether they stand already is looked up once, by key
    assert watched.read_rows["silver/events"] <= keys + 2 * 5  # the stages, their accounts and the evidence: two rows each time
    assert watched.read_rows["bronze/forum"] <= 2 * 3
    assert watched.read_rows["silver/raw_text"] == watched.read_rows["enrichment/review"] == 0


# --- versions ---------------------------------------------------------------------------------------------------------------------------


def test_a_changed_taxonomy_makes_enrichment_stale_and_what_came_before_not(ran: Ran, tmp_path: Path) -> None:
    from dagster._core.definitions.data_version import CachingStaleStatusResolver, StaleStatus
    from dagster._core.loader import LoadingContextForTest

    shutil.copytree(project_root() / "taxonomy", tmp_path / "taxonomy")
    changed = tmp_path / "taxonomy" / "categories" / "billing_payment.yaml"
    changed.write_text(changed.read_text() + "\n# another rule\n")
    defs = build_defs(replace(ran.services.settings, project=tmp_path), ran.services)

    def status(of: dg.Definitions, asset: str, day: date | None) -> StaleStatus:
        resolver = CachingStaleStatusResolver(ran.instance, of.resolve_asset_graph(), LoadingContextForTest(ran.instance))
        return resolver.get_status(dg.AssetKey(asset.split("/")), day.isoformat() if day else None)

    assert status(ran.defs, "enrichment/issues", DAYS[0]) == StaleStatus.FRESH
    assert status(defs, "enrichment/issues", DAYS[0]) == StaleStatus.STALE
    assert status(defs, "silver/events", DAYS[0]) == StaleStatus.FRESH


@pytest.mark.parametrize(
    ("change", "touched"),
    [
        ("taxonomy/taxonomy.yaml", {"answers", "enrichment"}),
        ("taxonomy/priority_weights.yaml", {"priority_scores", "tickets"}),
        ("taxonomy/personal_data.yaml", {"silver_events"}),
    ],
)
def test_a_changed_file_of_the_site_changes_the_steps_that_go_by_it(tmp_path: Path, change: str, touched: set[str]) -> None:
    shutil.copytree(project_root() / "taxonomy", tmp_path / "taxonomy")
    settings = Settings(home=tmp_path / "home", project=tmp_path)
    before = {s.name: code_version(s, settings) for s in STEPS}
    path = tmp_path / change
    path.write_text(path.read_text() + "\n# changed\n")
    assert {s.name for s in STEPS if code_version(s, settings) != before[s.name]} == touched


def test_another_embedder_changes_vectors_and_themes() -> None:
    ours, other = Settings(home=Path("h")), Settings(home=Path("h"), embedder="minilm")
    assert {s.name for s in STEPS if code_version(s, ours) != code_version(s, other)} == {"theme_embeddings", "theme_assignments", "themes"}


def test_every_step_names_source_that_is_there() -> None:
    package = Path(step_assets.__file__).parents[1]
    for step in STEPS:
        for name in step.code or (step.room,):
            assert (package / name).is_dir() or (package / f"{name}.py").is_file(), f"{step.name}: {name}"


def test_the_data_version_is_that_of_the_table_and_stays_when_nothing_is_new(ran: Ran) -> None:
    tag = "dagster/data_version"
    newest = ran.materialized("themes/themes")[0]
    assert (newest.tags or {})[tag] == f"{ran.services.lake.version(table_named('themes/themes'))}"
    first, second = reversed([m for m in ran.materialized("bronze/zendesk") if m.partition == DAYS[1].isoformat()])
    del first
    assert (second.tags or {})[tag] == ran.services.lake.fingerprint(table_named("bronze/zendesk"), [DAYS[1]])


# --- a step that goes wrong -------------------------------------------------------------------------------------------------------------


def graph_of(tmp_path: Path, run: Callable[[StepRun], object], **more: Any) -> tuple[dg.Definitions, Services]:
    """first -> second: two steps across days, the first of which does what it is told."""
    services = Services(Settings(home=tmp_path / "home", pseudonym_key=KEY_HEX))
    counts = table_named("silver/duplicate_counts")
    first = Step(name="first", room="silver", description="d", run=run, writes=(DUPLICATE_GROUPS,), **more)
    second = Step(name="second", room="silver", description="d", run=lambda _: None, writes=(counts,), reads=(DUPLICATE_GROUPS,))
    steps = (first, second)
    partitions, policy = daily(FIRST), dg.BackfillPolicy.multi_run(5)
    assets = [step_assets.step_asset(s, steps, services.settings, partitions=partitions, policy=policy) for s in steps]
    defs = dg.Definitions(
        assets=assets,
        jobs=[dg.define_asset_job("job", selection="*")],
        resources={SERVICES: services_resource(services)},
        executor=dg.in_process_executor,
    )
    return defs, services


def test_rows_that_are_refused_fail_their_check_and_the_run_and_skip_what_follows(tmp_path: Path) -> None:
    def run(at: StepRun) -> object:
        return at.lake.replace(DUPLICATE_GROUPS, to_arrow(DUPLICATE_GROUPS, [group_row(1), group_row(2, kind="guess")]))

    defs, services = graph_of(tmp_path, run)
    with dg.DagsterInstance.ephemeral() as instance:
        done = execute(defs, instance, "job")
        (failed,) = done.get_asset_check_evaluations()
        lines = [e.user_message for e in instance.all_logs(done.run_id) if not e.is_dagster_event]
    assert not done.success
    assert (failed.asset_key.path[-1], failed.check_name, failed.passed, failed.blocking) == ("duplicate_groups", "schema", False, True)
    assert done.get_asset_materialization_events() == []
    assert services.lake.version(DUPLICATE_GROUPS) == -1
    assert any(line.startswith("first: refused before anything of it was written") for line in lines)


def test_what_can_heal_is_tried_again_and_a_bug_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(step_assets, "RETRY_SECONDS", 0.0)
    for error, heals, tries, ok in (
        (UnavailableError("the tracker is not there"), True, 2, True),
        (OSError("disk"), True, 2, True),
        (OSError("disk"), False, 1, False),
        (ValueError("a bug"), True, 1, False),
    ):
        tried: list[int] = []

        def run(_: StepRun, error: Exception = error, tried: list[int] = tried) -> object:
            tried.append(1)
            if len(tried) == 1:
                raise error
            return None

        defs, _ = graph_of(tmp_path, run, heals=heals)
        with dg.DagsterInstance.ephemeral() as instance:
            assert execute(defs, instance, "job").success is ok
        assert len(tried) == tries, error


def test_an_undeclared_read_is_said_in_the_log(tmp_path: Path) -> None:
    defs, _ = graph_of(tmp_path, lambda at: at.lake.count(EVENTS))
    with dg.DagsterInstance.ephemeral() as instance:
        done = execute(defs, instance, "job")
        lines = [e.user_message for e in instance.all_logs(done.run_id) if not e.is_dagster_event]
    assert done.success
    assert [line for line in lines if "does not declare" in line] == [
        "first reads silver/events, which it does not declare: the lineage in the UI is not whole"
    ]


# --- the services -----------------------------------------------------------------------------------------------------------------------


def test_the_resource_shows_what_the_services_are_made_of_and_never_the_key(tmp_path: Path) -> None:
    services = Services(Settings(home=tmp_path / "home", pseudonym_key=KEY_HEX, tracker="local"))
    resource = services_resource(services)
    assert (resource.home, resource.embedder, resource.tracker) == (f"{tmp_path / 'home'}", "wordllama", "local")
    assert KEY_HEX not in repr(resource) + str(resource.model_dump())
    assert all(field.description for field in type(resource).model_fields.values())
    with dg.build_resources({SERVICES: resource}) as made:
        assert made.services is services


def test_a_field_that_a_run_changes_makes_other_services(tmp_path: Path) -> None:
    services = Services(Settings(home=tmp_path / "home", pseudonym_key=KEY_HEX))
    resource = services_resource(services)
    changed = type(resource)(**{**resource.model_dump(include=set(type(resource).model_fields)), "embedder": "minilm"})
    with dg.build_resources({SERVICES: changed}) as made:
        assert made.services.settings == replace(services.settings, embedder="minilm")


def test_a_range_of_a_source_without_files_is_green_and_says_that_nothing_was_new(tmp_path: Path) -> None:
    services = Services(Settings(home=tmp_path / "home", pseudonym_key=KEY_HEX))
    defs = build_defs(services.settings, services, first_day=DAYS[0])
    with dg.DagsterInstance.ephemeral() as instance:
        selected = [dg.AssetKey(["bronze", "forum"])]
        done = execute(defs, instance, DAY_JOB, asset_selection=selected, tags=range_tags(*DAYS))
    assert done.success
    found = [e for e in done.get_asset_check_evaluations() if e.check_name == "row_account"]
    assert [(e.passed, e.metadata["threshold"].value) for e in found] == [(True, "nothing that this run wrote")] * 2
