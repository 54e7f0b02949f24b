"""What a compute engine must do: run a pure DataFrame transformation over Arrow inputs."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame

Transformation = Callable[[Mapping[str, "DataFrame"]], "DataFrame"]
"""Named input DataFrames -> one DataFrame. Pure: no session made inside, no Dagster, no I/O."""


class Compute(Protocol):
    """Runs transformations."""

    @property
    def name(self) -> str:
        """Name and version of the engine, for metadata."""
        ...

    @property
    def kernel_workers(self) -> int:
        """Processes of this machine that run a Python kernel faster than the engine would (see workers.py); 0 where the engine has
        Python workers of its own."""
        ...

    def run(self, transformation: Transformation, inputs: Mapping[str, "pa.Table"]) -> "pa.Table":
        """The transformation's rows. Raises whatever the engine raises: a bug, never bad input."""
        ...

    def close(self) -> None:
        """Frees the engine. It may be used again after that."""
        ...
