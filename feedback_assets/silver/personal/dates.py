"""Dates of birth: a date behind a word that says so. Any other date stays: it tells when something broke."""

import re
from collections.abc import Iterator

from feedback_assets.silver.personal.context import speaks_of_birth
from feedback_assets.silver.personal.finds import Find

_MONTH = r"[^\W\d_]{3,12}\.?"
_DATE = re.compile(
    r"(?<![0-9A-Za-z.,])(?:"
    r"(?:19|20)[0-9]{2}\s?[-/.]\s?[0-9]{1,2}\s?[-/.]\s?[0-9]{1,2}"
    r"|(?:19|20)[0-9]{2}\s?[年년]\s?[0-9]{1,2}\s?[月월]\s?(?:[0-9]{1,2}\s?[日일号]?)?"
    r"|[0-9]{1,2}\s?[-/.]\s?[0-9]{1,2}\s?[-/.]\s?(?:(?:19|20)[0-9]{2}|[0-9]{2})"
    rf"|[0-9]{{1,2}}(?:st|nd|rd|th|er|º|°|ª|\.)?\s(?:de\s|of\s|d')?{_MONTH},?\s(?:de\s|of\s|del\s)?(?:19|20)[0-9]{{2}}"
    rf"|[0-9]{{1,2}}[- ]?{_MONTH}[- ,]{{1,2}}(?:(?:19|20)[0-9]{{2}}|[0-9]{{2}})"
    r")(?![0-9A-Za-z]|[.,/-][0-9])"
)
_MONTH_FIRST = re.compile(rf"(?<![\w]){_MONTH}\s[0-9]{{1,2}}(?:st|nd|rd|th)?,?\s(?:19|20)[0-9]{{2}}(?![0-9A-Za-z])")


def birth_dates(s: str) -> Iterator[Find]:
    """Dates right beside a word for being born, in many languages."""
    for pattern in (_DATE, _MONTH_FIRST):
        for m in pattern.finditer(s):
            if speaks_of_birth(s, *m.span()):
                yield m.start(), m.end(), "birth_date"
