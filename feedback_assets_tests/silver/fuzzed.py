"""A seeded generator of hostile texts with personal data planted in them: markup, entities, marks, directions, emoji, scripts, quotes.

Every planted value is invented, in a reserved range, and told with all the ways it could survive. No test here.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

WORDS = (
    "The app crashes when I save", "seit dem Update geht nichts mehr", "ça ne marche plus du tout", "no funciona desde ayer",
    "не работает поиск",
    "同步之后全部丢失了", "保存するとアプリが落ちます", "저장이 안 돼요", "แอปค้างตลอดเวลา", "التطبيق لا يعمل", "האפליקציה קורסת",
    "यह ऐप नहीं चलता",
    "naïve coöperation façade", "Việt Nam không hoạt động", "still broken", "version 12.4.1", "error 0x80070057", "on 3 May 2024",
    "2 < 3 && 4 > 1",
    "f(x) = y; List<String>", "100 % of 12.99 EUR", "OK", "ok thanks, aber das Update geht nicht", "이거 really 안 좋아",
)  # fmt: skip
NOISE = (
    "<p>", "</p>", "<br/>", "<b>", "</b>", "<div class='gmail_quote'>", "</div>", "<blockquote type=\"cite\">", "</blockquote>",
    "<!--", "-->", "<script>",
    "</script>", "<a href=\"https://x.example/?utm_source=a&amp;b=1\">", "</a>", "<img src='https://t.example/p.gif' width=1>",
    "<", ">", "<<", "&amp;", "&lt;",
    "&gt;", "&nbsp;", "&#8203;", "&#x202e;", "&zwnj;", "&#0;", "&bogus;", "&", "&#", "\u00a0", "\u200b", "\u200d", "\u200c",
    "\ufeff", "\u202e", "\u202c",
    "\u2066", "\u2069", "\u00ad", "\x00", "\x07", "\t", "\r\n", "\r", "\n", "\n\n\n", "   ", "\u2028", "\u3000", "e\u0301",
    "a\u0300\u0301\u0302\u0303\u0304", "\u1112\u1161\u11ab",
    "क\u094d\u200dष", "می\u200cخواهم", "👩\u200d💻", "👍🏽", "🇩🇪",
    "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", "❤\ufe0f", "1\ufe0f\u20e3", "ｆｕｌｌ", "ﬁ",
    "ﷺ", "𝐛𝐨𝐥𝐝", "pаypаl", "\ud7ff", "\ue000", "\ufffd", "\n> quoted\n", "\n>> nested\n", "\n> > deeper\n",
    "\nOn Mon, 3 May 2024 at 10:00, Support wrote:\n",
    "\n-- \n", "\nBest regards\n", "\nSent from my iPhone\n", "\n-----Original Message-----\n", "\nAgent: hello\n",
    "\nCustomer: it fails\n",
    "\nThis email is confidential.\n", "##- Please type your reply above this line -##", "[EMAIL]", "[PHONE:k7f3q2xz]", "[", "]",
    "'", "\"", "…", "—",
)  # fmt: skip


@dataclass(frozen=True)
class Fuzzed:
    """One text, and each way in which what was planted in it could be read in a result that hides nothing."""

    text: str
    planted: tuple[str, ...]


def _digits(rng: random.Random, count: int) -> str:
    return "".join(rng.choice("0123456789") for _ in range(count))


def _checked(body: str) -> str:
    """The number with its Luhn digit."""
    total = sum(sum(divmod(2 * int(d), 10)) if i % 2 == 0 else int(d) for i, d in enumerate(reversed(body)))
    return body + str(-total % 10)


def _email(rng: random.Random) -> tuple[str, tuple[str, ...]]:
    local = f"{rng.choice(('hanne', 'j.roe', 'o_quist', 'x+news'))}{_digits(rng, 5)}"
    domain = rng.choice(("example.com", "example.org", "mail.example.net"))
    return f"{local}@{domain}", (local,)


def _phone(rng: random.Random) -> tuple[str, tuple[str, ...]]:
    line = f"01{_digits(rng, 2)}"
    area = f"{rng.randint(2, 9)}{rng.randint(0, 8)}{rng.randint(2, 9)}"
    shown = rng.choice(
        (f"+1 {area} 555 {line}", f"+1-{area}-555-{line}", f"({area}) 555-{line}", f"+1 ({area}) 555-{line}", f"{area}-555-{line}")
    )
    return shown, (f"{area}555{line}", f"555-{line}", f"555 {line}")


def _card(rng: random.Random) -> tuple[str, tuple[str, ...]]:
    number = _checked("424242" + _digits(rng, 9))
    gap = rng.choice(("", " ", "-"))
    return gap.join(number[i : i + 4] for i in range(0, 16, 4)), (number, number[4:])


def _iban(rng: random.Random) -> tuple[str, tuple[str, ...]]:
    account = "37040044" + _digits(rng, 10)
    check = 98 - int(account + "131400") % 97
    iban = f"DE{check:02}{account}"
    return rng.choice((iban, " ".join(iban[i : i + 4] for i in range(0, 22, 4)))), (account, iban)


def _ip(rng: random.Random) -> tuple[str, tuple[str, ...]]:
    address = f"{rng.choice(('192.0.2', '198.51.100', '203.0.113'))}.{rng.randint(1, 254)}"
    return address, (address,)


def _secret(rng: random.Random) -> tuple[str, tuple[str, ...]]:
    value = "".join(rng.choice("abcdefghjkmnpqrstuvwxyzABCDEFGH23456789") for _ in range(28))
    return rng.choice((f"sk-{value}", f"https://x.example/a?token={value}", f"Bearer {value}")), (value,)


def _order(rng: random.Random) -> tuple[str, tuple[str, ...]]:
    number = rng.choice("123456789") + _digits(rng, 8)
    return f"{rng.choice(('order number', 'Bestellnummer', 'Account no.', 'commande n°'))} {number}", (number,)


_KINDS: tuple[Callable[[random.Random], tuple[str, tuple[str, ...]]], ...] = (_email, _phone, _card, _iban, _ip, _secret, _order)


def _disguised(value: str, rng: random.Random) -> str:
    """The same to a reader's eye, in other characters."""
    way = rng.randrange(8)
    if way == 0:
        return "".join(f"&#{ord(ch)};" if rng.random() < 0.3 else ch for ch in value)
    if way == 1:
        return rng.choice(("\u200b", "\u00ad", "\u2060", "\ufeff")).join(value)
    if way == 2:
        return "".join(chr(ord(ch) + 0xFEE0) if ch.isdigit() or ch == "@" else ch for ch in value)
    if way == 3:
        at = rng.randrange(1, len(value))
        return f"{value[:at]}<b>{value[at:]}</b>"
    if way == 4:
        return value.replace(" ", rng.choice(("\u00a0", "&nbsp;", "  ", " \u200b")))
    return value


def _apart(parts: list[str]) -> str:
    """A comma behind a digit: numbers side by side, with nothing between that says where one ends, are not told apart."""
    return "," if "".join(parts[-3:]).rstrip()[-1:].isdigit() else ""


def fuzzed(seed: int, count: int) -> Iterator[Fuzzed]:
    """So many texts; the same ones for the same seed."""
    rng = random.Random(f"fuzz-{seed}")
    for _ in range(count):
        parts: list[str] = []
        planted: list[str] = []
        for _ in range(rng.randint(0, 9)):
            draw = rng.random()
            if draw < 0.35:
                parts.append(rng.choice(WORDS))
            elif draw < 0.85:
                parts.append(rng.choice(NOISE))
            else:
                value, ways = rng.choice(_KINDS)(rng)
                # Something that is no part of a word or a number stands on both sides.
                before, after = (
                    rng.choice((" ", "\n", "<p>", ": ", "（", "👍 ", "\u202e ", "是 ")),
                    rng.choice((" ", "\n", "</p>", ", ", "）", " 👍", ".\n")),
                )
                parts.append(_apart(parts) + before + _disguised(value, rng) + after)
                planted.extend(ways)
            parts.append(rng.choice(("", " ", " ", "\n")))
        yield Fuzzed("".join(parts), tuple(planted))
