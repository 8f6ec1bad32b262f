"""How job types fare: status, pending, running, system failures and the queue, with what v6 falsifies (D30, D31)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jobtype_toolkit.api.fields import Field, Resource
from jobtype_toolkit.api.resources import ERROR
from jobtype_toolkit.api.services import Service as ServiceOf
from jobtype_toolkit.api.services import service as service_of
from jobtype_toolkit.api.times import v6_text, window
from jobtype_toolkit.backend import DEFAULT_STARTED
from jobtype_toolkit.server.bodies import falsified, falsified_error, flat_body
from jobtype_toolkit.server.data import Data, Reading
from jobtype_toolkit.server.paging import cut, listed
from jobtype_toolkit.server.request import V6Request
from jobtype_toolkit.server.response import V6Response
from jobtype_toolkit.sqlfiles import sql

_STATUS = service_of("status")
COUNTS = ("status", "count", "most_recent", "category")
"""The keys of an entry of `job_counts`, in v6's order."""

Service = Callable[[Data, V6Request], V6Response]


def status(facts: Data, request: V6Request) -> V6Response:
    """Answer job-types/status/: one row per job type, its counted jobs by status and category."""
    is_active = request.flag(request.release.activity)
    started, ended = request.moment("started"), request.moment("ended")
    times = [None if one is None else one.replace(tzinfo=request.now.tzinfo) for one in (started, ended)]
    span = window(times[0], times[1], now=request.now, default_started=DEFAULT_STARTED)
    bound = {
        "started": v6_text(span.started),
        "ended": v6_text(span.ended),
        "is_active": is_active if isinstance(is_active, bool) else None,
        **{name: list(values) for name, values in _STATUS.constants.items()},
    }
    with facts.reading() as reading:
        counts: dict[int, list[dict[str, Any]]] = {}
        for row in _rows(reading, _STATUS, **bound):
            entries = counts.setdefault(row["job_type_id"], [])
            if row["status"] is not None:
                entries.append(flat_body(row, _STATUS.row.pick(*COUNTS)))
        page, count = cut(request, list(counts))
        bases = reading.known.analysis_bases
        return listed(request, [{"job_type": bases[id], "job_counts": counts[id]} for id in page], count)


def _falsified(question: ServiceOf) -> Service:
    """Return the service of a question whose rows have a falsified job type, and perhaps an error."""
    own = own_fields(question.row)
    has_error = any(field.path.startswith("error.") for field in question.row.fields)

    def service(facts: Data, request: V6Request) -> V6Response:
        with facts.reading() as reading:
            page, count = cut(request, _rows(reading, question))
            known = reading.known
            bodies = []
            for row in page:
                body: dict[str, Any] = {"job_type": falsified(known.analysis_bases[row["job_type_id"]])}
                body["job_type"] = request.release.based(body["job_type"])
                if has_error:
                    body["error"] = falsified_error(flat_body(known.errors[row["error_id"]], ERROR.fields))
                bodies.append(body | flat_body(row, own))
            return listed(request, bodies, count)

    return service


def own_fields(row: Resource) -> tuple[Field, ...]:
    """Return the fields of an analysis that are not of the job type or the error."""
    return tuple(field for field in row.fields if not field.path)


def _rows(reading: Reading, question: ServiceOf, **bound: Any) -> list[dict[str, Any]]:
    return reading.snapshot.rows(sql(question.sql), {**bound, "source": reading.source})


pending = _falsified(service_of("pending"))
running = _falsified(service_of("running"))
system_failures = _falsified(service_of("system_failures"))
queue_status = _falsified(service_of("queue_status"))
