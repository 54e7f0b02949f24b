"""What an embedder must do."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


class Embedder(Protocol):
    """Text to vectors. The same text gives the same vector, in whatever company it is embedded."""

    @property
    def name(self) -> str:
        """Name and version. Another version is another embedder: its vectors are never compared with these."""
        ...

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        ...

    def embed(self, texts: Sequence[str]) -> "npt.NDArray[np.float32]":
        """One row a text, unit length; a zero row for a text without anything to embed, or that the model never takes; a row of NaN for
        one that cannot be embedded now (a budget, an absent service) and is to be asked for again."""
        ...
