"""Kernels on processes: the same batches in the same order, and failures that say what failed."""

import os
import signal
from collections.abc import Iterator
from functools import partial

import pyarrow as pa
import pytest

from feedback_assets.compute import workers
from feedback_assets.compute.workers import ROWS, SMALL_KERNEL, START_OVER, close_workers, spread


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    close_workers()


def doubled(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        rows = [2 * n for n in batch.column("n").to_pylist()]
        yield pa.RecordBatch.from_pydict({"n": rows, "process": [os.getpid()] * len(rows)})


def failing(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        if 5_000 in batch.column("n").to_pylist():
            raise ValueError("five thousand")
        yield batch


def numbers(rows: int) -> Iterator[pa.RecordBatch]:
    return iter(pa.table({"n": range(rows)}).to_batches(max_chunksize=3_000))


def test_rows_come_back_in_order_from_several_processes() -> None:
    rows = 3 * START_OVER
    found = pa.Table.from_batches(spread(doubled, numbers(rows), 2))
    assert found["n"].to_pylist() == [2 * n for n in range(rows)]
    assert len(set(found["process"].to_pylist())) == 2
    assert os.getpid() not in found["process"].to_pylist()


def test_few_rows_start_no_process_and_come_from_one_that_runs() -> None:
    here = pa.Table.from_batches(spread(doubled, numbers(ROWS), 2))
    assert set(here["process"].to_pylist()) == {os.getpid()}
    list(spread(doubled, numbers(2 * START_OVER), 2))
    assert os.getpid() not in pa.Table.from_batches(spread(doubled, numbers(ROWS), 2))["process"].to_pylist()


def test_many_small_inputs_start_processes_as_a_large_one_does() -> None:
    where = [set(pa.Table.from_batches(spread(doubled, numbers(1_000), 2))["process"].to_pylist()) for _ in range(2 * START_OVER // 1_000)]
    assert where[0] == {os.getpid()}
    assert os.getpid() not in where[-1]


def test_a_kernel_that_fails_fails_the_caller_with_its_traceback_and_harms_no_later_call() -> None:
    with pytest.raises(RuntimeError, match="five thousand"):
        list(spread(failing, numbers(2 * START_OVER), 2))
    assert sum(b.num_rows for b in spread(doubled, numbers(2 * START_OVER), 2)) == 2 * START_OVER


def test_a_process_that_dies_is_told_and_replaced() -> None:
    list(spread(doubled, numbers(2 * START_OVER), 2))
    for worker in workers._Pool.of(2).all:
        os.kill(worker.process.pid, signal.SIGKILL)
    for _ in range(2):
        with pytest.raises(RuntimeError, match="died"):
            list(spread(doubled, numbers(ROWS), 2))
    found = pa.Table.from_batches(spread(doubled, numbers(2 * START_OVER), 2))
    assert found["n"].to_pylist() == [2 * n for n in range(2 * START_OVER)]


def test_closing_ends_the_processes() -> None:
    list(spread(doubled, numbers(2 * START_OVER), 2))
    started = workers._Pool.of(2).all
    close_workers()
    assert [w.process.returncode for w in started] == [0, 0]


def _times(batches: Iterator[pa.RecordBatch], factor: int, ballast: str) -> Iterator[pa.RecordBatch]:
    """ballast: makes the kernel large."""
    import pyarrow.compute as pc

    assert ballast is not None
    for batch in batches:
        yield pa.RecordBatch.from_arrays([pc.multiply(batch.column(0), factor), pa.array([os.getpid()] * batch.num_rows)], ["n", "pid"])


def test_kernels_that_take_turns_are_never_mixed_up_however_many_there_are() -> None:
    """A process keeps a few; one that it let go is sent again, and what is named is what was meant."""
    rows = pa.record_batch({"n": list(range(START_OVER))})
    ballast = "x" * (2 * SMALL_KERNEL)
    for factor, kept in (
        (1, ballast),
        (2, ""),
        (1, ballast),
        (3, ballast),
        (4, ballast),
        (2, ""),
        (5, ballast),
        (1, ballast),
        (4, ballast),
    ):
        kernel = partial(_times, factor=factor, ballast=kept)
        found = pa.Table.from_batches(list(spread(kernel, iter([rows]), 2)))
        assert found["n"].to_pylist() == [n * factor for n in range(START_OVER)], factor
        assert os.getpid() not in found["pid"].to_pylist()
