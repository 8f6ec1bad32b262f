"""How many executions jobs take, and what those cost that failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobtype_toolkit.analyses.question import GROUPS, OF_NODES, OF_TYPES, Question, by, keys_of, span, with_note
from jobtype_toolkit.api.fields import Field, Resource
from jobtype_toolkit.hints import counted

if TYPE_CHECKING:
    import pandas as pd

    from jobtype_toolkit.backend import Query

_GROUPS = ("name", "version", "revision_num", "node")


def _count(name: str, meaning: str) -> Field:
    return Field(name, "int", meaning, required=True)


_COUNTED = (
    _count("jobs", "How many jobs finished: clean, rescued, failed or unknown."),
    _count("clean", "How many were COMPLETED with one execution."),
    _count("rescued", "How many were COMPLETED with more than one."),
    _count("failed", "How many FAILED."),
    _count("unknown", "How many were COMPLETED with a number of executions that is not known."),
    _count("attempts", "How many executions these jobs had, as far as that is known."),
    _count("known", "Of how many of these jobs all executions are loaded."),
    Field("run_hours", "float", "How long the executions of those ran.", unit="h"),
    Field("wasted_hours", "float", "How long those of them ran that failed.", unit="h"),
    Field(
        "flaky",
        "float",
        "Part of the jobs that were rescued: a job keeps its revision, so that the same one did both.",
        unit="0 to 1",
    ),
)
_BACKWARDS = _count("backwards", "How many executions end before they begin.")


def _sorted(frame: pd.DataFrame, query: Query) -> pd.DataFrame:
    backwards = int(frame["backwards"].sum())
    if backwards:
        frame = with_note(
            frame, f"{counted(backwards, 'execution has', 'executions have')} no hours: the times run backwards"
        )
    if frame["known"].sum() < frame["jobs"].sum():
        told = f"{int(frame['known'].sum()):,} of {counted(int(frame['jobs'].sum()), 'job')}"
        frame = with_note(frame, f"run_hours and wasted_hours are those of {told}, whose executions are loaded")
    keys = keys_of(query)
    return frame.sort_values(keys, kind="stable")


ATTEMPTS = Question(
    name="attempts",
    title="Executions that jobs take",
    summary="How many jobs need more than one execution, and what do failed executions cost?",
    returns="One row per group with finished jobs, in the order of the groups.",
    row=Resource(
        "attempt",
        "One row per group: how many of its finished jobs took one execution or more; not a v6 service.",
        (*(GROUPS[one].field for one in _GROUPS), *_COUNTED),
    ),
    parameters=(by("name", "version", choices=_GROUPS), *span("jobs that finished"), *OF_TYPES, *OF_NODES),
    is_half_open=True,
    history="window",
    first=("name", "version", "revision_num", "node", *(one.name for one in _COUNTED)),
    read=(*_COUNTED, _BACKWARDS),
    finish=_sorted,
    command="attempts",
    example="--started P7D --by name",
)
