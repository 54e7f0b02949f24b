"""Evaluates one version of a prompt: asks about golden texts, measures, judges by the gate, notes the figures.

Not here: what each of these does (asking.py, reading.py, gate.py, history.py), settings, printing.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC
from typing import TYPE_CHECKING, Any

from feedback_assets.enrichment.golden import GoldenText, Split, of_split
from feedback_assets.enrichment.tiers.interface import EventText
from feedback_assets.evaluation.asking import ask_golden, read_texts
from feedback_assets.evaluation.gate import Active, Rule, judge, reason
from feedback_assets.evaluation.history import Identity, last_whole, note
from feedback_assets.evaluation.leakage import example_texts, leaks, training_texts
from feedback_assets.evaluation.reading import Figures, GoldenLabels, ReadClaim, ReadText, measure
from feedback_assets.evaluation.routing_costs import RoutingCosts
from feedback_assets.ground.errors import SettingError

if TYPE_CHECKING:
    from feedback_assets.enrichment.asking import Means
    from feedback_assets.enrichment.kernel import ReadsEvents
    from feedback_assets.enrichment.language_model import LanguageModel
    from feedback_assets.lakehouse.interface import Lakehouse
    from feedback_assets.prompting.prompt import Prompt

TASK = "classify_issues"
"""The one task whose answers the golden set labels."""
SPLITS = ("calibration", "test")


@dataclass(frozen=True)
class Evaluation:
    """cheap: figures of rules and local model on the same texts. sent, cost_usd: what was asked now, and paid for it. noted: whether
    it said something new."""

    identity: Identity
    figures: Figures
    cheap: Figures
    rules: tuple[Rule, ...]
    asked: int
    sent: int
    cost_usd: float
    stopped: str
    noted: bool

    @property
    def passed(self) -> bool:
        """Whether every rule of the gate holds."""
        return all(r.passed for r in self.rules)

    def gate_content(self) -> dict[str, Any]:
        """What the gate's file says: prompting/gate.GateResult and more."""
        return {
            **asdict(self.identity),
            "passed": self.passed,
            "reason": reason(self.rules),
            "rules": [asdict(r) for r in self.rules],
            "n": self.figures.texts,
            "figures": self.figures.as_json(),
            "cheap_tiers_f1": self.cheap.whole.f1.value,
        }


def evaluate_prompt(
    lake: "Lakehouse",
    reader: "ReadsEvents",
    model: "LanguageModel",
    means: "Means",
    golden: Sequence[GoldenText],
    *,
    split: Split,
    costs: RoutingCosts,
    active: "Prompt",
    again: bool = False,
) -> Evaluation:
    """model: the version that is evaluated, by the model that is asked. active: the version that answers today.
    again: asks anew what the ledger knows, once a UTC day: for a service that answers otherwise under the same name.

    Raises SettingError for another task than classify_issues, and for a split without texts or that the local model learns from.
    """
    prompt = model.prompt
    if prompt.task.name != TASK:
        raise SettingError(f"{prompt.task.name} cannot be evaluated: no golden set labels its answers", expected=TASK)
    texts = of_split(golden, split)
    if split not in SPLITS or not texts:
        raise SettingError(f"the golden set's split {split!r} cannot be measured on", expected=f"texts of {' or '.join(SPLITS)}")
    salt = f"evaluation {means.now().astimezone(UTC).date().isoformat()}" if again else ""
    found = ask_golden(lake, model, means, texts, salt=salt)
    owners = {c.id: c.owner for c in model.taxonomy.categories}
    labelled = [labels_of(t) for t in texts]
    figures = measure(labelled, read_texts(model, texts, found.answers), owners, costs)
    cheap = measure(labelled, cheap_reading(reader, texts), owners, costs)
    identity = Identity(TASK, prompt.version, prompt.content_hash, model.model, model.taxonomy.version, split)
    whole = None if prompt.content_hash == active.content_hash else _active(lake, identity, active)
    measured = {t.id: t.text for t in texts}
    rules = judge(
        figures,
        asked=len(found.answers),
        cheap_f1=cheap.whole.f1.value,
        active=whole,
        leaks=leaks(measured, example_texts(prompt), training_texts(model.taxonomy, golden)),
        stopped=found.stopped,
    )
    complete = len(found.answers) == len(texts)
    noted = complete and note(lake, identity, figures, means.now())
    return Evaluation(identity, figures, cheap, rules, len(found.answers), found.sent, found.cost_usd, found.stopped, noted)


def labels_of(text: GoldenText) -> GoldenLabels:
    """The golden text as figures want it."""
    return GoldenLabels(text.id, text.text, text.language, frozenset(label.category for label in text.labels))


def cheap_reading(reader: "ReadsEvents", texts: Sequence[GoldenText]) -> list[ReadText]:
    """What rules and local model say of the texts."""
    decisions = reader.read([EventText(t.id, "", t.text, language=t.language) for t in texts])
    return [
        ReadText(
            text.id,
            tuple(
                ReadClaim(issue.category, issue.confidence, tuple(text.text[s.start : s.end] for s in issue.evidence), not issue.reason)
                for issue in (*decision.issues, *decision.review)
                if issue.category
            ),
        )
        for text, decision in zip(texts, decisions, strict=True)
    ]


def _active(lake: "Lakehouse", identity: Identity, active: "Prompt") -> Active:
    of = Identity(identity.task, active.version, active.content_hash, identity.model, identity.taxonomy_version, identity.split)
    row = last_whole(lake, of)
    return Active(active.version, row["f1"], row["lower"]) if row else Active(active.version)
