"""The truth file says what is in the files, and everything that was to be planted is planted."""

from collections import Counter, defaultdict
from datetime import UTC, datetime
from pathlib import Path

import pytest

from feedback_assets.demo import causes
from feedback_assets.demo.compose import LANGUAGES
from feedback_assets.demo.schedule import SOURCES
from feedback_assets.demo.truth import BrokenRecord, TruthRecord, read_truth
from feedback_assets.ground.errors import FeedbackError
from feedback_assets_tests.demo.conftest import Demo
from feedback_assets_tests.demo.reading import elements, id_of, unpacked

TAXONOMY = {
    "stability_performance",
    "sign_in_account",
    "billing_payment",
    "data_loss_sync",
    "display_usability",
    "install_update",
    "connectivity_loading",
    "function_broken",
    "privacy_security",
    "delivery_service",
    "product_quality",
    "feature_request",
}


def test_every_record_stands_in_its_file_in_the_order_of_the_truth(demo: Demo) -> None:
    told: dict[str, list[TruthRecord]] = defaultdict(list)
    broken: dict[str, dict[int, BrokenRecord]] = defaultdict(dict)
    for r in demo.truth.records:
        told[r.file].append(r)
    for b in demo.truth.broken:
        broken[b.file][b.index] = b
    seen = 0
    for path in demo.files():
        name = path.relative_to(demo.landing).as_posix()
        if "-90-" in name:
            continue
        found = elements(path)
        assert len(found) == len(told[name]) + len(broken[name]), name
        good = [(i, e) for i, e in enumerate(found) if i not in broken[name]]
        for (_, element), r in zip(good, told[name], strict=True):
            assert id_of(r.source, path, element) == r.record_id
        seen += len(good)
    assert seen == 5000


def test_totals_and_report_agree_with_the_lines(demo: Demo) -> None:
    truth = demo.truth
    assert truth.totals["by_source"] == demo.report.by_source == dict(Counter(r.source for r in truth.records))
    assert truth.header["records_by_source"] == demo.report.by_source
    assert truth.totals["by_kind"] == dict(sorted(Counter(k for r in truth.records for k in r.kinds).items()))
    single = Counter(b.source for b in truth.broken if "-90-" not in b.file)
    assert {s: n for s, n in truth.header["broken_records_by_source"].items() if n} == dict(single)
    assert set(single) == set(SOURCES)


def test_planted_personal_data_stands_in_the_file_word_for_word(demo: Demo) -> None:
    contents: dict[str, str] = {}
    kinds = set()
    for r in demo.truth.records:
        if r.personal and r.file not in contents:
            contents[r.file] = unpacked(demo.landing / r.file).decode("utf-8", "replace")
        for kind, value in r.personal:
            assert value in contents[r.file]
            kinds.add(kind)
    assert kinds == {"email", "phone", "card", "iban", "ip", "url_token", "order_id"}


def test_every_kind_language_category_and_defect_occurs(demo: Demo) -> None:
    kinds = {k for r in demo.truth.records for k in r.kinds}
    assert kinds == {
        "edit", "deletion", "redelivery", "echo", "near_duplicate", "macro", "spam", "several_issues", "sarcasm", "very_short",
        "personal_data", "html", "signature", "quoted_reply", "prompt_injection", "formula", "emoji_only", "empty", "late", "praise",
        "question", "neutral",
    }  # fmt: skip
    languages = Counter(r.language for r in demo.truth.records)
    assert set(LANGUAGES) | {"und"} == set(languages)
    assert 0.5 < languages["en"] / 5000 < 0.7
    assert {c for r in demo.truth.records for c in r.categories} == TAXONOMY
    assert {b.defect for b in demo.truth.broken} >= {
        "missing_id", "wrong_type", "bad_time", "not_an_object", "bad_encoding", "cut_json", "short_row", "truncated_archive",
        "cut_document", "empty_file",
    }  # fmt: skip


def test_causes_have_categories_of_the_taxonomy_and_a_sane_severity() -> None:
    for cause in causes.ALL.values():
        assert cause.category is None or cause.category in TAXONOMY
        assert 1 <= cause.severity[0] <= cause.severity[1] <= 5


def test_incidents_happen_when_the_header_says(demo: Demo) -> None:
    planned = demo.truth.header["incidents"]
    days: dict[str, Counter[str]] = defaultdict(Counter)
    for r in demo.truth.records:
        if r.incident and r.revision == 1:
            days[r.incident][r.feed_date] += 1
    for which in ("regression_export_pdf", "regression_login_loop"):
        start = planned[which]["day"]
        assert min(days[which]) == start
        assert sum(n for day, n in days[which].items() if start <= day <= planned[which]["fixed"]) > 100
    # Somebody echoes an outage a day later; nobody has it before.
    outage = [
        r
        for r in demo.truth.records
        if r.incident == "outage" and not {"edit", "deletion", "redelivery", "echo", "near_duplicate"} & set(r.kinds)
    ]
    assert {r.feed_date for r in outage} == {planned["outage"]["day"]}
    assert {datetime.fromtimestamp(r.event_time, UTC).hour for r in outage} == {10, 11, 12, 13}
    assert {r.source for r in outage} >= set(SOURCES) - {"returns", "generic"}
    macro = [r for r in demo.truth.records if r.incident == "macro_lifetime_licence" and "macro" in r.kinds and r.revision == 1]
    assert len(macro) > 15
    assert len({r.record_id for r in macro if "redelivery" not in r.kinds}) > 15


def test_bad_releases_name_their_version(demo: Demo) -> None:
    released = {x["version"]: x["day"] for x in demo.truth.header["releases"]}
    for which in ("regression_export_pdf", "regression_login_loop"):
        version = demo.truth.header["incidents"][which]["version"]
        assert released[version] == demo.truth.header["incidents"][which]["day"]
        assert {r.version for r in demo.truth.records if r.incident == which} == {version}


def test_revisions_count_up_from_one_without_gaps_and_end_with_the_deletion(demo: Demo) -> None:
    states: dict[tuple[str, str], dict[int, TruthRecord]] = defaultdict(dict)
    for r in demo.truth.records:
        states[r.source, r.record_id].setdefault(r.revision, r)
    for revisions in states.values():
        assert sorted(revisions) == list(range(1, len(revisions) + 1))
        assert not any(r.deleted for n, r in revisions.items() if n < len(revisions))
        assert [revisions[n].feed_date for n in sorted(revisions)] == sorted(r.feed_date for r in revisions.values())
    assert max(map(len, states.values())) >= 3
    assert any(len({r.feed_date for r in x.values()}) == 1 for x in states.values() if len(x) > 1)
    assert any(len({r.feed_date for r in x.values()}) > 1 for x in states.values() if len(x) > 1)


def test_a_redelivery_is_the_same_bytes_again(demo: Demo) -> None:
    copies = [r for r in demo.truth.of_kind("redelivery") if r.source in {"zendesk", "intercom", "google_play", "app_store"}]
    assert copies
    by_id = defaultdict(list)
    for r in demo.truth.records:
        by_id[r.source, r.record_id, r.revision].append(r)
    for copy in copies:
        first = next(r for r in by_id[copy.source, copy.record_id, copy.revision] if "redelivery" not in r.kinds)
        needle = copy.record_id.encode()
        lines = []
        for r in (first, copy):
            at = [line for line in unpacked(demo.landing / r.file).split(b"\n") if needle in line]
            lines.append({line.rstrip(b",") for line in at})
        assert lines[0] & lines[1]


def test_copies_name_an_original_that_was_delivered_by_then(demo: Demo) -> None:
    first: dict[str, TruthRecord] = {}
    for r in demo.truth.records:
        first.setdefault(f"{r.source}:{r.record_id}", r)
    copies = [r for r in demo.truth.of_kind("near_duplicate") if r.revision == 1]
    assert len(copies) > 50
    for r in copies:
        assert first[r.duplicate_of].feed_date <= r.feed_date
        assert first[r.duplicate_of].category == r.category


def test_echoes_come_from_one_person_through_several_channels(demo: Demo) -> None:
    groups = defaultdict(set)
    for r in demo.truth.of_kind("echo"):
        groups[r.group].add(r.source)
    several = [g for g in groups.values() if len(g) > 1]
    assert len(several) > 5
    assert max(map(len, groups.values())) >= 3


def test_the_late_file_is_said_days_before_it_is_delivered(demo: Demo) -> None:
    late = demo.truth.of_kind("late")
    assert len({r.file for r in late}) == 1
    assert len(late) == demo.truth.header["incidents"]["late_file"]["records"]
    for r in late:
        delivered = datetime.fromisoformat(r.feed_date).replace(tzinfo=UTC)
        assert 3 <= (delivered - datetime.fromtimestamp(r.event_time, UTC)).total_seconds() / 86400 + 1 <= 6


def test_a_cut_truth_file_is_refused(demo: Demo, tmp_path: Path) -> None:
    lines = demo.report.truth.read_text(encoding="utf-8").splitlines(keepends=True)
    path = tmp_path / "demo_truth.jsonl"
    path.write_text("".join(lines[:-1]), encoding="utf-8")
    with pytest.raises(FeedbackError, match="totals"):
        read_truth(tmp_path)
