"""When the demo's incidents happen and how many records each day and source gets. A function of the parameters alone."""

from dataclasses import dataclass
from datetime import date, timedelta

SOURCES = ("zendesk", "intercom", "app_store", "google_play", "shop_reviews", "returns", "survey", "forum", "generic")
SHARES = {
    "zendesk": 0.22,
    "intercom": 0.16,
    "app_store": 0.14,
    "google_play": 0.18,
    "shop_reviews": 0.10,
    "returns": 0.06,
    "survey": 0.06,
    "forum": 0.05,
    "generic": 0.03,
}
# Monday to Sunday: offices write on weekdays, reviewers and shoppers on weekends.
_OFFICE = (1.25, 1.2, 1.15, 1.1, 1.0, 0.55, 0.5)
_LEISURE = (0.95, 0.9, 0.9, 0.95, 1.0, 1.2, 1.25)
WEEK = {s: _OFFICE if s in {"zendesk", "intercom", "survey", "generic"} else _LEISURE for s in SOURCES}

# Share of a source's records on the days after a bad release, until its fix; then the last value fades out with those who did not update.
SPIKE = (0.14, 0.20, 0.16, 0.12, 0.09, 0.06)
AFTER_FIX = 0.01
EXPORT_SOURCES = {"zendesk": 1.0, "intercom": 1.0, "app_store": 1.2, "google_play": 0.7, "survey": 0.8, "forum": 1.2, "generic": 0.6}
LOGIN_SOURCES = {"zendesk": 0.7, "intercom": 0.7, "google_play": 1.8, "survey": 0.4, "forum": 0.8, "generic": 0.4}
OUTAGE_SOURCES = {s: {"shop_reviews": 0.2, "returns": 0.1}.get(s, 1.0) for s in SOURCES}
OUTAGE_SHARE = 0.34
MACRO_SOURCES = {"zendesk": 0.40, "intercom": 0.15, "forum": 0.15}
SPAM_SOURCES = {
    "zendesk": 0.012,
    "intercom": 0.01,
    "google_play": 0.02,
    "shop_reviews": 0.02,
    "survey": 0.01,
    "forum": 0.06,
    "app_store": 0.01,
}
SPAM_WAVE = 5.0

BROKEN_SHARE = 0.006


@dataclass(frozen=True)
class Schedule:
    """The planned days. All indices count from the first day."""

    first_day: date
    days: int
    records: int
    releases: tuple[tuple[int, str], ...]
    export_day: int
    export_version: str
    export_fix_day: int
    login_day: int
    login_version: str
    login_fix_day: int
    outage_day: int
    outage_hours: tuple[int, int]
    macro_day: int
    spam_day: int
    late_day: int
    late_records: int
    quotas: tuple[dict[str, int], ...]
    broken: tuple[dict[str, int], ...]

    def day(self, index: int) -> date:
        """The calendar day."""
        return self.first_day + timedelta(days=index)

    def version_on(self, index: int) -> tuple[str, str]:
        """(the release in force on the day, the one before it)."""
        known = [v for day, v in self.releases if day <= index]
        return known[-1], known[-2] if len(known) > 1 else known[-1]

    def regression_share(self, which: str, index: int, source: str) -> float:
        """Share of the records of the day and source that are about one of the two bad releases ("export", "login")."""
        start, fix, weights = (
            (self.export_day, self.export_fix_day, EXPORT_SOURCES)
            if which == "export"
            else (self.login_day, self.login_fix_day, LOGIN_SOURCES)
        )
        weight = weights.get(source, 0.0)
        if index < start or not weight:
            return 0.0
        if index > fix:
            return weight * AFTER_FIX if index < fix + 10 else 0.0
        return weight * SPIKE[min(index - start, len(SPIKE) - 1)]


def plan(first_day: date, days: int, records: int) -> Schedule:
    """The schedule for so many days and records.

    On 14 days, counted from 0: a bad release on day 4 mended on day 7, an outage on day 7, a second bad release on day 8 mended on day 12,
    a late file on day 10, a campaign on day 11. Fewer days squeeze them together; more days stretch them.
    """

    def at(share: float) -> int:
        return min(days - 1, round((days - 1) * share))

    export_day, login_day = at(0.31), at(0.62)
    if login_day == export_day and days > 1:
        login_day = min(days - 1, export_day + 1)
    export_fix, login_fix = max(export_day, min(export_day + 5, login_day - 1)), login_day + 4
    marked = [(-9, "4.1.2"), (-4, "4.1.3"), (export_day, "4.2.0"), (login_day - 1, "4.3.0"), (login_day, "4.3.1"), (login_fix, "4.3.2")]
    if export_day < export_fix < login_day - 1:
        marked.append((export_fix, "4.2.1"))
    later = [(day, f"4.{4 + i}.0") for i, day in enumerate(range(login_fix + 12, days, 12))]
    late_day = at(0.77)
    quotas = _quotas(first_day, days, records)
    return Schedule(
        first_day=first_day,
        days=days,
        records=records,
        # A release of the older line that comes after a newer one does not become what people run.
        releases=tuple(_rising(sorted([*marked, *later]))),
        export_day=export_day,
        export_version="4.2.0",
        export_fix_day=export_fix,
        login_day=login_day,
        login_version="4.3.1",
        login_fix_day=login_fix,
        outage_day=at(0.54),
        outage_hours=(10, 14),
        macro_day=at(0.85),
        spam_day=at(0.23),
        late_day=late_day,
        late_records=min(quotas[late_day]["app_store"], max(1, records // 250)),
        quotas=quotas,
        broken=_broken(quotas),
    )


def _rising(releases: list[tuple[int, str]]) -> list[tuple[int, str]]:
    kept: list[tuple[int, str]] = []
    for day, version in releases:
        if not kept or tuple(map(int, version.split("."))) > tuple(map(int, kept[-1][1].split("."))):
            kept.append((day, version))
    return kept


def _quotas(first_day: date, days: int, records: int) -> tuple[dict[str, int], ...]:
    """Readable records of each day and source: first the sources share all records, then the days share each source's by weekday."""
    totals = _shared(records, [SHARES[s] for s in SOURCES])
    weekdays = [(first_day + timedelta(days=d)).weekday() for d in range(days)]
    by_source = {s: _shared(total, [WEEK[s][w] for w in weekdays]) for s, total in zip(SOURCES, totals, strict=True)}
    return tuple({s: by_source[s][d] for s in SOURCES} for d in range(days))


def _shared(total: int, weights: list[float]) -> list[int]:
    """Whole shares that add up exactly: largest remainders, the first of equals."""
    exact = [total * w / sum(weights) for w in weights]
    shares = [int(x) for x in exact]
    order = sorted(range(len(weights)), key=lambda i: (shares[i] - exact[i], i))
    for i in order[: total - sum(shares)]:
        shares[i] += 1
    return shares


def _broken(quotas: tuple[dict[str, int], ...]) -> tuple[dict[str, int], ...]:
    """Broken records of each day and source, beside the quotas: an even share, carried over from day to day."""
    carry = dict.fromkeys(SOURCES, 0.5)
    out: list[dict[str, int]] = []
    for day in quotas:
        row: dict[str, int] = {}
        for s in SOURCES:
            if day[s]:
                carry[s] += day[s] * BROKEN_SHARE
            row[s] = int(carry[s])
            carry[s] -= row[s]
        out.append(row)
    return tuple(out)
