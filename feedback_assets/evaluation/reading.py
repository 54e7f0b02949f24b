"""How right a reading of golden texts is: figures with intervals, by category and language, from plain values.

A text is read right in a category when the category is labelled and accepted. A claim counts where one of its quotes stands in the text;
one without is no claim, as in the product, and is told by `evidence_validity`. Not here: where readings come from (asking.py), what lets a
prompt in (gate.py), tables.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import permutations
from typing import Any

from feedback_assets.evaluation.routing_costs import RoutingCosts

_Z = 1.959963984540054
"""Two-sided 95 %."""
BINS = 10
ALL, CATEGORY, LANGUAGE = "all", "category", "language"


@dataclass(frozen=True)
class GoldenLabels:
    """A golden text with what people found in it. categories: empty for a text without an issue."""

    id: str
    text: str
    language: str
    categories: frozenset[str]


@dataclass(frozen=True)
class ReadClaim:
    """One claim about a text. confidence: 0 to 1. quotes: as the reader gave them. accepted: False when it would go to people."""

    category: str
    confidence: float
    quotes: tuple[str, ...]
    accepted: bool = True


@dataclass(frozen=True)
class ReadText:
    """What a reader said of one golden text. failure: class of what went wrong; then there are no claims."""

    id: str
    claims: tuple[ReadClaim, ...] = ()
    failure: str = ""


@dataclass(frozen=True)
class Interval:
    """A share and its 95 % interval. All 0 to 1."""

    value: float
    lower: float
    upper: float


@dataclass(frozen=True)
class SliceFigures:
    """One slice. kind: all, category or language. n: its texts; of a category those that are labelled or read so.

    right, wrong, missed: labelled categories that were accepted, accepted ones that are not labelled, labelled ones that were not
    accepted. precision is 1 where nothing was accepted, recall 1 where nothing is labelled. ece: None without claims. evidence_validity:
    share of claims with a quote that stands in the text; None without claims.
    """

    kind: str
    name: str
    n: int
    right: int
    wrong: int
    missed: int
    precision: Interval
    recall: Interval
    f1: Interval
    ece: float | None
    evidence_validity: float | None


@dataclass(frozen=True)
class Figures:
    """slices: the whole first, then categories, then languages, by name. confusion: (labelled, accepted) -> number; "" stands for none.

    failures: class -> texts. owner_accuracy: of the issues that went to a team, the share that went to theirs; owner_score: 1 minus their
    cost by the dearest wrong ways they could have gone. Both are None when nothing went anywhere.
    """

    texts: int
    slices: tuple[SliceFigures, ...]
    confusion: Mapping[tuple[str, str], int]
    failures: Mapping[str, int]
    owner_accuracy: float | None
    owner_score: float | None

    @property
    def whole(self) -> SliceFigures:
        """All texts."""
        return self.slices[0]

    @property
    def failure_share(self) -> float:
        """Texts that no answer came of."""
        return sum(self.failures.values()) / max(self.texts, 1)

    def as_json(self) -> dict[str, Any]:
        """Plain values for a file."""
        return {
            "texts": self.texts,
            "failures": dict(sorted(self.failures.items())),
            "owner_accuracy": self.owner_accuracy,
            "owner_score": self.owner_score,
            "slices": [asdict(s) for s in self.slices],
            "confusion": [{"labelled": a, "accepted": b, "n": n} for (a, b), n in sorted(self.confusion.items())],
        }


def wilson(right: int, n: int, *, empty: float = 1.0) -> Interval:
    """A share with its 95 % interval (Wilson, J. Am. Stat. Assoc. 22, 1927). Of nothing: `empty`, with all of 0 to 1 around it.

    >>> wilson(0, 10).upper
    0.2775
    """
    if not n:
        return Interval(empty, 0.0, 1.0)
    share, spread = right / n, _Z * _Z / n
    centre = (share + spread / 2) / (1 + spread)
    half = _Z / (1 + spread) * math.sqrt(share * (1 - share) / n + spread / (4 * n))
    return Interval(round(share, 4), round(max(0.0, centre - half), 4), round(min(1.0, centre + half), 4))


def f1_interval(right: int, wrong: int, missed: int) -> Interval:
    """F1 with its 95 % interval: that of the share j of right ones among right, wrong and missed, since F1 is 2j / (1 + j)."""
    share = wilson(right, right + wrong + missed)
    of = {name: round(2 * j / (1 + j), 4) for name, j in asdict(share).items()}
    if right + wrong + missed:
        of["value"] = round(2 * right / (2 * right + wrong + missed), 4)
    return Interval(**of)


def measure(golden: Sequence[GoldenLabels], read: Iterable[ReadText], owners: Mapping[str, str], costs: RoutingCosts) -> Figures:
    """Figures of a reading. owners: category -> team. A golden text that was not read counts as read without a claim.

    Raises ValueError for an id that is not among the golden texts, or is read twice.
    """
    by_id: dict[str, ReadText] = {}
    known = {g.id for g in golden}
    for one in read:
        if one.id not in known or one.id in by_id:
            raise ValueError(f"{one.id}: read twice, or no golden text")
        by_id[one.id] = one
    counts = _Counts()
    slices: dict[tuple[str, str], _Counts] = {}
    confusion: Counter[tuple[str, str]] = Counter()
    ways = _Ways(owners, costs)
    for text in golden:
        said = by_id.get(text.id, ReadText(text.id))
        standing = [c for c in said.claims if _stands(text.text, c.quotes)]
        accepted = {c.category for c in standing if c.accepted and c.category}
        language = slices.setdefault((LANGUAGE, text.language), _Counts())
        for to in (counts, language):
            to.add(text.categories, accepted)
        for category in text.categories | accepted:
            slices.setdefault((CATEGORY, category), _Counts()).add(text.categories & {category}, accepted & {category})
        for claim in said.claims:
            of_category = slices.setdefault((CATEGORY, claim.category), _Counts()) if claim.category else None
            for counted in (counts, language, of_category):
                if counted is not None:
                    counted.add_claim(claim, standing=claim in standing, right=claim.category in text.categories)
        confusion.update(ways.routed(text.categories, accepted))
    ordered = sorted(slices.items(), key=lambda s: (s[0][0] != CATEGORY, s[0][1]))
    failures = Counter(t.failure for t in by_id.values() if t.failure)
    return Figures(
        len(golden),
        (counts.figures(ALL, ""), *(c.figures(kind, name) for (kind, name), c in ordered)),
        dict(confusion),
        dict(failures),
        ways.accuracy,
        ways.score,
    )


@dataclass
class _Counts:
    """What one slice is counted from."""

    n: int = 0
    right: int = 0
    wrong: int = 0
    missed: int = 0
    claims: int = 0
    standing: int = 0
    sure: list[tuple[float, bool]] = field(default_factory=list)

    def add(self, labelled: frozenset[str], accepted: set[str]) -> None:
        self.n += 1
        self.right += len(labelled & accepted)
        self.wrong += len(accepted - labelled)
        self.missed += len(labelled - accepted)

    def add_claim(self, claim: ReadClaim, *, standing: bool, right: bool) -> None:
        self.claims += 1
        self.standing += standing
        if standing and claim.category:
            self.sure.append((claim.confidence, right))

    def figures(self, kind: str, name: str) -> SliceFigures:
        right, wrong, missed = self.right, self.wrong, self.missed
        return SliceFigures(
            kind,
            name,
            self.n,
            right,
            wrong,
            missed,
            wilson(right, right + wrong),
            wilson(right, right + missed),
            f1_interval(right, wrong, missed),
            expected_calibration_error(self.sure),
            round(self.standing / self.claims, 4) if self.claims else None,
        )


def expected_calibration_error(sure: Sequence[tuple[float, bool]]) -> float | None:
    """Mean distance of confidence and share right over 10 bins of equal width, weighted by their claims; None without claims.

    sure: (confidence, right). Source: Naeini, Cooper, Hauskrecht, AAAI 2015.
    """
    if not sure:
        return None
    bins: dict[int, float] = {}
    for confidence, right in sure:
        place = min(int(confidence * BINS), BINS - 1)
        bins[place] = bins.get(place, 0.0) + confidence - right
    return round(sum(map(abs, bins.values())) / len(sure), 4)


class _Ways:
    """Where issues went. A labelled category that was not accepted went, at the least cost, where a wrong one of its text went."""

    def __init__(self, owners: Mapping[str, str], costs: RoutingCosts) -> None:
        self._owners, self._costs = owners, costs
        self._teams = frozenset(owners.values())
        self._routed = self._right = 0
        self._cost = self._worst = 0.0

    def routed(self, labelled: frozenset[str], accepted: set[str]) -> list[tuple[str, str]]:
        """Pairs (labelled, accepted) of one text; "" where there is no other side."""
        pairs = [(c, c) for c in sorted(labelled & accepted)]
        open_labels, strays = sorted(labelled - accepted), sorted(accepted - labelled)
        fewer = min(len(open_labels), len(strays))
        if len(open_labels) > fewer:
            ways = (list(zip(chosen, strays, strict=True)) for chosen in permutations(open_labels, fewer))
        else:
            ways = (list(zip(open_labels, chosen, strict=True)) for chosen in permutations(strays, fewer))
        best = min(ways, key=lambda way: (sum(self._cost_of(*pair) for pair in way), way))
        pairs += best
        for belongs, went in pairs:
            team = self._owners[belongs]
            self._routed += 1
            self._right += team == self._owners[went]
            self._cost += self._cost_of(belongs, went)
            self._worst += self._costs.worst(team, self._teams)
        left = [(c, "") for c in open_labels if c not in {a for a, _ in best}]
        return [*pairs, *left, *(("", c) for c in strays if c not in {b for _, b in best})]

    def _cost_of(self, belongs: str, went: str) -> float:
        return self._costs.cost(self._owners[belongs], self._owners[went])

    @property
    def accuracy(self) -> float | None:
        return round(self._right / self._routed, 4) if self._routed else None

    @property
    def score(self) -> float | None:
        if not self._routed:
            return None
        return round(1 - self._cost / self._worst, 4) if self._worst else 1.0


def _stands(text: str, quotes: Iterable[str]) -> bool:
    from feedback_assets.prompting.evidence import FoldedText

    folded = FoldedText(text)
    return any(folded.spans(quote) for quote in quotes)
