"""What a question beyond the v6 services is: a declaration, the groups it may be asked by, the parameters that many share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from jobtype_toolkit import hints
from jobtype_toolkit.api.fields import Field
from jobtype_toolkit.api.resources import CATEGORIES, ERROR_KEY, JOB, KEY
from jobtype_toolkit.api.services import History, Parameter, Service
from jobtype_toolkit.errors import InvalidParameter
from jobtype_toolkit.sqlfiles import sql

if TYPE_CHECKING:
    import pandas as pd

    from jobtype_toolkit.api.intervals import Span
    from jobtype_toolkit.backend import Query

Finish = Callable[["pd.DataFrame", "Query"], "pd.DataFrame"]
Others = Mapping[str, "pd.DataFrame"]
"""The answers to other questions, by their names."""


def _as_it_is(frame: pd.DataFrame, query: Query) -> pd.DataFrame:  # noqa: ARG001 - what a step takes
    return frame


def _nothing(query: Query) -> Mapping[str, Any]:  # noqa: ARG001 - what a step takes
    return {}


def _alone(frame: pd.DataFrame, query: Query, others: Others) -> pd.DataFrame:  # noqa: ARG001 - what a step takes
    return frame


@dataclass(frozen=True, slots=True)
class Group:
    """What jobs can be grouped by."""

    field: Field
    key: str
    """The column of a job that it follows from; empty if that is its job type, which every aggregate has."""
    sql: str
    """What it is, in terms of the job `j`, its type `t` and its error `e`."""

    @property
    def is_of_error(self) -> bool:
        """Whether only failed jobs have it."""
        return self.key == "error_id"


GROUPS: Mapping[str, Group] = {
    "name": Group(KEY[0], "", "t.name"),
    "version": Group(KEY[1], "", "t.version"),
    "revision_num": Group(JOB["revision_num"], "revision_num", "j.revision_num"),
    "category": Group(replace(ERROR_KEY[1], name="category"), "error_id", "e.category"),
    "error_name": Group(replace(ERROR_KEY[0], required=False), "error_id", "e.name"),
    "node": Group(JOB["node"], "node", "j.node"),
}
"""All groups by name, in the order in which the columns of an answer come if nothing else is asked."""


@dataclass(frozen=True, slots=True)
class Named:
    """The arguments that name versions, or revisions of one, of the job type `name`."""

    column: str
    """The column of `read` that has those of which something was found, the others being looked up."""
    versions: tuple[str, ...]
    revisions: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Question(Service):
    """A question beyond the v6 services."""

    url: str = ""
    history: History
    title: str
    v6_service: str = ""
    """The v6 service that answers a part of it; its command asks that with --system."""
    counts: str = "jobs"
    """What its counts are numbers of."""
    returns: str
    """What a row is, and the order of the rows."""
    is_half_open: bool = False
    """Whether its window ends before `ended`, and never after now, so that neighbouring windows share no job and later rows
    change no earlier answer. v6's own windows have both ends."""
    places: tuple[str, ...] = ()
    """The parameters that its command takes by their place."""
    named: Named | None = None
    """What of its arguments must be there, since nothing found of it would pass for too little."""
    read: tuple[Field, ...] = ()
    """What the SQL gives to `finish`, besides source and groups, if that is not the row itself."""
    shares: str = ""
    """The question whose SQL it shares, if it has none of its own."""
    includes: tuple[str, ...] = ()
    """The files of SQL that stand in its own at the places of their names."""
    derive: Callable[[Query], Mapping[str, Any]] = _nothing
    """What the SQL binds that follows from the arguments; it may refuse them."""
    counted_days: Callable[[Query], Span] | None = None
    """From when to when the SQL may take the counts of `job_day`, if it reads them; it reads the jobs of the rest."""
    others: Callable[[Query], Mapping[str, Mapping[str, Any]]] = _nothing
    """The other questions whose answers `join` takes, by name, each with its arguments; source and present are the same."""
    join: Callable[[pd.DataFrame, Query, Others], pd.DataFrame] = _alone
    """What becomes of the frame that the SQL gives, with the answers to the other questions."""
    finish: Finish = _as_it_is
    """What Python makes of the frame that the SQL gives; the columns and dtypes of the row are seen to afterwards."""

    @property
    def sql(self) -> str:
        """The address of its SQL."""
        return f"analyses/{self.shares or self.name}"

    @cached_property
    def is_windowed(self) -> bool:
        """Whether a present matters."""
        return self.is_half_open or any(parameter.kind == "time" for parameter in self.parameters)

    def bound(self, query: Query) -> dict[str, Any]:
        """Return the arguments and what else the SQL binds."""
        filters = {**query.filters, **self.derive(query)}
        if self.counted_days is not None:
            first, last = self.counted_days(replace(query, filters=filters))
            filters |= {"first_day": first, "last_day": last}
        return filters

    def given(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Return the arguments, with the usual text for one that is None.

        Raises:
            InvalidParameter: one that is needed is None.
        """
        found = dict(arguments)
        for one in self.parameters:
            if found.get(one.name) is None:
                if one.is_required:
                    msg = f"{hints.argument(one.name)} is missing. {one.meaning}"
                    raise InvalidParameter(msg)
                if one.kind == "text":
                    found[one.name] = one.default
        return found

    def groups(self, filters: Mapping[str, Any]) -> tuple[Group, ...]:
        """Return what it is grouped by, in the order asked for.

        Raises:
            InvalidParameter: an empty list of groups.
        """
        if "by" not in filters:
            return ()
        if not filters["by"]:
            msg = f"{hints.argument('by')} names no group. Name one or several of {', '.join(GROUPS)}."
            raise InvalidParameter(msg)
        return tuple(GROUPS[name] for name in dict.fromkeys(filters["by"]))

    def fields(self, filters: Mapping[str, Any]) -> tuple[Field, ...]:
        """Return the columns of the answer: the groups asked for, then the rest of the row."""
        groups = self.groups(filters)
        known = set(GROUPS) if groups else set()
        return (*(one.field for one in groups), *(one for one in self.row.fields if one.name not in known))

    def fields_of_sql(self, filters: Mapping[str, Any]) -> tuple[Field, ...]:
        """Return the columns that `finish` gets, besides the source."""
        return (*(one.field for one in self.groups(filters)), *self.read) if self.read else self.fields(filters)

    def fragments(self, filters: Mapping[str, Any]) -> Mapping[str, str]:
        """Return the places that its SQL may have, for what it includes and for groups.

        `keys` are the columns of a job that they follow from, `day_keys` those of `job_day`, where no node is known, `groups`
        what they are of any job `j` and its type `t`, and `failed_groups` what they are of one that failed with the error `e`;
        each ends with a comma.
        """
        groups = self.groups(filters)
        keys = dict.fromkeys(one.key for one in groups if one.key and not one.is_of_error)
        return {
            "keys": "".join(f"{key}, " for key in keys),
            "day_keys": "".join("CAST(NULL AS VARCHAR) AS node, " if key == "node" else f"{key}, " for key in keys),
            "groups": _selected(groups, of_errors=False),
            "failed_groups": _selected(groups, of_errors=True),
            **{name: sql(f"analyses/{name}").rstrip() for name in self.includes},
        }


def _selected(groups: Iterable[Group], *, of_errors: bool) -> str:
    """Return the groups as columns of a SELECT; a job that did not fail has nothing of an error."""
    return "".join(
        f"{one.sql if of_errors or not one.is_of_error else 'CAST(NULL AS VARCHAR)'} AS {one.field.name}, "
        for one in groups
    )


def by(*default: str, choices: tuple[str, ...] = tuple(GROUPS)) -> Parameter:
    """Return the parameter for what an answer has a row of."""
    return Parameter("by", "text", "What there is a row of, one or several.", True, choices=choices, default=default)


def span(what: str, *, started: str | None = None) -> tuple[Parameter, Parameter]:
    """Return the parameters of a half-open window."""
    default = "" if started else "; all of history if not given"
    return (
        Parameter("started", "time", f"Only {what} at or after it{default}.", default=started),
        Parameter("ended", "time", f"Only {what} before it; now if not given, or if that is earlier."),
    )


OF_TYPES = (
    Parameter("name", "text", "Only job types of these names.", True, is_named=True),
    Parameter("version", "text", "Only these versions.", True, is_named=True),
)
"""Filters by job type. They are given by name only."""
OF_NODES = (Parameter("node", "text", "Only jobs that ran on these nodes last.", True, is_named=True),)
OF_CATEGORIES = (
    Parameter(
        "category", "text", "Only failures with an error of these categories.", True, None, CATEGORIES, is_named=True
    ),
)
OF_ERRORS = (Parameter("error_name", "text", "Only failures with these errors.", True, is_named=True),)


def keys_of(query: Query, *, of_errors: bool = True) -> list[str]:
    """Return the columns that tell the groups of a question apart, or those of them that finished jobs have, too."""
    question: Any = query.service
    return ["source", *(one.field.name for one in question.groups(query.filters) if of_errors or not one.is_of_error)]


def with_note(frame: pd.DataFrame, note: str) -> pd.DataFrame:
    """Return the frame with one more note about it."""
    frame.attrs["notes"] = [*frame.attrs["notes"], note]
    return frame


_MOST_ROWS = 5_000_000


def refuse_many(rows: int) -> None:
    """Raise InvalidParameter if an answer with a row per group and bucket of time would not be one that anybody can use."""
    if rows > _MOST_ROWS:
        msg = f"That would be {rows:,} rows, one per group and bucket of time. Ask for a shorter window, larger buckets or fewer groups."
        raise InvalidParameter(msg)
