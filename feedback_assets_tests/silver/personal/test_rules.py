"""A site's rules: what it keeps, what its numbers look like, and files that are refused."""

from pathlib import Path

import pytest

from feedback_assets.ground.errors import SettingError
from feedback_assets.ground.placeholders import plain
from feedback_assets.ground.settings import project_root
from feedback_assets.silver.offsets import MappedText
from feedback_assets.silver.personal.masker import Masker, Policy
from feedback_assets.silver.personal.rules import PersonalData, Recognition, SourceRules, load_personal_data
from feedback_assets_tests.keys import KEY

RULES = PersonalData(
    sources={
        "every": SourceRules(keep=("+1 212 555 0199", "KX-4111")),
        "zendesk": SourceRules(order=(r"\bZD-(?P<id>[0-9]{7})\b",), account=(r"\bM[0-9]{4}X\b",), keep_patterns=(r"E-[0-9]{10}",)),
    }
)


def masked(text: str, source: str) -> str:
    masker = Masker(Policy(KEY, RULES))
    one = masker.mask(MappedText.raw(text), source=source)[0].text
    assert masker.mask_all([MappedText.raw(text)], sources=[source])[0][0].text == one
    assert masker.mask(MappedText.raw(one), source=source)[0].text == one
    return plain(one)


def test_what_the_site_keeps_stays_and_only_that() -> None:
    assert masked("call +1 212 555 0199 or +1 212 555 0142", "forum") == "call +1 212 555 0199 or [PHONE]"
    assert masked("code E-9876543210 and 9876543210", "zendesk") == "code E-9876543210 and [PHONE]"


def test_patterns_of_a_source_mask_its_own_numbers_and_no_other_sources() -> None:
    assert masked("see ZD-1234567, member M1234X", "zendesk") == "see ZD-[ORDER], member [ACCOUNT]"
    assert masked("see ZD-1234567, M1234X", "forum") == "see ZD-1234567, M1234X"


def test_the_file_of_the_project_is_valid_and_a_missing_one_means_no_rules(tmp_path: Path) -> None:
    assert load_personal_data(project_root() / "taxonomy" / "personal_data.yaml").sources == {}
    assert load_personal_data(tmp_path / "none.yaml") == PersonalData()


@pytest.mark.parametrize(
    "text",
    ["sourcs: {}", "sources: {zendesk: {orders: []}}", "sources: {x: {order: ['(']}}", "sources: {x: {order: ['a*']}}", "- 1", "a: ["],
)
def test_a_file_with_a_typing_error_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "personal_data.yaml"
    path.write_text(text)
    with pytest.raises(SettingError, match=r"personal_data\.yaml"):
        load_personal_data(path)


def test_a_recogniser_that_is_not_there_is_named() -> None:
    with pytest.raises(SettingError, match="no recogniser 'nobody'"):
        Masker(Policy(KEY, PersonalData(recogniser=Recognition(name="nobody")))).mask(MappedText.raw("Ann"))


def test_presidio_without_its_packages_or_model_says_what_to_install() -> None:
    with pytest.raises(SettingError, match="presidio"):
        Masker(Policy(KEY, PersonalData(recogniser=Recognition(name="presidio", model="absent")))).mask(MappedText.raw("Ann"))
