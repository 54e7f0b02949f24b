"""When people are told of a theme. Pure.

    band_p1        the theme is in band P1
    trend_rising   its trend is rising, and it is in P1 or P2
    trend_new      its trend is new, and it is in P1 or P2
An alert is due when a condition begins to hold, and again only after it has ceased to hold in between; never twice for one theme, reason
and last event day.
"""

REASONS = ("band_p1", "trend_rising", "trend_new")


def reasons_of(band: str, trend: str) -> tuple[str, ...]:
    """The conditions that hold, in the order of REASONS."""
    found = ["band_p1"] if band == "P1" else []
    if band in {"P1", "P2"} and trend in {"rising", "new"}:
        found.append(f"trend_{trend}")
    return tuple(found)


def message_of(reason: str, title: str, band: str, score: float, last_7_days: int) -> str:
    """One line for a person."""
    what = {
        "band_p1": f"is now {band} with {score:.1f} of 100",
        "trend_rising": f"is rising: {last_7_days} issues in the last 7 days",
        "trend_new": f"is new: {last_7_days} issues in the last 7 days",
    }
    return f"{title}: {what[reason]}"
