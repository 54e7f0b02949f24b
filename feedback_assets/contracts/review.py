"""Contracts of review: what people decided about the issues that the machine doubted, or got wrong; what is sampled for them to judge.

Here too: which decisions are in force and which contradict each other. It is read off the rows alone, and binding, training and the queue
must read it alike, though none of them knows the others' modules. Not here: making decisions (review/), learning from them (enrichment/).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from feedback_assets.contracts import common as c
from feedback_assets.contracts.table import Column, Table
from feedback_assets.ground.identity import sha256_hex

PERSON = "person"
"""Tier of what carries a decision of a person."""
VERDICTS = ("accepted", "rejected", "corrected", "duplicate", "spam", "undo")
REASONS = (
    *("right", "wrong_category", "wrong_severity", "not_an_issue", "evidence_wrong", "praise", "off_topic"),
    *("advertising", "same_as", "mistake", "other"),
)
STANDS = ("accepted", "doubted", "none")
"""What the machine made of an item: an issue, a row of enrichment/review, or nothing."""
REVIEW_REASONS = ("low_confidence", "no_category", "conflict")
USER = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
NOTE_LENGTH = 280

DECISIONS = Table(
    name="review/decisions",
    row="What one person decided about one issue, or that a decision is taken back. None is ever changed; which count follows from all.",
    owner="product-support",
    columns=(
        Column("decision_id", "string", "Hash of issue, person and time; of an undo, of the decision that it names.", pattern=c.ID128),
        c.ISSUE_ID,
        c.EVENT_ID,
        c.PAYLOAD_SHA256,
        Column(
            "verdict",
            "string",
            "accepted: it is as the machine said. corrected: it is as this row says. rejected: no issue. duplicate: the issue is told by "
            "`duplicate_of`. spam: no feedback. undo: the decision in `undoes`, and what was propagated from it, no longer counts.",
            one_of=VERDICTS,
        ),
        c.CATEGORY,
        c.SUBCATEGORY,
        Column("severity", "int32", "As the person sees it, 1 to 5; null when they did not say.", nullable=True, at_least=1, at_most=5),
        Column("quote", "string", "Masked text that was decided about: the evidence of the issue."),
        Column("language", "string", "Language of the event."),
        Column("decided_by", "string", "Who decided: a user id of the site, no name.", pattern=USER),
        Column("decided_at", "timestamp", "When."),
        Column("reason", "string", "Why, from a closed list; null in rows of before there were reasons.", nullable=True, one_of=REASONS),
        Column(
            "note",
            "string",
            "A remark of the person, on one line, without addresses and long numbers.",
            nullable=True,
            pattern=r"^[^\x00-\x1f\x7f]{0,280}$",
        ),
        Column(
            "origin",
            "string",
            "person: they looked at this issue. propagated: they looked at a near-duplicate of it. Null means person.",
            nullable=True,
            one_of=("person", "propagated"),
        ),
        Column("propagated_from", "string", "The decision that a propagated one follows.", nullable=True, pattern=c.ID128),
        Column("undoes", "string", "The decision that an undo takes back.", nullable=True, pattern=c.ID128),
        Column("duplicate_of", "string", "The issue that a duplicate repeats.", nullable=True, pattern=c.ID128),
        Column("adjudicates", "string", "The conflict of two people that this decision settles.", nullable=True, pattern=c.ID128),
        Column("feed_date", "date", "Day under which the source delivered the record.", nullable=True),
        Column("batch_id", "string", "Batch of the issue's row: it is derived anew after the decision.", nullable=True, pattern=c.ID128),
        Column("machine_stand", "string", "What the machine had made of it.", nullable=True, one_of=STANDS),
        Column("machine_reason", "string", "Why it was in review; null when it was not.", nullable=True, one_of=REVIEW_REASONS),
        Column("machine_category", "string", "Category that the machine had said.", nullable=True),
        Column("machine_subcategory", "string", "Subcategory that the machine had said.", nullable=True),
        Column("machine_severity", "int32", "Severity that the machine had said.", nullable=True, at_least=1, at_most=5),
        Column("machine_confidence", "double", "Its confidence.", nullable=True, at_least=0, at_most=1),
        Column("machine_tier", "string", "Tier that had said it.", nullable=True),
    ),
    key=("decision_id",),
)

SAMPLES = Table(
    name="review/samples",
    row="One item of a week's calibration sample: what the machine accepted, doubted or found nothing in, for a person to judge.",
    owner="product-support",
    columns=(
        Column("week", "date", "Monday of the week in which it is judged."),
        Column("issue_id", "string", "The issue; for a text without one a hash of event and revision.", pattern=c.ID128),
        c.EVENT_ID,
        c.PAYLOAD_SHA256,
        c.FEED_DATE,
        Column("stand", "string", "What the machine made of it.", one_of=STANDS),
        Column("category", "string", "Category that the machine said; empty for none."),
        Column("language", "string", "Language of the event."),
        Column("tier", "string", "Tier that decided."),
        Column("confidence", "double", "Its confidence; 0 where there is none.", at_least=0, at_most=1),
        Column("stratum_items", "int64", "Items of the same stand, category, language and tier that it was drawn from.", at_least=1),
        Column("stratum_drawn", "int64", "How many of them were drawn.", at_least=1),
        Column("seed", "string", "With the week it decides what is drawn."),
    ),
    key=("week", "issue_id"),
)

TABLES = (DECISIONS, SAMPLES)

Row = Mapping[str, Any]
"""A row of review/decisions. Columns that rows of before do not have may be missing."""


@dataclass(frozen=True)
class Conflict:
    """People who say different things of the same, and nobody has settled it.

    conflict_id: hash of the decisions that were really made; propagated ones count as those that they follow, so that a disagreement
    about one text is one conflict with all its near-duplicates. decisions: of the first issue, oldest first.
    """

    conflict_id: str
    issue_ids: tuple[str, ...]
    decisions: tuple[Row, ...]


def decisions_in_force(rows: Iterable[Row]) -> list[Row]:
    """The decision that stands for each issue, one row an issue, by issue id; none for issues in conflict. In any order of the rows.

    An undo takes out the decision that it names and what was propagated from it. What somebody decided about the issue itself stands above
    what was propagated to it. Of one person the newest counts, and so it does of several who agree; an adjudication stands above all that
    is older. Issues that are said to be duplicates of each other in a circle are in conflict.
    """
    in_force, _ = _judged(rows)
    return [in_force[issue] for issue in sorted(in_force)]


def conflicts(rows: Iterable[Row]) -> list[Conflict]:
    """The conflicts that nobody has settled, by the time of the first decision in each."""
    _, disputed = _judged(rows)
    issues: dict[str, list[str]] = defaultdict(list)
    for issue in sorted(disputed):
        issues[conflict_id(disputed[issue])].append(issue)
    # The issue that people looked at comes before those that it was propagated to.
    first = {name: min(found, key=lambda i: (all(is_propagated(r) for r in disputed[i]), i)) for name, found in issues.items()}
    found = [Conflict(name, tuple(dict.fromkeys((first[name], *ids))), tuple(disputed[first[name]])) for name, ids in issues.items()]
    return sorted(found, key=lambda f: (_age(f.decisions[0]), f.conflict_id))


def conflict_id(rows: Sequence[Row]) -> str:
    """Names the conflict between these decisions."""
    return sha256_hex("\n".join(sorted({r.get("propagated_from") or r["decision_id"] for r in rows})).encode())[:32]


def undone_ids(rows: Iterable[Row]) -> frozenset[str]:
    """Decisions that an undo names."""
    return frozenset(r["undoes"] for r in rows if r["verdict"] == "undo" and r.get("undoes"))


def is_propagated(row: Row) -> bool:
    """Nobody looked at this very issue."""
    return row.get("origin") == "propagated"


def standing_rows(rows: Iterable[Row]) -> list[Row]:
    """Decisions that nobody took back, oldest first, each once."""
    listed = {r["decision_id"]: r for r in rows}
    gone = undone_ids(listed.values())
    kept = (r for r in listed.values() if r["verdict"] != "undo" and r["decision_id"] not in gone and r.get("propagated_from") not in gone)
    return sorted(kept, key=_age)


def disagree(a: Row, b: Row) -> bool:
    """Whether two decisions cannot both be right: an issue or none or a repetition; another category or subcategory; a severity two steps
    apart, since one step is a matter of taste."""
    if _kind(a) != _kind(b):
        return True
    if _kind(a) != "issue":
        return False
    apart = abs(a["severity"] - b["severity"]) if a["severity"] is not None and b["severity"] is not None else 0
    return (a["category"], a["subcategory"]) != (b["category"], b["subcategory"]) or apart >= 2


def _judged(rows: Iterable[Row]) -> tuple[dict[str, Row], dict[str, list[Row]]]:
    """(issue -> decision in force, issue -> decisions in conflict)."""
    by_issue: dict[str, list[Row]] = defaultdict(list)
    for row in standing_rows(rows):
        by_issue[row["issue_id"]].append(row)
    in_force: dict[str, Row] = {}
    disputed: dict[str, list[Row]] = {}
    for issue, found in by_issue.items():
        said = _last_words(found)
        if any(disagree(a, b) for a, b in combinations(said, 2)):
            disputed[issue] = said
        else:
            in_force[issue] = said[-1]
    for circle in _circles({i: r["duplicate_of"] for i, r in in_force.items() if r["verdict"] == "duplicate"}):
        said = sorted((in_force.pop(issue) for issue in circle), key=_age)
        disputed.update(dict.fromkeys(circle, said))
    return in_force, disputed


def _last_words(rows: Sequence[Row]) -> list[Row]:
    """What each person said last, oldest first, from the newest adjudication on."""
    looked_at = [r for r in rows if not is_propagated(r)]
    last = {r["decided_by"]: r for r in looked_at or rows}
    said = sorted(last.values(), key=_age)
    settled = max((n for n, r in enumerate(said) if r.get("adjudicates")), default=0)
    return said[settled:]


def _circles(repeats: Mapping[str, str | None]) -> list[list[str]]:
    """Lists of issues of which each repeats the next and the last the first."""
    found: list[list[str]] = []
    done: set[str] = set()
    for start in repeats:
        path: list[str] = []
        at: str | None = start
        while at is not None and at in repeats and at not in done:
            done.add(at)
            path.append(at)
            at = repeats[at]
        if at in path:
            found.append(path[path.index(at) :])
    return found


def _kind(row: Row) -> str:
    return {"accepted": "issue", "corrected": "issue", "duplicate": "duplicate"}.get(row["verdict"], "none")


def _age(row: Row) -> tuple[Any, str]:
    return row["decided_at"], row["decision_id"]
