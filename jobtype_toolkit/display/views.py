"""How each answer is shown as a table: its title and the columns that people need first."""

from __future__ import annotations

from dataclasses import dataclass

from jobtype_toolkit.api.answers import FAILURE
from jobtype_toolkit.api.fields import Resource
from jobtype_toolkit.api.services import service


@dataclass(frozen=True, slots=True)
class View:
    """A table of one kind of answer; on a narrow terminal the last columns go first."""

    title: str
    row: Resource
    columns: tuple[str, ...]


def _view(name: str, title: str, *columns: str) -> tuple[str, View]:
    return name, View(title, service(name).row, columns)


_TYPE_COLUMNS = (
    "id",
    "name",
    "version",
    "is_active",
    "is_paused",
    "unmet_resources",
    "revision_num",
    "last_modified",
    "title",
)

VIEWS = dict(
    [
        _view("job_types", "Job types", *_TYPE_COLUMNS),
        _view("versions", "Versions, newest first", *_TYPE_COLUMNS),
        _view("revisions", "Revisions, newest first", "name", "version", "revision_num", "docker_image", "created"),
        _view(
            "jobs",
            "Jobs",
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
        _view(
            "status",
            "Jobs by job type, status and error category",
            "name",
            "version",
            "status",
            "category",
            "count",
            "most_recent",
        ),
        _view("pending", "Pending jobs, longest first", "name", "version", "is_paused", "count", "longest_pending"),
        _view("running", "Running jobs, longest first", "name", "version", "is_paused", "count", "longest_running"),
        _view(
            "system_failures",
            "Jobs failed with a system error, newest first",
            "name",
            "version",
            "error_name",
            "count",
            "last_error",
            "first_error",
            "error_should_be_retried",
        ),
    ]
)
VIEWS["failures"] = View(
    "Failed jobs by job type and error, most frequent first",
    FAILURE,
    ("name", "version", "error_name", "error_category", "count", "share", "last_error", "last_job_id"),
)
