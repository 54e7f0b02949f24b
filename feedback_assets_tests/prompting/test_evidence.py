"""Evidence is exact: a span always is the quote, and a quote that was changed in a word stands nowhere."""

import random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from feedback_assets.ground.placeholders import blanked, placeholder, plain
from feedback_assets.prompting.evidence import LEAST_SIGNS, FoldedText, Span, fold
from feedback_assets.prompting.fence import escaped
from feedback_assets_tests.prompting.values import texts

words = st.lists(
    st.sampled_from(["the", "app", "crashes", "Größe", "don\u2019t", "E-77", "3.5", "앱이", "画面", "หน้า", "[EMAIL:k7f3q2xz]"]),
    min_size=3,
    max_size=12,
)
gaps = st.sampled_from([" ", "  ", "\n", "\u00a0", " \t "])


@given(texts, texts)
def test_a_span_always_slices_to_the_quote_under_the_fold(text: str, quote: str) -> None:
    for span in FoldedText(text).spans(quote, least=0 if quote.strip() else 1):
        assert 0 <= span.start < span.end <= len(text)
        part = text[span.start : span.end]
        assert fold(quote).strip(" ") in (fold(part), fold(escaped(part)))


@given(words, st.data())
def test_whole_words_of_a_text_are_found_however_blanks_quotes_and_dashes_are_written(written: list[str], data: st.DataObject) -> None:
    text = "".join(w + data.draw(gaps) for w in written)
    first = data.draw(st.integers(0, len(written) - 1))
    last = data.draw(st.integers(first, len(written) - 1))
    quote = data.draw(gaps).join(plain(w).replace("\u2019", "'").replace("-", "\u2013") for w in written[first : last + 1])
    found = FoldedText(text).spans(quote, least=1)
    assume(any(c.isalnum() for c in quote.replace("[EMAIL]", "")))
    assert found
    assert all(fold(text[s.start : s.end]) == fold(quote) for s in found)


@given(words, st.integers(0, 11), st.randoms(use_true_random=False))
def test_a_quote_that_was_changed_in_a_word_is_refused(written: list[str], at: int, chance: random.Random) -> None:
    written = [w for w in written if w.isascii() and w.isalpha()]
    assume(written)
    text = " ".join(written)
    word = written[at % len(written)]
    place = chance.randrange(len(word))
    changed = {
        "replaced": f"{word[:place]}x{word[place + 1 :]}",
        "left out": word[:place] + word[place + 1 :],
        "added": f"{word[:place]}x{word[place:]}",
        "in capitals": word.upper(),
        "cut": word[: len(word) - 1],
    }
    for how, other in changed.items():
        quote = " ".join([*written[: at % len(written)], other, *written[at % len(written) + 1 :]])
        assert FoldedText(text).spans(quote) == (), (how, quote)
        if other:
            assert FoldedText(text).spans(f"{other} {' '.join(written)}") == (), how


@pytest.mark.parametrize(
    ("text", "quote", "expected"),
    [
        ("It says \u201cno  way\u201d \u2014 why?", '"no way" - why', (8, 23)),
        ("L\u2019app\nplante", "L'app plante", (0, 12)),
        ("the app crashes", " the app\tcrashes\n", (0, 15)),
        ("mail [EMAIL:k7f3q2xz] bounced", "mail [EMAIL] bounced", (0, 29)),
        ("mail [EMAIL:k7f3q2xz] bounced", "[EMAIL:k7f3q2xz] bounced", (5, 29)),
        ("アプリが落ちる。", "落ちる", (4, 7)),
        ("앱이 자꾸 꺼져요", "앱", None),  # one sign shows nothing
        ("앱이 자꾸 꺼져요", "자꾸 꺼져", (3, 8)),
        ("I cannot complain", "I can", None),
        ("not ready", "ready", (4, 9)),
        ("unready, ready", "ready", (9, 14)),
        ("mail [EMAIL:k7f3q2xz] bounced", "[EMAIL]", None),
        ("mail [EMAIL:k7f3q2xz] bounced", "mail [EMAIL", None),
        ("the app crashes", "the app ... crashes", None),
        ("the app crashes", "The app crashes", None),
        ("caf\u00e9 closed", "cafe\u0301 closed", None),
        ("it crashes.", "it crashes!", None),
        ("it is 10-20 s", "it is 10\u201320 s", (0, 13)),
        ("see <p>it fails</p> now", "< p>it fails< /p>", (4, 19)),
        ("see <p>it fails</p> now", "<p>it fails</p>", (4, 19)),
        ("see <p>it fails</p> now", "it fails<", (7, 16)),
        ("it <<fails>> a\u200bb", "it < < fails> > a[U+200B]b", (0, 16)),
        ("it <<fails>> a\u200bb", "fails> > a[U+200B", None),
        ("", "a b", None),
        ("a b", "", None),
    ],
)
def test_what_is_found_and_what_is_not(text: str, quote: str, expected: tuple[int, int] | None) -> None:
    found = FoldedText(text).spans(quote)
    assert found[:1] == ((Span(*expected),) if expected else ())


@given(texts)
def test_all_that_is_shown_of_a_text_can_be_quoted(text: str) -> None:
    shown = escaped(text)
    assume(sum(map(str.isalnum, blanked(shown))) >= LEAST_SIGNS)
    (span, *_) = FoldedText(text).spans(shown)
    assert fold(escaped(text[span.start : span.end])) == fold(shown).strip(" ")


def test_every_place_of_a_quote_is_found_once() -> None:
    assert FoldedText("no no no no").spans("no no") == (Span(0, 5), Span(6, 11))
    assert FoldedText("crash-crash crash").spans("crash") == (Span(0, 5), Span(6, 11), Span(12, 17))


@given(texts, st.sampled_from(["email", "order", "name"]), texts)
def test_a_pseudonym_is_never_needed_to_quote(before: str, kind: str, after: str) -> None:
    text = f"{before} x1 {placeholder(kind, 'k7f3q2xz')} y2 {after}"
    found = FoldedText(text).spans(f"x1 {placeholder(kind)} y2")
    assert found
    assert text[found[0].start : found[0].end] == f"x1 {placeholder(kind, 'k7f3q2xz')} y2"
