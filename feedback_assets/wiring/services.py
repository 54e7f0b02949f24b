"""What the stages need from outside, each made when it is first used: lakehouse, landing zone, compute, reader, embedder, tracker, alerts.

A new implementation of one is a module in its folder and a line in its registry; nothing here or in the assets changes.
"""

from datetime import UTC, datetime
from functools import cached_property, partial
from typing import TYPE_CHECKING

from feedback_assets.ground.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    import pyarrow as pa

    from feedback_assets.alerts.channels.interface import AlertChannel
    from feedback_assets.bronze.landing import LandingZone
    from feedback_assets.compute.interface import Compute
    from feedback_assets.enrichment.asking import Means, Trial
    from feedback_assets.enrichment.language_model import LanguageModel
    from feedback_assets.enrichment.process import Bind
    from feedback_assets.enrichment.reader import Reader
    from feedback_assets.enrichment.tier_bars import TierBars
    from feedback_assets.interpretation.asking import Means as NoteMeans
    from feedback_assets.lakehouse.interface import Lakehouse
    from feedback_assets.model_client.settings import ModelSettings
    from feedback_assets.priority.weights import Weights
    from feedback_assets.reckoning.exchange_rates import ExchangeRates
    from feedback_assets.silver.personal.masker import Masker
    from feedback_assets.silver.personal.rules import PersonalData
    from feedback_assets.themes.embedders.interface import Embedder
    from feedback_assets.themes.embedders.paid import Purse
    from feedback_assets.tickets.trackers.interface import Tracker


class Services:
    """The services of one home. One a process: the compute engine and the models are kept between runs."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._reader: tuple[int, Reader] | None = None
        self._barred: tuple[str, TierBars, Reader] | None = None

    def now(self) -> datetime:
        """The clock, read here and nowhere below."""
        return datetime.now(UTC)

    @cached_property
    def lake(self) -> "Lakehouse":
        """Every table."""
        from feedback_assets.lakehouse.local import LocalLakehouse

        return LocalLakehouse(self.settings.lake)

    @cached_property
    def landing(self) -> "LandingZone":
        """Where files land."""
        from feedback_assets.bronze.landing import LandingZone
        from feedback_assets.sources.zones import load_zones

        return LandingZone(self.settings.landing, load_zones(self.settings.taxonomy / "sources.yaml"))

    @cached_property
    def compute(self) -> "Compute":
        """Runs Spark transformations and the text kernel."""
        from feedback_assets.compute.registry import compute_named

        return compute_named(self.settings.compute)

    @cached_property
    def masker(self) -> "Masker":
        """Masks personal data under the home's key."""
        from feedback_assets.silver.personal.keys import key_from_hex, site_key
        from feedback_assets.silver.personal.masker import Policy, masker_of

        given = self.settings.pseudonym_key
        key = key_from_hex(given) if given else site_key(self.settings.key_file)
        return masker_of(Policy(key, self.personal_data))

    @cached_property
    def personal_data(self) -> "PersonalData":
        """A site's own rules of personal data."""
        from feedback_assets.silver.personal.rules import load_personal_data

        return load_personal_data(self.settings.taxonomy / "personal_data.yaml")

    @property
    def reader(self) -> "Reader":
        """Finds issues in texts, as people's decisions up to now have taught it."""
        return self.reader_on(self.lake)

    def reader_on(self, lake: "Lakehouse") -> "Reader":
        """The same, with the decisions that this lake holds. Kept until there are new ones."""
        from feedback_assets.contracts.review import DECISIONS
        from feedback_assets.enrichment.decisions import read_decisions
        from feedback_assets.enrichment.reader import build_reader

        version = lake.version(DECISIONS)
        if self._reader is None or self._reader[0] != version:
            reader = build_reader(self.settings.taxonomy, self.settings.models, decisions=read_decisions(lake))
            self._reader = (version, reader)
        return self._reader[1]

    def barred_reader_on(self, lake: "Lakehouse") -> "Reader":
        """The same under the bars that were measured, where a language model answers what is below them."""
        from feedback_assets.enrichment.tier_bars import read_tier_bars

        reader, target = self.reader_on(lake), self.settings.model_agreement
        if self.model_settings is None:
            return reader
        bars = read_tier_bars(lake, reader.tier_version, target)  # in any case: what a step reads hangs on no figure
        if not target:
            return reader
        if self._barred is None or (self._barred[0], self._barred[1]) != (reader.tier_version, bars):
            self._barred = (reader.tier_version, bars, reader.with_bars(bars))
        return self._barred[2]

    def binding_on(self, lake: "Lakehouse") -> "Bind | None":
        """What people decided, as enrichment binds it; None while nobody decided anything."""
        from feedback_assets.contracts.review import DECISIONS
        from feedback_assets.enrichment.severity import Rubric
        from feedback_assets.review.binding import bind_tables
        from feedback_assets.review.labels import labels_of

        decisions = lake.read(DECISIONS).to_pylist()
        if not decisions:
            return None
        taxonomy = self.reader_on(lake).taxonomy
        labels, urgency = labels_of(taxonomy.categories), Rubric(taxonomy).urgency

        def bind(issues: "pa.Table", review: "pa.Table") -> "tuple[pa.Table, pa.Table, frozenset[tuple[str, str]]]":
            found, doubted, bound = bind_tables(issues, review, decisions, labels, urgency=urgency)
            return found, doubted, bound.events

        return bind

    @cached_property
    def model_settings(self) -> "ModelSettings | None":
        """Where the language model is; None when the site has none."""
        from feedback_assets.model_client.settings import ModelSettings

        return ModelSettings.from_environment(dict(self.settings.model))

    @cached_property
    def language_model(self) -> "LanguageModel | None":
        """The tier for what the cheaper ones leave open; None when the site has no language model."""
        from feedback_assets.enrichment.language_model import LanguageModel
        from feedback_assets.prompting.rollout import active_prompt, load_rollout

        if self.model_settings is None:
            return None
        prompt = active_prompt(self.settings.prompts, load_rollout(self.settings.prompts), "classify_issues")
        return LanguageModel(self.model_settings.model, prompt, self.reader.taxonomy)

    @cached_property
    def answer_means(self) -> "Means | None":
        """With what the language model is asked; None when the site has none."""
        from feedback_assets.enrichment.asking import Means
        from feedback_assets.enrichment.batch_asking import batch_means
        from feedback_assets.interpretation.ledger import spent_on as spent_on_notes
        from feedback_assets.reckoning.model_prices import FILE, load_model_prices
        from feedback_assets.themes.embedded_texts import spent_on as spent_on_vectors

        if self.model_settings is None:
            return None
        found = self.settings
        prices = load_model_prices(found.taxonomy / FILE)
        # What vectors and notes cost is read beside the step's lake, as in _purse_on().
        spent = _sum_of(partial(spent_on_vectors, self.lake), partial(spent_on_notes, self.lake))
        return Means(
            self.model_settings,
            prices,
            found.model_run_budget,
            found.model_day_budget,
            found.answer_journals,
            self.now,
            spent,
            batch_means(dict(found.model), self.model_settings),
            trial=self._trial(),
            audit=found.model_audit if found.model_agreement else 0.0,
        )

    def _trial(self) -> "Trial | None":
        """The canary of prompts/rollout.yaml, where one is set."""
        from feedback_assets.enrichment.asking import Trial
        from feedback_assets.enrichment.language_model import LanguageModel
        from feedback_assets.prompting.rollout import canary_prompt, choice_for, load_rollout

        rollout, task = load_rollout(self.settings.prompts), "classify_issues"
        prompt = canary_prompt(self.settings.prompts, rollout, task)
        if prompt is None or self.model_settings is None:
            return None
        model = LanguageModel(self.model_settings.model, prompt, self.reader.taxonomy)
        return Trial(model, lambda event_id: choice_for(rollout, task, event_id).canary == prompt.version)

    @cached_property
    def embedder(self) -> "Embedder":
        """Turns texts into vectors."""
        from feedback_assets.themes.embedders.registry import embedder_named

        return embedder_named(self.settings.embedder, self.settings.models, lambda: self._purse_on(self.lake))

    def embedder_on(self, lake: "Lakehouse") -> "Embedder":
        """The same, keeping what it pays for in this lake: one that costs money is made anew, with the budget of a run."""
        from feedback_assets.themes.embedders.registry import embedder_named, is_paid

        if not is_paid(self.settings.embedder):
            return self.embedder
        return embedder_named(self.settings.embedder, purse=lambda: self._purse_on(lake))

    def _purse_on(self, lake: "Lakehouse") -> "Purse":
        from feedback_assets.enrichment.answers import spent_on
        from feedback_assets.interpretation.ledger import spent_on as spent_on_notes
        from feedback_assets.reckoning.model_prices import FILE, load_model_prices
        from feedback_assets.themes.embedders.paid import Purse

        found = self.settings
        prices = load_model_prices(found.taxonomy / FILE)
        # What answers cost is read beside the step's lake: no row of its tables follows from it.
        spent = _sum_of(partial(spent_on, self.lake), partial(spent_on_notes, self.lake))
        return Purse(lake, dict(found.model), prices, found.model_run_budget, found.model_day_budget, spent, self.now)

    @property
    def note_means(self) -> "NoteMeans | None":
        """With what the language model is asked about themes; None when the site has none."""
        from feedback_assets.contracts.interpretation import NOTES, SUMMARY, TRANSLATIONS
        from feedback_assets.enrichment.answers import spent_on
        from feedback_assets.interpretation.asking import Means
        from feedback_assets.prompting.rollout import active_prompt, load_rollout
        from feedback_assets.reckoning.model_prices import FILE, load_model_prices
        from feedback_assets.themes.embedded_texts import spent_on as spent_on_vectors

        if self.model_settings is None:
            return None
        found = self.settings
        rollout = load_rollout(found.prompts)
        return Means(
            self.model_settings,
            {task: active_prompt(found.prompts, rollout, task) for task in (SUMMARY, NOTES, TRANSLATIONS)},
            load_model_prices(found.taxonomy / FILE),
            found.model_run_budget,
            found.model_day_budget,
            _sum_of(partial(spent_on, self.lake), partial(spent_on_vectors, self.lake)),
            self.now,
        )

    @cached_property
    def weights(self) -> "Weights":
        """What a score is made of."""
        from feedback_assets.priority.weights import load_weights

        return load_weights(self.settings.taxonomy / "priority_weights.yaml")

    @cached_property
    def exchange_rates(self) -> "ExchangeRates":
        """What amounts are worth in the reporting currency."""
        from feedback_assets.reckoning.exchange_rates import load_exchange_rates

        return load_exchange_rates(self.settings.taxonomy / "exchange_rates.yaml")

    @cached_property
    def tracker(self) -> "Tracker":
        """The team's tracker."""
        return self.tracker_on(self.lake)

    def tracker_on(self, lake: "Lakehouse") -> "Tracker":
        """The same, keeping what it keeps in this lake."""
        from feedback_assets.tickets.trackers.registry import tracker_named

        return tracker_named(self.settings.tracker, lake=lake, folder=self.settings.local_tickets)

    @cached_property
    def alert_channel(self) -> "AlertChannel":
        """Tells people."""
        from feedback_assets.alerts.channels.registry import channel_named

        return channel_named(self.settings.alert_channel, folder=self.settings.local_alerts)


def _sum_of(*spent: "Callable[[date], float]") -> "Callable[[date], float]":
    """What several ledgers say of a day."""
    return lambda day: sum(one(day) for one in spent)
