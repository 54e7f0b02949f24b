"""Records that nobody can read: a good one, damaged in one way. Only the damage belongs here."""

import json
from typing import Any

# By the file's format; a record in the middle of a JSON document is never cut, for that would damage its neighbours too.
DEFECTS = {
    "json": ("missing_id", "wrong_type", "bad_time", "not_an_object", "bad_encoding"),
    "jsonl": ("cut_json", "bad_encoding", "missing_id", "wrong_type", "bad_time", "not_an_object"),
    "csv": ("missing_id", "bad_time", "wrong_type", "short_row", "bad_encoding"),
}
_IDS = {"google_play": "reviewId", "kiosk": "id", "community_chat": "msg_id"}
_NEVER = "2025-13-45T99:00:00Z"
# Columns of the CSV exports: where time and number stand, counted from 0.
_TIME_COLUMN = {"shop_reviews": 10, "returns": 7, "survey": 1, "sales_calls": 1}
_NUMBER_COLUMN = {"shop_reviews": 6, "returns": 9, "survey": 3, "sales_calls": 5}


def _set_time(kind: str, record: dict[str, Any]) -> None:
    if kind == "app_store":
        record["attributes"]["createdDate"] = _NEVER
    elif kind == "google_play":
        record["comments"][0]["userComment"]["lastModified"] = {"seconds": "yesterday"}
    elif kind == "kiosk":
        record["at"] = _NEVER
    elif kind == "community_chat":
        record["ts"] = "noon"
    else:
        record["created_at"] = _NEVER


def _set_type(kind: str, record: dict[str, Any]) -> None:
    if kind == "zendesk":
        record["description"] = {"html": 1}
    elif kind == "intercom":
        record["source"] = [1, 2]
    elif kind == "app_store":
        record["attributes"] = "five stars"
    elif kind == "google_play":
        record["comments"] = {"text": 3}
    elif kind == "forum":
        record["cooked"] = 12
    elif kind == "kiosk":
        record["message"] = ["a", 1]
    else:
        record["text"] = {"value": 1}


def damage(payload: str, kind: str, file_format: str, defect: str, row: list[str] | None = None) -> bytes:
    """The record's bytes with one defect. kind: source, or mapping name. row: the cells of a CSV record without line breaks."""
    if defect == "bad_encoding":
        raw = payload.encode()
        # Inside a JSON string, so that the brackets still close; anywhere in a CSV row.
        at = len(raw) // 2 if file_format == "csv" else raw.index(b'",')
        return raw[:at] + b"\xff\xfe\xe4" + raw[at:]
    if defect == "cut_json":
        return payload[: len(payload) * 2 // 3].encode()
    if defect == "not_an_object":
        return b'["a list",17]'
    if row is not None:
        if defect == "missing_id":
            row[0] = ""
        elif defect == "bad_time":
            row[_TIME_COLUMN[kind]] = "yesterday evening"
        elif defect == "wrong_type":
            row[_NUMBER_COLUMN[kind]] = "a lot"
        else:
            row = row[:4]
        return (";" if kind == "sales_calls" else ",").join(row).encode()
    record: dict[str, Any] = json.loads(payload)
    if defect == "missing_id":
        del record[_IDS.get(kind, "id")]
    elif defect == "bad_time":
        _set_time(kind, record)
    else:
        _set_type(kind, record)
    return json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode()
