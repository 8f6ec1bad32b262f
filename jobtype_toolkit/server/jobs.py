"""The job history: jobs, one job, its executions, errors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jobtype_toolkit.server.bodies import EXECUTION_SHAPE, JOB_SHAPE, with_extra
from jobtype_toolkit.server.data import Data, Reading, error_body
from jobtype_toolkit.server.job_types import revision_body
from jobtype_toolkit.server.matching import JobQuery, error_order, sorted_errors
from jobtype_toolkit.server.paging import cut, listed, stretch
from jobtype_toolkit.server.request import V6Request
from jobtype_toolkit.server.response import V6Response, answer, not_found
from jobtype_toolkit.sqlfiles import quoted

_TABLES = ("job_final", "job_open")
_COLUMNS = ", ".join(quoted(name) for name in JOB_SHAPE.columns)
EXECUTION_BEYOND = ("task_results", "resources", "configuration", "output")
"""What the details of an execution have beyond the list, and no list tells."""
JOB_BEYOND = ("superseded_by_job", "resources", "execution", "input", "output", "configuration")
"""What the details of a job have beyond the list, in v6's order."""
_LARGEST = 2**63


def jobs(facts: Data, request: V6Request) -> V6Response:
    """Answer jobs/: those that match the filters, by last_modified if no order is given."""
    query = JobQuery.of(request)
    with facts.reading() as reading:
        where = query.sql(reading.known)
        count = int(reading.ask("jobs_count", where.bound, **where.fragments)[0]["n"])
        offset, size = stretch(request, count)
        slices = {"limit": size, "offset": offset}
        places = reading.ask(
            "jobs_page", where.bound | where.sorting | slices, keys=where.keys, order=where.order, **where.fragments
        )
        rows = _at(reading, [(one["part"], one["place"]) for one in places])
        bodies = [request.release.listed(_body(row, reading, request)) for row in rows]
    return listed(request, bodies, count)


def _at(reading: Reading, places: list[tuple[int, int]]) -> list[dict[str, Any]]:
    """Return the rows at some places of the two tables of jobs, in the order of the places."""
    found: dict[tuple[int, int], dict[str, Any]] = {}
    for part, table in enumerate(_TABLES):
        wanted = [place for where, place in places if where == part]
        if wanted:
            rows = reading.ask("jobs_rows", {"places": wanted}, table=table, columns=_COLUMNS)
            found |= {(part, row["place"]): row for row in rows}
    return [found[place] for place in places]


def _body(row: Mapping[str, Any], reading: Reading, request: V6Request) -> dict[str, Any]:
    body = JOB_SHAPE.body(row, reading.known.embed)
    moved = request.moved.get(row["id"])
    if moved is not None:
        body["last_modified"] = moved.isoformat() + "Z"
    return body


def job(facts: Data, request: V6Request) -> V6Response:
    """Answer jobs/{id}/: the row of the list and more; what no list tells is null, unless it was loaded."""
    number = _number(request.place["id"])
    with facts.reading() as reading:
        row = _one_job(reading, "id", number)
        if row is None:
            raise not_found()
        body = _body(row | {"extra": None}, reading, request)
        if row["superseded_job_id"] is not None:
            body["superseded_job"] = (
                _related(_one_job(reading, "id", row["superseded_job_id"]), reading) or body["superseded_job"]
            )
        revision = revision_body(reading, row["job_type_id"], row["revision_num"])
        body["job_type_rev"] = revision or body["job_type_rev"]
        known = {
            "superseded_by_job": _related(_one_job(reading, "superseded_job_id", number), reading),
            "execution": _execution(reading, row),
        }
        body |= dict.fromkeys(JOB_BEYOND) | known
        return answer(with_extra(body, row["extra"]))


def _one_job(reading: Reading, column: str, value: int) -> dict[str, Any] | None:
    for table in _TABLES:
        found = reading.ask("job", {"value": value}, table=table, columns=_COLUMNS, column=quoted(column))
        if found:
            return found[0]
    return None


def _related(row: Mapping[str, Any] | None, reading: Reading) -> dict[str, Any] | None:
    if row is None:
        return None
    return {"id": row["id"], "job_type": reading.known.bases.get(row["job_type_id"]), "status": row["status"]}


def _execution(reading: Reading, row: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the current execution of a job; none while it is PENDING, BLOCKED or CANCELED."""
    if row["status"] in ("PENDING", "BLOCKED", "CANCELED"):
        return None
    found = reading.ask("executions", {"job_id": row["id"], "exe_num": row["num_exes"]})
    return _execution_details(found[0], reading) if found and row["num_exes"] is not None else None


def executions(facts: Data, request: V6Request) -> V6Response:
    """Answer jobs/{id}/executions/: newest first; nothing for an unknown job."""
    exact = {
        "status": request.texts("status"),
        "node_id": request.wholes("node_id"),
        "error_id": request.wholes("error_id"),
    }
    categories = request.texts("error_category")
    with facts.reading() as reading:
        rows = reading.ask("executions", {"job_id": _number(request.place["id"]), "exe_num": None})
        errors = reading.known.errors
        found = [
            row
            for row in rows
            if all(wanted is None or row[name] in wanted for name, wanted in exact.items())
            and (categories is None or (errors.get(row["error_id"]) or {}).get("category") in categories)
        ]
        page, count = cut(request, found)
        return listed(request, [EXECUTION_SHAPE.body(row, reading.known.embed) for row in page], count)


def execution(facts: Data, request: V6Request) -> V6Response:
    """Answer jobs/{id}/executions/{exe_num}/."""
    bound = {"job_id": _number(request.place["id"]), "exe_num": _number(request.place["exe_num"])}
    with facts.reading() as reading:
        rows = reading.ask("executions", bound)
        if not rows:
            raise not_found()
        return answer(_execution_details(rows[0], reading))


def _execution_details(row: Mapping[str, Any], reading: Reading) -> dict[str, Any]:
    body = EXECUTION_SHAPE.body({**row, "extra": None}, reading.known.embed)
    return with_extra(body | dict.fromkeys(EXECUTION_BEYOND), row["extra"])


def errors(facts: Data, request: V6Request) -> V6Response:
    """Answer errors/: of a repeated filter the last one counts."""
    started, ended = request.window()
    wanted = {
        name: values[-1] if (values := request.texts(name)) else None for name in ("name", "job_type_name", "category")
    }
    is_builtin = request.flag("is_builtin")
    order = error_order(request)
    with facts.reading() as reading:
        found = [
            row
            for row in reading.known.errors.values()
            if all(value is None or row[name] == value for name, value in wanted.items())
            and (is_builtin is None or row["is_builtin"] is is_builtin)
            and (started is None or (row["last_modified"] is not None and row["last_modified"] >= started))
            and (ended is None or (row["last_modified"] is not None and row["last_modified"] <= ended))
        ]
        page, count = cut(request, sorted_errors(found, order))
        return listed(request, [error_body(row) for row in page], count)


def error(facts: Data, request: V6Request) -> V6Response:
    """Answer errors/{id}/."""
    with facts.reading() as reading:
        row = reading.known.errors.get(_number(request.place["id"]))
        if row is None:
            raise not_found()
        return answer(error_body(row))


def _number(text: str) -> int:
    """Return the id in a URL; one that no database holds is of nothing."""
    return int(text) if len(text) < len(str(_LARGEST)) else -1
