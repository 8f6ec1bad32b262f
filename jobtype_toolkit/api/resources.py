"""The one vocabulary: every v6 resource and field, defined once.

The store's tables and column comments, the dtypes of the DataFrames, what `load` understands and the reference page in the
docs all come from here; `parameters` says what the services take. Sources: the v6 documentation, as corrected by what real
servers answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from jobtype_toolkit.api.fields import Field, Resource


def _int(name: str, meaning: str, **more: Any) -> Field:
    return Field(name, "int", meaning, **more)


def _float(name: str, meaning: str, **more: Any) -> Field:
    return Field(name, "float", meaning, **more)


def _bool(name: str, meaning: str, **more: Any) -> Field:
    return Field(name, "bool", meaning, **more)


def _text(name: str, meaning: str, **more: Any) -> Field:
    return Field(name, "text", meaning, **more)


def _time(name: str, meaning: str, **more: Any) -> Field:
    return Field(name, "time", meaning, **more)


def _json(name: str, meaning: str, **more: Any) -> Field:
    return Field(name, "json", meaning, **more)


# Job types: the base object stands inside other resources, the list adds a block, the details another.

_BASE = (
    _int("id", "Key of one name and version.", required=True),
    _text("name", "Name of the job type, from manifest job.name; at most 50 characters."),
    _text("version", "Version of the job type, from manifest job.jobVersion at creation; not always SemVer."),
    _text("title", "Human-readable name, from the current manifest."),
    _text("description", "What the job type does, from the current manifest."),
    _bool("is_active", "False once the job type is deprecated.", tracked=True),
    _bool("is_system", "Whether Scale itself ships the job type."),
    _bool("is_paused", "While paused, no job of the type is taken off the queue.", tracked=True),
    _bool("is_published", "Whether the output of its jobs is published.", tracked=True),
    _text("icon_code", "Font Awesome code of the icon."),
    _text(
        "unmet_resources",
        "Comma-separated resources that the cluster could not offer; missing when fine.",
        tracked=True,
    ),
)
_LIST = (
    _int("max_scheduled", "How many jobs may be scheduled at once; missing means unlimited.", tracked=True),
    _int("max_tries", "How many executions a job gets in total, not how many retries (D3).", tracked=True),
    _int("revision_num", "Counter of the manifest edits of this name and version, from 1 (D4).", tracked=True),
    _text("docker_image", "Image that the jobs run.", tracked=True),
    _time("created", "When the job type was made."),
    _time("deprecated", "When it was deprecated; missing again once it is active (D5)."),
    _time("paused", "When it was paused; missing again once it goes on (D5)."),
    _time("last_modified", "Last edit; the scheduler's changes of unmet_resources do not count."),
)
_DETAILS = (
    _json("manifest", "Seed manifest of the current revision, as the server normalised it.", kept=True),
    _json("configuration", "Job type configuration without secret settings.", tracked=True, kept=True),
    _json("recipe_types", "The recipe types that use the job type, as the server sent them.", kept=True),
)

BASE_JOB_TYPE = Resource("job type (base)", "The job type object inside other resources.", _BASE)
JOB_TYPE_ROW = Resource(
    "job type (list)", "One row per name and version: job-types/ and job-types/{name}/.", _BASE + _LIST
)
JOB_TYPE = Resource(
    "job type", "The details of one name and version: job-types/{name}/{version}/.", _BASE + _LIST + _DETAILS
)

JOB_TYPE_NAME = Resource(
    "job type name",
    "One row per name; everything but `versions` is that of the latest version: job-type-names/.",
    (
        *JOB_TYPE.pick(
            "name",
            "title",
            "description",
            "is_active",
            "is_system",
            "is_paused",
            "is_published",
            "icon_code",
            "unmet_resources",
        ),
        Field("versions", "texts", "All versions of the name, newest first by v6's rank."),
        _text("latest_version", "The greatest version by v6's rank; a release is above its pre-releases."),
    ),
)

# Revisions.

JOB_TYPE_REVISION = Resource(
    "job type revision",
    "One row per revision; only manifest and image are of that time: …/revisions/ and …/revisions/{revision_num}/.",
    (
        _int("id", "Key of the revision.", required=True),
        _int("job_type_id", "The job type it belongs to.", path="job_type.id"),
        _text("name", "Name of the job type.", path="job_type.name", stored=False),
        _text("version", "Version of the job type.", path="job_type.version", stored=False),
        _int("revision_num", "Number of the revision, from 1."),
        _text("docker_image", "Image of that revision."),
        _time("created", "When the revision was made."),
        _json("manifest", "Seed manifest of that revision.", kept=True),
    ),
)
JOB_TYPE_REVISION_ROW = Resource(
    "job type revision (list)", "A revision without its manifest.", JOB_TYPE_REVISION.fields[:-1]
)

# Errors.

ERROR = Resource(
    "error",
    "What a failed job can fail with: errors/.",
    (
        _int("id", "Key of the error.", required=True),
        _text("name", "Name of the error; unique together with job_type_name."),
        _text("title", "Human-readable name."),
        _text("description", "What the error means."),
        _text("job_type_name", "Name of the job type whose manifest defines it; missing for built-in errors."),
        _text("category", "SYSTEM, ALGORITHM or DATA; a change of it changes past counts too."),
        _bool("is_builtin", "Whether Scale itself ships the error."),
        _bool("should_be_retried", "Whether Scale runs a job again that failed with it."),
        _time("created", "When the error was made."),
        _time("last_modified", "Last edit of the error."),
    ),
)

WORKSPACE = Resource(
    "workspace",
    "Where outputs go, by name; what configurations are checked against.",
    (_text("name", "Name of the workspace."), _bool("is_active", "False once it takes no more files.")),
)

# Jobs.

STATUSES = ("PENDING", "BLOCKED", "QUEUED", "RUNNING", "FAILED", "COMPLETED", "CANCELED")
"""The seven statuses of a job in the order of its life; the enumeration is open (D33)."""
SOURCE = _text("source", "Where the row came from.")
"""The first column of a frame of all sources: two types of one id are two types."""
OPEN_STATUSES = ("PENDING", "BLOCKED", "QUEUED", "RUNNING")
"""The statuses of a job that is not over."""
CATEGORIES = ("SYSTEM", "ALGORITHM", "DATA")
"""The categories of an error, in the order in which answers list them."""
BUILTIN_ERRORS: Mapping[str, tuple[str, bool]] = {
    **dict.fromkeys(
        [
            "unknown",
            "database",
            "database-operation",
            "filesystem-io",
            "ingest-timeout",
            "task-launch",
            "docker-task-launch",
            "docker-terminated",
            "node-lost",
            "resource-starvation",
            "launch-timeout",
            "pull-timeout",
            "pre-timeout",
            "post-timeout",
            "system-timeout",
            "pull",
            "scheduler-lost",
        ],
        ("SYSTEM", True),
    ),
    **dict.fromkeys(["missing-setting", "missing-mount", "deleted-file", "missing-file", "test"], ("SYSTEM", False)),
    **dict.fromkeys(
        [
            "timeout",
            "algorithm-unknown",
            "invalid-results-manifest",
            "missing-required-output",
            "unexpected-multiple-outputs",
        ],
        ("ALGORITHM", False),
    ),
}
"""The errors that Scale ships: name → category and whether they are retried."""

JOB = Resource(
    "job",
    "One job and its current state: jobs/. `load` understands these names in flat files too.",
    (
        _int("id", "Key of the job; grows with creation.", required=True),
        _int("job_type_id", "Its job type.", path="job_type.id"),
        _text("job_type", "Name of its job type.", path="job_type.name", stored=False),
        _text("job_type_version", "Version of its job type.", path="job_type.version", stored=False),
        _int("revision_num", "Revision of the job type that it was made with.", path="job_type_rev.revision_num"),
        _text("status", "PENDING, BLOCKED, QUEUED, RUNNING, FAILED, COMPLETED or CANCELED."),
        _int("error_id", "The error it failed with; only while FAILED.", path="error.id"),
        _text("error_name", "Name of that error.", path="error.name", stored=False),
        _text("error_category", "Category of that error.", path="error.category", stored=False),
        _text("node", "Host name of the node it ran on last.", path="node.hostname"),
        _int("exit_code", "Exit code of its last execution; v6 lists do not have it.", path="exit_code"),
        _int("num_exes", "How many executions it had so far."),
        _int("max_tries", "How many executions it may have."),
        _float("input_file_size", "Size of its input.", unit="MiB"),
        _bool("is_superseded", "Whether a newer job took its place; such jobs count all the same."),
        _time("created", "When the job was made."),
        _time("queued", "When it was last put on the queue."),
        _time("started", "When its current execution was scheduled."),
        _time("ended", "When its current execution ended; CANCELED jobs often have none."),
        _time("last_status_change", "When it entered its status; missing until the first transition."),
        _time("last_modified", "Last change of the row; what a server filters jobs by."),
        _text("external_id", "Its key in the system that it was exported from; missing in Scale's own histories."),
        _time("superseded", "When a newer job took its place."),
        _int("superseded_job_id", "The job whose place it took.", path="superseded_job.id"),
        _int("job_type_rev_id", "Key of its revision.", path="job_type_rev.id"),
        _int("node_id", "Key of the node.", path="node.id"),
        _int("event_id", "The event that made it.", path="event.id"),
        _text("event_type", "Kind of that event.", path="event.type"),
        _time("event_occurred", "When that event occurred.", path="event.occurred"),
        _int("ingest_event_id", "The ingest event that made it.", path="ingest_event.id"),
        _int("recipe_id", "The recipe it belongs to.", path="recipe.id"),
        _text("recipe_type", "Name of that recipe's type.", path="recipe.recipe_type.name"),
        _int("batch_id", "The batch it belongs to.", path="batch.id"),
        _text("batch_title", "Title of that batch.", path="batch.title"),
        _time("source_started", "Start of the observation behind its input."),
        _time("source_ended", "End of the observation behind its input."),
        _text("source_sensor_class", "Class of the sensor behind its input."),
        _text("source_sensor", "Sensor behind its input."),
        _text("source_collection", "Collection behind its input."),
        _text("source_task", "Task behind its input."),
        _json("input_files", "Names of its input files by input; servers from 7.2 on."),
    ),
)

NOT_IN_LISTS = frozenset({"exit_code", "external_id"})
"""What no v6 list of jobs or executions has."""

JOB_DETAILS = Resource(
    "job (details)",
    "A job with what only its details have: jobs/{id}/.",
    (
        *JOB.fields,
        _int("superseded_by_job_id", "The job that took its place.", path="superseded_by_job.id"),
        _json("resources", "What it was given, by name."),
        _json("execution", "Its current execution, as the server sent it."),
        _json("input", "Its input: files and JSON values by name."),
        _json("output", "Its output: files and JSON values by name."),
        _json("configuration", "The effective configuration without secret settings."),
    ),
)

JOB_EXECUTION = Resource(
    "job execution",
    "One scheduled execution of a job: jobs/{id}/executions/.",
    (
        _int("id", "Key of the execution.", required=True),
        _int("job_id", "The job.", path="job.id"),
        _int("exe_num", "Number of the execution within its job, from 1."),
        _text("status", "RUNNING, FAILED, COMPLETED or CANCELED."),
        _int("job_type_id", "The job type.", path="job_type.id"),
        _text("job_type", "Name of the job type.", path="job_type.name", stored=False),
        _text("job_type_version", "Version of the job type.", path="job_type.version", stored=False),
        _int("error_id", "The error it failed with.", path="error.id"),
        _text("error_name", "Name of that error.", path="error.name", stored=False),
        _text("error_category", "Category of that error.", path="error.category", stored=False),
        _int("node_id", "Key of the node.", path="node.id"),
        _text("node", "Host name of the node.", path="node.hostname"),
        _int("exit_code", "Exit code; v6 lists do not have it."),
        _text("cluster_id", "Name of the execution on the cluster."),
        _time("created", "When the execution was made."),
        _time("queued", "When its job was put on the queue for it."),
        _time("started", "When it was scheduled."),
        _time("ended", "When it ended."),
        _int("timeout", "How long it may run.", unit="s"),
        _float("input_file_size", "Size of the input.", unit="MiB"),
    ),
)

LET_GO = frozenset(
    [
        "job_type.*",
        "error.*",
        "job_type_rev.job_type",
        "ingest_event.type",
        "ingest_event.occurred",
        "node.is_active",
        "recipe.recipe_type",
        "recipe.recipe_type_rev",
        "recipe.event",
        "batch.description",
        "batch.created",
    ]
)
"""What jobs, executions and revisions repeat of other resources: known, and not kept with each row."""

LOADABLE: Mapping[str, Resource] = {
    "jobs": JOB,
    "job_types": JOB_TYPE,
    "job_type_revisions": JOB_TYPE_REVISION,
    "errors": ERROR,
    "job_executions": JOB_EXECUTION,
}
"""What `Store.load` takes, under the names of its `resource` argument."""


def _of_job_type(*names: str) -> tuple[Field, ...]:
    return tuple(
        replace(JOB_TYPE[name], name="job_type_id" if name == "id" else name, path=f"job_type.{name}") for name in names
    )


KEY = _of_job_type("name", "version")
"""The first columns of every analysis: a frame that is cut on the screen shows whose row it is."""
REST = _of_job_type(
    "id",
    "title",
    "description",
    "icon_code",
    "is_active",
    "is_paused",
    "is_published",
    "is_system",
    "unmet_resources",
)
"""The last columns of every analysis: what else there is to know of the job type."""
BLOCK = KEY + REST
"""The job type block: the same columns in all analyses, around what the question answers."""

_COUNT = Field("count", "int", "How many jobs.", required=True)

STATUS = Resource(
    "status",
    "One row per job type, status and category; a type without a counted job keeps one row: job-types/status/.",
    (
        *KEY,
        Field("status", "text", "Status of the counted jobs; missing if the type has none."),
        Field(
            "category",
            "text",
            "Category of the error of FAILED jobs; missing otherwise, or if no error is recorded.",
        ),
        _COUNT,
        Field("most_recent", "time", "Latest moment at which a counted job entered the status."),
        *REST,
    ),
)
PENDING = Resource(
    "pending",
    "One row per job type with PENDING jobs, longest first: job-types/pending/.",
    (
        *KEY,
        _COUNT,
        Field("longest_pending", "time", "Least last_status_change of the PENDING jobs; often missing (D29)."),
        *REST,
    ),
)
RUNNING = Resource(
    "running",
    "One row per job type with RUNNING jobs, longest first: job-types/running/.",
    (*KEY, _COUNT, Field("longest_running", "time", "Start of the longest current execution."), *REST),
)


def _of_error(*names: str) -> tuple[Field, ...]:
    return tuple(replace(ERROR[name], name=f"error_{name}", path=f"error.{name}") for name in names)


ERROR_KEY = _of_error("name", "category")
"""What people know an error by."""
ERROR_REST = _of_error(
    "id",
    "title",
    "description",
    "is_builtin",
    "should_be_retried",
    "job_type_name",
    "created",
    "last_modified",
)
SYSTEM_FAILURE = Resource(
    "system failure",
    "One row per job type and SYSTEM error of jobs that are FAILED now, newest first: job-types/system-failures/.",
    (
        *KEY,
        *ERROR_KEY,
        _COUNT,
        Field("first_error", "time", "Least last_status_change of these jobs."),
        Field("last_error", "time", "Greatest last_status_change of these jobs."),
        *ERROR_REST,
        *REST,
    ),
)
QUEUE_STATUS = Resource(
    "queue status",
    "One row per job type with QUEUED jobs: queue/status/.",
    (
        *KEY,
        _COUNT,
        Field("longest_queued", "time", "Least time at which one of them was queued."),
        Field("highest_priority", "int", "Priority of the most urgent; the smallest number is served first."),
        *REST,
    ),
)
SNAPSHOT = Resource(
    "snapshot",
    "One row per live view, job type and kind of job at the time of a pull; a server forgets these.",
    (
        Field("taken", "time", "When the server was asked.", required=True),
        Field("view", "text", "status, pending, running, system_failures or queue_status."),
        Field("job_type_id", "int", "The job type."),
        Field("status", "text", "Status of the counted jobs."),
        Field("category", "text", "Category of the error of FAILED jobs."),
        Field("error_id", "int", "The error, in system_failures."),
        _COUNT,
        Field(
            "oldest", "time", "The view's least time: longest_pending, longest_running, longest_queued, first_error."
        ),
        Field("newest", "time", "The view's greatest time: most_recent, last_error."),
        Field("highest_priority", "int", "Priority of the most urgent, in queue_status."),
    ),
)
VALIDATION = Resource(
    "validation entry",
    "One error or warning of job-types/validation/.",
    (Field("name", "text", "Code of the finding."), Field("description", "text", "What is wrong, for a person.")),
)


def flat(body: Mapping[str, Any], fields: Iterable[Field]) -> dict[str, Any]:
    """Return a v6 JSON object as one flat row: what is absent is None, what is unknown is left out."""
    row = {}
    for field in fields:
        value: Any = body
        for key in field.json_path:
            value = value.get(key) if isinstance(value, Mapping) else None
        row[field.name] = value
    return row


def nested(row: Mapping[str, Any], fields: Iterable[Field]) -> dict[str, Any]:
    """Return a flat row as the v6 JSON object: an object whose id is None becomes null, as on a server."""
    body: dict[str, Any] = {}
    for field in fields:
        *parents, last = field.json_path
        place = body
        for key in parents:
            place = place.setdefault(key, {})
        place[last] = row.get(field.name)
    return {
        key: None if isinstance(value, dict) and "id" in value and value["id"] is None else value
        for key, value in body.items()
    }
