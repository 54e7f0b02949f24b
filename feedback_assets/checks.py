"""How a verdict becomes a Dagster check result: one shape for every check, so that each reads the same at 3 a.m."""

import json
from datetime import date

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
        severity=severity,
        description=verdict.sentence(),
        metadata={
            "rule": verdict.rule,
            "number": float(verdict.number),
            "threshold": verdict.threshold,
            "sample": dg.MetadataValue.md(sample_table(verdict)),
            "owner": verdict.owner,
            "next command": verdict.next_command,
            "runbook": f"{RUNBOOKS}{check}.md",
        },
    )


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
    return "".join("\\" + ch if ch in "\\`*_[]<>|#!" else ch for ch in text)


def days_of(context: dg.AssetCheckExecutionContext | dg.AssetExecutionContext) -> list[date]:
    """The days that this run covers."""
    return [date.fromisoformat(key) for key in context.partition_keys]
