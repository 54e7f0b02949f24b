"""Numbers that a state gives to a person: which shapes are certain by themselves, and which need a word before them.

A shape is certain when its layout and its check digits together are rarer than one in some hundreds among other numbers. Behind a word
that names such a number, any plausible code is taken: people mistype, and the word has said what it is.
"""

import re
from collections.abc import Callable

from feedback_assets.silver.personal import checksums as check

_SSN = re.compile(r"(?!000|666|9)[0-9]{3}-(?!00)[0-9]{2}-(?!0000)[0-9]{4}")
_CPF = re.compile(r"[0-9]{3}\.[0-9]{3}\.[0-9]{3}-[0-9]{2}")
_CNPJ = re.compile(r"[0-9]{2}\.[0-9]{3}\.[0-9]{3}/[0-9]{4}-[0-9]{2}")
_NIR = re.compile(r"[12][ .-]?[0-9]{2}[ .-]?[0-9]{2}[ .-]?[0-9]{2}[ .-]?[0-9]{3}[ .-]?[0-9]{3}[ .-]?[0-9]{2}")
_SWEDISH = re.compile(r"(?:(?:19|20)[0-9]{2}|[0-9]{2})[0-9]{4}-[0-9]{4}")
_KOREAN = re.compile(r"[0-9]{6}-[1-8][0-9]{6}")
_BELGIAN = re.compile(r"[0-9]{2}\.[0-9]{2}\.[0-9]{2}-[0-9]{3}\.[0-9]{2}")
_SNILS = re.compile(r"[0-9]{3}-[0-9]{3}-[0-9]{3}[ -][0-9]{2}")
_AADHAAR = re.compile(r"[2-9][0-9]{3} [0-9]{4} [0-9]{4}")


_NUMBERS: dict[int, tuple[tuple[re.Pattern[str], Callable[[str], bool]], ...]] = {
    9: ((_SSN, lambda _: True),),
    10: ((_SWEDISH, lambda d: check.day(d[:6]) and check.luhn(d)),),
    11: ((_CPF, check.cpf), (_SNILS, check.snils), (_BELGIAN, check.belgian)),
    12: ((_AADHAAR, check.verhoeff), (_SWEDISH, lambda d: check.day(d[:8]) and check.luhn(d[2:]))),
    13: ((_KOREAN, check.korean),),
    14: ((_CNPJ, check.cnpj),),
    15: ((_NIR, lambda d: 1 <= int(d[3:5]) <= 12 and check.french(d)),),
    18: ((re.compile("[0-9]{18}"), check.chinese),),
}


def certain_number(value: str, digits: str) -> bool:
    """Whether a number as it is written (digits and separators) is a national number by itself."""
    return any(shape.fullmatch(value) is not None and holds(digits) for shape, holds in _NUMBERS.get(len(digits), ()))


_DNI = re.compile(r"[0-9]{8}-?[A-HJ-NP-TV-Z]|[XYZ]-?[0-9]{7}-?[A-HJ-NP-TV-Z]")
_NINO = re.compile(r"(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?[0-9]{2} ?[0-9]{2} ?[0-9]{2} ?[A-D]")
_FISCAL = re.compile(r"[A-Za-z]{6}[0-9LMNP-V]{2}[A-EHLMPRSTa-ehlmprst][0-9LMNP-V]{2}[A-Za-z][0-9LMNP-V]{3}[A-Za-z]")
_HETU = re.compile(r"[0-9]{6}[-+A-FU-Y][0-9]{3}[0-9A-FHJ-NPR-Y]")
_PAN = re.compile(r"[A-Z]{3}[ABCFGHLJPT][A-Z][0-9]{4}[A-Z]")
_RFC = re.compile(r"[A-ZÑ&]{3,4}[0-9]{6}[0-9A-Z]{3}")
_CIF = re.compile(r"[A-HJNP-SUVW]-?[0-9]{7}[0-9A-J]")
_RESIDENT = re.compile(r"[1-9][0-9]{16}[0-9Xx]")
_CURP = re.compile(r"[A-Z]{4}[0-9]{6}[HMX][A-Z]{5}[0-9A-Z][0-9]")
_UK_DRIVER = re.compile(r"[A-Z9]{5}[0-9][0156][0-9][0-3][0-9]{2}[A-Z9]{2}[0-9][A-Z]{2}")


_CODES: tuple[tuple[range, re.Pattern[str], Callable[[str], bool], str], ...] = (
    (range(9, 12), _DNI, lambda c: check.spanish(c.replace("-", "")), "national_id"),
    (range(9, 14), _NINO, lambda _: True, "national_id"),
    (range(10, 11), _PAN, lambda c: c[3] == "P", "national_id"),
    (range(11, 12), _HETU, check.finnish, "national_id"),
    (range(16, 17), _FISCAL, check.fiscal_code, "national_id"),
    (range(16, 17), _UK_DRIVER, lambda _: True, "licence"),
    (range(18, 19), _RESIDENT, check.chinese, "national_id"),
    (range(18, 19), _CURP, lambda _: True, "national_id"),
)


def certain_code(code: str) -> str:
    """The kind of a code of letters and digits that is certain by itself; empty for any other."""
    n = len(code)
    for lengths, shape, holds, kind in _CODES:
        if n in lengths and shape.fullmatch(code) is not None and holds(code):
            return kind
    return ""


_PLAUSIBLE: dict[int, tuple[Callable[[str], bool], ...]] = {
    9: (check.luhn, check.australian_tax, check.portuguese, check.dutch, lambda d: d[0] == "9" and 50 <= int(d[3:5]) <= 99),
    10: (check.nhs, lambda d: check.day(d[:6], order="dmy")),
    11: (check.polish, check.turkish, check.german, check.norwegian),
    12: (check.russian_tax, check.japanese),
    13: (lambda d: check.day(d[1:7]),),
    15: (check.french,),
}


def plausible_number(digits: str) -> bool:
    """Whether digits behind a word that may mean a national number hold as one."""
    return any(holds(digits) for holds in _PLAUSIBLE.get(len(digits), ()))


def plausible_code(code: str) -> bool:
    """The same for a code with letters."""
    return _PAN.fullmatch(code.upper()) is not None or _RFC.fullmatch(code.upper()) is not None or _CIF.fullmatch(code.upper()) is not None
