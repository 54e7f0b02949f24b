"""What the texts of one language have in common, taken off before vectors are compared. Pure.

Here: the running figures of a language and the view of vectors through them. Not here: what is done with the views (fold.py).

Static embeddings of texts about one product share a direction or two ("firefox", the tone of a support question), and then everything is
near to everything. The mean and the first principal axes are removed, after Mu and Viswanath, "All-but-the-Top" (ICLR 2018). Few texts do
not tell a common direction from a frequent complaint, so axes are removed only once there are enough of them.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float32]
    Doubles = npt.NDArray[np.float64]

PRIOR = 20
"""So many texts weigh as much against the mean as an empty one: a young language has nearly none taken off."""
AXES_FROM = (1_000, 4_000, 16_000)
"""Texts from which on one, two, three axes are removed."""
RENEW_AT = 1.1
"""The view is renewed when the language has grown by this factor: between, cosines stay comparable and days stay cheap."""
LENS_VERSION = "lens-1"


@dataclass
class Language:
    """Running figures, and the view in force. All in single precision: what a checkpoint stores is exactly what goes on.

    size, total, moments: number, sum, and sum of outer products of the vectors.
    viewed, mean, axes: the size when the view was made, and what it takes off; axes are orthonormal rows.
    """

    size: int
    total: "Floats"
    moments: "Floats"
    viewed: int
    mean: "Floats"
    axes: "Floats"

    @classmethod
    def empty(cls, dimensions: int) -> "Language":
        """Takes off nothing."""
        import numpy as np

        def zeros(*shape: int) -> "Floats":
            return np.zeros(shape, np.float32)

        return cls(0, zeros(dimensions), zeros(dimensions, dimensions), 0, zeros(dimensions), zeros(0, dimensions))

    def copy(self) -> "Language":
        """Independent of this one."""
        return Language(self.size, self.total.copy(), self.moments.copy(), self.viewed, self.mean.copy(), self.axes.copy())

    def add(self, vectors: "Floats") -> None:
        """Counts more texts; renews the view when it is due."""
        import numpy as np

        doubles = vectors.astype(np.float64)
        self.size += len(vectors)
        self.total = (self.total + doubles.sum(axis=0)).astype(np.float32)
        self.moments = (self.moments + doubles.T @ doubles).astype(np.float32)
        if self.size >= self.viewed * RENEW_AT:
            self._renew()

    def _renew(self) -> None:
        import numpy as np

        self.viewed = self.size
        self.mean = (self.total.astype(np.float64) / (self.size + PRIOR)).astype(np.float32)
        count = sum(self.size >= n for n in AXES_FROM)
        if count:
            centre = self.total.astype(np.float64) / self.size
            spread = self.moments.astype(np.float64) / self.size - np.outer(centre, centre)
            _, axes = np.linalg.eigh(spread)
            self.axes = np.ascontiguousarray(axes[:, ::-1][:, :count].T, np.float32)

    def view(self, vectors: "Doubles | Floats") -> "Doubles":
        """The vectors without what is common, at unit length."""
        import numpy as np

        rest = vectors.astype(np.float64) - self.mean
        axes = self.axes.astype(np.float64)
        return unit(rest - (rest @ axes.T) @ axes)


def unit(rows: "Doubles") -> "Doubles":
    """Rows at unit length; a zero row stays zero."""
    import numpy as np

    length = np.linalg.norm(rows, axis=-1, keepdims=True)
    return np.asarray(rows / np.where(length > 0, length, 1.0), np.float64)
