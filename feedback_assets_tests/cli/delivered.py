"""Reading landed bytes back without the project's own code, and landing files that only bronze has read."""

import gzip
import hashlib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import zstandard

from feedback_assets.bronze.ingest import ingest_days
from feedback_assets.bronze.landing import LandingZone
from feedback_assets.lakehouse.local import LocalLakehouse
from feedback_assets_tests.small import LANDED


def content(file: Path) -> bytes:
    """A landed file after decompression."""
    raw = file.read_bytes()
    if file.suffix == ".gz":
        return gzip.decompress(raw)
    if file.suffix == ".zst":
        return zstandard.ZstdDecompressor().decompressobj().decompress(raw)
    return raw


def delivered_bytes(record: Mapping[str, Any]) -> bytes:
    """The bytes of one entry of `records` of `trace --json`; they must hash to what it says."""
    found = content(Path(record["file"]))[record["start"] : record["end"]]
    assert hashlib.sha256(found).hexdigest() == record["sha256"], record
    return found


def land_bytes(home: Path, source: str, day: date, name: str, data: bytes) -> Path:
    """Puts a file as it is into the landing zone of a home."""
    path = home / "landing" / source / day.isoformat() / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def only_bronze(home: Path, source: str, *days: date) -> None:
    """Bronze of these days, and no later stage."""
    ingest_days(LocalLakehouse(home / "lake"), LandingZone(home / "landing"), source, days, now=LANDED)
