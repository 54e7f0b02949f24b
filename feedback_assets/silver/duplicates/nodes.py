"""From index rows to texts and back: who leads each event, decided anew where something changed. No tables are read or written here.

Equal texts of one day are one text, said when the first of them was; what leads it leads all of them.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from feedback_assets.silver.duplicates.candidates import Tokens
from feedback_assets.silver.duplicates.leaders import OPEN, OUTSIDE, Compared, Memory, Standing, Texts, settle

if TYPE_CHECKING:
    import polars as pl

_NAMED = ("feed_date", "event_id", "payload_sha256")


@dataclass(frozen=True)
class Decided:
    """Index rows with their leaders, and the event days on which a text was decided anew."""

    index: "pl.DataFrame"
    touched_days: frozenset[date]


def decided(
    rows: "pl.DataFrame",
    before: "pl.DataFrame",
    texts: "Callable[[pl.DataFrame], list[str]]",
    memory: Memory | None = None,
    elsewhere: Callable[[Texts], AbstractContextManager[Compared | None]] = lambda _: nullcontext(),
) -> Decided:
    """The rows, each with its leader. `before`: rows as they stood, with leaders that hold unless something around them changed.

    texts: rows that name events -> their normalised texts, in their order. memory: of a call with fewer rows, for the next one.
    elsewhere: what compares these texts beside this, if anything does.
    """
    import numpy as np
    import polars as pl

    ordered = rows.sort("event_time", "event_id")
    heads = _heads(ordered)
    if heads.height == 0:
        return Decided(ordered, frozenset())
    number = np.arange(heads.height)
    # A text stands as it stood when its first event is the same, says the same, and is led by one that is there still.
    old = _heads(before.sort("event_time", "event_id")).select(
        "event_id", "text_hash", "event_time", "leader_id", "similarity", stood=pl.lit(value=True)
    )
    kept = heads.drop("leader_id", "similarity").join(old, on=["event_id", "text_hash", "event_time"], how="left", maintain_order="left")
    stood = kept["stood"].fill_null(value=False).to_numpy()
    similarity = kept["similarity"].fill_null(0.0).to_numpy().copy()
    led = kept.select(pl.col("leader_id").fill_null(""))
    places = kept.select("event_id", at=number)
    at = led.join(places, left_on="leader_id", right_on="event_id", how="left", maintain_order="left")["at"].fill_null(OPEN).to_numpy()
    leader = np.where(stood & (at >= 0) & stood[at], at, OPEN)
    # Who is led by none of them is led from further back, unless that one was here before.
    gone = np.flatnonzero(stood & (at < 0) & (led["leader_id"] != "").to_numpy())
    away = led[gone].join(old, left_on="leader_id", right_on="event_id", how="left", maintain_order="left")["stood"].is_null().to_numpy()
    leader[gone[away]] = OUTSIDE
    standing = Standing(leader, similarity)
    days = heads["event_day"].to_physical().to_numpy().astype(np.int64)
    named = heads.select(_NAMED)
    found = Texts(
        days=days,
        hashes=heads["text_hash"].str.slice(0, 15).str.to_integer(base=16, dtype=pl.Int64).to_numpy(),
        sketches=unpacked(heads["minhash"]),
        normals=lambda wanted: texts(named[list(wanted)]),
    )
    with elsewhere(found) as compared:
        settle(found, standing, memory=memory, elsewhere=compared)
    ids = heads["event_id"].to_numpy()
    led_by = np.where(standing.leader == OUTSIDE, kept["leader_id"].to_numpy(), ids[np.maximum(standing.leader, 0)])
    told = heads.select("text_hash", "event_day").with_columns(
        pl.Series("leader_id", led_by, dtype=pl.String), pl.Series("similarity", np.round(standing.similarity, 6))
    )
    index = ordered.drop("leader_id", "similarity").join(told, on=["text_hash", "event_day"], how="left", maintain_order="left")
    touched = heads["event_day"].gather(sorted(standing.touched)) if standing.touched else heads["event_day"].head(0)
    return Decided(index.select(rows.columns), frozenset(touched.to_list()))


def _heads(ordered: "pl.DataFrame") -> "pl.DataFrame":
    """The first event of each text of a day, in their order."""
    return ordered.unique(["text_hash", "event_day"], keep="first", maintain_order=True)


def unpacked(sketches: "pl.Series") -> Tokens:
    """Sketches as the tables store them, as tokens."""
    import numpy as np

    number = 2 * sketches.list.len().to_numpy().astype(np.int64)
    values = sketches.explode(empty_as_null=False).to_numpy().astype(np.int64).view(np.uint32)
    starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(number)])
    # A sketch of an odd number of values has its last one twice.
    twice = starts[1:][number > 0]
    again = twice[values[twice - 1] == values[twice - 2]] - 1
    keep = np.ones(len(values), np.bool_)
    keep[again] = False
    gone = np.concatenate([np.zeros(1, np.int64), np.cumsum(~keep)])
    return Tokens(values[keep], starts - gone[starts])
