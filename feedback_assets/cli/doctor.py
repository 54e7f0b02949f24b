"""`feedback doctor`: settings, paths, versions, permissions, each with its mend."""

import os
from collections import Counter
from dataclasses import asdict

import click

from feedback_assets.cli import output


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def doctor(as_json: bool) -> None:
    """Check settings, paths, versions and permissions, and say what mends each finding.

    Ends with 1 when something is broken.
    """
    from feedback_assets.cli.queries.doctor import examine

    findings = examine(os.environ)
    count = Counter(f.state for f in findings)
    if as_json:
        output.print_json({"ok": not count["broken"], "broken": count["broken"], "findings": [asdict(f) for f in findings]})
    else:
        output.table(["", "what", "found", "to mend"], [[f.state, f"{f.area} {f.name}", f.found, f.mend] for f in findings])
        output.line(f"{count['broken']} broken, {count['note']} to note, {count['ok']} ok")
    if count["broken"]:
        raise click.exceptions.Exit(1)
