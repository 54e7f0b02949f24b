"""Drafts in each source's own export format: one record's bytes, and the file around records. Vendors' shapes follow their specs.

Only formats belong here; what the records say stands in the draft.
"""

import html
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import lru_cache

from feedback_assets.demo.draft import Draft
from feedback_assets.demo.personal import MAIL_DOMAINS, email_of, name_of

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

# Id of a ticket field of the demo site.
FIELD_BUILD = 360007001
TIERS = ("free", "free", "free", "pro", "pro", "team", "enterprise")
PRODUCTS = ("Larkspur Android", "Larkspur iOS", "Larkspur Desktop", "Larkspur Web")
# sku, product, department, usual price
GOODS = (
    ("LK-BP-01", "Trail backpack", "Bags", 89.0),
    ("LK-DL-02", "Desk lamp Arc", "Office", 54.5),
    ("LK-RJ-03", "Rain jacket", "Clothing", 119.0),
    ("LK-NS-04", "Notebook set", "Stationery", 18.9),
    ("LK-WB-05", "Water bottle 0.7", "Kitchen", 24.0),
    ("LK-LS-06", "Linen shirt", "Clothing", 49.9),
    ("LK-TM-07", "Travel mug", "Kitchen", 22.5),
    ("LK-WL-08", "Wool blanket", "Home", 79.0),
    ("LK-BL-09", "Bike light", "Outdoor", 31.0),
    ("LK-TB-10", "Tote bag", "Bags", 15.0),
    ("LK-OC-11", "Office chair", "Office", 249.0),
    ("LK-PC-12", "Pencil case", "Stationery", 12.0),
)
ALPHA3 = {
    "US": "USA", "GB": "GBR", "CA": "CAN", "AU": "AUS", "IN": "IND", "IE": "IRL", "NZ": "NZL", "DE": "DEU", "AT": "AUT", "CH": "CHE",
    "FR": "FRA", "BE": "BEL", "ES": "ESP", "MX": "MEX", "AR": "ARG", "CO": "COL", "CL": "CHL", "BR": "BRA", "PT": "PRT", "IT": "ITA",
    "NL": "NLD", "JP": "JPN", "CN": "CHN", "TW": "TWN", "SG": "SGP",
}  # fmt: skip
REASON_CODES = {
    "defective_item": "DEFECTIVE",
    "wrong_size": "SIZE",
    "wrong_item": "WRONG_ITEM",
    "cheap_material": "NOT_AS_DESCRIBED",
    "late_parcel": "ARRIVED_TOO_LATE",
    "lost_parcel": "NOT_RECEIVED",
}
CURRENCIES = {"US": "USD", "GB": "GBP", "CH": "CHF", "JP": "JPY", "PL": "PLN", "SE": "SEK", "BR": "BRL"}
CARRIERS = ("ParcelRun", "NorthPost", "Velocita", "BlueVan")

COLUMNS = {
    "shop_reviews": (
        "review_id", "order_id", "customer_id", "sku", "product", "department", "rating", "title", "review", "recommended", "created_at",
        "country", "order_value", "currency", "verified", "updated_at", "deleted_at",
    ),
    "returns": (
        "return_id", "order_id", "customer_id", "sku", "product", "reason_code", "comment", "created_at", "country", "order_value",
        "currency", "carrier", "updated_at", "deleted_at",
    ),
    "survey": (
        "response_id", "submitted_at", "respondent_email", "nps_score", "segment", "locale", "product_area", "app_version",
        "contract_value", "currency", "comment", "updated_at", "deleted_at",
    ),
}  # fmt: skip
ROW_END = {"survey": "\r\n"}


@lru_cache(maxsize=4096)
def _day(days: int) -> str:
    return datetime.fromtimestamp(days * 86400, UTC).strftime("%Y-%m-%d")


def iso(seconds: int, zone: str = "Z") -> str:
    """ISO 8601 in UTC."""
    s = seconds % 86400
    return f"{_day(seconds // 86400)}T{s // 3600:02d}:{s // 60 % 60:02d}:{s % 60:02d}{zone}"


def _pacific(seconds: int) -> str:
    return iso(seconds - 7 * 3600, "-07:00")


def tier_of(person: int) -> str:
    """The plan that a person is on."""
    return TIERS[person % len(TIERS)]


def currency_of(country: str) -> str:
    """What the shop charges in a country: a few currencies of their own, euros elsewhere. Amounts are not converted, as few shops do."""
    return CURRENCIES.get(country, "EUR")


def _order_value(d: Draft) -> float:
    price = GOODS[d.item][3]
    return round(price * (1 + d.noise % 3) + (d.noise >> 2) % 1000 / 100, 2)


def _contract_value(d: Draft) -> int:
    return {"free": 0, "pro": 96, "team": 1200, "enterprise": 24000}[tier_of(d.person)] * (1 + d.person % 3)


def _paragraphs(text: str) -> str:
    return "".join(f"<p>{html.escape(line, quote=False)}</p>" for line in text.split("\n") if line)


def zendesk(d: Draft) -> str:
    """A ticket of the incremental export (TicketObject). A deleted one keeps its place with status "deleted", its words scrubbed."""
    n = d.noise
    channel = ("email", "web", "web", "api", "mobile_sdk")[n % 5]
    tags = ["android" if d.android else "web", f"plan:{tier_of(d.person)}", f"country:{d.country}", f"locale:{d.locale}"]
    if d.area:
        tags.append(f"area:{d.area}")
    if d.version:
        tags.append(f"version:{d.version}")
    if d.side == "shop":
        tags += [f"order_value:{_order_value(d):.2f}", f"currency:{currency_of(d.country)}"]
    subject = "SCRUBBED" if d.deleted else d.title
    ticket = {
        "url": f"https://larkspur.zendesk.example/api/v2/tickets/{d.record_id}.json",
        "id": int(d.record_id),
        "via": {"channel": channel, "source": {"from": {"address": email_of(d.person), "name": name_of(d.person)}, "rel": None, "to": {}}},
        "created_at": iso(d.created),
        "updated_at": iso(d.updated),
        "type": ("problem", "incident", "question", "task")[n // 5 % 4],
        "subject": subject,
        "raw_subject": subject,
        "description": "SCRUBBED" if d.deleted else d.body,
        "priority": ("low", "normal", "normal", "high", "urgent")[n // 20 % 5],
        "status": "deleted" if d.deleted else ("new", "open", "pending", "solved")[(n // 100 + d.revision) % 4],
        "requester_id": 900_000_000 + d.person,
        "submitter_id": 900_000_000 + d.person,
        "brand_id": 360001,
        "group_id": 360100 + n % 4,
        "tags": tags,
        "custom_fields": [{"id": FIELD_BUILD, "value": d.version}],
        "generated_timestamp": d.updated,
    }
    return _encode(ticket)


def intercom(d: Draft) -> str:
    """A conversation of the list (conversation_list_item), or what is left of a deleted one. The body is HTML, as Intercom stores it."""
    if d.deleted:
        return _encode({"type": "conversation", "id": d.record_id, "deleted": True, "deleted_at": d.updated})
    n = d.noise
    contact = f"{d.person:024x}"
    custom: dict[str, object] = {
        "plan": tier_of(d.person),
        "locale": d.locale,
        "country": d.country,
        "product": PRODUCTS[0 if d.android else n % 4],
    }
    if d.area:
        custom["product_area"] = d.area
    if d.version:
        custom["app_version"] = d.version
    if d.side == "shop":
        custom |= {"order_value": int(_order_value(d)), "currency": currency_of(d.country)}
    files = []
    if n % 29 == 0:
        url = f"https://downloads.intercom.example/i/o/{n}/screen.png"
        files.append({"type": "upload", "name": "screen.png", "url": url, "content_type": "image/png", "filesize": 1000 + n % 90_000})
    conversation = {
        "type": "conversation",
        "id": d.record_id,
        "title": d.title or None,
        "created_at": d.created,
        "updated_at": d.updated,
        "waiting_since": d.created,
        "snoozed_until": None,
        "open": n % 3 > 0,
        "state": "open" if n % 3 else "closed",
        "read": n % 2 == 0,
        "priority": "priority" if n % 11 == 0 else "not_priority",
        "admin_assignee_id": None,
        "team_assignee_id": None,
        "tags": {"type": "tag.list", "tags": []},
        "source": {
            "type": "email" if n % 4 == 0 else "conversation",
            "id": str(d.serial),
            "delivered_as": "customer_initiated",
            "subject": f"<p>{html.escape(d.title, quote=False)}</p>" if d.title else "",
            "body": d.body if d.html else _paragraphs(d.body),
            "author": {"type": "user", "id": contact, "name": name_of(d.person), "email": email_of(d.person)},
            "attachments": files,
            "url": f"https://app.larkspur.example/{d.area or 'home'}",
            "redacted": False,
        },
        "contacts": {"type": "contact.list", "contacts": [{"type": "contact", "id": contact, "external_id": f"C{d.person:07d}"}]},
        "custom_attributes": custom,
    }
    return _encode(conversation)


def app_store(d: Draft) -> str:
    """A customer review (CustomerReview), or what is left of a deleted one. An edited review has the time of the edit."""
    if d.deleted:
        return _encode({"type": "customerReviews", "id": d.record_id, "deleted": True, "deleted_at": _pacific(d.updated)})
    review = {
        "type": "customerReviews",
        "id": d.record_id,
        "attributes": {
            "rating": d.rating,
            "title": d.title,
            "body": d.body,
            "reviewerNickname": f"{name_of(d.person).replace(' ', '')}{d.person % 100}",
            "createdDate": _pacific(d.updated),
            "territory": ALPHA3[d.country],
        },
        "relationships": {
            "response": {"links": {"related": f"https://api.appstoreconnect.apple.com/v1/customerReviews/{d.record_id}/response"}}
        },
        "links": {"self": f"https://api.appstoreconnect.apple.com/v1/customerReviews/{d.record_id}"},
    }
    return _encode(review)


def google_play(d: Draft) -> str:
    """A review (Review), or what is left of a deleted one. lastModified is all the time there is."""
    if d.deleted:
        return _encode({"reviewId": d.record_id, "deleted": True, "deleted_at": iso(d.updated)})
    n = d.noise
    text = f"{d.title}\t{d.body}" if d.title and n % 7 == 0 else d.body
    comment: dict[str, object] = {
        "text": text,
        "lastModified": {"seconds": str(d.updated), "nanos": n % 1000 * 1_000_000},
        "starRating": d.rating,
        "reviewerLanguage": d.language,
        "device": ("oriole", "r0q", "FP4", "gta8", "cheetah")[n % 5],
        "androidOsVersion": 29 + n % 6,
        "appVersionCode": int(d.version.replace(".", "") or 0) * 10,
        "appVersionName": d.version,
        "thumbsUpCount": n % 9,
        "thumbsDownCount": n % 3,
        "deviceMetadata": {
            "productName": "phone",
            "manufacturer": "Example",
            "deviceClass": "FORM_FACTOR_PHONE",
            "ramMb": 4096 + n % 3 * 2048,
        },
    }
    return _encode({"reviewId": d.record_id, "authorName": name_of(d.person) if n % 6 else "", "comments": [{"userComment": comment}]})


# What a demo post has in common with every other; Discourse sends all of it every time.
_POST_REST = _encode(
    {
        "post_type": 1,
        "quote_count": 0,
        "incoming_link_count": 0,
        "yours": False,
        "primary_group_name": None,
        "flair_name": None,
        "flair_url": None,
        "flair_bg_color": None,
        "flair_color": None,
        "flair_group_id": None,
        "badges_granted": [],
        "can_edit": False,
        "can_delete": False,
        "can_recover": False,
        "can_see_hidden_post": False,
        "can_wiki": False,
        "user_title": None,
        "bookmarked": False,
        "actions_summary": [{"id": 2, "can_act": True}],
        "moderator": False,
        "admin": False,
        "staff": False,
        "hidden": False,
        "trust_level": 1,
        "edit_reason": None,
        "can_view_edit_history": True,
        "wiki": False,
        "truncated": False,
        "reviewable_id": None,
        "reviewable_score_count": 0,
        "reviewable_score_pending_count": 0,
    }
)[1:]
FORUM_CATEGORIES = {"login": 11, "checkout": 12, "sync": 13, "search": 14, "export": 15, "notifications": 16, "editor": 17, "": 10}


def forum(d: Draft) -> str:
    """A post of /posts.json. A deleted one keeps its place, without its words."""
    n = d.noise
    post = int(d.record_id)
    user = f"{name_of(d.person).replace(' ', '_').lower()}{d.person % 100}"
    topic = 1000 + n % 90_000
    cooked = "" if d.deleted else d.body if d.html else _paragraphs(d.body)
    title = "" if d.deleted else d.title
    raw = "" if d.deleted else d.body
    first = {
        "id": post,
        "name": name_of(d.person),
        "username": user,
        "avatar_template": f"/letter_avatar_proxy/v4/letter/{user[0]}/{{size}}.png",
        "created_at": iso(d.created, ".000Z"),
        "cooked": cooked,
        "post_number": 1 + n % 5,
        "posts_count": 1 + n % 9,
        "updated_at": iso(d.updated, ".000Z"),
        "reply_count": n % 4,
        "reply_to_post_number": None,
        "reads": n % 200,
        "readers_count": n % 180,
        "score": n % 100 / 5,
        "topic_id": topic,
        "topic_slug": f"topic-{topic}",
        "topic_title": title,
        "topic_html_title": html.escape(title, quote=False),
        "category_id": FORUM_CATEGORIES[d.area],
        "display_username": name_of(d.person),
        "version": d.revision,
        "raw": raw,
        "user_id": d.person,
        "deleted_at": iso(d.updated, ".000Z") if d.deleted else None,
        "user_deleted": d.deleted,
        "excerpt": html.escape(raw[:80], quote=False),
        "post_url": f"/t/topic-{topic}/{topic}/{1 + n % 5}",
    }
    return f"{_encode(first)[:-1]},{_POST_REST}"


def _cell(value: str) -> str:
    if '"' in value or "," in value or "\n" in value or "\r" in value or ";" in value:
        return '"' + value.replace('"', '""') + '"'
    return value


def csv_row(values: Sequence[str], delimiter: str = ",") -> str:
    """One row (RFC 4180), without its line end."""
    return delimiter.join([_cell(v) for v in values])


def _changed(d: Draft) -> tuple[str, str]:
    """updated_at and deleted_at of a CSV row."""
    return iso(d.updated) if d.revision > 1 else "", iso(d.updated) if d.deleted else ""


def shop_reviews(d: Draft) -> str:
    """A row of the shop's review export."""
    sku, product, department, _ = GOODS[d.item]
    values = (
        d.record_id,
        f"LK-2025-{d.noise % 10_000_000:07d}",
        f"C{d.person:07d}",
        sku,
        product,
        department,
        str(d.rating),
        "" if d.deleted else d.title,
        "" if d.deleted else d.body,
        "1" if d.rating > 3 else "0",
        iso(d.created),
        d.country,
        f"{_order_value(d):.2f}",
        currency_of(d.country),
        "true" if d.noise % 8 else "false",
        *_changed(d),
    )
    return csv_row(values)


def returns(d: Draft) -> str:
    """A row of the shop's return reasons."""
    sku, product, _, _ = GOODS[d.item]
    values = (
        d.record_id,
        f"LK-2025-{d.noise % 10_000_000:07d}",
        f"C{d.person:07d}",
        sku,
        product,
        REASON_CODES.get(d.cause, "OTHER"),
        "" if d.deleted else d.body,
        iso(d.created),
        d.country,
        f"{_order_value(d):.2f}",
        currency_of(d.country),
        CARRIERS[d.noise % 4],
        *_changed(d),
    )
    return csv_row(values)


def survey(d: Draft) -> str:
    """A row of the NPS survey export."""
    score = {1: 0, 2: 3, 3: 6, 4: 8, 5: 10}[d.rating] + (d.noise % 2 if d.rating < 5 else -(d.noise % 2))
    values = (
        d.record_id,
        iso(d.created, "+00:00"),
        f"{name_of(d.person).replace(' ', '.').lower()}{d.person % 997}@{MAIL_DOMAINS[d.person % 4]}",
        str(score),
        tier_of(d.person),
        d.locale,
        d.area,
        d.version,
        str(_contract_value(d)),
        "EUR",
        "" if d.deleted else d.body,
        *_changed(d),
    )
    return csv_row(values)


def in_envelope(source: str, records: Sequence[bytes], now: int) -> bytes:
    """The JSON document that a source exports records in."""
    body = b",\n".join(records)
    count = len(records)
    if source == "zendesk":
        return b'{"tickets":[\n%s\n],"next_page":null,"count":%d,"end_of_stream":true,"end_time":%d}\n' % (body, count, now)
    if source == "intercom":
        pages = b'{"type":"pages","page":1,"per_page":%d,"total_pages":1}' % max(1, count)
        return b'{"type":"conversation.list","pages":%s,"total_count":%d,"conversations":[\n%s\n]}\n' % (pages, count, body)
    if source == "app_store":
        link = b"https://api.appstoreconnect.apple.com/v1/apps/1234567890/customerReviews"
        return b'{"data":[\n%s\n],"links":{"self":"%s"},"meta":{"paging":{"total":%d,"limit":200}}}\n' % (body, link, count)
    if source == "google_play":
        return b'{"reviews":[\n%s\n],"tokenPagination":{"nextPageToken":""}}\n' % body
    if source == "forum":
        return b'{"latest_posts":[\n%s\n]}\n' % body
    return b"[\n%s\n]\n" % body


WRITERS: dict[str, Callable[[Draft], str]] = {
    "zendesk": zendesk,
    "intercom": intercom,
    "app_store": app_store,
    "google_play": google_play,
    "shop_reviews": shop_reviews,
    "returns": returns,
    "survey": survey,
    "forum": forum,
}
