"""A client over recordings of a real server, and a store loaded from the same recordings, give the same frames."""

from __future__ import annotations

import json
import warnings

import pandas as pd
import pytest
import replay

import jobtype_toolkit as jt
from jobtype_toolkit.api.resources import PENDING, QUEUE_STATUS, RUNNING, STATUS, SYSTEM_FAILURE
from jobtype_toolkit.testing import Transport

pytestmark = pytest.mark.skipif(not replay.names(), reason=replay.ABSENT)

LATER = "2026-11-23T22:00:00Z"


@pytest.fixture(scope="module")
def recorded():
    """The rows that were recorded, by place."""
    return replay.Recorded()


@pytest.fixture(scope="module")
def scale(recorded):
    transport = Transport(recorded)
    with jt.connect("http://scale.example/api", transport=transport, clock=lambda: pd.Timestamp(LATER)) as scale:
        yield scale


@pytest.fixture(scope="module")
def store(recorded, tmp_path_factory):
    """A store of the same bodies."""
    folder, store = tmp_path_factory.mktemp("recorded"), jt.open(clock=lambda: pd.Timestamp(LATER))
    bodies = {
        "job_types": [
            *recorded.rows["job-types/"],
            *(replay.body(name) for place, name in recorded.DETAILS.items() if "revisions" not in place),
        ],
        "job_type_revisions": [
            *recorded.rows["job-types/scene-parser/1.2.0/revisions/"],
            *(replay.body(name) for place, name in recorded.DETAILS.items() if "revisions" in place),
        ],
        "errors": recorded.rows["errors/"],
        "jobs": recorded.rows["jobs/"],
    }
    for resource, rows in bodies.items():
        for number, row in enumerate([rows[:-4], rows[-4:]] if resource != "job_types" else [rows[:37], rows[37:]]):
            (folder / f"{resource}-{number}.json").write_text(json.dumps(row), encoding="utf-8")
            store.load(folder / f"{resource}-{number}.json", resource, source="scale", strict=True)
    return store


CALLS = {
    "names": lambda backend: backend.job_type_names(),
    "names by name, last first": lambda backend: backend.job_type_names(order="-name"),
    "the list": lambda backend: backend.job_types(),
    "deprecated types": lambda backend: backend.job_types(is_active=False),
    "system types": lambda backend: backend.job_types(is_system=True),
    "types by id": lambda backend: backend.job_types(id=[13, 14, 16]),
    "types in an order": lambda backend: backend.job_types(order=["is_active", "-last_modified"]),
    "a page of types": lambda backend: backend.job_types(page=2, page_size=10),
    "versions": lambda backend: backend.versions("ortho-rectify"),
    "deprecated versions": lambda backend: backend.versions("ortho-rectify", is_active=False),
    "revisions": lambda backend: backend.revisions("scene-parser", "1.2.0"),
    "errors": lambda backend: backend.errors(),
    "errors of a category": lambda backend: backend.errors(category="SYSTEM"),
    "errors of two": lambda backend: backend.errors(category=["SYSTEM", "DATA"]),
    "errors of a type": lambda backend: backend.errors(job_type_name="ship-finder"),
    "errors in an order": lambda backend: backend.errors(order="-name"),
    "jobs": lambda backend: backend.jobs(),
    "a page of jobs": lambda backend: backend.jobs(page=3, page_size=30),
    "jobs of a status": lambda backend: backend.jobs(status=["FAILED", "COMPLETED"]),
    "jobs of a window": lambda backend: backend.jobs(started="2026-09-24T22:00:00Z", ended="2026-09-25T02:00:00Z"),
    "jobs by id": lambda backend: backend.jobs(job_id=[1, 2, 40]),
    "the first jobs": lambda backend: backend.jobs(limit=7),
    "no jobs": lambda backend: backend.jobs(status="BLOCKED", error_id=987_654),
}


@pytest.mark.parametrize("name", CALLS)
def test_the_frames_are_equal(scale, store, name):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", jt.ResultCut)
        live, local = CALLS[name](scale), CALLS[name](store)
    assert name == "no jobs" or len(live)
    pd.testing.assert_frame_equal(live, local)
    assert live.attrs["count"] == local.attrs["count"]


@pytest.mark.parametrize("place", [one for one in replay.Recorded.DETAILS if "revisions" not in one])
def test_the_details_are_equal(scale, store, place):
    name, version = place.split("/")[1:3]
    assert scale.job_type(name, version) == store.job_type(name, version)


@pytest.mark.parametrize("number", [1, 4])
def test_the_revisions_are_equal(scale, store, number):
    assert scale.revision("scene-parser", "1.2.0", number) == store.revision("scene-parser", "1.2.0", number)


STATISTICS = {
    "status": ("job-types/status/", STATUS),
    "pending": ("job-types/pending/", PENDING),
    "running": ("job-types/running/", RUNNING),
    "system_failures": ("job-types/system-failures/", SYSTEM_FAILURE),
    "queue_status": ("queue/status/", QUEUE_STATUS),
}


@pytest.mark.parametrize("call", STATISTICS)
def test_a_statistic_counts_what_the_server_counted_and_says_the_truth_about_the_type(scale, recorded, call):
    """Jobs behind the statistics are not in the recordings; what the server falsifies is in its lists (D30, D31)."""
    place, resource = STATISTICS[call]
    found = getattr(scale, call)()
    rows = recorded.rows[place]
    counts = [one for row in rows for one in row.get("job_counts", [row])]
    assert int(found["count"].sum()) == sum(one["count"] for one in counts)
    assert list(found.columns) == list(resource.names)
    types = {one["id"]: one for one in recorded.rows["job-types/"]}
    for row in found.to_dict("records"):
        for name in ("is_system", "name", "version"):
            assert row[name] == types[row["job_type_id"]][name]
