"""Tables, comments, frames, parameters and records all speak the one vocabulary."""

from __future__ import annotations

import inspect

import histories
import pytest
from histories import JOB_TYPES, JOBS

import jobtype_toolkit as jt
from jobtype_toolkit import frames
from jobtype_toolkit.analyses.questions import QUESTIONS
from jobtype_toolkit.api.fields import DUCKDB, PANDAS
from jobtype_toolkit.api.resources import (
    BUILTIN_ERRORS,
    ERROR,
    JOB,
    JOB_EXECUTION,
    JOB_TYPE,
    JOB_TYPE_NAME,
    JOB_TYPE_REVISION,
    JOB_TYPE_ROW,
    LOADABLE,
    NOT_IN_LISTS,
    VALIDATION,
    flat,
    nested,
)
from jobtype_toolkit.api.services import ANALYSES, SERVICES, service
from jobtype_toolkit.store import schema
from jobtype_toolkit.store.store import Store

RESOURCES = {
    one.name: one
    for one in (
        *LOADABLE.values(),
        JOB_TYPE_ROW,
        JOB_TYPE_NAME,
        VALIDATION,
        *(question.row for question in (*ANALYSES, *QUESTIONS)),
    )
}


@pytest.fixture(scope="module")
def columns() -> dict[tuple[str, str], tuple[str, str]]:
    """(table, column) → (DuckDB type, meaning) as an open store tells it."""
    tables = jt.open().tables()
    return {(row["table"], row["column"]): (row["type"], row["meaning"]) for row in tables.to_dict("records")}


SHOWN = {"time": "TIMESTAMP WITH TIME ZONE"}
"""What own SQL sees of a type that is stored otherwise: instants compare as instants."""


@pytest.mark.parametrize("name", RESOURCES)
def test_every_field_has_a_meaning_and_a_known_type(name):
    for field in RESOURCES[name].fields:
        assert field.meaning.endswith("."), field.name
        assert field.type in DUCKDB
        assert field.type in PANDAS


@pytest.mark.parametrize("name", RESOURCES)
def test_no_field_is_declared_twice(name):
    names = RESOURCES[name].names
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("table", "resource"),
    [
        ("job_type", JOB_TYPE),
        ("job_type_revision", JOB_TYPE_REVISION),
        ("error", ERROR),
        ("job_final", JOB),
        ("job_open", JOB),
        ("job_execution", JOB_EXECUTION),
    ],
)
def test_a_table_has_the_stored_fields_of_its_resource_with_type_and_comment(columns, table, resource):
    for field in resource.fields:
        if not field.stored:
            assert (table, field.name) not in columns
            continue
        kind, meaning = columns[table, field.name]
        assert kind == SHOWN.get(field.type, DUCKDB[field.type])
        assert field.meaning in meaning
        assert (field.unit in meaning) if field.unit else (meaning == field.meaning)


def test_every_column_of_every_table_has_a_comment(columns):
    silent = [
        key for key, (_, meaning) in columns.items() if not isinstance(meaning, str) and key[0] not in ("job", "meta")
    ]
    assert silent == []


def test_the_view_has_every_field_of_a_job_with_the_comments_of_the_tables(columns):
    for field in JOB.fields:
        kind, meaning = columns["job", field.name]
        assert kind == SHOWN.get(field.type, DUCKDB[field.type])
        if field.stored:
            assert meaning == columns["job_final", field.name][1]


def test_every_column_of_the_view_is_explained(columns):
    assert [key for key, (_, meaning) in columns.items() if key[0] == "job" and not isinstance(meaning, str)] == []


def test_every_table_and_view_has_a_comment_of_its_own():
    found = jt.open().sql(
        "SELECT table_name AS name, comment FROM duckdb_tables() UNION ALL "
        "SELECT view_name, comment FROM duckdb_views() WHERE NOT internal"
    )
    assert {"job", "job_type", "load", "reject"} <= set(found["name"])
    assert found["comment"].notna().all()


@pytest.mark.parametrize("name", RESOURCES)
def test_an_empty_frame_of_a_resource_has_the_dtypes_of_its_fields(name):
    resource = RESOURCES[name]
    frame = frames.empty(resource.fields)
    assert list(frame.columns) == list(resource.names)
    for field in resource.fields:
        expected = "int64" if field.required and field.type == "int" else PANDAS[field.type]
        assert str(frame.dtypes[field.name]) == expected


def test_the_parameters_of_every_service_are_those_of_the_method():
    for one in SERVICES:
        accepted = set(inspect.signature(getattr(Store, one.name)).parameters)
        assert {parameter.name for parameter in one.parameters} <= accepted, one.name
        beyond = accepted - {parameter.name for parameter in one.parameters} - {"self", "now", "source", "limit"}
        assert beyond <= {"page", "page_size", "name", "version", "revision_num"}, one.name


def test_every_read_service_is_there_once():
    assert [one.name for one in SERVICES] == [
        "job_type_names",
        "job_types",
        "versions",
        "job_type",
        "revisions",
        "revision",
        "status",
        "pending",
        "running",
        "system_failures",
        "queue_status",
        "jobs",
        "errors",
        "workspaces",
    ]
    assert service("errors").url == "errors/"
    with pytest.raises(KeyError):
        service("nope")


def test_flat_and_nested_are_inverse_for_what_the_vocabulary_knows():
    for record in JOB_TYPES:
        assert nested(flat(record, JOB_TYPE.fields), JOB_TYPE.fields) == record
    for record in JOBS:
        row = flat(record, JOB.fields)
        assert flat(nested(row, JOB.fields), JOB.fields) == row


def test_flat_takes_null_and_absent_objects_as_missing():
    row = flat({"id": 1, "error": None, "node": "not an object"}, JOB.fields)
    assert row["id"] == 1
    assert row["error_id"] is None
    assert row["node"] is None
    assert row["job_type_id"] is None
    assert set(row) == set(JOB.names)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("id", "int"),
        ("name", "text"),
        ("version", "text"),
        ("title", "text"),
        ("description", "text"),
        ("icon_code", "text"),
        ("is_published", "bool"),
        ("is_active", "bool"),
        ("is_paused", "bool"),
        ("is_system", "bool"),
        ("max_scheduled", "int"),
        ("max_tries", "int"),
        ("revision_num", "int"),
        ("docker_image", "text"),
        ("unmet_resources", "text"),
        ("manifest", "json"),
        ("configuration", "json"),
        ("recipe_types", "json"),
        ("created", "time"),
        ("deprecated", "time"),
        ("paused", "time"),
        ("last_modified", "time"),
    ],
)
def test_every_documented_field_of_the_job_type_details_is_in_the_vocabulary(name, kind):
    assert JOB_TYPE[name].type == kind


def test_the_built_in_errors_are_those_of_scale():
    """17 are SYSTEM and retried, 5 SYSTEM and not, 5 ALGORITHM."""
    kinds = list(BUILTIN_ERRORS.values())
    assert kinds.count(("SYSTEM", True)) == 17
    assert kinds.count(("SYSTEM", False)) == 5
    assert kinds.count(("ALGORITHM", False)) == 5
    assert BUILTIN_ERRORS["node-lost"] == ("SYSTEM", True)
    assert BUILTIN_ERRORS["timeout"] == ("ALGORITHM", False)


def test_the_tables_of_the_schema_are_those_of_a_new_store():
    made = set(jt.open().sql("SELECT table_name AS name FROM duckdb_tables()")["name"])
    assert made == {one.name for one in schema.TABLES} | {"meta"}


def test_the_fake_records_have_every_field_of_the_vocabulary():
    assert set(histories.CHIPS) == set(JOB_TYPE.names)
    assert set(histories.UNKNOWN) == set(ERROR.names)
    top = {field.json_path[0] for field in JOB.fields if field.name not in NOT_IN_LISTS}
    assert top <= set(histories.JOBS[0])


def test_rows_without_a_status_change_are_told_of_only_where_a_window_looks_for_one(store, write):
    head = "id,job_type,job_type_version,status,last_modified,last_status_change\n"
    store.load(write("jobs.csv", f"{head}1,fit,1.0.0,FAILED,2026-03-01T10:00:00Z,\n"))
    window = {"started": "2026-01-01T00:00:00Z"}
    told = {
        name: any("last_status_change" in note for note in getattr(store, name)(**window).attrs["notes"])
        for name in ("status", "jobs", "errors")
    }
    assert told == {"status": True, "jobs": False, "errors": False}
