"""Whom a server on this machine does not answer: pages of the web, and requests that do not come to their end."""

from __future__ import annotations

import socket
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
import requests
from asking import filled, sample_file

import jobtype_toolkit as jt
from jobtype_toolkit import testing
from jobtype_toolkit.server import parsing

pytestmark = pytest.mark.slow

PATCH = "/v6/job-types/tide-model/2.0.0/"


def paused(server) -> bool:
    return requests.get(server.url + PATCH, timeout=600).json()["is_paused"]


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """A server of a store of its own; whoever changes something puts it back."""
    with testing.serve(filled(tmp_path_factory.mktemp("own")), allow_hosts=["scale.test"]) as server:
        yield server


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:8000", "127.0.0.1.evil.example", "localhost.evil.example", "8.8.8.8", "::8", ""],
)
def test_a_server_without_a_token_does_not_answer_to_other_names(own, host):
    """A page can let its own name stand for 127.0.0.1, and read all that it asks for."""
    assert requests.get(own.url + "/v6/job-types/", headers={"Host": host}, timeout=600).status_code == 400
    assert (
        requests.patch(own.url + PATCH, json={"is_paused": True}, headers={"Host": host}, timeout=600).status_code
        == 400
    )
    assert paused(own) is False


@pytest.mark.parametrize(
    "host",
    ["localhost", "LOCALHOST:80", "127.0.0.1", "127.0.0.1:1", "[::1]", "[::1]:8000", "scale.test", "scale.test:1"],
)
def test_it_answers_to_its_own_names_and_to_those_that_are_allowed(own, host):
    assert requests.get(own.url + "/v6/job-types/", headers={"Host": host}, timeout=600).status_code == 200


def told(own, request: str) -> bytes:
    """What a request that is written by hand is answered with."""
    where = urlsplit(own.url)
    with socket.create_connection((where.hostname, where.port), timeout=600) as caller:
        caller.sendall(request.replace("\n", "\r\n").encode())
        return caller.recv(65536)


@pytest.mark.parametrize(
    ("head", "statuses"),
    [
        ("GET /api/v6/version/ HTTP/1.1\nHost: evil.example\nHost: localhost\n\n", {b"400"}),
        ("GET /api/v6/version/ HTTP/1.1\n\n", {b"400"}),
        ("GET /api/v6/version/ HTTP/1.1\nHost: localhost:80@evil.example\n\n", {b"400"}),
        ("GET /api/v6/version/ HTTP/1.1\nHost: [::ffff:8.8.8.8]\n\n", {b"400"}),
        ("GET http://evil.example/api/v6/version/ HTTP/1.1\nHost: evil.example\n\n", {b"400"}),
        ("GET http://evil.example/api/v6/version/ HTTP/1.1\nHost: localhost\n\n", {b"400", b"404"}),
        ("GET /api/v6/version/ HTTP/1.0\n\n", {b"200"}),  # no browser asks without a name
    ],
)
def test_whatever_stands_around_a_name_only_the_own_one_is_answered(own, head, statuses):
    assert told(own, head).split()[1] in statuses


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://localhost.evil.example", "http://["])
def test_a_page_of_elsewhere_changes_nothing(own, origin):
    changed = requests.patch(own.url + PATCH, json={"is_paused": True}, headers={"Origin": origin}, timeout=600)
    assert (changed.status_code, paused(own)) == (400, False)
    assert requests.get(own.url + PATCH, headers={"Origin": origin}, timeout=600).status_code == 200


@pytest.mark.parametrize("origin", ["http://localhost:8888", "http://127.0.0.1", "http://scale.test"])
def test_a_page_of_this_machine_may_change_something(own, origin):
    for value in (True, False):
        changed = requests.patch(own.url + PATCH, json={"is_paused": value}, headers={"Origin": origin}, timeout=600)
        assert (changed.status_code, paused(own)) == (200, value)


def test_with_a_token_any_name_will_do(serving, small):
    server = serving(small, token="abc")
    headers = {"Host": "scale.example", "Authorization": "Token abc"}
    assert requests.get(server.url + "/v6/job-types/", headers=headers, timeout=600).status_code == 200


@pytest.mark.parametrize("value", ["1e400", "-1e400", "1E+999"])
def test_a_number_that_json_cannot_carry_is_refused(own, value):
    headers = {"Content-Type": "application/json"}
    answer = requests.patch(own.url + PATCH, data=f'{{"max_scheduled": {value}}}', headers=headers, timeout=600)
    assert answer.status_code == 400
    assert "JSON parse error" in answer.json()["detail"]


@pytest.mark.parametrize(
    "half",
    [
        b"",
        b"GET /api/v6/job-types/ HT",
        b"GET /api/v6/job-types/ HTTP/1.1\r\nHost: localhost\r\n",
        b"PATCH /api/v6/job-types/tide-model/2.0.0/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\r\n{",
    ],
)
def test_a_request_that_is_sent_by_half_ends(own, half, monkeypatch):
    monkeypatch.setattr(parsing, "PATIENCE", 0.2)
    where = urlsplit(own.url)
    with socket.create_connection((where.hostname, where.port), timeout=600) as caller:
        caller.sendall(half)
        answer = b""
        while more := caller.recv(4096):
            answer += more
    assert answer == b"" or b" 408 " in answer.splitlines()[0]
    monkeypatch.undo()
    assert paused(own) is False


def test_the_sample_is_moved_to_the_present(sample, tmp_path):
    from jobtype_toolkit.server.present import move_to

    now = datetime.now(UTC)
    with jt.open(sample_file(tmp_path), clock=lambda: now) as store:
        move_to(store, now)
        (latest,) = store.sql("SELECT max(as_of) AS latest FROM source")["latest"]
        assert (
            timedelta() <= now.replace(tzinfo=None) - latest.to_pydatetime().replace(tzinfo=None) < timedelta(seconds=1)
        )
        assert store.check().is_sound
        assert store.status("P1D", now=now)["count"].tolist() == sample.status("P1D")["count"].tolist()
