"""How a verdict becomes a Dagster check result: one shape for every check, so that each reads the same at 3 a.m."""

import json
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import dagster as dg

from feedback_assets.graph.steps import Step
from feedback_assets.ground.verdict import SAMPLE, Verdict

RUNBOOKS = "docs/runbooks/"


def result(verdict: Verdict, *, check: str, asset: dg.AssetKey | None = None) -> dg.AssetCheckResult:
    """The verdict with rule, number, threshold, sample, owner, next command and runbook as metadata."""
    return dg.AssetCheckResult(
        asset_key=asset,
        check_name=check,
        passed=verdict.passed,
        severity=severity_of(verdict),
        description=told(verdict, check),
        metadata=_metadata(verdict, check),
    )


def check_specs(step: Step, partitions: dg.PartitionsDefinition[str] | None) -> list[dg.AssetCheckSpec]:
    """The contract of each table that the step writes, and its rules."""
    schemas = [
        dg.AssetCheckSpec(
            "schema",
            asset=key_of(table.name),
            blocking=True,
            partitions_def=partitions,
            description=f"Every row of {table.name} that a run writes fits its contract: types, nulls, values, key.",
        )
        for table in step.writes
    ]
    rules = [
        dg.AssetCheckSpec(
            rule.name, asset=key_of(rule.on.name), blocking=rule.stops, partitions_def=partitions, description=rule.description
        )
        for rule in step.rules
    ]
    return [*schemas, *rules]


def step_results(
    step: Step, verdicts: Mapping[tuple[str, str], Mapping[date | None, Verdict]], *, whole: bool = True
) -> Iterator[dg.AssetCheckResult | dg.AssetCheckEvaluation | dg.Output[None]]:
    """The verdicts on what a step wrote, as an op yields them: for a daily step a result for each day, so that what is good reads as
    good whatever happens on the days beside it.

    Dagster records one result for a range of days, without a day; evaluations are recorded as they are given. The output of a check is
    what later steps wait for. whole: False for a step that was stopped: then it has no outputs.
    """
    blocking = {("schema", t.name): True for t in step.writes} | {(r.name, r.on.name): r.stops for r in step.rules}
    for (asset, check), by_day in verdicts.items():
        if not step.daily and whole:
            yield result(by_day[None], check=check, asset=key_of(asset))
            continue
        for day, verdict in by_day.items():
            yield dg.AssetCheckEvaluation(
                asset_key=key_of(asset),
                check_name=check,
                passed=verdict.passed,
                severity=severity_of(verdict),
                description=told(verdict, check),
                metadata=_metadata(verdict, check),
                blocking=blocking.get((check, asset), False),
                partition=day.isoformat() if day else None,
            )
        if whole:
            yield dg.Output(None, output_name=dg.AssetCheckSpec(check, asset=key_of(asset)).get_python_identifier())


def severity_of(verdict: Verdict) -> dg.AssetCheckSeverity:
    """A warning stops nothing."""
    return dg.AssetCheckSeverity.WARN if verdict.warns else dg.AssetCheckSeverity.ERROR


def key_of(name: str) -> dg.AssetKey:
    """The asset key of `room/rest`."""
    return dg.AssetKey(name.split("/"))


def told(verdict: Verdict, check: str) -> str:
    """The verdict for the check's page: one sentence; when the rule is broken also the rows at fault and what to do. Markdown."""
    if verdict.passed:
        return verdict.sentence()
    rows = f"\n\n{sample_table(verdict)}" if verdict.sample else ""
    then = {"Next": verdict.next_command, "Runbook": f"{RUNBOOKS}{check}.md", "Owner": verdict.owner}
    return f"{verdict.sentence()}{rows}\n\n" + "\n\n".join(f"**{name}:** {_escaped(value)}" for name, value in then.items())


def _metadata(verdict: Verdict, check: str) -> dict[str, Any]:
    return {
        "rule": verdict.rule,
        "number": float(verdict.number),
        "threshold": verdict.threshold,
        "sample": dg.MetadataValue.md(sample_table(verdict)),
        "owner": verdict.owner,
        "next command": verdict.next_command,
        "runbook": f"{RUNBOOKS}{check}.md",
    }


def sample_table(verdict: Verdict) -> str:
    """At most SAMPLE rows as a Markdown table; 'none' when clean."""
    rows = list(verdict.sample)[:SAMPLE]
    if not rows:
        return "none"
    names = list(rows[0])
    lines = ["| " + " | ".join(names) + " |", "|" + " --- |" * len(names)]
    lines += ["| " + " | ".join(cell(row.get(n)) for n in names) + " |" for row in rows]
    return "\n".join(lines)


def cell(value: object) -> str:
    """One value as a Markdown table cell: short, and without a character that would be read as markup."""
    text = (
        value.isoformat()
        if isinstance(value, date)
        else value
        if isinstance(value, str)
        else json.dumps(value, default=str, ensure_ascii=False)
    )
    text = " ".join(text.split())
    text = text if len(text) <= 120 else text[:119] + "…"
    return _escaped(text)


def _escaped(text: str) -> str:
    return "".join("\\" + ch if ch in "\\`*_[]<>|#!" else ch for ch in text)


def days_of(context: dg.AssetCheckExecutionContext | dg.AssetExecutionContext) -> list[date]:
    """The days that this run covers."""
    return [date.fromisoformat(key) for key in context.partition_keys]
