"""The ledger of answers: what was paid for survives its process, a torn line is left out, the last attempt counts."""

import fcntl
import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from feedback_assets.contracts.enrichment import ANSWERS
from feedback_assets.enrichment.answers import Journal, Known, known_answers, spent_on, spent_tokens
from feedback_assets.enrichment.taxonomy import Taxonomy
from feedback_assets.lakehouse.local import LocalLakehouse
from feedback_assets_tests.enrichment.answering import MODEL, issue, model_of, reply
from feedback_assets_tests.enrichment.test_process import silver_row

DAY = date(2026, 1, 4)
AT = datetime(2026, 1, 5, 12, tzinfo=UTC)


def row(key: str, *, attempt: int = 1, outcome: str = "ok", **more: Any) -> dict[str, Any]:
    return {
        "feed_date": DAY, "asked_on": AT.date(), "request_key": key, "text_key": "b" * 32, "told": "{}", "attempt": attempt,
        "task": "classify_issues", "prompt_version": "v1+00000000", "taxonomy_version": "1", "model": MODEL, "model_returned": MODEL,
        "parameters": "{}", "request": "said", "response": "{}", "outcome": outcome, "detail": "", "estimated_tokens": 200,
        "prompt_tokens": 100, "cached_tokens": 0, "completion_tokens": 50, "cost_usd": 0.25, "requests": 1, "latency_s": 0.5,
        "purpose": "live", "asked_at": AT, **more,
    }  # fmt: skip


def test_what_a_dead_process_paid_for_is_taken_up_but_for_a_torn_line(lake: LocalLakehouse, tmp_path: Path) -> None:
    journal = Journal(lake, tmp_path / "journals")
    journal.__enter__()
    for key in ("a" * 32, "c" * 32):
        journal.put(row(key))
    journal._file.write('{"request_key": "torn')
    journal._file.flush()
    journal._file.close()  # as the end of its process does: the lock goes, the file stays
    assert lake.count(ANSWERS) == 0
    with Journal(lake, tmp_path / "journals"):
        assert sorted(lake.read(ANSWERS)["request_key"].to_pylist()) == ["a" * 32, "c" * 32]
    assert list((tmp_path / "journals").iterdir()) == []


def test_the_journal_of_a_process_that_lives_is_left_to_it(lake: LocalLakehouse, tmp_path: Path) -> None:
    with Journal(lake, tmp_path / "journals") as first:
        first.put(row("a" * 32))
        with Journal(lake, tmp_path / "journals") as second:
            second.put(row("c" * 32))
        assert lake.read(ANSWERS)["request_key"].to_pylist() == ["c" * 32]
    assert lake.count(ANSWERS) == 2


def test_a_journal_is_its_owners_alone(lake: LocalLakehouse, tmp_path: Path) -> None:
    with Journal(lake, tmp_path / "journals") as journal:
        journal.put(row("a" * 32))
        (file,) = (tmp_path / "journals").iterdir()
        assert file.stat().st_mode & 0o077 == 0
        with file.open() as other, pytest.raises(BlockingIOError):
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_the_last_attempt_counts_and_money_is_summed_by_day(lake: LocalLakehouse, taxonomy: Taxonomy, tmp_path: Path) -> None:
    model = model_of(taxonomy)
    asked = {**silver_row(1, "still broken"), "product": "", "version": "", "locale": "", "tier": ""}
    question = model.question(asked)
    shared: dict[str, Any] = {"text_key": question.text_key, "told": json.dumps(model.told)}
    response = json.dumps(reply(issue("still broken", "display_usability")))
    with Journal(lake, tmp_path / "journals") as journal:
        journal.put(row(question.key, outcome="refusal", **shared))
        journal.put(row(question.key, attempt=2, response=response, **shared))
    assert known_answers(lake, model, [question]) == {question.key: Known("ok", response, 2)}
    assert known_answers(lake, model, [model.question({**asked, "text": "another"})]) == {}
    assert spent_on(lake, AT.date()) == 0.5
    assert spent_on(lake, DAY) == 0
    assert (spent_tokens(lake, MODEL, "v1+00000000").prompt_share, spent_tokens(lake, "other", "v1").answers) == (0.5, 0)
