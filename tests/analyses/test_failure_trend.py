"""`analyses.failure_trend`: buckets by hand and in pandas' own calendar, in UTC and in zones with summer time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

import jobtype_toolkit as jt

pytestmark = pytest.mark.slow


def at(day: int, hour: int = 12, month: int = 2) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=UTC)


@pytest.fixture(scope="module")
def small(history) -> jt.Store:
    """`fit` on Monday the 2nd and Wednesday the 4th, `map` on the 4th only."""
    return history(
        [
            {"last_status_change": at(2)},
            {"last_status_change": at(2, 23), "status": "FAILED", "error_name": "bad-input", "error_category": "DATA"},
            {"last_status_change": at(4, 0)},
            {"last_status_change": at(4, 5), "job_type": "map", "status": "FAILED"},
        ]
    )


def told(frame: pd.DataFrame) -> list[tuple[str, str, int, int, bool]]:
    """Name, month-day and hour of the start in UTC, finished, failed, is_partial."""
    return [
        (row["name"], row["start"].strftime("%m-%dT%H"), row["finished"], row["failed"], row["is_partial"])
        for row in frame.to_dict("records")
    ]


def test_every_group_has_every_day_of_the_window_and_the_cut_ones_are_marked(small):
    found = small.analyses.failure_trend(started=at(1, 6), now=at(4, 18))
    assert told(found) == [
        ("fit", "02-01T00", 0, 0, True),
        ("fit", "02-02T00", 2, 1, False),
        ("fit", "02-03T00", 0, 0, False),
        ("fit", "02-04T00", 1, 0, True),
        ("map", "02-01T00", 0, 0, True),
        ("map", "02-02T00", 0, 0, False),
        ("map", "02-03T00", 0, 0, False),
        ("map", "02-04T00", 1, 1, True),
    ]
    assert found["rate"].isna().tolist() == (found["finished"] == 0).tolist()
    assert found["low"].isna().tolist() == found["high"].isna().tolist() == found["rate"].isna().tolist()


def test_without_a_start_the_first_bucket_is_whole(small):
    found = small.analyses.failure_trend(now=at(5, 0), name="fit")
    assert told(found)[0] == ("fit", "02-02T00", 2, 1, False)
    assert told(found)[-1] == ("fit", "02-04T00", 1, 0, False)


def test_weeks_begin_on_monday_and_hours_are_hours(small):
    weeks = small.analyses.failure_trend("week", started=at(2, 0), now=at(9, 0), name="fit")
    assert told(weeks) == [("fit", "02-02T00", 3, 1, False)]
    hours = small.analyses.failure_trend("hour", started=at(4, 4), now=at(4, 7), by="name")
    assert told(hours) == [
        ("map", "02-04T04", 0, 0, False),
        ("map", "02-04T05", 1, 1, False),
        ("map", "02-04T06", 0, 0, False),
    ]


def test_days_of_another_zone(small):
    """23:00 UTC is the next day in Kolkata, half an hour off the hour."""
    found = small.analyses.failure_trend(zone="Asia/Kolkata", started=at(1, 18), now=at(5, 0), name="fit")
    assert [row[2:4] for row in told(found)] == [(0, 0), (1, 0), (1, 1), (1, 0), (0, 0)]
    assert {row["start"].tz_convert("Asia/Kolkata").hour for row in found.to_dict("records")} == {0}
    assert found.attrs["zone"] == "Asia/Kolkata"


def test_with_an_error_the_finished_jobs_are_those_of_the_group_without_it(small):
    found = small.analyses.failure_trend(by=["name", "category"], started=at(2, 0), now=at(3, 0))
    assert told(found) == [("fit", "02-02T00", 2, 1, False)]
    assert list(found["category"]) == ["DATA"]


@pytest.mark.parametrize("wrong", [{"per": "month"}, {"zone": "Mars/Olympus"}, {"zone": "../etc/passwd"}, {"zone": ""}])
def test_unknown_buckets_and_zones_are_refused(small, wrong):
    with pytest.raises(jt.InvalidParameter):
        small.analyses.failure_trend(**wrong)


def test_too_many_rows_are_refused(history):
    store = history([{"last_status_change": at(2, month=1), "job_type": f"t{one}"} for one in range(60)])
    with pytest.raises(jt.InvalidParameter, match="shorter window"):
        store.analyses.failure_trend("hour", started="2000-01-01T00:00:00Z")


def test_columns_and_dtypes_are_the_same_without_a_row(small, nothing):
    pd.testing.assert_series_equal(small.analyses.failure_trend().dtypes, nothing.analyses.failure_trend().dtypes)


@pytest.mark.few
@pytest.mark.parametrize("per", ["hour", "day", "week"])
@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/St_Johns"])
def test_the_sample_is_recounted_in_the_calendar_of_the_zone(sample, sample_jobs, per, zone):
    """The window has the end of Berlin's summer time, at which one day has 25 hours and one hour comes twice."""
    ended = pd.Timestamp("2026-10-28T00:00:00Z")
    started = ended - timedelta(days=5 if per == "hour" else 30)
    rows = sample_jobs[sample_jobs["status"].isin(["COMPLETED", "FAILED"])]
    rows = rows[rows["last_status_change"].between(started, ended, inclusive="left")]

    def begun(moment: pd.Timestamp) -> datetime:
        local = moment.to_pydatetime().astimezone(ZoneInfo(zone))
        if per == "hour":
            return moment.to_pydatetime() - timedelta(
                minutes=local.minute, seconds=local.second, microseconds=local.microsecond
            )
        day = local.date() - timedelta(days=local.weekday() if per == "week" else 0)
        return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)

    expected = rows.assign(start=rows["last_status_change"].map(begun)).groupby(["job_type", "start"]).size()
    found = sample.analyses.failure_trend(per, zone, started, ended, by="name")
    assert int(found["finished"].sum()) == len(rows)
    counted = found[found["finished"] > 0].set_index(["name", "start"])["finished"]
    assert {(name, start.to_pydatetime()): n for (name, start), n in counted.items()} == {
        (name, start.to_pydatetime()): n for (name, start), n in expected.items()
    }
    assert len(set(found.groupby("name").size())) == 1
