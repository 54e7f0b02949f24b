import os
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from feedback_assets.compute import sail as sail_module
from feedback_assets.compute.registry import compute_named
from feedback_assets.compute.sail import SailCompute
from feedback_assets.compute.types import ddl
from feedback_assets.contracts import ALL_TABLES
from feedback_assets.ground.errors import SettingError
from feedback_assets_tests.compute.fixtures import sail  # noqa: F401

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame


def table(rows: int = 3) -> "pa.Table":
    import pyarrow as pa

    return pa.table(
        {
            "n": pa.array(range(rows), pa.int64()),
            "at": pa.array([datetime(2024, 5, 1, 23, 30, tzinfo=UTC)] * rows, pa.timestamp("us", "UTC")),
            "raw": pa.array([b"\x00\xff" * 200] * rows, pa.binary()),
        }
    )


def day_of(inputs: "Mapping[str, DataFrame]") -> "DataFrame":
    from pyspark.sql import functions as f

    return inputs["rows"].select("n", f.to_date("at").alias("day"), "raw", "at").orderBy("n")


def test_days_are_utc_days_whatever_the_machine_says(sail: SailCompute) -> None:  # noqa: F811
    result = sail.run(day_of, {"rows": table()})
    assert {d.isoformat() for d in result["day"].to_pylist()} == {"2024-05-01"}
    assert result["at"].to_pylist() == table()["at"].to_pylist()


def test_staged_input_gives_the_same_rows_as_direct_input(sail: SailCompute, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    direct = sail.run(day_of, {"rows": table(500)})
    monkeypatch.setattr(sail_module, "STAGE_OVER_BYTES", 0)
    staged = sail.run(day_of, {"rows": table(500)})
    assert staged.equals(direct)


def test_runs_again_after_close_and_close_twice_is_harmless(sail: SailCompute) -> None:  # noqa: F811
    sail.run(day_of, {"rows": table()})
    sail.close()
    sail.close()
    assert sail.run(day_of, {"rows": table()}).num_rows == 3


def test_unknown_engine_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(SettingError, match="sail"):
        compute_named("abacus")


def test_every_contract_type_has_a_spark_type() -> None:
    for contract in ALL_TABLES:
        assert ddl(contract.columns).count("`") == 2 * len(contract.columns)


AFTER_A_PAUSE = """
import sys, time
import pyarrow as pa
from feedback_assets.compute.sail import SailCompute
compute = SailCompute()
rows = {"rows": pa.table({"n": [1, 2]})}
for pause in (0, 6):
    time.sleep(pause)
    print(compute.run(lambda frames: frames["rows"], rows).num_rows)
compute.close()
"""


def test_a_session_that_sail_ended_while_nothing_was_asked_is_opened_again() -> None:
    environment = {**os.environ, "SAIL_SPARK__SESSION_TIMEOUT_SECS": "2"}
    done = subprocess.run([sys.executable, "-c", AFTER_A_PAUSE], env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout.split() == ["2", "2"], done.stderr
