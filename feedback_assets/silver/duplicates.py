"""Which events say the same: normalised text, its hash, its MinHash signature, and groups over all current events.

A text's shingles are runs of 5 characters of its normalised form: the same rule serves scripts without spaces, survives typos and a few
changed words, and is cheap in numpy. A group is its representative and the events that are similar to it: every member was
compared with the representative, so groups never chain. Nothing here reads or writes tables.
"""

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

SHINGLE = 5
PERMUTATIONS = 64
SIGNATURE_CHARACTERS = 4_000
"""Normalised characters that the signature and the comparison look at."""
MIN_SIGNATURE = 20
"""Normalised characters below which a text has no signature."""
BANDS = 16
ROWS = PERMUTATIONS // BANDS
"""A pair of Jaccard .7 shares a band with probability .988, one of .3 with .12."""
SIMILAR = 0.7
"""Least Jaccard similarity of shingles of a near-duplicate."""
ESTIMATE = 0.5
"""Least share of equal signature values of a pair that is worth the exact comparison."""

# Two people who write the same short sentence did so on their own; the same long one was copied. Below these weights (see `weight`) no
# group is made, not even of equal texts.
EXACT_WEIGHT = 40
NEAR_WEIGHT = 50
NEAR_WORDS = 8

TEMPLATE_SENDERS = 5
TEMPLATE_DAYS = 7
TEMPLATE_SIMILARITY = 0.8
TEMPLATE_WEIGHT = 60

_NOT_WORD = re.compile(r"[\W_]+")
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3041-\u30ff\u3400-\u9fff\uac00-\ud7a3]")
_SEED = 20_240_501


def normalised(text: str) -> str:
    """The text for comparison: compatibility form, case folded, words parted by one space, no punctuation."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text).casefold()
        return " ".join(_NOT_WORD_OR_MARK.sub(" ", text).split())
    return _NOT_WORD.sub(" ", text.lower()).strip()


# Combining marks are no word characters to `re`, yet without them Arabic, Indic and Thai words fall apart.
_MARKS = (
    "\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0900-\u0903\u093a-\u094f\u0951-\u0957\u0962-\u0963\u0981-\u0983"
    "\u09bc-\u09d7\u0a01-\u0a4d\u0a81-\u0acd\u0b01-\u0bd7\u0c00-\u0dff\u0e31-\u0e4e\u1000-\u109f"
)
_NOT_WORD_OR_MARK = re.compile(f"[^\\w{_MARKS}]+|_+")


def text_hash(normal: str) -> str:
    """Hash of a normalised text: 32 hex digits."""
    return hashlib.sha256(normal.encode()).hexdigest()[:32]


def weight(normal: str) -> int:
    """How much a normalised text says: its characters, one of a script without spaces counted as three."""
    return len(normal) if normal.isascii() else len(normal) + 2 * len(_UNSPACED.findall(normal))


def signatures(normals: Sequence[str]) -> list[list[int]]:
    """MinHash signatures of normalised texts: 64 values of 32 bits, two to a 64-bit integer; empty for a very short text."""
    import numpy as np

    kept = [i for i, s in enumerate(normals) if weight(s) >= MIN_SIGNATURE and len(s) >= SHINGLE]
    result: list[list[int]] = [[] for _ in normals]
    if not kept:
        return result
    lengths = np.array([min(len(normals[i]), SIGNATURE_CHARACTERS) for i in kept], dtype=np.int64)
    hashes, ends = _shingles("".join(normals[i][:SIGNATURE_CHARACTERS] for i in kept), lengths)
    starts = np.concatenate(([0], ends[:-1]))
    minima = np.empty((len(kept), PERMUTATIONS), dtype=np.uint32)
    a, b = _permutations()
    # In slices that stay in the processor's cache: twice as fast as whole columns.
    for first, last in _slices(ends):
        part = hashes[starts[first] : ends[last - 1]]
        offsets = starts[first:last] - starts[first]
        for p in range(PERMUTATIONS):
            minima[first:last, p] = np.minimum.reduceat(part * a[p] + b[p], offsets)
    packed = minima.view(np.int64).tolist()
    for i, values in zip(kept, packed, strict=True):
        result[i] = values
    return result


def _slices(ends: "npt.NDArray[np.int64]", size: int = 32_768) -> list[tuple[int, int]]:
    slices = []
    first = 0
    begin = 0
    for i, end in enumerate(ends.tolist()):
        if end - begin >= size:
            slices.append((first, i + 1))
            first, begin = i + 1, end
    if first < len(ends):
        slices.append((first, len(ends)))
    return slices


def _shingles(joined: str, lengths: "npt.NDArray[np.int64]") -> "tuple[npt.NDArray[np.uint32], npt.NDArray[np.int64]]":
    """Hashes of the shingles of several texts one after the other, and where each text's end. Every text has at least one shingle."""
    import numpy as np

    codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    n = len(codes) - SHINGLE + 1
    with np.errstate(over="ignore"):
        rolled = codes[:n].astype(np.uint64)
        for k in range(1, SHINGLE):
            rolled = rolled * np.uint64(0x100000001B3) + codes[k : k + n]
        rolled ^= rolled >> np.uint64(29)
        rolled *= np.uint64(0xBF58476D1CE4E5B9)
        hashes = (rolled >> np.uint64(32)).astype(np.uint32)
    # Shingles that straddle two texts are dropped: the last SHINGLE - 1 starts of each text.
    keep = np.ones(n, dtype=bool)
    text_ends = np.cumsum(lengths)
    for k in range(1, SHINGLE):
        spots = text_ends - k
        keep[spots[spots < n]] = False
    return hashes[keep], np.cumsum(lengths - SHINGLE + 1)


def _permutations() -> "tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint32]]":
    import numpy as np

    random = np.random.default_rng(_SEED)
    a = random.integers(0, 2**32, size=PERMUTATIONS, dtype=np.uint64).astype(np.uint32) | np.uint32(1)
    b = random.integers(0, 2**32, size=PERMUTATIONS, dtype=np.uint64).astype(np.uint32)
    return a, b


def jaccard(one: str, other: str) -> float:
    """Similarity of two normalised texts: shingles in common by shingles in all. 0 when either is too short to have one."""
    return _jaccard(_shingle_set(one), _shingle_set(other))


def _shingle_set(normal: str) -> frozenset[str]:
    s = normal[:SIGNATURE_CHARACTERS]
    return frozenset(s[i : i + SHINGLE] for i in range(len(s) - SHINGLE + 1))


def _jaccard(one: frozenset[str], other: frozenset[str]) -> float:
    common = len(one & other)
    return common / (len(one) + len(other) - common) if common else 0.0


NEEDED = ("event_id", "event_time", "customer_key", "source", "text", "text_hash", "minhash")
"""Columns of silver/events that grouping reads."""


@dataclass
class _Text:
    """All events with one normalised text, earliest first."""

    events: list[int]
    normal: str
    signature: "npt.NDArray[np.uint32] | None"
    shingles: frozenset[str] | None = None

    def shingle_set(self) -> frozenset[str]:
        if self.shingles is None:
            self.shingles = _shingle_set(self.normal)
        return self.shingles


def duplicate_groups(events: "pa.Table") -> "pa.Table":
    """Rows for silver/duplicate_groups over current events (one row an event, columns NEEDED). Same rows in any order: same groups.

    Events are taken by event time, then id. Each joins the representative it is most similar to (the earliest of equals), or
    becomes a representative itself. Groups of one have no row.
    """
    from feedback_assets.contracts.arrow import to_arrow
    from feedback_assets.contracts.silver import DUPLICATE_GROUPS

    table = events.select(list(NEEDED)).sort_by([("event_time", "ascending"), ("event_id", "ascending")])
    columns = table.to_pydict()
    rows: list[dict[str, Any]] = []
    for members in _grouped(_texts(columns)):
        rows += _group_rows(columns, members)
    return to_arrow(DUPLICATE_GROUPS, sorted(rows, key=lambda r: str(r["event_id"])))


def _texts(columns: dict[str, list[Any]]) -> list[_Text]:
    """The different texts that are long enough for a group, in the order of their earliest event."""
    import numpy as np

    found: dict[str, _Text] = {}
    light: set[str] = set()
    for i, key in enumerate(columns["text_hash"]):
        if key in light:
            continue
        known = found.get(key)
        if known is not None:
            known.events.append(i)
            continue
        normal = normalised(columns["text"][i])
        heft = weight(normal)
        if heft < EXACT_WEIGHT:
            light.add(key)
            continue
        packed = columns["minhash"][i]
        near = bool(packed) and heft >= NEAR_WEIGHT and (heft > 1.5 * len(normal) or normal.count(" ") + 1 >= NEAR_WORDS)
        found[key] = _Text([i], normal, np.array(packed, dtype=np.int64).view(np.uint32) if near else None)
    return list(found.values())


_Member = tuple[_Text, float]


def _grouped(texts: list[_Text]) -> list[list[_Member]]:
    """Groups: the representative's text first, with similarity 1."""
    groups: dict[int, list[_Member]] = {}
    index: list[dict[bytes, list[int]]] = [{} for _ in range(BANDS)]
    for i, text in enumerate(texts):
        if text.signature is None:
            groups[i] = [(text, 1.0)]
            continue
        raw = text.signature.tobytes()
        width = 4 * ROWS
        bands = [raw[k * width : (k + 1) * width] for k in range(BANDS)]
        candidates: set[int] = set()
        for k, band in enumerate(bands):
            candidates.update(index[k].get(band, ()))
        best, similarity = _best(texts, text, sorted(candidates))
        if best is not None:
            groups[best].append((text, similarity))
            continue
        groups[i] = [(text, 1.0)]
        for k, band in enumerate(bands):
            index[k].setdefault(band, []).append(i)
    return list(groups.values())


def _best(texts: list[_Text], text: _Text, candidates: list[int]) -> tuple[int | None, float]:
    import numpy as np

    if not candidates:
        return None, 0.0
    known = [s for c in candidates if (s := texts[c].signature) is not None]
    shared = (np.stack(known) == text.signature).mean(axis=1)
    best, most = None, 0.0
    for c, estimate in zip(candidates, shared.tolist(), strict=True):
        if estimate < ESTIMATE:
            continue
        similarity = _jaccard(text.shingle_set(), texts[c].shingle_set())
        if similarity >= SIMILAR and similarity > most:
            best, most = c, similarity
    return best, most


def _group_rows(columns: dict[str, list[Any]], members: list[_Member]) -> list[dict[str, Any]]:
    listed = [(event, similarity, text is members[0][0]) for text, similarity in members for event in text.events]
    if len(listed) < 2:
        return []
    representative = members[0][0].events[0]
    template = _is_template(columns, listed, members[0][0].normal)
    group = columns["event_id"][representative]
    return [
        {
            "event_id": columns["event_id"][event],
            "group_id": group,
            "is_representative": event == representative,
            "kind": "exact" if equal else "near",
            "similarity": round(similarity, 6),
            "is_template": template,
        }
        for event, similarity, equal in listed
    ]


def _is_template(columns: dict[str, list[Any]], listed: list[tuple[int, float, bool]], normal: str) -> bool:
    """Whether enough different senders said nearly the same within a few days. An unknown sender is a sender of its own."""
    if weight(normal) < TEMPLATE_WEIGHT:
        return False
    copies = sorted(event for event, similarity, _ in listed if similarity >= TEMPLATE_SIMILARITY)
    if len(copies) < TEMPLATE_SENDERS:
        return False
    times = columns["event_time"]
    senders = [columns["customer_key"][e] or columns["event_id"][e] for e in copies]
    within: dict[str, int] = {}
    first = 0
    for last, sender in enumerate(senders):
        within[sender] = within.get(sender, 0) + 1
        while (times[copies[last]] - times[copies[first]]).total_seconds() > TEMPLATE_DAYS * 86_400:
            gone = senders[first]
            within[gone] -= 1
            if not within[gone]:
                del within[gone]
            first += 1
        if len(within) >= TEMPLATE_SENDERS:
            return True
    return False
