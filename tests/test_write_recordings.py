"""The recorded creations, edits and validations of a real Scale 7.2.2, replayed against a store.

Each agrees in verdict, in the code of the first error, in the number of the revision and in the resulting details, or the
difference is one of the register's and named here. Those that a store cannot replay are listed with the reason.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from histories import NOW
from recorded import ABSENT, RECORDINGS

import jobtype_toolkit as jt

pytestmark = pytest.mark.slow

WORKSPACES = {"workspace_1": True, "workspace_2": True, "products": True, "old-archive": False}
"""The workspaces of the recorded server, as its answers tell."""

_AUTH = "who may write is the server's business; a store has no users"
_HTTP = "about the transport: a call in Python has no media type, method, slash or unread body"
NOT_REPLAYED = {
    "patch-array-body": _HTTP,
    "patch-deprecate-in-recipe": "the recipe types behind its warning are in no recording; test_managing has the warning",
    "patch-reader": _AUTH,
    "patch-unauth": _AUTH,
    "post-bad-json": _HTTP,
    "post-details-405": _HTTP,
    "post-docs-fixed-errors-novault": "a server without a secrets backend; a store has none, and keeps no secret (§2.7)",
    "post-no-slash": _HTTP,
    "post-reader-forbidden": _AUTH,
    "post-text-plain": _HTTP,
    "post-unauth": _AUTH,
    "validation-array-body": _HTTP,
    "validation-unauth": _AUTH,
}

OTHER_VERDICT = {
    "patch-unknown-field-404": "the fields of an edit are checked before anything is looked up",
    "patch-config-priority-str": "D25: an edit is checked against the schema here",
    "patch-manifest-string": "D6: text is read as JSON, so that the code is that of a text that is none",
    "post-manifest-json-string": "D6: text is read as JSON",
    "post-prerelease-first": "D14: the store holds the version and shows it",
    "validation-no-config": "D18: a configuration that is absent is {}",
}
"""What the store judges otherwise, each with its entry in the register."""
OTHER_EFFECT = {
    "patch-max-scheduled-0": ("max_scheduled", "D21: the store clears the limit"),
    "patch-published-false": ("is_published", "D20: the store switches it off"),
    "post-is-active-false": ("is_active", "D15: the store makes it deprecated at once"),
}
"""Where the verdict is the same and one field comes out otherwise."""

CODES = {
    "Error validating against schema": "JSON_VALIDATION_ERROR",
    "Error names must be unique": "DUPLICATE_ERROR_NAMES",
    "Collisions are not allowed": "NAME_COLLISION_ERROR",
    "Invalid configuration version": "INVALID_VERSION",
    "Invalid configuration:": "INVALID_CONFIGURATION",
    "No workspace named": "INVALID_WORKSPACE",
    "Missing workspace": "MISSING_WORKSPACE",
    'named "validation"': "RESERVED_JOB_NAME",
    "for a System Job": "SYSTEM_JOB_TYPE",
    "does not match current Job Type": "JOB_TYPE_MISMATCH",
}
"""The code that v6's text stands for: creations and edits tell none."""
ARGUMENTS = ("is not a valid field", "must be a valid", "Missing required parameter")
"""What v6 says of an argument that Python's call, or `InvalidParameter`, refuses."""
V6_WARNINGS = {
    "UNKNOWN_MOUNT",
    "MISSING_MOUNT",
    "DEPRECATED_WORKSPACE",
    "UNKNOWN_SETTING",
    "MISSING_SETTING",
    "NONSTANDARD_RESOURCE",
    "DEPRECATED_RECIPES",
}
STAMPS = ("id", "created", "deprecated", "paused", "last_modified")
"""What depends on when it was done, or on what else the server held."""


def names(prefix: str) -> list[str]:
    """The recordings of a kind; where the folder is elsewhere the tests skip with its name."""
    found = sorted(path.stem for path in RECORDINGS.glob(f"{prefix}-*.json"))
    return [name for name in found if name not in NOT_REPLAYED] or [f"{prefix}-recordings"]


@pytest.fixture
def exchange(shared: Path) -> Callable[[str], Any]:
    def read(name: str) -> Any:
        path = shared / "recordings" / f"{name}.json"
        if not path.exists():
            pytest.skip(ABSENT)
        return json.loads(path.read_text(encoding="utf-8"))

    return read


@pytest.fixture
def holding(write, recording) -> Callable[..., jt.Store]:
    """Make a store that holds some job types, as bodies or names of recordings."""

    def make(*bodies: Any) -> jt.Store:
        store = jt.open(clock=lambda: NOW)
        for number, body in enumerate(bodies):
            found = recording(body) if isinstance(body, str) else body
            store.load(write(f"types-{number}.json", found), "job_types", source="scale")
        store.set_workspaces(WORKSPACES)
        return store

    return make


def plain(details: Mapping[str, Any], *but: str) -> dict[str, Any]:
    """The details without what depends on when and where."""
    return {name: value for name, value in dict(details).items() if name not in (*STAMPS, *but)}


def refusal(call: Callable[[], Any]) -> tuple[str, str]:
    """How a write is refused: `sent`, `argument`, or by the code of the first error, with the text."""
    try:
        call()
    except jt.Rejected as error:
        return error.findings[0].name if error.status == 400 and error.detail else "", str(error)
    except (jt.NotFound, jt.InvalidParameter, TypeError) as error:
        return "NotFound" if isinstance(error, jt.NotFound) else "argument", str(error)
    return "sent", ""


def expected(response: Mapping[str, Any]) -> str | None:
    """The same of a recorded answer; None for a plain 500."""
    if response["status"] in (200, 201):
        return "sent"
    if response["status"] == 404:
        return "NotFound"
    if response["status"] == 500:
        return None
    detail = response["body"]["detail"]
    if any(text in detail for text in ARGUMENTS):
        return "argument"
    return next(code for text, code in CODES.items() if text in detail)


def check_verdict(name: str, got: str, response: Mapping[str, Any]) -> None:
    want = expected(response)
    agrees = got != "sent" if want is None else got == want
    assert agrees is (name not in OTHER_VERDICT), (got, want)


# Creations.

EXISTING = {"post-existing-version": "details-docs-test", "post-system-name": "details-system"}


def add(store: jt.Store, body: Mapping[str, Any]) -> jt.Sent:
    return store.add(**body, replace=True).send()


@pytest.mark.parametrize("name", names("post"))
def test_a_creation_agrees_with_the_recorded_one(name, exchange, holding):
    recorded = exchange(name)
    body, response = recorded["request"]["body"], recorded["response"]
    store = holding(EXISTING[name]) if name in EXISTING else holding()
    if name == "post-prerelease-again":
        add(store, exchange("post-prerelease-first")["request"]["body"])
    before = [dict(store.job_type(row["name"], row["version"])) for _, row in store.job_types().iterrows()]
    got, text = refusal(lambda: add(store, body))
    check_verdict(name, got, response)
    assert "secret_password" not in text
    if got != "sent":
        assert [dict(store.job_type(one["name"], one["version"])) for one in before] == before
        assert len(store.job_types()) == len(before)
        return
    job = body["manifest"]["job"] if isinstance(body["manifest"], dict) else json.loads(body["manifest"])["job"]
    made = store.job_type(job["name"], job["jobVersion"])
    if response["status"] == 201:
        differs = OTHER_EFFECT.get(name, ())[:1]
        assert plain(made, *differs) == plain(response["body"], *differs)
        assert made.is_active is body.get("is_active", True)
        assert made.revision_num == len(store.revisions(made.name, made.version)) == 1
    elif response["status"] == 200:
        assert made.revision_num == before[0]["revision_num"] + 1
    assert store.check().is_sound


# Edits. The state before each of them is that of a recording, changed by edits that are known and were not recorded.


def edits(recording: Callable[[str], Any]) -> dict[str, tuple[Any, str]]:
    """Patch → the details before it, and the recording of those after it."""
    docs, published, limited = (
        recording(name) for name in ("details-docs-test", "get-after-patch-docs", "get-after-max-0")
    )
    paused, revised = recording("get-after-paused"), recording("get-after-patch-manifest")
    return {
        "patch-docs-verbatim": (docs | {"revision_num": published["revision_num"]}, "get-after-patch-docs"),
        "patch-published-false": (published, "get-after-published-false"),
        "patch-max-scheduled-0": (recording("get-after-published-false"), "get-after-max-0"),
        "patch-paused": (limited | {"max_scheduled": 9}, "get-after-paused"),
        "patch-unpaused": (paused, ""),
        "patch-manifest-ok": (paused | {"is_paused": False, "paused": None}, "get-after-patch-manifest"),
        "patch-config-workspace-only": (revised, "get-after-config-workspace-only"),
    }


def listed(recording: Callable[[str], Any], name: str, **started: Any) -> dict[str, Any]:
    """A job type as the list has it, before an edit that is in it already."""
    return next(one for one in recording("list-page-size-1000")["results"] if one["name"] == name) | started


STARTED = {
    "cloud-mask": {"is_paused": False, "paused": None},
    "tile-maker": {"version": "1.0.0", "is_active": True, "deprecated": None},
    "scale-hello": {},
}


@pytest.mark.parametrize("name", names("patch"))
def test_an_edit_agrees_with_the_recorded_one(name, exchange, holding, recording):
    recorded = exchange(name)
    *_, job, version, _ = recorded["request"]["path"].split("/")
    body, response = recorded["request"]["body"], recorded["response"]
    before, after = edits(recording).get(name, (recording("get-after-patch-docs"), ""))
    if job in STARTED:
        before = listed(recording, job, **STARTED[job])
    store = holding(before)
    held = dict(store.job_type(before["name"], before["version"]))
    got, text = refusal(lambda: store.edit(job, version, **body).send())
    check_verdict(name, got, response)
    assert "secret_password" not in text
    now = store.job_type(before["name"], before["version"])
    if got != "sent":
        assert dict(now) == held
        return
    assert now.revision_num == before["revision_num"] + ("manifest" in body)
    assert now.last_modified == (NOW if body else held["last_modified"])  # a plan without changes sends nothing
    if after:
        differs = OTHER_EFFECT.get(name, ())[:1]
        assert plain(now, *differs) == plain(recording(after), *differs)
        for stamp in ("deprecated", "paused"):
            assert (now[stamp] is None) is (recording(after)[stamp] is None)
    if name in OTHER_EFFECT:
        assert now[OTHER_EFFECT[name][0]] in (False, None)
    assert store.check().is_sound


def test_an_image_alone_makes_no_revision_and_a_manifest_makes_one(holding, recording, exchange):
    store = holding("get-after-patch-docs")
    for name, grown in (("patch-docker-image", 0), ("patch-manifest-ok", 1)):
        before = store.job_type("test", "1.0.0").revision_num
        store.edit("test", "1.0.0", **exchange(name)["request"]["body"]).send()
        assert store.job_type("test", "1.0.0").revision_num == before + grown
    counts = [recording(f"revisions-after-{name}")["count"] for name in ("docker-image", "patch-manifest")]
    assert counts[1] == store.job_type("test", "1.0.0").revision_num
    newest = recording("revisions-after-docker-image")["results"][0]
    assert newest["docker_image"] != exchange("patch-docker-image")["request"]["body"]["docker_image"]


# Validations.


@pytest.fixture(scope="module")
def unwritten() -> jt.Store:
    """A store that has workspaces alone; a validation changes nothing."""
    store = jt.open(clock=lambda: NOW)
    store.set_workspaces(WORKSPACES)
    return store


@pytest.mark.parametrize("name", names("validation"))
def test_a_validation_agrees_with_the_recorded_one(name, exchange, unwritten):
    recorded = exchange(name)
    body, response = recorded["request"]["body"], recorded["response"]
    if isinstance(body, str):  # NaN is no JSON: what was sent is kept as text
        body = json.loads(body)
    got = unwritten.validate(body["manifest"], body.get("configuration"))
    if response["status"] != 200:
        # without a configuration {} is judged, and there an output lacks its workspace
        assert not got.is_valid
        assert (name in OTHER_VERDICT) is (got.errors[0].name == "MISSING_WORKSPACE")
        return
    told = response["body"]
    assert got.is_valid is told["is_valid"]
    assert [one.name for one in got.errors[:1]] == [one["name"] for one in told["errors"]]
    if got.is_valid:
        known = [one.name for one in got.warnings if one.name in V6_WARNINGS]
        assert known == [one["name"] for one in told["warnings"]]


def test_every_recorded_write_is_replayed_or_listed_with_its_reason(shared):
    found = {path.stem for kind in ("post", "patch", "validation") for path in shared.glob(f"recordings/{kind}-*.json")}
    assert set(NOT_REPLAYED) <= found
    assert OTHER_VERDICT.keys() | OTHER_EFFECT.keys() <= found - set(NOT_REPLAYED)
