"""Status, pending, running, system failures and the queue, counted by hand from `histories.JOBS`."""

from __future__ import annotations

from datetime import timedelta

import pandas as pd
import pytest
from histories import NOW, ago, text
from recount import of_status, of_system_failures, of_waiting

import jobtype_toolkit as jt

pytestmark = pytest.mark.slow

OLD, NEW, BEFORE = ("chip-maker", "1.9.0"), ("chip-maker", "1.10.0"), ("chip-maker", "1.10.0-rc.1")
GAUGE, MODEL, CLOCK = ("Tide-Gauge", "0.2.0"), ("tide-model", "2.0.0"), ("scale-clock", "1.0")

THREE_HOURS = {
    (BEFORE, None, None): (0, None),
    (GAUGE, "FAILED", "ALGORITHM"): (2, ago(35)),
    (GAUGE, "COMPLETED", None): (1, ago(120)),
    (MODEL, None, None): (0, None),
    (OLD, "PENDING", None): (1, ago(90)),
    (OLD, "BLOCKED", None): (1, ago(75)),
    (OLD, "QUEUED", None): (1, ago(15)),
    (OLD, "RUNNING", None): (2, ago(10)),
    (OLD, "FAILED", "SYSTEM"): (2, ago(40)),
    (OLD, "FAILED", "ALGORITHM"): (1, ago(55)),
    (OLD, "FAILED", "DATA"): (1, ago(30)),
    (OLD, "FAILED", None): (1, ago(58)),
    (OLD, "COMPLETED", None): (3, ago(0)),
    (OLD, "CANCELED", None): (1, ago(75)),
    (CLOCK, "QUEUED", None): (1, ago(2)),
    (CLOCK, "RUNNING", None): (1, ago(20_000)),
    (CLOCK, "COMPLETED", None): (1, ago(1)),
    (NEW, "QUEUED", None): (1, ago(5)),
    (NEW, "RUNNING", None): (1, ago(5000)),
}
"""The answer over the last three hours, in the order in which it comes."""

RUNNING_ONLY = {
    (BEFORE, None, None): (0, None),
    (GAUGE, None, None): (0, None),
    (MODEL, None, None): (0, None),
    (OLD, "RUNNING", None): (2, ago(10)),
    (CLOCK, "RUNNING", None): (1, ago(20_000)),
    (NEW, "RUNNING", None): (1, ago(5000)),
}

# Status.


def test_status_counts_the_last_three_hours_by_default(backend):
    assert of_status(backend.status()) == THREE_HOURS


def test_status_is_by_last_modified_of_the_type_then_by_the_life_of_a_job_then_by_category(backend):
    assert list(of_status(backend.status())) == list(THREE_HOURS)


@pytest.mark.parametrize("started", ["PT3H", "PT3H0M0S", "PT180M", text(ago(180)), ago(180), pd.Timestamp(ago(180))])
def test_a_duration_an_instant_and_the_default_mean_the_same_window(backend, started):
    assert of_status(backend.status(started=started)) == THREE_HOURS


def test_durations_count_back_from_now(backend):
    later = backend.status(started="PT4H", now=NOW + timedelta(hours=1))
    assert of_status(later) == THREE_HOURS


def test_the_start_is_inclusive_to_the_microsecond(backend):
    assert of_status(backend.status(started=ago(180, 1)))[OLD, "COMPLETED", None] == (4, ago(0))
    assert of_status(backend.status(started=ago(180)))[OLD, "COMPLETED", None] == (3, ago(0))
    assert of_status(backend.status(started=ago(180) + timedelta(microseconds=1)))[OLD, "COMPLETED", None] == (
        2,
        ago(0),
    )


def test_the_end_is_inclusive_to_the_microsecond(backend):
    at = of_status(backend.status(started=ago(180), ended=ago(60)))
    assert at[OLD, "COMPLETED", None] == (2, ago(60))
    short = of_status(backend.status(started=ago(180), ended=ago(60, 1)))
    assert short[OLD, "COMPLETED", None] == (1, ago(180))


def test_a_window_of_one_instant_counts_what_happened_at_it(backend):
    """Equal ends are no error for status."""
    at = of_status(backend.status(started=ago(75), ended=ago(75)))
    assert at[OLD, "BLOCKED", None] == (1, ago(75))
    assert at[OLD, "CANCELED", None] == (1, ago(75))
    assert (OLD, "PENDING", None) not in at


def test_without_an_end_the_window_is_open_not_ended_now(backend):
    """As on a server, whatever its documentation says (D28)."""
    found = backend.status(started="PT1H", now=ago(60))
    assert of_status(found)[OLD, "COMPLETED", None] == (2, ago(0))


def test_running_jobs_count_whatever_the_window(backend):
    assert of_status(backend.status(started="2030-01-01T00:00:00Z")) == RUNNING_ONLY
    assert of_status(backend.status(started="2030-01-01T00:00:00Z", ended="2031-01-01T00:00:00Z")) == RUNNING_ONLY


def test_a_reversed_window_selects_running_jobs_only_and_attrs_say_so(backend):
    found = backend.status(started=ago(10), ended=ago(100))
    assert of_status(found) == RUNNING_ONLY
    assert any("not before ended" in note for note in found.attrs["notes"])


def test_an_older_end_alone_keeps_the_start_three_hours_ago(backend):
    assert of_status(backend.status(ended=ago(100_000))) == RUNNING_ONLY


def test_all_of_history_has_every_status_and_every_category(backend):
    found = of_status(backend.status(started="P3650D"))
    assert found[BEFORE, "COMPLETED", None] == (1, ago(100_000))
    assert found[BEFORE, "FAILED", "SYSTEM"] == (1, ago(90_000))
    assert found[OLD, "COMPLETED", None] == (4, ago(0))
    assert found[OLD, "QUEUED", None] == (2, ago(15))
    assert found[NEW, "FAILED", "SYSTEM"] == (2, ago(2000))
    assert {status for _, status, _ in found} - {None} == {
        "PENDING",
        "BLOCKED",
        "QUEUED",
        "RUNNING",
        "FAILED",
        "COMPLETED",
        "CANCELED",
    }


def test_a_pending_job_that_never_changed_status_is_not_counted(backend):
    found = of_status(backend.status(started="P3650D"))
    assert found[OLD, "PENDING", None] == (1, ago(90))
    assert (GAUGE, "PENDING", None) not in found


def test_superseded_jobs_are_counted(backend):
    assert of_status(backend.status())[GAUGE, "FAILED", "ALGORITHM"][0] == 2


def test_is_active_chooses_the_types_and_not_the_jobs(backend):
    deprecated = of_status(backend.status(started="P3650D", is_active=False))
    assert deprecated == {
        (BEFORE, "COMPLETED", None): (1, ago(100_000)),
        (BEFORE, "FAILED", "SYSTEM"): (1, ago(90_000)),
    }
    assert of_status(backend.status(is_active=True)) == {key: n for key, n in THREE_HOURS.items() if key[0] != BEFORE}


def test_status_says_the_truth_about_the_job_type(backend):
    found = backend.status().drop_duplicates("job_type_id").set_index("job_type_id")
    assert bool(found.loc[1, "is_system"]) is True
    assert found.loc[5, "unmet_resources"] == "gpus"
    assert bool(found.loc[3, "is_paused"]) is True
    assert bool(found.loc[2, "is_published"]) is True
    assert bool(found.loc[4, "is_active"]) is False


def test_attrs_tell_the_window_that_was_meant(backend):
    found = backend.status(started="PT1H", ended=ago(5), now=ago(10))
    assert found.attrs["window"] == {"started": text(ago(70)), "ended": text(ago(5))}
    assert found.attrs["now"] == text(ago(10))
    assert backend.status().attrs["window"] == {"started": text(ago(180)), "ended": None}


@pytest.mark.parametrize(
    "wrong", ["2026-03-01T00:00:00", "2026-03-01", "yesterday", "P1W", "P1M", "-PT3H", "", 5, NOW.replace(tzinfo=None)]
)
@pytest.mark.parametrize("call", ["status", "jobs", "errors"])
def test_a_time_without_a_zone_or_that_is_none_is_an_error(any_backend, call, wrong):
    for name in ("started", "ended"):
        with pytest.raises(jt.InvalidParameter, match=name):
            getattr(any_backend, call)(**{name: wrong})


def test_a_flag_that_is_no_flag_is_an_error(any_backend):
    with pytest.raises(jt.InvalidParameter, match="is_active"):
        any_backend.status(is_active="true")


# Pending, running, queue.


def test_pending_counts_pending_jobs_only_and_says_the_least_change_of_status(backend):
    """Neither QUEUED nor BLOCKED; jobs that never changed status count and add no time (D29)."""
    assert of_waiting(backend.pending(), "longest_pending") == {OLD: (2, ago(90)), GAUGE: (2, None)}


def test_pending_is_longest_first_and_unknown_times_are_last(backend):
    assert list(of_waiting(backend.pending(), "longest_pending")) == [OLD, GAUGE]


def test_running_is_longest_first(backend):
    assert list(of_waiting(backend.running(), "longest_running").items()) == [
        (CLOCK, (1, ago(20_000))),
        (NEW, (1, ago(5000))),
        (OLD, (2, ago(1440))),
    ]


def test_pending_and_running_say_the_truth_about_the_job_type(backend):
    """A server falsifies two fields here (D30)."""
    assert bool(backend.running().set_index("job_type_id").loc[1, "is_system"]) is True
    assert backend.pending().set_index("job_type_id").loc[5, "unmet_resources"] == "gpus"


def test_the_queue_counts_queued_jobs_by_type(backend):
    assert of_waiting(backend.queue_status(), "longest_queued") == {
        CLOCK: (1, ago(2)),
        GAUGE: (1, ago(300)),
        OLD: (2, ago(200)),
        NEW: (1, ago(5)),
    }


def test_the_queue_has_unpaused_types_first_then_the_most_urgent_then_the_oldest(backend):
    found = backend.queue_status()
    assert list(zip(found["name"], found["version"], strict=True)) == [CLOCK, GAUGE, OLD, NEW]
    assert list(found["highest_priority"]) == [1, 100, 100, 50]


# System failures.


def test_system_failures_are_by_type_and_error_over_all_of_history(backend):
    assert of_system_failures(backend.system_failures()) == {
        (OLD, "unknown"): (1, ago(40), ago(40)),
        (OLD, "node-lost"): (1, ago(50), ago(50)),
        (NEW, "unknown"): (2, ago(3000), ago(2000)),
        (BEFORE, "node-lost"): (1, ago(90_000), ago(90_000)),
    }


def test_system_failures_are_newest_first(backend):
    assert list(of_system_failures(backend.system_failures())) == [
        (OLD, "unknown"),
        (OLD, "node-lost"),
        (NEW, "unknown"),
        (BEFORE, "node-lost"),
    ]


def test_system_failures_say_the_truth_about_the_error_and_the_job_type(backend):
    """A server falsifies these (D30, D31)."""
    found = backend.system_failures()
    assert found["error_is_builtin"].all()
    assert found["error_should_be_retried"].all()
    assert found["error_job_type_name"].isna().all()
    assert set(found["error_category"]) == {"SYSTEM"}
    assert set(found["error_id"]) == {1, 2}
    assert set(found["error_title"]) == {"Unknown", "Node Lost"}
    assert found.set_index(["job_type_id", "error_id"]).loc[(3, 1), "is_paused"]


def test_ordinary_failures_and_those_without_an_error_are_no_system_failures(backend):
    assert int(backend.system_failures()["count"].sum()) == 5


# Times are times, in whatever form.


def test_windows_reach_back_to_the_first_years_of_the_calendar(backend):
    everything = of_status(backend.status(started="P3650D"))
    assert of_status(backend.status(started="0001-01-01T00:00:00Z")) == everything
    assert of_status(backend.status(started="P365000D")) == everything
    assert len(backend.jobs(started="0001-01-01T00:00:00Z", ended="9999-12-31T23:59:59.999999Z")) == 33


def test_a_frame_does_not_change_what_the_next_call_gives(backend):
    """Frames belong to the caller."""
    first = backend.status()
    first["count"] = 0
    first.attrs["window"]["started"] = "spoilt"
    assert of_status(backend.status()) == THREE_HOURS
    assert backend.status().attrs["window"]["started"] == text(ago(180))
