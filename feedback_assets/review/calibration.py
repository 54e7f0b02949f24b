"""The weekly sample that people judge whatever its value, and how often they overrule the machine.

The queue asks for what is doubtful, so its answers say nothing of the rest; a sample over all that the machine accepted, doubted or found
nothing in does. Not here: answering (decide.py), golden texts (enrichment/golden.py).
"""

import hashlib
import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from feedback_assets.contracts.arrow import to_arrow
from feedback_assets.contracts.enrichment import ENRICHED_EVENTS, ISSUES, REVIEW
from feedback_assets.contracts.review import DECISIONS, PERSON, SAMPLES, Row, decisions_in_force, is_propagated
from feedback_assets.contracts.silver import EVENTS, REVISIONS
from feedback_assets.ground.identity import sha256_hex
from feedback_assets.lakehouse.frames import read_frame
from feedback_assets.lakehouse.interface import Lakehouse

if TYPE_CHECKING:
    import polars as pl

SIZE = 60
SEED = "calibration"
LOOKS_BACK = timedelta(days=28)
_Z = 1.959964
"""Standard normal quantile of a two-sided interval of 95 %."""
_ITEM = ("issue_id", "event_id", "payload_sha256", "feed_date", "category", "language", "tier", "confidence")
STRATUM = ("stand", "tier", "category", "language")


@dataclass(frozen=True)
class OverrideRate:
    """How often people said otherwise than the machine, in one stratum. rate: overridden / decisions, with its 95 % Wilson interval."""

    stand: str
    tier: str
    category: str
    language: str
    decisions: int
    overridden: int
    rate: float
    low: float
    high: float


def week_of(now: datetime) -> date:
    """The Monday of the week, in UTC."""
    day = now.astimezone(UTC).date()
    return day - timedelta(days=day.weekday())


def week_sample(lake: Lakehouse, now: datetime, *, size: int = SIZE, seed: str = SEED) -> list[dict[str, Any]]:
    """The rows of review/samples for this week, by issue id; drawn and written when there are none.

    Drawn from the four weeks of feed days before the Monday, or, when nothing came in them, from the last four weeks in which something
    did: so whoever asks first in a week, the same is drawn. Nothing to draw from: no commit.
    """
    week = week_of(now)
    if lake.count(SAMPLES, where={"week": [week]}) == 0:
        drawn = draw(population(lake, week), week=week, size=size, seed=seed)
        if drawn:
            lake.append_new(SAMPLES, to_arrow(SAMPLES, drawn))
    return sorted(lake.read(SAMPLES, where={"week": [week]}).to_pylist(), key=lambda r: r["issue_id"])


def population(lake: Lakehouse, week: date) -> "pl.DataFrame":
    """What a week's sample is drawn from: an item a row, with the columns of its stratum. People's own decisions are not in it."""
    import polars as pl

    days = sorted(d for d in lake.partitions(ENRICHED_EVENTS) if d < week)
    recent = [d for d in days if d >= (week if not days or days[-1] >= week - LOOKS_BACK else days[-1] + timedelta(days=1)) - LOOKS_BACK]
    where = {"feed_date": recent}
    columns = list(_ITEM)
    parts = [
        read_frame(lake, table, columns, where).with_columns(stand=pl.lit(stand))
        for table, stand in ((ISSUES, "accepted"), (REVIEW, "doubted"))
    ]
    silent = read_frame(lake, ENRICHED_EVENTS, ["event_id", "payload_sha256", "feed_date", "tier"], where | {"outcome": ["no_issue"]})
    languages = read_frame(lake, EVENTS, ["event_id", "payload_sha256", "language"], where)
    key = ["event_id", "payload_sha256"]
    told = silent.join(languages, on=key, how="inner")
    ids = [text_id(*names) for names in told.select(key).iter_rows()]
    parts.append(
        told.with_columns(
            pl.Series("issue_id", ids, dtype=pl.String),
            category=pl.lit(""),
            confidence=pl.lit(0.0),
            stand=pl.lit("none"),
        ).select([*columns, "stand"])
    )
    old = read_frame(lake, REVISIONS, key, where | {"is_current": [False]})
    return pl.concat(parts).filter(pl.col("tier") != PERSON).join(old, on=key, how="anti")


def text_id(event_id: str, payload_sha256: str) -> str:
    """What stands for an issue id where a whole text is judged in which the machine found none."""
    return sha256_hex(f"text {event_id} {payload_sha256}".encode())[:32]


def draw(items: "pl.DataFrame", *, week: date, size: int, seed: str) -> list[dict[str, Any]]:
    """At most `size` items, the same for the same items, week and seed, in whatever order they come.

    Each stratum gives one, the largest first, then the rest goes by their size (largest remainders).
    """
    import polars as pl

    strata = items.group_by(list(STRATUM)).len().sort(pl.col("len"), *STRATUM, descending=[True, False, False, False, False])
    shares = _shares(strata["len"].to_list(), size)
    wanted = strata.with_columns(stratum_items=pl.col("len").cast(pl.Int64), stratum_drawn=pl.Series(shares, dtype=pl.Int64))
    chosen = items.join(wanted.drop("len").filter(pl.col("stratum_drawn") > 0), on=list(STRATUM), how="inner")
    by_stratum: dict[tuple[Any, ...], list[dict[str, Any]]] = defaultdict(list)
    for row in chosen.iter_rows(named=True):
        by_stratum[tuple(row[n] for n in STRATUM)].append(row)
    drawn = []
    for rows in by_stratum.values():
        rows.sort(key=lambda r: (_lot(week, seed, r["issue_id"]), r["issue_id"]))
        drawn += [r | {"week": week, "seed": seed} for r in rows[: rows[0]["stratum_drawn"]]]
    return sorted(drawn, key=lambda r: r["issue_id"])


def override_rates(lake: Lakehouse, *, sampled: bool = False) -> list[OverrideRate]:
    """Override rates by what the machine made of it, tier, category and language; the strata with most decisions first.

    Only what people looked at themselves and that is in force counts; repetitions say nothing of the labels and are left out. Overridden:
    the person says other labels, or no issue; in a text in which nothing was found, that there is one. sampled: only answers to samples,
    which alone stand for all items of their stratum.
    """
    rows = [r for r in decisions_in_force(lake.read(DECISIONS).to_pylist()) if judged(r)]
    if sampled:
        ids = set(lake.read(SAMPLES, columns=["issue_id"])["issue_id"].to_pylist())
        rows = [r for r in rows if r["issue_id"] in ids]
    counted: Counter[tuple[str, str, str, str]] = Counter()
    over: Counter[tuple[str, str, str, str]] = Counter()
    for row in rows:
        stratum = row["machine_stand"], row["machine_tier"], row["machine_category"], row["language"]
        counted[stratum] += 1
        over[stratum] += is_override(row)
    rates = [OverrideRate(*names, n, over[names], over[names] / n, *wilson(over[names], n)) for names, n in counted.items()]
    return sorted(rates, key=lambda r: (-r.decisions, r.stand, r.tier, r.category, r.language))


def judged(row: Row) -> bool:
    """A person looked at this very item, and says something of the machine's labels."""
    return row.get("machine_stand") is not None and not is_propagated(row) and row["verdict"] != "duplicate"


def is_override(row: Row) -> bool:
    """The person says otherwise than the machine."""
    if row["machine_stand"] == "none":
        return row["verdict"] in ("accepted", "corrected")
    return bool(row["verdict"] != "accepted")


def wilson(hits: int, of: int) -> tuple[float, float]:
    """The 95 % interval of a share by Wilson (1927), which also holds for few and for none. (0, 1) of nothing."""
    if of == 0:
        return 0.0, 1.0
    share, z2 = hits / of, _Z * _Z
    middle = (share + z2 / (2 * of)) / (1 + z2 / of)
    half = _Z / (1 + z2 / of) * math.sqrt(share * (1 - share) / of + z2 / (4 * of * of))
    return max(0.0, middle - half), min(1.0, middle + half)


def _shares(sizes: Sequence[int], wanted: int) -> list[int]:
    """How many to draw from strata of these sizes, largest first."""
    wanted = min(wanted, sum(sizes))
    shares = [1 if n < wanted else 0 for n in range(len(sizes))]
    left = wanted - sum(shares)
    rest = [size - share for size, share in zip(sizes, shares, strict=True)]
    if left <= 0:
        return shares
    exact = [left * n / sum(rest) for n in rest]
    floors = [int(x) for x in exact]
    order = sorted(range(len(sizes)), key=lambda n: (floors[n] - exact[n], n))
    for n in order[: left - sum(floors)]:
        floors[n] += 1
    return [share + more for share, more in zip(shares, floors, strict=True)]


def _lot(week: date, seed: str, issue_id: str) -> bytes:
    return hashlib.blake2b(f"{seed} {week.isoformat()} {issue_id}".encode(), digest_size=8).digest()


def past_flips(rows: Sequence[Row]) -> Mapping[tuple[str, str, str], tuple[int, int]]:
    """(stand, reason, category) -> (answers that changed what stands, answers), of decisions in force that people made themselves."""
    flipped: Counter[tuple[str, str, str]] = Counter()
    counted: Counter[tuple[str, str, str]] = Counter()
    for row in rows:
        if row.get("machine_stand") is None or is_propagated(row):
            continue
        key = row["machine_stand"], row["machine_reason"] or "", row["machine_category"]
        counted[key] += 1
        flipped[key] += changes_what_stands(row)
    return {key: (flipped[key], n) for key, n in counted.items()}


def changes_what_stands(row: Row) -> bool:
    """An item that made no ticket becomes an issue, or an issue goes or gets other labels."""
    if row["machine_stand"] == "accepted":
        return bool(row["verdict"] != "accepted")
    return row["verdict"] in ("accepted", "corrected")
