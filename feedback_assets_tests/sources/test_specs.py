"""Sample payloads are valid by the vendors' specs and read; a canary that the spec refuses shows that the spec is a check."""

import copy
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from feedback_assets.sources.framing.file import frame_file
from feedback_assets.sources.registry import source_named
from feedback_assets_tests.loopback.azure_openai_spec import with_null_types

ISO = "2024-05-01T09:30:00Z"
_POST: dict[str, Any] = {
    "id": 3, "name": None, "username": "u", "avatar_template": "/a", "created_at": ISO, "cooked": "<p>It is broken</p>", "post_number": 1,
    "post_type": 1, "posts_count": 1, "updated_at": ISO, "reply_count": 0, "reply_to_post_number": None, "quote_count": 0,
    "incoming_link_count": 0, "reads": 1, "readers_count": 0, "score": 0.2, "yours": False, "topic_id": 9, "topic_slug": "t",
    "topic_title": "T", "topic_html_title": "T", "category_id": 4, "display_username": None, "primary_group_name": None, "flair_name": None,
    "flair_url": None, "flair_bg_color": None, "flair_color": None, "flair_group_id": None, "badges_granted": [], "version": 1,
    "can_edit": False, "can_delete": False, "can_recover": False, "can_see_hidden_post": False, "can_wiki": False, "user_title": None,
    "bookmarked": False, "raw": "It is broken", "actions_summary": [{"id": 2, "can_act": True}], "moderator": False, "admin": False,
    "staff": False, "user_id": 7, "hidden": False, "trust_level": 1, "deleted_at": None, "user_deleted": False, "edit_reason": None,
    "can_view_edit_history": True, "wiki": False, "excerpt": "It", "truncated": False, "reviewable_id": None, "reviewable_score_count": 0,
    "reviewable_score_pending_count": 0, "post_url": "/t/t/9/1",
}  # fmt: skip
_AUTHOR = {"type": "user", "id": "u1", "name": "N", "email": "n@x.example"}
_CONVERSATION: dict[str, Any] = {
    "type": "conversation",
    "id": "c1",
    "title": None,
    "created_at": 1714555800,
    "updated_at": 1714555900,
    "source": {
        "type": "email",
        "id": "1",
        "subject": "S",
        "body": "<p>It is broken</p>",
        "author": _AUTHOR,
        "attachments": [],
        "url": None,
    },
    "contacts": {"type": "contact.list", "contacts": [{"type": "contact", "id": "u1", "external_id": None}]},
    "custom_attributes": {"plan": "pro", "order_value": 5},
}
SAMPLES: dict[str, tuple[str, Any, dict[str, Any], tuple[str, ...]]] = {
    "zendesk": (
        "zendesk_support.json",
        "TimeBasedExportIncrementalTicketsResponse",
        {
            "count": 1,
            "end_of_stream": True,
            "next_page": None,
            "tickets": [
                {
                    "id": 5,
                    "requester_id": 7,
                    "created_at": ISO,
                    "updated_at": ISO,
                    "subject": "S",
                    "description": "It is broken",
                    "status": "open",
                    "tags": ["plan:pro"],
                }
            ],
        },
        ("tickets", "0", "tags"),
    ),
    "intercom": (
        "intercom_2.14.json",
        "conversation_list",
        {"type": "conversation.list", "conversations": [_CONVERSATION], "total_count": 1},
        ("conversations", "0", "source"),
    ),
    "app_store": (
        "appstore_customer_reviews.json",
        "CustomerReviewsResponse",
        {
            "data": [
                {
                    "type": "customerReviews",
                    "id": "a",
                    "attributes": {"rating": 1, "title": "S", "body": "It is broken", "createdDate": ISO, "territory": "DEU"},
                }
            ],
            "links": {"self": "https://api.example/v1"},
        },
        ("data", "0", "id"),
    ),
    "google_play": (
        "google_play_reviews.json",
        "ReviewsListResponse",
        {
            "reviews": [
                {
                    "reviewId": "g",
                    "authorName": "A",
                    "comments": [
                        {"userComment": {"text": "It is broken", "starRating": 1, "lastModified": {"seconds": "1714555800", "nanos": 0}}}
                    ],
                }
            ]
        },
        ("reviews", "0", "comments"),
    ),
    "forum": ("discourse.json", None, {"latest_posts": [_POST]}, ("latest_posts", "0", "cooked")),
}


def _validator(spec: dict[str, Any], name: str | None) -> jsonschema.Draft202012Validator:
    if name is None:
        schema = spec["paths"]["/posts.json"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    else:
        schema = {"$ref": f"#/components/schemas/{name}", "components": with_null_types(spec["components"])}
    return jsonschema.Draft202012Validator(schema)


@pytest.mark.data
@pytest.mark.parametrize("source", sorted(SAMPLES))
def test_a_payload_that_the_vendor_s_spec_allows_reads_and_the_canary_is_refused(shared: Path, source: str) -> None:
    file, name, sample, spoiled = SAMPLES[source]
    validator = _validator(json.loads((shared / "specs" / file).read_text()), name)
    validator.validate(sample)
    canary: Any = copy.deepcopy(sample)
    at = canary
    for part in spoiled[:-1]:
        at = at[int(part)] if isinstance(at, list) else at[part]
    at[spoiled[-1]] = 17
    with pytest.raises(jsonschema.ValidationError):
        validator.validate(canary)
    reader = source_named(source)
    framed = frame_file(json.dumps(sample, indent=2).encode(), reader.layout())
    [event] = [reader.parse(framed.payload(f), framed.context) for f in framed.frames]
    assert "It is broken" in event.text
    assert event.event_time.year == 2024
    assert event.record_id
