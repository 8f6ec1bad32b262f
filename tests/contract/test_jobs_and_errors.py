"""The jobs and errors behind the analyses: filters, order, limits."""

from __future__ import annotations

import json
import warnings

import pandas as pd
import pytest
from histories import ERRORS, JOBS, ago, text

import jobtype_toolkit as jt

pytestmark = pytest.mark.slow


def ids(frame) -> list[int]:
    return [int(one) for one in frame["id"]]


BY_LAST_MODIFIED = [one["id"] for one in sorted(JOBS, key=lambda one: (pd.Timestamp(one["last_modified"]), one["id"]))]


def test_jobs_come_by_last_modified_then_id(backend):
    assert ids(backend.jobs()) == BY_LAST_MODIFIED


def test_a_job_says_what_its_record_says(backend):
    found = backend.jobs().set_index("id")
    row = found.loc[133]
    assert (row["job_type"], row["job_type_version"], row["job_type_id"]) == ("Tide-Gauge", "0.2.0", 5)
    assert (row["status"], row["revision_num"], row["node"], row["num_exes"]) == ("COMPLETED", 1, "node-a", 1)
    assert row["input_file_size"] == 12.5
    assert (row["batch_id"], row["batch_title"], row["recipe_id"], row["recipe_type"]) == (
        7,
        "Tides of March",
        9,
        "tides",
    )
    assert (row["source_sensor_class"], row["source_sensor"]) == ("radar", "S-1")
    assert (row["source_collection"], row["source_task"]) == ("coast", "t-17")
    assert (row["source_started"], row["source_ended"]) == (ago(4000), ago(3900))
    assert (row["last_status_change"], row["last_modified"]) == (ago(120), ago(4))
    assert row["input_files"] == {"SCENE": ["scene-133.tif"]}
    assert pd.isna(row["exit_code"])
    assert pd.isna(row["error_id"])
    failed = found.loc[105]
    assert (failed["error_id"], failed["error_name"], failed["error_category"]) == (3, "bad-input", "DATA")
    assert found.loc[128, "superseded_job_id"] == 99
    assert pd.isna(found.loc[112, "last_status_change"])


def test_jobs_filter_on_last_modified_both_ends_inclusive(backend):
    """Not on when they changed status: 133 did so two hours ago."""
    assert ids(backend.jobs(started=ago(4), ended=ago(1))) == [133, 132, 131]
    assert ids(backend.jobs(started=ago(4), ended=ago(1, 1))) == [133, 132]
    assert 133 not in ids(backend.jobs(started=ago(121), ended=ago(119)))


def test_jobs_take_an_open_end_and_an_open_start(backend):
    assert ids(backend.jobs(ended=ago(90_000))) == [123, 124]
    assert ids(backend.jobs(started=ago(1))) == [131, 101]


def test_running_jobs_have_no_privilege_here(backend):
    assert 130 not in ids(backend.jobs(started="P1D"))


def test_a_reversed_or_empty_window_is_an_error_for_jobs_and_errors(any_backend):
    for call in (any_backend.jobs, any_backend.errors):
        with pytest.raises(jt.InvalidParameter, match="started"):
            call(started=ago(1), ended=ago(2))
        with pytest.raises(jt.InvalidParameter, match="started"):
            call(started=ago(1), ended=ago(1))


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"status": "RUNNING"}, [110, 111, 119, 130]),
        ({"status": ["RUNNING", "BLOCKED"]}, [110, 111, 116, 119, 130]),
        ({"status": "running"}, [110, 111, 119, 130]),
        ({"status": ["Running", "blocked"]}, [110, 111, 116, 119, 130]),
        ({"job_id": [4711, 2**40]}, []),
        ({"job_type_id": 4711}, []),
        ({"error_id": 4711, "status": "failed"}, []),
        ({"job_id": 105}, [105]),
        ({"job_id": [105, 133, 4711]}, [105, 133]),
        ({"job_type_id": [4, 1]}, [123, 124, 130, 131, 132]),
        ({"job_type_name": "Tide-Gauge"}, [125, 126, 127, 128, 129, 133]),
        ({"error_id": 4}, [127, 128]),
        ({"error_category": "SYSTEM"}, [106, 107, 120, 121, 124]),
        ({"error_category": ["DATA", "ALGORITHM"]}, [105, 108, 127, 128]),
        ({"batch_id": 7}, [133]),
        ({"recipe_id": 9}, [133]),
        ({"is_superseded": True}, [128]),
        ({"source_sensor": "S-1"}, [133]),
        ({"source_sensor_class": ["radar", "sonar"]}, [133]),
        ({"source_collection": "COAST"}, []),
        ({"source_task": "t-17"}, [133]),
        ({"source_started": ago(4000)}, [133]),
        ({"source_started": ago(3999)}, []),
        ({"source_ended": ago(3900)}, [133]),
        ({"source_ended": ago(3901)}, []),
        ({"status": "FAILED", "job_type_id": 2, "error_category": "SYSTEM"}, [106, 107]),
    ],
)
def test_filters_match_exactly_are_or_ed_within_and_and_ed_between(backend, arguments, expected):
    found = backend.jobs(**arguments)
    assert sorted(ids(found)) == expected
    assert found.attrs["count"] == len(expected)


def test_both_current_and_superseded_jobs_come_by_default(backend):
    assert len(backend.jobs()) == 33
    assert len(backend.jobs(is_superseded=False)) == 32


def test_jobs_are_ordered_by_several_keys_with_directions(backend):
    found = backend.jobs(status=["RUNNING", "QUEUED"], order=["status", "-id"])
    assert ids(found) == [132, 129, 118, 115, 114, 130, 119, 111, 110]


def test_missing_values_of_an_order_are_last_ascending_and_first_descending(backend):
    pending = {"status": "PENDING", "order": "last_status_change"}
    assert ids(backend.jobs(**pending))[0] == 113
    assert ids(backend.jobs(**{**pending, "order": "-last_status_change"}))[-1] == 113


def test_pages_of_jobs_are_parts_of_the_whole(backend):
    size = 10
    found = [backend.jobs(page=number, page_size=size) for number in (1, 2, 3, 4)]
    assert [ids(one) for one in found] == [BY_LAST_MODIFIED[start : start + size] for start in (0, 10, 20, 30)]
    assert {one.attrs["count"] for one in found} == {33}


@pytest.mark.parametrize("call", ["jobs", "errors"])
def test_a_limit_is_exact_and_a_cut_is_announced(any_backend, call):
    whole = ids(getattr(any_backend, call)())
    with pytest.warns(jt.ResultCut, match="2 of"):
        cut = getattr(any_backend, call)(limit=2)
    assert ids(cut) == whole[:2]
    assert cut.attrs["count"] == len(whole)
    assert any("cut" in note for note in cut.attrs["notes"])


@pytest.mark.parametrize("call", ["jobs", "errors"])
def test_a_limit_that_cuts_nothing_is_not_announced(any_backend, call):
    whole = len(getattr(any_backend, call)())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(getattr(any_backend, call)(limit=whole)) == whole
        assert len(getattr(any_backend, call)(limit=whole + 1)) == whole


def test_a_limit_within_a_page_cuts_the_page(backend):
    with pytest.warns(jt.ResultCut):
        assert ids(backend.jobs(page=2, page_size=10, limit=3)) == BY_LAST_MODIFIED[10:13]


def test_a_last_page_that_the_limit_does_not_cut_is_not_announced(backend):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert ids(backend.jobs(page=4, page_size=10, limit=3)) == BY_LAST_MODIFIED[30:]
        assert ids(backend.jobs(page=1, page_size=10, limit=10)) == BY_LAST_MODIFIED[:10]


@pytest.mark.parametrize("wrong", [0, -1, 1.5, "2", True])
@pytest.mark.parametrize("call", ["jobs", "errors"])
def test_a_limit_that_is_no_count_is_an_error(any_backend, call, wrong):
    with pytest.raises(jt.InvalidParameter, match="limit"):
        getattr(any_backend, call)(limit=wrong)


def test_errors_come_by_last_modified_then_id(backend):
    assert ids(backend.errors()) == [1, 5, 2, 4, 3]


def test_errors_say_what_their_records_say(backend):
    found = backend.errors().set_index("id")
    for record in ERRORS:
        row = found.loc[record["id"]]
        for name in ("name", "title", "description", "category", "is_builtin", "should_be_retried"):
            assert row[name] == record[name]
        assert text(row["last_modified"].to_pydatetime()) == record["last_modified"]
    assert found.loc[3, "job_type_name"] == "chip-maker"
    assert pd.isna(found.loc[1, "job_type_name"])


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"category": "SYSTEM"}, [1, 2]),
        ({"category": ["SYSTEM", "DATA"]}, [1, 2, 3]),
        ({"category": "system"}, []),
        ({"is_builtin": True}, [1, 2, 5]),
        ({"is_builtin": False}, [3, 4]),
        ({"name": "timeout"}, [5]),
        ({"job_type_name": "chip-maker"}, [3]),
        ({"started": "2026-01-10T00:00:00Z", "ended": "2026-01-11T00:00:00Z"}, [2, 4]),
        ({"started": "2026-01-10T00:00:00.000001Z"}, [3, 4]),
    ],
)
def test_errors_filter_like_v6(backend, arguments, expected):
    assert sorted(ids(backend.errors(**arguments))) == expected


def test_errors_honour_order(backend):
    assert list(backend.errors(order="-name")["name"]) == [
        "unknown",
        "timeout",
        "node-lost",
        "no-convergence",
        "bad-input",
    ]


@pytest.mark.parametrize(
    ("call", "arguments", "told"),
    [
        ("jobs", {"status": "FAILD"}, "status='FAILD' is unknown .* Did you mean 'FAILED'"),
        ("jobs", {"status": "NOPE"}, "It has BLOCKED, CANCELED"),
        ("jobs", {"status": ""}, "status='' is unknown"),
        ("jobs", {"job_type_name": "tide-gauge"}, "job_type_name='tide-gauge' is unknown .* Did you mean 'Tide-Gauge'"),
        ("jobs", {"job_type_name": "nobody", "status": "FAILED"}, "job_type_name='nobody' is unknown"),
        ("errors", {"job_type_name": "chip-make"}, "Did you mean 'chip-maker'"),
    ],
)
def test_a_typo_in_a_filter_is_refused_with_the_nearest_instead_of_no_jobs(backend, call, arguments, told):
    with pytest.raises(jt.InvalidParameter, match=told):
        getattr(backend, call)(**arguments)


def test_an_empty_backend_refuses_no_name_of_a_job_type(empty_backend):
    assert len(empty_backend.jobs(job_type_name="nobody")) == 0
    assert len(empty_backend.jobs(status="FAILED")) == 0


def test_a_status_that_a_store_holds_is_one(tmp_path):
    store = jt.open()
    rows = [
        {"id": 1, "status": "WEIRD", "job_type": "x", "job_type_version": "1", "last_modified": "2026-03-01T00:00:00Z"}
    ]
    (tmp_path / "jobs.json").write_text(json.dumps(rows), encoding="utf-8")
    store.load(tmp_path / "jobs.json")
    assert store.jobs(status="WEIRD")["id"].tolist() == [1]
    with pytest.raises(jt.InvalidParameter, match="Did you mean 'WEIRD'"):
        store.jobs(status="WEIRED")


def test_jobs_are_sorted_by_duration_as_on_a_server(backend):
    for order, is_up in (("duration", True), ("-duration", False)):
        found = backend.jobs(order=order)
        lengths = (found["ended"] - found["started"]).dropna().tolist()
        assert len(lengths) > 3
        assert lengths == sorted(lengths, reverse=not is_up)
        assert backend.jobs(order=order, limit=500)["id"].tolist() == found["id"].tolist()
        assert "duration" not in found.columns
    with pytest.raises(jt.InvalidParameter, match="by duration alone"):
        backend.jobs(order=["duration", "id"])
