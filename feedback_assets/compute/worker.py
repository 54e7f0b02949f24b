"""The process that workers.py starts: kernels, and batches for the last one named, until the pipe closes.

Its standard output is the pipe, so nothing prints.
"""

import gc
import os
import pickle
import signal
import sys
import traceback
from typing import Any

from feedback_assets.compute.workers import KEPT_KERNELS, name_of, receive, send

_GARBAGE = 50_000
"""New objects before Python looks for garbage. A task makes many objects that live until its end, and few that hold each other."""


def main() -> None:
    """Serves one parent. What a kernel raises goes back as text: it is a bug, and the parent's run fails with it."""
    import pyarrow as pa

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's: the pipe closes when it ends
    gc.set_threshold(_GARBAGE)
    pipe_in, pipe_out = sys.stdin.buffer, os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    kernels: dict[bytes, Any] = {}
    kernel = None
    while True:
        try:
            kind, body = receive(pipe_in)
        except EOFError:
            return
        try:
            if kind == b"S":
                kernel = pickle.loads(body)  # noqa: S301  # from the process that started this one
                continue
            if kind == b"U":
                kernel = kernels[body] = kernels.pop(body)
                continue
            if kind == b"K":
                kernel = kernels[name_of(body)] = pickle.loads(body)  # noqa: S301  # from the process that started this one
                # What a kernel brings along lives as long as it does; looking through it for garbage was a sixth of the work.
                if len(kernels) > KEPT_KERNELS:
                    del kernels[next(iter(kernels))]
                    gc.unfreeze()  # it may be garbage now
                    gc.collect()
                gc.freeze()
                continue
            assert kernel is not None  # noqa: S101
            with pa.ipc.open_stream(body) as reader:
                done = list(kernel(iter(reader)))
            sink = pa.BufferOutputStream()
            with pa.ipc.new_stream(sink, done[0].schema) as writer:
                for batch in done:
                    writer.write_batch(batch)
            answer = b"R", sink.getvalue()
        except Exception:  # noqa: BLE001  # told to the parent, which raises it
            answer = b"E", traceback.format_exc().encode()
        try:
            send(pipe_out, *answer)
        except BrokenPipeError:
            return


if __name__ == "__main__":
    main()
