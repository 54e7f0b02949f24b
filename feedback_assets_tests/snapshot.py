"""A home's tables as plain data, without what says when or by which run a row was made: for comparing homes."""

from pathlib import Path
from typing import Any

from feedback_assets.contracts import ALL_TABLES
from feedback_assets.contracts.ledger import CURSORS
from feedback_assets.lakehouse.local import LocalLakehouse

LATENCIES = ("latency_silver_s", "latency_enrichment_s")


def snapshot(lake: LocalLakehouse) -> dict[str, list[str]]:
    """Table name -> its rows as sorted texts. KPIs that measure the clock are left out, and how far gold has read: versions are history."""
    tables: dict[str, list[str]] = {}
    for table in ALL_TABLES:
        if table is CURSORS:
            continue
        rows: list[dict[str, Any]] = lake.read(table, columns=list(table.compared)).to_pylist()
        if table.name == "signals/kpis":
            rows = [r for r in rows if r["kpi"] not in LATENCIES]
        tables[table.name] = sorted(repr(sorted(r.items())) for r in rows)
    return tables


def differences(ours: dict[str, list[str]], theirs: dict[str, list[str]]) -> list[str]:
    """Which tables differ, and by how much; empty when the homes hold the same."""
    found = []
    for name, mine in ours.items():
        if mine != theirs[name]:
            here, there = set(mine) - set(theirs[name]), set(theirs[name]) - set(mine)
            example = next(iter(sorted(here) or sorted(there)), "the same rows, another number of times")
            found.append(f"{name}: {len(mine)} and {len(theirs[name])} rows, {len(here)} and {len(there)} alone, e.g. {example[:300]}")
    return found


def commits(lake: LocalLakehouse) -> int:
    """Delta commits over all tables."""
    return sum(lake.version(t) + 1 for t in ALL_TABLES)


def files(folder: Path) -> dict[str, bytes]:
    """Every file below a folder with its content."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}
