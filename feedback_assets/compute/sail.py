"""Sail on this machine: a Spark Connect server inside the process, no JVM. Sail only; what is computed belongs to the rooms.

The server starts at the first run and serves all instances of the process until `close`. Sessions run in UTC.
"""

import os
import tempfile
import threading
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from feedback_assets.compute.interface import Transformation
from feedback_assets.compute.workers import close_workers, cores

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame

STAGE_OVER_BYTES = 4_000_000
"""Larger inputs go through a Parquet file: 200,000 rows of 400 bytes take 5.6 s through createDataFrame and 3.0 s so."""

QUIET = "error"
_ENDED = "is not running"
"""In Sail's words about a session that it ended."""


class SailCompute:
    """Runs transformations on Sail. Threads may share it; `close` frees the server, the next run starts a new one."""

    _lock = threading.RLock()
    _server: Any = None
    _session: Any = None

    @property
    def name(self) -> str:
        from importlib.metadata import version

        return f"sail {version('pysail')}"

    @property
    def kernel_workers(self) -> int:
        """Sail runs every Python kernel in its own process, under one interpreter lock."""
        return cores()

    def run(self, transformation: Transformation, inputs: Mapping[str, "pa.Table"]) -> "pa.Table":
        """The transformation's rows, as Arrow. Inputs are staged in a temporary folder when they are large."""
        from pyspark.errors import PySparkException

        session = self._connect()
        try:
            return _run(session, transformation, inputs)
        except PySparkException as e:
            if _ENDED not in str(e):
                raise
        # Sail ended the session because nothing had been asked of it for some minutes.
        self._forget(session)
        return _run(self._connect(), transformation, inputs)

    def close(self) -> None:
        close_workers()
        with SailCompute._lock:
            session, server = SailCompute._session, SailCompute._server
            SailCompute._session = SailCompute._server = None
            if session is not None:
                session.release_session_on_close = False  # Ctrl-C stops the server too, and releasing would ask it again for 10 minutes
                session.stop()
            if server is not None:
                server.stop()

    @staticmethod
    def _forget(ended: Any) -> None:
        """The next run connects anew, to the server that is there. Another thread may have done so already."""
        with SailCompute._lock:
            if SailCompute._session is ended:
                SailCompute._session = None
                ended.release_session_on_close = False  # it is gone: releasing would be tried for 10 minutes
                ended.stop()

    @staticmethod
    def _connect() -> Any:
        with SailCompute._lock:
            if SailCompute._session is None:
                # The server logs each session at INFO to stderr; it reads this variable once, when it starts.
                os.environ.setdefault("RUST_LOG", QUIET)
                from pysail.spark import SparkConnectServer
                from pyspark.sql import SparkSession

                server = SailCompute._server
                if server is None:
                    server = SparkConnectServer("127.0.0.1", 0)
                    server.start(background=True)
                address = server.listening_address
                session = SparkSession.builder.remote(f"sc://{address[0]}:{address[1]}").create()
                session.conf.set("spark.sql.session.timeZone", "UTC")
                SailCompute._server, SailCompute._session = server, session
            return SailCompute._session


def _run(session: Any, transformation: Transformation, inputs: Mapping[str, "pa.Table"]) -> "pa.Table":
    with ExitStack() as stack:
        frames = {name: _frame(session, name, table, stack) for name, table in inputs.items()}
        return transformation(frames).toArrow()


def _frame(session: Any, name: str, table: "pa.Table", stack: ExitStack) -> "DataFrame":
    if table.nbytes <= STAGE_OVER_BYTES:
        frame: DataFrame = session.createDataFrame(table)
        return frame
    import pyarrow.parquet as pq

    folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="feedback-stage-"))
    path = Path(folder) / f"{name}.parquet"
    pq.write_table(table, path, compression="lz4")
    staged: DataFrame = session.read.parquet(str(path))
    return staged
