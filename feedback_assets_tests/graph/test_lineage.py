"""The lineage in the UI is what the steps do: each reads what it declares and declares what it reads."""

from typing import cast

import dagster as dg
import pytest

from feedback_assets.contracts import ALL_TABLES
from feedback_assets.graph.steps import Step, bookkeeping, deps_of, undeclared
from feedback_assets.wiring.build import STEPS
from feedback_assets_tests.graph.conftest import Ran

by_step = pytest.mark.parametrize("step", STEPS, ids=lambda s: s.name)


def read_by(ran: Ran, step: Step) -> set[str]:
    """The tables that the step read, as its assets' metadata say."""
    events = [event for asset in step.assets for event in ran.materialized(asset)]
    return {str(name) for event in events for name in cast("dict[str, int]", event.metadata["read"].value)}


@by_step
def test_a_step_reads_nothing_that_it_does_not_declare(ran: Ran, step: Step) -> None:
    assert undeclared(step, read_by(ran, step)) == set()


@by_step
def test_a_step_declares_nothing_that_it_does_not_read(ran: Ran, step: Step) -> None:
    assert {t.name for t in step.reads} - read_by(ran, step) == set()


@by_step
def test_the_deps_of_an_asset_are_what_its_step_reads(ran: Ran, step: Step) -> None:
    graph = ran.defs.resolve_asset_graph()
    kept = bookkeeping(STEPS)
    for asset in step.assets:
        parents = {k.to_user_string() for k in graph.get(_key(asset)).parent_keys}
        assert parents == set(deps_of(step, STEPS))
        assert {t.name for t in step.reads if t.name not in kept} <= parents | set(step.assets)


def test_a_table_is_an_asset_or_is_kept_by_a_step_and_never_both() -> None:
    written = [name for s in STEPS for name in s.assets]
    assert len(written) == len(set(written))
    kept = bookkeeping(STEPS)
    assert not set(written) & set(kept)
    outside = {t.name for t in ALL_TABLES} - set(written) - set(kept)
    assert outside == {"review/decisions", "review/samples", "evaluation/results", "evaluation/sentinel_readings", "evaluation/tier_bars"}


def test_no_asset_is_left_that_nothing_materializes(ran: Ran) -> None:
    graph = ran.defs.resolve_asset_graph()
    never = {k.to_user_string() for k in graph.get_all_asset_keys() if not ran.instance.get_latest_materialization_event(k)}
    outside = {"review/decisions", "review/samples"}
    evaluation = {"evaluation/results", "evaluation/sentinel_readings", "evaluation/tier_bars", "evaluation/drift"}
    assert never == outside | evaluation | {"standing/tables", "upkeep/tables", "upkeep/history"}


def _key(name: str) -> dg.AssetKey:
    return dg.AssetKey(name.split("/"))
