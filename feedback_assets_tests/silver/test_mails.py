"""Labelled mails in many languages: what of each is the customer's own words. Traps among them keep every word."""

import json
from pathlib import Path

import pytest

from feedback_assets.silver.cleaning import clean, cleaned, mail_words, notices, transcript
from feedback_assets.silver.cleaning.leads import leads_of
from feedback_assets.silver.cleaning.mail import mail_edits
from feedback_assets.silver.cleaning.notices import notice_edits
from feedback_assets.silver.cleaning.transcript import transcript_edits

MAILS = [
    json.loads(line)
    for half in ("dev", "test")
    for line in (Path(__file__).parent / "mails" / f"{half}.jsonl").read_text("utf-8").splitlines()
]
EVERY_LEAD = {*mail_words.LEADS, *notices.LEADS, *transcript.LEADS}


@pytest.mark.parametrize("mail", MAILS, ids=[f"{m['language']}-{i}" for i, m in enumerate(MAILS)])
def test_the_customers_words_are_what_stays_of_a_mail(mail: dict[str, str]) -> None:
    assert clean(mail["raw"])[0].text.split() == mail["kept"].split()


@pytest.mark.parametrize("mail", MAILS, ids=[f"{m['language']}-{i}" for i, m in enumerate(MAILS)])
def test_the_quick_look_at_how_lines_begin_hides_no_part_of_a_mail(mail: dict[str, str]) -> None:
    """A wording whose lead is not listed would never meet its pattern."""
    raw = mail["raw"]
    for step in (mail_edits, notice_edits, transcript_edits):
        assert step(raw, leads_of(raw)) == step(raw, EVERY_LEAD | leads_of(raw))


LOG = "Agent: hello\nCustomer: it fails\nAgent: since when?\nCustomer: since Monday"


def test_turns_of_agents_in_a_pasted_log_are_left_out_and_counted() -> None:
    found = cleaned(LOG)
    assert (found.text.text, found.turns_left_out) == ("Customer: it fails\nCustomer: since Monday", 2)
    assert cleaned("User: admin\nSupport: none").turns_left_out == 0
    assert cleaned("Agent: hello\nAgent: anyone there?\nAgent: bye").turns_left_out == 0


@pytest.mark.parametrize(
    ("raw", "seen"),
    [
        ("See https://a.example/p?utm_source=x&utm_medium=y now", "See https://a.example/p now"),
        ("https://a.example/p?utm_source=x&size=4&gclid=abc#top", "https://a.example/p?size=4#top"),
        ("https://a.example/p?size=4&amp;utm_source=x", "https://a.example/p?size=4"),
        (
            "https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fa.example%2Fp&data=05%7C01&reserved=0 fails",
            "https://a.example/p fails",
        ),
        ("https://a.example/p?formutm_source=x", "https://a.example/p?formutm_source=x"),
    ],
)
def test_tracking_goes_out_of_addresses_and_the_address_stays(raw: str, seen: str) -> None:
    assert clean(raw)[0].text == seen


@pytest.mark.parametrize(
    ("raw", "seen"),
    [
        ("ｅｒｒｏｒ　４０４", "error 404"),
        ("ｱﾌﾟﾘが落ちる", "アプリが落ちる"),
        ("𝐁𝐮𝐲 now", "Buy now"),
        ("ofﬁce", "office"),
        ("pаypаl login", "paypal login"),
        ("не рaботает", "не работает"),
        ("USB-кабель и iPhone", "USB-кабель и iPhone"),
        ("Z\u0300\u0301\u0302\u0303\u0304a", "Z\u0300\u0301a"),
        ("👍🏽 🇩🇪 ❤\ufe0f 1\ufe0f\u20e3 👩\u200d👩\u200d👧", "👍🏽 🇩🇪 ❤\ufe0f 1\ufe0f\u20e3 👩\u200d👩\u200d👧"),
        ("“ok” ！？、。", "“ok” ！？、。"),
    ],
)
def test_characters_take_the_form_that_a_reader_means(raw: str, seen: str) -> None:
    assert clean(raw)[0].text == seen
