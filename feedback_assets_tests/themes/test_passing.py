"""A remark beside unrelated complaints is no complaint; a complaint that comes with others is."""

from datetime import UTC, date, datetime, timedelta

import numpy as np

from feedback_assets.themes.embedders.interface import Embedder
from feedback_assets.themes.fold import Theme
from feedback_assets.themes.passing import Mention, passing_themes
from feedback_assets.themes.registry import Member, registry_rows

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


def test_the_registry_calls_it_a_remark_and_leaves_the_complaints_active(embedder: Embedder) -> None:
    start = datetime(2024, 5, 1, tzinfo=UTC)
    vector = np.asarray(embedder.embed(["a"])[0], np.float32)
    members: dict[str, list[Member]] = {}
    categories = {}
    for n, m in enumerate(beside("T00", ["Not what I pay for."] * 20)):
        categories[m.theme_id] = m.category
        member = Member(f"i{n}", m.event_id, start, date(2024, 5, 1), 0.9, False, 3, 0.9, "team", m.quote, m.quote, "", "", "")
        members.setdefault(m.theme_id, []).append(member)
    themes = [Theme(t, "i0", start + timedelta(1), c, "en", {"": 9}, 9, vector) for t, c in categories.items()]
    status = {r["theme_id"]: r["status"] for r in registry_rows(themes, members, embedder)}
    assert status == {t: "remark" if t == "T00" else "active" for t in categories}
