"""The questions that judge: what is worse than usual, since when and why, whether a version or a node is worse than others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from jobtype_toolkit.analyses.question import (
    OF_CATEGORIES,
    OF_ERRORS,
    OF_NODES,
    OF_TYPES,
    Named,
    Question,
    span,
    with_note,
)
from jobtype_toolkit.api.fields import Field, Resource
from jobtype_toolkit.api.resources import JOB, KEY
from jobtype_toolkit.api.services import Parameter

if TYPE_CHECKING:
    import pandas as pd

    from jobtype_toolkit.backend import Query

_NAME = KEY[0]
_VERSION = Field("version", "text", "The version in which the rise sits; missing if it is everywhere.")
_NODE = Field("node", "text", "The node on which the rise sits; missing if it is everywhere.")
_Q_VALUE = Field("q_value", "float", "Chance of a false discovery, over all rows of the answer.", unit="0 to 1")
_OF_VERSIONS = OF_TYPES[1:]


def _frame(rows: Iterable[Mapping[str, Any]], question: Any) -> pd.DataFrame:
    """Return the rows of a question as a frame, with a source beside."""
    import pandas as pd

    fields = question.row.fields
    made = pd.DataFrame(list(rows), columns=["source", *(one.name for one in fields)])
    for one in fields:
        if one.type == "time":
            made[one.name] = pd.to_datetime(made[one.name], utc=True).astype("datetime64[us, UTC]")
        elif one.type == "text":
            made[one.name] = made[one.name].where(made[one.name].notna(), None).astype("str")
    return made


def _of_names(frame: pd.DataFrame, query: Query) -> pd.DataFrame:
    """Return the rows of the job types asked for: after they were judged, so that a row is the same with and without."""
    names = query.filters.get("name")
    return frame if names is None else frame[frame["name"].isin(names)]


def _of_errors(frame: pd.DataFrame, query: Query) -> pd.DataFrame:
    """Return the rows of the errors asked for: each error is judged on its own."""
    names = query.filters["error_name"]
    return frame if names is None else frame[frame["error_name"].isin(names)]


def _worse(counts: pd.DataFrame, query: Query) -> pd.DataFrame:
    from jobtype_toolkit.analyses.baselines import judged

    return _of_names(_frame(judged(counts), query.service), query)


def _fewest(query: Query) -> Mapping[str, Any]:  # noqa: ARG001 - what a step takes
    from jobtype_toolkit.analyses.baselines import LEAST_FAILED

    return {"fewest": LEAST_FAILED}


WORSE_THAN_USUAL = Question(
    name="worse_than_usual",
    title="Job types against their own usual failure rate, worse ones first",
    summary="Which job types fail more than they usually do?",
    returns="One row per job type name with finished jobs in the window: `worse` first, the surest first, then `better`, `as "
    "usual`, `not enough data`. Usual is the type's own history of the 13 weeks before the window.",
    row=Resource(
        "job type against its usual",
        "One row per job type name with finished jobs in the window; not a v6 service.",
        (
            _NAME,
            Field("verdict", "text", "`worse`, `better`, `as usual`, or `not enough data`."),
            Field("finished", "int", "How many jobs were COMPLETED or FAILED in the window.", required=True),
            Field("failed", "int", "How many of them FAILED.", required=True),
            Field("rate", "float", "Part of the finished jobs that failed.", unit="0 to 1"),
            Field(
                "usual_rate",
                "float",
                "What was to be expected of this window; missing without a history.",
                unit="0 to 1",
            ),
            Field(
                "usual_low",
                "float",
                "95 of 100 usual windows of this size have this rate or a higher one.",
                unit="0 to 1",
            ),
            Field(
                "usual_high",
                "float",
                "95 of 100 usual windows of this size lie between `usual_low` and it.",
                unit="0 to 1",
            ),
            _Q_VALUE,
            _VERSION,
            _NODE,
            Field(
                "error_name", "text", "The error that makes up more than half of the rise; missing if there is none."
            ),
        ),
    ),
    parameters=(*span("jobs that finished", started="P1D"), *OF_TYPES, *OF_NODES, *OF_CATEGORIES, *OF_ERRORS),
    is_half_open=True,
    history="all",
    first=(
        "name",
        "verdict",
        "failed",
        "finished",
        "rate",
        "usual_rate",
        "usual_high",
        "q_value",
        "error_name",
        "version",
        "node",
    ),
    read=(
        _NAME,
        Field("part", "text", "Of what the counts are: `version`, `node`, `error_name`."),
        KEY[1],
        JOB["node"],
        Field("error_name", "text", "Name of the error."),
        Field("day", "int", "Days since the start of the window; negative before it.", required=True),
        Field("finished", "int", "Finished jobs.", required=True),
        Field("failed", "int", "Failed jobs.", required=True),
    ),
    derive=_fewest,
    finish=_worse,
    command="worse",
    example="--started P1D",
)


def _onsets(facts: pd.DataFrame, query: Query) -> pd.DataFrame:
    from jobtype_toolkit.analyses.onsets import told

    rows = told(facts, query.filters["started"], query.filters["ended"])
    return _of_errors(_of_names(_frame(rows, query.service), query), query)


ERROR_ONSETS = Question(
    name="error_onsets",
    title="Errors by the day on which they set in, newest first",
    summary="Since when does a job type fail with an error, and what changed then?",
    returns="One row per job type name and error with failures in the window: the newest onset first, those without one last, then "
    "the most frequent first.",
    row=Resource(
        "onset of an error",
        "One row per job type name and error with failures in the window; not a v6 service.",
        (
            _NAME,
            Field("error_name", "text", "Name of the error; missing if the jobs have none."),
            Field("error_category", "text", "Its category."),
            Field(
                "kind", "text", "`new` (never before in the store), `jumped` (more than its usual share), or `steady`."
            ),
            Field("onset", "time", "Start of the UTC day on which the latest episode began; missing if `steady`."),
            Field("until", "time", "Start of the first day after the episode; missing while it lasts."),
            Field("first_seen", "time", "The first failure with it in the store."),
            Field("last_seen", "time", "The last failure with it before the end of the window."),
            Field("count", "int", "How many jobs of the window failed with it.", required=True),
            Field(
                "cause",
                "text",
                "`version`, `revision`, `node`, `configuration`, `pause` or `resources`; missing if nothing known changed "
                "within a day of the onset.",
            ),
            Field("cause_value", "text", "Which version, revision, node or value; empty for `configuration`."),
            Field(
                "candidates",
                "json",
                "What may be the cause, the likeliest first, with `kind`, `value`, `moment`, `evidence`.",
            ),
        ),
    ),
    parameters=(*span("failures", started="P30D"), *OF_TYPES, *OF_NODES, *OF_CATEGORIES, *OF_ERRORS),
    is_half_open=True,
    history="all",
    first=(
        "name",
        "error_name",
        "kind",
        "onset",
        "until",
        "count",
        "cause",
        "cause_value",
        "error_category",
        "last_seen",
    ),
    read=(
        Field(
            "fact", "text", "What the row tells: `failed`, `finished`, `seen`, `used`, `revision`, `change`, `edited`."
        ),
        *KEY[:2],
        Field("error_name", "text", "Name of the error."),
        Field("error_category", "text", "Its category."),
        JOB["node"],
        Field("field", "text", "The field that changed."),
        Field("value", "text", "What it became, or the number of the revision."),
        Field("moment", "time", "When, or the day, or the first time."),
        Field("last_moment", "time", "The last time."),
        Field("n", "int", "How many jobs.", required=True),
    ),
    finish=_onsets,
    command="onsets",
    example="--started P30D",
)

_COMPARISON = (
    Field(
        "measure",
        "text",
        "`failure_rate`, or a quantile of a time: `run_time_p50`, `run_time_p90`, `run_time_p99`, `queue_wait_p50`, "
        "`queue_wait_p90`, `queue_wait_p99`.",
    ),
    Field("n_before", "int", "Jobs before.", required=True),
    Field("n_after", "int", "Jobs after.", required=True),
    Field("before", "float", "As measured before.", unit="0 to 1, or s"),
    Field("after", "float", "As measured after.", unit="0 to 1, or s"),
    Field(
        "effect",
        "float",
        "Of `failure_rate` after less before; of times after / before, of run times for inputs of the same size.",
    ),
    Field("low", "float", "Lower bound of the 95 % interval of the effect."),
    Field("high", "float", "Upper bound of it."),
    Field("verdict", "text", "`worse`, `better`, `no difference shown`, or `not enough data`."),
)
_COMPARED = (
    Field("side", "text", "The version or revision."),
    Field("start", "time", "The day."),
    Field("failed", "int", "1 if the job failed.", required=True),
    Field("run_time", "float", "From started to ended, if it was COMPLETED.", unit="s"),
    Field("queue_wait", "float", "From queued to started.", unit="s"),
    JOB["input_file_size"],
)


def _compared(jobs: pd.DataFrame, query: Query) -> pd.DataFrame:
    from jobtype_toolkit.analyses.comparisons import told

    made = _frame(told(jobs, str(query.filters["before"]), str(query.filters["after"])), query.service)
    return made.assign(source=query.scope.source)


_COMPARE: dict[str, Any] = {
    "returns": "One row per measure, in this order. Run times are those of COMPLETED jobs.",
    "is_half_open": True,
    "history": "window",
    "first": ("measure", "verdict", "n_before", "n_after", "before", "after", "effect", "low", "high"),
    "read": _COMPARED,
    "finish": _compared,
}
COMPARE_VERSIONS = Question(
    name="compare_versions",
    title="One version of a job type against another",
    summary="Is a version of a job type worse than another?",
    row=Resource("comparison of versions", "One row per measure of two versions; not a v6 service.", _COMPARISON),
    parameters=(
        Parameter("name", "text", "Name of the job type.", is_required=True),
        Parameter("before", "text", "The version to compare with.", is_required=True),
        Parameter("after", "text", "The version that is judged.", is_required=True),
        *span("jobs that finished"),
        *OF_NODES,
    ),
    places=("name", "before", "after"),
    named=Named("side", versions=("before", "after")),
    command="compare",
    example="pan-sharpen 2.0.0 2.1.0",
    **_COMPARE,
)
COMPARE_REVISIONS = Question(
    name="compare_revisions",
    title="One revision of a job type against another",
    summary="Is a revision of a job type worse than another?",
    row=Resource("comparison of revisions", "One row per measure of two revisions; not a v6 service.", _COMPARISON),
    parameters=(
        Parameter("name", "text", "Name of the job type.", is_required=True),
        Parameter("version", "text", "Its version.", is_required=True),
        Parameter("before", "int", "Number of the revision to compare with.", is_required=True),
        Parameter("after", "int", "Number of the revision that is judged.", is_required=True),
        *span("jobs that finished"),
        *OF_NODES,
    ),
    places=("name", "version", "before", "after"),
    named=Named("side", versions=("version",), revisions=("before", "after")),
    command="compare-revisions",
    example="pan-sharpen 2.1.0 1 2",
    **_COMPARE,
)


def _nodes(counts: pd.DataFrame, query: Query) -> pd.DataFrame:
    from jobtype_toolkit.analyses.nodes import judged

    nowhere = counts["node"].isna()
    made = _frame(judged(counts[~nowhere]), query.service)
    names = query.filters["name"]
    if names is not None:
        ran = counts[counts["name"].isin(names)].set_index(["source", "node"]).index
        made = made[made.set_index(["source", "node"]).index.isin(ran)]
    made.attrs = counts.attrs
    if not nowhere.any():
        return made
    left = counts.loc[nowhere, "finished"].sum()
    return with_note(made, f"{left:,} finished jobs or executions are left out, since they have no node")


BAD_NODES = Question(
    name="bad_nodes",
    title="Nodes against the others that ran the same job types, bad ones first",
    summary="Do failures concentrate on a node, more than the job types that it runs explain?",
    returns="One row per node: `bad` first, the surest first, then `as others`, `not enough data`.",
    counts="executions, or of jobs where executions were not loaded",
    row=Resource(
        "node against the others",
        "One row per node on which something finished in the window; not a v6 service.",
        (
            Field("node", "text", "Host name."),
            Field("verdict", "text", "`bad`, `as others`, or `not enough data`."),
            Field("finished", "int", "How many executions, or jobs, were COMPLETED or FAILED there.", required=True),
            Field("failed", "int", "How many of them FAILED.", required=True),
            Field(
                "expected", "float", "How many of the same types would have failed on the other nodes, the same days."
            ),
            _Q_VALUE,
            Field("name", "text", "The one job type that it concerns; missing if all."),
            Field("counts", "text", "What is counted: `executions`, or `jobs` where executions were not loaded."),
        ),
    ),
    parameters=(
        *span("what finished", started="P7D"),
        Parameter("name", "text", "Only nodes that ran job types of these names.", True, is_named=True),
        *_OF_VERSIONS,
        Parameter("node", "text", "Only these nodes, compared with each other.", True, is_named=True),
        *OF_CATEGORIES,
    ),
    is_half_open=True,
    history="window",
    first=("node", "verdict", "failed", "expected", "finished", "q_value", "name", "counts"),
    read=(
        *KEY[:2],
        JOB["node"],
        Field("counts", "text", "What is counted."),
        Field("start", "time", "The day."),
        Field("finished", "int", "What finished.", required=True),
        Field("failed", "int", "What failed.", required=True),
    ),
    finish=_nodes,
    command="nodes",
    example="--started P7D",
)

VERDICTS = (WORSE_THAN_USUAL, ERROR_ONSETS, COMPARE_VERSIONS, COMPARE_REVISIONS, BAD_NODES)
"""The questions of this module, in the order in which they are shown."""
