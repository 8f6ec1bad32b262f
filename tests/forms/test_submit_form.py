"""Submission: a plan that is seen first, sent once, and refused where it hurts."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from asking import filled
from viewing import Pages, complete, plain

import jobtype_toolkit as jt
from jobtype_toolkit import testing
from jobtype_toolkit.forms.configuration import ConfigurationState
from jobtype_toolkit.forms.manifest import ManifestState
from jobtype_toolkit.forms.submit import SubmitState

pytestmark = pytest.mark.slow

WORKSPACE = {"output_workspaces": {"default": "workspace_1"}, "mounts": {"DEM": {"type": "host", "host_path": "/dem"}},
             "settings": {"DB_HOST": "h", "DB_PASS": "hunter2"}}  # fmt: skip


class Author:
    """The three forms of an author, each with its pages."""

    def __init__(self, target: Any, document: Any = None, configuration: Any = None) -> None:
        self.target = target
        self.manifest = ManifestState(document, target=target)
        self.configuration = ConfigurationState(self.manifest, configuration)
        self.submit = SubmitState(self.manifest, self.configuration, target)
        self.writing, self.configuring, self.pages = Pages(self.manifest), Pages(self.configuration), Pages(self.submit)

    def plan(self) -> Any:
        self.pages.do("plan")
        return self.submit.plan

    @property
    def told(self) -> str:
        return str(self.pages.nodes.get("+told", {}).get("text", ""))


@pytest.fixture
def target(tmp_path):
    """A store that can be written."""
    with filled(tmp_path) as store:
        yield store


def of_the_store(target: Any) -> tuple[str, str]:
    row = target.job_types(is_active=True, is_system=False).iloc[0]
    return row["name"], row["version"]


def test_a_type_that_is_not_there_is_added(target):
    author = Author(target, complete(), WORKSPACE)
    plan = author.plan()
    assert (plan.action, plan.name, plan.version) == ("create", "tile-mosaic", "1.2.0")
    assert plan.after["docker_image"] == "tile-mosaic-1.2.0-seed:1.0.1"
    author.pages.do("send")
    found = target.job_type("tile-mosaic", "1.2.0")
    assert (found.manifest["job"]["title"], found.revision_num) == ("Tile mosaic", 1)
    assert "revision 1" in author.told
    assert author.submit.sent.outcome == "created"


def test_what_was_typed_beside_the_manifest_is_sent(target):
    author = Author(target, complete(), WORKSPACE)
    for name, text in {
        "docker_image": "registry.local/x:1",
        "icon_code": "f0ac",
        "is_published": "yes",
        "max_scheduled": "4",
    }.items():
        author.pages.edit(f"/{name}", text)
    author.plan()
    author.pages.do("send")
    found = target.job_type("tile-mosaic", "1.2.0")
    assert (found.docker_image, found.icon_code, found.is_published, found.max_scheduled) == (
        "registry.local/x:1",
        "f0ac",
        True,
        4,
    )


def test_a_type_that_is_there_is_edited_by_what_changed(target):
    asked = of_the_store(target)
    author = Author(target, asked)
    before = target.job_type(*asked)
    author.writing.edit("/job/description", "Another description")
    plan = author.plan()
    assert plan.action == "edit"
    assert list(plan.manifest_diff["path"]) == ["$.job.description"]
    author.pages.do("send")
    after = target.job_type(*asked)
    assert after.revision_num == before.revision_num + 1
    assert after.manifest["job"]["description"] == "Another description"
    assert (after.docker_image, after.max_scheduled) == (before.docker_image, before.max_scheduled)
    assert after.configuration["priority"] == before.configuration["priority"]


def test_an_image_alone_makes_no_new_manifest(target):
    asked = of_the_store(target)
    author = Author(target, asked)
    author.pages.edit("/docker_image", "registry.local/other:2")
    plan = author.plan()
    assert list(plan.changes["field"]) == ["docker_image"]
    assert plan.manifest_diff.empty


def test_recipes_stay_with_their_revision_if_that_is_chosen(target):
    author = Author(target, of_the_store(target))
    author.writing.edit("/job/description", "Another description")
    assert author.plan().auto_update is True
    author.pages.edit("/auto_update", "no")
    assert author.plan().auto_update is False


def test_nothing_is_sent_without_a_confirmation(target):
    author = Author(target, complete(), WORKSPACE)
    author.pages.do("send")
    author.plan()
    author.pages.do("cancel")
    author.pages.do("send")
    assert author.submit.sent is None
    assert author.told == "Nothing has been sent."
    with pytest.raises(jt.NotFound):
        target.job_type("tile-mosaic", "1.2.0")


@pytest.mark.parametrize("form", ["writing", "configuring", "pages"])
def test_an_edit_drops_the_plan_and_says_so(target, form):
    author = Author(target, complete(), WORKSPACE)
    assert author.plan() is not None
    place = {"writing": "/job/title", "configuring": "/priority", "pages": "/icon_code"}[form]
    getattr(author, form).edit(place, "5")
    assert author.submit.plan is None
    assert "+send" not in author.pages.nodes
    author.pages.do("send")
    assert author.submit.sent is None
    assert form == "pages" or "dropped" in author.told


def test_looking_around_keeps_the_plan(target):
    author = Author(target, complete(), WORKSPACE)
    plan = author.plan()
    author.writing.do("leave", "/job/title")
    author.writing.do("open", "+text", "one")
    author.writing.do("check")
    assert author.submit.plan is plan


def test_a_double_click_sends_once(target):
    author = Author(target, complete(), WORKSPACE)
    author.plan()
    gate = threading.Barrier(4)

    def click() -> None:
        gate.wait()
        author.pages.do("send")

    threads = [threading.Thread(target=click) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert target.job_type("tile-mosaic", "1.2.0").revision_num == 1
    assert "revision 1" in author.told


def test_forms_with_errors_make_no_plan_and_the_first_is_led_to(target):
    author = Author(target, {"job": {"name": "x"}})
    assert author.plan() is None
    assert "errors" in author.told
    found = author.pages.nodes["+refusals"]["findings"]
    assert found
    assert all(one["of"].startswith(("../manifest:", "../configuration:")) for one in found)


def test_what_was_sent_is_the_new_start(target):
    author = Author(target, complete(), WORKSPACE)
    author.writing.edit("/job/title", "Mosaic of tiles")
    assert author.manifest.is_dirty
    author.plan()
    author.pages.do("send")
    assert not author.manifest.is_dirty
    assert author.writing.nodes["+undo"]["disabled"]
    author.writing.edit("/job/title", "Mosaic")
    assert author.plan().action == "edit"


def test_no_secret_is_shown_on_the_way(target):
    author = Author(target, complete(), WORKSPACE)
    author.plan()
    shown = repr(plain(author.pages.nodes))
    author.pages.do("send")
    assert "hunter2" not in shown + repr(plain(author.pages.nodes)) + repr(author.submit.sent)


# A live server.


@pytest.fixture
def server(tmp_path):
    with testing.serve(filled(tmp_path)) as running:
        yield running


def test_a_type_is_added_to_a_server(server):
    author = Author(jt.connect(server.url, retries=jt.Retries(count=0)), complete(), WORKSPACE)
    assert author.plan().action == "create"
    assert not [one for one in server.requests if one.method in ("POST", "PATCH") and "validation" not in one.path]
    author.pages.do("send")
    assert "revision 1" in author.told
    assert server.store.job_type("tile-mosaic", "1.2.0").manifest["job"]["title"] == "Tile mosaic"


def refusing(status: int, body: Any) -> Any:
    """Return a connection to a server that refuses what it is asked to validate."""

    def answer(request: testing.HttpRequest) -> testing.Reply:
        if request.service.endswith("validation/") or status >= 500:
            return testing.Reply(status, body)
        return testing.Reply(404, {"detail": "Not found."})

    return jt.connect("http://scale.example/api", transport=testing.Transport(answer), retries=jt.Retries(count=0))


def test_a_refusal_of_a_server_stands_at_its_field(target):
    refusal = {
        "name": "INVALID_MANIFEST",
        "description": "'tile-mosaic' is reserved on this server\n\nOn instance['job']['name']:\n    'tile-mosaic'",
    }
    author = Author(refusing(200, {"is_valid": False, "errors": [refusal], "warnings": []}), complete(), WORKSPACE)
    assert author.plan() is None
    assert "refuses" in author.told
    assert any("reserved" in one["text"] for one in author.pages.nodes["+refusals"]["findings"])
    assert not author.manifest.is_valid
    author.writing.edit("/job/name", "mosaic-of-tiles")
    assert author.manifest.is_valid


@pytest.mark.parametrize("status", [500, 503, 401, 403])
def test_a_server_that_fails_is_told_and_nothing_is_lost(status):
    author = Author(refusing(status, "<h1>No</h1>"), complete(), WORKSPACE)
    author.writing.edit("/job/title", "Mosaic")
    assert author.plan() is None
    assert author.told
    assert author.pages.nodes["+told"]["tone"] == "bad"
    assert author.manifest.value["job"]["title"] == "Mosaic"
    assert not author.pages.nodes["+plan"].get("disabled")


def test_a_server_that_went_away_is_told_and_nothing_is_lost(tmp_path):
    with testing.serve(filled(tmp_path)) as server:
        author = Author(jt.connect(server.url, retries=jt.Retries(count=0)), complete(), WORKSPACE)
        assert author.plan() is not None
    author.pages.do("send")
    assert author.submit.sent is None
    assert author.pages.nodes["+told"]["tone"] == "bad"
    assert author.manifest.value == complete()
    assert author.configuration.value == WORKSPACE


def test_a_type_that_changed_since_the_plan_is_told_and_planned_again(target):
    asked = of_the_store(target)
    author = Author(target, asked)
    author.writing.edit("/job/description", "Mine")
    assert author.plan() is not None
    target.edit(*asked, max_scheduled=17).send()
    author.pages.do("send")
    assert author.submit.sent is None
    assert "changed" in author.told
    assert author.manifest.value["job"]["description"] == "Mine"
    author.plan()
    author.pages.do("send")
    found = target.job_type(*asked)
    assert (found.manifest["job"]["description"], found.max_scheduled) == ("Mine", 17)
