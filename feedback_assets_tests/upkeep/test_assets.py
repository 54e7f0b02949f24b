"""The upkeep job on a real instance: what it freed is metadata, a broken table makes it red, history goes by its own setting."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg

from feedback_assets.graph.resources import SERVICES
from feedback_assets.ground.settings import Settings
from feedback_assets.lakehouse.local import LocalLakehouse
from feedback_assets.upkeep.assets import upkeep_assets
from feedback_assets.wiring.services import Services
from feedback_assets_tests.lakehouse.ageing import age
from feedback_assets_tests.lakehouse.contract import LEDGER
from feedback_assets_tests.lakehouse.test_upkeep import write_batches


@dataclass(frozen=True)
class Pruned:
    """A report as pruning gives it."""

    runs: int


def materialize(settings: Settings, instance: dg.DagsterInstance, prune: Any = lambda *_, **__: Pruned(0)) -> dg.ExecuteInProcessResult:
    return dg.materialize(list(upkeep_assets(prune)), resources={SERVICES: Services(settings)}, instance=instance, raise_on_error=False)


def metadata_of(result: dg.ExecuteInProcessResult, name: str) -> Any:
    (event,) = [e for e in result.get_asset_materialization_events() if e.asset_key == dg.AssetKey(["upkeep", name])]
    return {k: v.value for k, v in event.materialization.metadata.items()}


def test_what_was_freed_is_metadata_and_the_tables_keep_their_rows(settings: Settings) -> None:
    lake = LocalLakehouse(settings.lake)
    write_batches(lake, 0, 8)
    age(lake.root, timedelta(hours=settings.keep_versions_hours + 1))
    with dg.DagsterInstance.ephemeral() as instance:
        result = materialize(settings, instance)
    assert result.success
    told = metadata_of(result, "tables")
    assert told["bytes freed"] > 0
    assert told["data files freed"] > 0
    assert {r.data["table"] for r in told["by table"].records} == {"bronze/stage_batches", "enrichment/issues", "silver/duplicate_groups"}
    assert lake.count(LEDGER) == 8


def test_history_is_pruned_to_the_days_that_are_set_even_when_a_table_is_broken(settings: Settings) -> None:
    lake = LocalLakehouse(settings.lake)
    write_batches(lake, 0, 2)
    for path in Path(lake.location(LEDGER), "_delta_log").iterdir():
        path.write_bytes(b"")
    asked: list[datetime] = []

    def prune(instance: dg.DagsterInstance, *, older_than: datetime, at_most: int) -> Pruned:
        assert instance.get_runs_count() == 1
        assert at_most > 0
        asked.append(older_than)
        return Pruned(7)

    with dg.DagsterInstance.ephemeral() as instance:
        result = materialize(settings, instance, prune)
    assert not result.success
    assert metadata_of(result, "history")["what this run did"] == {"runs": 7}
    assert abs(datetime.now(UTC) - timedelta(days=settings.keep_history_days) - asked[0]) < timedelta(hours=1)
    (failure,) = [e for e in result.all_node_events if e.is_step_failure]
    assert LEDGER.name in str(failure.step_failure_data.error)
