"""How job types fare, asked of a live server: status, pending, running, failures, the queue, the jobs and errors behind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from jobtype_toolkit import frames
from jobtype_toolkit.api.answers import BLOCK, PENDING, QUEUE_STATUS, RUNNING, STATUS, SYSTEM_FAILURE
from jobtype_toolkit.api.arguments import (
    DEFAULT_STARTED,
    OneOrMore,
    announced,
    cut_page,
    flag,
    limited,
    ordering,
    paging,
    several,
    sort,
    whole,
)
from jobtype_toolkit.api.fields import Resource
from jobtype_toolkit.api.records import Job
from jobtype_toolkit.api.resources import CATEGORIES, ERROR, JOB_DETAILS, JOB_EXECUTION, LET_GO, STATUSES
from jobtype_toolkit.api.services import service
from jobtype_toolkit.api.times import Time, window
from jobtype_toolkit.errors import InvalidParameter, NotFound, ToolkitError
from jobtype_toolkit.live import joblist
from jobtype_toolkit.live.http import Params
from jobtype_toolkit.live.queries import Asking, unique

_FALSIFIED = ("is_system", "unmet_resources")
"""Fields of the job type that all analyses but status send without looking (D30)."""
_FALSIFIED_OF_ERROR = ("is_builtin", "should_be_retried", "job_type_name")
"""Fields of the error that system failures send without looking (D31)."""
_BASE = tuple(field.json_path[-1] for field in BLOCK)


class JobReads(joblist.JobList):
    """How job types fare, with the columns and defaults of the toolkit."""

    _asking: Asking

    def status(
        self,
        started: Time | None = None,
        ended: Time | None = None,
        is_active: bool | None = None,
        *,
        now: Time | None = None,
        page: int | None = None,
        page_size: int | None = None,
    ) -> pd.DataFrame:
        """Return jobs by job type, status and error category (GET job-types/status/), as `Store.status` does.

        The server is asked with instants, not with durations, so that `attrs["window"]` says what was counted.

        Args:
            started: start of the window, three hours before now where not given; a time or a duration back from now.
            ended: end of the window; open where not given (D28).
            is_active: only active, or only deprecated job types.
            now: what durations count back from, instead of the clock.
            page, page_size: one page of rows instead of all.

        Raises:
            InvalidParameter: a time without a zone.
        """
        at, instant = paging(page, page_size), self._asking.now(now, started or DEFAULT_STARTED, ended)
        span = window(started, ended, now=instant[0], default_started=DEFAULT_STARTED)
        given = {"started": span.started, "ended": span.ended, "is_active": flag(is_active, name="is_active")}
        params = self._asking.query("status", given, instant[0])
        rows, _ = self._asking.rows("job-types/status/", params)
        bodies = [one for row in rows for one in _counts(row) if _is_wanted(one, is_active)]
        notes = ["started is not before ended, so that only RUNNING jobs are counted"] if span.is_reversed else []
        found = self._asking.frame(
            "status", bodies, STATUS.fields, params=params, notes=notes, window=span, now=instant
        )
        return cut_page(found, at)

    def pending(self, *, page: int | None = None, page_size: int | None = None) -> pd.DataFrame:
        """Return PENDING jobs by job type, longest first (GET job-types/pending/), as `Store.pending` does."""
        order = [("longest_pending", True), ("job_type_id", True)]
        return cut_page(self._analysis("pending", PENDING, order), paging(page, page_size))

    def running(self, *, page: int | None = None, page_size: int | None = None) -> pd.DataFrame:
        """Return RUNNING jobs by job type, longest first (GET job-types/running/), as `Store.running` does."""
        order = [("longest_running", True), ("job_type_id", True)]
        return cut_page(self._analysis("running", RUNNING, order), paging(page, page_size))

    def system_failures(self, *, page: int | None = None, page_size: int | None = None) -> pd.DataFrame:
        """Return jobs that are FAILED now with a SYSTEM error, newest first (GET job-types/system-failures/).

        The error's flags, which this service falsifies (D31), are those of errors/; missing where that cannot be read.
        """
        order = [("last_error", False), ("job_type_id", True), ("error_id", True)]
        return cut_page(self._analysis("system_failures", SYSTEM_FAILURE, order), paging(page, page_size))

    def queue_status(self, *, page: int | None = None, page_size: int | None = None) -> pd.DataFrame:
        """Return QUEUED jobs by job type (GET queue/status/): unpaused first, then the most urgent, then the oldest."""
        order = [("is_paused", True), ("highest_priority", True), ("longest_queued", True), ("job_type_id", True)]
        return cut_page(self._analysis("queue_status", QUEUE_STATUS, order), paging(page, page_size))

    def errors(
        self,
        started: Time | None = None,
        ended: Time | None = None,
        is_builtin: bool | None = None,
        job_type_name: OneOrMore[str] | None = None,
        name: OneOrMore[str] | None = None,
        category: OneOrMore[str] | None = None,
        order: OneOrMore[str] | None = None,
        *,
        now: Time | None = None,
        page: int | None = None,
        page_size: int | None = None,
        limit: int | None = None,
    ) -> pd.DataFrame:
        """Return errors (GET errors/), by last_modified, then id; arguments and columns are those of `Store.errors`.

        A server takes only the last of several values; here each of them may match.

        Raises:
            InvalidParameter: a reversed window, a time without a zone, or an unknown order field.
        """
        keys, at, most, instant = (
            ordering(order, ERROR.fields),
            paging(page, page_size),
            limited(limit),
            self._asking.now(now, started, ended),
        )
        span = joblist.modified(started, ended, instant[0])
        exact = {"job_type_name": job_type_name, "name": name, "category": category}
        wanted = {key: several(value, name=key, kind=str) for key, value in exact.items()}
        single = {key: values[0] for key, values in wanted.items() if values is not None and len(values) == 1}
        given = {"started": span.started, "ended": span.ended, "is_builtin": is_builtin, **single}
        params = self._asking.query("errors", given, instant[0])
        rows, _ = self._asking.rows("errors/", [*params, ("order", "last_modified"), ("order", "id")])
        kept = [one for one in unique(rows) if _has_one_of(one, wanted)]
        found = self._asking.frame("errors", kept, ERROR.fields, params=params, window=span, now=instant)
        answer = cut_page(sort(found, [*keys, ("last_modified", True), ("id", True)]), at)
        return announced(answer, most, len(answer))

    def job(self, id: int) -> Job:
        """Return one job with its details (GET jobs/{id}/).

        Returns:
            The columns of `jobs` as attributes, and `resources`, `execution`, `input`, `output`, `configuration` as plain
            JSON values; what the server sent beyond them is in `extra`.

        Raises:
            NotFound: no such job.
        """
        number = whole(id, name="id")
        try:
            body = self._asking.http.get(f"jobs/{number}/").value
        except NotFound:
            msg = f"There is no job {number} on {self._asking.http.base}."
            raise NotFound(msg) from None
        values = frames.first(self._asking.frame("job", [body], JOB_DETAILS.fields))
        known = {field.json_path[0] for field in JOB_DETAILS.fields} | {one.split(".")[0] for one in LET_GO}
        return Job(values, {key: value for key, value in body.items() if key not in known})

    def executions(self, job_id: int) -> pd.DataFrame:
        """Return the executions of a job, newest first (GET jobs/{id}/executions/); none for an unknown job, as on a server.

        Returns:
            One row a scheduled execution, `id` first; failed attempts that were retried are here and nowhere else.
        """
        path = f"jobs/{whole(job_id, name='job_id')}/executions/"
        rows, _ = self._asking.rows(path)
        found = self._asking.frame("executions", unique(rows), JOB_EXECUTION.fields, path=path)
        return sort(found, [("exe_num", False)])

    def logs(self, job_id: int, exe_num: int | None = None, *, stream: str = "combined") -> str | None:
        """Return the log of a job's execution (GET job-executions/{id}/logs/{stream}/), where the server keeps logs.

        Args:
            job_id: the job.
            exe_num: which execution; the newest where not given.
            stream: `stdout`, `stderr` or `combined`.

        Returns:
            The text as it is, which may hold terminal codes; None where there is no log, or no execution.

        Raises:
            NotFound: no such execution.
        """
        if stream not in ("stdout", "stderr", "combined"):
            msg = f"logs(stream={stream!r}) is unknown. Give 'stdout', 'stderr' or 'combined'."
            raise InvalidParameter(msg)
        found = self.executions(job_id)
        if exe_num is not None:
            found = found[found["exe_num"].eq(whole(exe_num, name="exe_num")).fillna(False)]
            if found.empty:
                msg = f"There is no execution {exe_num} of the job {job_id} on {self._asking.http.base}."
                raise NotFound(msg)
        if found.empty:
            return None
        answer = self._asking.http.get(f"job-executions/{int(found['id'].iloc[0])}/logs/{stream}/", accept="text/plain")
        return answer.body.decode("utf-8", "replace") if answer.status != 204 else None

    def _analysis(self, name: str, row: Resource, order: list[tuple[str, bool]]) -> pd.DataFrame:
        """Return an analysis whose job type and error a server falsifies, with the truth filled in by id."""
        rows, _ = self._asking.rows(service(name).url)
        notes: list[str] = []
        if rows:
            types = self._by_id("job-types/", (), notes)
            rows = [_filled(one, "job_type", types, _FALSIFIED, _BASE) for one in rows]
        if rows and name == "system_failures":
            errors = self._by_id("errors/", [("order", "last_modified"), ("order", "id")], notes)
            rows = [_filled(one, "error", errors, _FALSIFIED_OF_ERROR, _FALSIFIED_OF_ERROR) for one in rows]
        return sort(self._asking.frame(name, rows, row.fields, notes=notes), order)

    def _by_id(self, path: str, params: Params, notes: list[str]) -> dict[int, Any]:
        """Return the rows of a list by id; none, and a note, where it cannot be read."""
        try:
            rows, _ = self._asking.rows(path, params)
        except ToolkitError as error:
            notes.append(f"{path} could not be read, so that fields which this service falsifies are missing: {error}")
            return {}
        return {one["id"]: one for one in rows if isinstance(one, dict) and isinstance(one.get("id"), int)}


def _counts(row: Any) -> Iterable[dict[str, Any]]:
    """Yield the counts of a job type in the order of a job's life, or one of nothing."""
    job_type, counts = (row.get(key) if isinstance(row, dict) else None for key in ("job_type", "job_counts"))
    found = [one for one in counts or () if isinstance(one, dict)] if isinstance(counts, list) else []
    if not found:
        return [{"job_type": job_type, "count": 0}]
    return [{**one, "job_type": job_type} for one in sorted(found, key=_place)]


def _place(count: Mapping[str, Any]) -> tuple[int, str, int]:
    status, category = count.get("status"), count.get("category")
    return (
        STATUSES.index(status) if status in STATUSES else len(STATUSES),
        str(status),
        CATEGORIES.index(category) if category in CATEGORIES else len(CATEGORIES),
    )


def _is_wanted(count: Mapping[str, Any], is_active: bool | None) -> bool:
    """Whether the job type is as active as was asked for: servers before 7.0 ignore the filter."""
    job_type = count["job_type"]
    said = job_type.get("is_active") if isinstance(job_type, dict) else None
    return is_active is None or said is None or said is is_active


def _filled(
    row: Any, key: str, truth: Mapping[int, Any], falsified: tuple[str, ...], names: tuple[str, ...]
) -> dict[str, Any]:
    """Return a row whose embedded object says the truth where the service does not, and nothing where nobody knows it."""
    said = row.get(key) if isinstance(row, dict) else None
    if not isinstance(said, dict):
        return row if isinstance(row, dict) else {}
    id = said.get("id")
    known = truth.get(id, {}) if isinstance(id, int) else {}
    kept = {name: value for name, value in said.items() if name not in falsified}
    return {**row, key: {**{name: known.get(name) for name in names}, **kept}}


def _has_one_of(row: Any, wanted: Mapping[str, list[Any] | None]) -> bool:
    return isinstance(row, dict) and all(values is None or row.get(name) in values for name, values in wanted.items())
