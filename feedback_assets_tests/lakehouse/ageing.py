"""Tables as they are long after they were written: the same files with earlier times, so that no test waits."""

import os
from datetime import timedelta
from pathlib import Path


def age(root: Path, by: timedelta) -> None:
    """Makes every file of the lakehouse older."""
    for path in root.rglob("*"):
        if path.is_file():
            moment = path.stat().st_mtime - by.total_seconds()
            os.utime(path, (moment, moment))


def files_and_sizes(folder: Path) -> dict[str, int]:
    """Every file of a table."""
    return {str(p.relative_to(folder)): p.stat().st_size for p in folder.rglob("*") if p.is_file()}
