"""Pulling what job types are: list, details and revisions of those that moved, errors and workspaces.

Each read stands for itself: one that fails is noted and stops nothing, for jobs bring along what they speak of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pandas as pd

from jobtype_toolkit.api.services import service
from jobtype_toolkit.api.times import instant, naive_utc
from jobtype_toolkit.errors import AuthenticationFailed, InvalidParameter, StoreError, ToolkitError
from jobtype_toolkit.frames import Incomplete
from jobtype_toolkit.live.job_types import is_addressed
from jobtype_toolkit.sync.reader import Reader, at_once
from jobtype_toolkit.sync.report import Tally
from jobtype_toolkit.sync.sink import Sink, is_id


@dataclass(frozen=True, slots=True)
class ReferenceData:
    """The pull of everything but jobs."""

    reader: Reader
    sink: Sink
    tally: Tally
    workers: int
    is_anew: bool = False
    """Whether what did not move is read again too."""

    def run(self) -> None:
        """Pull job types, details, revisions, errors and workspaces."""
        in_order = [("order", "last_modified"), ("order", "id")]
        with ThreadPoolExecutor(self.workers, thread_name_prefix="jobtype-toolkit-pull") as pool:
            job_types = pool.submit(self.reader.job_type_rows)
            errors = pool.submit(self.reader.rows, "errors/", in_order)
            workspaces = pool.submit(self.reader.workspaces)
        self.attempt("job types", lambda: self._job_types(*job_types.result()))
        self.attempt("errors", lambda: self.sink.rows("errors", errors.result()))
        self.attempt("workspaces", lambda: self._workspaces(workspaces.result()))

    def attempt(self, what: str, read: Callable[[], None]) -> None:
        """Do one of the side reads; note what stops it."""
        try:
            read()
        except StoreError:
            raise
        except (ToolkitError, Incomplete) as error:
            self.tally.note(f"The {what} could not be pulled: {error}")

    def _job_types(self, rows: Sequence[Any], notes: Iterable[str]) -> None:
        for note in notes:
            self.tally.note(f"job-types/: {note}.")
        known = self.sink.known.job_types
        self.sink.rows("job_types", [one for one in rows if not is_id(one.get("id"))])  # rejected, and told
        rows = [one for one in rows if is_id(one.get("id"))]
        moved = [one for one in rows if self.is_anew or _has_moved(one, known)]
        details = dict(zip((one["id"] for one in moved), at_once(self.workers, moved, self._details), strict=True))
        kept = [details.get(one["id"], one) for one in rows if details.get(one["id"], one) is not None]
        self.sink.rows("job_types", kept)
        unread = [one for one in rows if one["id"] in details or not self.sink.known.has_revisions(one["id"])]
        self._revisions([details.get(one["id"]) or one for one in unread])

    def _details(self, row: Mapping[str, Any]) -> Any:
        """Return the details of a job type; its row where no server tells any, None where they cannot be read now."""
        address = _address("job_type", row)
        if address is None:
            self.tally.note(f"{_named(row)}: no v6 server tells the details of such a version (D14).")
            return row
        return self._read(address, f"The details of {_named(row)}", row)

    def _revisions(self, job_types: Iterable[Mapping[str, Any]]) -> None:
        """Pull the revisions of job types that moved, each with its manifest."""
        known = {} if self.is_anew else self.sink.known.revisions
        moved = [one for one in job_types if _address("revisions", one)]
        bodies: list[Any] = []
        for found in at_once(self.workers, moved, lambda one: self._revisions_of(one, known)):
            bodies += found
        self.sink.rows("job_type_revisions", bodies)

    def _revisions_of(self, job_type: Mapping[str, Any], known: Mapping[int, Sequence[int]]) -> list[Any]:
        address = _address("revisions", job_type) or ""
        try:
            rows = self.reader.rows(address)
        except AuthenticationFailed:
            raise
        except ToolkitError as error:
            self.tally.note(f"The revisions of {_named(job_type)} could not be read: {error}")
            return []
        return [
            self._revision(job_type, one) if is_id(number) else one
            for one in rows
            if not is_id(number := one.get("revision_num")) or number not in known.get(job_type["id"], ())
        ]

    def _revision(self, job_type: Mapping[str, Any], row: Mapping[str, Any]) -> Any:
        """Return a revision with its manifest as it was stored; that of the details is normalised, and newer where it was edited."""
        number = row.get("revision_num")
        address = _address("revision", job_type, number)
        found = self._read(address, f"Revision {number} of {_named(job_type)}", row) if address else None
        return found or row

    def _workspaces(self, found: pd.DataFrame) -> None:
        frame = found.dropna()
        names, active = list(frame["name"]), [bool(one) for one in frame["is_active"]]
        if self.sink.known.workspaces != set(zip(names, active, strict=True)):
            now = naive_utc(self.reader.clock())
            self.sink.write("store/writes.set_workspaces", names=names, active=active, now=now)

    def _read(self, address: str, what: str, row: Mapping[str, Any]) -> Any:
        """Return the whole of what a list has a row of; None where it cannot be read."""
        try:
            found = self.reader.http.get(address).value
        except AuthenticationFailed:
            raise
        except ToolkitError as error:
            self.tally.note(f"{what} could not be read: {error}")
            return None
        if isinstance(found, dict) and found.get("id") == row.get("id"):
            return found
        self.tally.note(f"{what} could not be read: {address} is answered with something else.")
        return None


def _has_moved(row: Any, known: Mapping[int, Any]) -> bool:
    """Whether the store's details of a job type are missing or old."""
    if row.get("id") not in known:
        return True
    last_modified, revision_num, has_details = known[row["id"]]
    try:
        moved = naive_utc(instant(row["last_modified"])) != last_modified
    except (InvalidParameter, KeyError, TypeError):
        moved = True
    return bool(moved or row.get("revision_num") != revision_num or not has_details)


def _address(name: str, row: Mapping[str, Any], revision_num: Any = 0) -> str | None:
    """Return where a server tells of a job type; None where it has no address for it (D14)."""
    job_type, version = str(row.get("name")), str(row.get("version"))
    if not is_addressed(job_type, version):
        return None
    return service(name).url.format(name=job_type, version=version, revision_num=revision_num)


def _named(row: Mapping[str, Any]) -> str:
    return f"{row.get('name')} {row.get('version')}"
