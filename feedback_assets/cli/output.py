"""How commands print: JSON on stdout, tables on a terminal, plain columns in a pipe, and nothing that drives a terminal.

Feedback text is hostile: escape sequences, and marks that turn the direction of text, are shown instead of obeyed.
"""

import json
import re
import sys
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click

# C0 and C1 controls, DEL, marks of text direction, line and paragraph separators, lone surrogates, the byte order mark.
_ACTIVE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ud800-\udfff\ufeff\ufff9-\ufffb]")
_ACTIVE_IN_JSON = re.compile(_ACTIVE.pattern.replace("\x00-\x1f", ""))
_SPACES = re.compile(r"[\t\n\r\v\f]+")
_JSON_AT_ONCE = 1 << 16


def safe(value: object, *, width: int = 0) -> str:
    """Text that a terminal shows and never obeys, on one line; cut to `width` characters when that is given."""
    text = _SPACES.sub(" ", str(value))
    text = _ACTIVE.sub(lambda m: f"\\u{ord(m.group()):04x}", text)
    return text if not width or len(text) <= width else text[: width - 1].rstrip() + "…"


def json_text(value: object, *, indent: int | None = None) -> str:
    """JSON in which no character drives a terminal. Days and times are written in ISO 8601, paths as text."""
    text = json.dumps(value, ensure_ascii=False, indent=indent, default=_plain)
    return _ACTIVE_IN_JSON.sub(lambda m: f"\\u{ord(m.group()):04x}", text)


def print_json(value: object) -> None:
    """One JSON value on stdout: indented on a terminal, compact in a pipe."""
    text = json_text(value, indent=2 if sys.stdout.isatty() else None)
    for at in range(0, len(text), _JSON_AT_ONCE):
        _write(text[at : at + _JSON_AT_ONCE])
    _write("\n")


def line(text: object = "") -> None:
    """One line on stdout, made safe."""
    _write(safe(text) + "\n")


def note(text: object) -> None:
    """One line for the person, on stderr."""
    click.echo(safe(text), err=True)


def table(columns: Sequence[str], rows: Sequence[Sequence[object]], *, right: Sequence[str] = (), title: str = "") -> None:
    """A table: drawn on a terminal, aligned columns otherwise. Columns named in `right` are aligned to the right."""
    if sys.stdout.isatty():
        from rich import box
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text

        drawn = Table(title=Text(safe(title)) if title else None, box=box.SIMPLE_HEAD, title_justify="left")
        for name in columns:
            drawn.add_column(name, justify="right" if name in right else "left", overflow="fold", no_wrap=name in right)
        for row in rows:
            drawn.add_row(*(Text(shown(v)) for v in row))
        Console(highlight=False, markup=False, emoji=False).print(drawn)
        return
    for text in plain_table(columns, rows, right=right, title=title):
        _write(text + "\n")


def plain_table(columns: Sequence[str], rows: Sequence[Sequence[object]], *, right: Sequence[str] = (), title: str = "") -> Iterator[str]:
    """The lines of a table in aligned columns, without colours or borders."""
    cells = [[shown(v) for v in row] for row in rows]
    widths = [max([len(name), *(len(row[i]) for row in cells)]) for i, name in enumerate(columns)]
    if title:
        yield safe(title)
    for row in [list(columns), *cells]:
        parts = [t.rjust(w) if name in right else t.ljust(w) for t, w, name in zip(row, widths, columns, strict=True)]
        yield "  ".join(parts).rstrip()


def shown(value: object) -> str:
    """A cell: nothing for None, two digits for fractions, minutes for times."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.2f}"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M")
    return safe(value)


def age(seconds: float | None) -> str:
    """A duration in words, such as 3 h 20 min; empty for None."""
    if seconds is None:
        return ""
    whole = max(0, int(seconds))
    for size, unit, small, small_unit in ((86400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s")):
        if whole >= size:
            rest = whole % size // small
            return f"{whole // size} {unit}" + (f" {rest} {small_unit}" if rest else "")
    return f"{whole} s"


def _plain(value: object) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


def _write(text: str) -> None:
    try:
        sys.stdout.write(text)
    except UnicodeEncodeError:
        # A terminal with a narrow encoding gets escapes instead of a traceback.
        sys.stdout.write(text.encode(sys.stdout.encoding or "ascii", "backslashreplace").decode(sys.stdout.encoding or "ascii"))
