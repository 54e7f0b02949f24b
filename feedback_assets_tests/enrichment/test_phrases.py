"""The language of rules: what a phrase matches, what it refuses, and that no text makes it slow or shifts a place."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedback_assets.enrichment.phrases import PhraseError, PhraseIndex, compile_phrase, fold

MACROS = {"not": "can't|cannot|does not|won't", "inner": "x|{not}"}


@pytest.mark.parametrize(
    ("phrase", "text", "found"),
    [
        ("crash*", "it crashed again", "crashed"),
        ("crash*", "precrash", None),
        ("{not} .. load", "the page won't ever load", "won't ever load"),
        ("{not} .. load", "the page wont load", "wont load"),
        ("{not} .. load", "won't one two three four five load", None),
        ("log [me] in", "log me in", "log me in"),
        ("log [me] in", "log in", "log in"),
        ("pop-up*", "a popup", "popup"),
        ("pop-up*", "pop ups", "pop ups"),
        ("pop-up*", "pop-up", "pop-up"),
        ("(a b|c) d", "c d", "c d"),
        ("~ fixed", "fixed now", "fixed"),
        ("~ fixed", "not fixed", None),
        ("l'accès", "pas l’accès", "l'accès"),
        ("闪退", "一打开就闪退了", "闪退"),
        ("{inner} y", "cannot y", "cannot y"),
    ],
)
def test_a_phrase_matches_what_its_author_meant(phrase: str, text: str, found: str | None) -> None:
    folded = fold(text)
    matches = PhraseIndex([compile_phrase(phrase, MACROS, "en")]).matches(folded)
    assert (folded[matches[0][1] : matches[0][2]] if matches else None) == found


@pytest.mark.parametrize("phrase", ["", ".. load", "load ..", "(a|b", "a)", "a | b", "{unknown} x", "...", "()", "(a|) b"])
def test_a_phrase_that_cannot_be_understood_is_refused(phrase: str) -> None:
    with pytest.raises(PhraseError):
        compile_phrase(phrase, MACROS, "en")


def test_a_macro_that_contains_itself_is_refused() -> None:
    with pytest.raises(PhraseError):
        compile_phrase("{a}", {"a": "x|{a}"}, "en")


def test_a_phrase_of_another_language_is_not_looked_for() -> None:
    phrases = [compile_phrase("lento", {}, "es"), compile_phrase("slow", {}, "en")]
    assert [i for i, _, _ in PhraseIndex(phrases, frozenset({"en"})).matches("lento slow")] == [1]
    assert [i for i, _, _ in PhraseIndex(phrases).matches("lento slow")] == [0, 1]


@given(st.text(max_size=80))
@settings(max_examples=200)
def test_folding_keeps_every_character_at_its_place(text: str) -> None:
    assert len(fold(text)) == len(text)


@given(st.lists(st.sampled_from(["won't", "load", "'", '"', "crash", ",", "x", "ß", "İ", "闪退", " ", "\n", "''''"]), max_size=40))
@settings(max_examples=150)
def test_a_match_always_lies_in_the_searched_part(parts: list[str]) -> None:
    text = fold(" ".join(parts))
    index = PhraseIndex([compile_phrase(p, MACROS, "en") for p in ("{not} ... load", "crash*", "闪退", "(x|y) [z] load")])
    for _, start, end in index.matches(text, 2, max(2, len(text) - 2)):
        assert 2 <= start < end <= max(2, len(text) - 2)


def test_a_placeholder_is_one_word_of_a_gap_and_its_kind_is_no_word_of_a_phrase() -> None:
    gap = PhraseIndex([compile_phrase("payment .. failed", {}, "en")])
    assert gap.matches(fold("payment [ORDER:k7f3q2xz] failed"))
    assert not PhraseIndex([compile_phrase("email", {}, "en")]).any(fold("[EMAIL:k7f3q2xz] does not answer"))


@given(
    st.lists(
        st.sampled_from(
            [
                "won't",
                "wont",
                "load",
                "the",
                "page",
                "pop",
                "-",
                "up",
                "ups",
                "log",
                "me",
                "in",
                "a",
                "b",
                "d",
                "闪",
                "退",
                "闪退",
                " ",
                ". ",
            ]
        ),
        max_size=14,
    )
)
@settings(max_examples=300)
def test_the_index_leaves_out_no_phrase_that_is_there(parts: list[str]) -> None:
    text = fold("".join(parts) if len(parts) % 2 else " ".join(parts))
    sources = (
        "{not} .. load",
        "{not} load",
        "log [me] in",
        "pop-up*",
        "(a b|c) d",
        "[the] page (pop-up|up*)",
        "闪退",
        "(闪|退) [a] 闪退",
        "~ a [b] d",
    )
    phrases = [compile_phrase(p, MACROS, "en") for p in sources]
    found = {i for i, _, _ in PhraseIndex(phrases).matches(text)}
    assert found == {i for i, p in enumerate(phrases) if p.regex.search(text)}
