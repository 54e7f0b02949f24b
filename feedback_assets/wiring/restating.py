"""What a backfill would make anew: today's versions of each daily stage, and the batches whose rows others made.

Read from the ledger of batches alone. Not here: making them anew (the stages), launching (cli/backfill.py).
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from feedback_assets.contracts.silver import EVENTS
from feedback_assets.ground.batches import Making, stale_batches, versions

if TYPE_CHECKING:
    from feedback_assets.enrichment.asking import Plan
    from feedback_assets.wiring.services import Services

BACKFILL = "backfill"
STAGES = ("silver", "enrichment", "themes")
"""In the order of the data, as a person names them."""
LEDGER_NAME = {"silver": "silver", "enrichment": "enrichment", "themes": "embeddings"}
STEP = {"silver": "silver_events", "enrichment": "enrichment", "themes": "theme_embeddings"}


@dataclass
class Stale:
    """What of one stage is stale on some days. why: which part of the versions differs -> rows. made_by: today's versions."""

    stage: str
    made_by: str
    days: set[date] = field(default_factory=set)
    batches: int = 0
    rows: int = 0
    why: Counter[str] = field(default_factory=Counter)


def todays_versions(services: "Services") -> dict[str, str]:
    """Stage -> what its rows are stamped with when they are made now."""
    from feedback_assets.enrichment.language_model import reading_versions
    from feedback_assets.graph.code_version import step_source
    from feedback_assets.wiring.build import STEPS

    steps = {step.name: step for step in STEPS}
    reader = services.barred_reader_on(services.lake)
    settings: dict[str, dict[str, str]] = {
        "silver": {"personal_data": services.masker.policy.rules.digest},
        "enrichment": reading_versions(reader, services.language_model),
        "themes": {"embedder": services.embedder.name},
    }
    return {s: versions(step_source(steps[STEP[s]]), settings[s]) for s in STAGES}


def stale(services: "Services", stages: Sequence[str], first: date, last: date) -> list[Stale]:
    """What these stages would make anew on these days, stage by stage; a stage that follows another one is counted for itself alone."""
    today = todays_versions(services)
    found = []
    for stage in stages:
        one = Stale(stage, today[stage])
        for batch in stale_batches(services.lake, LEDGER_NAME[stage], None, Making(one.made_by, BACKFILL, restates=True)).values():
            if first <= batch.feed_date <= last:
                one.days.add(batch.feed_date)
                one.batches += 1
                one.rows += batch.rows
                one.why[why(batch.made_by, one.made_by)] += batch.rows
        found.append(one)
    return found


def planned_answers(services: "Services", first: date, last: date) -> "Plan | None":
    """What a backfill of enrichment over these days would ask the language model; None without one."""
    from feedback_assets.enrichment.asking import plan_days

    model, means = services.language_model, services.answer_means
    if model is None or means is None:
        return None
    days = sorted(d for d in services.lake.partitions(EVENTS) if first <= d <= last)
    making = Making(todays_versions(services)["enrichment"], BACKFILL, restates=True)
    reader = services.barred_reader_on(services.lake)
    return plan_days(services.lake, reader, model, means, days, making=making, workers=services.compute.kernel_workers)


def why(made_by: str, today: str) -> str:
    """Which parts of the versions differ: "taxonomy 1+ab -> 1+cd". A row without versions was made before rows had them, or a run was
    killed while it made it anew."""
    if not made_by:
        return "no version"
    was, now = _parts(made_by), _parts(today)
    return ", ".join(
        f"{name} {was.get(name, 'none')} -> {now.get(name, 'none')}" for name in {**was, **now} if was.get(name) != now.get(name)
    )


def _parts(made_by: str) -> Mapping[str, Any]:
    """Name -> version: the version is the last word of each part."""
    return dict(part.rpartition(" ")[::2] for part in made_by.split(", "))
