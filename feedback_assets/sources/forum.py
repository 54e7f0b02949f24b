"""Forum posts, as Discourse delivers its latest posts. The text is the post's HTML (`cooked`)."""

from collections.abc import Mapping
from typing import Any

from feedback_assets.sources import reading
from feedback_assets.sources.event import CanonicalEvent
from feedback_assets.sources.framing.frames import Layout
from feedback_assets.sources.interface import FixedSource

_KEPT = (
    "topic_id",
    "topic_slug",
    "post_number",
    "reply_to_post_number",
    "category_id",
    "reads",
    "score",
    "trust_level",
    "staff",
    "moderator",
    "admin",
    "hidden",
    "tags",
)


class Forum(FixedSource):
    """Posts. Staff posts are kept, and told by the attributes staff, moderator, admin."""

    name = "forum"
    aliases = ("forum_posts", "discourse", "community", "posts")
    channel = "forum"

    def layout(self, mapping: str = "") -> Layout:  # noqa: ARG002
        return Layout(("json", "jsonl"), record_keys=("latest_posts",), marks=("id", "created_at", "cooked"))

    def parse(self, payload: bytes, context: Mapping[str, Any]) -> CanonicalEvent:  # noqa: ARG002
        post = reading.load_object(payload)
        record_id = post.record_id("id")
        deleted = post.time("deleted_at")
        is_deletion = deleted is not None or post.flag("user_deleted") or post.flag("deleted")
        created = post.needed_time("created_at", "updated_at", "deleted_at")
        return CanonicalEvent(
            record_id=record_id,
            channel=self.channel,
            event_time=created,
            revised_at=deleted or post.time("updated_at") or created,
            is_deletion=is_deletion,
            title=post.text("topic_title"),
            text=post.text("cooked") or post.text("raw"),
            customer_id=post.short("username", "user_id"),
            locale=reading.locale_tag(post.short("locale")),
            product=post.short("product"),
            product_area=post.short("product_area", "category_name", "category_slug"),
            version=post.short("app_version"),
            region=post.short("region", "country"),
            url=post.short("post_url"),
            attributes=post.kept(_KEPT),
        )
