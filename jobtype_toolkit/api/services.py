"""The v6 services: what each is called here and there, what it takes, what a row of it is."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any, Literal

from jobtype_toolkit import hints
from jobtype_toolkit.api.fields import Resource
from jobtype_toolkit.api.resources import (
    CATEGORIES,
    ERROR,
    JOB,
    JOB_DETAILS,
    JOB_EXECUTION,
    JOB_TYPE,
    JOB_TYPE_NAME,
    JOB_TYPE_REVISION,
    JOB_TYPE_REVISION_ROW,
    JOB_TYPE_ROW,
    PENDING,
    QUEUE_STATUS,
    RUNNING,
    STATUS,
    STATUSES,
    SYSTEM_FAILURE,
    VALIDATION,
    WORKSPACE,
)
from jobtype_toolkit.errors import InvalidParameter
from jobtype_toolkit.seed.text import clipped

Kind = Literal["int", "bool", "text", "time", "json"]
Order = Sequence[tuple[str, bool]]
"""Columns to sort by, each with whether it ascends."""
_IN_URL = re.compile(r"{(\w+)}")


@dataclass(frozen=True, slots=True)
class Parameter:
    """A query parameter of a v6 service, or a field of a body that it takes."""

    name: str
    kind: Kind
    meaning: str
    repeatable: bool = False
    longest: int | None = None
    """How many characters the server's database takes."""
    choices: tuple[str, ...] = ()
    """The only values it takes, if not any."""
    default: str | tuple[str, ...] | None = None
    """What it is if it is not given."""
    is_required: bool = False
    is_named: bool = False
    """Whether Python gives it by name only."""


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


History = Literal["none", "window", "window and running", "all"]
"""Which part of a history a question needs: nothing of it, the window it is asked for, that and all RUNNING jobs, or all.

Notes about gaps follow from it, and which files of a lake are opened.
"""


_ID_PATTERN = r"\d+"
URL_PATTERNS: Mapping[str, str] = {
    "name": r"[\w-]+",
    "version": r"[\w.]+",
    "revision_num": _ID_PATTERN,
    "id": _ID_PATTERN,
    "exe_num": _ID_PATTERN,
    "stream": "stdout|stderr|combined",
}
"""What the named parts of v6's URLs may be; anything else is no address of a service."""


@dataclass(frozen=True)
class Service:
    """A v6 service: what it is called here and there, what it takes, what a row of it is, how it is shown."""

    name: str
    url: str
    row: Resource
    parameters: tuple[Parameter, ...] = ()
    order: Order = ()
    """The order of the rows, if it can be told from their columns."""
    constants: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    """What its SQL binds beside the parameters."""
    history: History = "none"
    reversed_window: str = ""
    """What it answers if its window ends before it begins, in words; empty if it refuses such a window."""
    is_long: bool = False
    """Whether a backend reads only the page or the first rows that are asked for; any other answer is read whole."""
    title: str = ""
    """The heading of its table."""
    first: tuple[str, ...] = ()
    """The columns that people need first; on a narrow terminal the last of them are left out."""
    command: str = ""
    """The command that asks it in the terminal, if there is one."""
    command_order: tuple[str, ...] = ()
    """The order that the command asks for if it is given none."""
    summary: str = ""
    """What it answers, in a sentence or two."""
    example: str = ""
    """The arguments of an example in the terminal."""

    @cached_property
    def path_parameters(self) -> tuple[str, ...]:
        """The names in the URL."""
        return tuple(_IN_URL.findall(self.url))

    @cached_property
    def is_windowed(self) -> bool:
        """Whether it takes times, so that a present matters."""
        return any(parameter.kind == "time" for parameter in self.parameters)

    @cached_property
    def is_about_changes(self) -> bool:
        """Whether its window is one of `last_modified`, not of changes of status."""
        return _MODIFIED[0] in self.parameters

    @cached_property
    def is_searched(self) -> bool:
        """Whether it is searched by keyword, which needs all rows."""
        return _KEYWORD in self.parameters

    @property
    def sql(self) -> str:
        """The address of the SQL that answers it, if it is a question of one statement."""
        return f"queries/{self.name}"


_TYPE_COLUMNS = ("id", "name", "version", "is_active", "is_paused", "unmet_resources", "revision_num", "last_modified")

SERVICES = (
    Service("job_type_names", "job-type-names/", JOB_TYPE_NAME, (_KEYWORD, _ID, _IS_ACTIVE, _IS_SYSTEM, _ORDER)),
    Service(
        "job_types",
        "job-types/",
        JOB_TYPE_ROW,
        (_KEYWORD, _ID, _IS_ACTIVE, _IS_SYSTEM, _ORDER),
        title="Job types",
        first=(*_TYPE_COLUMNS, "title"),
        command="types",
        summary="List job types: one row per name and version.",
        example="--keyword radar --is-active",
    ),
    Service(
        "versions",
        "job-types/{name}/",
        JOB_TYPE_ROW,
        (_IS_ACTIVE,),
        title="Versions, newest first",
        first=(*_TYPE_COLUMNS, "title"),
        command="versions",
        summary="List the versions of a job type, newest first.",
        example="haze-grader",
    ),
    Service("job_type", "job-types/{name}/{version}/", JOB_TYPE),
    Service(
        "revisions",
        "job-types/{name}/{version}/revisions/",
        JOB_TYPE_REVISION_ROW,
        order=(("revision_num", False),),
        title="Revisions, newest first",
        first=("name", "version", "revision_num", "created", "docker_image"),
        command="revisions",
        summary="List the revisions of a job type's version, newest first.",
        example="pan-sharpen 2.1.0",
    ),
    Service("revision", "job-types/{name}/{version}/revisions/{revision_num}/", JOB_TYPE_REVISION),
    Service(
        "status",
        "job-types/status/",
        STATUS,
        (
            Parameter("started", "time", "Count jobs that changed status not before; PT3H if not given."),
            Parameter("ended", "time", "Count jobs that changed status not after; open if not given (D28)."),
            _IS_ACTIVE,
        ),
        constants={"statuses": STATUSES, "categories": CATEGORIES},
        history="window and running",
        reversed_window="only RUNNING jobs are counted",
        title="Jobs by job type, status and error category",
        first=("name", "version", "status", "category", "count", "most_recent"),
        command="status",
        summary="Count jobs by job type, status and error category: all that run, and those that changed status in a window.",
        example="--started P1D",
    ),
    Service(
        "pending",
        "job-types/pending/",
        PENDING,
        order=(("longest_pending", True), ("job_type_id", True)),
        history="all",
        title="Pending jobs, longest first",
        first=("name", "version", "is_paused", "count", "longest_pending"),
        command="pending",
        summary="Count PENDING jobs by job type, longest first. Jobs on the queue are QUEUED: `queue` counts those.",
        example="--json",
    ),
    Service(
        "running",
        "job-types/running/",
        RUNNING,
        order=(("longest_running", True), ("job_type_id", True)),
        history="all",
        title="Running jobs, longest first",
        first=("name", "version", "is_paused", "count", "longest_running"),
        command="running",
        summary="Count RUNNING jobs by job type, longest first.",
        example="--csv",
    ),
    Service(
        "system_failures",
        "job-types/system-failures/",
        SYSTEM_FAILURE,
        order=(("last_error", False), ("job_type_id", True), ("error_id", True)),
        history="all",
        title="Jobs failed with a system error, newest first",
        first=("name", "version", "error_name", "count", "last_error", "first_error", "error_should_be_retried"),
        summary="Count jobs that are FAILED now with a SYSTEM error, by job type and error, newest first.",
    ),
    Service(
        "queue_status",
        "queue/status/",
        QUEUE_STATUS,
        order=(("is_paused", True), ("highest_priority", True), ("longest_queued", True), ("job_type_id", True)),
        history="all",
        title="Queued jobs, unpaused and most urgent first",
        first=("name", "version", "is_paused", "count", "longest_queued", "highest_priority"),
        command="queue",
        summary="Count QUEUED jobs by job type: unpaused first, then the most urgent, then the oldest.",
    ),
    Service(
        "jobs",
        "jobs/",
        JOB,
        (
            *_MODIFIED,
            _exact("status"),
            _exact("job_id", "int"),
            _exact("job_type_id", "int"),
            _exact("job_type_name"),
            _exact("error_id", "int"),
            _exact("error_category"),
            _exact("batch_id", "int"),
            _exact("recipe_id", "int"),
            Parameter("is_superseded", "bool", "Only superseded, or only current ones."),
            _ORDER,
            Parameter("source_started", "time", "Only jobs whose source_started is not before."),
            Parameter("source_ended", "time", "Only jobs whose source_ended is not after."),
            _exact("source_sensor_class"),
            _exact("source_sensor"),
            _exact("source_collection"),
            _exact("source_task"),
        ),
        history="window",
        is_long=True,
        title="Jobs",
        first=(
            "id",
            "job_type",
            "status",
            "error_name",
            "last_status_change",
            "node",
            "job_type_version",
            "revision_num",
            "num_exes",
        ),
        command="jobs",
        command_order=("-last_modified",),
        summary="List jobs, those that changed last first. --started and --ended are about last_modified.",
        example="--status FAILED --started P1D",
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
    Service("workspaces", "workspaces/", WORKSPACE, order=(("name", True),)),
)
"""The v6 read services that every backend answers, in the order of the documentation."""

ANALYSES = tuple(
    one for one in SERVICES if one.name in ("status", "pending", "running", "system_failures", "queue_status")
)
"""The services about how job types fare: each row begins with the name and version of the job type."""

LIVE_SERVICES = (
    Service("job", "jobs/{id}/", JOB_DETAILS),
    Service("executions", "jobs/{id}/executions/", JOB_EXECUTION),
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


@cache
def service(name: str) -> Service:
    """Return the service of that name; KeyError if there is none."""
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
            hint = hints.did_you_mean(name, known)
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
            msg = f"{hints.argument(meant.name, clipped(value, 80) if isinstance(value, str) else value)} is not a boolean. Give True or False."
            raise InvalidParameter(msg)
        return value
    if meant.kind == "int":
        if isinstance(value, bool) or not hasattr(value, "__index__") or abs(value.__index__()) >= _LARGEST:
            msg = f"{hints.argument(meant.name, clipped(value, 80) if isinstance(value, str) else value)} is not a whole number that a server can hold."
            raise InvalidParameter(msg)
        return value.__index__()
    if not isinstance(value, str) or not is_storable(value):
        msg = f"{hints.argument(meant.name, clipped(value, 80) if isinstance(value, str) else value)} is not a text that a server can hold."
        raise InvalidParameter(msg)
    if meant.longest is not None and len(value) > meant.longest:
        msg = f"{meant.name} has {len(value)} characters; the server's database takes at most {meant.longest}. Shorten it."
        raise InvalidParameter(msg)
    return str(value)


def is_storable(value: Any) -> bool:
    """Whether a database can hold all texts of a JSON value: a NUL and half a character it cannot."""
    if isinstance(value, str):
        return "\0" not in value and not any("\ud800" <= letter <= "\udfff" for letter in value)
    if isinstance(value, dict):
        return all(is_storable(key) and is_storable(member) for key, member in value.items())
    return not isinstance(value, list) or all(map(is_storable, value))
