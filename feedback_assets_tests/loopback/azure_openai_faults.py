"""Which request meets which fault, decided by a seed and the request itself, so that the order in which requests arrive changes nothing."""

import hashlib
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

TRANSPORT = ("429", "429-retry-after", "429-x-ratelimit", "429-none", "500", "503", "slow", "drop", "drop_late", "cut_body")
"""No answer, or none that can be read; a repeat may be well. drop: before a byte of the answer; drop_late and cut_body: the answer is made
(and would be billed), then the connection breaks in its middle, or the body ends early."""
ANSWERS = (
    *("cut_json", "wrong_schema", "invented_quotes", "refusal", "filter_prompt", "filter_prompt_inner", "filter_output"),
    *("length", "length_400", "other_model", "empty"),
)
"""An answer that is not what was wished for. filter_prompt says innererror, filter_prompt_inner inner_error."""
STICKY = frozenset({"refusal", "filter_prompt", "filter_prompt_inner", "filter_output"})


@dataclass
class Faults:
    """rates: fault -> share of requests. A fault in `sticky` hangs on the question's first user message and is met each time it is asked;
    others are drawn anew for each request. slow_s: how long a slow answer takes. retry_s: the wait that an injected 429 or 503 names."""

    rates: Mapping[str, float] = field(default_factory=dict)
    seed: int = 0
    sticky: frozenset[str] = STICKY
    slow_s: float = 0.5
    retry_s: float = 0.05
    _seen: dict[str, int] = field(default_factory=dict)
    _queue: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        unknown = set(self.rates) - set(TRANSPORT) - set(ANSWERS)
        if unknown or sum(self.rates.values()) > 1:
            raise ValueError(f"unknown faults {sorted(unknown)} or rates above 1")

    def next(self, *faults: str) -> None:
        """The next requests meet these, in this order; "" for none."""
        with self._lock:
            self._queue += faults

    def queue_clear(self) -> None:
        """Forgets what `next` has put."""
        with self._lock:
            self._queue.clear()

    def queued(self) -> str:
        """What `next` has put first, "" for none: all that requests about files and jobs can meet."""
        with self._lock:
            return self._queue.pop(0) if self._queue else ""

    def of(self, body: Mapping[str, Any]) -> str:
        """The fault of this request, "" for none."""
        with self._lock:
            if self._queue:
                return self._queue.pop(0)
            if not self.rates:
                return ""
            first = next((m.get("content") for m in body.get("messages", ()) if m.get("role") == "user"), None)
            sticky = {k: v for k, v in self.rates.items() if k in self.sticky}
            found = _draw(sticky, f"{self.seed}|text|{first}") if first is not None else ""
            if found:
                return found
            request = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
            number = self._seen[request] = self._seen.get(request, 0) + 1
            return _draw({k: v for k, v in self.rates.items() if k not in sticky}, f"{self.seed}|{number}|{request}")


def _draw(rates: Mapping[str, float], what: str) -> str:
    point = int.from_bytes(hashlib.sha256(what.encode("utf-8", "replace")).digest()[:8], "big") / 2**64
    for fault, rate in sorted(rates.items()):
        if point < rate:
            return fault
        point -= rate
    return ""
