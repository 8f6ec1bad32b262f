"""`analyses.right_size`: each limit by hand, and the manifest with all proposals in it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest
from histories import NOW, ago, job_type, manifest, page, text
from typer.testing import CliRunner

import jobtype_toolkit as jt
from jobtype_toolkit.cli.app import app

DAY = 60 * 24


@pytest.fixture
def sized(tmp_path):
    """Make a store with the job type `fit`: 3,600 s, 1,024 MiB and what else its `resources` say, and jobs of ten days."""

    def made(
        jobs: Iterable[dict[str, Any]], *, resources: Any = ({"name": "mem", "value": 1024},), **more: Any
    ) -> jt.Store:
        store = jt.open(clock=lambda: NOW)
        body = manifest("fit", "1.0.0")
        body["job"] |= {"timeout": 3600, "resources": {"scalar": list(resources)}}
        (tmp_path / "job_types.json").write_text(json.dumps(page([job_type(1, "fit", "1.0.0", manifest=body, **more)])))
        store.load(tmp_path / "job_types.json", "job_types")
        rows = [
            {
                "id": place,
                "job_type_id": 1,
                "job_type": "fit",
                "job_type_version": "1.0.0",
                "status": "COMPLETED",
                "last_status_change": text(ago(place % 10 * DAY + 5)),
                **one,
            }
            for place, one in enumerate(jobs, 1)
        ]
        (tmp_path / "jobs.json").write_text(json.dumps(rows))
        store.load(tmp_path / "jobs.json")
        return store

    return made


def ran(seconds: float, **more: Any) -> dict[str, Any]:
    return {"started": text(ago(DAY)), "ended": text(ago(DAY) + timedelta(seconds=seconds)), **more}


def failed(error: str, **more: Any) -> dict[str, Any]:
    return {"status": "FAILED", "error_name": error, "error_category": "ALGORITHM", **more}


def test_a_timeout_is_half_as_much_again_as_999_of_1000_good_runs_took_in_whole_minutes(sized):
    # 999 of 1,000 took 300 s; one 5,000 s; the quantile lies 0.001 of the way to it: 304.7 s, 457 s, 8 minutes
    store = sized([*[ran(300)] * 999, ran(5000), failed("crash", **ran(9))])
    (row,) = store.analyses.right_size("fit").to_dict("records")
    assert (row["member"], row["current"], row["proposed"], row["killed_share"]) == ("timeout", 3600, 480, 0.001)
    assert row["low"] < 0.001 < row["high"] < 0.01
    assert "999 of 1,000 of 1,000 good runs took at most 305 s" in row["evidence"]
    assert "1 took longer, the longest 5,000 s" in row["evidence"]


def test_a_timeout_that_fits_is_left_alone_and_one_that_cuts_good_runs_grows(sized):
    fits = sized([ran(2100)] * 120).analyses.right_size("fit")  # 3,150 s: more than 8 tenths of the hour
    assert fits.empty
    assert any("the timeout of 3,600 s fits" in note for note in fits.attrs["notes"])
    grown = sized([*[ran(3000)] * 120, failed("timeout", **ran(3600))]).analyses.right_size("fit")
    assert grown["proposed"].tolist() == [4500]
    assert any("1 run was ended by the timeout" in note for note in grown.attrs["notes"])


@pytest.mark.parametrize(("runs", "days"), [(99, 10), (120, 6)])
def test_few_runs_or_days_are_not_enough_for_a_timeout(sized, runs, days):
    jobs = [ran(60, last_status_change=text(ago(place % days * DAY + 5))) for place in range(runs)]
    found = sized(jobs).analyses.right_size("fit")
    assert found.empty
    assert any(f"{runs} good runs on {days} days" in note for note in found.attrs["notes"])


OUT_OF_MEMORY = [
    {"error_name": "oom-killed"},
    {"error_name": "not-enough-memory"},
    {"error_name": "crash", "exit_code": 137},
]


@pytest.mark.parametrize("how", OUT_OF_MEMORY)
def test_memory_grows_with_the_input_where_failures_with_a_memory_error_do(sized, how):
    # good up to 400 MiB, out of memory from 512: they get 1,024 MiB there, 2 for each MiB
    good = [{"input_file_size": size} for size in range(100, 401, 10)]
    bad = [failed("", **how) | {"input_file_size": 512} for _ in range(20)]
    found = sized([*good, *bad]).analyses.right_size("fit")
    (row,) = found.to_dict("records")
    assert (row["member"], row["current"], row["proposed"], row["killed_share"]) == ("inputMultiplier", 0, 2, 0)
    (mem,) = json.loads(found.attrs["manifest"])["job"]["resources"]["scalar"]
    assert mem == {"name": "mem", "value": 1024, "inputMultiplier": 2}


def test_where_the_manifest_names_no_memory_scales_least_is_written_down(sized):
    jobs = [*({"input_file_size": size} for size in range(1, 31)), *[failed("oom") | {"input_file_size": 64}] * 10]
    found = sized(jobs, resources=()).analyses.right_size("fit")
    assert found["member"].tolist() == ["resources.scalar[mem]", "inputMultiplier"]
    assert found["proposed"].tolist() == [128, 2]
    assert json.loads(found.attrs["manifest"])["job"]["resources"]["scalar"] == [
        {"name": "mem", "value": 128, "inputMultiplier": 2}
    ]


@pytest.mark.parametrize("error", ["zoom-out-of-range", "no-room-left", "crash"])
def test_other_errors_are_no_memory_errors_whatever_their_inputs(sized, error):
    jobs = [*({"input_file_size": size} for size in range(1, 31)), *[failed(error) | {"input_file_size": 64}] * 10]
    found = sized(jobs).analyses.right_size("fit")
    assert found.empty
    assert any("no job failed with a memory error" in note for note in found.attrs["notes"])


def test_what_history_cannot_tell_is_not_proposed_and_a_note_says_so(sized):
    jobs = [*[{"input_file_size": 10}] * 20, *[failed("oom") | {"input_file_size": 10}] * 12]
    notes = " ".join(sized(jobs).analyses.right_size("fit").attrs["notes"])
    assert "12 jobs failed with a memory error, no more often with large inputs" in notes
    grows = [{"name": "MEM", "value": 0, "inputMultiplier": 2}]
    jobs = [*({"input_file_size": size} for size in range(100, 131)), *[failed("oom") | {"input_file_size": 512}] * 12]
    notes = " ".join(sized(jobs, resources=grows).analyses.right_size("fit").attrs["notes"])
    assert "though memory grows with them" in notes


def tried(number: int, error: str | None = None) -> dict[str, Any]:
    lost = {"status": "FAILED", "error_name": "node-lost", "error_category": "SYSTEM"} if error else {}
    return {"num_exes": number, **lost}


def test_another_execution_is_proposed_where_the_last_one_saves_many(sized):
    jobs = [
        *[tried(1)] * 50,
        *[tried(3)] * 15,
        *[tried(3, "lost")] * 12,
        *[tried(5)] * 9,
    ]  # the last nine: queued by hand
    found = sized(jobs).analyses.right_size("fit")
    (row,) = found.to_dict("records")
    assert (row["member"], row["current"], row["proposed"], row["killed_share"]) == ("max_tries", 3, 4, 0)
    assert "the 3rd execution saved 15 of 27 jobs that came to it, and 12 failed after it" in row["evidence"]
    assert any("max_tries stands in no manifest" in note for note in found.attrs["notes"])
    assert found.attrs["diff"] == ""


def test_fewer_executions_are_proposed_where_later_ones_save_hardly_any(sized):
    # 98 good runs took one execution, one took two and one three; 40 failed after three all the same
    jobs = [*[tried(1)] * 98, tried(2), tried(3), *[tried(3, "lost")] * 40]
    (row,) = sized(jobs).analyses.right_size("fit").to_dict("records")
    assert (row["member"], row["proposed"], row["killed_share"]) == ("max_tries", 1, 0.02)
    assert "of 42 jobs that failed 1 time, later executions saved 2" in row["evidence"]


def test_all_proposals_are_in_the_manifest_which_an_edit_takes(sized):
    slow = [ran(300, input_file_size=size) for size in range(100, 300)]
    store = sized([*slow, *[failed("oom") | {"input_file_size": 512}] * 20])
    found = store.analyses.right_size("fit", "1.0.0")
    assert found["member"].tolist() == ["timeout", "inputMultiplier"]
    plan = store.edit("fit", "1.0.0", manifest=found.attrs["manifest"])
    assert plan.validation.errors == ()
    before, after = jt.Manifest.read(store.job_type("fit", "1.0.0").manifest), jt.Manifest.read(found.attrs["manifest"])
    assert sorted(before.diff(after)["path"]) == [
        "$.job.resources.scalar[0].inputMultiplier",
        "$.job.timeout",
    ]
    assert '-    "timeout": 3600,' in found.attrs["diff"].splitlines()
    assert '+    "timeout": 480,' in found.attrs["diff"].splitlines()


def test_the_latest_version_that_ran_is_looked_at(history):
    jobs = [
        ran(60, job_type_version=version, last_status_change=ago(place))
        for place, version in enumerate(["2.0.0", "10.0.0"])
    ]
    queued = {"status": "QUEUED", "job_type_version": "11.0.0", "last_status_change": ago(1)}
    store = history([*jobs, queued])
    assert all(note.startswith("10.0.0: ") for note in store.analyses.right_size("fit").attrs["notes"])
    assert all(note.startswith("2.0.0: ") for note in store.analyses.right_size("fit", "2.0.0").attrs["notes"])
    assert store.analyses.right_size("fit").attrs["manifest"] is None


def test_a_type_or_version_that_is_not_there_is_refused(sized):
    store = sized([])
    with pytest.raises(jt.InvalidParameter, match="fti"):
        store.analyses.right_size("fti")
    with pytest.raises(jt.NotFound, match=r"version '9\.9' of the job type 'fit'"):
        store.analyses.right_size("fit", "9.9")


def test_the_command_shows_the_proposals_and_what_they_change_of_the_manifest(sized, tmp_path):
    path = sized([ran(300)] * 120).publish(tmp_path / "ops.duckdb")
    done = CliRunner().invoke(app, ["right-size", "fit", "--store", str(path)])
    assert done.exit_code == 0, done.stderr
    assert '+    "timeout": 480,' in done.stdout.splitlines()
    assert "999 of 1,000 of 120 good runs took at most 300 s" in done.stdout
