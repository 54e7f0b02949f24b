"""A backfill asks by jobs: every way in which a job ends, kills between all steps, budgets: real tables, real HTTP on loopback."""

import json
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from feedback_assets.contracts.bronze import STAGE_BATCHES
from feedback_assets.contracts.enrichment import ANSWERS, BATCH_JOBS, BATCH_QUESTIONS, ISSUES, REVIEW
from feedback_assets.contracts.pandera_schema import schema_verdict
from feedback_assets.enrichment.asking import DayReport, Means, ask_days, plan_days
from feedback_assets.enrichment.batch_asking import BatchMeans, batch_means
from feedback_assets.enrichment.batch_jobs import job_days, keys_out, reserved_usd
from feedback_assets.enrichment.process import enrich_days
from feedback_assets.enrichment.reader import Reader
from feedback_assets.enrichment.taxonomy import Taxonomy
from feedback_assets.ground.batches import Making
from feedback_assets.ground.errors import SettingError
from feedback_assets.lakehouse.interface import Lakehouse
from feedback_assets.lakehouse.local import LocalLakehouse
from feedback_assets_tests.enrichment.answering import labelled, means_of, model_of
from feedback_assets_tests.enrichment.test_asking import BACKFILL, LIVE, derive, ledger, vague
from feedback_assets_tests.enrichment.test_process import DAY, NEXT, NOW
from feedback_assets_tests.loopback.azure_openai import AzureOpenAI
from feedback_assets_tests.loopback.azure_openai_faults import Faults
from feedback_assets_tests.loopback.trackers import Fuse, FusedLake, Killed

N = 24
LOOKS = 8


def by_jobs(service: AzureOpenAI, folder: Path, *, least: int = 5, most: int = 50_000, **more: Any) -> Means:
    means = means_of(service, folder, **more)
    return replace(means, batch=BatchMeans(means.settings, least_calls=least, most_of_job=most))


class Home:
    """A lake with open texts, a service, and runs over its days."""

    def __init__(self, lake: Lakehouse, reader: Reader, taxonomy: Taxonomy, means: Means) -> None:
        self.lake, self.reader, self.taxonomy, self.means = lake, reader, taxonomy, means

    def ask(self, making: Making = BACKFILL, days: Any = (DAY,)) -> dict[Any, DayReport]:
        return ask_days(self.lake, self.reader, model_of(self.taxonomy), self.means, days, making=making)

    def until_done(self, making: Making = BACKFILL, days: Any = (DAY,)) -> list[dict[Any, DayReport]]:
        reports = []
        for _ in range(LOOKS):
            reports.append(self.ask(making, days))
            if not jobs(self.lake, "planned", "uploaded", "out", "collected"):
                return reports
        raise AssertionError(jobs(self.lake))


def jobs(lake: Lakehouse, *states: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = lake.read(BATCH_JOBS, where={"state": states} if states else None).to_pylist()
    return found


def rows(lake: Lakehouse) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = lake.read(ANSWERS).to_pylist()
    return found


def paid(service: AzureOpenAI) -> list[str]:
    """The texts that were answered, by jobs or directly, once for each time."""
    lines = [json.loads(line) for content in service.batches.files.values() for line in content.splitlines()]
    by_key = {line["custom_id"]: line["body"]["messages"][-1]["content"] for line in lines if "body" in line}
    return [by_key[k] for k in service.batches.answered] + [r.text for r in service.chats if r.status == 200]


def test_a_backfill_waits_visibly_for_its_job_and_takes_its_answers_at_half_the_price(
    lake: LocalLakehouse, reader: Reader, taxonomy: Taxonomy, tmp_path: Path
) -> None:
    vague(lake, n=N)
    with AzureOpenAI(labelled({"broken": "display_usability"})) as service:
        home = Home(lake, reader, taxonomy, by_jobs(service, tmp_path))
        plan = plan_days(lake, reader, model_of(taxonomy), home.means, [DAY], making=BACKFILL)
        assert (plan.by_jobs, plan.calls) == (True, N)
        report = home.ask()[DAY]
        (job,) = jobs(lake)
        assert (job["state"], job["questions"], job["days"]) == ("out", N, [DAY.isoformat()])
        assert (dict(report.on_jobs), report.outcomes["unasked"], report.asked) == ({job["batch_id"]: N}, N, 0)
        assert service.chats == [], "what is on a job is not asked directly"
        (account,) = ledger(lake, "answers")
        assert account["reasons"] == {"unasked": N}
        assert job_days(lake) == [DAY]
        assert len(keys_out(lake)) == N
        assert plan_days(lake, reader, model_of(taxonomy), home.means, [DAY], making=BACKFILL).calls == 0
        reports = home.until_done()
        assert len(service.batches.jobs) == 1
        assert service.chats == []
        last = reports[-1][DAY]
        assert (last.from_jobs, last.outcomes["ok"], dict(last.on_jobs)) == (N, N, {})
        found = rows(lake)
        assert len({r["request_key"] for r in found}) == len(found) == N
        prices = home.means.prices
        for row in found:
            whole = prices.cost(row["model"], row["prompt_tokens"], row["completion_tokens"], on=NOW.date())
            assert row["cost_usd"] == pytest.approx(float(whole) / 2)
        assert last.cost_usd == pytest.approx(sum(r["cost_usd"] for r in found), abs=1e-4)
        assert last.cost_usd <= plan.cost_usd
        (account,) = ledger(lake, "answers")
        assert (account["rows_out"], account["reasons"], account["restated_for"]) == (N, {}, "backfill")
        derive(lake, reader, taxonomy, BACKFILL, (DAY,))
        assert lake.count(ISSUES) == N
        assert (lake.count(BATCH_QUESTIONS), job_days(lake)) == (0, [])
        for table in (ANSWERS, BATCH_JOBS):
            assert schema_verdict(table, lake.read(table), next_command="").passed
        before = {t.name: lake.version(t) for t in (ANSWERS, BATCH_JOBS, STAGE_BATCHES)}
        home.ask()
        assert {t.name: lake.version(t) for t in (ANSWERS, BATCH_JOBS, STAGE_BATCHES)} == before


@pytest.mark.parametrize("ending", ["completed", "partial", "no_success", "expired", "cancelled", "failed"])
def test_whatever_way_a_job_ends_every_text_is_answered_once_and_the_rest_is_asked_directly(
    lake: LocalLakehouse, reader: Reader, taxonomy: Taxonomy, tmp_path: Path, ending: str
) -> None:
    vague(lake, n=N)
    with AzureOpenAI(labelled({"broken": "display_usability"})) as service:
        service.batches.ending = ending
        home = Home(lake, reader, taxonomy, by_jobs(service, tmp_path))
        reports = home.until_done()
        (job,) = jobs(lake)
        by_job = len(service.batches.answered)
        assert (job["answered"], job["unanswered"]) == (by_job, N - by_job)
        assert len(service.chats) == N - by_job
        assert reports[-1][DAY].left_by_jobs == N - by_job
        assert len(paid(service)) == len(set(paid(service))) == N
        assert len(rows(lake)) == N
        (account,) = ledger(lake, "answers")
        assert (account["rows_in"], account["rows_out"], account["reasons"]) == (N, N, {})
        assert len(service.batches.jobs) == 1
        assert reserved_usd(lake) == 0
        assert bool(job["detail"]) == (ending == "failed")


def test_answers_of_jobs_fall_into_the_same_classes_and_the_account_adds_up(
    lake: LocalLakehouse, reader: Reader, taxonomy: Taxonomy, tmp_path: Path
) -> None:
    n = 120
    vague(lake, n=n)
    kinds = ("refusal", "filter_prompt", "filter_output", "length", "cut_json", "wrong_schema", "invented_quotes", "500")
    with AzureOpenAI(labelled({"broken": "display_usability"}), faults=Faults(dict.fromkeys(kinds, 0.06), seed=2)) as service:
        home = Home(lake, reader, taxonomy, by_jobs(service, tmp_path))
        home.until_done()
    (account,) = ledger(lake, "answers")
    assert account["rows_in"] == n == account["rows_out"] + sum(account["reasons"].values())
    found = rows(lake)
    assert len({r["request_key"] for r in found}) == len(found) == n
    counted = Counter(r["outcome"] for r in found)
    assert {k: c for k, c in counted.items() if k != "ok"} == account["reasons"]
    classes = {"refusal", "content_filter_prompt", "content_filter_output", "truncated", "malformed_json", "schema", "no_evidence"}
    assert classes <= set(counted)


def test_a_live_run_and_few_texts_are_asked_directly(lake: LocalLakehouse, reader: Reader, taxonomy: Taxonomy, tmp_path: Path) -> None:
    vague(lake, n=N)
    with AzureOpenAI(labelled({})) as service:
        Home(lake, reader, taxonomy, by_jobs(service, tmp_path)).ask(LIVE)
        assert (len(service.chats), service.batches.jobs) == (N, {})
        vague(lake, n=N, batch="bb", day=NEXT)
        Home(lake, reader, taxonomy, by_jobs(service, tmp_path, least=N + 1)).ask(BACKFILL, (NEXT,))
        assert service.batches.jobs == {}


def test_a_live_run_takes_what_a_backfill_put_on_a_job_and_it_stays_behind_the_fence(
    lake: LocalLakehouse, reader: Reader, taxonomy: Taxonomy, tmp_path: Path
) -> None:
    vague(lake, n=N)
    enrich_days(lake, reader, [DAY], now=NOW, making=Making("v0"))
    with AzureOpenAI(labelled({"broken": "display_usability"})) as service:
        home = Home(lake, reader, taxonomy, by_jobs(service, tmp_path))
        home.ask()
        home.means = replace(home.means, batch=None)  # also when jobs are no longer wanted
        home.until_done(LIVE)
        assert (len(service.batches.jobs), service.chats) == (1, [])
    derive(lake, reader, taxonomy, LIVE, (DAY,))
    assert {r["restated_for"] for r in lake.read(ISSUES).to_pylist()} == {"backfill"}
    assert lake.count(REVIEW) == 0


def test_other_days_go_on_while_a_job_is_out(lake: LocalLakehouse, reader: Reader, taxonomy: Taxonomy, tmp_path: Path) -> None:
    texts = vague(lake, n=N)
    with AzureOpenAI(labelled({"broken": "display_usability"})) as service:
        home = Home(lake, reader, taxonomy, by_jobs(service, tmp_path))
        home.ask()
        vague(lake, n=N + 3, batch="bb", day=NEXT)
        report = home.ask(LIVE, (NEXT,))[NEXT]
        # Equal texts of another day wait for the job that they are on; the others are asked.
        assert (report.asked, report.on_jobs.total()) == (3, N)
        home.until_done(LIVE, (DAY, NEXT))
        assert len(set(paid(service))) == len(paid(service)) == len(texts) + 3
        assert {r["rows_out"] for r in ledger(lake, "answers")} == {N, N + 3}


def test_jobs_are_split_and_reserved_and_only_what_the_budget_allows_is_sent(
    lake: LocalLakehouse, reader: Reader, taxonomy: Taxonomy, tmp_path: Path
) -> None:
    vague(lake, n=N)
    with AzureOpenAI(labelled({})) as service:
        home = Home(lake, reader, taxonomy, by_jobs(service, tmp_path, most=5))
        whole = plan_days(lake, reader, model_of(taxonomy), home.means, [DAY], making=BACKFILL).cost_usd
        home.means = replace(home.means, day_budget=whole / 2)
        report = home.ask()[DAY]
        out = jobs(lake, "out")
        assert sorted(j["questions"] for j in out)[1:] == [5] * (len(out) - 1)
        assert 0 < sum(j["questions"] for j in out) < N
        assert 0 < reserved_usd(lake) <= whole / 2
        assert (service.chats, report.stopped) == ([], "budget")
        # What is reserved is as good as spent for whoever asks meanwhile, on the next day too.
        vague(lake, n=60, batch="bbb", day=NEXT)
        home.means = replace(home.means, now=lambda: NOW + timedelta(days=1))
        home.ask(LIVE, (NEXT,))
        spent = sum(r["cost_usd"] for r in rows(lake))
        assert spent + reserved_usd(lake) <= whole / 2 + 1e-9
        home.means = replace(home.means, day_budget=100.0)
        home.until_done(BACKFILL, (DAY, NEXT))
        assert len(set(paid(service))) == len(paid(service)) == len(rows(lake))


@pytest.mark.parametrize("ending", ["completed", "expired"])
def test_a_process_that_dies_at_any_write_sends_nothing_twice(
    lake: LocalLakehouse, reader: Reader, taxonomy: Taxonomy, tmp_path: Path, ending: str
) -> None:
    vague(lake, n=8)
    kill = 0
    lost = 0
    with AzureOpenAI(labelled({"broken": "display_usability"})) as service:
        service.batches.ending = ending
        while True:
            kill += 1
            other = LocalLakehouse(tmp_path / str(kill))
            vague(other, n=8)
            jobs_before, answered, chats = len(service.batches.jobs), len(service.batches.answered), len(service.chats)
            fuse = Fuse(kill)
            means = by_jobs(service, tmp_path / f"home {kill}")
            try:
                Home(FusedLake(other, fuse), reader, taxonomy, means).until_done()
            except Killed:
                lost += 1
            Home(other, reader, taxonomy, means).until_done()
            assert len(service.batches.jobs) - jobs_before == 1, f"write {kill}"
            assert len(service.batches.answered) - answered + len(service.chats) - chats == 8, f"write {kill}"
            assert len(rows(other)) == 8
            (account,) = ledger(other, "answers")
            assert (account["rows_out"], account["reasons"]) == (8, {})
            assert (other.count(BATCH_QUESTIONS), jobs(other, "out", "uploaded", "collected")) == (0, [])
            derive(other, reader, taxonomy, BACKFILL, (DAY,))
            assert other.count(ISSUES) == 8
            if fuse.steps < kill:
                break
    assert lost == kill - 1 > 12


def test_a_start_whose_answer_is_lost_makes_no_second_job(lake: LocalLakehouse, reader: Reader, taxonomy: Taxonomy, tmp_path: Path) -> None:
    vague(lake, n=N)
    with AzureOpenAI(labelled({})) as service:
        home = Home(lake, reader, taxonomy, by_jobs(service, tmp_path, most_attempts=1))
        service.faults.next("", "", "drop")  # upload, look for a job, start: done, and its answer lost
        report = home.ask()[DAY]
        (job,) = jobs(lake)
        assert (job["state"], job["batch_id"]) == ("uploaded", "")
        assert report.problem
        assert report.on_jobs == {job["job"]: N}
        home.until_done()
        assert (len(service.batches.jobs), service.chats) == (1, [])


def test_a_job_that_the_service_has_forgotten_frees_its_questions(
    lake: LocalLakehouse, reader: Reader, taxonomy: Taxonomy, tmp_path: Path
) -> None:
    vague(lake, n=N)
    with AzureOpenAI(labelled({})) as service:
        home = Home(lake, reader, taxonomy, by_jobs(service, tmp_path))
        home.ask()
        service.batches.jobs.clear()
        report = home.ask()[DAY]
        assert (report.left_by_jobs, report.asked) == (N, N)
        assert [j["state"] for j in jobs(lake)] == ["dropped"]


def test_a_deployment_that_takes_no_jobs_is_told_and_asked_directly(
    lake: LocalLakehouse, reader: Reader, taxonomy: Taxonomy, tmp_path: Path
) -> None:
    vague(lake, n=N)
    with AzureOpenAI(labelled({})) as service:
        service.batches.add_file = lambda *_: (400, {"error": {"code": "invalidPayload", "message": "no"}})  # type: ignore[method-assign]
        report = Home(lake, reader, taxonomy, by_jobs(service, tmp_path)).ask()[DAY]
        assert (report.asked, report.on_jobs.total()) == (N, 0)
        assert "upload" in report.problem
        assert [j["state"] for j in jobs(lake)] == ["dropped"]


def test_a_prompt_that_changed_while_a_job_was_out_loses_no_answer(
    lake: LocalLakehouse, reader: Reader, taxonomy: Taxonomy, tmp_path: Path
) -> None:
    vague(lake, n=N)
    with AzureOpenAI(labelled({})) as service:
        home = Home(lake, reader, taxonomy, by_jobs(service, tmp_path))
        home.ask()
        keys = set(keys_out(lake))
        for _ in range(LOOKS):
            model = model_of(taxonomy)
            model.model = "gpt-4o"  # all keys are others now
            ask_days(lake, reader, model, replace(home.means, batch=None), [DAY], making=LIVE)
        assert keys <= {r["request_key"] for r in rows(lake)}
        assert {r["model"] for r in rows(lake) if r["request_key"] in keys} == {"gpt-4o-mini"}


def test_the_variable_says_whether_jobs_are_wanted(tmp_path: Path) -> None:
    with AzureOpenAI({}) as service:
        settings = means_of(service, tmp_path).settings
    assert batch_means({}, settings) is None
    assert batch_means({"FEEDBACK_MODEL_BATCH": "never"}, settings) is None
    found = batch_means({"FEEDBACK_MODEL_BATCH": "auto", "FEEDBACK_MODEL_BATCH_NAME": "batch-deployment"}, settings)
    assert found is not None
    assert found.settings.model == "batch-deployment"
    with pytest.raises(SettingError, match="FEEDBACK_MODEL_BATCH"):
        batch_means({"FEEDBACK_MODEL_BATCH": "always"}, settings)
