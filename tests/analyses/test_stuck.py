"""`analyses.stuck`: RUNNING jobs beyond a timeout, or beyond what their type takes where no timeout is known."""

from __future__ import annotations

import pandas as pd
import pytest
from histories import NOW, ago, job_type, manifest, wire

import jobtype_toolkit as jt

pytestmark = pytest.mark.slow


def running(minutes: float, **more: object) -> dict[str, object]:
    return {"status": "RUNNING", "started": ago(minutes), "last_status_change": ago(minutes), **more}


def usual(n: int, seconds: int = 60) -> list[dict[str, object]]:
    return [{"started": ago(60 + seconds / 60), "ended": ago(60), "last_status_change": ago(60)} for _ in range(n)]


@pytest.fixture
def with_timeout(write):
    """Load a type `fit` 1.0 whose manifest has a timeout, in seconds."""

    def into(store: jt.Store, timeout: int | None) -> jt.Store:
        record = job_type(1, "fit", "1.0", manifest=manifest("fit", "1.0"))
        if timeout is None:
            del record["manifest"]["job"]["timeout"]
        else:
            record["manifest"]["job"]["timeout"] = timeout
        store.load(write("types.json", [wire(record)]), "job_types")
        return store

    return into


def told(store: jt.Store, **more: object) -> list[tuple[object, ...]]:
    columns = ["id", "reason", "running_for", "allowed"]
    return list(store.analyses.stuck(**{"now": NOW, **more})[columns].itertuples(index=False, name=None))


def test_a_job_beyond_the_timeout_of_its_type_is_stuck(store, history, with_timeout):
    history([running(10), running(20), running(9.9)], into=with_timeout(store, 600))
    assert told(store) == [(2, "timeout", 1200, 600)]


def test_the_timeout_of_the_execution_comes_first(store, history, with_timeout):
    history([running(20, num_exes=2), running(20, num_exes=1)], into=with_timeout(store, 600))
    history(
        [
            {"id": 11, "job_id": 1, "exe_num": 1, "timeout": 60, "status": "FAILED"},
            {"id": 12, "job_id": 1, "exe_num": 2, "timeout": 7200, "status": "RUNNING"},
        ],
        "job_executions",
        into=store,
    )
    assert told(store) == [(2, "timeout", 1200, 600)]


@pytest.mark.parametrize("timeout", [None, 0])
def test_without_a_timeout_it_is_twice_what_99_of_100_take(store, history, with_timeout, timeout):
    history([*usual(20), running(1.9), running(2.1)], into=with_timeout(store, timeout))
    assert told(store) == [(22, "usual", 126, 120)]


def test_of_a_type_that_hardly_ran_nothing_is_said(history):
    assert told(history([*usual(19), running(9999)])) == []


def test_the_furthest_beyond_comes_first_and_ties_go_by_name(history):
    rows = [
        *usual(20),
        *[one | {"job_type": "map"} for one in usual(20)],
        running(5, job_type="map"),
        running(5),
        running(9),
    ]
    found = history(rows).analyses.stuck(now=NOW)
    assert found[["name", "running_for"]].to_numpy().tolist() == [["fit", 540], ["fit", 300], ["map", 300]]


def test_only_what_ran_before_now_counts(history):
    store = history([*usual(20), running(5), running(500)])
    assert [row[0] for row in told(store, now=ago(6))] == [22]
    assert told(store, now=ago(60)) == []


def test_filters_are_by_type_and_node(history):
    store = history([*usual(20), running(500, node="a"), running(500, node="b")])
    assert [row[0] for row in told(store, node="b")] == [22]
    assert told(store, version="2.0") == []


def test_the_sample_is_recounted_in_pandas(sample, sample_jobs):
    types = sample.sql("SELECT name, version, CAST(manifest ->> '$.job.timeout' AS INTEGER) AS timeout FROM job_type")
    rows = sample_jobs[sample_jobs["status"] == "RUNNING"].merge(
        types, left_on=["job_type", "job_type_version"], right_on=["name", "version"]
    )
    now = sample_jobs["last_status_change"].max()
    rows = rows[(now - rows["started"]).dt.total_seconds() > rows["timeout"].where(rows["timeout"] > 0)]
    assert set(rows["id"]) == set(sample.analyses.stuck(now=now).query("reason == 'timeout'")["id"])
    assert len(rows)


def test_columns_and_dtypes_are_the_same_without_a_row(sample, nothing):
    pd.testing.assert_series_equal(sample.analyses.stuck().dtypes, nothing.analyses.stuck().dtypes)
