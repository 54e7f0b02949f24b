"""What the local model learns of decisions: only what a person looked at, that is in force, and that says something of the labels."""

from typing import Any

import pytest

from feedback_assets.enrichment.decisions import decided_samples, read_decisions
from feedback_assets.enrichment.samples import NONE
from feedback_assets.enrichment.taxonomy import Taxonomy, load_taxonomy
from feedback_assets.ground.settings import project_root
from feedback_assets.lakehouse.local import LocalLakehouse
from feedback_assets.review.decide import approve, duplicate, edit, reject, spam, undo
from feedback_assets.review.labels import Labels, labels_of
from feedback_assets_tests.review.texts import NOW, Text, put

BILLING, CRASH = "billing_payment", "stability_performance"


@pytest.fixture(scope="module")
def taxonomy() -> Taxonomy:
    return load_taxonomy(project_root() / "taxonomy")


@pytest.fixture(scope="module")
def labels(taxonomy: Taxonomy) -> Labels:
    return labels_of(taxonomy.categories)


def learnt(lake: LocalLakehouse, taxonomy: Taxonomy) -> dict[str, set[str]]:
    rows: list[dict[str, Any]] = read_decisions(lake)
    return {s.text: set(s.categories) for s in decided_samples(rows, taxonomy, [])}


def test_labels_come_from_the_taxonomy_with_their_owners(taxonomy: Taxonomy, labels: Labels) -> None:
    assert labels.owners[BILLING] == taxonomy.by_id[BILLING].owner
    assert labels.knows(CRASH, "crash")
    assert not labels.knows(BILLING, "crash")


def test_spam_and_rejections_teach_that_there_is_no_issue_and_corrections_the_persons_label(
    lake: LocalLakehouse, taxonomy: Taxonomy, labels: Labels
) -> None:
    texts = put(lake, [Text(n, category=BILLING, quote=f"words of {n} alone") for n in ("one", "two", "three", "four")])
    spam(lake, texts[0].issue, by="u-1", now=NOW)
    reject(lake, texts[1].issue, by="u-1", now=NOW)
    edit(lake, labels, texts[2].issue, by="u-1", now=NOW, category=CRASH, subcategory="crash")
    approve(lake, labels, texts[3].issue, by="u-1", now=NOW)
    assert learnt(lake, taxonomy) == {
        "words of one alone": {NONE},
        "words of two alone": {NONE},
        "words of three alone": {CRASH},
        "words of four alone": {BILLING},
    }


def test_copies_repetitions_disputes_and_what_was_taken_back_are_not_learnt(
    lake: LocalLakehouse, taxonomy: Taxonomy, labels: Labels
) -> None:
    named = ["head", "copy", "repeat", "disputed", "undone"]
    texts = [Text(n, category=BILLING, quote=f"words of {n} alone", leader="head" if n == "copy" else "") for n in named]
    head, _, repeat, disputed, undone = put(lake, texts)
    approve(lake, labels, head.issue, by="u-1", now=NOW)
    duplicate(lake, repeat.issue, of=head.issue, by="u-1", now=NOW)
    approve(lake, labels, disputed.issue, by="u-1", now=NOW)
    reject(lake, disputed.issue, by="u-2", now=NOW)
    gone = approve(lake, labels, undone.issue, by="u-1", now=NOW)
    assert set(learnt(lake, taxonomy)) == {"words of head alone", "words of undone alone"}
    undo(lake, gone.decision["decision_id"], by="u-1", now=NOW)
    assert set(learnt(lake, taxonomy)) == {"words of head alone"}
