"""The command for SQL of one's own, `sql`."""

from __future__ import annotations

from typing import Annotated, Any

import typer

import jobtype_toolkit as jt
from jobtype_toolkit.cli.output import TABLE_ROWS, as_csv, as_json, draw, write
from jobtype_toolkit.cli.queries import chosen
from jobtype_toolkit.cli.targets import StoreFile, asked
from jobtype_toolkit.display.cells import plain
from jobtype_toolkit.display.tables import fields_of
from jobtype_toolkit.hints import counted


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        epilog="""Example: jobtype-toolkit sql "SELECT status, count(*) AS n FROM job GROUP BY status" --store demo.duckdb"""
    )(sql)


def sql(
    query: Annotated[str, typer.Argument(metavar="QUERY", help="One SELECT over the tables and views of a store.")],
    param: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="The text of a `$name` place in the query. May be repeated."),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(min=0, metavar="N", help=f"The most rows, 0 for all; {TABLE_ROWS} in a table if not given."),
    ] = None,
    json: Annotated[
        bool, typer.Option("--json", metavar="", help="Write an array of records instead of a table.")
    ] = False,
    csv: Annotated[bool, typer.Option("--csv", metavar="", help="Write CSV instead of a table.")] = False,
    store: StoreFile = None,
) -> None:
    """Ask a store in SQL of your own; it only reads. The view `job` shows the whole history."""
    format = chosen(json=json, csv=csv)
    bound: dict[str, Any] = dict(_given(one) for one in param or ())
    with asked(store) as target:
        frame = target.sql(query, **bound)
    most = TABLE_ROWS if limit is None and format == "table" else limit
    shown = frame.head(most) if most else frame
    if format != "table":
        write(as_json(shown) if format == "json" else as_csv(shown))
        return
    fields = fields_of(shown)
    hidden = draw(f"{len(shown):,} of {counted(len(frame), 'row')}", fields, [plain(shown[one.name]) for one in fields])
    more = "; --limit 0 shows all" if len(shown) < len(frame) else ""
    left = f" Columns hidden to fit the terminal: {', '.join(hidden)}. Use --json or --csv." if hidden else ""
    write(f"\n{len(shown):,} of {counted(len(frame), 'row')}{more}.{left}\n")


def _given(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign or not name:
        msg = f"--param {text} has no name. Give NAME=VALUE, as in --param status=FAILED for $status."
        raise jt.InvalidParameter(msg)
    return name, value
