"""Cleaning beside what one would glue together from PyPI: quality on labelled mails, speed on real posts, in one process and one thread.

The glue: BeautifulSoup or selectolax for HTML, ftfy for the form of characters, mail-parser-reply or email-reply-parser for the
latest reply (extra `bench`). It gives text alone; ours gives the way back to the raw text as well. Labelled mails:
feedback_assets_tests/silver/mails, the test half, which nothing was tuned on.
"""

import html
import json
import re
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from benchmarks.corpora import corpora
from benchmarks.measure import table
from feedback_assets.ground.settings import project_root

_ROUNDS = 3
_MOST = 3_000
Cleaner = Callable[[str], str]


def main() -> int:
    """Two tables: quality by cleaner, and microseconds a text by cleaner and corpus."""
    try:
        cleaners: dict[str, Cleaner] = {"feedback_assets": _ours, **_glued()}
    except ImportError as e:
        print(f"skipped: {e.name} is not installed: pip install -e '.[bench]'", file=sys.stderr)
        return 0
    mails = [
        json.loads(line)
        for line in (project_root() / "feedback_assets_tests" / "silver" / "mails" / "test.jsonl").read_text("utf-8").splitlines()
    ]
    table(
        ["cleaner", f"exact of {len(mails)}", "words kept that should be", "words dropped that should be"],
        [[name, *_quality(clean, mails)] for name, clean in cleaners.items()],
    )
    texts = corpora(_MOST)
    table(["µs a text", *texts], [[name, *(f"{_speed(clean, some):.0f}" for some in texts.values())] for name, clean in cleaners.items()])
    return 0


def _ours(raw: str) -> str:
    from feedback_assets.silver.cleaning import clean

    return clean(raw)[0].text


def _glued() -> Mapping[str, Cleaner]:
    import ftfy
    from bs4 import BeautifulSoup
    from email_reply_parser import EmailReplyParser
    from mailparser_reply import EmailReplyParser as ReplyParser
    from selectolax.lexbor import LexborHTMLParser

    languages = ["en", "de", "fr", "es", "it", "pt", "nl", "pl", "sv", "da", "cs", "ja", "zh", "ko"]
    replies = ReplyParser(languages=[x for x in languages if x in _known_languages()])
    spaces = re.compile(r"[^\S\n]+")

    def spaced(text: str) -> str:
        return re.sub(r"\n{3,}", "\n\n", spaces.sub(" ", text)).strip()

    def by_soup(raw: str) -> str:
        read = BeautifulSoup(raw, "html.parser").get_text("\n") if "<" in raw else html.unescape(raw)
        return spaced(replies.parse_reply(ftfy.fix_text(read)) or "")

    def by_lexbor(raw: str) -> str:
        read = LexborHTMLParser(raw).text(separator="\n") if "<" in raw else html.unescape(raw)
        return spaced(EmailReplyParser.parse_reply(ftfy.fix_text(read)))

    return {
        "BeautifulSoup + ftfy + mail-parser-reply": by_soup,
        "selectolax + ftfy + email-reply-parser": by_lexbor,
    }


def _known_languages() -> frozenset[str]:
    from mailparser_reply.constants import MAIL_LANGUAGES

    return frozenset(MAIL_LANGUAGES)


def _quality(clean: Cleaner, mails: Sequence[Mapping[str, str]]) -> list[str]:
    exact = kept = wanted = dropped = unwanted = 0
    for mail in mails:
        got, want, raw = (Counter(re.findall(r"\w+", text)) for text in (clean(mail["raw"]), mail["kept"], mail["raw"]))
        exact += got == want
        kept += (got & want).total()
        wanted += want.total()
        dropped += ((raw - want) - got).total()
        unwanted += (raw - want).total()
    return [str(exact), f"{kept / wanted:.3f}", f"{dropped / unwanted:.3f}"]


def _speed(clean: Cleaner, texts: Sequence[str]) -> float:
    """Microseconds of one core a text: the median of several rounds."""
    for text in texts[:200]:
        clean(text)
    seconds = []
    for _ in range(_ROUNDS):
        started = time.process_time()
        for text in texts:
            clean(text)
        seconds.append(time.process_time() - started)
    return statistics.median(seconds) / len(texts) * 1e6


if __name__ == "__main__":
    sys.exit(main())
