"""Check digits of numbers that name people, cards and accounts. Every function takes digits or letters without separators."""

from collections.abc import Sequence
from datetime import date

_VERHOEFF_D = (
    (0, 1, 2, 3, 4, 5, 6, 7, 8, 9), (1, 2, 3, 4, 0, 6, 7, 8, 9, 5), (2, 3, 4, 0, 1, 7, 8, 9, 5, 6), (3, 4, 0, 1, 2, 8, 9, 5, 6, 7),
    (4, 0, 1, 2, 3, 9, 5, 6, 7, 8), (5, 9, 8, 7, 6, 0, 4, 3, 2, 1), (6, 5, 9, 8, 7, 1, 0, 4, 3, 2), (7, 6, 5, 9, 8, 2, 1, 0, 4, 3),
    (8, 7, 6, 5, 9, 3, 2, 1, 0, 4), (9, 8, 7, 6, 5, 4, 3, 2, 1, 0),
)  # fmt: skip
_VERHOEFF_P = (
    (0, 1, 2, 3, 4, 5, 6, 7, 8, 9), (1, 5, 7, 6, 2, 8, 3, 0, 9, 4), (5, 8, 0, 3, 7, 9, 6, 1, 4, 2), (8, 9, 1, 6, 0, 4, 3, 5, 2, 7),
    (9, 4, 5, 3, 1, 2, 6, 8, 7, 0), (4, 2, 8, 6, 5, 7, 3, 9, 0, 1), (2, 7, 9, 3, 8, 0, 6, 4, 1, 5), (7, 0, 4, 6, 9, 1, 3, 2, 5, 8),
)  # fmt: skip
_ALNUM = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_FISCAL_ODD = dict(
    zip(
        _ALNUM,
        (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23),
        strict=True,
    )
)
_FISCAL_EVEN = dict(zip(_ALNUM, (*range(10), *range(26)), strict=True))
_SPANISH = "TRWAGMYFPDXBNJZSQVHLCKE"
_FINNISH = "0123456789ABCDEFHJKLMNPRSTUVWXY"

# Lengths by country: the SWIFT IBAN registry.
IBAN_LENGTH = {
    **dict.fromkeys(("NO",), 15),
    **dict.fromkeys(("BE",), 16),
    **dict.fromkeys(("DK", "FI", "FO", "GL", "NL", "SD", "FK"), 18),
    **dict.fromkeys(("MK", "SI"), 19),
    **dict.fromkeys(("AT", "BA", "EE", "KZ", "LT", "LU", "XK", "MN"), 20),
    **dict.fromkeys(("CH", "HR", "LI", "LV"), 21),
    **dict.fromkeys(("BG", "BH", "CR", "DE", "GB", "GE", "IE", "ME", "RS", "VA"), 22),
    **dict.fromkeys(("AE", "GI", "IL", "IQ", "OM", "TL", "SO"), 23),
    **dict.fromkeys(("AD", "CZ", "ES", "MD", "PK", "RO", "SA", "SE", "SK", "TN", "VG"), 24),
    **dict.fromkeys(("PT", "ST", "LY"), 25),
    **dict.fromkeys(("IS", "TR"), 26),
    **dict.fromkeys(("FR", "GR", "IT", "MC", "MR", "SM", "BI", "DJ"), 27),
    **dict.fromkeys(("AL", "AZ", "BY", "CY", "DO", "GT", "HU", "LB", "PL", "SV", "NI"), 28),
    **dict.fromkeys(("BR", "EG", "PS", "QA", "UA"), 29),
    **dict.fromkeys(("JO", "KW", "MU", "YE"), 30),
    **dict.fromkeys(("MT", "SC"), 31),
    **dict.fromkeys(("LC",), 32),
    **dict.fromkeys(("RU",), 33),
}


def _sum(digits: str, weights: Sequence[int]) -> int:
    return sum(int(d) * w for d, w in zip(digits, weights, strict=False))


def luhn(digits: str) -> bool:
    """Payment cards (ISO/IEC 7812-1), and the Swedish, South African and Canadian numbers."""
    total = 0
    for i, ch in enumerate(reversed(digits)):
        d = int(ch)
        if i % 2:
            d *= 2
            total += d - 9 if d > 9 else d
        else:
            total += d
    return total % 10 == 0


def card(digits: str) -> bool:
    """A payment card: the first digits and the length of an issuer, and the check digit."""
    n = len(digits)
    two, four = int(digits[:2]), int(digits[:4])
    if digits[0] == "4":
        fits = n in (13, 16, 19)
    elif 51 <= two <= 55 or 2221 <= four <= 2720 or 2200 <= four <= 2204:
        fits = n in (16, 19)
    elif two in (34, 37):
        fits = n == 15
    elif two in (30, 36, 38, 39):
        fits = n in (14, 15, 16, 19)
    elif two == 35:
        fits = 16 <= n <= 19
    else:
        fits = (digits[0] == "6" or two in (50, 56, 57, 58)) and (n >= 15 or (n == 13 and digits.startswith("6759")))
    return fits and luhn(digits)


def iban(code: str) -> bool:
    """An IBAN (ISO 13616, mod 97) of a country and the country's length."""
    code = code.upper()
    if IBAN_LENGTH.get(code[:2]) != len(code):
        return False
    moved = code[4:] + code[:4]
    return int("".join(str(int(ch, 36)) for ch in moved)) % 97 == 1


def verhoeff(digits: str) -> bool:
    """India's Aadhaar."""
    c = 0
    for i, ch in enumerate(reversed(digits)):
        c = _VERHOEFF_D[c][_VERHOEFF_P[i % 8][int(ch)]]
    return c == 0


def day(text: str, *, order: str = "ymd", century: int = 1900) -> bool:
    """Whether 6 or 8 digits are a day; `order` of year, month and day. Two-digit years are of `century`, 29 February of any."""
    width = 4 if len(text) == 8 else 2
    at = 0
    parts: dict[str, int] = {}
    for what in order:
        size = width if what == "y" else 2
        parts[what] = int(text[at : at + size])
        at += size
    year = parts["y"] if width == 4 else century + parts["y"]
    if width == 4 and not 1880 <= year <= 2100:
        return False
    try:
        date(2000 if (parts["m"], parts["d"]) == (2, 29) else year, parts["m"], parts["d"])
    except ValueError:
        return False
    return True


def spanish(code: str) -> bool:
    """DNI (8 digits, letter) and NIE (X, Y or Z, 7 digits, letter)."""
    code = code.upper()
    number = str("XYZ".index(code[0])) + code[1:8] if code[0] in "XYZ" else code[:8]
    return number.isdigit() and _SPANISH[int(number) % 23] == code[-1]


def fiscal_code(code: str) -> bool:
    """Italy's codice fiscale, 16 characters."""
    code = code.upper()
    total = sum((_FISCAL_EVEN if i % 2 else _FISCAL_ODD)[ch] for i, ch in enumerate(code[:15]))
    return chr(65 + total % 26) == code[15]


def french(digits: str) -> bool:
    """NIR: 13 digits and a key of two, mod 97. Corsica's 2A and 2B count as 19 and 18."""
    number = digits[:13].upper().replace("2A", "19").replace("2B", "18")
    return number.isdigit() and 97 - int(number) % 97 == int(digits[13:])


def german(digits: str) -> bool:
    """Steuer-ID (ISO 7064 mod 11, 10)."""
    if digits[0] == "0":
        return False
    p = 10
    for ch in digits[:10]:
        p = ((int(ch) + p) % 10 or 10) * 2 % 11
    return (11 - p) % 10 == int(digits[10])


def dutch(digits: str) -> bool:
    """BSN: the 11-test."""
    return (_sum(digits[:8], range(9, 1, -1)) - int(digits[8])) % 11 == 0


def polish(digits: str) -> bool:
    """PESEL: a date whose month carries the century, and a check digit."""
    month = int(digits[2:4]) % 20
    return 1 <= month <= 12 and 1 <= int(digits[4:6]) <= 31 and (_sum(digits, (1, 3, 7, 9) * 2 + (1, 3, 1)) % 10 == 0)


def cpf(digits: str) -> bool:
    """Brazil's number of a person."""
    if len(set(digits)) == 1:
        return False
    return all(_sum(digits[:k], range(k + 1, 1, -1)) * 10 % 11 % 10 == int(digits[k]) for k in (9, 10))


def cnpj(digits: str) -> bool:
    """Brazil's number of a firm."""
    weights = (6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2)
    return all((11 - r if (r := _sum(digits[:k], weights[13 - k :]) % 11) > 1 else 0) == int(digits[k]) for k in (12, 13))


def finnish(code: str) -> bool:
    """HETU: date, century sign, number, check character."""
    return day(code[:6], order="dmy") and _FINNISH[int(code[:6] + code[7:10]) % 31] == code[10].upper()


def belgian(digits: str) -> bool:
    """Rijksregisternummer, mod 97; those born from 2000 on with a 2 before it."""
    key = int(digits[9:])
    return any(97 - int(lead + digits[:9]) % 97 == key for lead in ("", "2"))


def portuguese(digits: str) -> bool:
    """NIF."""
    return digits[0] in "1235689" and _eleven(_sum(digits, range(9, 1, -1))) == int(digits[8])


def _eleven(total: int) -> int:
    rest = total % 11
    return 0 if rest < 2 else 11 - rest


def chinese(code: str) -> bool:
    """Resident identity number: region, date, check character."""
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return day(code[6:14]) and "10X98765432"[_sum(code[:17], weights) % 11] == code[17].upper()


def korean(digits: str) -> bool:
    """Resident registration number: date and century digit. Numbers given since 2020 carry no check digit."""
    return day(digits[:6]) and digits[6] in "123456789"


def australian_tax(digits: str) -> bool:
    """TFN."""
    return _sum(digits, (1, 4, 3, 7, 5, 8, 6, 9, 10)) % 11 == 0


def medicare(digits: str) -> bool:
    """Australia's Medicare card."""
    return digits[0] in "23456" and _sum(digits, (1, 3, 7, 9, 1, 3, 7, 9)) % 10 == int(digits[8])


def nhs(digits: str) -> bool:
    """The number of a patient in England."""
    return 11 - _sum(digits, range(10, 1, -1)) % 11 == (int(digits[9]) or 11)


def snils(digits: str) -> bool:
    """Russia's pension insurance number."""
    return _sum(digits, range(9, 0, -1)) % 101 % 100 == int(digits[9:])


def russian_tax(digits: str) -> bool:
    """INN of a person, 12 digits."""
    first, second = (7, 2, 4, 10, 3, 5, 9, 4, 6, 8), (3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)
    return _sum(digits, first) % 11 % 10 == int(digits[10]) and _sum(digits, second) % 11 % 10 == int(digits[11])


def japanese(digits: str) -> bool:
    """My Number, 12 digits."""
    return _eleven(_sum(digits, (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2))) == int(digits[11])


def turkish(digits: str) -> bool:
    """TC kimlik numarası, 11 digits."""
    d = [int(ch) for ch in digits]
    return d[0] != 0 and (sum(d[0:9:2]) * 7 - sum(d[1:8:2])) % 10 == d[9] and sum(d[:10]) % 10 == d[10]


def norwegian(digits: str) -> bool:
    """Fødselsnummer, 11 digits."""
    first, second = (3, 7, 6, 1, 8, 9, 4, 5, 2, 1), (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)
    return day(digits[:6], order="dmy") and _sum(digits, first) % 11 == 0 and _sum(digits, second) % 11 == 0
