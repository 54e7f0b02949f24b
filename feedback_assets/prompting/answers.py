"""What an answer may say, as pydantic models: strict, without unknown keys, every field required, null where the text does not tell.

The models hold what a vendor's structured output knows (objects, arrays, choices, null) and, beside it, limits that are enforced here alone
(lengths, ranges, counts). Azure OpenAI takes at most 100 properties and 5 levels, and no union at the root: docs of structured outputs.
Not here: reducing a schema to what a vendor takes, and what becomes of an answer (claims.py, interpretation.py).
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, create_model

MOST_ISSUES = 5
MOST_QUOTES = 3
MOST_ENTITIES = 12
LONGEST_QUOTE = 300
LONGEST_SENTENCE = 300


Sentence = Annotated[str, Field(min_length=1, max_length=LONGEST_SENTENCE)]
Quote = Annotated[str, Field(min_length=1, max_length=LONGEST_QUOTE)]
Words = Annotated[str, Field(min_length=1, max_length=80)]
Score = Annotated[float, Field(ge=-1, le=1, allow_inf_nan=False)]
Probability = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Sentiment = Literal["negative", "neutral", "positive", "mixed"]


def _whole(value: Any) -> Any:
    if type(value) is not int:  # a choice of numbers would take true for 1
        raise ValueError("a whole number is wanted")
    return value


Severity = Annotated[Literal[1, 2, 3, 4, 5], BeforeValidator(_whole)]
Urgency = Literal["now", "soon", "normal", "low"]
EntityType = Literal["product", "sku", "platform", "device", "version", "error_code", "order_step", "shipment_step"]
Intent = Literal[
    "report_fault", "ask_for_help", "ask_for_feature", "ask_for_money_back", "ask_for_replacement", "cancel", "complain", "praise", "inform"
]


class Answer(BaseModel):
    """What all answers have in common."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Entity(Answer):
    """A thing that the text names."""

    type: EntityType
    quote: Annotated[Words, Field(description="The thing as the text writes it, copied.")]


class IssueAnswer(Answer):
    """One issue of a text. The choices of `kind` and `runner_up` are added by `response_model`."""

    quotes: Annotated[
        list[Quote],
        Field(min_length=1, max_length=MOST_QUOTES, description="Parts of the text that show the issue, copied letter by letter."),
    ]
    kind: str | None
    runner_up: str | None
    confidence: Annotated[Probability | None, Field(description="How likely the kind is right, 0 to 1.")]
    component: Annotated[Words | None, Field(description="The part of the product, as the text writes it, copied.")]
    entities: Annotated[list[Entity], Field(max_length=MOST_ENTITIES)]
    symptom: Annotated[Sentence | None, Field(description="What happens, in one English sentence.")]
    severity: Annotated[Severity | None, Field(description="1 cosmetic to 5 loss of data, money or safety.")]
    urgency: Urgency | None
    sentiment: Sentiment | None
    sentiment_score: Annotated[Score | None, Field(description="-1 very negative to 1 very positive.")]
    intent: Annotated[Intent | None, Field(description="What the customer wants.")]


class TextAnswer(Answer):
    """What one call says of one text."""

    summary: Annotated[Sentence | None, Field(description="The text in one English sentence.")]
    sentiment: Sentiment | None
    sentiment_score: Annotated[Score | None, Field(description="-1 very negative to 1 very positive.")]
    issues: Annotated[list[IssueAnswer], Field(max_length=MOST_ISSUES)]


def kinds(categories: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Every answer to "what kind": "category/subcategory", and "category" alone where the subcategory cannot be told.

    One choice instead of two, so that no answer can join a category with the subcategory of another.
    """
    return tuple(kind for category, subs in categories.items() for kind in (category, *(f"{category}/{sub}" for sub in subs)))


def response_model(categories: Mapping[str, Sequence[str]]) -> type[TextAnswer]:
    """The answer to classify_issues: it can only choose among these. categories: category -> its subcategories, by id."""
    if not categories or any("/" in name for group in categories.items() for name in (group[0], *group[1])):
        raise ValueError("categories: at least one, and no id with a slash")
    issue: Any = create_model(
        "Issue",
        __base__=IssueAnswer,
        kind=(_choice(kinds(categories)), Field(description="category/subcategory, or the category alone.")),
        runner_up=(_choice(tuple(categories)), Field(description="The category that is next most likely; null when none comes close.")),
    )
    issues: Any = (Annotated[list[issue], Field(max_length=MOST_ISSUES)], ...)
    return create_model("TextReading", __base__=TextAnswer, issues=issues)


class NoteAnswer(Answer):
    """An interpretation of claims. The choices of `claims` and `owner` are added by `interpretation_model`."""

    claims: list[int]
    cause: Annotated[Sentence | None, Field(description="A guess at the cause, in one English sentence.")]
    cause_confidence: Probability | None
    next_action: Annotated[Sentence | None, Field(description="What the team should do first, in one English sentence.")]
    owner: str | None


class InterpretationAnswer(Answer):
    """What the second pass says: about claims by their number, and about nothing else."""

    notes: Annotated[list[NoteAnswer], Field(max_length=MOST_ISSUES)]


def interpretation_model(claims: int, owners: Sequence[str]) -> type[InterpretationAnswer]:
    """The answer to suggest_owner. claims: how many there are, numbered from 1. owners: ids of the teams."""
    if claims < 1 or not owners:
        raise ValueError("an interpretation needs a claim and a team")
    note: Any = create_model(
        "Note",
        __base__=NoteAnswer,
        claims=(_numbers(claims), Field(min_length=1, max_length=claims, description="Numbers of the claims that it rests on.")),
        owner=(_choice(tuple(owners)), Field(description="The team that should look at it.")),
    )
    notes: Any = (Annotated[list[note], Field(max_length=MOST_ISSUES)], ...)
    return create_model("Interpretation", __base__=InterpretationAnswer, notes=notes)


class ThemeSummaryAnswer(Answer):
    """The answer to summarise_theme. The choices of `quotes` are added by `theme_summary_model`."""

    title: Annotated[str, Field(min_length=1, max_length=80)] | None
    summary: Annotated[str, Field(min_length=1, max_length=600)] | None
    quotes: list[int]


def theme_summary_model(quotes: int) -> type[ThemeSummaryAnswer]:
    """quotes: how many quotes are shown, numbered from 1. The answer names those that it rests on."""
    field: Any = (_numbers(quotes), Field(min_length=1, max_length=quotes, description="Numbers of the quotes that it rests on."))
    return create_model("ThemeSummary", __base__=ThemeSummaryAnswer, quotes=field)


class TranslationAnswer(Answer):
    """One quote in the team's language."""

    number: int
    translation: Annotated[str, Field(min_length=1, max_length=2 * LONGEST_QUOTE)] | None


class TranslationsAnswer(Answer):
    """The answer to translate_quotes."""

    translations: list[TranslationAnswer]


def translations_model(quotes: int) -> type[TranslationsAnswer]:
    """quotes: how many quotes are shown, numbered from 1."""
    one: Any = create_model("Translation", __base__=TranslationAnswer, number=(_number(quotes), ...))
    many: Any = (Annotated[list[one], Field(max_length=quotes)], ...)
    return create_model("Translations", __base__=TranslationsAnswer, translations=many)


class PointAnswer(Answer):
    """One thing that a reader of the summary should know."""

    text: Sentence
    themes: list[int]


class ExecutiveSummaryAnswer(Answer):
    """The answer to executive_summary. The choices of `themes` are added by `executive_summary_model`."""

    headline: Annotated[str, Field(min_length=1, max_length=120)] | None
    points: list[PointAnswer]


def executive_summary_model(themes: int) -> type[ExecutiveSummaryAnswer]:
    """themes: how many themes are shown, numbered from 1."""
    field: Any = (_numbers(themes), Field(min_length=1, max_length=themes, description="Numbers of the themes that it rests on."))
    point: Any = create_model("Point", __base__=PointAnswer, themes=field)
    points: Any = (Annotated[list[point], Field(max_length=MOST_ISSUES)], ...)
    return create_model("ExecutiveSummary", __base__=ExecutiveSummaryAnswer, points=points)


def _choice(values: Sequence[str]) -> Any:
    return _among(values) | None


def _numbers(count: int) -> Any:
    if count < 1:
        raise ValueError("nothing is shown that an answer could rest on")
    return list[_number(count)]  # type: ignore[misc]


def _number(count: int) -> Any:
    return Annotated[_among(range(1, count + 1)), BeforeValidator(_whole)]


def _among(values: Sequence[Any]) -> Any:
    return Literal[tuple(values)]
