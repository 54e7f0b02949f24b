"""The breaker as a state machine: it opens, lets one probe through, and closes."""

from hypothesis import given
from hypothesis import strategies as st

from feedback_assets.model_client.breaker import Breaker
from feedback_assets_tests.model_client.virtual import HandClock


def test_it_opens_after_failures_in_a_row_and_one_probe_closes_it() -> None:
    hand = HandClock()
    breaker = Breaker(failures=3, cooldown_s=5, clock=hand.clock)
    for _ in range(2):
        breaker.failed()
    breaker.succeeded()
    for _ in range(2):
        breaker.failed()
    assert breaker.allow() == 0
    breaker.failed()
    assert breaker.is_open
    assert breaker.allow() == 5
    hand.at = 5
    assert breaker.allow() == 0  # the probe
    assert breaker.allow() > 0  # nobody else
    breaker.succeeded()
    assert breaker.down_s() == 0
    assert [breaker.allow(), breaker.allow()] == [0, 0]


def test_a_probe_that_fails_doubles_the_wait_and_one_that_is_lost_holds_nobody_for_ever() -> None:
    hand = HandClock()
    breaker = Breaker(failures=1, cooldown_s=5, longest_s=12, probe_s=100, clock=hand.clock)
    breaker.failed()
    hand.at = 5
    assert breaker.allow() == 0
    breaker.failed()
    hand.at = 14
    assert breaker.allow() > 0
    hand.at = 15
    assert breaker.allow() == 0
    breaker.failed()
    hand.at = 27  # 12 s, not 20
    assert breaker.allow() == 0
    hand.at = 126
    assert breaker.allow() > 0
    hand.at = 127
    assert breaker.allow() == 0
    assert breaker.down_s() == 127


@given(st.lists(st.tuples(st.sampled_from(["allow", "fail", "succeed"]), st.floats(0, 40)), max_size=60))
def test_whatever_happens_it_lets_somebody_through_in_the_end(steps: list[tuple[str, float]]) -> None:
    hand = HandClock()
    breaker = Breaker(failures=2, cooldown_s=5, longest_s=30, probe_s=50, clock=hand.clock)
    for what, after in steps:
        hand.at += after
        if what == "allow":
            breaker.allow()
        elif what == "fail":
            breaker.failed()
        else:
            breaker.succeeded()
            assert breaker.allow() == 0
    waited = 0.0
    while (wait := breaker.allow()) > 0:
        hand.at += wait
        waited += wait
        assert waited <= 60
