"""The examples of the public page "v6 Job Type Services", mended to valid JSON: they load, and their values come out.

Mended is only the syntax: a missing comma after a version, `"is_published", true`, an ellipsis, a trailing comma. The ids and
values are those of the page; what it leaves out (`manifest`, `configuration` as `{ ... }`) is taken from its own POST example.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pandas as pd
import pytest

from jobtype_toolkit.api.resources import JOB_TYPE_NAME, PENDING, RUNNING, STATUS, SYSTEM_FAILURE, VALIDATION, flat
from jobtype_toolkit.frames import from_records


def page(*results: dict[str, Any]) -> dict[str, Any]:
    return {"count": len(results), "next": None, "previous": None, "results": list(results)}


CREATED = "2015-03-11T00:00:00Z"
THEN = datetime(2015, 3, 11, tzinfo=UTC)

NAME = {
    "name": "my-job",
    "title": "My Job",
    "description": "A simple job type",
    "icon_code": "f013",
    "versions": ["1.0.0"],
    "latest_version": "1.0.0",
}
LISTED = {
    "id": 3,
    "name": "my-job",
    "version": "1.0.0",
    "title": "My Job",
    "description": "A simple job type",
    "icon_code": "f013",
    "is_published": True,
    "is_active": True,
    "is_paused": False,
    "is_system": False,
    "max_scheduled": 1,
    "revision_num": 1,
    "docker_image": "my-job-1.0.0-seed:1.0.0",
    "created": CREATED,
    "deprecated": None,
    "paused": None,
    "last_modified": CREATED,
}
VERSION = {**LISTED, "unmet_resources": "chocolate,vanilla"}
MANIFEST = {
    "seedVersion": "1.0.0",
    "job": {
        "jobVersion": "1.0.0",
        "packageVersion": "1.0.0",
        "name": "test",
        "title": "Job to demonstrate job type APIs",
        "description": "Reads input file and spit out specified number of bytes as output",
        "tags": ["sample", "job"],
        "timeout": 3600,
        "maintainer": {"email": "jdoe@example.com", "name": "John Doe"},
        "errors": [
            {
                "category": "data",
                "code": 1,
                "description": "There was a problem with input data",
                "title": "Data Issue discovered",
            },
            {
                "category": "job",
                "code": 2,
                "description": "Expected environment not provided",
                "title": "Missing environment",
            },
        ],
        "interface": {
            "command": "${INPUT_TEXT} ${INPUT_FILES} ${READ_LENGTH}",
            "inputs": {
                "files": [{"mediaTypes": ["text/plain"], "name": "INPUT_TEXT", "partial": True}],
                "json": [{"name": "READ_LENGTH", "type": "integer"}],
            },
            "mounts": [{"mode": "ro", "name": "MOUNT_PATH", "path": "/the/container/path"}],
            "settings": [{"name": "DB_HOST", "secret": False}, {"name": "DB_PASS", "secret": True}],
        },
        "resources": {"scalar": [{"name": "cpus", "value": 1.5}, {"inputMultiplier": 4, "name": "disk", "value": 11}]},
    },
}
CONFIGURATION = {
    "mounts": {
        "mount_1": {"type": "host", "host_path": "/the/host/path"},
        "mount_2": {"type": "volume", "driver": "docker-driver", "driver_opts": {"opt_1": "foo"}},
    },
    "output_workspaces": {"default": "workspace_1", "outputs": {"output_1": "workspace_2"}},
    "priority": 100,
    "settings": {"setting_1": "foo", "setting_2": "bar"},
}
DETAILS = {**VERSION, "max_tries": 3, "manifest": MANIFEST, "configuration": CONFIGURATION, "recipe_types": []}
REVISION = {
    "id": 3,
    "job_type": {
        "name": "my-job",
        "version": "1.0.0",
        "title": "My first job",
        "description": "My very first job",
        "is_active": True,
        "is_paused": False,
        "is_published": False,
        "icon_code": "f013",
        "unmet_resources": "chocolate,vanilla",
    },
    "revision_num": 1,
    "docker_image": "my-job-1.0.0-seed:1.0.0",
    "created": CREATED,
}
REVISION_DETAILS = {**REVISION, "manifest": ""}
INGEST = {
    "id": 1,
    "name": "scale-ingest",
    "version": "1.0",
    "title": "Scale Ingest",
    "description": "Ingests a source file into a workspace",
    "is_active": True,
    "is_paused": False,
    "is_published": True,
    "icon_code": "f013",
    "unmet_resources": "chocolate,vanilla",
}
CLOCK = {
    **INGEST,
    "id": 3,
    "name": "scale-clock",
    "title": "Scale Clock",
    "description": "Monitors a directory for incoming files to ingest",
}
STATUS_ANSWER = page(
    {
        "job_type": INGEST,
        "job_counts": [
            {"status": "RUNNING", "count": 1, "most_recent": "2015-08-31T22:09:12.674Z", "category": None},
            {"status": "FAILED", "count": 2, "most_recent": "2015-08-31T19:28:30.799Z", "category": "SYSTEM"},
            {"status": "COMPLETED", "count": 57, "most_recent": "2015-08-31T21:51:40.900Z", "category": None},
        ],
    },
    {"job_type": CLOCK, "job_counts": []},
)
PENDING_ANSWER = page(
    {"job_type": {**CLOCK, "description": ""}, "count": 1, "longest_pending": "2015-09-08T15:43:15.681Z"}
)
RUNNING_ANSWER = page(
    {"job_type": {**CLOCK, "description": ""}, "count": 1, "longest_running": "2015-09-08T15:43:15.681Z"}
)
ERROR = {
    "id": 1,
    "name": "Unknown",
    "description": "The error that caused the failure is unknown.",
    "category": "SYSTEM",
    "is_builtin": True,
    "should_be_retried": True,
    "created": CREATED,
    "last_modified": CREATED,
}
FAILURES_ANSWER = page(
    {
        "job_type": {**CLOCK, "description": ""},
        "error": ERROR,
        "count": 38,
        "first_error": "2015-08-28T23:29:28.719Z",
        "last_error": "2015-09-08T16:27:42.243Z",
    }
)
VALIDATED = {
    "is_valid": True,
    "errors": [],
    "warnings": [{"name": "EXAMPLE_WARNING", "description": "This is an example warning."}],
}


def test_the_documented_name_decodes_and_what_it_leaves_out_is_missing():
    row = from_records([flat(NAME, JOB_TYPE_NAME.fields)], JOB_TYPE_NAME.fields).iloc[0]
    assert (row["name"], row["title"], row["icon_code"]) == ("my-job", "My Job", "f013")
    assert (row["versions"], row["latest_version"]) == (["1.0.0"], "1.0.0")
    assert pd.isna(row["is_published"])


def test_the_documented_list_loads(store, write):
    assert store.load(write("list.json", page(LISTED)), "job_types", strict=True).new == 1
    row = store.job_types().iloc[0]
    assert (row["id"], row["name"], row["version"], row["max_scheduled"]) == (3, "my-job", "1.0.0", 1)
    assert (row["title"], row["description"], row["docker_image"]) == (
        "My Job",
        "A simple job type",
        "my-job-1.0.0-seed:1.0.0",
    )
    assert (bool(row["is_published"]), bool(row["is_active"]), bool(row["is_paused"])) == (True, True, False)
    assert row["created"] == row["last_modified"] == THEN
    assert pd.isna(row["deprecated"])
    assert pd.isna(row["max_tries"])  # which the documented list lacks (D8)
    name = store.job_type_names().iloc[0]
    assert {key: name[key] for key in NAME} == NAME


def test_the_documented_version_loads(store, write):
    store.load(write("versions.json", page(VERSION)), "job_types", strict=True)
    assert store.versions("my-job")["unmet_resources"].iloc[0] == "chocolate,vanilla"


def test_the_documented_details_load(store, write):
    store.load(write("details.json", DETAILS), "job_types", strict=True)
    found = store.job_type("my-job", "1.0.0")
    undeclared = {**DETAILS["configuration"], "settings": {}}  # the documented manifest declares none of its settings
    expected = {**DETAILS, "created": THEN, "last_modified": THEN, "configuration": undeclared}
    assert {key: found[key] for key in DETAILS} == expected
    assert found.max_tries == 3
    assert found.configuration["mounts"]["mount_2"]["driver_opts"] == {"opt_1": "foo"}
    assert list(store.job_types(keyword="sampl")["id"]) == [3]


@pytest.mark.parametrize("known", [True, False])
def test_the_documented_revision_loads_though_its_job_type_has_no_id(store, write, known):
    """With `id` it would find its job type by that (D37); by name and version it must too."""
    if known:
        store.load(write("list.json", page(LISTED)), "job_types")
    assert store.load(write("revisions.json", page(REVISION)), "job_type_revisions", strict=True).new == 1
    row = store.revisions("my-job", "1.0.0").iloc[0]
    assert (row["id"], row["revision_num"], row["docker_image"], row["created"]) == (
        3,
        1,
        "my-job-1.0.0-seed:1.0.0",
        THEN,
    )
    assert (row["name"], row["version"]) == ("my-job", "1.0.0")
    if known:
        assert row["job_type_id"] == 3
    assert store.check().is_sound


def test_the_documented_revision_details_load_though_the_manifest_is_an_empty_string(store, write):
    assert store.load(write("revision.json", REVISION_DETAILS), "job_type_revisions", strict=True).new == 1
    found = store.revision("my-job", "1.0.0", 1)
    assert found.docker_image == "my-job-1.0.0-seed:1.0.0"
    assert not found.manifest


def test_a_type_inferred_from_the_documented_revision_says_what_the_revision_says(store, write):
    store.load(write("revisions.json", page(REVISION)), "job_type_revisions")
    row = store.job_types().iloc[0]
    assert (row["title"], row["description"]) == ("My first job", "My very first job")
    assert row["unmet_resources"] == "chocolate,vanilla"


def test_the_documented_status_decodes():
    rows = [
        flat({**record, **count}, STATUS.fields)
        for record in STATUS_ANSWER["results"]
        for count in record["job_counts"] or [{"count": 0}]
    ]
    found = from_records(rows, STATUS.fields)
    assert list(found["job_type_id"]) == [1, 1, 1, 3]
    assert list(found["count"]) == [1, 2, 57, 0]
    assert list(found["status"].fillna("")) == ["RUNNING", "FAILED", "COMPLETED", ""]
    assert list(found["category"].fillna("")) == ["", "SYSTEM", "", ""]
    assert found["most_recent"].iloc[0] == pd.Timestamp("2015-08-31T22:09:12.674Z")
    assert pd.isna(found["most_recent"].iloc[3])
    assert found["is_system"].isna().all()  # which the documented object lacks (D39)
    assert set(found["unmet_resources"]) == {"chocolate,vanilla"}


@pytest.mark.parametrize(
    ("answer", "resource", "column"),
    [(PENDING_ANSWER, PENDING, "longest_pending"), (RUNNING_ANSWER, RUNNING, "longest_running")],
)
def test_the_documented_pending_and_running_decode(answer, resource, column):
    row = from_records([flat(record, resource.fields) for record in answer["results"]], resource.fields).iloc[0]
    assert (row["job_type_id"], row["name"], row["version"], row["count"]) == (3, "scale-clock", "1.0", 1)
    assert row[column] == pd.Timestamp("2015-09-08T15:43:15.681Z")
    assert row["description"] == ""


def test_the_documented_system_failures_decode():
    row = from_records(
        [flat(record, SYSTEM_FAILURE.fields) for record in FAILURES_ANSWER["results"]], SYSTEM_FAILURE.fields
    ).iloc[0]
    assert (row["name"], row["error_id"], row["error_name"], row["count"]) == ("scale-clock", 1, "Unknown", 38)
    assert row["error_description"] == "The error that caused the failure is unknown."
    assert bool(row["error_is_builtin"]) is bool(row["error_should_be_retried"]) is True
    assert pd.isna(row["error_title"])
    assert row["first_error"] == pd.Timestamp("2015-08-28T23:29:28.719Z")
    assert row["last_error"] == pd.Timestamp("2015-09-08T16:27:42.243Z")
    assert row["error_created"] == THEN


def test_the_documented_validation_decodes():
    found = from_records([flat(one, VALIDATION.fields) for one in VALIDATED["warnings"]], VALIDATION.fields)
    assert found.to_dict("records") == VALIDATED["warnings"]


def test_a_history_like_the_documented_one_gives_the_documented_statistics(store, write):
    """1 running, 2 failed, 57 completed of scale-ingest, scale-clock with nothing; and 38 failures of `Unknown`."""

    def job(id: int, of: dict[str, Any], status: str, moment: str, **more: Any) -> dict[str, Any]:
        return {
            "id": id,
            "job_type": of,
            "status": status,
            "last_status_change": moment,
            "last_modified": moment,
            **more,
        }

    history = [job(1, INGEST, "RUNNING", "2015-08-31T22:09:12.674Z")]
    history += [job(10 + n, INGEST, "FAILED", f"2015-08-31T19:28:{30 - n}.799Z", error=ERROR) for n in (0, 1)]
    history += [job(100 + n, INGEST, "COMPLETED", f"2015-08-31T21:{51 - n % 50:02}:40.900Z") for n in range(57)]
    store.load(write("types.json", page(INGEST, CLOCK)), "job_types")
    store.load(write("jobs.json", page(*history)), strict=True)
    found = store.status(now="2015-08-31T22:10:00Z")
    counted = {
        (row["name"], row["status"]): (row["count"], row["most_recent"])
        for row in found.dropna(subset="status").to_dict("records")
    }
    assert counted == {
        ("scale-ingest", "RUNNING"): (1, pd.Timestamp("2015-08-31T22:09:12.674Z")),
        ("scale-ingest", "FAILED"): (2, pd.Timestamp("2015-08-31T19:28:30.799Z")),
        ("scale-ingest", "COMPLETED"): (57, pd.Timestamp("2015-08-31T21:51:40.900Z")),
    }
    assert list(found[found["status"] == "FAILED"]["category"]) == ["SYSTEM"]
    assert list(found[found["status"].isna()]["name"]) == ["scale-clock"]
    failures = store.system_failures().iloc[0]
    assert (failures["error_name"], failures["count"]) == ("Unknown", 2)
    assert bool(failures["error_is_builtin"]) is True
