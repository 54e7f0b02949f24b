"""The purpose fence: only live runs publish. What a run's purpose is, is decided by whoever starts it, never here."""

LIVE = "live"


def may_publish(purpose: str | None) -> bool:
    """True for purpose "live" and nothing else: a run without a purpose, or with one that is not known, does not publish."""
    return purpose == LIVE
