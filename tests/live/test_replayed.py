"""Every recorded exchange of a real Scale 7.2.2, played back to the client: frames, records, and errors by class and detail."""

from __future__ import annotations

import json
import re
import warnings
from urllib.parse import parse_qsl

import pandas as pd
import pytest
import replay
from loopback import Reply, listed

import jobtype_toolkit as jt
from jobtype_toolkit.api.resources import (
    ERROR,
    JOB,
    JOB_DETAILS,
    JOB_EXECUTION,
    JOB_TYPE,
    JOB_TYPE_NAME,
    JOB_TYPE_REVISION,
    JOB_TYPE_REVISION_ROW,
    JOB_TYPE_ROW,
    PENDING,
    QUEUE_STATUS,
    RUNNING,
    STATUS,
    SYSTEM_FAILURE,
    flat,
)
from jobtype_toolkit.live.error_mapping import LONGEST

NOT_REPLAYED = {
    "auth-token-bad": "the token service is not used: a token is given",
    "auth-token-ok": "the token service is not used: a token is given",
    "delete-405": "the client sends no DELETE",
    "list-head": "the client sends no HEAD",
    "list-v5": "the client asks below /v6/ only; `not-found` is the same page",
    "put-reader": "the client sends no PUT",
}
"""Recordings that no test plays back to the client, each with the reason."""

NAMES = [name for name in replay.names() if name not in NOT_REPLAYED]
KINDS = {name: (found["request"], found["response"]["status"]) for name in NAMES for found in [replay.exchange(name)]}
READS = [name for name, (request, status) in KINDS.items() if request["method"] == "GET" and status == 200]
MOVED = [name for name, (_, status) in KINDS.items() if status == 301]
WRITTEN = [name for name, (request, status) in KINDS.items() if request["method"] != "GET" and status < 300]
REFUSED = [name for name, (_, status) in KINDS.items() if status >= 400]

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not NAMES, reason=replay.ABSENT)]


def test_every_recording_is_played_back_or_listed_with_a_reason():
    assert sorted([*READS, *MOVED, *WRITTEN, *REFUSED, *NOT_REPLAYED]) == replay.names()


# What was read.


@pytest.fixture
def played(serving, client):
    """Give a client of a server that answers one recorded place with the recording, page 2 of it as past the end."""

    def of(name):
        request = replay.exchange(name)["request"]

        def answering(asked):
            place = asked.path.removeprefix("/api/v6/")
            if asked.path == f"/api{request['path']}":
                is_next = asked["page"] is not None and not (place == "jobs/" and "page" in request["params"])
                return Reply(404, {"detail": "Invalid page."}) if is_next else replay.reply(name)
            if place in ("job-types/", "errors/"):
                return listed(replay.results("list" if place == "job-types/" else "errors"), asked)
            return replay.reply("details-404-name")

        return client(serving(answering), clock=lambda: replay.moment(name))

    return of


def semver(version):
    """v6's rank of the versions that were recorded."""
    found = re.fullmatch(r"(\d+)\.(\d+)\.(\d+)", version)
    return [-int(one) for one in found.groups()] if found else [0, 0, 0]


def as_list(row):
    return (row["name"].lower(), semver(row["version"]), row["id"])


def counted(rows):
    """Status rows one a count, by the life of a job, then by category; a type without any keeps one."""
    life = ["PENDING", "BLOCKED", "QUEUED", "RUNNING", "FAILED", "COMPLETED", "CANCELED"]
    categories = ["SYSTEM", "ALGORITHM", "DATA", None]
    return [
        {"job_type": row["job_type"], **one}
        for row in rows
        for one in sorted(
            row["job_counts"] or [{"count": 0, "status": None}],
            key=lambda one: (life.index(one["status"] or "PENDING"), categories.index(one.get("category"))),
        )
    ]


def truthful(row):
    """A row of a statistic whose falsified fields are those of the lists (D30, D31)."""
    types = {one["id"]: one for one in replay.results("list")}
    errors = {one["id"]: one for one in replay.results("errors")}
    known = types.get(row["job_type"]["id"], {})
    made = {**row, "job_type": row["job_type"] | {key: known.get(key) for key in ("is_system", "unmet_resources")}}
    if "error" in row:
        known = errors.get(row["error"]["id"], {})
        flags = ("is_builtin", "should_be_retried", "job_type_name")
        made["error"] = row["error"] | {key: known.get(key) for key in flags}
    return made


def given(request, *kept):
    """The parameters of a recorded request as arguments of the client."""
    found = {}
    for key, value in parse_qsl(request["query_string"]):
        if key in kept:
            read = {"true": True, "false": False}.get(value, int(value) if key.endswith("id") else value)
            found.setdefault(key, []).append(read)
    return {key: values if len(values) > 1 else values[0] for key, values in found.items()}


FILTERS = ("keyword", "id", "is_active", "is_system")
JOB_FILTERS = ("started", "ended", "status", "job_id", "job_type_id", "error_category", "is_superseded", "source_task")


def time(row, name):
    return pd.Timestamp(row[name]) if row[name] else pd.Timestamp.max.tz_localize("UTC")


def asked_and_expected(scale, name):
    """(what the client answers, what was recorded as a frame)"""
    request, rows = KINDS[name][0], replay.results(name)
    path = request["path"].removeprefix("/v6/")
    if path == "job-type-names/":
        rows = [{**one, "versions": sorted(one["versions"], key=semver)} for one in rows]
        return scale.job_type_names(**given(request, *FILTERS)), replay.frame_of(
            sorted(rows, key=lambda one: one["name"]), JOB_TYPE_NAME.fields
        )
    if path == "job-types/":
        rows = sorted({one["id"]: one for one in rows}.values(), key=as_list)
        return scale.job_types(**given(request, *FILTERS)), replay.frame_of(rows, JOB_TYPE_ROW.fields)
    if path == "job-types/status/":
        found = scale.status(**given(request, "started", "ended", "is_active"))
        return found, replay.frame_of(counted(rows), STATUS.fields)
    waiting = {"job-types/pending/": ("pending", PENDING, "longest_pending"),
               "job-types/running/": ("running", RUNNING, "longest_running")}  # fmt: skip
    if path in waiting:
        call, resource, column = waiting[path]
        rows = sorted(rows, key=lambda one: (time(one, column), one["job_type"]["id"]))
        return getattr(scale, call)(), replay.frame_of(map(truthful, rows), resource.fields)
    if path == "job-types/system-failures/":
        rows = sorted(rows, key=lambda one: (one["job_type"]["id"], one["error"]["id"]))
        rows = sorted(rows, key=lambda one: time(one, "last_error"), reverse=True)
        return scale.system_failures(), replay.frame_of(map(truthful, rows), SYSTEM_FAILURE.fields)
    if path == "queue/status/":
        rows = sorted(rows, key=lambda one: (one["job_type"]["is_paused"], one["highest_priority"],
                                             time(one, "longest_queued"), one["job_type"]["id"]))  # fmt: skip
        return scale.queue_status(), replay.frame_of(map(truthful, rows), QUEUE_STATUS.fields)
    if path == "errors/":
        rows = sorted(rows, key=lambda one: (time(one, "last_modified"), one["id"]))
        order = given(request, "order").get("order")
        if order == "-name":
            rows = sorted(rows, key=lambda one: one["name"], reverse=True)
        found = scale.errors(**given(request, "category", "job_type_name"), order=order)
        return found, replay.frame_of(rows, ERROR.fields)
    if path == "jobs/":
        return jobs_and_expected(scale, request, rows)
    if path.endswith("/executions/"):
        number = int(path.split("/")[1])
        return scale.executions(number), replay.frame_of(rows, JOB_EXECUTION.fields)
    if path.endswith("/revisions/"):
        return scale.revisions(*path.split("/")[1:3]), replay.frame_of(rows, JOB_TYPE_REVISION_ROW.fields)
    rows = sorted(rows, key=as_list)
    return scale.versions(path.split("/")[1], **given(request, "is_active")), replay.frame_of(rows, JOB_TYPE_ROW.fields)


def jobs_and_expected(scale, request, rows):
    arguments = given(request, *JOB_FILTERS)
    order = given(request, "order").get("order")
    if order == "-job_type__name":
        arguments["order"] = "-job_type"
        rows = sorted(rows, key=lambda one: (time(one, "last_modified"), one["id"]))
        rows = sorted(rows, key=lambda one: one["job_type"]["name"], reverse=True)
    elif order == "-last_modified":
        arguments["order"] = order
    if "page" in request["params"]:
        arguments |= {"page": int(request["params"]["page"]), "page_size": int(request["params"]["page_size"])}
    elif rows:
        arguments["limit"] = len(rows)
    return scale.jobs(**arguments), replay.frame_of(rows, JOB.fields)


SINGLE = {name for name in READS if not isinstance(replay.body(name), dict) or "results" not in replay.body(name)}
NO_FRAME = {"job-executions-service", "versions-unknown-name", "jobs-status-bogus"}


@pytest.mark.filterwarnings("ignore::jobtype_toolkit.errors.ResultCut")
@pytest.mark.parametrize("name", [name for name in READS if name not in SINGLE | NO_FRAME])
def test_a_recorded_list_comes_back_as_the_frame_of_its_rows(played, name):
    found, expected = asked_and_expected(played(name), name)
    pd.testing.assert_frame_equal(found, expected)
    assert found.attrs["source"].endswith("/api")


@pytest.mark.filterwarnings("ignore::jobtype_toolkit.errors.ResultCut")
@pytest.mark.parametrize(
    "name", [name for name in READS if KINDS[name][0]["path"] == "/v6/jobs/" and name not in NO_FRAME]
)
def test_the_count_of_recorded_jobs_is_the_servers(played, name):
    found, _ = asked_and_expected(played(name), name)
    assert found.attrs["count"] == replay.body(name)["count"]


def test_a_status_that_the_server_answers_with_nothing_is_refused_with_those_there_are(played):
    with pytest.raises(jt.InvalidParameter, match=r"NOPE.*FAILED"):
        asked_and_expected(played("jobs-status-bogus"), "jobs-status-bogus")


def plain(values, fields):
    """A flat row with its times as the toolkit gives them."""
    times = {field.name for field in fields if field.type == "time"}
    return {
        key: pd.Timestamp(value).to_pydatetime() if key in times and value else value for key, value in values.items()
    }


def one_and_expected(scale, name):
    """(what the client answers, what was recorded as plain values)"""
    path, sent = KINDS[name][0]["path"].removeprefix("/v6/"), replay.body(name)
    match path.strip("/").split("/"):
        case ["version"]:
            return scale.version(), sent["version"]
        case ["errors", _]:
            return scale.http.get(path).value, sent
        case ["jobs", id]:
            return dict(scale.job(int(id))), plain(flat(sent, JOB_DETAILS.fields), JOB_DETAILS.fields)
        case [_, job_type, version]:
            return dict(scale.job_type(job_type, version)), plain(flat(sent, JOB_TYPE.fields), JOB_TYPE.fields)
        case [_, job_type, version, _, number]:
            found = scale.revision(job_type, version, int(number))
            return dict(found), plain(flat(sent, JOB_TYPE_REVISION.fields), JOB_TYPE_REVISION.fields)


@pytest.mark.parametrize("name", sorted(SINGLE))
def test_a_recorded_object_comes_back_with_every_field_equal(played, name):
    found, expected = one_and_expected(played(name), name)
    assert found == expected


@pytest.mark.parametrize("name", sorted(one for one in SINGLE if one.startswith("job-details")))
def test_what_the_details_of_a_job_have_beyond_the_vocabulary_is_kept(played, name):
    sent = replay.body(name)
    known = {field.json_path[0] for field in JOB_DETAILS.fields} | {"job_type", "error", "job_type_rev"}
    assert played(name).job(sent["id"]).extra == {key: value for key, value in sent.items() if key not in known}


def test_an_unknown_name_and_the_list_of_executions_are_nothing(played):
    with pytest.raises(jt.NotFound, match="no-such-job"):
        played("versions-unknown-name").versions("no-such-job")
    assert played("job-executions-service").rows("job-executions/") == []


# What was refused.


def error_of(status):
    """The class of an error by the status alone."""
    if status in (401, 403):
        return jt.AuthenticationFailed
    if status == 404:
        return jt.NotFound
    return jt.Rejected if status < 500 else jt.ServerFailed


def said(name):
    """What a recorded failure says to a person: its detail, its lists, or its page without markup."""
    found = replay.body(name)
    if isinstance(found, dict):
        found = found.get("detail") or "; ".join(f"{key}: {' '.join(texts)}" for key, texts in found.items())
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", found) if found.startswith("<") else found).strip()


@pytest.mark.parametrize("name", REFUSED)
def test_a_recorded_failure_is_an_error_of_its_class_with_the_servers_detail(serving, client, name, waits):
    request, status = KINDS[name]
    server = serving(lambda _: replay.reply(name))
    http, path = client(server).http, request["path"].removeprefix("/v6/")
    is_read, query = request["method"] == "GET", parse_qsl(request["query_string"])
    with pytest.raises(jt.ToolkitError) as caught:
        http.get(path, query) if is_read else http.send(request["method"], path, request["body"])
    told, detail = re.sub(r"\s+", " ", str(caught.value)), said(name)
    assert type(caught.value) is error_of(status) or (
        detail == "Invalid page." and isinstance(caught.value, jt.NotFound)
    )
    assert detail[: LONGEST - 1] in told
    assert len(told) < LONGEST + 400
    assert "<" not in detail or "<h1>" not in told
    if isinstance(caught.value, (jt.Rejected, jt.ServerFailed)):
        assert caught.value.status == status
        assert caught.value.detail.rstrip("…") in detail
    assert len(server.asked) == (4 if status == 500 and request["method"] == "GET" else 1)
    assert len(waits) == len(server.asked) - 1


def test_what_to_do_about_a_403_follows_from_its_text(client, serving):
    """v6 never answers 401, and only the text tells what is meant."""
    advice = {
        "list-unauth": "JOBTYPE_TOOLKIT_TOKEN",
        "auth-basic": "JOBTYPE_TOOLKIT_TOKEN",
        "list-bad-token": "still valid",
        "post-reader-forbidden": "staff",
        "auth-session-6-token-and-cookie-no-csrf": "cookies",
    }
    for name, text in advice.items():
        with pytest.raises(jt.AuthenticationFailed, match=text):
            client(serving(lambda _, name=name: replay.reply(name))).job_types()


# What was moved, and what was written.


@pytest.mark.parametrize("name", MOVED)
def test_a_recorded_redirect_to_the_slash_is_followed_by_a_get_and_by_nothing_else(serving, client, name):
    request, _ = KINDS[name]
    server = serving(lambda asked: page_or_move(asked, name))
    http, path = client(server).http, request["path"].removeprefix("/v6/")
    if request["method"] == "GET":
        assert http.get(path, parse_qsl(request["query_string"])).value == {"count": 0}
        assert [one.path[-1] for one in server.asked][-1] == "/"
    else:
        with pytest.raises(jt.ServerFailed, match="redirected"):
            http.send(request["method"], path, request["body"])
        assert len(server.asked) == 1


def page_or_move(asked, name):
    return {"count": 0} if asked.path.endswith("/") else replay.reply(name)


@pytest.mark.parametrize("name", WRITTEN)
def test_a_recorded_write_is_sent_as_it_was_and_its_answer_comes_back(serving, client, name):
    request, status = KINDS[name]
    server = serving(lambda _: replay.reply(name))
    answer = client(server).http.send(request["method"], request["path"].removeprefix("/v6/"), request["body"])
    assert (answer.status, answer.value) == (status, replay.body(name))
    (asked,) = server.asked
    assert (asked.method, asked.path) == (request["method"], f"/api{request['path']}")
    assert json.loads(asked.body) == request["body"]
    assert asked.headers["content-type"] == "application/json"


def test_the_whole_of_system_failures_is_walked_over_both_recorded_pages(asking):
    def answering(asked):
        place = asked.path.removeprefix("/api/v6/")
        if place == "job-types/system-failures/":
            return replay.reply("system-failures" if asked["page"] is None else f"system-failures-page-{asked['page']}")
        return listed(replay.results("list" if place == "job-types/" else "errors"), asked)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(asking(answering).system_failures()) == 130
