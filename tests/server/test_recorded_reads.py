"""What a real Scale 7.2.2 answered, loaded into a store and asked of the server: the same bodies, key by key, in order."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from asking import Client

import jobtype_toolkit as jt
from jobtype_toolkit import testing
from jobtype_toolkit.api.resources import LET_GO

pytestmark = pytest.mark.slow

LOADED = (
    ("list-page-size-1000", "job_types"),
    ("details", "job_types"),
    ("details-mounts", "job_types"),
    ("details-secret", "job_types"),
    ("details-system", "job_types"),
    ("details-unicode", "job_types"),
    ("errors", "errors"),
    ("revisions", "job_type_revisions"),
    ("revision-details", "job_type_revisions"),
    ("jobs", "jobs"),
    ("job-executions", "job_executions"),
)


@pytest.fixture(scope="module")
def recorded(recording, tmp_path_factory) -> Iterator[Client]:
    """A client of a server that holds what some recordings tell."""
    folder: Path = tmp_path_factory.mktemp("recorded")
    store = jt.open()
    for name, resource in LOADED:
        path = folder / f"{name}.json"
        path.write_text(json.dumps(recording(name)), encoding="utf-8")
        assert store.load(path, resource, source="scale").rejected == 0
    with testing.serve(store) as server:
        yield Client(server)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("job-types/scene-parser/1.2.0/", "details"),
        ("job-types/ortho-rectify/1.10.0/", "details-mounts"),
        ("job-types/ship-finder/0.2.0/", "details-secret"),
        ("job-types/scale-ingest/1.0.0/", "details-system"),
        ("job-types/geotiff-validate/1.0.0/", "details-unicode"),
        ("job-types/ortho-rectify/", "versions"),
        ("job-types/ortho-rectify/?is_active=false", "versions-inactive"),
        ("job-types/ortho-rectify/?page_size=2", "versions-paged"),
        ("job-types/no-such-job/", "versions-unknown-name"),
        ("job-types/scene-parser/1.2.0/revisions/", "revisions"),
        ("job-types/scene-parser/1.2.0/revisions/1/", "revision-details"),
        ("job-types/?id=14", "list-id"),
        ("job-types/?keyword=Scene+Parser", "list-keyword-title-only"),
        ("job-type-names/?keyword=nosuch", "names-no-match"),
        ("errors/8/", "error-details"),
        ("errors/?job_type_name=ship-finder", "errors-job-type-name"),
        ("jobs/19916/executions/", "job-executions"),
        ("jobs/99999999/executions/", "job-executions-unknown-job"),
        ("job-executions/", "job-executions-service"),
        ("version/", "version"),
    ],
)
def test_an_answer_is_the_recorded_one_byte_for_byte(recorded, exchange, path, name):
    got = recorded("GET", f"/v6/{path}")
    body = json.dumps(exchange(name)["response"]["body"], separators=(",", ":"), ensure_ascii=False)
    assert got.status_code == 200
    assert got.content.decode().replace(recorded.url, "https://scale.example/api") == body
    names = {"Allow", "Content-Type", "Vary", "X-Content-Type-Options", "X-Frame-Options", "X-Xss-Protection"}
    told = dict(exchange(name)["response"]["headers"])
    assert {one: got.headers[one] for one in names} == {one: told[one] for one in names}
    assert got.headers["Content-Length"] == str(len(got.content))


def results(body: Mapping[str, Any]) -> dict[Any, Any]:
    return {row.get("id", row.get("name")): row for row in body["results"]}


@pytest.mark.parametrize(("path", "name"), [("job-types/", "list-page-size-1000"), ("errors/", "errors")])
def test_a_list_with_ties_has_the_recorded_rows(recorded, recording, path, name):
    got = results(recorded.get(f"/v6/{path}", page_size=1000).json())
    assert got == results(recording(name))
    assert {key: list(row) for key, row in got.items()} == {
        key: list(row) for key, row in results(recording(name)).items()
    }


def test_the_list_goes_by_the_name_whatever_its_case(recorded, recording):
    names = [row["name"] for row in recorded.get("/v6/job-types/", page_size=1000).json()["results"]]
    assert names == [row["name"] for row in recording("list-page-size-1000")["results"]]


def test_the_names_are_the_recorded_ones_but_for_the_order_of_their_versions(recorded, recording):
    def settled(body):
        return [row | {"versions": sorted(row["versions"])} for row in body["results"]]

    got = recorded.get("/v6/job-type-names/").json()
    assert settled(got) == settled(recording("names"))
    assert list(got["results"][0]) == list(recording("names")["results"][0])


def without_let_go(job: dict[str, Any]) -> dict[str, Any]:
    """A job without what the store does not keep of other resources."""
    paths = [path.split(".") for path in LET_GO if not path.endswith("*")]
    for head, *rest in paths:
        if rest and isinstance(job.get(head), dict):
            job[head].pop(rest[0], None)
    return job


def test_jobs_are_the_recorded_ones_but_for_what_no_store_keeps(recorded, recording):
    got, want = recorded.get("/v6/jobs/").json(), recording("jobs")
    assert [list(job) for job in got["results"]] == [list(job) for job in want["results"]]
    for have, told in zip(got["results"], want["results"], strict=True):
        for key in ("recipe", "batch", "node", "event", "job_type_rev", "error"):
            assert (have[key] and list(have[key])) == (told[key] and list(told[key]))
        assert without_let_go(have) == without_let_go(told)


@pytest.fixture(scope="module")
def sampled(sample) -> Iterator[Client]:
    """A client of a server of the sample."""
    with testing.serve(sample) as server:
        yield Client(server)


SHAPES = (
    ("job-types/status/?started=P36500D", "status-started-duration-60D"),
    ("job-types/pending/", "pending"),
    ("job-types/running/", "running"),
    ("job-types/system-failures/", "system-failures"),
    ("queue/status/", "queue-status"),
    ("jobs/?status=FAILED", "jobs-status-FAILED"),
)


def shape(value: Any) -> Any:
    """The keys of a body in order, of the first row of a list."""
    if isinstance(value, dict):
        return [(key, shape(inner)) for key, inner in value.items() if key != "manifest"]
    return shape(value[0]) if isinstance(value, list) and value else None


@pytest.mark.parametrize(("path", "name"), SHAPES, ids=[name for _, name in SHAPES])
def test_a_row_of_the_sample_has_the_recorded_keys_in_order(sampled, recording, path, name):
    got, want = sampled.get(f"/v6/{path}").json(), recording(name)
    assert got["results"]
    full = [row for row in got["results"] if row.get("job_counts") != [] and row.get("recipe", 1)]
    told = [row for row in want["results"] if row.get("job_counts") != [] and row.get("recipe", 1)]
    plain = [row for row in full if row.get("batch") is None and row.get("superseded_job") is None]
    keys = {key for key, _ in shape(plain[0])}
    assert [key for key, _ in shape(plain[0])] == [key for key, _ in shape((told or want["results"])[0])]
    for key in keys - {"batch", "superseded_job", "ingest_event", "event", "recipe", "node", "input_files"}:
        assert shape(plain[0][key]) == shape((told or want["results"])[0][key]), key


@pytest.mark.parametrize("status", ["COMPLETED", "FAILED", "PENDING", "RUNNING"])
def test_the_details_of_a_job_have_the_recorded_keys_in_order(sampled, recording, status):
    want = recording(f"job-details-{status}")
    number = sampled.get("/v6/jobs/", status=status, order="-id", page_size=1).json()["results"][0]["id"]
    got = sampled.get(f"/v6/jobs/{number}/").json()
    assert list(got) == list(want)
    assert list(got["job_type_rev"]) == list(want["job_type_rev"])
    if status in ("COMPLETED", "FAILED") and got["execution"] is not None:
        assert list(got["execution"]) == list(want["execution"])
