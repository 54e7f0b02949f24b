"""Static token vectors of wordllama: offline, on one core about 10,000 short texts a second.

The weights are inside the package (derived from Llama 2, see its licence). Tokens are pooled here, one text at a time, and not by the
package: its pooling pads texts to the longest of a batch, so that the last bits of a vector would depend on the company.
"""

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

MOST_TOKENS = 256
MOST_CHARACTERS = 4_000


class WordLlamaEmbedder:
    """256 dimensions. Good for English and languages near to it; others are told apart by the tokens they share."""

    dimensions = 256

    @cached_property
    def name(self) -> str:
        from importlib.metadata import version

        return f"wordllama-256-{version('wordllama')}"

    @cached_property
    def _model(self) -> Any:
        from pathlib import Path

        import wordllama

        # The default cache folder is not where the wheel keeps its weights; without this the loader asks the network.
        model = wordllama.WordLlama.load(cache_dir=Path(wordllama.__file__).parent, disable_download=True)
        model.tokenizer.no_padding()
        model.tokenizer.no_truncation()
        return model

    def embed(self, texts: Sequence[str]) -> "npt.NDArray[np.float32]":
        import numpy as np

        rows = np.zeros((len(texts), self.dimensions), np.float32)
        if not texts:
            return rows
        vectors = self._model.embedding
        encode = self._model.tokenizer.encode_batch
        for start in range(0, len(texts), 1024):
            batch = [_encodable(t) for t in texts[start : start + 1024]]
            for offset, encoding in enumerate(encode(batch, add_special_tokens=False)):
                tokens = encoding.ids[:MOST_TOKENS]
                total = vectors[tokens].astype(np.float64).sum(axis=0) if tokens else np.zeros(self.dimensions)
                length = float(np.linalg.norm(total))
                if length > 0:
                    rows[start + offset] = total / length
        return rows


def _encodable(text: str) -> str:
    """Lone surrogates, which the tokenizer refuses, become question marks; spaces alone become nothing."""
    return text.strip()[:MOST_CHARACTERS].encode("utf-8", "replace").decode()
