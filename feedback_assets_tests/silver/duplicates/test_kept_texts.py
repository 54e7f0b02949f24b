"""Texts that are kept for comparing come back as they were, from memory or from the file, and no other's text ever does."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from feedback_assets.ground.identity import event_id
from feedback_assets.silver.duplicates.kept_texts import KeptTexts


@given(st.lists(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=20), max_size=5), max_size=5), st.integers(0, 40))
def test_what_was_put_in_comes_out_whatever_part_of_it_is_in_the_file(parts: list[list[str]], in_memory: int) -> None:
    with KeptTexts(in_memory) as kept:
        everything: dict[str, str] = {}
        for n, part in enumerate(parts):
            texts = {event_id("forum", f"{n}/{i}"): text for i, text in enumerate(part)}
            kept.put(texts)
            everything |= texts
        assert kept.get(sorted(everything)) == everything
        assert kept.get([event_id("forum", "unknown"), *list(everything)[:1]]) == dict(list(everything.items())[:1])


def test_two_events_that_begin_alike_are_not_taken_for_each_other() -> None:
    one, other = "0123456789abcdef" + "0" * 16, "0123456789abcdef" + "1" * 16
    with KeptTexts(0) as kept:
        kept.put({one: "said by one"})
        assert kept.get([other]) == {}
        assert kept.get([one]) == {one: "said by one"}


def test_the_file_goes_when_it_is_left() -> None:
    with KeptTexts(0) as kept:
        kept.put({"0" * 32: "a"})
        folder = Path(kept._folder.name)
        assert kept.get(["0" * 32]) == {"0" * 32: "a"}
        assert folder.stat().st_mode & 0o077 == 0
    assert not folder.exists()
