"""Taking what was fetched into the store: rows, coverage and watermark in one transaction, each time."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from jobtype_toolkit.api.intervals import BEGINNING, END, Span, minus, union
from jobtype_toolkit.api.resources import LOADABLE, OPEN_STATUSES
from jobtype_toolkit.api.times import naive_utc
from jobtype_toolkit.errors import LoadFailed, StoreError, ToolkitError
from jobtype_toolkit.queries.coverage import aware, complete_spans
from jobtype_toolkit.sqlfiles import sql
from jobtype_toolkit.store.engine import transaction
from jobtype_toolkit.store.ingest.casts import Options
from jobtype_toolkit.store.ingest.files import Batch
from jobtype_toolkit.store.ingest.load import refresh_source, tidied
from jobtype_toolkit.store.ingest.merge import Merge
from jobtype_toolkit.store.ingest.staging import Incoming
from jobtype_toolkit.store.script import number, script
from jobtype_toolkit.store.session import Session
from jobtype_toolkit.sync.report import Tally
from jobtype_toolkit.sync.spool import Spooled

Writing = Callable[[str], AbstractContextManager[duckdb.DuckDBPyConnection]]


class Sink:
    """The store's side of one pull. The file is held for writing only while a batch goes in."""

    def __init__(self, writing: Writing, source: str, url: str, clock: Callable[[], datetime], tally: Tally) -> None:
        """Take what gives a connection to write with, and what the rows are marked with."""
        self._writing = writing
        self._source = source
        self._url = url
        self._clock = clock
        self._tally = tally
        self.load_id = 0
        self._given: dict[str, Any] = {"source": source}

    def begin(self) -> None:
        """Number the pull, and make the source one whose now is the clock's."""
        now = naive_utc(self._clock())
        with self._writing("pull") as con, transaction(con):
            self.load_id = number(con, "UPDATE meta SET last_load_id = last_load_id + 1 RETURNING last_load_id")
            self._given = {"source": self._source, "load_id": self.load_id, "observed": now}
            script(con, "sync/pull.begin", {**self._given, "url": self._url})
            refresh_source(con, self._source, now, is_pull=True)

    def known(self) -> tuple[list[Span], datetime | None, datetime | None]:
        """Return what is covered, the watermark of the last pull, and until when jobs were pruned."""
        with self._writing("pull") as con:
            spans = covered(con, self._source)
            found = con.execute("SELECT watermark, pruned FROM source WHERE source = ?", [self._source]).fetchone()
        watermark, pruned = found or (None, None)
        return spans, aware(watermark), aware(pruned)

    def set_out(self, watermark: datetime, *, again_from: datetime) -> None:
        """Note how far the server is, and that what was changed since `again_from` must be read once more."""
        with self._writing("pull") as con, transaction(con):
            _cover(con, self._source, minus(covered(con, self._source), [(again_from, END)]))
            con.execute(
                "UPDATE source SET watermark = greatest(coalesce(watermark, $at), $at) WHERE source = $source",
                {"at": naive_utc(watermark), "source": self._source},
            )

    def pages(self, spooled: Sequence[Spooled]) -> None:
        """Take pages of jobs, and with them what is complete now."""
        if not spooled:
            return
        spans = [one.span for one in spooled if one.span]
        self._take("jobs", [str(one.path) for one in spooled], spans)

    def rows(self, resource: str, bodies: Sequence[Any]) -> None:
        """Take v6 objects of any resource."""
        if not bodies:
            return
        with _scratch() as folder:
            file = folder / f"{resource}.json"
            file.write_text(json.dumps(list(bodies)), encoding="utf-8")
            self._take(resource, [str(file)])

    def covers(self, spans: Iterable[Span]) -> None:
        """Note that stretches are complete."""
        with self._writing("pull") as con, transaction(con):
            _cover(con, self._source, union([*covered(con, self._source), *spans]))

    def write(self, name: str, **bound: Any) -> int:
        """Run an SQL file of the pull in a transaction; return the one number that it answers with."""
        with self._writing("pull") as con, transaction(con):
            found = script(con, name, {**self._given, **bound}).fetchone()
            refresh_source(con, self._source, None)
        return int(found[0]) if found else 0

    def ask(self, name: str, **bound: Any) -> list[tuple[Any, ...]]:
        """Return the rows that an SQL file answers with."""
        with self._writing("pull") as con:
            return script(con, name, {**self._given, **bound}).fetchall()

    def _take(self, resource: str, files: Sequence[str], spans: Sequence[Span] = ()) -> None:
        with (
            self._writing("pull") as con,
            tidied(con),
            _scratch() as folder,
        ):
            self._read(con, resource, files, folder)
            good, rejected = number(con, "SELECT count(*) FROM incoming"), number(con, "SELECT count(*) FROM rejected")
            if resource == "jobs":
                script(con, "sync/pull.stays_pruned", {**self._given, "open": list(OPEN_STATUSES)})
            with transaction(con):
                now = naive_utc(self._clock())
                merge = Merge(con, resource, self._source, self.load_id, now, is_latest=True)
                new, changed = merge.run()
                counts = {"rows": good + rejected, "new": new, "changed": changed, "rejected": rejected}
                script(
                    con,
                    "sync/pull.took",
                    {**self._given, **counts, "unchanged": good - new - changed, "resource": resource},
                )
                if spans:
                    _cover(con, self._source, union([*covered(con, self._source), *spans]))
                refresh_source(con, self._source, now, is_pull=True)
        self._tally.add(resource, good, new, changed, rejected)

    def _read(self, con: duckdb.DuckDBPyConnection, resource: str, files: Sequence[str], folder: Path) -> None:
        """Fill the table `incoming`; once more where a text in the pages is no Unicode, which JSON allows and no store holds."""
        names = tuple(f"{self._url}: {Path(one).name}" for one in files)

        def read(those: Sequence[str]) -> None:
            incoming = Incoming(con, resource, LOADABLE[resource], Options({}, {}, None), folder)
            incoming.add(Batch("documents", tuple(those), names))

        try:
            read(files)
        except LoadFailed:
            read([_mended(Path(one), folder) for one in files])
            self._tally.note(
                f"Some {resource} have text that is no Unicode; the signs that are none are question marks here."
            )


def _mended(file: Path, folder: Path) -> str:
    """Write a page anew without halves of characters, and return where."""
    target = folder / f"mended-{file.name}"
    text = json.dumps(json.loads(file.read_bytes()), ensure_ascii=False)
    target.write_bytes(text.encode("utf-8", "replace"))
    return str(target)


@contextmanager
def _scratch() -> Iterator[Path]:
    """Give a folder to work in; a disk that is full there is told like any other.

    Raises:
        StoreError: there is no room.
    """
    try:
        with tempfile.TemporaryDirectory(prefix="jobtype_toolkit-") as folder:
            yield Path(folder)
    except ToolkitError:
        raise
    except OSError as error:
        msg = (
            f"Pages could not be prepared in {tempfile.gettempdir()}: {error.strerror}. What was fetched before is kept; make "
            "room there, or set TMPDIR, and pull again."
        )
        raise StoreError(msg) from error


def _cover(con: duckdb.DuckDBPyConnection, source: str, spans: Iterable[Span]) -> None:
    con.execute("DELETE FROM coverage WHERE source = ?", [source])
    for started, ended in spans:
        bound = [source, None if started == BEGINNING else naive_utc(started), naive_utc(ended)]
        con.execute("INSERT INTO coverage VALUES (?, ?, ?)", bound)


def before(moment: datetime, back: timedelta) -> datetime:
    """Return an instant so much earlier, or the beginning of time."""
    try:
        return moment - back
    except OverflowError:
        return BEGINNING


def covered(con: duckdb.DuckDBPyConnection, source: str) -> list[Span]:
    """Return the stretches of a source's history that are complete."""
    return complete_spans(Session(con, 0).rows(sql("queries/sources.coverage"), {})).get(source, [])
