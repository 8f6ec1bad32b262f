"""A lake of plain Parquet files in folders: written at one go, put in place by a rename, and read where it is."""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Hashable
from datetime import datetime
from pathlib import Path

import duckdb

from jobtype_toolkit import hints
from jobtype_toolkit.api.times import v6_text
from jobtype_toolkit.errors import InputNotFound, NotAStore, StoreError, StoreVersion
from jobtype_toolkit.lakes import layout, parquet
from jobtype_toolkit.lakes.layout import Place
from jobtype_toolkit.lakes.listing import Files, by_place
from jobtype_toolkit.lakes.parquet import write_parted, write_table
from jobtype_toolkit.store.connection import Connection
from jobtype_toolkit.store.schema import SCHEMA_VERSION
from jobtype_toolkit.store.scratch import scratch

MARKER = "lake.json"
"""The file that tells a lake from other folders, and one state of it from another."""


class Folder:
    """A folder with a lake in it."""

    def __init__(self, path: Path) -> None:
        """Take the folder.

        Raises:
            InputNotFound: there is none.
            NotAStore: there is something else.
        """
        self.path = path
        self.name = str(path)
        self.signature()

    def close(self) -> None:
        """Let go of nothing: a folder is not held."""

    def signature(self) -> Hashable:
        """Return what tells one lake from another that took its place."""
        try:
            found = (self.path / MARKER).stat()
        except OSError:
            raise self._missing() from None
        return found.st_dev, found.st_ino, found.st_mtime_ns, found.st_size

    def _missing(self) -> InputNotFound | NotAStore:
        how = f"{hints.call('store.export(folder, partitioned=True)')} makes one."
        if not self.path.exists():
            return InputNotFound(f"There is no lake at {self.path}. {how}")
        return NotAStore(f"{self.path} is no lake: it has no {MARKER}. {how}")

    def files(self) -> Files:
        """Return the files that are in it."""
        said = json.loads((self.path / MARKER).read_text(encoding="utf-8"))
        if said.get("layout") != layout.VERSION:
            raise StoreVersion(layout.other(self.name, hints.call("store.export(folder, partitioned=True)")))
        tables = {name: _sorted(self.path / name) for name in layout.BESIDE}
        jobs = (self.path / layout.HISTORY).glob("source=*/state=*/month=*/*.parquet")
        history = by_place((Place.of(one.parent), str(one)) for one in jobs)
        return Files(str(said["written"]), tables, history, (f"{self.path}{os.sep}",))


def _sorted(folder: Path) -> tuple[str, ...]:
    return tuple(sorted(map(str, folder.rglob("*.parquet"))))


def export(con: Connection, folder: str | Path, source: str, written: datetime) -> dict[str, int]:
    """Write a lake into a folder, in place of one that is there; return the rows of each table.

    Args:
        con: a connection to a store that may write other files.
        folder: where; it must be missing, empty or a lake.
        source: which source; `"*"` for all.
        written: when, which tells one state of the lake from another.

    Raises:
        StoreError: something else is there, the folder cannot be written, or the disk is full; what was there is unchanged.
    """
    target = Path(folder).expanduser().resolve()
    _refuse_other(target, folder)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with parquet.bounded(con), scratch(target.parent, f".{target.name}-") as place:
            made = place / "lake"
            rows = {one.name: write_table(con, one, made / one.name, source) for one in layout.WHOLE}
            rows |= {name: write_parted(con, one, made / name, source) for name, one in layout.PARTED.items()}
            said = {
                "layout": layout.VERSION,
                "schema_version": SCHEMA_VERSION,
                "written": v6_text(written),
                "rows": rows,
            }
            (made / MARKER).write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")
            _put(made, target)
    except (duckdb.Error, OSError) as error:
        msg = f"{hints.on('export', str(folder))} failed, and what was there before is unchanged: {error}"
        raise StoreError(msg) from error
    return rows


def _refuse_other(target: Path, folder: str | Path) -> None:
    if target.is_dir() and not (target / MARKER).is_file() and any(target.iterdir()):
        what = "a folder that is not empty and no lake"
    elif target.exists() and not target.is_dir():
        what = "a file"
    else:
        return
    msg = f"{hints.on('export', str(folder))} would replace {what}. Give another path."
    raise StoreError(msg)


def _put(made: Path, target: Path) -> None:
    """Put a folder in place; one that was there goes, and comes back if that fails."""
    if not target.exists():
        made.rename(target)
        return
    former = made.with_name(f"former-{secrets.token_hex(4)}")
    target.rename(former)
    try:
        made.rename(target)
    except OSError:
        former.rename(target)
        raise
    shutil.rmtree(former, ignore_errors=True)
