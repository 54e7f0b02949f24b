"""Intercom conversations (API 2.14). The customer's words: the opening message and later parts that a contact wrote.

Parts by teammates, bots and the AI agent are left out of the text and counted in attributes (turns_left_out).
"""

from collections.abc import Mapping
from typing import Any

from feedback_assets.sources import reading
from feedback_assets.sources.event import CanonicalEvent
from feedback_assets.sources.framing.frames import Layout
from feedback_assets.sources.interface import FixedSource

_CUSTOMERS = ("user", "lead", "contact", "visitor")
_KEPT = ("state", "priority", "team_assignee_id", "ai_agent_participated", "conversation_rating")


class Intercom(FixedSource):
    """Chat conversations. Product, area, version, tier and the like are read from custom_attributes of these names."""

    name = "intercom"
    aliases = ("intercom_conversations", "conversations", "chat")
    channel = "chat"

    def layout(self, mapping: str = "") -> Layout:  # noqa: ARG002
        return Layout(("json", "jsonl"), record_keys=("conversations",), marks=("id", "created_at", "source"))

    def parse(self, payload: bytes, context: Mapping[str, Any]) -> CanonicalEvent:
        record = reading.load_object(payload, context=context)
        record_id = record.record_id("id")
        is_deletion = record.flag("deleted")
        created = record.needed_time("created_at", "updated_at", "deleted_at")
        revised = record.time("updated_at") or created
        if is_deletion:
            revised = record.time("deleted_at") or revised
        opening = record.object("source")
        texts, attachments, others = _words(record, opening)
        custom = record.object("custom_attributes")
        contacts = record.object("contacts").objects("contacts")
        return CanonicalEvent(
            record_id=record_id,
            channel=self.channel,
            event_time=created,
            revised_at=revised,
            is_deletion=is_deletion,
            title=record.text("title") or opening.text("subject"),
            text="\n\n".join(texts),
            customer_id=(contacts[0].short("external_id", "id") if contacts else "") or _author(opening)[1],
            tier=custom.short("tier", "plan", "segment").lower(),
            locale=reading.locale_tag(custom.short("locale", "language")),
            product=custom.short("product"),
            product_area=custom.short("product_area", "area"),
            version=custom.short("version", "app_version", "release"),
            region=custom.short("region", "country"),
            order_value=next((v for k in ("order_value", "contract_value") if (v := custom.number(k)) is not None), None),
            currency=reading.currency(custom.short("currency", "order_currency", "contract_currency")),
            url=opening.short("url"),
            attachments=attachments,
            attributes=_attributes(record, opening, custom, others),
        )


def _words(record: reading.Fields, opening: reading.Fields) -> tuple[list[str], tuple[str, ...], int]:
    """(customers' texts, their attachments, how many parts others wrote)"""
    texts: list[str] = []
    attachments: list[str] = []
    others = 0
    parts = [opening, *record.object("conversation_parts").objects("conversation_parts")]
    for part in parts:
        body = part.text("body")
        kind, _ = _author(part)
        # An opening without an author is the customer's: conversations start that way unless they say otherwise.
        if kind in _CUSTOMERS or (part is opening and not kind):
            if body:
                texts.append(body)
            attachments.extend(a for a in (x.short("url", "name") for x in part.objects("attachments")) if a)
        elif body:
            others += 1
    return texts, tuple(attachments), others


def _author(part: reading.Fields) -> tuple[str, str]:
    author = part.object("author")
    if author.flag("from_ai_agent"):
        return "bot", ""
    return author.short("type").lower(), author.short("id", "email")


def _attributes(record: reading.Fields, opening: reading.Fields, custom: reading.Fields, others: int) -> dict[str, Any]:
    kept = record.kept(_KEPT)
    tags = [t.short("name", "id") for t in record.object("tags").objects("tags")]
    if tags:
        kept["tags"] = tags
    if opening.short("type"):
        kept["source_type"] = opening.short("type")
    if others:
        kept["turns_left_out"] = others
    rest = reading.plain(dict(custom.data))
    if rest:
        kept["custom_attributes"] = rest
    return kept
