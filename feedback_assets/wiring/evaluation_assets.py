"""What reads feedback, measured: figures on the golden set, sentinels, drift. Thin: evaluation/ measures, here it is shown over time.

Apart from the data and launched by jobs of their own: a run of days must not ask the language model about golden texts, and what it finds
stops nothing. Not here: the commands that do the same by hand (cli/evaluate_prompt.py).
"""

from collections.abc import Callable, Generator, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import dagster as dg

from feedback_assets.contracts.dagster_schema import table_schema
from feedback_assets.contracts.enrichment import ISSUES, REVIEW
from feedback_assets.contracts.evaluation import RESULTS, SENTINEL_READINGS, TIER_BARS
from feedback_assets.contracts.review import DECISIONS
from feedback_assets.contracts.silver import EVENTS
from feedback_assets.graph.checks import cell, check_specs, key_of, result, step_results
from feedback_assets.graph.code_version import code_version
from feedback_assets.graph.gate import Gate, RefusedRowsError
from feedback_assets.graph.jobs import DRIFT
from feedback_assets.graph.resources import SERVICES, services_of
from feedback_assets.graph.step_assets import shown
from feedback_assets.graph.steps import Judged, Step
from feedback_assets.ground.settings import Settings
from feedback_assets.lakehouse.recording import RecordingLakehouse

if TYPE_CHECKING:
    from feedback_assets.enrichment.tier_bars import BarsReport
    from feedback_assets.evaluation.readers import ReadersEvaluation
    from feedback_assets.evaluation.reading import Figures
    from feedback_assets.evaluation.sentinels import SentinelReport
    from feedback_assets.lakehouse.interface import Lakehouse
    from feedback_assets.wiring.services import Services

GROUP = "0_evaluation"
OFF = "off: no language model is set (docs/model.md)"
T = TypeVar("T")
Yielded = dg.MaterializeResult[None] | dg.AssetCheckResult | dg.AssetCheckEvaluation | dg.Output[None]
Metadata = dict[str, Any]


def _no_run(_: object) -> None:
    """The steps below say what is written and judged; their assets run them."""


RESULTS_STEP = Step(
    name="evaluation_results",
    room="evaluation",
    description="Figures of what reads feedback today, on the golden set: rules and local model, and the language model with its active "
    "prompt where one is set. Nothing changed: nothing is asked, nothing is noted, the figures are the last ones.",
    run=_no_run,
    writes=(RESULTS,),
    versions=("taxonomy", "prompts"),
)
SENTINELS_STEP = Step(
    name="evaluation_sentinels",
    room="evaluation",
    description="Some golden texts, read anew each UTC day by every tier and compared with the last earlier day.",
    run=_no_run,
    writes=(SENTINEL_READINGS,),
    versions=("taxonomy", "prompts"),
)
BARS_STEP = Step(
    name="evaluation_tier_bars",
    room="evaluation",
    description="From which confidence on rules and local model answer alone, by category and language, so that the language model agrees "
    "with FEEDBACK_MODEL_AGREEMENT of what they say. Measured on audited texts; set anew when there are a tenth more of them. It reads "
    "events and answers of earlier runs, which read these bars: so neither is named as what it depends on.",
    run=_no_run,
    writes=(TIER_BARS,),
    versions=("taxonomy", "prompts"),
)
STEPS = (RESULTS_STEP, SENTINELS_STEP, BARS_STEP)


def evaluation_assets(settings: Settings) -> list[dg.AssetsDefinition]:
    """Figures, sentinels and drift, each an asset with its checks."""
    return [_results(settings), _sentinels(settings), _bars(settings), _drift()]


def _results(settings: Settings) -> dg.AssetsDefinition:
    @dg.multi_asset(
        name=RESULTS_STEP.name,
        specs=[_spec(RESULTS_STEP, settings)],
        check_specs=check_specs(RESULTS_STEP, None),
        required_resource_keys={SERVICES},
        pool="answers",
    )
    def evaluation_results(context: dg.AssetExecutionContext) -> Iterator[Yielded]:
        from feedback_assets.enrichment.decisions import decided_golden, read_decisions
        from feedback_assets.enrichment.golden import read_golden
        from feedback_assets.evaluation.readers import evaluate_readers
        from feedback_assets.evaluation.routing_costs import FILE, load_routing_costs

        def work(lake: RecordingLakehouse, services: "Services") -> "ReadersEvaluation":
            folder, taxonomy = services.settings.taxonomy, services.reader.taxonomy
            costs = load_routing_costs(folder / FILE, {c.owner for c in taxonomy.categories})
            golden = read_golden(folder / "golden", taxonomy)
            model, means = services.language_model, services.answer_means
            decided = decided_golden(read_decisions(services.lake), taxonomy, golden)
            return evaluate_readers(lake, services.reader, model, means, golden, costs=costs, now=services.now(), decided=decided)

        gate = _gate(context, RESULTS_STEP)
        found = yield from _guarded(context, RESULTS_STEP, gate, work)
        version = dg.DataVersion(found.digest)
        metadata = _figures_of(found) | _overrides_on(services_of(context).lake)
        yield dg.MaterializeResult(asset_key=key_of(RESULTS.name), metadata=metadata, data_version=version)
        yield from step_results(RESULTS_STEP, gate.verdicts())

    return evaluation_results


def _sentinels(settings: Settings) -> dg.AssetsDefinition:
    key = key_of(SENTINEL_READINGS.name)

    @dg.multi_asset(
        name=SENTINELS_STEP.name,
        specs=[_spec(SENTINELS_STEP, settings)],
        check_specs=[
            *check_specs(SENTINELS_STEP, None),
            dg.AssetCheckSpec(
                "sentinel",
                asset=key,
                description="A sentinel text is read as on the last day, as long as text, taxonomy, prompt and models are the same.",
            ),
        ],
        required_resource_keys={SERVICES},
        pool="answers",
    )
    def evaluation_sentinels(context: dg.AssetExecutionContext) -> Iterator[Yielded]:
        from feedback_assets.enrichment.golden import read_golden
        from feedback_assets.evaluation.sentinels import score_sentinels, sentinel_verdict

        def work(lake: RecordingLakehouse, services: "Services") -> "SentinelReport":
            golden = read_golden(services.settings.taxonomy / "golden", services.reader.taxonomy)
            model, means = services.language_model, services.answer_means
            return score_sentinels(lake, services.reader, model, means, services.now(), golden=golden)

        gate = _gate(context, SENTINELS_STEP)
        report = yield from _guarded(context, SENTINELS_STEP, gate, work)
        yield dg.MaterializeResult(asset_key=key, metadata=_readings_of(report, is_set=services_of(context).language_model is not None))
        yield from step_results(SENTINELS_STEP, gate.verdicts())
        yield result(sentinel_verdict(report), check="sentinel", asset=key)

    return evaluation_sentinels


def _bars(settings: Settings) -> dg.AssetsDefinition:
    @dg.multi_asset(
        name=BARS_STEP.name,
        specs=[_spec(BARS_STEP, settings)],
        check_specs=check_specs(BARS_STEP, None),
        required_resource_keys={SERVICES},
        pool="answers",
    )
    def evaluation_tier_bars(context: dg.AssetExecutionContext) -> Iterator[Yielded]:
        from feedback_assets.enrichment.tier_bars import measure_tier_bars

        def work(lake: RecordingLakehouse, services: "Services") -> "BarsReport | None":
            found, model = services.settings, services.language_model
            if model is None or not found.model_agreement:
                return None
            reader = services.reader_on(services.lake)
            return measure_tier_bars(
                lake,
                reader,
                model,
                tier_version=reader.tier_version,
                target=found.model_agreement,
                share=found.model_audit,
                now=services.now(),
            )

        gate = _gate(context, BARS_STEP)
        report = yield from _guarded(context, BARS_STEP, gate, work)
        yield dg.MaterializeResult(asset_key=key_of(TIER_BARS.name), metadata=_bars_of(report))
        yield from step_results(BARS_STEP, gate.verdicts())

    return evaluation_tier_bars


def _drift() -> dg.AssetsDefinition:
    @dg.multi_asset(
        name="evaluation_drift",
        specs=[
            dg.AssetSpec(
                key=DRIFT,
                deps=[key_of(t.name) for t in (EVENTS, ISSUES, REVIEW)],
                group_name=GROUP,
                description="The newest whole day of feedback, compared with the 28 days before: sources, languages, product words, and "
                "how sure the readers are, each told apart.",
                owners=["team:feedback-ml"],
                kinds={"scipy"},
            )
        ],
        check_specs=[
            dg.AssetCheckSpec(
                "drift", asset=DRIFT, description="In each of four aspects, a day's feedback is like that of the 28 days before. A warning."
            )
        ],
        required_resource_keys={SERVICES},
        pool="standing",
    )
    def evaluation_drift(context: dg.AssetExecutionContext) -> Iterator[Yielded]:
        from feedback_assets.evaluation.drift import drift_of, drift_verdict, drift_verdicts, newest_whole_day, read_days

        services = services_of(context)
        day = newest_whole_day(services.lake, services.now())
        today, window = read_days(services.lake, day)
        found = drift_of(today, window)
        said = "\n\n".join(f"**{d.aspect}**: {v.sentence()}" for d, v in zip(found, drift_verdicts(found, day), strict=True))
        metadata: Metadata = {
            "day": day.isoformat(),
            "earlier days": float(len(window)),
            **{f"p of {d.aspect}": d.p for d in found},
            **{f"distance of {d.aspect}": float(d.statistic) for d in found},
            "aspects": dg.MetadataValue.md(said),
        }
        yield dg.MaterializeResult(asset_key=DRIFT, metadata=metadata)
        yield result(drift_verdict(found, day), check="drift", asset=DRIFT)

    return evaluation_drift


def _spec(step: Step, settings: Settings) -> dg.AssetSpec:
    (table,) = step.writes
    return dg.AssetSpec(
        key=key_of(table.name),
        deps=[key_of(DECISIONS.name)],
        description=f"{table.row}\n\n{step.description}\n\nKey: {', '.join(table.key)}.",
        group_name=GROUP,
        owners=[f"team:{table.owner}"],
        kinds={"deltalake", *step.kinds},
        metadata={"dagster/column_schema": table_schema(table), "dagster/table_name": table.name},
        code_version=code_version(step, settings),
    )


def _gate(context: dg.AssetExecutionContext, step: Step) -> Gate:
    services = services_of(context)
    return Gate(step, Judged(services.lake, services, [], services.now()))


def _guarded(
    context: dg.AssetExecutionContext, step: Step, gate: Gate, work: "Callable[[RecordingLakehouse, Services], T]"
) -> Generator[Yielded, None, T]:
    """Does the work on a lake whose writes are judged first."""
    services = services_of(context)
    try:
        return work(RecordingLakehouse(services.lake, guard=gate, shown=shown), services)
    except RefusedRowsError as e:
        yield from step_results(step, gate.refused(), whole=False)
        raise dg.Failure(description=str(e), allow_retries=False) from e


def _figures_of(found: "ReadersEvaluation") -> Metadata:
    """Numbers for themselves, since the UI plots them over time; slices as tables. Figures of a reading that is not whole are not shown:
    a budget that ended would look like a worse model."""
    asked = found.language_model
    metadata: Metadata = {
        **found.versions,
        "texts": float(found.cheap.texts),
        **_numbers("cheap tiers", found.cheap),
        "cheap tiers by category": _table(found.cheap, "category"),
        "cheap tiers by language": _table(found.cheap, "language"),
        "decided texts to measure by": float(found.decided.texts if found.decided else 0),
        **(_numbers("cheap tiers on decided texts", found.decided) if found.decided else {}),
        "calls": float(asked.sent if asked else 0),
        "dollars": float(asked.cost_usd if asked else 0),
    }
    if asked is None:
        return {**metadata, "language model": OFF}
    if not found.is_whole:
        why = asked.stopped or "the service answered nothing"
        return {**metadata, "language model asked": f"{asked.asked} of {asked.figures.texts} texts, then it stopped: {why}"}
    failures = ", ".join(f"{name} {n}" for name, n in sorted(asked.figures.failures.items())) or "none"
    return {
        **metadata,
        **_numbers("language model", asked.figures),
        "language model by category": _table(asked.figures, "category"),
        "language model by language": _table(asked.figures, "language"),
        "language model failures": failures,
    }


def _overrides_on(lake: "Lakehouse") -> Metadata:
    """How often people said otherwise than the machine: of all that they decided, and of the weekly samples, which are fair."""
    from feedback_assets.review.calibration import override_rates

    metadata: Metadata = {}
    for of, sampled in (("decisions", False), ("sampled decisions", True)):
        rates = override_rates(lake, sampled=sampled)
        count, overridden = sum(r.decisions for r in rates), sum(r.overridden for r in rates)
        metadata[of] = float(count)
        if count:
            metadata[f"override rate of {of}"] = overridden / count
    return metadata


def _numbers(who: str, figures: "Figures") -> dict[str, float]:
    """The figures of the whole as floats. Without a claim there is no calibration error, and so on: those are left out."""
    whole = figures.whole
    found = {
        "precision": whole.precision.value,
        "recall": whole.recall.value,
        "f1": whole.f1.value,
        "f1 lower": whole.f1.lower,
        "f1 upper": whole.f1.upper,
        "ece": whole.ece,
        "evidence validity": whole.evidence_validity,
        "owner cost": None if figures.owner_score is None else round(1 - figures.owner_score, 4),
        "failure share": figures.failure_share,
    }
    return {f"{who} {name}": float(value) for name, value in found.items() if value is not None}


def _table(figures: "Figures", kind: str) -> dg.MarkdownMetadataValue:
    """The slices of a kind with their intervals, in Markdown."""
    lines = [f"| {kind} | n | precision | recall | f1 | ece | evidence |", "| --- |" + " ---: |" * 6]
    for s in figures.slices:
        if s.kind == kind:
            shares = [f"{i.value:.2f} ({i.lower:.2f} to {i.upper:.2f})" for i in (s.precision, s.recall, s.f1)]
            others = ["-" if v is None else f"{v:.2f}" for v in (s.ece, s.evidence_validity)]
            lines.append("| " + " | ".join([cell(s.name), str(s.n), *shares, *others]) + " |")
    return dg.MetadataValue.md("\n".join(lines))


def _bars_of(report: "BarsReport | None") -> Metadata:
    if report is None:
        return {"bars": "off: FEEDBACK_MODEL_AGREEMENT is not set, or no language model is (docs/model.md)"}
    lines = ["| category | language | bar | agrees at least | samples | agreed |", "| --- | --- |" + " ---: |" * 4]
    for row in report.rows:
        bar = "abstains" if row["bar"] is None else f"{row['bar']:.3f}"
        cells = [cell(row["category"]), cell(row["language"]), bar, f"{row['bound']:.2f}", str(row["samples"]), str(row["agreed"])]
        lines.append("| " + " | ".join(cells) + " |")
    return {
        "samples": float(report.samples),
        "bars": float(len(report.rows) - report.abstaining),
        "abstaining": float(report.abstaining),
        "set anew": report.is_new,
        "bars by category and language": dg.MetadataValue.md("\n".join(lines)),
    }


def _readings_of(report: "SentinelReport", *, is_set: bool) -> Metadata:
    counted: Mapping[str, int] = report.read
    return {
        "day": report.day.isoformat(),
        **{f"read by {tier}": float(n) for tier, n in counted.items()},
        **{f"compared of {tier}": float(n) for tier, n in report.compared.items()},
        "flips": float(len(report.flips)),
        "calls": float(report.sent),
        "dollars": float(report.cost_usd),
        "language model": OFF if not is_set else f"stopped before all were asked: {report.stopped}" if report.stopped else "asked",
    }
