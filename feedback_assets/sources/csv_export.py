"""What the CSV sources share: times, deletions, and the columns that only one of them has."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from feedback_assets.sources import reading


def times(row: reading.Fields, written: str) -> tuple[datetime, datetime, bool]:
    """(event time, revised at, is deletion): by the column `written`, and the optional columns updated_at and deleted_at."""
    deleted = row.time("deleted_at")
    said = row.time(written) or row.time("updated_at") or deleted or row.needed_time(written)
    return said, deleted or row.time("updated_at") or said, deleted is not None


def rest(row: reading.Fields, read: frozenset[str]) -> dict[str, Any]:
    """The columns that no canonical field took."""
    return row.kept(k for k in row.data if k and k not in read)


def row_of(payload: bytes, context: Mapping[str, Any]) -> reading.Fields:
    """The row by column name."""
    return reading.load_row(payload, context)
