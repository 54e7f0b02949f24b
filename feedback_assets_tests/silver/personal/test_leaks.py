"""The scan of what silver stores sees every planted leak and tells no value; the verdict on a run warns, and stops only broken masking."""

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from feedback_assets.contracts.arrow import to_arrow
from feedback_assets.contracts.silver import EVENTS
from feedback_assets.lakehouse.local import LocalLakehouse
from feedback_assets.silver.offsets import MappedText
from feedback_assets.silver.personal.detectors import seen_in
from feedback_assets.silver.personal.leaks import LEAST_TEXTS, NOTED, TEXTS, leak_verdict, leaks_in_rows, noted_rows, second_look_verdict
from feedback_assets.silver.personal.rules import PersonalData, SourceRules
from feedback_assets_tests.keys import MASKER
from feedback_assets_tests.silver.deliveries import DAY
from feedback_assets_tests.silver.personal.test_texts import texts

if TYPE_CHECKING:
    import pyarrow as pa

PLANTED = {
    "email": "ann.berg@example.com",
    "card": "4111 1111 1111 1111",
    "iban": "DE50 1000 0000 0000 0000 01",
    "phone": "+1 212 555 0142",
    "national_id": "219-09-9999",
    "secret": "ghp_0123456789abcdefghijABCDEFGHIJ012345",
}


def row(**told: Any) -> dict[str, Any]:
    empty: dict[str, Any] = dict.fromkeys(TEXTS, "")
    return {**empty, "event_id": "0" * 32, "source": "forum", "url": "", "attachments": [], "attributes": "{}", **told}


@pytest.mark.parametrize("column", [c for c in TEXTS if c != "version"])
@pytest.mark.parametrize("kind", PLANTED)
def test_a_leak_is_seen_in_every_text_column(column: str, kind: str) -> None:
    found = list(leaks_in_rows([row(**{column: f"It is {PLANTED[kind]}, thanks"})]))
    assert (column, kind) in {(leak.column, leak.kind) for leak in found}
    assert PLANTED[kind] not in repr(found)


@pytest.mark.parametrize("kind", PLANTED)
def test_the_detectors_see_it_without_the_recognisers(kind: str) -> None:
    text = f"It is {PLANTED[kind]}, thanks"
    assert kind in {k for _, _, k in seen_in(text)}
    assert all(0 <= a < b <= len(text) for a, b, _ in seen_in(text))


def test_leaks_in_addresses_and_attributes_are_seen() -> None:
    assert list(leaks_in_rows([row(url="https://x.example/?token=abc123")]))
    assert list(leaks_in_rows([row(attachments=["https://a:b@x.example/f.png"])]))
    told = {"deep": [{"note": "mail ann@example.com"}], "author_name": "Ann Berg", "n": 4111111111111111}
    assert [leak.kind for leak in leaks_in_rows([row(attributes=json.dumps(told))])].count("name") == 1
    assert {leak.kind for leak in leaks_in_rows([row(attributes=json.dumps(told))])} == {"name", "email", "card"}


@pytest.mark.parametrize("part", ["dev", "test"])
def test_what_the_masker_leaves_is_no_leak(part: str) -> None:
    masked = MASKER.mask_all([MappedText.raw(r["text"]) for r in texts(part)])
    assert list(leaks_in_rows([row(text=text.text, title=text.text) for text, _ in masked])) == []


def test_a_number_that_the_site_keeps_is_no_leak() -> None:
    rules = PersonalData(sources={"every": SourceRules(keep=("+1 212 555 0142",))})
    assert list(leaks_in_rows([row(text="call +1 212 555 0142")], rules)) == []


def stored(number: int, **told: Any) -> dict[str, Any]:
    """A row of silver/events that says nothing but what is told."""
    now = datetime(2024, 5, 1, tzinfo=UTC)
    blank: dict[str, Any] = {}
    for column in EVENTS.columns:
        kinds = {"string": "", "bool": False, "timestamp": now, "date": DAY, "double": 0.0, "int32": 0, "int64": 0}
        blank[column.name] = [] if column.type.startswith("list") else (column.one_of[0] if column.one_of else kinds[column.type])
    blank |= {
        "event_id": f"{number:032x}",
        "payload_sha256": "2" * 64,
        "batch_id": "3" * 32,
        "text_hash": f"{number:032x}",
        "source": "forum",
        "attributes": "{}",
        "masked": "{}",
        "rating": None,
    }
    return {**blank, **told}


def noted(*rows: dict[str, Any]) -> "pa.Table":
    return to_arrow(EVENTS, rows).select(list(NOTED))


def missed(number: int, kind: str = "iban", **told: Any) -> dict[str, Any]:
    """A row in which only the second look found something."""
    return stored(number, second_look=json.dumps([["text", kind, 7]]), masked=json.dumps({kind: 1}), **told)


def test_the_standing_scan_names_events_and_kinds_and_never_values(lake: LocalLakehouse) -> None:
    assert leak_verdict(lake, [DAY]).passed
    lake.append_new(EVENTS, to_arrow(EVENTS, [stored(1, text="write to ann@example.com")]))
    verdict = leak_verdict(lake, [DAY])
    assert not verdict.passed
    assert verdict.sample[0]["event_id"] == f"{1:032x}"
    assert (verdict.sample[0]["column"], verdict.sample[0]["kind"]) == ("text", "email")
    assert "ann@" not in repr(verdict)


def test_the_standing_scan_reads_so_many_rows_and_no_more(lake: LocalLakehouse) -> None:
    lake.append_new(EVENTS, to_arrow(EVENTS, [stored(n, text=f"write to ann{n}@example.com") for n in range(40)]))
    assert leak_verdict(lake, [DAY], most=None).number == 40
    assert leak_verdict(lake, [DAY], most=10).number == 10
    drawn = [leak_verdict(lake, [DAY], most=5, seed=seed).sample for seed in (1, 1, 2)]
    assert drawn[0] == drawn[1] != drawn[2]


def test_rows_in_which_masking_left_nothing_pass(lake: LocalLakehouse) -> None:
    assert second_look_verdict(noted_rows(lake, [DAY])).passed
    lake.append_new(EVENTS, to_arrow(EVENTS, [stored(1), stored(2, second_look=None)]))
    verdict = second_look_verdict(noted_rows(lake, [DAY]))
    assert (verdict.passed, verdict.number, verdict.sample) == (True, 0, [])


def test_what_the_second_look_masked_is_a_warning_with_its_count_kinds_and_places() -> None:
    verdict = second_look_verdict(noted(stored(1), missed(2), missed(3, "phone"), stored(4, second_look='[["text","withheld",0]]')))
    assert (verdict.passed, verdict.stops, verdict.number) == (False, False, 3)
    assert "iban 1, phone 1, withheld 1" in verdict.threshold
    assert verdict.sample[0] == {"event_id": f"{2:032x}", "column": "text", "kind": "iban", "start": 7}


def test_masking_is_broken_when_it_misses_most_of_a_kind_in_many_different_texts() -> None:
    verdict = second_look_verdict(noted(*(missed(n) for n in range(LEAST_TEXTS))))
    assert (verdict.passed, verdict.stops) == (False, True)
    assert verdict.threshold.endswith(f"{DAY}: iban")
    few = second_look_verdict(noted(*(missed(n) for n in range(LEAST_TEXTS - 1))))
    assert (few.passed, few.stops) == (False, False)


def test_masking_is_not_broken_when_it_masks_most_of_that_kind_itself() -> None:
    masked = [stored(1000 + n, masked='{"iban":1}') for n in range(LEAST_TEXTS)]
    assert not second_look_verdict(noted(*(missed(n) for n in range(LEAST_TEXTS)), *masked)).stops
    assert second_look_verdict(noted(*(missed(n) for n in range(LEAST_TEXTS)), *masked[1:])).stops


def test_a_wave_of_one_text_does_not_break_masking() -> None:
    assert not second_look_verdict(noted(*(missed(n, text_hash="5" * 32) for n in range(10 * LEAST_TEXTS)))).stops


def test_texts_of_several_days_are_counted_day_by_day() -> None:
    days = [DAY + timedelta(days=n % 2) for n in range(2 * LEAST_TEXTS - 2)]
    assert not second_look_verdict(noted(*(missed(n, feed_date=day) for n, day in enumerate(days)))).stops
