"""How a verdict becomes a Dagster check result: one shape for every check, so that each reads the same at 3 a.m."""

import json
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import dagster as dg

from feedback_assets.verdict import SAMPLE, Verdict

RUNBOOKS = "docs/runbooks/"


def result(
    verdict: Verdict, *, check: str, asset: dg.AssetKey | None = None, severity: dg.AssetCheckSeverity = dg.AssetCheckSeverity.ERROR
) -> dg.AssetCheckResult:
    """The verdict with rule, number, threshold, sample, owner, next command and runbook as metadata."""
    return dg.AssetCheckResult(
        asset_key=asset,
        check_name=check,
        passed=verdict.passed,
        severity=_severity(verdict, severity),
        description=told(verdict, check),
        metadata=_metadata(verdict, check),
    )


def day_result(
    context: dg.AssetCheckExecutionContext,
    judge: Callable[[Sequence[date]], Verdict],
    *,
    check: str,
    asset: dg.AssetKey,
    severity: dg.AssetCheckSeverity = dg.AssetCheckSeverity.ERROR,
    blocking: bool = True,
) -> dg.AssetCheckResult:
    """The verdict on the days of this run. When a range of days does not pass, each of its days gets a result of its own as well.

    Dagster records one result for a range, without a day, and the UI then shows all its days alike. Results by day for ranges that
    pass would make a backfill much slower: a result costs about 10 ms with the local instance.
    """
    days = days_of(context)
    verdict = judge(days)
    if not verdict.passed and not context.op_execution_context.has_partition_key:
        for day in days:
            of_day = judge([day])
            context.op_execution_context.log_event(
                dg.AssetCheckEvaluation(  # type: ignore[arg-type]  # log_event takes it, its annotation lags behind
                    asset_key=asset,
                    check_name=check,
                    passed=of_day.passed,
                    severity=_severity(of_day, severity),
                    description=told(of_day, check),
                    metadata=_metadata(of_day, check),
                    blocking=blocking and severity == dg.AssetCheckSeverity.ERROR,
                    partition=day.isoformat(),
                )
            )
    return result(verdict, check=check, asset=asset, severity=severity)


def _severity(verdict: Verdict, severity: dg.AssetCheckSeverity) -> dg.AssetCheckSeverity:
    """The check's severity; a warning where the verdict stops nothing."""
    return severity if verdict.stops else dg.AssetCheckSeverity.WARN


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
