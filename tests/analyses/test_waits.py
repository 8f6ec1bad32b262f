"""`analyses.waits`: from the queue to the start, by hand and of the sample in numpy."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from histories import ago


def waited(minutes: float, status: str = "COMPLETED", *, start: float = 5, **more: object) -> dict[str, object]:
    return {
        "status": status,
        "queued": ago(start + minutes),
        "started": ago(start),
        "last_status_change": ago(start - 1),
        **more,
    }


def test_waits_are_those_of_all_jobs_that_started(history):
    rows = [waited(1), waited(2, "FAILED"), waited(3, "RUNNING"), waited(6, "CANCELED")]
    rows += [{"status": "QUEUED", "queued": ago(99), "last_status_change": ago(99)}]
    found = history(rows).analyses.waits(by="name")
    assert found[["name", "n", "p50"]].to_numpy().tolist() == [["fit", 4, 150]]


def test_clocks_that_ran_backwards_are_left_out_and_told(history):
    found = history([waited(1), waited(-1)]).analyses.waits()
    assert found["n"].tolist() == [1]
    assert any("1 job is left out" in note for note in found.attrs["notes"])


def test_the_sample_is_recounted_in_numpy(sample, sample_jobs):
    rows = sample_jobs[sample_jobs["status"].isin(["COMPLETED", "FAILED", "CANCELED", "RUNNING"])]
    took = (rows["started"] - rows["queued"]).dt.total_seconds().dropna()
    found = sample.analyses.waits(by="name").set_index("name")
    for name, seconds in took[took >= 0].groupby(rows["job_type"]):
        row = found.loc[name]
        assert row["n"] == len(seconds)
        assert row[["p50", "p90", "p99"]].tolist() == pytest.approx(np.quantile(seconds, [0.5, 0.9, 0.99]).tolist())


def test_columns_and_dtypes_are_the_same_without_a_row(sample, nothing):
    pd.testing.assert_series_equal(sample.analyses.waits().dtypes, nothing.analyses.waits().dtypes)
