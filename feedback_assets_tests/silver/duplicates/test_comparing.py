import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedback_assets.silver.duplicates.comparing import Comparer, judged, possible
from feedback_assets.silver.duplicates.normal import normalised
from feedback_assets.silver.duplicates.reading import Shelf, read
from feedback_assets.silver.duplicates.sides import Table, sides
from feedback_assets.silver.duplicates.wording import in_order
from feedback_assets_tests.silver.duplicates.world import sentence

POST = (
    "After the update last night my bookmarks toolbar is gone and the menu does not open. I tried a restart of the computer and of the "
    "program, nothing helps. The toolbar worked for years. Please tell me how I get it back, I need it for work every day."
)
SENTENCES = [s + "." for s in POST.rstrip(".").split(". ")]
ERROR_PAGE = (
    "Secure Connection Failed. An error occurred during a connection to the site. PR_END_OF_FILE_ERROR. The page you are trying to view "
    "cannot be shown because the authenticity of the received data could not be verified. Please contact the website owners to inform them."
)
JAPANESE = "昨日の更新のあとからアプリが起動しなくなりました。再インストールしても同じ画面で止まります。早く直してください。"


def similarity(one: str, other: str) -> float:
    a, b = read([normalised(one), normalised(other)])
    there, back = Comparer().similarity(a, b), Comparer().similarity(b, a)
    assert there == back
    return there


@pytest.mark.parametrize(
    "copy",
    [
        POST.upper().replace(".", "!!"),
        POST.replace("bookmarks", "bokmarks").replace("restart", "resatrt").replace("years", "yeasr").replace("Please", "Plese"),
        POST + "\n\nBest regards,\nTerry Test\nExample Ltd\nPhone 555-0142",
        "Hello, I post this again because nobody answered. " + POST,
        " ".join(SENTENCES[::-1]),
        POST[: len(POST) // 2],
        POST[len(POST) // 3 :],
        POST.replace("last night", "this morning"),
        POST[: POST.index(" nothing helps")] + ".",  # what was cut off says "not"
        POST.replace("does not open", "does ont open"),
        POST + "\n\nOn 3 May support wrote:\n> Thank you for your message, we are looking into it and will be back.",
    ],
)
def test_what_is_a_copy(copy: str) -> None:
    assert similarity(POST, copy) > 0


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (POST, "Since yesterday's new version I cannot find my bookmark bar any more, the menu is dead, and restarting changes nothing."),
        (
            "Every time I log in to my bank I get this. " * 2 + ERROR_PAGE,
            ERROR_PAGE + " It began with the new router, my phone is fine here. " * 3,
        ),
        ("All the staff were very nice and helpful", "All the staff were lovely and helpful, nothing was too much trouble, very nice"),
        ("How do I make Firefox my default browser", "How do I delete the other browser and make Firefox my browser"),
        ("The checkout page crashes when I pay with PayPal", "The settings page crashes when I log in with Google"),
        (POST, SENTENCES[0][:40]),
        (
            "The new version works with my printer since the last update",
            "The new version never works with my printer since the last update",
        ),
        (
            "Run the build for Centos 7. We need to run the build for Centos 7 since it is a supported platform.",
            "Run the build for Fedora 33. We need to run the build for Fedora 33 since it is a supported platform.",
        ),
        (
            f"Cannot reach www.shop-one.example.com. {ERROR_PAGE}",
            f"Cannot reach news.other.org today. {ERROR_PAGE}".replace("example", "other"),
        ),
        (JAPANESE, "アプリは問題なく起動しますが、再インストールしたあと画面が暗いままです。早く直してほしいです。"),
        (POST, ""),
    ],
)
def test_what_is_none(one: str, other: str) -> None:
    assert similarity(one, other) == 0


@pytest.mark.parametrize(
    "copy", [JAPANESE + "よろしくお願いします。", JAPANESE.replace("画面", "がめん"), JAPANESE[: len(JAPANESE) * 2 // 3]]
)
def test_scripts_without_spaces_have_copies_too(copy: str) -> None:
    assert similarity(JAPANESE, copy) > 0


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 50), st.integers(0, 50), st.integers(5, 60))
def test_similarity_is_a_share_and_the_same_from_both_sides(one: int, other: int, words: int) -> None:
    a, b = sentence(random.Random(one), words), sentence(random.Random(other), words)
    mixed = a[: len(a) // 2] + " " + b[len(b) // 2 :]
    for x, y in ((a, b), (a, mixed), (a, a + " " + b)):
        assert 0 <= similarity(x, y) <= 1
    assert similarity(a, a) == 1


MIXED = [
    POST,
    POST.upper() + " me too",
    POST[len(POST) // 2 :],
    " ".join(SENTENCES[::-1]) + POST[:60],
    JAPANESE,
    JAPANESE + POST[:90],
    POST[:120] + JAPANESE[:7],
    "a" + JAPANESE[:4],
    "again and again and again and again the page is blank",
    "again and again the page is blank",
    "short",
    "",
]


@given(st.lists(st.tuples(st.integers(0, len(MIXED) - 1), st.integers(0, len(MIXED) - 1)), min_size=1, max_size=40))
def test_what_else_is_compared_in_one_go_changes_no_answer(pairs: list[tuple[int, int]]) -> None:
    texts = read([normalised(t) for t in MIXED])
    pairs = sorted(pairs)
    ones, others = np.array([a for a, _ in pairs]), np.array([b for _, b in pairs])
    comparer = Comparer()
    together = comparer.similarities(Shelf.of(texts), ones, others).tolist()
    assert together == [comparer.similarity(texts[a], texts[b]) for a, b in pairs]


def slow_in_order(one: str, other: str) -> int:
    row = [0] * (len(other) + 1)
    for c in one:
        before = row[:]
        for j, d in enumerate(other, start=1):
            row[j] = before[j - 1] + 1 if c == d else max(before[j], row[j - 1])
    return row[-1]


@given(st.text(alphabet="abc ", max_size=90), st.text(alphabet="abc ", max_size=90))
def test_characters_in_the_same_order_are_counted_right(one: str, other: str) -> None:
    assert in_order(one, other) == slow_in_order(one, other)


TEXTS = st.sampled_from(
    [POST, ERROR_PAGE, JAPANESE, " ".join(SENTENCES[::-1]), POST[:90], POST + JAPANESE, "short text of seven words is here now"]
)
CUTS = st.tuples(TEXTS, st.integers(0, 30), st.integers(20, 400), st.sampled_from(["", " Best regards, Terry Test", " and " + ERROR_PAGE]))


@settings(max_examples=60, deadline=None)
@given(st.lists(CUTS, min_size=2, max_size=8))
def test_no_pair_that_a_close_look_finds_to_be_copies_is_dropped_by_the_looks_at_one_side(cuts: list[tuple[str, int, int, str]]) -> None:
    shelf = Shelf.of(read([normalised(text[start : start + length] + tail) for text, start, length, tail in cuts]))
    number = len(cuts)
    ones, others = np.repeat(np.arange(number), number), np.tile(np.arange(number), number)
    pairs = Table().meetings(shelf, ones, others)
    a, b = sides(pairs.left()), sides(pairs.right())
    copies = judged(shelf, ones, a, others, b) > 0
    assert not (copies & ~possible(shelf, ones, others, a, first=True)).any()
    assert not (copies & ~possible(shelf, ones, others, b, first=False)).any()


def test_a_shelf_gives_slots_and_places_of_many_texts_as_of_one_after_the_other() -> None:
    texts = read([normalised(t) for t in (POST, JAPANESE, "", ERROR_PAGE + JAPANESE, "seven")])
    shelf = Shelf(9)
    shelf.put([7, 2], texts[:2])
    shelf.put([0, 4, 8], texts[2:])
    asked = np.array([4, 7, 0, 8, 4, 2])
    assert shelf.slots(asked).tolist() == [s for n in asked.tolist() for s in shelf[n].slots.tolist()]
    assert shelf.begins(asked).tolist() == [s for n in asked.tolist() for s in shelf[n].begins.tolist()]
    assert shelf.slots(asked[:0]).tolist() == shelf.begins(asked[:0]).tolist() == []
    shelf.clear()
    shelf.put([3], texts[1:2])
    assert shelf.slots(np.array([3])).tolist() == texts[1].slots.tolist()
