"""Personal data to plant: made up, on reserved domains, ranges and published test numbers, but with valid checksums.

Only the making of values and sentences around them belongs here.
"""

from collections.abc import Callable

# Numbers that payment providers publish for tests; each passes the Luhn check.
TEST_CARDS = (
    "4111111111111111",
    "4242424242424242",
    "4012888888881881",
    "5555555555554444",
    "5105105105105100",
    "5200828282828210",
    "378282246310005",
    "6011111111111117",
    "3530111333300000",
)
MAIL_DOMAINS = ("example.com", "example.org", "example.net", "mail.example.com")
FIRST = (
    "anna",
    "ben",
    "carla",
    "dmitri",
    "elena",
    "farid",
    "grace",
    "hugo",
    "ines",
    "jonas",
    "kira",
    "liam",
    "mona",
    "noel",
    "olga",
    "pavel",
)
LAST = (
    "abbott",
    "berger",
    "costa",
    "dubois",
    "egger",
    "fischer",
    "grant",
    "haas",
    "ivanov",
    "jansen",
    "kline",
    "lopez",
    "moretti",
    "novak",
)

# What an IBAN of the country looks like after its check digits: letters of a bank code that does not exist, then digits.
_IBAN_SHAPES = (("DE", "", 18), ("NL", "XTST", 10), ("GB", "XTST", 14), ("ES", "", 20), ("FR", "", 23), ("AT", "", 16))


def luhn_valid(number: str) -> bool:
    """Whether the digits of a card number pass the Luhn check (ISO/IEC 7812-1)."""
    total = 0
    for i, ch in enumerate(reversed([c for c in number if c.isdigit()])):
        digit = int(ch) * (1 + i % 2)
        total += digit - 9 if digit > 9 else digit
    return total % 10 == 0


def iban_remainder(iban: str) -> int:
    """The remainder modulo 97 of an IBAN as ISO 13616 reads it; 1 for a valid one."""
    compact = iban.replace(" ", "")
    return int("".join(str(int(c, 36)) for c in compact[4:] + compact[:4])) % 97


def email_of(person: int) -> str:
    """The mail address of a made-up person, always the same for the same number."""
    return f"{FIRST[person % 16]}.{LAST[person // 16 % 14]}{person % 997}@{MAIL_DOMAINS[person % 4]}"


def name_of(person: int) -> str:
    """The full name of a made-up person."""
    return f"{FIRST[person % 16].title()} {LAST[person // 16 % 14].title()}"


def _digits(r: Callable[[], float], n: int) -> str:
    return "".join(str(int(r() * 10)) for _ in range(n))


def iban(r: Callable[[], float]) -> str:
    """A made-up IBAN with valid check digits, sometimes in groups of four."""
    country, bank, digits = _IBAN_SHAPES[int(r() * len(_IBAN_SHAPES))]
    account = bank + _digits(r, digits)
    check = 98 - iban_remainder(f"{country}00{account}")
    value = f"{country}{check:02d}{account}"
    return " ".join(value[i : i + 4] for i in range(0, len(value), 4)) if r() < 0.5 else value


def card(r: Callable[[], float]) -> str:
    """A published test card number, plain or in groups."""
    value = TEST_CARDS[int(r() * len(TEST_CARDS))]
    style = r()
    if style < 0.4 or len(value) != 16:
        return value
    return (" " if style < 0.7 else "-").join(value[i : i + 4] for i in range(0, 16, 4))


def phone(r: Callable[[], float]) -> str:
    """A phone number from the ranges that are kept free for fiction."""
    style = int(r() * 3)
    if style == 0:
        return f"+1 202-555-01{_digits(r, 2)}"
    if style == 1:
        return f"+44 7700 900{_digits(r, 3)}"
    return f"+49 30 23125 {_digits(r, 3)}"


def ip(r: Callable[[], float]) -> str:
    """An address of the ranges that are kept free for documentation (RFC 5737, RFC 3849)."""
    if r() < 0.2:
        return f"2001:db8::{int(r() * 65535):x}:{int(r() * 65535):x}"
    return f"{('192.0.2', '198.51.100', '203.0.113')[int(r() * 3)]}.{1 + int(r() * 250)}"


def token_url(r: Callable[[], float]) -> str:
    """A link with a secret in its query."""
    token = f"{int(r() * 2**53):013x}{int(r() * 2**53):013x}"
    kind = ("token", "access_token", "session", "api_key")[int(r() * 4)]
    return f"https://app.larkspur.example/{('reset', 'invite', 'share')[int(r() * 3)]}?{kind}={token}"


def order_id(r: Callable[[], float]) -> str:
    """An order number of the demo shop."""
    return f"LK-2025-{_digits(r, 7)}"


# Kind, how to make a value, and sentences around it: English and German, then a neutral one for every other language.
_KINDS: tuple[tuple[str, Callable[[Callable[[], float]], str], tuple[str, str, str]], ...] = (
    ("email", lambda r: email_of(int(r() * 9_000_000)), ("You can reach me at {}.", "Erreichbar unter {}.", "✉ {}")),
    ("phone", phone, ("Call me on {} after six.", "Bitte Rückruf: {}", "☎ {}")),
    ("card", card, ("The card I used is {}, please check.", "Bezahlt mit Karte {}.", "💳 {}")),
    ("iban", iban, ("Please refund to {}.", "Bitte auf {} überweisen.", "IBAN {}")),
    ("ip", ip, ("Our office address is {} in case it is blocked.", "Zugriff kam von {}.", "IP {}")),
    ("url_token", token_url, ("This is the link I got: {}", "Der Link war {}", "{}")),
    ("order_id", order_id, ("Order {}.", "Bestellnummer {}", "№ {}")),
)


def plant(r: Callable[[], float], language: str) -> tuple[str, str, str]:
    """Kind, value, and a sentence in the language that holds the value."""
    roll = r()
    # Mail addresses and order numbers are what people leave most often.
    kind, make, sentences = _KINDS[0] if roll < 0.25 else _KINDS[6] if roll < 0.45 else _KINDS[int(r() * 6)]
    value = make(r)
    return kind, value, sentences[0 if language == "en" else 1 if language == "de" else 2].format(value)
