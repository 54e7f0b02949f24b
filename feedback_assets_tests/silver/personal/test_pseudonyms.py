"""One subject, one pseudonym: however a value is written, wherever it stands, and never under another key."""

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback_assets.ground.placeholders import KINDS, PATTERN
from feedback_assets.silver.offsets import MappedText
from feedback_assets.silver.personal.masker import Policy, masker_of
from feedback_assets.silver.personal.pseudonyms import Pseudonyms
from feedback_assets_tests.keys import KEY, MASKER


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        ("email", "Ann@Example.com", "ann (at) example (dot) com"),
        ("phone", "+49 (0)30 23125-014", "0049 0 30 23125014"),
        ("card", "4111 1111 1111 1111", "4111-1111-1111-1111"),
        ("iban", "DE50 1000 0000 0000 0000 01", "de50100000000000000001"),
        ("ip", "2001:DB8::1", "2001:db8:0:0:0:0:0:1"),
        ("mac", "02:00:5E:10:00:0A", "02-00-5e-10-00-0a"),
        ("name", "Ann  Berg", "ann berg"),
        ("card", "４１１１ １１１１ １１１１ １１１１", "4111111111111111"),
    ],
)
def test_ways_to_write_one_value_have_one_pseudonym(kind: str, one: str, other: str) -> None:
    under = Pseudonyms(KEY)
    assert under.placeholder(kind, one) == under.placeholder(kind, other)


@given(st.sampled_from(KINDS), st.text(min_size=1, max_size=30))
def test_a_pseudonym_has_its_form_and_changes_with_key_and_kind(kind: str, value: str) -> None:
    made = Pseudonyms(KEY).placeholder(kind, value)
    assert PATTERN.fullmatch(made)
    assert made == Pseudonyms(KEY).placeholder(kind, value)
    assert made != Pseudonyms(b"other").placeholder(kind, value)


def test_secrets_differ_by_case() -> None:
    assert Pseudonyms(KEY).suffix("secret", "aBc12345") != Pseudonyms(KEY).suffix("secret", "abc12345")


def test_a_masker_in_another_process_gives_the_same_pseudonyms() -> None:
    there = pickle.loads(pickle.dumps(MASKER))  # noqa: S301  # our own bytes
    text = MappedText.raw("ann@example.com")
    assert there.mask(text)[0].text == MASKER.mask(text)[0].text == masker_of(Policy(KEY)).mask(text)[0].text
