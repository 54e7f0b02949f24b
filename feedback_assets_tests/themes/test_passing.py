"""A remark beside unrelated complaints is no complaint; a complaint that comes with others is."""

import polars as pl

from feedback_assets.themes.catalogue import _remarks
from feedback_assets.themes.passing import Mention, passing_themes

ELSEWHERE = ("crash", "sync", "delivery", "login", "display")


def beside(theme: str, quotes: list[str], *, alone: int = 0, elsewhere: tuple[str, ...] = ELSEWHERE) -> list[Mention]:
    """Mentions of a theme: the first `alone` on their own, the rest beside others in turn."""
    made = []
    for n, quote in enumerate(quotes):
        event = f"{theme}-{n}"
        made.append(Mention(theme, "billing", event, quote))
        if n >= alone:
            other = elsewhere[n % len(elsewhere)]
            made.append(Mention(f"T-{other}", other, event, f"{other} {n}"))
    return made


def test_one_sentence_beside_unrelated_complaints_is_a_remark() -> None:
    assert passing_themes(beside("T", ["Not what I pay for!"] * 20, alone=10)) == {"T"}


def test_typing_errors_do_not_make_it_a_complaint() -> None:
    assert passing_themes(beside("T", ["Not what I pay for"] * 18 + ["not what i pya for...", "Not what I apy for"])) == {"T"}


def test_a_complaint_in_many_words_beside_others_is_none() -> None:
    assert not passing_themes(beside("T", [f"my refund of week {n} is missing" for n in range(20)]))


def test_a_sentence_that_mostly_stands_alone_is_none() -> None:
    assert not passing_themes(beside("T", ["Defective"] * 60, alone=45))


def test_a_sentence_that_comes_with_one_other_complaint_is_none() -> None:
    assert not passing_themes(beside("T", ["The update fails"] * 20, elsewhere=("crash",)))
    assert not passing_themes(beside("T", ["The update fails"] * 20, elsewhere=("crash", "crash", "crash", *ELSEWHERE[1:4])))


def test_few_events_are_chance() -> None:
    assert not passing_themes(beside("T", ["Not what I pay for"] * 7))


def test_a_theme_is_judged_by_what_else_the_events_of_its_issues_tell() -> None:
    mentions = beside("T00", ["Not what I pay for."] * 20)
    facts = pl.DataFrame([{"theme_id": m.theme_id, "event_id": m.event_id, "quote": m.quote} for m in mentions])
    assert _remarks(facts, facts, {m.theme_id: {"category": m.category} for m in mentions}) == {"T00"}
    alone = facts.filter(pl.col("theme_id") == "T00")
    assert not _remarks(alone, alone, {"T00": {"category": "billing"}})
