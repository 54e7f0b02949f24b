"""How well the shipped detector tells the languages of a user's own texts. Not here: the detector (silver/language/).

A label is an ISO 639-1 code; what the detector does not tell apart counts as one: nb, nn and no; hr, bs, sh and sr in Latin letters; zh
with every script and region; fil and tl. `und` is the right answer for a text labelled `und`, a wrong one for every other. Records of a
language that the detector does not know count as wrong.
"""

from collections import Counter
from collections.abc import Sequence
from time import perf_counter

from feedback_assets.evaluation.outcome import Outcome, Row, text_of, texts_of
from feedback_assets.silver.language import LANGUAGES, UNKNOWN, LanguageDetector, canonical

_BATCH = 1024


def measure(rows: Sequence[Row]) -> Outcome:
    """`locale` of a row, where it has one, is given to the detector. accuracy: of all records; accuracy_answered: without `und`."""
    texts = texts_of(rows)
    labels = [_label(row, number) for number, row in enumerate(rows, start=1)]
    locales = [str(row.get("locale") or "") for row in rows]
    detector = LanguageDetector()
    detector.detect_batch(["warm", "тепло", "دافئ", "गरम", "ok"])
    started = perf_counter()
    told = [t for at in range(0, len(texts), _BATCH) for t in detector.detect_batch(texts[at : at + _BATCH], locales[at : at + _BATCH])]
    seconds = perf_counter() - started
    # Serbian is written in both scripts; in Latin letters it is told as Croatian.
    right = [t.language == label or (t.language, label) == ("hr", "sr") for t, label in zip(told, labels, strict=True)]
    answered = sum(t.language != UNKNOWN for t in told)
    answered_right = sum(ok and t.language != UNKNOWN for ok, t in zip(right, told, strict=True))
    of = Counter(labels)
    hits = Counter(label for label, ok in zip(labels, right, strict=True) if ok)
    return Outcome(
        records=len(rows),
        seconds=seconds,
        figures={
            "accuracy": _share(sum(right), len(rows)),
            "coverage": _share(answered, len(rows)),
            "per_language": {code: {"accuracy": _share(hits[code], n), "records": n} for code, n in sorted(of.items())},
            "accuracy_answered": _share(answered_right, answered),
            "not_covered": sorted(set(of) - set(LANGUAGES) - {UNKNOWN}),
        },
    )


def _label(row: Row, number: int) -> str:
    return canonical(text_of(row, "language", number))


def _share(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 0.0
