"""The key file: made once, private, refused when broken, destroyed for good."""

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from feedback_assets.ground.errors import SettingError
from feedback_assets.ground.settings import Settings
from feedback_assets.silver.personal.keys import destroy, key_from_hex, site_key
from feedback_assets.silver.personal.pseudonyms import Pseudonyms
from feedback_assets.wiring.services import Services


def test_the_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "pseudonyms.key"
    key = site_key(path)
    assert len(key) == 32
    assert site_key(path) == key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_processes_that_make_the_key_at_once_get_one_key(tmp_path: Path) -> None:
    told = "import sys, pathlib; from feedback_assets.silver.personal.keys import site_key; sys.stdin.read(1); "
    told += "print(site_key(pathlib.Path(sys.argv[1])).hex())"
    started = [
        subprocess.Popen(
            [sys.executable, "-c", told, str(tmp_path / "pseudonyms.key")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    for process in started:
        assert process.stdin is not None
        process.stdin.write("!")
        process.stdin.flush()
    keys = [process.communicate(timeout=60)[0].strip() for process in started]
    assert len(set(keys)) == 1
    assert len(keys[0]) == 64


@pytest.mark.parametrize("content", ["", "abc", "zz" * 32, "00" * 31, "00" * 33, "\u0660" * 64])
def test_a_broken_key_is_refused_and_never_replaced_or_shown(tmp_path: Path, content: str) -> None:
    path = tmp_path / "pseudonyms.key"
    path.write_text(content, encoding="utf-8")
    path.chmod(0o600)
    with pytest.raises(SettingError, match="is broken") as failure:
        site_key(path)
    assert path.read_text(encoding="utf-8") == content
    assert len(content) < 4 or content not in str(failure.value)
    if content:
        with pytest.raises(SettingError, match="FEEDBACK_PSEUDONYM_KEY is no key") as failure:
            key_from_hex(content)
        assert len(content) < 4 or content not in str(failure.value)


def test_a_key_that_everybody_can_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "pseudonyms.key"
    site_key(path)
    path.chmod(0o604)
    with pytest.raises(SettingError, match="chmod 600"):
        site_key(path)


def test_after_the_key_is_destroyed_the_same_value_has_another_pseudonym(tmp_path: Path) -> None:
    path = tmp_path / "pseudonyms.key"
    before = Pseudonyms(site_key(path)).placeholder("email", "ann@example.com")
    assert destroy(path)
    assert not path.exists()
    assert not destroy(path)
    assert Pseudonyms(site_key(path)).placeholder("email", "ann@example.com") != before


def test_the_environments_key_wins_and_settings_never_show_it(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, pseudonym_key="ab" * 32)
    assert Services(settings).masker.policy.key == b"\xab" * 32
    assert not settings.key_file.exists()
    assert "abab" not in repr(settings) + repr(Services(settings).masker.policy)
