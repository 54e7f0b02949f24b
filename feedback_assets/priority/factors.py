"""From facts about a theme to its factors, each between the floor and 1. Pure.

trend: how surely the theme rises or falls. Two figures in standard deviations must agree, and the smaller one counts: the robust z of
signals/trends, against the 28 days before the last 7, and the growth from one week to the next,

    growth = sqrt(2) x (sqrt(last 7 days + 3/8) - sqrt(7 days before + 3/8))

after Anscombe, "The transformation of Poisson, binomial and negative-binomial data" (Biometrika 35, 1948): the square root makes the chance
in a count the same size whatever the count, so 3 issues after 1 are no wave and 29 after 6 are. Alone, the z would call a wave that ebbs
still rising, and the growth would take a week on which nobody looked for one of silence. From no change, which is `steady`, the factor goes
in a straight line to 1 at `full` deviations up and to `falling` at as many down.

recurrence: a complaint that came back after it had been quiet was not mended. Its factor jumps to 1 on that day, and goes back to `never`,
by half of the rest every `half_life_days`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from math import log1p, sqrt

from feedback_assets.priority.weights import Weights


@dataclass(frozen=True)
class Facts:
    """What is known about one theme.

    severity: mean, 1 to 5. customers: how many. tiers: tier -> customers in it (known tiers only). order_value: sum over its customers.
    active_on: the day it was last active. confidence: mean, 0 to 1. The rest are columns of signals/trends.
    """

    severity: float
    customers: int
    tiers: Mapping[str, int]
    order_value: float
    active_on: date
    confidence: float
    z: float = 0.0
    last_7_days: int = 0
    previous_7_days: int = 0
    trend: str = "steady"
    returned_on: date | None = None
    quiet_days: int = 0


def factors_of(facts: Facts, weights: Weights, as_of: date) -> dict[str, float]:
    """Each factor, at least the floor, at most 1, rounded to 6 places."""
    s = weights.scales
    raw = {
        "severity": (facts.severity - s.severity.lowest) / (s.severity.highest - s.severity.lowest),
        "reach": log1p(max(facts.customers, 0)) / log1p(s.reach.customers),
        "revenue": max(_tier_part(facts, weights), log1p(max(facts.order_value, 0.0)) / log1p(s.revenue.order_value)),
        "recency": 0.5 ** (max((as_of - facts.active_on).days, 0) / s.recency.half_life_days),
        "trend": _trend_part(facts, weights),
        "recurrence": _recurrence_part(facts, weights, as_of),
        "confidence": facts.confidence,
    }
    return {name: round(min(max(value, weights.floor), 1.0), 6) for name, value in raw.items()}


def _tier_part(facts: Facts, weights: Weights) -> float:
    """The mean worth of a customer. Who has no known tier counts as `unknown_tier`: neither a reason for nor against."""
    scale = weights.scales.revenue
    known = sum(facts.tiers.values())
    people = max(facts.customers, known, 1)
    worth = sum(scale.tiers.get(tier, scale.unknown_tier) * facts.tiers[tier] for tier in sorted(facts.tiers))
    return (worth + scale.unknown_tier * (people - known)) / people


def rise(facts: Facts) -> float:
    """Standard deviations by which the theme rises, or falls when negative: the smaller of z and growth; 0 where they disagree."""
    growth = sqrt(2) * (sqrt(max(facts.last_7_days, 0) + 3 / 8) - sqrt(max(facts.previous_7_days, 0) + 3 / 8))
    if facts.z * growth <= 0:
        return 0.0
    return min(facts.z, growth, key=abs)


def _trend_part(facts: Facts, weights: Weights) -> float:
    scale = weights.scales.trend
    part = min(max(rise(facts) / scale.full, -1.0), 1.0)
    return scale.steady + part * ((1 - scale.steady) if part > 0 else (scale.steady - scale.falling))


def _recurrence_part(facts: Facts, weights: Weights, as_of: date) -> float:
    scale = weights.scales.recurrence
    if facts.returned_on is None:
        return scale.never
    fresh: float = 0.5 ** (max((as_of - facts.returned_on).days, 0) / scale.half_life_days)
    return scale.never + (1 - scale.never) * fresh


def active_on(daily: Mapping[date, int], issues: int) -> date:
    """The latest day from which on there are at least `issues` issues; the first day of a theme that has fewer. At least one day."""
    seen = 0
    for day in sorted(daily, reverse=True):
        seen += daily[day]
        if seen >= issues:
            return day
    return min(daily)
