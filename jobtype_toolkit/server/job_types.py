"""What job types are: names, list, versions, details and revisions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from jobtype_toolkit.api.resources import JOB_TYPE, JOB_TYPE_NAME, JOB_TYPE_REVISION, JOB_TYPE_ROW
from jobtype_toolkit.api.versions import rank
from jobtype_toolkit.server.bodies import REVISION_SHAPE, flat_body, plain, with_extra
from jobtype_toolkit.server.data import Data, Reading
from jobtype_toolkit.server.paging import cut, listed
from jobtype_toolkit.server.request import V6Request
from jobtype_toolkit.server.response import V6Response, answer, not_found

Row = Mapping[str, Any]

_ONE_NAME = tuple(field for field in JOB_TYPE_NAME.fields if field.name not in ("versions", "latest_version"))
_LARGEST = 2**31
"""The server's columns for whole numbers end here."""


def names(facts: Data, request: V6Request) -> V6Response:
    """Answer job-type-names/: names of which a version matches, told by the latest of their versions."""
    wanted = _wanted(request)
    with facts.reading() as reading:
        rows = list(reading.known.types.values())
    of_name: dict[str, list[Row]] = {}
    for row in rows:
        of_name.setdefault(row["name"], []).append(row)
    matching = {row["name"] for row in rows if _copies(row, request, wanted)}
    page, count = cut(request, sorted(matching))
    return listed(request, [_name(of_name[name]) for name in page], count)


def _name(rows: Sequence[Row]) -> dict[str, Any]:
    latest = max(rows, key=lambda row: (rank(row["version"]), -row["id"]))
    told = {"versions": [row["version"] for row in rows], "latest_version": latest["version"]}
    return flat_body(latest, _ONE_NAME) | told


def job_types(facts: Data, request: V6Request) -> V6Response:
    """Answer job-types/: by name, its versions in any order; with a keyword a row comes once for each tag (D12)."""
    wanted = _wanted(request)
    with facts.reading() as reading:
        rows = list(reading.known.types.values())
    if request.shuffle:
        request.shuffle(rows)
    found = [row for row in rows for _ in range(_copies(row, request, wanted))]
    found.sort(key=lambda row: (row["name"] or "").lower())
    return _list(request, found)


def versions(facts: Data, request: V6Request) -> V6Response:
    """Answer job-types/{name}/: by the text of the version, descending; nothing for an unknown name (D13)."""
    is_active = request.flag("is_active")
    with facts.reading() as reading:
        rows = [row for row in reading.known.types.values() if row["name"] == request.place["name"]]
    found = [row for row in rows if is_active is None or row["is_active"] is is_active]
    return _list(request, sorted(found, key=lambda row: row["version"] or "", reverse=True))


def _list(request: V6Request, rows: Sequence[Row]) -> V6Response:
    page, count = cut(request, rows)
    return listed(request, [list_body(row, request) for row in page], count)


def list_body(row: Row, request: V6Request) -> dict[str, Any]:
    """Return a row of the list."""
    return with_extra(request.release.listed(flat_body(row, JOB_TYPE_ROW.fields)), row["extra"])


def details(facts: Data, request: V6Request) -> V6Response:
    """Answer job-types/{name}/{version}/."""
    with facts.reading() as reading:
        return answer(details_body(reading, request.place["name"], request.place["version"]))


def details_body(reading: Reading, name: str, version: str) -> dict[str, Any]:
    """Return the details of a job type; 404 if there is none."""
    (row,) = reading.ask("job_type", {"id": _id(reading, name, version)})
    return with_extra(flat_body(row, JOB_TYPE.fields), row["extra"])


def revisions(facts: Data, request: V6Request) -> V6Response:
    """Answer …/revisions/: newest first, each with the job type as it is now."""
    with facts.reading() as reading:
        rows = reading.ask("revisions", {"id": _id(reading, **request.place), "revision_num": None}, manifest="")
        page, count = cut(request, rows)
        return listed(request, [REVISION_SHAPE.body(row, reading.known.embed) for row in page], count)


def revision(facts: Data, request: V6Request) -> V6Response:
    """Answer …/revisions/{revision_num}/."""
    place = dict(request.place)
    number = place.pop("revision_num")
    with facts.reading() as reading:
        found = revision_body(reading, _id(reading, **place), int(number) if len(number) < len(str(_LARGEST)) else None)
    if found is None:
        raise not_found()
    return answer(found)


def revision_body(reading: Reading, id: int, number: int | None) -> dict[str, Any] | None:
    """Return a revision with its manifest; None if there is none of that number."""
    rows = (
        reading.ask("revisions", {"id": id, "revision_num": number}, manifest=", manifest")
        if number is not None
        else []
    )
    if not rows:
        return None
    body = REVISION_SHAPE.body({**rows[0], "extra": None}, reading.known.embed)
    manifest = plain(rows[0]["manifest"], JOB_TYPE_REVISION["manifest"])
    return with_extra(body | {"manifest": manifest}, rows[0]["extra"])


def _id(reading: Reading, name: str, version: str) -> int:
    found = reading.known.type_ids(lambda row: bool(row["name"] == name and row["version"] == version))
    if not found:
        raise not_found()
    return min(found, key=lambda one: (bool(reading.known.types[one]["inferred"]), one))


def _wanted(request: V6Request) -> dict[str, Any]:
    return {
        "keyword": request.texts("keyword"),
        "id": request.wholes("id"),
        "is_active": request.flag("is_active"),
        "is_system": request.flag("is_system"),
    }


def _copies(row: Row, request: V6Request, wanted: Mapping[str, Any]) -> int:
    """Return how often a row is found: a keyword finds it once for each of its tags, or for each tag that matches (D12)."""
    if wanted["id"] is not None and row["id"] not in wanted["id"]:
        return 0
    for name in ("is_active", "is_system"):
        if wanted[name] is not None and row[name] is not wanted[name]:
            return 0
    if wanted["keyword"] is None:
        return 1
    words = [word.lower() for word in wanted["keyword"]]
    tags = [tag for tag in row["tags"] or () if tag is not None]
    if any(_has(row[name], words) for name in request.release.keyword_fields):
        return max(1, len(tags))
    return sum(_has(tag, words) for tag in tags)


def _has(text: str | None, words: Iterable[str]) -> bool:
    return any(word in (text or "").lower() for word in words)
