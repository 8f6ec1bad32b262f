"""The v6 services about how job types fare: status, pending, running, failures, the queue, and the jobs and errors behind."""

from __future__ import annotations

from typing import Any

import pandas as pd

from jobtype_toolkit.analyses import Analyses, questions
from jobtype_toolkit.api.arguments import (
    OneOrMore,
    Order,
    announced,
    check_page,
    cut_page,
    flag,
    limited,
    ordering,
    paging,
    several,
    sort,
)
from jobtype_toolkit.api.resources import ERROR, JOB
from jobtype_toolkit.api.times import Time, Window, v6_text, window
from jobtype_toolkit.errors import InvalidParameter
from jobtype_toolkit.queries.reader import Asker, Source
from jobtype_toolkit.sqlfiles import quoted, sql


class JobReads:
    """How job types fare, answered from a store with the columns and defaults of the toolkit."""

    _asker: Asker

    @property
    def analyses(self) -> Analyses:
        """Questions beyond the v6 services, one method each."""
        return Analyses(self._asker.question, lambda source, now: self._asker.now(self._asker.source(source), now))

    def status(
        self,
        started: Time | None = None,
        ended: Time | None = None,
        is_active: bool | None = None,
        *,
        now: Time | None = None,
        page: int | None = None,
        page_size: int | None = None,
        source: str | None = None,
    ) -> pd.DataFrame:
        """Return jobs by job type, status and error category (v6 GET job-types/status/).

        Counted is every RUNNING job, and each job that entered its status within the window, both ends inclusive.

        Args:
            started: start of the window, three hours before now where not given; a time or a duration back from now.
            ended: end of the window; open where not given (D28).
            is_active: only active, or only deprecated job types; it does not change which jobs count.
            now: what durations count back from. By default the newest change of a job in the source, or the clock where
                the source is pulled from a live server.
            page, page_size: one page of rows instead of all.
            source: which source of the store; `"*"` for all.

        Returns:
            One row a job type, status and category: the job type block, `status`, `category`, `count`, `most_recent` (UTC).
            A type without a counted job keeps one row, its `status` missing and its `count` 0. By the job type's
            last_modified, then by the life of a job.

        Raises:
            InvalidParameter: a time without a zone. A reversed window is none: it selects RUNNING only, and `attrs` says so.
        """
        at = paging(page, page_size)
        meant = self._asker.source(source)
        instant = self._asker.now(meant, now)
        span, bound, notes = questions.status_parameters(started, ended, is_active, instant[0])
        frame = self._asker.question(
            questions.STATUS_QUESTION, source=meant, now=instant, window=span, notes=notes, **bound
        )
        return cut_page(frame, at)

    def pending(
        self, *, page: int | None = None, page_size: int | None = None, source: str | None = None
    ) -> pd.DataFrame:
        """Return PENDING jobs by job type, longest first (v6 GET job-types/pending/). QUEUED is not PENDING: `queue_status`.

        Returns:
            The job type block, `count`, `longest_pending`: the least last_status_change, missing where no job ever changed
            status (D29).
        """
        return cut_page(self._asker.question(questions.PENDING_QUESTION, source=source), paging(page, page_size))

    def running(
        self, *, page: int | None = None, page_size: int | None = None, source: str | None = None
    ) -> pd.DataFrame:
        """Return RUNNING jobs by job type, longest first (v6 GET job-types/running/).

        Returns:
            The job type block, `count`, `longest_running`: the start of the longest current execution.
        """
        return cut_page(self._asker.question(questions.RUNNING_QUESTION, source=source), paging(page, page_size))

    def system_failures(
        self, *, page: int | None = None, page_size: int | None = None, source: str | None = None
    ) -> pd.DataFrame:
        """Return jobs that are FAILED now with a SYSTEM error, newest first (v6 GET job-types/system-failures/).

        All of history, no window; the error's flags are the true ones, which a v6 server falsifies here (D31).

        Returns:
            One row a job type and error: the job type block, the error, `count`, `first_error`, `last_error` (UTC).
        """
        return cut_page(
            self._asker.question(questions.SYSTEM_FAILURES_QUESTION, source=source), paging(page, page_size)
        )

    def queue_status(
        self, *, page: int | None = None, page_size: int | None = None, source: str | None = None
    ) -> pd.DataFrame:
        """Return QUEUED jobs by job type (v6 GET queue/status/): unpaused first, then the most urgent, then the oldest.

        Returns:
            The job type block, `count`, `longest_queued` (UTC), `highest_priority` (smallest number, from the configuration).
        """
        return cut_page(self._asker.question(questions.QUEUE_STATUS_QUESTION, source=source), paging(page, page_size))

    def errors(
        self,
        started: Time | None = None,
        ended: Time | None = None,
        is_builtin: bool | None = None,
        job_type_name: OneOrMore[str] | None = None,
        name: OneOrMore[str] | None = None,
        category: OneOrMore[str] | None = None,
        order: OneOrMore[str] | None = None,
        *,
        now: Time | None = None,
        page: int | None = None,
        page_size: int | None = None,
        limit: int | None = None,
        source: str | None = None,
    ) -> pd.DataFrame:
        """Return errors (v6 GET errors/), by last_modified, then id.

        Args:
            started, ended: only errors last modified in this window, both ends inclusive.
            is_builtin: only errors that Scale ships, or only others.
            job_type_name, name, category: exact values; several are OR-ed.
            order: columns to sort by, `-` in front reverses.
            now: what durations count back from, as in `status`.
            page, page_size: one page instead of everything.
            limit: at most so many rows; a cut is warned of (`ResultCut`).
            source: which source of the store; `"*"` for all.

        Raises:
            InvalidParameter: a reversed window, a time without a zone, or an unknown order field.
        """
        keys, at = ordering(order, ERROR.fields), paging(page, page_size)
        meant = self._asker.source(source)
        span, instant = self._modified(started, ended, now, meant)
        bound = {
            "started": v6_text(span.started),
            "ended": v6_text(span.ended),
            "is_builtin": flag(is_builtin, name="is_builtin"),
            "job_type_name": several(job_type_name, name="job_type_name", kind=str),
            "name": several(name, name="name", kind=str),
            "category": several(category, name="category", kind=str),
        }
        frame = self._asker.ask(
            "errors", sql("queries/errors"), ERROR.fields, source=meant, parameters=bound, window=span, now=instant
        )
        answer = cut_page(sort(frame, keys), at)
        return announced(answer, limited(limit), len(answer))

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
        source: str | None = None,
    ) -> pd.DataFrame:
        """Return jobs (v6 GET jobs/), by last_modified, then id.

        Args:
            started, ended: only jobs **last modified** in this window, both ends inclusive; not their start and end.
            status, job_id, job_type_id, job_type_name, error_id, error_category, batch_id, recipe_id: exact values;
                several are OR-ed. An unknown status matches nothing, as on a server.
            is_superseded: only superseded jobs, or only others; both where not given.
            order: columns to sort by, `-` in front reverses.
            source_started, source_ended, source_sensor_class, source_sensor, source_collection, source_task: of the
                observation behind the input.
            now: what durations count back from, as in `status`.
            page, page_size: one page instead of everything.
            limit: at most so many rows; a cut is warned of (`ResultCut`), `attrs["count"]` tells the whole.
            source: which source of the store; `"*"` for all.

        Returns:
            One row a job, `id` first; the flat columns of a history, times in UTC.

        Raises:
            InvalidParameter: a reversed window, a time without a zone, or an unknown order field.
            NotFound: a page past the end.
        """
        keys, at, most = ordering(order, JOB.fields), paging(page, page_size), limited(limit)
        meant = self._asker.source(source)
        span, instant = self._modified(started, ended, now, meant)
        exact: dict[str, Any] = {
            "status": (status, str),
            "job_id": (job_id, int),
            "job_type_id": (job_type_id, int),
            "job_type_name": (job_type_name, str),
            "error_id": (error_id, int),
            "error_category": (error_category, str),
            "batch_id": (batch_id, int),
            "recipe_id": (recipe_id, int),
            "source_sensor_class": (source_sensor_class, str),
            "source_sensor": (source_sensor, str),
            "source_collection": (source_collection, str),
            "source_task": (source_task, str),
        }
        of_source = window(source_started, source_ended, now=instant[0])
        bound = {
            "started": v6_text(span.started),
            "ended": v6_text(span.ended),
            "source_started": v6_text(of_source.started),
            "source_ended": v6_text(of_source.ended),
            "is_superseded": flag(is_superseded, name="is_superseded"),
            **{name: several(value, name=name, kind=kind) for name, (value, kind) in exact.items()},
        }
        count = int(
            self._asker.fetch(
                sql("queries/jobs.count", matching=sql("queries/jobs.matching")), {**bound, "source": meant.name}
            )["n"][0]
        )
        number, size = at or (1, 2**62)
        if at:
            check_page(at, count)
        text = sql("queries/jobs.page", matching=sql("queries/jobs.matching"), order=_order_sql(keys))
        slices = {"limit": min(size, most or size), "offset": (number - 1) * size}
        frame = self._asker.ask(
            "jobs", text, JOB.fields, source=meant, parameters={**bound, **slices}, window=span, now=instant
        )
        frame.attrs["count"] = count
        return announced(frame, most, min(size, count - (number - 1) * size))

    def _modified(
        self, started: Time | None, ended: Time | None, now: Time | None, meant: Source
    ) -> tuple[Window, Any]:
        instant = self._asker.now(meant, now)
        span = window(started, ended, now=instant[0])
        if span.is_reversed:
            msg = f"started={started!r} is not before ended={ended!r}. Swap them; a v6 server refuses this too."
            raise InvalidParameter(msg)
        return span, instant


def _order_sql(keys: Order) -> str:
    """Return ORDER BY terms from names that were checked against the vocabulary; nulls as PostgreSQL has them."""
    named = [f"{quoted(name)} {'ASC NULLS LAST' if up else 'DESC NULLS FIRST'}" for name, up in keys]
    return ", ".join([*named, '"last_modified" ASC NULLS LAST', '"id"'])
