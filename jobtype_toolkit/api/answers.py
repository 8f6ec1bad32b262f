"""What a row of each analysis is; a part of the vocabulary, made from the fields of the resources it speaks of."""

from __future__ import annotations

from dataclasses import replace

from jobtype_toolkit.api.fields import Field, Resource
from jobtype_toolkit.api.resources import ERROR, JOB_TYPE

BLOCK = tuple(
    replace(JOB_TYPE[name], name="job_type_id" if name == "id" else name, path=f"job_type.{name}")
    for name in (
        "id",
        "name",
        "version",
        "title",
        "description",
        "icon_code",
        "is_active",
        "is_paused",
        "is_published",
        "is_system",
        "unmet_resources",
    )
)
"""The job type block: the same first columns in the analyses."""

_COUNT = Field("count", "int", "How many jobs.", required=True)

STATUS = Resource(
    "status",
    "One row per job type, status and category; a type without a counted job keeps one row: job-types/status/.",
    (
        *BLOCK,
        Field("status", "text", "Status of the counted jobs; missing if the type has none."),
        Field(
            "category",
            "text",
            "Category of the error of FAILED jobs; missing otherwise, or if no error is recorded.",
        ),
        _COUNT,
        Field("most_recent", "time", "Latest moment at which a counted job entered the status."),
    ),
)
PENDING = Resource(
    "pending",
    "One row per job type with PENDING jobs, longest first: job-types/pending/.",
    (
        *BLOCK,
        _COUNT,
        Field("longest_pending", "time", "Least last_status_change of the PENDING jobs; often missing (D29)."),
    ),
)
RUNNING = Resource(
    "running",
    "One row per job type with RUNNING jobs, longest first: job-types/running/.",
    (*BLOCK, _COUNT, Field("longest_running", "time", "Start of the longest current execution.")),
)
ERROR_BLOCK = tuple(
    replace(ERROR[name], name=f"error_{name}", path=f"error.{name}")
    for name in (
        "id",
        "name",
        "title",
        "description",
        "category",
        "is_builtin",
        "should_be_retried",
        "job_type_name",
        "created",
        "last_modified",
    )
)
SYSTEM_FAILURE = Resource(
    "system failure",
    "One row per job type and SYSTEM error of jobs that are FAILED now, newest first: job-types/system-failures/.",
    (
        *BLOCK,
        *ERROR_BLOCK,
        _COUNT,
        Field("first_error", "time", "Least last_status_change of these jobs."),
        Field("last_error", "time", "Greatest last_status_change of these jobs."),
    ),
)
QUEUE_STATUS = Resource(
    "queue status",
    "One row per job type with QUEUED jobs: queue/status/.",
    (
        *BLOCK,
        _COUNT,
        Field("longest_queued", "time", "Least time at which one of them was queued."),
        Field("highest_priority", "int", "Priority of the most urgent; the smallest number is served first."),
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
