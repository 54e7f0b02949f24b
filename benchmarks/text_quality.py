"""The steps of the text stage and of the glue on the same labelled data: cleaning, personal data, language, near-duplicates.

Labels: mails and multilingual texts with personal data of the project's own tests (their test halves), presidio_synth_pii, the sentences
that spaCy ships for each of its languages and words and word pairs out of them, and variants planted into real texts.
"""

import ast
import importlib.util
import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from benchmarks.corpora import shared_data
from benchmarks.glue import Glue
from feedback_assets.evaluation import duplicates, language, pii
from feedback_assets.ground.settings import project_root
from feedback_assets.silver.language import LANGUAGES

TESTS = project_root() / "feedback_assets_tests" / "silver"
PLANTED = 1_500
"""Texts of each source that variants are planted into."""
# Presidio's types in the names of our placeholders, so that one rule scores both.
_KINDS = {"EMAIL_ADDRESS": "email", "PHONE_NUMBER": "phone", "CREDIT_CARD": "card", "IBAN_CODE": "iban", "IP_ADDRESS": "ip"}
_KINDS |= {"US_SSN": "national_id", "US_DRIVER_LICENSE": "licence"}
_WORD = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True)
class Compared:
    """One figure of both; more is better."""

    step: str
    data: str
    figure: str
    ours: float
    glue: float


def compared() -> Iterator[Compared]:
    """All figures, step by step."""
    glue = Glue(LANGUAGES)
    glue.warm()
    yield from _cleaning(glue)
    yield from _personal(glue)
    yield from _languages(glue)
    yield from _duplicates(glue)


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _cleaning(glue: Glue) -> Iterator[Compared]:
    from feedback_assets.silver.cleaning import clean

    mails = _lines(TESTS / "mails" / "test.jsonl")
    ours = _words_right(mails, [clean(m["raw"])[0].text for m in mails])
    theirs = _words_right(mails, [glue.clean(m["raw"]) for m in mails])
    yield Compared("cleaning", f"{len(mails)} mails", "F1 of words kept", ours, theirs)


def _words_right(mails: Sequence[dict[str, Any]], texts: Sequence[str]) -> float:
    both = got = wanted = 0
    for mail, text in zip(mails, texts, strict=True):
        found, wants = Counter(re.findall(r"\w+", text)), Counter(re.findall(r"\w+", mail["kept"]))
        both += (found & wants).total()
        got += found.total()
        wanted += wants.total()
    return 2 * both / (got + wanted)


def _personal(glue: Glue) -> Iterator[Compared]:
    import gzip

    sets = {"own texts in 14 languages": _lines(TESTS / "personal_texts" / "test.jsonl")}
    data = shared_data()
    if data is not None:
        with gzip.open(data / "presidio_synth_pii" / "generated_large.jsonl.gz", "rt", encoding="utf-8") as file:
            sets["presidio_synth_pii"] = [json.loads(line) for line in file]
    for name, rows in sets.items():
        score = pii.Score()
        for number, row in enumerate(rows, start=1):
            text = pii.text_of(row, number)
            score.add([(a, b, _KINDS[kind]) for a, b, kind in glue.personal_data(text)], pii.labels_of(row, text, number))
        yield Compared("personal data", name, "F1", pii.measure(rows).figures["f1"], score.figures()["f1"])


def _languages(glue: Glue) -> Iterator[Compared]:
    for name, rows in _spoken().items():
        ours = language.measure(rows).figures["accuracy"]
        same = {"nb": "no", "nn": "no"}
        told = [glue.language(row["text"]) for row in rows]
        right = sum(same.get(code, code) == row["language"] for code, row in zip(told, rows, strict=True))
        yield Compared(
            "language", f"{len(rows)} {name} in {len({r['language'] for r in rows})} languages", "accuracy", ours, right / len(rows)
        )


def _spoken() -> dict[str, list[dict[str, str]]]:
    """spaCy's example sentences, and words and pairs of words out of them, of the languages that both tell."""
    from lingua import IsoCode639_1

    spec = importlib.util.find_spec("spacy")
    if spec is None or not spec.submodule_search_locations:
        return {}
    both = {c.name.lower() for c in IsoCode639_1.__dict__.values() if isinstance(c, IsoCode639_1)} & set(LANGUAGES)
    found: dict[str, list[dict[str, str]]] = {"sentences": [], "word pairs": [], "single words": []}
    for path in sorted((Path(next(iter(spec.submodule_search_locations))) / "lang").glob("*/examples.py")):
        code = path.parent.name
        if code not in both:
            continue
        words: list[str] = []
        for sentence in _listed(path):
            found["sentences"].append({"text": sentence, "language": code})
            said = _WORD.findall(sentence)
            words += [w for w in said if len(w) >= 5]
            pairs = zip(said[::2], said[1::2], strict=False)
            found["word pairs"] += [{"text": f"{a} {b}", "language": code} for a, b in pairs if len(a) + len(b) >= 8]
        found["single words"] += [{"text": w, "language": code} for w in sorted(set(words))]
    return found


def _listed(path: Path) -> list[str]:
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "sentences":
            return [str(s) for s in ast.literal_eval(node.value)]
    return []


def _duplicates(glue: Glue) -> Iterator[Compared]:
    from benchmarks.planted import SOURCES, planted, real_texts

    data = shared_data()
    if data is None:
        return
    texts = [t for source in SOURCES for t in islice(real_texts(data, "test", source), PLANTED)]
    made = planted(texts, seed=11)
    rows = [{"id": key, "text": text} for key, text in made.texts.items()]
    ours = duplicates.measure(rows, made.pairs).figures
    places = {key: i for i, key in enumerate(made.texts)}
    truth = duplicates.joined(len(rows), [(places[a], places[b]) for a, b in made.pairs])
    found = glue.duplicates([glue.signature(row["text"]) for row in rows])
    theirs = duplicates.compared(duplicates.joined(len(rows), found), truth)
    for figure in ("precision", "recall"):
        yield Compared("near-duplicates", f"{len(made.pairs):,} planted in {len(texts):,} texts", figure, ours[figure], theirs[figure])
