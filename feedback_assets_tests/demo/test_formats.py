"""Deliveries are what the vendors' machine-readable descriptions say they are."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from feedback_assets.demo.payloads import COLUMNS
from feedback_assets_tests.demo.conftest import Demo
from feedback_assets_tests.demo.reading import elements, unpacked

SPECS = {
    "zendesk": ("zendesk_support.json", "TicketObject", "TimeBasedExportIncrementalTicketsResponse"),
    "intercom": ("intercom_2.14.json", "conversation_list_item", "conversation_list"),
    "app_store": ("appstore_customer_reviews.json", "CustomerReview", "CustomerReviewsResponse"),
    "google_play": ("google_play_reviews.json", "Review", "ReviewsListResponse"),
}


def _nullable(node: Any) -> Any:
    """OpenAPI 3.0's `nullable` in words of JSON Schema."""
    if isinstance(node, dict):
        out = {k: _nullable(v) for k, v in node.items()}
        return {"anyOf": [{k: v for k, v in out.items() if k != "nullable"}, {"type": "null"}]} if out.get("nullable") is True else out
    return [_nullable(x) for x in node] if isinstance(node, list) else node


def _validators(shared: Path, source: str) -> tuple[Draft202012Validator, Draft202012Validator]:
    """(of a record, of the whole document)"""
    if source == "forum":
        spec = json.loads((shared / "specs" / "discourse.json").read_text())
        document = spec["paths"]["/posts.json"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        return Draft202012Validator(document["properties"]["latest_posts"]["items"]), Draft202012Validator(document)
    file, record, envelope = SPECS[source]
    components = _nullable(json.loads((shared / "specs" / file).read_text())["components"])
    if source == "zendesk":
        # The incremental export also tells of deleted tickets, which the description's list of states leaves out.
        components["schemas"]["TicketObject"]["properties"]["status"]["enum"].append("deleted")
    one, whole = ({"$ref": f"#/components/schemas/{name}", "components": components} for name in (record, envelope))
    return Draft202012Validator(one), Draft202012Validator(whole)


def _documents(demo: Demo, source: str) -> Iterator[tuple[Path, set[int]]]:
    broken: dict[str, set[int]] = {}
    for b in demo.truth.broken:
        broken.setdefault(b.file, set()).add(b.index)
    for path in demo.files():
        name = path.relative_to(demo.landing).as_posix()
        if name.startswith(f"{source}/") and "-90-" not in name:
            yield path, broken.get(name, set())


@pytest.mark.parametrize("source", [*SPECS, "forum"])
def test_records_and_envelopes_fit_the_vendors_description(demo: Demo, shared: Path, source: str) -> None:
    record, whole = _validators(shared, source)
    envelopes = records = 0
    for path, broken in _documents(demo, source):
        for i, element in enumerate(elements(path)):
            if i not in broken:
                record.validate(element)
                records += 1
        if ".json" in path.suffixes and not broken:
            whole.validate(json.loads(unpacked(path)))
            envelopes += 1
    assert records > 200
    assert envelopes > 3


@pytest.mark.parametrize("source", [*SPECS, "forum"])
def test_canary_a_wrong_record_is_refused_by_the_description(demo: Demo, shared: Path, source: str) -> None:
    record, _ = _validators(shared, source)
    path, _ = next(_documents(demo, source))
    good = next(e for e in elements(path) if isinstance(e, dict) and not e.get("deleted"))
    damages: dict[str, dict[str, Any]] = {
        "zendesk": {"status": "abandoned"},
        "intercom": {"state": 3},
        "app_store": {"attributes": {"rating": 6}},
        "google_play": {"comments": [{"userComment": {"starRating": "five"}}]},
        "forum": {"unheard_of": 1},
    }
    with pytest.raises(ValidationError):
        record.validate({**good, **damages[source]})


@pytest.mark.parametrize("source", sorted(COLUMNS))
def test_csv_exports_have_their_columns_and_no_row_runs_over(demo: Demo, source: str) -> None:
    for path, broken in _documents(demo, source):
        for i, row in enumerate(elements(path)):
            if i not in broken:
                assert tuple(row) == COLUMNS[source]
                assert None not in row.values()
