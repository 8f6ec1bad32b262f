"""What job types are, asked of a live server: names, list, versions, details, revisions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pandas as pd

from jobtype_toolkit.api.arguments import MAX_PAGE_SIZE
from jobtype_toolkit.api.services import service
from jobtype_toolkit.api.versions import is_addressable, rank
from jobtype_toolkit.backend import Query
from jobtype_toolkit.errors import NotFound
from jobtype_toolkit.live.http import Params
from jobtype_toolkit.live.queries import NOTHING, ServerReader, path, unique

SHADOWED = frozenset({"validation", "status", "pending", "running", "system-failures"})
"""Names under which v6 has a service, so that the versions of a job type of that name cannot be asked for."""
_NAME = re.compile(r"[\w-]+")
"""The names that v6's URLs have room for."""
_MAY_MISS = "{:,} rows match; the server may drop rows between pages. List all job types and filter locally"


def names(reader: ServerReader, query: Query) -> pd.DataFrame:
    """Return one row per name, its versions newest first."""
    params = reader.params(query)
    rows, _ = reader.rows(query.service.url, params)
    return reader.frame(query, [_ranked(row) for row in rows], params=params)


def listed(reader: ServerReader, query: Query) -> pd.DataFrame:
    """Return one row per name and version."""
    params = reader.params(query)
    rows, notes = job_type_rows(reader, params)
    return reader.frame(query, rows, params=params, notes=notes)


def versions(reader: ServerReader, query: Query) -> pd.DataFrame:
    """Return one row per version of a name, whether active or not."""
    return reader.frame(query, _versions(reader, query.filters["name"]))


def details(reader: ServerReader, query: Query) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Return the details of a job type; of a version without an address (D14), its row in the list."""
    name, version = query.filters["name"], query.filters["version"]
    if is_addressed(name, version):
        body = reader.http.get(path(query)).value
    else:
        body = next((row for row in _versions(reader, name) if row.get("version") == version), None)
    if not isinstance(body, dict):
        raise NotFound
    return reader.details(query, body)


def revisions(reader: ServerReader, query: Query) -> pd.DataFrame:
    """Return one row per revision."""
    if not is_addressed(query.filters["name"], query.filters["version"]):
        raise NotFound
    return reader.frame(query, unique(reader.rows(path(query))[0]))


def revision(reader: ServerReader, query: Query) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Return one revision."""
    if not is_addressed(query.filters["name"], query.filters["version"]) or query.filters["revision_num"] < 0:
        raise NotFound
    return reader.details(query, reader.http.get(path(query)).value)


def job_type_rows(reader: ServerReader, params: Params = ()) -> tuple[list[Any], list[str]]:
    """Return the rows of job-types/ as v6 sends them, each once, and what there is to say of them.

    A server sorts them by name only, so that pages lose some (D12): they are read in one page, or, if they are more, completed
    by the versions of each name.
    """
    rows, count = reader.rows("job-types/", params)
    found = unique(rows)
    filters = {name for name, _ in params}
    if count > MAX_PAGE_SIZE and len(found) < count and "keyword" not in filters and params is not NOTHING:
        listed, _ = reader.rows("job-type-names/", params)
        reachable = [name for row in listed if (name := str(row.get("name"))) not in SHADOWED]
        every = [row for name in reachable for row in _versions(reader, name)]
        found = unique([*found, *(row for row in every if _matches(row, params))])
    if "keyword" in filters:
        return found, [_MAY_MISS.format(count)] if count > MAX_PAGE_SIZE else []
    if len(found) == count:
        return found, []
    return found, [f"the server counts {count:,} job types and sends {len(found):,}"]


def is_addressed(name: str, version: str) -> bool:
    """Whether a server has an address for the details; a text that goes into a URL must be no path of its own."""
    return _NAME.fullmatch(name) is not None and is_addressable(version) and version.strip(".") != ""


def _versions(reader: ServerReader, name: str) -> list[Any]:
    """Return the rows of all versions of a name; none if there is no such name."""
    if not _NAME.fullmatch(name):
        return []
    if name in SHADOWED:
        return [row for row in job_type_rows(reader)[0] if row.get("name") == name]
    return unique(reader.rows(service("versions").url.format(name=name))[0])


def _ranked(row: Any) -> Any:
    """Return a row of the names with its versions newest first."""
    if not isinstance(row, dict) or not isinstance(row.get("versions"), list):
        return row
    texts = sorted((str(version) for version in row["versions"]), reverse=True)
    return {**row, "versions": sorted(texts, key=rank, reverse=True)}


def _matches(row: dict[str, Any], params: Params) -> bool:
    """Whether a row satisfies the filters that the list has besides `keyword`."""
    ids = [value for name, value in params if name == "id"]
    flags = {name: value == "true" for name, value in params if name in ("is_active", "is_system")}
    return (not ids or row.get("id") in ids) and all(row.get(name) is value for name, value in flags.items())
