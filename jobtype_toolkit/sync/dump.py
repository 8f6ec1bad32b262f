"""A dump of Scale's tables: a script of pg_dump, or a folder with a CSV file per table; the joins are DuckDB's."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from operator import itemgetter
from pathlib import Path
from typing import IO, Any, NoReturn

from jobtype_toolkit import hints
from jobtype_toolkit.errors import InputNotFound, LoadFailed
from jobtype_toolkit.sqlfiles import literal, quoted, sql
from jobtype_toolkit.store.connection import Connection
from jobtype_toolkit.store.engine import script
from jobtype_toolkit.store.ingest.texts import CUT, packing, unpacked
from jobtype_toolkit.sync.database import check_columns, has_old
from jobtype_toolkit.sync.tables import OLD, TABLES

_COPY = re.compile(rb'COPY (?:"?\w+"?\.)?"?(?P<table>\w+)"? \((?P<columns>[^)]*)\) FROM stdin')
_INSERT = re.compile(rb'INSERT INTO (?:"?\w+"?\.)?"?(?P<table>\w+)"? ')
_END = b"\\.\n"
_CUSTOM = b"PGDMP"
_TYPES = {
    "int": "BIGINT",
    "float": "DOUBLE",
    "bool": "BOOLEAN",
    "text": "VARCHAR",
    "time": "TIMESTAMPTZ",
    "json": "JSON",
}


class Dump:
    """The tables of a dump, in a DuckDB."""

    is_dump = True
    statements = 0

    def __init__(self, path: Path, con: Connection, folder: Path) -> None:
        """Read the tables.

        Raises:
            InputNotFound: there is nothing at the path.
            LoadFailed: it is no dump, one of another kind, or it lacks something.
        """
        self.name = str(path)
        self.scratch = con
        self._folder = folder
        place = path.expanduser()
        if place.is_dir():
            found = self._folder_of_tables(place)
        elif place.is_file():
            found = self._script(place)
        else:
            msg = f"{hints.on('backfill', self.name)}: there is no such file or folder. Give a dump, or the address of a database such as postgresql://db.example/scale."
            raise InputNotFound(msg)
        columns = {(table, column) for table, names in found.items() for column in names}
        check_columns(self.name, columns)
        self.has_old = has_old(columns)

    def close(self) -> None:
        """Do nothing: the DuckDB is the caller's."""

    def now(self) -> datetime | None:
        """Return None: a dump stands still."""
        return None

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Do nothing: all of a dump is of one moment."""
        yield

    def fetch(self, statement: str) -> list[tuple[Any, ...]]:
        """Return the few rows of a statement."""
        return list(self.scratch.execute(statement).fetchall())

    @contextmanager
    def reading(self, statement: str) -> Iterator[str]:
        """Give a statement as a part of another one."""
        yield f"({statement.strip().removesuffix(';')})"

    def input_files(self) -> str:
        """Return the statement for the input files of a slice."""
        return sql("sync/dump.input_files")

    def row_count(self) -> str:
        """Return SQL for how many jobs there are."""
        return "SELECT count(*) FROM job"

    def _script(self, file: Path) -> Mapping[str, list[str]]:
        """Read what pg_dump wrote as a script."""
        found: dict[str, list[str]] = {}
        try:
            with unpacked(file, packing(file)) as lines:
                _refuse_archive(self.name, lines.read(512))
            with unpacked(file, packing(file)) as lines:
                for line in lines:
                    if copy := line.startswith(b"COPY ") and _COPY.match(line):
                        self._block(lines, copy["table"].decode(), copy["columns"].decode(), found)
                    elif (insert := line.startswith(b"INSERT ") and _INSERT.match(line)) and insert[
                        "table"
                    ].decode() in TABLES:
                        self._refuse("it was made with --inserts. Make it without, so that it holds COPY")
        except CUT:
            self._refuse("the file is cut off, or damaged")
        return found

    def _block(self, lines: IO[bytes], table: str, listed: str, found: dict[str, list[str]]) -> None:
        """Read the rows of a table; those of other tables are passed over."""
        names = [one.strip().strip('"') for one in listed.split(",")]
        wanted = _wanted(table)
        kept = [one for one in names if one in wanted]
        file = self._folder / f"{table}.copy"
        with file.open("wb") as rows:
            take = _picker(names, kept)
            try:
                for line in lines:
                    if line == _END:
                        break
                    if kept:
                        rows.write(take(line))
                else:
                    self._refuse(f"the table {table} breaks off: the file is cut")
            except IndexError:
                self._refuse(f"the table {table} breaks off within a row: the file is cut, or damaged")
        if kept:
            script(
                self.scratch,
                "sync/dump.copied",
                table=quoted(table),
                file=literal(str(file)),
                columns=", ".join(f"{literal(one)}: 'VARCHAR'" for one in kept),
                values=_values(kept, wanted, "unescaped({})"),
            )
            found[table] = kept
        file.unlink()

    def _folder_of_tables(self, folder: Path) -> Mapping[str, list[str]]:
        """Read CSV files, one per table, each with a header."""
        if (folder / "toc.dat").exists():
            _refuse_archive(self.name, _CUSTOM)
        found = {}
        for table in TABLES:
            files = [one for one in (folder / f"{table}.csv", folder / f"{table}.csv.gz") if one.is_file()]
            if not files:
                continue
            reader = sql("sync/dump.csv", file=literal(str(files[0])))
            names = [name for name, *_ in self.scratch.execute(f"DESCRIBE {reader}").fetchall()]
            wanted = _wanted(table)
            kept = [one for one in names if one in wanted]
            if kept:
                self.scratch.execute(
                    f"CREATE TABLE {quoted(table)} AS SELECT {_values(kept, wanted, '{}')} FROM ({reader})"
                )
                found[table] = kept
        if not found:
            self._refuse("no file in it is named after a table of Scale, such as job.csv")
        return found

    def _refuse(self, why: str) -> NoReturn:
        msg = f"{hints.on('backfill', self.name)}: {why}. Nothing was changed."
        raise LoadFailed(msg)


def _refuse_archive(name: str, head: bytes) -> None:
    """Refuse what pg_restore alone can read.

    Raises:
        LoadFailed: it is that.
    """
    if head.startswith((_CUSTOM, b"toc.dat\0")):
        msg = (
            f"{hints.on('backfill', name)}: this is an archive, which only PostgreSQL's own program reads. Make a script of it: "
            f"pg_restore --data-only --file scale.sql {name}"
        )
        raise LoadFailed(msg)


def _wanted(table: str) -> Mapping[str, str]:
    """Return the columns of a table that are read, each with its type in DuckDB."""
    kinds = {**TABLES.get(table, {}), **OLD.get(table, {})}
    return {name: _TYPES[kind] for name, kind in kinds.items()}


def _values(kept: list[str], wanted: Mapping[str, str], text: str) -> str:
    """Return SQL for the columns of a table; only texts can hold what COPY had to write otherwise."""
    values = [
        (text.format(quoted(one)) if wanted[one] in ("VARCHAR", "JSON") else quoted(one), wanted[one], one)
        for one in kept
    ]
    return ", ".join(f"CAST({value} AS {kind}) AS {quoted(one)}" for value, kind, one in values)


def _picker(names: list[str], kept: list[str]) -> Callable[[bytes], bytes]:
    """Return what takes some columns out of a row of COPY."""
    places = [names.index(one) for one in kept]
    if len(places) < 2:
        return lambda line: b"".join(line.rstrip(b"\n").split(b"\t")[place] for place in places) + b"\n"
    pick = itemgetter(*places)
    return lambda line: b"\t".join(pick(line[:-1].split(b"\t"))) + b"\n"
