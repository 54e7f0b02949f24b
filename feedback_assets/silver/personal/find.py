"""All recognisers over one text, each where the text's hints ask for it. Not here: replacing what was found (masker.py)."""

import re

from feedback_assets.silver.personal import dates, hints, net, places, secrets
from feedback_assets.silver.personal.finds import Find, chosen
from feedback_assets.silver.personal.numbers import numbers
from feedback_assets.silver.personal.rules import NO_RULES, SourceRules


def found_in(text: str, customer_id: str = "", known: int | None = None, rules: SourceRules = NO_RULES) -> list[Find]:
    """Spans of personal data, ascending, none overlapping. `known`: the hints of the text, when they are known already."""
    s = hints.view(text)
    asked = hints.hints_of(s) if known is None else known
    finds: list[Find] = []
    if asked:
        inside: list[tuple[int, int]] = []
        lowered = hints.lower(s)
        if asked & hints.SECRET:
            finds.extend(secrets.secrets(s, lowered))
        if asked & hints.URL:
            inside = net.url_spans(s)
            for start, end in inside:
                finds.extend(net.in_url(start, s[start:end]))
        if asked & hints.SPELLED:
            finds.extend(net.spelled_emails(s))
        if asked & hints.AT:
            finds.extend(net.emails(s))
        if asked & hints.HOST:
            finds.extend(net.hosts(s))
        if asked & hints.NUMBER:
            finds.extend(numbers(s, inside))
        if asked & hints.BIRTH:
            finds.extend(dates.birth_dates(s))
        if asked & hints.PLACE:
            finds.extend(places.coordinates(s, lowered))
    if len(customer_id) >= 5 and customer_id in text and any(ch.isdigit() for ch in customer_id):
        finds.extend((m.start(), m.end(), "customer") for m in re.finditer(rf"(?<!\w){re.escape(customer_id)}(?!\w)", text))
    if rules is not NO_RULES:
        finds = rules.without_kept(s, [*finds, *rules.finds(s)])
    return chosen(s, finds) if finds else []


def found_in_url(url: str) -> list[Find]:
    """The same for an address: what names the record stays."""
    return chosen(url, [*net.in_url(0, url), *net.emails(url)])
