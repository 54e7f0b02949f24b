"""What people who run this are told, as JSON: something failed, or is well again. Counts and names only, never feedback text."""

import json
from dataclasses import asdict, dataclass
from typing import Any

FAILED, ALL_CLEAR = "failed", "all_clear"


@dataclass(frozen=True)
class OperationsMessage:
    """One thing to tell of one run or check.

    kind: run or check. subject: the job's or the check's name, as in `bronze/forum readable`. state: failed or all_clear.
    days: partitions that it began with; open_days: those that are failing still; one empty name where there are no partitions.
    assets: those that the run was for; none: all of its job. began, at: when the first and the last run or check ended that counted, ISO.
    what: the failure in a few words. number against threshold: what the rule is about; None where nothing is counted.
    sample: a few rows at fault, as a Markdown table.
    run_path: the run's page, below the address of the UI. continues: the next `feedback run` continues what died.
    """

    kind: str
    subject: str
    state: str
    message: str
    days: tuple[str, ...]
    open_days: tuple[str, ...]
    assets: tuple[str, ...]
    began: str
    at: str
    what: str
    rule: str
    number: float | None
    threshold: str
    sample: str
    owner: str
    next_command: str
    runbook: str
    run_id: str
    run_path: str
    continues: bool = False

    def to_json(self) -> str:
        """The same bytes for the same content."""
        return json.dumps(asdict(self), ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def message_from(text: str) -> OperationsMessage:
    """The message that `to_json` wrote."""
    found: dict[str, Any] = json.loads(text)
    lists: dict[str, Any] = {name: tuple(value) for name, value in found.items() if isinstance(value, list)}
    return OperationsMessage(**(found | lists))
