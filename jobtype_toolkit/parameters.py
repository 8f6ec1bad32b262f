"""The v6 read services: what each is called here and there, what it takes, what a row of it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from jobtype_toolkit.answers import PENDING, QUEUE_STATUS, RUNNING, STATUS, SYSTEM_FAILURE
from jobtype_toolkit.fields import Resource
from jobtype_toolkit.resources import (
    ERROR,
    JOB,
    JOB_TYPE,
    JOB_TYPE_NAME,
    JOB_TYPE_REVISION,
    JOB_TYPE_REVISION_ROW,
    JOB_TYPE_ROW,
)

Kind = Literal["int", "bool", "text", "time"]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A query parameter of a v6 service."""

    name: str
    kind: Kind
    meaning: str
    repeatable: bool = False


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
    """A v6 read service: what it is called here and there, what it takes, what a row of it is."""

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


def service(name: str) -> Service:
    """Return the service of that name; KeyError where there is none."""
    for one in SERVICES:
        if one.name == name:
            return one
    raise KeyError(name)
