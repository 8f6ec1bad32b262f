"""`Backend`: the job type services of v6, written once; a store, a live server and a lake each answer them their own way."""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from types import TracebackType
from typing import Any, ClassVar, Self

import pandas as pd

from jobtype_toolkit import hints
from jobtype_toolkit.api.arguments import (
    OneOrMore,
    Page,
    check_time,
    checked,
    limited,
    ordering,
    paging,
    refuse_typo,
    text,
    whole,
)
from jobtype_toolkit.api.objects import JobType, JobTypeRevision
from jobtype_toolkit.api.resources import STATUSES
from jobtype_toolkit.api.services import Order, Service, is_storable, refuse_unknown, service
from jobtype_toolkit.api.times import Time, Window, instant, v6_text
from jobtype_toolkit.errors import InvalidParameter, NotFound
from jobtype_toolkit.frames import announced, by_name, cut_page, sort
from jobtype_toolkit.plans.plan import Plan
from jobtype_toolkit.plans.request import ChangeRequest, create_request, edit_request
from jobtype_toolkit.seed.findings import Validation
from jobtype_toolkit.seed.normalize import public_configuration

DEFAULT_STARTED = "PT3H"
"""How far back `status` looks if the caller says nothing."""


@dataclass(frozen=True)
class Scope:
    """What a call is about: the source of the rows, and the present that durations count back from."""

    source: str
    place: str
    """The source in words, with its preposition: "in the source 'local'", "on https://scale.example/api"."""
    present: Callable[[], tuple[datetime, str]]
    """Tells `now` and `now_is`; asked at most once, and only by questions that have times."""
    known: Any = None
    """What the backend itself knows of the source."""

    @cached_property
    def _present(self) -> tuple[datetime, str]:
        return self.present()

    @property
    def now(self) -> datetime:
        """What durations count back from."""
        return self._present[0]

    @property
    def now_is(self) -> str:
        """Where `now` comes from."""
        return self._present[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One question to a backend. Every value in it was checked, and its times are instants."""

    service: Service
    scope: Scope
    filters: Mapping[str, Any] = field(default_factory=dict)
    """By the names of the service's parameters and of the places in its URL; what is not given is None or absent."""
    order: Order = ()
    page: Page | None = None
    limit: int | None = None
    notes: tuple[str, ...] = ()

    @property
    def window(self) -> Window | None:
        """The window between `started` and `ended`; None of a service that takes none."""
        return Window(self.filters["started"], self.filters["ended"]) if "started" in self.filters else None

    def attrs(
        self, *, count: int, parameters: Mapping[str, Any], notes: Sequence[str] = (), **origin: Any
    ) -> dict[str, Any]:
        """Return what the answer tells of itself; `origin` is what a backend adds: SQL or URL, freshness, coverage."""
        window = self.window
        known = {
            "service": self.service.name,
            "parameters": dict(parameters),
            "window": {"started": v6_text(window.started), "ended": v6_text(window.ended)} if window else None,
            "zone": "UTC",
            "count": count,
            "source": self.scope.source,
            "notes": [*self.notes, *notes],
            **origin,
        }
        if self.service.is_windowed:
            known |= {"now": v6_text(self.scope.now), "now_is": self.scope.now_is}
        return known


class Backend(ABC):
    """What answers the job type services of v6: a `Store` or a live server (`Scale`), with the same frames and errors.

    List calls give the whole result; `page` and `page_size` (1 to 1000) give one page, and `attrs["count"]` of a frame is the
    size of the whole. `source` names a source of a store that holds several (`"*"` for all); a live server is one source.
    """

    @abstractmethod
    def close(self) -> None:
        """Let go of the file or the connections now; the next call opens them again."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # What a backend implements.

    @abstractmethod
    def _scope(self, source: str | None, now: Time | None = None, times: Sequence[Time | None] = ()) -> Scope:
        """Return what a call is about; `times` are those that may count back from its present.

        Raises:
            Ambiguous: the backend holds several sources and the call names none.
            NotFound: it has no source of that name.
        """

    @abstractmethod
    def _answer(self, query: Query) -> pd.DataFrame:
        """Return all rows that match, with the service's columns and attrs; of a long one the page or the first rows asked for.

        Raises:
            NotFound: a name and version in the URL that the backend does not have, if it notices.
        """

    @abstractmethod
    def _details(self, query: Query) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        """Return the values of one object by field, and what it has beyond them.

        Raises:
            NotFound: there is no such object.
        """

    @abstractmethod
    def _validated(self, manifest: Any, configuration: Any, scope: Scope) -> Validation:
        """Return what there is to say about a manifest and a configuration."""

    @abstractmethod
    def _planned(self, request: ChangeRequest, source: str | None) -> Plan:
        """Return the plan of a creation or an edit."""

    @abstractmethod
    def _values(self, name: str, scope: Scope) -> Collection[str]:
        """Return the values that a filter of that name can find, as `status` or `job_type_name`; none if nobody knows."""

    _at_hand: ClassVar[frozenset[str]] = frozenset()
    """The filters whose values are looked at always; those of others only after an answer without rows."""

    # What job types are.

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
        """Return one row per name (v6 GET job-type-names/), by name.

        A name is there if one of its versions matches all filters at once; all columns but `versions` are those of its latest
        version, whether that one matches or not. A v6 server ignores `order` and shuffles `versions`; here both are honoured.

        Args:
            keyword: part of the name or of a tag, any case; several are OR-ed.
            id: ids of job types; several are OR-ed.
            is_active: True for names with an active version, False for names with a deprecated one.
            is_system: True for system, False for user job types.
            order: columns to sort by, `-` in front reverses; by name if not given.
            page: one page instead of everything, from 1.
            page_size: rows per page, 1 to 1000.
            source: which source; `"*"` for all.

        Returns:
            Columns `name, title, description, is_active, is_system, is_paused, is_published, icon_code, unmet_resources,
            versions, latest_version`; `versions` are lists, newest first by v6's rank.

        Raises:
            InvalidParameter: an unknown order field, or a value that is not of its kind.
            NotFound: a page past the end.
        """
        filters = {"keyword": keyword, "id": id, "is_active": is_active, "is_system": is_system}
        query = self._query("job_type_names", filters, order=order, page=page, page_size=page_size, source=source)
        return cut_page(sort(sort(self._answer(query), [("name", True)]), query.order), query.page)

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
        """Return one row per name and version (v6 GET job-types/), by name, then newest version first.

        The arguments are those of `job_type_names`, applied to each row. A v6 server repeats rows for `keyword` (D12), ignores
        `order` (D10) and loses rows between small pages; here each row is there once, in order, and `attrs["notes"]` tells if
        a server counts other rows than it sends.

        Returns:
            The v6 fields of the list, `id` first.

        Raises:
            InvalidParameter: an unknown order field, or a value that is not of its kind.
            NotFound: a page past the end.
        """
        filters = {"keyword": keyword, "id": id, "is_active": is_active, "is_system": is_system}
        query = self._query("job_types", filters, order=order, page=page, page_size=page_size, source=source)
        return cut_page(sort(by_name(self._answer(query)), query.order), query.page)

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
            The columns of `job_types`; empty if the filter leaves nothing.

        Raises:
            InvalidParameter: a name that is not text, or a value that is not of its kind.
            NotFound: no job type has this name (a v6 server answers with nothing instead, D13).
        """
        text(name, name="name")
        query = self._query(
            "versions", {"is_active": is_active}, {"name": name}, page=page, page_size=page_size, source=source
        )
        with self._missing(query):
            every = self._answer(query)
            if every.empty:
                raise NotFound
        kept = every if is_active is None else every[every["is_active"].eq(is_active).fillna(False)]
        kept.attrs = every.attrs
        return cut_page(by_name(kept), query.page)

    def job_type(self, name: str, version: str, *, source: str | None = None) -> JobType:
        """Return the details of a job type (v6 GET job-types/{name}/{version}/).

        Returns:
            All v6 fields as attributes; `manifest`, `configuration` and `recipe_types` as plain JSON values, None if only a
            list was loaded, or if a live server has no address for the version: one with `-` or `+` in it (D14). Settings
            that are secret, or that the manifest does not know, are left out.

        Raises:
            InvalidParameter: a name or version that is not text.
            NotFound: no such name and version.
        """
        values, extra = self._one("job_type", name, version, source=source)
        public = public_configuration(values["configuration"], values["manifest"])
        return JobType({**values, "configuration": public}, extra)

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
            InvalidParameter: a name or version that is not text.
            NotFound: no such name and version, or one that a live server has no address for (D14).
        """
        place = {"name": text(name, name="name"), "version": text(version, name="version")}
        query = self._query("revisions", {}, place, page=page, page_size=page_size, source=source)
        with self._missing(query):
            frame = self._answer(query)
        if frame.empty:
            self.job_type(name, version, source=source)
        return cut_page(sort(frame, query.service.order), query.page)

    def revision(self, name: str, version: str, revision_num: int, *, source: str | None = None) -> JobTypeRevision:
        """Return one revision with its manifest (v6 GET job-types/{name}/{version}/revisions/{revision_num}/).

        Raises:
            InvalidParameter: a name or version that is not text, or a number that is not whole.
            NotFound: no such name, version or revision.
        """
        number = whole(revision_num, name="revision_num")
        return JobTypeRevision(*self._one("revision", name, version, source=source, revision_num=number))

    # How they are changed.

    def validate(self, manifest: Any, configuration: Any = None, *, source: str | None = None) -> Validation:
        """Find everything there is to say about a manifest and a configuration for it (v6 POST job-types/validation/).

        `errors` are what a Scale server refuses. A live server is asked too; what both find is there once, with its place and
        remedy, and a warning says where they disagree. It gets no value of a setting, and if its service fails, what was found
        here stands. Without a configuration `{}` is judged, as a server demands it (D18). If no workspaces are known, a warning
        says that they were not checked.

        Args:
            manifest: a dict, a `Manifest`, JSON text, a path or an open file.
            configuration: likewise, or a `Configuration`.
            source: which source.

        Raises:
            UnreadableInput: a path that cannot be read.
        """
        return self._validated(manifest, {} if configuration is None else configuration, self._scope(source))

    def add(
        self,
        manifest: Any,
        *,
        docker_image: str,
        configuration: Any = None,
        icon_code: str | None = None,
        is_published: bool | None = None,
        max_scheduled: int | None = None,
        is_active: bool | None = None,
        is_paused: bool | None = None,
        auto_update: bool | None = None,
        replace: bool = False,
        allow_unreachable: bool = False,
        confirm_secrets: bool = False,
        source: str | None = None,
    ) -> Plan:
        """Plan to create a job type (v6 POST job-types/); `send()` makes it.

        Nothing is changed before `send()`. A name and version that exist already are not overwritten: such a plan shows what
        would change and cannot be sent, unless `replace`, with which it is an edit, as on a server (D16).

        Args:
            manifest: a dict, a `Manifest`, JSON text, a path or an open file; it is stored as a server normalises it.
            docker_image: the image that the jobs run.
            configuration: likewise, or a `Configuration`. A store keeps no value of a secret setting; a server moves it to its
                secrets store.
            icon_code: a Font Awesome code.
            is_published: whether the output is published; False if not given.
            max_scheduled: how many jobs at once; 0 and None mean no limit.
            is_active: False makes a deprecated type; a server needs a second request for it (D15).
            is_paused: True makes a paused type; a server needs a second request for it (D15).
            auto_update: whether an edit moves the recipes that use the type; True if not given (D22).
            replace: edit the job type if it exists.
            allow_unreachable: create a version with `-` or `+` all the same, which no server can show or edit then (D14).
            confirm_secrets: replace some secret settings of an existing type on a server, and lose the others.
            source: which source; a store makes one that is new.

        Raises:
            InvalidParameter: a value that is not of its kind, or too long.
            UnreadableInput: a path that cannot be read.
        """
        fields = {
            "docker_image": docker_image,
            "configuration": configuration,
            "icon_code": icon_code,
            "is_published": is_published,
            "max_scheduled": max_scheduled,
            "is_active": is_active,
            "is_paused": is_paused,
            "auto_update": auto_update,
        }
        options = {"replace": replace, "allow_unreachable": allow_unreachable, "confirm_secrets": confirm_secrets}
        return self._planned(create_request(manifest, fields, **options), source)

    def edit(
        self, name: str, version: str, *, confirm_secrets: bool = False, source: str | None = None, **changes: Any
    ) -> Plan:
        """Plan to edit a job type (v6 PATCH job-types/{name}/{version}/); `send()` does it.

        What is absent stays as it is. None asks to clear `icon_code`, `max_scheduled` or `configuration`; a server ignores that
        (D20, D21), and the plan says so. A configuration replaces the whole one (D25): take
        `x.job_type(name, version).configuration`, change it, and give it back. Secret settings that are not in it stay as they
        are as long as none is given; one replaces all.
        `x.edit(name, version, manifest=x.revision(name, version, n))` restores a revision, its image too unless another is given.

        Args:
            name: name of the job type.
            version: its version.
            confirm_secrets: replace some secret settings on a server, and lose the others.
            source: which source.
            changes: `manifest, docker_image, configuration, icon_code, is_published, max_scheduled, is_active, is_paused,
                auto_update`, as `add` takes them.

        Raises:
            NotFound: no such name and version.
            InvalidParameter: a name or version that is not text, an unknown field, or a value that is not of its kind, or too
                long.
            UnreadableInput: a path that cannot be read.
        """
        refuse_unknown(changes)
        text(name, name="name")
        text(version, name="version")
        return self._planned(edit_request(name, version, changes, confirm_secrets=confirm_secrets), source)

    # How they fare.

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

        Counts all RUNNING jobs and the jobs that entered their status within the window, both ends inclusive. A server is
        asked with instants, not with durations, so that `attrs["window"]` says what was counted.

        Args:
            started: start of the window, three hours before now if not given; a time or a duration back from now.
            ended: end of the window; open if not given (D28).
            is_active: only active, or only deprecated job types; it does not change which jobs count.
            now: what durations count back from. By default the clock, or in a source that was loaded and never pulled from a
                live server the newest change of a job.
            page, page_size: one page of rows instead of all.
            source: which source; `"*"` for all.

        Returns:
            One row per job type, status and category: the job type block, `status`, `category`, `count`, `most_recent` (UTC).
            A type without a counted job keeps one row, its `status` missing and its `count` 0. By the job type's
            last_modified, then by the life of a job.

        Raises:
            InvalidParameter: a time without a zone. A reversed window is allowed: it selects RUNNING only, and `attrs` says so.
            NotFound: a page past the end.
        """
        filters = {"started": DEFAULT_STARTED if started is None else started, "ended": ended, "is_active": is_active}
        query = self._query("status", filters, now=now, page=page, page_size=page_size, source=source)
        return cut_page(self._answer(query), query.page)

    def pending(
        self, *, page: int | None = None, page_size: int | None = None, source: str | None = None
    ) -> pd.DataFrame:
        """Return PENDING jobs by job type, longest first (v6 GET job-types/pending/). QUEUED is not PENDING: `queue_status`.

        Returns:
            The job type block, `count`, `longest_pending`: the least last_status_change, missing if no job ever changed status
            (D29).
        """
        return self._whole("pending", page, page_size, source)

    def running(
        self, *, page: int | None = None, page_size: int | None = None, source: str | None = None
    ) -> pd.DataFrame:
        """Return RUNNING jobs by job type, longest first (v6 GET job-types/running/).

        Returns:
            The job type block, `count`, `longest_running`: the start of the longest current execution.
        """
        return self._whole("running", page, page_size, source)

    def system_failures(
        self, *, page: int | None = None, page_size: int | None = None, source: str | None = None
    ) -> pd.DataFrame:
        """Return jobs that are FAILED now with a SYSTEM error, newest first (v6 GET job-types/system-failures/).

        All of history, no window. The error's flags, which a v6 server falsifies here (D31), are the true ones, and missing if
        they cannot be read.

        Returns:
            One row per job type and error: the job type block, the error, `count`, `first_error`, `last_error` (UTC).
        """
        return self._whole("system_failures", page, page_size, source)

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

        Jobs that change while a server is read are there once, as they came last, and none is skipped: without a page or an
        order of your own they are read by key. A server spends about 12 ms on each row: give `limit`, or filters.

        Args:
            started, ended: only jobs **last modified** in this window, both ends inclusive; not their start and end.
            status, job_id, job_type_id, job_type_name, error_id, error_category, batch_id, recipe_id: exact values;
                several are OR-ed. `failed` is FAILED; ids that match nothing give an empty frame.
            is_superseded: only superseded jobs, or only others; both if not given.
            order: columns to sort by, `-` in front reverses; a server cannot sort by every one.
            source_started, source_ended, source_sensor_class, source_sensor, source_collection, source_task: of the
                observation behind the input.
            now: what durations count back from, as in `status`.
            page, page_size: one page instead of everything.
            limit: maximum number of rows; warns with `ResultCut` if rows were left out, and `attrs["count"]` tells the whole.
            source: which source; `"*"` for all.

        Returns:
            One row per job, `id` first; the flat columns of a history, times in UTC.

        Raises:
            InvalidParameter: a reversed window, a time without a zone, an unknown order field, or a status or job type name
                that neither v6 nor the backend knows: it names the nearest. A server is asked so after an empty answer only.
            NotFound: a page past the end.
        """
        filters = {
            "started": started,
            "ended": ended,
            "status": status,
            "job_id": job_id,
            "job_type_id": job_type_id,
            "job_type_name": job_type_name,
            "error_id": error_id,
            "error_category": error_category,
            "batch_id": batch_id,
            "recipe_id": recipe_id,
            "is_superseded": is_superseded,
            "source_started": source_started,
            "source_ended": source_ended,
            "source_sensor_class": source_sensor_class,
            "source_sensor": source_sensor,
            "source_collection": source_collection,
            "source_task": source_task,
        }
        query = self._query(
            "jobs", filters, order=order, now=now, page=page, page_size=page_size, limit=limit, source=source
        )
        refuse_reversed(query.window, started, ended)
        frame = self._answer(query)
        self._refuse_typos(query, frame)
        count = frame.attrs["count"]
        if query.page:
            number, size = query.page
            count = max(min(size, count - (number - 1) * size), len(frame))
        return announced(frame, query.limit, max(count, len(frame)))

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

        A server takes only the last of several values; here each of them may match.

        Args:
            started, ended: only errors last modified in this window, both ends inclusive.
            is_builtin: only errors that Scale ships, or only others.
            job_type_name, name, category: exact values; several are OR-ed.
            order: columns to sort by, `-` in front reverses.
            now: what durations count back from, as in `status`.
            page, page_size: one page instead of everything.
            limit: maximum number of rows; warns with `ResultCut` if rows were left out.
            source: which source; `"*"` for all.

        Raises:
            InvalidParameter: a reversed window, a time without a zone, an unknown order field, or a job type name that the
                backend does not know, as in `jobs`.
            NotFound: a page past the end.
        """
        filters = {
            "started": started,
            "ended": ended,
            "is_builtin": is_builtin,
            "job_type_name": job_type_name,
            "name": name,
            "category": category,
        }
        query = self._query(
            "errors", filters, order=order, now=now, page=page, page_size=page_size, limit=limit, source=source
        )
        refuse_reversed(query.window, started, ended)
        frame = sort(self._answer(query), [*query.order, ("last_modified", True), ("id", True)])
        self._refuse_typos(query, frame)
        frame = cut_page(frame, query.page)
        return announced(frame, query.limit, len(frame))

    def queue_status(
        self, *, page: int | None = None, page_size: int | None = None, source: str | None = None
    ) -> pd.DataFrame:
        """Return QUEUED jobs by job type (v6 GET queue/status/): unpaused first, then the most urgent, then the oldest.

        Returns:
            The job type block, `count`, `longest_queued` (UTC), `highest_priority`: the smallest number; a store takes it from
            the configuration.
        """
        return self._whole("queue_status", page, page_size, source)

    def workspaces(self, *, source: str | None = None) -> pd.DataFrame:
        """Return the workspaces (v6 GET workspaces/), which configurations are checked against.

        Returns:
            Columns `name, is_active`, by name; empty in a store that knows none.
        """
        return self._whole("workspaces", None, None, source)

    # What they have in common.

    def _query(
        self,
        name: str,
        filters: Mapping[str, Any],
        place: Mapping[str, Any] | None = None,
        *,
        order: OneOrMore[str] | None = None,
        now: Time | None = None,
        page: int | None = None,
        page_size: int | None = None,
        limit: int | None = None,
        source: str | None = None,
    ) -> Query:
        """Return the question that a call asks: its arguments are checked first, then its scope is looked up."""
        return self._ask(
            service(name),
            filters,
            place,
            now=now,
            source=source,
            order=ordering(order, service(name).row.fields),
            page=paging(page, page_size),
            limit=limited(limit),
        )

    def _ask(
        self,
        asked: Service,
        filters: Mapping[str, Any],
        place: Mapping[str, Any] | None = None,
        *,
        now: Time | None = None,
        source: str | None = None,
        scope: Scope | None = None,
        **rest: Any,
    ) -> Query:
        values = checked(asked.parameters, filters)
        if isinstance(values.get("status"), list):
            values["status"] = [one.upper() if one.upper() in STATUSES else one for one in values["status"]]
        check_time(now, name="now")
        times = {one.name: values[one.name] for one in asked.parameters if one.kind == "time"}
        scope = scope or self._scope(source, now, tuple(times.values()))
        for name, time in times.items():
            values[name] = None if time is None else instant(time, name=name, now=scope.now)
        query = Query(service=asked, scope=scope, filters={**values, **(place or {})}, **rest)
        if asked.reversed_window and query.window and query.window.is_reversed:
            note = f"started is not before ended, so that {asked.reversed_window}"
            return dataclasses.replace(query, notes=(note,))
        return query

    def _refuse_typos(self, query: Query, frame: pd.DataFrame, **more: str) -> None:
        """Raise InvalidParameter for a status or a job type name that nothing can have: an empty frame would pass for good news.

        `more` are other filters, each with what it is a value of.
        """
        for name, kind in ({"status": "status", "job_type_name": "job_type_name"} | more).items():
            given = query.filters.get(name)
            values = given if isinstance(given, list) else [given] if isinstance(given, str) else []
            asked = [one for one in values if name != "status" or one not in STATUSES]
            if not asked or not (frame.empty or kind in self._at_hand):
                continue
            known = self._values(kind, query.scope)
            listed = f" It has {', '.join(sorted(known))}." if name == "status" else ""
            refuse_typo(name, asked, known, f" {query.scope.place}.", listed)

    def _whole(self, name: str, page: int | None, page_size: int | None, source: str | None) -> pd.DataFrame:
        """Return the answer of a service without filters."""
        query = self._query(name, {}, page=page, page_size=page_size, source=source)
        return cut_page(self._answer(query), query.page)

    def _one(
        self, service_name: str, name: str, version: str, *, source: str | None, **number: int
    ) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        """Return the values of a job type or a revision, and what it has beyond them."""
        place = {"name": text(name, name="name"), "version": text(version, name="version"), **number}
        query = self._query(service_name, {}, place, source=source)
        with self._missing(query):
            return self._details(query)

    @contextmanager
    def _missing(self, query: Query) -> Iterator[None]:
        """Say what was asked for and is not there, in the same words for all backends."""
        name, version, number = (query.filters.get(key) for key in ("name", "version", "revision_num"))
        message = self._no_job_type(name, version, query.scope, revision_num=number)
        if not is_storable([name, version]):
            raise NotFound(message)
        try:
            yield
        except NotFound:
            raise NotFound(message) from None

    def _no_job_type(self, name: Any, version: Any, scope: Scope, *, revision_num: int | None = None) -> str:
        """Return the message for a name, a version or a revision that is not there."""
        if revision_num is not None:
            return f"There is no revision {revision_num} of the job type {name!r} {version!r} {scope.place}."
        which = f"named {name!r}" if version is None else f"{name!r} {version!r}"
        return f"There is no job type {which} {scope.place}. {hints.call('job_type_names()')} lists what there is."


def refuse_reversed(window: Window | None, started: Time | None, ended: Time | None) -> None:
    """Raise InvalidParameter for a window that ends before it starts, which v6's jobs/ and errors/ refuse too."""
    if window is not None and window.is_reversed:
        msg = f"{hints.argument('started', started)} is not before {hints.argument('ended', ended)}. Swap them; a v6 server refuses this too."
        raise InvalidParameter(msg)
