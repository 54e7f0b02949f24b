"""`feedback review`: what to decide next and why, the answers to it, and how often people overrule the machine."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from feedback_assets.cli import context, output

if TYPE_CHECKING:
    from feedback_assets.ground.settings import Settings
    from feedback_assets.lakehouse.local import LocalLakehouse
    from feedback_assets.review.decide import Decided
    from feedback_assets.review.labels import Labels
    from feedback_assets.review.queue import QueueItem

_SHORT = 12
"""Digits of an id that are printed; every command takes a shortened one."""
_WIDTH = 400

by_user = click.option("--by", required=True, metavar="USER", help="Your user id: no name with spaces, no address.")
why_code = click.option("--reason", default="", metavar="CODE", help="Why, from the list that the command names when it is another.")
in_words = click.option("--note", default="", help="One line, at most 280 characters, without addresses and numbers of people.")
machine_readable = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group("review")
def review() -> None:
    """Decide about issues that the machine doubts. Later runs are bound by it, and the local model learns from it.

    Ids may be shortened to as many digits as are unique.
    """


@review.command("next")
@click.option("--limit", type=click.IntRange(min=1), default=5, show_default=True, help="How many to show.")
@click.option("--by", default="", metavar="USER", help="Leave out conflicts that you are part of.")
@machine_readable
def next_(limit: int, by: str, as_json: bool) -> None:
    """Show what to decide next: conflicts, then what an answer is worth most for."""
    from feedback_assets.review.queue import next_items

    settings = context.settings()
    lake = _lake(settings)
    found = next_items(lake, limit, context.now(), bar=_bar(settings), by=by) if settings.lake.is_dir() else []
    if as_json:
        output.print_json([_as_json(q, by or "USER") for q in found])
    elif not found:
        output.note("nothing to decide: no doubted issue is open, and no calibration sample")
    for q in () if as_json else found:
        _show(q, by or "USER")


@review.command("approve")
@click.argument("issue")
@by_user
@why_code
@in_words
def approve(issue: str, by: str, reason: str, note: str) -> None:
    """It is as the machine says."""
    from feedback_assets.review import decide

    lake, labels = _for_labels()
    _tell(decide.approve(lake, labels, _issue(lake, issue), by=by, now=context.now(), reason=reason, note=note))


@review.command("edit")
@click.argument("issue")
@click.option("--category", help="Category of the taxonomy, instead of the machine's.")
@click.option("--subcategory", help="Subcategory; empty for none.")
@click.option("--severity", type=click.IntRange(1, 5), help="1 cosmetic to 5 loss of data, money or safety.")
@by_user
@why_code
@in_words
def edit(issue: str, by: str, reason: str, note: str, **said: Any) -> None:
    """It is an issue, with other labels than the machine's."""
    from feedback_assets.review import decide

    lake, labels = _for_labels()
    _tell(decide.edit(lake, labels, _issue(lake, issue), by=by, now=context.now(), reason=reason, note=note, **said))


@review.command("reject")
@click.argument("issue")
@by_user
@why_code
@in_words
def reject(issue: str, by: str, reason: str, note: str) -> None:
    """It is no issue."""
    from feedback_assets.review import decide

    lake = _lake(context.settings())
    _tell(decide.reject(lake, _issue(lake, issue), by=by, now=context.now(), reason=reason, note=note))


@review.command("duplicate")
@click.argument("issue")
@click.option("--of", "original", required=True, metavar="ISSUE", help="The issue that tells it already, and stays.")
@by_user
@why_code
@in_words
def duplicate(issue: str, original: str, by: str, reason: str, note: str) -> None:
    """Another issue tells it already."""
    from feedback_assets.review import decide

    lake = _lake(context.settings())
    found = _issue(lake, issue), _issue(lake, original)
    _tell(decide.duplicate(lake, found[0], of=found[1], by=by, now=context.now(), reason=reason, note=note))


@review.command("spam")
@click.argument("issue")
@by_user
@why_code
@in_words
def spam(issue: str, by: str, reason: str, note: str) -> None:
    """The whole text is no feedback."""
    from feedback_assets.review import decide

    lake = _lake(context.settings())
    _tell(decide.spam(lake, _issue(lake, issue), by=by, now=context.now(), reason=reason, note=note))


@review.command("undo")
@click.argument("decision")
@by_user
@why_code
@in_words
def undo(decision: str, by: str, reason: str, note: str) -> None:
    """Take a decision of your own back, with what was propagated from it."""
    from feedback_assets.review import decide
    from feedback_assets.review.items import decision_named

    lake = _lake(context.settings())
    done = decide.undo(lake, decision_named(lake, decision), by=by, now=context.now(), reason=reason, note=note)
    copies = f", and {done.propagated} near-duplicates with it" if done.propagated else ""
    was = f"{done.decision['verdict']} of issue {_short(done.decision['issue_id'])}"
    output.line(f"already taken back: {was}" if done.already else f"taken back: {was}{copies}")


@review.command("conflicts")
@machine_readable
def conflicts(as_json: bool) -> None:
    """List what people disagree about. A third person settles it by deciding; or one of them takes theirs back."""
    from feedback_assets.review.adjudication import disagreements

    found = disagreements(_lake(context.settings()))
    if as_json:
        output.print_json([_conflict(d) | {"quote": d.item.quote} for d in found])
        return
    for d in found:
        output.line(f"issue {_short(d.item.issue_id)}  {output.safe(d.item.quote, width=_WIDTH)}")
        for r in d.conflict.decisions:
            labels = f" {_label(r['category'], r['subcategory'])}" if r["verdict"] in ("accepted", "corrected") else ""
            made = r["propagated_from"] or r["decision_id"]
            output.line(f"    {r['decided_by']}: {r['verdict']}{labels} ({r['reason'] or 'no reason'}), decision {_short(made)}")
        if d.affects > 1:
            output.line(f"    {d.affects} issues wait for it")
    if not found:
        output.note("nobody disagrees")


@review.command("calibration")
@machine_readable
def calibration(as_json: bool) -> None:
    """The week's sample and what of it is left to judge, then how often people overrule the machine."""
    from feedback_assets.contracts.review import DECISIONS, decisions_in_force
    from feedback_assets.review.calibration import override_rates, week_sample
    from feedback_assets.review.items import items_of

    settings = context.settings()
    lake = _lake(settings)
    sample = week_sample(lake, context.now()) if settings.lake.is_dir() else []
    decided = {r["issue_id"] for r in decisions_in_force(lake.read(DECISIONS).to_pylist())}
    items = items_of(lake, [r["issue_id"] for r in sample])
    left = [items[r["issue_id"]] for r in sample if r["issue_id"] in items and r["issue_id"] not in decided]
    rates, sampled = override_rates(lake), override_rates(lake, sampled=True)
    if as_json:
        figures = {"rates": [asdict(r) for r in rates], "rates_of_samples": [asdict(r) for r in sampled]}
        output.print_json({"sample": sample, "left": [asdict(i) for i in left], **figures})
        return
    output.line(f"sample of the week: {len(sample)} items, {len(left)} left to judge")
    output.table(
        ["issue", "machine", "category", "language", "tier", "text"],
        [
            [_short(i.issue_id), i.stand, _label(i.category, i.subcategory), i.language, i.tier, output.safe(i.quote, width=90)]
            for i in left
        ],
    )
    for title, found in (("overruled, all decisions", rates), ("overruled, samples alone", sampled)):
        if found:
            columns = ["machine", "tier", "category", "language", "decisions", "overruled", "rate", "low", "high"]
            output.table(columns, [list(asdict(r).values()) for r in found], right=columns[4:], title=title)


def _lake(settings: "Settings") -> "LocalLakehouse":
    from feedback_assets.lakehouse.local import LocalLakehouse

    return LocalLakehouse(settings.lake)


def _for_labels() -> "tuple[LocalLakehouse, Labels]":
    from feedback_assets.enrichment.taxonomy import load_taxonomy
    from feedback_assets.review.labels import labels_of

    settings = context.settings()
    return _lake(settings), labels_of(load_taxonomy(settings.taxonomy).categories)


def _bar(settings: "Settings") -> float:
    from feedback_assets.enrichment.taxonomy import load_taxonomy

    return load_taxonomy(settings.taxonomy).bars.accept


def _issue(lake: "LocalLakehouse", text: str) -> str:
    from feedback_assets.review.items import issue_named

    return issue_named(lake, text)


def _show(q: "QueueItem", by: str) -> None:
    item, v = q.item, q.value
    severity = f", severity {item.severity}" if item.severity is not None else ""
    output.line(f"issue {_short(item.issue_id)}  {_label(item.category, item.subcategory)}{severity}, {item.language}, by {item.tier}")
    output.line(f"    “{output.safe(item.quote, width=_WIDTH)}”")
    output.line(f"    asked because: {q.why}")
    if v is not None:
        output.line(f"    value {v.value:.3f} = priority {v.priority:.2f} x chance {v.chance:.2f} x {v.copies}")
    for command in _commands(q, by):
        output.line(f"    {command}")
    output.line()


def _commands(q: "QueueItem", by: str) -> list[str]:
    """What answers it, to be copied."""
    name = _short(q.item.issue_id)
    approving = [f"feedback review approve {name} --by {by}"] if q.item.category else []
    return [
        *approving,
        f"feedback review edit {name} --category CATEGORY --by {by}",
        f"feedback review reject {name} --reason CODE --by {by}",
        f"feedback review duplicate {name} --of ISSUE --by {by}",
        f"feedback review spam {name} --by {by}",
    ]


def _as_json(q: "QueueItem", by: str) -> dict[str, Any]:
    return {
        **asdict(q.item),
        "why": q.why,
        "sampled": q.sampled,
        "value": asdict(q.value) if q.value is not None else None,
        "conflict": _conflict(q.conflict) if q.conflict is not None else None,
        "commands": _commands(q, by),
    }


def _conflict(d: Any) -> dict[str, Any]:
    told = ("decision_id", "propagated_from", "decided_by", "decided_at", "verdict", "category", "subcategory", "severity", "reason")
    return {
        "conflict_id": d.conflict.conflict_id,
        "issue_id": d.item.issue_id,
        "people": d.people,
        "affects": d.affects,
        "decisions": [{name: r[name] for name in told} for r in d.conflict.decisions],
    }


def _tell(done: "Decided") -> None:
    row = done.decision
    labels = f" as {_label(row['category'], row['subcategory'])}" if row["verdict"] in ("accepted", "corrected") else ""
    copies = f", with {done.propagated} near-duplicates" if done.propagated else ""
    before = "already decided: " if done.already else ""
    output.line(f"{before}{row['verdict']}{labels}{copies}; decision {_short(row['decision_id'])}")
    if done.adjudicates and not done.already:
        output.line("this settles the conflict about it")
    if done.in_conflict:
        output.line("somebody decided otherwise: it binds nothing until a third person decides, see feedback review conflicts")


def _label(category: str, subcategory: str) -> str:
    return "no category" if not category else f"{category}/{subcategory}" if subcategory else category


def _short(name: str) -> str:
    return name[:_SHORT]
