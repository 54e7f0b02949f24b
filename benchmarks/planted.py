"""Near-duplicates planted in real texts: what the duplicate detector is tuned and reported on. The other texts must stay apart.

Texts come from ../shared/data; every variant is made by a seeded generator. A text belongs to the dev or to
the test part by a hash of itself, so that nothing tuned on dev was seen in test. Not here: the detector, its figures.
"""

import csv
import gzip
import hashlib
import html
import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

SOURCES: dict[str, tuple[str, tuple[str, ...]]] = {
    "firefox": ("firefox_support/dev_redacted_2020-10_2022-12.csv.gz", ("title", "content")),
    "firefox_other": ("firefox_support/multilingual_dev_redacted_to2022.csv.gz", ("title", "content")),
    "apps": ("app_reviews_8apps/study2_reviews_8apps.csv.gz", ("Content",)),
    "clothing": ("womens_clothing_reviews/womens_ecommerce.csv.gz", ("Title", "Review Text")),
    "nhs": ("nhs_fft_feedback/phase1_dev_no_overlap_with_v6.csv.gz", ("feedback",)),
    "thai": ("wisesight_th/wisesight.csv.gz", ("text",)),
    "indonesian": ("indonlu_smsa_id/smsa.csv.gz", ("text",)),
    "airlines": ("skytrax_reviews/lounge_seat.csv.gz", ("content",)),
}
LEAST = 40
"""Characters of a text that variants are made of."""

_SIGNATURES = (
    "Best regards,\nAnna Example",
    "Thanks,\nJ. Sample\nExample Ltd",
    "Kind regards\nSam Placeholder\nSenior Buyer\nExample Corp, Springfield",
    "Sent from my iPhone",
    "--\nTerry Test\nPhone: 555-0142\nwww.example.com",
    "Cheers, Lou",
    "Mit freundlichen Grüßen\nErika Muster\nMuster GmbH\nTel. 555-0177",
    "Regards, a long-time customer from the north",
    "Get Outlook for Android",
)
_QUOTED = (
    "> On 3 May support wrote:\n> Thank you for your message, we are looking into it.\n> Please tell us your version.",
    "On Tue, 4 May 2021 support@example.com wrote:\n> Hello, have you tried to restart?\n> It often helps.",
    "> We received your request and will answer within two days.",
)
_NAMES = ("Maria", "Ahmed", "Oliver", "Yuki", "Priya", "Lena", "Carlos", "Ewa")
_EMOJI = ("😀", "😡", "👍", "🙏", "😂", "💔", "🎉")
_KEYS = {"a": "sq", "e": "wr", "i": "uo", "o": "ip", "s": "ad", "t": "ry", "n": "bm", "r": "et", "l": "k", "d": "sf", "h": "gj", "c": "xv"}


@dataclass
class Planted:
    """Texts with ids, the pairs that are copies, and what was done to each variant."""

    texts: dict[str, str] = field(default_factory=dict)
    pairs: list[tuple[str, str]] = field(default_factory=list)
    made_by: dict[str, str] = field(default_factory=dict)


Change = Callable[[str, random.Random], str]


def typos(share: float) -> Change:
    """So many mistyped characters in a character: dropped, doubled, swapped, or the key beside."""

    def change(text: str, chance: random.Random) -> str:
        characters = list(text)
        letters = [i for i, c in enumerate(characters) if c.isalpha()]
        if not letters:
            return text
        for i in chance.sample(letters, max(1, min(len(letters), round(share * len(text))))):
            c = characters[i]
            kind = chance.randrange(4)
            if kind == 0:
                characters[i] = ""
            elif kind == 1:
                characters[i] = c + c
            elif kind == 2 and i + 1 < len(characters):
                characters[i], characters[i + 1] = characters[i + 1], characters[i]
            else:
                characters[i] = chance.choice(_KEYS.get(c.lower(), "e"))
        return "".join(characters)

    return change


def signed(text: str, chance: random.Random) -> str:
    return text + "\n\n" + chance.choice(_SIGNATURES)


def quoted(text: str, chance: random.Random) -> str:
    return text + "\n\n" + chance.choice(_QUOTED)


_END = re.compile(r"(?<=[.!?])\s+|(?<=[。！？])")


def reordered(text: str, chance: random.Random) -> str:
    sentences = [s for s in _END.split(text) if s]
    if len(sentences) < 2:
        return text + " " + chance.choice(_EMOJI)
    turned = sentences[:]
    while turned == sentences and len(set(sentences)) > 1:
        chance.shuffle(turned)
    return " ".join(turned)


def cut(text: str, chance: random.Random) -> str:
    return text[: int(len(text) * chance.uniform(0.5, 0.9))]


def numbers(text: str, chance: random.Random) -> str:
    """Other digits, or another name in front where there are none."""
    changed = re.sub(r"\d", lambda _: str(chance.randrange(10)), text)
    return changed if changed != text else f"{chance.choice(_NAMES)}: {text}"


def dressed(text: str, chance: random.Random) -> str:
    """Case, punctuation, white space, entities."""
    kind = chance.randrange(5)
    if kind == 0:
        return text.upper()
    if kind == 1:
        return re.sub(r"[.,!?]", "", text)
    if kind == 2:
        return re.sub(r" ", lambda _: chance.choice((" ", " ", "  ", "\n")), text)
    if kind == 3:
        return html.escape(text).replace(" ", "&nbsp;", 2)
    return text.lower().replace(".", "!!!")


def with_emoji(text: str, chance: random.Random) -> str:
    words = text.split(" ")
    for _ in range(1 + len(words) // 20):
        words.insert(chance.randrange(len(words) + 1), chance.choice(_EMOJI))
    return " ".join(words)


CHANGES: dict[str, Change] = {
    "typos 1%": typos(0.01),
    "typos 2%": typos(0.02),
    "typos 3%": typos(0.03),
    "signature": signed,
    "quoted reply": quoted,
    "reordered": reordered,
    "cut": cut,
    "numbers, names": numbers,
    "dressed": dressed,
    "emoji": with_emoji,
    "typos and signature": lambda t, c: signed(typos(0.01)(t, c), c),
}


def real_texts(data: Path, part: str, source: str) -> Iterator[str]:
    """Texts of one source, of the part ("dev" or "test"), long enough for a variant.

    People post twice and copy one another: texts that begin or end as an earlier one does are left out, so that next to nothing repeats but
    what is planted.
    """
    file, columns = SOURCES[source]
    seen: set[str] = set()
    with gzip.open(data / file, "rt", encoding="utf-8", errors="replace", newline="") as opened:
        for row in csv.DictReader(opened):
            text = plain("\n".join(row[c] for c in columns if row.get(c)))
            bare = "".join(c for c in text.casefold() if c.isalnum())
            ends = {bare[:20], bare[-20:]}
            if len(text) < LEAST or part_of(bare) != part:
                continue
            if not ends & seen:
                yield text
            seen |= ends


def part_of(bare: str) -> str:
    """By the first words, so that texts that start alike are in one part."""
    return "dev" if hashlib.sha256(bare[:30].encode()).digest()[0] % 2 else "test"


def plain(text: str) -> str:
    """Text out of the HTML of an export: enough for texts to plant in."""
    return html.unescape(re.sub(r"<[^<>]{1,500}>", " ", text)).strip()


def planted(texts: Sequence[str], *, seed: int, share: float = 0.15, name: str = "t") -> Planted:
    """The texts, and of some of them one to four variants."""
    chance = random.Random(seed)
    result = Planted()
    kinds = list(CHANGES)
    for number, text in enumerate(texts):
        key = f"{name}{number}"
        result.texts[key] = text
        if chance.random() >= share:
            continue
        for v, kind in enumerate(chance.sample(kinds, chance.choice((1, 1, 2, 3, 4)))):
            changed = CHANGES[kind](text, chance)
            if changed == text:
                continue
            result.texts[f"{key}v{v}"] = changed
            result.made_by[f"{key}v{v}"] = kind
            result.pairs.append((key, f"{key}v{v}"))
    order = list(result.texts)
    chance.shuffle(order)
    result.texts = {key: result.texts[key] for key in order}
    return result
