"""Kernels on several processes of this machine: Arrow batches out, Arrow batches back, in the order they went in.

For an engine that runs Python kernels under one interpreter lock, as Sail does. Engines with Python workers of their own do without.
The processes start at the first large input, serve every later one, and end with `close_workers` or with the process that started them.
What they compute is the caller's; nothing here reads or writes tables.
"""

import hashlib
import os
import pickle
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain
from queue import SimpleQueue
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

Kernel = Callable[["Iterator[pa.RecordBatch]"], "Iterator[pa.RecordBatch]"]
"""Batches to batches; each batch's rows are a function of that batch alone."""

ROWS = 512
"""Rows of one task: small enough that all processes end at about the same time."""
START_OVER = 4_000
"""Fewer rows than this, of all calls so far, are not worth starting processes for; processes that run already take them."""

KEPT_KERNELS = 3
"""Large kernels that a process keeps: stages that take turns, and one more. Reading one again, and looking for what the one before left,
takes longer than many a task."""
SMALL_KERNEL = 10_000
"""Bytes of a pickled kernel that is not worth keeping: bronze has one for each file."""

AHEAD = 6
"""Tasks that wait for each process, so that all have work while the caller does something with the results."""

_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "POLARS_MAX_THREADS", "ARROW_NUM_THREADS"), "1")


def cores() -> int:
    """Processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def spread(kernel: Kernel, batches: "Iterator[pa.RecordBatch]", workers: int, *, rows: int = ROWS) -> "Iterator[pa.RecordBatch]":
    """What `kernel(batches)` gives, computed by `workers` processes where that pays. The kernel must be picklable by reference.
    rows: of one task.

    Raises RuntimeError with the traceback of a kernel that failed, or when a process died.
    """
    if workers < 2:
        yield from kernel(batches)
        return
    first: list[pa.RecordBatch] = []
    seen = 0
    for batch in batches:
        first.append(batch)
        seen += batch.num_rows
        if seen >= START_OVER:
            break
    if not _Pool.pays(workers, seen):
        yield from kernel(iter(first))
        return
    yield from _Pool.of(workers).run(kernel, chain(first, batches), rows)


def close_workers() -> None:
    """Ends the processes. The next large input starts new ones."""
    _Pool.close_all()


class _Pool:
    """So many processes, each with a thread here that writes a task and waits for its answer."""

    _lock = threading.Lock()
    _pools: "dict[int, _Pool]" = {}  # noqa: RUF012  # shared by all on purpose
    _rows = 0

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self.idle: SimpleQueue[_Worker] = SimpleQueue()
        self.all = [_Worker() for _ in range(workers)]
        for worker in self.all:
            self.idle.put(worker)
        self.threads = ThreadPoolExecutor(workers, thread_name_prefix="feedback-kernel")

    @classmethod
    def of(cls, workers: int) -> "_Pool":
        with cls._lock:
            if workers not in cls._pools:
                cls._pools[workers] = cls(workers)
            return cls._pools[workers]

    @classmethod
    def pays(cls, workers: int, rows: int) -> bool:
        """Whether so many more rows are work for processes: a long run of small inputs is as much as a large one."""
        with cls._lock:
            cls._rows += rows
            return workers in cls._pools or cls._rows >= START_OVER

    @classmethod
    def close_all(cls) -> None:
        with cls._lock:
            pools, cls._pools, cls._rows = list(cls._pools.values()), {}, 0
        for pool in pools:
            pool.threads.shutdown(wait=True, cancel_futures=True)
            for worker in pool.all:
                worker.close()

    def run(self, kernel: Kernel, batches: "Iterator[pa.RecordBatch]", rows: int) -> "Iterator[pa.RecordBatch]":
        pickled = pickle.dumps(kernel)
        waiting: deque[Future[list[pa.RecordBatch]]] = deque()
        try:
            for batch in batches:
                for start in range(0, batch.num_rows, rows):
                    waiting.append(self.threads.submit(self._task, pickled, batch.slice(start, rows)))
                    if len(waiting) > AHEAD * self.workers:
                        yield from waiting.popleft().result()
            while waiting:
                yield from waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()

    def _task(self, kernel: bytes, batch: "pa.RecordBatch") -> "list[pa.RecordBatch]":
        worker = self.idle.get()
        try:
            return worker.ask(kernel, batch)
        finally:
            self.idle.put(worker)


class _Worker:
    """One process, and the two pipes to it."""

    def __init__(self) -> None:
        self._start()

    def _start(self) -> None:
        # Not multiprocessing: its spawned processes run the caller's main module again, and forked ones inherit locks of the engine.
        self.process = subprocess.Popen(
            [sys.executable, "-m", "feedback_assets.compute.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, **_ONE_THREAD},
        )
        self.kernel = b""
        """The kernel that the next batch is for."""
        self.kernels: list[bytes] = []
        """Large kernels that the process has, the last used last."""

    def ask(self, kernel: bytes, batch: "pa.RecordBatch") -> "list[pa.RecordBatch]":
        import pyarrow as pa

        assert self.process.stdin is not None  # noqa: S101
        assert self.process.stdout is not None  # noqa: S101
        try:
            if kernel != self.kernel:
                self._name(kernel, self.process.stdin)
            sink = pa.BufferOutputStream()
            with pa.ipc.new_stream(sink, batch.schema) as writer:
                writer.write_batch(batch)
            send(self.process.stdin, b"B", sink.getvalue())
            kind, body = receive(self.process.stdout)
        except (OSError, EOFError):
            self.close()
            code = self.process.returncode
            self._start()
            raise RuntimeError(f"a worker process died (exit code {code}): most often memory ran out; run the step again") from None
        if kind == b"E":
            raise RuntimeError("a kernel failed in a worker process:\n" + body.decode(errors="replace"))
        with pa.ipc.open_stream(body) as reader:
            return list(reader)

    def _name(self, kernel: bytes, pipe: IO[bytes]) -> None:
        """Stages take turns: a large kernel that the process still has is named, not sent and read again."""
        self.kernel = kernel
        if len(kernel) < SMALL_KERNEL:
            send(pipe, b"S", kernel)
            return
        send(pipe, *((b"U", name_of(kernel)) if kernel in self.kernels else (b"K", kernel)))
        self.kernels = [*(k for k in self.kernels if k != kernel), kernel][-KEPT_KERNELS:]

    def close(self) -> None:
        assert self.process.stdin is not None  # noqa: S101
        assert self.process.stdout is not None  # noqa: S101
        try:
            self.process.stdin.close()
        except OSError:
            self.process.kill()
        self.process.wait()
        self.process.stdout.close()


def name_of(kernel: bytes) -> bytes:
    """What a kernel is called between two processes."""
    return hashlib.sha256(kernel).digest()


def send(pipe: IO[bytes], kind: bytes, body: "bytes | pa.Buffer") -> None:
    """One message: a letter, the length in eight bytes, the body."""
    pipe.write(kind + len(body).to_bytes(8, "big"))
    pipe.write(body)
    pipe.flush()


def receive(pipe: IO[bytes]) -> tuple[bytes, bytes]:
    """The next message. Raises EOFError when the other side is gone."""
    head = pipe.read(9)
    if len(head) < 9:
        raise EOFError
    length = int.from_bytes(head[1:], "big")
    body = pipe.read(length)
    if len(body) < length:
        raise EOFError
    return head[:1], body
