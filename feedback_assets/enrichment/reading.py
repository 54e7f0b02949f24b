"""What is decided about events of silver: by the cheaper tiers, then by answers of the language model for what these leave open.

Rows in, decisions out: no table is written here. Asking and deriving read events in the same way. Not here: what a text says (cascade.py),
what an answer decides (language_model.py), the rows of tables (process.py).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from feedback_assets.compute.workers import spread
from feedback_assets.enrichment.kernel import FOUND, INPUT, ReadsEvents, decided_batch, decided_batches
from feedback_assets.enrichment.language_model import LanguageModel, Question, is_open

if TYPE_CHECKING:
    import pyarrow as pa

    from feedback_assets.enrichment.answers import Known
    from feedback_assets.enrichment.cascade import Decision

EVENT_COLUMNS = (
    "event_id",
    "payload_sha256",
    "source",
    "feed_date",
    "batch_id",
    "event_time",
    "is_deletion",
    "title",
    "text",
    "rating",
    "language",
    "is_informative",
    "spam_reason",
)
"""Columns of silver that the cheaper tiers and the tables need."""
QUESTION_COLUMNS = (*EVENT_COLUMNS, "channel", "product", "version", "locale", "tier")
"""The same with what a language model is told beside a text."""
_ORDER = ("feed_date", "event_id", "payload_sha256")


@dataclass(frozen=True)
class Read:
    """Events in a fixed order with what was decided. screened: the outcome of each that need not be read, else empty.

    decided: rows of kernel.DECIDED and kernel.FOUND; place: which of them is each read row's, in the rows' order.
    """

    rows: "pa.Table"
    screened: Sequence[str]
    decided: "pa.Table"
    place: Sequence[int]

    @property
    def read_rows(self) -> list[int]:
        """The rows that were read."""
        return [i for i, outcome in enumerate(self.screened) if not outcome]

    @property
    def outcomes(self) -> list[str]:
        """The outcome of each row."""
        said = self.decided["outcome"].to_pylist()
        found = list(self.screened)
        for row, at in zip(self.read_rows, self.place, strict=True):
            found[row] = said[at]
        return found

    @property
    def near(self) -> list[frozenset[str]]:
        """The categories that were seen in each row, accepted or doubted."""
        said = [frozenset(issue["category"] for issue in found) for found in self.decided[FOUND].to_pylist()]
        seen: list[frozenset[str]] = [frozenset()] * len(self.screened)
        for row, at in zip(self.read_rows, self.place, strict=True):
            seen[row] = said[at]
        return seen

    def replaced(self, decisions: "Mapping[int, Decision]") -> "Read":
        """With other decisions for some of the rows that were read, by row."""
        import pyarrow as pa

        if not decisions:
            return self
        more = pa.Table.from_batches([decided_batch(list(decisions.values()))])
        at = {row: self.decided.num_rows + n for n, row in enumerate(decisions)}
        place = [at.get(row, old) for row, old in zip(self.read_rows, self.place, strict=True)]
        return replace(self, decided=pa.concat_tables([self.decided, more.cast(self.decided.schema)]), place=place)


def read_events(rows: "pa.Table", reader: ReadsEvents, workers: int) -> Read:
    """What the cheaper tiers decide about these events of silver."""
    rows = rows.sort_by([(name, "ascending") for name in _ORDER])
    screened = _screened(rows)
    decided, place = _decided(rows, [not outcome for outcome in screened], reader, workers)
    return Read(rows, screened, decided, place)


def open_questions(read: Read, model: LanguageModel) -> dict[int, Question]:
    """Row -> its question, for each row that the cheaper tiers leave open."""
    rows = [i for i, outcome in enumerate(read.outcomes) if is_open(outcome)]
    taken, near = (read.rows.take(rows).to_pylist(), read.near) if rows else ([], [])
    return {i: model.question(row, near[i]) for i, row in zip(rows, taken, strict=True)}


def with_answers(read: Read, questions: Mapping[int, Question], known: "Mapping[str, Known]", model: LanguageModel) -> Read:
    """With what the answers that are known decide. questions: of open_questions."""
    texts, ratings = read.rows["text"], read.rows["rating"]
    decisions: dict[int, Decision] = {}
    for row, question in questions.items():
        answer = known.get(question.key)
        if answer is not None and answer.outcome == "ok":
            decision = model.decision(answer.response, texts[row].as_py(), ratings[row].as_py())
            if decision is not None:
                decisions[row] = decision
    return read.replaced(decisions)


def _decided(rows: "pa.Table", wanted: Sequence[bool], reader: ReadsEvents, workers: int) -> "tuple[pa.Table, list[int]]":
    """(decisions, which of them is each wanted row's): rows that say the same are read once."""
    import pyarrow as pa

    numbers: dict[tuple[Any, ...], int] = {}
    first: list[int] = []
    place: list[int] = []
    said = zip(*(rows[name].to_pylist() for name in ("text", "title", "language", "rating")), wanted, strict=True)
    for i, (*key, is_wanted) in enumerate(said):
        if is_wanted:
            number = numbers.setdefault(tuple(key), len(first))
            if number == len(first):
                first.append(i)
            place.append(number)
    texts = rows.select(list(INPUT)).take(pa.array(first, pa.int64())).combine_chunks()
    kernel = partial(decided_batches, reader=reader)
    decided = list(spread(kernel, iter(texts.to_batches() or _none(texts.schema)), workers))
    return pa.Table.from_batches(decided), place


def _none(schema: "pa.Schema") -> "list[pa.RecordBatch]":
    import pyarrow as pa

    return [pa.RecordBatch.from_pylist([], schema=schema)]


def _screened(rows: "pa.Table") -> list[str]:
    """The outcome of each row that need not be read; empty for one that must."""
    columns = (rows[name].to_pylist() for name in ("is_deletion", "spam_reason", "is_informative", "text"))
    return [
        "deletion" if deleted else "spam" if spam else "" if informative and (text or "").strip() else "uninformative"
        for deleted, spam, informative, text in zip(*columns, strict=True)
    ]
