"""What there is to do: days with work in any daily stage, and whether gold is behind its inputs. Read from tables; nothing is kept here.

The sensors and `feedback run` ask the same functions. Not here: launching (launch.py), the work.
"""

from datetime import date
from typing import TYPE_CHECKING

from feedback_assets.contracts import table_named
from feedback_assets.contracts.ledger import CURSORS
from feedback_assets.contracts.tickets import OUTBOX
from feedback_assets.effects.outbox import OPEN
from feedback_assets.effects.purpose import may_publish
from feedback_assets.lakehouse.interface import Mark

if TYPE_CHECKING:
    from feedback_assets.wiring.services import Services

DESTINATIONS = ("tickets:", "alerts:")
"""Beginnings of consumers that only a run that publishes moves on."""


def pending_days(services: "Services", bounds: tuple[date, date] = (date.min, date.max)) -> dict[date, set[str]]:
    """Days with work in any daily stage -> the sources with files that bronze does not have, or with batches that a later stage lacks.

    The latter's bronze assets do nothing new, but their checks stand before the later stages: without them a day that a check
    stopped would go on at the next run.
    """
    from feedback_assets.bronze.ingest import pending_days as bronze_pending
    from feedback_assets.contracts.bronze import SOURCES
    from feedback_assets.enrichment.batch_jobs import job_days
    from feedback_assets.ground.accounts import unfinished_sources
    from feedback_assets.themes.embed import days_of_another_embedder, waiting_days

    days: dict[date, set[str]] = {}
    for source in SOURCES:
        for day in bronze_pending(services.lake, services.landing, source):
            days.setdefault(day, set()).add(source)
    for day, sources in unfinished_sources(services.lake).items():
        days.setdefault(day, set()).update(sources)
    for day in days_of_another_embedder(services.lake, lambda: services.embedder.name):
        days.setdefault(day, set())
    if services.answer_means is not None:
        days.update({day: days.get(day, set()) for day in job_days(services.lake)})
    waiting = waiting_days(services.lake)
    if waiting and getattr(services.embedder, "can_pay", lambda: True)():
        days.update({day: days.get(day, set()) for day in waiting})
    return {d: s for d, s in days.items() if bounds[0] <= d <= bounds[1]}


def gold_is_behind(services: "Services", purpose: str) -> bool:
    """Whether a step of gold has inputs that it has not read, or a setting changed since, or, for a run that publishes, an effect waits."""
    from feedback_assets.reckoning.exchange_rates import rates_version
    from feedback_assets.silver.duplicates.update import is_behind as duplicates_behind
    from feedback_assets.silver.revisions import is_behind as revisions_behind
    from feedback_assets.themes.fold import Parameters
    from feedback_assets.themes.naming import NAMING_VERSION

    lake = services.lake
    if revisions_behind(lake) or duplicates_behind(lake):
        return True
    publishes = may_publish(purpose)
    told = {f"tickets:{services.settings.tracker}", f"alerts:{services.settings.alert_channel}"}
    rows = lake.read(CURSORS).to_pylist()
    if publishes and lake.count(OUTBOX, {"status": OPEN}) > 0:
        return True
    if not rows or (publishes and not told <= {r["consumer"] for r in rows}):
        return lake.version(table_named("themes/embeddings")) >= 0
    settings = {
        "setting:naming": lambda: NAMING_VERSION,
        "setting:rules": lambda: Parameters().version,
        "setting:embedder": lambda: services.embedder.name,
        "setting:weights": lambda: services.weights.digest,
        "setting:exchange_rates": lambda: rates_version(services.exchange_rates),
    }
    now: dict[str, Mark | str] = {}
    for row in rows:
        if row["consumer"].startswith(DESTINATIONS) and (not publishes or row["consumer"] not in told):
            continue
        name = row["input"]
        if name in settings:
            if now.setdefault(name, settings[name]()) != row["identity"]:
                return True
        elif now.setdefault(name, lake.mark(table_named(name))) != Mark(row["identity"], row["version"]):
            return True
    return False
