"""How the benchmarks measure: a command's seconds and its peak memory with all children; tables in Markdown."""

import os
import statistics
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import psutil


@dataclass(frozen=True)
class Measured:
    """Wall seconds and peak resident memory in MB, over the process and its children."""

    seconds: float
    peak_mb: float
    output: str


def command(arguments: Sequence[str], environ: Mapping[str, str] | None = None) -> Measured:
    """Runs a command to its end. Raises CalledProcessError when it fails."""
    started = time.perf_counter()
    process = subprocess.Popen(
        arguments, env={**os.environ, **(environ or {})}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    peak = [0.0]
    watcher = threading.Thread(target=_watch, args=(process.pid, peak), daemon=True)
    watcher.start()
    output, _ = process.communicate()
    seconds = time.perf_counter() - started
    watcher.join(timeout=1)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, list(arguments), output)
    return Measured(seconds, peak[0], output)


def _watch(pid: int, peak: list[float]) -> None:
    try:
        root = psutil.Process(pid)
        while root.is_running() and root.status() != psutil.STATUS_ZOMBIE:
            total = 0
            for process in (root, *root.children(recursive=True)):
                try:
                    total += process.memory_info().rss
                except psutil.NoSuchProcess:
                    continue  # it ended between the listing and the look
            peak[0] = max(peak[0], total / 1e6)
            time.sleep(0.05)
    except psutil.NoSuchProcess:
        return  # the command ended: the peak stands


def median(arguments: Sequence[str], times: int, environ: Mapping[str, str] | None = None) -> Measured:
    """The run with the median seconds of several."""
    runs = sorted((command(arguments, environ) for _ in range(times)), key=lambda m: m.seconds)
    return runs[len(runs) // 2]


def spread(values: Sequence[float]) -> str:
    """Median with least and most."""
    return f"{statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


def table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """A Markdown table on standard output."""
    print("| " + " | ".join(header) + " |")
    print("|" + " --- |" * len(header))
    for row in rows:
        print("| " + " | ".join(str(v) for v in row) + " |", flush=True)
