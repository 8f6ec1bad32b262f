"""The commands that carry a history elsewhere: `export`, into Parquet files or a lake."""

from __future__ import annotations

import json as jsonlib
from pathlib import Path
from typing import Annotated

import typer

from jobtype_toolkit.cli.output import write
from jobtype_toolkit.cli.targets import StoreFile, opened
from jobtype_toolkit.display.cells import safe

Json = Annotated[bool, typer.Option("--json", metavar="", help="Write an object instead of sentences.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(epilog="Example: jobtype-toolkit export lake --partitioned --store demo.duckdb")(export)


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
        told = ", ".join(f"{count:,} {name}" for name, count in rows.items() if count)
        write(f"{told or 'No rows'} were written into {safe(str(folder))}.\n")
