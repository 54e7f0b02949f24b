"""What is asked about a theme: quotes and labels of its issues in force, fenced as data, and no other word. Pure."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from feedback_assets.contracts.interpretation import NOTES, SUMMARY, TRANSLATIONS
from feedback_assets.ground.identity import sha256_hex

if TYPE_CHECKING:
    from feedback_assets.model_client.asks import Ask
    from feedback_assets.prompting.claims import Claim
    from feedback_assets.prompting.prompt import Prompt

MOST_QUOTES = 12
LONGEST_QUOTE = 300


@dataclass(frozen=True)
class Theme:
    """A theme that is asked about. quotes: masked; issue_ids and issue_days (ISO) beside them."""

    theme_id: str
    category: str
    subcategory: str
    language: str
    issues: int
    quotes: tuple[str, ...]
    issue_ids: tuple[str, ...]
    issue_days: tuple[str, ...]

    @property
    def claims(self) -> "list[Claim]":
        """Its quotes as the first pass's claims."""
        from feedback_assets.prompting.claims import Claim

        return [
            Claim(n, self.category, self.subcategory, "", 0.0, None, "", "", None, "", "", None, (), (), quote)
            for n, quote in enumerate(self.quotes, 1)
        ]


@dataclass(frozen=True)
class Question:
    """One question about one theme."""

    theme: Theme
    task: str
    prompt: "Prompt"
    ask: "Ask"


def theme_of(row: Mapping[str, Any]) -> Theme:
    """row: of themes/themes. Its quotes are those nearest to its centre, each said once."""
    said: dict[str, Mapping[str, Any]] = {}
    for one in sorted(json.loads(row["evidence"] or "[]"), key=lambda q: (-q["similarity"], q["issue_id"])):
        text = " ".join(one["quote"].split())[:LONGEST_QUOTE]
        if text:
            said.setdefault(text, one)
    shown = list(said.items())[:MOST_QUOTES]
    return Theme(
        row["theme_id"],
        row["category"],
        row["subcategory"],
        row["language"],
        row["issues"],
        tuple(text for text, _ in shown),
        tuple(one["issue_id"] for _, one in shown),
        tuple(one["event_day"] for _, one in shown),
    )


@dataclass(frozen=True)
class Team:
    """Whom the answers are for. owners: the teams that may be suggested. language: the one that quotes are translated into, ISO 639-1."""

    owners: Collection[str]
    language: str = "en"


def question(theme: Theme, task: str, prompt: "Prompt", model: str, team: Team) -> Question:
    """The question of a task about a theme with quotes."""
    from feedback_assets.model_client.asks import Ask
    from feedback_assets.prompting.answers import interpretation_model, theme_summary_model, translations_model
    from feedback_assets.prompting.interpretation import claim_lines
    from feedback_assets.prompting.rendering import messages_hash, render
    from feedback_assets.prompting.summaries import quote_lines

    kind = f"{theme.category}/{theme.subcategory}" if theme.subcategory else theme.category
    teams, number = sorted(team.owners), len(theme.quotes)
    response: Any
    if task == SUMMARY:
        messages = render(prompt, {}, {"category": kind, "quotes": quote_lines(theme.quotes)})
        response = theme_summary_model(number)
    elif task == TRANSLATIONS:
        messages = render(prompt, {}, {"target_language": team.language, "quotes": quote_lines(theme.quotes)})
        response = translations_model(number)
    else:
        response = interpretation_model(number, teams)
        messages = render(prompt, {"owners": "\n".join(f"- {t}" for t in teams)}, {"context": "", "claims": claim_lines(theme.claims)})
    content = [theme.theme_id, task, prompt.content_hash, model, messages_hash(messages), prompt.parameters.model_dump(mode="json")]
    parameters = prompt.parameters
    return Question(
        theme,
        task,
        prompt,
        Ask(
            sha256_hex(json.dumps(content, sort_keys=True).encode())[:32],
            [{"role": m.role, "content": m.content} for m in messages],
            response,
            max_output_tokens=parameters.max_output_tokens,
            temperature=parameters.temperature,
            seed=parameters.seed,
        ),
    )


@dataclass(frozen=True)
class Said:
    """What an answer says of a theme. cited: numbers of the quotes that it rests on. refused: parts that became nothing.
    translations: number of a quote -> its text in the team's language."""

    summary: str = ""
    cause: str = ""
    cause_confidence: float = 0.0
    next_action: str = ""
    owner: str = ""
    cited: Sequence[int] = ()
    refused: int = 0
    translations: Mapping[int, str] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        return not (self.translations or self.summary or self.cause or self.next_action or self.owner)


def said_of(asked: Question, response: str, owners: Collection[str]) -> Said | None:
    """What a response says; None when it does not fit its schema. What cites a number that was not shown is refused."""
    from pydantic import ValidationError

    from feedback_assets.prompting.interpretation import notes_of
    from feedback_assets.prompting.summaries import theme_text, translations

    model: Any = asked.ask.response_model
    try:
        parsed = model.model_validate_json(response)
    except ValidationError:
        return None
    if asked.task == SUMMARY:
        text = theme_text(parsed)
        return Said(summary=text.summary, cited=text.quotes, refused=len(text.refused))
    if asked.task == TRANSLATIONS:
        told = translations(parsed, asked.theme.quotes)
        return Said(translations=told.translations, cited=sorted(told.translations), refused=len(told.refused))
    assert asked.task == NOTES  # noqa: S101
    found = notes_of(parsed, asked.theme.claims, sorted(owners))
    if not found.notes:
        return Said(refused=len(found.refused))
    # The note that rests on most of what was shown.
    note = max(found.notes, key=lambda n: (len(n.claims), n.cause_confidence))
    return Said("", note.cause, note.cause_confidence, note.next_action, note.owner, note.claims, len(found.refused))
