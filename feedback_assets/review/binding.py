"""What decisions make of the machine's rows: pure functions over rows, for every run that derives enrichment anew.

Doubted rows that people accept become issues, rejected ones, spam and repetitions go, corrected ones carry the person's labels; what people
disagree about stays as the machine found it. Not here: reading and writing tables, counts of events, which decisions are in force
(contracts/review.py).
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from feedback_assets.contracts.review import PERSON, Conflict, Row, conflicts, decisions_in_force, standing_rows
from feedback_assets.review.labels import Labels

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Bound", "bind", "bind_tables", "conflicts", "decisions_in_force", "readdressed"]

_REVIEW_ONLY = ("reason", "status")
_GOES = ("rejected", "spam", "duplicate")


@dataclass(frozen=True)
class Bound:
    """Rows as people decided.

    issues, review: rows of enrichment/issues and enrichment/review. events: (event_id, payload_sha256) of which a row came, went or got
    other labels, so that their counts can be made anew. unmatched: decisions in force of which no row is here, such as a missed issue that
    a person named. outdated: those that name a category or subcategory that the taxonomy no longer has; they bind nothing.
    conflicts: what people disagree about; it binds nothing.
    """

    issues: list[dict[str, Any]]
    review: list[dict[str, Any]]
    events: frozenset[tuple[str, str]] = frozenset()
    unmatched: list[Row] = field(default_factory=list)
    outdated: list[Row] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)


def bind(
    issues: Iterable[Row],
    review: Iterable[Row],
    decisions: Iterable[Row],
    labels: Labels,
    *,
    urgency: Callable[[str, int], str] | None = None,
) -> Bound:
    """The rows of enrichment/issues and enrichment/review as people decided. Binding what is bound changes nothing.

    issues, review: rows as the machine found them, of whole events; a review row without `status` open is one all the same.
    decisions: all rows of review/decisions about them, with the undos; those in force alone do as well. Their order does not matter.
    urgency: category and severity -> urgency; without it the machine's stays.

    Issues keep their order, then come those that were in review, in its order.
    """
    found, doubted = [dict(r) for r in issues], [dict(r) for r in review]
    addressed = readdressed(decisions, [*found, *doubted])
    in_force = {r["issue_id"]: r for r in decisions_in_force(addressed)}
    clashes = conflicts(addressed)
    disputed = {issue for c in clashes for issue in c.issue_ids}
    here = {r["issue_id"] for r in (*found, *doubted)}
    outdated = [r for r in in_force.values() if r["verdict"] not in _GOES and not labels.knows(r["category"], r["subcategory"])]
    for row in outdated:
        del in_force[row["issue_id"]]
    events: set[tuple[str, str]] = set()
    out_issues: list[dict[str, Any]] = []
    out_review: list[dict[str, Any]] = []
    rows = [*((r, False) for r in found), *((r, True) for r in doubted)]
    # The same claim told twice goes as a whole: the same words with the same category.
    gone = {_claim(r) for r, _ in rows if r["issue_id"] in in_force and in_force[r["issue_id"]]["verdict"] in _GOES}
    for row, was_doubted in rows:
        decision = in_force.get(row["issue_id"])
        if decision is None and _claim(row) in gone and row["issue_id"] not in disputed:
            events.add((row["event_id"], row["payload_sha256"]))
            continue
        if decision is None:
            (out_review if was_doubted else out_issues).append(row)
            continue
        made = None if decision["verdict"] in _GOES else _labelled(row, decision, labels, urgency)
        if made is not None:
            out_issues.append(made)
        if made != row:
            events.add((row["event_id"], row["payload_sha256"]))
    unmatched = [r for r in in_force.values() if r["issue_id"] not in here and r["verdict"] not in _GOES]
    return Bound(out_issues, out_review, frozenset(events), unmatched, outdated, clashes)


def bind_tables(
    issues: "pa.Table",
    review: "pa.Table",
    decisions: Sequence[Row],
    labels: Labels,
    *,
    urgency: Callable[[str, int], str] | None = None,
) -> "tuple[pa.Table, pa.Table, Bound]":
    """The same of Arrow rows of the two contracts: (issues, review, what was bound). Rows of events that nobody decided about pass as they
    are; the others follow them, and Bound.issues and Bound.review hold those alone."""
    import pyarrow as pa
    import pyarrow.compute as pc

    decided = pa.array(sorted({r["event_id"] for r in decisions}), pa.string())
    about = [pc.is_in(t["event_id"], value_set=decided) for t in (issues, review)]
    found, doubted = (t.filter(mask).to_pylist() for t, mask in zip((issues, review), about, strict=True))
    bound = bind(found, doubted, decisions, labels, urgency=urgency)
    if not bound.events:
        return issues, review, bound
    rest = [t.filter(pc.invert(mask)) for t, mask in zip((issues, review), about, strict=True)]
    made = [pa.Table.from_pylist(rows, schema=t.schema) for rows, t in zip((bound.issues, bound.review), rest, strict=True)]
    return pa.concat_tables([rest[0], made[0]]), pa.concat_tables([rest[1], made[1]]), bound


def readdressed(decisions: Iterable[Row], rows: Iterable[Row]) -> list[Row]:
    """The decisions, each about the issue id that its words have among `rows` now.

    A decision whose issue is not there by its id is matched by event, revision and quote, among rows that no decision names and that carry
    no person's labels: to the one of the category that the machine had said, or, when it makes an issue, to the only row of these words
    when no other decision is about them. A rejection is of one claim, so it never passes to a row of another category.
    """
    listed = list(decisions)
    standing = standing_rows(listed)
    verdicts = {r["issue_id"]: r["verdict"] for r in decisions_in_force(standing)}
    present = {r["issue_id"]: r for r in rows}
    named: dict[tuple[Any, ...], dict[str, Row]] = defaultdict(dict)
    for d in standing:
        named[_words(d)].setdefault(d["issue_id"], d)  # the oldest of each issue says what the machine had said
    decided = {d["issue_id"] for d in standing}
    free: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    rows_of_words = Counter(_words(row) for row in present.values())
    for row in present.values():
        if row["issue_id"] not in decided and row["tier"] != PERSON:
            free[_words(row)].append(row)
    moved: dict[str, str] = {}
    for words, of in named.items():
        for issue, d in of.items():
            if issue in present:
                continue
            fitting = [r for r in free[words] if r["category"] == _machine_category(d)]
            if len(of) == 1 and rows_of_words[words] == 1 and verdicts.get(issue) in ("accepted", "corrected"):
                fitting = free[words]
            if len(fitting) == 1:
                moved[issue] = fitting[0]["issue_id"]
    return [{**d, "issue_id": moved[d["issue_id"]]} if d["issue_id"] in moved else d for d in listed]


def _machine_category(decision: Row) -> str:
    said = decision.get("machine_category")
    return str(decision["category"] if said is None else said)


def _labelled(row: Mapping[str, Any], decision: Row, labels: Labels, urgency: Callable[[str, int], str] | None) -> dict[str, Any]:
    """The issue as the person sees it, with the machine's evidence."""
    made = {k: v for k, v in row.items() if k not in _REVIEW_ONLY}
    severity = row["severity"] if decision["severity"] is None else decision["severity"]
    made |= {
        "category": decision["category"],
        "subcategory": decision["subcategory"],
        "severity": severity,
        "owner": labels.owners[decision["category"]],
        "confidence": 1.0,
        "tier": PERSON,
    }
    if urgency is not None:
        made["urgency"] = urgency(decision["category"], severity)
    return made


def _claim(row: Row) -> tuple[Any, ...]:
    return (*_words(row), row["category"])


def _words(row: Row) -> tuple[Any, ...]:
    return row["event_id"], row["payload_sha256"], row["quote"]
