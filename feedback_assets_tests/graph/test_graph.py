"""The asset graph: it loads, it is what the snapshot says, it is fully described, and it imports nothing heavy."""

import json
import os
import subprocess
import sys
import warnings
from datetime import date
from pathlib import Path

import dagster as dg
import pytest
import yaml

from feedback_assets.contracts import ALL_TABLES
from feedback_assets.graph.jobs import EVALUATION_JOB, STANDING_JOB, UPKEEP_JOB, WATCH_JOB
from feedback_assets.graph.steps import bookkeeping
from feedback_assets.ground.settings import Settings, project_root
from feedback_assets.wiring.build import STEPS, build_defs

SNAPSHOT = Path(__file__).with_name("graph_snapshot.json")
HEAVY = (
    "polars",
    "pyarrow",
    "pandas",
    "numpy",
    "pyspark",
    "pysail",
    "sklearn",
    "scipy",
    "wordllama",
    "pandera",
    "deltalake",
    "openai",
    "dagster_databricks",
)


@pytest.fixture(scope="module")
def defs(tmp_path_factory: pytest.TempPathFactory) -> dg.Definitions:
    return build_defs(Settings(home=tmp_path_factory.mktemp("home")), first_day=date(2025, 1, 1))


def described(defs: dg.Definitions) -> dict[str, object]:
    """The graph as data: assets with their inputs, checks, partitions; jobs, sensors, schedules."""
    graph = defs.resolve_asset_graph()
    assets = {}
    for key in sorted(graph.get_all_asset_keys(), key=lambda k: k.to_user_string()):
        node = graph.get(key)
        assets[key.to_user_string()] = {
            "group": node.group_name,
            "inputs": sorted(k.to_user_string() for k in node.parent_keys),
            "daily": node.partitions_def is not None,
            "checks": sorted(f"{c.name}{' (blocking)' if graph.get_check_spec(c).blocking else ''}" for c in node.check_keys),
        }
    repository = defs.get_repository_def()
    return {
        "assets": assets,
        "jobs": sorted(j.name for j in repository.get_all_jobs() if not j.name.startswith("__")),
        "sensors": sorted(s.name for s in repository.sensor_defs),
        "schedules": sorted(s.name for s in repository.schedule_defs),
    }


def test_the_graph_is_what_the_snapshot_says(defs: dg.Definitions) -> None:
    text = json.dumps(described(defs), indent=1, sort_keys=True) + "\n"
    if os.environ.get("UPDATE_SNAPSHOT"):
        SNAPSHOT.write_text(text)
    assert SNAPSHOT.read_text() == text, "the graph changed: run the tests with UPDATE_SNAPSHOT=1 and review the diff"


def test_definitions_load(defs: dg.Definitions) -> None:
    dg.Definitions.validate_loadable(defs)


def test_the_workspace_loads_by_the_command_line_that_make_dev_uses(tmp_path: Path) -> None:
    environ = {**os.environ, "FEEDBACK_HOME": str(tmp_path / "home"), "DAGSTER_HOME": str(tmp_path)}
    done = subprocess.run(
        [str(Path(sys.executable).with_name("dagster")), "definitions", "validate", "-w", "workspace.yaml"],
        cwd=project_root(),
        env=environ,
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "feedback_assets" in done.stdout + done.stderr


def test_pyproject_has_no_dagster_table_because_dagster_dev_would_ignore_workspace_yaml() -> None:
    import tomllib

    tools = tomllib.loads((project_root() / "pyproject.toml").read_text())["tool"]
    assert not {"dagster", "dg"} & tools.keys()


WRITTEN_BY_COMMANDS = {"review/samples"}
"""Tables that no step of the graph writes or reads."""


def test_every_table_that_is_an_asset_has_description_owner_kinds_and_columns(defs: dg.Definitions) -> None:
    graph = defs.resolve_asset_graph()
    kept = bookkeeping(STEPS)
    for table in ALL_TABLES:
        if table.name in kept or table.name in WRITTEN_BY_COMMANDS:
            continue
        node = graph.get(dg.AssetKey(table.name.split("/")))
        assert node.description
        assert table.row in node.description
        assert node.owners
        assert "deltalake" in node.kinds
        columns = node.metadata["dagster/column_schema"].columns
        assert tuple(c.name for c in columns) == table.column_names
        assert all(c.description for c in columns)


def test_every_check_before_enrichment_blocks_or_is_a_warning_by_design(defs: dg.Definitions) -> None:
    graph = defs.resolve_asset_graph()
    loose = {c.name for c in graph.asset_check_keys if c.asset_key.path[0] in ("bronze", "silver") and not graph.get_check_spec(c).blocking}
    assert loose == {"dead_letters", "files_read", "days_finished"}


def test_importing_the_code_location_imports_nothing_heavy(tmp_path: Path) -> None:
    code = "import sys, json, feedback_assets.definitions; print(json.dumps(sorted({m.split('.')[0] for m in sys.modules})))"
    bare = "import sys, json, dagster; print(json.dumps(sorted({m.split('.')[0] for m in sys.modules})))"
    environ = {**os.environ, "FEEDBACK_HOME": str(tmp_path)}
    ours, theirs = (
        set(json.loads(subprocess.run([sys.executable, "-c", c], env=environ, capture_output=True, text=True, check=True).stdout))
        for c in (code, bare)
    )
    assert not (ours - theirs) & set(HEAVY)


def test_building_the_graph_writes_nothing_and_reads_no_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEEDBACK_HOME", str(tmp_path / "elsewhere"))
    build_defs(Settings(home=tmp_path / "home"))
    assert list(tmp_path.iterdir()) == []


def test_building_the_graph_warns_of_nothing(tmp_path: Path) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        build_defs(Settings(home=tmp_path))
    assert [str(w.message) for w in caught] == []


def test_dagster_yaml_is_accepted_and_in_force_in_a_home(tmp_path: Path) -> None:
    from feedback_assets.ground.home import prepare_home

    settings = Settings(home=tmp_path / "home")
    prepare_home(settings)
    with dg.DagsterInstance.from_config(str(settings.dagster_home)) as instance:
        assert instance.telemetry_enabled is False
        assert instance.run_monitoring_enabled
        assert instance.get_concurrency_config().pool_config.default_pool_limit == 1
    commented = [line for line in (project_root() / "dagster.yaml").read_text().splitlines() if line and not line.startswith((" ", "#"))]
    assert set(yaml.safe_load((settings.dagster_home / "dagster.yaml").read_text())) == {line.split(":")[0] for line in commented}


def test_live_is_the_purpose_of_sensors_and_schedules_that_make_rows(defs: dg.Definitions) -> None:
    from datetime import UTC, datetime

    repository = defs.get_repository_def()
    at = datetime(2025, 1, 2, tzinfo=UTC)
    with dg.DagsterInstance.ephemeral() as instance:
        for schedule in repository.schedule_defs:
            with dg.build_schedule_context(instance=instance, repository_def=repository, scheduled_execution_time=at) as context:
                tick = schedule.evaluate_tick(context)
            purposes = [r.tags.get("feedback/purpose") for r in tick.run_requests or []]
            assert purposes == ([None] if schedule.job_name in {STANDING_JOB, UPKEEP_JOB, EVALUATION_JOB, WATCH_JOB} else ["live"])
