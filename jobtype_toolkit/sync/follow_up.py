"""What a pull does once the jobs are in: executions, jobs that are gone, what the live views say, and whether it agrees."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pandas as pd

from jobtype_toolkit import frames
from jobtype_toolkit.api.fields import Resource
from jobtype_toolkit.api.intervals import BEGINNING, holds
from jobtype_toolkit.api.resources import PENDING, QUEUE_STATUS, RUNNING, SYSTEM_FAILURE
from jobtype_toolkit.api.services import service
from jobtype_toolkit.api.times import naive_utc
from jobtype_toolkit.errors import NotFound, Rejected, ServerFailed, ToolkitError
from jobtype_toolkit.hints import counted
from jobtype_toolkit.live.paging import page
from jobtype_toolkit.sync.reader import Reader, at_once
from jobtype_toolkit.sync.report import Disagreement, Tally
from jobtype_toolkit.sync.sink import Sink, is_id

_COMPARED = timedelta(hours=3)
_IDS = 100
"""How many ids a question may have: they stand in its URL."""

Count = tuple[int, str | None, str | None]
"""A job type, a status and a category."""


@dataclass(frozen=True, slots=True)
class View:
    """A live view, and where a snapshot has its columns from."""

    name: str
    row: Resource
    says: Mapping[str, str]
    """What all of its rows say."""
    columns: Mapping[str, str]
    """Columns of the snapshot → those of the view."""


_VIEWS = (
    View("pending", PENDING, {"status": "PENDING"}, {"oldest": "longest_pending"}),
    View("running", RUNNING, {"status": "RUNNING"}, {"oldest": "longest_running"}),
    View(
        "system_failures",
        SYSTEM_FAILURE,
        {"status": "FAILED", "category": "SYSTEM"},
        {"oldest": "first_error", "newest": "last_error", "error_id": "error_id"},
    ),
    View(
        "queue_status",
        QUEUE_STATUS,
        {"status": "QUEUED"},
        {"oldest": "longest_queued", "highest_priority": "highest_priority"},
    ),
)
_COLUMNS = ("job_type_id", "status", "category", "error_id", "count", "oldest", "newest", "highest_priority")


@dataclass(frozen=True, slots=True)
class FollowUp:
    """The side reads that follow the jobs. Each stands for itself: one that fails is noted and stops nothing."""

    reader: Reader
    sink: Sink
    tally: Tally
    workers: int

    def executions(self, most: int) -> None:
        """Spend a number of requests on the executions of jobs that failed or were tried again, the newest first."""
        wanted = self.sink.ask("sync/pull.executions_wanted", most=most)
        wrong: list[str] = []
        for some in _chunks(wanted, _IDS):
            bodies: list[Any] = []
            asked: list[tuple[int, datetime | None]] = []
            for id, stamp in some:
                try:
                    bodies += self.reader.rows(f"jobs/{id}/executions/")
                except (NotFound, Rejected, ServerFailed) as error:
                    wrong.append(str(error))
                    continue
                asked.append((id, stamp))
            self.sink.rows("job_executions", bodies)
            self.sink.write(
                "sync/pull.executions_asked", ids=[id for id, _ in asked], stamps=[stamp for _, stamp in asked]
            )
        if wrong:
            self.tally.note(
                f"The executions of {counted(len(wrong), 'job')} could not be read. The first time: {wrong[0]}"
            )

    def reconcile(self) -> None:
        """Ask for the open jobs that the pull has not brought: what comes is newer, what does not come was purged.

        The newest job of the server is asked for with each of them: an answer without it is no answer to the question.
        """
        newest = page(self.reader.http, "jobs/", [("order", "-last_modified"), ("order", "-id"), ("page_size", 1)]).rows
        witness = {one["id"] for one in newest if isinstance(one.get("id"), int)}
        for some in _chunks([id for (id,) in self.sink.ask("sync/pull.open_jobs")], _IDS):
            wanted = witness | set(some)
            rows = self.reader.rows("jobs/", [*(("job_id", id) for id in sorted(wanted)), ("order", "id")])
            found = {one.get("id") for one in rows}
            if not witness or not witness <= found <= wanted:
                self.tally.note("The server does not filter jobs by their ids, so that purged ones cannot be told.")
                return
            self.sink.rows("jobs", rows)
            gone = [id for id in some if id not in found]
            if gone:
                self.tally.purged += self.sink.purge(gone)

    def rename(self) -> None:
        """Refresh the names of nodes and the titles of batches, which a server changes without touching the jobs."""
        for path, key, name in (("nodes/", "hostname", "rename_nodes"), ("batches/", "title", "rename_batches")):
            try:
                rows = self.reader.rows(path)
            except NotFound:
                continue  # a server of a part of v6
            named = {one["id"]: one[key] for one in rows if is_id(one.get("id")) and one.get(key)}
            if named:
                self.sink.write(f"sync/pull.{name}", ids=list(named), names=[str(one) for one in named.values()])

    def snapshot(self) -> None:
        """Keep what the live views say now."""
        taken = naive_utc(self.reader.clock())
        for view, found in zip(_VIEWS, at_once(self.workers, _VIEWS, self._view), strict=True):
            if found is not None:
                self._keep(view.name, found, view.says, taken)

    def _view(self, view: View) -> pd.DataFrame | None:
        """Return a view with the columns of a snapshot; None where it cannot be read."""
        try:
            found = frames.from_bodies(self.reader.rows(service(view.name).url), view.row.fields)
        except (ToolkitError, frames.Incomplete) as error:
            self.tally.note(f"The live view {view.name} could not be read: {error}")
            return None
        return found.rename(columns={old: new for new, old in view.columns.items()})

    def compare(
        self, until: datetime, status_here: Callable[[datetime, datetime], pd.DataFrame], *, keep: bool
    ) -> tuple[Disagreement, ...]:
        """Return where the status counts of the last three hours differ, and keep the server's where asked.

        Only what is complete is compared: a server counts RUNNING jobs whatever their age.
        """
        started = self._compared_from(until)
        if started is None:
            self.tally.note("The status counts of the server were not compared: too little of its history is here.")
            return ()
        there = self.reader.status(until - _COMPARED, until)
        if keep:
            counted = there[there["count"] > 0].rename(columns={"most_recent": "newest"})
            self._keep("status", counted, {}, naive_utc(self.reader.clock()))
        there = there if started <= until - _COMPARED else self.reader.status(started, until)
        here = status_here(started, until)
        names = {
            id: (str(name), str(version))
            for frame in (here, there)
            for id, name, version in _of(frame, "job_type_id", "name", "version")
        }
        ours, theirs = _counts(here), _counts(there)
        if not holds(self.sink.spans, (BEGINNING, until)):
            ours, theirs = ({key: count for key, count in one.items() if key[1] != "RUNNING"} for one in (ours, theirs))
        return tuple(
            Disagreement(*names[key[0]], key[1], key[2], ours.get(key, 0), theirs.get(key, 0))
            for key in sorted({*ours, *theirs}, key=str)
            if ours.get(key, 0) != theirs.get(key, 0)
        )

    def _compared_from(self, until: datetime) -> datetime | None:
        """Return from when on the last three hours are complete; None if they are not at all."""
        begun = [started for started, ended in self.sink.spans if started < until <= ended]
        pruned = [self.sink.pruned] if self.sink.pruned else []
        started = max([until - _COMPARED, *begun, *pruned])
        return started if begun and started < until else None

    def _keep(self, view: str, found: pd.DataFrame, says: Mapping[str, str], taken: datetime | None) -> None:
        columns = {name: list(_plain(found[name])) if name in found else [None] * len(found) for name in _COLUMNS}
        columns |= {name: [value] * len(found) for name, value in says.items()}
        self.sink.snapshot(view, taken, columns)


def _plain(column: pd.Series) -> Iterator[Any]:
    for value in column:
        if pd.isna(value):
            yield None
        else:
            yield naive_utc(value.to_pydatetime()) if isinstance(value, pd.Timestamp) else _python(value)


def _python(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else value


def _of(frame: pd.DataFrame, *names: str) -> Iterator[tuple[Any, ...]]:
    return zip(*(_plain(frame[name]) for name in names), strict=True)


def _counts(frame: pd.DataFrame) -> dict[Count, int]:
    found: dict[Count, int] = {}
    for id, status, category, count in _of(frame, "job_type_id", "status", "category", "count"):
        if count:
            found[id, status, category] = found.get((id, status, category), 0) + int(count)
    return found


def _chunks(items: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
