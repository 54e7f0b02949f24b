"""App Store customer reviews (App Store Connect API, type customerReviews). The API tells no locale and no version."""

from collections.abc import Mapping
from typing import Any

from feedback_assets.sources import reading
from feedback_assets.sources.event import CanonicalEvent
from feedback_assets.sources.framing.frames import Layout
from feedback_assets.sources.interface import FixedSource

_READ = ("rating", "title", "body", "reviewerNickname", "createdDate", "territory")


class AppStore(FixedSource):
    """Reviews with stars. An edit has the same id, other content and a later createdDate."""

    name = "app_store"
    aliases = ("appstore", "app_store_reviews", "apple", "ios", "itunes")
    channel = "app_review"

    def layout(self, mapping: str = "") -> Layout:  # noqa: ARG002
        return Layout(("json", "jsonl"), record_keys=("data",), marks=("id", "attributes"))

    def parse(self, payload: bytes, context: Mapping[str, Any]) -> CanonicalEvent:
        record = reading.load_object(payload, context=context)
        record_id = record.record_id("id")
        review = record.object("attributes")
        is_deletion = record.flag("deleted")
        deleted = record.time("deleted_at")
        created = review.time("createdDate") or (deleted if is_deletion else None) or review.needed_time("createdDate")
        kept = review.kept(k for k in review.data if k not in _READ)
        if record.object("relationships").object("response").get("data") is not None:
            kept["answered"] = True
        return CanonicalEvent(
            record_id=record_id,
            channel=self.channel,
            event_time=created,
            revised_at=(deleted or created) if is_deletion else created,
            is_deletion=is_deletion,
            title=review.text("title"),
            text=review.text("body"),
            rating=review.stars("rating"),
            customer_id=review.short("reviewerNickname"),
            locale=reading.locale_tag(review.short("locale", "language")),
            product=review.short("product", "appName"),
            product_area=review.short("product_area"),
            version=review.short("appVersion", "version", "appVersionString"),
            region=review.short("territory"),
            url=record.object("links").short("self"),
            attributes=kept,
        )
