"""The site's key for pseudonyms: where it lies, made once, read, destroyed. Not here: what is made with it (pseudonyms.py).

The key is a file of 64 hex digits that its owner alone can read. Whoever has it can test a guess (is [EMAIL:k7f3q2xz] this address?);
without it nobody can. Destroying it is final: placeholders and customer keys that are stored keep apart who they kept apart, but no value
can be held against them again, and new ones differ.
"""

import os
import secrets
import stat
from pathlib import Path

from feedback_assets.ground.errors import SettingError

KEY_BYTES = 32
VARIABLE = "FEEDBACK_PSEUDONYM_KEY"
EXPECTED = f"{2 * KEY_BYTES} hex digits"


def key_from_hex(text: str) -> bytes:
    """The key that the environment names. Raises SettingError, which never shows the value."""
    key = _decoded(text)
    if key is None:
        raise SettingError(
            f"{VARIABLE} is no key", expected=EXPECTED, mend=f"set {VARIABLE} to the output of `openssl rand -hex {KEY_BYTES}`, or unset it"
        )
    return key


def site_key(path: Path) -> bytes:
    """The key in that file, which is made if it is not there. Two processes that make it at once get the same one.

    Raises SettingError when the file is broken, cannot be read or made, or is open to everybody.
    """
    try:
        if not path.exists():
            _make(path)
        if path.stat().st_mode & stat.S_IRWXO:
            raise SettingError(f"the key {path} is open to everybody", expected="a file for its owner alone", mend=f"chmod 600 {path}")
        key = _decoded(path.read_text(encoding="ascii", errors="replace"))
    except OSError as e:
        raise SettingError(
            f"the key {path} cannot be used: {e.strerror or e}",
            expected="a file that this user can read",
            mend=f"check it, or set {VARIABLE}",
        ) from e
    if key is None:
        raise SettingError(
            f"the key {path} is broken",
            expected=EXPECTED,
            mend="put it back from your backup; only if there is none, remove it: a new key is made, and old and new pseudonyms differ",
        )
    return key


def destroy(path: Path) -> bool:
    """Overwrites and removes the key; whether there was one. Copies (backups, snapshots of the disk) are for the site to destroy."""
    try:
        with path.open("r+b") as f:
            size = os.fstat(f.fileno()).st_size
            f.write(secrets.token_bytes(max(size, KEY_BYTES)))
            f.flush()
            os.fsync(f.fileno())
        path.unlink()
    except FileNotFoundError:
        return False
    return True


def _decoded(text: str) -> bytes | None:
    digits = text.strip()
    if len(digits) != 2 * KEY_BYTES or not all(ch in "0123456789abcdefABCDEF" for ch in digits):
        return None
    return bytes.fromhex(digits)


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}.part")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as f:
            f.write(secrets.token_hex(KEY_BYTES) + "\n")
            f.flush()
            os.fsync(f.fileno())
        os.link(part, path)  # fails when another process was first; a rename would put a second key over the first
    except FileExistsError:
        pass
    finally:
        part.unlink()
