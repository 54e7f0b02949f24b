"""The local model: trained twice it is the same; what is stored is used only when it is whole and of the same data."""

from pathlib import Path

import pytest

from feedback_assets.enrichment import shipped
from feedback_assets.enrichment.golden import GoldenText, read_golden
from feedback_assets.enrichment.model import load, save
from feedback_assets.enrichment.taxonomy import Taxonomy
from feedback_assets.enrichment.training import load_or_train, model_version, train
from feedback_assets.ground.errors import SettingError
from feedback_assets.ground.settings import project_root

TEXTS = ["the app crashes", "charged twice!!", "ログインできない", "love it", "", "12345", "İstanbul 'quoted' text"]
LINE = '{"id": "a", "text": "it crashes", "language": "en", "kind": "plain", "group": "a", "split": "train", "labels": [%s]}'
LABEL = '{"category": "%s", "subcategory": "%s", "evidence": "%s", "severity": 4, "sentiment": "negative"}'


@pytest.fixture(scope="module")
def models(taxonomy: Taxonomy, golden: list[GoldenText], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a model that was fitted here."""
    folder, version = tmp_path_factory.mktemp("models"), model_version(taxonomy, golden)
    save(train(taxonomy, golden, version), folder / f"{version}.npz")
    return folder


def test_a_new_home_takes_the_model_of_the_installation_and_stores_none(
    taxonomy: Taxonomy, golden: list[GoldenText], models: Path, tmp_path: Path
) -> None:
    version = model_version(taxonomy, golden)
    installed = load(shipped.FOLDER / f"{version}.npz", version)
    assert installed is not None, "`make install` fits it"
    assert load_or_train(taxonomy, project_root() / "taxonomy" / "golden", tmp_path).version == version
    assert list(tmp_path.iterdir()) == []
    fitted = load(models / f"{version}.npz", version)
    assert fitted is not None
    assert (installed.parameters.weights == fitted.parameters.weights).all()


def test_two_trainings_of_the_same_data_are_equal(taxonomy: Taxonomy, golden: list[GoldenText], models: Path) -> None:
    version = model_version(taxonomy, golden)
    stored = load(models / f"{version}.npz", version)
    assert stored is not None
    again = train(taxonomy, golden, version)
    assert (stored.parameters.weights == again.parameters.weights).all()
    assert stored.parameters.platt == again.parameters.platt
    assert (stored.raw(stored.sums(TEXTS)) == again.raw(again.sums(TEXTS))).all()


def test_a_stored_model_that_is_cut_changed_or_of_another_version_is_not_used(
    taxonomy: Taxonomy, golden: list[GoldenText], models: Path, tmp_path: Path
) -> None:
    path = models / f"{model_version(taxonomy, golden)}.npz"
    version = path.stem
    raw = path.read_bytes()
    copy = tmp_path / path.name
    assert load(copy, version) is None
    for content in (b"", raw[: len(raw) // 2], b"\x80\x04pickle"):
        copy.write_bytes(content)
        assert load(copy, version) is None
    copy.write_bytes(raw)
    assert load(copy, "linear-000000000000") is None
    model = load(copy, version)
    assert model is not None
    model.parameters.weights[0, 0] += 1
    save(model, copy)
    assert load(copy, version) is not None  # saved anew: a whole file of its own content
    spoiled = bytearray(copy.read_bytes())
    spoiled[len(spoiled) // 2] ^= 0xFF
    copy.write_bytes(bytes(spoiled))
    assert load(copy, version) is None


def test_a_small_or_missing_golden_set_trains_too(taxonomy: Taxonomy, tmp_path: Path) -> None:
    model = load_or_train(taxonomy, tmp_path / "none", tmp_path / "models")
    again = load_or_train(taxonomy, tmp_path / "none", tmp_path / "models")
    assert model.version == again.version
    names = model.heads.categories
    best = model.probabilities(model.raw(model.sums(["I was charged twice", "アプリが落ちる"]))).argmax(axis=1)
    assert [names[i] for i in best] == ["billing_payment", "stability_performance"]


def test_the_test_split_is_not_part_of_the_model(taxonomy: Taxonomy, golden: list[GoldenText]) -> None:
    assert model_version(taxonomy, golden) == model_version(taxonomy, [g for g in golden if g.split != "test"])


@pytest.mark.parametrize(
    "line",
    [
        "not json",
        LINE.replace('"train"', '"later"') % "",
        LINE % (LABEL % ("weather", "", "it")),
        LINE % (LABEL % ("stability_performance", "rain", "it")),
        LINE % (LABEL % ("stability_performance", "crash", "not there")),
        (LINE % "") + "\n" + (LINE % ""),
    ],
)
def test_a_wrong_golden_line_is_named(taxonomy: Taxonomy, tmp_path: Path, line: str) -> None:
    (tmp_path / "en.jsonl").write_text(line + "\n", encoding="utf-8")
    with pytest.raises(SettingError, match=r"en\.jsonl:\d"):
        read_golden(tmp_path, taxonomy)
