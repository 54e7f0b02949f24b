import json
from datetime import UTC, date, datetime, timedelta
from functools import partial

import pytest

from feedback_assets.compute.sail import SailCompute
from feedback_assets.contracts.bronze import STAGE_BATCHES
from feedback_assets.contracts.silver import DUPLICATE_GROUPS, EVENTS, RAW_TEXT, REVISIONS
from feedback_assets.lakehouse.local import LocalLakehouse
from feedback_assets.silver import process, transform
from feedback_assets.silver.duplicates.update import update_duplicates
from feedback_assets.silver.process import pending_days, process_days
from feedback_assets.silver.revisions import update_revisions
from feedback_assets_tests.compute.fixtures import sail  # noqa: F401
from feedback_assets_tests.keys import MASKER
from feedback_assets_tests.silver.deliveries import DAY, FORUM, deliver, post

NOW = datetime(2024, 6, 2, tzinfo=UTC)
NEXT = DAY + timedelta(days=1)
LONG = "Since the last update the application closes every time I open the settings page and nothing helps at all"


def run(lake: LocalLakehouse, sail: SailCompute) -> None:  # noqa: F811
    process_days(lake, sail, pending_days(lake), masker=MASKER, now=NOW)
    update_revisions(lake, sail)
    update_duplicates(lake)


def state(lake: LocalLakehouse) -> dict[str, list[dict[str, object]]]:
    tables = {}
    for table in (EVENTS, RAW_TEXT, REVISIONS, DUPLICATE_GROUPS, STAGE_BATCHES):
        rows = lake.read(table, columns=table.compared).to_pylist()
        tables[table.name] = sorted(rows, key=repr)
    return tables


def test_rows_in_equal_rows_out_plus_each_reason(lake: LocalLakehouse, sail: SailCompute) -> None:  # noqa: F811
    one = post(1, "still broken")
    deliver(lake, [one, one, post(2, "<p>It fails</p>"), b"no json"], file="a.jsonl")
    deliver(lake, [one, post(3, "geht nicht")], file="b.jsonl")
    deliver(lake, [], file="empty.jsonl")
    report = process_days(lake, sail, pending_days(lake), masker=MASKER, now=NOW)[DAY]
    assert (report.batches, report.rows_in, report.rows_out) == (3, 6, 3)
    assert report.rows_in == report.rows_out + sum(report.reasons.values())
    assert report.reasons == {"redelivered": 2, "unreadable": 1}
    for row in lake.read(STAGE_BATCHES).to_pylist():
        assert row["rows_in"] == row["rows_out"] + sum(json.loads(row["reasons"]).values())
    assert pending_days(lake) == []


def test_second_run_commits_nothing(lake: LocalLakehouse, sail: SailCompute) -> None:  # noqa: F811
    deliver(lake, [post(1, LONG), post(2, LONG + "!")])
    run(lake, sail)
    versions = [lake.version(t) for t in (EVENTS, RAW_TEXT, REVISIONS, DUPLICATE_GROUPS, STAGE_BATCHES)]
    assert process_days(lake, sail, [DAY], masker=MASKER, now=NOW)[DAY].batches == 0
    assert not update_revisions(lake, sail).committed
    assert not update_duplicates(lake).committed
    assert versions == [lake.version(t) for t in (EVENTS, RAW_TEXT, REVISIONS, DUPLICATE_GROUPS, STAGE_BATCHES)]


@pytest.mark.parametrize("last", ["raw", "events"])
def test_kill_before_the_accounts_then_rerun_gives_the_same_tables(
    lake: LocalLakehouse,
    sail: SailCompute,  # noqa: F811
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    last: str,
) -> None:
    class Killed(BaseException):
        pass

    whole = LocalLakehouse(tmp_path_factory.mktemp("whole"))
    for each in (lake, whole):
        deliver(each, [post(1, LONG), post(1, LONG), post(2, "It fails"), b"no json"], file="a.jsonl")
        deliver(each, [post(2, "It fails"), post(3, "Ça ne marche pas")], file="b.jsonl", day=NEXT)
    run(whole, sail)

    append = process._append

    def stop(lake: LocalLakehouse, table: object, rows: object) -> None:
        if last == "raw" and table is EVENTS:
            raise Killed
        append(lake, table, rows)  # type: ignore[arg-type]

    def stop_record(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(process, "_append", stop)
        patch.setattr(process, "_record", stop_record)
        with pytest.raises(Killed):
            process_days(lake, sail, pending_days(lake), masker=MASKER, now=NOW)
    assert pending_days(lake) == [DAY, NEXT]
    run(lake, sail)
    assert state(lake) == state(whole)


def test_days_together_or_apart_in_any_order_give_the_same_tables(
    lake: LocalLakehouse,
    sail: SailCompute,  # noqa: F811
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    apart = LocalLakehouse(tmp_path_factory.mktemp("apart"))
    for each in (lake, apart):
        deliver(each, [post(1, LONG), post(2, "It fails")], file="a.jsonl")
        deliver(each, [post(1, LONG), post(3, LONG + " now")], file="b.jsonl", day=NEXT)
    run(lake, sail)
    for day in (NEXT, DAY):
        process_days(apart, sail, [day], masker=MASKER, now=NOW)
    update_revisions(apart, sail)
    update_duplicates(apart)
    assert state(lake) == state(apart)
    assert lake.count(EVENTS) == 4
    assert lake.count(REVISIONS) == 3


def test_the_short_way_of_one_machine_gives_what_the_transformation_gives(lake: LocalLakehouse, sail: SailCompute) -> None:  # noqa: F811
    edited = {**post(1, "It fails on Monday"), "updated_at": "2024-05-02T00:00:00+00:00"}
    deliver(lake, [post(2, "It fails"), post(1, LONG), post(1, LONG), b"no json"], file="b.jsonl")
    deliver(lake, [post(1, LONG), edited], file="a.jsonl")
    deliver(lake, [post(1, LONG)], file="c.jsonl", day=NEXT)
    bronze = lake.read(FORUM, columns=transform.BRONZE_NEEDED)
    rows = process._canonical(sail, bronze, MASKER)
    keys = [(k, "ascending") for k in ("feed_date", "event_id", "payload_sha256")]
    through = sail.run(partial(transform.canonical_events, masker=MASKER), {"bronze": bronze}).sort_by(keys)
    assert rows.num_rows == 5
    assert rows.to_pylist() == through.to_pylist()


def test_edits_and_deletions_are_revisions_and_the_last_is_in_force(lake: LocalLakehouse, sail: SailCompute) -> None:  # noqa: F811
    first = post(1, "It fails")
    edited = {**post(1, "It fails on Monday"), "updated_at": "2024-05-02T00:00:00+00:00"}
    deleted = {**post(2, ""), "user_deleted": True, "deleted_at": "2024-05-03T00:00:00+00:00"}
    deliver(lake, [edited], file="late.jsonl", day=date(2024, 5, 3))
    deliver(lake, [first, post(2, "Never mind")], file="a.jsonl")
    deliver(lake, [deleted, first], file="c.jsonl", day=NEXT)
    run(lake, sail)
    rows = {(r["event_time"].hour, r["revision"]): r for r in lake.read(REVISIONS).to_pylist()}
    assert [(k, rows[k]["is_current"], rows[k]["is_deletion"]) for k in sorted(rows)] == [
        ((1, 1), False, False),
        ((1, 2), True, False),
        ((2, 1), False, False),
        ((2, 2), False, True),
    ]
    assert rows[1, 1]["feed_date"] == DAY


def test_no_planted_personal_data_survives_outside_the_restricted_table(lake: LocalLakehouse, sail: SailCompute) -> None:  # noqa: F811
    planted = [
        "jane.roe@example.com",
        "+49 30 901820",
        "4111 1111 1111 1111",
        "DE89 3704 0044 0532 0130 00",
        "192.168.13.37",
        "jane_roe_77",
    ]
    text = "<p>Write to " + "</p><p> or ".join(planted) + "</p>"
    more = {
        "topic_title": "From jane.roe@example.com",
        "username": "jane_roe_77",
        "product": "App jane.roe@example.com",
        "post_url": "https://jane:pass@forum.example/t/1?token=abc123secret&email=jane.roe@example.com",
        "tags": ["jane.roe@example.com", {"jane.roe@example.com": "+49 30 901820"}],
    }
    deliver(lake, [post(1, text, **more)])
    run(lake, sail)
    for table in (EVENTS, REVISIONS, DUPLICATE_GROUPS, STAGE_BATCHES):
        shown = json.dumps(lake.read(table).to_pylist(), default=str)
        for value in [*planted, "abc123secret", "jane:pass"]:
            assert value not in shown, table.name
    raw = lake.read(RAW_TEXT).to_pylist()[0]["raw_text"]
    assert all(value in raw for value in planted)
