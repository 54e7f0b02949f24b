"""Normalised texts kept while all of them are compared: the first in memory, the rest in a temporary file that is mapped, not read.

Reading them again from silver/events instead would mean the texts of every day for each few thousand of them. The file is its owner's
alone and goes with the object. Not here: what is compared.
"""

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

IN_MEMORY = 50_000_000
"""Characters."""


class KeptTexts:
    """Texts by event id. A context manager: the file goes when it is left."""

    def __init__(self, in_memory: int = IN_MEMORY) -> None:
        self._left = in_memory
        self._kept: dict[str, str] = {}
        self._folder = tempfile.TemporaryDirectory(prefix="feedback-texts-")
        self._writer: Any = None
        self._prefixes: list[npt.NDArray[np.int64]] = []
        self._found: tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64], list[Any]] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._found = None
        if self._writer is not None:
            self._writer.close()
        self._folder.cleanup()

    def put(self, texts: Mapping[str, str]) -> None:
        """Keeps texts by event id. Not after the first look."""
        if not texts:
            return
        if self._left > 0:
            self._left -= sum(map(len, texts.values()))
            self._kept.update(texts)
            return
        import pyarrow as pa

        batch = pa.record_batch({"event_id": pa.array(texts.keys(), pa.string()), "text": pa.array(texts.values(), pa.string())})
        if self._writer is None:
            self._writer = pa.ipc.new_file(str(self._file), batch.schema)
        self._writer.write_batch(batch)
        self._prefixes.append(_prefixes(list(texts)))

    def get(self, events: Sequence[str]) -> dict[str, str]:
        """The texts of those of the events that are kept."""
        found = {e: self._kept[e] for e in events if e in self._kept}
        rest = [e for e in events if e not in found]
        return found | self._from_file(rest) if rest and self._writer is not None else found

    @property
    def _file(self) -> Path:
        return Path(self._folder.name) / "texts.arrow"

    def _from_file(self, events: Sequence[str]) -> dict[str, str]:
        import numpy as np
        import pyarrow as pa

        prefixes, rows, starts, batches = self._mapped()
        at = np.minimum(np.searchsorted(prefixes, _prefixes(events)), len(prefixes) - 1)
        numbers = rows[at]
        texts: dict[str, str] = {}
        which = np.searchsorted(starts, numbers, side="right") - 1
        for number in np.unique(which).tolist():
            taken = batches[number].take(pa.array(numbers[which == number] - starts[number]))
            texts.update(zip(taken["event_id"].to_pylist(), taken["text"].to_pylist(), strict=True))
        # Two events may begin alike: what is another's is not given.
        return {e: texts[e] for e in events if e in texts}

    def _mapped(self) -> "tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64], list[Any]]":
        """(prefixes ascending, their rows, first row of each batch, batches)."""
        import numpy as np
        import pyarrow as pa

        if self._found is None:
            self._writer.close()
            reader = pa.ipc.open_file(pa.memory_map(str(self._file)))
            batches = [reader.get_batch(i) for i in range(reader.num_record_batches)]
            prefixes = np.concatenate(self._prefixes)
            order = np.argsort(prefixes, kind="stable")
            starts = np.cumsum([0, *(b.num_rows for b in batches[:-1])])
            self._found = prefixes[order], order, starts, batches
        return self._found


def _prefixes(events: Sequence[str]) -> "npt.NDArray[np.int64]":
    """The first 15 hexadecimal digits of each id, as a number."""
    import polars as pl

    return pl.Series(events, dtype=pl.String).str.slice(0, 15).str.to_integer(base=16, dtype=pl.Int64).to_numpy()
