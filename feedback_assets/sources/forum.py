"""Forum posts, as Discourse delivers its latest posts. The text is the post's HTML (`cooked`).

What staff answers in a topic, and what the forum itself notes there, is nobody's feedback: such a post comes through without its words.
"""

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
    """Posts. A topic that staff opens keeps its words; all staff posts are told by the attributes staff, moderator, admin."""

    name = "forum"
    aliases = ("forum_posts", "discourse", "community", "posts")
    channel = "forum"

    def layout(self, mapping: str = "") -> Layout:  # noqa: ARG002
        return Layout(("json", "jsonl"), record_keys=("latest_posts",), marks=("id", "created_at", "cooked"))

    def parse(self, payload: bytes, context: Mapping[str, Any]) -> CanonicalEvent:
        post = reading.load_object(payload, context=context)
        record_id = post.record_id("id")
        deleted = post.time("deleted_at")
        is_deletion = deleted is not None or post.flag("user_deleted") or post.flag("deleted")
        created = post.needed_time("created_at", "updated_at", "deleted_at")
        attributes = post.kept(_KEPT)
        customers = _is_customers(post)
        if not customers:
            attributes["turns_left_out"] = 1
        return CanonicalEvent(
            record_id=record_id,
            channel=self.channel,
            event_time=created,
            revised_at=deleted or post.time("updated_at") or created,
            is_deletion=is_deletion,
            title=post.text("topic_title") if customers else "",
            text=(post.text("cooked") or post.text("raw")) if customers else "",
            customer_id=post.short("username", "user_id"),
            locale=reading.locale_tag(post.short("locale")),
            product=post.short("product"),
            product_area=post.short("product_area", "category_name", "category_slug"),
            version=post.short("app_version"),
            region=post.short("region", "country"),
            url=post.short("post_url"),
            attributes=attributes,
        )


def _is_customers(post: reading.Fields) -> bool:
    # Post types: 1 a post, 2 a moderator's action, 3 a small action. The forum's own users have ids below 1.
    kind, author, place = _whole(post, "post_type"), _whole(post, "user_id"), _whole(post, "post_number")
    if kind in (2, 3) or (author is not None and author < 1):
        return False
    if place is None or place <= 1:
        return True
    return not any(post.get(flag) is True for flag in ("staff", "moderator", "admin"))


def _whole(post: reading.Fields, key: str) -> int | None:
    value = post.data.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) else None
