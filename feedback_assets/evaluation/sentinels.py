"""Sentinels: golden texts that are read again every day, so that a reader that changed without a new version is seen.

The texts are those of the calibration split that the cheap tiers read rightly and most surely. Each day's reading is kept; a reading that
differs from that of the last earlier day under the same versions is a flip. Asking a language model anew is paid for once a day: the
question's key is salted by the day. Not here: figures (reading.py), what people do about a flip (docs/runbooks/sentinel.md).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from feedback_assets.contracts.arrow import to_arrow
from feedback_assets.contracts.evaluation import SENTINEL_READINGS
from feedback_assets.enrichment.golden import GoldenText, of_split
from feedback_assets.evaluation.prompts import cheap_reading
from feedback_assets.evaluation.reading import ReadText
from feedback_assets.ground.identity import sha256_hex
from feedback_assets.ground.verdict import SAMPLE, Verdict

if TYPE_CHECKING:
    from feedback_assets.enrichment.asking import Means
    from feedback_assets.enrichment.kernel import ReadsEvents
    from feedback_assets.enrichment.language_model import LanguageModel
    from feedback_assets.lakehouse.interface import Lakehouse

MOST = 32
CHEAP, MODEL = "cheap_tiers", "language_model"
Row = dict[str, Any]


@dataclass(frozen=True)
class Flip:
    """A sentinel that is read otherwise than before, though no version changed. returned: the model that answered, then and now."""

    tier: str
    golden_id: str
    before: str
    now: str
    since: date
    returned: tuple[str, str] = ("", "")


@dataclass(frozen=True)
class SentinelReport:
    """read: tier -> sentinels that have a reading of today. compared: of those, how many have an earlier one under the same versions.

    sent, cost_usd: what was asked now. stopped: why the language model was not asked about all; empty when it was.
    """

    day: date
    read: Mapping[str, int]
    compared: Mapping[str, int]
    flips: tuple[Flip, ...]
    sent: int = 0
    cost_usd: float = 0.0
    stopped: str = ""


def sentinels(golden: Sequence[GoldenText], reader: "ReadsEvents", most: int = MOST) -> list[GoldenText]:
    """The sentinel texts, by id: a function of golden set and reader. Categories take turns, so that none is left out for being harder;
    a quarter are texts without an issue."""
    held = of_split(golden, "calibration")
    of_kind: dict[str, list[tuple[float, str, GoldenText]]] = {}
    for text, read in zip(held, cheap_reading(reader, held), strict=True):
        labelled = {label.category for label in text.labels}
        accepted = {c.category: c.confidence for c in read.claims if c.accepted}
        if labelled == set(accepted) and len(labelled) <= 1 and len(read.claims) == len(accepted):
            kind = next(iter(labelled), "")
            of_kind.setdefault(kind, []).append((-accepted.get(kind, 0.0), text.id, text))
    silent = [text for _, _, text in sorted(of_kind.pop("", []), key=lambda found: found[:2])][: most // 4]
    rows = [sorted(found, key=lambda f: f[:2]) for _, found in sorted(of_kind.items())]
    turns = [row[turn][2] for turn in range(max(map(len, rows), default=0)) for row in rows if turn < len(row)]
    return sorted([*turns[: most - len(silent)], *silent], key=lambda t: t.id)


def score_sentinels(
    lake: "Lakehouse",
    reader: "ReadsEvents",
    model: "LanguageModel | None",
    means: "Means | None",
    now: datetime,
    *,
    golden: Sequence[GoldenText],
) -> SentinelReport:
    """Reads the sentinels by the cheap tiers, and by the language model when there is one, and keeps the day's first readings.

    Twice on a day it asks nothing and writes nothing more. A question that the service could not answer has no reading.
    """
    today = now.astimezone(UTC).date()
    texts = sentinels(golden, reader)
    versions = {"taxonomy": reader.taxonomy_version, "model": reader.model_version}
    rows = [_row(CHEAP, t, r, versions, now=now) for t, r in zip(texts, cheap_reading(reader, texts), strict=True)]
    sent, cost, stopped = 0, 0.0, ""
    if model is not None and means is not None:
        from feedback_assets.evaluation.asking import ask_golden, read_texts

        found = ask_golden(lake, model, means, texts, salt=f"sentinel {today.isoformat()}")
        sent, cost, stopped = found.sent, found.cost_usd, found.stopped
        of_model = {"taxonomy": reader.taxonomy_version, "language_model": model.version}
        by_id = {t.id: t for t in texts}
        rows += [
            _row(MODEL, by_id[r.id], r, of_model, now=now, returned=found.returned.get(r.id, ""))
            for r in read_texts(model, texts, found.answers)
        ]
    lake.append_new(SENTINEL_READINGS, to_arrow(SENTINEL_READINGS, rows))
    return _compared(lake, rows, today, sent=sent, cost=cost, stopped=stopped)


def _compared(lake: "Lakehouse", rows: Sequence[Row], today: date, *, sent: int, cost: float, stopped: str) -> SentinelReport:
    """Today's readings as they are kept, against the last earlier ones."""
    wanted = {_identity(r) for r in rows}
    stored = lake.read(SENTINEL_READINGS, where={"versions": sorted({r["versions"] for r in rows})}).to_pylist()
    days: dict[tuple[str, str, str], dict[date, Row]] = {}
    for row in stored:
        if _identity(row) in wanted and row["read_on"] <= today:
            days.setdefault(_identity(row), {})[row["read_on"]] = row
    read = {CHEAP: 0, MODEL: 0}
    compared = dict(read)
    flips = []
    for (tier, name, _), found in sorted(days.items()):
        current = found[today]
        read[tier] += 1
        earlier = max((day for day in found if day < today), default=None)
        if earlier is None:
            continue
        compared[tier] += 1
        before = found[earlier]
        if before["reading"] != current["reading"]:
            returned = before["model_returned"], current["model_returned"]
            flips.append(Flip(tier, name, before["reading"], current["reading"], earlier, returned))
    return SentinelReport(today, read, compared, tuple(flips), sent, cost, stopped)


def sentinel_verdict(report: SentinelReport) -> Verdict:
    """One flip is one too many: the versions are the same, so the readings must be."""
    return Verdict(
        passed=not report.flips,
        rule="A sentinel text is read as on the last day, as long as text, taxonomy, prompt and models are the same.",
        number=len(report.flips),
        threshold=f"no flip among {sum(report.compared.values())} readings that could be compared",
        owner="feedback-ml",
        next_command="feedback evaluate sentinels",
        sample=[
            {"tier": f.tier, "golden_id": f.golden_id, "before": f.before, "now": f.now, "since": str(f.since), "model": list(f.returned)}
            for f in report.flips[:SAMPLE]
        ],
    )


def _row(tier: str, text: GoldenText, read: ReadText, versions: Mapping[str, str], *, now: datetime, returned: str = "") -> Row:
    accepted = {c.category: c.confidence for c in read.claims if c.accepted and c.category}
    return {
        "read_on": now.astimezone(UTC).date(),
        "tier": tier,
        "golden_id": text.id,
        "versions": sha256_hex(json.dumps([text.text, text.language, versions], sort_keys=True).encode())[:32],
        "reading": f"!{read.failure}" if read.failure else "+".join(sorted(accepted)),
        "confidence": round(max(accepted.values(), default=0.0), 4),
        "model_returned": returned,
        "read_at": now,
    }


def _identity(row: Row) -> tuple[str, str, str]:
    return row["tier"], row["golden_id"], row["versions"]
