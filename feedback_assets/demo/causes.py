"""What people of the demo write about: one cause is one thing wrong (or liked, or asked). Only the list belongs here, no texts."""

from dataclasses import dataclass

NO_ISSUE = ("praise", "question", "neutral")


@dataclass(frozen=True)
class Cause:
    """One thing to write about.

    category: taxonomy id that a reader should come to; None when there is nothing to act on. severity: lowest and highest that
    is a fair judgement. side: app or shop. area: product area. weight: share among the causes of its side on a usual day.
    """

    id: str
    category: str | None
    subcategory: str | None
    severity: tuple[int, int]
    side: str
    area: str
    weight: float


def _cause(cause: str, label: str, severity: tuple[int, int], side: str, area: str, *, weight: float) -> Cause:
    category, _, subcategory = label.partition("/")
    return Cause(cause, category, subcategory, severity, side, area, weight)


ISSUES = (
    _cause("crash_on_start", "stability_performance/crash", (3, 5), "app", "editor", weight=5),
    _cause("editor_freezes", "stability_performance/freeze", (3, 4), "app", "editor", weight=4),
    _cause("slow_app", "stability_performance/slow", (2, 3), "app", "editor", weight=4),
    _cause("battery_drain", "stability_performance/resource_use", (2, 3), "app", "sync", weight=2),
    _cause("password_reset", "sign_in_account/password", (3, 4), "app", "login", weight=4),
    _cause("two_factor", "sign_in_account/two_factor", (3, 4), "app", "login", weight=3),
    _cause("account_locked", "sign_in_account/account_locked", (3, 5), "app", "login", weight=2),
    _cause("double_charge", "billing_payment/double_charge", (3, 5), "app", "checkout", weight=4),
    _cause("refund_missing", "billing_payment/refund", (3, 4), "app", "checkout", weight=3),
    _cause("subscription_cancel", "billing_payment/subscription", (2, 4), "app", "checkout", weight=4),
    _cause("payment_declined", "billing_payment/payment_failed", (3, 4), "shop", "checkout", weight=3),
    _cause("notes_lost", "data_loss_sync/data_lost", (4, 5), "app", "sync", weight=4),
    _cause("sync_stuck", "data_loss_sync/sync", (3, 4), "app", "sync", weight=6),
    _cause("import_broken", "data_loss_sync/import_export", (2, 4), "app", "export", weight=2),
    _cause("dark_mode", "display_usability/readability", (2, 3), "app", "editor", weight=2),
    _cause("navigation", "display_usability/navigation", (1, 3), "app", "editor", weight=2),
    _cause("redesign", "display_usability/changed_design", (1, 3), "app", "editor", weight=4),
    _cause("screen_reader", "display_usability/accessibility", (3, 4), "app", "editor", weight=1),
    _cause("update_fails", "install_update/install_fails", (3, 4), "app", "editor", weight=3),
    _cause("compatibility", "install_update/compatibility", (3, 4), "app", "editor", weight=2),
    _cause("page_not_loading", "connectivity_loading/page_not_loading", (3, 4), "app", "sync", weight=3),
    _cause("offline", "connectivity_loading/offline", (2, 4), "app", "sync", weight=2),
    _cause("certificate", "connectivity_loading/certificate", (2, 4), "app", "login", weight=1),
    _cause("notifications", "function_broken/notifications", (2, 4), "app", "notifications", weight=4),
    _cause("search_broken", "function_broken/search", (2, 4), "app", "search", weight=4),
    _cause("printing", "function_broken/printing", (2, 3), "app", "export", weight=1),
    _cause("downloads", "function_broken/downloads", (2, 4), "app", "export", weight=3),
    _cause("popups", "privacy_security/unwanted_popups", (1, 3), "app", "notifications", weight=2),
    _cause("hacked", "privacy_security/hacked", (4, 5), "app", "login", weight=2),
    _cause("tracking", "privacy_security/tracking", (2, 4), "app", "login", weight=1),
    _cause("want_calendar", "feature_request/new_feature", (1, 2), "app", "editor", weight=4),
    _cause("want_widget_back", "feature_request/bring_back", (1, 2), "app", "editor", weight=2),
    _cause("want_setting", "feature_request/setting", (1, 2), "app", "editor", weight=1),
    _cause("late_parcel", "delivery_service/late_delivery", (2, 4), "shop", "checkout", weight=5),
    _cause("lost_parcel", "delivery_service/lost_parcel", (3, 4), "shop", "checkout", weight=3),
    _cause("return_hassle", "delivery_service/returns", (2, 4), "shop", "checkout", weight=3),
    _cause("rude_support", "delivery_service/customer_service", (2, 4), "shop", "checkout", weight=3),
    _cause("defective_item", "product_quality/defect", (2, 4), "shop", "checkout", weight=6),
    _cause("wrong_size", "product_quality/fit_size", (1, 3), "shop", "checkout", weight=6),
    _cause("wrong_item", "product_quality/wrong_item", (2, 4), "shop", "checkout", weight=3),
    _cause("cheap_material", "product_quality/material", (1, 3), "shop", "checkout", weight=4),
)

EXPORT_PDF = _cause("regression_export_pdf", "stability_performance/crash", (3, 5), "app", "export", weight=0)
LOGIN_LOOP = _cause("regression_login_loop", "sign_in_account/login", (3, 5), "app", "login", weight=0)
OUTAGE = _cause("outage", "connectivity_loading/outage", (4, 5), "app", "sync", weight=0)
MACRO = _cause("macro_lifetime_licence", "feature_request/bring_back", (1, 2), "app", "checkout", weight=0)
SPAM = Cause("spam", None, None, (1, 1), "app", "", 0)
SHORT = Cause("very_short", None, None, (1, 3), "app", "", 0)
SARCASM = Cause("sarcasm", None, None, (2, 4), "app", "", 0)
EMPTY = Cause("empty", None, None, (1, 1), "app", "", 0)
EMOJI = Cause("emoji_only", None, None, (1, 2), "app", "", 0)
INJECTION = Cause("prompt_injection", None, None, (1, 1), "app", "", 0)

PRAISE = {side: Cause(f"praise_{side}", None, None, (1, 1), side, "", 0) for side in ("app", "shop")}
QUESTION = {side: Cause(f"question_{side}", None, None, (1, 2), side, "", 0) for side in ("app", "shop")}
NEUTRAL = {side: Cause("neutral", None, None, (1, 1), side, "", 0) for side in ("app", "shop")}

INCIDENTS = (EXPORT_PDF, LOGIN_LOOP, OUTAGE, MACRO)
ALL = {
    c.id: c
    for c in (
        *ISSUES,
        *INCIDENTS,
        SPAM,
        SHORT,
        SARCASM,
        EMPTY,
        EMOJI,
        INJECTION,
        *PRAISE.values(),
        *QUESTION.values(),
        *NEUTRAL.values(),
    )
}
