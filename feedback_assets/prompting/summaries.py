"""From parsed answers to texts that people read: the summary of a theme, quotes in another language, the summary of a period.

Each rests on numbered lines that were shown, and says nothing that could not be shown as it is. Not here: claims of one text (claims.py).
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from feedback_assets.ground.placeholders import PATTERN, plain
from feedback_assets.prompting.answers import LONGEST_QUOTE, ExecutiveSummaryAnswer, ThemeSummaryAnswer, TranslationsAnswer
from feedback_assets.prompting.claims import Refused
from feedback_assets.prompting.free_text import is_refused, one_line

_FIGURE = re.compile(r"\d+(?:[.,]\d+)*")


@dataclass(frozen=True)
class ThemeText:
    """title, summary: empty when they cannot be told or were refused. quotes: numbers of those that it rests on, ascending."""

    title: str
    summary: str
    quotes: tuple[int, ...]
    refused: tuple[Refused, ...] = ()


@dataclass(frozen=True)
class Translations:
    """translations: number of the quote -> its text in the other language. refused: `issue` is the number of the quote."""

    translations: dict[int, str]
    refused: tuple[Refused, ...] = ()


@dataclass(frozen=True)
class Point:
    """themes: numbers of those that it rests on, ascending."""

    text: str
    themes: tuple[int, ...]


@dataclass(frozen=True)
class PeriodText:
    """headline: empty when there is none or it was refused. refused: `issue` is the place of the point, 0 of the headline."""

    headline: str
    points: tuple[Point, ...]
    refused: tuple[Refused, ...] = ()


def quote_lines(quotes: Sequence[str]) -> str:
    """The value of `quotes`: a line a quote, numbered from 1, each on one line. Words of customers: they are shown in a fence."""
    return "\n".join(f'{i}. "{" ".join(quote.split())}"' for i, quote in enumerate(quotes, 1))


def theme_text(answer: ThemeSummaryAnswer) -> ThemeText:
    """A title and a summary are refused when they carry more than words."""
    refused: list[Refused] = []
    title = _words(answer.title, 0, "title", 80, refused)
    summary = _words(answer.summary, 0, "summary", 600, refused)
    return ThemeText(title, summary, tuple(sorted(set(answer.quotes))), tuple(refused))


def translations(answer: TranslationsAnswer, quotes: Sequence[str]) -> Translations:
    """A translation is refused when it has other placeholders than its quote, more than words where the quote has words alone, or when the
    quote has one already."""
    found: dict[int, str] = {}
    refused: list[Refused] = []
    for one in answer.translations:
        if one.translation is None:
            continue
        if not 1 <= one.number <= len(quotes) or one.number in found:
            refused.append(Refused(one.number, "translation", "repeated" if one.number in found else "no_evidence"))
            continue
        quote = quotes[one.number - 1]
        if _placeholders(quote) != _placeholders(one.translation):
            refused.append(Refused(one.number, "translation", "no_evidence"))
        elif is_refused(one.translation) and not is_refused(quote):
            refused.append(Refused(one.number, "translation", "not_words"))
        else:
            found[one.number] = " ".join(one.translation.split())[: 2 * LONGEST_QUOTE]
    return Translations(found, tuple(refused))


def period_text(answer: ExecutiveSummaryAnswer, themes: Sequence[str]) -> PeriodText:
    """A headline or a point is refused when it carries more than words, or a figure that none of its themes has.

    themes: the lines that were shown, in their order. A headline may name a figure of any of them.
    """
    refused: list[Refused] = []
    headline = _with_figures(answer.headline, 0, "headline", themes, refused)
    points = []
    for place, point in enumerate(answer.points, 1):
        cited = sorted({n for n in point.themes if 1 <= n <= len(themes)})
        text = _with_figures(point.text, place, "point", [themes[n - 1] for n in cited], refused) if cited else ""
        if text:
            points.append(Point(text, tuple(cited)))
        elif not cited:
            refused.append(Refused(place, "point", "no_evidence"))
    return PeriodText(headline, tuple(points), tuple(refused))


def _with_figures(said: str | None, place: int, part: str, lines: Sequence[str], refused: list[Refused]) -> str:
    text = _words(said, place, part, 300, refused)
    known = {figure for line in lines for figure in _FIGURE.findall(line)}
    if set(_FIGURE.findall(text)) - known:
        refused.append(Refused(place, part, "no_evidence"))
        return ""
    return text


def _words(said: str | None, place: int, part: str, longest: int, refused: list[Refused]) -> str:
    if said is not None and is_refused(said):
        refused.append(Refused(place, part, "not_words"))
    return one_line(said, longest)


def _placeholders(text: str) -> Counter[str]:
    return Counter(plain(m.group()) for m in PATTERN.finditer(text))
