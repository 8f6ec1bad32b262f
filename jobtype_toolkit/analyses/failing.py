"""How often jobs fail: the rate of any group of them, and its course over time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jobtype_toolkit.analyses.intervals import rates
from jobtype_toolkit.analyses.question import (
    GROUPS,
    OF_CATEGORIES,
    OF_ERRORS,
    OF_NODES,
    OF_TYPES,
    Question,
    by,
    span,
)
from jobtype_toolkit.api.fields import Field, Resource

if TYPE_CHECKING:
    import pandas as pd

    from jobtype_toolkit.backend import Query

_COUNTED = (
    Field("bucket", "time", "Start of the hour, day or minute in UTC."),
    Field("finished", "int", "How many jobs finished.", required=True),
    Field("failed", "int", "How many jobs failed.", required=True),
)
_RATE = (
    Field(
        "finished",
        "int",
        "How many jobs were COMPLETED or FAILED; with an error, those of the group without it.",
        required=True,
    ),
    Field("failed", "int", "How many of them FAILED.", required=True),
    Field("rate", "float", "Part of the finished jobs that failed.", unit="0 to 1"),
    Field("low", "float", "Lower bound of the 95 % interval of the rate in the long run.", unit="0 to 1"),
    Field("high", "float", "Upper bound of it.", unit="0 to 1"),
)
_FILTERS = (*OF_TYPES, *OF_NODES, *OF_CATEGORIES, *OF_ERRORS)


def _keys(query: Query, *, of_errors: bool = True) -> list[str]:
    """Return the columns that tell the groups of a question apart, or those of them that finished jobs have, too."""
    question: Any = query.service
    return ["source", *(one.field.name for one in question.groups(query.filters) if of_errors or not one.is_of_error)]


def _by_bucket(counted: pd.DataFrame, query: Query) -> pd.DataFrame:
    """Return one row per group and bucket in which jobs finished; with an error, of the groups that had it."""
    every, plain = _keys(query), _keys(query, of_errors=False)
    if every == plain:
        return counted.groupby([*every, "bucket"], dropna=False, as_index=False)[["finished", "failed"]].sum()
    failed = counted[counted["failed"] > 0][[*every, "bucket", "failed"]]
    finished = counted.groupby([*plain, "bucket"], dropna=False, as_index=False)["finished"].sum()
    finished = finished[finished["finished"] > 0]
    made = failed[every].drop_duplicates().merge(finished, on=plain)
    made = made.merge(failed, on=[*every, "bucket"], how="left")
    return made.assign(failed=made["failed"].fillna(0).astype("int64"))


def _rates(counted: pd.DataFrame, query: Query) -> pd.DataFrame:
    keys = _keys(query)
    made = rates(_by_bucket(counted, query), keys)
    return made.sort_values(["failed", *keys], ascending=[False, *[True] * len(keys)], kind="stable")


FAILURE_RATES = Question(
    name="failure_rates",
    title="Failure rates, most failures first",
    summary="How often do jobs fail, and how sure is that?",
    returns="One row per group with finished jobs, most failures first.",
    row=Resource(
        "failure rate",
        "One row per group with finished jobs in the window, with the groups that `by` names; not a v6 service.",
        (*(one.field for one in GROUPS.values()), *_RATE),
    ),
    parameters=(by("name"), *span("jobs that finished"), *_FILTERS),
    constants={"grain": "day"},
    is_half_open=True,
    history="window",
    first=(
        "name",
        "version",
        "revision_num",
        "category",
        "error_name",
        "node",
        "failed",
        "finished",
        "rate",
        "low",
        "high",
    ),
    read=_COUNTED,
    finish=_rates,
    command="rates",
    example="--started P7D --by name --by node",
)
