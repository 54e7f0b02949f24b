"""Vectors of issues: which days have issues to embed, and embedding them. Not here: what vectors are used for (fold.py)."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from feedback_assets.contracts.bronze import STAGE_BATCHES
from feedback_assets.contracts.enrichment import ISSUES
from feedback_assets.contracts.silver import EVENTS
from feedback_assets.contracts.themes import EMBEDDINGS, STATES
from feedback_assets.ground.batches import LIVE, UNASKED, Making, account, open_batches, write_accounts
from feedback_assets.ground.restating import Difference, difference, write
from feedback_assets.ground.slices import Named, in_slices, rows_in_parts
from feedback_assets.lakehouse.frames import frame_of, read_frame
from feedback_assets.themes.embedders.interface import Embedder
from feedback_assets.themes.wording import spans_of, wording

if TYPE_CHECKING:
    import pyarrow as pa

    from feedback_assets.lakehouse.interface import Lakehouse

STAGE = "embeddings"
_COLUMNS = ("issue_id", "event_id", "payload_sha256", "feed_date", "batch_id", "quote", "evidence")
_Counts = Counter[tuple[date, str]]


@dataclass
class DayReport:
    """What was done for one day. `issues`: rows read of batches that were open; `embedded`: vectors that are new; `restated`: vectors of
    before that changed or went with their issue; `unasked`: issues whose texts a budget or an absent service left without a vector, and
    `stopped`: why."""

    batches: int = 0
    restated: int = 0
    issues: int = 0
    embedded: int = 0
    unasked: int = 0
    stopped: str = ""
    committed: bool = False


def pending_days(lake: "Lakehouse") -> list[date]:
    """Days with a batch that enrichment has done, or done anew, and embedding has not, ascending."""
    return sorted({batch.feed_date for batch in open_batches(lake, STAGE, None, LIVE)})


def waiting_days(lake: "Lakehouse") -> list[date]:
    """Days with issues that a budget or an absent service left without a vector, ascending."""
    ledger = lake.read(STAGE_BATCHES, columns=["feed_date", "reasons"], where={"stage": [STAGE]}).to_pylist()
    return sorted({r["feed_date"] for r in ledger if UNASKED in json.loads(r["reasons"])})


def days_of_another_embedder(lake: "Lakehouse", embedder: Callable[[], str]) -> list[date]:
    """Days with issues that have no vector of this embedder, after it was changed; ascending. embedder: its name, asked for when needed.

    The ledger says only that a batch has vectors. Themes say by which embedder they are made: where that is another one, all days are
    looked at.
    """
    made_by = set(lake.read(STATES, columns=["embedder"], where={"status": ["active"]})["embedder"].to_pylist())
    if not made_by or made_by == {embedder()}:
        return []
    embedded = lake.read(EMBEDDINGS, columns=["feed_date", "issue_id"], where={"embedder": [embedder()]}).to_pylist()
    have = {(r["feed_date"], r["issue_id"]) for r in embedded}
    issues = lake.read(ISSUES, columns=["feed_date", "issue_id"]).to_pylist()
    return sorted({r["feed_date"] for r in issues if (r["feed_date"], r["issue_id"]) not in have})


def embed_days(
    lake: "Lakehouse", embedder: Embedder, days: Iterable[date], *, now: datetime, making: Making = LIVE
) -> dict[date, DayReport]:
    """Embeds the issues of the open batches of the days, slice by slice, then closes these batches in the ledger.

    Of a batch that enrichment did anew, or whose vectors other code made in a run that restates, the vectors are made anew, too, and those
    of issues that are no more go.

    Also after a change of the embedder: then it embeds the issues of batches that were closed before.
    """
    wanted = sorted(set(days))
    reports = {day: DayReport() for day in wanted}
    if not wanted:
        return reports
    listed = open_batches(lake, STAGE, wanted, making)
    for done in (False, True):
        for batches in in_slices([b for b in listed if b.is_done == done], lambda b: int(b["rows"])):
            how = _embed_anew if done else _embed
            issues, unasked = how(lake, embedder, batches, reports)
            accounts = []
            for batch in batches:
                n, left = issues[batch.feed_date, batch.batch_id], unasked[batch.feed_date, batch.batch_id]
                accounts.append(
                    account(STAGE, batch, making, rows_in=n, rows_out=n - left, reasons={UNASKED: left}, now=now, edition=batch.edition)
                )
                reports[batch.feed_date].batches += 1
                reports[batch.feed_date].unasked += left
                reports[batch.feed_date].stopped = getattr(embedder, "stopped", "") if left else ""
                reports[batch.feed_date].issues += n
            write_accounts(lake, accounts)
    for closed in in_slices(_closed_by_another(lake, embedder, wanted), lambda b: int(b["rows"])):
        _embed(lake, embedder, closed, reports)
    return reports


def _embed(
    lake: "Lakehouse", embedder: Embedder, batches: Sequence[Named], reports: Mapping[date, DayReport]
) -> tuple["_Counts", "_Counts"]:
    """Gives the issues of these batches their vectors, where they have none yet. Returns the number of issues of each (day, batch), and
    of those among them that are left without a vector."""
    found: _Counts = Counter()
    unasked: _Counts = Counter()
    # An event has one issue, or a few: rows counts events in the ledger of the stage before.
    for part in rows_in_parts(lake, ISSUES, batches, _COLUMNS, sum(b["rows"] for b in batches)):
        issues = sorted(part.to_pylist(), key=lambda i: (i["feed_date"], i["issue_id"]))
        found.update((i["feed_date"], i["batch_id"]) for i in issues)
        held = lake.read(
            EMBEDDINGS,
            columns=["feed_date", "issue_id"],
            where={
                "feed_date": sorted({i["feed_date"] for i in issues}),
                "issue_id": [i["issue_id"] for i in issues],
                "embedder": [embedder.name],
            },
        ).to_pylist()
        have = {(r["feed_date"], r["issue_id"]) for r in held}
        missing = [i for i in issues if (i["feed_date"], i["issue_id"]) not in have]
        made, left = _vectors(lake, embedder, missing)
        unasked.update((i["feed_date"], i["batch_id"]) for i in left)
        if made.num_rows and lake.append_new(EMBEDDINGS, made).committed:
            for day in set(made["feed_date"].to_pylist()):
                reports[day].committed = True
        for day in made["feed_date"].to_pylist():
            reports[day].embedded += 1
    return found, unasked


def _embed_anew(
    lake: "Lakehouse", embedder: Embedder, batches: Sequence[Named], reports: Mapping[date, DayReport]
) -> tuple["_Counts", "_Counts"]:
    """Makes the vectors of the issues of these batches anew, and takes away those whose issue is no more. Returns as _embed()."""
    found: _Counts = Counter()
    unasked: _Counts = Counter()
    days = sorted({b["feed_date"] for b in batches})
    for part in rows_in_parts(lake, ISSUES, batches, _COLUMNS, sum(b["rows"] for b in batches)):
        issues = sorted(part.to_pylist(), key=lambda i: (i["feed_date"], i["issue_id"]))
        found.update((i["feed_date"], i["batch_id"]) for i in issues)
        if issues:
            made, left = _vectors(lake, embedder, issues)
            unasked.update((i["feed_date"], i["batch_id"]) for i in left)
            wanted = frame_of(made.select(["feed_date", "issue_id", "embedder"]))
            there = read_frame(lake, EMBEDDINGS, EMBEDDINGS.column_names, {"feed_date": days, "embedder": [embedder.name]})
            _write(lake, difference(EMBEDDINGS, there.join(wanted, on=wanted.columns, how="semi"), made), reports)
    held = read_frame(lake, EMBEDDINGS, EMBEDDINGS.column_names, {"feed_date": days})
    known = read_frame(lake, ISSUES, ["feed_date", "issue_id"], {"feed_date": days})
    gone = held.join(known, on=["feed_date", "issue_id"], how="anti")
    if gone.height:
        _write(lake, Difference(EMBEDDINGS, held.clear(), gone, frozenset()), reports)
    return found, unasked


def _write(lake: "Lakehouse", different: Difference, reports: Mapping[date, DayReport]) -> None:
    if write(lake, different):
        for day in different.changed["feed_date"].to_list() + different.gone["feed_date"].to_list():
            reports[day].committed = True
            reports[day].restated += 1


def _closed_by_another(lake: "Lakehouse", embedder: Embedder, days: Sequence[date]) -> list[dict[str, Any]]:
    """Closed batches of days that have fewer vectors of this embedder than the ledger tells of issues."""
    ledger = lake.read(
        STAGE_BATCHES, columns=["feed_date", "source", "batch_id", "rows_in", "rows_out"], where={"stage": [STAGE], "feed_date": days}
    ).to_pylist()
    expected: Counter[date] = Counter()
    for row in ledger:
        expected[row["feed_date"]] += row["rows_out"]
    if not expected.total():
        return []
    vectors = Counter(
        lake.read(EMBEDDINGS, columns=["feed_date"], where={"feed_date": days, "embedder": [embedder.name]})["feed_date"].to_pylist()
    )
    lacking = {day for day, n in expected.items() if vectors[day] < n}
    rows = ({**r, "rows": r["rows_in"]} for r in ledger if r["feed_date"] in lacking)
    return sorted(rows, key=lambda r: (r["feed_date"], r["source"], r["batch_id"]))


def _vectors(lake: "Lakehouse", embedder: Embedder, issues: list[dict[str, Any]]) -> "tuple[pa.Table, list[dict[str, Any]]]":
    """The vectors of these issues, and the issues that cannot have one now."""
    import numpy as np
    import pyarrow as pa

    columns = ["event_id", "payload_sha256", "title", "text"]
    places = {name: sorted({i[name] for i in issues}) for name in ("feed_date", "batch_id", "event_id")}
    said = {(e["event_id"], e["payload_sha256"]): e for e in lake.read(EVENTS, columns=columns, where=places).to_pylist()}
    texts = []
    for issue in issues:
        event = said.get((issue["event_id"], issue["payload_sha256"]))
        spans = [(s["start"], s["end"]) for s in issue["evidence"] or []]
        pieces = spans_of(event["text"], spans) if event else []
        texts.append(wording(event["title"] if event else "", pieces or [issue["quote"]]))
    vectors = embedder.embed(texts)
    has_one = np.asarray(np.isfinite(vectors).all(axis=1), bool)
    left = [issue for issue, has in zip(issues, has_one, strict=True) if not has]
    issues = [issue for issue, has in zip(issues, has_one, strict=True) if has]
    vectors = vectors[has_one]
    values = pa.array(vectors.reshape(-1), pa.float32())
    offsets = pa.array(range(0, len(issues) * embedder.dimensions + 1, embedder.dimensions), pa.int32())
    made = pa.table(
        {
            "issue_id": pa.array([i["issue_id"] for i in issues], pa.string()),
            "feed_date": pa.array([i["feed_date"] for i in issues], pa.date32()),
            "embedder": pa.array([embedder.name] * len(issues), pa.string()),
            "vector": pa.ListArray.from_arrays(offsets, values),
        }
    )
    return made, left
