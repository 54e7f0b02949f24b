"""From the factors to a score, and each factor's points. Pure.

The score is a true product, as a weighted geometric mean:

    score = 100 x product of factor ** share            share = weight / sum of weights; floor <= factor <= 1

The points say how it came about, and add up to the score exactly. On the log scale a product is a sum: with
lift = 1 - ln(factor) / ln(floor), which is 0 for a factor at the floor and 1 for a factor of 1,

    score = 100 x floor ** (1 - sum of share x lift)

So a theme with all factors at the floor has 100 x floor, and everything above it comes from the lifts. Each factor gets its share of the
former, and of the rest the part that its share x lift has in their sum:

    points = 100 x floor x share + (score - 100 x floor) x (share x lift) / (sum of share x lift)

All points are at least 0, and grow with their own factor. Score and points are kept in hundredths; what rounding leaves over goes to the
largest remainders, ties in the order of FACTORS, so the hundredths of the points add up to those of the score.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp, log

from feedback_assets.contracts.priority import FACTORS
from feedback_assets.priority.weights import Bands


@dataclass(frozen=True)
class Score:
    """score: 0 to 100. points: factor -> points; they add up to the score."""

    score: float
    points: Mapping[str, float]


def score_of(factors: Mapping[str, float], weights: Mapping[str, float], floor: float) -> Score:
    """factors: each of FACTORS, floor to 1. weights: each of FACTORS, over 0."""
    total = sum(weights[f] for f in FACTORS)
    share = {f: weights[f] / total for f in FACTORS}
    # Factors that are rounded may stand a hair outside; a lift never does.
    lift = {f: min(max(1 - log(factors[f]) / log(floor), 0.0), 1.0) for f in FACTORS}
    lifted = sum(share[f] * lift[f] for f in FACTORS)
    base = 100 * floor
    score = 100 * exp(log(floor) * (1 - min(lifted, 1.0)))
    exact = {f: 100 * (base * share[f] + ((score - base) * share[f] * lift[f] / lifted if lifted > 0 else 0.0)) for f in FACTORS}
    return _in_hundredths(round(100 * score), exact)


def band_of(score: float, bands: Bands) -> str:
    """The band of a score: P1 to P4."""
    for name, least in (("P1", bands.P1), ("P2", bands.P2), ("P3", bands.P3)):
        if score >= least:
            return name
    return "P4"


def _in_hundredths(score: int, exact: Mapping[str, float]) -> Score:
    whole = {f: int(exact[f]) for f in FACTORS}
    order = sorted(FACTORS, key=lambda f: (-(exact[f] - whole[f]), FACTORS.index(f)))
    # Rounding the score can leave one hundredth more or less than the remainders hold: it goes round the same order.
    over = score - sum(whole.values())
    for step in range(abs(over)):
        if over > 0:
            whole[order[step % len(order)]] += 1
        else:
            whole[max(FACTORS, key=lambda f: whole[f])] -= 1
    return Score(score=score / 100, points={f: whole[f] / 100 for f in FACTORS})
