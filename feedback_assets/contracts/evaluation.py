"""Contracts of evaluation: what was measured of prompts and models, and how sentinels were read. Not here: measuring (evaluation/)."""

from feedback_assets.contracts import common as c
from feedback_assets.contracts.table import Column, Table

SLICE_KINDS = ("all", "category", "language")

RESULTS = Table(
    name="evaluation/results",
    row="One slice of one evaluation, of a prompt's version by a model or of the cheap tiers, on a split. An equal one is not noted again.",
    owner="feedback-ml",
    columns=(
        Column("evaluated_at", "timestamp", "When it was evaluated; the same for all slices of an evaluation."),
        Column("task", "string", "What is asked, as prompts/ names it; cheap_tiers for rules and local model."),
        Column("version", "string", "Version of the prompt; of the cheap tiers the local model's."),
        Column(
            "content_hash",
            "string",
            "Hash of the prompt's content; of the cheap tiers that of taxonomy and model version.",
            pattern=c.SHA256,
        ),
        Column("model", "string", "Model or deployment that was asked; rules and local model."),
        c.TAXONOMY_VERSION,
        Column(
            "split",
            "string",
            "Split of the golden set; decided for texts that people decided about and nothing was trained on.",
            one_of=("calibration", "test", "decided"),
        ),
        Column("slice_kind", "string", "What the slice is of.", one_of=SLICE_KINDS),
        Column("slice", "string", "Category or language; empty for the whole."),
        Column("n", "int64", "Texts of the slice; of a category those that are labelled or read so.", at_least=0),
        Column("precision", "double", "Accepted issues that are labelled; 1 when none was accepted.", at_least=0, at_most=1),
        Column("recall", "double", "Labelled issues that were accepted; 1 when none is labelled.", at_least=0, at_most=1),
        Column("f1", "double", "Harmonic mean of both.", at_least=0, at_most=1),
        Column("lower", "double", "Lower end of the 95 % interval of f1.", at_least=0, at_most=1),
        Column("upper", "double", "Upper end of it.", at_least=0, at_most=1),
        Column(
            "ece", "double", "Calibration error of the confidence over 10 bins; null without claims.", nullable=True, at_least=0, at_most=1
        ),
        Column(
            "evidence_validity",
            "double",
            "Share of claims with a quote that stands in the text; null without claims.",
            nullable=True,
            at_least=0,
            at_most=1,
        ),
    ),
    key=("evaluated_at", "task", "version", "content_hash", "model", "taxonomy_version", "split", "slice_kind", "slice"),
)

SENTINEL_READINGS = Table(
    name="evaluation/sentinel_readings",
    row="How one tier read one sentinel text on one UTC day; of several readings of a day the first.",
    owner="feedback-ml",
    columns=(
        Column("read_on", "date", "UTC day."),
        Column("tier", "string", "Who read it.", one_of=("cheap_tiers", "language_model")),
        Column("golden_id", "string", "Id of the golden text."),
        Column(
            "versions", "string", "Hash of the text, the taxonomy and all versions of the tier: what decides the reading.", pattern=c.ID128
        ),
        Column("reading", "string", "Accepted categories by name, joined by a plus sign; empty for none; of a failure !class."),
        Column("confidence", "double", "Highest confidence of an accepted category; 0 for none.", at_least=0, at_most=1),
        Column("model_returned", "string", "Model that answered, as the service names it; empty for the cheap tiers."),
        Column("read_at", "timestamp", "When.", volatile=True),
    ),
    key=("read_on", "tier", "golden_id", "versions"),
)

TIER_BARS = Table(
    name="evaluation/tier_bars",
    row="From which confidence on the cheaper tiers answer alone for a category in a language, where a language model answers the rest.",
    owner="feedback-ml",
    columns=(
        Column("tier_version", "string", "Version of the local model whose answers were judged."),
        Column("target", "double", "Least share of agreement that is promised.", at_least=0, at_most=1),
        Column("category", "string", "Category of the taxonomy."),
        Column("language", "string", "Language of the text, ISO 639-1, or und."),
        Column("bar", "double", "Least confidence of what stands alone; null where samples are too few or disagree.", nullable=True),
        Column("bound", "double", "Lower bound of the agreement at or above the bar, at 95 %; 0 without a bar.", at_least=0, at_most=1),
        Column("samples", "int64", "Audited answers of the tiers that the language model has judged.", at_least=1),
        Column("agreed", "int64", "How many of them it agreed with.", at_least=0),
        Column("samples_above", "int64", "Of the samples those at or above the bar.", at_least=0),
        Column("agreed_above", "int64", "How many of those it agreed with.", at_least=0),
        Column("measured_at", "timestamp", "When.", volatile=True),
    ),
    key=("tier_version", "target", "category", "language"),
)

TABLES = (RESULTS, SENTINEL_READINGS, TIER_BARS)
