"""`feedback key`: the key is never shown, destroyed only when somebody means it, and doctor says when it is broken."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from feedback_assets.cli.key import key
from feedback_assets.cli.main import main
from feedback_assets.cli.queries.doctor import examine
from feedback_assets.silver.personal.keys import site_key


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The key's file of an empty home that has no key in the environment."""
    monkeypatch.delenv("FEEDBACK_PSEUDONYM_KEY", raising=False)
    monkeypatch.setenv("FEEDBACK_HOME", str(tmp_path))
    return tmp_path / "keys" / "pseudonyms.key"


def test_the_key_is_told_of_and_never_shown(file: Path) -> None:
    assert "none yet" in CliRunner().invoke(key).stdout
    site_key(file)
    shown = CliRunner().invoke(key)
    assert shown.exit_code == 0
    assert str(file) in shown.stdout
    assert file.read_text().strip() not in shown.output


def test_the_key_is_destroyed_only_after_a_yes_and_the_next_one_differs(file: Path) -> None:
    before = site_key(file)
    assert CliRunner().invoke(key, ["--destroy"], input="n\n").exit_code == 1
    assert site_key(file) == before
    assert CliRunner().invoke(key, ["--destroy"], input="y\n").exit_code == 0
    assert not file.exists()
    assert site_key(file) != before
    assert CliRunner().invoke(key, ["--destroy", "--yes"]).exit_code == 0
    assert not file.exists()


def test_a_key_of_the_environment_is_not_ours_to_destroy(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FEEDBACK_PSEUDONYM_KEY", "ab" * 32)
    assert main(["key", "--destroy", "--yes"]) == 1
    said = capsys.readouterr()
    assert "FEEDBACK_PSEUDONYM_KEY" in said.err
    assert "abab" not in said.err + said.out
    assert not file.exists()


@pytest.mark.parametrize(("content", "mode"), [("no key\n", 0o600), ("ab" * 32, 0o644)], ids=["broken", "open"])
def test_doctor_says_when_the_key_is_broken_or_open_to_everybody(file: Path, content: str, mode: int) -> None:
    file.parent.mkdir()
    file.write_text(content)
    file.chmod(mode)
    found = [f for f in examine({"FEEDBACK_HOME": str(file.parent.parent)}) if (f.area, f.name) == ("home", "key")]
    assert [f.state for f in found] == ["broken"]
    assert content.strip() not in found[0].found + found[0].mend
