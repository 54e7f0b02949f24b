"""What a Delta log says of two versions of a table: which data files the later one has that the earlier one has not, and the reverse.

Reads the commit files of a local table. Not here: reading rows (quick.py), opening tables.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

from feedback_assets.lakehouse.log import commit_name


@dataclass
class FileChanges:
    """Data files by path, relative to the table, each with the text of its partition's value (None without one)."""

    added: dict[str, str | None] = field(default_factory=dict)
    removed: dict[str, str | None] = field(default_factory=dict)


def file_changes(log: Path, since: int, until: int, partition_by: str) -> FileChanges | None:
    """The files that differ between two versions. None when a commit in between is no longer in the log.

    Compaction moves rows from file to file: its files are listed like any others, and comparing rows finds nothing changed.
    """
    found = FileChanges()
    for version in range(since + 1, until + 1):
        try:
            text = (log / commit_name(version)).read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        for line in text.splitlines():
            action = json.loads(line)
            if "add" in action:
                _move(action["add"], partition_by, into=found.added, out_of=found.removed)
            elif "remove" in action:
                _move(action["remove"], partition_by, into=found.removed, out_of=found.added)
    return found


def _move(action: dict[str, object], partition_by: str, *, into: dict[str, str | None], out_of: dict[str, str | None]) -> None:
    path = unquote(str(action["path"]))
    values = action.get("partitionValues")
    value = values.get(partition_by) if isinstance(values, dict) and partition_by else None
    if path in out_of:
        del out_of[path]
    else:
        into[path] = value
