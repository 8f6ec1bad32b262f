"""How job types fare, asked of a live server: status, pending, running, failures, the queue, and the jobs and errors."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

import pandas as pd

from jobtype_toolkit import hints
from jobtype_toolkit.api.arguments import DURATION, check_page
from jobtype_toolkit.api.resources import BLOCK, CATEGORIES, JOB, NOT_IN_LISTS, STATUSES
from jobtype_toolkit.api.services import Order
from jobtype_toolkit.api.times import Window, v6_text
from jobtype_toolkit.backend import Query
from jobtype_toolkit.errors import InvalidPage, InvalidParameter, ServerFailed, ToolkitError
from jobtype_toolkit.frames import sort
from jobtype_toolkit.live.http import Http, Params
from jobtype_toolkit.live.paging import (
    Fresh,
    KeysetPage,
    by_key,
    first_readable,
    following,
    last_modified,
    numbered,
    page,
    pages,
)
from jobtype_toolkit.live.queries import NOTHING, ServerReader, unique

JOBS_PER_PAGE = 250
"""How many jobs are asked for at once: a server spends about 12 ms on each."""
_UNSORTABLE = NOT_IN_LISTS | {"input_files"}
"""What a server cannot sort jobs by."""
_BY_LAST_MODIFIED: Order = (("last_modified", True), ("id", True))
_FALSIFIED = ("is_system", "unmet_resources")
"""Fields of the job type that all analyses but status send without looking (D30)."""
_FALSIFIED_OF_ERROR = ("is_builtin", "should_be_retried", "job_type_name")
"""Fields of the error that system failures send without looking (D31)."""
_BASE = tuple(field.json_path[-1] for field in BLOCK)


def status(reader: ServerReader, query: Query) -> pd.DataFrame:
    """Return one row per job type, status and category, in the order of the server and of a job's life."""
    params = reader.params(query)
    rows, _ = reader.rows(query.service.url, params)
    is_active = query.filters["is_active"]
    bodies = [count for row in rows for count in _counts(row) if _is_wanted(count, is_active)]
    return reader.frame(query, bodies, params=params)


def analysis(reader: ServerReader, query: Query) -> pd.DataFrame:
    """Return an analysis whose job type and error a server falsifies, with the truth filled in by id."""
    rows, _ = reader.rows(query.service.url)
    notes: list[str] = []
    if rows:
        types = _by_id(reader, "job-types/", (), notes)
        rows = [_filled(row, "job_type", types, _FALSIFIED, _BASE) for row in rows]
    if rows and "error_id" in query.service.row.names:
        errors = _by_id(reader, "errors/", [("order", "last_modified"), ("order", "id")], notes)
        rows = [_filled(row, "error", errors, _FALSIFIED_OF_ERROR, _FALSIFIED_OF_ERROR) for row in rows]
    return sort(reader.frame(query, rows, notes=notes), query.service.order)


def errors(reader: ServerReader, query: Query) -> pd.DataFrame:
    """Return one row per error. A server takes only the last of several values; the others are matched here."""
    several = {name: values for name, values in query.filters.items() if isinstance(values, list) and len(values) > 1}
    params = reader.params(query, without=tuple(several))
    if params is NOTHING:
        return reader.frame(query, [], params=params)
    rows, _ = reader.rows("errors/", [*params, ("order", "last_modified"), ("order", "id")])
    wanted = {name: values for name, values in query.filters.items() if isinstance(values, list)}
    kept = [row for row in unique(rows) if _has_one_of(row, wanted)]
    return reader.frame(query, kept, params=params)


def jobs(reader: ServerReader, query: Query) -> pd.DataFrame:
    """Return the page or the first rows asked for, or all; `attrs["count"]` is the number of all that match."""
    for name, _ in query.order:
        if name in _UNSORTABLE:
            msg = f"{hints.argument('order', name)}: a v6 server cannot sort jobs by it. Sort the answer instead, or pull into a store."
            raise InvalidParameter(msg)
    http, window, params = reader.http, _window(query), reader.params(query, without=("started", "ended"))
    if params is NOTHING:
        rows: list[Any] = []
        count = 0
        if query.page:
            check_page(query.page, 0)
    elif query.page:
        rows, count = _page(http, params, query)
    elif query.order and query.limit:
        rows, count = _first(http, params, query, query.limit)
    else:
        rows, count = _by_key(http, params, window, query.limit)
    frame = reader.frame(query, rows, params=params)
    if not query.page:
        frame = _sorted(frame, query.order)
    frame.attrs["count"] = count if query.page else max(count, len(frame))
    return frame


def _sorted(frame: pd.DataFrame, order: Order) -> pd.DataFrame:
    """Return jobs in the order that was asked for, and by last_modified, then id."""
    if not any(name == DURATION for name, _ in order):
        return sort(frame, [*order, *_BY_LAST_MODIFIED])
    attrs = frame.attrs
    frame = sort(frame.assign(**{DURATION: frame["ended"] - frame["started"]}), [*order, *_BY_LAST_MODIFIED])
    frame = frame.drop(columns=DURATION)
    frame.attrs = attrs
    return frame


def iter_jobs(reader: ServerReader, query: Query, size: int) -> Iterator[pd.DataFrame]:
    """Yield jobs in frames of a page each, read by key; `query.limit` is the maximum number of rows in all."""
    params = reader.params(query, without=("started", "ended"))
    left, fresh = query.limit, Fresh()
    if params is NOTHING:
        return
    for found in _keyset_pages(reader.http, params, _window(query), size if left is None else min(size, left)):
        rows = fresh(found.page.rows)[:left]
        if rows:
            frame = reader.frame(query, rows, params=params)
            frame.attrs["count"] = found.page.count
            yield frame
        if left is not None:
            left -= len(rows)
            if left <= 0:
                return


def newest(http: Http, since: datetime | None) -> tuple[datetime | None, int]:
    """Return the greatest last_modified of a job, None without any, and how many jobs were modified since an instant."""
    found = first_readable(http, [*_bounds(Window(since, None)), ("order", "-last_modified"), ("order", "-id")])
    return (last_modified(found.rows[0]) if found.rows else None), found.count


def oldest(http: Http) -> datetime | None:
    """Return the least last_modified of a job; None without any, or if the server fails on it."""
    try:
        found = page(http, "jobs/", [("order", "last_modified"), ("order", "id"), ("page_size", 1)])
    except ServerFailed as error:
        if error.status != 500:
            raise
        return None  # it fails on this very job
    return last_modified(found.rows[0]) if found.rows else None


def count(http: Http, started: datetime | None, ended: datetime) -> int:
    """Return how many jobs the server says were modified from an instant to another, both included."""
    return first_readable(http, _bounds(Window(started, ended))).count


def _keyset_pages(http: Http, params: Params, window: Window, size: int) -> Iterator[KeysetPage]:
    end = None if window.ended is None else following(window.ended)
    return by_key(http, params, started=window.started, ended=end, size=size)


def _by_key(http: Http, params: Params, window: Window, most: int | None) -> tuple[list[Any], int]:
    """Read all, or as many of the first as are asked for, by last_modified."""
    rows: list[Any] = []
    count = None
    for found in _keyset_pages(http, params, window, min(most or JOBS_PER_PAGE, JOBS_PER_PAGE)):
        rows += found.page.rows
        count = found.page.count if count is None else count
        if most is not None and len(rows) >= most and len(first := unique(rows)) >= most:
            return first[:most], max(count, most)
    every = unique(rows)
    return every, len(every)


def _first(http: Http, params: Params, query: Query, most: int) -> tuple[list[Any], int]:
    """Read the first rows in an order of the caller's, by page numbers."""
    rows: list[Any] = []
    count = 0
    asked = [*params, *_bounds(_window(query)), *_order(query.order)]
    for found in pages(http, "jobs/", asked, size=min(most, JOBS_PER_PAGE), goes_back=True):
        rows += found.rows
        count = found.count
        if len(first := unique(rows)) >= most:
            return first[:most], max(count, most)
    return unique(rows), count


def _page(http: Http, params: Params, query: Query) -> tuple[list[Any], int]:
    number, size = query.page or (1, JOBS_PER_PAGE)
    asked = [*params, *_bounds(_window(query)), *_order(query.order), ("page_size", size)]
    try:
        found = page(http, "jobs/", [*asked, *numbered(number)])
    except InvalidPage:
        check_page((number, size), page(http, "jobs/", [*asked[:-1], ("page_size", 1)]).count)
        raise
    return found.rows, found.count


def _window(query: Query) -> Window:
    return query.window or Window(None, None)


def _order(keys: Order) -> Params:
    """Return v6's order: model fields, with two underscores into another object."""
    if any(name == DURATION for name, _ in keys):  # v6 drops all further keys
        return [("order", ("" if up else "-") + DURATION) for _, up in keys]
    named = [("" if up else "-") + "__".join(JOB[name].json_path) for name, up in keys]
    return [("order", name) for name in (*named, "last_modified", "id")]


def _bounds(window: Window) -> Params:
    both = (("started", window.started), ("ended", window.ended))
    return [(name, v6_text(moment) or "") for name, moment in both if moment is not None]


def _by_id(reader: ServerReader, path: str, params: Params, notes: list[str]) -> dict[int, Any]:
    """Return the rows of a list by id; none, and a note, if it cannot be read."""
    try:
        rows, _ = reader.rows(path, params)
    except ToolkitError as error:
        notes.append(f"{path} could not be read, so that fields which this service falsifies are missing: {error}")
        return {}
    return {row["id"]: row for row in rows if isinstance(row, dict) and isinstance(row.get("id"), int)}


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
    """Return a row whose embedded object says the truth if the service does not, and nothing if nobody knows it."""
    said = row.get(key) if isinstance(row, dict) else None
    if not isinstance(said, dict):
        return row if isinstance(row, dict) else {}
    id = said.get("id")
    known = truth.get(id, {}) if isinstance(id, int) else {}
    kept = {name: value for name, value in said.items() if name not in falsified}
    return {**row, key: {**{name: known.get(name) for name in names}, **kept}}


def _has_one_of(row: Any, wanted: Mapping[str, list[Any] | None]) -> bool:
    return isinstance(row, dict) and all(values is None or row.get(name) in values for name, values in wanted.items())
