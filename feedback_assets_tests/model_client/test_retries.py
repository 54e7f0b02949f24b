"""Which failures pass, how long to wait."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback_assets.model_client.retries import Backoff, is_passing, reset_s, retry_after_s

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "3600"}, 3600.0),
        ({"retry-after": "Thu, 01 Jan 2026 00:01:00 GMT"}, 60.0),
        ({"retry-after": "Wed, 31 Dec 2025 00:00:00 GMT"}, 0.0),
        ({"retry-after": "-4"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after-ms": "inf"}, None),
        ({"retry-after-ms": "x", "retry-after": "2"}, 2.0),
        ({}, None),
    ],
)
def test_the_wait_that_the_service_names_is_read_in_each_of_its_forms(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after_s(headers, NOW) == seconds


@pytest.mark.parametrize(
    ("text", "seconds"), [("120ms", 0.12), ("6m0s", 360.0), ("17.5", 17.5), ("1h", 3600.0), ("soon", None), ("", None)]
)
def test_a_reset_is_read_as_a_span_or_as_seconds(text: str, seconds: float | None) -> None:
    assert reset_s(text) == seconds


@given(st.text(max_size=20))
def test_no_header_of_the_service_breaks_the_reading(text: str) -> None:
    for value in (reset_s(text), retry_after_s({"retry-after": text, "retry-after-ms": text})):
        assert value is None or value >= 0


def test_a_spent_quota_and_a_fault_of_the_request_do_not_pass() -> None:
    assert all(is_passing(status, {}) for status in (408, 409, 429, 500, 502, 503, 504, 529))
    assert not any(is_passing(status, {}) for status in (400, 401, 403, 404, 413, 422))
    assert not is_passing(429, {}, "insufficient_quota")
    assert not is_passing(500, {"x-should-retry": "false"})


@given(attempt=st.integers(1, 10_000), draw=st.floats(0, 1))
def test_a_wait_is_never_longer_than_the_cap_and_doubles_before_it(attempt: int, draw: float) -> None:
    backoff = Backoff(0.5, 30.0, lambda: draw)
    assert 0 <= backoff.seconds(attempt) <= backoff.bound(attempt) <= 30.0
    assert [backoff.bound(n) for n in (1, 2, 3)] == [0.5, 1.0, 2.0]
