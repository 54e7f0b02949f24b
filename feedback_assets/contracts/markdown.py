"""docs/tables.md from the contracts. `python -m feedback_assets.contracts.markdown` prints it; a test holds the file to it."""

import sys

from feedback_assets.contracts.table import Column, Table
from feedback_assets.contracts.tables import ALL_TABLES

HEAD = """# Tables

Made from feedback_assets/contracts by `make docs`. All times are UTC in microseconds. A span is {start, end} in characters.
Volatile columns say when or by which run a row was made; they are left out when rows are compared.
"""


def tables_markdown() -> str:
    """The whole document."""
    shown: list[str] = [HEAD, _reasons()]
    bronze_done = False
    for table in ALL_TABLES:
        if table.name.startswith("bronze/") and table.key == ("record_key",):
            if bronze_done:
                continue
            bronze_done = True
        shown.append(_table(table))
    return "\n".join(shown)


def _reasons() -> str:
    from feedback_assets.sources.reasons import REASONS

    lines = ["## Reasons of dead letters", "", "| reason | meaning |", "| --- | --- |"]
    lines += [f"| `{name}` | {meaning} |" for name, meaning in sorted(REASONS.items())]
    return "\n".join([*lines, ""])


def _table(table: Table) -> str:
    name = "bronze/&lt;source&gt;, one a source" if table.key == ("record_key",) else table.name
    facts = [f"Key: {', '.join(f'`{k}`' for k in table.key)}", f"owner: {table.owner}"]
    if table.partition_by:
        facts.append(f"partitioned by `{table.partition_by}`")
    if table.restricted:
        facts.append("**restricted: raw personal data**")
    row = table.row if table.key != ("record_key",) else table.row.replace(table.name.split("/")[1], "a source", 1)
    lines = [f"## {name}", "", row, "", "; ".join(facts) + ".", "", "| column | type | meaning |", "| --- | --- | --- |"]
    lines += [f"| `{c.name}` | {c.type} | {c.meaning}{_rules(c)} |" for c in table.columns]
    return "\n".join([*lines, ""])


def _rules(column: Column) -> str:
    rules = []
    if column.one_of:
        rules.append("one of " + ", ".join(f"`{v}`" for v in column.one_of))
    if column.at_least is not None:
        rules.append(f"at least {column.at_least:g}")
    if column.at_most is not None and column.at_most < 1e9:
        rules.append(f"at most {column.at_most:.4g}")
    if column.nullable:
        rules.append("may be null")
    if column.volatile:
        rules.append("volatile")
    return f" ({'; '.join(rules)})" if rules else ""


if __name__ == "__main__":
    sys.stdout.write(tables_markdown())
