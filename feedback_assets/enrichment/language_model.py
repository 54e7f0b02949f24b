"""The language model as a tier for what the cheaper ones leave open: what is asked of a text, and what an answer decides.

Pure: no request is sent and no table is read here. An answer can only choose among the taxonomy's kinds and must show its evidence in the
text; severity, urgency and owner are the taxonomy's. Not here: asking (asking.py), what was paid for (answers.py), the words of prompts
(prompts/, prompting/).
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from feedback_assets.enrichment.cascade import Decision, Issue, Reason, mood_label, with_rating
from feedback_assets.enrichment.severity import Rubric
from feedback_assets.enrichment.taxonomy import Taxonomy
from feedback_assets.enrichment.tiers.interface import Span
from feedback_assets.ground.identity import sha256_hex

if TYPE_CHECKING:
    from feedback_assets.enrichment.kernel import ReadsEvents
    from feedback_assets.model_client.asks import Ask
    from feedback_assets.prompting.answers import TextAnswer
    from feedback_assets.prompting.claims import Claim, TextClaims
    from feedback_assets.prompting.guide import CategoryGuide
    from feedback_assets.prompting.prompt import Prompt
    from feedback_assets.prompting.rendering import Message

TIER = "language_model"
NO_EVIDENCE = "no_evidence"
"""Outcome of an answer that fits the schema and claims issues, none of which the text shows."""
_MOST_ISSUES = 3


@dataclass(frozen=True)
class Question:
    """What would be asked of one text.

    key: of all that decides the answer, so that equal questions are paid for once. text_key: of the same without what the model is told of
    the taxonomy. near: categories that the cheaper tiers hold possible.
    """

    key: str
    text_key: str
    near: frozenset[str]
    ask: "Ask"


class LanguageModel:
    """One prompt for one model, on one taxonomy."""

    def __init__(self, model: str, prompt: "Prompt", taxonomy: Taxonomy) -> None:
        """model: the deployment's name, as it is asked."""
        self.model = model
        self.prompt = prompt
        self.taxonomy = taxonomy
        self._rubric = Rubric(taxonomy)

    @property
    def version(self) -> str:
        """Changes whenever a text could be asked otherwise."""
        return f"{self.model}/{self.prompt.stamp}"

    @cached_property
    def categories(self) -> dict[str, tuple[str, ...]]:
        """Category -> its subcategories: what an answer may choose among."""
        return {c.id: tuple(s.id for s in c.subcategories) for c in self.taxonomy.categories}

    @cached_property
    def response_model(self) -> "type[TextAnswer]":
        """What an answer must fit."""
        from feedback_assets.prompting.answers import response_model

        return response_model(self.categories)

    @cached_property
    def _guides(self) -> "dict[str, CategoryGuide]":
        from feedback_assets.prompting.guide import CategoryGuide

        return {
            c.id: CategoryGuide(c.id, c.description, {s.id: s.description for s in c.subcategories}, c.excluded, c.severity)
            for c in self.taxonomy.categories
        }

    @cached_property
    def _settled(self) -> dict[str, str]:
        from feedback_assets.prompting.guide import category_lines

        return {"categories": category_lines(self._guides.values())}

    @cached_property
    def told(self) -> dict[str, str]:
        """Category -> hash of what the model is told of it."""
        from feedback_assets.prompting.guide import category_lines

        return {name: sha256_hex(category_lines([guide]).encode())[:8] for name, guide in self._guides.items()}

    @cached_property
    def _schema_hash(self) -> str:
        return sha256_hex(json.dumps(self.response_model.model_json_schema(), sort_keys=True).encode())

    def question(self, event: Mapping[str, Any], near: Iterable[str] = ()) -> Question:
        """What is asked of one event (columns of silver/events: text, language, channel, product, version, locale, tier)."""
        from feedback_assets.model_client.asks import Ask
        from feedback_assets.prompting.rendering import messages_hash

        messages = _messages(self.prompt, self._settled, event)
        parameters = self.prompt.parameters
        of_text = _of_text(self.model, self.prompt, messages)
        key = _hash([messages_hash(messages), self._schema_hash, *of_text])
        return Question(
            key,
            _hash(of_text),
            frozenset(c for c in near if c),
            Ask(
                key,
                [{"role": m.role, "content": m.content} for m in messages],
                self.response_model,
                max_output_tokens=parameters.max_output_tokens,
                temperature=parameters.temperature,
                seed=parameters.seed,
            ),
        )

    def claims(self, response: str, text: str) -> "TextClaims | None":
        """The claims of a response; None for one that does not fit the response model."""
        from pydantic import ValidationError

        from feedback_assets.prompting.claims import claims_of

        try:
            parsed = self.response_model.model_validate_json(response)
        except ValidationError:
            return None
        return claims_of(parsed, text, self.categories)

    def still_holds(self, response: str, told: Mapping[str, str], near: Collection[str]) -> bool:
        """Whether a response that was given under another taxonomy is what this one would bring: of the categories that it names, and of
        those that the cheaper tiers hold possible, the model was told the same. told: category -> hash, as it was then."""
        if self.told.keys() - told.keys():
            return False  # a new category may be that of any text
        changed = {name for name, was in told.items() if self.told.get(name) != was}
        return not changed & ({*near} | _named(response))

    def decision(self, response: str, text: str, rating: float | None) -> Decision | None:
        """What a response decides about a text; None when it decides nothing, and what the cheaper tiers say stays.

        A claim below its bar goes to people. A text in which somebody gives orders to a machine is decided by people alone.
        """
        found = self.claims(response, text)
        if found is None or (not found.claims and found.refused):
            return None
        bars = self.taxonomy.bars
        ranked = sorted(found.claims, key=lambda c: (-c.confidence, c.number))
        accepted: list[Issue] = []
        doubtful: list[Issue] = []
        for claim in ranked:
            bar = bars.further if accepted else bars.accept
            if claim.confidence >= bar and len(accepted) < _MOST_ISSUES:
                accepted.append(self._issue(claim, found, text, rating, ""))
            else:
                doubtful.append(self._issue(claim, found, text, rating, "low_confidence"))
        score = with_rating(found.sentiment_score or 0.0, rating)
        mood = found.sentiment if found.sentiment == "mixed" else mood_label(score)
        return Decision(tuple(accepted), tuple(doubtful[:2]), mood, score, TIER)

    def _issue(self, claim: "Claim", found: "TextClaims", text: str, rating: float | None, reason: Reason) -> Issue:
        spans = tuple(Span(s.start, s.end) for s in claim.spans)
        severity = self._rubric.severity(
            claim.category, claim.subcategory, text, spans, float(claim.severity) if claim.severity is not None else None
        )
        score = with_rating(-0.5 if claim.sentiment_score is None else claim.sentiment_score, rating)
        if claim.category != "feature_request":
            score = min(score, 0.0)
        return Issue(
            claim.category,
            claim.subcategory,
            round(claim.confidence, 4),
            spans,
            claim.quote,
            severity,
            self._rubric.urgency(claim.category, severity),
            mood_label(score),
            score,
            self.taxonomy.by_id[claim.category].owner,
            TIER,
            self.version,
            reason,
            details_of(claim, found.summary),
        )


def text_key_of(model: str, prompt: "Prompt", event: Mapping[str, Any]) -> str:
    """The text_key of the question that this prompt asks of an event: it needs no taxonomy, so what was asked once is found again.

    >>> from feedback_assets.prompting.prompt import load_prompt
    >>> from feedback_assets.ground.settings import project_root
    >>> len(text_key_of("gpt-4o-mini", load_prompt(project_root() / "prompts", "classify_issues", "v1"), {"text": "It is broken."}))
    32
    """
    return _hash(_of_text(model, prompt, _messages(prompt, dict.fromkeys(prompt.task.settled, ""), event)))


def _messages(prompt: "Prompt", settled: Mapping[str, str], event: Mapping[str, Any]) -> "tuple[Message, Message]":
    from feedback_assets.prompting.context import Context
    from feedback_assets.prompting.rendering import render

    named = {f: event.get(column) or "" for f, column in _CONTEXT.items()}
    record = {"context": Context(**named).lines(), "text": event["text"]}
    return render(prompt, settled, record, channel=named["channel"], language=event.get("language") or "")


def _of_text(model: str, prompt: "Prompt", messages: "tuple[Message, Message]") -> list[Any]:
    """What decides a text_key: everything but what the model is told of the taxonomy, which is in the first message."""
    from feedback_assets.prompting.rendering import messages_hash

    return [prompt.content_hash, messages_hash(messages[1:]), model, prompt.parameters.model_dump(mode="json")]


def _hash(content: Sequence[Any]) -> str:
    return sha256_hex(json.dumps(content, sort_keys=True).encode())[:32]


def _named(response: str) -> set[str]:
    """The categories that a response names."""
    try:
        issues = json.loads(response)["issues"]
        return {str(name).partition("/")[0] for issue in issues for name in (issue["kind"], issue["runner_up"]) if name}
    except (ValueError, KeyError, TypeError):
        return set()


_CONTEXT = {"channel": "channel", "product": "product", "release": "version", "locale": "locale", "tier": "tier"}


def details_of(claim: "Claim", summary: str) -> str:
    """What a claim says beside its labels, as the tables hold it: JSON without empty values."""
    said = {
        "runner_up": claim.runner_up,
        "symptom": claim.symptom,
        "intent": claim.intent,
        "urgency_suggested": claim.urgency,
        "component": claim.component.text if claim.component else "",
        "entities": [[m.type, m.text] for m in claim.entities],
        "summary": summary,
    }
    return json.dumps({k: v for k, v in said.items() if v}, ensure_ascii=False, sort_keys=True)


def reading_versions(reader: "ReadsEvents", model: LanguageModel | None) -> dict[str, str]:
    """The versions by which texts are read, for the rows that come of it."""
    found = {"taxonomy": reader.taxonomy_version, "model": reader.model_version}
    return found if model is None else {**found, "language_model": model.version}


def outcome_of(claims: "TextClaims | None", outcome: str) -> str:
    """The outcome of an answer with the evidence looked at."""
    if outcome == "ok" and claims is not None and not claims.claims and any(r.reason == NO_EVIDENCE for r in claims.refused):
        return NO_EVIDENCE
    return outcome


def is_open(outcome: str) -> bool:
    """Whether the cheaper tiers leave a text open: signs of an issue, a doubt or a conflict, and nothing that stands."""
    return outcome == "review"
