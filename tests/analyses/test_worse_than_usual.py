"""`analyses.worse_than_usual`: hand-made histories with an answer that a person can tell."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from exam.worlds import World
from histories import NOW

import jobtype_toolkit as jt
from jobtype_toolkit.analyses.baselines import HISTORY, judged

pytestmark = pytest.mark.slow

ERRORS = {"usual": "bad-input", "new": "no-disk"}


def day(back: int, finished: int, failed: int, **more: object) -> list[dict[str, object]]:
    """Return the jobs of the day that begins `back` days before NOW less one: 1 is the last day."""
    error = more.pop("error_name", ERRORS["usual"])
    made = []
    for place in range(finished):
        at = NOW - timedelta(days=back) + timedelta(seconds=60 * place + 1)
        status = {"status": "FAILED", "error_name": error, "error_category": "DATA"} if place < failed else {}
        made.append({"last_status_change": at, "last_modified": at, "node": f"n{place % 4}", **status, **more})
    return made


def numbered(*parts: list[dict[str, object]]) -> list[dict[str, object]]:
    return [{**one, "id": place} for place, one in enumerate((one for part in parts for one in part), 1)]


def usual_days(finished: int, failed: int, **more: object) -> list[dict[str, object]]:
    return [one for back in range(2, 40) for one in day(back, finished, failed + back % 2, **more)]


def asked(store: jt.Store, **given: object) -> pd.DataFrame:
    return store.analyses.worse_than_usual(now=NOW, **given)


def row(store: jt.Store, **given: object) -> dict[str, object]:
    frame = asked(store, **given)
    assert len(frame) == 1
    return frame.iloc[0].to_dict()


def test_a_type_that_fails_five_times_as_often_is_worse_with_its_error(history):
    found = row(history(numbered(usual_days(50, 2), day(1, 50, 12, error_name=ERRORS["new"]))))
    assert found["verdict"] == "worse"
    assert (found["finished"], found["failed"], found["rate"]) == (50, 12, 0.24)
    assert found["usual_rate"] == pytest.approx(0.05, abs=0.01)
    assert found["usual_low"] < 0.05 < found["usual_high"] < 0.24
    assert found["q_value"] < 0.01
    assert found["error_name"] == ERRORS["new"]
    assert pd.isna(found["version"])
    assert pd.isna(found["node"])


def test_a_usual_day_is_as_usual_and_a_spotless_one_after_chronic_failures_is_better(history):
    assert row(history(numbered(usual_days(50, 2), day(1, 50, 3))))["verdict"] == "as usual"
    found = row(history(numbered(usual_days(50, 20), day(1, 50, 1))))
    assert found["verdict"] == "better"
    assert pd.isna(found["error_name"])


def test_yesterday_of_the_same_incident_does_not_hide_today(history):
    before = [one for back in range(3, 40) for one in day(back, 50, 2 + back % 2)]
    assert row(history(numbered(before, day(2, 50, 14), day(1, 50, 12))))["verdict"] == "worse"


def test_an_incident_of_last_month_is_not_usual(history):
    """Five days of it, and today is as bad as they were."""
    before = [one for back in range(2, 60) for one in day(back, 40, 12 if 30 <= back < 35 else 1 + back % 2)]
    found = row(history(numbered(before, day(1, 40, 12))))
    assert found["verdict"] == "worse"
    assert found["usual_rate"] < 0.05


@pytest.mark.parametrize(("before", "verdict"), [(6, "not enough data"), (7, "as usual")])
def test_seven_days_and_thirty_jobs_are_a_history(history, before, verdict):
    rows = [one for back in range(2, 2 + before) for one in day(back, 5, 0)]
    found = row(history(numbered(rows, day(1, 5, 0))))
    assert found["verdict"] == verdict
    assert pd.isna(found["usual_rate"]) == (verdict == "not enough data")


def test_one_job_is_not_enough_and_no_job_in_the_window_is_no_row(history):
    assert row(history(day(1, 1, 1)))["verdict"] == "not enough data"
    assert asked(history(numbered(usual_days(5, 0)))).empty


@pytest.mark.parametrize("failed", [0, 20])
def test_a_type_that_always_or_never_fails_is_as_usual(history, failed):
    rows = [one for back in range(1, 30) for one in day(back, 20, failed)]
    assert row(history(numbered(rows)))["verdict"] == "as usual"


def test_a_rise_in_a_small_version_is_named_where_the_whole_hardly_moves(history):
    busy, small = {"job_type_version": "1.0"}, {"job_type_version": "2.0"}
    before = [
        one for back in range(2, 30) for one in (*day(back, 80, 8 + 3 * (back % 3), **busy), *day(back, 20, 0, **small))
    ]
    found = row(history(numbered(before, day(1, 80, 9, **busy), day(1, 20, 9, **small))))
    assert (found["verdict"], found["version"]) == ("worse", "2.0")
    assert pd.isna(found["node"])


def test_a_rise_on_one_node_is_named(history):
    before = [
        one
        for back in range(2, 30)
        for one in (*day(back, 60, 2 + 4 * (back % 2), node="a"), *day(back, 20, back % 2, node="b"))
    ]
    found = row(history(numbered(before, day(1, 60, 3, node="a"), day(1, 20, 10, node="b"))))
    assert (found["verdict"], found["node"]) == ("worse", "b")


def test_name_cuts_after_judging_and_a_row_is_the_same_with_and_without(history):
    store = history(
        numbered(usual_days(30, 1), day(1, 30, 9), usual_days(30, 1, job_type="map"), day(1, 30, 8, job_type="map"))
    )
    both = asked(store)
    assert set(both["name"]) == {"fit", "map"}
    alone = asked(store, name="map")
    pd.testing.assert_frame_equal(alone, both[both["name"] == "map"].reset_index(drop=True))


def test_ties_go_by_name_and_the_same_call_gives_the_same_frame(history):
    parts = [
        part for name in ("c", "a", "b") for part in (usual_days(20, 1, job_type=name), day(1, 20, 9, job_type=name))
    ]
    store = history(numbered(*parts))
    assert list(asked(store)["name"]) == ["a", "b", "c"]
    pd.testing.assert_frame_equal(asked(store), asked(store))


def test_later_rows_do_not_change_the_answer_of_an_earlier_day(history):
    rows = numbered(usual_days(30, 1), day(1, 30, 9))
    early = asked(history(rows))
    later = [{**one, "id": 10_000 + place} for place, one in enumerate(day(-1, 30, 30))]
    pd.testing.assert_frame_equal(asked(history(rows + later)), early)


def test_the_window_starts_at_its_start_and_ends_before_now(history):
    at = [NOW - timedelta(days=1), NOW - timedelta(days=1, microseconds=1), NOW]
    store = history([{"last_status_change": one, "last_modified": one} for one in at])
    assert row(store)["finished"] == 1
    assert row(store, started=None)["finished"] == 1


def test_categories_and_versions_are_left_out_before_judging(history):
    store = history(numbered(usual_days(30, 1), day(1, 30, 9), day(1, 30, 30, job_type_version="2.0")))
    assert row(store, version="1.0")["failed"] == 9
    assert row(store, category="SYSTEM")["failed"] == 0


def test_the_sql_counts_what_the_jobs_are(history):
    """Against the counts of a simulated world, cell by cell."""
    world = World(3, types=4, days=20)
    world.volume[:] = np.minimum(world.volume, 12)
    world.incidents.clear()
    world._run()
    rows = [
        {
            "job_type": f"type-{type_:02}",
            "job_type_version": f"version-{version}",
            "node": f"node-{node}",
            "last_status_change": NOW + timedelta(days=int(date) - 20, seconds=1),
            "last_modified": NOW,
            **(
                {"status": "FAILED", "error_name": f"error_name-{error}", "error_category": "DATA"} if error < 4 else {}
            ),
        }
        for type_, date, version, node in zip(*np.nonzero(world.finished), strict=True)
        for error, count in enumerate(
            [
                *world.failed[type_, date, version, node],
                world.finished[type_, date, version, node] - world.failed[type_, date, version, node].sum(),
            ]
        )
        for _ in range(count)
    ]
    found = asked(history(rows))
    expected = pd.DataFrame(list(judged(world.counts(0, 20, 19))))[list(found.columns)]
    pd.testing.assert_frame_equal(found, expected.astype(found.dtypes.to_dict()))


def test_an_empty_store_has_the_columns_and_dtypes_of_a_full_one(history):
    full, none = asked(history(numbered(usual_days(5, 0), day(1, 5, 0)))), jt.open().analyses.worse_than_usual()
    pd.testing.assert_series_equal(full.dtypes, none.dtypes)
    assert none.empty


def test_ten_thousand_types_with_one_job_each_are_all_without_a_history():
    counts = pd.DataFrame(
        {"source": "s", "name": [f"t{one}" for one in range(10_000)], "part": "version", "version": "1", "node": None}
    )
    counts = counts.assign(error_name=None, day=0, finished=1, failed=np.arange(10_000) % 2)
    rows = list(judged(counts))
    assert len(rows) == 10_000
    assert {one["verdict"] for one in rows} == {"not enough data"}
    assert HISTORY == 91
