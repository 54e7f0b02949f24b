"""What a word is to the language model: how a text is folded and cut. Used alike when the model is made and when it is asked."""

import re
import unicodedata

LONGEST = 40
"""Characters of a word that count."""

# Letters and the marks that belong to them, of the scripts that put spaces between words. Apostrophes and hyphens part words.
_LETTERS = "[a-zà-öø-ɏɓɗəʻʼ̀-ͯͰ-ϿЀ-ԯԱ-֏א-תء-ؿف-يٮ-ۓەۮۯ\u06fa-\u06ff\u0900-\u0965\u0970-\u09e3\u09f0\u09f1ḁ-ỿἀ-῾]"
WORD = re.compile(_LETTERS + "+")
"""Every word."""
RUNNING = re.compile(rf"(?<![\w@/.#&]){_LETTERS}++(?![\w@]|[./:]\w|:/)")
"""Words of running text: none that is part of an address, a file's name, a tag or a number. Reads a text once."""

# One letter, two code points or two habits of writing it: vowel marks of Arabic, the dot that lower() leaves of a Turkish İ, the comma
# below of Romanian, Arabic letters as Persian keyboards write them stay apart because they tell the languages apart.
_MARKS = re.compile("[\u0300-\u036f]")
_FOLD: dict[int, str | None] = dict.fromkeys((*range(0x64B, 0x660), 0x640, 0x307, 0x200C, 0xAD)) | {
    ord("ș"): "ş",
    ord("ț"): "ţ",
    ord("ς"): "σ",
}


def folded(text: str) -> str:
    """Lower case, without what does not tell languages apart."""
    text = text.lower()
    if text.isascii():
        return text
    if _MARKS.search(text):
        text = unicodedata.normalize("NFC", text)
    return text.translate(_FOLD)
