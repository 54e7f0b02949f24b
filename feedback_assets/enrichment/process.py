"""The enrichment step: silver events of new batches -> issues, review rows, enriched events, and the batch's account.

Rows first, accounts last: a kill in between repeats the batch, and every write skips what is there. A batch that silver did anew, or
whose rows other versions made in a run that restates, is read again and the rows that come out otherwise take the place of the old ones.
Not here: what a text says (cascade.py), Dagster (assets.py).
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from feedback_assets.contracts.arrow import arrow_schema
from feedback_assets.contracts.enrichment import ENRICHED_EVENTS, ISSUES, REVIEW
from feedback_assets.contracts.review import PERSON
from feedback_assets.contracts.silver import EVENTS
from feedback_assets.contracts.table import Table
from feedback_assets.enrichment.answers import known_answers
from feedback_assets.enrichment.kernel import DECIDED, FOUND, ReadsEvents
from feedback_assets.enrichment.reading import EVENT_COLUMNS, QUESTION_COLUMNS, Read, open_questions, read_events, with_answers
from feedback_assets.ground.batches import LIVE, Batch, Making, account, announce, open_batches, restated_for, write_accounts
from feedback_assets.ground.identity import issue_id
from feedback_assets.ground.restating import CAUSE, difference, stored_rows, write
from feedback_assets.ground.slices import in_slices, rows_in_parts
from feedback_assets.lakehouse.frames import frame_of, read_frame
from feedback_assets.lakehouse.interface import Lakehouse

if TYPE_CHECKING:
    import pyarrow as pa

    from feedback_assets.enrichment.language_model import LanguageModel

STAGE = "enrichment"
_EVENT = ["feed_date", "event_id", "payload_sha256"]
_SCREEN = "intake"
"""Named as the tier of events that no tier needed to read."""


@dataclass
class DayReport:
    """What one day's step did. rows_in = the sum of outcomes. restated: rows of the three tables that were written anew or taken away,
    if only for the versions that they name."""

    batches: int = 0
    restated: int = 0
    rows_in: int = 0
    issues: int = 0
    in_review: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    categories: Counter[str] = field(default_factory=Counter)
    review_reasons: Counter[str] = field(default_factory=Counter)
    tiers: Counter[str] = field(default_factory=Counter)
    """Events by the tier that decided them."""
    committed: bool = False


def pending_days(lake: Lakehouse) -> list[date]:
    """Days with batches that silver has done, or done anew, and enrichment has not, ascending."""
    return sorted({batch.feed_date for batch in open_batches(lake, STAGE, None, LIVE)})


def enrich_days(
    lake: Lakehouse,
    reader: ReadsEvents,
    days: Collection[date],
    *,
    now: datetime,
    workers: int = 1,
    making: Making = LIVE,
    language_model: "LanguageModel | None" = None,
    bind: "Bind | None" = None,
) -> dict[date, DayReport]:
    """Enriches what is new on `days`, slice by slice, by so many `workers`. Nothing new, or nothing to restate: nothing is committed.

    now: stored as processed_at. language_model: its answers of the ledger decide what the reader leaves open; nothing is asked here.
    bind: what people decided stands above all of that.
    """
    versions = {"taxonomy_version": reader.taxonomy_version, "model_version": reader.model_version, "made_by": making.made_by}
    columns = EVENT_COLUMNS if language_model is None else QUESTION_COLUMNS
    reports = {day: DayReport() for day in sorted(days)}
    listed = open_batches(lake, STAGE, sorted(days), making)
    for done in (False, True):
        for batches in in_slices([b for b in listed if b.is_done == done], lambda b: int(b["rows"])):
            slice_of = _Slice(lake, batches, making, reports, now)
            for rows in rows_in_parts(lake, EVENTS, batches, columns, sum(b.rows for b in batches)):
                read = read_events(rows, reader, workers)
                if language_model is not None:
                    questions = open_questions(read, language_model)
                    known = known_answers(lake, language_model, questions.values())
                    read = with_answers(read, questions, known, language_model)
                written = _enriched(read, versions, now)
                slice_of.write(rows, written if bind is None else _bound(written, bind))
            slice_of.close()
    return reports


Bind = Callable[["pa.Table", "pa.Table"], "tuple[pa.Table, pa.Table, frozenset[tuple[str, str]]]"]
"""Rows of enrichment/issues and enrichment/review -> the same as people decided, and the (event, payload) of which a row changed."""


def _bound(written: "Mapping[Table, pa.Table]", bind: Bind) -> "dict[Table, pa.Table]":
    """The rows of the three tables as people decided."""
    import polars as pl

    issues, review, events = bind(written[ISSUES], written[REVIEW])
    if not events:
        return dict(written)
    decided = pl.DataFrame(sorted(events), schema={"event_id": pl.String, "payload_sha256": pl.String}, orient="row")
    counts = [
        frame_of(rows.select(_EVENT)).group_by(_EVENT).agg(pl.len().cast(pl.Int32).alias(name))
        for rows, name in ((issues, "n_issues"), (review, "n_review"))
    ]
    whole = frame_of(written[ENRICHED_EVENTS])
    counted = whole.join(decided.with_columns(is_decided=True), on=["event_id", "payload_sha256"], how="left", maintain_order="left")
    for count in counts:
        counted = counted.join(count, on=_EVENT, how="left", maintain_order="left")
    n_issues, n_review, is_decided = (
        pl.col("n_issues").fill_null(0),
        pl.col("n_review").fill_null(0),
        pl.col("is_decided").fill_null(value=False),
    )
    outcome = pl.when(n_issues > 0).then(pl.lit("issues")).when(n_review > 0).then(pl.lit("review")).otherwise(pl.lit("no_issue"))
    counted = counted.with_columns(
        pl.when(is_decided).then(outcome).otherwise("outcome").alias("outcome"),
        pl.when(is_decided).then(pl.lit(PERSON)).otherwise("tier").alias("tier"),
        pl.when(is_decided).then(n_issues).otherwise("issues").alias("issues"),
        pl.when(is_decided).then(n_review).otherwise("in_review").alias("in_review"),
    )
    return {ISSUES: issues, REVIEW: review, ENRICHED_EVENTS: counted.select(whole.columns).to_arrow()}


class _Slice:
    """The writes of a slice of batches: new ones, or such as are made anew."""

    def __init__(self, lake: Lakehouse, batches: Sequence[Batch], making: Making, reports: Mapping[date, DayReport], now: datetime) -> None:
        self._lake = lake
        self._batches = {(b.feed_date, b.batch_id): b for b in batches}
        self._making = making
        self._reports = reports
        self._now = now
        self._is_done = batches[0].is_done
        self._outcomes: dict[tuple[date, str], Counter[str]] = {key: Counter() for key in self._batches}
        self._anew: set[tuple[date, str]] = set()
        self._read: list[Any] = []

    def write(self, rows: "pa.Table", written: "Mapping[Table, pa.Table]") -> None:
        """Writes what was made of these events of silver."""
        _count(written, self._reports, self._outcomes)
        if self._is_done:
            self._restate(rows, written)
            return
        results = [self._lake.append_new(table, data) for table, data in written.items()]
        if any(r.committed for r in results):
            self._commit(rows["feed_date"].unique().to_pylist())

    def close(self) -> None:
        """Takes away what events that silver no longer has left behind, and writes the accounts."""
        if self._is_done:
            self._forget_vanished()
        accounts = [
            account(
                STAGE,
                batch,
                self._making,
                rows_in=self._outcomes[key].total(),
                rows_out=self._outcomes[key]["issues"],
                reasons={k: n for k, n in self._outcomes[key].items() if k != "issues"},
                now=self._now,
                edition=batch.edition + 2 * (key in self._anew),
            )
            for key, batch in self._batches.items()
        ]
        if write_accounts(self._lake, accounts):
            self._commit(day for day, _ in self._batches)
        for day, _ in self._batches:
            self._reports[day].batches += 1

    def _restate(self, rows: "pa.Table", written: "Mapping[Table, pa.Table]") -> None:
        events = frame_of(rows.select(_EVENT)).unique()
        self._read.append(events)
        days = sorted(set(events["feed_date"].to_list()))
        self._apply({table: (stored_rows(self._lake, table, days, events), self._caused(table, data)) for table, data in written.items()})

    def _caused(self, table: Table, rows: "pa.Table") -> "pa.Table":
        """The rows with the purpose for which they are made anew."""
        import pyarrow as pa

        if CAUSE not in table.column_names:
            return rows
        purposes = {b: restated_for(batch, self._making) for (_, b), batch in self._batches.items()}
        column = pa.array([purposes[b] for b in rows["batch_id"].to_pylist()], pa.string())
        return rows.set_column(rows.schema.get_field_index(CAUSE), CAUSE, column)

    def _forget_vanished(self) -> None:
        import polars as pl

        where: dict[str, Collection[Any]] = {
            "feed_date": sorted({d for d, _ in self._batches}),
            "batch_id": [b for _, b in self._batches],
        }
        known = read_frame(self._lake, ENRICHED_EVENTS, _EVENT, where)
        vanished = known.join(pl.concat(self._read), on=_EVENT, how="anti") if self._read else known
        if vanished.height:
            days = sorted(set(vanished["feed_date"].to_list()))
            self._apply(
                {t: (stored_rows(self._lake, t, days, vanished), arrow_schema(t).empty_table()) for t in (ISSUES, REVIEW, ENRICHED_EVENTS)}
            )

    def _apply(self, made: "Mapping[Table, tuple[Any, pa.Table]]") -> None:
        """Writes where the made rows differ from the stored ones. made: table -> (stored rows, rows as they are to be)."""
        differences = [difference(table, stored, rows) for table, (stored, rows) in made.items()]
        anew = {b for d in differences for b in d.batches} - self._anew
        announce(self._lake, STAGE, [self._batches[b] for b in anew if b in self._batches], self._making)
        self._anew |= anew
        for different in differences:
            if write(self._lake, different):
                touched = different.changed["feed_date"].to_list() + different.gone["feed_date"].to_list()
                self._commit(touched)
                for day in touched:
                    self._reports[day].restated += 1

    def _commit(self, days: Iterable[date]) -> None:
        for day in set(days):
            self._reports[day].committed = True


def _enriched(read: Read, versions: Mapping[str, str], now: datetime) -> "dict[Table, pa.Table]":
    """The rows of the three tables for these events, in the order in which they are written."""
    import pyarrow as pa

    shared = {
        **{name: pa.scalar(version) for name, version in versions.items()},
        "restated_for": pa.scalar(""),
        "processed_at": pa.scalar(now, pa.timestamp("us", tz="UTC")),
    }
    place = pa.array(read.place, pa.int64())
    said = read.decided.select(list(DECIDED))
    events = pa.concat_tables([said.take(place), _intake(said.schema, [o for o in read.screened if o])])
    # Decisions of what was read, then of what was not: back to the order of the rows.
    order = [*read.read_rows, *(i for i, outcome in enumerate(read.screened) if outcome)]
    back = sorted(range(len(order)), key=order.__getitem__)
    columns = {**_columns(events.take(pa.array(back, pa.int64()))), **shared}
    issues, review = _issues(read.rows.take(pa.array(read.read_rows, pa.int64())), read.decided[FOUND].take(place), shared)
    return {ISSUES: issues, REVIEW: review, ENRICHED_EVENTS: _table(ENRICHED_EVENTS, read.rows, columns)}


def _intake(schema: "pa.Schema", outcomes: Sequence[str]) -> "pa.Table":
    """What is said of rows that need not be read."""
    import pyarrow as pa

    n = len(outcomes)
    values = {
        "outcome": list(outcomes),
        "tier": [_SCREEN] * n,
        "issues": [0] * n,
        "in_review": [0] * n,
        "sentiment": ["neutral"] * n,
        "sentiment_score": [0.0] * n,
    }
    return pa.table({name: values[name] for name in schema.names}, schema=schema)


def _issues(rows: "pa.Table", found: "pa.ChunkedArray", shared: Mapping[str, Any]) -> "tuple[pa.Table, pa.Table]":
    """Rows of enrichment/issues and of enrichment/review. found: the issues of each row."""
    import pyarrow as pa
    import pyarrow.compute as pc

    listed = found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found
    parents = pc.list_parent_indices(listed)
    of = rows.take(parents)
    columns = _columns(pa.Table.from_struct_array(pc.list_flatten(listed)))
    columns = {**shared, **columns, "issue_id": pa.array(_ids(of, parents, columns["evidence"]), pa.string()), "status": pa.scalar("open")}
    is_accepted = pc.equal(columns["reason"], "")
    return _table(ISSUES, of, columns).filter(is_accepted), _table(REVIEW, of, columns).filter(pc.invert(is_accepted))


def _ids(of: "pa.Table", parents: "pa.Array", evidence: "pa.ChunkedArray") -> list[str]:
    """The ids of issues, of each row of `parents` the surest first."""
    import pyarrow.compute as pc

    first = pc.list_element(evidence, 0)
    spans = (pc.struct_field(first, name).to_pylist() for name in ("start", "end"))
    seen: Counter[tuple[int, int, int]] = Counter()
    ids = []
    for event, payload, row, start, end in zip(
        of["event_id"].to_pylist(), of["payload_sha256"].to_pylist(), parents.to_pylist(), *spans, strict=True
    ):
        ids.append(issue_id(event, payload, start, end, seen[row, start, end]))
        seen[row, start, end] += 1
    return ids


def _table(table: Table, rows: "pa.Table", columns: Mapping[str, Any]) -> "pa.Table":
    """Rows of a table from columns, single values, and what is left from the rows of silver."""
    import pyarrow as pa

    arrays = []
    for column in arrow_schema(table):
        given = columns.get(column.name)
        given = rows[column.name] if given is None else given
        arrays.append(pa.repeat(given, rows.num_rows).cast(column.type) if isinstance(given, pa.Scalar) else given.cast(column.type))
    return pa.Table.from_arrays(arrays, schema=arrow_schema(table))


def _columns(rows: "pa.Table") -> dict[str, Any]:
    return dict(zip(rows.column_names, rows.columns, strict=True))


def _count(
    written: "Mapping[Table, pa.Table]", reports: Mapping[date, DayReport], outcomes: Mapping[tuple[date, str], Counter[str]]
) -> None:
    """Adds what was written to the reports of days and the outcomes of batches."""
    for (day, batch, outcome), n in _groups(written[ENRICHED_EVENTS], "feed_date", "batch_id", "outcome"):
        outcomes[day, batch][outcome] += n
        reports[day].rows_in += n
        reports[day].outcomes[outcome] += n
    for (day, tier), n in _groups(written[ENRICHED_EVENTS], "feed_date", "tier"):
        reports[day].tiers[tier] += n
    for (day, category), n in _groups(written[ISSUES], "feed_date", "category"):
        reports[day].issues += n
        reports[day].categories[category] += n
    for (day, reason), n in _groups(written[REVIEW], "feed_date", "reason"):
        reports[day].in_review += n
        reports[day].review_reasons[reason] += n


def _groups(rows: "pa.Table", *names: str) -> Iterator[tuple[tuple[Any, ...], int]]:
    counted = rows.group_by(list(names)).aggregate([([], "count_all")]).to_pydict()
    return zip(zip(*(counted[n] for n in names), strict=True), counted["count_all"], strict=True)
