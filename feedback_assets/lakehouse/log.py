"""Names of the files in a Delta log. What stands in them is delta-rs's to read."""

from pathlib import Path

_DIGITS = 20


def commit_name(version: int) -> str:
    """The file of a commit."""
    return f"{version:0{_DIGITS}d}.json"


def log_files(log: Path) -> list[Path]:
    """The files that belong to a version: commits, checkpoints, checksums. None when there is no log."""
    try:
        return [p for p in log.iterdir() if p.name[:_DIGITS].isdigit() and p.name[_DIGITS : _DIGITS + 1] == "."]
    except FileNotFoundError:
        return []


def commit_of(path: Path) -> int:
    """The version that a log file belongs to."""
    return int(path.name[:_DIGITS])


def is_checkpoint(path: Path) -> bool:
    """Whether it is a whole checkpoint: opening can begin there."""
    return path.name[_DIGITS:] == ".checkpoint.parquet"


def latest_version(log: Path) -> int:
    """The newest version, -1 when there is no table. Trimmed logs begin with a checkpoint."""
    return max((commit_of(p) for p in log_files(log) if p.suffix == ".json" or is_checkpoint(p)), default=-1)
