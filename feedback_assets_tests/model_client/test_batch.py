"""The Batch API against a server that ends jobs in every way."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest

from feedback_assets.model_client import batch
from feedback_assets.model_client.asks import Answer
from feedback_assets.model_client.batch import (
    BatchError,
    BatchState,
    BatchTally,
    cancel_batch,
    find_batch,
    poll_batch,
    read_batch,
    start_batch,
    upload_batch_file,
    write_batch_files,
)
from feedback_assets.model_client.client import ModelClient
from feedback_assets_tests.loopback.azure_openai import AzureOpenAI
from feedback_assets_tests.loopback.azure_openai_faults import Faults
from feedback_assets_tests.model_client.responses import Reading, ask, asks, client_of, reading, settings_of

T = TypeVar("T")
COUNT = 60
KEYS = [f"k{i}" for i in range(COUNT)]


@pytest.fixture
def service() -> Iterator[AzureOpenAI]:
    with AzureOpenAI(lambda q: reading(q.first)) as server:
        yield server


def run(service: AzureOpenAI, work: Callable[[ModelClient], Awaitable[T]], **fields: Any) -> T:
    async def within() -> T:
        async with client_of(service, **fields) as client:
            return await work(client)

    return asyncio.run(within())


def uploaded(service: AzureOpenAI, folder: Path, **fields: Any) -> str:
    (file,) = write_batch_files(asks(COUNT), folder, settings_of(service, **fields))
    return run(service, lambda c: upload_batch_file(c, file), **fields)


async def ended(client: ModelClient, batch_id: str) -> BatchState:
    for _ in range(20):
        state = await poll_batch(client, batch_id)
        if state.ended:
            return state
    raise AssertionError("the job does not end")


def results(service: AzureOpenAI, state: BatchState, **fields: Any) -> tuple[BatchTally, list[Answer]]:
    found: list[Answer] = []
    tally = run(service, lambda c: read_batch(c, state, keys=KEYS, response_model=Reading, on_answer=found.append), **fields)
    return tally, found


@pytest.mark.parametrize("api_version", ["", "2024-10-21"])
@pytest.mark.parametrize(
    ("ending", "status"),
    [
        ("completed", "completed"),
        ("partial", "completed"),
        ("no_success", "completed"),
        ("expired", "expired"),
        ("cancelled", "cancelled"),
        ("failed", "failed"),
    ],
)
def test_a_job_that_ends_in_any_way_gives_what_was_answered_and_names_the_rest(
    service: AzureOpenAI, tmp_path: Path, ending: str, status: str, api_version: str
) -> None:
    service.batches.ending = ending
    file_id = uploaded(service, tmp_path, api_version=api_version)
    job = run(service, lambda c: start_batch(c, file_id), api_version=api_version)
    assert not job.ended
    # Another process goes on from the id alone.
    state = run(service, lambda c: ended(c, job.batch_id), api_version=api_version)
    assert state.status == status
    tally, found = results(service, state, api_version=api_version)
    done = service.batches.answered
    assert sorted(a.key for a in found) == sorted(done)
    assert sorted(tally.unanswered) == sorted(set(KEYS) - set(done))
    assert tally.asked == len(found) == sum(tally.outcomes.values())
    assert {a.outcome for a in found} <= {"ok"}
    assert all(a.parsed == Reading.model_validate(reading(f"text {a.key[1:]}: the app crash came after the update")) for a in found)
    assert (len(done) == COUNT) == (ending == "completed")
    assert (not done) == (ending in ("no_success", "failed"))
    assert bool(state.problems) == (ending == "failed")


def test_answers_of_a_job_are_judged_like_others_and_its_own_failures_are_unanswered(tmp_path: Path) -> None:
    rates = {"refusal": 0.1, "filter_prompt": 0.1, "length": 0.1, "wrong_schema": 0.1, "cut_json": 0.1, "500": 0.1}
    with AzureOpenAI(lambda q: reading(q.first), faults=Faults(rates, seed=3)) as service:
        file_id = uploaded(service, tmp_path)
        job = run(service, lambda c: start_batch(c, file_id))
        state = run(service, lambda c: ended(c, job.batch_id))
        tally, found = results(service, state)
    assert {"ok", "refusal", "content_filter_prompt", "truncated", "schema", "malformed_json"} == set(tally.outcomes)
    assert tally.unanswered
    assert len(tally.unanswered) + tally.asked == COUNT
    assert len({a.key for a in found}) == tally.asked


def test_a_start_whose_answer_was_lost_makes_no_second_job(service: AzureOpenAI, tmp_path: Path) -> None:
    file_id = uploaded(service, tmp_path)
    service.faults.next("", "drop")  # the look for a job, then the start: done, and its answer lost
    first = run(service, lambda c: start_batch(c, file_id))
    again = run(service, lambda c: start_batch(c, file_id))
    assert first.batch_id == again.batch_id
    assert len(service.batches.jobs) == 1


def test_a_job_is_found_among_many_and_a_failed_one_is_started_anew(service: AzureOpenAI, tmp_path: Path) -> None:
    mine = uploaded(service, tmp_path)
    job = run(service, lambda c: start_batch(c, mine))
    for _ in range(130):
        service.batches.start(
            {**service.batches.jobs[job.batch_id].body, "input_file_id": uploaded_copy(service, mine)}, "/v1/chat/completions"
        )
    assert run(service, lambda c: find_batch(c, mine)) == job
    service.batches.ending = "failed"
    other = uploaded(service, tmp_path)
    run(service, lambda c: ended(c, run_start(service, other)))
    service.batches.ending = "completed"
    assert run(service, lambda c: find_batch(c, other)) is None
    assert run(service, lambda c: start_batch(c, other)).status == "validating"


def uploaded_copy(service: AzureOpenAI, file_id: str) -> str:
    return str(service.batches.add_file(service.batches.files[file_id], "batch", "x.jsonl")[1]["id"])


def run_start(service: AzureOpenAI, file_id: str) -> str:
    return str(
        service.batches.start(
            {"input_file_id": file_id, "endpoint": "/v1/chat/completions", "completion_window": "24h"}, "/v1/chat/completions"
        )[1]["id"]
    )


def test_a_cancelled_job_ends_and_what_is_done_can_be_read(service: AzureOpenAI, tmp_path: Path) -> None:
    file_id = uploaded(service, tmp_path)
    job = run(service, lambda c: start_batch(c, file_id))
    assert run(service, lambda c: cancel_batch(c, job.batch_id)).status == "cancelling"
    state = run(service, lambda c: ended(c, job.batch_id))
    assert state.status == "cancelled"
    tally, _ = results(service, state)
    assert tally.asked + len(tally.unanswered) == COUNT


def test_a_download_that_breaks_is_continued_without_a_line_twice(service: AzureOpenAI, tmp_path: Path) -> None:
    file_id = uploaded(service, tmp_path)
    job = run(service, lambda c: start_batch(c, file_id))
    state = run(service, lambda c: ended(c, job.batch_id))
    service.faults.next("drop_late", "drop_late")
    tally, _ = results(service, state)
    assert (tally.outcomes, tally.strangers, tally.unreadable) == ({"ok": COUNT}, 0, 0)


def test_lines_that_name_no_question_of_ours_or_cannot_be_read_are_counted_and_nothing_else(service: AzureOpenAI, tmp_path: Path) -> None:
    file_id = uploaded(service, tmp_path)
    job = run(service, lambda c: start_batch(c, file_id))
    state = run(service, lambda c: ended(c, job.batch_id))
    content = service.batches.files[state.output_file_id]
    strange = b'{"custom_id": "nobody"}\n[1]\n{"custom_id": "k1", "resp\n{"custom_id": "k2"}\n'
    service.batches.files[state.output_file_id] = b"\xef\xbb\xbf" + content + strange
    tally, _ = results(service, state)
    assert (tally.outcomes, tally.strangers, tally.unreadable) == ({"ok": COUNT}, 2, 2)


def test_files_are_cut_at_the_limits_without_a_mark_at_their_beginning(
    service: AzureOpenAI, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "MOST_REQUESTS", 25)
    settings = settings_of(service)
    files = write_batch_files(asks(COUNT), tmp_path / "a", settings)
    assert [f.requests for f in files] == [25, 25, 10]
    monkeypatch.setattr(batch, "MOST_BYTES", files[2].size // 2)
    smaller = write_batch_files(asks(COUNT), tmp_path / "b", settings)
    assert all(f.size == f.path.stat().st_size <= batch.MOST_BYTES for f in smaller)
    keys = [json.loads(line)["custom_id"] for f in smaller for line in f.path.read_bytes().splitlines()]
    assert keys == KEYS
    assert not smaller[0].path.read_bytes().startswith(b"\xef\xbb\xbf")
    assert write_batch_files(iter(()), tmp_path / "c", settings) == []


def test_a_text_with_line_ends_stays_on_its_line(service: AzureOpenAI, tmp_path: Path) -> None:
    (file,) = write_batch_files([ask("k", "a\nb\r\u2028c \U0001f4a5 \ud83d")], tmp_path, settings_of(service))
    (line,) = file.path.read_text("utf-8").splitlines()
    assert json.loads(line)["body"]["messages"][1]["content"] == "a\nb\r\u2028c \U0001f4a5 \ud83d"


def test_two_questions_of_one_key_and_a_job_that_does_not_exist_are_told(service: AzureOpenAI, tmp_path: Path) -> None:
    with pytest.raises(BatchError, match="two questions have the key k"):
        write_batch_files([ask("k", "a"), ask("k", "b")], tmp_path, settings_of(service))
    with pytest.raises(BatchError, match="HTTP 404"):
        run(service, lambda c: poll_batch(c, "batch_none"))
