"""Contracts of tickets: intents in the outbox, and the tickets of the built-in local tracker."""

from feedback_assets.contracts import common as c
from feedback_assets.contracts.priority import BANDS
from feedback_assets.contracts.table import Column, Table

OUTBOX = Table(
    name="tickets/outbox",
    row="One effect that is wanted outside: a ticket to make or change, an alert or a message to operations to send. Written first, "
    "applied after, exactly once.",
    owner="data-platform",
    columns=(
        Column("intent_id", "string", "Hash of destination, ticket, action and content.", pattern=c.ID128),
        Column("destination", "string", "Tracker or alert channel that the intent is for."),
        Column("action", "string", "What to do.", one_of=("create", "update", "close", "alert", "tell")),
        Column("ticket_id", "string", "Ticket that it is about; empty when it is about none."),
        Column("theme_id", "string", "Lasting id of the theme; empty in a message to operations.", pattern=r"^(T[0-9a-f]{12})?$"),
        Column("sequence", "int64", "Order of the intents of one ticket, from 1.", at_least=1),
        Column("content", "string", "JSON of the whole desired state; masked text only."),
        Column("content_sha256", "string", "SHA-256 of content.", pattern=c.SHA256),
        Column(
            "purpose",
            "string",
            "Purpose of the run that wrote it; operations: of none, it tells of a failure.",
            one_of=("live", "operations"),
        ),
        Column("status", "string", "Where it stands.", one_of=("pending", "applied", "superseded", "refused")),
        Column("attempts", "int32", "Times that it was tried.", at_least=0),
        Column("error", "string", "Last refusal, without secrets; empty when none."),
        Column("written_at", "timestamp", "When the intent was written.", volatile=True),
        Column("applied_at", "timestamp", "When it was applied.", nullable=True, volatile=True),
    ),
    key=("intent_id",),
)

TICKETS = Table(
    name="tickets/tickets",
    row="One ticket in the local tracker: one for a theme, updated for as long as the theme lives.",
    owner="product",
    columns=(
        Column("ticket_id", "string", "The ticket's id.", pattern=r"^FB-[0-9A-F]{8}$"),
        c.THEME_ID,
        Column("tracker", "string", "Tracker that holds it."),
        Column("external_key", "string", "The tracker's own key of it: for the local tracker the Markdown file's name."),
        Column("title", "string", "Title."),
        c.CATEGORY,
        c.OWNER_TEAM,
        Column("band", "string", "Priority band.", one_of=BANDS),
        Column("score", "double", "Priority score.", at_least=0, at_most=100),
        Column("status", "string", "Open until a person or the outcome closes it.", one_of=("open", "closed")),
        Column("revision", "int64", "Times that its content changed, from 1.", at_least=1),
        Column("content_sha256", "string", "SHA-256 of the content that is in force.", pattern=c.SHA256),
        Column("opened_at", "timestamp", "When it was made.", volatile=True),
        Column("updated_at", "timestamp", "When it last changed.", volatile=True),
    ),
    key=("ticket_id",),
)

TABLES = (OUTBOX, TICKETS)
