"""Rows of silver/duplicate_groups and silver/duplicate_counts, read off index rows with their leaders. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from feedback_assets.silver.duplicates.templates import Mention, is_template

if TYPE_CHECKING:
    import polars as pl
    import pyarrow as pa


def group_rows(index: "pl.DataFrame") -> "pa.Table":
    """One row an event of a group of two or more. The rows of a group must all be there."""
    from feedback_assets.contracts.arrow import to_arrow
    from feedback_assets.contracts.silver import DUPLICATE_GROUPS

    rows = []
    for events, template in _groups(index):
        head = events[0]
        rows += [
            {
                "event_id": e["event_id"],
                "group_id": head["event_id"],
                "is_representative": e is head,
                "kind": "exact" if e["text_hash"] == head["text_hash"] else "near",
                "similarity": e["similarity"],
                "is_template": template,
            }
            for e in events
        ]
    return to_arrow(DUPLICATE_GROUPS, sorted(rows, key=lambda r: str(r["event_id"])))


def count_rows(index: "pl.DataFrame") -> "pa.Table":
    """One row a group of two or more."""
    from feedback_assets.contracts.arrow import to_arrow
    from feedback_assets.contracts.silver import DUPLICATE_COUNTS

    rows = [
        {
            "group_id": events[0]["event_id"],
            "mentions": len(events),
            "customers": len({e["customer_key"] for e in events if e["customer_key"]}),
            "unknown_senders": sum(1 for e in events if not e["customer_key"]),
            "wordings": len({e["text_hash"] for e in events}),
            "sources": sorted({e["source"] for e in events}),
            "first_time": events[0]["event_time"],
            "last_time": events[-1]["event_time"],
            "is_template": template,
        }
        for events, template in _groups(index)
    ]
    return to_arrow(DUPLICATE_COUNTS, sorted(rows, key=lambda r: str(r["group_id"])))


def _groups(index: "pl.DataFrame") -> "Iterator[tuple[Sequence[Mapping[str, Any]], bool]]":
    """The events of each group in the order of their times, the representative first, and whether the group is a template."""
    import polars as pl

    columns = ["leader_id", "event_id", "event_time", "customer_key", "source", "text_hash", "similarity", "weight"]
    several = index.select(columns).filter(pl.len().over("leader_id") > 1).sort("leader_id", "event_time", "event_id")
    for part in several.partition_by("leader_id", maintain_order=True):
        events = part.to_dicts()
        told = [Mention(e["event_id"], e["event_time"], e["customer_key"], e["similarity"], e["weight"]) for e in events]
        yield events, is_template(told)
