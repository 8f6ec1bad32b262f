"""Each recorded GET that was refused, asked again: the same status, type and words."""

from __future__ import annotations

import json

import pytest
from asking import Client
from recorded import RECORDINGS

from jobtype_toolkit import testing

KEPT = ("Allow", "Content-Type", "Location", "Vary")


def refused() -> list[str]:
    """The recorded GET, HEAD, PUT and DELETE that were not answered with 2xx; a name that skips where there are none."""
    found = []
    for path in sorted(RECORDINGS.glob("*.json")):
        recorded = json.loads(path.read_text(encoding="utf-8"))
        if recorded["response"]["status"] >= 300 and recorded["request"]["method"] not in ("POST", "PATCH"):
            found.append(path.stem)
    return found or ["refused-recordings"]


@pytest.fixture(scope="module")
def servers(small):
    """A server by whether whoever asks may write."""
    with (
        testing.serve(small, token="the-token") as staff,
        testing.serve(small, token="the-token", read_only=True) as reader,
    ):
        yield {False: staff, True: reader}


@pytest.mark.parametrize("name", refused())
def test_a_request_is_refused_as_a_real_server_refused_it(name, exchange, servers):
    recorded = exchange(name)
    request, response = recorded["request"], recorded["response"]
    asking = Client(servers[name.endswith("-reader")])
    sent = request["headers"].get("Authorization", "")
    asking.headers = {"Authorization": sent.replace("<redacted>", "the-token")} if sent else {}
    headers = {key: value for key, value in request["headers"].items() if key != "Authorization"}
    got = asking(request["method"], request["path"], params=request["query_string"], headers=headers)
    assert got.status_code == response["status"]
    told = dict(response["headers"])
    assert {one: got.headers.get(one) for one in KEPT} == {one: told.get(one) for one in KEPT}
    assert (got.json() if response["body_is_json"] else got.text) == response["body"]
