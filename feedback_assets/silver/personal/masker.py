"""The masker: text in, text with typed pseudonyms out. What a kind looks like is the recognisers'; here is their use and nothing else.

Masking a masked text changes nothing, as far as the structured kinds go: what a site's own recogniser takes for a name is its matter.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

from feedback_assets.ground.placeholders import PATTERN
from feedback_assets.silver.offsets import Edit, MappedText
from feedback_assets.silver.personal import hints
from feedback_assets.silver.personal.find import found_in, found_in_url
from feedback_assets.silver.personal.finds import Find, chosen
from feedback_assets.silver.personal.pseudonyms import Pseudonyms
from feedback_assets.silver.personal.recognisers.interface import Recogniser
from feedback_assets.silver.personal.recognisers.registry import recogniser_named
from feedback_assets.silver.personal.rules import PersonalData, SourceRules

_NAME_KEYS = re.compile(
    r"(?:(?:user|author|reviewer|customer|requester|contact|sender|display|first|last|full|given|family|nick)[_ ]?)?name|author|reviewer|"
    r"nickname|reviewernickname|username|user|address|street|phone|email|birthday|date[_ ]?of[_ ]?birth|password",
    re.IGNORECASE,
)
DEPTH = 40
"""Values nested deeper than this are left out."""
_REMEMBERED_LENGTH = 80
_MOST_REMEMBERED = 20_000
"""Short values of attributes, and their keys, come again and again: what became of them is remembered in this process alone."""


@dataclass(frozen=True)
class Policy:
    """What a site decides. key: of the pseudonyms. rules: its words and patterns by source, and its recogniser."""

    key: bytes = field(repr=False)
    rules: PersonalData = field(default_factory=PersonalData)


class Masker:
    """Masks under one policy. Cheap to hand to another process: it travels as its policy."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self._pseudonyms = Pseudonyms(policy.key)
        self._rules: dict[str, SourceRules] = {}
        self._remembered: dict[tuple[str, str], tuple[str, dict[str, int]]] = {}

    def __reduce__(self) -> tuple[Any, ...]:
        return masker_of, (self.policy,)

    def mask_all(
        self, texts: Sequence[MappedText], *, sources: Sequence[str] = (), customer_ids: Sequence[str] = ()
    ) -> list[tuple[MappedText, dict[str, int]]]:
        """`mask` of each text, after one look at all of them: most need no more. `sources`, `customer_ids`: as many, or none."""
        known = hints.hints_of_all([hints.view(text.text) for text in texts])
        out: list[tuple[MappedText, dict[str, int]]] = []
        for i, text in enumerate(texts):
            customer = customer_ids[i] if customer_ids else ""
            rules = self.rules_of(sources[i] if sources else "")
            if known[i] or rules.looks or (customer and customer in text.text):
                out.append(self._structured(text, rules, customer, known[i]))
            else:
                out.append((text, {}))
        return self._recognised(out, sources) if self.policy.rules.recogniser.name else out

    def mask(self, text: MappedText, *, source: str = "", customer_id: str = "") -> tuple[MappedText, dict[str, int]]:
        """The text with placeholders, and how many of each kind were put in. `customer_id`: masked where the text names it."""
        masked = self._structured(text, self.rules_of(source), customer_id, None)
        return self._recognised([masked], [source])[0] if self.policy.rules.recogniser.name else masked

    def rules_of(self, source: str) -> SourceRules:
        """The site's rules for a source."""
        rules = self._rules.get(source)
        if rules is None:
            rules = self._rules[source] = self.policy.rules.of(source)
        return rules

    def _structured(self, text: MappedText, rules: SourceRules, customer_id: str, known: int | None) -> tuple[MappedText, dict[str, int]]:
        counts: dict[str, int] = {}
        while found := found_in(text.text, customer_id, known, rules):
            text = text.edited(self.edits(text.text, found, counts))
            known = None  # other things stand beside each other now
        return text, counts

    def _recognised(
        self, masked: Sequence[tuple[MappedText, dict[str, int]]], sources: Sequence[str]
    ) -> list[tuple[MappedText, dict[str, int]]]:
        """Names and addresses, as the site's recogniser finds them in texts that have lost their numbers already."""
        out = []
        for i, ((text, counts), finds) in enumerate(zip(masked, self._recogniser.find([text.text for text, _ in masked]), strict=True)):
            if found := chosen(text.text, finds):
                named = text.edited(self.edits(text.text, found, counts))
                # A number may stand alone now that the word beside it is gone.
                again, more = self._structured(named, self.rules_of(sources[i] if sources else ""), "", None)
                for kind, n in more.items():
                    counts[kind] = counts.get(kind, 0) + n
                out.append((again, counts))
            else:
                out.append((text, counts))
        return out

    @cached_property
    def _recogniser(self) -> Recogniser:
        return recogniser_named(self.policy.rules.recogniser)

    def mask_text(self, text: str, counts: dict[str, int], *, source: str = "", customer_id: str = "") -> str:
        """The same for a text whose map is not needed; adds to `counts`."""
        short = len(text) <= _REMEMBERED_LENGTH and not (customer_id and customer_id in text)
        known = self._remembered.get((source, text)) if short else None
        if known is None:
            masked, found = self.mask(MappedText.raw(text), source=source, customer_id=customer_id)
            known = masked.text, found
            if short:
                if len(self._remembered) >= _MOST_REMEMBERED:
                    self._remembered.clear()
                self._remembered[source, text] = known
        for kind, n in known[1].items():
            counts[kind] = counts.get(kind, 0) + n
        return known[0]

    def mask_url(self, url: str, counts: dict[str, int]) -> str:
        """An address without credentials, tokens and e-mail addresses. The numbers in its path stay: they name the record."""
        while found := found_in_url(url):
            url = MappedText.raw(url).edited(self.edits(url, found, counts)).text
        return url

    def mask_value(self, value: Any, counts: dict[str, int], *, source: str = "", customer_id: str = "", depth: int = 0) -> Any:
        """A JSON value with every string in it masked, keys too. What stands under a key that names a person becomes its placeholder."""
        if isinstance(value, str):
            return self.mask_text(value, counts, source=source, customer_id=customer_id) if value else value
        if depth > DEPTH:
            return None
        if isinstance(value, dict):
            masked: dict[str, Any] = {}
            for key, inner in value.items():
                name = self.mask_text(str(key), counts, source=source)
                while name in masked:
                    name += "_"
                if isinstance(inner, str | int | float) and not isinstance(inner, bool) and inner != "" and _NAME_KEYS.fullmatch(str(key)):
                    masked[name] = self._named(str(inner), counts)
                else:
                    masked[name] = self.mask_value(inner, counts, source=source, customer_id=customer_id, depth=depth + 1)
            return masked
        if isinstance(value, list | tuple):
            return [self.mask_value(v, counts, source=source, customer_id=customer_id, depth=depth + 1) for v in value]
        if isinstance(value, float) and value.is_integer() and 10**8 <= abs(value) < 10**19:
            value = int(value)  # 4.2e15 and 4200000000000000 are one number
        if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 10**8:
            shown = self.mask_text(str(value), counts, source=source, customer_id=customer_id)
            return value if shown == str(value) else shown
        return value

    def customer_key(self, source: str, customer_id: str) -> str:
        """Pseudonym of a customer; empty for no customer."""
        return self._pseudonyms.customer(source, customer_id)

    def _named(self, value: str, counts: dict[str, int]) -> str:
        if PATTERN.fullmatch(value):
            return value
        counts["name"] = counts.get("name", 0) + 1
        return self._pseudonyms.placeholder("name", value)

    def edits(self, s: str, found: Sequence[Find], counts: dict[str, int] | None = None) -> list[Edit]:
        """The edits that put placeholders for what was found in a text; adds to `counts`."""
        edits = []
        for start, end, kind in found:
            edits.append(Edit(start, end, self._pseudonyms.placeholder(kind, s[start:end])))
            if counts is not None:
                counts[kind] = counts.get(kind, 0) + 1
        return edits


@lru_cache(maxsize=16)
def masker_of(policy: Policy) -> Masker:
    """The masker of that policy: one a process, so that what it remembers is used again."""
    return Masker(policy)
