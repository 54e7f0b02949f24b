import pytest

from feedback_assets.silver.information import Judgement, is_informative, judge_batch, spam_reason


@pytest.mark.parametrize(
    "text",
    [
        "still broken", "geht nicht", "no funciona", "坏了", "打不开", "壊れた", "안 돼요", "crash", "slow", "not working", "refund please",
        "ใช้ไม่ได้", "не работает",
        "crashing\n\nbp-35e7b1a0-4c5a-49b7-a011-8e09c0210722", "thanks but it still fails", "[EMAIL] cannot log in", "cannot log in",
    ],
)  # fmt: skip
def test_short_complaints_say_something(text: str) -> None:
    assert is_informative(text)


@pytest.mark.parametrize(
    "text",
    [
        "", ".", "👍", "😡😡😡", "ok", "OK!!", "test", "This is a test", "asdf", "hello", "thanks", "n/a", "?", "12345",
        "https://example.org", "[PHONE]", "好的", "aaaaaa",
    ],
)  # fmt: skip
def test_texts_that_say_nothing_are_told(text: str) -> None:
    assert not is_informative(text)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Call Gmail customer support number [PHONE] toll free helpline [PHONE] now", "helpline"),
        ("I invested bitcoin and got profits, contact him on telegram, best crypto trader", "crypto"),
        ("Best price escorts, click here to visit https://x.example", "advertising"),
        ("https://a.example https://b.example https://c.example great", "link_spam"),
        ("Call our support number [PHONE:k7f3q2xz] toll free [NUMBER:aaaaaaaa]", "helpline"),
        ("เว็บ คาสิโน สล็อต บาคาร่า สมัครเลย", "advertising"),
        ("最好的 博彩 平台 娱乐城 欢迎", "advertising"),
        ("Лучшее онлайн-казино, ставки на спорт", "advertising"),
    ],
)
def test_spam_is_named(text: str, reason: str) -> None:
    assert spam_reason(text) == reason


@pytest.mark.parametrize(
    "text",
    [
        "I called customer service and nobody could help me, the parcel is still lost",
        "I cannot pay with bitcoin in the checkout",
        "The page https://example.org/a does not load, but https://example.org/b does, since the update everything is slow",
        "our users work from home and cannot reach https://example.org/a since the update",
        "I get spam about casino sites in my inbox",
        "Я вижу рекламу казино в приложении",
        "アプリにカジノの広告が出る",
        "My number is [PHONE], please call me back about the refund, it has been three weeks and nobody answered my mails, I am waiting, "
        "and waiting, and each time that I write somebody else asks me for the same papers again and again without an end in sight",
    ],
)
def test_complaints_are_not_spam(text: str) -> None:
    assert spam_reason(text) == ""


def test_a_batch_is_judged_as_its_texts_are_one_by_one() -> None:
    texts = [
        "still broken", "", "ok", "Best price escorts, CLICK HERE to visit https://x.example", "เว็บ คาสิโน สล็อต บาคาร่า สมัครเลย",
        "Call Gmail customer support number [PHONE] toll free helpline [PHONE] now",
        "the sync has been broken for me since the update of today, really",
        "a b c d e f g h i j k l", "no no no no no no no no no no no no", "坏了", "1 2 3 4 5 6 7 8 9 10 11 12",
    ]  # fmt: skip
    assert judge_batch(texts) == [Judgement(is_informative(t), spam_reason(t)) for t in texts]
    assert [j.is_informative for j in judge_batch(texts[-5:])] == [True, False, False, True, False]
    assert judge_batch([]) == []
