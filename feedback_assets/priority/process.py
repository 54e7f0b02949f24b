"""Reads the facts about every active theme and brings priority/scores up to date. Not here: the arithmetic (factors, score)."""

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

from feedback_assets.contracts.arrow import to_arrow
from feedback_assets.contracts.priority import FACTORS, SCORES
from feedback_assets.contracts.signals import TRENDS
from feedback_assets.contracts.themes import THEME_DAYS, THEMES
from feedback_assets.ground.following import Following
from feedback_assets.lakehouse.interface import Lakehouse, WriteResult
from feedback_assets.priority.factors import Facts, active_on, factors_of
from feedback_assets.priority.score import band_of, score_of
from feedback_assets.priority.weights import Weights

_THEME_COLUMNS = ("theme_id", "status", "issues", "customers", "severity", "confidence", "last_day", "tiers", "order_value")
_TREND_FACTS = ("z", "last_7_days", "previous_7_days", "trend", "returned_on", "quiet_days")


def update_scores(lake: Lakehouse, weights: Weights) -> WriteResult:
    """Makes priority/scores the scores of the active themes with issues in force, and of no other theme."""
    inputs = Following(lake, SCORES.name, (THEMES, TRENDS, THEME_DAYS), {"weights": weights.digest})
    if inputs.unchanged:
        return WriteResult()
    written = lake.replace(SCORES, to_arrow(SCORES, _rows(lake, weights)))
    inputs.done()
    return written


def _rows(lake: Lakehouse, weights: Weights) -> list[dict[str, Any]]:
    themes = [t for t in lake.read(THEMES, columns=_THEME_COLUMNS, where={"status": ["active"]}).to_pylist() if t["issues"] > 0]
    trends = {row["theme_id"]: row for row in lake.read(TRENDS, columns=["theme_id", "as_of", *_TREND_FACTS]).to_pylist()}
    as_of = max([row["as_of"] for row in trends.values()] or [t["last_day"] for t in themes], default=None)
    if as_of is None:
        return []
    daily = _daily(lake)
    rows = []
    for theme in sorted(themes, key=lambda t: t["theme_id"]):
        facts = Facts(
            severity=theme["severity"] if theme["severity"] is not None else weights.scales.severity.lowest,
            customers=theme["customers"],
            tiers=json.loads(theme["tiers"] or "{}"),
            order_value=theme["order_value"] or 0.0,
            active_on=active_on(daily.get(theme["theme_id"]) or {theme["last_day"]: theme["issues"]}, weights.scales.recency.issues),
            confidence=theme["confidence"] or 0.0,
            **{name: trends[theme["theme_id"]][name] for name in _TREND_FACTS if theme["theme_id"] in trends},
        )
        rows.append(score_row(theme["theme_id"], facts, weights, as_of))
    return rows


def score_row(theme_id: str, facts: Facts, weights: Weights, as_of: date) -> dict[str, Any]:
    """One row of priority/scores."""
    factors = factors_of(facts, weights, as_of)
    scored = score_of(factors, weights.weights.model_dump(), weights.floor)
    band = band_of(scored.score, weights.bands)
    return {
        "theme_id": theme_id,
        "score": scored.score,
        "band": band,
        **factors,
        **{f"{f}_points": scored.points[f] for f in FACTORS},
        "weights_version": weights.version,
        "as_of": as_of,
        "explanation": explain(band, scored.score, scored.points, facts, as_of),
    }


def explain(band: str, score: float, points: Mapping[str, float], facts: Facts, as_of: date) -> str:
    """The score in a plain sentence."""
    age = max((as_of - facts.active_on).days, 0)
    when = "active on the last day seen" if age == 0 else f"last active {age} day{'' if age == 1 else 's'} before the last day seen"
    people = "1 customer" if facts.customers == 1 else f"{facts.customers} customers"
    known = sum(facts.tiers.values())
    money = f"order value {facts.order_value:.0f}" if facts.order_value >= 1 else "no order value known"
    tiers = f"tier known of {known}" if known else "no tier known"
    heading = f"{facts.trend} with {facts.last_7_days} issues on the last 7 days and {facts.previous_7_days} on the 7 before"
    back = f", came back on {facts.returned_on} after {facts.quiet_days} quiet days" if facts.returned_on else ""
    top = max(FACTORS, key=lambda f: points[f])
    return (
        f"{band} with {score:.1f} of 100: mean severity {facts.severity:.1f} of 5, {people}, {money}, {tiers}, {when}, {heading}{back}, "
        f"mean confidence {facts.confidence:.2f}; most points come from {top} ({points[top]:.1f})."
    )


def _daily(lake: Lakehouse) -> dict[str, dict[date, int]]:
    """Theme -> event day -> issues in force."""
    rows = lake.read(THEME_DAYS, columns=["theme_id", "event_day", "issues"])
    daily: dict[str, dict[date, int]] = {}
    for theme, day, issues in zip(*(rows[name].to_pylist() for name in ("theme_id", "event_day", "issues")), strict=True):
        daily.setdefault(theme, {})[day] = issues
    return daily
