"""`feedback trace`: what stands behind a ticket, a theme, an issue or an event, down to the source bytes."""

from collections.abc import Mapping, Sequence
from typing import Any

import click

from feedback_assets.cli import context, output

SHOWN = 10
DETAILED = 100


@click.command("trace")
@click.argument("ident", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--all", "everything", is_flag=True, help=f"Every event in detail: not the first {SHOWN} (in JSON the first {DETAILED}).")
@click.option("--verify/--no-verify", default=None, help="Re-read the bytes and compare their hash; done by default unless --json.")
def trace(ident: str, as_json: bool, everything: bool, verify: bool | None) -> None:
    """From any ticket, theme, issue or event to the source bytes and back.

    ID is a ticket (FB-…), a theme (T…), an event or issue id, the first 6 or more characters of one, or source:record id.
    Bytes START to END of a record's file, after decompression, hash to its SHA256. JSON has every record, and every event; events beyond
    the first ones have "detailed": false without --all.
    """
    from feedback_assets.cli.queries.trace import Places
    from feedback_assets.cli.queries.trace import trace as traced

    settings = context.settings()
    found = traced(
        context.reader(settings),
        Places(landing=settings.landing, tickets=settings.local_tickets, prompts=settings.prompts),
        ident,
        most=None if everything or as_json else SHOWN,
        detailed=DETAILED if as_json and not everything else None,
        verify=not as_json if verify is None else verify,
    )
    if as_json:
        output.print_json(found)
    else:
        _show(found)
    bad = [r for r in found["records"] if r.get("bytes", "ok") != "ok"]
    if bad:
        output.note(f"{len(bad)} records are not in the landing zone as they were ingested, first: {bad[0]['relative_file']}")
        raise click.exceptions.Exit(1)


def _show(found: Mapping[str, Any]) -> None:
    output.line(f"{found['kind']} {found['id']}")
    for ticket in [t for t in (found["ticket"], *found["tickets"]) if t]:
        _ticket(ticket)
    for theme in [t for t in (found["theme"], *found["themes"]) if t]:
        _theme(theme)
    output.line()
    output.line(f"{found['events_total']} events, {found['issues_total']} issues, {found['records_total']} delivered records")
    for event in found["events"]:
        _event(event)
    _records(found)


def _ticket(ticket: Mapping[str, Any]) -> None:
    output.line()
    output.line(f"ticket {ticket['id']}  {ticket['status']}  {ticket.get('band', '')}  {ticket.get('title', '')}")
    if ticket["file"]:
        output.line(f"  file {ticket['file']}  content sha256 {ticket['content_sha256']}")
    for i in ticket["intents"]:
        when = output.shown(i["applied_at"] or i["written_at"])
        output.line(
            f"  {i['sequence']}. {i['action']} {i['status']} {when} at {i['destination']}, purpose {i['purpose']}, "
            f"intent {i['intent_id']}" + (f", refused: {i['error']}" if i["error"] else "")
        )


def _theme(theme: Mapping[str, Any]) -> None:
    output.line()
    if "name" not in theme:
        output.line(f"theme {theme['id']}  (not in the registry)")
        return
    output.line(f"theme {theme['id']}  {theme['name']}")
    output.line(
        f"  {theme['category']}/{theme['subcategory'] or '-'}, owner {theme['owner']}, language {theme['language']}, {theme['status']}"
        + (f", followed by {theme['successor_id']}" if theme["successor_id"] else "")
    )
    said = f"{theme['issues']} issues of {theme['customers']} customers, {theme['first_day']} to {theme['last_day']}"
    output.line(f"  {said}, embedder {theme['embedder']}")
    output.line(f"  “{output.safe(theme['quote'], width=200)}” (issue {theme['quote_issue_id']})")
    score, trend = theme["score"], theme["trend"]
    if score:
        parts = " + ".join(f"{name} {score['points'][name]:.1f} ({score['factors'][name]:.2f})" for name in score["points"])
        output.line(f"  score {score['score']:.1f} {score['band']} = {parts}; weights {score['weights_version']}, as of {score['as_of']}")
    if trend:
        output.line(f"  trend {trend['trend']}: {trend['last_7_days']} in the last 7 days, {trend['previous_7_days']} in the 7 before")


def _event(event: Mapping[str, Any]) -> None:
    output.line()
    state = (
        "deletion"
        if event["is_deletion"]
        else "in force"
        if event["is_current"]
        else "superseded"
        if event["is_current"] is not None
        else ""
    )
    output.line(
        f"event {event['event_id']}  revision {event['revision'] or '?'} {state}  {event['source']}  {output.shown(event['event_time'])}"
    )
    if event["stage"] == "bronze":
        output.line("  not processed beyond bronze yet: feedback run")
        return
    output.line(f"  “{output.safe(event['quote'], width=200)}” ({event['language']})")
    if event["stage"] == "silver":
        output.line("  not enriched yet: feedback run")
        return
    spam = f", spam: {event['spam_reason']}" if event["spam_reason"] else ""
    versions = f"taxonomy {event['taxonomy_version']}, model {event['model_version']}"
    output.line(f"  {event['outcome']} by {event['tier']}, {event['sentiment']}, {versions}{spam}")
    for i in event["issues"]:
        _issue(i)
    if event["duplicates"]:
        d = event["duplicates"]
        output.line(f"  says the same as {d['group_id']} ({d['kind']}, {d['similarity']:.2f}{', template' if d['is_template'] else ''})")


def _issue(i: Mapping[str, Any]) -> None:
    where = "in review: " + i["review"]["reason"] if i["review"] else f"theme {i['theme_id'] or 'none yet'}"
    near = f" ({i['similarity']:.2f})" if i["similarity"] is not None and i["theme_id"] else ""
    spans = ", ".join(f"{s['start']}-{s['end']}" for s in i["evidence"] or ())
    output.line(
        f"  issue {i['issue_id']}  {i['category']}/{i['subcategory'] or '-'}, severity {i['severity']}, {i['urgency']}, "
        f"confidence {i['confidence']:.2f}, {i['tier']}, {where}{near}" + (", superseded" if i["superseded"] else "")
    )
    output.line(f"    evidence {spans}: “{output.safe(i['quote'], width=160)}”")
    if i.get("answer"):
        _answer(i["answer"])


def _answer(a: Mapping[str, Any]) -> None:
    """What the language model was asked for an issue."""
    if not a["request_key"]:
        output.line(f"    asked {a['model']} with prompt {a['prompt_version']}: {a['why']}")
        return
    returned = f", answered by {output.safe(a['model_returned'], width=80)}" if a["model_returned"] != a["model"] else ""
    output.line(
        f"    asked {output.safe(a['model'], width=80)} with prompt {a['prompt_version']} sha256 {a['prompt_sha256']}{returned}, "
        f"{output.shown(a['asked_at'])}"
    )
    output.line(
        f"    request {a['request_key']}, {a['prompt_tokens']} tokens of prompt ({a['cached_tokens']} cached), "
        f"{a['completion_tokens']} of answer, {a['cost_usd']:.6f} US dollars"
    )


def _records(found: Mapping[str, Any]) -> None:
    records: Sequence[Mapping[str, Any]] = found["records"]
    files = {f["batch_id"]: f for f in found["files"]}
    output.line()
    output.line("records, as delivered" + ("" if records else ": none in bronze"))
    for r in records:
        file = files.get(r["batch_id"], {})
        output.line(f"  {r['file']}  bytes {r['start']}-{r['end']}  sha256 {r['sha256']}  {r.get('bytes', 'not verified')}")
        output.line(
            f"    {r['source']}:{r['record_id']} revision {r['revision'] or '?'}, received {output.shown(r['received_at'])}, "
            f"file sha256 {file.get('content_sha256', 'not in the manifest')}, {file.get('dead_letters', 0)} dead letters in it"
        )
    more = found["records_total"] - len(records)
    if more > 0:
        output.line(f"and {more} more (--all)")
