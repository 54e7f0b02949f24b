"""The sensor of batch jobs: asks for the run that collects, once an interval, for what asked; with nothing out, for none."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from feedback_assets.contracts.arrow import to_arrow
from feedback_assets.contracts.bronze import STAGE_BATCHES
from feedback_assets.contracts.enrichment import ANSWERS, BATCH_JOBS, ISSUES
from feedback_assets.enrichment.asking import Means
from feedback_assets.enrichment.batch_asking import BatchMeans
from feedback_assets.enrichment.sensors import COLLECTS_TAG, SENSOR, spans_of
from feedback_assets.graph.jobs import DAY_JOB
from feedback_assets.graph.resources import SERVICES
from feedback_assets.ground.settings import PURPOSE_TAG, Settings
from feedback_assets.wiring.build import build_defs
from feedback_assets.wiring.services import Services
from feedback_assets_tests.cli.test_language_model import usable, vague
from feedback_assets_tests.enrichment.answering import MODEL
from feedback_assets_tests.graph.conftest import execute, range_tags
from feedback_assets_tests.keys import KEY_HEX
from feedback_assets_tests.loopback.azure_openai import AzureOpenAI
from feedback_assets_tests.small import FIRST, SECOND, land

pytestmark = [
    pytest.mark.filterwarnings("ignore::dagster.BetaWarning"),
    pytest.mark.filterwarnings("ignore::dagster.PreviewWarning"),
]


class Batching(Services):
    """A home at a set time, where a few questions are enough for a job."""

    at = datetime(2025, 3, 2, 12, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at

    @property
    def answer_means(self) -> Means | None:
        means = super().answer_means
        return means and replace(means, batch=BatchMeans(means.settings, least_calls=3))


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as made:
        yield made


def tick(services: Services, instance: dg.DagsterInstance) -> tuple[list[dg.RunRequest], str]:
    """(run requests, why it skipped) of one evaluation, as the daemon makes it."""
    repository = build_defs(services.settings, services, first_day=FIRST).get_repository_def()
    with dg.build_sensor_context(
        instance=instance, repository_def=repository, resources={SERVICES: services}, sensor_name=SENSOR
    ) as context:
        found = repository.get_sensor_def(SENSOR).evaluate_tick(context)
    return list(found.run_requests or []), found.skip_message or ""


def home_with(home: Path, service: AzureOpenAI | None) -> Batching:
    named = {} if service is None else {"ENDPOINT": service.endpoint, "NAME": MODEL, "API_KEY": service.key, "BATCH": "auto"}
    return Batching(Settings(home=home, pseudonym_key=KEY_HEX, model=tuple((f"FEEDBACK_MODEL_{k}", v) for k, v in named.items())))


def run(services: Services, instance: dg.DagsterInstance, tags: dict[str, str], **more: Any) -> None:
    assert execute(build_defs(services.settings, services, first_day=FIRST), instance, DAY_JOB, tags=tags, **more).success


def a_job(number: int, days: list[date], *, purpose: str = "backfill", state: str = "out") -> dict[str, Any]:
    now = Batching.at
    return {
        "job": f"{number:032x}", "state": state, "status": "", "file_id": "f", "batch_id": "b", "model": MODEL, "questions": 1,
        "days": [d.isoformat() for d in days], "purpose": purpose, "reserved_usd": 0.0, "cost_usd": 0.0, "answered": 0, "unanswered": 0,
        "detail": "", "submitted_at": now, "seen_at": now,
    }  # fmt: skip


def test_a_backfills_job_is_collected_by_the_runs_that_the_sensor_asks_for_and_stays_a_backfills(
    tmp_path: Path, instance: dg.DagsterInstance
) -> None:
    with AzureOpenAI(usable) as service:
        services = home_with(tmp_path / "home", service)
        assert tick(services, instance) == ([], "no batch job is out")
        for day, first in ((FIRST, 100), (SECOND, 200)):
            land(services.settings.home, vague(4, first), day=day)
        run(services, instance, {PURPOSE_TAG: "backfill", **range_tags(FIRST, SECOND)})
        (job,) = services.lake.read(BATCH_JOBS).to_pylist()
        assert (job["state"], services.lake.count(ANSWERS), len(service.chats)) == ("out", 0, 0)
        (asked,), _ = tick(services, instance)
        (same,), _ = tick(services, instance)
        assert asked.run_key == same.run_key, "one run an interval"
        assert {k: asked.tags[k] for k in (PURPOSE_TAG, *range_tags(FIRST, SECOND))} == {
            PURPOSE_TAG: "backfill",
            **range_tags(FIRST, SECOND),
        }
        keys = set()
        for _ in range(8):
            (request,), _ = tick(services, instance)
            keys.add(request.run_key)
            run(services, instance, dict(request.tags), asset_selection=list(request.asset_selection or []))
            if not services.lake.read(BATCH_JOBS, where={"state": ["out", "uploaded", "collected"]}).num_rows:
                break
            services.at += timedelta(minutes=services.settings.batch_minutes)
        assert tick(services, instance) == ([], "no batch job is out")
        assert len(service.chats) == 0, "what a job answers is not asked directly"
    assert services.lake.count(ANSWERS) == 8
    assert {r["purpose"] for r in services.lake.read(ANSWERS).to_pylist()} == {"backfill"}
    assert {r["tier"] for r in services.lake.read(ISSUES).to_pylist()} == {"language_model"}
    accounts = services.lake.read(STAGE_BATCHES, where={"stage": ["answers", "enrichment"]}).to_pylist()
    assert {r["restated_for"] for r in accounts} == {"backfill"}, "what a backfill paid for waits for `feedback tickets apply`"
    services.compute.close()


def test_while_a_run_collects_or_nobody_could_be_asked_there_is_no_second_one(tmp_path: Path, instance: dg.DagsterInstance) -> None:
    with AzureOpenAI(usable) as service:
        services = home_with(tmp_path / "home", service)
        services.lake.upsert(BATCH_JOBS, to_arrow(BATCH_JOBS, [a_job(1, [FIRST])]))
        (request,), _ = tick(services, instance)
        assert request.partition_key == FIRST.isoformat()
        selected = {k.to_user_string() for k in request.asset_selection or []}
        assert {"enrichment/answers", "enrichment/issues", "themes/embeddings"} <= selected
        assert not {k for k in selected if k.startswith(("bronze/", "silver/"))}, "nothing waits there"
        instance.add_run(dg.DagsterRun(DAY_JOB, status=dg.DagsterRunStatus.STARTED, tags={COLLECTS_TAG: request.tags[COLLECTS_TAG]}))
        services.at += timedelta(hours=1)
        asked, why = tick(services, instance)
        assert (asked, "1 runs that collect are at work" in why) == ([], True)
    asked, why = tick(home_with(tmp_path / "home", None), instance)
    assert (asked, "no language model is set" in why) == ([], True)


def test_a_run_covers_all_days_of_a_job_and_a_job_within_another_asks_for_none_of_its_own() -> None:
    days = [date(2025, 2, n) for n in range(1, 10)]
    jobs = [
        a_job(1, [days[0], days[4]]),
        a_job(2, [days[1], days[2]]),
        a_job(3, [days[3], days[6]]),
        a_job(4, [days[1]], purpose="replay", state="collected"),
        a_job(5, [days[8]], purpose=""),
    ]
    assert spans_of(jobs) == [
        ("backfill", days[0], days[4]),
        ("backfill", days[3], days[6]),
        ("backfill", days[8], days[8]),
        ("replay", days[1], days[1]),
    ]
