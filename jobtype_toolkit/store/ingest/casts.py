"""From what an input says to typed columns, each row with the reasons why it cannot be loaded.

Every input becomes a relation with one column per vocabulary field that it has, either of the declared type already or text.
This module writes the SQL that turns those into typed values; it composes only names from the vocabulary and literals
of its own, the caller's values are bound.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from jobtype_toolkit.api.fields import DUCKDB, Field
from jobtype_toolkit.api.resources import STATUSES
from jobtype_toolkit.sqlfiles import quoted

_OFFSET = r"[+-]\d{2}(:?\d{2})?$"
FIRST, LAST = "'0001-01-01'", "'9999-12-31 23:59:59.999999'"
"""The first and the last instant, as SQL, that calendars of Python and pandas hold."""
_NARROWER = {"int": ("TINYINT", "SMALLINT", "INTEGER", "UTINYINT", "USMALLINT", "UINTEGER"), "float": ("FLOAT",)}
"""Types of which every value is one of the field's type."""
_NAMES = {"int": "a whole number", "float": "a number", "bool": "true or false", "time": "a time", "json": "JSON"}


@dataclass
class Options:
    """How a foreign export is to be read."""

    columns: Mapping[str, str] = field(default_factory=dict)
    """Their column name → ours."""
    statuses: Mapping[str, str] = field(default_factory=dict)
    """Their status → ours."""
    timezone: str | None = None
    """The zone of times that have none."""

    def theirs(self, name: str) -> str:
        """Return what the input calls a field of ours."""
        return next((theirs for theirs, ours in self.columns.items() if ours == name), name)

    @property
    def bound(self) -> dict[str, str]:
        """The values that the SQL of `value` and `naive` binds."""
        bound = {"timezone": self.timezone} if self.timezone else {}
        for number, (theirs, ours) in enumerate(self.statuses.items()):
            bound |= {f"status_from_{number}": theirs.strip(), f"status_to_{number}": ours.strip().upper()}
        return bound

    def status(self, text: str) -> str:
        """Return SQL for a status: without blanks around it, mapped, and in capitals if it is one of v6's.

        What v6 writes itself needs no second look. Not with IN: DuckDB makes a join of a long one, after which rows are no
        longer in the order of the file.
        """
        known = " ".join(f"WHEN '{status}' THEN '{status}'" for status in STATUSES)
        trimmed = f"trim({text})"
        plain = f"CASE {text} {known} ELSE CASE upper({trimmed}) {known} ELSE {trimmed} END END"
        cases = "".join(f" WHEN $status_from_{n} THEN $status_to_{n}" for n in range(len(self.statuses)))
        return f"CASE {trimmed}{cases} ELSE {plain} END" if cases else plain


Column = tuple[Field, str, str]
"""A field, the SQL of what the input has for it, and the DuckDB type of that."""


@dataclass(frozen=True, slots=True)
class Cast:
    """The way of one column from what the input says to its value, in steps: each is an expression over the one before.

    The steps stand in subqueries, so that no expression is repeated in another: DuckDB would plan each copy.
    """

    column: Field
    said: str
    """Over the input: what it says, without blanks around it; named `said …`."""
    typed: str
    """Over `said …`: the value, NULL if it is none; named as the column."""
    final: str | None
    """Over the typed value: what is left of it, for values that a second look refuses; None if that is all."""
    reason: str | None
    """Over both: what is wrong with the value, NULL if nothing is; None if nothing can be."""


def cast(column: Column, options: Options, *, is_sound: bool = False) -> Cast:
    """Return the way of a column to its values; `is_sound` says that every value is known to be one."""
    field, text, have = column
    said, name = quoted(f"said {field.name}"), quoted(field.name)
    source = f"nullif(trim({text}), '')" if have == "VARCHAR" else text
    final = None
    if field.name == "status":
        source, typed = f"CAST({text} AS VARCHAR)", options.status(said)
    elif field.type == "time":
        typed, final = _time(said, name, have, options)
        if is_sound and have == "TIMESTAMP WITH TIME ZONE":
            typed = f"make_timestamp(epoch_us({said}))"
        if have not in _TIMES:
            source = f"nullif(trim(CAST({text} AS VARCHAR)), '')"
    elif field.type == "json":
        source, typed, final = text, _json(said, have), unwrapped(name) if field.kept else None
    elif have == DUCKDB[field.type]:
        source, typed = text, said
    else:
        typed = _plain(said, have, DUCKDB[field.type])
    return Cast(field, source, typed, final, None if is_sound else _reason(field, said, name, have))


def _plain(said: str, have: str, want: str) -> str:
    if want == "BIGINT" and have in ("VARCHAR", "DOUBLE", "FLOAT"):
        # 5.0 is what pandas writes for an integer beside missing ones; 1.5 is none, and must not be rounded
        fraction = f"contains({said}, '.')" if have == "VARCHAR" else "true"
        whole = f"regexp_full_match({said}, '[+-]?[0-9]+[.]0*')" if have == "VARCHAR" else f"{said} = trunc({said})"
        return f"CASE WHEN {fraction} AND NOT {whole} THEN NULL ELSE TRY_CAST({said} AS BIGINT) END"
    return f"TRY_CAST({said} AS {want})"


def _json(said: str, have: str) -> str:
    if have == "VARCHAR":
        return f"CASE WHEN json_valid({said}) THEN CAST({said} AS JSON) END"
    return said if have == "JSON" else f"to_json({said})"


def unwrapped(value: str) -> str:
    """Return SQL for JSON, taken out of the string if it is JSON in a string."""
    # the documentation calls a manifest a string (D6): one that comes as such is the object inside it
    inner = f"({value} ->> '$')"
    return (
        f"CASE WHEN json_type({value}) = 'VARCHAR' AND json_valid({inner}) THEN CAST({inner} AS JSON) ELSE {value} END"
    )


_TIMES = ("TIMESTAMP WITH TIME ZONE", "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS", "DATE")


def _time(said: str, name: str, have: str, options: Options) -> tuple[str, str | None]:
    """Return SQL for a time in UTC, and for it within what calendars of Python and pandas hold."""
    if have == "TIMESTAMP WITH TIME ZONE":
        within = f"{said} BETWEEN {FIRST}::TIMESTAMPTZ AND {LAST}::TIMESTAMPTZ"
        return f"CASE WHEN {within} THEN make_timestamp(epoch_us({said})) END", None
    within = f"CASE WHEN {name} BETWEEN {FIRST}::TIMESTAMP AND {LAST}::TIMESTAMP THEN {name} END"
    if have in _TIMES:
        return (_in_zone(f"CAST({said} AS TIMESTAMP)"), within) if options.timezone else ("NULL::TIMESTAMP", None)
    with_offset = f"TRY_CAST({said} AS TIMESTAMPTZ)"
    return (
        f"CASE WHEN ends_with({said}, 'Z') THEN TRY_CAST({said} AS TIMESTAMP)"
        f" WHEN {_has_offset(said)} THEN CASE WHEN isfinite({with_offset}) THEN make_timestamp(epoch_us({with_offset})) END"
        f" ELSE {_in_zone(f'TRY_CAST({said} AS TIMESTAMP)') if options.timezone else 'NULL'} END"
    ), within


def _in_zone(text: str) -> str:
    return f"CASE WHEN isfinite({text}) THEN make_timestamp(epoch_us({text} AT TIME ZONE $timezone)) END"


def _has_offset(text: str) -> str:
    # the length keeps a plain date, which ends in something like "-01", from being taken for a time with an offset
    return f"(regexp_matches({text}, '{_OFFSET}') AND length({text}) > 10)"


def _reason(field: Field, said: str, name: str, have: str) -> str | None:
    never_fails = have == DUCKDB[field.type] or have in _NARROWER.get(field.type, ())
    if (never_fails and field.type != "time") or field.type not in _NAMES:
        return None
    is_said = (
        f"nullif(trim({said}), '') IS NOT NULL" if field.type == "json" and have == "VARCHAR" else f"{said} IS NOT NULL"
    )
    what = f"'{field.name} is not {_NAMES[field.type]}: ' || left(CAST({said} AS VARCHAR), 60)"
    return f"CASE WHEN {name} IS NULL AND {is_said} THEN {what} END"


def naive(columns: Sequence[Column], options: Options) -> str | None:
    """Return an SQL condition for a row with a time that has no zone; None where that is impossible or allowed."""
    if options.timezone:
        return None
    tests = []
    for column, text, have in columns:
        if column.type != "time" or have == "TIMESTAMP WITH TIME ZONE":
            continue
        if have.startswith("TIMESTAMP") or have == "DATE":
            tests.append(f"{text} IS NOT NULL")
        else:
            plain = f"trim(CAST({text} AS VARCHAR))"
            zoned = f"ends_with({plain}, 'Z') OR {_has_offset(plain)}"
            tests.append(f"(NOT ({zoned}) AND TRY_CAST({plain} AS TIMESTAMP) IS NOT NULL)")
    return " OR ".join(tests) or None
