"""The transport that is shipped for tests: a function answers a client, without a socket."""

from __future__ import annotations

import pytest
import requests
from histories import page

import jobtype_toolkit as jt
from jobtype_toolkit.testing import HttpRequest, Reply, Transport

URL = "http://scale.example/api"


def connected(handler, **settings):
    transport = Transport(handler)
    return jt.connect(URL, "a-token", transport=transport, retries=jt.Retries(count=0), **settings), transport


def test_a_handler_sees_the_request_as_it_was_sent():
    scale, transport = connected(lambda _: page([]))
    assert len(scale.job_types(keyword=["a b", "ü"], is_active=True)) == 0
    (request,) = transport.requests
    assert (request.method, request.path, request.service) == ("GET", "/api/v6/job-types/", "job-types/")
    assert request.all("keyword") == ["a b", "ü"]
    assert (request["is_active"], request["nothing"]) == ("true", None)
    assert request.headers["authorization"] == "Token a-token"
    assert (request.body, request.json) == (b"", None)


def test_what_is_sent_arrives_as_json():
    scale, transport = connected(lambda request: Reply(201, {"echo": request.json}, {"Location": "/elsewhere"}))
    answer = scale.http.send("POST", "job-types/", {"a": "ü"})
    assert (answer.status, answer.value) == (201, {"echo": {"a": "ü"}})
    assert answer.headers["location"] == "/elsewhere"
    assert transport.requests[0].headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Reply(404, {"detail": "Not found."}), jt.NotFound),
        (Reply(500, "<h1>Server Error (500)</h1>", {"Content-Type": "text/html"}), jt.ServerFailed),
        (Reply(200, b"{"), jt.ServerFailed),
        (Reply(200, b"no gzip", {"Content-Encoding": "gzip"}), jt.ConnectionFailed),
    ],
)
def test_replies_become_what_they_are_over_a_network(reply, error):
    with pytest.raises(error):
        connected(lambda _: reply)[0].job_types()


@pytest.mark.parametrize("trouble", [requests.ConnectionError("no"), ConnectionResetError(), TimeoutError()])
def test_a_handler_that_raises_is_a_connection_that_breaks(trouble):
    def breaking(request: HttpRequest):
        raise trouble

    with pytest.raises(jt.ConnectionFailed):
        connected(breaking)[0].job_types()
