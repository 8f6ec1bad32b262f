"""Recorded exchanges played back to a client, and the frames that they stand for, flattened without the toolkit's own code for it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from email.utils import parsedate_to_datetime
from typing import Any, ClassVar

import pandas as pd
from histories import page
from loopback import listed
from recorded import ABSENT, RECORDINGS  # noqa: F401 - tests ask for replay.ABSENT

from jobtype_toolkit.api.fields import Field
from jobtype_toolkit.api.resources import flat
from jobtype_toolkit.testing import HttpRequest, Reply


def names() -> list[str]:
    """The names of all recordings; none where the folder is elsewhere."""
    return sorted(path.stem for path in RECORDINGS.glob("*.json"))


def exchange(name: str) -> Any:
    return json.loads((RECORDINGS / f"{name}.json").read_text(encoding="utf-8"))


def body(name: str) -> Any:
    return exchange(name)["response"]["body"]


def results(name: str) -> list[Any]:
    found = body(name)
    return found["results"] if isinstance(found, dict) and "results" in found else [found]


def reply(name: str) -> Reply:
    """A recorded answer as it went over the wire."""
    response = exchange(name)["response"]
    found = response["body"]
    if response["body_is_json"]:
        found = json.dumps(found, separators=(",", ":"), ensure_ascii=False)
    headers = {key: value for key, value in response["headers"] if key not in ("Content-Length", "Date")}
    return Reply(response["status"], found.encode(), headers)


def moment(name: str) -> Any:
    """When it was recorded."""
    return parsedate_to_datetime(dict(exchange(name)["response"]["headers"])["Date"])


def frame_of(records: Iterable[Any], fields: Sequence[Field]) -> pd.DataFrame:
    """The frame that JSON objects stand for, made by pandas alone."""
    rows = [flat(one, fields) for one in records]
    columns = {}
    for field in fields:
        values = [row[field.name] for row in rows]
        if field.type == "time":
            times = pd.to_datetime(pd.Series(values, dtype="object"), utc=True, format="ISO8601")
            columns[field.name] = times.astype("datetime64[us, UTC]")
        else:
            columns[field.name] = pd.Series(values, dtype=field.dtype)
    return pd.DataFrame(columns)


class Recorded:
    """A server of what was recorded of one state of the data: whole lists, cut and filtered as a server does.

    Its jobs are the first four pages that were walked; its versions, details and revisions those of some types.
    """

    LISTS: ClassVar = {
        "job-types/": ["list"],
        "job-type-names/": ["names"],
        "job-types/ortho-rectify/": ["versions"],
        "job-types/scene-parser/1.2.0/revisions/": ["revisions"],
        "job-types/status/": ["status"],
        "job-types/pending/": ["pending"],
        "job-types/running/": ["running"],
        "job-types/system-failures/": ["system-failures", "system-failures-page-2"],
        "queue/status/": ["queue-status"],
        "errors/": ["errors"],
        "jobs/": ["jobs-walk-page-1", "jobs-walk-page-2", "jobs-walk-page-3", "jobs-walk-page-4"],
    }
    DETAILS: ClassVar = {
        "job-types/scene-parser/1.2.0/": "details",
        "job-types/ortho-rectify/1.10.0/": "details-mounts",
        "job-types/ship-finder/0.2.0/": "details-secret",
        "job-types/scale-ingest/1.0.0/": "details-system",
        "job-types/geotiff-validate/1.0.0/": "details-unicode",
        "job-types/scene-parser/1.2.0/revisions/1/": "revision-details",
        "job-types/scene-parser/1.2.0/revisions/4/": "revision-details-latest",
    }

    def __init__(self) -> None:
        self.rows = {place: [one for name in found for one in results(name)] for place, found in self.LISTS.items()}

    def __call__(self, asked: HttpRequest) -> Any:
        place = asked.path.removeprefix("/api/v6/")
        if place in self.DETAILS:
            return reply(self.DETAILS[place])
        if place not in self.rows:
            is_list = place.startswith("job-types/") and place.count("/") == 2
            return page([]) if is_list else reply("details-404-name")
        found = [one for one in self.rows[place] if all(_fits(one, name, asked.all(name)) for name, _ in asked.query)]
        for key in reversed(asked.all("order")):
            name = key.removeprefix("-")
            found.sort(key=lambda one, name=name: _sortable(one[name]), reverse=key != name)
        return listed(found, asked)


def _fits(row: Any, name: str, values: list[str]) -> bool:
    if name in ("page", "page_size", "order") or "job_counts" in row:
        return True
    if name == "keyword":
        return any(one.lower() in row["name"].lower() for one in values)
    if name in ("started", "ended"):
        own, bound = pd.Timestamp(row["last_modified"]), pd.Timestamp(values[-1])
        return own >= bound if name == "started" else own <= bound
    return json.dumps(row.get("id" if name == "job_id" else name)).strip('"') in values


def _sortable(value: Any) -> Any:
    return pd.Timestamp(value) if isinstance(value, str) and value[-1:] == "Z" else value
