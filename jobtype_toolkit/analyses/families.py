"""Which failures belong together, whatever their job type."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobtype_toolkit.analyses.question import OF_CATEGORIES, OF_ERRORS, OF_NODES, OF_TYPES, Question, span, with_note
from jobtype_toolkit.api.fields import Field, Resource
from jobtype_toolkit.api.resources import JOB
from jobtype_toolkit.api.services import Parameter

if TYPE_CHECKING:
    import pandas as pd

    from jobtype_toolkit.backend import Query


def _families(frame: pd.DataFrame, query: Query) -> pd.DataFrame:  # noqa: ARG001 - what a step takes
    """Return the frame, with a note if nothing but error and exit code tells families apart."""
    if len(frame) and frame["template"].isna().all():
        return with_note(
            frame, "no job here has a message, so that causes that share error and exit code are one family"
        )
    return frame


FAILURE_FAMILIES = Question(
    name="failure_families",
    title="Failures that belong together, largest family first",
    summary="Which failures belong together?",
    returns="One row per family with failures in the window, the largest first, then by `family`.",
    row=Resource(
        "failure family",
        "One row per error, exit code and template of the message, whatever the job type; not a v6 service.",
        (
            Field("family", "text", "Its key, the same in every window; `family_jobs(family)` has its jobs."),
            Field("title", "text", "What its failures have in common."),
            Field("template", "text", "Their message without its values; missing if they have none."),
            Field("count", "int", "How many jobs.", required=True),
            Field("names", "texts", "The job types that it crosses, by name."),
            Field("error_names", "texts", "Its errors, by name."),
            Field("node", "text", "The node with more than half of them; missing if there is none."),
            Field("first_seen", "time", "When it came first, in all of history up to now."),
            Field("last_seen", "time", "When it came last."),
            Field("job_id", "int", "The newest of its jobs; `jobs(job_id=…)` shows it."),
            Field("new", "bool", "Whether it was not seen before the window."),
        ),
    ),
    parameters=(*span("jobs that failed", started="P30D"), *OF_TYPES, *OF_NODES, *OF_CATEGORIES, *OF_ERRORS),
    is_half_open=True,
    includes=("failure",),
    finish=_families,
    history="all",
    first=("family", "count", "title", "new", "first_seen", "last_seen", "job_id"),
    command="families",
    example="--started P7D",
)

FAMILY_JOBS = Question(
    name="family_jobs",
    title="Jobs of a family of failures, newest first",
    summary="Which jobs are of a family of failures?",
    returns="One row per job, those that failed last first.",
    row=JOB,
    parameters=(
        Parameter("family", "text", "Its key, from `failure_families`.", is_required=True),
        *span("jobs that failed"),
    ),
    places=("family",),
    is_half_open=True,
    includes=("failure",),
    history="window",
    first=("id", "job_type", "job_type_version", "error_name", "exit_code", "node", "last_status_change"),
)
