"""How a tracker or an alert channel says no. Both leave the intent in the outbox; neither stops the run."""

from feedback_assets.ground.errors import FeedbackError


class RefusedError(FeedbackError):
    """The destination understood and will not do it: a field it does not accept, a right that is missing. Without secrets or raw text."""


class UnavailableError(FeedbackError):
    """The destination cannot be reached or asks to wait. The rest of the run's intents for it wait as well."""
