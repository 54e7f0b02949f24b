"""The taxonomy files: a wrong key is named, and every example and counter-example is executed."""

import shutil
from collections import Counter
from pathlib import Path

import pytest
import yaml

from feedback_assets.enrichment.reader import Reader
from feedback_assets.enrichment.taxonomy import Taxonomy, load_taxonomy
from feedback_assets.enrichment.tiers.interface import EventText
from feedback_assets.enrichment.tiers.rules import RuleTier
from feedback_assets.ground.errors import SettingError
from feedback_assets_tests.enrichment.conftest import TAXONOMY

CATEGORIES = {
    "stability_performance": {"crash", "freeze", "slow", "resource_use"},
    "sign_in_account": {"login", "password", "two_factor", "account_locked"},
    "billing_payment": {"double_charge", "refund", "subscription", "payment_failed"},
    "data_loss_sync": {"data_lost", "sync", "import_export"},
    "display_usability": {"layout", "navigation", "readability", "accessibility", "changed_design"},
    "install_update": {"install_fails", "update_breaks", "compatibility"},
    "connectivity_loading": {"outage", "page_not_loading", "certificate", "offline"},
    "function_broken": {"media", "printing", "downloads", "extensions", "notifications", "search"},
    "privacy_security": {"unwanted_popups", "hacked", "tracking", "permissions"},
    "delivery_service": {"late_delivery", "lost_parcel", "returns", "customer_service"},
    "product_quality": {"defect", "fit_size", "wrong_item", "material"},
    "feature_request": {"new_feature", "bring_back", "setting"},
}


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copytree(TAXONOMY, tmp_path / "taxonomy", ignore=shutil.ignore_patterns("golden"))
    return tmp_path / "taxonomy"


def test_ids_that_other_stages_rely_on_are_there(taxonomy: Taxonomy) -> None:
    assert {c.id: {s.id for s in c.subcategories} for c in taxonomy.categories} == CATEGORIES


def test_every_category_has_examples_in_several_languages(taxonomy: Taxonomy) -> None:
    for category in taxonomy.categories:
        assert len(category.examples) >= 12
        assert len({e.language for e in category.examples}) >= 8
        assert {e.subcategory for e in category.examples if e.subcategory} == {s.id for s in category.subcategories}


def test_every_example_is_found_and_no_counter_example_is(taxonomy: Taxonomy, reader: Reader) -> None:
    rules = RuleTier(taxonomy)
    by_tier: Counter[str] = Counter()
    wrong = []
    for category in taxonomy.categories:
        for example in category.examples:
            event = EventText("", "", example.text, language=example.language)
            (decision,) = reader.read([event])
            by_tier.update(i.tier for i in decision.issues if i.category == category.id)
            if category.id not in {i.category for i in decision.issues}:
                wrong.append((category.id, example.text))
            if example.subcategory and category.id in {c.category for c in rules.read([event])[0].candidates}:
                assert example.subcategory in {i.subcategory for i in decision.issues if i.category == category.id}, example.text
        for counter in category.counter_examples:
            (decision,) = reader.read([EventText("", "", counter.text, language=counter.language)])
            said = {i.category for i in decision.issues}
            if category.id in said or (counter.category and counter.category not in said) or (not counter.category and said):
                wrong.append((category.id, counter.text))
    assert not wrong, f"{wrong}; found by {dict(by_tier)}"
    assert by_tier["rules"] > 0


@pytest.mark.parametrize(
    ("file", "change", "names"),
    [
        ("taxonomy.yaml", {"colour": "red"}, "colour"),
        ("taxonomy.yaml", {"version": "soon"}, "version"),
        ("taxonomy.yaml", {"bars": {"accept": 0.2, "further": 0.9, "model_alone": 0.7, "beside": 0.5, "review": 0.4}}, "bars"),
        ("taxonomy.yaml", {"strengths": {"sure": 0.9}}, "strengths"),
        ("taxonomy.yaml", {"problem": {"en": "(unclosed"}}, "problem.en"),
        ("categories/feature_request.yaml", {"urgency": "yesterday"}, "urgency"),
        ("categories/feature_request.yaml", {"ownr": "x"}, "ownr"),
        ("categories/feature_request.yaml", {"id": "wishes"}, "id"),
        ("categories/feature_request.yaml", {"examples": [{"text": "please add this", "language": "en"}]}, "examples"),
        ("categories/feature_request.yaml", {"severity": {1: "an idea"}}, "rubric"),
        ("categories/feature_request.yaml", {"exclude": {"en": "{nothing} here"}}, "exclude.en"),
        (
            "categories/feature_request.yaml",
            {"counter_examples": [{"text": "no", "language": "en", "category": "weather"}] * 2},
            "counter_examples.0",
        ),
    ],
)
def test_a_mistake_is_named_with_its_file_and_key(copy: Path, file: str, change: dict[str, object], names: str) -> None:
    data = yaml.safe_load((copy / file).read_text(encoding="utf-8"))
    (copy / file).write_text(yaml.safe_dump({**data, **change}, allow_unicode=True), encoding="utf-8")
    with pytest.raises(SettingError) as e:
        load_taxonomy(copy)
    assert file in str(e.value)
    assert names in str(e.value)


def test_a_missing_unlisted_or_unreadable_file_is_named(copy: Path) -> None:
    (copy / "categories" / "weather.yaml").write_text("id: weather\n", encoding="utf-8")
    with pytest.raises(SettingError, match="weather"):
        load_taxonomy(copy)
    (copy / "categories" / "weather.yaml").unlink()
    (copy / "categories" / "feature_request.yaml").write_text("id: [", encoding="utf-8")
    with pytest.raises(SettingError, match=r"feature_request.yaml is not YAML at line"):
        load_taxonomy(copy)
    (copy / "categories" / "feature_request.yaml").unlink()
    with pytest.raises(SettingError, match=r"feature_request.yaml is missing"):
        load_taxonomy(copy)


def test_the_version_follows_the_content(copy: Path, taxonomy: Taxonomy) -> None:
    assert load_taxonomy(copy).version == taxonomy.version
    path = copy / "taxonomy.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("accept: 0.70", "accept: 0.71"), encoding="utf-8")
    assert load_taxonomy(copy).version != taxonomy.version
