from hypothesis import given
from hypothesis import strategies as st

from feedback_assets.ground.placeholders import KINDS, PATTERN, SUFFIX_LENGTH, blanked, placeholder, plain


def test_every_kind_is_found_with_and_without_its_pseudonym() -> None:
    for kind in KINDS:
        assert PATTERN.fullmatch(placeholder(kind))
        assert PATTERN.fullmatch(placeholder(kind, "k7f3q2xz"[:SUFFIX_LENGTH]))


def test_what_only_looks_like_a_placeholder_is_text() -> None:
    text = "[SOLVED] [EMAIL:short] [EMAIL:K7F3Q2XZ] [email] [EMAIL"
    assert plain(text) == text
    assert blanked(text) == text


def test_plain_drops_the_pseudonym_and_keeps_the_kind() -> None:
    assert plain("to [EMAIL:k7f3q2xz], [PHONE]") == "to [EMAIL], [PHONE]"


@given(st.lists(st.one_of(st.text(max_size=8), st.sampled_from(["[EMAIL:k7f3q2xz]", "[IP]", "[", "]"]))))
def test_blanking_moves_no_character_and_leaves_no_placeholder(pieces: list[str]) -> None:
    text = "".join(pieces)
    shown = blanked(text)
    assert len(shown) == len(text)
    assert PATTERN.search(shown) is None
    assert all(b in (a, " ") for a, b in zip(text, shown, strict=True))
