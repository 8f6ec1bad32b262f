"""`analyses.durations`: run times by hand, and of the sample in numpy; how often the interval of the median holds."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from histories import NOW, ago
from sizes import sizes

pytestmark = pytest.mark.slow


def ran(minutes: float, *, end: float = 1, **more: object) -> dict[str, object]:
    """Return a job that ended `end` minutes ago and ran some minutes."""
    return {"started": ago(end + minutes), "ended": ago(end), "last_status_change": ago(end), **more}


def test_run_times_are_those_of_completed_jobs_in_seconds(history):
    store = history(
        [
            ran(1),
            ran(3),
            ran(2, end=90),
            ran(9, status="FAILED"),
            ran(7, status="CANCELED"),
            ran(5, job_type_version="2.0"),
        ]
    )
    found = store.analyses.durations()
    assert found[["name", "version", "n", "p50"]].to_numpy().tolist() == [
        ["fit", "1.0", 3, 120],
        ["fit", "2.0", 1, 300],
    ]
    assert store.analyses.durations(started="PT1H")["n"].tolist() == [2, 1]
    one = found.iloc[1]
    assert one["low"] == one["high"] == one["p99"] == 300


def test_seconds_per_mib_are_those_of_jobs_with_an_input(history):
    store = history([ran(1, input_file_size=10.0), ran(2, input_file_size=10.0), ran(3, input_file_size=0.0), ran(4)])
    (row,) = store.analyses.durations(by="name").to_dict("records")
    assert row["per_mib_p50"] == pytest.approx(9)


def test_clocks_that_ran_backwards_are_left_out_and_told(history):
    store = history([ran(1), ran(-1), ran(-2, job_type="map")])
    found = store.analyses.durations()
    assert found[["name", "n"]].to_numpy().tolist() == [["fit", 1]]
    assert any("2 jobs are left out" in note for note in found.attrs["notes"])


def test_jobs_without_times_are_no_run_times(history, nothing):
    found = history([{"last_status_change": ago(1)}]).analyses.durations()
    assert len(found) == 0
    pd.testing.assert_series_equal(found.dtypes, nothing.analyses.durations().dtypes)


def test_later_rows_change_nothing(history):
    rows = [ran(one, end=one) for one in range(1, 40)]
    early = history(rows[20:]).analyses.durations(now=ago(20, 1))
    pd.testing.assert_frame_equal(history(rows).analyses.durations(now=ago(20, 1)), early)


@pytest.mark.parametrize("by", [["name", "version"], ["node"]])
def test_the_sample_is_recounted_in_numpy(sample, sample_jobs, by):
    rows = sample_jobs[sample_jobs["status"] == "COMPLETED"]
    keys = [{"name": "job_type", "version": "job_type_version"}.get(one, one) for one in by]
    took = (rows["ended"] - rows["started"]).dt.total_seconds()
    found = sample.analyses.durations(by=by).set_index(by)
    assert list(found.index) == sorted(found.index)
    groups = list(took.groupby([rows[one] for one in keys] if len(keys) > 1 else rows[keys[0]]))
    assert len(groups) == len(found)
    for key, seconds in groups:
        row = found.loc[key]
        assert row["n"] == len(seconds)
        assert row[["p50", "p90", "p99"]].tolist() == pytest.approx(np.quantile(seconds, [0.5, 0.9, 0.99]).tolist())
        assert row["low"] < row["p50"] < row["high"]


@sizes(150, 1500)
def test_95_of_100_intervals_hold_the_median(size, history):
    draw = np.random.default_rng(5)
    rows = [
        ran(float(draw.lognormal(0, 1)), job_type=f"t{group}")
        for group in range(size)
        for _ in range(int(draw.integers(20, 60)))
    ]
    found = history(rows).analyses.durations(by="name", now=NOW)
    share = ((found["low"] <= 60) & (found["high"] >= 60)).mean()
    assert abs(share - 0.95) <= 0.015 + 2 * (0.05 * 0.95 / size) ** 0.5, share
