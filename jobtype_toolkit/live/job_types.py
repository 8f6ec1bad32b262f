"""What job types are, asked of a live server: names, list, versions, details, revisions."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd

from jobtype_toolkit import frames
from jobtype_toolkit.api.arguments import (
    MAX_PAGE_SIZE,
    OneOrMore,
    by_name,
    cut_page,
    flag,
    ordering,
    paging,
    sort,
    whole,
)
from jobtype_toolkit.api.fields import Resource
from jobtype_toolkit.api.records import JobType, JobTypeRevision
from jobtype_toolkit.api.resources import (
    JOB_TYPE,
    JOB_TYPE_NAME,
    JOB_TYPE_REVISION,
    JOB_TYPE_REVISION_ROW,
    JOB_TYPE_ROW,
)
from jobtype_toolkit.api.services import service
from jobtype_toolkit.api.versions import is_addressable, rank
from jobtype_toolkit.errors import NotFound
from jobtype_toolkit.live.http import Params
from jobtype_toolkit.live.queries import NOTHING, Asking, unique

SHADOWED = frozenset({"validation", "status", "pending", "running", "system-failures"})
"""Names under which v6 has a service, so that the versions of a job type of that name cannot be asked for."""
_NAME = re.compile(r"[\w-]+")
"""The names that v6's addresses have room for."""


_MAY_MISS = (
    "the server sends {:,} rows for the keyword, in pages between which it may lose some; filter the whole list instead"
)


class JobTypeReads:
    """What job types are, with the columns and defaults of the toolkit."""

    _asking: Asking

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
    ) -> pd.DataFrame:
        """Return one row a name (GET job-type-names/), by name.

        The arguments and columns are those of `Store.job_type_names`. A server ignores `order` and shuffles `versions`; here
        both are as asked, and as ranked.

        Raises:
            InvalidParameter: an unknown order field, or a value that is not of its kind.
            NotFound: a page past the end.
            AuthenticationFailed, ServerFailed, ConnectionFailed: as every call of a live server.
        """
        keys, at = ordering(order, JOB_TYPE_NAME.fields), paging(page, page_size)
        given = {"keyword": keyword, "id": id, "is_active": is_active, "is_system": is_system}
        params = self._asking.query("job_type_names", given, self._asking.clock())
        rows, _ = self._asking.rows("job-type-names/", params)
        found = self._asking.frame(
            "job_type_names", [_ranked(one) for one in rows], JOB_TYPE_NAME.fields, params=params
        )
        return cut_page(sort(sort(found, [("name", True)]), keys), at)

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
    ) -> pd.DataFrame:
        """Return one row a name and version (GET job-types/), by name, then newest version first.

        A server repeats rows for `keyword` (D12), ignores `order` (D10), and loses rows between small pages; here each row is
        there once, in order, and the number is checked against the server's count: `attrs["notes"]` tells a difference.

        Raises:
            InvalidParameter: an unknown order field, or a value that is not of its kind.
            NotFound: a page past the end.
            AuthenticationFailed, ServerFailed, ConnectionFailed: as every call of a live server.
        """
        keys, at = ordering(order, JOB_TYPE_ROW.fields), paging(page, page_size)
        given = {"keyword": keyword, "id": id, "is_active": is_active, "is_system": is_system}
        params = self._asking.query("job_types", given, self._asking.clock())
        rows, notes = self.job_type_rows(params)
        found = self._asking.frame("job_types", rows, JOB_TYPE_ROW.fields, params=params, notes=notes)
        return cut_page(sort(by_name(found), keys), at)

    def versions(
        self,
        name: str,
        is_active: bool | None = None,
        *,
        page: int | None = None,
        page_size: int | None = None,
    ) -> pd.DataFrame:
        """Return the versions of a name, newest first by v6's rank (GET job-types/{name}/); a server sorts them as text.

        Returns:
            The columns of `job_types`; empty where the filter leaves nothing.

        Raises:
            NotFound: no job type has this name (a server answers with nothing instead, D13).
        """
        at = paging(page, page_size)
        flag(is_active, name="is_active")
        rows = self._versions(name)
        if not rows:
            raise NotFound(self._no_job_type(name))
        every = self._asking.frame("versions", rows, JOB_TYPE_ROW.fields, path=_address("versions", name))
        kept = every if is_active is None else every[every["is_active"].eq(is_active).fillna(False)]
        kept.attrs = every.attrs
        return cut_page(by_name(kept), at)

    def job_type(self, name: str, version: str) -> JobType:
        """Return the details of a job type (GET job-types/{name}/{version}/).

        Returns:
            All v6 fields as attributes; `manifest`, `configuration` and `recipe_types` as plain JSON values. Of a version
            with `-` or `+` in it no server tells the details (D14): these three are None then.

        Raises:
            NotFound: no such name and version.
        """
        if is_addressed(name, version):
            try:
                body = self._asking.http.get(_address("job_type", name, version)).value
            except NotFound:
                raise NotFound(self._no_job_type(name, version)) from None
        else:
            body = next((one for one in self._versions(name) if one.get("version") == version), None)
        if not isinstance(body, dict):
            raise NotFound(self._no_job_type(name, version))
        return JobType(*self._values("job_type", body, JOB_TYPE))

    def revisions(
        self, name: str, version: str, *, page: int | None = None, page_size: int | None = None
    ) -> pd.DataFrame:
        """Return the revisions of a job type, newest first (GET job-types/{name}/{version}/revisions/).

        Returns:
            Columns `id, job_type_id, name, version, revision_num, docker_image, created`; `docker_image` is of that time.

        Raises:
            NotFound: no such name and version, or a version with `-` or `+`, of which no server tells the revisions (D14).
        """
        at = paging(page, page_size)
        if not is_addressed(name, version):
            raise NotFound(self._no_job_type(name, version))
        path = _address("revisions", name, version)
        try:
            rows, _ = self._asking.rows(path)
        except NotFound:
            raise NotFound(self._no_job_type(name, version)) from None
        found = self._asking.frame("revisions", unique(rows), JOB_TYPE_REVISION_ROW.fields, path=path)
        return cut_page(sort(found, [("revision_num", False)]), at)

    def revision(self, name: str, version: str, revision_num: int) -> JobTypeRevision:
        """Return one revision with its manifest (GET job-types/{name}/{version}/revisions/{revision_num}/).

        Raises:
            NotFound: no such name, version or revision.
        """
        number = whole(revision_num, name="revision_num")
        missing = (
            f"There is no revision {revision_num} of the job type {name!r} {version!r} on {self._asking.http.base}."
        )
        if not is_addressed(name, version) or number < 0:
            raise NotFound(missing)
        try:
            body = self._asking.http.get(_address("revision", name, version, number)).value
        except NotFound:
            raise NotFound(missing) from None
        return JobTypeRevision(*self._values("revision", body, JOB_TYPE_REVISION))

    def job_type_rows(self, params: Params = ()) -> tuple[list[Any], list[str]]:
        """Return the rows of job-types/ as v6 sends them, each once, and what there is to say of them.

        A server sorts them by name only, so that pages lose some (D12): they are read in one page, or,
        where they are more, completed by the versions of each name.
        """
        rows, count = self._asking.rows("job-types/", params)
        found = unique(rows)
        names = {name for name, _ in params}
        if count > MAX_PAGE_SIZE and len(found) < count and "keyword" not in names and params is not NOTHING:
            listed, _ = self._asking.rows("job-type-names/", params)
            reachable = [name for row in listed if (name := str(row.get("name"))) not in SHADOWED]
            every = [one for name in reachable for one in self._versions(name)]
            found = unique([*found, *(one for one in every if _matches(one, params))])
        if "keyword" in names:
            return found, [_MAY_MISS.format(count)] if count > MAX_PAGE_SIZE else []
        if len(found) == count:
            return found, []
        return found, [f"the server counts {count:,} job types and sends {len(found):,}"]

    def _versions(self, name: str) -> list[Any]:
        """Return the rows of all versions of a name; none where there is no such name."""
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            return []
        if name in SHADOWED:
            return [one for one in self.job_type_rows()[0] if one.get("name") == name]
        return unique(self._asking.rows(_address("versions", name))[0])

    def _values(self, name: str, body: Any, resource: Resource) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the fields of one object as plain values, and what it has beyond them."""
        values = frames.first(self._asking.frame(name, [body], resource.fields))
        known = {field.json_path[0] for field in resource.fields}
        return values, {key: value for key, value in body.items() if key not in known}

    def _no_job_type(self, name: str, version: str | None = None) -> str:
        which = f"named {name!r}" if version is None else f"{name!r} {version!r}"
        why = ""
        if isinstance(version, str) and not is_addressable(version):
            why = " A v6 server has no address for a version with such letters (D14)."
        return f"There is no job type {which} on {self._asking.http.base}.{why} job_type_names() lists what there is."


def is_addressed(name: str, version: str) -> bool:
    """Whether a server has an address for the details; a text that goes into a URL must be no path of its own."""
    return (
        isinstance(name, str)
        and isinstance(version, str)
        and _NAME.fullmatch(name) is not None
        and is_addressable(version)
        and version.strip(".") != ""
    )


def _address(name: str, job_type: str, version: str = "", revision_num: int = 0) -> str:
    return service(name).url.format(name=job_type, version=version, revision_num=revision_num)


def _ranked(row: Any) -> Any:
    """Return a row of the names with its versions newest first."""
    if not isinstance(row, dict) or not isinstance(row.get("versions"), list):
        return row
    texts = sorted((str(one) for one in row["versions"]), reverse=True)
    return {**row, "versions": sorted(texts, key=rank, reverse=True)}


def _matches(row: dict[str, Any], params: Params) -> bool:
    """Whether a row satisfies the filters that the list has besides `keyword`."""
    ids = [value for name, value in params if name == "id"]
    flags = {name: value == "true" for name, value in params if name in ("is_active", "is_system")}
    return (not ids or row.get("id") in ids) and all(row.get(name) is value for name, value in flags.items())
