"""Does a text say anything, and is it spam? Plain rules over cleaned, masked text; the categories of feedback are enrichment's.

Both are judged behind quick looks (plain words, a count of spaces): most texts say something and are no spam, and are told so at once.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from feedback_assets.ground.placeholders import PATTERN

_URL = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3041-\u30ff\u3400-\u9fff\uac00-\ud7a3]")


class Judgement(NamedTuple):
    """Whether a text says something, and why it is held to be spam; empty when it is not."""

    is_informative: bool
    spam_reason: str


def _words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


_EMPTY_WORDS = _words(
    """
    ok okay okey k kk yes no yep nope hi hello hey hallo hola bonjour ciao thanks thank you thx ty danke merci gracias grazie obrigado
    test tests testing testtest prueba essai prova asdf asdfg asdfgh qwerty qwertz aaa aaaa abc lol haha hahaha hmm hm na nan none null nil
    nothing nichts nada rien niente keine comment comments text title subject titel no-comment foo bar xxx xyz blah bla
    да нет ок тест спасибо привет
    """
)
_EMPTY_UNSPACED = _words(
    "好 好的 谢谢 測試 测试 テスト はい ありがとう 네 감사합니다 테스트 ok 哈哈 你好 なし 無し 特になし 没有 无 無 ทดสอบ"
)
_NOTHING_SAID = re.compile(
    r"(?:no|none|nothing|not applicable|n ?a|no comments?|no feedback|nothing to (?:add|say)|"
    r"just (?:a )?test(?:ing)?|this is a test|test \w+|"
    r"thank you(?: very much| so much)?|many thanks|see (?:above|title|subject)|deleted|removed)",
    re.IGNORECASE,
)


_CRYPTO_SIGNS = ("bitcoin", "btc", "crypto", "forex", "binary option", "usdt", "ethereum", "nft", "recover")
# A look for plain words is fifty times faster than the patterns; a text without any of them has no match.
_SELLING_SIGNS = (
    "buy ", "price", "escort", "call girl", "casino", "slot ", "togel", "judi", "betting", "loan", "seo ", "backlink", "writing",
    "assignment", "weight", "keto", "cbd", "enhancement", "viagra", "cialis", "free ", "click here", "visit ", "promo", "apk",
    "packers", "magic", "spell", "vashikaran", "hack ", "bahis", "казино", "ставки", "заработок",
    "คาสิโน", "สล็อต", "บาคาร่า", "แทงบอล", "博彩",
    "赌场", "娱乐城", "发票", "카지노", "바카라", "토토", "カジノ", "nhà cái", "cá cược", "from home", "make money",
)  # fmt: skip
_SIGNS = (*_CRYPTO_SIGNS, *_SELLING_SIGNS, "://", "www.", "[phone", "[number")
"""A text without any of these is no spam by these rules."""


def judge_batch(texts: Sequence[str]) -> list[Judgement]:
    """Both answers for each text, in their order."""
    import polars as pl

    suspects = pl.Series(texts, dtype=pl.String).str.contains_any(list(_SIGNS), ascii_case_insensitive=True).to_list()
    return [Judgement(is_informative(text), spam_reason(text) if suspect else "") for text, suspect in zip(texts, suspects, strict=True)]


def is_informative(text: str) -> bool:
    """Whether a text says something that can be acted on.

    'still broken', 'geht nicht' and short CJK texts do; an empty text, emoji or punctuation alone, 'ok', 'test', a greeting, a lone
    link or placeholder do not.
    """
    # Among a dozen pieces between blanks, nine that are letters alone and three that differ are words enough.
    pieces = text[:160].split()
    if len(pieces) > 9:
        plain = [p for p in pieces if p.isalpha()]
        if len(plain) > 8 and len({p for p in plain if len(p) > 1}) > 4:
            return True
    words = _WORD.findall(_plain(text[:200]))
    if len(words) <= 8 and len(text) > 200:
        words = _WORD.findall(_plain(text[:2000]))
    if not words:
        return False
    if len(words) > 8:
        # Letters out of numbers and addresses are no words.
        words = [w for w in words if len(w) > 1 or w > "\u2e80"]
        if len({w.lower() for w in words}) > 2 or not words:
            return bool(words)
    joined = "".join(words)
    if _UNSPACED.search(joined):
        return joined not in _EMPTY_UNSPACED and len(joined) >= 2 and len(set(joined)) > 1
    lowered = [w.lower() for w in words]
    if all(w in _EMPTY_WORDS or len(w) == 1 or len(set(w)) == 1 for w in lowered):
        return False
    return not (len(lowered) == 1 and len(lowered[0]) < 3) and _NOTHING_SAID.fullmatch(" ".join(lowered)) is None


# These read text in lower case.
_HELPLINE = re.compile(
    r"(?:customer|tech(?:nical)?|support|service|care|help\s?line|toll[\s-]?free|helpdesk|contact|refund|cash\s?app|antivirus|printer|quickbooks|"
    r"airlines?|gmail|yahoo|facebook)[\s\w,.'|:-]{0,60}(?:phone|number|helpline|hotline|toll[\s-]?free|contact)",
)
_CRYPTO = re.compile(
    r"\b(?:bitcoin|btc|crypto(?:currency)?|forex|binary options?|usdt|ethereum|nft|"
    r"wallet recovery|recover(?:y|ed)? (?:expert|hacker|scam|funds?|my))\b",
)
_CRYPTO_CALL = re.compile(
    r"\b(?:invest(?:ment|ing|ed|or)?|profits?|earn(?:ed|ing)?|returns?|trad(?:er|ing)|"
    r"hacker|recover(?:y|ed)|telegram|whats\s?app|contact (?:him|her|them|us)|"
    r"guaranteed|double your)\b",
)
_SELLING = re.compile(
    r"\b(?:buy (?:cheap|online|now|followers|backlinks|viagra)|best price|"
    r"escorts?|call girls?|casino|slot (?:gacor|online)|togel|judi|betting|payday loans?|"
    r"seo (?:services?|agency|expert)|backlinks?|essay writing|assignment help|weight loss|keto|cbd (?:oil|gummies)|male enhancement|"
    r"viagra|cialis|free (?:robux|v-?bucks|followers|gift cards?)|click here (?:to|for)|visit (?:our|my) (?:web)?site|promo code|mod apk|"
    r"packers and movers|black magic|love spells?|vashikaran|hack (?:whatsapp|facebook|instagram|wifi)|bahis (?:siteleri|sitesi)|"
    r"(?:онлайн|интернет)[ -]казино|ставки на спорт|заработок в (?:интернете|сети)|nhà cái|cá cược|"
    r"(?:earn|make money) (?:online )?from home|make money (?:online|fast))\b|"
    r"คาสิโน|สล็อต|บาคาร่า|แทงบอล|博彩|赌场|娱乐城|代开发票|카지노|바카라|토토 ?사이트|オンラインカジノ",
)


def _plain(text: str) -> str:
    if "[" in text:
        text = PATTERN.sub(" ", text)
    return _URL.sub(" ", text) if "://" in text or "www." in text.lower() else text


def spam_reason(text: str) -> str:
    """Why a text is held to be spam: link_spam, helpline, crypto, advertising; empty when it is not.

    Reads masked text: phone numbers stand as placeholders. Said by rule, so a complaint about spam that quotes one sentence of it can be
    caught: the label is stored, nothing is deleted.
    """
    s = text[:4000].lower()
    phones = s.count("[phone") + s.count("[number") if "[" in s else 0
    if phones:
        helplines = len(_HELPLINE.findall(s))
        if helplines and (phones >= 2 or helplines >= 2 or len(_WORD.findall(s)) < 40):
            return "helpline"
    if any(sign in s for sign in _CRYPTO_SIGNS) and len(_CRYPTO.findall(s)) >= 2 and _CRYPTO_CALL.search(s):
        return "crypto"
    links = s.count("://") + s.count("www.")
    sells = any(sign in s for sign in _SELLING_SIGNS)
    if links or sells:
        selling = len(_SELLING.findall(s)) if sells else 0
        links = len(_URL.findall(s)) if links else 0
        if selling >= 2 or (selling and links):
            return "advertising"
    if links >= 3 and len(_WORD.findall(_URL.sub(" ", s))) < 12 * links:
        return "link_spam"
    return ""
