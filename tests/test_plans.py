"""What a plan shows, and that it is sent once: whatever its target."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from html.parser import HTMLParser
from typing import Any

import pytest
from histories import job_type, manifest

import jobtype_toolkit as jt
from jobtype_toolkit.plans.plan import Plan, refused_for
from jobtype_toolkit.seed.findings import SCALE, Finding, Validation, finding
from jobtype_toolkit.store import writes

pytestmark = pytest.mark.slow

BEFORE = job_type(7, "demo", "1.0.0")


def sent() -> jt.Sent:
    return jt.Sent("edited", "job-types/demo/1.0.0/", jt.JobType(BEFORE), Validation())


def plan(sender: Any = sent, **more: Any) -> Plan:
    """A plan as a backend would make it."""
    given = {
        "action": "edit",
        "name": "demo",
        "version": "1.0.0",
        "target": "a test",
        "before": BEFORE,
        "after": BEFORE,
    }
    return Plan(**given | {"validation": Validation(), "sender": sender} | more)


def error(name: str, *marks: str, **more: Any) -> Finding:
    return finding(name, (), f"{name} is wrong.", "Mend it.", marks or {SCALE}, **more)


# Sending.


def test_a_plan_is_sent_once_only():
    calls: list[int] = []
    one = plan(lambda: calls.append(1) or sent())
    assert one.is_sendable
    assert one.send() is one.sent
    assert not one.is_sendable
    assert "sent: edited" in repr(one)
    with pytest.raises(jt.AlreadySent, match="new one"):
        one.send()
    assert calls == [1]


def test_of_many_at_the_same_time_one_sends():
    calls: list[int] = []
    gate = threading.Barrier(8)
    one = plan(lambda: calls.append(1) or sent())

    def go() -> bool:
        gate.wait()
        try:
            one.send()
        except jt.AlreadySent:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(lambda _: go(), range(8))) == 1
    assert calls == [1]


def test_a_store_that_could_not_be_written_may_be_tried_again():
    answers = iter([jt.StoreLocked("held"), None])

    def sender() -> jt.Sent:
        trouble = next(answers)
        if trouble:
            raise trouble
        return sent()

    one = plan(sender)
    with pytest.raises(jt.StoreLocked):
        one.send()
    assert one.is_sendable
    assert one.send().outcome == "edited"


@pytest.mark.parametrize("trouble", [jt.Rejected("no"), jt.AuthenticationFailed("who"), jt.NotFound("gone")])
def test_a_refusal_changed_nothing_so_that_it_may_be_sent_again(trouble):
    answers = iter([trouble, None])

    def sender() -> jt.Sent:
        found = next(answers)
        if found:
            raise found
        return sent()

    one = plan(sender)
    with pytest.raises(type(trouble)):
        one.send()
    assert one.send().outcome == "edited"


@pytest.mark.parametrize("trouble", [jt.ServerFailed("broke"), jt.ConnectionFailed("cut"), jt.OutcomeUnknown("lost")])
def test_after_a_failure_it_is_not_sent_again(trouble):
    def sender() -> jt.Sent:
        raise trouble

    one = plan(sender)
    with pytest.raises(type(trouble)):
        one.send()
    with pytest.raises(jt.AlreadySent):
        one.send()


def test_what_is_looked_at_before_it_is_sent_stops_it_without_using_it_up():
    looks = iter([jt.PlanOutdated("moved"), jt.ConnectionFailed("cut"), None])
    calls: list[int] = []

    def checker() -> None:
        found = next(looks)
        if found:
            raise found

    one = plan(lambda: calls.append(1) or sent(), checker=checker)
    for trouble in (jt.PlanOutdated, jt.ConnectionFailed):
        with pytest.raises(trouble):
            one.send()
        assert one.is_sendable
    assert calls == []
    assert one.send().plan["is_sendable"] is True
    assert calls == [1]


def test_where_nobody_knows_what_became_of_it_a_plan_is_not_sent_again():
    def sender() -> jt.Sent:
        raise ConnectionError

    one = plan(sender)
    with pytest.raises(ConnectionError):
        one.send()
    with pytest.raises(jt.AlreadySent):
        one.send()


def test_a_plan_with_errors_is_rejected_before_it_is_sent():
    errors = (error("FIRST"), error("SECOND"))
    one = plan(lambda: pytest.fail("was sent"), validation=Validation(errors))
    assert not one.is_sendable
    with pytest.raises(jt.Rejected, match=r"FIRST is wrong.*1 more") as caught:
        one.send()
    assert (caught.value.status, caught.value.findings) == (400, errors)
    assert caught.value.detail == "Seed Manifest invalid: FIRST is wrong."
    assert isinstance(caught.value, ValueError)
    assert isinstance(caught.value, jt.ToolkitError)


# Showing.


def test_the_changes_are_a_frame_with_the_same_columns_full_or_empty():
    after = BEFORE | {"is_paused": True, "max_scheduled": 3, "configuration": BEFORE["configuration"] | {"priority": 5}}
    full, empty = plan(after=after).changes, plan().changes
    assert full["field"].tolist() == ["is_paused", "max_scheduled", "configuration.priority"]
    assert full["before"].tolist() == [False, None, 100]
    assert full["after"].tolist() == [True, 3, 5]
    assert empty.empty
    assert empty.dtypes.tolist() == full.dtypes.tolist()


def test_a_creation_has_nothing_before():
    frame = plan(action="create", before=None).changes
    assert set(frame["before"]) == {None}
    assert {"name", "docker_image", "is_active"} <= set(frame["field"])
    assert plan(action="create", before=None, auto_update=True).compatibility is None
    assert plan(action="create", before=None).manifest_diff.empty


def test_a_new_manifest_is_compared_and_judged():
    new = manifest("demo", "1.0.0", title="Another")
    new["job"]["interface"]["inputs"] = {"files": [{"name": "IN", "required": True}]}
    one = plan(after=BEFORE | {"manifest": new}, auto_update=False)
    assert one.compatibility is not None
    assert one.compatibility.verdict == "breaking"
    assert list(one.manifest_diff.columns) == ["path", "before", "after", "kind"]
    assert "$.job.title" in one.manifest_diff["path"].tolist()
    text = repr(one)
    for part in ("breaking", "auto_update", "stay with the revision", "$.job.title"):
        assert part in text


def test_auto_update_is_told_in_every_plan_with_a_manifest_and_in_no_other():
    assert "auto_update" in repr(plan(auto_update=True))
    assert "auto_update" not in repr(plan())


def test_jobs_notes_and_the_second_step_are_told():
    one = plan(jobs={"RUNNING": 1200, "QUEUED": 0, "PENDING": 3}, notes=("look here",), second_step={"is_paused": True})
    for part in ("1,200 RUNNING, 0 QUEUED, 3 PENDING", "look here", "is_paused = true"):
        assert part in repr(one)
        assert part in one._repr_html_()


def test_a_plan_as_plain_values_is_json():
    one = plan(after=BEFORE | {"is_paused": True, "manifest": manifest("demo", "1.0.0", title="x")}, auto_update=True)
    told = json.loads(json.dumps(one.as_dict()))
    assert told["changes"] == [{"field": "is_paused", "before": False, "after": True}]
    assert told["compatibility"]["verdict"] == "cosmetic"
    assert told["is_sendable"] is True
    assert told["validation"] == {"is_valid": True, "errors": [], "warnings": []}


def test_long_lists_are_cut_for_the_reader_and_not_in_the_frame():
    new = manifest("demo", "1.0.0", tags=[f"t{number}" for number in range(200)])
    one = plan(after=BEFORE | {"manifest": new}, auto_update=True)
    assert len(repr(one).splitlines()) < 60
    assert "more" in repr(one)
    assert len(one.manifest_diff) >= 200


class Tags(HTMLParser):
    """The tags of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, *_: Any) -> None:
        self.found.add(tag)


HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)>\x1b[31m\n\u202e"


def test_nothing_from_outside_becomes_html_or_steers_a_terminal():
    one = plan(
        name=HOSTILE,
        target=HOSTILE,
        after=BEFORE
        | {"title": HOSTILE, "docker_image": HOSTILE, "manifest": manifest("demo", "1.0.0", title=HOSTILE)},
        auto_update=True,
        notes=(HOSTILE,),
        validation=Validation((), (error("X"),)),
    )
    assert Tags(one._repr_html_()).found <= {"div", "strong", "table", "tbody", "tr", "th", "td", "p"}
    assert "\x1b" not in repr(plan(name=HOSTILE, after=BEFORE | {"title": HOSTILE}))


def test_errors_stand_in_the_order_in_which_a_server_comes_upon_them():
    manifest_error, late = error("JSON_VALIDATION_ERROR"), error("TOO_LONG", "Scale create")
    own = error("SYSTEM_JOB_TYPE", "Scale create")
    fit = Finding("INVALID_WORKSPACE", "x", rejected_by=frozenset({SCALE}), document="configuration")
    shape = Finding("INVALID_CONFIGURATION", "x", rejected_by=frozenset({SCALE}), document="configuration")
    found = refused_for(Validation((manifest_error, shape, fit), (late,)), [late, own])
    assert [one.name for one in found.errors] == [one.name for one in (manifest_error, shape, own, fit, late)]
    assert found.warnings == ()


# A store behind it.


def test_what_fails_half_way_leaves_the_store_as_it_was(monkeypatch):
    with jt.open() as store:
        new = jt.Manifest.new("demo", maintainer={"name": "Operations", "email": "ops@example.com"})
        real = writes.script

        def failing(con: Any, name: str, *rest: Any) -> Any:
            if name == "store/writes.edit_job_type":
                raise RuntimeError
            return real(con, name, *rest)

        monkeypatch.setattr(writes, "script", failing)
        with pytest.raises(RuntimeError):
            store.add(new, docker_image="demo-1.0.0-seed:1.0.0").send()
        monkeypatch.undo()
        for name in ("job_type", "job_type_revision", "source", "error"):
            assert store.sql(f"FROM {name}").empty
        assert store.add(new, docker_image="demo-1.0.0-seed:1.0.0").send().outcome == "created"


# What an author gave and did not mean.

IMAGE = "demo-1.0.0-seed:{}"


def of_author(package: str = "1.0.0", **interface: Any) -> jt.Manifest:
    made = jt.Manifest.new("demo", package_version=package, maintainer={"name": "A", "email": "a@example.com"})
    return made.set("job.interface", {**made.at("job.interface"), **interface})


@pytest.fixture
def two_revisions() -> jt.Store:
    store = jt.open()
    store.add(of_author(), docker_image=IMAGE.format("1.0.0")).send()
    store.edit("demo", "1.0.0", manifest=of_author("1.0.1"), docker_image=IMAGE.format("1.0.1")).send()
    return store


def test_a_restored_revision_brings_its_image(two_revisions):
    plan = two_revisions.edit("demo", "1.0.0", manifest=two_revisions.revision("demo", "1.0.0", 1))
    assert plan.after["docker_image"] == IMAGE.format("1.0.0")
    assert not [one for one in plan.validation if one.name.startswith("IMAGE_")]
    assert "went down" in plan.compatibility.advice
    restored = plan.send().job_type
    assert (restored.docker_image, restored.manifest["job"]["packageVersion"]) == (IMAGE.format("1.0.0"), "1.0.0")
    other = two_revisions.edit("demo", "1.0.0", manifest=two_revisions.revision("demo", "1.0.0", 2), docker_image="x:1")
    assert other.after["docker_image"] == "x:1"


def test_a_manifest_without_its_image_is_judged_with_the_one_that_stays(two_revisions):
    plan = two_revisions.edit("demo", "1.0.0", manifest=of_author("1.0.2"))
    assert [one.name for one in plan.validation if one.name.startswith("IMAGE_")] == ["IMAGE_TAG"]
    assert any(note.startswith("docker_image: none is given") and "seed:1.0.1" in note for note in plan.notes)
    image = two_revisions.edit("demo", "1.0.0", docker_image=IMAGE.format("9.9.9"))
    assert [one.name for one in image.validation if one.name.startswith("IMAGE_")] == ["IMAGE_TAG"]


def test_a_revision_gives_a_manifest_that_can_be_compared(two_revisions):
    first, second = (two_revisions.revision("demo", "1.0.0", number) for number in (1, 2))
    assert isinstance(first.manifest, jt.Manifest)
    assert isinstance(first["manifest"], dict)
    for old, new in ((first.manifest, second.manifest), (first.manifest, second)):
        assert old.diff(new)["path"].tolist() == ["$.job.packageVersion"]
    assert second.manifest.breaking_changes(first).bump == "patch"
    assert jt.validate(first).is_valid
    first.manifest.set("job.title", "another")
    assert first.manifest["job"]["title"] == "demo"


@pytest.mark.parametrize("name", ["db_password", "DB-PASSWORD", "PASSWORD", "OTHER"])
def test_a_setting_that_the_manifest_does_not_know_is_masked(name):
    store = jt.open()
    secret = of_author(settings=[{"name": "DB_PASSWORD", "secret": True}])
    plan = store.add(secret, docker_image=IMAGE.format("1.0.0"), configuration={"settings": {name: "hunter2"}})
    sent = plan.send()
    edited = store.edit("demo", "1.0.0", configuration={"settings": {name: "hunter2", "DB_PASSWORD": "hunter2"}})
    shown = [repr(plan), plan._repr_html_(), json.dumps(plan.as_dict()), plan.changes.to_csv(), json.dumps(sent.as_dict()),
             repr(edited), json.dumps(edited.send().as_dict()), store.job_types().to_csv(), store.sql("FROM job_type").to_csv(),
             store.sql("FROM job_type_change").to_csv()]  # fmt: skip
    assert not [text for text in shown if "hunter2" in text]
    meant = any("Did you mean" in note for note in plan.notes)
    assert meant == (name != "OTHER")
    assert "UNKNOWN_SETTING" in [one.name for one in plan.validation]
    with pytest.raises(jt.Rejected) as refused:
        store.add(
            secret.set("job.timeout", "x"), docker_image="x", configuration={"settings": {name: "hunter2"}}
        ).send()
    assert "hunter2" not in str(refused.value) + str(refused.value.findings)


def test_a_store_misses_no_secret_that_it_never_keeps():
    store = jt.open()
    secret = of_author(settings=[{"name": "DB_PASSWORD", "secret": True}, {"name": "HOST"}])
    given = {"settings": {"DB_PASSWORD": "x", "HOST": "h"}}
    store.add(secret, docker_image=IMAGE.format("1.0.0"), configuration=given).send()
    assert "MISSING_SETTING" not in [one.name for one in store.edit("demo", "1.0.0", manifest=secret).validation]
    plan = store.edit("demo", "1.0.0", configuration={"settings": {}})
    (missing,) = (one for one in plan.validation if one.name == "MISSING_SETTING")
    assert "HOST" in missing.description


def test_refusals_come_first():
    store = jt.open()
    store.add(of_author(), docker_image=IMAGE.format("1.0.0")).send()
    plan = store.edit("demo", "1.0.0", manifest=of_author().set("job.timeout", "x").set("job.title", "new"))
    assert plan.lines()[0][0] == "refused"
