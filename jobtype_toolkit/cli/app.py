"""The program itself: its commands, and what becomes of whatever goes wrong in them."""

from __future__ import annotations

import os
import signal
import sys
import warnings
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

import jobtype_toolkit as jt
from jobtype_toolkit import hints
from jobtype_toolkit.cli import (
    changes,
    lakes,
    load,
    maintenance,
    manifests,
    pull,
    queries,
    reports,
    serve,
    statements,
    validation,
)
from jobtype_toolkit.cli.output import write, write_lines
from jobtype_toolkit.cli.program import Program

REFUSED, USAGE, INTERRUPTED, PIPE_CLOSED, TERMINATED = 1, 2, 130, 141, 143

EXIT_CODES = (
    "Exit codes: 0 answered, also with nothing; 1 refused, the reason on stderr, or `validate` found errors; 2 the command as "
    "given makes no sense, or a manifest could not be read; 3 loaded, but some rows were rejected; 4 `report --fail-on` found "
    "something that had not alarmed before."
)


_show_other = warnings.showwarning


class _Commands(TyperGroup):
    """The commands; what they raise becomes a message on stderr and an exit code."""

    def invoke(self, ctx: typer.Context) -> Any:  # type: ignore[override]  # typer's own Context, under its public name
        try:
            with hints.terminal():
                answer = super().invoke(ctx)
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or the interpreter complains at its end
            raise typer.Exit(PIPE_CLOSED) from None
        except KeyboardInterrupt:
            raise typer.Exit(INTERRUPTED) from None
        except (jt.InvalidParameter, jt.Ambiguous, jt.UnreadableInput) as error:
            raise _told(error, USAGE) from None
        except (jt.ToolkitError, OSError) as error:
            raise _told(error, REFUSED) from None
        return answer


def _told(error: Exception, code: int) -> typer.Exit:
    write_lines(f"jobtype-toolkit: {error}", to=sys.stderr)
    return typer.Exit(code)


app = Program(
    name="jobtype-toolkit",
    cls=_Commands,
    help="Scale v6 job types and job history in a DuckDB file: load them, or pull them from a server, then ask what is "
    "pending, running and failing. "
    "Write, validate and compare Seed manifests, and add them.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
load.register(app)
pull.register(app)
reports.register(app)
queries.register(app)
statements.register(app)
manifests.register(app)
validation.register(app)
changes.register(app)
maintenance.register(app)
lakes.register(app)
serve.register(app)


def _version(asked: bool) -> None:
    if asked:
        write(f"{jt.__version__}\n")
        raise typer.Exit


@app.callback()
def _program(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say which version this is.")
    ] = False,
) -> None:
    pass


def main() -> None:
    """Run the command line; the entry point `jobtype-toolkit`."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # a name must not end the program in an ASCII locale
    signal.signal(signal.SIGTERM, _terminated)
    warnings.showwarning = _show_warning
    app()


def _show_warning(message: Warning | str, category: type[Warning], *place: Any, **more: Any) -> None:
    """Write a warning of the toolkit as a sentence, without the line of the program that it came from."""
    if issubclass(category, (jt.NotVerified, jt.ResultCut)):
        write_lines(f"jobtype-toolkit: {message}", to=sys.stderr)
    else:
        _show_other(message, category, *place, **more)


def _terminated(*_: object) -> None:
    """End in order, so that files half made are removed."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise SystemExit(TERMINATED)
