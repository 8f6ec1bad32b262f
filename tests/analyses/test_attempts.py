"""`analyses.attempts`: how many executions finished jobs took, by hand and in the sample."""

from __future__ import annotations

import pandas as pd
import pytest
from histories import ago

import jobtype_toolkit as jt

pytestmark = pytest.mark.slow

COUNTS = ["jobs", "clean", "rescued", "failed", "unknown", "attempts", "known"]


def over(status: str, num_exes: int | None, minutes: float = 1, **more: object) -> dict[str, object]:
    return {"status": status, "num_exes": num_exes, "last_status_change": ago(minutes), **more}


def executed(id: int, job_id: int, exe_num: int, status: str, hours: float) -> dict[str, object]:
    began = ago(60 * 24)
    return {
        "id": id,
        "job_id": job_id,
        "exe_num": exe_num,
        "status": status,
        "started": began,
        "ended": ago(60 * (24 - hours)),
    }


@pytest.fixture(scope="module")
def small(history) -> jt.Store:
    """One of each kind; of the rescued and the failed one all executions are loaded, of the third rescued one not all."""
    store = history(
        [
            over("COMPLETED", 1),
            over("COMPLETED", 2),
            over("FAILED", 2),
            over("COMPLETED", None),
            over("COMPLETED", 3, node="b"),
            over("CANCELED", 1),
            over("FAILED", None, minutes=600, job_type="map"),
        ]
    )
    executions = [executed(1, 2, 1, "FAILED", 2), executed(2, 2, 2, "COMPLETED", 1), executed(3, 3, 1, "FAILED", 3)]
    executions += [executed(4, 3, 2, "FAILED", -1), executed(5, 5, 1, "FAILED", 9)]
    return history(executions, "job_executions", into=store)


def test_jobs_are_clean_rescued_failed_or_unknown(small):
    found = small.analyses.attempts()
    assert found[["name", *COUNTS]].to_numpy().tolist() == [
        ["fit", 5, 1, 2, 1, 1, 8, 2],
        ["map", 1, 0, 0, 1, 0, 0, 0],
    ]
    assert found["flaky"].tolist() == [2 / 5, 0]


def test_hours_are_those_of_jobs_whose_executions_are_all_loaded(small):
    found = small.analyses.attempts()
    assert found[["run_hours", "wasted_hours"]].to_numpy().tolist() == [[6, 5], [0, 0]]
    assert any("2 of 6 jobs" in note for note in found.attrs["notes"])
    assert any(note.startswith("1 execution has no hours") for note in found.attrs["notes"])


def test_windows_and_filters(small):
    assert small.analyses.attempts(started="PT1H")["name"].tolist() == ["fit"]
    assert small.analyses.attempts(now=ago(60))["name"].tolist() == ["map"]
    assert small.analyses.attempts(node="b")[COUNTS].to_numpy().tolist() == [[1, 0, 1, 0, 0, 3, 0]]


def test_columns_and_dtypes_are_the_same_without_a_row(small, nothing):
    pd.testing.assert_series_equal(small.analyses.attempts().dtypes, nothing.analyses.attempts().dtypes)


@pytest.mark.parametrize("by", ["name", ["version", "name"], "node", "revision_num"])
def test_the_parts_add_up_and_the_sample_is_recounted_in_pandas(sample, sample_jobs, by):
    found = sample.analyses.attempts(by=by)
    assert (found["clean"] + found["rescued"] + found["failed"] + found["unknown"] == found["jobs"]).all()
    over = sample_jobs[sample_jobs["status"].isin(["COMPLETED", "FAILED"])]
    done = over[over["status"] == "COMPLETED"]["num_exes"]
    assert found[COUNTS[:6]].sum().tolist() == [
        len(over),
        int((done == 1).sum()),
        int((done > 1).sum()),
        int((over["status"] == "FAILED").sum()),
        0,
        int(over["num_exes"].sum()),
    ]
