"""The services around those of job types and jobs: version, workspaces, logs, and lists that are always empty."""

from __future__ import annotations

from collections.abc import Mapping

from jobtype_toolkit.server.data import Data
from jobtype_toolkit.server.paging import cut, listed
from jobtype_toolkit.server.request import V6Request
from jobtype_toolkit.server.response import V6Response, answer

Logs = Mapping[int, str | Mapping[str, str]]
"""Logs by the id of the execution: one text, or one each for `stdout`, `stderr` and `combined`."""

WORKSPACE_KEYS = (
    "id",
    "name",
    "title",
    "description",
    "base_url",
    "is_active",
    "created",
    "deprecated",
    "last_modified",
)


def version(facts: Data, request: V6Request) -> V6Response:
    """Answer version/, which is open to everyone."""
    return answer({"version": request.release.version})


def workspaces(facts: Data, request: V6Request) -> V6Response:
    """Answer workspaces/: what the store knows of them, and null."""
    with facts.reading() as reading:
        page, count = cut(request, reading.ask("workspaces", {}))
    return listed(request, [dict.fromkeys(WORKSPACE_KEYS) | row for row in page], count)


def nothing(facts: Data, request: V6Request) -> V6Response:
    """Answer job-executions/, which lists nothing on a real server either."""
    return listed(request, [], 0)


class LogService:
    """Answers job-executions/{id}/logs/{stream}/: 204 if there is no log."""

    def __init__(self, logs: Logs) -> None:
        """Take the logs there are."""
        self._logs = logs

    def __call__(self, _: Data, request: V6Request) -> V6Response:
        """Return the text of a log."""
        found = self._logs.get(int(request.place["id"][:18]))
        text = found if found is None or isinstance(found, str) else found.get(request.place["stream"])
        if text is None:
            return V6Response(204, media_type=None)
        return V6Response(200, text.encode("utf-8", "replace"), "text/plain; charset=utf-8")
