"""Which recognisers a text needs at all: a few bits a text, for one text or for a batch in one pass of compiled scanners.

A hint may be wrong in one direction alone: it may send a text to a recogniser that finds nothing. Most feedback needs none.
"""

import re
import sys
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

SECRET, BIRTH, URL, AT, SPELLED, HOST, NUMBER, PLACE = (1 << n for n in range(8))

SHAPED_SIGNS = (
    "sk-", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "AKIA", "ASIA", "xox", "AIza", "eyJ", "_live_", "_test_",
    "SG.", "npm_", "pypi-", "hf_", "dop_v1_",
)  # fmt: skip
"""A key of well-known shape has one of these, in this case."""
PASSWORD_SIGNS = (
    "pass", "pwd", "contrase", "clave", "mot de p", "senha", "wachtwoord", "salasana", "adgangskode", "kennwort", "parol", "heslo",
    "api key", "api_key", "api-key", "apikey", "secret", "access token", "access_token", "access-token", "accesstoken",
    "pin ", "pin:", "pin=",
    "парол", "lösenord", "hasł", "şifre", "jelsz", "パスワード", "密码", "密碼", "비밀번호", "暗証番号",
)  # fmt: skip
"""In lower case: words for a password begin with one of these."""


def _cased(signs: Sequence[str]) -> list[str]:
    """With the forms that a scanner needs which knows the case of ASCII letters alone."""
    return [form for sign in signs for form in dict.fromkeys((sign, sign.capitalize(), sign.upper()) if not sign.isascii() else (sign,))]


_OTHER_SECRETS = ("bearer", "private key-")
_BIRTH_SIGNS = (
    "born", "birth", "dob", "d.o.b", "gebor", "geb.", "geburt", "naissance", "naci", "nato ", "nata ", "nasci", "geboorte", "urodz",
    "synty", "naroz", "narod", "nac.", "nac ", "nac:", "nasc.", "nasc:", "生于", "生まれ", "일생", "년생",
    "né", "född", "födel", "fødsel", "født", "doğ", "рожд", "родил", "出生", "生日", "生年月日",
    "誕生日", "생년월일", "생일", "szület", "născ",
    "γένν",
)  # fmt: skip
_URL = r"://|www\."
_SPELLED = r"(?i:[(\[{]\s?(?:at|arroba|chez)\s?[)\]}]| dot )"
_HOST = r"[0-9A-Fa-f]{0,4}:[0-9A-Fa-f]{0,4}:|[0-9A-Fa-f]{2}(?:-[0-9A-Fa-f]{2}){5}"
_LETTER = "[A-Za-z-]"
# A chain of five characters from digit to digit, or a code with three digits and a letter or hyphen in or at it.
_NUMBER = (
    r"[0-9][0-9 .()/\-]{3,}[0-9]"
    rf"|{_LETTER}[0-9]{_LETTER}*[0-9]{_LETTER}*[0-9]|[0-9]{_LETTER}+[0-9]{_LETTER}*[0-9]|[0-9]{_LETTER}*[0-9]{_LETTER}+[0-9]"
    rf"|[0-9]{_LETTER}*[0-9]{_LETTER}*[0-9]{_LETTER}"
)
_PLACE = r"\.[0-9]{4,}[^\n]{0,24}\.[0-9]{4}|[°º]|(?i:lat|lon|lng)[^\n]{0,16}[0-9]\.[0-9]"
_DIGIT = re.compile("[0-9]")
_SPELLED_AT = re.compile(r"[(\[{]\s?(?:at|arroba|chez)\s?[)\]}]")


@lru_cache(maxsize=1)
def _alike() -> tuple[str, dict[int, str]]:
    """Characters that stand for ASCII ones in numbers and addresses: digits of other scripts, full-width signs, dashes, spaces.

    The class holds those of the basic plane alone: so it is a bitmap, and ten times faster.
    """
    table = {n: str(unicodedata.decimal(chr(n))) for n in range(0x80, sys.maxunicode + 1) if chr(n).isdecimal()}
    table.update({n: chr(n - 0xFEE0) for n in range(0xFF01, 0xFF5F)})
    table.update(dict.fromkeys((0xA0, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000), " "))
    table.update(dict.fromkeys((*range(0x2010, 0x2016), 0x2212, 0xFE58, 0xFE63, 0xFF0D), "-"))
    return "[" + "".join(re.escape(chr(n)) for n in sorted(table) if n < 0x10000) + "]", table


@lru_cache(maxsize=1)
def _odd() -> re.Pattern[str]:
    return re.compile(_alike()[0])


def view(s: str) -> str:
    """The text as recognisers read it: every character at its place, look-alikes of ASCII digits and signs as ASCII."""
    if s.isascii():
        return s
    if _odd().search(s) is not None or len(s.encode("utf-16-le", "surrogatepass")) != 2 * len(s):
        return s.translate(_alike()[1])
    return s


def lower(s: str) -> str:
    """Lower case, every character at its place."""
    lowered = s.lower()
    return lowered if len(lowered) == len(s) else "".join(c if len(c.lower()) != 1 else c.lower() for c in s)


def hints_of(s: str) -> int:
    """The hints of one text, as `view` gives it."""
    lowered = s.lower()
    hints = 0
    for sign in SHAPED_SIGNS:  # loops: any() over a generator takes twice as long, and this runs on every text
        if sign in s:
            hints |= SECRET
            break
    for sign in PASSWORD_SIGNS:
        if sign in lowered:
            hints |= SECRET
            break
    if "bearer" in lowered or "private key-" in lowered:
        hints |= SECRET
    if "@" in s:
        hints |= AT
    if "://" in s or "www." in s:
        hints |= URL
    if s.count(":") >= 2 or s.count("-") >= 5:
        hints |= HOST
    if " dot " in lowered or _SPELLED_AT.search(lowered) is not None:
        hints |= SPELLED
    if _DIGIT.search(s) is not None:
        hints |= NUMBER | PLACE
        for sign in _BIRTH_SIGNS:
            if sign in lowered:
                hints |= BIRTH
                break
    return hints


def hints_of_all(texts: Sequence[str]) -> list[int]:
    """The hints of many texts, as `view` gives them. The same finds as by `hints_of`, with fewer needless looks."""
    import polars as pl

    column = pl.col("text")
    digit = column.str.contains("[0-9]")
    frame = pl.DataFrame({"text": texts}, schema={"text": pl.String})
    found = frame.select(
        (
            (
                column.str.contains_any(list(SHAPED_SIGNS))
                | column.str.contains_any(_cased([*PASSWORD_SIGNS, *_OTHER_SECRETS]), ascii_case_insensitive=True)
            ).cast(pl.Int32)
            * SECRET
            + (digit & column.str.contains_any(_cased(_BIRTH_SIGNS), ascii_case_insensitive=True)).cast(pl.Int32) * BIRTH
            + column.str.contains(_URL).cast(pl.Int32) * URL
            + column.str.contains("@", literal=True).cast(pl.Int32) * AT
            + column.str.contains(_SPELLED).cast(pl.Int32) * SPELLED
            + column.str.contains(_HOST).cast(pl.Int32) * HOST
            + (digit & column.str.contains(_NUMBER)).cast(pl.Int32) * NUMBER
            + (digit & column.str.contains(_PLACE)).cast(pl.Int32) * PLACE
        ).alias("hints")
    )
    hints: list[int] = found["hints"].to_list()
    return hints
