"""Every recorded answer of a real Scale 7.2.2: what was read is loaded, and comes back as it was sent."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pytest
import recount
from recount import of_status, of_system_failures, of_waiting

import jobtype_toolkit as jt
from jobtype_toolkit.api.resources import (
    BASE_JOB_TYPE,
    ERROR,
    JOB,
    JOB_EXECUTION,
    JOB_TYPE,
    JOB_TYPE_NAME,
    JOB_TYPE_REVISION,
    JOB_TYPE_ROW,
    PENDING,
    QUEUE_STATUS,
    RUNNING,
    STATUS,
    SYSTEM_FAILURE,
    flat,
)
from jobtype_toolkit.frames import from_records

pytestmark = pytest.mark.slow

LISTS = [
    "list",
    "list-active-false",
    "list-combined",
    "list-id",
    "list-keyword",
    "list-keyword-dup-rows",
    "list-keyword-multi",
    "list-keyword-title-only",
    "list-order-name-desc",
    "list-page-size-1000",
    "list-page-size-3",
    "list-system-true",
    "list-unknown-param",
    "list-version-prerelease",
    "list-x-forwarded",
    "lowercase-token-scheme",
    "versions",
    "versions-inactive",
    "versions-paged",
    "versions-unknown-name",
]
DETAILS = [
    "details",
    "details-docs-test",
    "details-mounts",
    "details-secret",
    "details-system",
    "details-unicode",
    "get-after-config-workspace-only",
    "get-after-max-0",
    "get-after-patch-docs",
    "get-after-patch-manifest",
    "get-after-paused",
    "get-after-published-false",
]
NAMES = [
    "names",
    "names-active-false",
    "names-combined",
    "names-id",
    "names-keyword",
    "names-no-match",
    "names-order-desc",
    "names-page2",
]
REVISIONS = [
    "revision-details",
    "revision-details-latest",
    "revisions",
    "revisions-after-docker-image",
    "revisions-after-patch-manifest",
]
ERRORS = ["error-details", "errors", "errors-category-SYSTEM", "errors-job-type-name", "errors-order", "errors-page"]
JOBS = [
    "empty-jobs",
    "job-details-COMPLETED",
    "job-details-FAILED",
    "job-details-PENDING",
    "job-details-RUNNING",
    "jobs",
    "jobs-error-category",
    "jobs-job-id",
    "jobs-keyset-step-1",
    "jobs-keyset-step-2",
    "jobs-keyset-step-3",
    "jobs-order-desc",
    "jobs-order-relation",
    "jobs-page-size-1",
    "jobs-page-size-5",
    "jobs-reader",
    "jobs-source-task",
    "jobs-source-tasks",
    "jobs-started",
    "jobs-started-ended",
    "jobs-status-BLOCKED",
    "jobs-status-FAILED",
    "jobs-status-PENDING",
    "jobs-status-RUNNING",
    "jobs-status-bogus",
    "jobs-status-two",
    "jobs-superseded",
    "jobs-type-id",
    "jobs-unknown-filter",
    "jobs-walk-page-1",
    "jobs-walk-page-2",
    "jobs-walk-page-3",
    "jobs-walk-page-4",
    "jobs-walk-page-last",
]
EXECUTIONS = ["job-executions", "job-executions-service", "job-executions-unknown-job"]
STATISTICS = {
    "empty-status": STATUS,
    "status": STATUS,
    "status-active-false": STATUS,
    "status-active-true": STATUS,
    "status-ended-only": STATUS,
    "status-future": STATUS,
    "status-page": STATUS,
    "status-range": STATUS,
    "status-range-reversed": STATUS,
    "status-started-duration-1D": STATUS,
    "status-started-duration-60D": STATUS,
    "status-started-fmt-PT3H": STATUS,
    "status-started-iso-offset": STATUS,
    "empty-pending": PENDING,
    "pending": PENDING,
    "pending-page": PENDING,
    "empty-running": RUNNING,
    "running": RUNNING,
    "running-page": RUNNING,
    "empty-system-failures": SYSTEM_FAILURE,
    "system-failures": SYSTEM_FAILURE,
    "system-failures-page": SYSTEM_FAILURE,
    "system-failures-page-2": SYSTEM_FAILURE,
    "queue-status": QUEUE_STATUS,
    "queue-status-empty": QUEUE_STATUS,
    "queue-status-page": QUEUE_STATUS,
}
NOT_USED = {
    "names-page-past-empty": "an error: page 2 of nothing is 404; the contract suite tests the page",
    "version": "a system service, not one of the read services",
}
"""Recorded GET answers that nothing here uses, each with the reason. Answers that are no success, and writes, are for the client."""

LOADED = {
    **dict.fromkeys([*LISTS, *DETAILS], "job_types"),
    **dict.fromkeys(REVISIONS, "job_type_revisions"),
    **dict.fromkeys(ERRORS, "errors"),
    **dict.fromkeys(JOBS, "jobs"),
    **dict.fromkeys(EXECUTIONS, "job_executions"),
}
"""Recording → resource."""
FIELDS = {
    "job_types": JOB_TYPE,
    "job_type_revisions": JOB_TYPE_REVISION,
    "errors": ERROR,
    "jobs": JOB,
    "job_executions": JOB_EXECUTION,
}
TABLE = {
    "job_types": "job_type",
    "job_type_revisions": "job_type_revision",
    "errors": "error",
    "jobs": "job",
    "job_executions": "job_execution",
}
TIMES = {
    field.name
    for one in (*FIELDS.values(), STATUS, PENDING, RUNNING, SYSTEM_FAILURE, QUEUE_STATUS)
    for field in one.fields
    if field.type == "time"
}


def results(body: Any) -> list[dict[str, Any]]:
    return body["results"] if isinstance(body, dict) and "results" in body else [body]


def when(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value).astimezone(UTC)


def plain(value: Any) -> Any:
    """Return a cell of a frame as Python has it, missing as None."""
    if isinstance(value, (list, dict)):
        return value
    if value is None or value is pd.NaT or value is pd.NA or value != value:  # noqa: PLR0124 - NaN
        return None
    if isinstance(value, pd.Timestamp):
        return value.to_pydatetime().astimezone(UTC)
    return value.item() if hasattr(value, "item") else value


def sent(record: Mapping[str, Any], name: str) -> Any:
    return when(record[name]) if name in TIMES else record[name]


@pytest.fixture(scope="module")
def load(tmp_path_factory):
    """Load the bodies of some recordings into a new store."""

    def into(store: jt.Store, resource: str, *bodies: Any, source: str = "local") -> jt.Store:
        pages = tmp_path_factory.mktemp(resource)
        for place, body in enumerate(bodies):
            (pages / f"{place:03}.json").write_text(json.dumps(body, ensure_ascii=False), encoding="utf-8")
        report = store.load(pages, resource, source=source, strict=True)
        assert report.rows == sum(len(results(body)) for body in bodies)
        return store

    return into


APART = 10**9
"""The ids of the recordings of a resource, which overlap, are moved so far apart that one load takes them all."""


def moved(name: str, record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a record of a recording with the id that it has in the common store."""
    return {**record, "id": record["id"] + APART * (1 + [*LOADED].index(name))}


@pytest.fixture(scope="module")
def loaded(recording, load):
    """Give the rows that a recording became in its resource's table; each resource is loaded once."""
    tables: dict[str, pd.DataFrame] = {}

    def apart(name: str) -> Any:
        body = recording(name)
        is_list = isinstance(body, dict) and "results" in body
        return {**body, "results": [moved(name, one) for one in body["results"]]} if is_list else moved(name, body)

    def get(name: str) -> pd.DataFrame:
        resource = LOADED[name]
        if resource not in tables:
            store = load(jt.open(), resource, *(apart(one) for one in LOADED if LOADED[one] == resource))
            assert store.check().is_sound
            tables[resource] = store.sql(f"FROM {TABLE[resource]} WHERE load_id = 1")
        first = moved(name, {"id": 0})["id"]
        return tables[resource][tables[resource]["id"].between(first, first + APART - 1)]

    return get


def test_every_recorded_read_is_used_or_listed_with_a_reason(shared):
    seen = set()
    for path in (shared / "recordings").glob("*.json"):
        exchange = json.loads(path.read_text(encoding="utf-8"))
        if exchange["request"]["method"] == "GET" and exchange["response"]["status"] == 200:
            seen.add(path.stem)
    used = {*LOADED, *NAMES, *STATISTICS}
    assert seen - used - set(NOT_USED) == set()
    assert used - seen == set()
    assert used & set(NOT_USED) == set()


@pytest.mark.parametrize("name", LOADED)
def test_a_recorded_answer_decodes_and_loads_with_every_field_equal(recording, loaded, name):
    resource, body = LOADED[name], recording(name)
    found = loaded(name).set_index("id", drop=False)
    assert len(found) == len({record["id"] for record in results(body)})
    for record in (moved(name, one) for one in results(body)):
        row, expected = found.loc[record["id"]], flat(record, FIELDS[resource].fields)
        for field in FIELDS[resource].fields:
            if field.name not in row.index:
                continue
            cell = plain(row[field.name])
            if field.type == "json":
                cell = json.loads(cell) if isinstance(cell, str) else cell
            assert cell == (when(expected[field.name]) if field.type == "time" else expected[field.name]), field.name


OF_JOB_DETAILS = {
    "configuration",
    "execution",
    "input",
    "job_type_rev.created",
    "job_type_rev.docker_image",
    "job_type_rev.manifest",
    "output",
    "resources",
    "superseded_by_job",
}
"""What the details of a job have beyond its list row: kept, and not in the vocabulary."""


@pytest.mark.parametrize("name", LOADED)
def test_only_the_details_of_a_job_have_fields_beyond_the_vocabulary(recording, loaded, name):
    extra = loaded(name)["extra"].dropna()
    if not name.startswith("job-details"):
        assert len(extra) == 0
        return
    body = recording(name)
    sent_beyond = {**body, **{f"job_type_rev.{key}": value for key, value in body["job_type_rev"].items()}}
    kept = json.loads(extra.iloc[0])
    assert kept == {key: sent_beyond[key] for key in OF_JOB_DETAILS if sent_beyond[key] is not None}


# Names, list, versions, details, revisions, errors, as a server answers them.


@pytest.fixture(scope="module")
def types(recording, load) -> jt.Store:
    """A store with the whole recorded list, and the details that were recorded of the same state."""
    store = load(jt.open(), "job_types", recording("list"))
    return load(store, "errors", recording("errors"))


@pytest.mark.parametrize("name", ["names", "names-order-desc"])
def test_names_come_back_equal(types, recording, name):
    """`versions` has no order on a server; here it has."""
    found = types.job_type_names().set_index("name", drop=False)
    body = results(recording(name))
    assert set(found["name"]) == {record["name"] for record in body}
    for record in body:
        assert set(record) == set(JOB_TYPE_NAME.names)
        for field in JOB_TYPE_NAME.names:
            cell = plain(found.loc[record["name"], field])
            assert (
                (sorted(cell), record["name"]) == (sorted(record[field]), record["name"])
                if field == "versions"
                else cell == record[field]
            )


def test_the_order_of_names_is_that_of_the_server(types, recording):
    assert list(types.job_type_names()["name"]) == [record["name"] for record in results(recording("names"))]


def test_the_list_comes_back_equal(types, recording):
    found = types.job_types().set_index("id", drop=False)
    body = results(recording("list"))
    assert len(found) == len(body) == 37
    for record in body:
        assert set(record) == set(JOB_TYPE_ROW.names)
        assert {name: plain(found.loc[record["id"], name]) for name in record} == {
            name: sent(record, name) for name in record
        }
    assert [str(name).lower() for name in found["name"]] == [record["name"].lower() for record in body]


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("list-active-false", {"is_active": False}),
        ("list-system-true", {"is_system": True}),
        ("list-id", {"id": [13, 14]}),
        ("list-keyword-title-only", {"keyword": "vegetation"}),
        ("list-page-size-1000", {"page_size": 1000}),
    ],
)
def test_filters_of_the_list_choose_what_the_server_chose(types, recording, name, arguments):
    assert set(types.job_types(**arguments)["id"]) == {record["id"] for record in results(recording(name))}


def test_versions_come_back_equal_newest_first_by_semver(types, recording):
    found = types.versions("ortho-rectify")
    assert list(found["version"]) == ["1.10.0", "1.9.0", "1.0.0", "0.9.0"]
    body = {record["version"]: record for record in results(recording("versions"))}
    for row in found.to_dict("records"):
        record = body[row["version"]]
        assert {name: plain(row[name]) for name in record} == {name: sent(record, name) for name in record}
    inactive = [record["version"] for record in results(recording("versions-inactive"))]
    assert list(types.versions("ortho-rectify", is_active=False)["version"]) == inactive


def test_an_unknown_name_is_not_found_where_a_server_says_nothing(types, recording):
    assert recording("versions-unknown-name")["count"] == 0
    with pytest.raises(jt.NotFound):
        types.versions("no-such-job")


@pytest.fixture(scope="module")
def details() -> jt.Store:
    """A store that takes each recorded job type as a source of its own."""
    return jt.open()


@pytest.mark.parametrize("name", DETAILS)
def test_details_come_back_equal(recording, load, details, name):
    record = recording(name)
    load(details, "job_types", record, source=name)
    found = details.job_type(record["name"], record["version"], source=name)
    assert set(record) == set(JOB_TYPE.names)
    assert {key: found[key] for key in record} == {key: sent(record, key) for key in record}
    assert found.extra == {}


def test_details_after_the_list_add_to_it(types, recording, load):
    store = load(load(jt.open(), "job_types", recording("list")), "job_types", recording("details"))
    assert store.job_type("scene-parser", "1.2.0").manifest == recording("details")["manifest"]
    assert len(store.job_types()) == 37


def test_revisions_come_back_equal(recording, load):
    store = load(jt.open(), "job_type_revisions", recording("revisions"))
    found = store.revisions("scene-parser", "1.2.0")
    body = results(recording("revisions"))
    assert (
        [int(number) for number in found["revision_num"]] == [record["revision_num"] for record in body] == [4, 3, 2, 1]
    )
    for row, record in zip(found.to_dict("records"), body, strict=True):
        assert (row["id"], row["docker_image"]) == (record["id"], record["docker_image"])
        assert plain(row["created"]) == when(record["created"])
        assert (row["job_type_id"], row["name"], row["version"]) == (16, "scene-parser", "1.2.0")


def test_revision_details_come_back_equal(recording, load):
    for name in ("revision-details", "revision-details-latest"):
        record = recording(name)
        found = load(jt.open(), "job_type_revisions", record).revision("scene-parser", "1.2.0", record["revision_num"])
        assert found.manifest == record["manifest"]
        assert (found.id, found.docker_image, found.created) == (
            record["id"],
            record["docker_image"],
            when(record["created"]),
        )


def test_the_job_type_inside_a_revision_is_inferred_as_it_is_now(recording, load):
    record = recording("revision-details")
    store = load(jt.open(), "job_type_revisions", record)
    row = store.job_types().iloc[0]
    assert {name: plain(row[name]) for name in BASE_JOB_TYPE.names} == record["job_type"]


def test_errors_come_back_equal(types, recording):
    found = types.errors().set_index("id", drop=False)
    body = results(recording("errors"))
    assert len(found) == len(body) == 100
    for record in body:
        assert {name: plain(found.loc[record["id"], name]) for name in record} == {
            name: sent(record, name) for name in record
        }
    last = [when(record["last_modified"]) for record in body]
    assert [plain(one) for one in found["last_modified"]] == last


# The statistics decode into the rows of our frames.


def decoded(name: str, body: Mapping[str, Any]) -> pd.DataFrame:
    """Return a recorded statistic as the frame that a client would make of it."""
    fields = STATISTICS[name].fields
    rows = []
    for record in results(body):
        if STATISTICS[name] is STATUS:
            counts = record["job_counts"] or [{"status": None, "category": None, "count": 0, "most_recent": None}]
            rows += [flat({**record, **count}, fields) for count in counts]
        else:
            rows.append(flat(record, fields))
    return from_records(rows, fields)


@pytest.mark.parametrize("name", STATISTICS)
def test_a_recorded_statistic_has_every_field_of_our_rows_and_no_other(recording, name):
    frame = decoded(name, recording(name))
    fields = STATISTICS[name].fields
    assert [str(kind) for kind in frame.dtypes] == [field.dtype for field in fields]
    for record in results(recording(name)):
        leaves = {
            f"{outer}.{inner}" if isinstance(value, dict) else outer
            for outer, value in record.items()
            for inner in (value if isinstance(value, dict) else [None])
        } - {"job_counts"}
        ours = {".".join(field.json_path) for field in fields} - {"status", "category", "most_recent"}
        assert leaves == ours - ({"count"} if STATISTICS[name] is STATUS else set())
        for count in record.get("job_counts", ()):
            assert set(count) == {"status", "category", "count", "most_recent"}


def test_the_columns_of_a_recorded_statistic_are_those_of_a_stores_frame(types, recording):
    for call, name in {
        "status": "status",
        "pending": "pending",
        "running": "running",
        "system_failures": "system-failures",
        "queue_status": "queue-status",
    }.items():
        pd.testing.assert_series_equal(getattr(types, call)().dtypes, decoded(name, recording(name)).dtypes)


def test_the_windows_of_the_recorded_status_are_those_of_the_rules(recording):
    """Equal or reversed and future windows hold RUNNING jobs only; sixty days hold all seven statuses."""
    for name in ("status-future", "status-range-reversed", "status-ended-only"):
        assert set(decoded(name, recording(name))["status"].dropna()) == {"RUNNING"}
    assert decoded("status-started-duration-60D", recording("status-started-duration-60D"))["status"].nunique() == 7


# The analyses over recorded jobs.

SETS = {
    "the walk": ["jobs-walk-page-1", "jobs-walk-page-2", "jobs-walk-page-3", "jobs-walk-page-4", "jobs-walk-page-last"],
    "by key": ["jobs-keyset-step-1", "jobs-keyset-step-2", "jobs-keyset-step-3"],
    "everything": [name for name in JOBS if not name.startswith(("empty", "job-details"))],
}


@pytest.fixture(scope="module", params=SETS)
def jobs(request, recording, load):
    """(store, jobs as `recount` takes them) of a set of recorded pages."""
    bodies = [recording(name) for name in SETS[request.param]]
    store = load(jt.open(), "jobs", *bodies)
    newest: dict[int, dict[str, Any]] = {}
    for record in (record for body in bodies for record in results(body)):
        known = newest.get(record["id"])
        if known is None or when(record["last_modified"]) >= when(known["last_modified"]):
            newest[record["id"]] = record
    rows = [
        {
            "type": (record["job_type"]["name"], record["job_type"]["version"]),
            "status": record["status"],
            "changed": when(record["last_status_change"]),
            "queued": when(record["queued"]),
            "error": (record["error"] or {}).get("name"),
            "category": (record["error"] or {}).get("category"),
        }
        for record in newest.values()
    ]
    return store, rows


WINDOWS = [
    (datetime(2026, 1, 1, tzinfo=UTC), None),
    (datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 8, tzinfo=UTC)),
    (datetime(2026, 11, 23, 20, 3, tzinfo=UTC), datetime(2026, 11, 23, 20, 5, tzinfo=UTC)),
    (datetime(2026, 11, 8, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)),
    (datetime(2030, 1, 1, tzinfo=UTC), None),
]


@pytest.mark.parametrize(("started", "ended"), WINDOWS)
def test_status_of_recorded_jobs_equals_a_recount(jobs, started, ended):
    store, rows = jobs
    types = {row["type"] for row in rows}
    assert of_status(store.status(started=started, ended=ended)) == recount.status(rows, types, started, ended)


def test_every_instant_at_which_a_recorded_job_changed_is_a_boundary_that_holds(jobs):
    store, rows = jobs
    types = {row["type"] for row in rows}
    moments = sorted({row["changed"] for row in rows})
    for started, ended in list(zip(moments, moments[3:], strict=False))[:: max(1, len(moments) // 12)]:
        assert of_status(store.status(started=started, ended=ended)) == recount.status(rows, types, started, ended)


def test_pending_running_queue_and_failures_of_recorded_jobs_equal_a_recount(jobs):
    store, rows = jobs
    assert of_waiting(store.pending(), "longest_pending") == recount.waiting(rows, "PENDING")
    assert of_waiting(store.running(), "longest_running") == recount.waiting(rows, "RUNNING")
    assert of_waiting(store.queue_status(), "longest_queued") == recount.waiting(rows, "QUEUED", "queued")
    assert of_system_failures(store.system_failures()) == recount.system_failures(rows)


def test_the_default_now_is_the_newest_change(jobs):
    store, rows = jobs
    newest = max(row["changed"] for row in rows)
    assert store.as_of >= newest
    three_hours = of_status(store.status())
    assert three_hours == recount.status(rows, {row["type"] for row in rows}, store.as_of - timedelta(hours=3), None)


def test_the_walk_in_the_order_of_the_server_is_the_order_of_jobs(recording, load):
    bodies = [recording(f"jobs-walk-page-{number}") for number in (1, 2, 3, 4)]
    store = load(jt.open(), "jobs", *bodies[::-1])
    expected = [record["id"] for body in bodies for record in results(body)]
    assert list(store.jobs()["id"]) == expected
    assert list(store.jobs(order=["last_modified", "id"])["id"]) == expected
