"""What taxonomy/golden promises: form, counts, splits that do not leak, a reader that refuses. Not here: how well enrichment does on it."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from feedback_assets.enrichment.golden import read_golden
from feedback_assets.enrichment.taxonomy import Taxonomy, load_taxonomy
from feedback_assets.ground.errors import SettingError

TAXONOMY = Path(__file__).resolve().parents[2] / "taxonomy"
GOLDEN = TAXONOMY / "golden"

SUBCATEGORIES = {
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
AT_LEAST_BY_KIND = {
    "plain": 600,
    "multi": 70,
    "praise": 60,
    "question": 50,
    "short": 40,
    "sarcasm": 30,
    "negated": 30,
    "spam": 20,
    "code_switch": 15,
    "injection": 10,
    "hypothetical": 10,
    "masked": 10,
    "quoted": 8,
    "off_topic": 8,
}
AT_LEAST_BY_LANGUAGE = dict.fromkeys(("de", "fr", "es", "pt", "ja"), 60) | dict.fromkeys(
    ("it", "nl", "pl", "tr", "ru", "zh", "ko", "id", "sv"), 15
)
WITHOUT_LABELS = {"praise", "question", "negated", "hypothetical", "spam", "off_topic"}
EITHER_WAY = {"quoted", "injection"}


@cache
def _rows() -> tuple[dict[str, Any], ...]:
    return tuple(json.loads(line) for path in sorted(GOLDEN.glob("*.jsonl")) for line in path.read_text(encoding="utf-8").splitlines())


def _shingles(text: str) -> frozenset[str]:
    text = " ".join(text.lower().split())
    return frozenset(text[i : i + 5] for i in range(max(1, len(text) - 4)))


def _near_duplicates(rows: tuple[dict[str, Any], ...]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Pairs whose 5-character shingles have a Jaccard similarity above 0.6."""
    shingled = sorted(((_shingles(r["text"]), r) for r in rows), key=lambda pair: (len(pair[0]), pair[1]["id"]))
    for i, (smaller, one) in enumerate(shingled):
        for larger, other in shingled[i + 1 :]:
            if len(smaller) <= 0.6 * len(larger):
                break
            shared = len(smaller & larger)
            if shared > 0.6 * (len(smaller) + len(larger) - shared):
                yield one, other


def test_each_line_has_exactly_the_documented_keys_and_values() -> None:
    for row in _rows():
        assert list(row) == ["id", "text", "language", "kind", "group", "split", "labels"], row["id"]
        assert row["text"] == row["text"].strip()
        assert row["text"], row["id"]
        assert row["language"] in {"en"} | set(AT_LEAST_BY_LANGUAGE), row["id"]
        assert row["id"].startswith(f"{row['language']}-"), row["id"]
        assert row["kind"] in AT_LEAST_BY_KIND, row["id"]
        assert row["split"] in {"train", "calibration", "test"}, row["id"]
        for label in row["labels"]:
            assert list(label) == ["category", "subcategory", "evidence", "severity", "sentiment"], row["id"]
            assert label["subcategory"] in SUBCATEGORIES[label["category"]], row["id"]
            assert label["severity"] in range(1, 6), row["id"]
            assert label["sentiment"] in {"negative", "neutral", "positive", "mixed"}, row["id"]


def test_evidence_is_an_exact_part_of_its_text_and_the_parts_do_not_overlap() -> None:
    for row in _rows():
        spans = []
        for label in row["labels"]:
            assert row["text"].count(label["evidence"]) == 1, (row["id"], label["evidence"])
            assert label["evidence"] == label["evidence"].strip(), row["id"]
            assert label["evidence"], row["id"]
            start = row["text"].index(label["evidence"])
            spans.append((start, start + len(label["evidence"])))
        for (_, end), (start, _) in zip(sorted(spans), sorted(spans)[1:], strict=False):
            assert end <= start, row["id"]


def test_kinds_mean_what_the_readme_says_about_labels() -> None:
    for row in _rows():
        labels = len(row["labels"])
        if row["kind"] in WITHOUT_LABELS:
            assert labels == 0, row["id"]
        elif row["kind"] == "multi":
            assert 2 <= labels <= 4, row["id"]
        elif row["kind"] in {"plain", "short"}:
            assert labels == 1, row["id"]
        elif row["kind"] not in EITHER_WAY:
            assert labels >= 1, row["id"]


def test_ids_are_unique_and_no_text_is_there_twice() -> None:
    for key in ("id", "text"):
        counts = Counter(" ".join(row[key].casefold().split()) for row in _rows())
        assert [k for k, n in counts.items() if n > 1] == []


def test_near_duplicates_and_groups_never_straddle_splits() -> None:
    splits = defaultdict(set)
    for row in _rows():
        splits[row["group"]].add(row["split"])
    assert [g for g, s in splits.items() if len(s) > 1] == []
    assert [(a["id"], b["id"]) for a, b in _near_duplicates(_rows()) if a["split"] != b["split"] or a["group"] != b["group"]] == []


def test_the_search_for_near_duplicates_finds_them() -> None:
    rows = (
        {"id": "a", "text": "the app crashes on every start"},
        {"id": "b", "text": "The app  crashes on every start!"},
        {"id": "c", "text": "b"},
    )
    assert [(a["id"], b["id"]) for a, b in _near_duplicates(rows)] == [("a", "b")]


def test_there_are_enough_texts_of_each_kind_language_category_and_subcategory() -> None:
    rows = _rows()
    assert len(rows) >= 1000
    kinds, languages = Counter(r["kind"] for r in rows), Counter(r["language"] for r in rows)
    assert {k: n for k, n in AT_LEAST_BY_KIND.items() if kinds[k] < n} == {}
    assert {k: n for k, n in AT_LEAST_BY_LANGUAGE.items() if languages[k] < n} == {}
    assert 0.45 <= languages["en"] / len(rows) <= 0.65
    categories = Counter(c for r in rows for c in {label["category"] for label in r["labels"]})
    assert {c: categories[c] for c in SUBCATEGORIES if categories[c] < 60} == {}
    subcategories = Counter((label["category"], label["subcategory"]) for r in rows for label in r["labels"])
    assert [(c, s) for c, subs in SUBCATEGORIES.items() for s in subs if subcategories[c, s] < 12] == []


@pytest.mark.parametrize(("split", "share"), [("train", 0.60), ("calibration", 0.15), ("test", 0.25)])
def test_splits_keep_their_share_overall_and_in_each_category(split: str, share: float) -> None:
    rows = _rows()
    assert sum(r["split"] == split for r in rows) / len(rows) == pytest.approx(share, abs=0.02)
    for category in SUBCATEGORIES:
        of = [r for r in rows if any(label["category"] == category for label in r["labels"])]
        assert sum(r["split"] == split for r in of) / len(of) == pytest.approx(share, abs=0.05), category


def test_every_split_has_every_language_and_texts_without_an_issue() -> None:
    languages = {r["language"] for r in _rows()}
    for split in ("train", "calibration", "test"):
        of = [r for r in _rows() if r["split"] == split]
        assert {r["language"] for r in of} == languages
        assert 0.15 <= sum(not r["labels"] for r in of) / len(of) <= 0.30


def test_files_hold_one_language_each() -> None:
    for path in GOLDEN.glob("*.jsonl"):
        found = {json.loads(line)["language"] for line in path.read_text(encoding="utf-8").splitlines()}
        assert found == {path.stem.split("-")[0]}, path.name


@pytest.fixture(scope="module")
def taxonomy() -> Taxonomy:
    return load_taxonomy(TAXONOMY)


def test_the_taxonomy_knows_every_label(taxonomy: Taxonomy) -> None:
    assert {c.id: {s.id for s in c.subcategories} for c in taxonomy.categories} == SUBCATEGORIES
    assert [g.id for g in read_golden(GOLDEN, taxonomy)] == sorted(r["id"] for r in _rows())


@pytest.mark.parametrize(
    ("label", "named"),
    [
        ({"category": "weather"}, "weather"),
        ({"subcategory": "explosion"}, "explosion"),
        ({"evidence": "App crashes"}, "evidence"),
        ({"severity": 6}, "severity"),
        ({"sentiment": "angry"}, "sentiment"),
        ({"comment": "hi"}, "comment"),
    ],
)
def test_a_wrong_label_is_refused_by_name(tmp_path: Path, taxonomy: Taxonomy, label: dict[str, Any], named: str) -> None:
    right = {"category": "stability_performance", "subcategory": "crash", "evidence": "it crashes", "severity": 4, "sentiment": "negative"}
    row = {"id": "en-x", "text": "it crashes", "language": "en", "kind": "plain", "group": "en-x", "split": "train"}
    file = tmp_path / "texts.jsonl"
    file.write_text(json.dumps(row | {"labels": [right]}) + "\n", encoding="utf-8")
    assert len(read_golden(tmp_path, taxonomy)) == 1
    file.write_text(json.dumps(row | {"labels": [right | label]}) + "\n", encoding="utf-8")
    with pytest.raises(SettingError, match=named):
        read_golden(tmp_path, taxonomy)


def test_an_id_given_twice_is_refused(tmp_path: Path, taxonomy: Taxonomy) -> None:
    row = {"id": "en-x", "text": "it is fine", "language": "en", "kind": "praise", "group": "en-x", "split": "train", "labels": []}
    (tmp_path / "texts.jsonl").write_text((json.dumps(row) + "\n") * 2, encoding="utf-8")
    with pytest.raises(SettingError, match="twice"):
        read_golden(tmp_path, taxonomy)
