"""`feedback run` with a language model: nothing personal and no key is sent or kept, again nothing is asked, orders in texts do nothing."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from feedback_assets.contracts import ALL_TABLES
from feedback_assets.contracts.enrichment import ANSWERS, ISSUES
from feedback_assets.lakehouse.local import LocalLakehouse
from feedback_assets_tests.cli.conftest import Call
from feedback_assets_tests.enrichment.answering import MODEL, issue, reply, text_in
from feedback_assets_tests.loopback.azure_openai import AzureOpenAI, Question
from feedback_assets_tests.small import EMAIL, FIRST, PHONE, PLANTED, land, posts
from feedback_assets_tests.snapshot import commits

INJECTIONS = Path(__file__).parents[1] / "prompting" / "injections.jsonl"


def vague(count: int, first: int) -> list[str]:
    lines = []
    for n in range(first, first + count):
        at = (datetime(FIRST.year, FIRST.month, FIRST.day, 8, tzinfo=UTC) + timedelta(minutes=n)).isoformat()
        told = f"still broken, my lantern {n} {('', f'reach me at {EMAIL}', f'or {PHONE}')[n % 3]}"
        lines.append(json.dumps({"id": n, "created_at": at, "updated_at": at, "username": EMAIL, "cooked": told}))
    return lines


def configure(monkeypatch: pytest.MonkeyPatch, service: AzureOpenAI) -> None:
    for name, value in {"ENDPOINT": service.endpoint, "NAME": MODEL, "API_KEY": service.key}.items():
        monkeypatch.setenv(f"FEEDBACK_MODEL_{name}", value)


def usable(_: Question) -> Any:
    return reply(issue("still broken", "display_usability", severity=2))


@pytest.mark.slow
def test_no_personal_data_and_no_key_is_sent_or_kept_and_a_second_run_asks_nothing(
    tmp_path: Path, call_with_key: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    land(tmp_path, [*posts(6), *vague(15, 7000)])
    with AzureOpenAI(usable) as service:
        configure(monkeypatch, service)
        ran = call_with_key(tmp_path, "run")
        assert ran.code == 0, ran.err
        sent = [json.dumps(r.body, ensure_ascii=False) for r in service.requests]
        assert len(sent) >= 15
        lake = LocalLakehouse(tmp_path / "lake")
        asked = len(service.requests)
        before = commits(lake)
        assert call_with_key(tmp_path, "run").code == 0
        assert (len(service.requests), commits(lake)) == (asked, before)
    told = json.dumps(lake.read(ANSWERS).to_pylist(), default=str, ensure_ascii=False)
    assert lake.count(ANSWERS) == asked
    assert {r["tier"] for r in lake.read(ISSUES).to_pylist()} >= {"language_model"}
    traced = [call_with_key(tmp_path, "trace", "forum:7000", *more) for more in ([], ["--json"])]
    (issue_of,) = [i for e in traced[1].json["events"] for i in e["issues"]]
    (row,) = [r for r in lake.read(ANSWERS).to_pylist() if r["request_key"] == issue_of["answer"]["request_key"]]
    assert "my lantern 7000" in row["request"], "the request of this very text"
    answer = issue_of["answer"]
    assert (issue_of["tier"], answer["model"], answer["model_returned"]) == ("language_model", MODEL, row["model_returned"])
    assert answer["prompt_version"] == f"v1+{answer['prompt_sha256'][:8]}"
    assert (answer["prompt_tokens"], answer["completion_tokens"]) == (row["prompt_tokens"], row["completion_tokens"])
    assert answer["cost_usd"] == row["cost_usd"] > 0
    for said in (answer["prompt_sha256"], answer["request_key"], f"{row['cost_usd']:.6f} US dollars", str(row["prompt_tokens"])):
        assert said in traced[0].out
    (sure,) = [i for e in call_with_key(tmp_path, "trace", "forum:2030000", "--json").json["events"] for i in e["issues"][:1]]
    assert (sure["tier"] == "language_model", sure["answer"]) == (False, None)
    assert all('"request":' not in t.out and "<<<text" not in t.out for t in traced)
    secrets = (*PLANTED, service.key)
    for where, text in {
        "requests": "\n".join(sent),
        "ledger": told,
        "output": ran.out + ran.err,
        "trace": traced[0].out + traced[1].out,
    }.items():
        assert not [p for p in secrets if p in text], where
    for file in (p for folder in ("dagster", "tickets", "alerts", "answers") for p in (tmp_path / folder).rglob("*") if p.is_file()):
        content = file.read_bytes()
        assert not [p for p in secrets if p.encode() in content], file
    for table in (t for t in ALL_TABLES if not t.restricted):
        rows = json.dumps(lake.read(table).to_pylist(), default=str, ensure_ascii=False)
        assert service.key not in rows, table.name


@pytest.mark.slow
def test_orders_in_texts_change_no_severity_no_owner_and_no_route(
    tmp_path: Path, call_with_key: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A model that obeys them says whatever they ask for; what comes of it are the taxonomy's owners, and people decide."""
    texts = [json.loads(line)["text"] for line in INJECTIONS.read_text(encoding="utf-8").splitlines() if line.strip()]
    at = datetime(FIRST.year, FIRST.month, FIRST.day, 8, tzinfo=UTC).isoformat()
    land(tmp_path, [json.dumps({"id": n, "created_at": at, "updated_at": at, "username": "x", "cooked": t}) for n, t in enumerate(texts)])

    def obeys(question: Question) -> Any:
        text = text_in(question.text).strip()
        return reply(issue(text[:120].rpartition(" ")[0] or text[:60], "privacy_security", confidence=1.0, severity=5))

    with AzureOpenAI(obeys) as service:
        configure(monkeypatch, service)
        ran = call_with_key(tmp_path, "run")
        assert ran.code == 0, ran.err
        assert service.requests
    lake = LocalLakehouse(tmp_path / "lake")
    decided = [r for r in lake.read(ISSUES).to_pylist() if r["tier"] == "language_model"]
    assert [(r["quote"], r["category"]) for r in decided] == [], "a text that gives orders to a machine is decided by people"
