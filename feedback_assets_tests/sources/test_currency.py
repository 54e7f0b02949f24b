"""Amounts keep the currency that their source tells; a currency that cannot be read is no reason to lose the record."""

import json
from pathlib import Path

import pytest

from feedback_assets.ground.errors import SettingError
from feedback_assets.sources.event import CanonicalEvent
from feedback_assets.sources.generic import Generic
from feedback_assets.sources.reading import currency
from feedback_assets.sources.registry import source_named

TIME = "2025-06-01T10:00:00Z"
ROWS = {
    "returns": ("return_id", "created_at", "order_value"),
    "shop_reviews": ("review_id", "created_at", "order_value"),
    "survey": ("response_id", "submitted_at", "contract_value"),
}


def row(source: str, code: str) -> CanonicalEvent:
    context = {"header": [*ROWS[source], "currency", "comment"], "delimiter": ",", "format": "csv"}
    return source_named(source).parse(f"1,{TIME},12.5,{code},text".encode(), context)


@pytest.mark.parametrize("source", sorted(ROWS))
@pytest.mark.parametrize(("code", "expected"), [("usd", "USD"), (" EUR ", "EUR"), ("€", "EUR"), ("$", ""), ("", ""), ("=1+1", "")])
def test_a_csv_source_keeps_the_currency_of_its_amount(source: str, code: str, expected: str) -> None:
    event = row(source, code)
    assert (event.order_value, event.currency) == (12.5, expected)
    assert "currency" not in event.attributes


def test_a_csv_source_without_the_column_tells_no_currency() -> None:
    event = source_named("returns").parse(f"1,{TIME},12.5".encode(), {"header": list(ROWS["returns"]), "delimiter": ","})
    assert (event.order_value, event.currency) == (12.5, "")


def test_tickets_and_chats_tell_it_by_tags_and_custom_attributes() -> None:
    ticket = {"id": 1, "created_at": TIME, "subject": "s", "tags": ["order_value:12.50", "currency:gbp"]}
    assert source_named("zendesk").parse(json.dumps(ticket).encode(), {}).currency == "GBP"
    ticket = {"id": 1, "created_at": TIME, "subject": "s", "custom_fields": [{"id": "contract_currency", "value": "CHF"}]}
    assert source_named("zendesk").parse(json.dumps(ticket).encode(), {}).currency == "CHF"
    chat = {"type": "conversation", "id": "1", "created_at": 1748772000, "custom_attributes": {"order_value": 5, "currency": "JPY"}}
    assert source_named("intercom").parse(json.dumps(chat).encode(), {}).currency == "JPY"


def mapping(tmp_path: Path, more: str) -> str:
    path = tmp_path / "m.yaml"
    path.write_text(f"name: m\nchannel: other\nfields: {{record_id: id, event_time: at, order_value: v{more}")
    return Generic().read_mapping(path)


def test_a_mapping_names_a_column_or_one_currency_for_all(tmp_path: Path) -> None:
    record = json.dumps({"id": 1, "at": TIME, "v": 5, "cur": "sek"}).encode()
    for more, expected in ((", currency: cur}\n", "SEK"), ("}\nconstants: {currency: PLN}\n", "PLN"), ("}\n", "")):
        assert Generic().parse(record, {"format": "json", "mapping": mapping(tmp_path, more)}).currency == expected
    with pytest.raises(SettingError, match=r"currency.*ISO 4217"):
        mapping(tmp_path, "}\nconstants: {currency: Euro}\n")


def test_signs_of_several_currencies_are_not_guessed() -> None:
    assert [currency(s) for s in ("$", "¥", "kr", "zł", "EURO", "E U")] == ["", "", "", "PLN", "", ""]
