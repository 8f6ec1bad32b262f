"""`analyses.worse_than_usual`: hand-made histories with an answer that a person can tell."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from exam.worlds import World
from histories import NOW
from sizes import sizes

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


def row(frame: pd.DataFrame, name: str = "fit") -> dict[str, object]:
    (found,) = frame[frame["name"] == name].to_dict("records")
    return found


def short(before: int, finished: int = 5) -> list[dict[str, object]]:
    return [one for back in range(1, 2 + before) for one in day(back, finished, 0)]


BUSY, SMALL = {"job_type_version": "1.0"}, {"job_type_version": "2.0"}
TYPES = {
    "five times as often": [*usual_days(50, 2), *day(1, 50, 12, error_name=ERRORS["new"])],
    "as ever": [*usual_days(50, 2), *day(1, 50, 3)],
    "spotless after chronic failures": [*usual_days(50, 20), *day(1, 50, 1)],
    "since yesterday": [
        *(one for back in range(3, 40) for one in day(back, 50, 2 + back % 2)),
        *day(2, 50, 14),
        *day(1, 50, 12),
    ],
    "as last month": [
        *(one for back in range(2, 60) for one in day(back, 40, 12 if 30 <= back < 35 else 1 + back % 2)),
        *day(1, 40, 12),
    ],
    "six days": short(6),
    "seven days": short(7),
    "one job": day(1, 1, 1),
    "not today": usual_days(5, 0),
    "never fails": [one for back in range(1, 30) for one in day(back, 20, 0)],
    "always fails": [one for back in range(1, 30) for one in day(back, 20, 20)],
    "small version": [
        *(one for back in range(2, 30) for one in day(back, 80, 8 + 3 * (back % 3), **BUSY)),
        *(one for back in range(2, 30) for one in day(back, 20, 0, **SMALL)),
        *day(1, 80, 9, **BUSY),
        *day(1, 20, 9, **SMALL),
    ],
    "one node": [
        *(one for back in range(2, 30) for one in day(back, 60, 2 + 4 * (back % 2), node="a")),
        *(one for back in range(2, 30) for one in day(back, 20, back % 2, node="b")),
        *day(1, 60, 3, node="a"),
        *day(1, 20, 10, node="b"),
    ],
    **{f"tie {one}": [*(one for back in range(2, 12) for one in day(back, 10, 0)), *day(1, 10, 9)] for one in "cab"},
}


@pytest.fixture(scope="module")
def types(history) -> jt.Store:
    """A job type for each of the facts that is seen in one type; all are judged together."""
    return history(numbered(*([{**one, "job_type": name} for one in jobs] for name, jobs in TYPES.items())))


@pytest.fixture(scope="module")
def answer(types) -> pd.DataFrame:
    return asked(types)


def test_a_type_that_fails_five_times_as_often_is_worse_with_its_error(answer):
    found = row(answer, "five times as often")
    assert found["verdict"] == "worse"
    assert (found["finished"], found["failed"], found["rate"]) == (50, 12, 0.24)
    assert found["usual_rate"] == pytest.approx(0.05, abs=0.01)
    assert found["usual_low"] < 0.05 < found["usual_high"] < 0.24
    assert found["q_value"] < 0.01
    assert found["error_name"] == ERRORS["new"]
    assert pd.isna(found["version"])
    assert pd.isna(found["node"])


def test_a_usual_day_is_as_usual_and_a_spotless_one_after_chronic_failures_is_better(answer):
    assert row(answer, "as ever")["verdict"] == "as usual"
    found = row(answer, "spotless after chronic failures")
    assert found["verdict"] == "better"
    assert pd.isna(found["error_name"])


def test_yesterday_of_the_same_incident_does_not_hide_today(answer):
    assert row(answer, "since yesterday")["verdict"] == "worse"


def test_an_incident_of_last_month_is_not_usual(answer):
    """Five days of it, and today is as bad as they were."""
    found = row(answer, "as last month")
    assert found["verdict"] == "worse"
    assert found["usual_rate"] < 0.05


@pytest.mark.parametrize(("before", "verdict"), [("six days", "not enough data"), ("seven days", "as usual")])
def test_seven_days_and_thirty_jobs_are_a_history(answer, before, verdict):
    found = row(answer, before)
    assert found["verdict"] == verdict
    assert pd.isna(found["usual_rate"]) == (verdict == "not enough data")


def test_one_job_is_not_enough_and_no_job_in_the_window_is_no_row(answer):
    assert row(answer, "one job")["verdict"] == "not enough data"
    assert "not today" not in set(answer["name"])


@pytest.mark.parametrize("name", ["never fails", "always fails"])
def test_a_type_that_always_or_never_fails_is_as_usual(answer, name):
    assert row(answer, name)["verdict"] == "as usual"


def test_a_rise_in_a_small_version_is_named_where_the_whole_hardly_moves(answer):
    found = row(answer, "small version")
    assert (found["verdict"], found["version"]) == ("worse", "2.0")
    assert pd.isna(found["node"])


def test_a_rise_on_one_node_is_named(answer):
    found = row(answer, "one node")
    assert (found["verdict"], found["node"]) == ("worse", "b")


def test_name_cuts_after_judging_and_a_row_is_the_same_with_and_without(types, answer):
    assert set(answer["name"]) == set(TYPES) - {"not today"}
    alone = asked(types, name="one node")
    pd.testing.assert_frame_equal(alone, answer[answer["name"] == "one node"].reset_index(drop=True))


def test_ties_go_by_name_and_the_same_call_gives_the_same_frame(types, answer):
    ties = answer[answer["name"].str.startswith("tie")]
    assert list(ties["name"]) == ["tie a", "tie b", "tie c"]
    assert len(set(ties["q_value"])) == 1
    pd.testing.assert_frame_equal(asked(types), answer)


def test_later_rows_do_not_change_the_answer_of_an_earlier_day(history):
    rows = numbered(short(10), day(1, 30, 9))
    early = asked(history(rows))
    later = [{**one, "id": 10_000 + place} for place, one in enumerate(day(-1, 30, 30))]
    pd.testing.assert_frame_equal(asked(history(rows + later)), early)


def test_the_window_starts_at_its_start_and_ends_before_now(history):
    at = [NOW - timedelta(days=1), NOW - timedelta(days=1, microseconds=1), NOW]
    store = history([{"last_status_change": one, "last_modified": one} for one in at])
    assert row(asked(store))["finished"] == 1
    assert row(asked(store, started=None))["finished"] == 1


def test_categories_and_versions_are_left_out_before_judging(history):
    store = history(numbered(short(10), day(1, 30, 9), day(1, 30, 30, job_type_version="2.0")))
    assert row(asked(store, version="1.0"))["failed"] == 9
    assert row(asked(store, category="SYSTEM"))["failed"] == 0


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


def test_an_empty_store_has_the_columns_and_dtypes_of_a_full_one(answer, nothing):
    none = nothing.analyses.worse_than_usual()
    pd.testing.assert_series_equal(answer.dtypes, none.dtypes)
    assert none.empty


@sizes(1_000, 10_000)
def test_any_number_of_types_with_one_job_each_are_all_without_a_history(size):
    counts = pd.DataFrame(
        {"source": "s", "name": [f"t{one}" for one in range(size)], "part": "version", "version": "1", "node": None}
    )
    counts = counts.assign(error_name=None, day=0, finished=1, failed=np.arange(size) % 2)
    rows = list(judged(counts))
    assert len(rows) == size
    assert {one["verdict"] for one in rows} == {"not enough data"}
    assert HISTORY == 91
