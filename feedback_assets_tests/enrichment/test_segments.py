"""Sentences and clauses are exact spans of the text, in every script, for any text."""

from hypothesis import given, settings
from hypothesis import strategies as st

from feedback_assets.enrichment.features import tokens
from feedback_assets.enrichment.segments import LONGEST, MOST_CHARACTERS, clauses, sentences


def parts(text: str) -> list[str]:
    return [text[s.start : s.end] for s in sentences(text)]


def test_sentences_of_several_scripts_are_told_apart() -> None:
    assert parts("It crashes. Help!\n- version 86.0.1 at twitter.com") == ["It crashes.", "Help!", "version 86.0.1 at twitter.com"]
    assert parts("アプリが落ちる。助けて！") == ["アプリが落ちる。", "助けて！"]
    assert parts("网页打不开，无法连接。怎么办？") == ["网页打不开，无法连接。", "怎么办？"]


def test_pasted_logs_and_addresses_are_no_sentences() -> None:
    assert parts('It fails.\n{"scope":1,"type":"extension","updateDay":18574}\nhttps://example.com/a/long-address-that-crashes') == [
        "It fails."
    ]


def test_clauses_split_what_one_sentence_joins() -> None:
    text = "the app crashes and I was charged twice, which is bad"
    (sentence,) = sentences(text)
    assert [text[c.start : c.end] for c in clauses(text, sentence)] == ["the app crashes", "I was charged twice", "which is bad"]


def test_a_text_without_full_stops_is_cut() -> None:
    text = "and then it did something strange again " * 60
    assert all(s.end - s.start <= LONGEST for s in sentences(text))
    assert len(sentences("x" * 5000 + " word " * 2000)) < 100


@given(st.text(max_size=400))
@settings(max_examples=150)
def test_spans_ascend_stay_inside_and_are_trimmed(text: str) -> None:
    end = 0
    for span in sentences(text):
        assert end <= span.start < span.end <= min(len(text), MOST_CHARACTERS)
        assert not text[span.start].isspace()
        assert not text[span.end - 1].isspace()
        end = span.end
        for clause in clauses(text, span):
            assert span.start <= clause.start < clause.end <= span.end


def test_pseudonyms_do_not_make_a_sentence_look_like_a_paste() -> None:
    text = "write to [EMAIL:k2f3q2x7] or [PHONE:a7b3c2d5]"
    assert [text[s.start : s.end] for s in sentences(text)] == [text]


def test_a_pseudonym_in_a_placeholder_is_no_word_and_makes_no_sentence_a_log() -> None:
    text = "[EMAIL:k7f3q2xz] [ORDER:abc234de] never arrived."
    assert [text[s.start : s.end] for s in sentences(text)] == [text]
    assert tokens(text) == ["email", "order", "never", "arrived"]
    assert tokens(text) == tokens("[EMAIL] [ORDER] never arrived")
