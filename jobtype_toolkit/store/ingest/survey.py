"""One look at the rows of `incoming`: what a merge can leave out, and what is to be said of them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import duckdb

from jobtype_toolkit.api.resources import OPEN_STATUSES, STATUSES
from jobtype_toolkit.sqlfiles import literal
from jobtype_toolkit.store.engine import script

_OF_TYPES = {
    "types_by_name": "job_type_id IS NULL",
    "types_unknown": "job_type_id IS NOT NULL AND job_type_id NOT IN (SELECT id FROM job_type WHERE source = $source)",
}
_OF_ERRORS = {
    "errors_by_name": "error_id IS NULL AND (error_name IS NOT NULL OR error_category IS NOT NULL)",
    "errors_unknown": "error_id IS NOT NULL AND error_id NOT IN (SELECT id FROM error WHERE source = $source)",
}
_OF_JOBS = {
    "open": f"status IN ({', '.join(map(literal, OPEN_STATUSES))})",
    "failed": "status = 'FAILED'",
    "timeless": "last_status_change IS NULL AND status <> 'PENDING'",
    "odd": f"NOT list_contains([{', '.join(map(literal, STATUSES))}], status)",
    "late": "greatest(last_status_change, last_modified) > $observed::TIMESTAMP",
}
_TESTS = {
    "jobs": _OF_TYPES | _OF_ERRORS | _OF_JOBS,
    "job_executions": _OF_TYPES | _OF_ERRORS,
    "job_type_revisions": _OF_TYPES,
}
_NEEDS = {
    "types_unknown": {"job_type_id"},
    "errors_by_name": {"error_name", "error_category"},
    "errors_unknown": {"error_id"},
}
"""The fields of which one is needed that a row can be of a kind."""


@dataclass(frozen=True, slots=True)
class Survey:
    """How many rows there are, and how many of each kind; 0 of a kind that the resource does not have."""

    rows: int
    ids: int
    types_by_name: int = 0
    """Rows that name a job type without its id."""
    types_unknown: int = 0
    """Rows with the id of a job type that the store does not have."""
    errors_by_name: int = 0
    """Rows that name an error, or its category, without its id."""
    errors_unknown: int = 0
    """Rows with the id of an error that the store does not have."""
    open: int = 0
    """Jobs that are not over."""
    failed: int = 0
    timeless: int = 0
    """Jobs that do not tell when they entered their status."""
    odd: int = 0
    """Jobs with a status that v6 does not have."""
    late: int = 0
    """Jobs with a time after that of the load."""
    newest: datetime | None = None
    """The newest time of jobs."""


def survey(
    con: duckdb.DuckDBPyConnection, name: str, source: str, observed: datetime | None, columns: Collection[str]
) -> Survey:
    """Look at the rows of `incoming`.

    Args:
        con: the connection with `incoming`.
        name: the resource, as a load calls it.
        source: whose rows they are.
        observed: when they were so.
        columns: the fields that they have; nothing need be asked about others.
    """
    has = {one: bool(fields & {*columns}) for one, fields in _NEEDS.items()}
    tests = {one: test for one, test in _TESTS.get(name, {}).items() if has.get(one, True)}
    counts = "".join(f", count(*) FILTER (WHERE {test})" for test in tests.values())
    newest = "greatest(max(last_status_change), max(last_modified))" if name == "jobs" else "NULL"
    bound = {"source": source, "observed": observed}
    answer = script(con, "store/ingest/merge.survey", bound, newest=newest, counts=counts).fetchone()
    latest, rows, ids, *others = answer or (None, 0, 0, *(0 for _ in tests))
    return Survey(rows, ids, **dict(zip(tests, others, strict=True)), newest=latest)
