"""The ledger of answers: what was asked before and what came of it, rows for what is paid now, and what was spent on a day.

An answer is written to a journal beside the lake as soon as it is there, and to the table some hundred at a time: a process that is killed
loses what was in flight, and the next one takes up its journal. Not here: asking (asking.py), what an answer decides (language_model.py).
"""

import fcntl
import json
import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from uuid import uuid4

from feedback_assets.contracts.arrow import to_arrow
from feedback_assets.contracts.enrichment import ANSWERS
from feedback_assets.enrichment.language_model import LanguageModel, Question
from feedback_assets.ground.batches import UNASKED
from feedback_assets.lakehouse.frames import read_frame
from feedback_assets.lakehouse.interface import Lakehouse

if TYPE_CHECKING:
    import polars as pl

AT_ONCE = 200
"""Answers a commit."""
PASSING = ("unavailable", "rejected")
"""Outcomes that say nothing of the text: it is asked for again."""


@dataclass(frozen=True)
class Known:
    """The last answer to a question. outcome: as contracts/enrichment.py names it. attempt: 0 for one that another taxonomy brought."""

    outcome: str
    response: str
    attempt: int


def is_wanted(answer: Known | None, again: str = "") -> bool:
    """Whether a question is to be asked: nobody answered, or the outcome says nothing of the text, or is the one to ask again."""
    return answer is None or answer.outcome in PASSING or answer.outcome == again


def known_answers(lake: Lakehouse, model: LanguageModel, questions: Collection[Question]) -> dict[str, Known]:
    """Request key -> its last answer, for those of the questions that were asked before.

    A question that was asked under another taxonomy has its answer where the difference cannot touch it.
    """
    import polars as pl

    asked = {q.key: q for q in questions}
    wanted = pl.DataFrame({"text_key": sorted({q.text_key for q in asked.values()})}, schema={"text_key": pl.String})
    if not wanted.height:
        return {}
    # The keys of all answers first: responses are read for the few that are wanted, from the days that have them.
    there = read_frame(lake, ANSWERS, ["feed_date", "text_key"]).join(wanted, on="text_key", how="semi")
    if not there.height:
        return {}
    columns = ["request_key", "text_key", "attempt", "outcome", "response", "told", "asked_at"]
    rows = read_frame(lake, ANSWERS, columns, {"feed_date": sorted(set(there["feed_date"].to_list()))})
    rows = rows.join(wanted, on="text_key", how="semi").sort("asked_at", "attempt", "request_key")
    found: dict[str, Known] = {}
    others: dict[str, list[dict[str, Any]]] = {}
    for row in rows.iter_rows(named=True):
        others.setdefault(row["text_key"], []).append(row)
        if row["request_key"] in asked:
            found[row["request_key"]] = Known(row["outcome"], row["response"], row["attempt"])
    for key, question in asked.items():
        if key not in found:
            fitting = (
                row
                for row in reversed(others.get(question.text_key, ()))
                if row["outcome"] == "ok" and model.still_holds(row["response"], json.loads(row["told"]), question.near)
            )
            for row in fitting:
                found[key] = Known(row["outcome"], row["response"], 0)
                break
    return found


def spent_on(lake: Lakehouse, day: date) -> float:
    """US dollars that answers of a UTC day cost."""
    found: pl.DataFrame = read_frame(lake, ANSWERS, ["cost_usd"], {"asked_on": [day]})
    return float(found["cost_usd"].sum())


@dataclass(frozen=True)
class Spent:
    """What answers of one prompt by one model have taken: their number, tokens of the prompt by estimated ones, tokens and seconds each."""

    answers: int = 0
    prompt_share: float = 1.0
    completion_mean: float = 0.0
    latency_mean: float = 1.0


def spent_tokens(lake: Lakehouse, model: str, prompt_version: str) -> Spent:
    """What to expect of further questions, by those that were answered."""
    columns = ["prompt_tokens", "estimated_tokens", "completion_tokens", "requests", "latency_s"]
    rows = read_frame(lake, ANSWERS, columns, {"model": [model], "prompt_version": [prompt_version], "outcome": ["ok"]})
    estimated = int(rows["estimated_tokens"].sum())
    if not rows.height or not estimated:
        return Spent()
    means = [float(rows[name].mean() or 0.0) for name in ("completion_tokens", "latency_s")]  # type: ignore[arg-type]
    return Spent(rows.height, int(rows["prompt_tokens"].sum()) / estimated, *means)


class Journal:
    """Answers on their way into the table. A context manager; one process a journal file.

    folder: for journals, on the machine that asks. What processes that died left there is taken up when it is entered.
    """

    def __init__(self, lake: Lakehouse, folder: Path) -> None:
        self._lake = lake
        self._folder = folder
        self._rows: list[dict[str, Any]] = []

    def __enter__(self) -> Self:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._take_up()
        path = self._folder / f"{uuid4().hex}.jsonl"
        self._file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "r+", encoding="utf-8")
        fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        self._path = path
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            self.flush()
            self._path.unlink()
        finally:
            self._file.close()

    def put(self, row: Mapping[str, Any]) -> None:
        """Keeps one answer: when this returns, a killed process no longer loses it."""
        self._file.write(json.dumps(_plain(row), ensure_ascii=True) + "\n")
        self._file.flush()
        os.fsync(self._file.fileno())
        self._rows.append(dict(row))
        if len(self._rows) >= AT_ONCE:
            self.flush()

    def flush(self) -> None:
        """Writes what is kept into the table."""
        if self._rows:
            self._lake.append_new(ANSWERS, to_arrow(ANSWERS, self._rows))
            self._rows.clear()
        self._file.seek(0)
        self._file.truncate()

    def _take_up(self) -> None:
        for path in sorted(self._folder.glob("*.jsonl")):
            with path.open("r+", encoding="utf-8") as file:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    continue  # its process is alive
                rows = [row for line in file if (row := _read(line)) is not None]
                if rows:
                    self._lake.append_new(ANSWERS, to_arrow(ANSWERS, rows))
                path.unlink()


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    return {k: v.isoformat() if isinstance(v, date) else v for k, v in row.items()}


def _read(line: str) -> dict[str, Any] | None:
    """One line of a journal; None for the last one of a process that died while it wrote."""
    try:
        row = json.loads(line)
    except json.JSONDecodeError:
        return None
    for name in ("feed_date", "asked_on"):
        row[name] = date.fromisoformat(row[name])
    row["asked_at"] = datetime.fromisoformat(row["asked_at"])
    return dict(row)


def classes(known: Mapping[str, Known], keys: Sequence[str]) -> dict[str, int]:
    """Outcome -> texts, of those whose question has these keys; "unasked" for those that nobody answered."""
    found: dict[str, int] = {}
    for key in keys:
        answer = known.get(key)
        name = UNASKED if answer is None or answer.outcome in PASSING else answer.outcome
        found[name] = found.get(name, 0) + 1
    return found
