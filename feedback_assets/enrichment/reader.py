"""Puts taxonomy, tiers and cascade together into what the enrichment step reads events with. Not here: tables (process.py)."""

import pickle
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from feedback_assets.enrichment.cascade import Cascade, Decision
from feedback_assets.enrichment.taxonomy import Taxonomy, load_taxonomy
from feedback_assets.enrichment.tier_bars import TierBars
from feedback_assets.enrichment.tiers.interface import EventText, Tier
from feedback_assets.enrichment.tiers.registry import TIERS


class Reader:
    """Reads events. Built once a run: loading it takes a second or two, training it the first time a few more.

    It can be pickled: another process reads by the same taxonomy and tiers, whatever became of their files meanwhile, and builds its
    reader once.
    """

    def __init__(self, taxonomy: Taxonomy, tiers: Sequence[Tier], bars: TierBars | None = None) -> None:
        """bars: what the issues of these tiers must reach where a language model answers the rest; None: the taxonomy's bars alone."""
        self.taxonomy = taxonomy
        self._tiers = tuple(tiers)
        self._bars = bars
        self.taxonomy_version = taxonomy.version
        self.tier_version = tiers[-1].version
        self.model_version = self.tier_version if bars is None else f"{self.tier_version}+bars-{bars.identity}"
        self._cascade = Cascade(taxonomy, tiers, bars)

    def with_bars(self, bars: TierBars | None) -> "Reader":
        """The same tiers under other bars."""
        return Reader(self.taxonomy, self._tiers, bars)

    def read(self, events: Sequence[EventText]) -> list[Decision]:
        """One decision an event, in order."""
        return self._cascade.decide(events)

    def __reduce__(self) -> "tuple[Callable[[bytes], Reader], tuple[bytes]]":
        return _unpickled, (self._pickled,)

    @cached_property
    def _pickled(self) -> bytes:
        return pickle.dumps((self.taxonomy, self._tiers, self._bars))


@lru_cache(maxsize=1)
def _unpickled(taxonomy_and_tiers: bytes) -> Reader:
    return Reader(*pickle.loads(taxonomy_and_tiers))  # noqa: S301  # from the process that started this one


def build_reader(
    taxonomy_dir: Path, models_dir: Path, *, tiers: Sequence[str] | None = None, decisions: Sequence[Mapping[str, Any]] = ()
) -> Reader:
    """A reader with the named tiers, in order; all of the registry by default.

    Trains the local model when `models_dir` has none of the same data. decisions: rows of review decisions, which are part of that data.

    Raises SettingError for a taxonomy or a golden set that cannot be used.
    """
    taxonomy = load_taxonomy(taxonomy_dir)
    return Reader(
        taxonomy, [TIERS[name](taxonomy, taxonomy_dir / "golden", models_dir, decisions) for name in (TIERS if tiers is None else tiers)]
    )
