"""Planted personal data must pass the checks that real data passes, and be nobody's."""

import ipaddress
import random

from hypothesis import given, settings
from hypothesis import strategies as st

from feedback_assets.demo import personal
from feedback_assets_tests.demo.conftest import Demo


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_checksums_hold_for_every_seed(seed: int) -> None:
    r = random.Random(seed).random
    iban = personal.iban(r)
    assert personal.iban_remainder(iban) == 1
    lengths = {"DE": 22, "NL": 18, "GB": 22, "ES": 24, "FR": 27, "AT": 20}
    assert len(iban.replace(" ", "")) == lengths[iban[:2]]
    assert personal.luhn_valid(personal.card(r))
    address = ipaddress.ip_address(personal.ip(r))
    assert address.is_private or address in ipaddress.ip_network("2001:db8::/32")


def test_the_checks_refuse_a_changed_digit() -> None:
    assert personal.luhn_valid("4111 1111 1111 1111")
    assert not personal.luhn_valid("4111 1111 1111 1112")
    assert personal.iban_remainder("GB82 WEST 1234 5698 7654 32") == 1
    assert personal.iban_remainder("GB82 WEST 1234 5698 7654 33") != 1


def test_what_the_demo_planted_passes_the_checks(demo: Demo) -> None:
    planted = [pair for r in demo.truth.records for pair in r.personal]
    assert len(planted) > 50
    for kind, value in planted:
        if kind == "card":
            assert personal.luhn_valid(value)
        elif kind == "iban":
            assert personal.iban_remainder(value) == 1
        elif kind == "email":
            assert value.rpartition("@")[2] in personal.MAIL_DOMAINS
        elif kind == "url_token":
            assert ".example/" in value
