"""Plans that are sent to the local server: what they showed is what is there afterwards."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from asking import copy_rows
from histories import NOW, manifest

import jobtype_toolkit as jt

pytest.importorskip("starlette", reason="the local server needs the extra server")

from jobtype_toolkit import testing

pytestmark = pytest.mark.slow

STAMPS = ("id", "created", "deprecated", "paused", "last_modified")
IMAGE = "registry.example.com/demo-1.0.0-seed:1.0.0"


@pytest.fixture
def home() -> Iterator[jt.Store]:
    with jt.open(clock=lambda: NOW) as store:
        store.set_workspaces({"products": True, "old": False})
        yield store


@contextmanager
def serving(home: jt.Store) -> Iterator[jt.Scale]:
    with testing.serve(home, token="a-token") as server, jt.connect(server.url, "a-token") as made:
        yield made


@pytest.fixture
def scale(home: jt.Store) -> Iterator[jt.Scale]:
    with serving(home) as made:
        yield made


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a store with the job type `demo`, made by a plan."""
    file = tmp_path_factory.mktemp("made") / "demo.duckdb"
    with jt.open(file, clock=lambda: NOW) as store:
        store.set_workspaces({"products": True, "old": False})
        with serving(store) as scale:
            made(scale, is_published=True, max_scheduled=5, icon_code="f1")
    return file


@pytest.fixture
def published(file: Path) -> Iterator[jt.Scale]:
    """A client of a server that has it."""
    with jt.open(clock=lambda: NOW) as home:
        copy_rows(file, home)
        with serving(home) as made:
            yield made


def demo(**job: Any) -> dict[str, Any]:
    document = manifest("demo", "1.0.0")
    document["job"]["interface"]["settings"] = [
        {"name": "HOST"},
        {"name": "PASS", "secret": True},
        {"name": "KEY", "secret": True},
    ]
    document["job"] |= job
    return document


CONFIGURATION = {"settings": {"HOST": "h", "PASS": "hunter-2", "KEY": "k-e-y"}, "priority": 7}


def made(scale: jt.Scale, **more: Any) -> jt.Sent:
    return scale.add(demo(), docker_image=IMAGE, configuration=CONFIGURATION, **more).send()


def as_planned(plan: jt.Plan, found: jt.JobType) -> None:
    """Check that the details are what the plan showed, but for what depends on when it was done."""
    names = [name for name in plan.after if name not in STAMPS]
    assert {name: found[name] for name in names} == {name: plan.after[name] for name in names}


def test_a_creation_is_as_planned(scale):
    plan = scale.add(demo(), docker_image=IMAGE, configuration=CONFIGURATION, icon_code="f1", is_paused=True)
    sent = plan.send()
    assert (sent.outcome, sent.status, sent.not_applied, sent.notes) == ("created", 201, (), ())
    assert sent.url == f"{scale.url}/v6/job-types/demo/1.0.0/"
    assert sent.job_type == scale.job_type("demo", "1.0.0")
    as_planned(plan, sent.job_type)
    assert sent.job_type.is_paused is True


@pytest.mark.parametrize(
    ("changes", "ignored"),
    [
        ({"is_paused": True}, ()),
        ({"is_active": False}, ()),
        ({"icon_code": "f2", "max_scheduled": 3}, ()),
        ({"docker_image": "other:2"}, ()),
        (
            {"is_published": False, "max_scheduled": 0, "icon_code": None},
            ("is_published", "max_scheduled", "icon_code"),
        ),
        ({"configuration": None, "manifest": {}, "is_paused": True}, ("configuration", "manifest")),
        ({"manifest": demo(timeout=7), "auto_update": False}, ()),
        ({"configuration": {"priority": 3}}, ()),
        ({"configuration": CONFIGURATION | {"priority": 3}}, ()),
        ({"configuration": CONFIGURATION}, ()),
    ],
    ids="-".join,
)
def test_an_edit_is_as_planned(published, changes, ignored):
    plan = published.edit("demo", "1.0.0", **changes)
    sent = plan.send()
    as_planned(plan, sent.job_type)
    assert (sent.outcome, sent.status) == ("edited", 200)
    assert sent.not_applied == ignored
    assert all(any(note.startswith(f"{name}:") for note in plan.notes) for name in ignored)


def test_an_old_revision_is_restored_by_its_manifest(scale):
    made(scale)
    scale.edit("demo", "1.0.0", manifest=demo(title="Second")).send()
    plan = scale.edit("demo", "1.0.0", manifest=scale.revision("demo", "1.0.0", 1).manifest)
    sent = plan.send()
    as_planned(plan, sent.job_type)
    assert (sent.job_type.revision_num, sent.job_type.title) == (3, "A title")


def test_a_replacement_is_as_planned(scale):
    made(scale)
    plan = scale.add(demo(title="Other"), docker_image="other:1", replace=True, is_active=False)
    sent = plan.send()
    as_planned(plan, sent.job_type)
    assert (sent.outcome, sent.job_type.is_active, sent.job_type.revision_num) == ("edited", False, 2)
    with pytest.raises(jt.Rejected, match="exists already"):
        scale.add(demo(), docker_image=IMAGE).send()


def test_an_empty_configuration_is_no_wish_of_a_replacement(scale):
    before = made(scale).job_type
    sent = scale.add(demo(), docker_image=IMAGE, configuration={}, replace=True).send()
    assert sent.job_type.configuration == before.configuration


def test_a_validation_agrees_with_the_server_s(scale):
    document = demo(errors=[{"code": 1, "name": "same"}, {"code": 2, "name": "same"}])
    found = scale.validate(document, {"output_workspaces": {"default": "nowhere"}})
    assert [one.name for one in found.errors] == ["DUPLICATE_ERROR_NAMES", "INVALID_WORKSPACE"]
    assert not {"SERVER_DISAGREES", "SERVER_DID_NOT_VALIDATE"} & {one.name for one in found.warnings}
    good = scale.validate(demo(), CONFIGURATION)
    assert good.is_valid
    assert not {"SERVER_DISAGREES", "SERVER_DID_NOT_VALIDATE"} & {one.name for one in good.warnings}


def test_a_pre_release_is_created_though_the_server_says_500(scale):
    document = copy.deepcopy(demo())
    document["job"]["jobVersion"] = "1.0.0-rc.1"
    with pytest.raises(jt.Rejected, match="UNREACHABLE_VERSION"):
        scale.add(document, docker_image=IMAGE).send()
    sent = scale.add(document, docker_image=IMAGE, allow_unreachable=True, is_paused=True).send()
    assert (sent.outcome, sent.status, sent.not_applied) == ("created", 500, ("is_paused",))
    assert scale.versions("demo")["version"].tolist() == ["1.0.0-rc.1"]
    again = scale.add(document, docker_image="other:2", replace=True, allow_unreachable=True).send()
    assert (again.outcome, again.status, again.job_type.docker_image) == ("edited", 200, "other:2")


def test_what_the_server_refuses_is_told_and_changes_nothing(scale):
    before = made(scale).job_type
    with pytest.raises(jt.Rejected) as caught:
        scale.edit("demo", "1.0.0", configuration={"output_workspaces": {"default": "nowhere"}}).send()
    assert caught.value.findings[0].name == "INVALID_WORKSPACE"
    assert scale.job_type("demo", "1.0.0") == before


def test_one_of_two_plans_for_the_same_ground_is_sent(scale):
    made(scale)
    one, other = (scale.edit("demo", "1.0.0", icon_code=icon) for icon in ("f1", "f2"))
    one.send()
    with pytest.raises(jt.PlanOutdated):
        other.send()
    assert scale.job_type("demo", "1.0.0").icon_code == "f1"


def test_who_may_not_write_changes_nothing(home):
    with testing.serve(home, read_only=True) as server, jt.connect(server.url) as scale:
        plan = scale.add(demo(), docker_image=IMAGE)
        with pytest.raises(jt.AuthenticationFailed):
            plan.send()
        assert plan.is_sendable
    assert home.job_types().empty


@pytest.mark.parametrize("release", ["6", "7.0"])
def test_an_old_release_does_what_the_plan_says(home, release):
    with testing.serve(home, release=release) as server, jt.connect(server.url) as scale:
        plan = scale.add(demo(), docker_image=IMAGE, configuration={"priority": 7}, is_paused=True, is_active=False)
        sent = plan.send()
        assert (sent.outcome, sent.status, sent.not_applied) == ("created", 201, ("is_active",))
        as_planned(plan, sent.job_type)
        edit = scale.edit("demo", "1.0.0", icon_code="f2", is_paused=False)
        sent = edit.send()
        assert (sent.status, sent.answer, sent.not_applied) == (204, None, ("is_paused",))
        as_planned(edit, sent.job_type)
        assert not scale.edit("demo", "1.0.0", manifest=demo(title="New")).is_sendable
        replacement = scale.add(demo(title="New"), docker_image=IMAGE, replace=True)
        sent = replacement.send()
        assert (sent.outcome, sent.status) == ("edited", 201)
        as_planned(replacement, sent.job_type)
