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
_MOST_SPANS = 2
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
        pieces = [t.text[s.start : s.end] for t, ss in zip(texts, spans, strict=True) for s in ss]
        if not pieces:
            return [Reading(cannot_say=True) for _ in texts]
        sums = self._model.sums(pieces)
        raw = self._model.raw(sums)
        sure = self._model.probabilities(raw, [t.language for t, ss in zip(texts, spans, strict=True) for _ in ss])
        filled = [i for i, s in enumerate(spans) if s]
        ends = np.cumsum([len(spans[i]) for i in filled])
        starts = ends - np.array([len(spans[i]) for i in filled])
        whole_sums = np.add.reduceat(sums, starts, axis=0)
        known = self._model.seen(whole_sums)
        whole = self._model.raw(whole_sums)
        whole_sure = self._model.probabilities(whole, [texts[i].language for i in filled])
        best = np.maximum.reduceat(sure, starts, axis=0)
        # A sentence taken alone is easily misread: the whole text has a say.
        alone = (ends - starts == 1)[:, None]
        confidence = np.round(np.where(alone, best, best**0.7 * whole_sure**0.3), 6)
        feelings = self._feelings(whole)
        piece_feelings = self._feelings(raw)
        out = [Reading(cannot_say=True)] * len(texts)
        for n, i in enumerate(filled):
            if not known[n]:
                continue
            start, end = int(starts[n]), int(ends[n])
            found = [
                self._candidate(int(k), spans[i], sure[start:end, k], float(confidence[n, k]), raw[start:end], piece_feelings[start:end])
                for k in np.flatnonzero((confidence[n, :-1] >= _FEWEST) & (best[n, :-1] >= _FEWEST))
            ]
            found.sort(key=lambda c: (-c.confidence, c.evidence[0], c.category))
            likely = tuple(zip(self._model.heads.categories, confidence[n].tolist(), strict=True))
            label, score = feelings[n]
            out[i] = Reading(tuple(found), likely=likely, sentiment=label, sentiment_score=score)
        return out

    def _candidate(  # noqa: PLR0917
        self,
        column: int,
        spans: Sequence[Span],
        sure: "NDArray[np.float64]",
        confidence: float,
        raw: "NDArray[np.float64]",
        feelings: Sequence[tuple[str, float]],
    ) -> Candidate:
        """The candidate of one category: the sentences that show it best, all arguments being of one text."""
        import numpy as np

        category = self._model.heads.categories[column]
        order = np.argsort(-sure, kind="stable")
        first = int(order[0])
        rows = [int(r) for r in order[:_MOST_SPANS] if sure[r] >= max(0.6 * sure[first], _FEWEST)]
        subs = self._subs.get(category, ())
        sub = max(subs, key=lambda s: (round(float(raw[first, s[0]]), 6), s[1]))[1] if subs else ""
        severity = min(max(float(raw[first, -1]), 1.0), 5.0)
        return Candidate(category, sub, confidence, tuple(sorted(spans[r] for r in rows)), round(severity, 4), feelings[first][1])

    def _feelings(self, raw: "NDArray[np.float64]") -> list[tuple[str, float]]:
        """Label and score, -1 to 1, of each row."""
        import numpy as np

        names = self._model.heads.sentiments
        share = np.exp(raw[:, -1 - len(names) : -1])
        share /= share.sum(axis=1, keepdims=True)
        scores = np.round(share @ np.array([_FEELING[n] for n in names]), 4)
        best = np.argmax(np.round(share, 6), axis=1)
        return [(names[b], s) for b, s in zip(best.tolist(), scores.tolist(), strict=True)]
