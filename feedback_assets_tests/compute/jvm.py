"""Apache Spark on the JVM behind the Compute protocol, for parity tests.

It runs in a process of its own: pyspark decides once in a process whether its functions speak to the JVM or to a Connect server.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from feedback_assets.compute.interface import Transformation

if TYPE_CHECKING:
    import pyarrow as pa


def java_missing() -> str:
    """Why Spark cannot run here; empty when it can."""
    if shutil.which("java") or (os.environ.get("JAVA_HOME") and (Path(os.environ["JAVA_HOME"]) / "bin" / "java").exists()):
        return ""
    return "no java on the PATH and no JAVA_HOME: Apache Spark cannot run"


class JvmCompute:
    """Runs transformations, given as importable functions, on a classic local Spark session."""

    name = "apache spark"

    def __init__(self) -> None:
        self._worker: subprocess.Popen[str] | None = None
        self._stderr: Path | None = None
        self._folder = Path(tempfile.mkdtemp(prefix="feedback-jvm-"))

    def run(self, transformation: Transformation, inputs: Mapping[str, "pa.Table"]) -> "pa.Table":
        import pyarrow.parquet as pq

        self._folder.mkdir(exist_ok=True)
        folder = Path(tempfile.mkdtemp(dir=self._folder))
        for name, table in inputs.items():
            pq.write_table(table, folder / f"{name}.parquet")
        worker = self._started()
        assert worker.stdin is not None
        assert worker.stdout is not None
        module, function = transformation.__module__, transformation.__qualname__
        worker.stdin.write(json.dumps({"module": module, "function": function, "inputs": sorted(inputs), "folder": str(folder)}) + "\n")
        worker.stdin.flush()
        for line in worker.stdout:
            if line.startswith("DONE"):
                return pq.read_table(folder / "result.parquet")
        assert self._stderr is not None
        raise RuntimeError("Apache Spark failed:\n" + self._stderr.read_text()[-4000:])

    def close(self) -> None:
        if self._worker is not None:
            assert self._worker.stdin is not None
            self._worker.stdin.close()
            self._worker.wait(timeout=60)
            assert self._worker.stdout is not None
            self._worker.stdout.close()
            self._worker = None
        shutil.rmtree(self._folder, ignore_errors=True)

    def _started(self) -> "subprocess.Popen[str]":
        if self._worker is None:
            unwanted = ("SPARK_CONNECT_MODE_ENABLED", "SPARK_REMOTE", "SPARK_API_MODE")
            environment = {k: v for k, v in os.environ.items() if k not in unwanted}
            environment |= {"PYSPARK_PYTHON": sys.executable, "PYSPARK_DRIVER_PYTHON": sys.executable, "SPARK_LOCAL_IP": "127.0.0.1"}
            root = str(Path(__file__).resolve().parents[2])
            environment["PYTHONPATH"] = os.pathsep.join([root, *filter(None, [environment.get("PYTHONPATH")])])
            self._stderr = self._folder / "stderr.txt"
            with self._stderr.open("w") as stderr:
                self._worker = subprocess.Popen(
                    [sys.executable, "-m", "feedback_assets_tests.compute.jvm_worker"],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=stderr,
                    text=True,
                    env=environment,
                    cwd=self._folder,
                )
        return self._worker
