"""The temporary tables of a load, each made when it is needed: most loads need few of them, and to make one takes time."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

import duckdb

from jobtype_toolkit.api.fields import DUCKDB, Field, Resource
from jobtype_toolkit.sqlfiles import quoted
from jobtype_toolkit.store.engine import script
from jobtype_toolkit.store.ingest.checks import SPOKEN_OF
from jobtype_toolkit.store.ingest.json_rows import EMBEDDED
from jobtype_toolkit.store.ingest.texts import HALF, Broken

_REJECTS_AT_ONCE = 10_000


class Staged:
    """The rows of one load, good and bad: `incoming`, `rejected`, and the objects that were inside them."""

    def __init__(self, con: duckdb.DuckDBPyConnection, name: str, resource: Resource) -> None:
        """Take the connection, and the resource with its name in `load`."""
        self._con = con
        self._name = name
        self._resource = resource
        self.columns: set[str] = set()
        """The fields that a row may have; those of no other need be written."""
        self.is_table = False
        """Whether the good rows are in the table `incoming_rows`, where some can be taken out."""
        self._is_incoming = False
        self.has_objects = False
        """Whether there are tables for the objects inside rows."""
        self.rejected = 0
        """How many rows cannot be loaded; they are in the table `rejected`."""
        self.is_mutilated = False
        """Whether some text had half a character in it."""

    def rows(self) -> None:
        """Make the table `incoming_rows`."""
        if not self.is_table:
            script(self._con, "store/ingest/staging.incoming_rows", columns=_declared(self._resource.fields))
            self.is_table = True

    def objects(self) -> None:
        """Make the tables for the objects inside v6 rows."""
        if not self.has_objects:
            declared = {inner: _declared(fields) for inner, fields in EMBEDDED.items()}
            script(self._con, "store/ingest/staging.embedded", **declared)
            self.has_objects = True

    def absent(self, columns: Collection[str]) -> list[str]:
        """Return SQL for fields that the input lacks and the merge speaks of."""
        spoken_of = SPOKEN_OF.get(self._name, self._resource.names)
        return [f"NULL::{DUCKDB[self._resource[one].type]} AS {quoted(one)}" for one in spoken_of if one not in columns]

    def takes_all(self, *, is_only: bool) -> bool:
        """Return whether `checked` can become `incoming` as it is, if it is all of the load."""
        return is_only and self._name != "job_types"  # of those the settings are hidden in a view

    def take(self, columns: Iterable[str], *, is_all: bool = False, has_bad: bool = True, passed: str = "") -> None:
        """Take the rows of `checked` that nothing speaks against.

        Args:
            columns: their fields.
            is_all: whether `checked` holds all rows of the load, and its absent fields too.
            has_bad: whether something speaks against some.
            passed: further columns of `checked`, each after a comma.
        """
        self.columns.update(columns)
        if is_all:
            if has_bad:
                self._con.execute("DELETE FROM checked WHERE reason <> ''")
            self._con.execute("ALTER TABLE checked RENAME TO incoming")
            self._is_incoming = True
        else:
            self.rows()
            script(self._con, "store/ingest/staging.take_checked", passed=passed)

    def look_through(self, columns: Collection[str], query: str) -> None:
        """Let `incoming` be what a query gives: the good rows, with these fields."""
        self.columns.update(columns)
        script(self._con, "store/ingest/staging.incoming", query=query)
        self._is_incoming = True

    def finish(self) -> None:
        """Let `incoming` be there, whatever was taken."""
        if not self._is_incoming:
            self.rows()
            listed = [*(quoted(one) for one in self._resource.names if one in self.columns), *self.absent(self.columns)]
            self.look_through((), f"SELECT rowid AS seq, {', '.join(listed)}, extra FROM incoming_rows")

    def rejects(self) -> None:
        """Make the table `rejected`."""
        script(self._con, "store/ingest/staging.rejected")

    def reject(self, broken: Sequence[Broken]) -> None:
        """Keep apart what is no row."""
        if broken:
            self.rejects()
        for start in range(0, len(broken), _REJECTS_AT_ONCE):
            some = broken[start : start + _REJECTS_AT_ONCE]
            script(
                self._con,
                "store/ingest/staging.reject_broken",
                {
                    "files": [one.file for one in some],
                    "positions": [one.position for one in some],
                    "reasons": [one.reason for one in some],
                    "texts": [one.text for one in some],
                },
            )
        self.rejected += len(broken)
        self.is_mutilated = self.is_mutilated or any(HALF in one.reason for one in broken)

    def recall(self, rejected: int) -> None:
        """Forget what was rejected after the first so many."""
        if self.rejected > rejected:
            self._con.execute(f"DELETE FROM rejected WHERE rowid >= {rejected}")
            self.rejected = rejected


def _declared(fields: Iterable[Field]) -> str:
    return ", ".join(f"{quoted(one.name)} {DUCKDB[one.type]}" for one in fields)
