"""Plain, gzip and zstd bytes, told by their first bytes, never by the file's name. Output is bounded while it is made.

Here: decompression only. What a cut or damaged archive means for its records is decided in file.py.
"""

import zlib
from dataclasses import dataclass

from feedback_assets.sources.framing.frames import FileError, Limits

GZIP = b"\x1f\x8b"
ZSTD = b"\x28\xb5\x2f\xfd"
_SKIPPABLE = range(0x184D2A50, 0x184D2A60)
_MAX_MEMBERS = 100_000
_GZIP_STEP = 1 << 16
# A zstd block of four bytes can stand for 128 KiB, so this much input makes at most about 32 MiB at once.
_ZSTD_STEP = 1 << 10
_MAX_WINDOW = 1 << 27


@dataclass(frozen=True, slots=True)
class Unpacked:
    """data: what could be read. reason, detail: empty, or truncated_archive, or trailing_garbage."""

    data: bytes
    compression: str = ""
    reason: str = ""
    detail: str = ""


def compression_of(raw: bytes) -> str:
    """'', gz or zst."""
    if raw.startswith(GZIP):
        return "gz"
    if raw.startswith(ZSTD) or (len(raw) >= 8 and int.from_bytes(raw[:4], "little") in _SKIPPABLE):
        return "zst"
    return ""


def decompress(raw: bytes, limits: Limits) -> Unpacked:
    """Raises FileError: decompression_bomb, bad_archive, too_large."""
    kind = compression_of(raw)
    if kind == "gz":
        return _gunzip(raw, limits)
    if kind == "zst":
        return _unzstd(raw, limits)
    if len(raw) > limits.max_file_bytes:
        raise FileError("too_large", f"at most {limits.max_file_bytes} bytes expected, {len(raw)} found")
    return Unpacked(raw)


class _Output:
    """Collects output up to what the limits allow."""

    def __init__(self, size: int, limits: Limits) -> None:
        self.parts: list[bytes] = []
        self.total = 0
        self.most = min(limits.max_file_bytes, max(limits.free_bytes, limits.max_ratio * size))

    @property
    def room(self) -> int:
        """Bytes that still fit, and one more, so that too much is seen."""
        return self.most - self.total + 1

    def add(self, part: bytes) -> None:
        if part:
            self.parts.append(part)
            self.total += len(part)
            if self.total > self.most:
                raise FileError("decompression_bomb", f"at most {self.most} bytes after decompression expected")

    def joined(self) -> bytes:
        return b"".join(self.parts)


def _gunzip(raw: bytes, limits: Limits) -> Unpacked:
    out = _Output(len(raw), limits)
    at, members = 0, 0
    pending = b""
    one = zlib.decompressobj(31)
    try:
        while True:
            chunk = pending or raw[at : at + _GZIP_STEP]
            if not pending:
                at += len(chunk)
            if not chunk:
                return Unpacked(out.joined(), "gz", "truncated_archive", "gzip data ends early")
            out.add(one.decompress(chunk, min(out.room, 1 << 22)))
            pending = one.unconsumed_tail
            if not one.eof:
                continue
            pending = one.unused_data
            members += 1
            if members > _MAX_MEMBERS:
                raise FileError("decompression_bomb", f"at most {_MAX_MEMBERS} gzip members expected")
            pending = pending.lstrip(b"\x00")
            while not pending and at < len(raw):
                pending = raw[at : at + _GZIP_STEP].lstrip(b"\x00")
                at += _GZIP_STEP
            if not pending:
                return Unpacked(out.joined(), "gz")
            rest = pending[:2] + raw[at : at + 1] if len(pending) < 2 else pending[:2]
            if rest[:2] != GZIP:
                return Unpacked(out.joined(), "gz", "trailing_garbage", "other bytes follow the gzip data")
            one = zlib.decompressobj(31)
    except zlib.error:
        raise FileError("bad_archive", "the gzip data is damaged (checksum or structure)") from None


def _unzstd(raw: bytes, limits: Limits) -> Unpacked:
    import zstandard

    out = _Output(len(raw), limits)
    context = zstandard.ZstdDecompressor(max_window_size=_MAX_WINDOW)
    at, frames = 0, 0
    pending = b""
    one = context.decompressobj()
    try:
        while True:
            chunk = pending or raw[at : at + _ZSTD_STEP]
            if not pending:
                at += len(chunk)
            pending = b""
            if not chunk:
                return Unpacked(out.joined(), "zst", "truncated_archive", "zstd data ends early")
            out.add(one.decompress(chunk))
            if not one.eof:
                continue
            frames += 1
            if frames > _MAX_MEMBERS:
                raise FileError("decompression_bomb", f"at most {_MAX_MEMBERS} zstd frames expected")
            pending = one.unused_data
            if not pending and at >= len(raw):
                return Unpacked(out.joined(), "zst")
            if compression_of((pending + raw[at : at + 8])[:8]) != "zst":
                return Unpacked(out.joined(), "zst", "trailing_garbage", "other bytes follow the zstd data")
            one = context.decompressobj()
    except zstandard.ZstdError:
        raise FileError("bad_archive", "the zstd data is damaged, or asks for a window over 128 MiB") from None
