"""The `feedback` command itself: its list of commands, and how errors become exit codes.

Exit codes: 0 done, 1 something was refused or failed, 2 wrong usage, 3 `status` found something held, 130 stopped by Ctrl-C. A
command's module is imported when the command is used, so that help and trace do not wait for libraries that others need.
"""

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any, cast

import click

from feedback_assets.ground.errors import FeedbackError

# name -> (module:object, short help). The help stands here so that `feedback --help` imports no command.
COMMANDS: dict[str, tuple[str, str]] = {
    "demo-data": ("feedback_assets.cli.demo_data:demo_data", "Write made-up feedback into the landing zone."),
    "ingest": ("feedback_assets.cli.ingest:ingest", "Put files into the landing zone."),
    "run": ("feedback_assets.cli.run:run", "Process what is new, from landing files to tickets."),
    "backfill": ("feedback_assets.cli.backfill:backfill", "Bring days to today's code, rules, taxonomy and model."),
    "replay": ("feedback_assets.cli.replay:replay", "Ask the language model again what ended in one class of failure."),
    "plan-backfill": ("feedback_assets.cli.backfill:plan_backfill", "Say what a backfill would make anew, and why."),
    "dev": ("feedback_assets.cli.dev:dev", "Open the Dagster UI on this home."),
    "status": ("feedback_assets.cli.status:status", "Count rows by stage and source, with ages."),
    "themes": ("feedback_assets.cli.themes:themes", "List the themes with the highest scores."),
    "tickets": ("feedback_assets.cli.tickets:tickets", "List the tickets."),
    "review": ("feedback_assets.cli.review:review", "Decide about issues that the machine doubts; take decisions back."),
    "trace": ("feedback_assets.cli.trace:trace", "From a ticket, theme, issue or event to the source bytes and back."),
    "dead-letters": ("feedback_assets.cli.dead_letters:dead_letters", "What could not be read, where it is, and why."),
    "evaluate": ("feedback_assets.cli.evaluate:evaluate", "Measure the shipped components on your own labelled data."),
    "prompts": ("feedback_assets.cli.prompts:prompts", "List, show, promote and roll back the versions of prompts."),
    "key": ("feedback_assets.cli.key:key", "The key of the pseudonyms: where it is; destroying it."),
    "sources": ("feedback_assets.cli.sources:sources", "List the sources and their formats."),
    "upkeep": ("feedback_assets.cli.upkeep:upkeep", "Compact tables and free what no kept version needs."),
    "doctor": ("feedback_assets.cli.doctor:doctor", "Check settings, paths, versions and permissions."),
}

FAILED = 1
STOPPED = 130
WORKING = ("demo-data", "ingest", "run", "backfill", "replay", "upkeep")
"""Commands that do more than print."""


class ReaderGone(Exception):  # noqa: N818
    """A pipe broke while a command wrote. click makes an exit with 1 of BrokenPipeError, so it must not see that one.

    code: 1 when work may have been cut short by it.
    """

    def __init__(self, code: int = 0) -> None:
        super().__init__()
        self.code = code


class LazyGroup(click.Group):
    """A group that imports a command when it is called."""

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        try:
            return super().make_context(*args, **kwargs)
        except BrokenPipeError:
            raise ReaderGone from None

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise ReaderGone(FAILED if ctx.invoked_subcommand in WORKING else 0) from None

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name][0].partition(":")
        command = getattr(import_module(module), name)
        return cast("click.Command", command)

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        if args and not args[0].startswith("-") and args[0] not in COMMANDS:
            from difflib import get_close_matches

            near = get_close_matches(args[0], COMMANDS, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else f" There are: {', '.join(COMMANDS)}."
            raise click.UsageError(f"No such command {args[0]!r}.{hint}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


def _version(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if value:
        from feedback_assets import __version__

        click.echo(f"feedback {__version__}")
        ctx.exit()


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Show the version.")
def cli() -> None:
    """Turns customer feedback into engineering tickets.

    Everything is kept in the folder FEEDBACK_HOME (default: .feedback in the project).
    """


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code. Errors that a person can act on become one line on stderr."""
    try:
        code = _outcome(cli.main(args=list(argv) if argv is not None else None, prog_name="feedback", standalone_mode=False))
        sys.stdout.flush()
    except (BrokenPipeError, ReaderGone) as e:
        # Who reads has seen enough (`| head`). Without this, Python complains once more when it closes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return e.code if isinstance(e, ReaderGone) else 0
    except click.exceptions.Exit as e:
        return e.exit_code
    except (KeyboardInterrupt, click.Abort):
        click.echo("feedback: stopped. Nothing is half-done: `feedback run` continues from here.", err=True)
        return STOPPED
    except (click.ClickException, FeedbackError, OSError) as e:
        return _refused(e)
    return code


def _outcome(returned: Any) -> int:
    return returned if isinstance(returned, int) and not isinstance(returned, bool) else 0


def _refused(error: click.ClickException | FeedbackError | OSError) -> int:
    """Says it in one line; usage errors in click's own words. Returns the exit code."""
    from feedback_assets.cli.output import safe

    if isinstance(error, click.ClickException):
        error.show()
        return error.exit_code
    message = str(error)
    if isinstance(error, OSError):
        place = f"{error.filename}: " if error.filename else ""
        message = f"{place}{error.strerror or type(error).__name__}; to mend: feedback doctor"
    click.echo(f"feedback: {safe(message)}", err=True)
    return FAILED


if __name__ == "__main__":
    sys.exit(main())
