"""The commands that fill a store: `load`, and `demo` with the bundled sample."""

from __future__ import annotations

import json as jsonlib
import shutil
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import jobtype_toolkit as jt
from jobtype_toolkit.api.fields import Field
from jobtype_toolkit.api.resources import JOB, JOB_EXECUTION, LOADABLE
from jobtype_toolkit.cli.output import draw, show, write, write_lines
from jobtype_toolkit.cli.targets import STORE_VARIABLE, StoreFile, opened
from jobtype_toolkit.display.cells import plain, safe
from jobtype_toolkit.hints import counted, rows_of

if TYPE_CHECKING:
    from jobtype_toolkit.store.ingest.load import LoadReport
    from jobtype_toolkit.store.ingest.preview import Preview

REJECTED = 3
_REJECTS_SHOWN = 5
_DEMO_ROWS = 12
_DEMO_WINDOW = "P1D"
_REJECT_FIELDS = (
    Field("file", "text", ""),
    Field("position", "int", ""),
    Field("reason", "text", ""),
    Field("text", "text", ""),
)
_COLUMN_FIELDS = tuple(Field(name, "text", "") for name in ("theirs", "ours", "conversion", "example"))
_ROW_FIELDS = (
    *JOB.pick("id", "external_id", "job_type", "job_type_version", "status", "error_name", "exit_code", "node"),
    *JOB.pick("created", "queued", "started", "ended"),
    JOB_EXECUTION["job_id"],
)


def register(app: typer.Typer) -> None:
    """Add the commands that fill a store."""
    app.command(epilog="Example: jobtype-toolkit demo demo.duckdb")(demo)
    app.command(
        epilog="Example: jobtype-toolkit load history.csv --store ops.duckdb --column state=status --status OK=COMPLETED --timezone UTC"
    )(load)
    app.command(epilog="Example: jobtype-toolkit rejects --store demo.duckdb")(rejects)


def rejects(
    store: StoreFile = None,
    load_id: Annotated[int | None, typer.Option(metavar="N", help="Only those of this load.")] = None,
) -> None:
    """Show the rows that could not be loaded: their place, what is wrong with them, and their text."""
    with opened(store) as target:
        found = target.rejects(load_id)
    draw("Rejected rows", _REJECT_FIELDS, [plain(found[field.name]) for field in _REJECT_FIELDS])
    for reason, rows in found["reason"].str.split(":").str[0].value_counts().items():
        write(f"{counted(rows, 'row')}: {safe(str(reason))}\n")


def demo(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="The store to make; one that is there may hold nothing but the sample.", dir_okay=False
        ),
    ] = Path("demo.duckdb"),
) -> None:
    """Load the bundled sample history into a file, and show the four analyses on it."""
    with jt.sample(file) as store:
        write(
            f"The sample was loaded into {safe(str(file))}; its history ends at {store.as_of:%Y-%m-%d %H:%M} UTC.\n\n"
        )
        for frame in (
            store.status(started=_DEMO_WINDOW, is_active=True, source="sample"),
            store.pending(source="sample"),
            store.running(source="sample"),
            store.system_failures(source="sample"),
        ):
            show(frame, limit=_DEMO_ROWS)
    command = Path(sys.argv[0])
    program = command if command.parent.name == "bin" and shutil.which(command.name) is None else Path(command.name)
    write(f"Ask more: {safe(str(program))} failures --store {safe(str(file))} --started P7D\n")


def load(
    path: Annotated[
        str, typer.Argument(metavar="PATH", help="A file, a folder or a glob: JSON, NDJSON, CSV, Parquet, also .gz.")
    ],
    store: StoreFile = None,
    resource: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help=f"What the rows are: {', '.join(LOADABLE)}. If not given, jobs; of a folder whose files are named after these, all of them.",
        ),
    ] = None,
    source: Annotated[
        str, typer.Option(metavar="NAME", help="The name that keeps these rows apart from others.")
    ] = "local",
    column: Annotated[
        list[str] | None, typer.Option(metavar="THEIRS=OURS", help="A column under another name. May be repeated.")
    ] = None,
    status: Annotated[
        list[str] | None, typer.Option(metavar="THEIRS=OURS", help="A status under another name. May be repeated.")
    ] = None,
    timezone: Annotated[
        str | None, typer.Option(metavar="ZONE", help="The zone of times that have none, such as UTC.")
    ] = None,
    profile: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="The system that the rows come from, such as slurm, or a TOML file; see docs/elsewhere.md.",
        ),
    ] = None,
    observed: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="When the rows were so, such as the day of a backup; changes of job types are dated by it.",
        ),
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", metavar="", help="Load nothing if any row is bad.")] = False,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run", metavar="", help="Load nothing; tell which profile fits, and which column becomes what."
        ),
    ] = False,
    json: Annotated[bool, typer.Option("--json", metavar="", help="Write the report as JSON.")] = False,
) -> None:
    """Load job types, revisions, errors, jobs or executions into a store; a missing file is created.

    Loading the same input twice changes nothing. A row that cannot be loaded is kept aside and told of (exit code 3).
    """
    given: dict[str, Any] = {
        "columns": _pairs(column, "--column"),
        "statuses": _pairs(status, "--status"),
        "timezone": timezone,
        "profile": profile,
    }
    if dry_run:
        with jt.open() as scratch:
            _foretell(scratch.preview(path, resource or "jobs", **given), is_json=json)
        return
    if store is None:
        msg = f"No store was named. Give --store FILE, or set {STORE_VARIABLE}."
        raise jt.InvalidParameter(msg)
    with jt.open(store) as target:
        report = target.load(
            path,
            resource,
            source=source,
            strict=strict,
            observed=observed,
            **given,
        )
        if json:
            write(jsonlib.dumps(asdict(report)) + "\n")
        else:
            for one in (report, *report.also):
                _tell(target, one, store)
    if any(one.rejected for one in (report, *report.also)):
        raise typer.Exit(REJECTED)


def _foretell(preview: Preview, *, is_json: bool) -> None:
    """Write what a load would make of a file; a proposal for a profile comes last."""
    if is_json:
        columns = preview.columns.astype(object).where(preview.columns.notna(), None)
        said = {one: getattr(preview, one) for one in ("path", "profile", "fitting", "missing", "notes")}
        said |= {"columns": columns.to_dict("records"), "toml": preview.toml()}
        write(jsonlib.dumps(said) + "\n")
        return
    draw("Columns", _COLUMN_FIELDS, [plain(preview.columns[field.name]) for field in _COLUMN_FIELDS], drop=False)
    first = preview.rows.head(_REJECTS_SHOWN)
    shown = [field for field in _ROW_FIELDS if field.name in first.columns]
    if shown:
        draw("First rows", shown, [plain(first[field.name]) for field in shown])
    if preview.missing:
        write(f"Nothing becomes {safe(', '.join(preview.missing))}.\n")
    for note in preview.notes:
        write(f"Note: {safe(note)}.\n")
    if preview.profile:
        write(f"Nothing was loaded. The profile {safe(preview.profile)} was tried.\n")
    elif preview.toml():
        write("Nothing was loaded. No profile fits; this is a proposal:\n\n")
        write_lines(preview.toml())
    else:
        write("Nothing was loaded. The names are v6's, and need no profile.\n")


def _tell(store: jt.Store, report: LoadReport, file: Path) -> None:
    """Write what a load did, and the first of the rows that it rejected."""
    write(
        f"{rows_of(report.resource, report.rows)} read into {safe(str(file))}, source {safe(repr(report.source))}: "
        f"{report.new:,} new, {report.changed:,} changed, {report.unchanged:,} unchanged, {report.rejected:,} rejected "
        f"(load {report.load_id}).\n"
    )
    for note in report.notes:
        write(f"Note: {safe(note)}.\n")
    if report.more_notes:
        write(
            f"{counted(len(report.more_notes), 'more note')}; --json has {'it' if len(report.more_notes) == 1 else 'them all'}.\n"
        )
    if not report.rejected:
        return
    first = store.rejects(report.load_id).head(_REJECTS_SHOWN)
    draw("Rejected rows", _REJECT_FIELDS, [plain(first[field.name]) for field in _REJECT_FIELDS])
    write(f"\n{len(first):,} of {report.rejected:,} rejected rows; `jobtype-toolkit rejects` shows them all.\n")


def _pairs(given: list[str] | None, option: str) -> dict[str, str]:
    """Return `theirs=ours` texts as a mapping; ours has no `=` in it, theirs may."""
    pairs = {}
    for text in given or ():
        theirs, sign, ours = text.rpartition("=")
        if not (theirs and sign and ours):
            msg = f"{option} {text!r} is not theirs=ours, as in {option} state=status."
            raise jt.InvalidParameter(msg)
        pairs[theirs] = ours
    return pairs
