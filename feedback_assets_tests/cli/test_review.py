"""`feedback review`: what is shown, what answering writes, what is refused in one line, and that texts never drive the terminal."""

from pathlib import Path

import pytest

from feedback_assets.contracts.review import DECISIONS, decisions_in_force
from feedback_assets.ground.settings import Settings
from feedback_assets.lakehouse.local import LocalLakehouse
from feedback_assets_tests.cli.conftest import Call
from feedback_assets_tests.review.texts import Text, put

BILLING, CRASH = "billing_payment", "stability_performance"
HOSTILE = "it \x1b[31mcrashes\x1b[0m \x1b]0;owned\x07 and \u202egnp.exe\u202c\nissue 000000000000  all good"
TEXTS = (
    Text("a", category=BILLING, severity=4, confidence=0.69),
    Text("b", category=BILLING, leader="a"),
    Text("hostile", category=CRASH, quote=HOSTILE),
    Text("silent", category="", reason="no_category", confidence=0.0, severity=1),
)
FIRST, COPY, WILD, SILENT = TEXTS


@pytest.fixture
def home(tmp_path: Path) -> Path:
    put(LocalLakehouse(Settings(home=tmp_path).lake), TEXTS)
    return tmp_path


def force(home: Path) -> dict[str, str]:
    rows = LocalLakehouse(Settings(home=home).lake).read(DECISIONS).to_pylist()
    return {r["issue_id"]: r["verdict"] for r in decisions_in_force(rows)}


def decision_in(out: str) -> str:
    return out.rpartition("decision ")[2].strip()


def test_next_shows_the_most_valuable_with_the_reason_and_the_commands_that_answer_it(home: Path, call: Call) -> None:
    shown = call(home, "review", "next", "--limit", "1").out
    assert shown.startswith(f"issue {FIRST.issue[:12]}  {BILLING}, severity 4, en, by rules")
    assert FIRST.words in shown
    assert "confidence 0.69, bar 0.70" in shown
    assert "2 near-duplicates at once" in shown
    commands = [line.strip() for line in shown.splitlines() if line.strip().startswith("feedback review")]
    assert [c.split()[2] for c in commands] == ["approve", "edit", "reject", "duplicate", "spam"]
    found = call(home, "review", "next", "--json").json
    assert [f["issue_id"] for f in found] == [FIRST.issue, WILD.issue, SILENT.issue]
    value = found[0]["value"]
    assert value["value"] == pytest.approx(value["priority"] * value["chance"] * value["copies"])
    assert "approve" not in " ".join(found[-1]["commands"])


def test_a_text_that_drives_terminals_is_shown_and_never_obeyed(home: Path, call: Call) -> None:
    call(home, "review", "approve", WILD.issue, "--by", "u-1")
    call(home, "review", "reject", WILD.issue, "--by", "u-2")
    for arguments in (("next", "--limit", "9"), ("conflicts",), ("calibration",)):
        outcome = call(home, "review", *arguments)
        assert outcome.code == 0
        assert "\\u001b[31mcrashes" in outcome.out
        assert not [c for c in outcome.out if c in "\x1b\x07\u202e\u202c"]
        assert not [line for line in outcome.out.splitlines() if line.startswith("issue 000000000000")]
    assert "\x1b" not in call(home, "review", "next", "--json").out


def test_answers_are_written_and_taken_back_by_shortened_ids(home: Path, call: Call) -> None:
    said = call(home, "review", "approve", FIRST.issue[:12], "--by", "u-1").out
    assert said.startswith(f"accepted as {BILLING}, with 1 near-duplicates; decision ")
    assert force(home) == {FIRST.issue: "accepted", COPY.issue: "accepted"}
    assert call(home, "review", "approve", FIRST.issue[:12], "--by", "u-1").out.startswith("already decided")
    back = call(home, "review", "undo", decision_in(said), "--by", "u-1").out
    assert back == f"taken back: accepted of issue {FIRST.issue[:12]}, and 1 near-duplicates with it\n"
    assert force(home) == {}


def test_every_verdict_has_its_command(home: Path, call: Call) -> None:
    edited = call(home, "review", "edit", SILENT.issue, "--category", CRASH, "--subcategory", "crash", "--severity", "5", "--by", "u-1")
    assert edited.out.startswith(f"corrected as {CRASH}/crash; decision")
    assert call(home, "review", "spam", WILD.issue, "--by", "u-1", "--reason", "advertising").code == 0
    assert call(home, "review", "duplicate", COPY.issue, "--of", FIRST.issue, "--by", "u-1").code == 0
    assert call(home, "review", "reject", FIRST.issue, "--reason", "praise", "--note", "a joke", "--by", "u-1").code == 0
    assert force(home) == {SILENT.issue: "corrected", WILD.issue: "spam", COPY.issue: "duplicate", FIRST.issue: "rejected"}
    assert call(home, "review", "next").out == ""


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("approve", "f" * 32, "--by", "u-1"), "there is no issue"),
        (("approve", SILENT.issue, "--by", "u-1"), "no category"),
        (("approve", FIRST.issue, "--by", "Anna Quist"), "no user id"),
        (("edit", FIRST.issue, "--category", "weather", "--by", "u-1"), "not in the taxonomy"),
        (("reject", FIRST.issue, "--reason", "same_as", "--by", "u-1"), "does not go with rejected"),
        (("undo", "abcdef", "--by", "u-1"), "no decision begins"),
        (("reject", "nonsense", "--by", "u-1"), "no id of an issue"),
    ],
)
def test_what_cannot_be_done_is_refused_in_one_line_and_writes_nothing(
    home: Path, call: Call, arguments: tuple[str, ...], told: str
) -> None:
    outcome = call(home, "review", *arguments)
    assert (outcome.code, outcome.out) == (1, "")
    assert told in outcome.err
    assert len(outcome.err.splitlines()) == 1
    assert force(home) == {}


def test_conflicts_name_who_said_what_and_a_third_person_settles_them(home: Path, call: Call) -> None:
    assert call(home, "review", "conflicts", "--json").json == []
    call(home, "review", "approve", FIRST.issue, "--by", "u-1")
    second = call(home, "review", "reject", FIRST.issue, "--by", "u-2").out
    assert "it binds nothing until a third person decides" in second
    (conflict,) = call(home, "review", "conflicts", "--json").json
    assert (conflict["people"], conflict["affects"]) == (["u-1", "u-2"], 2)
    shown = call(home, "review", "conflicts").out
    assert f"u-1: accepted {BILLING} (right), decision " in shown
    assert "u-2: rejected (not_an_issue), decision " in shown
    assert "u-1 and u-2 disagree" in call(home, "review", "next", "--limit", "1").out
    assert "settles the conflict" in call(home, "review", "approve", FIRST.issue, "--by", "u-3").out
    assert call(home, "review", "conflicts").out == ""
    assert force(home) == {FIRST.issue: "accepted", COPY.issue: "accepted"}


def test_calibration_shows_the_sample_and_the_override_rates(home: Path, call: Call) -> None:
    found = call(home, "review", "calibration", "--json").json
    assert {r["issue_id"] for r in found["sample"]} == {t.issue for t in TEXTS}
    assert len(found["left"]) == len(TEXTS)
    call(home, "review", "reject", FIRST.issue, "--by", "u-1")
    found = call(home, "review", "calibration", "--json").json
    assert len(found["left"]) == len(TEXTS) - 2
    (rate,) = found["rates"]
    assert (rate["decisions"], rate["overridden"], rate["category"]) == (1, 1, BILLING)
    shown = call(home, "review", "calibration").out
    assert "sample of the week: 4 items, 2 left to judge" in shown
    assert "overruled, samples alone" in shown


def test_an_empty_home_has_nothing_to_decide_and_stays_empty(tmp_path: Path, call: Call) -> None:
    home = tmp_path / "home"
    for arguments in (("next",), ("conflicts",), ("calibration",), ("next", "--json")):
        assert call(home, "review", *arguments).code == 0
    assert not home.exists()


def test_a_home_that_was_run_is_asked_about_its_doubts(finished: Path, call: Call, tmp_path: Path) -> None:
    import shutil

    home = tmp_path / "home"
    shutil.copytree(finished / "lake", home / "lake")
    found = call(home, "review", "next", "--limit", "3", "--json").json
    assert len(found) == 3
    assert all(f["quote"] and f["why"] and f["value"]["value"] > 0 for f in found)
    assert call(home, "review", "reject", found[0]["issue_id"], "--by", "u-1").code == 0
    again = call(home, "review", "next", "--limit", "3", "--json").json
    assert found[0]["issue_id"] not in {f["issue_id"] for f in again}
