"""A million records of JSON lines, one in twenty delivered twice: parse, hash, drop repeats, merge into a table; against Spark and pandas.

Ours is what a landing goes through: the file's bytes framed, each record parsed and checked by its source, hashed, written byte-exact to
bronze (Delta), then each payload of an event once into a second Delta table, new keys alone. Apache Spark (SQL functions, local[2]) and
pandas read the same lines, parse what the second table needs, hash, drop repeats, leave out keys that the table has, and write Parquet;
they check nothing and keep no bronze. All start with 50,000 records in their table and end with the same rows, told by a checksum.
Marks: at most 0.33 of Spark's time, start of the engine included, and 1.5 GB. FEEDBACK_BENCH_RECORDS, FEEDBACK_BENCH_TIMES: for a look.
"""

import hashlib
import os
import shutil
import statistics
import sys
import tempfile
from datetime import UTC, date, datetime
from pathlib import Path

from benchmarks import records
from benchmarks.measure import Measured, command, spread, table

MARK, MARK_MB = 0.33, 1500
DAY = date(2024, 5, 1)
ONCE, AGAIN = 0.951, 0.05  # with those that come twice just under the million records that one landed file may hold
STANDING = 20  # one in so many records stands in the table already
COLUMNS = ("event_id", "payload_sha256", "record_id", "event_time", "revised_at", "is_deletion", "payload")
SIDES = ("ours", "spark", "pandas")


def main() -> int:
    """Returns 1 when a mark is missed or the sides differ in their rows."""
    count, times = int(os.environ.get("FEEDBACK_BENCH_RECORDS", "1000000")), int(os.environ.get("FEEDBACK_BENCH_TIMES", "3"))
    sides = [s for s in SIDES if s != "spark" or shutil.which("java")]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for kind, many, again in (("standing", count // STANDING, 0.0), ("new", round(count * ONCE), AGAIN)):
            records.write(_landed(folder, kind), records.lines(0, many, per_day=1000, redelivered=again))
        runs: dict[str, list[Measured]] = {side: [] for side in sides}
        told: dict[str, set[str]] = {side: set() for side in sides}
        for _ in range(times):
            for side in sides:
                _side(folder, side, "standing")
                runs[side].append(_side(folder, side, "new"))
                told[side].add(_side(folder, side, "checksum").output.strip().splitlines()[-1])
    seconds = {side: statistics.median(m.seconds for m in measured) for side, measured in runs.items()}
    peaks = {side: max(m.peak_mb for m in measured) for side, measured in runs.items()}
    table(
        ["side", f"seconds, median of {times} (least to most)", "peak MB", "of Spark's time", "rows, checksum"],
        [
            [
                side,
                spread([m.seconds for m in runs[side]]),
                f"{peaks[side]:.0f}",
                f"{seconds[side] / seconds['spark']:.2f}" if "spark" in seconds else "no Java",
                "; ".join(sorted(told[side])),
            ]
            for side in sides
        ],
    )
    same = len(set.union(*told.values())) == 1
    slow = "spark" in seconds and seconds["ours"] > MARK * seconds["spark"]
    missed = slow or not same or peaks["ours"] > MARK_MB
    print(f"\nMarks: {MARK} of Spark's time, {MARK_MB} MB, equal rows: {'missed' if missed else 'met'}")
    return int(missed)


def _landed(folder: Path, kind: str) -> Path:
    return folder / "landing" / "forum" / DAY.isoformat() / f"{kind}.jsonl"


def _side(folder: Path, side: str, kind: str) -> Measured:
    """One side's process: `standing` and `new` merge that file, `standing` into no table; `checksum` tells the rows."""
    environ = {"SPARK_LOCAL_IP": "127.0.0.1", "PYSPARK_PYTHON": sys.executable}
    return command([sys.executable, "-m", "benchmarks.million", side, kind, str(folder)], environ)


def _ours(folder: Path, kind: str) -> None:
    from feedback_assets.bronze.ingest import ingest_days
    from feedback_assets.bronze.landing import LandingZone
    from feedback_assets.compute.workers import close_workers, cores
    from feedback_assets.contracts.bronze import bronze_table
    from feedback_assets.contracts.table import Table
    from feedback_assets.lakehouse.local import LocalLakehouse

    bronze = bronze_table("forum")
    merged = Table("silver/merged", "One payload of one event.", "benchmarks", tuple(map(bronze.column, COLUMNS)), COLUMNS[:2])
    home = folder / "ours" / "landing" / "forum" / DAY.isoformat()
    if kind == "standing":
        shutil.rmtree(folder / "ours", ignore_errors=True)
        home.mkdir(parents=True)
    (home / f"{kind}.jsonl").hardlink_to(_landed(folder, kind))
    lake, zone = LocalLakehouse(folder / "ours" / "lake"), LandingZone(folder / "ours" / "landing")
    before = set(lake.read(bronze, columns=["batch_id"])["batch_id"].unique().to_pylist())
    ingest_days(lake, zone, "forum", [DAY], now=datetime(2026, 1, 1, tzinfo=UTC), workers=cores())
    close_workers()
    batches = sorted(set(lake.read(bronze, columns=["batch_id"])["batch_id"].unique().to_pylist()) - before)
    # A data file of bronze at a time, not all payloads at once; append_new leaves out what comes again and what the table has.
    for rows in lake.slices(bronze, columns=COLUMNS, where={"batch_id": batches}):
        lake.append_new(merged, rows)


def _spark(folder: Path, kind: str) -> None:
    from pyspark.sql import SparkSession
    from pyspark.sql import functions as f

    target = folder / "spark"
    settings = {"ui.enabled": "false", "sql.shuffle.partitions": "4", "sql.session.timeZone": "UTC", "driver.bindAddress": "127.0.0.1"}
    builder = SparkSession.builder.master("local[2]").config("spark.driver.memory", "2g")
    for name, value in settings.items():
        builder = builder.config(f"spark.{name}", value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    fields = "id bigint, created_at string, updated_at string, deleted_at string, user_deleted boolean"
    lines = session.read.text(str(_landed(folder, kind))).withColumn("post", f.from_json("value", fields))
    number = f.col("post.id").cast("string")
    identity = f.concat(f.lit("event\0" + "5\0forum\0"), f.length(number).cast("string"), f.lit("\0"), number)
    rows = lines.select(
        f.substring(f.sha2(identity, 256), 1, 32).alias("event_id"),
        f.sha2("value", 256).alias("payload_sha256"),
        number.alias("record_id"),
        f.to_timestamp("post.created_at").alias("event_time"),
        f.to_timestamp(f.coalesce("post.deleted_at", "post.updated_at", "post.created_at")).alias("revised_at"),
        (f.col("post.deleted_at").isNotNull() | f.coalesce("post.user_deleted", f.lit(False))).alias("is_deletion"),
        f.encode("value", "UTF-8").alias("payload"),
    ).dropDuplicates(list(COLUMNS[:2]))
    if kind == "standing":
        shutil.rmtree(target, ignore_errors=True)
    else:
        rows = rows.join(session.read.parquet(str(target)).select(*COLUMNS[:2]), list(COLUMNS[:2]), "left_anti")
    rows.write.mode("append").parquet(str(target))
    session.stop()


def _pandas(folder: Path, kind: str) -> None:
    import json

    import pandas as pd

    target = folder / "pandas"
    if kind == "standing":
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir()
    lines = _landed(folder, kind).read_bytes().splitlines()
    posts = pd.DataFrame.from_records(
        [json.loads(line) for line in lines], columns=["id", "created_at", "updated_at", "deleted_at", "user_deleted"]
    )
    ids = posts["id"].astype(str)
    revised = posts["deleted_at"].combine_first(posts["updated_at"]).combine_first(posts["created_at"])
    rows = pd.DataFrame(
        {
            "event_id": [hashlib.sha256(f"event\0005\0forum\0{len(i)}\0{i}".encode()).hexdigest()[:32] for i in ids],
            "payload_sha256": [hashlib.sha256(line).hexdigest() for line in lines],
            "record_id": ids,
            "event_time": pd.to_datetime(posts["created_at"], utc=True, format="ISO8601"),
            "revised_at": pd.to_datetime(revised, utc=True, format="ISO8601"),
            "is_deletion": posts["deleted_at"].notna() | (posts["user_deleted"] == True),  # noqa: E712  # null is no
            "payload": lines,
        }
    ).drop_duplicates(list(COLUMNS[:2]))
    if kind == "new":
        keys = pd.read_parquet(target, columns=list(COLUMNS[:2]))
        rows = rows.merge(keys, on=list(COLUMNS[:2]), how="left", indicator=True)
        rows = rows[rows.pop("_merge") == "left_only"]
    rows.to_parquet(target / f"{kind}.parquet", index=False)


def _checksum(folder: Path, side: str) -> None:
    """The number of rows, and a hash of them whatever their order."""
    import polars as pl

    place = folder / side / "lake" / "silver" / "merged" if side == "ours" else folder / side
    digest = hashlib.sha256()
    rows = pl.concat([pl.read_parquet(p) for p in sorted(place.rglob("*.parquet"))], how="vertical_relaxed").sort(COLUMNS[:2])
    for row in rows.iter_rows(named=True):
        times = [row[n].timestamp() for n in ("event_time", "revised_at")]
        kept = row["event_id"], row["payload_sha256"], row["record_id"], *times, row["is_deletion"], bytes(row["payload"])
        digest.update(repr(kept).encode())
    print(f"{rows.height:,} {digest.hexdigest()[:12]}")


if __name__ == "__main__":
    _name, _kind, _folder = sys.argv[1], sys.argv[2], Path(sys.argv[3])
    if _kind == "checksum":
        _checksum(_folder, _name)
    else:
        {"ours": _ours, "spark": _spark, "pandas": _pandas}[_name](_folder, _kind)
