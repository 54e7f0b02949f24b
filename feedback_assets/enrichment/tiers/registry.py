"""Which tiers there are, in the order in which they read. A new tier is one module and one line in TIERS. Not here: how they combine."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from feedback_assets.enrichment.taxonomy import Taxonomy
from feedback_assets.enrichment.tiers.interface import Tier
from feedback_assets.enrichment.tiers.local_model import LocalModelTier
from feedback_assets.enrichment.tiers.rules import RuleTier
from feedback_assets.enrichment.training import load_or_train

TierBuilder = Callable[[Taxonomy, Path, Path, Sequence[Mapping[str, Any]]], Tier]
"""(taxonomy, folder of the golden set, folder of stored models, rows of review decisions) -> a tier."""

TIERS: dict[str, TierBuilder] = {
    "rules": lambda taxonomy, _golden, _models, _decisions: RuleTier(taxonomy),
    "local_model": lambda taxonomy, golden, models, decisions: LocalModelTier(load_or_train(taxonomy, golden, models, decisions)),
}
