import random

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from feedback_assets.silver.duplicates.nodes import unpacked
from feedback_assets.silver.duplicates.normal import normalised
from feedback_assets.silver.duplicates.shingles import COMPARED, SKETCH, SKETCHED, Width, shingled, signatures, sketches
from feedback_assets_tests.silver.duplicates.world import sentence


def slow(text: str, width: Width) -> list[tuple[str, int]]:
    """Every shingle of a text and where it begins, one after the other."""
    found = []
    for i, c in enumerate(text):
        dense = "\u3041" <= c < "\ua000" or "\uac00" <= c < "\ud7a3" or c >= "\U00020000"
        size = width.dense if dense else width.long
        if i + size <= len(text):
            found.append((text[i : i + size], i))
    return found


texts = st.lists(st.text(alphabet="abcd 打不开了한글", max_size=40), min_size=1, max_size=8)


@settings(max_examples=60, deadline=None)
@given(texts)
def test_equal_shingles_and_only_these_have_equal_hashes(given_texts: list[str]) -> None:
    for width in (COMPARED, SKETCHED):
        found = shingled(given_texts, width)
        known: dict[int, str] = {}
        for i, text in enumerate(given_texts):
            begin, end = found.starts[i : i + 2]
            expected = slow(text, width)
            assert found.at[begin:end].tolist() == [at for _, at in expected]
            for hashed, (shingle, _) in zip(found.hashes[begin:end].tolist(), expected, strict=True):
                assert known.setdefault(hashed, shingle) == shingle


@settings(max_examples=40, deadline=None)
@given(texts)
def test_a_sketch_does_not_depend_on_the_company(given_texts: list[str]) -> None:
    assert signatures(given_texts) == [signatures([t])[0] for t in given_texts]


def test_a_sketch_is_the_least_hashes_also_of_a_text_that_repeats_itself() -> None:
    said = [normalised(sentence(random.Random(n), 3 + 7 * n)) for n in range(20)]
    said += ["the same again " * 200, normalised(sentence(random.Random(9), 60)) + " again and again" * 150, "short"]
    values, starts = sketches(said)
    for i, text in enumerate(said):
        expected = np.unique(shingled([text], SKETCHED).hashes)[:SKETCH]
        assert values[starts[i] : starts[i + 1]].tolist() == expected.tolist()
    import polars as pl

    stored = unpacked(pl.Series(signatures(said), dtype=pl.List(pl.Int64)))
    assert stored.values.tolist() == values.tolist()
    assert stored.starts.tolist() == starts.tolist()


def test_a_text_inside_a_longer_one_shares_its_part_of_the_sketch() -> None:
    whole = normalised(sentence(random.Random(1), 80))
    part = whole[: len(whole) // 2]
    one, other = (set(sketches([t])[0].tolist()) for t in (whole, part))
    assert len(one & other) >= SKETCH / 4
