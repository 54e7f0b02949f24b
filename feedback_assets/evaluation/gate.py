"""Whether an evaluation lets a prompt's version in: the rules, and the file that says so. Not here: measuring, promoting."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from feedback_assets.evaluation.leakage import Leak
from feedback_assets.evaluation.reading import Figures

LEAST_EVIDENCE = 0.99
MOST_FAILURES = 0.02


@dataclass(frozen=True)
class Active:
    """The version that answers today, and the last figures of its content by the same model, taxonomy and split; None: there are none."""

    version: str
    f1: float | None = None
    lower: float | None = None


@dataclass(frozen=True)
class Rule:
    """One rule of the gate as it came out. says: a sentence with the numbers."""

    name: str
    passed: bool
    says: str


def judge(
    figures: Figures, *, asked: int, cheap_f1: float, active: Active | None, leaks: Sequence[Leak], stopped: str = ""
) -> tuple[Rule, ...]:
    """The rules, in a fixed order. asked: texts that have an answer or failed by their own. cheap_f1: of the cheap tiers on the same texts.

    active: None when the version that is evaluated is the active one, as it is now. stopped: why asking ended early.
    """
    whole = figures.whole
    validity = whole.evidence_validity
    rules = [
        Rule(
            "asked",
            figures.texts > 0 and asked == figures.texts,
            f"{asked} of {figures.texts} texts were asked" + (f", then it stopped: {stopped}" if stopped else ""),
        ),
        Rule(
            "evidence",
            validity is not None and validity >= LEAST_EVIDENCE,
            f"{'no claim' if validity is None else f'{validity:.2%} of claims'} stand in their text, {LEAST_EVIDENCE:.0%} needed",
        ),
        Rule(
            "failures",
            figures.failure_share <= MOST_FAILURES,
            f"{figures.failure_share:.2%} of texts got no answer that fits, {MOST_FAILURES:.0%} allowed",
        ),
    ]
    if active is not None:
        known = active.lower is not None
        rules.append(
            Rule(
                "active",
                active.lower is not None and whole.f1.value >= active.lower,
                f"F1 {whole.f1.value:.4f} against {active.f1:.4f} of the active {active.version}, not less than {active.lower:.4f} needed"
                if known
                else f"the active {active.version} has no figures for this model, taxonomy and split: evaluate it first",
            )
        )
    rules += [
        Rule("cheap_tiers", whole.f1.value > cheap_f1, f"F1 {whole.f1.value:.4f} against {cheap_f1:.4f} of rules and local model"),
        Rule(
            "leakage",
            not leaks,
            f"{leaks[0].where} is like golden text {leaks[0].golden_id}" + (f", and {len(leaks) - 1} more" if len(leaks) > 1 else "")
            if leaks
            else "no golden text is shown or learnt from",
        ),
    ]
    return tuple(rules)


def reason(rules: Sequence[Rule]) -> str:
    """What failed, in a sentence; empty when nothing did."""
    return "; ".join(r.says for r in rules if not r.passed)


def write_gate(path: Path, content: dict[str, Any]) -> None:
    """The whole file at once. Raises OSError."""
    part = path.with_name(f".{path.name}.part")
    part.write_text(json.dumps(content, ensure_ascii=False, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    part.replace(path)
