"""A circuit breaker: when the service fails again and again, everyone waits, and one request at a time looks whether it is back.

    closed --(so many failures in a row)--> open --(cooldown)--> one probe: it answers: closed; it fails: open, twice as long

A failure is a 5xx, a timeout or a lost connection; a 429 or a 400 is an answer of a service that is well.
"""

import threading

from feedback_assets.model_client.clock import Clock
from feedback_assets.model_client.settings import ModelSettings


class Breaker:
    """failures: in a row until it opens. cooldown_s: the first wait; it doubles up to longest_s. probe_s: a probe that says nothing for
    so long is given up, and the next may try."""

    def __init__(
        self,
        *,
        failures: int = 10,
        cooldown_s: float = 5.0,
        longest_s: float = 60.0,
        probe_s: float = 180.0,
        clock: Clock | None = None,
    ) -> None:
        self._clock = clock or Clock()
        self._lock = threading.Lock()
        self._most = failures
        self._cooldown_s, self._longest_s, self._probe_s = cooldown_s, longest_s, probe_s
        self._in_a_row = 0
        self._wait_s = 0.0
        self._opened_at = self._blocked_until = 0.0
        self._probing = False

    @property
    def is_open(self) -> bool:
        """Whether the service counts as down."""
        return self._wait_s > 0

    def down_s(self) -> float:
        """For how long it has been down, in seconds; 0 when it is not."""
        return self._clock.now() - self._opened_at if self.is_open else 0.0

    def allow(self) -> float:
        """0: ask now. Else: look again after so many seconds. Who is let through an open breaker is its probe."""
        with self._lock:
            if not self.is_open:
                return 0.0
            now = self._clock.now()
            if now < self._blocked_until:
                return min(self._blocked_until - now, self._cooldown_s)
            self._probing = True
            self._blocked_until = now + self._probe_s
            return 0.0

    def succeeded(self) -> None:
        """The service answered, whatever it said."""
        with self._lock:
            self._in_a_row = 0
            self._wait_s = 0.0
            self._probing = False

    def failed(self) -> None:
        """A request was lost or met a 5xx."""
        with self._lock:
            now = self._clock.now()
            self._in_a_row += 1
            if self._probing:
                self._probing = False
                self._wait_s = min(self._longest_s, self._wait_s * 2)
                self._blocked_until = now + self._wait_s
            elif not self.is_open and self._in_a_row >= self._most:
                self._wait_s = self._cooldown_s
                self._opened_at = now
                self._blocked_until = now + self._wait_s


_shared: dict[tuple[str, str], Breaker] = {}
_shared_lock = threading.Lock()


def shared_breaker(settings: ModelSettings) -> Breaker:
    """The breaker of this process for the model."""
    with _shared_lock:
        key = (settings.address, settings.model)
        if key not in _shared:
            _shared[key] = Breaker(probe_s=1.5 * settings.timeout_s)
        return _shared[key]
