"""Generated forum posts as JSON lines, the same bytes for the same numbers: input of the benchmarks of scale. No measuring here."""

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

FIRST = datetime(2022, 1, 1, tzinfo=UTC)
_TEXT = (
    "the app crashes when opening settings after last update and nothing helps login fails with error page stays blank battery drains fast "
    "please fix this soon because our whole team depends on it every day since monday export to csv is broken again images do not load "
    "sync stopped working between phone and laptop notifications arrive hours late search returns nothing useful dark mode hurts my eyes"
)
_WORDS = tuple(_TEXT.split())


def lines(first: int, count: int, *, per_day: int, seed: int = 7, redelivered: float = 0.0) -> Iterator[bytes]:
    """Posts `first` to `first + count`, some 510 bytes each, `per_day` a day. A share `redelivered` comes a second time, equal in every
    byte, right after the next post."""
    chance = random.Random(f"{seed} {first}")
    again = b""
    for number in range(first, first + count):
        line = post(number, chance, per_day=per_day)
        yield line
        if again:
            yield again
        again = line if chance.random() < redelivered else b""
    if again:
        yield again


def post(number: int, chance: random.Random, *, per_day: int, edited: datetime | None = None) -> bytes:
    """One post of a forum's export. `edited`: when it was last changed."""
    created = FIRST + timedelta(days=number // per_day, seconds=number % per_day * 86_400 // per_day)
    words = chance.choices(_WORDS, k=chance.randint(24, 52))
    record = {
        "id": number,
        "created_at": created.isoformat(),
        "updated_at": (edited or created).isoformat(),
        "username": f"member{number % 50_000}",
        "topic_title": " ".join(words[:6]),
        "category_name": words[7],
        "trust_level": number % 5,
        "cooked": f"<p>{' '.join(words)}</p>",
    }
    return json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode()


def write(path: Path, records: Iterator[bytes]) -> int:
    """Writes JSON lines; the bytes written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    written = 0
    with path.open("wb") as out:
        for line in records:
            written += out.write(line + b"\n")
    return written
