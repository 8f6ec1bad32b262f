"""The v6 read services, answered from a store."""

from __future__ import annotations

import json
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from jobtype_toolkit import frames
from jobtype_toolkit.analyses import Analyses, questions
from jobtype_toolkit.errors import InvalidParameter, NotFound
from jobtype_toolkit.resources import (
    ERROR,
    JOB,
    JOB_TYPE,
    JOB_TYPE_NAME,
    JOB_TYPE_REVISION,
    JOB_TYPE_REVISION_ROW,
    JOB_TYPE_ROW,
    Field,
)
from jobtype_toolkit.services import (
    JobType,
    JobTypeRevision,
    OneOrMore,
    Order,
    ResultCut,
    check_page,
    cut_page,
    flag,
    ordering,
    paging,
    several,
    sort,
)
from jobtype_toolkit.sqlfiles import quoted, sql
from jobtype_toolkit.store.asking import Asker, Source
from jobtype_toolkit.times import Time, Window, v6_text, window
from jobtype_toolkit.versions import rank


class Reads:
    """The read half of `Store`: v6's services with the columns and defaults of the toolkit."""

    _asker: Asker

    @property
    def analyses(self) -> Analyses:
        """Questions beyond the v6 services, one method each."""
        return Analyses(self._asker.question, lambda source, now: self._asker.now(self._asker.source(source), now)[0])

    def job_type_names(
        self,
        keyword: OneOrMore[str] | None = None,
        id: OneOrMore[int] | None = None,
        is_active: bool | None = None,
        is_system: bool | None = None,
        order: OneOrMore[str] | None = None,
        *,
        page: int | None = None,
        page_size: int | None = None,
        source: str | None = None,
    ) -> pd.DataFrame:
        """Return one row a name (v6 GET job-type-names/).

        A name is there if one of its versions matches all filters at once; all columns but `versions` speak of its latest
        version, whether that one matches or not.

        Args:
            keyword: part of the name or of a tag, any case; several are OR-ed.
            id: ids of job types; several are OR-ed.
            is_active: True for names with an active version, False for names with a deprecated one.
            is_system: True for system, False for user job types.
            order: columns to sort by, `-` in front reverses; by name where not given.
            page: one page instead of everything, from 1.
            page_size: rows a page, 1 to 1000.
            source: which source of the store; `"*"` for all.

        Returns:
            Columns `name, title, description, is_active, is_system, is_paused, is_published, icon_code, unmet_resources,
            versions, latest_version`; `versions` are lists, newest first by v6's rank.

        Raises:
            InvalidParameter: an unknown order field, or a value that is not of its kind.
            NotFound: a page past the end.
        """
        keys, at = ordering(order, JOB_TYPE_NAME.fields), paging(page, page_size)
        found = self._matching("job_type_names", "job_type_names", keyword, id, is_active, is_system, source)
        rows = []
        for _, group in found.groupby(["source", "name"], sort=True, dropna=False):
            versions = sorted(group.to_dict("records"), key=lambda row: (rank(row["version"]), row["id"]), reverse=True)
            latest = {
                name: None if pd.api.types.is_scalar(value) and pd.isna(value) else value
                for name, value in versions[0].items()
            }
            rows.append(
                {**latest, "versions": [row["version"] for row in versions], "latest_version": latest["version"]}
            )
        rows.sort(key=lambda row: row["name"])
        frame = frames.from_records(rows, JOB_TYPE_NAME.fields)
        frame.attrs = found.attrs
        return cut_page(_sorted(frame, keys), at)

    def job_types(
        self,
        keyword: OneOrMore[str] | None = None,
        id: OneOrMore[int] | None = None,
        is_active: bool | None = None,
        is_system: bool | None = None,
        order: OneOrMore[str] | None = None,
        *,
        page: int | None = None,
        page_size: int | None = None,
        source: str | None = None,
    ) -> pd.DataFrame:
        """Return one row a name and version (v6 GET job-types/), by name, then newest version first.

        The arguments are those of `job_type_names`, applied to each row; unlike a v6 server it never repeats a row for
        `keyword` (D12), and it honours `order` (D10).

        Returns:
            The v6 fields of the list, `id` first.

        Raises:
            InvalidParameter: an unknown order field, or a value that is not of its kind.
            NotFound: a page past the end.
        """
        keys, at = ordering(order, JOB_TYPE_ROW.fields), paging(page, page_size)
        found = self._matching("job_types", "job_types", keyword, id, is_active, is_system, source)
        return cut_page(_sorted(_by_name(found), keys)[list(JOB_TYPE_ROW.names)], at)

    def versions(
        self,
        name: str,
        is_active: bool | None = None,
        *,
        page: int | None = None,
        page_size: int | None = None,
        source: str | None = None,
    ) -> pd.DataFrame:
        """Return the versions of a name, newest first by v6's rank (v6 GET job-types/{name}/).

        Returns:
            The columns of `job_types`; empty where the filter leaves nothing.

        Raises:
            NotFound: no job type has this name (a v6 server answers with nothing instead, D13).
        """
        at = paging(page, page_size)
        meant = self._asker.source(source)
        flag(is_active, name="is_active")
        every = self._asker.ask(
            "versions", sql("store", "versions"), JOB_TYPE_ROW.fields, source=meant, parameters={"name": name}
        )
        if every.empty:
            raise NotFound(_no_job_type(name, None, meant))
        kept = every if is_active is None else every[every["is_active"].eq(is_active).fillna(False)]
        return cut_page(_by_name(kept), at)

    def job_type(self, name: str, version: str, *, source: str | None = None) -> JobType:
        """Return the details of a job type (v6 GET job-types/{name}/{version}/).

        Returns:
            All v6 fields as attributes; `manifest`, `configuration` and `recipe_types` as plain JSON values, None where
            only a list was loaded.

        Raises:
            NotFound: no such name and version.
        """
        meant = self._asker.source(source)
        values, extra = self._one(
            "job_type", JOB_TYPE.fields, meant, {"name": name, "version": version}, _no_job_type(name, version, meant)
        )
        return JobType(values, extra)

    def revisions(
        self,
        name: str,
        version: str,
        *,
        page: int | None = None,
        page_size: int | None = None,
        source: str | None = None,
    ) -> pd.DataFrame:
        """Return the revisions of a job type, newest first (v6 GET job-types/{name}/{version}/revisions/).

        Returns:
            Columns `id, job_type_id, name, version, revision_num, docker_image, created`; `docker_image` is of that time.

        Raises:
            NotFound: no such name and version.
        """
        at = paging(page, page_size)
        meant = self._asker.source(source)
        bound = {"name": name, "version": version}
        frame = self._asker.ask(
            "revisions", sql("store", "revisions"), JOB_TYPE_REVISION_ROW.fields, source=meant, parameters=bound
        )
        if frame.empty:
            self.job_type(name, version, source=source)
        return cut_page(frame, at)

    def revision(self, name: str, version: str, revision_num: int, *, source: str | None = None) -> JobTypeRevision:
        """Return one revision with its manifest (v6 GET job-types/{name}/{version}/revisions/{revision_num}/).

        Raises:
            NotFound: no such name, version or revision.
        """
        meant = self._asker.source(source)
        bound = {
            "name": name,
            "version": version,
            "revision_num": several(revision_num, name="revision_num", kind=int)[0],
        }  # type: ignore[index]
        missing = (
            f"There is no revision {revision_num} of the job type {name!r} {version!r} in the source {meant.name!r}."
        )
        values, extra = self._one("revision", JOB_TYPE_REVISION.fields, meant, bound, missing)
        return JobTypeRevision(values, extra)

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
            "errors", sql("store", "errors"), ERROR.fields, source=meant, parameters=bound, window=span, now=instant
        )
        return _limited(cut_page(_sorted(frame, keys), at), _limit(limit))

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
        keys, at, most = ordering(order, JOB.fields), paging(page, page_size), _limit(limit)
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
                sql("store", "jobs_count", matching=sql("store", "jobs_matching")), {**bound, "source": meant.name}
            )["n"][0]
        )
        number, size = at or (1, 2**62)
        if at:
            check_page(at, count)
        text = sql("store", "jobs", matching=sql("store", "jobs_matching"), order=_order_sql(keys))
        slices = {"limit": min(size, most or size), "offset": (number - 1) * size}
        frame = self._asker.ask(
            "jobs", text, JOB.fields, source=meant, parameters={**bound, **slices}, window=span, now=instant
        )
        return _announced(frame, count, most)

    def _modified(
        self, started: Time | None, ended: Time | None, now: Time | None, meant: Source
    ) -> tuple[Window, Any]:
        instant = self._asker.now(meant, now)
        span = window(started, ended, now=instant[0])
        if span.is_reversed:
            msg = f"started={started!r} is not before ended={ended!r}. Swap them; a v6 server refuses this too."
            raise InvalidParameter(msg)
        return span, instant

    def _matching(
        self,
        service: str,
        name: str,
        keyword: OneOrMore[str] | None,
        id: OneOrMore[int] | None,
        is_active: bool | None,
        is_system: bool | None,
        source: str | None,
    ) -> pd.DataFrame:
        """Return the job types that match v6's filters, with the column `source`."""
        keywords = several(keyword, name="keyword", kind=str)
        bound = {
            "keyword": keywords,
            "id": several(id, name="id", kind=int),
            "is_active": flag(is_active, name="is_active"),
            "is_system": flag(is_system, name="is_system"),
        }
        meant = self._asker.source(source)
        fields = (Field("source", "text", "Where the row came from."), *JOB_TYPE_ROW.fields)
        frame = self._asker.ask(service, sql("store", name), fields, source=meant, parameters=bound)
        if keywords:
            without = int(self._asker.fetch(sql("store", "without_manifest"), {"source": meant.name})["n"][0])
            if without:
                frame.attrs["notes"].append(
                    f"{without} job types have no manifest loaded, so that their tags were not searched"
                )
        return frame

    def _one(
        self, query: str, fields: Sequence[Field], meant: Source, bound: dict[str, Any], missing: str
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the single row of a query as plain Python values, and what it has beyond the vocabulary."""
        found = self._asker.fetch(sql("store", query), {**bound, "source": meant.name})
        if not len(found["id"]):
            raise NotFound(missing)
        frame = frames.from_columns(found, fields)
        values = {one.name: _plain(frame[one.name].iloc[0]) for one in fields}
        extra = found["extra"][0]
        return values, json.loads(extra) if isinstance(extra, str) else {}


def _plain(value: Any) -> Any:
    if isinstance(value, (dict, list)) or value is None:
        return value
    if pd.isna(value):
        return None
    if isinstance(value, pd.Timestamp):
        return value.to_pydatetime()
    return value.item() if isinstance(value, np.generic) else value


def _by_name(frame: pd.DataFrame) -> pd.DataFrame:
    """Sort by name whatever its case, then by version, newest first, then by id (v6-semantics 2.3)."""
    attrs = frame.attrs
    ordered = sort(frame.sort_values("id", kind="stable"), [("version", False)])
    ordered = ordered.sort_values("name", kind="stable", key=lambda names: names.str.lower(), ignore_index=True)
    ordered.attrs = attrs
    return ordered


def _sorted(frame: pd.DataFrame, keys: Order) -> pd.DataFrame:
    attrs = frame.attrs
    ordered = sort(frame, keys)
    ordered.attrs = attrs
    return ordered


def _order_sql(keys: Order) -> str:
    """Return ORDER BY terms from names that were checked against the vocabulary; nulls as PostgreSQL has them."""
    named = [f"{quoted(name)} {'ASC NULLS LAST' if up else 'DESC NULLS FIRST'}" for name, up in keys]
    return ", ".join([*named, '"last_modified" ASC NULLS LAST', '"id"'])


def _limit(limit: int | None) -> int | None:
    if limit is not None and (isinstance(limit, bool) or not isinstance(limit, int) or limit < 1):
        msg = f"limit={limit!r} is out of range. Give a whole number from 1, or None for everything."
        raise InvalidParameter(msg)
    return limit


def _limited(frame: pd.DataFrame, limit: int | None) -> pd.DataFrame:
    attrs = frame.attrs
    cut = frame if limit is None else frame.head(limit)
    cut.attrs = attrs
    return _announced(cut, attrs["count"], limit)


def _announced(frame: pd.DataFrame, count: int, limit: int | None) -> pd.DataFrame:
    """Say how many rows there are in all, and warn where a limit left some out."""
    frame.attrs["count"] = count
    if limit is not None and len(frame) == limit < count:
        frame.attrs["notes"].append(f"cut after {limit:,} of {count:,} rows, as limit= asks")
        warnings.warn(f"{limit:,} of {count:,} rows, as limit={limit} asks", ResultCut, stacklevel=4)
    return frame


def _no_job_type(name: str, version: str | None, source: Source) -> str:
    which = f"named {name!r}" if version is None else f"{name!r} {version!r}"
    return f"There is no job type {which} in the source {source.name!r}. job_type_names() lists what there is."
