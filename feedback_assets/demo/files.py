"""Writing delivery files: byte-exact, atomic, untouched when they are there already. No content belongs here."""

import os
from pathlib import Path


def packed(data: bytes, suffix: str) -> bytes:
    """The bytes compressed as the suffix says: '', '.gz' or '.zst'. The same bytes give the same result at any time."""
    if suffix == ".gz":
        import gzip

        return gzip.compress(data, compresslevel=3, mtime=0)
    if suffix == ".zst":
        import zstandard

        return zstandard.ZstdCompressor(level=3).compress(data)
    return data


def write(path: Path, data: bytes, modified: int) -> bool:
    """Write a file with this time of modification (seconds since 1970), at once or not at all.

    Returns False, and leaves the file alone, when it holds the same bytes.
    """
    if path.is_file() and path.stat().st_size == len(data) and path.read_bytes() == data:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    # Hidden, so that no reader of the landing zone takes it for a delivery; the same name every time, so that a leftover is replaced.
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(data)
    os.utime(part, (modified, modified))
    part.replace(path)
    return True
