"""The process that jvm.py starts: reads one request a line, runs the transformation on Spark, writes its rows as Parquet."""

import importlib
import json
import sys
from pathlib import Path

import pyarrow.parquet as pq


def main() -> None:
    from pyspark.sql import SparkSession

    spark = (
        SparkSession.builder.master("local[2]")
        .appName("parity")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.memory", "1g")
        .getOrCreate()
    )
    spark.sparkContext.setLogLevel("ERROR")
    for line in sys.stdin:
        request = json.loads(line)
        folder = Path(request["folder"])
        transformation = getattr(importlib.import_module(request["module"]), request["function"])
        frames = {name: spark.read.parquet(str(folder / f"{name}.parquet")) for name in request["inputs"]}
        pq.write_table(transformation(frames).toArrow(), folder / "result.parquet")
        sys.stdout.write("DONE\n")
        sys.stdout.flush()
    spark.stop()


if __name__ == "__main__":
    main()
