"""Typed rows, each with the reasons why it cannot be loaded."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

import duckdb

from jobtype_toolkit.api.resources import LOADABLE
from jobtype_toolkit.sqlfiles import quoted, sql
from jobtype_toolkit.store.engine import number, script
from jobtype_toolkit.store.ingest.casts import AS_A_RULE, FIRST, LAST, Column, Options, Spelling, cast
from jobtype_toolkit.store.ingest.table import Table

REQUIRED = {
    "jobs": ("id", "status"),
    "job_types": ("id", "name", "version"),
    "job_type_revisions": ("id", "revision_num"),
    "errors": ("id", "name"),
    "job_executions": ("id", "job_id"),
}
"""The fields without which there is no row of a resource."""
_OF_TYPES_AND_ERRORS = ("job_type_id", "job_type", "job_type_version", "error_id", "error_name", "error_category")
_OF_DAYS = ("revision_num", "node", "last_status_change", "last_modified")
SPOKEN_OF = {
    "jobs": (*REQUIRED["jobs"], *_OF_TYPES_AND_ERRORS, "created", *_OF_DAYS),
    "job_executions": (*REQUIRED["job_executions"], *_OF_TYPES_AND_ERRORS, "created"),
}
"""The fields that a merge speaks of whether an input has them or not; of other resources all."""
OF_A_JOB_TYPE = frozenset({"jobs", "job_type_revisions"})
TYPE_NAME = {"jobs": ("job_type", "job_type_version"), "job_type_revisions": ("name", "version")}
"""What names a job type where its id is not given."""


def lacking(name: str, ours: Iterable[str]) -> list[str]:
    """Return the fields without which no row could be loaded, and that are not there."""
    given = set(ours)
    missing = [one for one in REQUIRED[name] if one not in given]
    if name in OF_A_JOB_TYPE and "job_type_id" not in given:
        missing += [one for one in TYPE_NAME[name] if one not in given]
    return missing


def checked_rows(
    name: str,
    columns: Sequence[Column],
    options: Options,
    *,
    rows: str,
    place: str,
    extra: str,
    objections: Sequence[str] = (),
    is_sound: bool = False,
    spelling: Spelling = AS_A_RULE,
    finals: Mapping[str, str] | None = None,
    passed: Sequence[str] = (),
    absent: Sequence[str] = (),
) -> str:
    """Return SQL for typed rows, each with the reasons against it.

    Args:
        name: the resource, as a load calls it.
        columns: where each field stands in the input.
        options: how the input is to be read.
        rows: the input, for a FROM clause.
        place: SQL for seq, file and position of a row.
        extra: SQL for what is unknown in it.
        objections: SQL for reasons against a row that are no column's.
        is_sound: whether every row is known to be good.
        spelling: how the input spells what is not spelt as a rule.
        finals: SQL for fields that follow from others, over the typed values.
        passed: columns of the place that are handed on.
        absent: SQL for fields that the input lacks, with their names.
    """
    steps = [cast(column, options, is_sound=is_sound, spelling=spelling) for column in columns]
    last = {one.column.name: one.final for one in steps if one.final} | dict(finals or {})
    replaced = [f"{text} AS {quoted(name)}" for name, text in last.items()]
    reasons = [*(f"objection_{number}" for number in range(len(objections)))]
    reasons += [one.reason for one in steps if one.reason] + _missing(name, {one.column.name for one in steps})
    if is_sound:
        reasons = ["NULL"]
    return sql(
        "store/ingest/staging.checked",
        rows=rows,
        place=", ".join([place, *(f"{text} AS objection_{number}" for number, text in enumerate(objections))]),
        extra=extra,
        said=", ".join(f"{one.said} AS {quoted(f'said {one.column.name}')}" for one in steps),
        typed=", ".join(f"{one.typed} AS {quoted(one.column.name)}" for one in steps),
        final=f"* REPLACE ({', '.join(replaced)})" if replaced else "*",
        reasons=", ".join(reasons),
        names=", ".join([*(quoted(one.column.name) for one in steps), *passed, *absent]),
    )


def _missing(name: str, names: Collection[str]) -> list[str]:
    """Return SQL for the reasons against a row that lacks something required."""
    found = []
    for one in REQUIRED[name]:
        said = quoted(f"said {one}") if one in names else "NULL"
        found.append(f"CASE WHEN nullif(trim(CAST({said} AS VARCHAR)), '') IS NULL THEN 'no {one}' END")
    if name in OF_A_JOB_TYPE:
        has = {one: f"{quoted(one)} IS NOT NULL" for one in names}
        ways = [way for way in (("job_type_id",), TYPE_NAME[name]) if {*way} <= {*names}]
        given = " OR ".join(f"({' AND '.join(has[one] for one in way)})" for way in ways) or "false"
        halves = "".join(
            f" WHEN {has[there]} THEN 'no job type: {gone} is missing'"
            for there, gone in (TYPE_NAME[name], TYPE_NAME[name][::-1])
            if there in has
        )
        found.append(
            f"CASE WHEN {given} THEN NULL{halves} ELSE 'no job type: neither its id nor its name and version' END"
        )
    return found


def are_sound(
    con: duckdb.DuckDBPyConnection,
    name: str,
    options: Options,
    table: Table,
    columns: Sequence[Column],
    theirs: Mapping[str, str],
    file: str,
) -> bool:
    """Return whether the statistics in a Parquet file tell that no row of it is bad, so that none need be read for that.

    Args:
        con: the connection with the view `table_row` of it.
        name: the resource, as a load calls it.
        options: how it is to be read.
        table: its columns.
        columns: where each field stands in it.
        theirs: the name of each field in it.
        file: its path.
    """
    found = script(con, "store/ingest/staging.parquet_statistics", {"file": file}, first=FIRST, last=LAST)
    known = {one: facts for one, *facts in found.fetchall()}
    is_whole = {ours for ours, one in theirs.items() if one in known and known[one][0]}
    kinds = dict(zip(table.names, table.types, strict=True))
    infinite = ["false"]
    for column in columns:
        field, _, have = column
        if kinds[theirs[field.name]] != have:
            return False
        if cast(column, options).reason is None:
            continue
        if field.type == "float":
            infinite.append(f"isinf({column[1]})")
            continue
        if have != "TIMESTAMP WITH TIME ZONE" or not known.get(theirs[field.name], (False, False))[1]:
            return False
    for one in REQUIRED[name]:
        is_text = LOADABLE[name][one].type == "text"
        if one not in is_whole or (is_text and not known[theirs[one]][2]):
            return False
    has_type = {"job_type_id"} <= is_whole or set(TYPE_NAME.get(name, ())) <= is_whole
    if not has_type and name in OF_A_JOB_TYPE:
        return False
    return number(con, f"SELECT count(*) FROM table_row WHERE {' OR '.join(infinite)}") == 0
