"""Amounts of several currencies: converted by the rate of their day, kept apart without one, and summed exactly."""

import random
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedback_assets.ground.errors import SettingError
from feedback_assets.ground.settings import project_root
from feedback_assets.reckoning.exchange_rates import ExchangeRates, load_exchange_rates
from feedback_assets.reckoning.money import MOST_ORDER_VALUE, is_apart, reporting_cents

if TYPE_CHECKING:
    import polars as pl

SHIPPED = project_root() / "taxonomy" / "exchange_rates.yaml"
RATES = ExchangeRates.model_validate(
    {
        "version": "1",
        "source": "a test",
        "reporting": "EUR",
        "unknown": "EUR",
        "rates": [
            {"currency": "USD", "from": date(2025, 1, 1), "rate": 0.97},
            {"currency": "USD", "from": date(2024, 1, 1), "rate": 0.9},
            {"currency": "JPY", "from": date(2024, 1, 1), "rate": 0.0062},
        ],
    }
)
APART = ExchangeRates.model_validate({**RATES.model_dump(by_alias=True), "unknown": ""})
Amount = tuple[float | None, str | None, date]


def frame(*rows: Amount) -> "pl.DataFrame":
    import polars as pl

    schema = {"order_value": pl.Float64, "currency": pl.String, "day": pl.Date}
    return pl.DataFrame(rows, schema=schema, orient="row")


def cents(rates: ExchangeRates, *rows: Amount) -> list[int | None]:
    return frame(*rows).select(c=reporting_cents("order_value", "currency", "day", rates))["c"].to_list()


@pytest.mark.parametrize(
    ("value", "currency", "day", "expected"),
    [
        (10.1, "EUR", date(2025, 6, 1), 1010),
        (100.0, "USD", date(2025, 6, 1), 9700),
        (100.0, "USD", date(2025, 1, 1), 9700),
        (100.0, "USD", date(2024, 12, 31), 9000),
        (100.0, "USD", date(2020, 1, 1), 9000),
        (10_000.0, "JPY", date(2025, 6, 1), 6200),
        (10.0, "XXX", date(2025, 6, 1), None),
        (None, "XXX", date(2025, 6, 1), 0),
        (None, "USD", date(2025, 6, 1), 0),
        (-5.0, "USD", date(2025, 6, 1), 0),
        (float("nan"), "USD", date(2025, 6, 1), 0),
        (float("inf"), "USD", date(2025, 6, 1), round(0.97 * MOST_ORDER_VALUE * 100)),
    ],
)
def test_an_amount_is_worth_the_rate_of_its_day(value: float | None, currency: str, day: date, expected: int | None) -> None:
    assert cents(RATES, (value, currency, day)) == [expected]


@pytest.mark.parametrize(("rates", "expected"), [(RATES, 1000), (APART, None)])
def test_an_amount_whose_source_names_no_currency_is_what_the_file_says_or_apart(rates: ExchangeRates, expected: int | None) -> None:
    day = date(2025, 6, 1)
    assert cents(rates, (10.0, "", day), (10.0, None, day)) == [expected, expected]


def test_amounts_without_a_rate_are_left_out_of_the_sum_and_counted() -> None:
    day = date(2025, 6, 1)
    rows = frame((10.0, "EUR", day), (1e6, "XXX", day), (100.0, "USD", day), (None, "XXX", day))
    found = rows.select(
        reporting_cents("order_value", "currency", "day", RATES).sum().alias("sum"),
        is_apart("order_value", "currency", "day", RATES).sum().alias("apart"),
    )
    assert found.rows() == [(1000 + 9700, 1)]


def test_without_any_rate_only_the_reporting_currency_is_summed() -> None:
    bare = ExchangeRates(version="1", source="a test", reporting="USD")
    assert cents(bare, (1.0, "USD", date(2025, 1, 1)), (1.0, "EUR", date(2025, 1, 1)), (1.0, "", date(2025, 1, 1))) == [100, None, None]


@settings(max_examples=50, deadline=None)
@given(
    rows=st.lists(st.tuples(st.floats(0, 1e6), st.sampled_from(["EUR", "USD", "JPY", ""]), st.dates(date(2023, 1, 1), date(2026, 1, 1)))),
    shuffle=st.randoms(use_true_random=False),
)
def test_a_sum_does_not_depend_on_the_order_of_the_rows(rows: list[Amount], shuffle: random.Random) -> None:
    before = sum(c or 0 for c in cents(RATES, *rows))
    shuffle.shuffle(rows)
    assert sum(c or 0 for c in cents(RATES, *rows)) == before


def test_the_shipped_rates_load_and_say_where_they_are_from() -> None:
    rates = load_exchange_rates(SHIPPED)
    assert "example" in rates.source
    assert rates.reporting not in rates.by_currency()


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("reporting: EUR", "reporting: Euro", "reporting"),
        ("unknown: EUR", "unknwon: EUR", "unknwon"),
        ("rate: 0.91}", "rate: 0}", "rates.0.rate"),
        ("rate: 0.91}", "rate: .nan}", "rates.0.rate"),
        ("from: 2024-01-01, rate: 0.91", "from: january, rate: 0.91", "rates.0.from"),
        ("from: 2024-07-01", "from: 2024-01-01", "two rates"),
        ("currency: CHF", "currency: EUR", "reporting currency"),
        ('version: "1"', "version: ''", "version"),
    ],
)
def test_a_slip_is_refused_with_file_and_key(tmp_path: Path, old: str, new: str, named: str) -> None:
    text = SHIPPED.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "exchange_rates.yaml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(SettingError, match=r"exchange_rates\.yaml") as caught:
        load_exchange_rates(path)
    assert named in str(caught.value)


@pytest.mark.parametrize("content", [b"a: [", b"\xff\xfe", b"- a list", b""])
def test_a_file_that_is_no_mapping_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "exchange_rates.yaml"
    path.write_bytes(content)
    with pytest.raises(SettingError, match=r"exchange_rates\.yaml"):
        load_exchange_rates(path)
