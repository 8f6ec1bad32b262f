"""Creations and edits on a live server: what a plan shows, what is sent, and what becomes of it.

The answers are those of a real Scale 7.2.2 where a recording has them, replayed without a socket.
"""

from __future__ import annotations

import copy
import json
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from histories import NOW
from loopback import html
from scripted import CUT, FINE, NO_ROUTE, NOT_FOUND, SERVER_ERROR, Scripted, counting, listed

import jobtype_toolkit as jt
from jobtype_toolkit.testing import Reply

pytestmark = pytest.mark.slow

DETAILS = "job-types/test/1.0.0/"
SECRET = "secret_password"
WORKSPACES = {"workspace_1": True, "workspace_2": True, "products": True, "old-archive": False}


@pytest.fixture
def server() -> Scripted:
    """A server of release 7.2.2 that knows the workspaces of the recordings, and no job type."""
    script = Scripted()
    script.on("GET", "version/", {"version": "7.2.2"})
    rows = [{"id": number, "name": name, "is_active": on} for number, (name, on) in enumerate(WORKSPACES.items())]
    script.on("GET", "workspaces/", listed(*rows))
    script.on("POST", "job-types/validation/", FINE)
    script.on("GET", "jobs/", counting({"RUNNING": 3, "QUEUED": 2}))
    script.on("GET", DETAILS, NOT_FOUND)
    return script


@pytest.fixture
def scale(server: Scripted) -> Iterator[jt.Scale]:
    with jt.connect(
        server.url, transport=server.transport, token="top-secret-token", clock=lambda: NOW, retries=jt.Retries(count=0)
    ) as made:
        yield made


@pytest.fixture
def exchange(shared: Path) -> Callable[[str], Any]:
    return lambda name: json.loads((shared / "recordings" / f"{name}.json").read_text(encoding="utf-8"))


@pytest.fixture
def replayed(server: Scripted, exchange: Callable[[str], Any]) -> Callable[[str], Reply]:
    """Answer a write as it was answered once, and return the answer."""

    def replay(name: str) -> Reply:
        recorded = exchange(name)
        response, path = recorded["response"], recorded["request"]["path"].removeprefix("/v6/")
        kept = {name: value for name, value in response["headers"] if name == "Location"}
        reply = Reply(response["status"], response["body"], kept)
        server.on(recorded["request"]["method"], path, reply)
        return reply

    return replay


def create_request(exchange: Any, name: str = "post-201-docs-body-errors-named", **more: Any) -> dict[str, Any]:
    """The body of a recorded creation, as arguments of `add`."""
    return copy.deepcopy(exchange(name)["request"]["body"]) | more


def moved(details: Any, **more: Any) -> dict[str, Any]:
    """Details after an edit."""
    return copy.deepcopy(details) | {"last_modified": "2026-11-24T08:00:00Z"} | more


def codes(findings: Any) -> list[str]:
    return [one.name for one in findings]


# Creating.


def test_a_creation_is_sent_once_and_tells_where_it_is(server, scale, exchange, replayed):
    plan = scale.add(**create_request(exchange))
    assert (plan.action, plan.is_sendable, plan.before, plan.jobs) == ("create", True, None, {})
    assert plan.auto_update is True
    assert server.writes() == []
    reply = replayed("post-201-docs-body-errors-named")
    server.on("GET", DETAILS, NOT_FOUND, reply.body)
    sent = plan.send()
    assert (sent.outcome, sent.status, sent.url) == ("created", 201, f"{server.url}/v6/{DETAILS}")
    assert sent.job_type.revision_num == 1
    assert sent.job_type.manifest == reply.body["manifest"]
    assert sent.not_applied == ()
    (post,) = server.writes()
    assert (post.method, post.service) == ("POST", "job-types/")
    assert post.json["manifest"] == create_request(exchange)["manifest"]
    assert post.json["configuration"]["settings"]["DB_PASS"] == SECRET
    assert list(plan.after["configuration"]["settings"]) == ["DB_HOST"]
    with pytest.raises(jt.AlreadySent):
        plan.send()
    assert len(server.writes()) == 1


def test_all_four_sections_of_a_configuration_are_sent_and_no_version(server, scale, exchange, replayed):
    given = {"version": "7", "output_workspaces": {"default": "products"}}
    plan = scale.add(**create_request(exchange, configuration=given))
    server.on("GET", DETAILS, NOT_FOUND, replayed("post-201-docs-body-errors-named").body)
    plan.send()
    assert server.writes()[0].json["configuration"] == {
        "mounts": {},
        "output_workspaces": {"default": "products", "outputs": {}},
        "priority": 100,
        "settings": {},
    }


def test_what_exists_is_not_overwritten_by_a_creation(server, scale, exchange, recording):
    server.on("GET", DETAILS, recording("details-docs-test"))
    plan = scale.add(**create_request(exchange))
    assert "JOB_TYPE_EXISTS" in codes(plan.validation.errors)
    with pytest.raises(jt.Rejected, match="exists already"):
        plan.send()
    assert server.writes() == []


def test_a_replacement_is_an_edit_by_post(server, scale, exchange, recording, replayed):
    before = recording("details-docs-test")
    server.on("GET", DETAILS, before)
    plan = scale.add(**create_request(exchange, "post-existing-version"), replace=True)
    assert (plan.action, plan.jobs) == ("replace", {"RUNNING": 3, "QUEUED": 2, "PENDING": 0})
    assert plan.after["revision_num"] == before["revision_num"] + 1
    replayed("post-existing-version")
    server.on("GET", DETAILS, before, moved(before, revision_num=before["revision_num"] + 1))
    sent = plan.send()
    assert (sent.outcome, sent.status, sent.not_applied) == ("edited", 200, ())
    assert [one.method for one in server.writes()] == ["POST"]


def test_a_type_that_is_created_inactive_takes_a_second_step(server, scale, exchange, replayed):
    body = create_request(exchange, "post-is-active-false")
    path = "job-types/{name}/{jobVersion}/".format(**body["manifest"]["job"])
    server.on("GET", path, NOT_FOUND)
    plan = scale.add(**body)
    assert plan.second_step == {"is_active": False}
    made = replayed("post-is-active-false").body
    server.on("PATCH", path, FINE)
    server.on("GET", path, NOT_FOUND, moved(made, is_active=False))
    sent = plan.send()
    assert [(one.method, one.json.get("is_active")) for one in server.writes()] == [("POST", None), ("PATCH", False)]
    assert (sent.outcome, sent.not_applied, sent.notes) == ("created", (), ())


def test_a_second_step_that_fails_is_told_and_not_raised(server, scale, exchange, replayed):
    body = create_request(exchange, "post-is-active-false")
    path = "job-types/{name}/{jobVersion}/".format(**body["manifest"]["job"])
    server.on("GET", path, NOT_FOUND)
    plan = scale.add(**body)
    made = replayed("post-is-active-false").body
    server.on("PATCH", path, SERVER_ERROR)
    server.on("GET", path, NOT_FOUND, made)
    sent = plan.send()
    assert (sent.outcome, sent.not_applied) == ("created", ("is_active",))
    assert "second step failed" in sent.notes[0]


def test_a_creation_that_somebody_else_was_faster_with_is_told_to_be_an_edit(server, scale, exchange, recording):
    plan = scale.add(**create_request(exchange))
    server.on("POST", "job-types/", FINE)
    server.on("GET", DETAILS, NOT_FOUND, moved(recording("details-docs-test"), revision_num=2))
    sent = plan.send()
    assert sent.outcome == "edited"
    assert "Somebody created it" in sent.notes[0]


# Versions that a server cannot address (D14).


def test_a_pre_release_is_refused_unless_it_is_allowed(server, scale, exchange):
    server.on("GET", "job-types/exp-retry/", listed())
    plan = scale.add(**create_request(exchange, "post-prerelease-first"))
    assert "UNREACHABLE_VERSION" in codes(plan.validation.errors)
    assert not plan.is_sendable
    assert scale.add(**create_request(exchange, "post-prerelease-first"), allow_unreachable=True).is_sendable


def test_a_500_after_which_it_is_there_is_a_creation(server, scale, exchange, recording, replayed):
    body = create_request(exchange, "post-prerelease-first")
    row = recording("list-version-prerelease")["results"][0] | {"name": "exp-retry"}
    server.on("GET", "job-types/exp-retry/", listed())
    plan = scale.add(**body, allow_unreachable=True)
    assert replayed("post-prerelease-first").status == 500
    server.on("GET", "job-types/exp-retry/", listed(), listed(row))
    sent = plan.send()
    assert (sent.outcome, sent.status, sent.url) == ("created", 500, f"{server.url}/v6/job-types/exp-retry/")
    assert "the change is in place" in sent.notes[0]
    assert sent.job_type.version == "1.0.0-rc.1"
    assert len(server.writes()) == 1


def test_a_pre_release_cannot_be_edited(server, scale, recording):
    row = recording("list-version-prerelease")["results"][0]
    server.on("GET", "job-types/exp-pre/", listed(row))
    plan = scale.edit("exp-pre", "1.0.0-rc.1", is_paused=True)
    assert codes(plan.validation.errors) == ["UNREACHABLE_VERSION"]


# Editing.


def test_an_edit_shows_its_ground_and_sends_only_what_is_asked(server, scale, recording, replayed):
    before, after = recording("get-after-max-0"), recording("get-after-paused")
    server.on("GET", DETAILS, before)
    plan = scale.edit("test", "1.0.0", is_paused=True)
    assert plan.changes[["field", "before", "after"]].to_numpy().tolist() == [["is_paused", False, True]]
    assert plan.jobs == {"RUNNING": 3, "QUEUED": 2, "PENDING": 0}
    assert [one.all("page_size") for one in server.asked if one.service == "jobs/"] == [["1"]] * 3
    assert server.url in repr(plan)
    assert server.url in plan._repr_html_()
    replayed("patch-paused")
    server.on("GET", DETAILS, before, after)
    sent = plan.send()
    assert (sent.outcome, sent.status, sent.not_applied) == ("edited", 200, ())
    assert [(one.method, one.service, one.json) for one in server.writes()] == [("PATCH", DETAILS, {"is_paused": True})]


@pytest.mark.parametrize(
    ("patch", "before", "after", "field", "rule"),
    [
        ("patch-published-false", "get-after-patch-docs", "get-after-published-false", "is_published", "D20"),
        ("patch-max-scheduled-0", "get-after-published-false", "get-after-max-0", "max_scheduled", "D21"),
    ],
)
def test_what_a_server_ignores_is_said_before_and_after(
    server, scale, exchange, recording, replayed, patch, before, after, field, rule
):
    server.on("GET", DETAILS, recording(before))
    plan = scale.edit("test", "1.0.0", **exchange(patch)["request"]["body"])
    assert rule in plan.notes[0]
    assert plan.changes.empty
    replayed(patch)
    server.on("GET", DETAILS, recording(before), recording(after))
    sent = plan.send()
    assert sent.not_applied == (field,)
    assert server.writes()[0].json == exchange(patch)["request"]["body"]


def test_a_server_that_applies_what_others_ignore_is_believed(server, scale, recording):
    before = recording("get-after-patch-docs")
    server.on("GET", DETAILS, before)
    plan = scale.edit("test", "1.0.0", is_published=False)
    server.on("PATCH", DETAILS, FINE)
    server.on("GET", DETAILS, before, moved(before, is_published=False))
    assert plan.send().not_applied == ()


def test_a_new_manifest_shows_whom_it_touches(server, scale, exchange, recording, replayed):
    before, after = recording("get-after-paused"), recording("get-after-patch-manifest")
    before = before | {"is_paused": False, "recipe_types": [{"id": 4, "name": "change-watch", "is_active": True}]}
    server.on("GET", DETAILS, before)
    body = exchange("patch-manifest-ok")["request"]["body"]
    plan = scale.edit("test", "1.0.0", **body)
    assert plan.auto_update is True
    assert "auto_update" in repr(plan)
    assert any("change-watch" in note for note in plan.notes)
    other = copy.deepcopy(body)
    other["manifest"]["job"]["timeout"] += 1
    stays = scale.edit("test", "1.0.0", **other, auto_update=False)
    assert stays.auto_update is False
    assert stays.manifest_diff["path"].tolist() == ["$.job.timeout"]
    assert stays.compatibility.verdict
    assert not any("change-watch" in note for note in stays.notes)
    replayed("patch-manifest-ok")
    server.on("GET", DETAILS, before, after)
    sent = plan.send()
    assert sent.job_type.revision_num == before["revision_num"] + 1
    assert (sent.not_applied, sent.notes) == ((), ())


def test_a_configuration_that_was_read_changed_and_given_back_keeps_the_secrets(server, scale, recording):
    before = recording("details-docs-test")
    server.on("GET", DETAILS, before)
    configuration = scale.job_type("test", "1.0.0").configuration
    configuration["priority"] = 50
    plan = scale.edit("test", "1.0.0", configuration=configuration)
    assert plan.changes["field"].tolist() == ["configuration.priority"]
    assert plan.after["configuration"] == before["configuration"] | {"priority": 50}
    assert "MISSING_SETTING" not in codes(plan.validation.warnings)
    server.on("PATCH", DETAILS, FINE)
    server.on("GET", DETAILS, before, moved(before, configuration=before["configuration"] | {"priority": 50}))
    assert plan.send().not_applied == ()
    assert server.writes()[0].json == {"configuration": before["configuration"] | {"priority": 50}}


def test_a_configuration_replaces_all_that_was_there_and_the_plan_shows_it(server, scale, recording, replayed):
    before, after = recording("get-after-patch-manifest"), recording("get-after-config-workspace-only")
    server.on("GET", DETAILS, before)
    plan = scale.edit("test", "1.0.0", configuration={"output_workspaces": {"default": "products"}})
    assert plan.after["configuration"] == after["configuration"]
    assert "configuration.settings.DB_HOST" in plan.changes["field"].tolist()
    replayed("patch-config-workspace-only")
    server.on("GET", DETAILS, before, after)
    assert plan.send().not_applied == ()


def test_a_configuration_is_checked_against_the_schema_which_a_server_does_not(server, scale, recording):
    server.on("GET", DETAILS, recording("details-docs-test"))
    server.on("POST", "job-types/validation/", SERVER_ERROR)
    wrong = recording("details-docs-test")["configuration"] | {"priority": "high"}
    plan = scale.edit("test", "1.0.0", configuration=wrong)
    assert codes(plan.validation.errors) == ["INVALID_CONFIGURATION"]
    assert "SERVER_DID_NOT_VALIDATE" in codes(plan.validation.warnings)


def test_a_warning_of_the_server_is_in_what_was_sent(server, scale, recording, replayed):
    reply = replayed("patch-deprecate-in-recipe")
    details = recording("details-docs-test") | {"name": "change-detect", "version": "1.1.0"}
    path = "job-types/change-detect/1.1.0/"
    server.on("GET", path, details)
    plan = scale.edit("change-detect", "1.1.0", is_active=False)
    server.on("GET", path, details, moved(details, is_active=False))
    sent = plan.send()
    assert codes(sent.validation.warnings) == [one["name"] for one in reply.body["warnings"]] == ["DEPRECATED_RECIPES"]


def test_what_is_not_there_or_not_a_field_is_told_at_once(server, scale):
    with pytest.raises(jt.NotFound, match="nope"):
        scale.edit("nope", "1.0.0", is_paused=True)
    with pytest.raises(jt.InvalidParameter, match="Did you mean 'is_paused'"):
        scale.edit("test", "1.0.0", is_pausd=True)
    with pytest.raises(jt.InvalidParameter, match="20"):
        scale.edit("test", "1.0.0", icon_code="x" * 21)


def test_a_manifest_of_another_type_and_a_system_type_are_refused(server, scale, exchange, recording):
    server.on("GET", DETAILS, recording("details-docs-test"))
    other = exchange("patch-manifest-wrong-name")["request"]["body"]
    assert codes(scale.edit("test", "1.0.0", **other).validation.errors) == ["JOB_TYPE_MISMATCH"]
    system = recording("details-system")
    server.on("GET", f"job-types/{system['name']}/{system['version']}/", system)
    plan = scale.edit(system["name"], system["version"], icon_code="f1")
    assert codes(plan.validation.errors) == ["SYSTEM_JOB_TYPE"]
    assert scale.edit(system["name"], system["version"], is_paused=True).is_sendable


# Secrets.


def two_secrets(recording: Any) -> dict[str, Any]:
    """Details of a type with two secret settings, neither of which is shown."""
    details = copy.deepcopy(recording("details-docs-test"))
    details["manifest"]["job"]["interface"]["settings"].append({"name": "API_KEY", "secret": True})
    return details


def test_some_secrets_without_the_others_are_refused_unless_confirmed(server, scale, recording):
    details = two_secrets(recording)
    server.on("GET", DETAILS, details)
    some = details["configuration"] | {"settings": {"DB_HOST": "h", "DB_PASS": SECRET}}
    plan = scale.edit("test", "1.0.0", configuration=some)
    assert codes(plan.validation.errors) == ["SECRETS_LOST"]
    assert "API_KEY" in plan.validation.errors[0].description
    assert scale.edit("test", "1.0.0", configuration=some, confirm_secrets=True).is_sendable
    every = some | {"settings": some["settings"] | {"API_KEY": "k"}}
    assert scale.edit("test", "1.0.0", configuration=every).is_sendable
    assert scale.edit("test", "1.0.0", configuration=details["configuration"]).is_sendable


def everything_told(plan: jt.Plan, *more: Any) -> str:
    told = [repr(plan), plan._repr_html_(), json.dumps(plan.as_dict()), str(plan.validation)]
    told += [plan.changes.to_string(), plan.manifest_diff.to_string(), repr(vars(plan)), *map(str, more)]
    return "\n".join(told)


HARD = "pä\"ss\\wörd\n<&>' "
"""A value that JSON, Python and HTML each write in another way."""


@pytest.mark.parametrize("secret", [SECRET, HARD, "x"])
def test_no_secret_is_told_by_a_plan_what_was_sent_or_its_record(server, scale, exchange, replayed, tmp_path, secret):
    body = create_request(exchange)
    body["configuration"]["settings"]["DB_PASS"] = secret * 3
    plan = scale.add(**body)
    reply = replayed("post-201-docs-body-errors-named")
    echoed = reply.body | {"echo": f"u'DB_PASS': {secret * 3!r}", "bare": secret * 3}
    server.on("POST", "job-types/", Reply(201, echoed))
    server.on("GET", DETAILS, NOT_FOUND, reply.body)
    sent = plan.send()
    sent.save(tmp_path / "record.json")
    saved = (tmp_path / "record.json").read_text(encoding="utf-8")
    told = everything_told(plan, sent, sent.as_dict(), saved)
    for spelling in (secret * 3, repr(secret * 3)[1:-1], json.dumps(secret * 3)[1:-1]):
        assert spelling not in told
    assert sent.as_dict()["request"]["configuration"]["settings"]["DB_PASS"] == "<hidden>"
    assert server.writes()[0].json["configuration"]["settings"]["DB_PASS"] == secret * 3
    asked = [one.json for one in server.asked if one.service == "job-types/validation/"]
    assert all(one["configuration"]["settings"]["DB_PASS"] != secret * 3 for one in asked)
    assert "top-secret-token" not in told


@pytest.mark.parametrize("secret", [SECRET, HARD])
def test_no_secret_is_told_by_an_error(server, scale, exchange, secret):
    body = create_request(exchange)
    body["configuration"]["settings"]["DB_PASS"] = secret
    dump = f"{'x' * 440} Invalid configuration: {{u'DB_PASS': u{secret!a}, 'a': {secret}}} is not valid"
    server.on("POST", "job-types/", Reply(400, {"detail": f"{dump}\n\nFailed validating u'type': {secret}"}))
    plan = scale.add(**body)
    with pytest.raises(jt.Rejected) as caught:
        plan.send()
    told = f"{caught.value} {caught.value.detail} {caught.value.findings} {caught.value.__context__}"
    for spelling in (secret, ascii(secret)[1:-1], " ".join(secret.split()), secret[:8]):
        assert spelling not in told
    assert codes(caught.value.findings) == ["INVALID_CONFIGURATION"]


@pytest.mark.parametrize("status", [400, 403, 404, 500, 503])
def test_a_traceback_with_all_its_variables_has_no_secret(server, scale, exchange, status):
    plan = scale.add(**create_request(exchange))
    server.on("POST", "job-types/", Reply(status, {"detail": "No."}))
    with pytest.raises(jt.ToolkitError) as caught:
        plan.send()
    error: BaseException | None = caught.value
    while error is not None:
        told = traceback.TracebackException.from_exception(error, capture_locals=True).stack
        below = [str(frame.locals) for frame in told if "jobtype_toolkit" in frame.filename]
        assert SECRET not in "".join(below)
        error = error.__context__


# What a server refuses.


@pytest.mark.parametrize(
    ("recorded", "code"),
    [
        ("post-bad-workspace", "INVALID_WORKSPACE"),
        ("post-no-config-with-outputs", "MISSING_WORKSPACE"),
        ("post-docs-example-verbatim", "JSON_VALIDATION_ERROR"),
        ("post-manifest-dup-error-name", "DUPLICATE_ERROR_NAMES"),
        ("post-config-version-9", "INVALID_VERSION"),
        ("post-name-validation", "RESERVED_JOB_NAME"),
        ("post-docs-fixed-errors-novault", None),
    ],
)
def test_a_refusal_has_the_server_s_words_and_the_code_where_it_can_be_told(
    server, scale, exchange, recording, recorded, code
):
    plan = scale.add(**create_request(exchange))
    response = exchange(recorded)["response"]
    server.on("POST", "job-types/", Reply(400, response["body"]))
    with pytest.raises(jt.Rejected, match="Nothing was changed") as caught:
        plan.send()
    assert caught.value.status == 400
    assert caught.value.detail[:60] == " ".join(response["body"]["detail"].split())[:60]
    assert codes(caught.value.findings) == ([code] if code else [])
    assert plan.is_sendable


@pytest.mark.parametrize("recorded", ["post-reader-forbidden", "post-unauth"])
def test_who_may_not_write_is_told_so_and_may_send_again(server, scale, exchange, replayed, recorded):
    plan = scale.add(**create_request(exchange))
    replayed(recorded)
    with pytest.raises(jt.AuthenticationFailed):
        plan.send()
    reply = replayed("post-201-docs-body-errors-named")
    server.on("GET", DETAILS, NOT_FOUND, reply.body)
    assert plan.send().outcome == "created"


# Outdated plans.


def test_a_plan_whose_ground_has_moved_sends_nothing(server, scale, recording):
    before = recording("details-docs-test")
    server.on("GET", DETAILS, before)
    plan = scale.edit("test", "1.0.0", is_paused=True)
    server.on("GET", DETAILS, moved(before, icon_code="f00d"))
    for _ in range(2):
        with pytest.raises(jt.PlanOutdated, match="anew"):
            plan.send()
    assert server.writes() == []


def test_a_creation_of_what_is_there_by_now_sends_nothing(server, scale, exchange, recording):
    plan = scale.add(**create_request(exchange))
    server.on("GET", DETAILS, recording("details-docs-test"))
    with pytest.raises(jt.PlanOutdated):
        plan.send()
    assert server.writes() == []


def test_a_request_that_timed_out_is_looked_up(server, scale, recording):
    before = recording("details-docs-test")
    server.on("GET", DETAILS, before)
    plan = scale.edit("test", "1.0.0", is_paused=True)
    server.on("PATCH", DETAILS, Reply(408, {"detail": "Too slow."}))
    with pytest.raises(jt.ServerFailed, match="may still be at it"):
        plan.send()
    assert not plan.is_sendable


def test_what_the_scheduler_does_makes_no_plan_outdated(server, scale, recording):
    before = recording("details-docs-test")
    server.on("GET", DETAILS, before)
    plan = scale.edit("test", "1.0.0", is_paused=True)
    server.on("PATCH", DETAILS, FINE)
    server.on("GET", DETAILS, before | {"unmet_resources": "gpus"}, moved(before, is_paused=True))
    assert plan.send().not_applied == ()


def test_a_ground_that_cannot_be_looked_at_sends_nothing_and_may_be_tried_again(server, scale, recording):
    before = recording("details-docs-test")
    server.on("GET", DETAILS, before)
    plan = scale.edit("test", "1.0.0", is_paused=True)
    server.on("PATCH", DETAILS, FINE)
    server.on("GET", DETAILS, CUT, before, moved(before, is_paused=True))
    with pytest.raises(jt.ConnectionFailed):
        plan.send()
    assert server.writes() == []
    assert plan.send().outcome == "edited"


# Answers that are lost, or tell of a failure.

LOST = [CUT, SERVER_ERROR, Reply(503, {"detail": "later"}, {"Retry-After": "0"}), html(502, "<h1>Bad Gateway</h1>")]


def kind(answer: Any) -> type[jt.ToolkitError]:
    return jt.ConnectionFailed if answer is CUT else jt.ServerFailed


@pytest.mark.parametrize("answer", LOST, ids=["cut", "500", "503", "502"])
def test_a_write_is_never_repeated_and_its_failure_told(server, exchange, answer):
    plan = jt.connect(server.url, transport=server.transport, retries=jt.Retries(sleep=lambda _: None)).add(
        **create_request(exchange)
    )
    server.on("POST", "job-types/", answer)
    with pytest.raises(kind(answer), match="nothing was changed") as caught:
        plan.send()
    assert len(server.writes()) == 1
    assert ("may still be at it" in str(caught.value)) is (answer is not SERVER_ERROR)
    with pytest.raises(jt.AlreadySent):
        plan.send()


@pytest.mark.parametrize("answer", [*LOST, html(200, "<p>no JSON</p>")], ids=["cut", "500", "503", "502", "html"])
def test_a_creation_whose_answer_is_lost_is_found(server, scale, exchange, recording, answer):
    made = recording("post-201-docs-body-errors-named")
    plan = scale.add(**create_request(exchange))
    server.on("POST", "job-types/", answer)
    server.on("GET", DETAILS, NOT_FOUND, made)
    server.on("GET", f"{DETAILS}revisions/1/", revision(made))
    sent = plan.send()
    assert sent.outcome == "created"
    assert "the change is in place" in sent.notes[0]
    assert len(server.writes()) == 1


def revision(details: Any, number: int = 1) -> dict[str, Any]:
    """A revision that has the manifest and the image of the details."""
    return {
        "id": 900 + number,
        "job_type": {key: details[key] for key in ("id", "name", "version")},
        "revision_num": number,
        "docker_image": details["docker_image"],
        "created": details["created"],
        "manifest": details["manifest"],
    }


def test_somebody_else_s_creation_is_not_taken_for_ours(server, scale, exchange, recording):
    made = copy.deepcopy(recording("post-201-docs-body-errors-named"))
    made["manifest"]["job"]["title"] = "Of another"
    plan = scale.add(**create_request(exchange))
    server.on("POST", "job-types/", SERVER_ERROR)
    server.on("GET", DETAILS, NOT_FOUND, made)
    server.on("GET", f"{DETAILS}revisions/1/", revision(made))
    with pytest.raises(jt.ServerFailed, match="somebody else edited"):
        plan.send()


def test_an_edit_below_somebody_else_s_is_found_by_its_revision(server, scale, exchange, recording):
    before = recording("get-after-paused") | {"is_paused": False}
    ours = recording("get-after-patch-manifest")
    server.on("GET", DETAILS, before)
    plan = scale.edit("test", "1.0.0", **exchange("patch-manifest-ok")["request"]["body"])
    server.on("PATCH", DETAILS, CUT)
    server.on("GET", DETAILS, before, moved(ours, revision_num=ours["revision_num"] + 1, title="Of another"))
    server.on("GET", f"{DETAILS}revisions/{ours['revision_num']}/", revision(ours, ours["revision_num"]))
    sent = plan.send()
    assert sent.outcome == "edited"
    assert any("somebody else" in note for note in sent.notes)


def test_an_edit_of_fields_is_found_by_them_or_unknown(server, scale, recording):
    before = recording("details-docs-test")
    for after, is_found in (({"is_paused": True}, True), ({"icon_code": "f00d"}, False)):
        server.on("GET", DETAILS, before)
        plan = scale.edit("test", "1.0.0", is_paused=True)
        server.on("PATCH", DETAILS, CUT)
        server.on("GET", DETAILS, before, moved(before, **after))
        if is_found:
            assert "the change is in place" in plan.send().notes[0]
            continue
        with pytest.raises(jt.OutcomeUnknown, match="nobody can tell"):
            plan.send()


def test_where_the_look_up_fails_too_the_outcome_is_unknown(server, scale, recording):
    before = recording("details-docs-test")
    server.on("GET", DETAILS, before)
    plan = scale.edit("test", "1.0.0", is_paused=True)
    server.on("PATCH", DETAILS, CUT)
    server.on("GET", DETAILS, before, CUT)
    with pytest.raises(jt.OutcomeUnknown) as caught:
        plan.send()
    assert isinstance(caught.value, jt.ConnectionFailed)
    with pytest.raises(jt.AlreadySent):
        plan.send()
    assert len(server.writes()) == 1


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_no_redirect_of_a_write_is_followed(server, scale, recording, status):
    before = recording("details-docs-test")
    server.on("GET", DETAILS, before)
    plan = scale.edit("test", "1.0.0", is_paused=True)
    target = f"{server.url}/v6/job-types/elsewhere/1.0.0/"
    server.on("PATCH", DETAILS, Reply(status, b"", {"Location": target}))
    with pytest.raises(jt.ServerFailed, match="redirected"):
        plan.send()
    assert [one.service for one in server.writes()] == [DETAILS]
    assert not [one for one in server.asked if "elsewhere" in one.path]


def test_details_that_cannot_be_read_back_do_not_undo_a_success(server, scale, recording):
    before = recording("details-docs-test")
    server.on("GET", DETAILS, before)
    plan = scale.edit("test", "1.0.0", is_paused=True)
    server.on("PATCH", DETAILS, FINE)
    server.on("GET", DETAILS, before, SERVER_ERROR)
    sent = plan.send()
    assert (sent.outcome, sent.job_type.is_paused) == ("edited", True)
    assert "could not be read back" in sent.notes[0]


# Old releases.


@pytest.fixture
def old(server: Scripted) -> Scripted:
    server.on("GET", "version/", {"version": "7.0.0"})
    return server


def test_an_old_release_takes_no_manifest_in_an_edit(old, scale, exchange, recording):
    old.on("GET", DETAILS, recording("details-docs-test"))
    plan = scale.edit("test", "1.0.0", **exchange("patch-manifest-ok")["request"]["body"])
    assert codes(plan.validation.errors) == ["NOT_IN_RELEASE"]
    assert "7.0.0" in plan.validation.errors[0].description
    assert scale.edit("test", "1.0.0", is_paused=True).is_sendable


def test_an_old_release_answers_an_edit_with_204_and_never_takes_it_off_pause(old, scale, recording):
    before = recording("get-after-paused")
    old.on("GET", DETAILS, before)
    plan = scale.edit("test", "1.0.0", is_paused=False, icon_code="f00d")
    assert any("7.0.0 never" in note for note in plan.notes)
    old.on("PATCH", DETAILS, Reply(204))
    old.on("GET", DETAILS, before, moved(before, icon_code="f00d"))
    sent = plan.send()
    assert (sent.outcome, sent.status, sent.answer, sent.not_applied) == ("edited", 204, None, ("is_paused",))


def test_an_old_release_answers_a_replacement_with_201_and_takes_pausing_apart(old, scale, exchange, recording):
    before = recording("details-docs-test")
    old.on("GET", DETAILS, before)
    plan = scale.add(**create_request(exchange, "post-existing-version"), replace=True, is_paused=True)
    assert plan.second_step == {"is_paused": True}
    after = moved(before, revision_num=before["revision_num"] + 1)
    old.on("POST", "job-types/", Reply(201, after))
    old.on("PATCH", DETAILS, Reply(204))
    old.on("GET", DETAILS, before, after | {"is_paused": True})
    sent = plan.send()
    assert (sent.outcome, sent.status, sent.not_applied) == ("edited", 201, ())
    post, patch = old.writes()
    assert "is_paused" not in post.json
    assert patch.json == {"is_paused": True}


@pytest.mark.parametrize("answer", [NO_ROUTE, SERVER_ERROR, {"version": "snapshot"}, {}])
def test_a_server_that_tells_no_release_is_taken_for_the_newest(server, scale, exchange, recording, answer):
    server.on("GET", "version/", answer)
    server.on("GET", DETAILS, recording("details-docs-test"))
    assert scale.edit("test", "1.0.0", **exchange("patch-manifest-ok")["request"]["body"]).is_sendable


# Records.


def test_the_record_has_the_plan_the_request_and_the_answer(server, scale, recording, replayed, tmp_path):
    before, after = recording("get-after-max-0"), recording("get-after-paused")
    server.on("GET", DETAILS, before)
    plan = scale.edit("test", "1.0.0", is_paused=True)
    planned = plan.as_dict()
    reply = replayed("patch-paused")
    server.on("GET", DETAILS, before, after)
    path = tmp_path / "record.json"
    path.write_text("older", encoding="utf-8")
    plan.send().save(path)
    record = json.loads(path.read_text(encoding="utf-8"))
    assert [one.name for one in tmp_path.iterdir()] == ["record.json"]
    assert record["plan"] == planned
    assert (record["target"], record["at"]) == (server.url, "2026-03-01T12:00:00Z")
    assert record["request"] == {"is_paused": True}
    assert (record["status"], record["answer"]) == (200, reply.body)
    assert (record["outcome"], record["not_applied"], record["notes"]) == ("edited", [], [])
    assert record["job_type"]["last_modified"] == after["last_modified"]


def test_a_record_that_cannot_be_written_leaves_nothing_behind(store, tmp_path, exchange):
    body = create_request(exchange, configuration={"output_workspaces": {"default": "products"}})
    sent = store.add(**body).send()
    (tmp_path / "taken").mkdir()
    with pytest.raises(OSError):
        sent.save(tmp_path / "taken")
    assert [one.name for one in tmp_path.iterdir()] == ["taken"]


def test_what_a_store_was_sent_has_a_record_too(store, tmp_path, exchange):
    sent = store.add(**create_request(exchange)).send()
    sent.save(tmp_path / "record.json")
    text = (tmp_path / "record.json").read_text(encoding="utf-8")
    record = json.loads(text)
    assert SECRET not in text
    assert (record["outcome"], record["status"], record["target"]) == ("created", None, "the source 'local'")
    assert record["request"]["manifest"] == create_request(exchange)["manifest"]
    assert record["plan"]["action"] == "create"
