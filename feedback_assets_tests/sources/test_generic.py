"""The mapping file: what it can say, and that its errors name file and key."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from feedback_assets.ground.errors import SettingError
from feedback_assets.sources.event import RecordError
from feedback_assets.sources.framing.file import frame_file
from feedback_assets.sources.generic import Generic, load_mapping

EXAMPLE = Path(__file__).resolve().parents[2] / "docs" / "examples" / "firefox_support.mapping.yaml"
BASE = "name: m\nchannel: other\nfields: {record_id: id, event_time: at}\n"


def _mapping(tmp_path: Path, text: str) -> str:
    path = tmp_path / "m.yaml"
    path.write_text(text)
    return Generic().read_mapping(path)


def _parse(mapping: str, record: dict[str, Any]) -> Any:
    return Generic().parse(json.dumps(record).encode(), {"format": "json", "mapping": mapping})


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (BASE + "colour: red\n", "colour"),
        (BASE + "constants: {rating: '5'}\n", "constants.rating"),
        (BASE + "constants: {product: 5}\n", "constants.product"),
        (BASE.replace("other", "fax"), "channel"),
        (BASE.replace("name: m", "name: ../m"), "name"),
        (BASE.replace("event_time: at", "text: t"), "event_time"),
        (BASE + "encoding: utf-16\n", "encoding"),
        (BASE + "time: {format: yesterday}\n", "time.format"),
        (BASE + "time: {format: '%Q'}\n", "time.format"),
        (BASE + "time: {timezone: Mars/Base}\n", "time.timezone"),
        (BASE + "rating: {min: 5, max: 5}\n", "rating"),
        (BASE + "delimiter: '::'\n", "delimiter"),
        (BASE.replace("record_id: id", "record_id: id, product: p") + "constants: {product: x}\n", "product"),
        ("- a\n- b\n", "dictionary"),
        ("a: [", "line"),
        ("a: !!python/object/apply:os.system ['true']", "not YAML"),
        ("[" * 900, "m.yaml"),
        ("x" * 70000, "bytes long"),
    ],
)
def test_a_mapping_that_cannot_be_used_is_refused_by_file_and_key(tmp_path: Path, text: str, named: str) -> None:
    with pytest.raises(SettingError) as e:
        _mapping(tmp_path, text)
    assert "m.yaml" in str(e.value)
    assert named in str(e.value)


def test_a_missing_mapping_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=r"nowhere\.yaml"):
        load_mapping(tmp_path / "nowhere.yaml")


def test_dotted_paths_constants_scale_and_attributes(tmp_path: Path) -> None:
    mapping = _mapping(
        tmp_path,
        "name: m\nchannel: survey\n"
        "fields: {record_id: meta.id, event_time: at, text: words, rating: stars, tier: who.plan, attachments: files}\n"
        "constants: {product: P}\nrating: {min: 0, max: 10}\ntime: {format: epoch_ms}\nattributes: [who.device, gone]\n",
    )
    event = _parse(
        mapping,
        {"meta": {"id": 5}, "at": 1714555800000, "words": "w", "stars": 5, "who": {"plan": "PRO", "device": "d"}, "files": ["a", "b"]},
    )
    assert (event.record_id, event.text, event.rating, event.tier, event.product) == ("m:5", "w", 3, "pro", "P")
    assert event.event_time == datetime(2024, 5, 1, 9, 30, tzinfo=UTC)
    assert (event.attachments, event.attributes) == (("a", "b"), {"who.device": "d"})


@pytest.mark.parametrize(
    ("rules", "value", "expected"),
    [
        ("{format: '%d.%m.%Y %H:%M', timezone: Europe/Berlin}", "01.05.2024 11:30", T := datetime(2024, 5, 1, 9, 30, tzinfo=UTC)),
        ("{format: iso, timezone: America/New_York}", "2024-05-01T05:30:00", T),
        ("{format: iso}", "2024-05-01T09:30:00Z", T),
        ("{format: epoch_s}", "1714555800", T),
        ("{format: epoch_s}", 1714555800, T),
        ("{format: '%d.%m.%Y'}", "2024-05-01", "bad_time"),
        ("{format: iso}", 1714555800, "bad_time"),
        ("{format: epoch_s}", "soon", "wrong_type"),
        ("{format: epoch_s}", 1e17, "bad_time"),
        ("{format: iso}", "", "missing_time"),
    ],
)
def test_time_formats(tmp_path: Path, rules: str, value: object, expected: datetime | str) -> None:
    mapping = _mapping(tmp_path, BASE + f"time: {rules}\n")
    if isinstance(expected, datetime):
        assert _parse(mapping, {"id": 1, "at": value}).event_time == expected
    else:
        with pytest.raises(RecordError, match=expected):
            _parse(mapping, {"id": 1, "at": value})


def test_another_encoding_reads_in_csv(tmp_path: Path) -> None:
    mapping = _mapping(tmp_path, "name: m\nchannel: other\nencoding: cp1252\nfields: {record_id: id, event_time: at, text: Größe}\n")
    framed = frame_file("id;at;Größe\n1;2024-05-01;schön €\n".encode("cp1252"), Generic().layout(mapping))
    assert framed.reason == ""
    event = Generic().parse(framed.payload(framed.frames[0]), {**framed.context, "mapping": mapping})
    assert event.text == "schön €"


@pytest.mark.data
def test_the_example_reads_every_real_forum_post(shared: Path) -> None:
    source = Generic()
    mapping = source.read_mapping(EXAMPLE)
    framed = frame_file((shared / "data/firefox_support/multilingual_dev_redacted_to2022.csv.gz").read_bytes(), source.layout(mapping))
    context = {**framed.context, "mapping": mapping}
    events = [source.parse(framed.payload(f), context) for f in framed.frames]
    assert len(events) == 5021
    assert framed.reason == ""
    assert {e.product for e in events} == {"Firefox"}
    assert all(e.product_area and e.locale and e.customer_id and e.channel == "forum" for e in events)
