"""From a ticket, theme, issue or event to the bytes that the source delivered, with every decision on the way.

Masked text only: the payload and the raw text are never read here, only where they are and what they hash to.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from feedback_assets.cli.queries.answers import answers_behind
from feedback_assets.cli.queries.identify import Target, identify
from feedback_assets.cli.queries.landed import read_ranges
from feedback_assets.cli.queries.reader import Reader, Row, row_by, rows_by
from feedback_assets.cli.queries.tickets import ticket_file
from feedback_assets.contracts.bronze import DEAD_LETTERS, MANIFEST, SOURCES, STAGE_BATCHES, bronze_table
from feedback_assets.contracts.enrichment import ENRICHED_EVENTS, ISSUES, REVIEW
from feedback_assets.contracts.priority import FACTORS, SCORES
from feedback_assets.contracts.signals import TRENDS
from feedback_assets.contracts.silver import DUPLICATE_GROUPS, EVENTS, REVISIONS
from feedback_assets.contracts.table import Table
from feedback_assets.contracts.themes import ASSIGNMENTS, THEMES
from feedback_assets.contracts.tickets import OUTBOX, TICKETS

if TYPE_CHECKING:
    import polars as pl

TIER = "language_model"
EXCERPT = 300
"""Characters of masked text that an event shows."""

_READ = (
    *(TICKETS, OUTBOX, THEMES, SCORES, TRENDS, ASSIGNMENTS, REVISIONS),
    *(EVENTS, ENRICHED_EVENTS, ISSUES, REVIEW, DUPLICATE_GROUPS, MANIFEST, STAGE_BATCHES),
)
"""The tables that nearly every trace reads."""


@dataclass(frozen=True)
class Places:
    """Where a home keeps what is not a table."""

    landing: Path
    tickets: Path
    prompts: Path


def trace(
    reader: Reader, places: Places, text: str, *, most: int | None = None, detailed: int | None = None, verify: bool = False
) -> dict[str, Any]:
    """Everything about what `text` names, as one JSON object.

    most: how many events, and how many records, are given; all by default. The `_total` figures count all.
    detailed: how many of these events come with what is in the daily tables (text, labels, decisions); all by default. The others have
    `detailed` false, with their ids, revisions and themes.
    verify: reads the bytes of the records that are given, and says for each whether they still hash to what was ingested.
    Raises FeedbackError when the id is unknown or ambiguous.
    """
    reader.prepare(_READ)
    target = identify(reader, text)
    ways = _Ways(reader, target)
    given = ways.events[:most]
    deliveries = _Deliveries(reader, ways.sources, ways.events, given)
    rows = deliveries.of(given)[:most]
    themes = _themes(reader, ways.themes)
    tickets = _tickets(reader, places, ways.themes)
    close = given[:detailed]
    result: dict[str, Any] = {
        "kind": target.kind,
        "id": target.id,
        "ticket": next((t for t in tickets if t["id"] == target.id), tickets[0] if tickets else None),
        "theme": themes[0] if themes else None,
        "score": themes[0]["score"] if themes else None,
        "themes": themes[1:],
        "tickets": tickets[1:],
        "events_total": len(ways.events),
        "issues_total": ways.assignments.height,
        "records_total": deliveries.total,
        "events": [*_events(reader, places, ways, deliveries, close), *_brief_events(ways, deliveries, given[len(close) :])],
        "files": _files(reader, places, rows, set(close)),
        "records": [_record(places, r) for r in rows],
    }
    if verify:
        _verify(places, result["records"])
    return result


class _Ways:
    """From the target to its themes, issues and events.

    themes: of the target, those with most of its issues first. events: those nearest to the theme first, superseded ones last.
    """

    def __init__(self, reader: Reader, target: Target) -> None:
        event = _event_of(reader, target)
        themes = _themes_of(reader, target)
        columns = ["issue_id", "theme_id", "event_id", "payload_sha256", "source", "similarity", "superseded"]
        where: dict[str, list[str]] = {"event_id": [event]} if event else {"theme_id": themes}
        self.assignments = reader.frame(ASSIGNMENTS, columns, where=where).sort(
            "superseded", "similarity", "event_id", "issue_id", descending=[False, True, False, False], nulls_last=True
        )
        if event:
            own = [r for r in self.assignments.iter_rows(named=True) if target.kind == "event" or r["issue_id"] == target.id]
            themes = list(dict.fromkeys(r["theme_id"] for r in own if r["theme_id"]))
        self.themes = themes
        self.events: list[str] = [event] if event else self.assignments["event_id"].unique(maintain_order=True).to_list()
        self.sources = _sources_of(reader, self.assignments, self.events)


def _event_of(reader: Reader, target: Target) -> str:
    """The one event of an event or an issue; empty for a theme or a ticket."""
    if target.kind == "event":
        return target.id
    if target.kind == "issue":
        for table in (ASSIGNMENTS, ISSUES, REVIEW):
            for event in reader.frame(table, ["event_id"], where={"issue_id": [target.id]})["event_id"]:
                return str(event)
    return ""


def _themes_of(reader: Reader, target: Target) -> list[str]:
    if target.kind == "theme":
        return [target.id]
    if target.kind == "ticket":
        return sorted(
            {t for table in (TICKETS, OUTBOX) for t in reader.frame(table, ["theme_id"], where={"ticket_id": [target.id]})["theme_id"]}
        )
    return []


def _sources_of(reader: Reader, assignments: "pl.DataFrame", events: Sequence[str]) -> list[str]:
    """So that not all nine bronze tables need be read. An event that silver has not seen may be in any."""
    found = set(assignments["source"]) or set(reader.frame(REVISIONS, ["source"], where={"event_id": events})["source"])
    return sorted(found & set(SOURCES)) or list(SOURCES)


class _Deliveries:
    """The bronze rows of the given events, each with the number of its revision: one for every time that a record was delivered.

    A record that was delivered again, unchanged, on another day is told by no table but bronze. Where bronze has just the rows that are
    a revision, or that the ledger says silver dropped on their own day, there is none, and the days of the revisions are all that need
    be read; otherwise every day is.
    """

    def __init__(self, reader: Reader, sources: Sequence[str], events: Sequence[str], given: Sequence[str]) -> None:
        import polars as pl

        columns = [
            "record_key", "source", "event_id", "record_id", "payload_sha256", "file", "start", "end", "batch_id", "feed_date",
            "event_time", "revised_at", "is_deletion", "received_at",
        ]  # fmt: skip
        self.revisions = reader.frame(
            REVISIONS, ["event_id", "payload_sha256", "revision", "is_current", "is_deletion", "feed_date"], where={"event_id": events}
        )
        told = Counter(reader.frame(REVISIONS, ["source"])["source"])
        dropped = _dropped(reader, sources)
        once = {s: reader.count(bronze_table(s)) == told[s] + dropped[s] for s in sources}
        days = self.revisions.filter(pl.col("event_id").is_in(list(given)))["feed_date"].unique().to_list()
        parts = [
            reader.frame(bronze_table(s), columns, where={"feed_date": days, "event_id": given} if once[s] else {"event_id": events})
            for s in sources
        ]
        found = pl.concat(parts)
        self.total = self.revisions.height if all(once.values()) and not dropped.total() else found.height
        numbers = self.revisions.select("event_id", "payload_sha256", "revision", "is_current")
        self._found = found.join(numbers, on=["event_id", "payload_sha256"], how="left").sort(
            "event_id", "revision", "feed_date", "file", "start", nulls_last=True
        )

    def of(self, events: Sequence[str]) -> list[Row]:
        """The rows of these events, in the order of the events."""
        import polars as pl

        order = pl.DataFrame({"event_id": events, "__place": range(len(events))}, schema={"event_id": pl.String(), "__place": pl.Int64()})
        rows = self._found.join(order, on="event_id", how="inner", maintain_order="left").sort("__place", maintain_order=True)
        return rows.drop("__place").to_dicts()

    def unread(self) -> "pl.DataFrame":
        """One row for each revision that silver has not numbered yet."""
        import polars as pl

        return self._found.filter(pl.col("revision").is_null()).unique(["event_id", "payload_sha256"], keep="first", maintain_order=True)

    def days(self, events: Sequence[str]) -> set[Any]:
        """The feed dates under which these events were delivered: where the daily tables have them."""
        import polars as pl

        wanted = pl.DataFrame({"event_id": events}, schema={"event_id": pl.String()})
        return {d for f in (self._found, self.revisions) for d in f.join(wanted, on="event_id", how="semi")["feed_date"].unique()}


def _dropped(reader: Reader, sources: Sequence[str]) -> "Counter[str]":
    """Source -> bronze rows that silver did not take on, by the ledger."""
    ledger = reader.frame(STAGE_BATCHES, ["source", "rows_in", "rows_out"], where={"stage": ["silver"], "source": list(sources)})
    dropped: Counter[str] = Counter()
    for source, rows_in, rows_out in ledger.iter_rows():
        dropped[source] += rows_in - rows_out
    return dropped


def _record(places: Places, row: Row) -> dict[str, Any]:
    return {
        "event_id": row["event_id"],
        "revision": row["revision"],
        "is_current": row["is_current"],
        "is_deletion": row["is_deletion"],
        "source": row["source"],
        "record_id": row["record_id"],
        "record_key": row["record_key"],
        "file": str(places.landing / row["file"]),
        "relative_file": row["file"],
        "start": row["start"],
        "end": row["end"],
        "sha256": row["payload_sha256"],
        "batch_id": row["batch_id"],
        "feed_date": row["feed_date"],
        "event_time": row["event_time"],
        "revised_at": row["revised_at"],
        "received_at": row["received_at"],
    }


def _verify(places: Places, records: Sequence[dict[str, Any]]) -> None:
    """Adds `bytes` to each record: ok, MISSING (no such file or range) or DIFFERS (other bytes there)."""
    by_file: dict[str, list[dict[str, Any]]] = {}
    for record in records:
        by_file.setdefault(record["relative_file"], []).append(record)
    for file, listed in by_file.items():
        hashes = read_ranges(places.landing, file, [(r["start"], r["end"]) for r in listed])
        for i, record in enumerate(listed):
            found = hashes[i] if hashes is not None else ""
            record["bytes"] = "ok" if found == record["sha256"] else "DIFFERS" if found else "MISSING"


def _themes(reader: Reader, ids: Sequence[str]) -> list[dict[str, Any]]:
    columns = [c for c in THEMES.column_names if c != "centroid"]
    themes = row_by(reader.frame(THEMES, columns, where={"theme_id": ids}), "theme_id")
    scores = row_by(reader.frame(SCORES, SCORES.column_names, where={"theme_id": ids}), "theme_id")
    trends = row_by(reader.frame(TRENDS, TRENDS.column_names, where={"theme_id": ids}), "theme_id")
    return [
        {
            "id": i,
            **{k: v for k, v in themes.get(i, {}).items() if k != "theme_id"},
            "score": _score(scores[i]) if i in scores else None,
            "trend": {k: v for k, v in trends[i].items() if k != "theme_id"} if i in trends else None,
        }
        for i in ids
    ]


def _score(row: Row) -> dict[str, Any]:
    return {
        "score": row["score"],
        "band": row["band"],
        "factors": {f: row[f] for f in FACTORS},
        "points": {f: row[f"{f}_points"] for f in FACTORS},
        "weights_version": row["weights_version"],
        "as_of": row["as_of"],
        "explanation": row["explanation"],
    }


def _tickets(reader: Reader, places: Places, themes: Sequence[str]) -> list[dict[str, Any]]:
    """Tickets of the themes, also those that are only an intent so far, each with its intents in order."""
    stored = row_by(reader.frame(TICKETS, TICKETS.column_names, where={"theme_id": themes}), "ticket_id")
    columns = [c for c in OUTBOX.column_names if c not in ("content",)]
    intents = rows_by(
        reader.frame(OUTBOX, columns, where={"theme_id": themes}).filter(_not_alert()).sort("ticket_id", "sequence", "intent_id"),
        "ticket_id",
    )
    found = []
    for ticket in sorted({*stored, *intents}):
        row = stored.get(ticket) or {"theme_id": intents[ticket][0]["theme_id"], "status": "not made yet"}
        found.append(
            {
                "id": ticket,
                **{k: v for k, v in row.items() if k != "ticket_id"},
                "file": ticket_file(places.tickets, row.get("tracker", ""), row.get("external_key", "")),
                "intents": [{k: v for k, v in i.items() if k not in ("ticket_id", "theme_id")} for i in intents.get(ticket, [])],
            }
        )
    place = {t: i for i, t in enumerate(themes)}
    return sorted(found, key=lambda t: (place[t["theme_id"]], t["id"]))


def _not_alert() -> "pl.Expr":
    import polars as pl

    return pl.col("action") != "alert"


def _events(reader: Reader, places: Places, ways: _Ways, deliveries: _Deliveries, chosen: Sequence[str]) -> list[dict[str, Any]]:
    """One entry for each revision of each event, oldest revision first."""
    where = {"feed_date": deliveries.days(chosen), "event_id": chosen}
    silver = _first(reader, EVENTS, _SILVER_COLUMNS, where)
    decided = _first(reader, ENRICHED_EVENTS, _DECISION_COLUMNS, where)
    issues = _issues(reader, ways, where)
    _add_answers(reader, places, issues, silver)
    groups = row_by(reader.frame(DUPLICATE_GROUPS, DUPLICATE_GROUPS.column_names, where={"event_id": chosen}), "event_id")
    revisions = rows_by(deliveries.revisions.sort("revision"), "event_id")
    unread = rows_by(deliveries.unread(), "event_id")
    found = []
    for event in chosen:
        for revision in (*revisions.get(event, []), *unread.get(event, [])):
            key = (event, revision["payload_sha256"])
            found.append(_event(revision, silver.get(key), decided.get(key), issues.get(key, []), groups.get(event)))
    return found


_SILVER_COLUMNS = (
    "source", "channel", "event_time", "language", "language_confidence", "text", "rating", "product", "product_area", "version", "locale",
    "tier", "masked", "is_informative", "spam_reason", "text_hash", "batch_id",
)  # fmt: skip
_DECISION_COLUMNS = (
    "outcome",
    "tier",
    "issues",
    "in_review",
    "sentiment",
    "sentiment_score",
    "taxonomy_version",
    "model_version",
    "processed_at",
)
_ISSUE_COLUMNS = (
    "issue_id", "category", "subcategory", "sentiment", "severity", "urgency", "confidence", "owner", "evidence", "quote", "tier",
    "taxonomy_version", "model_version",
)  # fmt: skip


def _first(reader: Reader, table: Table, columns: Sequence[str], where: Mapping[str, Collection[Any]]) -> dict[tuple[str, str], Row]:
    """The row of each revision. One that was delivered on several days has the same row on each: the first is taken."""
    keys = ("event_id", "payload_sha256")
    return row_by(reader.frame(table, [*keys, "feed_date", *columns], where=where).sort("feed_date"), *keys)


def _issues(reader: Reader, ways: _Ways, where: Mapping[str, Collection[Any]]) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """Accepted and doubted issues of each revision, the most severe first, with the theme that each belongs to."""
    assigned = row_by(
        ways.assignments if len(ways.events) == 1 else reader.frame(ASSIGNMENTS, _ASSIGNED, where={"event_id": where["event_id"]}),
        "issue_id",
    )
    accepted = _first_issue(reader, ISSUES, (), where)
    doubted = _first_issue(reader, REVIEW, ("reason", "status"), where)
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in (*accepted.values(), *(r for i, r in doubted.items() if i not in accepted)):
        theme = assigned.get(row["issue_id"], {})
        issue = {
            **{name: row[name] for name in _ISSUE_COLUMNS},
            "theme_id": theme.get("theme_id", ""),
            "similarity": theme.get("similarity"),
            "superseded": theme.get("superseded"),
            "review": {"reason": row["reason"], "status": row["status"]} if "reason" in row else None,
        }
        found.setdefault((row["event_id"], row["payload_sha256"]), []).append(issue)
    for listed in found.values():
        listed.sort(key=lambda i: (i["review"] is not None, -i["severity"], -i["confidence"], i["issue_id"]))
    return found


def _add_answers(
    reader: Reader, places: Places, issues: Mapping[tuple[str, str], list[dict[str, Any]]], silver: Mapping[tuple[str, str], Row]
) -> None:
    """Adds `answer` to each issue: what the language model was asked, and what that cost; None for other tiers."""
    asked = [(key, i) for key, listed in issues.items() for i in listed if i["tier"] == TIER and key in silver]
    answers = answers_behind(reader, places.prompts, [(i["model_version"], i["taxonomy_version"], silver[key]) for key, i in asked])
    for listed in issues.values():
        for i in listed:
            i["answer"] = None
    for (_, i), answer in zip(asked, answers, strict=True):
        i["answer"] = answer


_ASSIGNED = ("issue_id", "theme_id", "similarity", "superseded")


def _first_issue(reader: Reader, table: Table, more: Sequence[str], where: Mapping[str, Collection[Any]]) -> dict[str, Row]:
    data = reader.frame(table, ["event_id", "payload_sha256", "feed_date", *_ISSUE_COLUMNS, *more], where=where)
    return row_by(data.sort("feed_date"), "issue_id")


def _brief_events(ways: _Ways, deliveries: _Deliveries, events: Sequence[str]) -> list[dict[str, Any]]:
    """Revisions with their issues' themes, from the tables that are not daily."""
    if not events:
        return []
    issues = rows_by(ways.assignments, "event_id", "payload_sha256")
    revisions = rows_by(deliveries.revisions.sort("revision"), "event_id")
    shown = ("issue_id", "theme_id", "similarity", "superseded")
    return [
        {**revision, "detailed": False, "issues": [{k: i[k] for k in shown} for i in issues.get((event, revision["payload_sha256"]), [])]}
        for event in events
        for revision in revisions.get(event, [])
    ]


def _event(revision: Row, silver: Row | None, decided: Row | None, issues: list[dict[str, Any]], group: Row | None) -> dict[str, Any]:
    said = silver or {}
    done = decided or {}
    text = str(said.get("text") or "")
    return {
        "event_id": revision["event_id"],
        "revision": revision["revision"],
        "is_current": revision["is_current"],
        "is_deletion": revision["is_deletion"],
        "payload_sha256": revision["payload_sha256"],
        "feed_date": revision["feed_date"],
        "detailed": True,
        "stage": "enriched" if decided else "silver" if silver else "bronze",
        "source": said.get("source", revision.get("source")),
        "channel": said.get("channel"),
        "event_time": said.get("event_time", revision.get("event_time")),
        "language": said.get("language"),
        "language_confidence": said.get("language_confidence"),
        "quote": text if len(text) <= EXCERPT else text[: EXCERPT - 1] + "…",
        "rating": said.get("rating"),
        "product": said.get("product"),
        "product_area": said.get("product_area"),
        "version": said.get("version"),
        "locale": said.get("locale"),
        "masked": said.get("masked"),
        "is_informative": said.get("is_informative"),
        "spam_reason": said.get("spam_reason"),
        "text_hash": said.get("text_hash"),
        "batch_id": said.get("batch_id", revision.get("batch_id")),
        "outcome": done.get("outcome"),
        "tier": done.get("tier"),
        "sentiment": done.get("sentiment"),
        "sentiment_score": done.get("sentiment_score"),
        "taxonomy_version": done.get("taxonomy_version"),
        "model_version": done.get("model_version"),
        "processed_at": done.get("processed_at"),
        "issues": issues,
        "duplicates": {k: v for k, v in group.items() if k != "event_id"} if group else None,
    }


def _files(reader: Reader, places: Places, rows: Sequence[Row], close: Collection[str]) -> list[dict[str, Any]]:
    """The landed files, as ingested: content hash, row account, dead letters; for detailed events also what each later stage did."""
    batches = {r["batch_id"] for r in rows}
    manifest = reader.frame(MANIFEST, MANIFEST.column_names, where={"batch_id": batches}).sort("file", "batch_id")
    near = {r["batch_id"] for r in rows if r["event_id"] in close}
    stages = rows_by(
        reader.frame(STAGE_BATCHES, STAGE_BATCHES.column_names, where={"batch_id": near}).sort("stage", "feed_date"), "batch_id"
    )
    dead = rows_by(reader.frame(DEAD_LETTERS, ["batch_id", "reason"], where={"batch_id": batches}), "batch_id")
    return [
        {
            **{k: v for k, v in row.items() if k != "file"},
            "file": str(places.landing / row["file"]),
            "relative_file": row["file"],
            "dead_letter_reasons": dict(sorted(Counter(d["reason"] for d in dead.get(row["batch_id"], [])).items())),
            "stages": [
                {k: s[k] for k in ("stage", "rows_in", "rows_out", "reasons", "processed_at")} for s in stages.get(row["batch_id"], [])
            ],
        }
        for row in manifest.iter_rows(named=True)
    ]
