"""Net promoter and other surveys: a CSV export, one response a row."""

from collections.abc import Mapping
from typing import Any

from feedback_assets.sources.csv_export import rest, row_of, times
from feedback_assets.sources.event import CanonicalEvent
from feedback_assets.sources.framing.frames import Layout
from feedback_assets.sources.interface import FixedSource
from feedback_assets.sources.reading import currency, locale_tag

_READ = frozenset(
    (
        "response_id",
        "submitted_at",
        "respondent_email",
        "segment",
        "locale",
        "product_area",
        "app_version",
        "contract_value",
        "currency",
        "comment",
        "updated_at",
        "deleted_at",
        "product",
        "region",
        "country",
    )
)


class Survey(FixedSource):
    """Columns: response_id, submitted_at, respondent_email, nps_score (0..10), segment, locale, product_area, app_version,
    contract_value, comment, updated_at; and where there are any: currency, deleted_at, product,
    region. The score itself stays in attributes."""

    name = "survey"
    aliases = ("nps", "surveys", "survey_responses", "nps_survey")
    channel = "survey"

    def layout(self, mapping: str = "") -> Layout:  # noqa: ARG002
        return Layout(("csv",), columns=("response_id", "submitted_at", "comment"))

    def parse(self, payload: bytes, context: Mapping[str, Any]) -> CanonicalEvent:
        row = row_of(payload, context)
        record_id = row.record_id("response_id")
        said, revised, is_deletion = times(row, "submitted_at")
        return CanonicalEvent(
            record_id=record_id,
            channel=self.channel,
            event_time=said,
            revised_at=revised,
            is_deletion=is_deletion,
            text=row.text("comment"),
            rating=row.stars("nps_score", 0, 10),
            customer_id=row.short("respondent_email"),
            tier=row.short("segment").lower(),
            locale=locale_tag(row.short("locale")),
            product=row.short("product"),
            product_area=row.short("product_area"),
            version=row.short("app_version"),
            region=row.short("region", "country"),
            order_value=row.number("contract_value"),
            currency=currency(row.short("currency")),
            attributes=rest(row, _READ),
        )
