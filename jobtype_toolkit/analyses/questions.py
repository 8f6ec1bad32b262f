"""The questions beyond the v6 services: each is one declaration, and its SQL is the file of its name in `sql/`.

The method of `store.analyses`, the command in the terminal, the reference page and the note about incomplete history follow
from the declaration. There is no clock in the SQL: a window comes in as the instants `$started` and `$ended`.
"""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from jobtype_toolkit.analyses.attempts import ATTEMPTS
from jobtype_toolkit.analyses.digest import CHANGES
from jobtype_toolkit.analyses.durations import DURATIONS, STUCK, WAITS
from jobtype_toolkit.analyses.families import FAILURE_FAMILIES, FAMILY_JOBS
from jobtype_toolkit.analyses.forecast import DRAIN_FORECAST
from jobtype_toolkit.analyses.limits import RIGHT_SIZE
from jobtype_toolkit.analyses.question import OF_ERRORS, OF_NODES, OF_TYPES, Question
from jobtype_toolkit.analyses.queue import BACKLOG, WHY_NOT_RUNNING
from jobtype_toolkit.analyses.trends import FAILURE_RATES, FAILURE_TREND
from jobtype_toolkit.analyses.verdicts import VERDICTS
from jobtype_toolkit.api.fields import Field, Resource
from jobtype_toolkit.api.resources import BLOCK, CATEGORIES, ERROR_KEY, ERROR_REST, KEY, REST
from jobtype_toolkit.api.services import Parameter

if TYPE_CHECKING:
    import pandas as pd


def _window(what: str) -> tuple[Parameter, Parameter]:
    return (
        Parameter("started", "time", f"Only {what} at or after it; all of history if not given."),
        Parameter("ended", "time", f"Only {what} at or before it; open if not given."),
    )


def _optional(fields: tuple[Field, ...]) -> tuple[Field, ...]:
    """Return the fields of an error as they are if a failed job may have none."""
    return tuple(replace(field, required=False) for field in fields)


FAILURES = Question(
    name="failures",
    v6_service="system_failures",
    title="Failed jobs by job type and error, most frequent first",
    summary="Which errors make which job types fail, and how often?",
    returns="One row per job type and error, most frequent first. `store.jobs(status='FAILED', job_type_id=…, error_id=…)` has "
    "the jobs behind a row.",
    row=Resource(
        "failure",
        "One row per job type and error of any category over a window, with the way to its jobs; not a v6 service.",
        (
            *KEY,
            *_optional(ERROR_KEY),
            Field("count", "int", "How many jobs.", required=True),
            Field(
                "share",
                "float",
                "Part of the type's finished jobs in the window that failed with this error.",
                unit="0 to 1",
            ),
            Field("first_error", "time", "Least last_status_change of these jobs."),
            Field("last_error", "time", "Greatest last_status_change of these jobs."),
            Field("last_job_id", "int", "The newest of these jobs; `jobs(job_id=…)` shows it."),
            *_optional(ERROR_REST),
            *REST,
        ),
    ),
    parameters=(
        *_window("jobs that failed"),
        Parameter("category", "text", "Only errors of these categories.", repeatable=True, choices=CATEGORIES),
        *OF_TYPES,
        *OF_NODES,
        *OF_ERRORS,
    ),
    history="window",
    first=(
        "name",
        "version",
        "error_name",
        "error_category",
        "count",
        "share",
        "last_error",
        "error_id",
        "last_job_id",
    ),
    command="failures",
    example="--started P7D --category DATA",
)

QUESTIONS: tuple[Question, ...] = (
    FAILURES,
    FAILURE_RATES,
    FAILURE_TREND,
    DURATIONS,
    WAITS,
    ATTEMPTS,
    STUCK,
    BACKLOG,
    WHY_NOT_RUNNING,
    CHANGES,
    DRAIN_FORECAST,
    FAILURE_FAMILIES,
    FAMILY_JOBS,
    RIGHT_SIZE,
    *VERDICTS,
)
"""All questions beyond the v6 services, in the order in which they are shown."""


class Analyses:
    """Questions beyond the v6 services, one method each; made from the declarations."""

    def __init__(self, ask: Callable[[Question, Mapping[str, Any]], pd.DataFrame]) -> None:
        """Take what answers a question, given its arguments by name."""
        self._ask = ask

    def __dir__(self) -> list[str]:
        return [question.name for question in QUESTIONS]

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Callable[..., pd.DataFrame]: ...


_SHARED = (
    Parameter("now", "time", "What durations count back from, as in `status`."),
    Parameter("source", "text", 'Which source; `"*"` for all.'),
)
_TYPES: Mapping[str, str] = {"int": "int", "bool": "bool", "text": "str", "time": "Time"}


def _method(question: Question) -> Callable[..., pd.DataFrame]:
    """Return the method of a question, with the signature and the docstring that its declaration gives."""

    def ask(self: Analyses, *args: Any, **given: Any) -> pd.DataFrame:
        bound = signature.bind(self, *args, **given)
        bound.apply_defaults()
        return self._ask(question, {name: value for name, value in bound.arguments.items() if name != "self"})

    kinds = inspect.Parameter
    signature = inspect.Signature(
        [
            kinds("self", kinds.POSITIONAL_OR_KEYWORD),
            *(_argument(one, kinds.POSITIONAL_OR_KEYWORD) for one in question.parameters if not one.is_named),
            *(_argument(one, kinds.KEYWORD_ONLY) for one in question.parameters if one.is_named),
            *(_argument(one, kinds.KEYWORD_ONLY) for one in _SHARED),
        ],
        return_annotation="pd.DataFrame",
    )
    ask.__name__, ask.__qualname__, ask.__doc__ = question.name, f"Analyses.{question.name}", _docstring(question)
    ask.__signature__ = signature  # type: ignore[attr-defined]
    return ask


def _argument(one: Parameter, kind: Any) -> inspect.Parameter:
    type_ = _TYPES[one.kind]
    annotation = f"OneOrMore[{type_}]" if one.repeatable else type_
    if one.is_required:
        return inspect.Parameter(one.name, kind, annotation=annotation)
    default = list(one.default) if isinstance(one.default, tuple) and len(one.default) > 1 else one.default
    default = default[0] if isinstance(default, tuple) else default
    return inspect.Parameter(one.name, kind, default=default, annotation=f"{annotation} | None")


def _docstring(question: Question) -> str:
    names = ", ".join(field.name for field in question.row.fields if field not in BLOCK)
    has_type = set(BLOCK) <= set(question.row.fields)
    arguments = [f"{one.name}: {one.meaning}{_of_choices(one)}" for one in (*question.parameters, *_SHARED)]
    answer = f"`name`, `version`, then `{names}`, then the rest of the job type" if has_type else f"`{names}`"
    returns = f"{question.returns} Columns: {answer}; times in UTC, counts of {question.counts}."
    raises = "InvalidParameter: a time without a zone, a reversed window, or a value that is not of its kind."
    wrap = textwrap.TextWrapper(width=120, initial_indent="    ", subsequent_indent="        ")
    parts = [
        question.summary,
        "\n".join(["Args:", *map(wrap.fill, arguments)]),
        "Returns:\n" + textwrap.fill(returns, width=120, initial_indent="    ", subsequent_indent="    "),
        "Raises:\n" + wrap.fill(raises),
    ]
    return "\n\n".join(parts)


def _of_choices(one: Parameter) -> str:
    several = "; several are OR-ed" if one.repeatable and one.default is None else ""
    return f" One of {', '.join(one.choices)}{several}." if one.choices else ""


for _question in QUESTIONS:
    setattr(Analyses, _question.name, _method(_question))
