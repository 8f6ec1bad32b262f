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

_OFFSET = r"[+-]\d{2}(:?\d{2})?$"
_FIRST, _LAST = "'0001-01-01'", "'9999-12-31 23:59:59.999999'"
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
        """Return SQL for a status: mapped, and in capitals where it is one of v6's."""
        text = f"trim({text})"
        known = ", ".join(f"'{status}'" for status in STATUSES)
        plain = f"CASE WHEN upper({text}) IN ({known}) THEN upper({text}) ELSE {text} END"
        cases = "".join(f" WHEN $status_from_{n} THEN $status_to_{n}" for n in range(len(self.statuses)))
        return f"CASE {text}{cases} ELSE {plain} END" if cases else plain


Column = tuple[Field, str, str]
"""A field, the SQL of what the input has for it, and the DuckDB type of that."""


def value(column: Field, text: str, have: str, options: Options) -> str:
    """Return SQL for the typed value of `text`, an expression of the DuckDB type `have`; NULL where it is none."""
    if column.name == "status":
        return options.status(f"CAST({text} AS VARCHAR)")
    if column.type == "time":
        return _time(text, have, options)
    want = DUCKDB[column.type]
    if column.type == "json":
        return _json(column, text, have)
    if have == want:
        return text
    if have == "VARCHAR":
        text = f"nullif(trim({text}), '')"
    if column.type == "int" and have in ("VARCHAR", "DOUBLE", "FLOAT"):
        # 5.0 is what pandas writes for an integer beside missing ones; 1.5 is none, and must not be rounded
        whole = f"regexp_full_match({text}, '[+-]?[0-9]+[.]0*')" if have == "VARCHAR" else f"{text} = trunc({text})"
        return f"CASE WHEN {_is_fractional(text, have)} AND NOT {whole} THEN NULL ELSE TRY_CAST({text} AS BIGINT) END"
    return f"TRY_CAST({text} AS {want})"


def _is_fractional(text: str, have: str) -> str:
    return f"contains({text}, '.')" if have == "VARCHAR" else "true"


def _json(column: Field, text: str, have: str) -> str:
    if have == "VARCHAR":
        text = f"CASE WHEN json_valid({text}) THEN CAST({text} AS JSON) END"
    elif have != "JSON":
        text = f"to_json({text})"
    if not column.kept:
        return text
    # the documentation calls a manifest a string (D6): one that comes as such is the object inside it
    inner = f"({text} ->> '$')"
    return f"CASE WHEN json_type({text}) = 'VARCHAR' AND json_valid({inner}) THEN CAST({inner} AS JSON) ELSE {text} END"


def _time(text: str, have: str, options: Options) -> str:
    """Return SQL for a time in UTC; NULL for one that no calendar of Python or pandas holds."""
    if have == "TIMESTAMP WITH TIME ZONE":
        return f"CASE WHEN {text} BETWEEN {_FIRST}::TIMESTAMPTZ AND {_LAST}::TIMESTAMPTZ THEN make_timestamp(epoch_us({text})) END"
    if have.startswith("TIMESTAMP") or have == "DATE":
        return _within(_in_zone(f"CAST({text} AS TIMESTAMP)")) if options.timezone else "NULL::TIMESTAMP"
    text = f"nullif(trim(CAST({text} AS VARCHAR)), '')"
    with_offset = f"TRY_CAST({text} AS TIMESTAMPTZ)"
    return _within(
        f"CASE WHEN ends_with({text}, 'Z') THEN TRY_CAST({text} AS TIMESTAMP)"
        f" WHEN {_has_offset(text)} THEN CASE WHEN isfinite({with_offset}) THEN make_timestamp(epoch_us({with_offset})) END"
        f" ELSE {_in_zone(f'TRY_CAST({text} AS TIMESTAMP)') if options.timezone else 'NULL'} END"
    )


def _in_zone(text: str) -> str:
    return f"CASE WHEN isfinite({text}) THEN make_timestamp(epoch_us({text} AT TIME ZONE $timezone)) END"


def _within(text: str) -> str:
    return f"CASE WHEN ({text}) BETWEEN {_FIRST}::TIMESTAMP AND {_LAST}::TIMESTAMP THEN ({text}) END"


def _has_offset(text: str) -> str:
    # the length keeps a plain date, which ends in something like "-01", from being taken for a time with an offset
    return f"(regexp_matches({text}, '{_OFFSET}') AND length({text}) > 10)"


def reason(column: Field, text: str, have: str, typed: str) -> str | None:
    """Return SQL for what is wrong with a value, NULL where nothing is; None where nothing can be."""
    if (have == DUCKDB[column.type] and column.type != "time") or column.type not in _NAMES:
        return None
    is_said = f"nullif(trim({text}), '') IS NOT NULL" if have == "VARCHAR" else f"{text} IS NOT NULL"
    what = f"'{column.name} is not {_NAMES[column.type]}: ' || left(CAST({text} AS VARCHAR), 60)"
    return f"CASE WHEN {typed} IS NULL AND {is_said} THEN {what} END"


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
