"""The commands `pull` and `backfill`: from a live server, or from its database, into a store."""

from __future__ import annotations

import json as jsonlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

import jobtype_toolkit as jt
from jobtype_toolkit.cli.output import write
from jobtype_toolkit.cli.targets import STORE_VARIABLE, CaFile, CertFile, StoreFile, TokenFile, connected
from jobtype_toolkit.display.cells import safe

REJECTED = 3


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(epilog="Example: jobtype-toolkit pull --server https://scale.example/api --store ops.duckdb")(pull)
    app.command(
        epilog="Example: jobtype-toolkit backfill postgresql://toolkit@db.example/scale --store ops.duckdb --source prod"
    )(backfill)


def pull(
    server: Annotated[
        str,
        typer.Option(
            metavar="URL",
            help="The live v6 server: the part of its address before /v6/. The token comes from the environment variable "
            "JOBTYPE_TOOLKIT_TOKEN, or from --token-file.",
        ),
    ],
    store: StoreFile = None,
    source: Annotated[
        str | None, typer.Option(metavar="NAME", help="What the store calls the server; its URL if not given.")
    ] = None,
    workers: Annotated[int, typer.Option(metavar="N", help="How many requests at once, 1 to 16.")] = 2,
    executions: Annotated[
        int, typer.Option(metavar="N", help="How many requests to spend on executions of failed and retried jobs.")
    ] = 0,
    page_size: Annotated[int, typer.Option(metavar="N", help="Jobs per request, 1 to 1000.")] = 250,
    overlap: Annotated[
        str, typer.Option(metavar="DURATION", help="How much of the last pull to read again.")
    ] = "PT15M",
    since: Annotated[
        str | None, typer.Option(metavar="TIME", help="Only jobs modified since; a time, or a duration such as P90D.")
    ] = None,
    pages: Annotated[
        int | None, typer.Option(metavar="N", help="At most this many pages of jobs; the next pull goes on.")
    ] = None,
    reconcile: Annotated[
        bool, typer.Option("--reconcile", metavar="", help="Take out open jobs that the server no longer has.")
    ] = False,
    snapshot: Annotated[bool, typer.Option(metavar="", help="Keep what the live views say, and compare.")] = True,
    moved: Annotated[
        bool, typer.Option("--moved", metavar="", help="The server of this source has another address now.")
    ] = False,
    token_file: TokenFile = None,
    ca_file: CaFile = None,
    cert_file: CertFile = None,
    json: Annotated[bool, typer.Option("--json", metavar="", help="Write the report as JSON.")] = False,
) -> None:
    """Bring job types and job history of a live v6 server into a store: everything the first time, then what changed.

    A pull that was stopped is resumed. Exit codes: 0 everything was read, even if a side read failed, which the report
    tells; 1 the jobs could not be read to the end, or nothing could be asked; 3 some rows were rejected.
    """
    with connected(server, token_file, ca_file, cert_file) as scale, jt.open(_named(store)) as target:
        _told(
            lambda: target.pull(
                scale,
                source=source,
                workers=workers,
                executions=executions,
                page_size=page_size,
                overlap=overlap,
                since=since,
                pages=pages,
                reconcile=reconcile,
                snapshot=snapshot,
                moved=moved,
                progress=sys.stderr.isatty(),
            ),
            json=json,
        )


def backfill(
    database: Annotated[
        str,
        typer.Argument(
            metavar="DATABASE",
            help="The address of Scale's PostgreSQL, without a password, which comes from ~/.pgpass or PGPASSWORD; or a dump: a "
            "script of pg_dump, or a folder with a CSV file per table.",
        ),
    ],
    source: Annotated[
        str, typer.Option(metavar="NAME", help="What the store calls the server; the same as for `pull`.")
    ],
    store: StoreFile = None,
    started: Annotated[
        str | None, typer.Option(metavar="TIME", help="Only jobs modified since; a time, or a duration such as P90D.")
    ] = None,
    executions: Annotated[bool, typer.Option(metavar="", help="Bring the executions, too.")] = True,
    overlap: Annotated[
        str, typer.Option(metavar="DURATION", help="How much of the last call to read again.")
    ] = "PT15M",
    pause: Annotated[
        float, typer.Option(metavar="SECONDS", help="How long to leave the database alone after each slice.")
    ] = 0.0,
    rows_per_second: Annotated[
        int | None, typer.Option(metavar="N", help="At most so many jobs a second, on average.")
    ] = None,
    statement_timeout: Annotated[
        str,
        typer.Option(metavar="DURATION", help="How long a statement may take; a slice that takes longer is halved."),
    ] = "PT5M",
    json: Annotated[bool, typer.Option("--json", metavar="", help="Write the report as JSON.")] = False,
) -> None:
    """Fill a store from Scale's own PostgreSQL or a dump of it: what a pull would bring, hundreds of times faster.

    A backfill that was stopped is resumed, and a pull goes on where it ends. Exit codes: 0 everything was read; 1 the jobs could
    not be read to the end, or nothing could be asked; 3 some rows were rejected.
    """
    from jobtype_toolkit.sync.address import address, is_address  # the program starts without what it imports

    if is_address(database) and address(database).secrets:
        msg = (
            f"{address(database).shown} was given with a password, which others on this machine can see. Leave it out, and put it "
            "into ~/.pgpass or PGPASSWORD."
        )
        raise jt.InvalidParameter(msg)
    with jt.open(_named(store)) as target:
        _told(
            lambda: target.backfill(
                database,
                source=source,
                started=started,
                executions=executions,
                overlap=overlap,
                pause=pause,
                rows_per_second=rows_per_second,
                statement_timeout=statement_timeout,
                progress=sys.stderr.isatty(),
            ),
            json=json,
        )


def _named(store: Path | None) -> Path:
    """Return the store to write into.

    Raises:
        InvalidParameter: none was named.
    """
    if store is None:
        msg = f"No store was named. Give --store FILE, or set {STORE_VARIABLE}; a missing one is created."
        raise jt.InvalidParameter(msg)
    return store


def _told(bring: Callable[[], jt.PullReport], *, json: bool) -> None:
    """Bring a history over, and tell what came, also where it was stopped."""
    stopped = None
    try:
        report = bring()
    except jt.PullStopped as error:
        report, stopped = error.report, error
    except KeyboardInterrupt as stop:
        write("".join(f"{one}\n" for one in getattr(stop, "__notes__", ("Stopped.",))), to=sys.stderr)
        raise
    if json:
        write(jsonlib.dumps(report.as_dict()) + "\n")
    else:
        write("".join(f"{safe(line)}\n" for line in str(report).splitlines()))
    if stopped is not None:
        raise stopped
    if report.rejected:
        raise typer.Exit(REJECTED)
