"""Texts that stand on both sides: golden texts that are measured on, and what a prompt shows or the local model learns from.

What a prompt shows is few and chosen: there a golden text leaks when it shares more than half of the runs of five characters of the shorter
of the two. Training texts are many short sentences of the same field, whose wordings meet by chance: there it leaks when the two share more
than half of all their runs. Not here: what is done about it (gate.py).
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from feedback_assets.enrichment.golden import GoldenText
    from feedback_assets.enrichment.taxonomy import Taxonomy
    from feedback_assets.prompting.prompt import Prompt

RUN = 5
FEWEST_RUNS = 8
"""Golden texts with fewer runs ("help", "it crashes") are in everything, and say nothing about a leak."""
SHARED = 0.5


@dataclass(frozen=True)
class Leak:
    """where: which example or training text. golden_id: of the golden text that is like it."""

    where: str
    golden_id: str


def leaks(measured: Mapping[str, str], shown: Iterable[tuple[str, str]], learnt: Iterable[tuple[str, str]] = ()) -> list[Leak]:
    """The golden texts that are, or are in, what was shown, or are nearly what was learnt from.

    measured: id -> text. shown, learnt: (where, text).
    """
    known = {name: runs(text) for name, text in measured.items()}
    holders: dict[str, list[str]] = {}
    for name, theirs in known.items():
        if len(theirs) >= FEWEST_RUNS:
            for run in theirs:
                holders.setdefault(run, []).append(name)
    found = []
    for is_shown, texts in ((True, shown), (False, learnt)):
        for where, text in texts:
            mine = runs(text)
            shared = Counter(name for run in mine for name in holders.get(run, ()))
            for name, common in sorted(shared.items()):
                both = len(mine), len(known[name])
                if common > SHARED * (min(both) if is_shown else sum(both) - common):
                    found.append(Leak(where, name))
    return found


def runs(text: str) -> frozenset[str]:
    """The runs of five characters, in lower case, blanks folded."""
    folded = " ".join(text.lower().split())
    return frozenset(folded[i : i + RUN] for i in range(max(1, len(folded) - RUN + 1)))


def example_texts(prompt: "Prompt") -> list[tuple[str, str]]:
    """(where, text) of every input of every example, those of variants included."""
    file = prompt.file
    of_variants = ((f"variants.{name}.examples", v.examples or ()) for name, v in file.variants.items())
    parts: Sequence[tuple[str, tuple[object, ...]]] = [("examples", file.examples), *of_variants]
    return [
        (f"{prompt.task.name} {prompt.version} {key}.{i}.{name}", value)
        for key, examples in parts
        for i, example in enumerate(examples)
        for name, value in example.input.items()  # type: ignore[attr-defined]
    ]


def training_texts(taxonomy: "Taxonomy", golden: Iterable["GoldenText"]) -> list[tuple[str, str]]:
    """(where, text) of what the local model is fitted to: the taxonomy's examples and the golden texts for training.

    People's decisions are parted from the golden set where they are learnt (enrichment/decisions.py).
    """
    found = [(f"{c.id} examples.{i}", e.text) for c in taxonomy.categories for i, e in enumerate(c.examples)]
    found += [(f"{c.id} counter_examples.{i}", e.text) for c in taxonomy.categories for i, e in enumerate(c.counter_examples)]
    found += [(f"no_issue.{i}", n.text) for i, n in enumerate(taxonomy.head.no_issue)]
    return [*found, *((f"golden text {g.id}", g.text) for g in golden if g.split == "train")]
