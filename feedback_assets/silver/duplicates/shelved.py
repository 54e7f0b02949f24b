"""Read texts in files that several processes map, and pairs of them compared there: for many texts at once, none of which is read twice.

The files are their owner's alone and go when the last pair is compared. Not here: how two texts are compared, which pairs are.
"""

import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from feedback_assets.compute.workers import spread
from feedback_assets.silver.duplicates.comparing import Comparer
from feedback_assets.silver.duplicates.leaders import Compared, Texts
from feedback_assets.silver.duplicates.reading import Read, Shelf, read, read_plain

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

FEW = 10_000
"""Texts that are not worth files and processes."""
_TEXTS = 10_000  # normalised at a time
_PAIRS = 2_048  # of one task
_ABOUT = ("lengths", "shingles", "dense", "plain")
_WHERE = ("starts", "begins", "bytes", "uneven")
"""Files of one number a text: what it is, and where its slots, its characters (how many bytes) and its uneven shingles' places begin."""


@contextmanager
def compared_on_processes(texts: Texts, workers: int) -> Iterator[Compared | None]:
    """What compares pairs of these texts, on so many processes; None where they are few. Both numbers of a pair are those of the first
    text that says the same."""
    import numpy as np

    _, firsts = np.unique(texts.hashes, return_index=True)
    if len(firsts) < FEW:
        yield None
        return
    # What has no sketch is a candidate of nothing.
    said = np.sort(firsts[np.diff(texts.sketches.starts)[firsts] > 0])
    with tempfile.TemporaryDirectory(prefix="feedback-shelf-") as folder, ThreadPoolExecutor(1) as thread:
        _write(Path(folder), texts, said, workers)
        kernel = ComparesPairs(folder)

        def compared(x: "npt.NDArray[np.int64]", y: "npt.NDArray[np.int64]") -> "Callable[[], npt.NDArray[np.float64]]":
            return thread.submit(_similarities, kernel, x, y, workers).result

        yield compared


def _similarities(
    kernel: "ComparesPairs", x: "npt.NDArray[np.int64]", y: "npt.NDArray[np.int64]", workers: int
) -> "npt.NDArray[np.float64]":
    import numpy as np
    import pyarrow as pa

    pairs = pa.record_batch({"x": pa.array(x), "y": pa.array(y)})
    found = [batch["similarity"].to_numpy() for batch in spread(kernel, iter([pairs]), workers, rows=_PAIRS)]
    return np.concatenate([np.zeros(0), *found])


class ComparesPairs:
    """A kernel: numbers of two texts (x, y), pairs with one x together -> their similarity."""

    def __init__(self, folder: str) -> None:
        self._folder = folder

    def __reduce__(self) -> "tuple[type[ComparesPairs], tuple[str]]":
        return ComparesPairs, (self._folder,)

    @cached_property
    def _there(self) -> tuple[Comparer, Shelf]:
        return Comparer(), MappedShelf(Path(self._folder))

    def __call__(self, batches: "Iterator[pa.RecordBatch]") -> "Iterator[pa.RecordBatch]":
        import pyarrow as pa

        comparer, shelf = self._there
        for batch in batches:
            similar = comparer.similarities(shelf, batch["x"].to_numpy(), batch["y"].to_numpy())
            yield pa.record_batch({"similarity": pa.array(similar)})


class MappedShelf(Shelf):
    """A shelf whose texts stand in files."""

    def __init__(self, folder: Path) -> None:
        super().__init__(0)
        self.lengths, self.shingles, self.dense, self.plain = (_mapped(folder / f"{name}.npy") for name in _ABOUT)
        self._starts, self._begins, self._bytes, self._uneven = (_mapped(folder / f"{name}.npy") for name in _WHERE)
        self._slots = _mapped(folder / "slots", "int32")
        self._normals = _mapped(folder / "normals", "uint8")
        self._places = _mapped(folder / "places", "int16")

    def missing(self, numbers: "npt.NDArray[np.int64]") -> "npt.NDArray[np.int64]":
        return numbers[:0]

    def texts(self, numbers: "npt.NDArray[np.int64]") -> list[Read]:
        return [self[i] for i in numbers.tolist()]

    def __getitem__(self, number: int) -> Read:
        begin = int(self._begins[number])
        normal = self._normals[begin : begin + int(self._bytes[number])].tobytes().decode()
        start, count = int(self._starts[number]), int(self.shingles[number])
        slots = self._slots[start : start + count]
        if self.plain[number]:
            return read_plain(normal, slots)
        place = int(self._uneven[number])
        begins, ends = self._places[place : place + 2 * count].reshape(2, count)
        return Read(normal, slots, begins, ends, dense=bool(self.dense[number]), plain=False)


def _mapped(path: Path, kind: str = "") -> Any:
    import numpy as np

    if not path.stat().st_size:
        return np.zeros(0, kind)
    # As a plain array: an array that knows its file takes three times as long to index.
    return np.asarray(np.memmap(path, kind, mode="r") if kind else np.load(path, mmap_mode="r"))


def read_batches(batches: "Iterator[pa.RecordBatch]") -> "Iterator[pa.RecordBatch]":
    """A kernel: normalised texts (text) -> read for comparing: the part that is compared and the slots of its shingles, as the files hold
    them, and what they are."""
    import pyarrow as pa

    for batch in batches:
        texts = read(batch["text"].to_pylist())
        yield pa.record_batch(
            {
                "normals": pa.array([t.normal.encode() for t in texts], pa.binary()),
                "slots": pa.array([t.slots.tobytes() for t in texts], pa.binary()),
                "places": pa.array([b"" if t.plain else t.begins.tobytes() + t.ends.tobytes() for t in texts], pa.binary()),
                "lengths": pa.array([len(t.normal) for t in texts], pa.int32()),
                "shingles": pa.array([len(t.slots) for t in texts], pa.int32()),
                "dense": pa.array([t.dense for t in texts], pa.bool_()),
                "plain": pa.array([t.plain for t in texts], pa.bool_()),
            }
        )


def _write(folder: Path, texts: Texts, numbers: "npt.NDArray[np.int64]", workers: int) -> None:
    """The files of a shelf that holds these texts, in the order of their numbers."""
    import numpy as np
    import pyarrow as pa

    def batches() -> "Iterator[pa.RecordBatch]":
        for start in range(0, len(numbers), _TEXTS):
            yield pa.record_batch({"text": pa.array(texts.normals(numbers[start : start + _TEXTS].tolist()), pa.string())})

    columns = dict(zip(_ABOUT, (np.int32, np.int32, np.bool_, np.bool_), strict=True)) | {"bytes": np.int64}
    about: dict[str, Any] = {name: np.zeros(len(texts.days), kind) for name, kind in columns.items()}
    with ExitStack() as files:
        opened = {name: files.enter_context((folder / name).open("wb")) for name in ("normals", "slots", "places")}
        done = 0
        for batch in spread(read_batches, batches(), workers):
            at = numbers[done : done + batch.num_rows]
            done += batch.num_rows
            for name in ("normals", "slots", "places"):
                opened[name].write(b"".join(batch[name].to_pylist()))
            about["bytes"][at] = [len(one) for one in batch["normals"].to_pylist()]
            for name in _ABOUT:
                about[name][at] = batch[name].to_numpy(zero_copy_only=False)
    places = np.where(about["plain"], 0, 2 * about["shingles"])
    for size, start in ((about["shingles"], "starts"), (about["bytes"], "begins"), (places, "uneven")):
        about[start] = np.cumsum(size, dtype=np.int64) - size
    for name, values in about.items():
        np.save(folder / f"{name}.npy", values)
