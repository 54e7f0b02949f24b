"""Numbers beside other numbers: where one ends and the next begins."""

import pytest

from feedback_assets.silver.offsets import MappedText
from feedback_assets_tests.keys import MASKER


@pytest.mark.parametrize("before", ["error 12", "version 12.4.1", "build 20210405", "firefox 84.0.2"])
@pytest.mark.parametrize("phone", ["(909) 555-0154", "909-555-0154", "909.555.0154"])
def test_a_phone_right_behind_another_number_is_masked_and_the_other_stays(before: str, phone: str) -> None:
    masked, _ = MASKER.mask(MappedText.raw(f"seen with {before} {phone} again"))
    assert "555" not in masked.text
    assert masked.text.startswith(f"seen with {before} [PHONE:")
