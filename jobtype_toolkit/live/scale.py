"""`Scale`: a live v6 server, a backend like a `Store`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NoReturn
from urllib.parse import quote

import pandas as pd

from jobtype_toolkit.api.arguments import paging, whole
from jobtype_toolkit.api.objects import Job
from jobtype_toolkit.api.resources import LET_GO, STATUSES
from jobtype_toolkit.api.services import service
from jobtype_toolkit.api.times import Clock, Time
from jobtype_toolkit.api.versions import is_addressable
from jobtype_toolkit.backend import Backend, Query, Scope, refuse_reversed
from jobtype_toolkit.errors import InvalidParameter, NotFound, ServerFailed, ToolkitError
from jobtype_toolkit.frames import sort
from jobtype_toolkit.hints import did_you_mean
from jobtype_toolkit.live import job_types, jobs, writes
from jobtype_toolkit.live.http import Http, Params
from jobtype_toolkit.live.queries import ServerReader, path, unique
from jobtype_toolkit.plans.plan import Plan
from jobtype_toolkit.plans.request import ChangeRequest
from jobtype_toolkit.seed.findings import Validation

_JOB, _JOB_TYPE = "processing/jobs/{}", "configuration/job-types/{}/{}"
"""Where Scale's own UI shows a job and a job type."""


def _workspaces(reader: ServerReader, query: Query) -> pd.DataFrame:
    rows, _ = reader.rows(query.service.url)
    return sort(reader.frame(query, unique(rows)), query.service.order)


_FAILS = 500


_ANSWERS: Mapping[str, Callable[[ServerReader, Query], pd.DataFrame]] = {
    "job_type_names": job_types.names,
    "job_types": job_types.listed,
    "versions": job_types.versions,
    "revisions": job_types.revisions,
    "status": jobs.status,
    "pending": jobs.analysis,
    "running": jobs.analysis,
    "system_failures": jobs.analysis,
    "queue_status": jobs.analysis,
    "jobs": jobs.jobs,
    "errors": jobs.errors,
    "workspaces": _workspaces,
}


class Scale(Backend):
    """A live v6 server. Made by `jt.connect`; safe for several threads; `close()` or `with` lets go of its connections.

    Beyond the calls of every backend it has `job`, `executions`, `logs`, `iter_jobs`, `version`, and links to Scale's own UI.
    Every call can raise AuthenticationFailed, ServerFailed and ConnectionFailed.
    """

    def __init__(self, http: Http, *, clock: Clock, ui_url: str | None, about: str) -> None:
        """Take the server, the clock that durations count back from, where its UI is, and what the repr tells of both."""
        self._reader = ServerReader(http, clock)
        self._ui_url = ui_url
        self._about = about

    @property
    def url(self) -> str:
        """The base URL, the part before `/v6/`; also what a store calls this server, if nothing else is said."""
        return self._reader.http.base

    @property
    def http(self) -> Http:
        """What sends the requests, for services that have no method here: `scale.http.get("nodes/").value`."""
        return self._reader.http

    @property
    def clock(self) -> Clock:
        """Tells the present; what durations count back from."""
        return self._reader.clock

    def version(self) -> str:
        """Return the release of the server (GET version/), which needs no token."""
        body = self.http.get("version/").value
        release = body.get("version") if isinstance(body, dict) else None
        if not isinstance(release, str):
            msg = f"{self.url}/v6/version/ reports no version. Is this a v6 server?"
            raise ServerFailed(msg, status=200)
        return release

    def job(self, id: int) -> Job:
        """Return one job with its details (GET jobs/{id}/).

        Returns:
            The columns of `jobs` as attributes, and `resources`, `execution`, `input`, `output`, `configuration` as plain
            JSON values; what the server sent beyond them is in `extra`.

        Raises:
            NotFound: no such job.
        """
        query = self._query("job", {}, {"id": whole(id, name="id")})
        try:
            body = self.http.get(path(query)).value
        except NotFound:
            msg = f"There is no job {query.filters['id']} on {self.url}."
            raise NotFound(msg) from None
        values, extra = self._reader.details(query, body)
        let_go = {name.split(".")[0] for name in LET_GO}
        return Job(values, {name: value for name, value in extra.items() if name not in let_go})

    def executions(self, job_id: int) -> pd.DataFrame:
        """Return the executions of a job, newest first (GET jobs/{id}/executions/); none of an unknown job, as on a server.

        Returns:
            One row per scheduled execution, `id` first; failed attempts that were retried are here and nowhere else.
        """
        query = self._query("executions", {}, {"id": whole(job_id, name="job_id")})
        rows, _ = self._reader.rows(path(query))
        return sort(self._reader.frame(query, unique(rows)), [("exe_num", False)])

    def logs(self, job_id: int, exe_num: int | None = None, *, stream: str = "combined") -> str | None:
        """Return the log of a job's execution (GET job-executions/{id}/logs/{stream}/), if the server keeps logs.

        Args:
            job_id: the job.
            exe_num: which execution; the newest if not given.
            stream: `stdout`, `stderr` or `combined`.

        Returns:
            The text as it is, which may hold terminal codes; None if there is no log, or no execution, or if the server keeps
            no logs: without Elasticsearch it answers with an HTML 500.

        Raises:
            NotFound: no such execution.
        """
        if stream not in ("stdout", "stderr", "combined"):
            msg = f"logs(stream={stream!r}) is unknown. Give 'stdout', 'stderr' or 'combined'."
            raise InvalidParameter(msg)
        executions = self.executions(job_id)
        if exe_num is not None:
            executions = executions[executions["exe_num"].eq(whole(exe_num, name="exe_num")).fillna(False)]
            if executions.empty:
                msg = f"There is no execution {exe_num} of the job {job_id} on {self.url}."
                raise NotFound(msg)
        if executions.empty:
            return None
        address = f"job-executions/{int(executions['id'].iloc[0])}/logs/{stream}/"
        try:
            answer = self.http.get(address, accept="text/plain", again=False)
        except ServerFailed as error:
            if error.status == _FAILS and error.detail == "Server Error (500)":
                return None  # what a server without Elasticsearch answers
            raise
        return answer.body.decode("utf-8", "replace") if answer.status != 204 else None

    def iter_jobs(
        self, *, page_size: int = jobs.JOBS_PER_PAGE, limit: int | None = None, now: Time | None = None, **filters: Any
    ) -> Iterator[pd.DataFrame]:
        """Yield jobs in frames of a page each, asked for as the loop goes; read by key, so that none is skipped.

        A job that changes meanwhile comes again in a later frame; every other one comes once.

        Args:
            page_size: rows to ask for at once, 1 to 1000.
            limit: how many rows at most in all; `attrs["count"]` of each frame tells how many there are.
            now: what durations count back from.
            filters: those of `jobs`, `order` excepted.

        Raises:
            InvalidParameter: a filter that the service does not take.
        """
        known = {parameter.name for parameter in service("jobs").parameters} - {"order"}
        for name in filters:
            if name not in known:
                msg = f"iter_jobs({name}=…): jobs/ has no such filter.{did_you_mean(name, known)} It has {', '.join(sorted(known))}."
                raise InvalidParameter(msg)
        _, size = paging(1, page_size) or (1, page_size)
        query = self._query("jobs", filters, now=now, limit=limit)
        refuse_reversed(query.window, filters.get("started"), filters.get("ended"))
        frame = pd.DataFrame()
        for frame in jobs.iter_jobs(self._reader, query, size):
            yield frame
        self._refuse_typos(query, frame)

    def newest_job(self, *, since: datetime | None = None) -> tuple[datetime | None, int]:
        """Return the greatest last_modified of a job, None without any, and how many jobs were modified since an instant."""
        return jobs.newest(self.http, since)

    def oldest_job(self) -> datetime | None:
        """Return the least last_modified of a job; None without any."""
        return jobs.oldest(self.http)

    def count_jobs(self, started: datetime | None, ended: datetime) -> int:
        """Return how many jobs the server says were modified from an instant to another, both included."""
        return jobs.count(self.http, started, ended)

    def job_type_rows(self) -> tuple[list[Any], list[str]]:
        """Return the rows of job-types/ as v6 sends them, each once, and what there is to say of them."""
        return job_types.job_type_rows(self._reader)

    def rows(self, path: str, params: Params = ()) -> list[Any]:
        """Return all rows of any v6 list as the server sends them, each id once: `scale.rows("nodes/")`."""
        return unique(self._reader.rows(path, params)[0])

    def job_link(self, id: int) -> str:
        """Return where Scale's own UI shows a job; needs `ui_url=`."""
        return self._link(_JOB.format(whole(id, name="id")))

    def job_type_link(self, name: str, version: str) -> str:
        """Return where Scale's own UI shows a job type; needs `ui_url=`."""
        return self._link(_JOB_TYPE.format(quote(str(name), safe=""), quote(str(version), safe="")))

    def linked(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return a frame of jobs, job types or an analysis with a last column `link`: where Scale's own UI shows each row.

        Raises:
            InvalidParameter: there is no `ui_url=`, or the rows are neither jobs nor of a job type.
        """
        if {"name", "version"} <= set(frame.columns):
            links = [self.job_type_link(*pair) for pair in zip(frame["name"], frame["version"], strict=True)]
        elif {"id", "job_type_id", "status"} <= set(frame.columns):
            links = [self.job_link(id) for id in frame["id"]]
        else:
            msg = f"linked(): these rows are neither jobs nor of a job type; they have {', '.join(map(str, frame.columns))}."
            raise InvalidParameter(msg)
        linked = frame.assign(link=pd.array(links, dtype="str"))
        linked.attrs = frame.attrs
        return linked

    def _link(self, place: str) -> str:
        if self._ui_url is None:
            msg = 'Links need the address of Scale\'s UI. Give connect(…, ui_url="https://scale.example/").'
            raise InvalidParameter(msg)
        return f"{self._ui_url}/{place}"

    def close(self) -> None:
        """Let go of the connections. The server can still be asked: it connects again."""
        self.http.close()

    def __repr__(self) -> str:
        return f"<Scale {self.url}, {self._about}>"

    def __reduce__(self) -> NoReturn:
        msg = "Scale objects cannot be pickled because the token would leak. Call jt.connect() in the other process."
        raise TypeError(msg)

    def _scope(self, source: str | None, now: Time | None = None, times: Sequence[Time | None] = ()) -> Scope:
        return self._reader.scope(source, now, times)

    def _answer(self, query: Query) -> pd.DataFrame:
        return _ANSWERS[query.service.name](self._reader, query)

    def _values(self, name: str, scope: Scope) -> Collection[str]:  # noqa: ARG002
        if name == "status":
            return STATUSES
        try:
            return {str(row.get("name")) for row in self.rows(service("job_type_names").url)}
        except ToolkitError:
            return ()

    def _details(self, query: Query) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        answer = job_types.revision if "revision_num" in query.service.path_parameters else job_types.details
        return answer(self._reader, query)

    def _validated(self, manifest: Any, configuration: Any, scope: Scope) -> Validation:  # noqa: ARG002
        return writes.validated(self, self._reader, manifest, configuration)

    def _planned(self, request: ChangeRequest, source: str | None) -> Plan:
        missing = self._no_job_type(request.name, request.version, self._scope(source))
        return writes.planned(self, self._reader, request, missing)

    def _no_job_type(self, name: Any, version: Any, scope: Scope, *, revision_num: int | None = None) -> str:
        message = super()._no_job_type(name, version, scope, revision_num=revision_num)
        if isinstance(version, str) and not is_addressable(version):
            return f"{message} A v6 server has no address for a version with such letters (D14)."
        return message
