"""`analyses.backlog`: the queue at full hours and days, counted by hand and one moment after the other in pandas."""

from __future__ import annotations

from datetime import timedelta

import pandas as pd
import pytest
from histories import NOW, ago

import jobtype_toolkit as jt

pytestmark = pytest.mark.slow


def waited(queued: float, started: float | None, status: str = "COMPLETED", **more: object) -> dict[str, object]:
    """Return a job that was queued and started so many minutes before NOW, which is a full hour."""
    change = queued if started is None else started
    return {
        "status": status,
        "queued": ago(queued),
        "started": None if started is None else ago(started),
        "last_status_change": ago(change - 0.5),
        **more,
    }


def told(store: jt.Store, *arguments: object, **more: object) -> list[tuple[str, str, int]]:
    frame = store.analyses.backlog(*arguments, **{"now": NOW, **more})
    return [(row["moment"].strftime("%dT%H"), row["name"], row["queued"]) for row in frame.to_dict("records")]


def test_a_job_counts_at_the_full_hours_between_its_queueing_and_its_start(history):
    store = history([waited(150, 90), waited(90, 30), waited(55, 5)])
    assert told(store) == [("01T10", "fit", 1), ("01T11", "fit", 1)]


def test_at_its_queueing_it_is_on_the_queue_and_at_its_start_no_more(history):
    assert told(history([waited(180, 60)])) == [("01T09", "fit", 1), ("01T10", "fit", 1)]


def test_what_is_still_queued_counts_up_to_now_and_what_was_canceled_before_a_start_does_not(history):
    store = history([waited(90, None, "QUEUED"), waited(90, None, "CANCELED"), waited(90, 30, "RUNNING")])
    assert told(store) == [("01T11", "fit", 2), ("01T12", "fit", 1)]


def test_names_come_apart_and_in_order_and_versions_together(history):
    store = history([waited(65, 5), waited(65, 5, job_type="axe"), waited(65, 5, job_type_version="2.0")])
    assert told(store) == [("01T11", "axe", 1), ("01T11", "fit", 2)]
    assert told(store, name="axe") == [("01T11", "axe", 1)]


def test_days_and_a_start_of_the_window(history):
    store = history([waited(3 * 1440, 1440), waited(10, None, "QUEUED")])
    assert told(store, "day") == [("27T00", "fit", 1), ("28T00", "fit", 1)]
    assert told(store, "day", "PT35H") == []
    assert told(store, "day", "PT36H") == [("28T00", "fit", 1)]


def test_only_what_changed_before_now_counts(history):
    store = history([waited(150, 90), waited(149, None, "QUEUED")])
    assert told(store, now=ago(120)) == [("01T10", "fit", 1)]


def test_a_pull_that_saw_another_number_is_told(store, history):
    history([waited(90, None, "QUEUED")], into=store)
    store_id = (
        "INSERT INTO snapshot (source, taken, view, job_type_id, count) VALUES ('local', ?, 'queue_status', ?, ?)"
    )
    (type_id,) = store.job_types()["id"]
    with store._database.writing(store._patience) as con:
        con.execute(store_id, [ago(70).replace(tzinfo=None), type_id, 1])
        con.execute(store_id, [ago(65).replace(tzinfo=None), type_id, 4])
        con.execute(store_id, [ago(10).replace(tzinfo=None), type_id, 1])
    found = store.analyses.backlog(now=NOW)
    assert found["queued"].tolist() == [1, 1]
    assert [None if pd.isna(one) else one for one in found["snapshot"]] == [4, None]


@pytest.mark.parametrize("wrong", [{"per": "week"}, {"started": "PT0S"}, {"started": NOW + timedelta(days=1)}])
def test_unknown_steps_and_reversed_windows_are_refused(history, wrong):
    with pytest.raises(jt.InvalidParameter):
        history([waited(9, 8)]).analyses.backlog(**{"now": NOW, **wrong})


def test_columns_and_dtypes_are_the_same_without_a_row(sample, nothing):
    pd.testing.assert_series_equal(sample.analyses.backlog().dtypes, nothing.analyses.backlog().dtypes)


@pytest.mark.parametrize(("per", "started"), [("hour", "P5D"), ("day", None)])
def test_the_sample_is_recounted_moment_by_moment(sample, sample_jobs, per, started):
    now = pd.Timestamp("2026-10-20T03:00:00Z")
    rows = sample_jobs[sample_jobs["last_status_change"].fillna(sample_jobs["created"]) < now]
    rows = rows[rows["queued"].notna() & (rows["started"].notna() | (rows["status"] == "QUEUED"))]
    begun = rows["started"].fillna(pd.Timestamp("2262-01-01T00:00:00Z"))
    first = now - pd.Timedelta(days=5 if started else 120)
    expected = {}
    for moment in pd.date_range(first.ceil(per[0] if per == "hour" else "D"), now, freq="h" if per == "hour" else "D"):
        for name, count in rows[(rows["queued"] <= moment) & (begun > moment)].groupby("job_type").size().items():
            expected[moment, name] = int(count)
    found = sample.analyses.backlog(per, started, now=now)
    assert dict(zip(zip(found["moment"], found["name"], strict=True), found["queued"], strict=True)) == expected
    assert list(expected) == list(zip(found["moment"], found["name"], strict=True))
