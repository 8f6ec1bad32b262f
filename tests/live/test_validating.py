"""A validation by the twin and by the server, put together: each finding once, and the server's verdict counts."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from scripted import CUT, FINE, NO_ROUTE, SERVER_ERROR, Scripted, listed

import jobtype_toolkit as jt
from jobtype_toolkit.testing import Reply

WORKSPACES = {"old-archive": False, "products": True, "workspace_1": True, "workspace_2": True}
PATH = "job-types/validation/"
V6_WARNINGS = {
    "UNKNOWN_MOUNT",
    "MISSING_MOUNT",
    "DEPRECATED_WORKSPACE",
    "UNKNOWN_SETTING",
    "MISSING_SETTING",
    "NONSTANDARD_RESOURCE",
}


@pytest.fixture
def server() -> Scripted:
    script = Scripted()
    script.on("GET", "version/", {"version": "7.2.2"})
    script.on("GET", "workspaces/", listed(*({"name": name, "is_active": on} for name, on in WORKSPACES.items())))
    script.on("POST", PATH, FINE)
    return script


@pytest.fixture
def scale(server: Scripted) -> Iterator[jt.Scale]:
    with jt.connect(server.url, transport=server.transport, retries=jt.Retries(count=0)) as made:
        yield made


@pytest.fixture
def exchange(shared: Any) -> Any:
    return lambda name: json.loads((shared / "recordings" / f"{name}.json").read_text(encoding="utf-8"))


@pytest.fixture
def docs(exchange: Any) -> dict[str, Any]:
    """The documented body with names for its errors, which a server finds nothing wrong with."""
    return exchange("validation-docs-fixed")["request"]["body"]


def codes(findings: Any) -> list[str]:
    return [one.name for one in findings]


def said(*errors: str, warnings: Any = ()) -> Reply:
    """A server's answer with errors of these names."""
    body = {"is_valid": not errors, "errors": [{"name": one, "description": "It says so."} for one in errors]}
    return Reply(200, body | {"warnings": list(warnings)})


NOT_REPLAYED = {
    "validation-array-body": "no call sends an array",
    "validation-unauth": "see the test of who may not ask",
    "validation-nan": "NaN is no JSON, and is not sent",
    "validation-manifest-string": "text is read as JSON, and what is none is not sent",
    "validation-no-config": "{} is sent if there is none (D18)",
}


def names() -> list[str]:
    from recorded import RECORDINGS

    found = sorted(path.stem for path in RECORDINGS.glob("validation-*.json"))
    return [name for name in found if name not in NOT_REPLAYED] or ["validation-recordings"]


@pytest.mark.parametrize("name", names())
def test_what_both_find_is_there_once_and_the_verdict_is_the_server_s(server, scale, exchange, name):
    recorded = exchange(name)
    body, response = recorded["request"]["body"], recorded["response"]
    server.on("POST", PATH, Reply(response["status"], response["body"]))
    got = scale.validate(body["manifest"], body["configuration"])
    assert len([one for one in server.asked if one.method == "POST"]) == 1
    if response["status"] == 500:
        assert not got.is_valid
        assert codes(got.warnings)[0] == "SERVER_DID_NOT_VALIDATE"
        return
    told = response["body"]
    assert got.is_valid is told["is_valid"]
    assert codes(got.errors[:1]) == [one["name"] for one in told["errors"]]
    assert "SERVER_DISAGREES" not in codes(got.warnings)
    if got.is_valid:
        assert [one for one in codes(got.warnings) if one in V6_WARNINGS] == [one["name"] for one in told["warnings"]]
    alone = jt.validate(body["manifest"], body["configuration"], workspaces=WORKSPACES)
    assert got.findings == alone.findings


def test_without_a_configuration_an_empty_one_is_judged(server, scale, docs):
    scale.validate(docs["manifest"])
    (asked,) = [one.json for one in server.asked if one.service == PATH]
    assert asked == {"manifest": docs["manifest"], "configuration": {}}


def test_what_only_the_server_finds_is_added(server, scale, docs):
    server.on("POST", PATH, said("BRAND_NEW_RULE"))
    got = scale.validate(docs["manifest"], docs["configuration"])
    assert not got.is_valid
    assert codes(got.errors) == ["BRAND_NEW_RULE"]
    assert got.errors[0].severity == "error"
    assert "SERVER_DISAGREES" in codes(got.warnings)


def test_a_warning_that_only_the_server_has_is_added_and_the_others_are_not_doubled(server, scale, exchange):
    recorded = exchange("validation-warnings")
    body, told = recorded["request"]["body"], copy.deepcopy(recorded["response"]["body"])
    told["warnings"].append({"name": "UNKNOWN_MOUNT", "description": "Unknown mount 'ANOTHER' ignored"})
    server.on("POST", PATH, told)
    got = [one for one in scale.validate(body["manifest"], body["configuration"]).warnings if one.name in V6_WARNINGS]
    assert sorted(codes(got)) == sorted(one["name"] for one in told["warnings"])
    assert "ANOTHER" in got[-1].description


def test_what_the_server_accepts_is_valid_and_the_disagreement_is_told(server, scale, exchange):
    body = exchange("validation-fractional-gpus")["request"]["body"]
    got = scale.validate(body["manifest"], body["configuration"])
    assert got.is_valid
    assert codes(got.warnings)[:2] == ["SERVER_DISAGREES", "JSON_VALIDATION_ERROR"]


def test_an_old_release_is_judged_by_its_own_rules(server, scale, exchange):
    server.on("GET", "version/", {"version": "6.9.0"})
    body = exchange("validation-fractional-gpus")["request"]["body"]
    got = scale.validate(body["manifest"], body["configuration"])
    assert got.is_valid
    assert "SERVER_DISAGREES" not in codes(got.warnings)


@pytest.mark.parametrize("answer", [SERVER_ERROR, {"is_valid": "yes"}, [], Reply(204), Reply(503, {"detail": "later"})])
def test_where_the_service_fails_the_twin_s_answer_stands(server, scale, docs, answer):
    server.on("POST", PATH, answer)
    good = scale.validate(docs["manifest"], docs["configuration"])
    bad = scale.validate(docs["manifest"], {})
    assert good.is_valid
    assert codes(bad.errors) == ["MISSING_WORKSPACE"]
    assert codes(good.warnings)[0] == codes(bad.warnings)[0] == "SERVER_DID_NOT_VALIDATE"
    assert len([one for one in server.asked if one.service == PATH]) == 2


def test_a_refusal_without_a_code_is_an_error(server, scale, docs):
    server.on("POST", PATH, Reply(400, {"detail": "Not on a Tuesday."}))
    got = scale.validate(docs["manifest"], docs["configuration"])
    assert codes(got.errors) == ["REFUSED_BY_SERVER"]
    assert "Tuesday" in got.errors[0].description


def test_a_server_that_is_none_or_does_not_know_the_caller_is_an_error(server, scale, docs):
    for answer, error in (
        (NO_ROUTE, jt.NotFound),
        (Reply(403, {"detail": "Authentication credentials were not provided."}), jt.AuthenticationFailed),
        (CUT, jt.ConnectionFailed),
    ):
        server.on("POST", PATH, answer)
        with pytest.raises(error):
            scale.validate(docs["manifest"], docs["configuration"])


def test_without_workspaces_the_server_alone_checks_them(server, scale, exchange):
    server.on("GET", "workspaces/", Reply(403, {"detail": "You do not have permission to perform this action."}))
    recorded = exchange("validation-bad-workspace")
    body = recorded["request"]["body"]
    server.on("POST", PATH, recorded["response"]["body"])
    got = scale.validate(body["manifest"], body["configuration"])
    assert codes(got.errors) == ["INVALID_WORKSPACE"]
    assert "WORKSPACES_NOT_CHECKED" in codes(got.warnings)
    assert "SERVER_DISAGREES" not in codes(got.warnings)


@pytest.mark.parametrize("manifest", ["{", '{"a": NaN}', "[]", '"text"', {"a": "\0"}, {"a": "\ud800"}, {"a": object()}])
def test_what_cannot_be_sent_as_it_stands_is_not_sent(server, scale, manifest):
    got = scale.validate(manifest, {})
    assert not got.is_valid
    assert "SERVER_DID_NOT_VALIDATE" in codes(got.warnings)
    assert not [one for one in server.asked if one.service == PATH]


def test_the_server_gets_no_value_of_a_setting_but_its_kind(server, scale, docs):
    settings = {"DB_HOST": "db.internal", "DB_PASS": "secret_password", "NUMBER": 5, "NONE": None}
    scale.validate(docs["manifest"], docs["configuration"] | {"settings": settings})
    (asked,) = [one.json["configuration"]["settings"] for one in server.asked if one.service == PATH]
    assert {name: type(value) for name, value in asked.items()} == {one: type(two) for one, two in settings.items()}
    assert all(asked[name] != value for name, value in settings.items() if value is not None)


@pytest.mark.parametrize("settings", ["secret_password", ["secret_password"], 5])
def test_settings_of_the_wrong_shape_are_told_without_their_value(server, scale, docs, settings):
    server.on("POST", PATH, SERVER_ERROR)
    got = scale.validate(docs["manifest"], docs["configuration"] | {"settings": settings})
    assert "INVALID_CONFIGURATION" in codes(got.errors)
    assert "secret_password" not in str(got)
    assert not any("secret_password" in json.dumps(one.json) for one in server.asked)


def test_hostile_text_of_a_server_is_made_readable(server, scale, docs):
    hostile = {"name": "BAD\x1b[31m", "description": "<script>\x00\u202e" + "x" * 10_000}
    server.on("POST", PATH, {"is_valid": False, "errors": [hostile, 5, {"name": 7}], "warnings": "none"})
    (error,) = scale.validate(docs["manifest"], docs["configuration"]).errors
    assert str(error).isprintable()
    assert len(error.description) <= 300


def test_a_server_that_lists_no_workspaces_has_checked_them(server, scale, docs):
    server.on("GET", "workspaces/", Reply(403, {"detail": "No."}))
    assert "WORKSPACES_NOT_CHECKED" not in codes(scale.validate(docs["manifest"], docs["configuration"]))
    server.on("POST", PATH, said("INVALID_PRIORITY"))
    assert "WORKSPACES_NOT_CHECKED" in codes(scale.validate(docs["manifest"], docs["configuration"]))
