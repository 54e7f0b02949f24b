"""`python -m benchmarks [NAME...]`: runs the named benchmarks, all by default, and prints one table each."""

import importlib
import sys

NAMES = (
    *("imports", "demo", "text_stage", "cleaning", "duplicates", "million", "micro_batches", "firefox", "silver", "event_log", "trace"),
    *("gold", "upkeep", "chain", "model_client", "review"),
)


def main(names: list[str]) -> int:
    """Runs in the given order. Unknown names are refused."""
    unknown = [n for n in names if n not in NAMES]
    if unknown:
        print(f"no benchmark {', '.join(unknown)}; there are {', '.join(NAMES)}", file=sys.stderr)
        return 2
    failed = 0
    for name in names or NAMES:
        print(f"\n## {name}\n", flush=True)
        failed += importlib.import_module(f"benchmarks.{name}").main()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
