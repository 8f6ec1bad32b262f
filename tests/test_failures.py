"""`analyses.failures`: failures of all categories over a window, counted by hand from `histories.JOBS`."""

from __future__ import annotations

import asking
import pandas as pd
import pytest
from histories import JOBS, ago

import jobtype_toolkit as jt


@pytest.fixture(scope="module")
def filled(tmp_path_factory) -> jt.Store:
    return asking.filled(tmp_path_factory.mktemp("failures"), source="local")


def told(frame: pd.DataFrame) -> dict[tuple[int, int | None], tuple[int, int]]:
    return {
        (int(row["job_type_id"]), None if pd.isna(row["error_id"]) else int(row["error_id"])): (
            int(row["count"]),
            int(row["last_job_id"]),
        )
        for row in frame.to_dict("records")
    }


def test_failures_are_by_type_and_error_of_every_category_each_with_its_newest_job(filled):
    assert told(filled.analyses.failures()) == {
        (2, 3): (1, 105),
        (2, 1): (1, 106),
        (2, 2): (1, 107),
        (2, 5): (1, 108),
        (2, None): (1, 109),
        (3, 1): (2, 121),
        (4, 2): (1, 124),
        (5, 4): (2, 127),
    }


def test_failures_are_the_most_frequent_first_then_the_newest(filled):
    found = filled.analyses.failures()
    assert list(found["count"]) == [2, 2, 1, 1, 1, 1, 1, 1]
    assert list(found["job_type_id"])[:2] == [5, 3]
    assert list(found["last_error"])[2:] == sorted(found["last_error"][2:], reverse=True)


def test_share_is_of_the_jobs_of_the_type_that_were_over_in_the_window(filled):
    """Of chip-maker 1.10.0 two failed and one completed; of Tide-Gauge two failed and one completed."""
    found = filled.analyses.failures().set_index("job_type_id")
    assert found.loc[3, "share"] == pytest.approx(2 / 3)
    assert found.loc[5, "share"] == pytest.approx(2 / 3)
    assert found.loc[4, "share"] == pytest.approx(1 / 2)
    assert found.loc[2, "share"].iloc[0] == pytest.approx(1 / 9)


def test_a_window_has_both_ends_inclusive(filled):
    assert set(told(filled.analyses.failures(started=ago(50), ended=ago(40)))) == {(2, 1), (2, 2)}
    assert set(told(filled.analyses.failures(started=ago(50), ended=ago(40, 1)))) == {(2, 2)}
    assert set(told(filled.analyses.failures(started="PT36M", ended="PT35M"))) == {(5, 4)}


def test_one_category_or_several(filled):
    assert set(told(filled.analyses.failures(category="DATA"))) == {(2, 3)}
    assert set(told(filled.analyses.failures(category=["DATA", "ALGORITHM"]))) == {(2, 3), (2, 5), (5, 4)}


def test_each_row_leads_to_its_jobs(filled):
    for row in filled.analyses.failures().dropna(subset="error_id").to_dict("records"):
        found = filled.jobs(status="FAILED", job_type_id=row["job_type_id"], error_id=int(row["error_id"]))
        assert len(found) == row["count"]
        assert row["last_job_id"] in set(found["id"])
        assert found["last_status_change"].max() == row["last_error"]
        assert found["last_status_change"].min() == row["first_error"]


def test_a_reversed_window_an_unknown_category_and_a_naive_time_are_errors(filled):
    for wrong in ({"started": ago(1), "ended": ago(2)}, {"category": "NOISE"}, {"started": "2026-01-01"}):
        with pytest.raises(jt.InvalidParameter):
            filled.analyses.failures(**wrong)


def test_no_failures_keep_columns_and_dtypes(filled):
    full, none = filled.analyses.failures(), filled.analyses.failures(started=ago(1))
    assert len(none) == 0
    pd.testing.assert_series_equal(full.dtypes, none.dtypes)
    pd.testing.assert_series_equal(full.dtypes, jt.open().analyses.failures().dtypes)
    assert int(full["count"].sum()) == sum(one["status"] == "FAILED" for one in JOBS)


@pytest.mark.parametrize(
    ("question", "given", "told"),
    [
        (
            "failures",
            {"error_name": "no-convergense"},
            "error_name='no-convergense' is unknown .* Did you mean 'no-convergence'",
        ),
        ("failures", {"error_name": ["timeout", "tmeout"], "started": "PT1S"}, "'tmeout' is unknown"),
        ("bad_nodes", {"node": "nobody"}, "node='nobody' is unknown in the source 'local'"),
        ("failure_trend", {"name": "chip-make"}, "Did you mean 'chip-maker'"),
    ],
)
def test_a_typo_in_a_filter_is_refused_with_the_nearest_instead_of_no_failures(filled, question, given, told):
    with pytest.raises(jt.InvalidParameter, match=told):
        getattr(filled.analyses, question)(**given)


def test_a_name_that_is_known_and_has_no_failures_gives_none(filled):
    assert filled.analyses.failures(error_name="timeout", started="PT1S").empty
