"""Where a theme is heading: a robust rolling baseline and one word. Pure: counts in, a Trend out; no clock.

Windows, counted back from the last event day that was seen: the last 7 days, the 7 days before, and the baseline: the 28 days before the
last 7. A day on which no source told anything is not a quiet day but a day nobody looked, so it counts in no window.

z = (daily mean of the last 7 - baseline median) / (scale / sqrt(observed days of the last 7)), where scale is the largest of: the scaled
median absolute deviation, the square root of the mean daily count (what pure chance spreads, Poisson) and 0.5. The last two keep small
counts from looking like a wave. With fewer than 7 observed baseline days there is nothing to compare with, and z is 0.

The word, the first that holds:
    quiet    no issue on the last 7 days
    new      first issue on the last 7 days, and the stream was observed for at least 7 baseline days before
    rising   at least 5 issues on the last 7 days, z >= 3, and at least 1.5 times what the baseline's daily mean would bring
    falling  z <= -3, and at most 2/3 of what the baseline's daily mean would bring, which is at least 5
    steady   anything else, and whatever has fewer than 7 observed baseline days to compare with

A complaint came back when at least 14 observed days without an issue lie between at least 3 issues before and at least 3 after; the latest
such gap counts.
"""

from collections.abc import Mapping, Set
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from math import sqrt
from statistics import median

RECENT_DAYS = 7
BASELINE_DAYS = 28
LEAST_BASELINE_DAYS = 7
LEAST_RISING = 5
Z = 3.0
RISING_RATIO = 1.5
FALLING_RATIO = 2 / 3
LEAST_EXPECTED_FALLING = 5.0
MAD_TO_DEVIATION = 1.4826
LEAST_SCALE = 0.5
QUIET_DAYS = 14
LEAST_AROUND_QUIET = 3


@dataclass(frozen=True)
class Trend:
    """The figures of one row of signals/trends that follow from daily counts."""

    last_7_days: int
    previous_7_days: int
    baseline: float
    spread: float
    z: float
    trend: str
    peak_day: date
    peak: int
    returned_on: date | None
    quiet_days: int


def last_day(event_days: Mapping[date, date]) -> date | None:
    """The last event day of a stream, given event day -> the latest feed date that told of it; None for an empty stream.

    An event that claims to be more than a day younger than its delivery has a broken clock (a day is left for time zones): it does not
    move the windows of everything else, unless nothing else is there.
    """
    believable = [day for day, fed in event_days.items() if day <= fed + timedelta(days=1)]
    return max(believable or event_days.keys(), default=None)


def trend_of(daily: Mapping[date, int], observed: Set[date], as_of: date) -> Trend:
    """The trend of one theme.

    daily: event day -> issues, days without issues left out, at least one day. observed: days on which anything at all was told.
    """
    recent = _window(as_of, 0, RECENT_DAYS)
    before = _window(as_of, RECENT_DAYS, RECENT_DAYS)
    last_7 = sum(daily.get(d, 0) for d in recent)
    seen_recent = max(1, sum(d in observed for d in recent))
    base = [daily.get(d, 0) for d in _window(as_of, RECENT_DAYS, BASELINE_DAYS) if d in observed]
    baseline = float(median(base)) if base else 0.0
    spread = MAD_TO_DEVIATION * float(median(abs(n - baseline) for n in base)) if base else 0.0
    mean = sum(base) / len(base) if base else 0.0
    scale = max(spread, sqrt(mean), LEAST_SCALE)
    z = (last_7 / seen_recent - baseline) / (scale / sqrt(seen_recent)) if len(base) >= LEAST_BASELINE_DAYS else 0.0
    returned_on, quiet_days = _return(daily, observed, as_of)
    peak = max(daily.values())
    return Trend(
        last_7_days=last_7,
        previous_7_days=sum(daily.get(d, 0) for d in before),
        baseline=round(baseline, 6),
        spread=round(spread, 6),
        z=round(z, 4),
        trend=_word(last_7, z, mean * seen_recent, first_told=as_of - min(daily), baseline_days=len(base)),
        peak_day=min(d for d, n in daily.items() if n == peak),
        peak=peak,
        returned_on=returned_on,
        quiet_days=quiet_days,
    )


def _return(daily: Mapping[date, int], observed: Set[date], as_of: date) -> tuple[date | None, int]:
    """The day on which a complaint came back, and how many observed days it had been quiet; (None, 0) when it never did."""
    days = sorted(d for d in daily if d <= as_of)
    before = sum(daily[d] for d in days)
    after = 0
    for earlier, later in reversed(list(pairwise(days))):
        after += daily[later]
        before -= daily[later]
        if before < LEAST_AROUND_QUIET:
            break
        gap = (later - earlier).days - 1
        if after < LEAST_AROUND_QUIET or gap < QUIET_DAYS:
            continue
        quiet = sum(date.fromordinal(n) in observed for n in range(earlier.toordinal() + 1, later.toordinal()))
        if quiet >= QUIET_DAYS:
            return later, quiet
    return None, 0


def _word(last_7: int, z: float, expected: float, *, first_told: timedelta, baseline_days: int) -> str:
    if last_7 == 0:
        return "quiet"
    if baseline_days < LEAST_BASELINE_DAYS:
        return "steady"
    if first_told < timedelta(days=RECENT_DAYS):
        return "new"
    if last_7 >= LEAST_RISING and z >= Z and last_7 >= RISING_RATIO * expected:
        return "rising"
    if z <= -Z and expected >= LEAST_EXPECTED_FALLING and last_7 <= FALLING_RATIO * expected:
        return "falling"
    return "steady"


def _window(as_of: date, skip: int, days: int) -> list[date]:
    """`days` days, the last of them `skip` days before as_of; none before the first day there is."""
    first = max(as_of.toordinal() - skip - days + 1, 1)
    return [date.fromordinal(n) for n in range(first, as_of.toordinal() - skip + 1)]


def top_version(versions: Mapping[str, int]) -> tuple[str, float]:
    """The version named most often and its share of the issues that name one; ("", 0) when none does. Ties: the first in sort order."""
    named = {v: n for v, n in versions.items() if v and n > 0}
    if not named:
        return "", 0.0
    top = min(named, key=lambda v: (-named[v], v))
    return top, round(named[top] / sum(named.values()), 6)
