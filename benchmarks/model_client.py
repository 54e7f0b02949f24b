"""The client of a language model beside a plain loop over the SDK: use of limits in real time, cost of a call, memory over many records.

Server and client are processes of their own. The plain loop is what one writes first: AsyncOpenAI with its own retries, a semaphore,
gather.
`python -m benchmarks.model_client serve|ours|plain ARGUMENTS` are the parts that this starts.
"""

import asyncio
import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from benchmarks.measure import table

RPM, TPM = 600, 200_000
CALLS = 660
RECORDS = 100_000
HANDS = 16
ROOM = 100
SYSTEM = "Read the customer's text and say what it is about."


class Finding(BaseModel):
    category: str
    quote: str


class Reading(BaseModel):
    findings: list[Finding]
    summary: str


ANSWER = {"findings": [{"category": "bug", "quote": "the app crashes"}], "summary": "It crashes."}


def texts(count: int, characters: int) -> Iterator[str]:
    """Texts that differ, all of one length."""
    return ((f"record {i}: the app crashes when I open the settings. " * (characters // 20))[:characters] for i in range(count))


def serve(rpm: int, tpm: int, window: float, latency: float) -> int:
    """The stand-in, until its input ends; then prints how many calls got which status."""
    from feedback_assets_tests.loopback.azure_openai import AzureOpenAI
    from feedback_assets_tests.loopback.azure_openai_limits import Limits

    limits = Limits(rpm, tpm, request_window_s=window)
    with AzureOpenAI(lambda _q: ANSWER, limits=limits, latency_s=latency, keep=False, check=False) as service:
        print(service.endpoint, service.key, flush=True)
        sys.stdin.read()
        print(json.dumps(service.statuses), flush=True)
    return 0


def ours(endpoint: str, key: str, count: int, characters: int, limited: bool) -> dict[str, int]:
    from feedback_assets.model_client.asks import Ask
    from feedback_assets.model_client.client import answers
    from feedback_assets.model_client.settings import ModelSettings

    settings = ModelSettings(
        model="gpt",
        endpoint=endpoint,
        api_key=key,
        concurrency=HANDS,
        requests_per_minute=RPM if limited else 0,
        tokens_per_minute=TPM if limited else 0,
    )
    asks = (
        Ask(str(i), [{"role": "system", "content": SYSTEM}, {"role": "user", "content": text}], Reading, ROOM, 0.0)
        for i, text in enumerate(texts(count, characters))
    )
    return answers(settings, asks, on_answer=lambda _a: None).outcomes


def plain(endpoint: str, key: str, count: int, characters: int, _limited: bool) -> dict[str, int]:
    """Its retries are the SDK's: two unless told otherwise. It knows no limits."""
    import openai

    outcomes: dict[str, int] = {}

    async def work() -> None:
        sdk = openai.AsyncOpenAI(base_url=f"{endpoint}/openai/v1/", api_key=key)
        hands = asyncio.Semaphore(HANDS)

        async def one(text: str) -> None:
            messages: Any = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": text}]
            async with hands:
                try:
                    await sdk.chat.completions.parse(
                        model="gpt", messages=messages, response_format=Reading, max_completion_tokens=ROOM, temperature=0.0
                    )
                    outcome = "ok"
                except openai.APIError as e:
                    outcome = type(e).__name__
            outcomes[outcome] = outcomes.get(outcome, 0) + 1

        await asyncio.gather(*(one(t) for t in texts(count, characters)))
        await sdk.close()

    asyncio.run(work())
    return outcomes


def _client(who: str, arguments: list[str]) -> int:
    """One client process: what it reached and what it cost, as JSON."""
    endpoint, key, count, characters, limited = arguments
    call = ours if who == "ours" else plain
    import openai.resources.chat  # noqa: F401  # a second or two, which no call costs

    wall, used = time.perf_counter(), time.process_time()
    outcomes = call(endpoint, key, int(count), int(characters), limited == "yes")
    figures = {
        "outcomes": outcomes,
        "wall_s": time.perf_counter() - wall,
        "cpu_s": time.process_time() - used,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6,
    }
    print(json.dumps(figures))
    return 0


def measured(
    who: str, *, count: int, characters: int, rpm: int = 0, tpm: int = 0, window: float = 1.0, latency: float = 0.0
) -> dict[str, Any]:
    """Figures of one client against a fresh server, and how many of its calls got which status."""
    me = [sys.executable, "-m", "benchmarks.model_client"]
    command = [*me, "serve", str(rpm), str(tpm), str(window), str(latency)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        if server.stdin is None or server.stdout is None:
            raise RuntimeError("no pipes to the server")
        endpoint, key = server.stdout.readline().split()
        limited = "yes" if rpm else "no"
        done = subprocess.run([*me, who, endpoint, key, str(count), str(characters), limited], capture_output=True, text=True, check=True)
        server.stdin.close()
        statuses = json.loads(server.stdout.readline())
    return {**json.loads(done.stdout.splitlines()[-1]), "statuses": statuses}


def main() -> int:
    print(f"Limits of {RPM} requests and {TPM:,} tokens a minute, {HANDS} at once, answers in 0.4 s, {CALLS} calls:\n")
    rows = []
    short = False
    for name, characters, window in (
        ("requests bind, windows of 1 s", 300, 1.0),
        ("requests bind, windows of 10 s", 300, 10.0),
        ("tokens bind, windows of 60 s", 1_200, 1.0),
    ):
        for who in ("ours", "plain"):
            f = measured(who, count=CALLS, characters=characters, rpm=RPM, tpm=TPM, window=window, latency=0.4)
            calls = sum(f["statuses"].values())
            refused = f["statuses"].get("429", 0) / calls
            ok = f["outcomes"].get("ok", 0)
            a_minute = min(RPM, TPM / _tokens(characters))
            share = ok / (a_minute * f["wall_s"] / 60)  # to the last answer, not to the last request
            rows.append([name, who, ok, CALLS - ok, f"{f['wall_s']:.1f}", f"{share:.1%}", f"{refused:.1%}"])
            short |= who == "ours" and (share < 0.95 or refused > 0.01 or ok != CALLS)
    table(["case", "client", "answered", "failed", "seconds", "share of the limit", "calls answered 429"], rows)
    print(f"\n{RECORDS:,} records without limits, the server in a process of its own:\n")
    rows = []
    for who in ("ours", "plain"):
        f = measured(who, count=RECORDS, characters=300)
        rows.append([who, f["outcomes"], f"{f['wall_s']:.0f}", f"{1e3 * f['cpu_s'] / RECORDS:.2f}", f"{f['peak_mb']:.0f}"])
    table(["client", "outcomes", "seconds", "ms of processor a call", "peak MB"], rows)
    return 1 if short else 0


def _tokens(characters: int) -> float:
    """What the service counts for a call: a quarter of the characters of messages and schema, and the room for the answer."""
    from feedback_assets.model_client.schema import response_format
    from feedback_assets_tests.loopback.azure_openai import tokens_of

    messages = [{"content": SYSTEM}, {"content": "x" * characters}]
    return tokens_of({"messages": messages, "response_format": response_format(Reading), "max_completion_tokens": ROOM})


if __name__ == "__main__":
    what, *rest = sys.argv[1:] or ["all"]
    if what == "serve":
        sys.exit(serve(int(rest[0]), int(rest[1]), float(rest[2]), float(rest[3])))
    sys.exit(_client(what, rest) if what in ("ours", "plain") else main())
