"""The commands of each morning: `review` and `report`, and `mute`, `mutes` and `unmute` for what need not alarm."""

from __future__ import annotations

import shutil
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import jobtype_toolkit as jt
from jobtype_toolkit.api.fields import Field
from jobtype_toolkit.cli.output import as_json, draw, write
from jobtype_toolkit.cli.targets import StoreFile, asked, opened
from jobtype_toolkit.display.cells import plain, safe

if TYPE_CHECKING:
    from jobtype_toolkit.report.shift import Shift

ALARMED = 4
"""The exit code if a job type is worse than usual and has not alarmed before."""
_COLUMNS = 80

Since = Annotated[str, typer.Option(metavar="TIME", help="When the shift began: a time, or a duration back from now.")]
Now = Annotated[
    str | None, typer.Option(metavar="TIME", help="When it ended, instead of the newest change or the clock.")
]
Source = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="Which source of the store, '*' for all; needed where there are several."),
]
Json = Annotated[bool, typer.Option("--json", metavar="", help="Write the report as JSON.")]
ErrorName = Annotated[str, typer.Argument(metavar="ERROR_NAME", help="The error.")]
Name = Annotated[str | None, typer.Option(metavar="NAME", help="Only failures of this job type; of all if not given.")]


class Fail(StrEnum):
    """What a report can fail on."""

    WORSE = "worse"


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(epilog="Example: jobtype-toolkit review --store demo.duckdb")(review)
    app.command(epilog="Example: jobtype-toolkit report --store demo.duckdb --since P1D -o review.html")(report)
    app.command(
        epilog="Example: jobtype-toolkit mute tide-unknown --name coast-outline --until P7D --why 'ticket 81' --store demo.duckdb"
    )(mute)
    app.command(epilog="Example: jobtype-toolkit mutes --store demo.duckdb")(mutes)
    app.command(epilog="Example: jobtype-toolkit unmute tide-unknown --name coast-outline --store demo.duckdb")(unmute)


def review(
    since: Since = "P1D", now: Now = None, source: Source = None, json: Json = False, store: StoreFile = None
) -> None:
    """Say what is worse than usual, new, stuck, waiting and paused, and what can wait: the morning review."""
    with asked(store) as target:
        _write(target.report(since=since, now=now, source=source), json=json)


def report(
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            dir_okay=False,
            help="The file; .html, .md, .json and .txt say what is written. If not given, the report goes to the terminal as text.",
        ),
    ] = None,
    since: Since = "P1D",
    now: Now = None,
    source: Source = None,
    fail_on: Annotated[
        Fail | None,
        typer.Option(
            metavar="WHAT",
            help="worse: end with exit code 4 if a job type is worse than usual that has not alarmed yet, or not since it recovered.",
        ),
    ] = None,
    state: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            dir_okay=False,
            help="A JSON file that remembers what has alarmed, if the store cannot be written.",
        ),
    ] = None,
    json: Json = False,
    store: StoreFile = None,
) -> None:
    """Write the report of a shift as one file: HTML for people, Markdown, JSON or text.

    Exit codes: 0 written, 4 written, and --fail-on found something that had not alarmed before.
    """
    if state is not None and fail_on is None:
        msg = "--state remembers what --fail-on worse has alarmed. Give both, or neither."
        raise jt.InvalidParameter(msg)
    with asked(store) as target:
        shift = target.report(output, since=since, now=now, source=source)
        if output is None or json:
            _write(shift, json=json)
        else:
            write(f"{safe(shift.verdict)}\n{safe(str(output))} has the report.\n")
        alarms = target.alarmed(shift, state=state) if fail_on else []
    if alarms:
        write(f"jobtype-toolkit: worse than usual: {safe(', '.join(one.name for one in alarms))}\n", to=sys.stderr)
        raise typer.Exit(ALARMED)


def _write(shift: Shift, *, json: bool) -> None:
    from jobtype_toolkit.report import render

    width = shutil.get_terminal_size((_COLUMNS, 0)).columns if sys.stdout.isatty() else _COLUMNS
    write(render.as_json(shift) if json else render.as_text(shift, width))


def mute(
    error_name: ErrorName,
    until: Annotated[
        str, typer.Option(metavar="TIME", help="When they alarm again: a time to come, or a duration from now on.")
    ],
    why: Annotated[str, typer.Option(metavar="TEXT", help="The reason, for whoever reads the report.")],
    name: Name = None,
    store: StoreFile = None,
) -> None:
    """Mute failures with an error: the report shows them as muted, and its exit code ignores them."""
    with opened(store) as target:
        target.mute(error_name, name=name, until=until, why=why)
    write(f"{safe(error_name)} of {safe(name or 'all job types')} is muted. `jobtype-toolkit mutes` lists what is.\n")


def unmute(error_name: ErrorName, name: Name = None, store: StoreFile = None) -> None:
    """Let muted failures alarm again."""
    with opened(store) as target:
        target.unmute(error_name, name=name)
    write(f"{safe(error_name)} of {safe(name or 'all job types')} alarms again.\n")


def mutes(
    json: Annotated[bool, typer.Option("--json", metavar="", help="Write an array of records instead.")] = False,
    store: StoreFile = None,
) -> None:
    """List the failures that are muted, those first whose mute ends first."""
    from jobtype_toolkit.report.mutes import FIELDS

    with opened(store) as target:
        frame = target.mutes()
    if json:
        write(as_json(frame))
        return
    fields: list[Field] = list(FIELDS)
    draw("Muted failures", fields, [plain(frame[field.name]) for field in fields])
