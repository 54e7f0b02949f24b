import random
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from feedback_assets.compute.interface import Transformation
from feedback_assets.compute.sail import SailCompute
from feedback_assets.contracts.arrow import arrow_schema, arrow_type
from feedback_assets.contracts.silver import EVENTS, REVISIONS
from feedback_assets.silver import transform
from feedback_assets.silver.kernel import OUTPUT
from feedback_assets_tests.compute.fixtures import jvm, sail  # noqa: F401
from feedback_assets_tests.compute.jvm import JvmCompute
from feedback_assets_tests.silver.deliveries import bronze_rows, canonical, post

if TYPE_CHECKING:
    import pyarrow as pa

TEXTS = (
    "<p>It crashes &amp; burns</p>", "geht nicht seit dem Update", "还是坏的", "ça ne marche pas 👩‍💻", "call +1 212 555 0123", "", "ok",
    "x",
)  # fmt: skip


def bronze() -> "pa.Table":
    import pyarrow as pa

    posts: list[Any] = [post(i, t, topic_title="Help" if i % 2 else "") for i, t in enumerate(TEXTS)]
    more = [posts[0], {**posts[1], "updated_at": "2024-05-09T10:00:00+00:00"}, b"\xff\xfe", posts[2]]
    return pa.concat_tables([bronze_rows(posts), bronze_rows(more, file="forum/more.jsonl"), bronze_rows(more, day=date(2024, 5, 2))])


def events() -> "pa.Table":
    import pyarrow as pa

    chance = random.Random(7)
    rows = []
    for e in range(20):
        for day in range(chance.randint(1, 4)):
            revised = datetime(2024, 5, 1, 12, tzinfo=UTC) + timedelta(hours=chance.choice((0, 12, 20)), microseconds=e)
            rows.append(
                {
                    "event_id": f"{e:032x}", "payload_sha256": f"{chance.randint(0, 2):064x}", "source": "forum",
                    "feed_date": date(2024, 5, 1) + timedelta(days=day), "event_time": datetime(2024, 5, 1, 23, 59, 59, 999999, tzinfo=UTC),
                    "revised_at": revised, "is_deletion": chance.random() < 0.2,
                }
            )  # fmt: skip
    schema = pa.schema([arrow_schema(EVENTS).field(n) for n in transform.EVENTS_NEEDED])
    return pa.Table.from_pylist(rows, schema=schema)


CASES: list[tuple[Transformation, str, Any, list[str]]] = [
    (canonical, "bronze", bronze, [c.name for c in OUTPUT]),
    (transform.revisions, "events", events, list(REVISIONS.column_names)),
]


def plain_types(table: "pa.Table") -> dict[str, str]:
    """Types by name, without the names that engines give to list elements."""
    import pyarrow as pa

    return {f.name: f"list<{f.type.value_type}>" if pa.types.is_list(f.type) else str(f.type) for f in table.schema}


def in_order(table: "pa.Table") -> list[dict[str, Any]]:
    return sorted(table.to_pylist(), key=lambda r: (r["feed_date"], r["event_id"], r["payload_sha256"]))


@pytest.mark.jvm
@pytest.mark.parametrize("case", CASES, ids=lambda case: case[1])
def test_sail_and_apache_spark_give_equal_rows_and_types(
    sail: SailCompute,  # noqa: F811
    jvm: JvmCompute,  # noqa: F811
    case: tuple[Transformation, str, Any, list[str]],
) -> None:
    transformation, name, build, columns = case
    data = build()
    here, there = sail.run(transformation, {name: data}), jvm.run(transformation, {name: data})
    assert here.column_names == there.column_names == columns
    assert plain_types(here) == plain_types(there)
    assert in_order(here) == in_order(there)


def test_canonical_rows_have_the_contracts_types_and_each_payload_once_a_day(sail: SailCompute) -> None:  # noqa: F811
    result = sail.run(canonical, {"bronze": bronze()})
    for column in OUTPUT:
        assert result[column.name].cast(arrow_type(column.type)).type == arrow_type(column.type)
    keys = [(r["feed_date"], r["event_id"], r["payload_sha256"]) for r in result.to_pylist()]
    assert len(keys) == len(set(keys)) == len(TEXTS) + 2 + 4
    assert [r["unreadable"] for r in result.to_pylist() if r["unreadable"]] == ["not_utf8"] * 2


def test_the_order_of_the_input_rows_does_not_matter(sail: SailCompute) -> None:  # noqa: F811
    data = bronze()
    backwards = data.take(list(range(data.num_rows))[::-1])
    assert in_order(sail.run(canonical, {"bronze": data})) == in_order(sail.run(canonical, {"bronze": backwards}))
    data = events()
    backwards = data.take(list(range(data.num_rows))[::-1])
    assert in_order(sail.run(transform.revisions, {"events": data})) == in_order(sail.run(transform.revisions, {"events": backwards}))


def test_exactly_one_revision_of_an_event_is_the_last(sail: SailCompute) -> None:  # noqa: F811
    by_event: dict[str, list[dict[str, Any]]] = {}
    for row in sail.run(transform.revisions, {"events": events()}).to_pylist():
        by_event.setdefault(row["event_id"], []).append(row)
    for rows in by_event.values():
        rows.sort(key=lambda r: r["revision"])
        assert [r["revision"] for r in rows] == list(range(1, len(rows) + 1))
        assert [r["is_current"] for r in rows] == [False] * (len(rows) - 1) + [not rows[-1]["is_deletion"]]
