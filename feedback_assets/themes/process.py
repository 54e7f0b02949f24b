"""Brings themes up to date with the issues that are embedded: assignments, registry, checkpoint.

Here: reading, folding, and the order of the writes. Not here: the fold itself (fold.py), counting and naming (registry.py, naming.py).

The three tables are functions of the embedded issues and of what is in force. A run goes on from the checkpoint when it holds exactly
the issues of its days, else it folds everything again from the stored vectors. The registry is written first, the checkpoint last: a run
that is killed between repeats the same fold from the old checkpoint.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from feedback_assets.contracts.arrow import to_arrow
from feedback_assets.contracts.enrichment import ISSUES
from feedback_assets.contracts.silver import DUPLICATE_GROUPS, EVENTS, REVISIONS
from feedback_assets.contracts.themes import ASSIGNMENTS, CHECKPOINTS, EMBEDDINGS, THEMES
from feedback_assets.themes.checkpoint import digest, meta_of, rows_of, state_of
from feedback_assets.themes.embedders.interface import Embedder
from feedback_assets.themes.fold import NOWHERE, Folded, Issue, Parameters, Place, State, fold
from feedback_assets.themes.registry import Member, registry_rows, retired_rows
from feedback_assets.themes.wording import BETWEEN

if TYPE_CHECKING:
    import pyarrow as pa

    from feedback_assets.lakehouse.interface import Lakehouse

    Row = dict[str, Any]

_FACTS = ("issue_id", "event_id", "payload_sha256", "source", "feed_date", "event_time", "category", "subcategory", "language")
_COUNTED = ("severity", "confidence", "owner", "quote")


@dataclass(frozen=True)
class ThemesReport:
    """What an update did.

    issues: embedded issues, in a theme or waiting. folded: issues that went through the fold this time. replayed: whether that was all
    of them, from the start. postponed: issues whose only vector is another embedder's; while there are any, nothing is changed.
    """

    issues: int = 0
    folded: int = 0
    assigned: int = 0
    waiting: int = 0
    superseded: int = 0
    themes: int = 0
    retired: int = 0
    replayed: bool = False
    postponed: int = 0
    committed: bool = False


def _once(ordered: "Sequence[Row]") -> "list[Row]":
    """The first row of each issue: a record that was delivered again on a later day brings the same issues again."""
    first: dict[str, Row] = {}
    for row in ordered:
        first.setdefault(row["issue_id"], row)
    return list(first.values())


def update_themes(lake: "Lakehouse", embedder: Embedder, *, now: datetime, parameters: Parameters | None = None) -> ThemesReport:
    """Assigns what is new, discovers, restates what is in force, counts and names.

    The same current themes come out in whatever order days were embedded. Nothing is committed when nothing changed.
    `now` is part of every stage's call; no column of these tables depends on it.
    """
    del now
    rules = parameters or Parameters()
    embedded = lake.read(EMBEDDINGS, columns=["issue_id", "embedder"]).to_pylist()
    ready = {r["issue_id"] for r in embedded if r["embedder"] == embedder.name}
    other = {r["issue_id"] for r in embedded} - ready
    facts = _once(
        sorted(lake.read(ISSUES, columns=[*_FACTS, *_COUNTED]).to_pylist(), key=lambda r: (r["feed_date"], r["event_time"], r["issue_id"]))
    )
    postponed = sum(r["issue_id"] in other for r in facts)
    if postponed:
        return ThemesReport(issues=len(facts), postponed=postponed)
    facts = [r for r in facts if r["issue_id"] in ready]
    stored = {r["issue_id"]: r for r in lake.read(ASSIGNMENTS).to_pylist()}
    start = _start(lake, embedder, rules, facts, stored)
    folded = _fold_from(lake, embedder, rules, facts, start)
    places = _places(folded, facts, stored)
    in_force = {
        (r["event_id"], r["payload_sha256"]): r["is_current"]
        for r in lake.read(REVISIONS, columns=["event_id", "payload_sha256", "is_current"]).to_pylist()
    }
    rows = [_assignment(r, places[r["issue_id"]], in_force) for r in facts]

    members = _members(lake, facts, rows)
    active = registry_rows(folded.state.themes.values(), members, embedder)
    ended = _retired(lake, folded, stored, places)
    wrote = [lake.replace(THEMES, to_arrow(THEMES, [*active, *ended])).committed]
    if _moves_settled(stored, rows, start):
        # Rows that a run from the old checkpoint takes as they stand are about to change: from here on only a replay is right.
        wrote.append(lake.replace(CHECKPOINTS, to_arrow(CHECKPOINTS, [])).committed)
    wrote.append(lake.replace(ASSIGNMENTS, to_arrow(ASSIGNMENTS, rows)).committed)
    last = folded.before_last.through
    contained = digest(r["issue_id"] for r in facts if last is not None and r["feed_date"] <= last)
    checkpoint = rows_of(folded.before_last, rules=rules.version, embedder=embedder.name, issues=contained)
    wrote.append(lake.replace(CHECKPOINTS, checkpoint).committed)
    assigned = sum(bool(r["theme_id"]) for r in rows)
    return ThemesReport(
        issues=len(rows),
        folded=len(folded.places) - len(start.waiting),
        assigned=assigned,
        waiting=len(rows) - assigned,
        superseded=sum(r["superseded"] for r in rows),
        themes=len(active),
        retired=len(ended),
        replayed=start.through is None and bool(facts),
        committed=any(wrote),
    )


def _start(lake: "Lakehouse", embedder: Embedder, rules: Parameters, facts: Sequence["Row"], stored: Mapping[str, "Row"]) -> State:
    """The state of the checkpoint when it was made of exactly today's issues of its days, by these rules; else an empty one."""
    rows = lake.read(CHECKPOINTS)
    found = meta_of(rows)
    if found is None:
        return State()
    through, meta = found
    contained = [r["issue_id"] for r in facts if r["feed_date"] <= through]
    fits = meta == {"rules": rules.version, "embedder": embedder.name, "issues": digest(contained)}
    return state_of(rows) if fits and all(i in stored for i in contained) else State()


def _fold_from(lake: "Lakehouse", embedder: Embedder, rules: Parameters, facts: Sequence["Row"], start: State) -> Folded:
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    new = [r for r in facts if start.through is None or r["feed_date"] > start.through]
    vectors = _vectors(lake, embedder, sorted({r["feed_date"] for r in new}), everything=start.through is None)
    issues = (
        Issue(
            r["feed_date"],
            r["event_time"].astimezone(UTC),
            r["issue_id"],
            r["event_id"],
            r["category"],
            r["subcategory"],
            r["language"],
            vectors[r["issue_id"]],
        )
        for r in new
    )
    # One thread: the matrices of a day are small, and sums do not depend on the number of cores.
    with threadpool_limits(1):
        return fold(start, issues, rules)


def _vectors(lake: "Lakehouse", embedder: Embedder, days: Sequence[date], *, everything: bool) -> dict[str, Any]:
    import numpy as np

    where: dict[str, Any] = {"embedder": [embedder.name]} | ({} if everything else {"feed_date": days})
    rows = lake.read(EMBEDDINGS, columns=["issue_id", "vector"], where=where).combine_chunks()
    matrix = _matrix(rows["vector"], embedder.dimensions).astype(np.float32, copy=False)
    return dict(zip(rows["issue_id"].to_pylist(), matrix, strict=True))


def _matrix(column: "pa.ChunkedArray", dimensions: int) -> Any:
    import numpy as np

    if not len(column):
        return np.zeros((0, dimensions), np.float32)
    return np.concatenate([chunk.flatten().to_numpy(zero_copy_only=False).reshape(-1, dimensions) for chunk in column.chunks])


def _places(folded: Folded, facts: Sequence["Row"], stored: Mapping[str, "Row"]) -> dict[str, Place]:
    """Places of this fold; for issues that the checkpoint has settled, the stored ones, with joined themes followed."""
    places: dict[str, Place] = {}
    for row in facts:
        issue = row["issue_id"]
        if issue in folded.places:
            places[issue] = folded.places[issue]
        else:
            kept = stored[issue]
            places[issue] = Place(folded.last_successor(kept["theme_id"]), kept["similarity"]) if kept["theme_id"] else NOWHERE
    return places


def _assignment(fact: "Row", place: Place, in_force: Mapping[tuple[str, str], bool]) -> "Row":
    revision = (fact["event_id"], fact["payload_sha256"])
    return {
        "issue_id": fact["issue_id"],
        "theme_id": place.theme_id,
        "event_id": fact["event_id"],
        "payload_sha256": fact["payload_sha256"],
        "source": fact["source"],
        "feed_date": fact["feed_date"],
        "event_day": fact["event_time"].astimezone(UTC).date(),
        "similarity": place.similarity,
        # A revision that silver has not numbered yet is held to be in force.
        "superseded": not in_force.get(revision, True),
    }


def _moves_settled(stored: Mapping[str, "Row"], rows: Sequence["Row"], start: State) -> bool:
    """Whether a row of a day that the checkpoint contains gets another theme."""
    waited = {i.issue_id for i in start.waiting}
    return start.through is None or any(
        row["feed_date"] <= start.through and row["issue_id"] not in waited and stored[row["issue_id"]]["theme_id"] != row["theme_id"]
        for row in rows
    )


def _members(lake: "Lakehouse", facts: Sequence["Row"], rows: Sequence["Row"]) -> dict[str, list[Member]]:
    events = {
        (e["event_id"], e["payload_sha256"]): e
        for e in lake.read(EVENTS, columns=["event_id", "payload_sha256", "title", "customer_key", "version"]).to_pylist()
    }
    groups = {r["event_id"]: r["group_id"] for r in lake.read(DUPLICATE_GROUPS, columns=["event_id", "group_id"]).to_pylist()}
    members: dict[str, list[Member]] = defaultdict(list)
    nothing = {"title": "", "customer_key": "", "version": ""}
    for fact, row in zip(facts, rows, strict=True):
        if not row["theme_id"]:
            continue
        event = events.get((fact["event_id"], fact["payload_sha256"]), nothing)
        members[row["theme_id"]].append(
            Member(
                issue_id=fact["issue_id"],
                event_id=fact["event_id"],
                event_time=fact["event_time"],
                event_day=row["event_day"],
                similarity=row["similarity"],
                superseded=row["superseded"],
                severity=fact["severity"],
                confidence=fact["confidence"],
                owner=fact["owner"],
                quote=fact["quote"],
                wording=event["title"] + BETWEEN + fact["quote"],
                customer=event["customer_key"],
                version=event["version"],
                duplicates=groups.get(fact["event_id"], ""),
            )
        )
    return members


def _retired(lake: "Lakehouse", folded: Folded, stored: Mapping[str, "Row"], places: Mapping[str, Place]) -> list["Row"]:
    moved: dict[str, Counter[str]] = defaultdict(Counter)
    for issue, row in stored.items():
        if row["theme_id"] and issue in places:
            moved[row["theme_id"]][places[issue].theme_id] += 1
    joined = {gone: folded.last_successor(gone) for gone in folded.successors}
    return retired_rows(lake.read(THEMES).to_pylist(), set(folded.state.themes), joined, moved)
