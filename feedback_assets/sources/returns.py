"""Returned goods: a CSV export, one return a row. The comment is often empty; then the reason code is all that the customer said."""

from collections.abc import Mapping
from typing import Any

from feedback_assets.sources.csv_export import rest, row_of, times
from feedback_assets.sources.event import CanonicalEvent
from feedback_assets.sources.framing.frames import Layout
from feedback_assets.sources.interface import FixedSource
from feedback_assets.sources.reading import currency, locale_tag

_READ = frozenset(
    (
        "return_id",
        "customer_id",
        "product",
        "comment",
        "created_at",
        "updated_at",
        "deleted_at",
        "country",
        "order_value",
        "currency",
        "locale",
        "department",
    )
)


class Returns(FixedSource):
    """Columns: return_id, order_id, customer_id, sku, product, reason_code, comment, created_at, country, order_value, carrier; and where
    there are any: currency, updated_at, deleted_at, locale, department. The reason code, chosen by the customer, is the title in words."""

    name = "returns"
    aliases = ("return", "return_reasons", "returned_goods")
    channel = "return"

    def layout(self, mapping: str = "") -> Layout:  # noqa: ARG002
        return Layout(("csv",), columns=("return_id", "created_at", "comment"))

    def parse(self, payload: bytes, context: Mapping[str, Any]) -> CanonicalEvent:
        row = row_of(payload, context)
        record_id = row.record_id("return_id")
        said, revised, is_deletion = times(row, "created_at")
        return CanonicalEvent(
            record_id=record_id,
            channel=self.channel,
            event_time=said,
            revised_at=revised,
            is_deletion=is_deletion,
            title=row.short("reason_code").replace("_", " ").strip().capitalize(),
            text=row.text("comment"),
            customer_id=row.short("customer_id"),
            locale=locale_tag(row.short("locale")),
            product=row.short("product"),
            product_area=row.short("department"),
            region=row.short("country"),
            order_value=row.number("order_value"),
            currency=currency(row.short("currency")),
            attributes=rest(row, _READ),
        )
