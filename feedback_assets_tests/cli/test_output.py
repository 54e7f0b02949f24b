"""What every command prints: nothing that drives a terminal, one line for an error, no traceback when the reader is gone."""

import json
import os
import subprocess
import sys
from datetime import UTC, date, datetime
from io import BytesIO, StringIO, TextIOWrapper
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback_assets.cli import output
from feedback_assets_tests.cli.conftest import Call
from feedback_assets_tests.cli.feedback import environment, start

DRIVING = "\x00\x07\x08\x1b\x7f\x85\x9b\u061c\u200b\u200e\u202a\u202e\u2066\u2069\u2028\ufeff\ud800"
ANY_TEXT = st.text(st.one_of(st.characters(), st.sampled_from(DRIVING + "\t\n\r")))


class Terminal(StringIO):
    """A stdout that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@given(ANY_TEXT)
def test_safe_text_is_one_line_without_driving_characters(text: str) -> None:
    shown = output.safe(text)
    assert not set(shown) & set(DRIVING)
    assert len(shown.splitlines()) <= 1
    shown.encode()


@given(ANY_TEXT, st.integers(1, 30))
def test_a_width_is_kept(text: str, width: int) -> None:
    assert len(output.safe(text, width=width)) <= width


@given(ANY_TEXT)
def test_json_keeps_every_character_and_shows_none_that_drives(text: str) -> None:
    written = output.json_text({"t": text})
    assert json.loads(written) == {"t": text}
    assert not set(written) & set(DRIVING)
    assert "\n" not in written


@given(st.lists(st.tuples(ANY_TEXT, st.none() | st.integers()), max_size=4))
def test_a_table_has_one_line_for_each_row(rows: list[tuple[str, int | None]]) -> None:
    assert len(list(output.plain_table(["a", "b"], rows, right=["b"]))) == len(rows) + 1


def test_json_has_iso_days_and_times_and_refuses_what_it_does_not_know() -> None:
    value = {"d": date(2025, 1, 2), "t": datetime(2025, 1, 2, 3, tzinfo=UTC), "p": Path("a/b")}
    assert json.loads(output.json_text(value)) == {"d": "2025-01-02", "t": "2025-01-02T03:00:00+00:00", "p": "a/b"}
    with pytest.raises(TypeError):
        output.json_text({"x": object()})


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(None, ""), (-5.0, "0 s"), (59.9, "59 s"), (60, "1 min"), (3 * 3600 + 20 * 60, "3 h 20 min"), (90000, "1 d 1 h")],
)
def test_ages_are_words(seconds: float | None, words: str) -> None:
    assert output.age(seconds) == words


def test_a_table_on_a_terminal_takes_markup_and_escapes_as_text(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Terminal()
    monkeypatch.setattr(sys, "stdout", screen)
    monkeypatch.setenv("TERM", "dumb")
    output.table(["quote"], [["[red]x[/red] \x1b]0;owned\x07 \u202e"]], title="[b]t[/b]")
    assert "[red]x[/red]" in screen.getvalue()
    assert not set(screen.getvalue()) & set("\x07\u202e")
    assert "\x1b]" not in screen.getvalue()


def test_a_terminal_that_cannot_show_a_letter_gets_its_escape(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = BytesIO()
    narrow = TextIOWrapper(raw, encoding="ascii")
    monkeypatch.setattr(sys, "stdout", narrow)
    output.line("größer 日本")
    narrow.flush()
    assert raw.getvalue() == b"gr\\xf6\\xdfer \\u65e5\\u672c\n"


@pytest.mark.parametrize(("typed", "meant"), [("statsu", "status"), ("ticket", "tickets"), ("dead-letter", "dead-letters")])
def test_a_mistyped_command_is_told_what_was_meant(tmp_path: Path, call: Call, typed: str, meant: str) -> None:
    found = call(tmp_path, typed)
    assert found.code == 2
    assert f"Did you mean '{meant}'?" in found.err


def test_a_command_like_none_is_told_all_of_them(tmp_path: Path) -> None:
    process = start(tmp_path, "nonsense")
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (2, "")
    assert "'nonsense'" in err
    assert "demo-data, ingest, run" in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    "command", ["status", "themes", "tickets", "trace", "dead-letters", "sources", "doctor", "ingest", "run", "dev", "demo-data"]
)
def test_every_command_has_help(tmp_path: Path, call: Call, command: str) -> None:
    found = call(tmp_path / "home", command, "--help")
    assert found.code == 0
    assert found.out.startswith(f"Usage: feedback {command}")
    assert not (tmp_path / "home").exists()


def test_the_version_is_told(tmp_path: Path, call: Call) -> None:
    assert call(tmp_path, "--version").out.startswith("feedback ")


@pytest.mark.parametrize("arguments", [("status",), ("status", "--json"), ("doctor",), ("sources",), ("--help",)])
def test_a_reader_that_is_gone_is_no_error(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    command = [str(Path(sys.executable).with_name("feedback")), *arguments]
    process = subprocess.run(command, env=environment(tmp_path), stdout=writing, stderr=subprocess.PIPE, text=True, check=False, timeout=60)
    os.close(writing)
    assert (process.returncode, process.stderr) == (0, "")


def test_a_doctor_with_findings_whose_reader_is_gone_shows_no_traceback(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    command = [str(Path(sys.executable).with_name("feedback")), "doctor"]
    wrong = {**environment(tmp_path), "FEEDBACK_FIRST_DAY": "garbage"}
    process = subprocess.run(command, env=wrong, stdout=writing, stderr=subprocess.PIPE, text=True, check=False, timeout=60)
    os.close(writing)
    assert process.stderr == ""


def test_nobody_to_hear_an_error_shows_no_traceback_on_stdout(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    command = [str(Path(sys.executable).with_name("feedback")), "trace", "nothing"]
    process = subprocess.run(command, env=environment(tmp_path), stdout=subprocess.PIPE, stderr=writing, check=False, timeout=60)
    os.close(writing)
    assert process.stdout == b""


@pytest.mark.slow
def test_a_run_whose_reader_is_gone_does_not_claim_to_be_done(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    command = [str(Path(sys.executable).with_name("feedback")), "run"]
    process = subprocess.run(
        command, env=environment(tmp_path), stdout=writing, stderr=subprocess.PIPE, text=True, check=False, timeout=120
    )
    os.close(writing)
    assert process.returncode == 1
    assert "Traceback" not in process.stderr
