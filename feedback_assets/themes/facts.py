"""Facts of issues in force, kept up to date by what changed; the sums of themes by day; which batch touched which theme.

An issue's facts are made anew from the tables of earlier stages whenever its assignment, or who stands for its event, changed; the other
rows of the day stay. Rebuilt from nothing, the same rows come out.

Order of writes: touches, facts, what was read. A run that is killed in between finds the same changes again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from feedback_assets.contracts.arrow import to_arrow
from feedback_assets.contracts.bronze import MANIFEST, STAGE_BATCHES
from feedback_assets.contracts.enrichment import ISSUES
from feedback_assets.contracts.silver import DUPLICATE_INDEX, EVENT_DAYS, EVENTS, REVISIONS
from feedback_assets.contracts.themes import ASSIGNMENTS, ISSUE_FACTS, THEME_DAYS, TOUCHES
from feedback_assets.ground.following import Following
from feedback_assets.ground.identity import event_prefix, touch_id
from feedback_assets.ground.people import person_column
from feedback_assets.lakehouse.frames import read_frame
from feedback_assets.lakehouse.interface import Lakehouse, WriteResult
from feedback_assets.reckoning.exchange_rates import rates_version
from feedback_assets.reckoning.money import reporting_cents

if TYPE_CHECKING:
    import polars as pl

    from feedback_assets.reckoning.exchange_rates import ExchangeRates

_ASSIGNED = ("issue_id", "theme_id", "event_id", "payload_sha256", "source", "feed_date", "event_day", "similarity")
_FOUND = ("issue_id", "feed_date", "batch_id", "event_time", "severity", "confidence", "sentiment", "owner", "quote")
_SAID = (
    *("event_id", "payload_sha256", "feed_date", "customer_key", "order_value", "currency"),
    *("tier", "locale", "version", "product_area", "title"),
)
_DAYS_AT_ONCE = 50_000
"""Assignments whose facts are made at a time when all are made anew."""


@dataclass(frozen=True)
class FactsReport:
    """What an update did. event_days: on which a fact differs. touches: (batch, theme) pairs that are new."""

    written: int = 0
    removed: int = 0
    event_days: int = 0
    touches: int = 0
    committed: bool = False


def update_facts(lake: Lakehouse, rates: "ExchangeRates") -> FactsReport:
    """Brings facts and touches up to date. Nothing is read or committed when no assignment and no duplicate changed."""
    import polars as pl

    reckoned = {"exchange_rates": rates_version(rates)}
    inputs = Following(lake, ISSUE_FACTS.name, (ASSIGNMENTS, DUPLICATE_INDEX, ISSUES, EVENTS), reckoned)
    if inputs.unchanged:
        return FactsReport()
    assigned = inputs.changes(ASSIGNMENTS, [*_ASSIGNED, "superseded"])
    led = inputs.changes(DUPLICATE_INDEX, ["event_id", "event_day", "feed_date", "leader_id"])
    found = inputs.changes(ISSUES, ["event_id", *_FOUND])
    said = inputs.changes(EVENTS, ["event_time", *_SAID])
    if assigned is None or led is None or found is None or said is None:
        report = _rebuild(lake, rates)
    else:
        # An issue or event that is new comes by its assignment; here count those of before that say something else.
        day = pl.col("event_time").dt.date().alias("event_day")
        restated = [changes.gone.with_columns(day) for changes in (found, said)]
        parts = [assigned.came, assigned.gone, led.came, led.gone, *restated]
        affected = pl.concat([p.select("event_id", "feed_date", "event_day") for p in parts]).unique()
        report = _renew(lake, affected, rates) if affected.height else FactsReport()
    inputs.done()
    return report


def update_theme_days(lake: Lakehouse) -> WriteResult:
    """Brings the sums of themes by day up to date with the facts: days whose facts changed are summed anew."""
    import polars as pl

    inputs = Following(lake, THEME_DAYS.name, (ISSUE_FACTS,))
    if inputs.unchanged:
        return WriteResult()
    days = inputs.changed_partitions(ISSUE_FACTS)
    columns = ["event_day", "theme_id", "event_id", "severity", "confidence"]
    facts = read_frame(lake, ISSUE_FACTS, columns, None if days is None else {"event_day": sorted(days)})
    sums = (
        facts.group_by("event_day", "theme_id")
        .agg(
            issues=pl.len().cast(pl.Int64),
            events=pl.col("event_id").n_unique().cast(pl.Int64),
            severity_sum=pl.col("severity").cast(pl.Int64).sum(),
            confidence_sum=(pl.col("confidence") * 1_000_000).round().cast(pl.Int64).sum(),
        )
        .sort("event_day", "theme_id")
    )
    written = lake.replace(THEME_DAYS, sums.to_arrow(), where=None if days is None else {"event_day": sorted(days)})
    inputs.done()
    return written


def _rebuild(lake: Lakehouse, rates: "ExchangeRates") -> FactsReport:
    """All facts anew, some days at a time, so that memory follows the days and not the history."""
    import polars as pl

    total = FactsReport()
    known = read_frame(lake, ISSUE_FACTS, ["event_id", "feed_date", "event_day"], None)
    wanted = read_frame(lake, ASSIGNMENTS, ["event_id", "feed_date", "event_day"], None)
    events = pl.concat([known, wanted]).unique()
    # All rows of an event are renewed together: it may have been delivered on several days.
    of_event = events.group_by("event_id").agg(first=pl.col("feed_date").min())
    events = events.join(of_event, on="event_id", how="left").sort("first")
    sizes = events.group_by("first", maintain_order=True).agg(n=pl.len())
    chunk: list[date] = []
    size = 0
    for day, n in [*sizes.iter_rows(), (None, 0)]:
        if chunk and (day is None or size + n > _DAYS_AT_ONCE):
            total = _sum(total, _renew(lake, events.filter(pl.col("first").is_in(chunk)).drop("first"), rates))
            chunk, size = [], 0
        if day is not None:
            chunk.append(day)
            size += n
    return total


def _sum(a: FactsReport, b: FactsReport) -> FactsReport:
    return FactsReport(
        written=a.written + b.written,
        removed=a.removed + b.removed,
        event_days=a.event_days + b.event_days,
        touches=a.touches + b.touches,
        committed=a.committed or b.committed,
    )


def _renew(lake: Lakehouse, affected: "pl.DataFrame", rates: "ExchangeRates") -> FactsReport:
    """Makes the facts of these events (event_id, feed_date, event_day) anew; event_day: on which they have a fact or may get one."""
    import polars as pl

    events = affected.select("event_id").unique()
    days = sorted(set(affected["event_day"].drop_nulls().to_list()))
    stored = read_frame(lake, ISSUE_FACTS, ISSUE_FACTS.column_names, {"event_day": days})
    old = stored.join(events, on="event_id", how="semi")
    new = _facts(lake, events, sorted(set(affected["feed_date"].to_list())), old, rates)
    names = list(ISSUE_FACTS.column_names)
    came = new.join(old, on=names, how="anti", nulls_equal=True)
    gone = old.join(new, on=names, how="anti", nulls_equal=True)
    if not came.height and not gone.height:
        return FactsReport()
    # Touches first: after a kill in between, the same differences are found again; the other way round they would be gone.
    touches = _touch(lake, old, came, gone)
    if gone.height:
        changed = sorted({*came["event_day"].to_list(), *gone["event_day"].to_list()})
        kept = stored.join(events, on="event_id", how="anti")
        rows = pl.concat([kept, new]).filter(pl.col("event_day").is_in(changed))
        missing = [d for d in changed if d not in days]
        if missing:  # a day that no affected row named: its other facts stay
            rows = pl.concat([rows, read_frame(lake, ISSUE_FACTS, names, {"event_day": missing}).join(events, on="event_id", how="anti")])
        written = lake.replace(ISSUE_FACTS, rows.sort("event_day", "issue_id").to_arrow(), where={"event_day": changed})
    else:
        changed = sorted(set(came["event_day"].to_list()))
        written = lake.append_new(ISSUE_FACTS, came.sort("event_day", "issue_id").to_arrow())
    return FactsReport(came.height, gone.height, len(changed), touches, written.committed)


def _facts(
    lake: Lakehouse, events: "pl.DataFrame", feed_dates: Sequence[date], old: "pl.DataFrame", rates: "ExchangeRates"
) -> "pl.DataFrame":
    """Facts of the issues in force of these events, delivered on these days."""
    import polars as pl

    days = sorted({*feed_dates, *old["feed_date"].to_list()})
    assigned = (
        read_frame(lake, ASSIGNMENTS, [*_ASSIGNED, "superseded"], {"feed_date": days}).filter(~pl.col("superseded")).drop("superseded")
    )
    assigned = assigned.join(events, on="event_id", how="semi")
    found = read_frame(lake, ISSUES, _FOUND, {"feed_date": sorted(set(assigned["feed_date"].to_list()))})
    said = read_frame(lake, EVENTS, _SAID, {"feed_date": sorted(set(assigned["feed_date"].to_list()))})
    index_days = sorted(set(assigned["event_day"].to_list()))
    leaders = read_frame(lake, DUPLICATE_INDEX, ["event_id", "leader_id"], {"event_day": index_days})
    return (
        assigned.join(found, on=["issue_id", "feed_date"], how="inner")
        .join(said, on=["event_id", "payload_sha256", "feed_date"], how="left")
        .join(leaders, on="event_id", how="left")
        .with_columns(
            person_column(duplicate_group="leader_id").alias("person"),
            reporting_cents("order_value", "currency", "event_day", rates).alias("order_cents"),
            *(pl.col(n).fill_null("") for n in ("tier", "locale", "version", "product_area", "title", "currency")),
        )
        .select(ISSUE_FACTS.column_names)
        .cast({"event_day": pl.Date})
    )


def _touch(lake: Lakehouse, old: "pl.DataFrame", came: "pl.DataFrame", gone: "pl.DataFrame") -> int:
    """Notes which batch touched which theme: the batch that brought an issue, or the revision that took one out of force.

    An issue that moved from theme to theme is the doing of no batch: it touches nothing.
    """
    import polars as pl

    brought = came.join(old, on="issue_id", how="anti").select("theme_id", "issue_id", "feed_date", "batch_id")
    brought = _with_cause(lake, brought)
    lost = gone.join(came, on="issue_id", how="anti").select("theme_id", "issue_id", "event_id", "payload_sha256")
    pairs = [brought]
    if lost.height:
        pairs.append(_with_loss(lake, lost).select(brought.columns))
    touched = pl.concat(pairs).filter(pl.col("theme_id") != "")
    if not touched.height:
        return 0
    batches = read_frame(lake, MANIFEST, ["batch_id", "purpose"], {"batch_id": touched["batch_id"].unique().to_list()})
    purposes = dict(batches.iter_rows())
    grouped = touched.group_by("theme_id", "batch_id", "feed_date", "restated_for").agg(pl.col("issue_id").unique())
    rows = [
        {
            "touch_id": touch_id(
                row["theme_id"], row["batch_id"], [*row["issue_id"], *([row["restated_for"]] if row["restated_for"] else [])]
            ),
            "feed_date": row["feed_date"],
            "batch_id": row["batch_id"],
            "theme_id": row["theme_id"],
            # A batch that no manifest tells of was not ingested by a live run.
            "purpose": row["restated_for"] or purposes.get(row["batch_id"]) or "backfill",
        }
        for row in grouped.iter_rows(named=True)
    ]
    return lake.append_new(TOUCHES, to_arrow(TOUCHES, sorted(rows, key=lambda r: r["touch_id"]))).inserted


def _with_cause(lake: Lakehouse, brought: "pl.DataFrame") -> "pl.DataFrame":
    """With the purpose of the run that made each issue anew; empty for one that its batch brought."""
    import polars as pl

    days = sorted(set(brought["feed_date"].to_list()))
    causes = read_frame(lake, ISSUES, ["issue_id", "feed_date", "restated_for"], {"feed_date": days})
    named = brought.join(causes, on=["issue_id", "feed_date"], how="left", maintain_order="left")
    return named.with_columns(pl.col("restated_for").fill_null(""))


def _with_loss(lake: Lakehouse, lost: "pl.DataFrame") -> "pl.DataFrame":
    """Each lost issue with the batch that took it out of force: that of the event's newest revision, or the issue's own, made anew."""
    import polars as pl

    found = lost.join(_last_batches(lake, lost), on="event_id", how="inner")
    days = sorted(set(found["feed_date"].to_list()))
    ledger = read_frame(lake, STAGE_BATCHES, ["batch_id", "feed_date", "restated_for"], {"stage": ["enrichment"], "feed_date": days})
    found = found.join(ledger, on=["batch_id", "feed_date"], how="left", maintain_order="left")
    by_restating = pl.col("payload_sha256") == pl.col("newest")
    return found.with_columns(pl.when(by_restating).then(pl.col("restated_for").fill_null("")).otherwise(pl.lit("")).alias("restated_for"))


def _last_batches(lake: Lakehouse, lost: "pl.DataFrame") -> "pl.DataFrame":
    """(event_id, feed_date, batch_id, newest payload) of the newest revision of each event that lost an issue."""
    import polars as pl

    events = lost.select("event_id").unique()
    prefixes = pl.DataFrame({"event_prefix": [event_prefix(e) for e in events["event_id"].to_list()]}, schema={"event_prefix": pl.Int64})
    places = read_frame(lake, EVENT_DAYS, ["feed_date", "event_prefix"], None).join(prefixes.unique(), on="event_prefix", how="semi")
    days = sorted(set(places["feed_date"].to_list()))
    revisions = read_frame(lake, REVISIONS, ["event_id", "payload_sha256", "feed_date", "revision"], {"feed_date": days})
    newest = revisions.join(events, on="event_id", how="semi").sort("revision").unique("event_id", keep="last")
    delivered = read_frame(lake, EVENTS, ["event_id", "payload_sha256", "feed_date", "batch_id"], {"feed_date": days})
    found = newest.join(delivered, on=["event_id", "payload_sha256", "feed_date"], how="inner")
    return found.select("event_id", "feed_date", "batch_id", pl.col("payload_sha256").alias("newest"))
