"""From a parsed answer to claims that have evidence, and a reason for each part that was refused.

A claim is what the model says and the text shows. It holds suggestions: the confidence bar, the floor of the severity, the owner and the
route are decided elsewhere, by our rules. Not here: the form of an answer (answers.py), where a quote stands (evidence.py).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from feedback_assets.prompting.answers import IssueAnswer, TextAnswer
from feedback_assets.prompting.evidence import FoldedText, Span
from feedback_assets.prompting.free_text import is_refused, one_line
from feedback_assets.prompting.orders import orders

LONGEST_SENTENCE = 300
Reason = Literal["no_evidence", "no_category", "not_in_taxonomy", "repeated", "orders_a_machine", "not_words"]
"""Why a part was refused.

no_evidence: no quote of it stands in the text. no_category: an issue that fits no category; its evidence is kept, for people.
not_in_taxonomy: the answer is of another taxonomy. repeated: the category and subcategory were claimed before in the same answer.
orders_a_machine: its evidence is an order to a machine. not_words: a sentence with a link, markup or an address.
"""


@dataclass(frozen=True)
class Mention:
    """A thing that the text names. type: an answers.EntityType, or component. text: the masked text at the span."""

    type: str
    text: str
    span: Span


@dataclass(frozen=True)
class Claim:
    """An issue with its evidence. Empty or None: cannot be told.

    number: from 1, in the order of the answer; the second pass names claims by it. subcategory: empty when only the category is told.
    confidence: 0 to 1 as the model says, not calibrated; 0 when it cannot tell. spans: ascending, apart from each other. quote: the masked
    text of the first. severity (1 to 5), urgency, sentiment, sentiment_score (-1 to 1), intent, symptom: suggestions.
    """

    number: int
    category: str
    subcategory: str
    runner_up: str
    confidence: float
    severity: int | None
    urgency: str
    sentiment: str
    sentiment_score: float | None
    intent: str
    symptom: str
    component: Mention | None
    entities: tuple[Mention, ...]
    spans: tuple[Span, ...]
    quote: str


@dataclass(frozen=True)
class Refused:
    """A part of an answer that became nothing. issue: its place in the answer, from 1; 0: of the whole text. part: which field.

    spans: evidence of an issue that was refused for another reason than evidence; else empty.
    """

    issue: int
    part: str
    reason: Reason
    spans: tuple[Span, ...] = ()


@dataclass(frozen=True)
class TextClaims:
    """What became of an answer. orders: sentences of the text that address a machine; with any, only categories and their evidence are
    kept, with a confidence of 0: people decide."""

    summary: str
    sentiment: str
    sentiment_score: float | None
    claims: tuple[Claim, ...]
    refused: tuple[Refused, ...]
    orders: tuple[Span, ...]


def claims_of(answer: TextAnswer, text: str, categories: Mapping[str, Sequence[str]]) -> TextClaims:
    """The claims of an answer about a masked text. categories: category -> subcategories that are in force."""
    folded = FoldedText(text)
    addressed = orders(text)
    refused: list[Refused] = []
    claims: list[Claim] = []
    seen: set[tuple[str, str]] = set()
    for place, issue in enumerate(answer.issues, 1):
        spans = _evidence(folded, issue.quotes, addressed, place, refused)
        category, _, subcategory = (issue.kind or "").partition("/")
        reason = _fault(category, subcategory, spans, categories, seen)
        if reason:
            refused.append(Refused(place, "issue", reason, tuple(spans)))
        if reason or not spans:
            continue
        seen.add((category, subcategory))
        claims.append(
            _claim(
                number=len(claims) + 1,
                category=category,
                subcategory=subcategory,
                issue=issue,
                spans=spans,
                folded=folded,
                place=place,
                refused=refused,
                suspect=bool(addressed),
            )
        )
    summary = _sentence(answer.summary, 0, "summary", refused, suspect=bool(addressed))
    if addressed:
        return TextClaims("", "", None, tuple(claims), tuple(refused), addressed)
    return TextClaims(summary, answer.sentiment or "", answer.sentiment_score, tuple(claims), tuple(refused), addressed)


def _evidence(folded: FoldedText, quotes: Iterable[str], addressed: Sequence[Span], place: int, refused: list[Refused]) -> list[Span]:
    """The first place of each quote that is no order, ascending and joined where they overlap. Says which quotes were refused."""
    found: list[Span] = []
    reasons: list[Reason] = []
    for quote in quotes:
        places = folded.spans(quote)
        free = [s for s in places if not any(s.start < o.end and o.start < s.end for o in addressed)]
        if free:
            found.append(free[0])
        else:
            reasons.append("orders_a_machine" if places else "no_evidence")
    if found:
        refused.extend(Refused(place, "quote", reason) for reason in reasons)
    else:
        refused.append(Refused(place, "issue", "orders_a_machine" if "orders_a_machine" in reasons else "no_evidence"))
    return _joined(found)


def _joined(spans: Iterable[Span]) -> list[Span]:
    joined: list[Span] = []
    for span in sorted(spans):
        if joined and span.start < joined[-1].end:
            joined[-1] = Span(joined[-1].start, max(joined[-1].end, span.end))
        else:
            joined.append(span)
    return joined


def _fault(
    category: str, subcategory: str, spans: Sequence[Span], categories: Mapping[str, Sequence[str]], seen: set[tuple[str, str]]
) -> Reason | None:
    if not spans:
        return None  # said before, quote by quote
    if not category:
        return "no_category"
    if category not in categories or (subcategory and subcategory not in categories[category]):
        return "not_in_taxonomy"
    return "repeated" if (category, subcategory) in seen else None


def _claim(
    *,
    number: int,
    category: str,
    subcategory: str,
    issue: IssueAnswer,
    spans: Sequence[Span],
    folded: FoldedText,
    place: int,
    refused: list[Refused],
    suspect: bool,
) -> Claim:
    quote = folded.masked[spans[0].start : spans[0].end]
    if suspect:
        return Claim(number, category, subcategory, "", 0.0, None, "", "", None, "", "", None, (), tuple(spans), quote)
    named = [("component", issue.component)] if issue.component else []
    mentions = [
        m for kind, said in [*named, *((e.type, e.quote) for e in issue.entities)] if (m := _mention(kind, said, folded, place, refused))
    ]
    return Claim(
        number=number,
        category=category,
        subcategory=subcategory,
        runner_up=issue.runner_up if issue.runner_up and issue.runner_up != category else "",
        confidence=issue.confidence or 0.0,
        severity=issue.severity,
        urgency=issue.urgency or "",
        sentiment=issue.sentiment or "",
        sentiment_score=issue.sentiment_score,
        intent=issue.intent or "",
        symptom=_sentence(issue.symptom, place, "symptom", refused, suspect=False),
        component=next((m for m in mentions if m.type == "component"), None),
        entities=tuple(dict.fromkeys(m for m in mentions if m.type != "component")),
        spans=tuple(spans),
        quote=quote,
    )


def _mention(kind: str, said: str, folded: FoldedText, place: int, refused: list[Refused]) -> Mention | None:
    spans = folded.spans(said, least=1)
    if not spans:
        refused.append(Refused(place, kind, "no_evidence"))
        return None
    return Mention(kind, folded.masked[spans[0].start : spans[0].end], spans[0])


def _sentence(said: str | None, place: int, part: str, refused: list[Refused], *, suspect: bool) -> str:
    if said is None or suspect:
        return ""
    if is_refused(said):
        refused.append(Refused(place, part, "not_words"))
        return ""
    return one_line(said, LONGEST_SENTENCE)
