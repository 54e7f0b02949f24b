"""The purpose fence: only live runs publish. What a run's purpose is, is decided by whoever starts it, never here."""

LIVE = "live"
OPERATIONS = "operations"
"""Of intents that tell the people who run this of a failure: no run published them."""


def may_publish(purpose: str | None) -> bool:
    """True for purpose "live" and nothing else: a run without a purpose, or with one that is not known, does not publish."""
    return purpose == LIVE
