"""`analyses.right_size`: each limit by hand, and the manifest with all proposals in it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from histories import NOW, ago, job_type, manifest, page, text
from typer.testing import CliRunner

import jobtype_toolkit as jt
from jobtype_toolkit.cli.app import app

DAY = 60 * 24
Jobs = list[dict[str, Any]]


def ran(seconds: float, **more: Any) -> dict[str, Any]:
    return {"started": text(ago(DAY)), "ended": text(ago(DAY) + timedelta(seconds=seconds)), **more}


def failed(error: str, **more: Any) -> dict[str, Any]:
    return {"status": "FAILED", "error_name": error, "error_category": "ALGORITHM", **more}


def on_days(runs: int, days: int) -> Jobs:
    return [ran(60, last_status_change=text(ago(place % days * DAY + 5))) for place in range(runs)]


def on_sizes(least: int, most: int, step: int = 1) -> Jobs:
    return [{"input_file_size": size} for size in range(least, most + 1, step)]


def tried(number: int, error: str | None = None) -> dict[str, Any]:
    lost = {"status": "FAILED", "error_name": "node-lost", "error_category": "SYSTEM"} if error else {}
    return {"num_exes": number, **lost}


OUT_OF_MEMORY = [
    {"error_name": "oom-killed"},
    {"error_name": "not-enough-memory"},
    {"error_name": "crash", "exit_code": 137},
]
NO_MEMORY_ERRORS = ["zoom-out-of-range", "no-room-left", "crash"]
TYPES: dict[str, Jobs] = {
    "one-slow": [*[ran(300)] * 999, ran(5000), failed("crash", **ran(9))],
    "fits": [ran(2100)] * 120,  # 3,150 s: more than 8 tenths of the hour
    "cut": [*[ran(3000)] * 120, failed("timeout", **ran(3600))],
    "few-runs": on_days(99, 10),
    "few-days": on_days(120, 6),
    **{  # good up to 400 MiB, out of memory from 512: they get 1,024 MiB there, 2 for each MiB
        f"oom-{place}": [*on_sizes(100, 400, 10), *[failed("", **how) | {"input_file_size": 512}] * 20]
        for place, how in enumerate(OUT_OF_MEMORY)
    },
    "no-memory-named": [*on_sizes(1, 30), *[failed("oom") | {"input_file_size": 64}] * 10],
    **{one: [*on_sizes(1, 30), *[failed(one) | {"input_file_size": 64}] * 10] for one in NO_MEMORY_ERRORS},
    "not-by-input": [*[{"input_file_size": 10}] * 20, *[failed("oom") | {"input_file_size": 10}] * 12],
    "grows": [*on_sizes(100, 130), *[failed("oom") | {"input_file_size": 512}] * 12],
    "last-saves": [  # the last nine: queued by hand
        *[tried(1)] * 50,
        *[tried(3)] * 15,
        *[tried(3, "lost")] * 12,
        *[tried(5)] * 9,
    ],
    # 98 good runs took one execution, one took two and one three; 40 failed after three all the same
    "later-save-few": [*[tried(1)] * 98, tried(2), tried(3), *[tried(3, "lost")] * 40],
    "both": [
        *[ran(300, input_file_size=size) for size in range(100, 300)],
        *[failed("oom") | {"input_file_size": 512}] * 20,
    ],
    "short": [ran(300)] * 120,
}
RESOURCES: dict[str, Jobs] = {
    "no-memory-named": [],
    "grows": [{"name": "MEM", "value": 0, "inputMultiplier": 2}],
}
"""What else than 1,024 MiB the manifest of a type has."""


@pytest.fixture(scope="module")
def sized(tmp_path_factory: pytest.TempPathFactory) -> jt.Store:
    """A store with a job type per fact: 3,600 s, 1,024 MiB or what `RESOURCES` says, and jobs of ten days."""
    folder = tmp_path_factory.mktemp("sized")
    store = jt.open(clock=lambda: NOW)
    types, jobs = [], []
    for number, (name, some) in enumerate(TYPES.items(), 1):
        body = manifest(name, "1.0.0")
        body["job"] |= {
            "timeout": 3600,
            "resources": {"scalar": RESOURCES.get(name, [{"name": "mem", "value": 1024}])},
        }
        types.append(job_type(number, name, "1.0.0", manifest=body))
        usual = {"job_type_id": number, "job_type": name, "job_type_version": "1.0.0", "status": "COMPLETED"}
        jobs += [
            {
                "id": len(jobs) + place,
                **usual,
                "last_status_change": text(ago((place + 1) % 10 * DAY + 5)),
                **one,
            }
            for place, one in enumerate(some)
        ]
    for name, rows in {"job_types": page(types), "jobs": jobs}.items():
        (folder / f"{name}.json").write_text(json.dumps(rows))
        store.load(folder / f"{name}.json", name)
    return store


def test_a_timeout_is_half_as_much_again_as_999_of_1000_good_runs_took_in_whole_minutes(sized):
    # 999 of 1,000 took 300 s; one 5,000 s; the quantile lies 0.001 of the way to it: 304.7 s, 457 s, 8 minutes
    (row,) = sized.analyses.right_size("one-slow").to_dict("records")
    assert (row["member"], row["current"], row["proposed"], row["killed_share"]) == ("timeout", 3600, 480, 0.001)
    assert row["low"] < 0.001 < row["high"] < 0.01
    assert (
        "999 of 1,000 good runs took at most 305 s, and 1.5 times that, rounded up to whole minutes" in row["evidence"]
    )
    assert "1 took longer, the longest 5,000 s" in row["evidence"]


def test_a_timeout_that_fits_is_left_alone_and_one_that_cuts_good_runs_grows(sized):
    fits = sized.analyses.right_size("fits")
    assert fits.empty
    assert any("the timeout of 3,600 s fits" in note for note in fits.attrs["notes"])
    grown = sized.analyses.right_size("cut")
    assert grown["proposed"].tolist() == [4500]
    assert any("1 run was ended by the timeout" in note for note in grown.attrs["notes"])


@pytest.mark.parametrize(("name", "told"), [("few-runs", "99 good runs on 10"), ("few-days", "120 good runs on 6")])
def test_few_runs_or_days_are_not_enough_for_a_timeout(sized, name, told):
    found = sized.analyses.right_size(name)
    assert found.empty
    assert any(f"{told} days" in note for note in found.attrs["notes"])


@pytest.mark.parametrize("how", range(len(OUT_OF_MEMORY)))
def test_memory_grows_with_the_input_where_failures_with_a_memory_error_do(sized, how):
    found = sized.analyses.right_size(f"oom-{how}")
    (row,) = found.to_dict("records")
    assert (row["member"], row["current"], row["proposed"], row["killed_share"]) == ("inputMultiplier", 0, 2, 0)
    (mem,) = json.loads(found.attrs["manifest"])["job"]["resources"]["scalar"]
    assert mem == {"name": "mem", "value": 1024, "inputMultiplier": 2}


def test_where_the_manifest_names_no_memory_scales_least_is_written_down(sized):
    found = sized.analyses.right_size("no-memory-named")
    assert found["member"].tolist() == ["resources.scalar[mem]", "inputMultiplier"]
    assert found["proposed"].tolist() == [128, 2]
    assert json.loads(found.attrs["manifest"])["job"]["resources"]["scalar"] == [
        {"name": "mem", "value": 128, "inputMultiplier": 2}
    ]


@pytest.mark.parametrize("error", NO_MEMORY_ERRORS)
def test_other_errors_are_no_memory_errors_whatever_their_inputs(sized, error):
    found = sized.analyses.right_size(error)
    assert found.empty
    assert any("no job failed with a memory error" in note for note in found.attrs["notes"])


def test_what_history_cannot_tell_is_not_proposed_and_a_note_says_so(sized):
    notes = " ".join(sized.analyses.right_size("not-by-input").attrs["notes"])
    assert "12 jobs failed with a memory error, no more often with large inputs" in notes
    notes = " ".join(sized.analyses.right_size("grows").attrs["notes"])
    assert "though memory grows with them" in notes


def test_another_execution_is_proposed_where_the_last_one_saves_many(sized):
    found = sized.analyses.right_size("last-saves")
    (row,) = found.to_dict("records")
    assert (row["member"], row["current"], row["proposed"], row["killed_share"]) == ("max_tries", 3, 4, 0)
    assert "the 3rd execution saved 15 of 27 jobs that came to it, and 12 failed after it" in row["evidence"]
    assert any("max_tries stands in no manifest" in note for note in found.attrs["notes"])
    assert found.attrs["diff"] == ""


def test_fewer_executions_are_proposed_where_later_ones_save_hardly_any(sized):
    (row,) = sized.analyses.right_size("later-save-few").to_dict("records")
    assert (row["member"], row["proposed"], row["killed_share"]) == ("max_tries", 1, 0.02)
    assert "of 42 jobs that failed 1 time, later executions saved 2" in row["evidence"]


def test_all_proposals_are_in_the_manifest_which_an_edit_takes(sized):
    found = sized.analyses.right_size("both", "1.0.0")
    assert found["member"].tolist() == ["timeout", "inputMultiplier"]
    plan = sized.edit("both", "1.0.0", manifest=found.attrs["manifest"])
    assert plan.validation.errors == ()
    before, after = (
        jt.Manifest.read(one) for one in (sized.job_type("both", "1.0.0").manifest, found.attrs["manifest"])
    )
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
    with pytest.raises(jt.InvalidParameter, match="fist"):
        sized.analyses.right_size("fist")
    with pytest.raises(jt.NotFound, match=r"version '9\.9' of the job type 'fits'"):
        sized.analyses.right_size("fits", "9.9")


def test_the_command_shows_the_proposals_and_what_they_change_of_the_manifest(sized, tmp_path):
    path = sized.publish(tmp_path / "ops.duckdb")
    done = CliRunner().invoke(app, ["right-size", "short", "--store", str(path)])
    assert done.exit_code == 0, done.stderr
    assert '+    "timeout": 480,' in done.stdout.splitlines()
    assert (
        "all of 120 good runs took at most 300 s, and 1.5 times that, rounded up to whole minutes, is 480 s"
        in done.stdout
    )
