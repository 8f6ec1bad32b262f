"""The commands that carry a history elsewhere: `export`, into Parquet files or a lake, and `lake`, which keeps one up to date."""

from __future__ import annotations

import json as jsonlib
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

import jobtype_toolkit as jt
from jobtype_toolkit.cli.output import as_json, draw, write, write_lines
from jobtype_toolkit.cli.program import Program
from jobtype_toolkit.cli.targets import StoreFile, opened
from jobtype_toolkit.display.cells import plain, safe
from jobtype_toolkit.hints import rows_of

Where = Annotated[str, typer.Argument(metavar="LAKE", help="The folder of the lake, or the URL of its catalogue.")]
Warehouse = Annotated[
    str | None, typer.Option(metavar="PLACE", help="Where the files are, if the lake is a URL: a folder or a URL.")
]
Wait = Annotated[float, typer.Option(metavar="SECONDS", help="How long to wait for another sync.")]
Json = Annotated[bool, typer.Option("--json", metavar="", help="Write an object instead of sentences.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(epilog="Example: jobtype-toolkit export exported --partitioned --store demo.duckdb")(export)
    lake = Program(no_args_is_help=True, help="Keep an Iceberg lake: fill it from a store, and look after its files.")
    lake.command(epilog="Example: jobtype-toolkit lake sync shared --store demo.duckdb")(sync)
    lake.command(epilog="Example: jobtype-toolkit lake status shared")(status)
    lake.command(epilog="Example: jobtype-toolkit lake compact shared")(compact)
    lake.command(epilog="Example: jobtype-toolkit lake expire shared --before P30D")(expire)
    app.add_typer(lake, name="lake")


def export(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where the files go.", file_okay=False)],
    store: StoreFile = None,
    source: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Which source of the store; with --partitioned all of them if not given."),
    ] = None,
    partitioned: Annotated[
        bool,
        typer.Option(
            "--partitioned",
            metavar="",
            help="Write a lake that the commands ask in place: jobs by source, state and month. One that is there is replaced.",
        ),
    ] = False,
    json: Json = False,
) -> None:
    """Write a store as Parquet files: one per resource, which `load` reads back, or a lake."""
    with opened(store) as target:
        rows = target.export(folder, source=source, partitioned=partitioned)
    if json:
        write(jsonlib.dumps(rows) + "\n")
    else:
        told = ", ".join(rows_of(name, count) for name, count in rows.items() if count)
        write(f"{told or 'No rows'} {'was' if sum(rows.values()) == 1 else 'were'} written into {safe(str(folder))}.\n")


def sync(
    lake: Where,
    store: StoreFile = None,
    warehouse: Warehouse = None,
    source: Annotated[
        str | None, typer.Option(metavar="NAME", help="Which source of the store; all of them if not given.")
    ] = None,
    wait: Wait = 60.0,
    json: Json = False,
) -> None:
    """Bring a lake up to date with a store; only what changed is written. A missing lake is made."""
    with opened(store) as target:
        _tell(target.sync_lake(lake, warehouse=warehouse, source=source, wait=wait), json=json)


def status(lake: Where, warehouse: Warehouse = None, json: Json = False) -> None:
    """List the states of a lake: when each was written, and how many jobs and bytes it has."""
    from jobtype_toolkit.lakes.maintenance import STATE_FIELDS  # the program starts without DuckDB

    with jt.lake(lake, warehouse=warehouse) as target:
        frame = target.states()
        if json:
            write(as_json(frame))
            return
        draw("States", STATE_FIELDS, [plain(frame[field.name]) for field in STATE_FIELDS])
        write_lines(str(target))


def compact(lake: Where, warehouse: Warehouse = None, wait: Wait = 60.0, json: Json = False) -> None:
    """Join the files of places that have several; what the lake says stays the same."""
    with jt.lake(lake, warehouse=warehouse) as target:
        _tell(target.compact(wait=wait), json=json)


def expire(
    lake: Where,
    before: Annotated[
        str, typer.Option(metavar="TIME", help="Give up what was written by then: a time, or a duration such as P30D.")
    ],
    orphans: Annotated[
        str, typer.Option(metavar="TIME", help="Remove files that no state ever had if they are from before then.")
    ] = "P1D",
    warehouse: Warehouse = None,
    wait: Wait = 60.0,
    json: Json = False,
) -> None:
    """Give up earlier states of a lake, and remove the files that only they have, or none; the newest is kept."""
    with jt.lake(lake, warehouse=warehouse) as target:
        _tell(target.expire(before=before, orphans=orphans, wait=wait), json=json)


def _tell(report: Any, *, json: bool) -> None:
    write_lines(jsonlib.dumps(asdict(report)) if json else str(report))
