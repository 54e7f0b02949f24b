from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedback_assets.silver.cleaning import clean, storable
from feedback_assets.silver.offsets import Edit, MappedText, raw_span
from feedback_assets_tests.keys import MASKER

PIECES = (
    "<p>", "</p>", "<br/>", "<b>", "&amp;", "&#8364;", "&nbsp;", "<!--", "-->", "<script>alert(1)</script>", "\r\n", "\u00a0", "\t",
    "  ", "\n\n\n", "e\u0301", "\u1112\u1161\u11ab", "क\u094d\u200dष", "👩\u200d💻", "🏴\U000e0067\U000e0062\U000e007f",
    "\u202eabc\u202c", "\ufeff", "\u200b", "שלום", "مرحبا", "你好吗", "ก็", "jane@example.com", "+49 30 901820", "4111 1111 1111 1111",
    "DE89370400440532013000", "10.0.0.1", "v81.0.1", "> quoted\n", "\nOn Monday, Jane wrote:\n", "\n-- \nJane\n",
    "\nSent from my iPhone\n", "\nBest regards\nJane", "https://u:p@x.example/?token=abcdef", "[EMAIL]", "works", "\ud800", "\x00",
    "order 123456",
)  # fmt: skip
texts = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=12)), max_size=14).map("".join).map(storable)


def read_back(raw: str, text: str, triples: list[int]) -> None:
    """Every run of a stored map, and every span between two run edges, gives the raw text it should."""
    assert (triples == []) == (text == "")
    runs = [tuple(triples[i : i + 3]) for i in range(0, len(triples), 3)]
    assert runs == sorted(runs)
    for (start, raw_start, raw_end), (end, _, _) in pairwise(runs):
        assert 0 <= raw_start <= raw_end <= len(raw)
        if end - start == raw_end - raw_start and end - start > 1:
            assert text[start:end] == raw[raw_start:raw_end]
    if runs:
        assert runs[-1][0] == len(text)


@settings(max_examples=250, deadline=None)
@given(texts, st.data())
def test_any_span_of_cleaned_masked_text_maps_back_to_the_raw_text_it_came_from(raw: str, data: st.DataObject) -> None:
    text, _ = MASKER.mask(clean(raw)[0])
    triples = text.triples()
    read_back(raw, text.text, triples)
    if not text.text:
        return
    start = data.draw(st.integers(0, len(text.text) - 1))
    end = data.draw(st.integers(start + 1, len(text.text)))
    raw_start, raw_end = raw_span(triples, start, end)
    assert 0 <= raw_start <= raw_end <= len(raw)
    # Every character that was taken over unchanged lies in the raw span, in order.
    at = raw_start
    for run in text.runs:
        for i in range(max(start, run.start), min(end, run.end)):
            if run.exact:
                where = run.raw_start + i - run.start
                assert at <= where < raw_end
                # A run of one character may be another character: a tab that became a space.
                assert raw[where] == text.text[i] or run.end - run.start == 1
                at = where
    assert raw_span(triples, start, end)[0] <= raw_span(triples, end - 1, end)[0]


@settings(max_examples=200, deadline=None)
@given(
    st.text(max_size=60), st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60), st.text(max_size=6)), max_size=8), st.integers(1, 3)
)
def test_edits_in_steps_give_the_text_and_keep_exact_runs_exact(raw: str, wanted: list[tuple[int, int, str]], steps: int) -> None:
    text = MappedText.raw(raw)
    for _ in range(steps):
        edits: list[Edit] = []
        expected, at = "", 0
        for a, b, new in sorted(wanted):
            start, end = min(a, b), min(max(a, b), len(text.text))
            if start < at or start > end:
                continue
            edits.append(Edit(start, end, new))
            expected += text.text[at:start] + new
            at = end
        expected += text.text[at:]
        text = text.edited(edits)
        assert text.text == expected
        read_back(raw, text.text, text.triples())
        assert all(raw[r.raw_start : r.raw_end] == text.text[r.start : r.end] for r in text.runs if r.exact and r.end - r.start > 1)


def test_a_placeholder_as_long_as_what_it_hides_is_not_taken_for_the_text_itself() -> None:
    text = MappedText.raw("a 1234567 b").edited([Edit(2, 9, "[EMAIL]")])
    assert raw_span(text.triples(), 4, 5) == (2, 9)
    assert raw_span(text.triples(), 2, 3) == (2, 9)
    assert raw_span(text.triples(), 10, 11) == (10, 11)


@pytest.mark.parametrize(("start", "end"), [(-1, 1), (0, 4), (2, 1)])
def test_a_span_outside_the_text_is_refused(start: int, end: int) -> None:
    with pytest.raises(IndexError):
        raw_span(MappedText.raw("abc").triples(), start, end)
