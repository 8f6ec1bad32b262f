"""The recorded creations, edits and validations, sent to the server: the same status, words and effect.

Where v6 dumps the schema and the instance into its text only the beginning is compared: clients cannot rely on more.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from functools import cache
from typing import Any

import pytest
from asking import WORKSPACES, Client, filled
from histories import NOW
from recorded import RECORDINGS

import jobtype_toolkit as jt
from jobtype_toolkit import testing

pytestmark = pytest.mark.slow  # each that changes something has a server of its own

TOKEN = "the-token"

NOT_REPLAYED = {
    "patch-deprecate-in-recipe": "the recipe types behind its warning are in no recording; a test below has the warning",
    "post-docs-fixed-errors-novault": "a server without a secrets backend; the box keeps no secret, and needs none",
    "patch-config-priority-str": "D25: the store checks an edited configuration against the schema",
}
EXISTING = {
    "post-existing-version": "details-docs-test",
    "post-system-name": "details-system",
}
SCHEMA_DUMP = "\n\nFailed validating"
OWN_WORDS = ("Error validating against schema: ", "Invalid configuration: ")
STAMPS = ("id", "created", "last_modified")


def names() -> list[str]:
    found = [path.stem for kind in ("post", "patch", "validation") for path in RECORDINGS.glob(f"{kind}-*.json")]
    return sorted(set(found) - set(NOT_REPLAYED)) or ["recordings"]


def beginning(body: Any) -> Any:
    """A body without the toolkit's or v6's own account of what breaks the schema."""
    text = json.dumps(body, sort_keys=True)
    for words in OWN_WORDS:
        text = text.split(words)[0]
    return text


@pytest.fixture(scope="module")
def started(recording, tmp_path_factory) -> Callable[[str, bool], AbstractContextManager[testing.Server]]:
    """Start a server that holds what one of the writes finds."""

    def start(name: str, is_read_only: bool) -> AbstractContextManager[testing.Server]:
        store = jt.open(clock=lambda: NOW)
        held = [recording(EXISTING[name])] if name in EXISTING else []
        if name == "patch":
            listed = recording("list-page-size-1000")["results"]
            known = [one for one in listed if one["name"] in ("cloud-mask", "tile-maker", "scale-hello")]
            held = [recording("get-after-patch-docs"), *known]
        if held:
            filled(tmp_path_factory.mktemp("held"), store, job_types=held)
        store.set_workspaces(WORKSPACES, source="scale")
        return testing.serve(store, token=TOKEN, read_only=is_read_only)

    return start


@pytest.fixture(scope="module")
def shared_server(started) -> Iterator[Callable[[str, bool], testing.Server]]:
    """Give a server for writes that change nothing."""
    with ExitStack() as stack:
        yield cache(lambda name, is_read_only: stack.enter_context(started(name, is_read_only)))


@pytest.mark.parametrize("name", names())
def test_a_write_is_answered_as_a_real_server_answered_it(name, exchange, started, shared_server):
    recorded = exchange(name)
    request, response = recorded["request"], recorded["response"]
    held = "patch" if name.startswith("patch") else name if name in EXISTING else ""
    is_done = response["status"] < 400 and "validation" not in request["path"]
    with ExitStack() as stack:
        if is_done or "prerelease" in name:  # v6 stores a prerelease, and breaks then
            server = stack.enter_context(started(held, "reader" in name))
        else:
            server = shared_server(held, "reader" in name)
        check(name, Client(server, TOKEN), request, response)


def check(name: str, asking: Client, request: Any, response: Any) -> None:
    """Send a request, and compare the answer with the recorded one."""
    headers = {key: value for key, value in request["headers"].items() if key != "Cookie"}
    if "Authorization" in headers:
        headers["Authorization"] = f"Token {TOKEN}"
    else:
        asking.headers = {}
    body = request["body"]
    data = body.encode() if isinstance(body, str) else None if body is None else json.dumps(body).encode()
    if name == "post-prerelease-again":
        asking(request["method"], request["path"], data=data, headers=headers)
    got = asking(request["method"], request["path"], data=data, headers=headers)
    assert got.status_code == response["status"]
    told = dict(response["headers"])
    assert got.headers.get("Content-Type") == told.get("Content-Type")
    assert got.headers.get("Allow") == told.get("Allow")
    if "Location" in told:
        assert got.headers["Location"].replace(asking.url, "https://scale.example/api") == told["Location"]
    if response["status"] == 201:
        assert list(got.json()) == list(response["body"])
        stamps = dict.fromkeys(STAMPS)
        assert got.json() | stamps == response["body"] | stamps
        assert asking.get(request["path"].replace("/v6/job-types/", got.headers["Location"][len(asking.url) :])).json()
    elif response["body_is_json"]:
        assert beginning(settled(got.json())) == beginning(settled(response["body"]))
    else:
        assert got.text == response["body"]


def settled(body: Any) -> Any:
    """A validation whose warnings of one kind are in one order, as v6 has none."""
    if isinstance(body, dict) and body.get("warnings"):
        return body | {"warnings": sorted(body["warnings"], key=json.dumps)}
    return body


def test_every_recorded_write_is_replayed_or_listed_with_its_reason(shared):
    found = {path.stem for kind in ("post", "patch", "validation") for path in shared.glob(f"recordings/{kind}-*.json")}
    assert set(NOT_REPLAYED) <= found
