"""A MiniLM sentence model in ONNX form, which the site puts into a folder. Needs the extra `minilm`; nothing is downloaded.

Better on short texts than static vectors and some fifty times slower. One text at a time, on one thread: padding a text to the length of
its neighbours would change the last bits of its vector.
"""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from feedback_assets.ground.errors import SettingError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

MODEL = "model.onnx"
TOKENIZER = "tokenizer.json"
MOST_TOKENS = 256
MOST_CHARACTERS = 4_000


class MiniLmEmbedder:
    """The model in `folder`: model.onnx, giving token vectors or one vector a text, and tokenizer.json."""

    def __init__(self, folder: Path) -> None:
        for name in (MODEL, TOKENIZER):
            if not (folder / name).is_file():
                raise SettingError(
                    f"the embedder minilm has no {folder / name}",
                    expected=f"{MODEL} and {TOKENIZER} of a sentence model such as all-MiniLM-L6-v2",
                    mend="put both files there, or set FEEDBACK_EMBEDDER=wordllama",
                )
        self._folder = folder

    @cached_property
    def name(self) -> str:
        """The hash covers both files: another model or tokenizer is another embedder."""
        import hashlib

        h = hashlib.sha256()
        for name in (MODEL, TOKENIZER):
            with (self._folder / name).open("rb") as file:
                h.update(hashlib.file_digest(file, "sha256").digest())
        return f"minilm-{self.dimensions}-{h.hexdigest()[:12]}"

    @cached_property
    def dimensions(self) -> int:
        return int(self._session.get_outputs()[0].shape[-1])

    @cached_property
    def _session(self) -> Any:
        from importlib import import_module

        try:
            runtime = import_module("onnxruntime")
        except ImportError:
            raise SettingError(
                "the embedder minilm needs onnxruntime, which is not installed", mend="pip install 'feedback-assets[minilm]'"
            ) from None
        options = runtime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        return runtime.InferenceSession(str(self._folder / MODEL), options, providers=["CPUExecutionProvider"])

    @cached_property
    def _tokenizer(self) -> Any:
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(self._folder / TOKENIZER))
        tokenizer.no_padding()
        tokenizer.enable_truncation(MOST_TOKENS)
        return tokenizer

    def embed(self, texts: Sequence[str]) -> "npt.NDArray[np.float32]":
        import numpy as np

        rows = np.zeros((len(texts), self.dimensions), np.float32)
        asked = [i.name for i in self._session.get_inputs()]
        for row, text in enumerate(texts):
            said = text.strip()[:MOST_CHARACTERS].encode("utf-8", "replace").decode()
            if not said:
                continue
            encoding = self._tokenizer.encode(said)
            given = {
                "input_ids": np.array([encoding.ids], np.int64),
                "attention_mask": np.array([encoding.attention_mask], np.int64),
                "token_type_ids": np.array([encoding.type_ids], np.int64),
            }
            found = np.asarray(self._session.run(None, {name: given[name] for name in asked})[0], np.float64)[0]
            vector = found.mean(axis=0) if found.ndim > 1 else found
            length = float(np.linalg.norm(vector))
            if length > 0:
                rows[row] = vector / length
        return rows
