"""Vectors of single words: the sum of wordllama's static token vectors, offline. Not here: vectors of texts (space.py)."""

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DIMENSIONS = 256
_MOST_LETTERS = 64


def word_vectors(words: Sequence[str]) -> "NDArray[np.float32]":
    """One row a word. What a word's row says depends on the word alone."""
    import numpy as np

    out = np.zeros((len(words), DIMENSIONS), np.float32)
    if not words:
        return out
    vectors, tokenizer = _loaded()
    encodable = [w[:_MOST_LETTERS].encode("utf-8", "replace").decode() for w in words]
    for row, encoding in enumerate(tokenizer.encode_batch(encodable, add_special_tokens=False)):
        ids = encoding.ids
        out[row] = vectors[ids[0]] if len(ids) == 1 else vectors[ids].sum(axis=0) if ids else 0.0
    return out


def vectors_version() -> str:
    """Which vectors they are."""
    from importlib.metadata import version

    return f"wordllama-{DIMENSIONS}-{version('wordllama')}"


@cache
def _loaded() -> "tuple[NDArray[np.float32], Any]":
    from importlib.util import find_spec
    from pathlib import Path

    import numpy as np
    from safetensors.numpy import load_file
    from tokenizers import Tokenizer

    # The files themselves: importing the package would cost most of a second, and its loader asks the network.
    spec = find_spec("wordllama")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("wordllama is not installed: pip install -r requirements.txt")
    folder = Path(spec.origin).parent
    (vectors,) = load_file(folder / "weights" / "l2_supercat_256.safetensors").values()
    tokenizer = Tokenizer.from_file(str(folder / "tokenizers" / "l2_supercat_tokenizer_config.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return vectors.astype(np.float32), tokenizer
