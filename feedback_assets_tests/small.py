"""A landing zone of a few forum posts, with personal data planted in them, and the stages of a day run on it as plain functions."""

import json
import os
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from feedback_assets.wiring.services import Services

EMAIL = "hannelore.quist77@example.org"
PHONE = "+49 151 2345 6789"
CARD, IBAN, ADDRESS, KEY = "4242 4242 4242 4242", "DE89 3704 0044 0532 0130 00", "203.0.113.77", "sk-qwertz0123456789abcdefgh"
PLANTED = (
    *(EMAIL, PHONE, "hannelore.quist77", "2345 6789"),
    *(CARD, CARD.replace(" ", ""), IBAN, IBAN.replace(" ", ""), "0532 0130", ADDRESS, KEY, "qwertz0123456789"),
)
"""What the posts hold of personal data and secrets, in every spelling in which it could come through."""
LANDED = datetime(2025, 3, 1, 12, tzinfo=UTC)
FIRST, SECOND, THIRD = date(2025, 2, 3), date(2025, 2, 4), date(2025, 2, 5)

_WIDE = {ord(d): ord(d) + 0xFEE0 for d in "0123456789"}
_SAID = (
    "The app crashes every time I open it, nothing works since the update.",
    "I was charged twice for my order and nobody refunds the money.",
    "Login fails with a wrong password message although it is right.",
    "Delivery is two weeks late and the tracking page shows nothing.",
    "Please add a dark mode, my eyes hurt at night.",
)


def posts(count: int, *, day: date = FIRST, first: int = 0) -> list[str]:
    """So many readable posts of a day, as JSON lines. Each holds some personal data or a secret (PLANTED)."""
    lines = []
    for number in range(first, first + count):
        at = (datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(minutes=number)).isoformat()
        told = f"{_SAID[number % len(_SAID)]} This is post {number} of {day}."
        if number % 3 == 0:
            told += f" Write to {EMAIL} or call {PHONE}."
        if number % 3 == 1:
            # As a mail program may write it: unseen characters inside, markup in the middle, full-width digits.
            told += f" My card is {'&#8203;'.join(CARD)}, my account <b>{IBAN[:9]}</b>{IBAN[9:]}."
        if number % 3 == 2:
            told += f" I came from {ADDRESS.translate(_WIDE)} with the key {KEY}."
        post = {"id": int(f"{day:%m%d}{number:04}"), "created_at": at, "updated_at": at, "username": EMAIL, "cooked": told}
        lines.append(json.dumps(post))
    return lines


def garbage(count: int) -> list[str]:
    """So many records that nobody can read, with the personal data in them."""
    return [f'{{"id": {n}, "created_at": "{EMAIL}", "cooked": "call {PHONE}"}}' for n in range(count)]


def land(home: Path, lines: Sequence[str], *, day: date = FIRST, name: str = "posts.jsonl", source: str = "forum", hour: int = 0) -> Path:
    """Puts a file into the landing zone of a home, landed long ago."""
    path = home / "landing" / source / day.isoformat() / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n")
    at = (LANDED + timedelta(hours=hour)).timestamp()
    os.utime(path, (at, at))
    return path


def run_days(seams: Services, days: Sequence[date]) -> None:
    """Bronze, silver, enrichment and vectors of these days, without Dagster."""
    from feedback_assets.bronze.ingest import ingest_days
    from feedback_assets.enrichment.process import enrich_days
    from feedback_assets.silver.process import process_days
    from feedback_assets.themes.embed import embed_days

    ingest_days(seams.lake, seams.landing, "forum", days, now=LANDED)
    process_days(seams.lake, seams.compute, days, masker=seams.masker, now=LANDED)
    enrich_days(seams.lake, seams.reader, days, now=LANDED)
    embed_days(seams.lake, seams.embedder, days, now=LANDED)
