"""`Scale`: a live v6 server, asked like a `Store`."""

from __future__ import annotations

from types import TracebackType
from typing import Any, NoReturn, Self
from urllib.parse import quote

import pandas as pd

from jobtype_toolkit.api.arguments import sort, whole
from jobtype_toolkit.api.resources import WORKSPACE
from jobtype_toolkit.errors import InvalidParameter, ServerFailed
from jobtype_toolkit.live.http import Http, Params
from jobtype_toolkit.live.jobs import JobReads
from jobtype_toolkit.live.queries import Asking, Clock, unique
from jobtype_toolkit.live.writes import Managing

_JOB, _JOB_TYPE = "processing/jobs/{}", "configuration/job-types/{}/{}"
"""Where Scale's own UI shows a job and a job type."""


class Scale(Managing, JobReads):
    """A live v6 server. Made by `jt.connect`; safe for several threads; `close()` or `with` lets go of its connections."""

    def __init__(self, http: Http, *, clock: Clock, ui_url: str | None, about: str) -> None:
        """Take the server, the clock that durations count back from, where its UI is, and what the repr tells of both."""
        self._asking = Asking(http, clock)
        self._ui_url = ui_url
        self._about = about

    @property
    def url(self) -> str:
        """The base URL, the part before `/v6/`; also what a store calls this server, where nothing else is said."""
        return self._asking.http.base

    @property
    def http(self) -> Http:
        """What sends the requests, for services that have no method here: `scale.http.get("nodes/").value`."""
        return self._asking.http

    @property
    def clock(self) -> Clock:
        """Tells the present; what durations count back from."""
        return self._asking.clock

    def version(self) -> str:
        """Return the release of the server (GET version/), which needs no token."""
        found = self.http.get("version/").value
        said = found.get("version") if isinstance(found, dict) else None
        if not isinstance(said, str):
            msg = f"{self.url}/v6/version/ does not tell a version. Is this a v6 server?"
            raise ServerFailed(msg, status=200)
        return said

    def workspaces(self) -> pd.DataFrame:
        """Return the workspaces (GET workspaces/): `name, is_active`; what configurations are checked against."""
        return sort(self._asking.frame("workspaces", self.rows("workspaces/"), WORKSPACE.fields), [("name", True)])

    def rows(self, path: str, params: Params = ()) -> list[Any]:
        """Return all rows of any v6 list as the server sends them, each id once: `scale.rows("nodes/")`."""
        return unique(self._asking.rows(path, params)[0])

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
        made = frame.assign(link=pd.array(links, dtype="str"))
        made.attrs = frame.attrs
        return made

    def _link(self, place: str) -> str:
        if self._ui_url is None:
            msg = (
                'There is no link without the address of Scale\'s UI. Give connect(…, ui_url="https://scale.example/").'
            )
            raise InvalidParameter(msg)
        return f"{self._ui_url}/{place}"

    def close(self) -> None:
        """Let go of the connections. The server can still be asked: it connects again."""
        self.http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Scale {self.url}, {self._about}>"

    def __reduce__(self) -> NoReturn:
        msg = "A Scale is not pickled: its token would be in the pickle. Connect anew over there."
        raise TypeError(msg)
