"""The short ways of reading plain times and plain objects give what the long ways give."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from feedback_assets.sources import reading
from feedback_assets.sources.event import RecordError

_zones = st.sampled_from([None, UTC, timezone(timedelta(0)), timezone(timedelta(hours=2)), timezone(-timedelta(hours=11, minutes=30))])
_days = st.datetimes(min_value=datetime(1985, 1, 1), max_value=datetime(2105, 1, 1))  # noqa: DTZ001
_times = st.builds(lambda day, zone: day.replace(tzinfo=zone), _days, _zones)
_written = _times.map(datetime.isoformat) | _times.map(lambda t: t.isoformat().replace("+00:00", "Z"))


def _told(function: Any, *arguments: Any) -> Any:
    try:
        found = function(*arguments)
    except RecordError as e:
        return e.reason, e.detail
    return (found, found.tzinfo) if isinstance(found, datetime) else found


@settings(deadline=None)
@given(_written | st.text("0123456789-:TZ+. ", min_size=1, max_size=30))
@example("2024-05-01")
@example(" 2024-05-01T09:30:00Z")
@example("1714550400")
@example("2101-01-01T00:00:00Z")
@example("1990-01-01T00:00:00+14:00")
def test_a_time_is_read_as_the_long_way_reads_it(text: str) -> None:
    assert _told(reading.Fields({"at": text}).time, "at") == _told(reading.moment, text, "at")


@settings(deadline=None)
@given(st.dictionaries(st.text(max_size=3), st.text(max_size=3) | st.integers() | st.floats(), max_size=3), st.data())
def test_an_object_is_read_as_the_decoder_reads_it_also_where_it_is_cut(value: dict[str, Any], data: st.DataObject) -> None:
    whole = data.draw(st.sampled_from(["{0}", " {0}", "{0} ", "{0}{0}", "{0},}}"])).format(json.dumps(value))
    text = whole[: data.draw(st.integers(0, len(whole)))]
    try:
        wanted = reading._loads(text)
    except ValueError:
        with pytest.raises(RecordError, match="not_json"):
            reading.load_object(text.encode())
        return
    assert repr(reading.load_object(text.encode()).data) == repr(wanted)
