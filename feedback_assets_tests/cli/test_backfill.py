"""`feedback plan-backfill` and `feedback backfill`: new rules of masking and an edited taxonomy reach what is there, to the last quote."""

import json
import re
import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from feedback_assets.contracts.enrichment import ISSUES
from feedback_assets.contracts.silver import EVENTS
from feedback_assets.contracts.themes import ISSUE_FACTS
from feedback_assets.ground.settings import project_root
from feedback_assets.lakehouse.local import LocalLakehouse
from feedback_assets_tests.cli.conftest import Call
from feedback_assets_tests.small import land
from feedback_assets_tests.snapshot import commits, files

DAYS = (date(2025, 3, 3), date(2025, 3, 4))
NUMBER = "ZX-40"
"""Begins the order numbers that the site's first rules know nothing of."""


def complaints(day: date, first: int) -> list[str]:
    lines = []
    for n in range(first, first + 9):
        at = (datetime(day.year, day.month, day.day, 9, tzinfo=UTC) + timedelta(minutes=7 * n)).isoformat()
        said = f"The app crashes every time I open my order {NUMBER}{n:02} on the {('phone', 'tablet', 'watch')[n % 3]}."
        lines.append(json.dumps({"id": n, "created_at": at, "updated_at": at, "username": f"someone{n}", "cooked": said}))
    return lines


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project folder of its own, and a home with two days and tickets."""
    folder = tmp_path_factory.mktemp("site")
    for name in ("taxonomy", "dagster.yaml", "workspace.yaml"):
        source = project_root() / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, folder / name)
    for n, day in enumerate(DAYS):
        land(folder / "home", complaints(day, 10 * n), day=day)
    return folder


@pytest.fixture
def site(ran: Path, monkeypatch: pytest.MonkeyPatch, call_with_key: Call) -> Path:
    monkeypatch.setenv("FEEDBACK_PROJECT", str(ran))
    if not (ran / "home" / "lake").exists():
        assert call_with_key(ran / "home", "run").code == 0
    return ran


@pytest.mark.slow
def test_new_rules_of_masking_reach_what_is_there_and_tickets_lose_the_old_quotes(site: Path, call_with_key: Call) -> None:
    home, lake = site / "home", LocalLakehouse(site / "home" / "lake")
    assert call_with_key(home, "plan-backfill").out.count("0") >= 3
    before = files(home / "tickets")
    assert any(NUMBER.encode() in content for content in before.values())
    assert lake.count(ISSUE_FACTS) >= 18

    rules = site / "taxonomy" / "personal_data.yaml"
    rules.write_text(rules.read_text().replace("sources: {}", "sources:\n  every:\n    order: ['\\bZX-[0-9]{4}\\b']\n"))
    (silver, *later) = call_with_key(home, "plan-backfill", "--json").json["stale"]
    assert (silver["stage"], silver["partitions"], silver["rows"]) == ("silver", [d.isoformat() for d in DAYS], 18)
    assert all("personal data" in why for why in silver["why"])
    assert [s["rows"] for s in later] == [0, 0]

    done = call_with_key(home, "backfill")
    assert done.code == 0, done.err
    assert not any(NUMBER in text for text in lake.read(EVENTS)["text"].to_pylist())
    assert not any(NUMBER in quote for quote in lake.read(ISSUES)["quote"].to_pylist())
    assert not any(NUMBER in quote for quote in lake.read(ISSUE_FACTS)["quote"].to_pylist())
    assert files(home / "tickets") == before, "a backfill publishes nothing"
    assert call_with_key(home, "run").code == 0
    assert files(home / "tickets") == before, "a live run publishes nothing of it"
    assert call_with_key(home, "tickets", "apply").code == 0
    after = files(home / "tickets")
    assert after != before
    assert not any(NUMBER.encode() in content for content in after.values())

    count = commits(lake)
    assert call_with_key(home, "backfill").code == 0
    assert commits(lake) == count, "what is of today's versions is left alone"


@pytest.mark.slow
def test_an_edited_label_relabels_the_issues_of_its_days_under_their_old_ids(site: Path, call_with_key: Call) -> None:
    home, lake = site / "home", LocalLakehouse(site / "home" / "lake")
    old = {r["issue_id"]: r["subcategory"] for r in lake.read(ISSUES).to_pylist()}
    assert set(old.values()) == {"crash"}
    category = site / "taxonomy" / "categories" / "stability_performance.yaml"
    category.write_text(re.sub(r"\b(id|subcategory): crash\b", r"\1: abrupt_end", category.read_text(encoding="utf-8")), encoding="utf-8")
    golden = site / "taxonomy" / "golden"
    for file in golden.glob("*.jsonl"):
        file.write_text(file.read_text(encoding="utf-8").replace('"crash"', '"abrupt_end"'), encoding="utf-8")
    first = DAYS[0].isoformat()
    done = call_with_key(home, "backfill", "--stage", "enrichment", "--from", first, "--to", first, "--json")
    assert done.code == 0, done.err
    assert done.json["stale"][0]["partitions"] == [first]
    new = {r["issue_id"]: (r["feed_date"], r["subcategory"]) for r in lake.read(ISSUES).to_pylist()}
    assert set(new) == set(old)
    assert {s for d, s in new.values() if d == DAYS[0]} == {"abrupt_end"}
    assert {s for d, s in new.values() if d == DAYS[1]} == {"crash"}
    left = call_with_key(home, "plan-backfill", "--stage", "enrichment", "--json").json["stale"][0]
    assert left["partitions"] == [DAYS[1].isoformat()]


def test_days_that_are_turned_round_are_refused(site: Path, call_with_key: Call) -> None:
    refused = call_with_key(site / "home", "backfill", "--from", "2025-03-04", "--to", "2025-03-03")
    assert refused.code == 1
    assert "is after --to" in refused.err
