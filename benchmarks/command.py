"""Starting the `feedback` command of this environment on a home, for benchmarks."""

import json
import sys
from pathlib import Path
from typing import Any

from benchmarks.measure import Measured, command


def feedback(home: Path, *arguments: str) -> Measured:
    """Runs `feedback ARGUMENTS` on the home; its seconds, peak memory and output."""
    return command([str(Path(sys.executable).with_name("feedback")), *arguments], {"FEEDBACK_HOME": str(home)})


def feedback_json(home: Path, *arguments: str) -> Any:
    """The JSON that a command prints."""
    return json.loads(feedback(home, *arguments, "--json").output)
