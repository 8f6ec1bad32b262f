"""Filters and orders of jobs/ and errors/, from v6's names to SQL: identifiers come from the vocabulary, values are bound.

v6 takes any field of its models, and a field of a related one behind `__`: `node__hostname` is the path `node.hostname` of the
vocabulary. What job types and errors say is looked up here, so that no query on jobs joins them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from jobtype_toolkit.api.resources import ERROR, JOB, JOB_TYPE_ROW, NOT_IN_LISTS
from jobtype_toolkit.api.services import service
from jobtype_toolkit.server.data import Known
from jobtype_toolkit.server.request import V6Request
from jobtype_toolkit.sqlfiles import quoted, sql

Order = list[tuple[str, bool]]
"""Names to sort by, each with whether it ascends."""

_AT = {"started": "last_modified >=", "ended": "last_modified <="} | {
    "source_started": "source_started >=",
    "source_ended": "source_ended <=",
}
_COLUMN = {"job_id": "id"}
"""Where a filter is called otherwise than its column."""
_LOOKED_UP = {"job_type_name": ("job_type_id", "name"), "error_category": ("error_id", "category")}
"""Filters on what another resource says: the column with its id, and the field."""
_EXACT = [one for one in service("jobs").parameters if one.repeatable and one.name not in ("order", *_LOOKED_UP)]
_SORTABLE = {
    **{"__".join(one.json_path): one.name for one in JOB.stored if one.name not in NOT_IN_LISTS and one.type != "json"},
    **{one.name: one.name for one in JOB.stored if one.name.endswith("_id") and one.path.endswith(".id")},
    **{one.name.removesuffix("_id"): one.name for one in JOB.stored if one.name.endswith("_id") and one.type == "int"},
    "pk": "id",
}
"""v6's names of what jobs are sorted by → the column."""
_RELATED = {"job_type": ("job_type_id", JOB_TYPE_ROW), "error": ("error_id", ERROR)}
_DURATION = "ended - started"


@dataclass(frozen=True)
class Where:
    """The parts of a query on jobs."""

    bound: dict[str, Any]
    fragments: dict[str, str]
    keys: str
    order: str
    sorting: dict[str, Any]
    """What only the order binds."""


@dataclass
class JobQuery:
    """The filters and the order of a request to jobs/."""

    order: Order
    moved: Mapping[int, Any]
    exact: dict[str, Sequence[Any]] = field(default_factory=dict)
    looked_up: dict[str, Sequence[str]] = field(default_factory=dict)
    times: dict[str, Any] = field(default_factory=dict)
    is_superseded: bool | None = None

    @classmethod
    def of(cls, request: V6Request) -> JobQuery:
        """Read a request; what v6 refuses is refused before anything is read."""
        started, ended = request.window()
        query = cls(_job_order(request), request.moved, is_superseded=request.flag("is_superseded"))
        times = {"started": started, "ended": ended}
        times |= {name: request.moment(name) for name in ("source_started", "source_ended")}
        query.times = {name: moment for name, moment in times.items() if moment is not None}
        for one in _EXACT:
            values = request.wholes(one.name) if one.kind == "int" else request.texts(one.name)
            if values is not None:
                query.exact[_COLUMN.get(one.name, one.name)] = values
        query.looked_up = {name: values for name in _LOOKED_UP if (values := request.texts(name)) is not None}
        return query

    def sql(self, known: Known) -> Where:
        """Return the query's parts."""
        bound: dict[str, Any] = {}
        tests = ["j.source = $source"]
        for name, moment in self.times.items():
            tests.append(f"j.{_AT[name]} ${name}")
            bound[name] = moment
        if self.is_superseded is not None:
            tests.append("coalesce(j.is_superseded, false) = $is_superseded")
            bound["is_superseded"] = bool(self.is_superseded)
        columns = [*self.exact.items()]
        for name, values in self.looked_up.items():
            column, key = _LOOKED_UP[name]
            rows = known.types if column == "job_type_id" else known.errors
            columns.append((column, [id for id, row in rows.items() if row[key] in values]))
        for number, (column, values) in enumerate(columns):
            tests.append(_is_one_of(f"j.{quoted(column)}", f"exact_{number}", values, bound))
        tables = {"final": "job_final", "open": "job_open"}
        if self.moved:
            tables = {name: sql("server/moved", table=table) for name, table in tables.items()}
            bound |= {"moved_ids": list(self.moved), "moved_stamps": list(self.moved.values())}
        keys, order, sorting = _sorting(self.order, known)
        return Where(bound, {**tables, "matching": " AND ".join(tests)}, keys, order, sorting)


def _is_one_of(column: str, name: str, values: Iterable[Any], bound: dict[str, Any]) -> str:
    """Return a condition, its values bound; one value is compared, which DuckDB answers without reading everything."""
    listed = list(values)
    if not listed:
        return "false"
    bound[name] = listed if len(listed) > 1 else listed[0]
    return f"list_contains(${name}, {column})" if len(listed) > 1 else f"{column} = ${name}"


def _sorting(order: Order, known: Known) -> tuple[str, str, dict[str, Any]]:
    """Return what to sort by as columns `key_0, …`, the ORDER BY of these, and what both bind."""
    keys, terms = [], []
    bound: dict[str, Any] = {}
    for number, (name, ascends) in enumerate([*order, ("id", True)]):
        if name == "duration":
            text = _DURATION
        elif name in _SORTABLE:
            text = f"j.{quoted(_SORTABLE[name])}"
        else:
            text, ranks = _rank_of(name, number, known)
            bound |= ranks
        keys.append(f"{text} AS key_{number}")
        terms.append(f"key_{number} {'ASC NULLS LAST' if ascends else 'DESC NULLS FIRST'}")
    return ", ".join(keys), ", ".join(terms), bound


def _rank_of(name: str, number: int, known: Known) -> tuple[str, dict[str, Any]]:
    """Return SQL for the place of a related row among the others by one of its fields, equal ones at the same place."""
    head, _, key = name.partition("__")
    column, _ = _RELATED[head]
    rows = known.types if head == "job_type" else known.errors
    values = sorted({row[key] for row in rows.values() if row[key] is not None})
    places = {value: place for place, value in enumerate(values)}
    ranks = {id: places[row[key]] for id, row in rows.items() if row[key] is not None}
    bound = {f"ids_{number}": list(ranks), f"ranks_{number}": list(ranks.values())}
    return f"map($ids_{number}::BIGINT[], $ranks_{number}::BIGINT[])[j.{quoted(column)}]", bound


def _job_order(request: V6Request) -> Order:
    given = [value for key, value in request.query if key == "order"]
    if given and given[0].removeprefix("-") in ("duration", "job_type"):
        name = given[0].removeprefix("-")
        return [("duration" if name == "duration" else "job_type__name", not given[0].startswith("-"))]
    return [_direction(key, request, _is_job_field) for key in given] or [("last_modified", True)]


def _is_job_field(name: str) -> bool:
    return name in _SORTABLE or ("__" in name and name in job_orders())


def _direction(key: str, request: V6Request, is_field: Any) -> tuple[str, bool]:
    name = key.removeprefix("-")
    if not is_field(name):
        raise request.mistake(f"Cannot resolve keyword into field: {key[:100]}")
    return name, not key.startswith("-")


def job_orders() -> list[str]:
    """Return the names that jobs can be sorted by."""
    related = [f"{head}__{one.name}" for head, (_, row) in _RELATED.items() for one in row.fields if one.type != "json"]
    return [*dict.fromkeys([*_SORTABLE, *related, "duration"])]


def error_orders() -> list[str]:
    """Return the names that errors can be sorted by."""
    return [*ERROR.names, "pk"]


def error_order(request: V6Request) -> Order:
    """Return what errors are sorted by."""
    given = [value for key, value in request.query if key == "order"]
    order = [_direction(key, request, lambda name: name == "pk" or name in ERROR.names) for key in given]
    return [("id" if name == "pk" else name, ascends) for name, ascends in order] or [("last_modified", True)]


def sorted_errors(rows: Sequence[Mapping[str, Any]], order: Order) -> list[Mapping[str, Any]]:
    """Return errors sorted; missing values are last when ascending and first when descending, as in PostgreSQL."""
    found = list(rows)
    for name, ascends in reversed(order):
        present = [row for row in found if row[name] is not None]
        absent = [row for row in found if row[name] is None]
        present.sort(key=lambda row: row[name], reverse=not ascends)
        found = present + absent if ascends else absent + present
    return found
