"""Bringing a lake up to date with a store: only the files that rows leave are written anew, in one commit.

What a store has pruned stays in the lake: files are made of the rows that came since the last sync, and of what the lake's own
files have besides. The newest state of a job wins, and a final status wins a tie.
"""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
from filelock import FileLock, Timeout

from jobtype_toolkit import hints
from jobtype_toolkit.api.intervals import BEGINNING, END, holds
from jobtype_toolkit.errors import InvalidParameter, StoreError, StoreLocked
from jobtype_toolkit.lakes import layout, parquet
from jobtype_toolkit.lakes.folder import MARKER
from jobtype_toolkit.lakes.iceberg import Catalogue, LakeFile, Snapshots, State
from jobtype_toolkit.lakes.layout import Parted, Place
from jobtype_toolkit.lakes.parquet import write_places, write_rows
from jobtype_toolkit.queries.coverage import complete_spans
from jobtype_toolkit.sqlfiles import literal, quoted, sql
from jobtype_toolkit.store.connection import Connection
from jobtype_toolkit.store.engine import count, number, script
from jobtype_toolkit.store.schema import Table, days_of, table
from jobtype_toolkit.store.session import Session

_MERGES: Mapping[str, str] = {
    "job_type": "by_id",
    "job_type_revision": "by_id",
    "error": "by_id",
    "job_type_change": "either",
    "snapshot": "either",
    "workspace": "newest",
}
"""How the rows of a store and those of the lake become one table; types and errors come before what speaks of them."""


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What a sync did."""

    lake: str
    """Which lake."""
    sources: tuple[str, ...]
    """The sources of the store."""
    jobs: int
    """How many jobs came or changed."""
    places: int
    """How many places (source, state, month) have other rows now."""
    files: int
    """How many files were written for them."""
    tables: tuple[str, ...]
    """The other tables that changed."""
    snapshot: int
    """Which state of the lake holds all of the store; the one before if nothing had changed."""

    @property
    def is_unchanged(self) -> bool:
        """Whether the lake had everything already."""
        return not (self.places or self.tables)

    def __str__(self) -> str:
        if self.is_unchanged:
            return f"{self.lake} was up to date: snapshot {self.snapshot}."
        return (
            f"{self.lake} has snapshot {self.snapshot} now: {hints.counted(self.jobs, 'job')} came or changed, in "
            f"{hints.counted(self.places, 'place')}, for which {hints.counted(self.files, 'file was', 'files were')} written."
        )


@dataclass(slots=True)
class _Work:
    """What one sync has made so far."""

    token: str
    jobs: int = 0
    removed: list[LakeFile] = field(default_factory=list)
    """The files of jobs that go with the commit."""
    files: list[str] = field(default_factory=list)
    """Those that come with it."""
    written: int = 0
    """How many files were written by place."""
    places: set[tuple[str, Place]] = field(default_factory=set)
    tables: set[str] = field(default_factory=set)
    marks: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Rewritten:
    """What takes the place of what in a table."""

    removed: Sequence[LakeFile] = ()
    files: Sequence[str] = ()
    rows: int = 0
    """How many rows the new files have."""


def catalogue(lake: Any, warehouse: str | Path | None = None) -> Catalogue:
    """Return the catalogue of a lake that is to be written: of a `Lake`, a folder or a URL.

    Raises:
        InvalidParameter: it is a lake of plain folders.
    """
    listing = getattr(lake, "listing", None)
    if isinstance(listing, Snapshots):
        return listing.catalogue
    if listing is None and not (Path(lake) / MARKER).is_file():
        return Catalogue(lake, warehouse)
    msg = (
        f"{getattr(lake, 'name', lake)} is a lake of plain folders, which is written as a whole: "
        f"{hints.call('store.export(folder, partitioned=True)')}. Sync into another folder."
    )
    raise InvalidParameter(msg)


def sync(con: Connection, catalogue: Catalogue, sources: Sequence[str], *, wait: float) -> SyncReport:
    """Bring a lake up to date with some sources of a store.

    Args:
        con: a connection to the store that may write other files.
        catalogue: the lake; made if it is missing.
        sources: which sources.
        wait: how many seconds to wait for another sync.

    Raises:
        StoreLocked: another sync is going on.
        StoreError: the lake cannot be written; it is as it was before.
    """
    with parquet.bounded(con), writing(catalogue, wait) as (look, token), catalogue.readable(con):
        look.check()
        work = _Work(token)
        last = look.last()
        work.marks.update(last.marks if last else {})
        try:
            for source in sources:
                _Source(con, look, source, last, work).sync()
            state = last
            if work.removed or work.files or work.tables or state is None:
                state = look.commit(work.removed, work.files, work.marks)
        except (duckdb.Error, OSError) as error:
            if isinstance(error, StoreError):
                raise
            msg = f"{catalogue.name} could not be synced, and is as it was before: {str(error).splitlines()[0]}"
            raise StoreError(msg) from error
    return SyncReport(
        catalogue.name,
        tuple(sources),
        work.jobs,
        len(work.places),
        work.written,
        tuple(sorted(work.tables)),
        state.snapshot,
    )


@contextmanager
def writing(catalogue: Catalogue, wait: float) -> Iterator[tuple[Catalogue, str]]:
    """Give one writer at a time its look, and the name under which it puts its files; what a killed one left is removed first.

    Raises:
        StoreLocked: another one writes.
        StoreError: the folder of the lake cannot be made.
    """
    folder = catalogue.base
    if not folder.exists():
        catalogue.probe()
    try:
        for one in (folder, catalogue.file.parent if catalogue.file else folder):
            one.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / "sync.lock", timeout=wait)
        lock.acquire()
    except Timeout:
        msg = f"Another sync into {catalogue.name} is going on, for more than {wait:g} s. Wait until it is done."
        raise StoreLocked(msg) from None
    except OSError as error:
        msg = f"The lake {catalogue.name} cannot be written: {error.strerror}."
        raise StoreError(msg) from error
    note = folder / "syncing"
    try:
        look = catalogue.look()
        if note.is_file():
            _sweep(look, note.read_text(encoding="utf-8"))
        token = secrets.token_hex(8)
        note.write_text(token, encoding="utf-8")
        yield look, token
        note.unlink(missing_ok=True)
    finally:
        catalogue.close()
        lock.release()


def _sweep(catalogue: Catalogue, token: str) -> None:
    """Remove the files of a writer that was killed, of those tables that do not have them."""
    if not token:
        return
    for name in (layout.HISTORY, *layout.BESIDE):
        folder = data(catalogue, name, token)
        if folder.is_dir() and not any(f"/{token}/" in one.path for one in catalogue.files(name)):
            shutil.rmtree(folder, ignore_errors=True)


def data(catalogue: Catalogue, table: str, token: str) -> Path:
    """Return the folder in which one writer puts the files of a table."""
    return catalogue.folder(table) / "data" / token


def reading(files: Sequence[str], table: Table) -> str:
    """Return what stands for files of a lake after FROM, with all columns that the table has now and the number of the file."""
    columns = ", ".join(f"CAST(NULL AS {layout.PARQUET[one.type]}) AS {quoted(one.name)}" for one in table.fields)
    nothing = f"SELECT {columns}, CAST(NULL AS BIGINT) AS file WHERE false"
    if not files:
        return f"({nothing})"
    listed = ", ".join(literal(one) for one in files)
    read = f"SELECT *, CAST(file_index AS BIGINT) AS file FROM read_parquet([{listed}], hive_partitioning = false, union_by_name = true)"
    return f"({nothing} UNION ALL BY NAME {read})"


class _Source:
    """One source of a store on its way into the lake."""

    def __init__(self, con: Connection, catalogue: Catalogue, source: str, last: State | None, work: _Work) -> None:
        self._con = con
        self._catalogue = catalogue
        self._source = source
        self._work = work
        names = (layout.HISTORY, *layout.BESIDE) if last else ()
        self._files = {name: catalogue.files(name, source=source) for name in names}
        counted = last.tables.get(layout.DAYS) if last else None
        self._days = catalogue.files(layout.DAYS, counted, source=source) if counted else []
        """The files that count the jobs of the last state; those of a sync that was killed count others."""
        self._mark = self._last_mark(last)
        self._next = self._next_mark()

    def _next_mark(self) -> dict[str, Any]:
        """Return how far this store is; taken before its rows are read, so that what comes meanwhile counts as new."""
        found = self._con.execute(sql("lakes/sync.mark")).fetchone() or ()
        mark: dict[str, Any] = dict(zip(("last_load_id", "known", "observed"), found, strict=False))
        rows = {name: self._fingerprint(one, mark["last_load_id"]) for name, one in layout.PARTED.items()}
        return {**mark, "rows": rows}

    def _last_mark(self, last: State | None) -> Mapping[str, Any]:
        """Return how far this store was synced; nothing if another one was, or none."""
        mark: Mapping[str, Any] = (last.marks if last else {}).get(self._source, {})
        if not mark:
            return mark
        known = {"known": mark["known"], "observed": mark["observed"]}
        found = self._con.execute(sql("lakes/sync.is_known"), known).fetchone()
        return mark if found and found[0] else {}

    def sync(self) -> None:
        """Write what has changed: files of jobs for the commit that follows, and the other tables."""
        jobs = self._jobs()
        self._executions()
        for name, how in _MERGES.items():
            columns = layout.stored(table(name).fields)
            query = sql(f"lakes/sync.{how}", table=name, columns=columns, lake=self._lake(name))
            self._write(name, query, {"source": self._source})
        self._coverage()
        query = sql("lakes/sync.source", lake=self._lake("source"))
        self._write("source", query, {"source": self._source, "jobs": jobs})
        self._work.marks[self._source] = self._next

    def _jobs(self) -> int:
        """Write the jobs that changed and the places that they are in; return how many jobs the lake has then."""
        history = layout.PARTED[layout.HISTORY]
        self._con.execute("CREATE OR REPLACE TEMP TABLE adopted (kind VARCHAR, before BIGINT, after BIGINT)")
        if not self._files.get(layout.HISTORY):
            change = self._first(history)
            self._work.jobs += change.rows
        else:
            self._find_changed(history)
            lake = self._lake(layout.HISTORY)
            script(self._con, "lakes/sync.before", {}, lake=lake)
            script(self._con, "lakes/sync.winner")
            types = {"types": self._lake("job_type"), "errors": self._lake("error")}
            script(self._con, "lakes/sync.adopted", {"source": self._source}, **types)
            going = sql("lakes/sync.going", lake=lake) if self._find_gone() else ""
            change = self._merge(history, going)
            self._work.jobs += number(self._con, "SELECT count(*) FROM winner")
        self._work.removed += change.removed
        self._work.files += change.files
        if change.removed or change.files or self._days != self._files.get(layout.DAYS, []):
            self._count_days(change)
        before = sum(one.rows for one in self._files.get(layout.HISTORY, ()))
        return before - sum(one.rows for one in change.removed) + change.rows

    def _count_days(self, change: _Rewritten) -> None:
        """Count the jobs by day: as the last state did, with those of `lake_row`, and without those of the files that go."""
        history, over = layout.written(layout.HISTORY), f"state <> {literal(layout.OPEN)}"
        come = "lake_row" if change.files else reading([], history)
        gone = reading([one.path for one in change.removed], history)
        query = sql(
            "lakes/sync.days",
            before=reading([one.path for one in self._days], layout.written(layout.DAYS)),
            come=days_of(f"{come} WHERE {over}"),
            gone=days_of(f"{gone} WHERE {over}"),
        )
        self._write(layout.DAYS, query, {})

    def _executions(self) -> None:
        """Write the executions that changed."""
        parted = layout.PARTED[layout.EXECUTIONS]
        if not self._files.get(layout.EXECUTIONS):
            change = self._first(parted)
        else:
            self._find_changed(parted)
            lake = self._lake(layout.EXECUTIONS)
            script(self._con, "lakes/sync.executions", {}, lake=lake, columns=parted.table.columns)
            script(self._con, "lakes/sync.none_gone")
            change = self._merge(parted)
        if change.removed or change.files:
            self._catalogue.replace(layout.EXECUTIONS, change.removed, change.files)
            self._work.tables.add(layout.EXECUTIONS)

    def _first(self, parted: Parted) -> _Rewritten:
        """Write all rows of a table of which the lake has none."""
        self._con.execute(sql("lakes/sync.first", rows=parted.rows(), source=literal(self._source)))
        return self._put(parted)

    def _find_changed(self, parted: Parted) -> None:
        """Find the rows that came since the last sync: those of later loads, and of the last one then if it went on."""
        since = self._mark.get("last_load_id")
        if since is not None:
            is_last = since == self._next["last_load_id"]
            now = self._next["rows"][parted.table.name] if is_last else self._fingerprint(parted, since)
            since += now == self._mark["rows"].get(parted.table.name)
        script(self._con, "lakes/sync.changed", {"source": self._source, "since": since}, rows=parted.rows())

    def _fingerprint(self, parted: Parted, load: int) -> str:
        columns = ", ".join(map(quoted, parted.tells))
        query = sql("lakes/sync.fingerprint", columns=columns, rows=parted.rows())
        found = self._con.execute(query, {"source": self._source, "load": load}).fetchone()
        return str(found[0]) if found else ""

    def _merge(self, parted: Parted, leaving: str = "") -> _Rewritten:
        """Write the files that change anew.

        They are the files that rows leave, and of each place that rows enter those that are not half full yet.
        """
        name = parted.table.name
        files, lake = self._files[name], self._lake(name)
        if number(self._con, "SELECT count(*) FROM adopted"):
            leaving += sql("lakes/sync.adopting", lake=lake)
        left = {files[one] for (one,) in self._con.execute(sql("lakes/sync.left", leaving=leaving)).fetchall()}
        entered = {Place(self._source, *of) for of in self._con.execute(sql("lakes/sync.entered")).fetchall()}
        places = entered | {one.place for one in left}
        if not places:
            return _Rewritten()
        old = [one for one in files if one in left or (one.place in places and one.is_small)]
        merged = reading([one.path for one in old], parted.table)
        script(self._con, "lakes/sync.merged", {}, lake=merged, placed=parted.placed)
        self._work.places |= {(name, one.place) for one in old}
        return self._put(parted, old)

    def _put(self, parted: Parted, removed: Sequence[LakeFile] = ()) -> _Rewritten:
        """Write `lake_row` by place."""
        written = write_places(self._con, parted, data(self._catalogue, parted.table.name, self._work.token))
        self._work.written += len(written)
        self._work.places |= {(parted.table.name, one.place) for one in written}
        files = [self._catalogue.placed(one.path) for one in written]
        return _Rewritten(removed, files, sum(one.rows for one in written))

    def _find_gone(self) -> bool:
        """Find the open jobs that the server no longer has; only a store that is complete can tell."""
        found = self._con.execute(
            "SELECT pulled, watermark, pruned FROM source WHERE source = ?", [self._source]
        ).fetchone()
        pulled, watermark, pruned = found or (False, None, None)
        spans = complete_spans(Session(self._con, 0).rows(sql("queries/sources.coverage"), {})).get(self._source, [])
        since = BEGINNING if pruned is None else pruned.replace(tzinfo=BEGINNING.tzinfo)
        script(self._con, "lakes/sync.none_gone")
        if not pulled or watermark is None or not holds(spans, (since, watermark.replace(tzinfo=BEGINNING.tzinfo))):
            return False
        files = [one.path for one in self._files[layout.HISTORY] if one.place.state == layout.OPEN]
        lake = reading(files, layout.written(layout.HISTORY))
        bound = {"source": self._source, "watermark": watermark, "pruned": pruned}
        script(self._con, "lakes/sync.gone", bound, lake=lake)
        return number(self._con, "SELECT count(*) FROM gone") > 0

    def _coverage(self) -> None:
        """Let the lake be complete where it was or the store is: it keeps what the store prunes."""
        bound = {"source": self._source}
        query = f"SELECT source, started, ended FROM coverage WHERE source = $source UNION ALL SELECT source, started, ended FROM {self._lake('coverage')}"
        spans = complete_spans(Session(self._con, 0).rows(query, bound)).get(self._source, [])
        self._con.execute("CREATE OR REPLACE TEMP TABLE covered (source VARCHAR, started TIMESTAMP, ended TIMESTAMP)")
        for started, ended in spans:
            plain = [None if one in (BEGINNING, END) else one.replace(tzinfo=None) for one in (started, ended)]
            self._con.execute("INSERT INTO covered VALUES (?, ?, ?)", [self._source, *plain])
        self._write("coverage", "SELECT source, started, ended FROM covered", {})

    def _lake(self, name: str) -> str:
        """Return what stands for the lake's rows of this source in a table, after FROM."""
        return reading([one.path for one in self._files.get(name, ())], layout.written(name))

    def _write(self, name: str, query: str, bound: Mapping[str, Any]) -> None:
        """Let the rows of a query be the lake's rows of this source in a table, if they say something else."""
        old = self._files.get(name, ())
        differs = sql("lakes/sync.differs", fresh=query, lake=self._lake(name))
        if not count(self._con.execute(differs if old else f"SELECT count(*) FROM ({query})", dict(bound))):
            return
        file = data(self._catalogue, name, self._work.token) / f"{len(self._work.tables)}.parquet"
        write_rows(self._con, query, file, bound)
        self._catalogue.replace(name, old, [self._catalogue.placed(str(file))])
        self._work.tables.add(name)
