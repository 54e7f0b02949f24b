"""What an alert channel must do. Implementations: local.py; a vendor is one module and one line in registry.py."""

from typing import Protocol

from feedback_assets.alerts.content import AlertContent
from feedback_assets.alerts.operations import OperationsMessage


class AlertChannel(Protocol):
    """Tells people. Both calls are idempotent by intent id: the same alert or message again reaches nobody twice.

    They raise RefusedError when the channel will not, UnavailableError when it cannot be reached or asks to wait.
    """

    @property
    def name(self) -> str:
        """As in the registry."""
        ...

    @property
    def batch(self) -> int:
        """How many alerts between two marks in the outbox: 1 where each is a request."""
        ...

    def send(self, intent_id: str, alert: AlertContent) -> None:
        """Tells it, lasting when the call returns."""
        ...

    def send_operations(self, intent_id: str, message: OperationsMessage) -> None:
        """Tells those who run this of a failure or its end, lasting when the call returns."""
        ...
