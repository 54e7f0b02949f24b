"""The key file: made once, private, refused when broken, destroyed for good."""

import multiprocessing
import stat
from pathlib import Path

import pytest

from feedback_assets.errors import SettingError
from feedback_assets.seams import Seams
from feedback_assets.settings import Settings
from feedback_assets.silver.personal.keys import destroy, key_from_hex, site_key
from feedback_assets.silver.personal.pseudonyms import Pseudonyms


def test_the_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "pseudonyms.key"
    key = site_key(path)
    assert len(key) == 32
    assert site_key(path) == key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def _key_of(path: Path) -> bytes:
    return site_key(path)


def test_processes_that_make_the_key_at_once_get_one_key(tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(3) as pool:
        assert len(set(pool.map(_key_of, [tmp_path / "pseudonyms.key"] * 6))) == 1


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
    assert Seams(settings).masker.policy.key == b"\xab" * 32
    assert not settings.key_file.exists()
    assert "abab" not in repr(settings) + repr(Seams(settings).masker.policy)
