"""Texts that people read rest on what was shown: no figure, placeholder or link of the model's own gets into them."""

from typing import Any

import pytest

from feedback_assets.prompting.answers import executive_summary_model, theme_summary_model, translations_model
from feedback_assets.prompting.claims import Refused
from feedback_assets.prompting.summaries import (
    PeriodText,
    Point,
    ThemeText,
    Translations,
    period_text,
    quote_lines,
    theme_text,
    translations,
)

QUOTES = ['bewegt sich\nnicht "vom Fleck"', "ich schrieb an [EMAIL:k7f3q2xz]", "siehe https://shop.example/teekanne"]
THEMES = ["1. Editor closes; 212 customers, 40 in the week before; release 7.2.0", "2. Prints off-centre; 31 customers"]


def test_quotes_are_numbered_lines() -> None:
    assert quote_lines(QUOTES[:2]) == '1. "bewegt sich nicht "vom Fleck""\n2. "ich schrieb an [EMAIL:k7f3q2xz]"'


def test_a_theme_is_named_in_words() -> None:
    model = theme_summary_model(3)
    made = theme_text(model.model_validate({"title": "Editor  closes", "summary": "It closes.", "quotes": [3, 1]}))
    assert made == ThemeText("Editor closes", "It closes.", (1, 3))
    made = theme_text(model.model_validate({"title": "[win](http://x.example)", "summary": None, "quotes": [1]}))
    assert made == ThemeText("", "", (1,), (Refused(0, "title", "not_words"),))


def translated(*pairs: tuple[int, str | None]) -> Translations:
    answer = {"translations": [{"number": n, "translation": t} for n, t in pairs]}
    return translations(translations_model(3).model_validate(answer), QUOTES)


def test_a_translation_keeps_the_placeholders_of_its_quote() -> None:
    made = translated((1, "does not budge"), (2, "I wrote to [EMAIL]"), (3, "see https://shop.example/teekanne"))
    assert made == Translations({1: "does not budge", 2: "I wrote to [EMAIL]", 3: "see https://shop.example/teekanne"})


@pytest.mark.parametrize(
    ("pairs", "reason"),
    [
        ([(2, "I wrote to anna@firma.example")], "no_evidence"),
        ([(2, "I wrote")], "no_evidence"),
        ([(1, "does not budge [NAME]")], "no_evidence"),
        ([(1, "does not budge, see https://x.example")], "not_words"),
        ([(3, "one"), (3, "two")], "repeated"),
    ],
)
def test_a_translation_with_something_of_its_own_is_refused(pairs: list[tuple[int, str | None]], reason: str) -> None:
    assert [r.reason for r in translated(*pairs).refused] == [reason]


def summed_up(headline: str | None, *points: tuple[str, list[int]]) -> PeriodText:
    answer: dict[str, Any] = {"headline": headline, "points": [{"text": t, "themes": n} for t, n in points]}
    return period_text(executive_summary_model(2).model_validate(answer), THEMES)


def test_a_figure_is_one_of_the_themes_that_are_cited() -> None:
    made = summed_up("212 customers lose the editor.", ("After 40 there are 212 since 7.2.0.", [1]), ("31 go on.", [2]))
    assert made == PeriodText(
        "212 customers lose the editor.", (Point("After 40 there are 212 since 7.2.0.", (1,)), Point("31 go on.", (2,)))
    )
    made = summed_up("Complaints rose by 430 %.", ("31 customers.", [1]), ("Fivefold, see www.x.example", [1]), ("31 and 212.", [2, 1]))
    assert (made.headline, made.points) == ("", (Point("31 and 212.", (1, 2)),))
    assert [(r.issue, r.reason) for r in made.refused] == [(0, "no_evidence"), (1, "no_evidence"), (2, "not_words")]
