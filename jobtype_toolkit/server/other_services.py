"""The services around those of job types and jobs: version, workspaces, logs, and lists that are always empty."""

from __future__ import annotations

from collections.abc import Mapping

from jobtype_toolkit.server.data import Facts
from jobtype_toolkit.server.paging import cut, listed
from jobtype_toolkit.server.request import Asked
from jobtype_toolkit.server.response import Answer, answer

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


def version(facts: Facts, asked: Asked) -> Answer:
    """Answer version/, which is open to everyone."""
    return answer({"version": asked.release.version})


def workspaces(facts: Facts, asked: Asked) -> Answer:
    """Answer workspaces/: what the store knows of them, and null."""
    with facts.reading() as reading:
        page, count = cut(asked, reading.ask("workspaces", {}))
    return listed(asked, [dict.fromkeys(WORKSPACE_KEYS) | row for row in page], count)


def nothing(facts: Facts, asked: Asked) -> Answer:
    """Answer job-executions/, which lists nothing on a real server either."""
    return listed(asked, [], 0)


class LogService:
    """Answers job-executions/{id}/logs/{stream}/: 204 where there is no log."""

    def __init__(self, logs: Logs) -> None:
        """Take the logs there are."""
        self._logs = logs

    def __call__(self, _: Facts, asked: Asked) -> Answer:
        """Return the text of a log."""
        found = self._logs.get(int(asked.place["id"][:18]))
        text = found if found is None or isinstance(found, str) else found.get(asked.place["stream"])
        if text is None:
            return Answer(204, media_type=None)
        return Answer(200, text.encode("utf-8", "replace"), "text/plain; charset=utf-8")
