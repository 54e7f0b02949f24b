"""Which failures are repeated, and after how long. The SDK's own retries are off: it gives up when a wait is over two minutes.

Not here: the pace between requests (limiter.py), a service that is down for everyone (breaker.py).
"""

import math
import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_PASSING = frozenset({408, 409, 429})
_NEVER = frozenset({"insufficient_quota", "billing_hard_limit_reached"})
_SPAN = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def is_passing(status: int, headers: Mapping[str, str], code: str = "") -> bool:
    """Whether a failure may pass by itself: 408, 409, 429 and 5xx, unless the service says otherwise or the quota is spent for good."""
    if code in _NEVER or headers.get("x-should-retry") == "false":
        return False
    return status in _PASSING or status >= 500 or headers.get("x-should-retry") == "true"


def retry_after_s(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """Seconds that the service asks to wait: retry-after-ms, then Retry-After in seconds or as a date; None: it does not say."""
    for name, divisor in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        try:
            wait = float(headers.get(name, "")) / divisor
        except ValueError:
            continue
        if math.isfinite(wait):
            return max(0.0, wait)
    try:
        until = parsedate_to_datetime(headers.get("retry-after", ""))
    except (ValueError, TypeError, IndexError):
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(0.0, (until - (now or datetime.now(UTC))).total_seconds())


def reset_s(value: str) -> float | None:
    """Seconds of an x-ratelimit-reset-* value: `120ms`, `6m0s`, `17.5`; None for anything else."""
    value = value.strip()
    try:
        seconds = float(value)
    except ValueError:
        parts = _SPAN.findall(value)
        if not parts or "".join(n + u for n, u in parts) != value:
            return None
        seconds = sum(float(n) * _UNITS[u] for n, u in parts)
    return seconds if math.isfinite(seconds) and seconds >= 0 else None


@dataclass(frozen=True)
class Backoff:
    """Full jitter: any wait between nothing and a bound that doubles with each attempt, up to a cap.

    (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/). draw: random numbers from 0 to 1.
    """

    base_s: float = 0.5
    cap_s: float = 30.0
    draw: Callable[[], float] = random.random

    def seconds(self, attempt: int) -> float:
        """attempt: 1 after the first failure."""
        return self.draw() * self.bound(attempt)

    def bound(self, attempt: int) -> float:
        """The longest wait after so many failures."""
        return min(self.cap_s, self.base_s * 2.0 ** min(attempt - 1, 60))
