"""Evaluates what reads feedback today: rules and local model, and, where one is set, the language model with its active prompt.

While nothing changes that decides an answer, nothing is asked, nothing is noted, and the figures are the last ones. Not here: versions of a
prompt that are not active (prompts.py), how figures are shown.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from feedback_assets.enrichment.golden import GoldenText, Split, of_split
from feedback_assets.evaluation.history import Identity, note
from feedback_assets.evaluation.prompts import Evaluation, cheap_reading, evaluate_prompt, labels_of
from feedback_assets.evaluation.reading import Figures, measure
from feedback_assets.evaluation.routing_costs import RoutingCosts
from feedback_assets.ground.identity import sha256_hex

if TYPE_CHECKING:
    from datetime import datetime

    from feedback_assets.enrichment.asking import Means
    from feedback_assets.enrichment.language_model import LanguageModel
    from feedback_assets.enrichment.reader import Reader
    from feedback_assets.lakehouse.interface import Lakehouse

DECIDED = "decided"
"""What evaluation/results calls the split of texts that people decided about."""
CHEAP_TASK = "cheap_tiers"
"""What evaluation/results calls the task of rules and local model."""
CHEAP_MODEL = "rules and local model"
SPLIT: Split = "calibration"
"""What is looked at every week must not be what a promise is measured on."""


@dataclass(frozen=True)
class ReadersEvaluation:
    """Figures of today's readers. versions: all that decides the figures; digest: its hash. cheap_noted: whether the cheap tiers' were new.

    language_model: None when no model is set. decided: the cheap tiers' figures on texts that people decided about, None without any.
    """

    versions: dict[str, str]
    cheap: Figures
    cheap_noted: bool
    language_model: Evaluation | None
    decided: Figures | None = None

    @property
    def digest(self) -> str:
        """The same while nothing changed that decides the figures. Of an evaluation that is not whole it says so."""
        return sha256_hex(json.dumps(self.versions, sort_keys=True).encode())[:32] + ("" if self.is_whole else "-part")

    @property
    def is_whole(self) -> bool:
        """Whether every text was read by every reader: a budget or a service that is away may leave some for the next time."""
        return self.language_model is None or self.language_model.asked == self.language_model.figures.texts


def evaluate_readers(
    lake: "Lakehouse",
    reader: "Reader",
    model: "LanguageModel | None",
    means: "Means | None",
    golden: Sequence[GoldenText],
    *,
    costs: RoutingCosts,
    now: "datetime",
    decided: Sequence[GoldenText] = (),
) -> ReadersEvaluation:
    """model: the active prompt's, None without one. decided: texts that people decided about and nothing learnt.

    Figures of a reader that could not read every text are not noted."""
    texts = of_split(golden, SPLIT)
    versions = {
        "taxonomy": reader.taxonomy_version,
        "rules and local model": reader.model_version,
        "golden set": golden_version(golden),
    }
    owners = {c.id: c.owner for c in reader.taxonomy.categories}
    cheap = measure([labels_of(t) for t in texts], cheap_reading(reader, texts), owners, costs)
    content = sha256_hex(json.dumps([reader.taxonomy_version, reader.model_version]).encode())
    identity = Identity(CHEAP_TASK, reader.model_version, content, CHEAP_MODEL, reader.taxonomy.version, SPLIT)
    cheap_noted = note(lake, identity, cheap, now)
    figures: Figures | None = None
    if decided:
        versions["decided texts"] = golden_version(decided)
        figures = measure([labels_of(t) for t in decided], cheap_reading(reader, decided), owners, costs)
        note(lake, replace(identity, split=DECIDED), figures, now)
    if model is None or means is None:
        return ReadersEvaluation(versions, cheap, cheap_noted, None, figures)
    versions["language model"] = model.version
    found = evaluate_prompt(lake, reader, model, means, golden, split=SPLIT, costs=costs, active=model.prompt)
    return ReadersEvaluation(versions, cheap, cheap_noted, found, figures)


def golden_version(golden: Sequence[GoldenText]) -> str:
    """Changes with any text or label of the golden set, not with its order."""
    return sha256_hex("\n".join(sorted(map(repr, golden))).encode())[:16]
