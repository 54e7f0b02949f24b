"""Judges what a step writes: every write's rows against their contract and the step's rules, before they stand anywhere.

Rows that break a rule are refused, so nothing half-right is written, the batch stays open in the ledger, and the next run meets the same
rule again. Verdicts are kept by day. Not here: the rules of a stage (its modules), Dagster's results (checks.py).
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

from feedback_assets.contracts.table import Table
from feedback_assets.graph.steps import Judged, Rule, Step
from feedback_assets.ground.errors import ContractError
from feedback_assets.ground.verdict import Verdict

if TYPE_CHECKING:
    import pyarrow as pa

Place = tuple[str, str]
"""(asset, check)"""
_MAKE_AGAIN = "read docs/tables.md on {table}; rows at fault are made by code, not by a source: nothing was written, see the step's log"


class RefusedRowsError(ContractError):
    """Rows that a rule refused; nothing of their write happened."""

    def __init__(self, place: Place, verdict: Verdict) -> None:
        self.place = place
        self.verdict = verdict
        super().__init__(f"{place[0]}: {place[1]}: {verdict.sentence()}", expected=verdict.threshold, mend=verdict.next_command)


class Gate:
    """Verdicts of one run of one step, by check and day (None for a step across days)."""

    def __init__(self, step: Step, judged: Judged) -> None:
        self._step = step
        self._judged = judged
        self._rows: dict[str, Counter[date | None]] = {}
        self._faults: dict[tuple[str, date | None], list[dict[str, Any]]] = {}
        self._verdicts: dict[Place, dict[date | None, Verdict]] = {}

    def __call__(self, table: Table, rows: "pa.Table") -> None:
        """Judges rows that are about to be written. Raises RefusedRowsError for rows that must not be."""
        self._contract(table, rows)
        for rule in self._step.rules:
            if rows.num_rows and any(t.name == table.name for t in rule.before):
                days = _days_in(rows) if self._step.daily else self._judged.days
                given = self._keep(rule, rule.judge(replace(self._judged, rows=rows, days=days)))
                broken = next((v for v in given.values() if v.stops), None)
                if broken is not None and rule.stops:
                    raise RefusedRowsError((rule.on.name, rule.name), broken)

    def finish(self) -> None:
        """Judges what can only be judged when the step is done. A broken rule raises nothing here: the rows stand."""
        for rule in self._step.rules:
            if not rule.before:
                self._keep(rule, rule.judge(self._judged))

    def verdicts(self) -> dict[Place, dict[date | None, Verdict]]:
        """The verdict of every check of the step: for each day of the run, or under None."""
        days: Sequence[date | None] = self._judged.days if self._step.daily else [None]
        found: dict[Place, dict[date | None, Verdict]] = {}
        for table in self._step.writes:
            found[table.name, "schema"] = {day: self._schema(table, day) for day in days}
        for rule in self._step.rules:
            kept = self._verdicts.get((rule.on.name, rule.name), {})
            found[rule.on.name, rule.name] = {day: kept.get(day) or kept.get(None) or _nothing_new(rule, self._step) for day in days}
        return found

    def refused(self) -> dict[Place, dict[date | None, Verdict]]:
        """The verdicts that stopped the step, and no others: of the rest nothing is known."""
        found: dict[Place, dict[date | None, Verdict]] = {}
        for place, by_day in self.verdicts().items():
            for day, verdict in by_day.items():
                if verdict.stops:
                    found.setdefault(place, {})[day] = verdict
        return found

    def _contract(self, table: Table, rows: "pa.Table") -> None:
        """The rows against their contract. Not their keys: the lake leaves out or refuses one that comes twice."""
        from feedback_assets.contracts.pandera_schema import faults, faults_verdict

        self._rows.setdefault(table.name, Counter()).update(_rows_by_day(rows) if self._step.daily else {None: rows.num_rows})
        found = faults(table, rows, keys=False)
        if found:
            days = _days_in(rows) if self._step.daily else []
            for day in days:
                self._faults[table.name, day] = faults(table, _of_day(rows, day), keys=False)
            if not days:
                self._faults[table.name, None] = found
            verdict = faults_verdict(table, found, rows.num_rows, next_command=_MAKE_AGAIN.format(table=table.name))
            raise RefusedRowsError((self._step.assets[0], "schema"), verdict)

    def _schema(self, table: Table, day: date | None) -> Verdict:
        """How the rows of one asset's table fitted; bookkeeping that did not fit shows on the step's first asset."""
        from feedback_assets.contracts.pandera_schema import faults_verdict

        for one in (table, *(self._step.keeps if table.name == self._step.assets[0] else ())):
            found = self._faults.get((one.name, day)) or self._faults.get((one.name, None))
            if found:
                return self._schema_verdict(one, found, day)
        return faults_verdict(table, [], self._rows.get(table.name, Counter())[day], next_command="feedback status")

    def _schema_verdict(self, table: Table, found: Sequence[Mapping[str, Any]], day: date | None) -> Verdict:
        from feedback_assets.contracts.pandera_schema import faults_verdict

        rows = self._rows.get(table.name, Counter())
        return faults_verdict(table, found, rows[day] or rows.total(), next_command=_MAKE_AGAIN.format(table=table.name))

    def _keep(self, rule: Rule, given: "Verdict | Mapping[date, Verdict]") -> "dict[date | None, Verdict]":
        """Keeps verdicts by day, several on one day as one."""
        new: dict[date | None, Verdict] = {None: given} if isinstance(given, Verdict) else dict(given.items())
        kept = self._verdicts.setdefault((rule.on.name, rule.name), {})
        for day, verdict in new.items():
            kept[day] = merged(kept[day], verdict) if day in kept else verdict
        return new


def merged(first: Verdict, second: Verdict) -> Verdict:
    """One verdict of two on the same rule over different rows: broken when one is, with the sum of what was counted."""
    worse = first if (first.stops, not first.passed) >= (second.stops, not second.passed) else second
    return replace(worse, number=first.number + second.number, sample=(*first.sample, *second.sample))


def _nothing_new(rule: Rule, step: Step) -> Verdict:
    """The verdict of a rule that nothing was written for."""
    return Verdict(
        passed=True,
        rule=rule.description,
        number=0,
        threshold="nothing that this run wrote",
        owner=rule.on.owner,
        next_command=f"nothing to do: {step.name} had nothing new here",
    )


def _days_in(rows: "pa.Table") -> list[date]:
    if "feed_date" not in rows.column_names:
        return []
    return sorted(d for d in rows["feed_date"].unique().to_pylist() if d is not None)


def _rows_by_day(rows: "pa.Table") -> dict[date | None, int]:
    if "feed_date" not in rows.column_names:
        return {None: rows.num_rows}
    return {pair["values"]: pair["counts"] for pair in rows["feed_date"].value_counts().to_pylist()}


def _of_day(rows: "pa.Table", day: date) -> "pa.Table":
    import pyarrow as pa
    import pyarrow.compute as pc

    return rows.filter(pc.equal(rows["feed_date"], pa.scalar(day, pa.date32())))
