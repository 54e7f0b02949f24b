import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback_assets.silver.duplicates.normal import all_normalised, normalised, weight


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("It  FAILS -- again!!", "it fails again"),
        ("snake_case, UPPER.lower", "snake case upper lower"),
        ("Tom &amp; Jerry&nbsp;&#39;s <b>app</b>", "tom jerry s app"),
        ("write to [EMAIL:k7f3q2xz] now", "write to email now"),
        ("Ｆｕｌｌ ｗｉｄｔｈ Straße", "full width strasse"),
        ("打不开了！！又闪退。", "打不开了 又闪退"),
        ("हिन्दी में समस्या।", "हिन्दी में समस्या"),
        ("ใช้ไม่ได้!", "ใช้ไม่ได้"),
        ("👍🏽 ok ❤️", "ok"),
        ("a \ud800 b", "a b"),
        ("", ""),
    ],
)
def test_what_texts_are_compared_by(text: str, normal: str) -> None:
    assert normalised(text) == normal


@given(st.lists(st.text(max_size=40), max_size=12))
def test_a_text_has_the_same_form_in_whatever_company(texts: list[str]) -> None:
    assert all_normalised(texts) == [normalised(t) for t in texts]


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=60))
def test_white_space_around_and_between_makes_no_difference(text: str) -> None:
    spaced = "  " + text.replace(" ", "  \n") + "\t"
    assert normalised(spaced) == normalised(text)


def test_a_character_of_a_script_without_spaces_weighs_three() -> None:
    assert weight("abc") == 3
    assert weight("打不开") == 9
