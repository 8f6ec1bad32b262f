"""How long jobs run and wait, and which run longer than they may."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from jobtype_toolkit.analyses.question import GROUPS, OF_NODES, OF_TYPES, Question, by, keys_of, span, with_note
from jobtype_toolkit.api.fields import Field, Resource
from jobtype_toolkit.api.resources import JOB, KEY
from jobtype_toolkit.hints import counted

if TYPE_CHECKING:
    import pandas as pd

    from jobtype_toolkit.backend import Query

_GROUPS = ("name", "version", "revision_num", "node")
_GRID = tuple(place / 100 for place in range(101))
_Z = 1.959964
_TIMED = (
    Field("n", "int", "How many jobs.", required=True),
    *(Field(f"p{one}", "float", f"As long as {one} of 100 of them at most.", unit="s") for one in (50, 90, 99)),
    Field("low", "float", "Lower bound of the 95 % interval of the median.", unit="s"),
    Field("high", "float", "Upper bound of it.", unit="s"),
)
_PER_MIB = Field("per_mib_p50", "float", "Median of seconds per MiB of input, of jobs with an input.", unit="s/MiB")
_READ = (
    Field("n", "int", "How many jobs.", required=True),
    Field("backwards", "int", "How many jobs end before they begin.", required=True),
    Field("untimed", "int", "How many jobs lack one of the two times.", required=True),
    Field("grid", "json", "The quantiles from 0 to 1 in steps of 0.01, in seconds."),
)


def _grid(query: Query) -> Mapping[str, Any]:  # noqa: ARG001 - what a step takes
    return {"grid": _GRID}


def _quantiles(frame: pd.DataFrame, query: Query) -> pd.DataFrame:
    """Return the quantiles of each group, and the interval of its median: that of the order statistics around the middle."""
    import numpy as np

    keys = keys_of(query)
    backwards = int(frame["backwards"].sum())
    if backwards:
        frame = with_note(frame, f"{counted(backwards, 'job is', 'jobs are')} left out, since the times run backwards")
    untimed = int(frame["untimed"].sum())
    if untimed:
        frame = with_note(
            frame, f"{counted(untimed, 'job is', 'jobs are')} left out, since one of the two times is missing"
        )
    made = frame[frame["n"] > 0].sort_values(keys, kind="stable")
    grid = np.array(made["grid"].tolist(), dtype="float64").reshape(len(made), len(_GRID))
    n = made["n"].to_numpy("float64")
    ranks = n / 2 - _Z * np.sqrt(n) / 2 - 1, n / 2 + _Z * np.sqrt(n) / 2
    low, high = (
        [float(np.interp(place, _GRID, row)) for place, row in zip(rank / np.maximum(n - 1, 1), grid, strict=True)]
        for rank in ranks
    )
    made = made.assign(**{f"p{one}": grid[:, one] for one in (50, 90, 99)}, low=low, high=high)
    made.attrs = frame.attrs
    return made


DURATIONS = Question(
    name="durations",
    title="Run times",
    summary="How long do jobs run?",
    returns="One row per group with COMPLETED jobs, in the order of the groups.",
    row=Resource(
        "duration",
        "One row per group: how long its COMPLETED jobs ran, from `started` to `ended`; not a v6 service.",
        (*(GROUPS[one].field for one in _GROUPS), *_TIMED, _PER_MIB),
    ),
    parameters=(by("name", "version", choices=_GROUPS), *span("jobs that finished"), *OF_TYPES, *OF_NODES),
    is_half_open=True,
    history="window",
    first=("name", "version", "revision_num", "node", "n", "p50", "low", "high", "p90", "p99", "per_mib_p50"),
    read=(*_READ, _PER_MIB),
    derive=_grid,
    finish=_quantiles,
    command="slow",
    example="--started P7D",
)

WAITS = Question(
    name="waits",
    title="Waits on the queue",
    summary="How long do jobs wait on the queue before they start?",
    returns="One row per group with jobs that started, in the order of the groups.",
    row=Resource(
        "wait",
        "One row per group: how long its jobs waited, from `queued` to `started`; not a v6 service.",
        (*(GROUPS[one].field for one in _GROUPS), *_TIMED),
    ),
    parameters=(
        by("name", "version", choices=_GROUPS),
        *span("jobs that started, and entered their status"),
        *OF_TYPES,
        *OF_NODES,
    ),
    is_half_open=True,
    history="window",
    first=("name", "version", "revision_num", "node", "n", "p50", "low", "high", "p90", "p99"),
    read=_READ,
    derive=_grid,
    finish=_quantiles,
    command="waits",
    example="--started P7D --by name",
)

_FEWEST, _TIMES = 20, 2
"""Where no timeout is known: how many COMPLETED jobs a type needs, and how many times their 99th percentile a job may run."""


def _limits(query: Query) -> Mapping[str, Any]:  # noqa: ARG001 - what a step takes
    return {"fewest": _FEWEST, "times": _TIMES}


STUCK = Question(
    name="stuck",
    title="Jobs that run longer than they may",
    summary="Which jobs run longer than they may?",
    returns="One row per RUNNING job beyond its limit, the furthest beyond it first.",
    row=Resource(
        "stuck job",
        "One row per RUNNING job that has been running longer than it may; not a v6 service.",
        (
            JOB["id"],
            *KEY,
            JOB["node"],
            JOB["started"],
            Field("running_for", "float", "How long it has been running.", unit="s"),
            Field("allowed", "float", "How long it may.", unit="s"),
            Field(
                "reason",
                "text",
                f"timeout: beyond that of its execution, revision or type. usual: none is known, and it runs {_TIMES} times longer than 99 of 100 COMPLETED jobs of its type.",
            ),
        ),
    ),
    parameters=(*OF_TYPES, *OF_NODES),
    is_half_open=True,
    history="all",
    first=("id", "name", "version", "node", "reason", "running_for", "allowed", "started"),
    derive=_limits,
    command="stuck",
    example="--name haze-grader",
)
