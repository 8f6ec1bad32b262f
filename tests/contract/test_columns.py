"""Every call gives the columns and dtypes of the design, full or empty."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import pandas as pd
import pytest
from contract.conftest import OF_THE_SMALL_HISTORY

pytestmark = pytest.mark.slow

TEXT, FLAG, WHOLE, TIME, LONG = "str", "boolean", "Int64", "datetime64[us, UTC]", "int64"

NAMES = {
    "name": TEXT,
    "title": TEXT,
    "description": TEXT,
    "is_active": FLAG,
    "is_system": FLAG,
    "is_paused": FLAG,
    "is_published": FLAG,
    "icon_code": TEXT,
    "unmet_resources": TEXT,
    "versions": "object",
    "latest_version": TEXT,
}
TYPES = {
    "id": LONG,
    "name": TEXT,
    "version": TEXT,
    "title": TEXT,
    "description": TEXT,
    "is_active": FLAG,
    "is_system": FLAG,
    "is_paused": FLAG,
    "is_published": FLAG,
    "icon_code": TEXT,
    "unmet_resources": TEXT,
    "max_scheduled": WHOLE,
    "max_tries": WHOLE,
    "revision_num": WHOLE,
    "docker_image": TEXT,
    "created": TIME,
    "deprecated": TIME,
    "paused": TIME,
    "last_modified": TIME,
}
REVISIONS = {
    "id": LONG,
    "job_type_id": WHOLE,
    "name": TEXT,
    "version": TEXT,
    "revision_num": WHOLE,
    "docker_image": TEXT,
    "created": TIME,
}
KEY = {"name": TEXT, "version": TEXT}
"""What the columns of an analysis begin with; its answer follows, then the rest of the job type."""
REST = {
    "job_type_id": LONG,
    "title": TEXT,
    "description": TEXT,
    "icon_code": TEXT,
    "is_active": FLAG,
    "is_paused": FLAG,
    "is_published": FLAG,
    "is_system": FLAG,
    "unmet_resources": TEXT,
}
ERRORS = {
    "id": LONG,
    "name": TEXT,
    "title": TEXT,
    "description": TEXT,
    "job_type_name": TEXT,
    "category": TEXT,
    "is_builtin": FLAG,
    "should_be_retried": FLAG,
    "created": TIME,
    "last_modified": TIME,
}
FAILURES = {
    **KEY,
    "error_name": TEXT,
    "error_category": TEXT,
    "count": LONG,
    "first_error": TIME,
    "last_error": TIME,
    "error_id": LONG,
    "error_title": TEXT,
    "error_description": TEXT,
    "error_is_builtin": FLAG,
    "error_should_be_retried": FLAG,
    "error_job_type_name": TEXT,
    "error_created": TIME,
    "error_last_modified": TIME,
    **REST,
}
JOBS_FIRST = {
    "id": LONG,
    "job_type_id": WHOLE,
    "job_type": TEXT,
    "job_type_version": TEXT,
    "revision_num": WHOLE,
    "status": TEXT,
    "error_id": WHOLE,
    "error_name": TEXT,
    "error_category": TEXT,
    "node": TEXT,
    "exit_code": WHOLE,
    "num_exes": WHOLE,
    "max_tries": WHOLE,
    "input_file_size": "float64",
    "is_superseded": FLAG,
    "created": TIME,
    "queued": TIME,
    "started": TIME,
    "ended": TIME,
    "last_status_change": TIME,
    "last_modified": TIME,
}
"""The columns that the design fixes; the other v6 scalars follow them."""

CALLS = {
    "job_type_names": NAMES,
    "job_types": TYPES,
    "status": {**KEY, "status": TEXT, "category": TEXT, "count": LONG, "most_recent": TIME, **REST},
    "pending": {**KEY, "count": LONG, "longest_pending": TIME, **REST},
    "running": {**KEY, "count": LONG, "longest_running": TIME, **REST},
    "system_failures": FAILURES,
    "queue_status": {**KEY, "count": LONG, "longest_queued": TIME, "highest_priority": WHOLE, **REST},
    "errors": ERRORS,
}


def columns_of(frame: Any) -> dict[str, str]:
    return {name: str(kind) for name, kind in frame.dtypes.items()}


@pytest.fixture(scope="module")
def whole(any_backend) -> Callable[[str], pd.DataFrame]:
    """Give the answer of a call without arguments, asked once."""
    return cache(lambda call: getattr(any_backend, call)())


@pytest.mark.parametrize("call", CALLS)
def test_a_full_frame_has_the_declared_columns_and_dtypes(whole, call):
    frame = whole(call)
    assert len(frame)
    assert columns_of(frame) == CALLS[call]
    assert list(frame.columns) == list(CALLS[call])


@pytest.mark.parametrize("call", CALLS)
def test_an_empty_frame_has_the_columns_and_dtypes_of_a_full_one(empty_backend, call):
    frame = getattr(empty_backend, call)()
    assert len(frame) == 0
    assert list(frame.columns) == list(CALLS[call])
    assert columns_of(frame) == CALLS[call]
    assert frame.attrs["count"] == 0


def test_jobs_of_any_backend_begin_with_the_flat_columns(whole):
    found = columns_of(whole("jobs"))
    assert {name: found[name] for name in list(found)[: len(JOBS_FIRST)]} == JOBS_FIRST


def test_jobs_begin_with_the_flat_columns_full_and_empty(full, empty_backend):
    empty = columns_of(empty_backend.jobs())
    assert list(empty)[: len(JOBS_FIRST)] == list(JOBS_FIRST)
    for name in OF_THE_SMALL_HISTORY:
        assert list(columns_of(full(name).jobs()).items()) == list(empty.items()), name


def test_versions_have_the_columns_of_the_list_also_where_a_filter_leaves_nothing(backend):
    assert columns_of(backend.versions("chip-maker")) == TYPES
    nothing = backend.versions("tide-model", is_active=False)
    assert len(nothing) == 0
    assert columns_of(nothing) == TYPES


def test_revisions_have_their_columns_also_where_there_are_none(backend):
    assert columns_of(backend.revisions("chip-maker", "1.10.0")) == REVISIONS
    nothing = backend.revisions("tide-model", "2.0.0")
    assert len(nothing) == 0
    assert columns_of(nothing) == REVISIONS


def test_a_filter_that_matches_nothing_keeps_columns_and_dtypes(any_backend, whole):
    for call, arguments in {
        "job_type_names": {"keyword": "no such thing"},
        "job_types": {"id": 987_654},
        "errors": {"name": "no such error"},
    }.items():
        frame = getattr(any_backend, call)(**arguments)
        assert len(frame) == 0
        assert columns_of(frame) == CALLS[call]
    assert columns_of(any_backend.jobs(job_id=987_654)) == columns_of(whole("jobs"))


def test_rows_that_a_filter_leaves_are_numbered_from_zero(backend):
    assert list(backend.versions("chip-maker", is_active=True).index) == [0, 1]


def test_rows_are_numbered_from_zero(whole):
    for call in (*CALLS, "jobs"):
        frame = whole(call)
        assert list(frame.index) == list(range(len(frame)))


@pytest.mark.parametrize("call", [*CALLS, "jobs"])
def test_attrs_tell_where_a_frame_comes_from(whole, call):
    known = whole(call).attrs
    assert known["zone"] == "UTC"
    assert known["count"] == len(whole(call))
    assert known["source"]
