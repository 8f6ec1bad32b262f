"""`analyses.compare_versions` and `compare_revisions`: figures by hand and by numpy, and what is not enough."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from exam.pairs import pair
from histories import NOW

import jobtype_toolkit as jt
from jobtype_toolkit.analyses.comparisons import told

pytestmark = pytest.mark.slow

MEASURES = ["failure_rate", *(f"{one}_p{p}" for one in ("run_time", "queue_wait") for p in (50, 90, 99))]


def jobs(
    version: str, days: int, each: int, seconds: float, failed: int = 0, **more: object
) -> list[dict[str, object]]:
    draw = np.random.default_rng(len(version) + days)
    made = []
    for back in range(1, days + 1):
        for place in range(each):
            started = NOW - timedelta(days=back) + timedelta(minutes=place)
            size = float(np.exp(draw.normal(3, 1)))
            took = timedelta(seconds=seconds * (1 + size / 10) * float(np.exp(draw.normal(0, 0.2))))
            status = {"status": "FAILED", "error_name": "e", "error_category": "DATA"} if place < failed else {}
            times = {"queued": started - timedelta(seconds=30 + place), "started": started, "ended": started + took}
            times |= {"last_status_change": started + took, "last_modified": started + took}
            made.append({"job_type_version": version, "input_file_size": size, **times, **status, **more})
    return made


def numbered(*parts: list[dict[str, object]]) -> list[dict[str, object]]:
    return [{**one, "id": place} for place, one in enumerate((one for part in parts for one in part), 1)]


def asked(store: jt.Store, **given: object) -> pd.DataFrame:
    return store.analyses.compare_versions("fit", "1.0", "2.0", now=NOW, **given).set_index("measure")


def test_measures_come_in_their_order_with_what_was_measured(history):
    rows = numbered(jobs("1.0", 10, 20, 60, failed=2), jobs("2.0", 9, 20, 60, failed=8))
    found = asked(history(rows))
    assert list(found.index) == MEASURES
    assert (found["n_before"].iloc[0], found["n_after"].iloc[0]) == (200, 180)
    assert found.loc["failure_rate", ["before", "after", "effect"]].tolist() == pytest.approx([0.1, 0.4, 0.3])
    took = [
        (one["ended"] - one["started"]).total_seconds()
        for one in rows
        if one["job_type_version"] == "1.0" and "status" not in one
    ]
    assert found.loc["run_time_p90", "before"] == pytest.approx(np.quantile(took, 0.9), rel=1e-5)
    assert found.loc["run_time_p90", "n_before"] == 180


def test_a_version_that_fails_more_and_runs_longer_is_worse_and_the_other_way_round_better(history):
    store = history(numbered(jobs("1.0", 10, 20, 60, failed=2), jobs("2.0", 9, 20, 90, failed=8)))
    found = asked(store)
    assert found.loc[["failure_rate", "run_time_p50"], "verdict"].tolist() == ["worse", "worse"]
    assert found.loc["run_time_p50", "low"] < 1.5 < found.loc["run_time_p50", "high"]
    back = store.analyses.compare_versions("fit", "2.0", "1.0", now=NOW).set_index("measure")
    assert back.loc[["failure_rate", "run_time_p50"], "verdict"].tolist() == ["better", "better"]
    assert back.loc["failure_rate", "low"] == pytest.approx(-found.loc["failure_rate", "high"])


def test_longer_runs_of_larger_inputs_are_no_difference():
    """Twice the size and nearly twice the time: the version is the same."""
    frame = pair(4)
    grown = frame.assign(run_time=frame["run_time"].where(frame["side"] == "1.0.0", 40 + 0 * frame["run_time"]))
    draw = np.random.default_rng(2)
    size = np.exp(draw.normal(3, 0.5, len(frame)) + (frame["side"] == "2.0.0"))
    grown = frame.assign(input_file_size=size, run_time=3 * size * np.exp(draw.normal(0, 0.2, len(frame))))
    row = next(one for one in told(grown, "1.0.0", "2.0.0") if one["measure"] == "run_time_p50")
    assert row["after"] / row["before"] > 2
    assert row["verdict"] == "no difference shown"
    assert row["effect"] == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize(("days", "each"), [(2, 40), (3, 6)])
def test_two_days_or_nineteen_jobs_are_not_enough(history, days, each):
    found = asked(history(numbered(jobs("1.0", 10, 20, 60), jobs("2.0", days, each, 60))))
    assert (found["verdict"] == "not enough data").all()
    assert found["effect"].isna().all()
    assert found["n_after"].iloc[0] == days * each


def test_a_version_that_nobody_ran_and_an_empty_store_are_not_enough(history, nothing):
    queued = {"job_type_version": "2.0", "status": "QUEUED", "last_status_change": NOW}
    found = asked(history(numbered(jobs("1.0", 4, 20, 60), [queued])))
    assert found["n_after"].tolist() == [0] * 7
    assert (found["verdict"] == "not enough data").all()
    none = nothing.analyses.compare_versions("fit", "1.0", "2.0")
    assert len(none) == 7
    pd.testing.assert_series_equal(none.dtypes, found.reset_index().dtypes)


@pytest.mark.parametrize("failed", [0, 20])
def test_all_or_none_failed_on_both_sides_is_no_difference_of_rates(history, failed):
    found = asked(history(numbered(jobs("1.0", 5, 20, 60, failed), jobs("2.0", 5, 20, 60, failed))))
    assert found.loc["failure_rate", "verdict"] == "no difference shown"
    assert found.loc["failure_rate", "effect"] == 0


def test_runs_whose_clock_ran_backwards_and_sizes_that_are_unknown_do_no_harm(history):
    rows = numbered(jobs("1.0", 5, 20, 60), jobs("2.0", 5, 20, 60))
    for one in rows[::7]:
        one["input_file_size"] = None
    rows[3]["ended"] = rows[3]["started"] - timedelta(hours=1)
    found = asked(history(rows))
    assert found.loc["run_time_p50", "n_before"] == 99
    assert found.loc["run_time_p50", "verdict"] == "no difference shown"


def test_revisions_are_compared_the_same_way(history):
    rows = numbered(jobs("1.0", 6, 20, 60, revision_num=1), jobs("1.0", 5, 20, 60, 9, revision_num=2))
    found = history(rows).analyses.compare_revisions("fit", "1.0", 1, 2, now=NOW).set_index("measure")
    assert (found.loc["failure_rate", "n_before"], found.loc["failure_rate", "n_after"]) == (120, 100)
    assert found.loc["failure_rate", "verdict"] == "worse"
    pd.testing.assert_frame_equal(
        found, history(rows).analyses.compare_revisions("fit", "1.0", 1, 2, now=NOW).set_index("measure")
    )


def test_a_name_that_is_not_there_is_an_error(history):
    with pytest.raises(jt.InvalidParameter, match="fitt"):
        history(numbered(jobs("1.0", 2, 2, 60))).analyses.compare_versions("fitt", "1.0", "2.0")
