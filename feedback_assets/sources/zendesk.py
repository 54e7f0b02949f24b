"""Zendesk Support tickets, as the incremental export delivers them (TicketObject). The customer's words: subject and description.

The description is the first comment. Later comments are not in the ticket object itself; where an export puts them beside it as
`comments`, those that the requester wrote are part of the text, and the others are counted in attributes (turns_left_out).
"""

from collections.abc import Mapping
from typing import Any

from feedback_assets.sources import reading
from feedback_assets.sources.event import CanonicalEvent
from feedback_assets.sources.framing.frames import Layout
from feedback_assets.sources.interface import FixedSource

_KEPT = ("status", "priority", "type", "group_id", "organization_id", "external_id", "satisfaction_rating", "problem_id", "brand_id")
# Comments and metrics inside a ticket have an id and a time too, but none of these.
_TICKET_MARKS = ("subject", "raw_subject", "description", "requester_id")
_LABELLED = {
    "tier": "tier",
    "plan": "tier",
    "product": "product",
    "area": "product_area",
    "product_area": "product_area",
    "version": "version",
    "app_version": "version",
    "release": "version",
    "locale": "locale",
    "language": "locale",
    "region": "region",
    "country": "region",
    "order_value": "order_value",
    "contract_value": "order_value",
    "currency": "currency",
    "order_currency": "currency",
    "contract_currency": "currency",
}


class Zendesk(FixedSource):
    """Support tickets. Product, area, version, tier and the like are read from tags such as `area:sync` or `area__sync`, and from
    custom fields whose id is such a word; a site's numeric field ids stay in attributes."""

    name = "zendesk"
    aliases = ("zendesk_tickets", "zendesk_support", "tickets")
    channel = "ticket"

    def layout(self, mapping: str = "") -> Layout:  # noqa: ARG002
        return Layout(("json", "jsonl"), record_keys=("tickets",), marks=("id", "created_at"), any_mark=_TICKET_MARKS)

    def parse(self, payload: bytes, context: Mapping[str, Any]) -> CanonicalEvent:
        ticket = reading.load_object(payload, context=context)
        record_id = ticket.record_id("id")
        created = ticket.needed_time("created_at", "updated_at", "deleted_at")
        revised = ticket.time("updated_at") or ticket.time("deleted_at") or created
        tags = [reading.short(t, "tags") for t in ticket.list("tags")]
        told, custom = _labelled(ticket, tags)
        text, others = _words(ticket)
        return CanonicalEvent(
            record_id=record_id,
            channel=self.channel,
            event_time=created,
            revised_at=revised,
            is_deletion=ticket.short("status").lower() == "deleted" or ticket.flag("deleted"),
            title=ticket.text("subject") or ticket.text("raw_subject"),
            text=text,
            customer_id=ticket.short("requester_id", "submitter_id"),
            tier=told.get("tier", "").lower(),
            locale=reading.locale_tag(ticket.short("locale") or told.get("locale", "")),
            product=told.get("product", ""),
            product_area=told.get("product_area", ""),
            version=told.get("version", ""),
            region=told.get("region", ""),
            order_value=reading.number(told.get("order_value"), "order_value"),
            currency=reading.currency(told.get("currency", "")),
            url=ticket.short("url"),
            attachments=_attachments(ticket),
            attributes=_attributes(ticket, tags, custom, others),
        )


def _labelled(ticket: reading.Fields, tags: list[str]) -> tuple[dict[str, str], dict[str, Any]]:
    told: dict[str, str] = {}
    custom: dict[str, Any] = {}
    for tag in tags:
        label, found, value = tag.partition(":") if ":" in tag else tag.partition("__")
        if found and value and label.lower() in _LABELLED:
            told.setdefault(_LABELLED[label.lower()], value)
    for entry in ticket.objects("custom_fields"):
        key, value = entry.short("id"), entry.get("value")
        if key.lower() in _LABELLED and value is not None:
            told[_LABELLED[key.lower()]] = reading.short(value, "custom_fields.value")
        elif key and value not in (None, "", []):
            custom[key] = reading.plain(value)
    return told, custom


def _words(ticket: reading.Fields) -> tuple[str, int]:
    """(what the requester wrote, how many comments others wrote)"""
    description = ticket.text("description")
    requester = ticket.short("requester_id")
    texts: list[str] = []
    others = 0
    opened_by_other = False
    for comment in ticket.objects("comments"):
        body = comment.text("plain_body") or comment.text("body") or comment.text("html_body")
        if not body.strip():
            continue
        is_description = body.strip() == description.strip()
        if requester and comment.short("author_id") == requester and comment.get("public") is not False:
            if not is_description:
                texts.append(body)
        else:
            others += 1
            opened_by_other = opened_by_other or is_description
    # A ticket that an agent opened begins with the agent's words; they stay where there are no others.
    if description and not (opened_by_other and texts):
        texts.insert(0, description)
        others -= opened_by_other
    return "\n\n".join(texts), others


def _attributes(ticket: reading.Fields, tags: list[str], custom: dict[str, Any], others: int) -> dict[str, Any]:
    kept = ticket.kept(_KEPT)
    if others:
        kept["turns_left_out"] = others
    requester, submitter = ticket.short("requester_id"), ticket.short("submitter_id")
    if requester and submitter and requester != submitter:
        kept["submitted_for_requester"] = True
    if tags:
        kept["tags"] = tags
    if custom:
        kept["custom_fields"] = custom
    via = ticket.object("via").short("channel")
    if via:
        kept["via"] = via
    return kept


def _attachments(ticket: reading.Fields) -> tuple[str, ...]:
    return tuple(a for a in (x.short("content_url", "url", "file_name") for x in ticket.objects("attachments")) if a)
