"""One small home of all sources that went through both jobs on a real instance: what the tests of the graph look at."""

import json
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from feedback_assets.demo.generator import FIRST_DAY, generate
from feedback_assets.graph.jobs import DAY_JOB, GOLD_JOB
from feedback_assets.ground.settings import PURPOSE_TAG, Settings
from feedback_assets.wiring.build import build_defs
from feedback_assets.wiring.services import Services
from feedback_assets_tests.enrichment.answering import MODEL, issue, reply, text_in
from feedback_assets_tests.keys import KEY_HEX
from feedback_assets_tests.loopback.azure_openai import AzureOpenAI, Question
from feedback_assets_tests.small import land, posts

QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
DAYS = (FIRST_DAY, FIRST_DAY + timedelta(days=1))


@dataclass
class Ran:
    """The home, its definitions, and the instance that saw the runs. Read only."""

    services: Services
    defs: dg.Definitions
    instance: dg.DagsterInstance
    days: dg.ExecuteInProcessResult
    gold: dg.ExecuteInProcessResult
    later: dg.ExecuteInProcessResult
    follow: dg.ExecuteInProcessResult

    def materialized(self, asset: str) -> list[dg.AssetMaterialization]:
        """The events of an asset, newest first."""
        records = self.instance.fetch_materializations(dg.AssetKey(asset.split("/")), limit=50).records
        return [r.asset_materialization for r in records if r.asset_materialization]

    def evaluations(self) -> list[dg.AssetCheckEvaluation]:
        """Of all four runs, in their order."""
        return [e for r in (self.days, self.gold, self.later, self.follow) for e in r.get_asset_check_evaluations()]


def execute(defs: dg.Definitions, instance: dg.DagsterInstance, job: str, **more: Any) -> dg.ExecuteInProcessResult:
    """Runs a job here, quietly; whether it succeeded is for the caller to look at."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=dg.BetaWarning)
        warnings.filterwarnings("ignore", category=dg.PreviewWarning)
        return defs.resolve_job_def(job).execute_in_process(instance=instance, run_config=QUIET, raise_on_error=False, **more)


def range_tags(first: date, last: date) -> dict[str, str]:
    """What makes a run cover a range of days."""
    return {"dagster/asset_partition_range_start": first.isoformat(), "dagster/asset_partition_range_end": last.isoformat()}


def edited(post: str) -> str:
    """The post as its author left it an hour later: with no complaint in it."""
    edit = json.loads(post)
    at = (datetime.fromisoformat(edit["created_at"]) + timedelta(hours=1)).isoformat()
    return json.dumps({**edit, "updated_at": at, "cooked": "Thank you, all is well again and I like it a lot."})


@pytest.fixture(scope="session")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ran]:
    """Two days of demo feedback of every source, live: files to tickets; then a micro-batch of a few posts, one of them an edit that
    takes an issue out of force. What rules and the local model leave open is put to a language model that cannot tell either."""
    with AzureOpenAI(cannot_tell) as service:
        yield from _ran(tmp_path_factory.mktemp("ran") / "home", service)


def cannot_tell(question: Question) -> Any:
    """An answer that shows words of the text and names no kind."""
    found = re.search(r"\b[A-Za-z]{4,}\b", text_in(question.text))
    return reply(issue(found.group(), None)) if found else reply(issue(text_in(question.text).strip(), None))


def _ran(home: Path, service: AzureOpenAI) -> Iterator[Ran]:
    model = {"FEEDBACK_MODEL_ENDPOINT": service.endpoint, "FEEDBACK_MODEL_NAME": MODEL, "FEEDBACK_MODEL_API_KEY": service.key}
    services = Services(Settings(home=home, pseudonym_key=KEY_HEX, model=tuple(model.items())))
    generate(services.settings.landing, records=240, days=2, seed=7)
    (complaint,) = posts(1, day=DAYS[1])
    land(services.settings.home, [complaint], day=DAYS[1])
    defs = build_defs(services.settings, services)
    with dg.DagsterInstance.ephemeral() as instance:
        live = {PURPOSE_TAG: "live"}
        days = execute(defs, instance, DAY_JOB, tags={**live, **range_tags(*DAYS)})
        gold = execute(defs, instance, GOLD_JOB, tags=live)
        land(services.settings.home, [edited(complaint), *posts(2, day=DAYS[1], first=1)], day=DAYS[1], name="later.jsonl")
        later = execute(defs, instance, DAY_JOB, tags=live, partition_key=DAYS[1].isoformat())
        follow = execute(defs, instance, GOLD_JOB, tags=live)
        yield Ran(services, defs, instance, days, gold, later, follow)
    services.compute.close()
