"""From facts about a theme to five factors between the floor and 1. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from math import log1p

from feedback_assets.priority.weights import Weights


@dataclass(frozen=True)
class Facts:
    """What is known about one theme.

    severity: mean, 1 to 5. customers: how many. tiers: tier -> customers in it (known tiers only). order_value: sum over its customers.
    active_on: the day it was last active. confidence: mean, 0 to 1.
    """

    severity: float
    customers: int
    tiers: Mapping[str, int]
    order_value: float
    active_on: date
    confidence: float


def factors_of(facts: Facts, weights: Weights, as_of: date) -> dict[str, float]:
    """Each factor, at least the floor, at most 1, rounded to 6 places."""
    s = weights.scales
    raw = {
        "severity": (facts.severity - s.severity.lowest) / (s.severity.highest - s.severity.lowest),
        "reach": log1p(max(facts.customers, 0)) / log1p(s.reach.customers),
        "revenue": max(_tier_part(facts, weights), log1p(max(facts.order_value, 0.0)) / log1p(s.revenue.order_value)),
        "recency": 0.5 ** (max((as_of - facts.active_on).days, 0) / s.recency.half_life_days),
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


def active_on(daily: Mapping[date, int], issues: int) -> date:
    """The latest day from which on there are at least `issues` issues; the first day of a theme that has fewer. At least one day."""
    seen = 0
    for day in sorted(daily, reverse=True):
        seen += daily[day]
        if seen >= issues:
            return day
    return min(daily)
