"""Secrets outside URLs: keys of well-known shape, bearer tokens, private keys, passwords behind the word that says so."""

import re
from collections.abc import Iterator

from feedback_assets.silver.personal.finds import Find
from feedback_assets.silver.personal.hints import PASSWORD_SIGNS, SHAPED_SIGNS

_SHAPED = re.compile(
    r"(?<![\w-])(?:sk-[A-Za-z0-9_-]{16,200}|gh[pousr]_[A-Za-z0-9]{20,255}|github_pat_\w{20,255}|glpat-[\w-]{20,64}|(?:AKIA|ASIA)[0-9A-Z]{16}"
    r"|xox[abeprs]-[A-Za-z0-9-]{10,200}|AIza[\w-]{35}|eyJ[\w-]{8,2000}\.[\w-]{8,2000}(?:\.[\w-]{1,2000})?|[sprk]{2}_(?:live|test)_\w{16,200}"
    r"|SG\.[\w-]{16,64}\.[\w-]{16,64}|npm_[A-Za-z0-9]{30,60}|pypi-[\w-]{40,250}|hf_[A-Za-z0-9]{30,60}|dop_v1_[0-9a-f]{64})"
)
_PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----[A-Za-z0-9+/=\s]{0,8000}(?:-----END [A-Z ]{0,30}PRIVATE KEY-----)?")
_BEARER = re.compile(r"\bBearer\s{1,3}([\w.~+/-]{12,2000}=*)", re.IGNORECASE)
_PASSWORD = re.compile(
    r"(?:(?<![\w-])(?:pass(?:word|wort|code|phrase|wd)?|pwd|contraseña|clave|mot de passe|senha|wachtwoord|пароль|lösenord|hasło|salasana|"
    r"adgangskode|kennwort|şifrem?|parola|heslo|jelszó|parole|api[_ -]?key|secret(?:[_ -]?key)?|access[_ -]?token|pin)(?![\w-])"
    r"\s{0,3}(?:(?::|=|->|\b(?:is|was|ist|war|es|est|é|è|jest|är|on|er)\b)\s{0,3}){0,2}"
    r"|(?:パスワード|密码|密碼|비밀번호|暗証番号)\s?(?:[:：=は是为為는은이]|입니다)?\s?)"
    r"[\"'“«]?([!-~]{4,128})",
    re.IGNORECASE,
)
_STRONG_SIGNS = "!@#$%^&*_+=~?"


def secrets(s: str, lowered: str) -> Iterator[Find]:
    """Spans of secrets; the words around them stay. `lowered`: the text in lower case, as long as the text."""
    for sign in SHAPED_SIGNS:
        if sign in s:
            yield from ((m.start(), m.end(), "secret") for m in _SHAPED.finditer(s))
            break
    if "bearer" in lowered:
        yield from ((m.start(1), m.end(1), "secret") for m in _BEARER.finditer(s))
    if "private key-" in lowered:
        yield from ((m.start(), m.end(), "secret") for m in _PRIVATE_KEY.finditer(s))
    for sign in PASSWORD_SIGNS:
        at = lowered.find(sign)
        while at >= 0:
            m = _PASSWORD.match(s, at)
            if m is not None:
                value = _trimmed(m[1])
                if _like_a_password(value, said=s[at : m.start(1)]):
                    yield m.start(1), m.start(1) + len(value), "secret"
            at = lowered.find(sign, at + 1)


def _trimmed(value: str) -> str:
    """Without the punctuation of the sentence around it; one mark at its end may be the password's."""
    return value.rstrip(".,;:)\"']}")


def _like_a_password(value: str, *, said: str) -> bool:
    """A word is no password unless it is mixed as people are made to mix them; behind a sign that gives it, less is needed."""
    if len(value) < 4 or value.startswith("[") or "://" in value:
        return False
    digits = any("0" <= ch <= "9" for ch in value)
    letters = any(ch.isalpha() for ch in value)
    given = (
        said.rstrip().endswith((":", "=", ">", "："))
        or not said.isascii()
        or said.rstrip().lower().endswith((" is", " ist", " es", " est"))
    )
    if not given:
        return digits and letters and any(ch in _STRONG_SIGNS for ch in value)
    return digits or (letters and any(ch in _STRONG_SIGNS for ch in value.rstrip("!?")))
