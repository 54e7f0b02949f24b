"""What labelled rows must be."""

import pytest

from feedback_assets.evaluation.outcome import LabelError, texts_of


@pytest.mark.parametrize(("row", "said"), [({}, "missing"), ({"text": 3}, "int found"), ({"text": None}, "NoneType found")])
def test_a_row_without_its_text_is_named_with_its_number(row: dict[str, object], said: str) -> None:
    with pytest.raises(LabelError, match=rf"record 2: a string expected under 'text'.*{said}"):
        texts_of([{"text": "good"}, row])
