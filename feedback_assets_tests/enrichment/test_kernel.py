"""Texts to decisions over Arrow batches: another process says what this one says."""

import pickle
from functools import partial

import pyarrow as pa
import pytest

from feedback_assets.compute import workers
from feedback_assets.contracts.arrow import arrow_type
from feedback_assets.contracts.silver import EVENTS
from feedback_assets.enrichment.golden import GoldenText
from feedback_assets.enrichment.kernel import INPUT, decided_batches
from feedback_assets.enrichment.reader import Reader
from feedback_assets.enrichment.tiers.interface import EventText


def test_a_reader_in_another_process_says_what_this_one_says(reader: Reader, golden: list[GoldenText]) -> None:
    """Also when the files of the taxonomy are others by then: it takes them along."""
    again = pickle.loads(pickle.dumps(reader))  # noqa: S301
    events = [EventText(t.id, "", t.text, language=t.language) for t in golden[:60]]
    assert again is not reader
    assert (again.taxonomy_version, again.model_version) == (reader.taxonomy_version, reader.model_version)
    assert again.read(events) == reader.read(events)


def test_worker_processes_decide_what_one_process_decides(
    reader: Reader, golden: list[GoldenText], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [{"event_id": t.id, "text": t.text, "language": t.language} for t in golden[:40]]
    batch = pa.RecordBatch.from_pylist(rows, schema=pa.schema([(n, arrow_type(EVENTS.column(n).type)) for n in INPUT]))
    kernel = partial(decided_batches, reader=reader)
    monkeypatch.setattr(workers, "START_OVER", 1)
    apart = list(workers.spread(kernel, iter([batch]), 2))
    workers.close_workers()
    assert pa.Table.from_batches(apart).equals(pa.Table.from_batches(kernel([batch])))
