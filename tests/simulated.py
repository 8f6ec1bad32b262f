"""A v6 server of a test's own: jobs that are changed between requests and while one is answered, as on a real server.

What a page has is settled in two steps, as v6 does it: first the rows are counted, then those of the page are read; a test can
let things happen before each of them. A change stamps the row, which moves to the end of the list.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import pandas as pd
from histories import CHIPS, CHIPS_OLD, ERRORS, NODE_LOST, base, execution, job, listed

import jobtype_toolkit as jt
from jobtype_toolkit.api.times import instant, v6_text
from jobtype_toolkit.errors import AuthenticationFailed, InvalidPage, NotFound, Rejected, ServerFailed, ToolkitError
from jobtype_toolkit.live.scale import Scale
from jobtype_toolkit.testing import HttpRequest, Reply, Transport

MICROSECOND = timedelta(microseconds=1)
FINAL = ("COMPLETED", "FAILED", "CANCELED")


class Simulated:
    """Jobs by their ids, job types and errors, and what is to happen when."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        """The clock of the server; a test moves it."""
        self.jobs: dict[int, dict[str, Any]] = {}
        self.job_types: dict[int, dict[str, Any]] = {one["id"]: one for one in (CHIPS, CHIPS_OLD)}
        self.errors = list(ERRORS)
        self.views: dict[str, list[Any]] = {}
        """The rows of the live views by their paths."""
        self.named: dict[str, list[Any]] = {}
        """The rows of nodes and batches."""
        self.asked: list[tuple[str, tuple[tuple[str, str], ...]]] = []
        self.before_count: Callable[[], None] = lambda: None
        self.before_rows: Callable[[], None] = lambda: None
        self.trouble: Callable[[str], None] = lambda path: None
        """Called before each answer; it may raise what a client then tells, or an OSError for a line that breaks."""
        self._turn = threading.Lock()

    # What happens on the server.

    def add(self, status: str = "COMPLETED", at: datetime | None = None, *, id: int | None = None, **more: Any) -> int:
        """Make a job, stamped now or at an instant; return its id."""
        id = id or max(self.jobs, default=0) + 1
        stamp = at or self.now
        failed_with = NODE_LOST if status == "FAILED" else None
        self.jobs[id] = job(id, CHIPS_OLD, status, stamp, failed_with, **{"last_modified": stamp, **more})
        return id

    def change(self, id: int, status: str, at: datetime | None = None) -> None:
        """Let a job enter a status."""
        self.add(status, at, id=id)

    def purge(self, id: int) -> None:
        del self.jobs[id]

    # What it answers.

    def __call__(self, request: HttpRequest) -> Any:
        """Answer a client, one request at a time."""
        with self._turn:
            try:
                self.trouble(request.service)
                return self.answer(request.service, request.query)
            except (AuthenticationFailed, NotFound, Rejected, ServerFailed) as error:
                return _reply(error)

    def answer(self, path: str, params: Sequence[tuple[str, Any]] = ()) -> Any:
        """Return the body of an answer.

        Raises:
            NotFound, Rejected: as a client does for v6's 404 and 400.
        """
        query = tuple((name, str(value)) for name, value in params)
        self.asked.append((path, query))
        match path.split("/")[:-1]:
            case ["version"]:
                return {"version": "7.2.0"}
            case ["jobs"]:
                return self._jobs(query)
            case ["jobs", id, "executions"]:
                return self._executions(int(id), query)
            case ["job-types"]:
                return _page([listed(one) for one in self.job_types.values()], query)
            case ["job-types", name, version]:
                return self._type(name, version)
            case ["job-types", name, version, "revisions"]:
                found = self._type(name, version)
                rows = [_revision(found, number + 1) for number in range(found["revision_num"])]
                return _page([{key: one[key] for key in one if key != "manifest"} for one in rows], query)
            case ["job-types", name, version, "revisions", number]:
                return _revision(self._type(name, version), int(number))
            case ["nodes" | "batches" as name]:
                return _page(self.named.get(name, []), query)
            case ["errors"]:
                return _page(self.errors, query)
            case ["workspaces"]:
                return _page([{"id": 1, "name": "products", "is_active": True}], query)
            case ["job-types", "status"] if path not in self.views:
                return _page(self._status(dict(query)), query)
            case ["job-types", _] | ["queue", _]:
                return _page(self.views.get(path, []), query)
        raise NotFound(path)

    def _status(self, asked: dict[str, str]) -> list[Any]:
        """Return v6's row of each job type, with its counts of a window; RUNNING jobs count whatever their age."""
        started, ended = (instant(asked[name]) if name in asked else None for name in ("started", "ended"))
        counts: dict[int, dict[tuple[str, str | None], int]] = {id: {} for id in self.job_types}
        for row in self.jobs.values():
            changed = instant(row["last_status_change"])
            if row["status"] == "RUNNING" or (
                (not started or changed >= started) and (not ended or changed <= ended)
            ):  # fmt: skip
                found = counts[row["job_type"]["id"]]
                key = row["status"], row["error"]["category"] if row["error"] else None
                found[key] = found.get(key, 0) + 1
        return [
            {
                "job_type": base(one),
                "job_counts": [
                    {"status": status, "count": count, "most_recent": v6_text(self.now), "category": category}
                    for (status, category), count in counts[id].items()
                ],
            }
            for id, one in self.job_types.items()
        ]

    def _jobs(self, query: Sequence[tuple[str, str]]) -> Any:
        asked = dict(query)
        started, ended = (instant(asked[name]) if name in asked else None for name in ("started", "ended"))
        if started and ended and started >= ended:
            raise Rejected("Start time must come before end time", status=400, detail="")
        ids = {int(value) for name, value in query if name == "job_id"}

        def matching() -> list[Any]:
            stamped = [(instant(one["last_modified"]), one["id"], one) for one in self.jobs.values()]
            found = [
                one
                for one in stamped
                if (not started or one[0] >= started) and (not ended or one[0] <= ended) and (not ids or one[1] in ids)
            ]
            order = [value for name, value in query if name == "order"]
            is_down = bool(order) and order[0].startswith("-")
            key = (lambda one: one[1]) if order == ["id"] else (lambda one: one[:2])
            return [one for _, _, one in sorted(found, key=key, reverse=is_down)]

        self.before_count()
        count = len(matching())
        self.before_rows()
        return _page(matching(), query, count)

    def _executions(self, id: int, query: Sequence[tuple[str, str]]) -> Any:
        if id not in self.jobs:
            raise NotFound(f"jobs/{id}/")
        of = self.jobs[id]
        return _page([execution(id * 10 + 1, of, 1, "FAILED", job_id=id)], query)

    def _type(self, name: str, version: str) -> Any:
        for one in self.job_types.values():
            if (one["name"], one["version"]) == (name, version):
                return one
        raise NotFound(f"job-types/{name}/{version}/")


def _revision(of: dict[str, Any], number: int) -> dict[str, Any]:
    return {
        "id": of["id"] * 100 + number,
        "job_type": base(of),
        "revision_num": number,
        "docker_image": f"image:{number}",
        "created": "2026-01-01T00:00:00Z",
        "manifest": {**of["manifest"], "revision": number},
    }


def _page(rows: Sequence[Any], query: Sequence[tuple[str, str]], count: int | None = None) -> dict[str, Any]:
    """Return a page of v6's envelope: `next` comes from the count, the rows from what is there now."""
    asked = dict(query)
    size, number = int(asked.get("page_size", 100)), int(asked.get("page", 1))
    count = len(rows) if count is None else count
    if number > max(1, -(-count // size)):
        raise InvalidPage("Invalid page.")
    following = f"http://elsewhere.example/?page={number + 1}" if number * size < count else None
    return {"count": count, "next": following, "previous": None, "results": list(rows[(number - 1) * size :][:size])}


def _reply(error: ToolkitError) -> Reply:
    """Return what a server answers that a client tells so."""
    if isinstance(error, InvalidPage):
        return Reply(404, {"detail": "Invalid page."})
    status = 404 if isinstance(error, NotFound) else 403 if isinstance(error, AuthenticationFailed) else error.status
    return Reply(status, {"detail": str(error)})


def scale_of(server: Simulated) -> Scale:
    """Return a client of a simulated server, with the server's clock; it asks nothing again."""
    return jt.connect(
        "http://simulated.example/api",
        transport=Transport(server),
        clock=lambda: server.now,
        retries=jt.Retries(count=0),
    )


FACTS = ("id", "job_type_id", "status", "last_modified", "last_status_change", "error_id", "num_exes")


def there(rows: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Return the same of v6's own rows."""
    return [
        (
            one["id"],
            one["job_type"]["id"],
            one["status"],
            *(None if one[name] is None else pd.Timestamp(one[name]) for name in FACTS[3:5]),
            one["error"]["id"] if one["error"] else None,
            one["num_exes"],
        )
        for one in sorted(rows, key=lambda one: one["id"])
    ]


def here(store: Any, source: str | None = None) -> list[tuple[Any, ...]]:
    """Return what a store holds of each job, by id, to compare with `there`; a job that is there twice is there twice."""
    query = f"SELECT {', '.join(FACTS)} FROM job WHERE source = $source OR $source IS NULL ORDER BY id"
    with store._reading() as con:  # `sql` takes ten times as long
        rows = con.execute(query, {"source": source}).fetchall()
    return [
        tuple(pd.Timestamp(one).tz_localize("UTC") if isinstance(one, datetime) else one for one in row) for row in rows
    ]
