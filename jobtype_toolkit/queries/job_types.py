"""The v6 services about what job types are: names, list, versions, details, revisions."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pandas as pd

from jobtype_toolkit import frames
from jobtype_toolkit.api.arguments import OneOrMore, by_name, cut_page, flag, ordering, paging, several, sort, whole
from jobtype_toolkit.api.fields import Field
from jobtype_toolkit.api.records import JobType, JobTypeRevision
from jobtype_toolkit.api.resources import (
    JOB_TYPE,
    JOB_TYPE_NAME,
    JOB_TYPE_REVISION,
    JOB_TYPE_REVISION_ROW,
    JOB_TYPE_ROW,
)
from jobtype_toolkit.errors import NotFound
from jobtype_toolkit.queries.reader import Asker, Source
from jobtype_toolkit.sqlfiles import sql


class JobTypeReads:
    """What job types are, answered from a store with the columns and defaults of the toolkit."""

    _asker: Asker

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
        found = self._matching("job_type_names", "names", keyword, id, is_active, is_system, source)
        newest = sort(found.sort_values("id", ascending=False, kind="stable"), [("version", False)])
        of_name = newest.groupby(["source", "name"], sort=False, dropna=False)
        frame = newest.drop_duplicates(["source", "name"]).assign(latest_version=lambda latest: latest["version"])
        versions = of_name["version"].agg(list)
        keys_of_rows = zip(frame["source"], frame["name"], strict=True)
        frame["versions"] = pd.Series([versions[key] for key in keys_of_rows], index=frame.index, dtype="object")
        frame = frame.sort_values(["name", "source"], ignore_index=True)[list(JOB_TYPE_NAME.names)]
        frame.attrs = found.attrs
        return cut_page(sort(frame, keys), at)

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
        found = self._matching("job_types", "list", keyword, id, is_active, is_system, source)
        return cut_page(sort(by_name(found), keys)[list(JOB_TYPE_ROW.names)], at)

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
            "versions", sql("queries/job_types.versions"), JOB_TYPE_ROW.fields, source=meant, parameters={"name": name}
        )
        if every.empty:
            raise NotFound(_no_job_type(name, None, meant))
        kept = every if is_active is None else every[every["is_active"].eq(is_active).fillna(False)]
        return cut_page(by_name(kept), at)

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
            "details", JOB_TYPE.fields, meant, {"name": name, "version": version}, _no_job_type(name, version, meant)
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
            "revisions",
            sql("queries/job_types.revisions"),
            JOB_TYPE_REVISION_ROW.fields,
            source=meant,
            parameters=bound,
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
            "revision_num": whole(revision_num, name="revision_num"),
        }
        missing = (
            f"There is no revision {revision_num} of the job type {name!r} {version!r} in the source {meant.name!r}."
        )
        values, extra = self._one("revision", JOB_TYPE_REVISION.fields, meant, bound, missing)
        return JobTypeRevision(values, extra)

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
        text = sql(f"queries/job_types.{name}", matching=sql("queries/job_types.matching").rstrip())
        frame = self._asker.ask(service, text, fields, source=meant, parameters=bound)
        if keywords:
            without = int(self._asker.fetch(sql("queries/job_types.without_manifest"), {"source": meant.name})["n"][0])
            if without:
                frame.attrs["notes"].append(
                    f"{without} job types have no manifest loaded, so that their tags were not searched"
                )
        return frame

    def _one(
        self, query: str, fields: Sequence[Field], meant: Source, bound: dict[str, Any], missing: str
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the single row of a query as plain Python values, and what it has beyond the vocabulary."""
        found = self._asker.fetch(sql(f"queries/job_types.{query}"), {**bound, "source": meant.name})
        if not len(found["id"]):
            raise NotFound(missing)
        values = frames.first(frames.from_columns(found, fields))
        extra = found["extra"][0]
        return values, json.loads(extra) if isinstance(extra, str) else {}


def _no_job_type(name: str, version: str | None, source: Source) -> str:
    which = f"named {name!r}" if version is None else f"{name!r} {version!r}"
    return f"There is no job type {which} in the source {source.name!r}. job_type_names() lists what there is."
