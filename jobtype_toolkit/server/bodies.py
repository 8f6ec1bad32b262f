"""v6's JSON bodies: which keys in which order, made from the vocabulary.

A body is described by the paths of its keys in v6's order. Where a path leads in the vocabulary is known there; a path that
the vocabulary does not have is null, so that the shape stays that of a server.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from jobtype_toolkit.api.fields import Field, Resource
from jobtype_toolkit.api.resources import BASE_JOB_TYPE, ERROR, JOB, JOB_EXECUTION, JOB_TYPE_REVISION
from jobtype_toolkit.api.times import naive_v6_text

Embed = Callable[[Any], Any]
"""Gives the object of an id: `{"job_type": …, "error": …}`."""

EMBEDDED_ERROR = ERROR.fields[:-2]
"""The error inside jobs and executions: all but its stamps."""

_NODE = "node.id node.hostname"
JOB_PATHS = (
    "id job_type.* status job_type_rev.id job_type_rev.job_type.id job_type_rev.revision_num "
    "event.id event.type event.occurred ingest_event.id ingest_event.type ingest_event.occurred "
    "recipe.id recipe.recipe_type.id recipe.recipe_type.name recipe.recipe_type.title recipe.recipe_type.description "
    "recipe.recipe_type.revision_num recipe.recipe_type_rev.id recipe.event.id "
    "batch.id batch.title batch.description batch.created "
    f"is_superseded superseded_job.id {_NODE} error.* max_tries num_exes input_file_size input_files "
    "created queued started ended last_status_change superseded last_modified "
    "source_started source_ended source_sensor_class source_sensor source_collection source_task"
)
EXECUTION_PATHS = f"id status exe_num cluster_id created queued started ended job.id {_NODE} error.* job_type.* timeout input_file_size"
REVISION_PATHS = "id job_type.* revision_num docker_image created"

_SAME = {"job_type_rev.job_type.id": "job_type_id"}
"""Paths that repeat a field."""


_WRITTEN = ("time", "json", "float")
"""The types whose values are not in JSON what they are in the store."""
Parts = dict[str, Any]
"""The keys of an object in v6's order: a field, None for what the vocabulary does not have, or the parts of an object."""


class Shape:
    """How the flat rows of a resource become v6 bodies."""

    def __init__(self, resource: Resource, keys: str) -> None:
        """Take the resource, and the paths of the keys in v6's order, with blanks between; `x.*` is an embedded object found by `x_id`."""
        paths = keys.split()
        at: dict[str, Field | str] = {".".join(field.json_path): field for field in resource.stored}
        at |= {path: resource[name] for path, name in _SAME.items() if name in resource.names}
        at |= {path: f"{path[:-2]}_id" for path in paths if path.endswith(".*")}
        self.parts: Parts = {}
        names: dict[str, None] = {}
        for path in paths:
            part = at.get(path)
            *parents, last = path.removesuffix(".*").split(".")
            place = self.parts
            for key in parents:
                place = place.setdefault(key, {})
            place[last] = part
            if part is not None:
                names[part if isinstance(part, str) else part.name] = None
        self.columns = tuple(names)
        """The columns that a row must have."""

    def body(self, row: Mapping[str, Any], embed: Mapping[str, Embed]) -> dict[str, Any]:
        """Return the body of a row; an object of which nothing is known is null."""
        body: dict[str, Any] = {}
        for key, part in self.parts.items():
            if isinstance(part, Field):
                body[key] = plain(row[part.name], part)
            elif isinstance(part, str):
                body[key] = embed[key](row[part])
            elif part is not None:
                inner = _object(part, row)
                body[key] = inner if _is_known(inner) else None
            else:
                body[key] = None
        return with_extra(body, row.get("extra"))


def _object(parts: Parts, row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: plain(row[part.name], part) if isinstance(part, Field) else part and _object(part, row)
        for key, part in parts.items()
    }


def _is_known(value: Any) -> bool:
    return any(map(_is_known, value.values())) if isinstance(value, dict) else value is not None


def plain(value: Any, field: Field) -> Any:
    """Return a value of the store as JSON has it."""
    if value is None or field.type not in _WRITTEN:
        return value
    match field.type:
        case "time":
            return naive_v6_text(value) if isinstance(value, datetime) else value
        case "json":
            return json.loads(value) if isinstance(value, str) else value
        case _:
            return value if math.isfinite(value) else None


def with_extra(body: dict[str, Any], extra: str | None) -> dict[str, Any]:
    """Return a body with the fields that the vocabulary does not know, as they were sent: `node.rack` goes into `node`."""
    for name, value in json.loads(extra).items() if extra else ():
        head, _, key = name.partition(".")
        if key and isinstance(body.get(head), dict):
            body[head] = body[head] | {key: value}
        else:
            body[name] = value
    return body


def flat_body(row: Mapping[str, Any], fields: Iterable[Field]) -> dict[str, Any]:
    """Return the body of a row without embedded objects."""
    return {field.name: plain(row.get(field.name), field) for field in fields}


def falsified(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return a job type as pending, running, failures and the queue have it: two fields are not the true ones (D30)."""
    return {**body, "is_system": False, "unmet_resources": None}


def falsified_error(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return an error as the system failures have it: three fields are not the true ones (D31)."""
    return {**body, "job_type_name": None, "is_builtin": False, "should_be_retried": False}


JOB_SHAPE = Shape(JOB, JOB_PATHS)
EXECUTION_SHAPE = Shape(JOB_EXECUTION, EXECUTION_PATHS)
REVISION_SHAPE = Shape(JOB_TYPE_REVISION, REVISION_PATHS)
BASE = BASE_JOB_TYPE.fields
