"""The store's side of a pull: rows, coverage and watermark go in together, in one transaction each time."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from jobtype_toolkit.api.intervals import BEGINNING, END, Span, minus, union
from jobtype_toolkit.api.resources import LOADABLE, OPEN_STATUSES, STATUSES
from jobtype_toolkit.api.times import naive_utc
from jobtype_toolkit.errors import LoadFailed, StoreError, ToolkitError
from jobtype_toolkit.queries.coverage import aware, complete_spans
from jobtype_toolkit.sqlfiles import quoted, sql
from jobtype_toolkit.store.connection import Connection
from jobtype_toolkit.store.engine import count, number, script, statements, transaction
from jobtype_toolkit.store.ingest.casts import Options
from jobtype_toolkit.store.ingest.files import Batch
from jobtype_toolkit.store.ingest.load import refresh_source
from jobtype_toolkit.store.ingest.merge import TABLES, Merge
from jobtype_toolkit.store.ingest.staging import Incoming
from jobtype_toolkit.store.ingest.survey import survey
from jobtype_toolkit.store.session import Session
from jobtype_toolkit.sync.report import Tally
from jobtype_toolkit.sync.spool import Spooled
from jobtype_toolkit.sync.unchanged import Comparison, Stored

Writing = Callable[[str], AbstractContextManager[Connection]]
_SMALL = 2**20
"""Up to this many bytes a Parquet file is copied: to plan each question with the reading of a file costs more."""
_COMPARED = 500
"""How many jobs are compared with the store one by one; of more, some have changed anyway."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a store lends to a pull."""

    path: Path | None
    """Its file; None in memory."""
    writing: Writing
    """Gives a connection to write with; what is done with it is named in errors. The file is held until it is given back."""
    fetch: Callable[[str, Mapping[str, Any]], Mapping[str, Any]]
    """Runs SQL, and returns its columns as arrays."""
    clock: Callable[[], datetime]
    status: Callable[..., pd.DataFrame]
    """The store's status counts of a window: `status(started, ended, source=…)`."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the store knows of a source's job types and workspaces."""

    job_types: Mapping[int, Sequence[Any]]
    """By id: last_modified, revision_num, and whether the details are here."""
    revisions: Mapping[int, Sequence[int]]
    """By job type: the numbers of the revisions whose manifests are here."""
    workspaces: set[tuple[Any, ...]]
    """The name of each, and whether it is active."""

    def has_revisions(self, id: int) -> bool:
        """Whether all revisions of a job type are here."""
        newest = self.job_types[id][1]
        return newest is not None and sum(one <= newest for one in self.revisions.get(id, ())) >= newest


class Sink:
    """The store's side of one pull. The file is held for writing only while a batch goes in."""

    def __init__(
        self, target: Target, source: str, url: str, tally: Tally, *, kind: str = "pull", is_live: bool = True
    ) -> None:
        """Take the store, what the rows are marked with, where to count them, what the load is called, and whether all is of now."""
        self._target = target
        self._source = source
        self._url = url
        self._kind = kind
        self._is_live = is_live
        self._tally = tally
        self.load_id = 0
        self.spans: list[Span] = []
        """What is covered."""
        self.watermark: datetime | None = None
        """How far the server was when it was last looked at."""
        self.pruned: datetime | None = None
        """Until when jobs were pruned."""
        self.known = Known({}, {}, set())
        self._stored: dict[str, Stored] = {}
        """The rows that what is fetched is compared with, as far as nothing was merged since."""
        self._common: dict[str, Any] = {"source": source}
        self._pending = dict.fromkeys(_COUNTS, 0)
        self._snapshots: list[dict[str, Any]] = []

    def begin(self, overlap: timedelta) -> None:
        """Number the pull, make the source one whose now is the clock's, and read what is known of it.

        Of jobs those are read that the overlap with the last pull will bring again.
        """
        now = naive_utc(self._target.clock())
        with self._target.writing(self._kind) as con, transaction(con):
            self.load_id = number(con, "UPDATE meta SET last_load_id = last_load_id + 1 RETURNING last_load_id")
            self._common = {"source": self._source, "load_id": self.load_id, "observed": now}
            script(con, "sync/pull.begin", {**self._common, "kind": self._kind, "url": self._url})
            self.spans = covered(con, self._source)
            known = con.execute("SELECT watermark, pruned FROM source WHERE source = ?", [self._source]).fetchone()
            self.watermark, self.pruned = (aware(one) for one in known or (None, None))
            self._read_known(con, overlap)

    def _read_known(self, con: Connection, overlap: timedelta) -> None:
        def rows(name: str) -> list[tuple[Any, ...]]:
            return script(con, f"sync/pull.{name}", self._common).fetchall()

        self.known = Known(
            {id: rest for id, *rest in rows("known_types")},
            dict(rows("known_revisions")),
            set(rows("known_workspaces")),
        )
        self._stored = {name: rows_of(con, name, "NOT inferred", self._common) for name in ("job_types", "errors")}
        since = naive_utc(before(self.watermark, overlap)) if self.watermark else None
        jobs = rows_of(con, "jobs", "last_modified >= $since", {**self._common, "since": since}) if since else {}
        if len(jobs) <= _COMPARED:
            self._stored["jobs"] = jobs

    def trusted(self, overlap: timedelta) -> tuple[datetime, list[Span]]:
        """Return since when everything is to be read again, and what in front of that is complete."""
        known = self.watermark or (
            self.spans[-1][1] if self.spans else None
        )  # without one, stretches were declared complete
        again_from = BEGINNING if known is None else before(known, overlap)
        return again_from, minus(self.spans, [(again_from, END)])

    def set_out(self, watermark: datetime, *, again_from: datetime) -> None:
        """Note how far the server is, and that what was changed since `again_from` must be read once more.

        Where the server is no further than it was, the next pull reads the same again anyway.
        """
        if self.watermark is not None and watermark <= self.watermark:
            return
        with self._target.writing(self._kind) as con, transaction(con):
            self.spans = union(minus(covered(con, self._source), [(again_from, END)]))
            _cover(con, self._source, self.spans)
            con.execute(
                "UPDATE source SET watermark = greatest(coalesce(watermark, $at), $at) WHERE source = $source",
                {"at": naive_utc(watermark), "source": self._source},
            )
        self.watermark = watermark

    def pages(self, spooled: Sequence[Spooled]) -> None:
        """Take pages of jobs, and with them what is complete now."""
        if not spooled:
            return
        spans = [one.span for one in spooled if one.span]
        bodies = _bodies(spooled)
        if bodies is not None and not self._changed("jobs", bodies) and self._is_covered(spans):
            self._count("jobs", good=len(bodies))
        else:
            self._take("jobs", [str(one.path) for one in spooled], spans)

    def rows(self, resource: str, bodies: Sequence[Any]) -> None:
        """Take v6 objects of any resource; those that the store holds already are only counted."""
        changed = self._changed(resource, bodies)
        self._count(resource, good=len(bodies) - len(changed))
        if not changed:
            return
        with workplace() as folder:
            file = folder / f"{resource}.json"
            file.write_text(json.dumps(changed), encoding="utf-8")
            self._take(resource, [str(file)])

    def parquet(self, resource: str, file: Path, spans: Sequence[Span] = ()) -> None:
        """Take rows of the vocabulary from a file; of two states of a job the newer one stays, wherever it came from."""
        is_looked_through = resource != "job_executions" and self.pruned is None and file.stat().st_size > _SMALL
        batch = Batch("parquet", (str(file),), (f"{self._url}: {file.name}",), is_only=is_looked_through)
        self._merge(resource, batch, spans, is_latest=False)
        self._stored.pop(resource, None)

    def covers(self, spans: Iterable[Span]) -> None:
        """Note that stretches are complete."""
        with self._target.writing(self._kind) as con, transaction(con):
            self._add_coverage(con, spans)

    def _is_covered(self, spans: Sequence[Span]) -> bool:
        """Note that stretches are complete whose rows were here; False if somebody took rows of the source out since."""
        if not minus(spans, self.spans):
            return True
        with self._target.writing(self._kind) as con, transaction(con):
            is_as_before = covered(con, self._source) == self.spans
            if is_as_before:
                self._add_coverage(con, spans)
        return is_as_before

    def snapshot(self, view: str, taken: datetime | None, columns: dict[str, list[Any]]) -> None:
        """Keep what a live view says, until the end of the pull."""
        size = max(map(len, columns.values()), default=0)
        self._snapshots.append({**columns, "view": [view] * size, "taken": [taken] * size})

    def end(self, observed: datetime | None = None) -> None:
        """Write down what was counted and what the live views said, and how fresh the source is: as of now, if nothing is said."""
        with self._target.writing(self._kind) as con, transaction(con):
            if self._snapshots:
                together: dict[str, list[Any]] = {name: [] for name in self._snapshots[0]}
                for one in self._snapshots:
                    for name, values in one.items():
                        together[name] += values
                script(con, "sync/pull.snapshot", {**self._common, **together})
            self._record(con)
            bound = {"source": self._source, "observed": naive_utc(observed or self._target.clock())}
            script(con, "sync/backfill.observed" if observed else "sync/pull.observed", bound)
        self._snapshots = []

    def write(self, name: str, **bound: Any) -> None:
        """Run an SQL file of the pull in a transaction."""
        with self._target.writing(self._kind) as con, transaction(con):
            script(con, name, {**self._common, **bound})

    def purge(self, ids: Sequence[int]) -> int:
        """Take out open jobs, and return how many there were."""
        with self._target.writing(self._kind) as con, transaction(con):
            gone = script(con, "sync/pull.purge", {**self._common, "ids": list(ids)}).fetchone()
            refresh_source(con, self._source, None)
        return int(gone[0]) if gone else 0

    def ask(self, name: str, **bound: Any) -> list[tuple[Any, ...]]:
        """Return the rows that an SQL file answers with."""
        with self._target.writing(self._kind) as con:
            return script(con, name, {**self._common, **bound}).fetchall()

    def _changed(self, resource: str, bodies: Sequence[Any]) -> list[Any]:
        """Return the bodies that do not certainly say what the store holds."""
        stored = self._stored.get(resource)
        if stored is None and bodies:
            ids = [one["id"] for one in bodies if isinstance(one, dict) and is_id(one.get("id"))]
            with self._target.writing(self._kind) as con:
                is_wanted = "id IN (SELECT unnest($ids::BIGINT[]))"
                stored = rows_of(con, resource, is_wanted, {**self._common, "ids": ids})
        comparison = Comparison(LOADABLE[resource])
        return [one for one in bodies if not comparison.is_same(one, stored or {})]

    def _take(self, resource: str, files: Sequence[str], spans: Sequence[Span] = ()) -> None:
        """Merge files; once more if a text in them is no Unicode, which JSON allows and no store holds."""
        try:
            self._merge(resource, self._documents(files), spans)
        except LoadFailed:
            with workplace() as folder:
                self._merge(resource, self._documents([_mended(Path(one), folder) for one in files]), spans)
            self._tally.note(f"Some {resource} contain invalid Unicode; the invalid characters were replaced by '?'.")
        self._stored.pop(resource, None)

    def _documents(self, files: Sequence[str]) -> Batch:
        return Batch("documents", tuple(files), tuple(f"{self._url}: {Path(one).name}" for one in files))

    def _merge(self, resource: str, batch: Batch, spans: Sequence[Span], *, is_latest: bool = True) -> None:
        with self._target.writing(self._kind) as con, workplace() as folder:
            incoming = Incoming(con, resource, LOADABLE[resource], Options({}, {}, None), folder)
            incoming.add(batch)
            incoming.finish()
            if incoming.staged.is_mutilated:
                msg = f"Some text of {', '.join(batch.names)} is not valid Unicode."
                raise LoadFailed(msg)
            now = naive_utc(self._target.clock())
            read = seen = survey(con, resource, self._source, now, incoming.staged.columns)
            if seen.odd:
                self._note_unknown(con)
            if incoming.staged.is_table and self._leave_out(con, resource, is_latest=is_latest):
                seen = survey(con, resource, self._source, now, incoming.staged.columns)
            with transaction(con):
                staged = incoming.staged
                merge = Merge(con, resource, self._source, self.load_id, now, seen, staged, is_latest=is_latest)
                merge.run()
                rejected = incoming.staged.rejected
                self._count(resource, good=read.rows, new=merge.new, changed=merge.changed, rejected=rejected)
                if rejected:
                    script(con, "sync/pull.rejected", {**self._common, "resource": resource})
                self._record(con)
                if spans:
                    self._add_coverage(con, spans)
                refresh_source(con, self._source, now if self._is_live else None, merge=merge, is_pull=True)

    def _leave_out(self, con: Connection, resource: str, *, is_latest: bool) -> bool:
        """Take rows out of `incoming` that the store is not to have again, and return whether there may have been any."""
        if resource == "jobs":
            return count(script(con, "sync/pull.stays_pruned", {**self._common, "open": list(OPEN_STATUSES)})) > 0
        if resource == "job_executions" and not is_latest:
            script(con, "sync/backfill.executions_kept", {**self._common, "pruned": self.pruned is not None})
            return True
        return False

    def _note_unknown(self, con: Connection) -> None:
        """Note statuses that v6 does not know (D33)."""
        found = script(con, "sync/pull.unknown_statuses", {"known": list(STATUSES)}).fetchall()
        self._tally.unknown.update(dict(found))

    def _count(self, resource: str, *, good: int, new: int = 0, changed: int = 0, rejected: int = 0) -> None:
        """Count rows, in the report and for the row of the load."""
        self._tally.add(resource, good, new, changed, rejected)
        counts = (good + rejected, new, changed, good - new - changed, rejected)
        for name, more in zip(_COUNTS, counts, strict=True):
            self._pending[name] += more

    def _record(self, con: Connection) -> None:
        """Add what was counted to the row of the load."""
        if any(self._pending.values()):
            script(con, "sync/pull.took", {**self._common, **self._pending})
            self._pending = dict.fromkeys(_COUNTS, 0)

    def _add_coverage(self, con: Connection, spans: Iterable[Span]) -> None:
        self.spans = union([*covered(con, self._source), *spans])
        _cover(con, self._source, self.spans)


def rows_of(con: Connection, resource: str, condition: str, bound: Mapping[str, Any]) -> Stored:
    """Return the rows of a source that a condition holds for; those made up from what others say of them are none."""
    columns = ", ".join(quoted(one.name) for one in LOADABLE[resource].stored)
    query = " UNION ALL ".join(
        f"SELECT {columns}, extra FROM {table} WHERE source = $source AND {condition}" for table in TABLES[resource]
    )
    answer = statements(con, query, bound)
    names = [name for name, *_ in answer.description or ()]
    return {row["id"]: row for row in (dict(zip(names, one, strict=True)) for one in answer.fetchall())}


def before(moment: datetime, length: timedelta) -> datetime:
    """Return an instant so much earlier, or the beginning of time."""
    try:
        return moment - length
    except OverflowError:
        return BEGINNING


_COUNTS = ("rows", "new", "changed", "unchanged", "rejected")


def is_id(value: Any) -> bool:
    """Whether a store can hold a value as an id."""
    return type(value) is int and -(2**63) <= value < 2**63


def _bodies(spooled: Sequence[Spooled]) -> list[Any] | None:
    """Return the jobs of pages that are few enough to be compared; None if they are more, or a page is none."""
    sizes = [one.rows for one in spooled if one.rows is not None]
    if len(sizes) < len(spooled) or sum(sizes) > _COMPARED:
        return None
    bodies: list[Any] = []
    for one in spooled:
        page = json.loads(one.path.read_bytes())
        rows = page.get("results") if isinstance(page, dict) else page
        if not isinstance(rows, list):
            return None
        bodies += rows
    return bodies


def _mended(file: Path, folder: Path) -> str:
    """Write a page anew without halves of characters, and return where."""
    target = folder / file.name
    text = json.dumps(json.loads(file.read_bytes()), ensure_ascii=False)
    target.write_bytes(text.encode("utf-8", "replace"))
    return str(target)


@contextmanager
def workplace() -> Iterator[Path]:
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


def _cover(con: Connection, source: str, spans: Iterable[Span]) -> None:
    con.execute("DELETE FROM coverage WHERE source = ?", [source])
    for started, ended in spans:
        bound = [source, None if started == BEGINNING else naive_utc(started), naive_utc(ended)]
        con.execute("INSERT INTO coverage VALUES (?, ?, ?)", bound)


def declare_covered(con: Connection, source: str, span: Span) -> None:
    """Note that a stretch is complete, whoever brought it."""
    _cover(con, source, union([*covered(con, source), span]))


def covered(con: Connection, source: str) -> list[Span]:
    """Return the stretches of a source's history that are complete."""
    return complete_spans(Session(con, 0).rows(sql("queries/sources.coverage"), {})).get(source, [])
