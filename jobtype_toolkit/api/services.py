"""The v6 services: what each is called here and there, what it takes, what a row of it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Literal

from jobtype_toolkit.api.answers import PENDING, QUEUE_STATUS, RUNNING, STATUS, SYSTEM_FAILURE, VALIDATION
from jobtype_toolkit.api.fields import Resource
from jobtype_toolkit.api.resources import (
    ERROR,
    JOB,
    JOB_DETAILS,
    JOB_EXECUTION,
    JOB_TYPE,
    JOB_TYPE_NAME,
    JOB_TYPE_REVISION,
    JOB_TYPE_REVISION_ROW,
    JOB_TYPE_ROW,
    WORKSPACE,
)
from jobtype_toolkit.errors import InvalidParameter
from jobtype_toolkit.seed.text import clipped

Kind = Literal["int", "bool", "text", "time", "json"]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A query parameter of a v6 service, or a field of a body that it takes."""

    name: str
    kind: Kind
    meaning: str
    repeatable: bool = False
    longest: int | None = None
    """How many characters the server's database takes."""


_ID = Parameter("id", "int", "Only these ids.", repeatable=True)
_KEYWORD = Parameter("keyword", "text", "Part of the name or of a tag, any case; several are OR-ed.", repeatable=True)
_IS_ACTIVE = Parameter("is_active", "bool", "Only active, or only deprecated ones.")
_IS_SYSTEM = Parameter("is_system", "bool", "Only system, or only user ones.")
_ORDER = Parameter("order", "text", "Fields to sort by, '-' in front reverses.", repeatable=True)
_MODIFIED = (
    Parameter("started", "time", "Only rows whose last_modified is not before."),
    Parameter("ended", "time", "Only rows whose last_modified is not after."),
)


def _exact(name: str, kind: Kind = "text") -> Parameter:
    return Parameter(name, kind, f"Only rows with one of these values of {name}.", repeatable=True)


@dataclass(frozen=True, slots=True)
class Service:
    """A v6 service: what it is called here and there, what it takes, what a row of it is."""

    name: str
    url: str
    row: Resource
    parameters: tuple[Parameter, ...] = ()


SERVICES = (
    Service("job_type_names", "job-type-names/", JOB_TYPE_NAME, (_KEYWORD, _ID, _IS_ACTIVE, _IS_SYSTEM, _ORDER)),
    Service("job_types", "job-types/", JOB_TYPE_ROW, (_KEYWORD, _ID, _IS_ACTIVE, _IS_SYSTEM, _ORDER)),
    Service("versions", "job-types/{name}/", JOB_TYPE_ROW, (_IS_ACTIVE,)),
    Service("job_type", "job-types/{name}/{version}/", JOB_TYPE),
    Service("revisions", "job-types/{name}/{version}/revisions/", JOB_TYPE_REVISION_ROW),
    Service("revision", "job-types/{name}/{version}/revisions/{revision_num}/", JOB_TYPE_REVISION),
    Service(
        "status",
        "job-types/status/",
        STATUS,
        (
            Parameter("started", "time", "Count jobs that changed status not before; PT3H where not given."),
            Parameter("ended", "time", "Count jobs that changed status not after; open where not given (D28)."),
            _IS_ACTIVE,
        ),
    ),
    Service("pending", "job-types/pending/", PENDING),
    Service("running", "job-types/running/", RUNNING),
    Service("system_failures", "job-types/system-failures/", SYSTEM_FAILURE),
    Service("queue_status", "queue/status/", QUEUE_STATUS),
    Service(
        "jobs",
        "jobs/",
        JOB,
        (
            *_MODIFIED,
            Parameter("source_started", "time", "Only jobs whose source_started is not before."),
            Parameter("source_ended", "time", "Only jobs whose source_ended is not after."),
            _exact("source_sensor_class"),
            _exact("source_sensor"),
            _exact("source_collection"),
            _exact("source_task"),
            _exact("status"),
            _exact("job_id", "int"),
            _exact("job_type_id", "int"),
            _exact("job_type_name"),
            _exact("batch_id", "int"),
            _exact("recipe_id", "int"),
            _exact("error_id", "int"),
            _exact("error_category"),
            Parameter("is_superseded", "bool", "Only superseded, or only current ones."),
            _ORDER,
        ),
    ),
    Service(
        "errors",
        "errors/",
        ERROR,
        (
            *_MODIFIED,
            Parameter("is_builtin", "bool", "Only errors that Scale ships, or only others."),
            _exact("job_type_name"),
            _exact("name"),
            _exact("category"),
            _ORDER,
        ),
    ),
)
"""The v6 read services, in the order of the documentation."""

LIVE_SERVICES = (
    Service("job", "jobs/{id}/", JOB_DETAILS),
    Service("executions", "jobs/{id}/executions/", JOB_EXECUTION),
    Service("workspaces", "workspaces/", WORKSPACE),
)
"""What only a live server answers."""

_MANIFEST = Parameter("manifest", "json", "The Seed manifest; a new revision with every edit of it.")
_CONFIGURATION = Parameter("configuration", "json", "The job type configuration; an edit replaces it as a whole.")
WRITE_FIELDS = (
    _MANIFEST,
    Parameter("docker_image", "text", "Image that the jobs run; by itself no new revision.", longest=500),
    _CONFIGURATION,
    Parameter("icon_code", "text", "Font Awesome code of the icon.", longest=20),
    Parameter("is_published", "bool", "Whether the output is published; a server never switches it off (D20)."),
    Parameter("max_scheduled", "int", "How many jobs at once, 0 for no limit; a server never clears it (D21)."),
    Parameter("is_active", "bool", "False deprecates the type; a server ignores it on a creation (D15)."),
    Parameter("is_paused", "bool", "True keeps its jobs on the queue; a server ignores it on a creation (D15)."),
    Parameter(
        "auto_update", "bool", "Whether a new manifest moves the recipes that use the type; true by default (D22)."
    ),
)
"""The fields that a creation and an edit take, and no others."""
WRITES = (
    Service("validate", "job-types/validation/", VALIDATION, (_MANIFEST, _CONFIGURATION)),
    Service("add", "job-types/", JOB_TYPE, WRITE_FIELDS),
    Service("edit", "job-types/{name}/{version}/", VALIDATION, WRITE_FIELDS),
)
"""The v6 services that take a body."""


def service(name: str) -> Service:
    """Return the service of that name; KeyError where there is none."""
    for one in SERVICES + LIVE_SERVICES + WRITES:
        if one.name == name:
            return one
    raise KeyError(name)


_LARGEST = 2**31
"""The server's columns for whole numbers end here."""


def refuse_unknown(changes: Mapping[str, Any]) -> None:
    """Raise InvalidParameter for a field that no edit takes, and name the nearest that it does."""
    known = [one.name for one in WRITE_FIELDS]
    for name in changes:
        if name not in known:
            near = get_close_matches(name, known, 1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            msg = f"{name!r} is not a field that can be edited.{hint} These can: {', '.join(known)}."
            raise InvalidParameter(msg)


def checked(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the plain values of the fields of a write; what is unknown, and None, stays as it is.

    Raises:
        InvalidParameter: a value that is not of the field's kind, or longer than the server's database takes.
    """
    kinds = {one.name: one for one in WRITE_FIELDS}
    return {name: _checked(value, kinds[name]) if name in kinds else value for name, value in changes.items()}


def _checked(value: Any, meant: Parameter) -> Any:
    if value is None or meant.kind == "json":
        return value
    if meant.kind == "bool":
        if not isinstance(value, bool):
            msg = f"{meant.name}={clipped(repr(value), 80)} is not a boolean. Give True or False."
            raise InvalidParameter(msg)
        return value
    if meant.kind == "int":
        if isinstance(value, bool) or not hasattr(value, "__index__") or abs(value.__index__()) >= _LARGEST:
            msg = f"{meant.name}={clipped(repr(value), 80)} is not a whole number that a server can hold."
            raise InvalidParameter(msg)
        return value.__index__()
    if not isinstance(value, str) or not is_storable(value):
        msg = f"{meant.name}={clipped(repr(value), 80)} is not a text that a server can hold."
        raise InvalidParameter(msg)
    if meant.longest is not None and len(value) > meant.longest:
        msg = f"{meant.name} has {len(value)} characters; the server's database takes {meant.longest}. Shorten it."
        raise InvalidParameter(msg)
    return str(value)


def is_storable(value: Any) -> bool:
    """Whether a database can hold all texts of a JSON value: a NUL and half a character it cannot."""
    if isinstance(value, str):
        return "\0" not in value and not any("\ud800" <= letter <= "\udfff" for letter in value)
    if isinstance(value, dict):
        return all(is_storable(key) and is_storable(member) for key, member in value.items())
    return not isinstance(value, list) or all(map(is_storable, value))
