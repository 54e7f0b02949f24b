"""Contracts of enrichment: what was found in each event, and what people must look at."""

from feedback_assets.contracts import common as c
from feedback_assets.contracts.table import Column, Table

ANSWER_OUTCOMES = (
    *("ok", "refusal", "content_filter_prompt", "content_filter_output", "truncated", "malformed_json", "schema", "no_evidence"),
    *("unavailable", "rejected"),
)
OUTCOMES = ("issues", "review", "no_issue", "uninformative", "spam", "deletion")
SENTIMENTS = ("negative", "neutral", "positive", "mixed")
URGENCIES = ("now", "soon", "normal", "low")

ENRICHED_EVENTS = Table(
    name="enrichment/events",
    row="What enrichment decided about one revision of one event, issue or not.",
    owner="feedback-ml",
    columns=(
        c.EVENT_ID,
        c.PAYLOAD_SHA256,
        c.SOURCE,
        c.FEED_DATE,
        c.BATCH_ID,
        Column("outcome", "string", "What became of the event.", one_of=OUTCOMES),
        Column("tier", "string", "Tier that decided it."),
        Column("issues", "int32", "Issues accepted.", at_least=0),
        Column("in_review", "int32", "Issues that people must look at.", at_least=0),
        Column("sentiment", "string", "Sentiment of the whole text.", one_of=SENTIMENTS),
        Column("sentiment_score", "double", "-1 very negative to 1 very positive.", at_least=-1, at_most=1),
        c.TAXONOMY_VERSION,
        Column("model_version", "string", "Version of the local model: hash of its training data and parameters."),
        c.MADE_BY,
        c.PROCESSED_AT,
    ),
    key=("event_id", "payload_sha256"),
    partition_by="feed_date",
)

_ISSUE_COLUMNS = (
    c.ISSUE_ID,
    c.EVENT_ID,
    c.PAYLOAD_SHA256,
    c.SOURCE,
    c.FEED_DATE,
    c.BATCH_ID,
    c.EVENT_TIME,
    c.CATEGORY,
    c.SUBCATEGORY,
    Column("sentiment", "string", "Sentiment of the evidence.", one_of=SENTIMENTS),
    Column("sentiment_score", "double", "-1 very negative to 1 very positive.", at_least=-1, at_most=1),
    Column("severity", "int32", "By the taxonomy's rubric: 1 cosmetic to 5 loss of data, money or safety.", at_least=1, at_most=5),
    Column("urgency", "string", "How soon it wants an answer.", one_of=URGENCIES),
    Column("confidence", "double", "Calibrated probability that the category is right.", at_least=0, at_most=1),
    c.OWNER_TEAM,
    Column("evidence", "list<span>", "Exact spans in the event's masked text."),
    Column("quote", "string", "Masked text of the first span."),
    Column("language", "string", "Language of the event."),
    Column("tier", "string", "Tier that found it.", pattern=r"^[a-z_]+$"),
    Column(
        "details",
        "string",
        "JSON object of what the language model says beside its labels: symptom, component, entities, intent, runner-up, summary; empty "
        "from other tiers.",
        nullable=True,
    ),
    c.TAXONOMY_VERSION,
    Column("model_version", "string", "Version of the rules or the model that found it."),
    c.MADE_BY,
    c.RESTATED_FOR,
)

ISSUES = Table(
    name="enrichment/issues",
    row="One accepted issue in one revision of one event: one category with its evidence. A text can have several.",
    owner="feedback-ml",
    columns=(*_ISSUE_COLUMNS, c.PROCESSED_AT),
    key=("issue_id",),
    partition_by="feed_date",
)

REVIEW = Table(
    name="enrichment/review",
    row="One issue that the machine doubts. It makes no ticket until a person decides.",
    owner="product-support",
    columns=(
        *_ISSUE_COLUMNS,
        Column("reason", "string", "Why it is here.", one_of=("low_confidence", "no_category", "conflict")),
        Column("status", "string", "Where it stands.", one_of=("open", "accepted", "rejected", "corrected")),
        c.PROCESSED_AT,
    ),
    key=("issue_id",),
    partition_by="feed_date",
)

ANSWERS = Table(
    name="enrichment/answers",
    row="One question to the language model and what came of it: the ledger of all that was paid for. Only masked text is asked.",
    owner="feedback-ml",
    columns=(
        Column(
            "feed_date", "date", "Day of the record that it was first asked for: the partition. Records of other days share the answer."
        ),
        Column("asked_on", "date", "UTC day on which it was asked."),
        Column(
            "request_key",
            "string",
            "Hash of all that decides the answer: masked text, context, prompt, response schema, taxonomy, model, parameters.",
            pattern=c.ID128,
        ),
        Column("text_key", "string", "Hash of the same without what the model was told of the taxonomy.", pattern=c.ID128),
        Column("told", "string", "JSON object: category -> hash of what the model was told of it."),
        Column("attempt", "int32", "1, or one more for each time that it was asked for again after it failed.", at_least=1),
        Column("task", "string", "What was asked for, as prompts/ names it."),
        Column("prompt_version", "string", "Version of the prompt, and the first digits of its content's hash."),
        c.TAXONOMY_VERSION,
        Column("model", "string", "Model or deployment that was asked."),
        Column("model_returned", "string", "Model that answered, as the service names it; empty when none did."),
        Column("parameters", "string", "JSON object of the request's parameters."),
        Column("request", "string", "The user's message as it was sent; the system's follows from prompt and taxonomy."),
        Column("response", "string", "What the model wrote; empty when nothing came."),
        Column("outcome", "string", "ok, or the class of the failure.", one_of=ANSWER_OUTCOMES),
        Column("detail", "string", "Why it is not ok, without text of feedback."),
        Column("prompt_tokens", "int64", "Tokens of the prompt as the service counts them, over all requests for it.", at_least=0),
        Column(
            "estimated_tokens", "int64", "Tokens of the prompt as they were estimated before, from above: what plans go by.", at_least=0
        ),
        Column("cached_tokens", "int64", "Those of them that the service had cached.", at_least=0),
        Column("completion_tokens", "int64", "Tokens of the answer.", at_least=0),
        Column("cost_usd", "double", "What it cost by taxonomy/model_prices.yaml, in US dollars.", at_least=0),
        Column("requests", "int32", "Requests that were sent for it.", at_least=0),
        Column("latency_s", "double", "Seconds spent in requests.", at_least=0),
        Column("purpose", "string", "Purpose of the run that asked; empty when it had none."),
        Column("asked_at", "timestamp", "When the answer came."),
    ),
    key=("request_key", "attempt"),
    partition_by="feed_date",
)

BATCH_JOBS = Table(
    name="enrichment/batch_jobs",
    row="One job of the Batch API, from its plan to its end.",
    owner="feedback-ml",
    columns=(
        Column("job", "string", "Our name of it.", pattern=c.ID128),
        Column(
            "state",
            "string",
            "Where it stands here; docs/batch.md.",
            one_of=("planned", "uploaded", "out", "collected", "closed", "dropped"),
        ),
        Column("status", "string", "What the service said of it when it was last looked at; empty before."),
        Column("file_id", "string", "The file of its requests, as the service names it; empty before it is uploaded."),
        Column("batch_id", "string", "The job, as the service names it; empty before it is started."),
        Column("model", "string", "Model or deployment whose price it has."),
        Column("questions", "int64", "Questions on it.", at_least=1),
        Column("days", "list<string>", "Feed dates of these questions."),
        Column("purpose", "string", "Purpose of the run that made it."),
        Column("reserved_usd", "double", "Its dearest outcome in US dollars: counts as spent while it is out.", at_least=0),
        Column("cost_usd", "double", "What its answers cost.", at_least=0),
        Column("answered", "int64", "Questions that it answered, whatever the outcome.", at_least=0),
        Column("unanswered", "int64", "Questions that it left: they are asked again.", at_least=0),
        Column("detail", "string", "What the service says of a job that failed; why it was dropped."),
        Column("submitted_at", "timestamp", "When it was planned."),
        Column("seen_at", "timestamp", "When it was looked at and something had changed.", volatile=True),
    ),
    key=("job",),
)

BATCH_QUESTIONS = Table(
    name="enrichment/batch_questions",
    row="One question that is on a job, until the job is closed.",
    owner="feedback-ml",
    columns=(
        Column("job", "string", "The job.", pattern=c.ID128),
        Column("request_key", "string", "As in enrichment/answers; the request's custom_id.", pattern=c.ID128),
        c.FEED_DATE,
        Column("question", "string", "JSON object: the columns of enrichment/answers that are known before it is sent."),
        Column("text", "string", "The masked text that is asked about."),
    ),
    key=("job", "request_key"),
)

TABLES = (ENRICHED_EVENTS, ISSUES, REVIEW, ANSWERS, BATCH_JOBS, BATCH_QUESTIONS)
