"""Contract of interpretation: what the language model says about a theme. Not here: asking (interpretation/)."""

from feedback_assets.contracts import common as c
from feedback_assets.contracts.enrichment import ANSWER_OUTCOMES
from feedback_assets.contracts.table import Column, Table

SUMMARY, NOTES, TRANSLATIONS = "summarise_theme", "suggest_owner", "translate_quotes"

THEME_NOTES = Table(
    name="interpretation/theme_notes",
    row="One question about a theme to the language model and what came of it: a hypothesis for people, which decides nothing. "
    "The ledger of what was paid for.",
    owner="feedback-ml",
    columns=(
        Column("asked_on", "date", "UTC day on which it was asked."),
        Column("request_key", "string", "Hash of theme, prompt, model and all that was shown.", pattern=c.ID128),
        c.THEME_ID,
        Column("task", "string", "What was asked, as prompts/ names it.", one_of=(SUMMARY, NOTES, TRANSLATIONS)),
        Column("prompt_version", "string", "Version of the prompt, and the first digits of its content's hash."),
        Column("model", "string", "Model or deployment that was asked."),
        Column("model_returned", "string", "Model that answered, as the service names it; empty when none did."),
        Column("category", "string", "Category of the theme when it was asked."),
        Column("issues", "int64", "Issues of the theme when it was asked.", at_least=0),
        Column("issue_ids", "list<string>", "The issues whose quotes were shown: the text rests on nothing else."),
        Column("issue_days", "list<string>", "Their event days, ISO, in the same order."),
        Column("cited", "list<string>", "Of these the issues that the text names as what it rests on."),
        Column("outcome", "string", "ok, or the class of the failure.", one_of=ANSWER_OUTCOMES),
        Column("refused", "int32", "Parts of the answer that were refused.", at_least=0),
        Column("summary", "string", "What customers say, in some sentences; empty for none."),
        Column("cause", "string", "A hypothesis that says so; empty for none."),
        Column("cause_confidence", "double", "How likely the model holds it, not calibrated.", at_least=0, at_most=1),
        Column("next_action", "string", "What to do first; empty for none."),
        Column("suggested_owner", "string", "A team of the taxonomy; empty for none. Who owns the theme is decided by the taxonomy."),
        Column("translations", "list<string>", "The quotes in the team's language, in the order of issue_ids; empty for none."),
        Column("prompt_tokens", "int64", "Tokens of the prompt.", at_least=0),
        Column("completion_tokens", "int64", "Tokens of the answer.", at_least=0),
        Column("cost_usd", "double", "What it cost by taxonomy/model_prices.yaml, in US dollars.", at_least=0),
        Column("asked_at", "timestamp", "When the answer came."),
    ),
    key=("request_key", "asked_at"),
)

TABLES = (THEME_NOTES,)
