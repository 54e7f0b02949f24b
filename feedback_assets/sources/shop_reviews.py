"""Reviews of the web shop: a CSV export, one review a row."""

from collections.abc import Mapping
from typing import Any

from feedback_assets.sources.csv_export import rest, row_of, times
from feedback_assets.sources.event import CanonicalEvent
from feedback_assets.sources.framing.frames import Layout
from feedback_assets.sources.interface import FixedSource
from feedback_assets.sources.reading import currency, locale_tag

_READ = frozenset(
    (
        "review_id",
        "customer_id",
        "product",
        "department",
        "rating",
        "title",
        "review",
        "created_at",
        "updated_at",
        "deleted_at",
        "country",
        "order_value",
        "currency",
        "locale",
    )
)


class ShopReviews(FixedSource):
    """Columns: review_id, order_id, customer_id, sku, product, department, rating, title, review, recommended, created_at, country,
    order_value, verified; and where there are any: currency, updated_at, deleted_at, locale."""

    name = "shop_reviews"
    aliases = ("shop_review", "reviews", "shop", "product_reviews")
    channel = "shop_review"

    def layout(self, mapping: str = "") -> Layout:  # noqa: ARG002
        return Layout(("csv",), columns=("review_id", "created_at", "review"))

    def parse(self, payload: bytes, context: Mapping[str, Any]) -> CanonicalEvent:
        row = row_of(payload, context)
        record_id = row.record_id("review_id")
        said, revised, is_deletion = times(row, "created_at")
        return CanonicalEvent(
            record_id=record_id,
            channel=self.channel,
            event_time=said,
            revised_at=revised,
            is_deletion=is_deletion,
            title=row.text("title"),
            text=row.text("review"),
            rating=row.stars("rating"),
            customer_id=row.short("customer_id"),
            locale=locale_tag(row.short("locale")),
            product=row.short("product"),
            product_area=row.short("department"),
            region=row.short("country"),
            order_value=row.number("order_value"),
            currency=currency(row.short("currency")),
            attributes=rest(row, _READ),
        )
