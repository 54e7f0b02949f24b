"""Ids are deterministic, distinct, and of the shape that the contracts demand."""

import re

from hypothesis import given
from hypothesis import strategies as st

from feedback_assets.ground import identity

texts = st.text(max_size=20)


@given(texts, texts, texts, texts)
def test_different_parts_never_run_together(a: str, b: str, c: str, d: str) -> None:
    assert (identity.event_id(a, b) == identity.event_id(c, d)) == ((a, b) == (c, d))


@given(texts, texts)
def test_kinds_of_ids_never_collide(a: str, b: str) -> None:
    ids = {identity.event_id(a, b), identity.pseudonym(b"key", a, b), identity.batch_id(a, b, ""), identity.issue_id(a, b, 0, 1)}
    assert len(ids) == 4


def test_ids_are_the_same_in_every_run_and_on_every_machine() -> None:
    assert identity.event_id("zendesk", "1") == "cefcc45b65525e7f419fc4da1ea25fc5"
    assert re.fullmatch(r"T[0-9a-f]{12}", identity.theme_id("x"))
    assert re.fullmatch(r"FB-[0-9A-F]{8}", identity.ticket_id("local", "T0"))


@given(texts)
def test_a_lone_surrogate_does_not_break_an_id(a: str) -> None:
    assert len(identity.event_id("s", a + "\ud800")) == 32


@given(texts, texts)
def test_a_pseudonym_is_another_under_another_key(kind: str, value: str) -> None:
    assert identity.pseudonym(b"one", kind, value) == identity.pseudonym(b"one", kind, value) != identity.pseudonym(b"two", kind, value)
