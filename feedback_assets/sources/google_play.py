"""Google Play reviews (Android Publisher API v3). The customer's latest comment counts; the developer's answer is left out.

The API tells one time, lastModified: an edited review moves. Where title and body exist, a tab parts them.
"""

from collections.abc import Mapping
from typing import Any

from feedback_assets.sources import reading
from feedback_assets.sources.event import CanonicalEvent, RecordError
from feedback_assets.sources.framing.frames import Layout
from feedback_assets.sources.interface import FixedSource

_KEPT = ("androidOsVersion", "appVersionCode", "device", "thumbsUpCount", "thumbsDownCount", "deviceMetadata")


class GooglePlay(FixedSource):
    """Reviews with stars."""

    name = "google_play"
    aliases = ("googleplay", "play_store", "playstore", "google_play_reviews", "android", "play")
    channel = "app_review"

    def layout(self, mapping: str = "") -> Layout:  # noqa: ARG002
        return Layout(("json", "jsonl"), record_keys=("reviews",), marks=("reviewId", "comments"))

    def parse(self, payload: bytes, context: Mapping[str, Any]) -> CanonicalEvent:
        record = reading.load_object(payload, context=context)
        record_id = record.record_id("reviewId")
        is_deletion = record.flag("deleted")
        comments = record.objects("comments")
        said = [c.object("userComment") for c in comments if c.get("userComment") is not None]
        comment = said[-1] if said else reading.Fields({}, "userComment.")
        deleted = record.time("deleted_at")
        when = _when(comment) or (deleted if is_deletion else None)
        if when is None:
            raise RecordError("missing_time", "comments.userComment.lastModified.seconds: a time expected")
        original = comment.text("originalText")
        words = original if original.strip() else comment.text("text")
        title, tab, body = words.partition("\t")
        kept = comment.kept(_KEPT)
        if original.strip():
            kept["translated"] = True
        if any(c.get("developerComment") is not None for c in comments):
            kept["answered"] = True
        return CanonicalEvent(
            record_id=record_id,
            channel=self.channel,
            event_time=when,
            revised_at=(deleted or when) if is_deletion else when,
            is_deletion=is_deletion,
            title=title.strip() if tab else "",
            text=body if tab else words,
            rating=comment.stars("starRating"),
            customer_id=record.short("authorName"),
            locale=reading.locale_tag(comment.short("reviewerLanguage")),
            product=record.short("product", "packageName"),
            product_area=record.short("product_area"),
            version=comment.short("appVersionName"),
            region=record.short("region", "country"),
            attributes=kept,
        )


def _when(comment: reading.Fields) -> Any:
    modified = comment.object("lastModified")
    seconds = modified.number("seconds")
    return None if seconds is None else reading.epoch(seconds, modified.path + "seconds")
