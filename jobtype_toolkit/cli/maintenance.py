"""The commands that keep a store small: `loads`, `forget`, `prune` and `compact`. What removes rows asks before."""

from __future__ import annotations

import json as jsonlib
from typing import TYPE_CHECKING, Annotated

import typer

import jobtype_toolkit as jt
from jobtype_toolkit.api.fields import Field
from jobtype_toolkit.api.times import instant
from jobtype_toolkit.cli.output import as_json, draw, write
from jobtype_toolkit.cli.targets import StoreFile, opened
from jobtype_toolkit.display.cells import plain, safe
from jobtype_toolkit.hints import counted, rows_of

if TYPE_CHECKING:
    from jobtype_toolkit.store.maintenance import Removed

_LOADS = "SELECT load_id, source, resource, rows, rejected, observed, path FROM load ORDER BY load_id DESC"
_FIELDS = (
    Field("load_id", "int", ""),
    Field("source", "text", ""),
    Field("resource", "text", ""),
    Field("rows", "int", ""),
    Field("rejected", "int", ""),
    Field("observed", "time", ""),
    Field("path", "text", ""),
)

Yes = Annotated[bool, typer.Option("--yes", "-y", metavar="", help="Remove without asking.")]
Json = Annotated[bool, typer.Option("--json", metavar="", help="Write an object instead of sentences.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(epilog="Example: jobtype-toolkit loads --store demo.duckdb")(loads)
    app.command(epilog="Example: jobtype-toolkit forget 5 --store demo.duckdb --yes")(forget)
    app.command(epilog="Example: jobtype-toolkit prune --before P60D --store demo.duckdb --yes")(prune)
    app.command(epilog="Example: jobtype-toolkit compact --store demo.duckdb")(compact)


def loads(
    store: StoreFile = None,
    json: Annotated[bool, typer.Option("--json", metavar="", help="Write an array of records instead.")] = False,
) -> None:
    """List the loads of a store, newest first: what was read, from where and when. `forget` takes their numbers."""
    with opened(store) as target:
        frame = target.sql(_LOADS)
    if json:
        write(as_json(frame))
    else:
        draw("Loads", _FIELDS, [plain(frame[field.name]) for field in _FIELDS])


def forget(
    load_id: Annotated[int, typer.Argument(metavar="LOAD_ID", help="The number of the load; `loads` lists them.")],
    yes: Yes = False,
    json: Json = False,
    store: StoreFile = None,
) -> None:
    """Remove the rows of a store that came last from a load; what the load had replaced does not come back."""
    with opened(store) as target:
        for path, resource, rows in target.sql(
            "SELECT path, resource, rows FROM load WHERE load_id = $load_id", load_id=load_id
        ).itertuples(index=False):
            _confirm(
                f"Remove what load {load_id} brought: {rows_of(resource, rows)} read from {path}?",
                yes=yes,
            )
        removed = target.forget(load_id)
    _tell(removed, "row", json=json)


def prune(
    before: Annotated[
        str, typer.Option(metavar="TIME", help="Drop what was over by then: a time, or a duration such as P60D.")
    ],
    source: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Which source of the store, '*' for all; needed if there are several."),
    ] = None,
    yes: Yes = False,
    json: Json = False,
    store: StoreFile = None,
) -> None:
    """Drop the jobs that were over before a time, with their executions; no pull brings them back."""
    with opened(store) as target:
        scope = target.reader.scope(source)
        moment = instant(before, name="before", now=scope.now)
        which = "every source" if source == "*" else f"the source {scope.source!r}"
        _confirm(f"Drop the jobs of {which} that were over before {moment:%Y-%m-%d %H:%M:%S} UTC, for good?", yes=yes)
        removed = target.prune(before=moment, source=scope.source)
    _tell(removed, "job", json=json)


def compact(json: Json = False, store: StoreFile = None) -> None:
    """Give the room back that removed rows left in a store's file; it is written anew beside itself for that."""
    with opened(store) as target:
        freed = target.compact()
        size = target.path.stat().st_size if target.path else 0
    if json:
        write(jsonlib.dumps({"freed": freed, "bytes_before": size + freed, "bytes_after": size}) + "\n")
    else:
        write(f"The file had {size + freed:,} bytes and has {size:,} now.\n")


def _confirm(question: str, *, yes: bool) -> None:
    """Ask before rows go.

    Raises:
        InvalidParameter: nobody is there to answer.
    """
    if yes:
        return
    try:
        is_agreed = typer.confirm(safe(question), err=True)
    except typer.Abort:
        msg = "Nothing was removed, as nobody agreed. Give --yes to remove without being asked."
        raise jt.InvalidParameter(msg) from None
    if not is_agreed:
        write("Nothing was removed.\n")
        raise typer.Exit


def _tell(removed: Removed, what: str, *, json: bool) -> None:
    if json:
        told = {"removed": int(removed), "bytes_before": removed.bytes_before, "bytes_after": removed.bytes_after}
        write(jsonlib.dumps(told) + "\n")
    else:
        write(f"{counted(removed, f'{what} was', f'{what}s were')} removed. {removed.told()}".rstrip() + "\n")
