"""What somebody is told whose input cannot be loaded as it is: what is wrong with it, and what to do."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

import duckdb
import pandas as pd

from jobtype_toolkit import hints
from jobtype_toolkit.api.resources import LOADABLE
from jobtype_toolkit.sqlfiles import literal, sql
from jobtype_toolkit.store.engine import number, script, statements
from jobtype_toolkit.store.ingest import casts, time_forms
from jobtype_toolkit.store.ingest.casts import Column, Options
from jobtype_toolkit.store.ingest.profile import RESOURCES

FRAME = "a DataFrame"
"""What a load of a DataFrame calls its file."""
_VALUE = re.compile(r"(is not [^;]*?): [^;]*")
_MOST_KINDS = 12
_NO_TIME = re.compile(r"(\w+) is not a time: ([^;]*)")


def without_columns(name: str, missing: Sequence[str], have: Sequence[str], file: str) -> str:
    """Return what is to be said of a table that lacks required columns."""
    *others, last = missing
    one = f"columns {', '.join(others)} and {last} are" if others else f"column {last} is"
    mapping = hints.argument("columns", {"theirs": missing[0]})
    how = (
        f"they have other names there, map them: {mapping}, …"
        if others
        else f"it has another name there, map it: {mapping}"
    )
    named = file.replace("\\", "/").rpartition("/")[2].partition(".")[0]
    if named in LOADABLE and named != name:
        look = f" If its rows are {named}, say so: {hints.argument('resource', named)}."
    elif file == FRAME or name not in RESOURCES:
        look = ""
    else:
        look = f" {hints.preview(file)} loads nothing, and proposes which column is what."
    return f"{hints.on('load', file)} as {name}: the required {one} missing; the file has {', '.join(have)}. If {how}.{look}"


def without_rows(con: duckdb.DuckDBPyConnection, path: str) -> list[tuple[int, str]]:
    """Return a note, with its gravity, on an input of which no row has what is required; no note if rows have other faults."""
    if number(con, sql("store/ingest/load.other_faults")):
        return []
    return [(9, f"no row has what is required: {hints.preview(path)} loads nothing, and proposes which key is what")]


def would_be_rejected(rejects: pd.DataFrame) -> list[str]:
    """Return what is to be said of rows that a load would reject: the first of each kind of fault, and how many have it."""
    kinds = rejects["reason"].str.replace(_VALUE, r"\1", regex=True)
    notes = []
    for _, alike in islice(rejects.groupby(kinds, sort=False), _MOST_KINDS):
        first, others = alike.iloc[0], len(alike) - 1
        more = f"; so would {hints.counted(others, 'more row')}" if others else ""
        notes.append(f"row {first['position']} would be rejected: {first['reason']}{more}")
    if kinds.nunique() > _MOST_KINDS:
        notes.append(f"rows would be rejected for {kinds.nunique() - _MOST_KINDS:,} more reasons")
    return notes


def without_zone(
    con: duckdb.DuckDBPyConnection, columns: Sequence[Column], rows: str, options: Options, bound: Mapping[str, Any]
) -> str | None:
    """Return what is to be said of the first time without a zone among some rows; None if all have one, or one was given."""
    tests = casts.naive(columns, options)
    if not tests:
        return None
    ours = " ".join(f"WHEN {test} THEN {literal(name)}" for name, _, test in tests)
    texts = " ".join(f"WHEN {test} THEN CAST({text} AS VARCHAR)" for _, text, test in tests)
    query = (
        f"SELECT CASE {ours} END, CASE {texts} END FROM {rows} WHERE {' OR '.join(test for *_, test in tests)} LIMIT 1"
    )
    found = statements(con, query, bound).fetchone()
    if found is None:
        return None
    name, text = found
    by_profile = ', or say timezone = "UTC" at the top of the profile' if options.profile else ""
    return (
        f"the times have no zone, for example {name} {str(text).strip()[:60]!r}. Say which one they are in: "
        f"{hints.argument('timezone', 'UTC')}, or a name such as {hints.argument('timezone', 'America/New_York')}{by_profile}."
    )


def of_times(con: duckdb.DuckDBPyConnection, resource: str, options: Options) -> list[tuple[int, str]]:
    """Return a note, with its gravity, if rows were rejected for times that a profile could read."""
    if resource not in RESOURCES:
        return []
    found: dict[str, list[str]] = {}
    for (reason,) in script(con, "store/ingest/load.no_times").fetchall():
        for name, text in _NO_TIME.findall(reason):
            found.setdefault(name, []).append(text.strip())
    readable = {name: ways for name, texts in found.items() if (ways := time_forms.ways(texts))}
    if not readable:
        return []
    (first, ways), *others = readable.items()
    rows = number(con, sql("store/ingest/load.rows_without_times"))
    count = hints.counted(rows, "row has", "rows have")
    also = f", and so for {', '.join(name for name, _ in others)}" if others else ""
    either = f"; it may as well be {' or '.join(ways[1:])}: say which is meant" if len(ways) > 1 else ""
    how = f"{first} = {{ from = {_quoted(options, first)}, {ways[0]} }}"
    where = (
        "say in the profile"
        if options.profile
        else f"say in a profile ({hints.argument('profile')}), under [{resource}],"
    )
    return [
        (8, f"{count} times that are not ISO 8601, such as {first} {found[first][0]!r}: {where} {how}{also}{either}")
    ]


def _quoted(options: Options, name: str) -> str:
    """Return what the input calls a field, as TOML writes it."""
    theirs = options.theirs(name)
    for section in options.profile.sections.values() if options.profile else ():
        if theirs == name and name in section.values and section.values[name].columns:
            theirs = section.values[name].columns[0]
    return json.dumps(theirs, ensure_ascii=False)
