"""How the stand-in counts: fixed windows for requests and for tokens, and what its headers say. Failed calls count too."""

import math
import threading
from dataclasses import dataclass, field

HEADERS = ("retry-after-ms", "retry-after", "x-ratelimit", "none")


@dataclass
class Limits:
    """requests_per_minute, tokens_per_minute: 0: no limit. request_window_s: 1 or 10 on Azure; token_window_s: a minute.

    headers: which a 429 carries, one of HEADERS; "x-ratelimit" says only x-ratelimit-*, "none" nothing at all.
    tell: whether every answer carries x-ratelimit-*. window_holds: requests in a window, when not the minute's share.
    """

    requests_per_minute: int = 0
    tokens_per_minute: int = 0
    request_window_s: float = 1.0
    token_window_s: float = 60.0
    headers: str = "retry-after-ms"
    tell: bool = True
    window_holds: int = 0
    _windows: dict[str, tuple[int, float]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, tokens: float, now: float) -> tuple[float, dict[str, str]]:
        """Seconds to wait (0: let through) and the headers of the answer. A refused call counts as a request, too."""
        with self._lock:
            waits = [self._count("requests", 1, now), self._count("tokens", tokens, now)]
            wait = max(waits)
            headers = self._told(now) if self.tell and (not wait or self.headers != "none") else {}
        return wait, {**headers, **wait_headers(self.headers, wait)} if wait else headers

    def _shape(self, kind: str) -> tuple[float, float]:
        """Window in seconds and what it holds."""
        if kind == "requests":
            return self.request_window_s, self.window_holds or self.requests_per_minute * self.request_window_s / 60
        return self.token_window_s, self.tokens_per_minute * self.token_window_s / 60

    def _count(self, kind: str, amount: float, now: float) -> float:
        window, most = self._shape(kind)
        if not most:
            return 0.0
        number = math.floor(now / window)
        known, used = self._windows.get(kind, (number, 0.0))
        used = used if known == number else 0.0
        if kind == "tokens" and used + amount > most:  # tokens that were refused are not spent
            self._windows[kind] = (number, used)
            return (number + 1) * window - now
        self._windows[kind] = (number, used + amount)
        return (number + 1) * window - now if used + amount > most else 0.0

    def _told(self, now: float) -> dict[str, str]:
        told = {}
        for kind, limit in (("requests", self.requests_per_minute), ("tokens", self.tokens_per_minute)):
            window, most = self._shape(kind)
            if not most:
                continue
            number, used = self._windows.get(kind, (0, 0.0))
            left = max(0, math.floor(most - used))
            told[f"x-ratelimit-limit-{kind}"] = str(limit)
            told[f"x-ratelimit-remaining-{kind}"] = str(left)
            told[f"x-ratelimit-reset-{kind}"] = f"{max(0, math.ceil(1000 * ((number + 1) * window - now)))}ms"
        return told


def wait_headers(variant: str, wait: float) -> dict[str, str]:
    """The headers of a 429 in one of the variants."""
    if variant == "retry-after-ms":
        return {"retry-after-ms": str(math.ceil(wait * 1000)), "retry-after": str(math.ceil(wait))}
    if variant == "retry-after":
        return {"retry-after": str(math.ceil(wait))}
    if variant == "x-ratelimit":
        return {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": f"{math.ceil(wait * 1000)}ms"}
    return {}
