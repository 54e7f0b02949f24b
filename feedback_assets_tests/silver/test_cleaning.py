import unicodedata

import pytest
from hypothesis import given, settings

from feedback_assets.silver.cleaning import RAW_LIMIT, TEXT_LIMIT, clean, storable
from feedback_assets_tests.silver.test_offsets import texts


def cleaned(raw: str) -> str:
    return clean(raw)[0].text


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("<p>It  crashes</p><p>on start &amp; exit</p>", "It crashes\n\non start & exit"),
        ("a<br>b<br/>c", "a\nb\nc"),
        ("<ul><li>one</li><li>two</li></ul>", "one\n\ntwo"),
        ("<style>p{color:red}</style>Hi <script>steal()</script>there", "Hi there"),
        ("<!-- hidden -->shown", "shown"),
        ("2 < 3 and List<String> and <3", "2 < 3 and List<String> and <3"),
        ("an open <!-- comment stays", "an open comment stays"),
        ("&lt;b&gt; is text", "<b> is text"),
        ("\r\nline one\r\nline\u00a0two\t\n\n\n\nthree  ", "line one\nline two\n\nthree"),
        ("zero\u200bwidth \u202eevil\u202c \ufeffbom soft\u00adhyphen \x07bell", "zerowidth evil bom softhyphen bell"),
        ("👩\u200d💻 क्\u200dष می\u200cخواهم", "👩\u200d💻 क्\u200dष می\u200cخواهم"),
        ("a\u200db", "ab"),
        ("seen\U000e0069\U000e0067\U000e006e\U000e006f\U000e0072\U000e0065 unseen", "seen unseen"),
        ("cafe\u0301 한", "café 한"),
    ],
)
def test_text_reads_as_a_person_would_see_it(raw: str, expected: str) -> None:
    assert cleaned(raw) == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("It still fails.\n\nOn Mon, 3 May 2024 at 10:00, Support <s@x.example> wrote:\n> try again\n> thanks", "It still fails."),
        ("Geht nicht.\n\nAm 03.05.2024 um 10:00 schrieb Support:\nVersuchen Sie es", "Geht nicht."),
        ("Toujours en panne\nLe lun. 3 mai 2024 à 10:00, Support a écrit :\n> essayez", "Toujours en panne"),
        ("No va\nEl lun, 3 may 2024 a las 10:00, Soporte escribió:\n> pruebe", "No va"),
        ("Broken\n-- \nJane Roe\nExample Ltd", "Broken"),
        ("Broken\nSent from my iPhone", "Broken"),
        ("Kaputt\nVon meinem iPhone gesendet\nGesendet von meinem iPhone", "Kaputt"),
        ("En panne\nEnvoyé de mon iPhone", "En panne"),
        ("Broken again\n\nKind regards,\nJane Roe", "Broken again"),
        ("Kaputt\n\nMit freundlichen Grüßen\nJana Roh", "Kaputt"),
        ("Fails\n-----Original Message-----\nFrom: x\nold text", "Fails"),
        ("Fails\n\nFrom: Support\nSent: Monday\nold text", "Fails"),
        ("> you said it works\nIt does not.", "It does not."),
        ("> everything is quoted", "> everything is quoted"),
        ("The best\nthing: regards to all of you, and here is a long story that goes on", None),
        ("From: the settings page I cannot go back", None),
    ],
)
def test_quotes_and_signatures_go_and_the_customers_words_stay(raw: str, expected: str | None) -> None:
    assert cleaned(raw) == (raw if expected is None else expected)


@settings(max_examples=200, deadline=None)
@given(texts)
def test_clean_text_is_composed_and_without_controls_or_stray_white_space(raw: str) -> None:
    text = cleaned(raw)
    assert unicodedata.is_normalized("NFC", text)
    assert text == text.strip()
    assert not any(unicodedata.category(ch) == "Cc" and ch != "\n" for ch in text)
    assert not any(ch in text for ch in "\u202e\u200b\ufeff\u2066")


@pytest.mark.parametrize(
    "piece",
    [
        "<",
        "<a ",
        "<!--",
        "<script>",
        "&",
        "&#",
        ">",
        "\n>",
        "On ",
        "\nOn a wrote",
        "-",
        "\n--",
        " \n",
        "\u200d",
        "e\u0301",
        "<p",
        "From: ",
        "a",
        "</",
        "é ",
    ],
)
def test_four_megabytes_of_one_piece_are_cut_and_do_not_stall(piece: str) -> None:
    raw = piece * (4_000_000 // len(piece))
    text, dropped = clean(raw)
    assert len(text.text) <= TEXT_LIMIT
    assert dropped >= len(raw) - RAW_LIMIT


def test_lone_surrogates_can_be_stored() -> None:
    assert storable("a\ud800b") == "a\ufffdb"
    storable("x\udfff€").encode()
