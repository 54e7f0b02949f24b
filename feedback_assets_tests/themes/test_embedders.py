"""An embedder gives the same text the same vector, in whatever company, without a network."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedback_assets.ground.errors import SettingError
from feedback_assets.themes.embedders.registry import embedder_named

EMBEDDER = embedder_named("wordllama")


@settings(max_examples=30, deadline=None)
@given(st.lists(st.text(st.characters(codec=None), max_size=80), max_size=6))
def test_any_text_gets_a_unit_or_a_zero_vector_that_its_neighbours_do_not_change(texts: list[str]) -> None:
    rows = EMBEDDER.embed(texts)
    assert rows.dtype == np.float32
    assert rows.shape == (len(texts), EMBEDDER.dimensions)
    for text, row in zip(texts, rows, strict=True):
        assert np.array_equal(EMBEDDER.embed([text])[0], row)
        length = float(np.linalg.norm(row))
        assert length == 0 or abs(length - 1) < 1e-5


def test_a_text_without_content_is_zero() -> None:
    assert not EMBEDDER.embed(["", "   ", "\n\t"]).any()


def test_a_name_that_no_embedder_has_says_which_there_are() -> None:
    with pytest.raises(SettingError, match="wordllama"):
        embedder_named("none")


def test_minilm_without_its_files_says_where_they_belong(tmp_path: Path) -> None:
    for present in ((), ("model.onnx",)):
        for name in present:
            (tmp_path / "minilm").mkdir()
            (tmp_path / "minilm" / name).touch()
        with pytest.raises(SettingError, match=r"tokenizer\.json" if present else r"model\.onnx"):
            embedder_named("minilm", tmp_path)


@pytest.mark.skipif(find_spec("onnxruntime") is not None, reason="onnxruntime is installed: there is nothing to refuse")
def test_minilm_without_its_runtime_says_which_extra_brings_it(tmp_path: Path) -> None:
    (tmp_path / "minilm").mkdir()
    for name in ("model.onnx", "tokenizer.json"):
        (tmp_path / "minilm" / name).touch()
    with pytest.raises(SettingError, match="onnxruntime"):
        embedder_named("minilm", tmp_path).embed(["some text"])
