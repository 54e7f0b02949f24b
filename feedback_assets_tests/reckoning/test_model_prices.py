"""What a call costs: by the closest row and the day, exactly, and never silently nothing."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from feedback_assets.ground.errors import SettingError
from feedback_assets.ground.settings import project_root
from feedback_assets.reckoning.model_prices import FILE, ModelPrices, load_model_prices, prices_version

SHIPPED = project_root() / "taxonomy" / FILE
DAY = date(2026, 1, 1)


def row(model: str, day: date = DAY, **values: Any) -> dict[str, Any]:
    return {"model": model, "from": day, "input": "2", "output": "8", **values}


def table(*rows: dict[str, Any]) -> ModelPrices:
    return ModelPrices.model_validate({"version": "1", "source": "a test", "prices": rows})


PRICES = table(
    row("m*", input="2", output="8"),
    row("m-mini*", input="0.4", cached_input="0.1", output="1.6", batch_discount="0.5"),
    row("m-mini*", date(2026, 6, 1), input="0.2", output="0.8"),
    row("home-*", input="0", output="0"),
)


@pytest.mark.parametrize(
    ("model", "day", "dollars"),
    [
        ("m-2031-01-01", date(2026, 3, 1), "10"),
        ("m-mini", date(2026, 3, 1), "2.0"),
        ("m-mini-2031-01-01", date(2026, 3, 1), "2.0"),
        ("m-mini", date(2026, 6, 1), "1.0"),
        ("m-mini", date(2020, 1, 1), "2.0"),
        ("home-made", date(2026, 3, 1), "0"),
    ],
)
def test_the_closest_row_of_the_day_is_taken(model: str, day: date, dollars: str) -> None:
    assert PRICES.cost(model, 1_000_000, 1_000_000, on=day) == Decimal(dollars)


def test_cached_tokens_and_batches_cost_less_where_the_row_says_so() -> None:
    assert PRICES.cost("m-mini", 1_000_000, 0, on=DAY, cached_tokens=400_000) == Decimal("0.28")
    assert PRICES.cost("m-mini", 1_000_000, 0, on=DAY, batch=True) == Decimal("0.2")
    assert PRICES.cost("m", 1_000_000, 0, on=DAY, cached_tokens=400_000, batch=True) == Decimal(2)


@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 10**5)), max_size=50))
def test_the_cost_of_many_calls_is_the_cost_of_their_tokens(calls: list[tuple[int, int]]) -> None:
    each = sum((PRICES.cost("m-mini", p, c, on=DAY) for p, c in calls), Decimal(0))
    assert each == PRICES.cost("m-mini", sum(p for p, _ in calls), sum(c for _, c in calls), on=DAY)


@pytest.mark.parametrize("model", ["", "xm", "gpt-9", "M", "m\nmini" * 40])
def test_a_model_without_a_price_is_refused_with_the_file(model: str) -> None:
    prices = table(row("m"), row("gpt-4*"))
    with pytest.raises(SettingError, match=r"model_prices\.yaml") as e:
        prices.cost(model, 1, 1, on=DAY)
    assert e.value.mend
    assert len(str(e.value)) < 400


@pytest.mark.parametrize(("tokens", "cached", "completion"), [(-1, 0, 0), (1, 2, 0), (1, -1, 0), (1, 0, -1)])
def test_tokens_that_cannot_be_are_refused(tokens: int, cached: int, completion: int) -> None:
    with pytest.raises(ValueError, match="tokens"):
        PRICES.cost("m", tokens, completion, on=DAY, cached_tokens=cached)


@pytest.mark.parametrize(
    ("rows", "named"),
    [
        ([row("m"), row("m")], "two prices"),
        ([row("m", input="-1")], "input"),
        ([row("m", batch_discount="1.5")], "batch_discount"),
        ([row("m", output="nan")], "output"),
        ([row("m", unit="euro")], "unit"),
        ([row("")], "model"),
        ([{"model": "m", "input": 1, "output": 1}], "from"),
    ],
)
def test_what_is_wrong_with_the_file_is_named(tmp_path: Path, rows: list[dict[str, Any]], named: str) -> None:
    file = tmp_path / FILE
    file.write_text(yaml.safe_dump({"version": "1", "source": "a test", "prices": rows}), encoding="utf-8")
    with pytest.raises(SettingError, match=named) as e:
        load_model_prices(file)
    assert str(file) in str(e.value)


def test_the_shipped_file_prices_models_by_the_names_that_answers_give() -> None:
    prices = load_model_prices(SHIPPED)
    day = date(2026, 1, 1)
    for model, dollars in (
        ("gpt-4o-mini-2024-07-18", "0.15"),
        ("gpt-4o-2024-11-20", "2.5"),
        ("gpt-4.1-mini-2025-04-14", "0.4"),
        ("gpt-5", "1.25"),
        ("gpt-5-2025-08-07", "1.25"),
        ("gpt-5-mini-2025-08-07", "0.25"),
        ("text-embedding-3-small", "0.02"),
    ):
        assert prices.cost(model, 1_000_000, 0, on=day) == Decimal(dollars), model
    for model in ("gpt-5.9", "gpt-5-pro"):
        with pytest.raises(SettingError):
            prices.cost(model, 1, 1, on=day)


def test_every_change_of_a_price_is_another_version() -> None:
    assert prices_version(table(row("m"))) == prices_version(table(row("m")))
    assert len({prices_version(table(r)) for r in (row("m"), row("n"), row("m", input="3"), row("m", date(2026, 1, 2)))}) == 4
