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
from jobtype_toolkit.sqlfiles import literal, quoted
from jobtype_toolkit.store.ingest.profile import Profile

_STAMP = r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}([.]\d+)?)?"
_LOCAL = f"{_STAMP}|" + r"\d{4}-\d{2}-\d{2}"
_ZONED = _STAMP + r"(Z|[+-](0\d|1[0-5])(:?[0-5]\d)?)"
"""How times are spelt as a rule; whatever is spelt otherwise takes a second look."""
_DATE = r"\d{4}[-/]\d{1,2}[-/]\d{1,2}|\d{8}"
_CLOCK = r"\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?|\d{4}(?:\d{2}(?:[.,]\d+)?)?"
_HALF = r"[AaPp][Mm]\b"
_ZONE = r"[Zz]|[+-]\d{2}(?::?\d{2})?|[A-Za-z][A-Za-z0-9_+/-]*"
_SPELT = rf"^({_DATE})(?:[Tt ]+({_CLOCK})\s*({_HALF})?\s*({_ZONE})?)?$"
_SPELT_NAIVE = rf"(?:{_DATE})(?:[Tt ]+(?:{_CLOCK})\s*(?:{_HALF})?)?"
_WHOLE = "'[+-]?[0-9]+'"
_DECIMAL = "'[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?'"
FIRST, LAST = "'0001-01-01'", "'9999-12-31 23:59:59.999999'"
"""The first and the last instant, as SQL, that calendars of Python and pandas hold."""
_NARROWER = ("TINYINT", "SMALLINT", "INTEGER", "UTINYINT", "USMALLINT", "UINTEGER")
"""Types of which every value is a whole number of the store."""
_INTEGERS = (*_NARROWER, "BIGINT", "UBIGINT", "HUGEINT", "UHUGEINT")
_NUMBERS = (*_INTEGERS, "FLOAT", "DOUBLE", "DECIMAL")
NAMES = frozenset(
    {"job_type", "job_type_version", "name", "version", "error_name", "error_category", "category", "job_type_name"}
)
"""Texts by which rows find each other: blanks around them are no part of them, and a blank one is none."""
_EXACT = {"FLOAT": 2**24, "DOUBLE": 2**53}
"""Below this every whole number is one of the type, and no other stands for it."""
_KINDS = {"int": "a whole number", "float": "a number", "bool": "true or false", "time": "a time", "json": "JSON"}


@dataclass
class Options:
    """How a foreign export is to be read."""

    columns: Mapping[str, str] = field(default_factory=dict)
    """Their column name → ours."""
    statuses: Mapping[str, str] = field(default_factory=dict)
    """Their status → ours."""
    timezone: str | None = None
    """The zone of times that have none."""
    profile: Profile | None = None
    """What is known of the system that it comes from."""

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
        trimmed = blankless(text)
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


@dataclass(frozen=True, slots=True)
class Spelling:
    """What a second look at an input allows in it."""

    is_odd: bool = False
    """Whether times may be spelt otherwise than as a rule."""
    wholes: Mapping[str, str] = field(default_factory=dict)
    """The columns that spell whole numbers as 5.0, throughout the input, each with SQL that tells where."""


AS_A_RULE = Spelling()


def cast(column: Column, options: Options, *, is_sound: bool = False, spelling: Spelling = AS_A_RULE) -> Cast:
    """Return the way of a column to its values; `is_sound` says that every value is known to be one."""
    field, text, have = column
    said, name = quoted(f"said {field.name}"), quoted(field.name)
    source = f"nullif({blankless(text)}, '')" if have == "VARCHAR" else present(text, have)
    final = None
    if field.name == "status":
        source, typed = f"CAST({source if have != 'VARCHAR' else text} AS VARCHAR)", options.status(said)
    elif field.name in NAMES and have != "VARCHAR":
        source, typed = f"nullif({blankless(f'CAST({source} AS VARCHAR)')}, '')", said
    elif field.name in NAMES:
        typed = said
    elif field.type == "time":
        typed, final = _time(said, name, have, options, spelling)
        if is_sound and have == "TIMESTAMP WITH TIME ZONE":
            typed = f"make_timestamp(epoch_us({said}))"
        if have not in _TIMES:
            source = f"nullif({blankless(f'CAST({text} AS VARCHAR)')}, '')"
    elif field.type == "json":
        source, typed, final = text, _json(said, have), unwrapped(name) if field.kept else None
    elif have in _EXACT and field.type == "float":
        typed = f"CASE WHEN isfinite({said}) THEN CAST({said} AS DOUBLE) END"
    elif have == DUCKDB[field.type]:
        source, typed = text, said
    else:
        typed = _plain(said, have, field.type, spelling.wholes.get(field.name))
    return Cast(field, source, typed, final, None if is_sound else _reason(field, said, name, have))


def present(text: str, have: str) -> str:
    """Return SQL for a value of a table that is missing where pandas and polars write NaN for it."""
    return f"CASE WHEN NOT isnan({text}) THEN {text} END" if have in _EXACT else text


def blankless(text: str) -> str:
    """Return SQL for a text without the blanks, tabs and line ends around it."""
    return rf"trim({text}, E' \t\n\r')"


def _plain(said: str, have: str, want: str, whole: str | None) -> str:
    """Return SQL for a number, a boolean or a text; nothing that the input does not say becomes one."""
    match want, have:
        case "int", "VARCHAR":
            # DuckDB takes 1_2 and 0x1f for numbers, and rounds 1.5
            plain = f"CASE WHEN regexp_full_match({said}, {_WHOLE}) THEN TRY_CAST({said} AS BIGINT)"
            if whole is None:
                return f"{plain} END"
            fraction = f"({whole}) AND regexp_full_match({said}, '[+-]?[0-9]+[.]0*')"
            return f"{plain} WHEN {fraction} THEN TRY_CAST(split_part({said}, '.', 1) AS BIGINT) END"
        case "int", "FLOAT" | "DOUBLE":
            return (
                f"CASE WHEN {said} = trunc({said}) AND abs({said}) < {_EXACT[have]} THEN TRY_CAST({said} AS BIGINT) END"
            )
        case "int", _:
            return f"CASE WHEN {said} = trunc({said}) THEN TRY_CAST({said} AS BIGINT) END"
        case "float", "VARCHAR":
            value = f"TRY_CAST({said} AS DOUBLE)"
            return f"CASE WHEN regexp_full_match({said}, {_DECIMAL}) AND isfinite({value}) THEN {value} END"
        case "bool", _ if have != "VARCHAR":
            return f"CASE WHEN {said} IN (0, 1) THEN {said} = 1 END"
    return f"TRY_CAST({said} AS {DUCKDB[want]})"  # type: ignore[index]


def readable(field: Field, text: str, have: str) -> tuple[str, str] | None:
    """Return what a table has for a field as SQL and type that `cast` understands; None if it cannot be one.

    Args:
        field: what the column is to be.
        text: the column, as SQL.
        have: its type, as DuckDB names it.
    """
    kind = have.split("(", maxsplit=1)[0]
    is_nested = kind in ("STRUCT", "MAP", "UNION", "VARIANT") or have.endswith("]")
    if kind == "ENUM" or have == '"NULL"':
        return f"CAST({text} AS VARCHAR)", "VARCHAR"
    if kind == "BLOB":
        return f"TRY(decode({text}))", "VARCHAR"
    if field.type == "json":
        return text, have
    if have == "JSON":
        return f"({text} ->> '$')", "VARCHAR"
    if is_nested:
        return None
    if field.type == "time":
        if have in ("TIMESTAMPTZ_NS", "TIMESTAMP_NS WITH TIME ZONE", "TIMESTAMP WITH TIME ZONE_NS"):
            return f"CAST({text} AS TIMESTAMPTZ)", "TIMESTAMP WITH TIME ZONE"
        is_readable = have in ("VARCHAR", *_TIMES)
    elif field.type == "text" or have in ("VARCHAR", DUCKDB[field.type]):
        is_readable = True
    else:
        is_readable = kind in (_INTEGERS if field.type == "bool" else _NUMBERS)
    return (text, have) if is_readable else None


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


def _time(said: str, name: str, have: str, options: Options, spelling: Spelling) -> tuple[str, str | None]:
    """Return SQL for a time in UTC, and for it within what calendars of Python and pandas hold."""
    if have == "TIMESTAMP WITH TIME ZONE":
        within = f"{said} BETWEEN {FIRST}::TIMESTAMPTZ AND {LAST}::TIMESTAMPTZ"
        return f"CASE WHEN {within} THEN make_timestamp(epoch_us({said})) END", None
    within = f"CASE WHEN {name} BETWEEN {FIRST}::TIMESTAMP AND {LAST}::TIMESTAMP THEN {name} END"
    if have in _TIMES:
        return (_in_zone(f"CAST({said} AS TIMESTAMP)"), within) if options.timezone else ("NULL::TIMESTAMP", None)
    instant = f"TRY_CAST({said} AS TIMESTAMPTZ)"
    local = _in_zone(f"TRY_CAST({said} AS TIMESTAMP)")
    ways = [f"WHEN regexp_full_match({said}, {literal(_ZONED)}) THEN make_timestamp(epoch_us({instant}))"]
    if options.timezone:
        ways.append(f"WHEN regexp_full_match({said}, {literal(_LOCAL)}) THEN {local}")
    if spelling.is_odd:
        zone = "$timezone" if options.timezone else "NULL"
        ways.append(
            f"ELSE odd_time(regexp_extract({said}, {literal(_SPELT)}, ['date', 'clock', 'half', 'zone']), {zone})"
        )
    return f"CASE {' '.join(ways)} END", within


def _in_zone(text: str) -> str:
    return f"CASE WHEN isfinite({text}) THEN make_timestamp(epoch_us({text} AT TIME ZONE $timezone)) END"


def _reason(field: Field, said: str, name: str, have: str) -> str | None:
    never_fails = have == DUCKDB[field.type] or (field.type == "int" and have in _NARROWER)
    if (never_fails and field.type not in ("time", "float")) or field.type not in _KINDS:
        return None
    is_said = (
        f"nullif({blankless(said)}, '') IS NOT NULL"
        if field.type == "json" and have == "VARCHAR"
        else f"{said} IS NOT NULL"
    )
    what = f"'{field.name} is not {_KINDS[field.type]}: ' || left(CAST({said} AS VARCHAR), 60)"
    return f"CASE WHEN {name} IS NULL AND {is_said} THEN {what} END"


def naive(columns: Sequence[Column], options: Options) -> list[tuple[str, str, str]]:
    """Return for each field that may be a time without a zone its name, its SQL and an SQL condition for such a row.

    If a zone was given, the list is empty.
    """
    if options.timezone:
        return []
    tests = []
    for column, text, have in columns:
        if column.type != "time" or have == "TIMESTAMP WITH TIME ZONE":
            continue
        if have.startswith("TIMESTAMP") or have == "DATE":
            tests.append((column.name, text, f"{text} IS NOT NULL"))
        else:
            plain = blankless(f"CAST({text} AS VARCHAR)")
            tests.append((column.name, text, f"regexp_full_match({plain}, {literal(_SPELT_NAIVE)})"))
    return tests
