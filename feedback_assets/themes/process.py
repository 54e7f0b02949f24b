"""Brings grouping up to date with the issues that are embedded: which issue belongs to which theme, the themes' states, the checkpoint.

Here: what changed, folding it, and the order of the writes. Not here: the fold itself (fold.py), facts and counts of issues (facts.py,
catalogue.py).

A run goes on from the checkpoint when all new issues are of days after it, and reads those days alone; else it folds all issues again from
the stored vectors. Written in this order: themes that ended, with their successors; assignments; states; the checkpoint; what was read.
A run that is killed between finds the same changes and writes the same rows.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from feedback_assets.contracts.arrow import to_arrow
from feedback_assets.contracts.enrichment import ISSUES
from feedback_assets.contracts.silver import EVENT_DAYS, REVISIONS
from feedback_assets.contracts.themes import ASSIGNMENTS, CHECKPOINTS, EMBEDDINGS, STATES
from feedback_assets.ground.following import Following
from feedback_assets.ground.identity import event_prefix
from feedback_assets.themes.checkpoint import meta_of, rows_of, state_of
from feedback_assets.themes.embedders.interface import Embedder
from feedback_assets.themes.fold import Folded, Issue, Parameters, Place, State, Theme, fold
from feedback_assets.themes.lineage import successors

if TYPE_CHECKING:
    import pyarrow as pa

    from feedback_assets.lakehouse.interface import Lakehouse

    Row = dict[str, Any]

_FACTS = ("issue_id", "event_id", "payload_sha256", "source", "feed_date", "event_time", "category", "subcategory", "language")
_LABELS = ("issue_id", "feed_date", "event_time", "category", "subcategory", "language")
_REVISION = ["event_id", "payload_sha256", "feed_date", "is_current"]


@dataclass(frozen=True)
class ThemesReport:
    """What an update did.

    folded: issues that went through the fold. replayed: whether that was all of them, from the start. superseded: assignments that came
    into or went out of force. postponed: issues whose only vector is another embedder's; while there are any, nothing is changed.
    """

    folded: int = 0
    assigned: int = 0
    waiting: int = 0
    superseded: int = 0
    themes: int = 0
    retired: int = 0
    replayed: bool = False
    postponed: int = 0
    committed: bool = False


def update_themes(lake: "Lakehouse", embedder: Embedder, *, parameters: Parameters | None = None) -> ThemesReport:
    """Assigns what is new, discovers, follows revisions that came into force. Nothing is read or committed when nothing changed.

    The same active themes come out in whatever order days were embedded.
    """
    rules = parameters or Parameters()
    inputs = Following(lake, ASSIGNMENTS.name, (EMBEDDINGS, REVISIONS, ISSUES), {"embedder": embedder.name, "rules": rules.version})
    if inputs.unchanged:
        return ThemesReport()
    work = _Work(lake, embedder, rules)
    new = work.new_issues(inputs)
    if new is None:
        postponed = work.postponed()
        if postponed:
            return ThemesReport(postponed=postponed)
    start = work.start(new) if new or new is None else None
    if new is not None and not new:
        report = ThemesReport()
    elif start is None:
        report = work.replay()
    else:
        report = work.go_on(start, new or ())
    superseded = 0 if report.replayed else work.follow_revisions(inputs)
    inputs.done()
    return ThemesReport(**{**vars(report), "superseded": superseded, "committed": report.committed or superseded > 0})


class _Work:
    """One update: the lake, the rules, and how issues are read."""

    def __init__(self, lake: "Lakehouse", embedder: Embedder, rules: Parameters) -> None:
        self.lake = lake
        self.embedder = embedder
        self.rules = rules

    def new_issues(self, inputs: Following) -> "list[Row] | None":
        """Issues that got a vector since the last update and were not told under an earlier day. None: all issues count as new, since
        some went or were labelled anew."""
        import polars as pl

        changes = inputs.changes(EMBEDDINGS, ["feed_date", "issue_id", "embedder"])
        if changes is None or changes.gone.height:
            return None
        labels = inputs.changes(ISSUES, _LABELS)
        if labels is None or labels.gone.height:
            return None
        came = changes.came.filter(pl.col("embedder") == self.embedder.name)
        days = sorted(set(came["feed_date"].to_list()))
        wanted = set(came["issue_id"].to_list())
        rows = [r for r in self._issues(days) if r["issue_id"] in wanted]
        known = self._told_before(rows)
        return _once(r for r in rows if (r["feed_date"], r["issue_id"]) not in known)

    def _issues(self, days: Sequence[date] | None) -> "list[Row]":
        """Issues of these days, all without, in the order of the fold."""
        where = None if days is None else {"feed_date": days}
        rows = self.lake.read(ISSUES, columns=_FACTS, where=where).to_pylist()
        return sorted(rows, key=lambda r: (r["feed_date"], r["event_time"], r["issue_id"]))

    def _told_before(self, rows: "Sequence[Row]") -> set[tuple[date, str]]:
        """Those of the rows whose issue stands under an earlier day already: a record that was delivered again."""
        import polars as pl

        if not rows:
            return set()
        prefixes = pl.DataFrame({"event_prefix": sorted({event_prefix(r["event_id"]) for r in rows})}, schema={"event_prefix": pl.Int64})
        known: pl.DataFrame = pl.DataFrame(self.lake.read(EVENT_DAYS)).join(prefixes, on="event_prefix", how="semi")
        days = set(known["feed_date"].to_list())
        if len(days) <= 1:
            return set()
        several = known.group_by("event_prefix").agg(pl.col("feed_date").min(), n=pl.col("feed_date").n_unique()).filter(pl.col("n") > 1)
        suspects = [r for r in rows if event_prefix(r["event_id"]) in set(several["event_prefix"].to_list())]
        if not suspects:
            return set()
        earlier = self.lake.read(ASSIGNMENTS, columns=["issue_id", "feed_date"], where={"feed_date": sorted(days)}).to_pylist()
        first: dict[str, date] = {r["issue_id"]: r["feed_date"] for r in earlier}
        return {(r["feed_date"], r["issue_id"]) for r in suspects if first.get(r["issue_id"], r["feed_date"]) < r["feed_date"]}

    def postponed(self) -> int:
        """How many issues have a vector of another embedder and none of this one."""
        embedded = self.lake.read(EMBEDDINGS, columns=["issue_id", "embedder"]).to_pylist()
        ready = {r["issue_id"] for r in embedded if r["embedder"] == self.embedder.name}
        return len({r["issue_id"] for r in embedded} - ready)

    def start(self, new: "Sequence[Row] | None") -> State | None:
        """The checkpoint's state when the new issues can follow it; None when all must be folded again."""
        if new is None:
            return None
        rows = self.lake.read(CHECKPOINTS)
        found = meta_of(rows)
        if found is None:
            return None
        through, meta = found
        fits = meta.get("rules") == self.rules.version and meta.get("embedder") == self.embedder.name
        return state_of(rows) if fits and all(r["feed_date"] > through for r in new) else None

    def replay(self) -> ThemesReport:
        """Folds every issue that has a vector."""
        vectors = self._vectors(None)
        rows = _once(r for r in self._issues(None) if r["issue_id"] in vectors)
        folded = self._fold(State(), rows, vectors)
        stored = {r["issue_id"]: r for r in self.lake.read(ASSIGNMENTS).to_pylist()}
        current = self._current(None)
        made = [_assignment(r, folded.places[r["issue_id"]], current) for r in rows]
        moved: dict[str, Counter[str]] = defaultdict(Counter)
        for issue, row in stored.items():
            if row["theme_id"] and issue in folded.places:
                moved[row["theme_id"]][folded.places[issue].theme_id] += 1
        retired, wrote = self._write_ended(folded, moved)
        wrote |= self.lake.replace(CHECKPOINTS, to_arrow(CHECKPOINTS, [])).committed if stored else False
        wrote |= self._replace_assignments(made, stored)
        wrote |= self._write_state(folded)
        return self._report(folded, made, retired, wrote, folded_now=len(rows), replayed=bool(rows))

    def go_on(self, start: State, new: "Sequence[Row]") -> ThemesReport:
        """Folds the days after the checkpoint: those that were folded before, with what is new of them."""
        import polars as pl

        assert start.through is not None  # noqa: S101
        open_days = [d for d in self._folded_days() if d > start.through]
        days = sorted({*open_days, *(r["feed_date"] for r in new)})
        of_days = self.lake.read(ASSIGNMENTS, where={"feed_date": days}).to_pylist()
        stored = {r["issue_id"]: r for r in of_days}
        wanted = {*stored, *(r["issue_id"] for r in new)}
        vectors = self._vectors(days)
        rows = _once(r for r in self._issues(days) if r["issue_id"] in wanted and r["issue_id"] in vectors)
        folded = self._fold(start, rows, vectors)
        current = self._current(days)
        refolded = [_assignment(r, folded.places[r["issue_id"]], current) for r in rows]
        made = list(refolded)
        waited = {i.issue_id: i.feed_date for i in start.waiting}
        if waited:
            before = self.lake.read(ASSIGNMENTS, where={"feed_date": sorted(set(waited.values()))}).to_pylist()
            for row in before:
                if row["issue_id"] in waited:
                    stored[row["issue_id"]] = row
                    place = folded.places[row["issue_id"]]
                    made.append({**row, "theme_id": place.theme_id, "similarity": place.similarity})
        gone = set(folded.successors) & self._active()
        moved: dict[str, Counter[str]] = defaultdict(Counter)
        if gone:
            known = {r["issue_id"] for r in made}
            joined: pl.DataFrame = pl.DataFrame(self.lake.read(ASSIGNMENTS, where={"theme_id": sorted(gone)}))
            for row in joined.iter_rows(named=True):
                if row["issue_id"] not in known:
                    stored[row["issue_id"]] = row
                    made.append({**row, "theme_id": folded.last_successor(row["theme_id"])})
        for issue, row in stored.items():
            if row["theme_id"] and issue in folded.places:
                moved[row["theme_id"]][folded.places[issue].theme_id] += 1
        retired, wrote = self._write_ended(folded, moved)
        wrote |= self._replace_assignments(refolded, {r["issue_id"]: r for r in of_days})
        elsewhere = [r for r in made[len(refolded) :] if _differs(r, stored[r["issue_id"]])]
        wrote |= self.lake.upsert(ASSIGNMENTS, to_arrow(ASSIGNMENTS, elsewhere)).committed
        wrote |= self._write_state(folded)
        return self._report(folded, made, retired, wrote, folded_now=len(rows), replayed=False)

    def follow_revisions(self, inputs: Following) -> int:
        """Marks assignments of revisions that came into or went out of force. Returns how many changed."""
        import polars as pl

        changes = inputs.changes(REVISIONS, _REVISION)
        if changes is not None and not changes.came.height and not changes.gone.height:
            return 0
        where: dict[str, Any] | None = None
        if changes is not None:
            where = {"feed_date": sorted({*changes.came["feed_date"].to_list(), *changes.gone["feed_date"].to_list()})}
        assigned: pl.DataFrame = pl.DataFrame(self.lake.read(ASSIGNMENTS, where=where))
        if changes is not None:
            events = pl.concat([changes.came["event_id"], changes.gone["event_id"]]).unique()
            assigned = assigned.join(events.to_frame(), on="event_id", how="semi")
        current = self._current(None if where is None else where["feed_date"])
        changed = [
            {**row, "superseded": not row["superseded"]}
            for row in assigned.iter_rows(named=True)
            if row["superseded"] == current.get((row["event_id"], row["payload_sha256"]), True)
        ]
        return self.lake.upsert(ASSIGNMENTS, to_arrow(ASSIGNMENTS, changed)).updated

    def _current(self, days: Sequence[date] | None) -> dict[tuple[str, str], bool]:
        """Revisions of these days -> whether they are in force."""
        where = None if days is None else {"feed_date": days}
        rows = self.lake.read(REVISIONS, columns=["event_id", "payload_sha256", "is_current"], where=where).to_pylist()
        return {(r["event_id"], r["payload_sha256"]): r["is_current"] for r in rows}

    def _folded_days(self) -> list[date]:
        """Feed dates of issues that were folded, from the days of the assignments' files."""
        return sorted(self.lake.partitions(ASSIGNMENTS))

    def _active(self) -> set[str]:
        return set(self.lake.read(STATES, columns=["theme_id"], where={"status": ["active"]})["theme_id"].to_pylist())

    def _vectors(self, days: Sequence[date] | None) -> dict[str, Any]:
        import numpy as np

        where: dict[str, Any] = {"embedder": [self.embedder.name]} | ({} if days is None else {"feed_date": days})
        rows = self.lake.read(EMBEDDINGS, columns=["issue_id", "vector"], where=where).combine_chunks()
        matrix = _matrix(rows["vector"], self.embedder.dimensions).astype(np.float32, copy=False)
        return dict(zip(rows["issue_id"].to_pylist(), matrix, strict=True))

    def _fold(self, start: State, rows: "Sequence[Row]", vectors: Mapping[str, Any]) -> Folded:
        from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

        issues = (
            Issue(
                r["feed_date"],
                r["event_time"].astimezone(UTC),
                r["issue_id"],
                r["event_id"],
                r["category"],
                r["subcategory"],
                r["language"],
                vectors[r["issue_id"]],
            )
            for r in rows
        )
        # One thread: the matrices of a day are small, and sums do not depend on the number of cores.
        with threadpool_limits(1):
            return fold(start, issues, self.rules)

    def _replace_assignments(self, made: "Sequence[Row]", stored: "Mapping[str, Row]") -> bool:
        """Makes the table exactly these rows, writing only days on which one differs."""
        kept = {r["issue_id"]: r for r in made}
        days = {r["feed_date"] for r in made if _differs(r, stored.get(r["issue_id"]))}
        days |= {r["feed_date"] for i, r in stored.items() if i not in kept or kept[i]["feed_date"] != r["feed_date"]}
        if not days:
            return False
        rows = [r for r in made if r["feed_date"] in days]
        return self.lake.replace(ASSIGNMENTS, to_arrow(ASSIGNMENTS, rows), where={"feed_date": sorted(days)}).committed

    def _write_ended(self, folded: Folded, moved: Mapping[str, Counter[str]]) -> tuple[int, bool]:
        """Writes the themes that ended with who took over: known only as long as the assignments say where their issues were."""
        known = self.lake.read(STATES).to_pylist()
        active = set(folded.state.themes)
        joined = {gone: folded.last_successor(gone) for gone in folded.successors}
        heirs = successors(known, active, joined, moved)
        rows = [{**r, "status": "retired", "successor_id": heirs[r["theme_id"]]} for r in known if r["theme_id"] in heirs]
        return len(rows), self.lake.upsert(STATES, to_arrow(STATES, rows)).committed

    def _write_state(self, folded: Folded) -> bool:
        rows = [_state_row(t, self.embedder.name) for t in sorted(folded.state.themes.values(), key=lambda t: t.theme_id)]
        wrote = self.lake.upsert(STATES, to_arrow(STATES, rows)).committed
        checkpoint = rows_of(folded.before_last, rules=self.rules.version, embedder=self.embedder.name)
        return self.lake.replace(CHECKPOINTS, checkpoint).committed or wrote

    def _report(
        self, folded: Folded, made: "Collection[Row]", retired: int, wrote: bool, *, folded_now: int, replayed: bool
    ) -> ThemesReport:
        assigned = sum(bool(r["theme_id"]) for r in made)
        return ThemesReport(
            folded=folded_now,
            assigned=assigned,
            waiting=len(made) - assigned,
            themes=len(folded.state.themes),
            retired=retired,
            replayed=replayed,
            committed=wrote,
        )


def _once(ordered: Any) -> "list[Row]":
    """The first row of each issue: a record that was delivered again on a later day brings the same issues again."""
    first: dict[str, Row] = {}
    for row in ordered:
        first.setdefault(row["issue_id"], row)
    return list(first.values())


def _matrix(column: "pa.ChunkedArray", dimensions: int) -> Any:
    import numpy as np

    if not len(column):
        return np.zeros((0, dimensions), np.float32)
    return np.concatenate([chunk.flatten().to_numpy(zero_copy_only=False).reshape(-1, dimensions) for chunk in column.chunks])


def _assignment(fact: "Row", place: Place, current: Mapping[tuple[str, str], bool]) -> "Row":
    return {
        "issue_id": fact["issue_id"],
        "theme_id": place.theme_id,
        "event_id": fact["event_id"],
        "payload_sha256": fact["payload_sha256"],
        "source": fact["source"],
        "feed_date": fact["feed_date"],
        "event_day": fact["event_time"].astimezone(UTC).date(),
        "similarity": place.similarity,
        # A revision that silver has not numbered yet is held to be in force.
        "superseded": not current.get((fact["event_id"], fact["payload_sha256"]), True),
    }


def _differs(row: "Row", stored: "Row | None") -> bool:
    return stored is None or any(row[name] != stored[name] for name in ASSIGNMENTS.column_names)


def _state_row(theme: Theme, embedder: str) -> "Row":
    import numpy as np

    total = theme.total.astype(np.float64)
    return {
        "theme_id": theme.theme_id,
        "status": "active",
        "successor_id": "",
        "category": theme.category,
        "subcategory": theme.subcategory,
        "language": theme.language,
        "founder_issue_id": theme.founder_issue_id,
        "founded": datetime.fromtimestamp(theme.founded.timestamp(), UTC),
        "embedder": embedder,
        "centroid": (total / (float(np.linalg.norm(total)) or 1.0)).astype(np.float32),
    }
