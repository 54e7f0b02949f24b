"""`feedback dev`: the Dagster UI on this home, with workspace.yaml and the home's dagster.yaml."""

import os
import sys
from pathlib import Path

import click

from feedback_assets.ground.home import prepare_home
from feedback_assets.ground.settings import Settings


@click.command("dev")
@click.option("--port", default=3000, show_default=True, help="Port of the UI.")
def dev(port: int) -> None:
    """Open the Dagster UI on this home."""
    settings = Settings.from_environment(os.environ)
    prepare_home(settings)
    environ = {**os.environ, "DAGSTER_HOME": str(settings.dagster_home), "FEEDBACK_HOME": str(settings.home)}
    dagster = Path(sys.executable).with_name("dagster")
    click.echo(f"http://127.0.0.1:{port}  (home: {settings.home}; stop with Ctrl-C)")
    os.chdir(settings.project)
    os.execve(dagster, [str(dagster), "dev", "-w", "workspace.yaml", "-p", str(port)], environ)  # noqa: S606 - our own program, no shell
