"""Vectors of a deployment on Azure OpenAI or of a compatible server: each text is paid for once and kept in the ledger.

The ledger is also what makes vectors lasting: a service gives the same text vectors that differ in their last digits. Nothing is sent that
could exceed a budget. Not here: requests, limits and repeats (model_client/embeddings.py), the ledger's table (embedded_texts.py).
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any

from feedback_assets.ground.errors import SettingError
from feedback_assets.model_client.embedding_model import DIMENSIONS, EmbeddingModel
from feedback_assets.themes.embedded_texts import known_texts, spent_on, text_key, write_texts
from feedback_assets.themes.embedders.paid import Purse

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from feedback_assets.model_client.asks import Tally
    from feedback_assets.model_client.embeddings import EmbeddedTexts

_MANY = 20
"""So many texts refused one by one, and none taken: then it is not the texts."""
_PROBE = "text"


class OpenAiEmbedder:
    """One deployment. A text that cannot be embedded now has a row of NaN; one that the service never takes has a zero row.

    stopped: why the last texts have none: "", "budget", "unavailable", "access", or what the service said.
    """

    def __init__(self, purse: Purse) -> None:
        """Raises SettingError, naming the variable."""
        self._purse = purse
        self._model = EmbeddingModel.from_environment(purse.variables)
        self._spent = Decimal(0)
        self.stopped = ""

    @property
    def dimensions(self) -> int:
        return self._model.dimensions

    @cached_property
    def name(self) -> str:
        return self._model.name

    def can_pay(self) -> bool:
        """Whether the day's budget has room for a whole call: with less, asking again may come to nothing."""
        from feedback_assets.model_client.embeddings import MOST_CALL_TOKENS

        return _Asking(self._purse, self._model, {}, self._spent).has_room(MOST_CALL_TOKENS)

    def embed(self, texts: Sequence[str]) -> "npt.NDArray[np.float32]":
        """Raises SettingError for a model without a price, vectors of another length, and a service that takes no text at all."""
        import numpy as np

        from feedback_assets.model_client.embeddings import within_limit

        rows = np.zeros((len(texts), self.dimensions), np.float32)
        sent = [within_limit(text.strip())[0].encode("utf-8", "replace").decode() for text in texts]
        places: dict[str, list[int]] = {}
        for place, text in enumerate(sent):
            if text.strip():
                places.setdefault(text_key(text), []).append(place)
        found: dict[str, Any] = dict(known_texts(self._purse.lake, self.name, places))
        missing = {key: (sent[at[0]], len(sent[at[0]]) < len(texts[at[0]].strip())) for key, at in places.items() if key not in found}
        if missing:
            found.update(self._pay(missing))
        for key, at in places.items():
            vector = found.get(key)
            rows[at] = np.nan if vector is None else np.asarray(vector, np.float32) if len(vector) else 0.0
        return rows

    def _pay(self, missing: Mapping[str, tuple[str, bool]]) -> "dict[str, npt.NDArray[np.float32]]":
        """Asks for vectors. missing: text key -> text as it is sent, and whether it was cut. Each call is in the ledger as it comes."""
        asking = _Asking(self._purse, self._model, missing, self._spent)
        try:
            tally = asking.ask(list(missing))
            self.stopped = tally.stopped or asking.problem
            if asking.refused and tally.stopped != "access":
                if not asking.found and not self._takes_anything():
                    raise SettingError(
                        f"the service takes no text: {next(iter(asking.refused.values()))[:200]}",
                        expected=f"a deployment for embeddings that gives {self.dimensions} numbers",
                        mend=f"look at FEEDBACK_MODEL_EMBEDDING_NAME and {DIMENSIONS}",
                    )
                asking.write_refused()
        finally:
            self._spent = asking.spent
        return asking.found

    def _takes_anything(self) -> bool:
        """Whether the service embeds one ordinary word: then those that it refused are to blame themselves."""
        if text_key(_PROBE) in known_texts(self._purse.lake, self.name, [text_key(_PROBE)]):
            return True
        probe = _Asking(self._purse, self._model, {text_key(_PROBE): (_PROBE, False)}, self._spent)
        probe.ask([text_key(_PROBE)])
        self._spent = probe.spent
        return bool(probe.found)


class _Asking:
    """The texts of one call of embed(), under the budgets."""

    def __init__(self, purse: Purse, model: EmbeddingModel, texts: Mapping[str, tuple[str, bool]], spent: Decimal) -> None:
        self._purse, self._model, self._texts = purse, model, texts
        self._today: date = purse.now().astimezone(UTC).date()
        left_today = purse.day_budget - purse.spent_elsewhere(self._today) - spent_on(purse.lake, self._today)
        self._left = min(Decimal(str(purse.run_budget)) - spent, Decimal(str(left_today)))
        self._reserved: dict[str, Decimal] = {}
        self._used = Decimal(0)
        self._before = spent
        self.found: dict[str, npt.NDArray[np.float32]] = {}
        self.refused: dict[str, str] = {}
        self.problem = ""

    @property
    def spent(self) -> Decimal:
        """Of the run, with what was spent before."""
        return self._before + self._used

    def ask(self, keys: Sequence[str]) -> "Tally":
        from feedback_assets.model_client.client import run
        from feedback_assets.model_client.embeddings import embed_all

        self._cost(0)  # a model without a price is refused before anything is sent
        pairs = [(key, self._texts[key][0]) for key in keys]
        return run(
            self._model.settings,
            lambda client: embed_all(
                client, pairs, on_vectors=self._keep, may_spend=self._may_spend, dimensions=self._model.asked_dimensions
            ),
        )

    def _cost(self, tokens: int) -> Decimal:
        return self._purse.prices.cost(self._model.settings.model, tokens, 0, on=self._today)

    def has_room(self, tokens: int) -> bool:
        """Whether the budgets have room for so many."""
        return self._cost(tokens) <= self._left

    def _may_spend(self, keys: tuple[str, ...], tokens: int) -> bool:
        """Reserves a call under its first text: the halves of a call that was refused, which cost nothing, take its place."""
        if not self.found and len(self.refused) >= _MANY:
            return False
        most = self._cost(tokens)
        if self._used + sum(self._reserved.values()) + most > self._left:
            return False
        self._reserved[keys[0]] = self._reserved.get(keys[0], Decimal(0)) + most
        return True

    def _keep(self, embedded: "EmbeddedTexts") -> None:
        """Writes the vectors of one call; what was refused waits until it is known whose fault that is."""
        self._reserved.pop(embedded.keys[0], None)
        if embedded.outcome != "ok":
            if embedded.outcome == "rejected" and len(embedded.keys) == 1 and _is_of_the_text(embedded.detail):
                self.refused[embedded.keys[0]] = embedded.detail
            else:
                self.problem = f"{embedded.outcome}: {embedded.detail}"[:200]
            return
        if embedded.vectors.shape[1] != self._model.dimensions:
            raise SettingError(
                f"{self._model.settings.model[:80]} gives vectors of {embedded.vectors.shape[1]} numbers",
                expected=f"{self._model.dimensions}",
                mend=f"set {DIMENSIONS} to what the model gives",
            )
        rows = []
        tokens = _shares(embedded.prompt_tokens, [self._texts[key][0] for key in embedded.keys])
        for key, vector, n in zip(embedded.keys, embedded.vectors, tokens, strict=True):
            self.found[key] = _unit(vector)
            cost = self._cost(n)
            self._used += cost
            rows.append(self._row(key, embedded.model, vector=self.found[key], tokens=n, cost=cost))
        write_texts(self._purse.lake, rows)

    def write_refused(self) -> None:
        """Notes the texts that the service does not take: they are not sent again."""
        import numpy as np

        nothing = np.zeros(0, np.float32)
        rows = [self._row(key, "", vector=nothing, detail=detail) for key, detail in self.refused.items()]
        write_texts(self._purse.lake, rows)
        self.found.update(dict.fromkeys(self.refused, nothing))

    def _row(
        self, key: str, returned: str, *, vector: "npt.NDArray[np.float32]", tokens: int = 0, cost: Decimal = Decimal(0), detail: str = ""
    ) -> dict[str, Any]:
        return {
            "asked_on": self._today,
            "text_key": key,
            "embedder": self._model.name,
            "model_returned": returned,
            "outcome": "rejected" if detail else "ok",
            "detail": detail,
            "is_cut": self._texts[key][1],
            "tokens": tokens,
            "cost_usd": float(cost),
            "vector": vector,
            "embedded_at": self._purse.now(),
        }


def _is_of_the_text(detail: str) -> bool:
    """Whether a refusal says something of the text: a filter or a bad request, not a missing right or an answer that cannot be read."""
    return detail.startswith("HTTP 400") or not detail.startswith(("HTTP ", "the service did not give"))


def _shares(total: int, texts: Sequence[str]) -> list[int]:
    """The tokens of a call by text, in proportion to the estimates; their sum is the total."""
    from itertools import accumulate, pairwise

    from feedback_assets.model_client.tokens import estimated_tokens

    sums = list(accumulate((max(1, estimated_tokens(t)) for t in texts), initial=0))
    ends = [total * s // sums[-1] for s in sums]
    return [b - a for a, b in pairwise(ends)]


def _unit(vector: "npt.NDArray[np.float32]") -> "npt.NDArray[np.float32]":
    import numpy as np

    wide = vector.astype(np.float64)
    length = float(np.linalg.norm(wide))
    return (wide / length if length else wide).astype(np.float32)
