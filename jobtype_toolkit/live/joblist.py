"""The jobs of a live server: all that match, a page of them, or as many as are wanted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pandas as pd

from jobtype_toolkit.api.arguments import OneOrMore, Order, announced, check_page, limited, ordering, paging, sort
from jobtype_toolkit.api.resources import JOB
from jobtype_toolkit.api.services import service
from jobtype_toolkit.api.times import Time, Window, v6_text, window
from jobtype_toolkit.errors import InvalidPage, InvalidParameter
from jobtype_toolkit.live.http import Params
from jobtype_toolkit.live.paging import Fresh, by_key, following, last_modified, numbered, page, pages
from jobtype_toolkit.live.queries import NOTHING, Asking, unique

JOBS_A_PAGE = 250
"""How many jobs are asked for at once: a server spends about 12 ms on each."""
_NOT_THERE = frozenset({"exit_code", "input_files"})
"""What a server cannot sort jobs by."""
_ITS_OWN: Order = [("last_modified", True), ("id", True)]


_TIMES = ("started", "ended", "source_started", "source_ended")


class JobList:
    """The service jobs/."""

    _asking: Asking

    def jobs(
        self,
        started: Time | None = None,
        ended: Time | None = None,
        status: OneOrMore[str] | None = None,
        job_id: OneOrMore[int] | None = None,
        job_type_id: OneOrMore[int] | None = None,
        job_type_name: OneOrMore[str] | None = None,
        error_id: OneOrMore[int] | None = None,
        error_category: OneOrMore[str] | None = None,
        batch_id: OneOrMore[int] | None = None,
        recipe_id: OneOrMore[int] | None = None,
        is_superseded: bool | None = None,
        order: OneOrMore[str] | None = None,
        *,
        source_started: Time | None = None,
        source_ended: Time | None = None,
        source_sensor_class: OneOrMore[str] | None = None,
        source_sensor: OneOrMore[str] | None = None,
        source_collection: OneOrMore[str] | None = None,
        source_task: OneOrMore[str] | None = None,
        now: Time | None = None,
        page: int | None = None,
        page_size: int | None = None,
        limit: int | None = None,
    ) -> pd.DataFrame:
        """Return jobs (GET jobs/), by last_modified, then id; arguments and columns are those of `Store.jobs`.

        Jobs that change while they are read are there once, as they came last, and none is skipped: without a page or an
        order of your own they are read by key. A server spends about 12 ms on each row: give `limit`, or filters.

        Raises:
            InvalidParameter: a reversed window, a time without a zone, or a field that cannot be sorted by.
            NotFound: a page past the end.
        """
        keys, at, most = _sortable(order), paging(page, page_size), limited(limit)
        instant = self._asking.now(now, started, ended, source_started, source_ended)
        span = modified(started, ended, instant[0])
        given = {
            "source_started": source_started,
            "source_ended": source_ended,
            "source_sensor_class": source_sensor_class,
            "source_sensor": source_sensor,
            "source_collection": source_collection,
            "source_task": source_task,
            "status": status,
            "job_id": job_id,
            "job_type_id": job_type_id,
            "job_type_name": job_type_name,
            "batch_id": batch_id,
            "recipe_id": recipe_id,
            "error_id": error_id,
            "error_category": error_category,
            "is_superseded": is_superseded,
        }
        params = self._asking.query("jobs", given, instant[0])
        if params is NOTHING:
            rows: list[Any] = []
            count = 0
            if at:
                check_page(at, 0)
        elif at:
            rows, count = self._one_page(params, span, keys, at)
        elif keys and most:
            rows, count = self._first(params, span, keys, most)
        else:
            rows, count = self._by_key(params, span, most)
        found = self._asking.frame("jobs", rows, JOB.fields, params=params, window=span, now=instant)
        if not at:
            found = sort(found, [*keys, *_ITS_OWN])
        found.attrs["count"] = count
        return announced(found, most, len(found) if at else max(count, len(found)))

    def newest_job(self, *, since: datetime | None = None) -> tuple[datetime | None, int]:
        """Return the greatest last_modified of a job, None without any, and how many jobs were modified since an instant."""
        query = [*_window(Window(since, None)), ("order", "-last_modified"), ("order", "-id"), ("page_size", 1)]
        found = page(self._asking.http, "jobs/", query)
        return (last_modified(found.rows[0]) if found.rows else None), found.count

    def count_jobs(self, started: datetime | None, ended: datetime) -> int:
        """Return how many jobs the server says were modified from an instant to another, both included."""
        query = [*_window(Window(started, ended)), ("page_size", 1)]
        return page(self._asking.http, "jobs/", query).count

    def oldest_job(self) -> datetime | None:
        """Return the least last_modified of a job; None without any."""
        found = page(self._asking.http, "jobs/", [("order", "last_modified"), ("order", "id"), ("page_size", 1)])
        return last_modified(found.rows[0]) if found.rows else None

    def iter_jobs(
        self, *, page_size: int = JOBS_A_PAGE, limit: int | None = None, **filters: Any
    ) -> Iterator[pd.DataFrame]:
        """Yield jobs in frames of a page each, asked for as the loop goes; read by key, so that none is skipped.

        A job that changes meanwhile comes again in a later frame; every other one comes once.

        Args:
            page_size: rows to ask for at once, 1 to 1000.
            limit: at most so many rows in all; `attrs["count"]` of each frame tells how many there are.
            filters: those of `jobs`, `order` excepted.

        Raises:
            InvalidParameter: a filter that the service does not take.
        """
        _, size = paging(1, page_size) or (1, JOBS_A_PAGE)
        most, instant = limited(limit), self._asking.now(filters.pop("now", None), *map(filters.get, _TIMES))
        span = modified(filters.pop("started", None), filters.pop("ended", None), instant[0])
        _refuse_others(filters)
        params = self._asking.query("jobs", filters, instant[0])
        left, fresh = most, Fresh()
        for one in (
            () if params is NOTHING else self._stretches(params, span, size if most is None else min(size, most))
        ):
            rows = fresh(one.page.rows)[:left]
            if rows:
                found = self._asking.frame("jobs", rows, JOB.fields, params=params, window=span, now=instant)
                found.attrs["count"] = one.page.count
                yield found
            if left is not None:
                left -= len(rows)
                if left <= 0:
                    return

    def _stretches(self, params: Params, span: Window, size: int) -> Iterator[Any]:
        end = None if span.ended is None else following(span.ended)
        return by_key(self._asking.http, params, started=span.started, ended=end, size=size)

    def _by_key(self, params: Params, span: Window, most: int | None) -> tuple[list[Any], int]:
        """Read all, or the first so many, by last_modified."""
        rows: list[Any] = []
        count = None
        for one in self._stretches(params, span, min(most or JOBS_A_PAGE, JOBS_A_PAGE)):
            rows += one.page.rows
            count = one.page.count if count is None else count
            if most is not None and len(rows) >= most and len(found := unique(rows)) >= most:
                return found[:most], max(count, most)
        found = unique(rows)
        return found, len(found)

    def _first(self, params: Params, span: Window, keys: Order, most: int) -> tuple[list[Any], int]:
        """Read the first so many in an order of the caller's, by page numbers."""
        rows: list[Any] = []
        count = 0
        query = [*params, *_window(span), *_order(keys)]
        for one in pages(self._asking.http, "jobs/", query, size=min(most, JOBS_A_PAGE), goes_back=True):
            rows += one.rows
            count = one.count
            if len(found := unique(rows)) >= most:
                return found[:most], max(count, most)
        return unique(rows), count

    def _one_page(self, params: Params, span: Window, keys: Order, at: tuple[int, int]) -> tuple[list[Any], int]:
        number, size = at
        query = [*params, *_window(span), *_order(keys), ("page_size", size)]
        try:
            found = page(self._asking.http, "jobs/", [*query, *numbered(number)])
        except InvalidPage:
            check_page(at, page(self._asking.http, "jobs/", [*query[:-1], ("page_size", 1)]).count)
            raise
        return found.rows, found.count


def modified(started: Time | None, ended: Time | None, now: Any) -> Window:
    """Return the window of last_modified; InvalidParameter where it is reversed, which a server refuses too."""
    span = window(started, ended, now=now)
    if span.is_reversed:
        msg = f"started={started!r} is not before ended={ended!r}. Swap them; a v6 server refuses this too."
        raise InvalidParameter(msg)
    return span


def _sortable(order: OneOrMore[str] | None) -> Order:
    keys = ordering(order, JOB.fields)
    for name, _ in keys:
        if name in _NOT_THERE:
            msg = f"order={name!r}: a v6 server cannot sort jobs by it. Sort the frame instead, or pull into a store."
            raise InvalidParameter(msg)
    return keys


def _order(keys: Order) -> Params:
    """Return v6's order: model fields, with two underscores into another object."""
    named = [("" if up else "-") + "__".join(JOB[name].json_path) for name, up in keys]
    return [("order", one) for one in (*named, "last_modified", "id")]


def _window(span: Window) -> Params:
    both = (("started", span.started), ("ended", span.ended))
    return [(name, v6_text(moment) or "") for name, moment in both if moment is not None]


def _refuse_others(filters: dict[str, Any]) -> None:
    known = {one.name for one in service("jobs").parameters} - {"order"}
    for name in filters:
        if name not in known:
            msg = f"iter_jobs({name}=…): jobs/ has no such filter; it has {', '.join(sorted(known))}."
            raise InvalidParameter(msg)
