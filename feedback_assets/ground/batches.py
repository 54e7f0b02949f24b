"""The batches that a daily stage has to read: those that the stage before did, or did anew, and those whose rows other versions made.

The ledger (bronze/stage_batches) has a row a stage and batch. Beside the row counts it says by which versions the rows were made, how
often they came out otherwise when they were made anew (their edition), and which edition of the stage before was read. So what follows
from a restatement follows batch by batch, by whichever run comes next. Not here: row accounts and their verdicts (accounts.py), the
rows of the stages themselves (restating.py and the stages).
"""

import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Protocol

from feedback_assets.contracts.bronze import STAGE_BATCHES
from feedback_assets.contracts.review import DECISIONS
from feedback_assets.contracts.table import Table
from feedback_assets.lakehouse.interface import Lakehouse

if TYPE_CHECKING:
    import pyarrow as pa

STAGES_BEFORE = {"answers": ("silver",), "enrichment": ("silver", "answers"), "embeddings": ("enrichment",)}
"""Stage -> those whose editions it reads; it waits for the first alone. Answers of the language model are there or come later."""
UNASKED = "unasked"
"""In the account of answers and of embeddings: texts that a budget or an absent service left unasked. The batch stays open for them."""
_PAID_STAGES = ("answers", "embeddings")
_LEDGER = (
    "stage",
    "feed_date",
    "source",
    "batch_id",
    "rows_in",
    "rows_out",
    "reasons",
    "made_by",
    "edition",
    "read_edition",
    "restated_for",
)


@dataclass(frozen=True)
class Making:
    """How a run makes rows. made_by: the versions, written into each row. purpose: the run's; "" is not live.

    restates: whether it also brings the rows of its days that other versions made to what these versions say. Live runs read what is new.
    """

    made_by: str = ""
    purpose: str = "live"
    restates: bool = False


LIVE = Making()
"""The making of a live run that names no versions."""


def versions(code: str, settings: Mapping[str, str]) -> str:
    """The versions of one making as rows and plans name them: "code 1a2b3c4d, taxonomy 1+5e6f7a8b"."""
    return ", ".join([f"code {code}", *(f"{name.replace('_', ' ')} {version}" for name, version in settings.items())])


@dataclass(frozen=True)
class Batch:
    """One batch that a stage has to read. rows: of the stage before.

    made_by, edition, restated_for: of the stage's own rows, when it has done the batch already (`is_done`).
    read_edition: the edition of the stage before that there is to read; fence: the purpose of the run that made it, "" for the first.
    """

    feed_date: date
    source: str
    batch_id: str
    rows: int
    is_done: bool = False
    made_by: str = ""
    edition: int = 0
    restated_for: str = ""
    read_edition: int = 0
    fence: str = ""

    def __getitem__(self, name: str) -> Any:
        return getattr(self, name)


def open_batches(lake: Lakehouse, stage: str, days: Collection[date] | None, making: Making, again: str = "") -> list[Batch]:
    """The batches that a stage after silver has to read, by day and id. again: a reason in the account of batches that it did."""
    before = STAGES_BEFORE[stage]
    by_stage: dict[str, dict[tuple[date, str], dict[str, Any]]] = {name: {} for name in (*before, stage)}
    for row in _ledger(lake, list(by_stage), days):
        by_stage[row["stage"]][row["feed_date"], row["batch_id"]] = row
    decided = decided_counts(lake) if stage == "enrichment" else Counter()
    found = []
    for key, row in by_stage[before[0]].items():
        done = by_stage[stage].get(key)
        read = [r for name in before if (r := by_stage[name].get(key)) is not None]
        # Each edition only grows, so their sum tells whether any of them did.
        edition = sum(r["edition"] or 0 for r in read) + decided[key]
        follows = done is not None and (done["read_edition"] or 0) != edition
        reasons = () if done is None or stage not in _PAID_STAGES else json.loads(done["reasons"])
        waits = UNASKED in reasons or again in reasons
        if done is None or follows or waits or is_stale(done, making):
            found.append(
                Batch(
                    row["feed_date"],
                    row["source"],
                    row["batch_id"],
                    row["rows_in"] if stage == "embeddings" else row["rows_out"],
                    **_of_own(done),
                    read_edition=edition,
                    fence=_fence(read),
                )
            )
    return sorted(found, key=lambda b: (b.feed_date, b.batch_id))


class Reads(Protocol):
    """What this needs of a lakehouse: also one that only reads."""

    def read(self, table: Table, *, columns: Sequence[str]) -> Any: ...


def decided_counts(lake: "Reads") -> Counter[tuple[date, str]]:
    """How many decisions of people, and withdrawals of such, each batch has had: it only grows, as an edition does."""
    found: Counter[tuple[date, str]] = Counter()
    columns = ["decision_id", "verdict", "undoes", "propagated_from", "feed_date", "batch_id"]
    rows = [r for r in lake.read(DECISIONS, columns=columns).to_pylist() if r["batch_id"]]
    undone = Counter(r["undoes"] for r in rows if r["verdict"] == "undo")
    for row in rows:
        # Whoever takes a decision back takes back what was propagated from it, in whatever batch that is.
        found[row["feed_date"], row["batch_id"]] += 1 + undone[row["propagated_from"]] if row["propagated_from"] else 1
    return found


def _fence(read: Sequence[Mapping[str, Any]]) -> str:
    """The purpose of the runs that made what is read anew: one that is not live, where there is one."""
    purposes = sorted({r["restated_for"] for r in read if r["restated_for"]}, key=lambda purpose: (purpose == "live", purpose))
    return purposes[0] if purposes else ""


def stale_batches(lake: Lakehouse, stage: str, days: Collection[date] | None, making: Making) -> dict[tuple[date, str], Batch]:
    """Batches that a stage has done by other versions than these, by day and id; none when the run does not restate."""
    if not making.restates:
        return {}
    return {
        (row["feed_date"], row["batch_id"]): Batch(row["feed_date"], row["source"], row["batch_id"], row["rows_in"], **_of_own(row))
        for row in _ledger(lake, [stage], days)
        if is_stale(row, making)
    }


def is_stale(row: Mapping[str, Any], making: Making) -> bool:
    """Whether a run makes the rows of this ledger row anew for their versions."""
    return making.restates and (row["made_by"] or "") != making.made_by


def account(
    stage: str, batch: Batch, making: Making, *, rows_in: int, rows_out: int, reasons: Mapping[str, int], now: datetime, edition: int
) -> dict[str, Any]:
    """The ledger row of a batch that is done. edition: of its rows now."""
    anew = edition != batch.edition
    return {
        "stage": stage,
        "feed_date": batch.feed_date,
        "source": batch.source,
        "batch_id": batch.batch_id,
        "rows_in": rows_in,
        "rows_out": rows_out,
        "reasons": json.dumps({k: n for k, n in sorted(reasons.items()) if n}, sort_keys=True),
        "processed_at": now,
        "made_by": making.made_by,
        "edition": edition,
        "read_edition": batch.read_edition,
        "restated_for": restated_for(batch, making) if anew else batch.restated_for,
    }


def restated_for(batch: Batch, making: Making) -> str:
    """The purpose under which the rows of a batch are made anew: what a backfill restated does not become live by who follows it."""
    if making.restates or not batch.fence:
        return making.purpose or "backfill"
    return batch.fence


def write_accounts(lake: Lakehouse, rows: Sequence[Mapping[str, Any]]) -> bool:
    """Writes ledger rows, new or anew. Returns whether that changed anything."""
    return lake.upsert(STAGE_BATCHES, ledger_rows(rows)).committed


def ledger_rows(rows: Sequence[Mapping[str, Any]]) -> "pa.Table":
    """Ledger rows with the contract's types."""
    from feedback_assets.contracts.arrow import to_arrow

    return to_arrow(STAGE_BATCHES, rows)


def announce(lake: Lakehouse, stage: str, batches: Collection[Batch], making: Making) -> None:
    """Raises the edition of batches whose rows are about to be written anew and come out otherwise.

    Written before the rows, so that a run that is killed among them leaves a ledger that sends the later stages there again; the account
    of the finished batch raises it once more, for those that read in between.
    """
    wanted = {(b.feed_date, b.batch_id): b for b in batches}
    if not wanted:
        return
    where: dict[str, Collection[Any]] = {"stage": [stage], "feed_date": sorted({d for d, _ in wanted})}
    rows = [r for r in lake.read(STAGE_BATCHES, where=where).to_pylist() if (r["feed_date"], r["batch_id"]) in wanted]
    for row in rows:
        batch = wanted[row["feed_date"], row["batch_id"]]
        row["edition"] = batch.edition + 1
        row["restated_for"] = restated_for(batch, making)
        row["made_by"] = ""  # until it is done: whoever restates takes it up again
    write_accounts(lake, rows)


def _ledger(lake: Lakehouse, stages: Sequence[str], days: Collection[date] | None) -> list[dict[str, Any]]:
    where: dict[str, Collection[Any]] = {"stage": stages}
    if days is not None:
        where["feed_date"] = days
    rows: list[dict[str, Any]] = lake.read(STAGE_BATCHES, columns=_LEDGER, where=where).to_pylist()
    return rows


def _of_own(row: Mapping[str, Any] | None) -> dict[str, Any]:
    if row is None:
        return {}
    return {
        "is_done": True,
        "made_by": row["made_by"] or "",
        "edition": row["edition"] or 0,
        "restated_for": row["restated_for"] or "",
    }
