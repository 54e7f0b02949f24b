"""The ledger of embedded texts: which text has a vector that was paid for, and what a day has cost.

A text is known by the hash of what is sent of it; the text itself is not kept. Not here: asking a service (embedders/openai.py), vectors
of issues (embed.py).
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from feedback_assets.contracts.arrow import to_arrow
from feedback_assets.contracts.themes import EMBEDDED_TEXTS
from feedback_assets.ground.identity import sha256_hex
from feedback_assets.lakehouse.frames import read_frame

if TYPE_CHECKING:
    import polars as pl

    from feedback_assets.lakehouse.interface import Lakehouse


def text_key(text: str) -> str:
    """The name of a text as it is sent."""
    return sha256_hex(text.encode())[:32]


def known_texts(lake: "Lakehouse", embedder: str, keys: Collection[str]) -> "dict[str, pl.Series]":
    """Text key -> its vector by this embedder, empty for a text that the service does not take; of those that are known."""
    import polars as pl

    wanted = pl.DataFrame({"text_key": sorted(set(keys))}, schema={"text_key": pl.String})
    if not wanted.height:
        return {}
    # The keys of all days first: vectors are read for the few that are wanted, from the days that have them.
    there = read_frame(lake, EMBEDDED_TEXTS, ["asked_on", "text_key"], {"embedder": [embedder]}).join(wanted, on="text_key", how="semi")
    if not there.height:
        return {}
    where = {"asked_on": sorted(set(there["asked_on"].to_list())), "text_key": there["text_key"].unique().to_list(), "embedder": [embedder]}
    rows = read_frame(lake, EMBEDDED_TEXTS, ["asked_on", "text_key", "vector"], where)
    # Two processes may have paid for one text on two days: the first vector is the one that is used.
    first = rows.sort("asked_on", descending=True).select("text_key", "vector")
    return dict(zip(first["text_key"].to_list(), first["vector"], strict=True))


def write_texts(lake: "Lakehouse", rows: Sequence[Mapping[str, Any]]) -> None:
    """Adds what was paid for."""
    lake.append_new(EMBEDDED_TEXTS, to_arrow(EMBEDDED_TEXTS, rows))


def spent_on(lake: "Lakehouse", day: date) -> float:
    """US dollars that vectors of a UTC day cost."""
    return float(read_frame(lake, EMBEDDED_TEXTS, ["cost_usd"], {"asked_on": [day]})["cost_usd"].sum())
