"""The local model as a tier: reads sentence by sentence, so that what it says has its evidence.

Not here: training and storing (training.py, model.py).
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from feedback_assets.enrichment.model import LocalModel
from feedback_assets.enrichment.segments import sentences
from feedback_assets.enrichment.tiers.interface import Candidate, EventText, Reading, Span

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_FEWEST = 0.1
"""Categories below this probability are not worth naming."""
_CHUNK = 2000
_FEELING = {"negative": -1.0, "neutral": 0.0, "positive": 1.0, "mixed": 0.0}


class LocalModelTier:
    """Reads texts with a trained LocalModel."""

    name = "local_model"

    def __init__(self, model: LocalModel) -> None:
        self._model = model
        self.version = model.version
        self._subs: dict[str, list[tuple[int, str]]] = {}
        for i, name in enumerate(model.heads.subcategories):
            category, sub = name.split("/", 1)
            self._subs.setdefault(category, []).append((len(model.heads.categories) + i, sub))

    def read(self, texts: Sequence[EventText]) -> list[Reading]:
        out: list[Reading] = []
        for start in range(0, len(texts), _CHUNK):
            out.extend(self._chunk(texts[start : start + _CHUNK]))
        return out

    def _chunk(self, texts: Sequence[EventText]) -> list[Reading]:
        import numpy as np

        spans = [sentences(t.text) for t in texts]
        filled = [i for i, s in enumerate(spans) if s]
        if not filled:
            return [Reading(cannot_say=True) for _ in texts]
        # Each sentence is read once, however many texts say it.
        numbers: dict[str, int] = {}
        place = np.array([numbers.setdefault(texts[i].text[s.start : s.end], len(numbers)) for i in filled for s in spans[i]])
        sums = self._model.sums(list(numbers))
        raw = self._model.raw(sums)[place]
        sure = self._model.probabilities(raw, [texts[i].language for i in filled for _ in spans[i]])
        counts = np.array([len(spans[i]) for i in filled])
        ends = np.cumsum(counts)
        starts = ends - counts
        whole_sums = _summed(sums, place, np.concatenate([[0], ends]))
        known = self._model.seen(whole_sums)
        whole = self._model.raw(whole_sums)
        whole_sure = self._model.probabilities(whole, [texts[i].language for i in filled])
        best = np.maximum.reduceat(sure, starts, axis=0)
        # A sentence taken alone is easily misread: the whole text has a say.
        alone = (ends - starts == 1)[:, None]
        confidence = np.round(np.where(alone, best, best**0.7 * whole_sure**0.3), 6).astype(np.float64, copy=False)
        feelings = self._feelings(whole)
        named = known[:, None] & (confidence[:, :-1] >= _FEWEST) & (best[:, :-1] >= _FEWEST)
        candidates = self._candidates(named, confidence, starts, counts, [s for i in filled for s in spans[i]], sure, raw)
        categories, shares = self._model.heads.categories, confidence.tolist()
        out = [Reading(cannot_say=True)] * len(texts)
        for n in np.flatnonzero(known).tolist():
            found = candidates.get(n, [])
            found.sort(key=_rank)
            label, score = feelings[n]
            likely = dict(zip(categories, shares[n], strict=True))
            out[filled[n]] = Reading(tuple(found), likely=likely, sentiment=label, sentiment_score=score)
        return out

    def _candidates(  # noqa: PLR0917
        self,
        named: "NDArray[np.bool_]",
        confidence: "NDArray[np.float64]",
        starts: "NDArray[np.int64]",
        counts: "NDArray[np.int64]",
        spans: Sequence[Span],
        sure: "NDArray[np.float64]",
        raw: "NDArray[np.float64]",
    ) -> dict[int, list[Candidate]]:
        """Text -> a candidate for each of its `named` categories, with the sentences that show it best.

        starts, counts: of each text among the sentences, which spans, sure and raw have one row of.
        """
        import numpy as np

        of, column = np.nonzero(named)
        if not len(of):
            return {}
        first, second = _best_two(sure, starts[of], counts[of], column)
        has_second = second >= 0
        has_second &= sure[second, column] >= np.maximum(0.6 * sure[first, column], _FEWEST)
        subs = self._subcategories(raw, first, column)
        severity = np.round(np.clip(raw[first, -1], 1.0, 5.0), 4).tolist()
        feeling = [score for _, score in self._feelings(raw[first])]
        sureness = confidence[of, column].tolist()
        out: dict[int, list[Candidate]] = {}
        categories = self._model.heads.categories
        beside = np.where(has_second, second, -1).tolist()
        for i, (n, k, a, b) in enumerate(zip(of.tolist(), column.tolist(), first.tolist(), beside, strict=True)):
            evidence = (spans[a],) if b < 0 else (spans[min(a, b)], spans[max(a, b)])
            out.setdefault(n, []).append(Candidate(categories[k], subs[i], sureness[i], evidence, severity[i], feeling[i]))
        return out

    def _subcategories(self, raw: "NDArray[np.float64]", rows: "NDArray[np.int64]", column: "NDArray[np.int64]") -> list[str]:
        """The likeliest subcategory of each (sentence, category); of equals the last by name."""
        import numpy as np

        out = np.full(len(rows), "", dtype=object)
        for k in np.unique(column).tolist():
            subs = sorted(self._subs.get(self._model.heads.categories[k], ()), key=lambda s: s[1], reverse=True)
            if subs:
                here = np.flatnonzero(column == k)
                scores = np.round(raw[rows[here]][:, [i for i, _ in subs]], 6)
                out[here] = np.array([name for _, name in subs], dtype=object)[scores.argmax(axis=1)]
        found: list[str] = out.tolist()
        return found

    def _feelings(self, raw: "NDArray[np.float64]") -> list[tuple[str, float]]:
        """Label and score, -1 to 1, of each row."""
        import numpy as np

        names = self._model.heads.sentiments
        share = np.exp(raw[:, -1 - len(names) : -1])
        share /= share.sum(axis=1, keepdims=True)
        scores = np.round(share @ np.array([_FEELING[n] for n in names]), 4)
        best = np.argmax(np.round(share, 6), axis=1)
        return [(names[b], s) for b, s in zip(best.tolist(), scores.tolist(), strict=True)]


def _rank(candidate: Candidate) -> tuple[float, Span, str]:
    return -candidate.confidence, candidate.evidence[0], candidate.category


def _summed(sums: "NDArray[np.float64]", place: "NDArray[np.int64]", offsets: "NDArray[np.int64]") -> "NDArray[np.float64]":
    """The sum of each text's rows: those of `place` between two offsets, added in their order."""
    import numpy as np
    from scipy.sparse import csr_matrix

    out: NDArray[np.float64] = csr_matrix((np.ones(len(place)), place, offsets), shape=(len(offsets) - 1, len(sums))) @ sums
    return out


def _best_two(
    sure: "NDArray[np.float64]", starts: "NDArray[np.int64]", counts: "NDArray[np.int64]", column: "NDArray[np.int64]"
) -> "tuple[NDArray[np.int64], NDArray[np.int64]]":
    """For each (text, category) the row of its surest sentence and of the next one, -1 where there is none; the earlier of equals first."""
    import numpy as np

    begins = np.cumsum(counts) - counts
    asked = np.repeat(np.arange(len(counts)), counts)
    rows = np.repeat(starts - begins, counts) + np.arange(len(asked))
    order = np.lexsort((rows, -sure[rows, column[asked]], asked))
    several = counts > 1
    second = np.full(len(counts), -1, dtype=np.int64)
    second[several] = rows[order[begins[several] + 1]]
    return rows[order[begins]], second
