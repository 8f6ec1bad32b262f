"""What creating and editing do to a store: v6's results and effects, and where the store does better and says so."""

from __future__ import annotations

import copy
import json
from datetime import timedelta
from typing import Any

import pytest
from asking import small_file
from histories import BAD_INPUT, CHIPS, GAUGE, JOB_TYPES, NOW, ago, job, job_type, listed, page, revision
from hypothesis import given
from hypothesis import strategies as st
from sizes import examples

import jobtype_toolkit as jt

pytestmark = pytest.mark.slow

SECRET = "hunter2-not-for-show"


class Ticking:
    """A clock that goes on by a minute with each look."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> Any:
        self.now += timedelta(minutes=1)
        return self.now


@pytest.fixture
def ticking() -> Ticking:
    return Ticking()


@pytest.fixture
def store(ticking) -> jt.Store:
    """An empty store whose clock goes on."""
    return jt.open(clock=ticking)


@pytest.fixture(scope="module")
def empty() -> jt.Store:
    """An empty store, for plans that nobody sends."""
    return jt.open(clock=Ticking())


@pytest.fixture
def full(ticking, tmp_path) -> jt.Store:
    """The small history, to be edited."""
    return jt.open(small_file(tmp_path, "local"), clock=ticking)


def manifest(name: str = "demo", version: str = "1.0.0", **job: Any) -> dict[str, Any]:
    made = jt.Manifest.new(
        name, job_version=version, title="Demo", maintainer={"name": "Operations", "email": "ops@example.com"}
    ).data
    made["job"] |= job
    return made


def with_settings(**secret: bool) -> dict[str, Any]:
    made = manifest()
    made["job"]["interface"]["settings"] = [{"name": name, "secret": value} for name, value in secret.items()]
    return made


def make(store: jt.Store, document: Any = None, **more: Any) -> jt.JobType:
    return store.add(document or manifest(), docker_image="demo-1.0.0-seed:1.0.0", **more).send().job_type


def rows(store: jt.Store) -> dict[str, list[tuple[Any, ...]]]:
    """Everything that is stored."""
    with store._reading() as con:  # `sql` takes ten times as long
        names = con.execute("SELECT table_name FROM duckdb_tables() WHERE NOT internal").fetchall()
        return {name: con.execute(f"FROM {name} ORDER BY ALL").fetchall() for (name,) in names}


# Creating.


def test_a_creation_is_as_a_server_makes_it(store, ticking):
    sent = store.add(manifest(tags=["a"]), docker_image="demo-1.0.0-seed:1.0.0", icon_code="f013").send()
    assert (sent.outcome, sent.url, sent.not_applied) == ("created", "job-types/demo/1.0.0/", ())
    made = store.job_type("demo", "1.0.0")
    assert made == sent.job_type
    told = {name: made[name] for name in ("revision_num", "max_tries", "is_active", "is_system", "is_paused")}
    assert told == {"revision_num": 1, "max_tries": 3, "is_active": True, "is_system": False, "is_paused": False}
    assert (made.is_published, made.max_scheduled, made.unmet_resources) == (False, None, None)
    assert (made.deprecated, made.paused, made.recipe_types) == (None, None, [])
    assert made.created == made.last_modified == ticking.now
    assert made.title == "Demo"
    assert made.configuration == jt.Configuration.new().data
    assert store.revisions("demo", "1.0.0")["revision_num"].tolist() == [1]
    assert store.revision("demo", "1.0.0", 1).manifest == made.manifest
    assert store.job_types(keyword="a")["name"].tolist() == ["demo"]
    assert store.check().is_sound


def test_manifest_and_configuration_are_stored_normalised(store):
    document = manifest(resources={"scalar": [{"name": "sharedMem", "value": 1}]})
    document["job"]["interface"]["mounts"] = [{"name": "M", "path": "/m"}]
    made = make(store, document, configuration={"version": "7", "mounts": {"M": {"type": "volume"}}})
    assert made.manifest == jt.Manifest.read(document).normalised().data
    assert made.manifest["job"]["resources"]["scalar"][0]["name"] == "sharedmem"
    assert made.configuration["mounts"] == {"M": {"type": "volume", "driver": "", "driver_opts": {}}}
    assert "version" not in made.configuration


@pytest.mark.parametrize("form", [dict, jt.Manifest.read, json.dumps, lambda one: json.dumps(one).encode()])
def test_a_manifest_may_come_in_any_form(store, form):
    assert make(store, form(manifest())).name == "demo"


def test_a_manifest_may_be_a_file(store, write):
    assert make(store, write("seed.manifest.json", manifest())).name == "demo"
    with pytest.raises(jt.UnreadableInput):
        store.add(write("x", "").parent / "nowhere.json", docker_image="x")


def test_its_errors_become_errors_of_the_job_type_name(store):
    first = manifest(errors=[{"code": 1, "name": "bad-input", "category": "data"}, {"code": 2, "name": "other"}])
    make(store, first)
    errors = store.errors(job_type_name="demo").set_index("name")
    assert errors["category"].to_dict() == {"bad-input": "DATA", "other": "ALGORITHM"}
    assert errors["title"].to_dict() == {"bad-input": "bad-input", "other": "other"}
    assert not errors["is_builtin"].any()
    assert not errors["should_be_retried"].any()
    second = manifest(version="2.0.0", errors=[{"code": 9, "name": "other", "title": "Other", "category": "data"}])
    make(store, second)
    errors = store.errors(job_type_name="demo").set_index("name")
    assert errors["category"].to_dict() == {"bad-input": "DATA", "other": "DATA"}
    assert errors["title"]["other"] == "Other"
    assert len(errors) == 2


def test_of_an_error_code_that_occurs_twice_the_last_counts(store):
    make(store, manifest(errors=[{"code": 1, "name": "first"}, {"code": 1, "name": "second"}]))
    assert store.errors()["name"].tolist() == ["second"]


@pytest.mark.parametrize(
    ("field", "stamp", "value"), [("is_active", "deprecated", False), ("is_paused", "paused", True)]
)
def test_what_v6_ignores_on_a_creation_is_a_second_step_that_the_store_takes_at_once(
    store, ticking, field, stamp, value
):
    plan = store.add(manifest(), docker_image="demo-1.0.0-seed:1.0.0", **{field: value})
    assert plan.second_step == {field: value}
    made = plan.send().job_type
    assert made[field] is value
    assert made[stamp] == ticking.now
    assert made.revision_num == 1


def test_the_usual_needs_no_second_step(store):
    assert not store.add(manifest(), docker_image="x", is_active=True, is_paused=False).second_step


def test_what_exists_is_not_overwritten_unless_the_caller_says_so(store):
    make(store)
    before = rows(store)
    plan = store.add(manifest(title="Other"), docker_image="other")
    assert not plan.is_sendable
    assert plan.validation.errors[0].name == "JOB_TYPE_EXISTS"
    assert "replace=True" in repr(plan)
    assert plan.manifest_diff["path"].tolist() == ["$.job.title"]
    with pytest.raises(jt.Rejected, match="replace=True"):
        plan.send()
    assert rows(store) == before
    sent = store.add(manifest(title="Other"), docker_image="other", replace=True).send()
    assert (sent.outcome, sent.job_type.revision_num, sent.job_type.title) == ("edited", 2, "Other")


def test_replacing_what_is_not_there_creates_it(store):
    plan = store.add(manifest(), docker_image="x", replace=True)
    assert (plan.action, plan.send().outcome) == ("create", "created")


def test_the_same_manifest_again_makes_a_revision_all_the_same(store):
    make(store)
    plan = store.add(manifest(), docker_image="demo-1.0.0-seed:1.0.0", replace=True)
    assert "D16" in repr(plan)
    assert plan.send().job_type.revision_num == 2


def test_a_pre_release_is_held_with_a_warning(store):
    plan = store.add(manifest(version="1.0.0-rc.1"), docker_image="x")
    assert "UNREACHABLE_VERSION" in {one.name for one in plan.validation.warnings}
    plan.send()
    assert store.job_type("demo", "1.0.0-rc.1").revision_num == 1


@pytest.mark.parametrize(
    ("document", "code"),
    [
        (manifest("validation"), "RESERVED_JOB_NAME"),
        (manifest("n" * 51), "TOO_LONG"),
        (manifest(tags=["t" * 51]), "TOO_LONG"),
        (manifest(errors=[{"code": 1, "name": "n" * 51}]), "TOO_LONG"),
        (manifest(errors=[{"code": 1, "name": "n", "title": "t" * 51}]), "TOO_LONG"),
        (manifest(errors=[{"code": 1, "name": "n", "description": "d" * 251}]), "TOO_LONG"),
        (manifest(title="a\0b"), "UNSTORABLE_TEXT"),
        (manifest(title="a\ud800b"), "UNSTORABLE_TEXT"),
        ("{", "MALFORMED_JSON"),
        ({}, "JSON_VALIDATION_ERROR"),
        ([], "JSON_VALIDATION_ERROR"),
        (None, "JSON_VALIDATION_ERROR"),
        (
            {"seedVersion": "1.0.0", "job": {"name": 5, "jobVersion": [], "errors": [{"code": {}}]}},
            "JSON_VALIDATION_ERROR",
        ),
    ],
)
def test_a_manifest_that_is_refused_can_be_planned_and_not_sent(empty, document, code):
    plan = empty.add(document, docker_image="x")
    assert code in {one.name for one in plan.validation.errors}
    assert not plan.is_sendable
    assert plan.changes is not None
    assert json.dumps(plan.as_dict())
    assert plan._repr_html_()
    with pytest.raises(jt.Rejected) as caught:
        plan.send()
    assert caught.value.findings == plan.validation.errors
    assert caught.value.status == 400
    assert empty.job_types().empty


@pytest.mark.parametrize(
    "arguments",
    [
        {"docker_image": None},
        {"docker_image": "i" * 501},
        {"docker_image": 5},
        {"docker_image": "a\0b"},
        {"docker_image": "x", "icon_code": "f" * 21},
        {"docker_image": "x", "icon_code": 5},
        {"docker_image": "x", "is_published": "false"},
        {"docker_image": "x", "is_active": 1},
        {"docker_image": "x", "max_scheduled": "7"},
        {"docker_image": "x", "max_scheduled": True},
        {"docker_image": "x", "max_scheduled": 1.5},
        {"docker_image": "x", "max_scheduled": 2**31},
        {"docker_image": "x", "auto_update": "no"},
        {"docker_image": "x", "source": "*"},
        {"docker_image": "x", "source": " "},
    ],
)
def test_a_value_that_no_server_takes_is_refused_at_once(empty, arguments):
    with pytest.raises(jt.InvalidParameter):
        empty.add(manifest(), **arguments)


def test_a_configuration_is_demanded_by_file_outputs(store):
    document = manifest()
    document["job"]["interface"]["outputs"]["files"] = [{"name": "OUT", "pattern": "*.txt"}]
    assert store.add(document, docker_image="x").validation.errors[0].name == "MISSING_WORKSPACE"


def test_a_new_source_may_be_named(store):
    make(store, source="bench")
    assert store.sources == ["bench"]
    assert store.job_type("demo", "1.0.0").id < 0


# Editing.


def test_without_a_manifest_no_revision_is_made(store):
    make(store)
    for change in (
        {"docker_image": "other"},
        {"is_paused": True},
        {"icon_code": "f1"},
        {"configuration": {"priority": 5}},
        {},
    ):
        assert store.edit("demo", "1.0.0", **change).send().job_type.revision_num == 1
    assert len(store.revisions("demo", "1.0.0")) == 1
    assert store.revision("demo", "1.0.0", 1).docker_image == "demo-1.0.0-seed:1.0.0"


def test_a_manifest_makes_a_revision_with_the_resulting_image(store):
    make(store)
    made = store.edit("demo", "1.0.0", manifest=manifest(title="Next"), docker_image="next").send().job_type
    assert (made.revision_num, made.title, made.docker_image) == (2, "Next", "next")
    latest = store.revision("demo", "1.0.0", 2)
    assert (latest.docker_image, latest.manifest) == ("next", made.manifest)
    assert store.revision("demo", "1.0.0", 1).manifest["job"]["title"] == "Demo"


def test_a_revision_is_restored_by_an_edit(store):
    first = make(store).manifest
    store.edit("demo", "1.0.0", manifest=manifest(title="Next")).send()
    plan = store.edit("demo", "1.0.0", manifest=store.revision("demo", "1.0.0", 1).manifest)
    assert plan.manifest_diff["path"].tolist() == ["$.job.title"]
    made = plan.send().job_type
    assert (made.revision_num, made.manifest) == (3, first)


def test_a_manifest_edit_takes_unmet_resources_back_and_nothing_else_does(store, write):
    store.load(write("t.json", [job_type(5, "greedy", "1.0.0", unmet_resources="gpus")]), "job_types")
    assert store.edit("greedy", "1.0.0", is_paused=True).send().job_type.unmet_resources == "gpus"
    assert store.edit("greedy", "1.0.0", manifest=manifest("greedy")).send().job_type.unmet_resources is None


def test_stamps_are_set_on_real_transitions_only(store, ticking):
    make(store)

    def stamps(**change: Any) -> tuple[Any, Any]:
        made = store.edit("demo", "1.0.0", **change).send().job_type
        return made.deprecated, made.paused

    assert stamps(is_active=True, is_paused=False) == (None, None)
    assert stamps(is_active=False) == (first := ticking.now, None)
    assert stamps(is_active=False, icon_code="f1") == (first, None)
    assert stamps(is_paused=True) == (first, second := ticking.now)
    assert stamps(is_paused=True) == (first, second)
    assert stamps(is_active=True) == (None, second)
    assert stamps(is_paused=False) == (None, None)


def test_each_edit_is_a_modification_by_the_clock_of_the_store(store, ticking):
    made = make(store)
    edited = store.edit("demo", "1.0.0", icon_code="f1").send().job_type
    assert edited.last_modified == ticking.now > made.last_modified
    assert edited.created == made.created


def test_absent_and_none_differ(store):
    make(store, icon_code="f1", max_scheduled=3, configuration={"priority": 5})
    assert store.edit("demo", "1.0.0", is_paused=True).send().job_type.max_scheduled == 3
    plan = store.edit("demo", "1.0.0", icon_code=None, max_scheduled=None, configuration=None)
    assert "D21" in repr(plan)
    made = plan.send().job_type
    assert (made.icon_code, made.max_scheduled, made.configuration["priority"]) == (None, None, 100)
    sent = store.edit("demo", "1.0.0", is_active=None, docker_image=None, manifest=None).send()
    assert sent.not_applied == ("is_active", "docker_image", "manifest")
    assert (sent.job_type.is_active, sent.job_type.revision_num) == (True, 1)


def test_what_v6_ignores_is_applied_and_said(store):
    make(store, is_published=True, max_scheduled=5)
    plan = store.edit("demo", "1.0.0", is_published=False, max_scheduled=0)
    assert [note for note in plan.notes if "D20" in note]
    assert [note for note in plan.notes if "D21" in note]
    sent = plan.send()
    assert (sent.job_type.is_published, sent.job_type.max_scheduled, sent.not_applied) == (False, None, ())


def test_an_unknown_field_is_refused_and_the_nearest_named(store):
    make(store)
    with pytest.raises(jt.InvalidParameter, match=r"'is_pause'.*'is_paused'"):
        store.edit("demo", "1.0.0", is_pause=True)
    with pytest.raises(jt.InvalidParameter, match="max_tries"):
        store.edit("demo", "1.0.0", max_tries=5)
    with pytest.raises(jt.InvalidParameter, match="bogus"):  # before anything is looked up
        store.edit("nope", "1.0.0", bogus=1)
    with pytest.raises(jt.InvalidParameter):
        store.edit("nope", "1.0.0", is_active="x")


@pytest.mark.parametrize(("name", "version"), [("other", "1.0.0"), ("demo", "1.0.1")])
def test_a_manifest_of_another_job_type_is_refused(store, name, version):
    make(store)
    plan = store.edit("demo", "1.0.0", manifest=manifest(name, version))
    with pytest.raises(jt.Rejected, match="JOB_TYPE_MISMATCH"):
        plan.send()


def test_the_package_version_may_change(store):
    make(store)
    assert store.edit("demo", "1.0.0", manifest=manifest(packageVersion="1.0.1")).send().job_type.revision_num == 2


@pytest.mark.parametrize(
    ("configuration", "code"),
    [({"priority": 0}, "INVALID_PRIORITY"), ({"settings": {"HOST": None}}, "INVALID_SETTING")],
)
def test_the_codes_that_only_an_edit_can_raise(store, configuration, code):
    make(store, with_settings(HOST=False))
    plan = store.edit("demo", "1.0.0", configuration=configuration)
    assert plan.validation.errors[0].name == code
    with pytest.raises(jt.Rejected, match=code):
        plan.send()


def test_deprecating_a_job_type_of_recipes_warns(store, write):
    recipes = [{"id": 1, "name": "watch", "is_active": True}, {"id": 2, "name": "gone", "is_active": False}]
    store.load(write("t.json", [job_type(5, "used", "1.0.0", recipe_types=recipes)]), "job_types")
    plan = store.edit("used", "1.0.0", is_active=False)
    (warning,) = (one for one in plan.validation.warnings if one.name == "DEPRECATED_RECIPES")
    assert "watch" in warning.description
    assert "gone" not in warning.description
    assert plan.send().job_type.recipe_types == recipes
    again = store.edit("used", "1.0.0", is_active=False)
    assert "DEPRECATED_RECIPES" not in {one.name for one in again.validation.warnings}


def test_a_workspace_that_is_gone_fails_any_edit(store):
    document = manifest()
    document["job"]["interface"]["outputs"]["files"] = [{"name": "OUT", "pattern": "*.txt"}]
    store.set_workspaces({"products": True, "other": True})
    make(store, document, configuration={"output_workspaces": {"default": "products"}})
    store.set_workspaces({"products": False, "other": True})
    plan = store.edit("demo", "1.0.0", is_paused=True)
    assert "DEPRECATED_WORKSPACE" in {one.name for one in plan.validation.warnings}
    store.set_workspaces({"other": True})
    with pytest.raises(jt.PlanOutdated):
        plan.send()
    assert store.edit("demo", "1.0.0", is_paused=True).validation.errors[0].name == "INVALID_WORKSPACE"


def test_a_new_manifest_is_checked_against_the_stored_configuration(store):
    make(store)
    document = manifest()
    document["job"]["interface"]["outputs"]["files"] = [{"name": "OUT", "pattern": "*.txt"}]
    assert store.edit("demo", "1.0.0", manifest=document).validation.errors[0].name == "MISSING_WORKSPACE"
    both = store.edit("demo", "1.0.0", manifest=document, configuration={"output_workspaces": {"default": "p"}})
    assert both.send().job_type.revision_num == 2


def test_what_a_server_has_stored_is_not_checked_for_its_structure(store, write):
    odd = {"priority": "high", "mounts": {}, "settings": {}, "output_workspaces": {"default": "", "outputs": {}}}
    store.load(write("t.json", [job_type(5, "odd", "1.0.0", configuration=odd)]), "job_types")
    assert store.edit("odd", "1.0.0", is_paused=True).send().job_type.configuration == odd
    with pytest.raises(jt.Rejected, match="INVALID_CONFIGURATION"):
        store.edit("odd", "1.0.0", configuration=odd).send()


# System types.


@pytest.fixture(scope="module")
def system(tmp_path_factory) -> jt.Store:
    """A store with one system type, for plans that change nothing."""
    store = jt.open(clock=Ticking())
    place = tmp_path_factory.mktemp("system") / "t.json"
    place.write_text(json.dumps([job_type(1, "clock", "1.0.0", is_system=True, max_scheduled=2)]))
    store.load(place, "job_types")
    return store


@pytest.mark.parametrize(
    ("change", "is_allowed"),
    [
        ({"is_paused": True}, True),
        ({"is_active": False}, True),
        ({"docker_image": "x"}, True),
        ({"is_published": True}, True),
        ({"is_active": True}, False),
        ({"icon_code": "f1"}, False),
        ({"max_scheduled": 1}, False),
        ({"configuration": {"priority": 1}}, False),
        ({"manifest": manifest("clock")}, False),
    ],
)
def test_system_types_are_almost_read_only(system, change, is_allowed):
    plan = system.edit("clock", "1.0.0", **change)
    assert plan.is_sendable is is_allowed
    if not is_allowed:
        with pytest.raises(jt.Rejected, match="only modify the is_paused field"):
            plan.send()


def test_what_is_empty_leaves_a_system_type_as_it_is(store, write):
    store.load(write("t.json", [job_type(1, "clock", "1.0.0", is_system=True, max_scheduled=2)]), "job_types")
    empty = {"icon_code": "", "max_scheduled": 0, "configuration": {}, "manifest": {}}
    sent = store.edit("clock", "1.0.0", **empty).send()
    assert set(sent.not_applied) == set(empty)
    assert (sent.job_type.max_scheduled, sent.job_type.icon_code) == (2, "f013")


# Planning and sending.


def test_planning_changes_nothing(full):
    before = rows(full)
    full.edit(CHIPS["name"], CHIPS["version"], is_paused=True, max_scheduled=9)
    full.add(manifest(), docker_image="x")
    full.add(manifest(), docker_image="x", source="elsewhere")
    assert rows(full) == before


def test_a_plan_tells_the_jobs_of_the_type_now(full, write):
    jobs = [job(9001, CHIPS, "QUEUED", ago(1)), job(9002, CHIPS, "PENDING", ago(1)), job(9003, GAUGE, "QUEUED", ago(1))]
    full.load(write("more.json", page(jobs)), "jobs")
    counted = full.jobs(job_type_id=CHIPS["id"])["status"].value_counts()
    plan = full.edit(CHIPS["name"], CHIPS["version"], is_paused=True)
    assert plan.jobs == {status: int(counted.get(status, 0)) for status in ("RUNNING", "QUEUED", "PENDING")}
    assert plan.jobs["QUEUED"] >= 1


def test_a_plan_whose_ground_has_moved_is_refused_and_writes_nothing(store):
    make(store)
    plan = store.edit("demo", "1.0.0", is_paused=True)
    store.edit("demo", "1.0.0", icon_code="f1").send()
    before = rows(store)
    with pytest.raises(jt.PlanOutdated, match="make a new plan"):
        plan.send()
    assert rows(store) == before
    creation, rival = (store.add(manifest("second"), docker_image="x") for _ in range(2))
    rival.send()
    with pytest.raises(jt.PlanOutdated):
        creation.send()
    assert len(store.revisions("second", "1.0.0")) == 1


def test_a_plan_for_a_new_revision_knows_of_newer_ones(full, write):
    name, version = CHIPS["name"], CHIPS["version"]
    plan = full.edit(name, version, docker_image="x")
    number = int(full.revisions(name, version)["revision_num"].max())
    full.load(write("r.json", [revision(777, CHIPS, number + 1)]), "job_type_revisions")
    with pytest.raises(jt.PlanOutdated):
        plan.send()


def test_a_store_opened_to_be_read_plans_and_does_not_send(tmp_path):
    with jt.open(tmp_path / "s.duckdb") as store:
        make(store)
    with jt.open(tmp_path / "s.duckdb", read_only=True) as store:
        plan = store.edit("demo", "1.0.0", is_paused=True)
        for _ in range(2):  # nothing was written, so that it may be tried again
            with pytest.raises(jt.StoreReadOnly):
                plan.send()


def test_a_file_keeps_what_was_sent(tmp_path):
    with jt.open(tmp_path / "s.duckdb") as store:
        made = make(store)
        store.set_workspaces({"products": True})
    with jt.open(tmp_path / "s.duckdb") as store:
        assert store.job_type("demo", "1.0.0") == made
        assert store.workspaces()["name"].tolist() == ["products"]
        assert store.check().is_sound


def test_several_sources_must_be_told_apart(store):
    make(store, source="a")
    make(store, source="b")
    with pytest.raises(jt.Ambiguous):
        store.add(manifest("x"), docker_image="x")
    with pytest.raises(jt.Ambiguous):
        store.edit("demo", "1.0.0", is_paused=True)
    with pytest.raises(jt.NotFound):
        store.edit("demo", "1.0.0", is_paused=True, source="c")
    store.edit("demo", "1.0.0", is_paused=True, source="a").send()
    assert store.job_type("demo", "1.0.0", source="a").is_paused
    assert not store.job_type("demo", "1.0.0", source="b").is_paused
    with pytest.raises(jt.InvalidParameter):
        store.edit("demo", "1.0.0", is_paused=True, source="*")


# Secrets.


def everything(store: jt.Store, *more: Any) -> str:
    return "".join(map(str, (rows(store), *more)))


def shown(plan: jt.Plan) -> str:
    frames = plan.changes.to_csv() + plan.manifest_diff.to_csv()
    return repr(plan) + plan._repr_html_() + json.dumps(plan.as_dict()) + frames + repr(vars(plan))


@pytest.mark.parametrize("form", [dict, jt.Configuration.read, json.dumps])
def test_a_secret_is_never_kept_nor_shown(store, form):
    document = with_settings(HOST=False, PASS=True)
    configuration = {"settings": {"HOST": "somewhere", "PASS": SECRET}}
    plan = store.add(document, docker_image="x", configuration=form(configuration))
    assert '"PASS"' in repr(plan)
    assert SECRET not in shown(plan)
    sent = plan.send()
    assert sent.job_type.configuration["settings"] == {"HOST": "somewhere"}
    edit = store.edit("demo", "1.0.0", configuration=form(configuration | {"priority": 0}))
    assert SECRET not in shown(edit)
    with pytest.raises(jt.Rejected) as caught:
        edit.send()
    assert SECRET not in everything(store, sent, repr(sent), caught.value, caught.value.findings)


def test_a_secret_goes_where_the_manifest_that_marks_it_goes(store):
    make(store, with_settings(PASS=False), configuration={"settings": {"PASS": SECRET}})
    assert store.job_type("demo", "1.0.0").configuration["settings"] == {"PASS": SECRET}
    store.edit("demo", "1.0.0", configuration={"settings": {"PASS": SECRET + "!"}}).send()
    plan = store.edit("demo", "1.0.0", manifest=with_settings(PASS=True))
    assert "becomes secret" in repr(plan)
    assert SECRET not in shown(plan)
    plan.send()
    assert SECRET not in everything(store)


def test_a_secret_that_the_new_manifest_drops_is_not_kept_in_the_open(store):
    make(store, with_settings(PASS=True))
    plan = store.edit("demo", "1.0.0", manifest=with_settings(), configuration={"settings": {"PASS": SECRET}})
    assert SECRET not in shown(plan)
    plan.send()
    assert SECRET not in everything(store)


def test_without_a_manifest_no_configuration_is_taken_for_fear_of_its_secrets(store, write):
    store.load(write("t.json", page([listed(job_type(5, "bare", "1.0.0"))])), "job_types")
    plan = store.edit("bare", "1.0.0", configuration={"settings": {"PASS": SECRET}})
    assert SECRET not in shown(plan)
    with pytest.raises(jt.Rejected, match="MANIFEST_UNKNOWN"):
        plan.send()


@pytest.mark.parametrize(
    "document",
    [with_settings(PASS=True) | {"seedVersion": "2"}, "{", {"job": {"name": "demo", "jobVersion": "1.0.0"}}, None, []],
)
def test_beside_a_manifest_that_is_none_no_setting_is_shown(empty, document):
    for configuration in ({"settings": {"PASS": SECRET}}, {"settings": [SECRET]}, [SECRET], json.dumps(SECRET), SECRET):
        plan = empty.add(document, docker_image="x", configuration=configuration)
        assert SECRET not in shown(plan)
        with pytest.raises(jt.Rejected) as caught:
            plan.send()
        assert SECRET not in str(caught.value)


# What is known of a job type without its own record, and what comes of it when that record comes.


def test_a_job_type_of_a_list_can_be_edited(store, write):
    store.load(write("t.json", page([listed(job_type(5, "bare", "1.0.0"))])), "job_types")
    made = store.edit("bare", "1.0.0", is_paused=True).send().job_type
    assert (made.id, made.is_paused, made.manifest, made.configuration) == (5, True, None, None)
    edited = store.edit("bare", "1.0.0", manifest=manifest("bare")).send().job_type
    assert (edited.revision_num, edited.manifest["job"]["name"]) == (2, "bare")
    assert edited.configuration is None
    assert store.check().is_sound


def test_an_inferred_job_type_can_be_edited_and_stays_inferred(store, write):
    store.load(write("j.csv", "id,status,job_type,job_type_version\n1,RUNNING,demo,1.0.0\n"))
    plan = store.edit("demo", "1.0.0", manifest=manifest())
    assert "never loaded" in repr(plan)
    made = plan.send().job_type
    assert (made.revision_num, made.id) == (1, -1)
    assert store.sql("SELECT inferred, is_local FROM job_type").to_dict("records") == [
        {"inferred": True, "is_local": True}
    ]


def test_the_revision_that_only_the_details_had_is_kept(store, write):
    store.load(write("t.json", [job_type(5, "known", "1.0.0", revision_num=4)]), "job_types")
    before = store.job_type("known", "1.0.0").manifest
    store.edit("known", "1.0.0", manifest=manifest("known")).send()
    assert store.revisions("known", "1.0.0")["revision_num"].tolist() == [5, 4]
    kept = store.revision("known", "1.0.0", 4)
    assert (kept.manifest, kept.docker_image) == (before, None)


def test_what_was_written_here_is_marked(full):
    name, version = CHIPS["name"], CHIPS["version"]
    full.edit(name, version, is_paused=not full.job_type(name, version).is_paused).send()
    make(full, manifest(errors=[{"code": 1, "name": "bad"}]))
    local = full.sql("SELECT name, id, load_id FROM job_type WHERE is_local ORDER BY name")
    assert local["name"].tolist() == sorted([name, "demo"])
    assert local["load_id"].isna().all()
    assert local.set_index("name")["id"]["demo"] < 0
    assert full.sql("SELECT count(*) AS n FROM job_type_revision WHERE is_local")["n"][0] == 1
    assert full.sql("SELECT name FROM error WHERE is_local")["name"].tolist() == ["bad"]


def test_the_real_record_adopts_what_was_made_here(store, write):
    make(store, manifest(errors=[{"code": 1, "name": "bad"}]))
    store.edit("demo", "1.0.0", manifest=manifest(title="Next", errors=[{"code": 1, "name": "bad"}])).send()
    store.load(write("j.csv", "id,status,job_type,job_type_version,error_name\n1,FAILED,demo,1.0.0,bad\n"))
    assert store.jobs()["job_type_id"].tolist() == [-1]
    real = job_type(58, "demo", "1.0.0", last_modified=NOW - timedelta(days=9))
    store.load(write("t.json", [real]), "job_types")
    error = copy.deepcopy(BAD_INPUT) | {"id": 61, "name": "bad", "job_type_name": "demo"}
    store.load(write("e.json", page([error])), "errors")
    assert store.job_types()["id"].tolist() == [58]
    assert store.job_type("demo", "1.0.0").title == real["title"]
    (found,) = store.jobs().to_dict("records")
    assert (found["job_type_id"], found["error_id"]) == (58, 61)
    assert len(store.errors()) == 1
    # the server's counter is at 1: what was beyond it here is gone, and the first gives way to the server's own
    assert store.revisions("demo", "1.0.0")["revision_num"].tolist() == [1]
    store.load(write("r.json", [revision(99, real, 1)]), "job_type_revisions")
    assert store.revisions("demo", "1.0.0")["id"].tolist() == [99]
    assert store.sql("FROM job_type WHERE is_local").empty
    assert store.sql("SELECT DISTINCT job_type_id FROM job_type_change")["job_type_id"].tolist() == [58]
    assert store.check().is_sound


def test_what_jobs_say_does_not_replace_what_was_made_here(store, write):
    make(store)
    store.load(write("j.json", page([job(1, job_type(58, "demo", "1.0.0"), "RUNNING", ago(5))])))
    made = store.job_type("demo", "1.0.0")
    assert (made.id, made.revision_num) == (58, 1)
    assert made.manifest["job"]["name"] == "demo"
    assert store.revisions("demo", "1.0.0")["job_type_id"].tolist() == [58]
    store.load(write("t.json", [job_type(58, "demo", "1.0.0", title="Real", last_modified=ago(9999))]), "job_types")
    assert store.job_type("demo", "1.0.0").title == "Real"
    assert store.check().is_sound


def test_an_export_of_what_was_made_here_is_adopted_after_it_was_loaded_again(store, write, tmp_path):
    make(store)
    store.export(tmp_path / "out")
    other = jt.open()
    other.load(tmp_path / "out", "job_types")
    other.load(tmp_path / "out", "job_type_revisions")
    assert other.revision("demo", "1.0.0", 1).manifest == store.revision("demo", "1.0.0", 1).manifest
    other.load(write("t.json", [job_type(58, "demo", "1.0.0")]), "job_types")
    assert other.job_types()["id"].tolist() == [58]
    assert other.check().is_sound


def test_an_edit_of_a_loaded_type_stands_until_the_server_has_something_newer(store, write):
    old = job_type(5, "known", "1.0.0", last_modified=ago(60))
    store.load(write("t.json", [old]), "job_types")
    store.edit("known", "1.0.0", max_scheduled=7).send()
    store.load(write("t.json", [old]), "job_types")
    assert store.job_type("known", "1.0.0").max_scheduled == 7
    newer = job_type(5, "known", "1.0.0", last_modified=NOW + timedelta(days=1))
    store.load(write("n.json", [newer]), "job_types")
    assert store.job_type("known", "1.0.0").max_scheduled is None
    assert store.sql("FROM job_type WHERE is_local").empty


def test_forgetting_a_load_leaves_what_was_written_here(store, write):
    report = store.load(write("t.json", [job_type(5, "known", "1.0.0"), job_type(6, "other", "1.0.0")]), "job_types")
    store.edit("known", "1.0.0", is_paused=True).send()
    assert store.forget(report.load_id) == 1
    assert store.job_types()["name"].tolist() == ["known"]
    assert store.check().is_sound


def test_changes_are_recorded(store):
    make(store)
    store.edit("demo", "1.0.0", is_paused=True, max_scheduled=4, icon_code="f1", configuration={"priority": 3}).send()
    kept = store.sql("SELECT field, before, after, load_id FROM job_type_change ORDER BY field")
    assert kept["field"].tolist() == ["configuration", "is_paused", "max_scheduled"]
    assert kept["after"].tolist()[1:] == ["true", "4"]
    assert json.loads(kept["after"][0])["priority"] == 3
    assert kept["load_id"].isna().all()


# Workspaces and validation.


def test_workspaces_are_replaced_as_a_whole(store):
    assert store.workspaces().empty
    store.set_workspaces({"products": True, "old": False})
    frame = store.workspaces()
    assert frame.to_dict("records") == [{"name": "old", "is_active": False}, {"name": "products", "is_active": True}]
    assert frame.dtypes.astype(str).to_dict() == {"name": "str", "is_active": "boolean"}
    store.set_workspaces({"new": True})
    assert store.workspaces()["name"].tolist() == ["new"]
    store.set_workspaces({})
    assert store.workspaces().empty
    for bad in ({"": True}, {5: True}, {"x": 1}):
        with pytest.raises(jt.InvalidParameter):
            store.set_workspaces(bad)


def test_without_workspaces_they_are_not_checked_and_a_warning_says_so(store):
    configuration = {"output_workspaces": {"default": "nowhere"}}
    found = store.validate(manifest(), configuration)
    assert found.is_valid
    assert "WORKSPACES_NOT_CHECKED" in {one.name for one in found.warnings}
    store.set_workspaces({"products": True})
    assert store.validate(manifest(), configuration).errors[0].name == "INVALID_WORKSPACE"


def test_validating_changes_nothing_and_judges_an_absent_configuration_as_empty(store):
    document = manifest()
    document["job"]["interface"]["outputs"]["files"] = [{"name": "OUT", "pattern": "*.txt"}]
    before = rows(store)
    assert store.validate(document).errors[0].name == "MISSING_WORKSPACE"
    assert rows(store) == before


def test_workspaces_belong_to_a_source(store):
    make(store, source="a")
    store.set_workspaces({"products": True}, source="b")
    configuration = {"output_workspaces": {"default": "nowhere"}}
    assert store.validate(manifest(), configuration, source="a").is_valid
    assert not store.validate(manifest(), configuration, source="b").is_valid
    with pytest.raises(jt.Ambiguous):
        store.set_workspaces({})
    with pytest.raises(jt.NotFound):
        store.validate(manifest(), configuration, source="c")


# Any sequence of edits keeps the rules.

CHANGES = st.fixed_dictionaries(
    {},
    optional={
        "is_active": st.sampled_from([True, False, None]),
        "is_paused": st.sampled_from([True, False, None]),
        "is_published": st.booleans(),
        "max_scheduled": st.sampled_from([None, 0, 1, 7, -1]),
        "icon_code": st.sampled_from([None, "", "f013"]),
        "docker_image": st.sampled_from(["a", "b", ""]),
        "configuration": st.sampled_from([None, {}, {"priority": 0}, {"priority": 9}, {"settings": {"PASS": SECRET}}]),
        "manifest": st.sampled_from(
            [
                manifest(title="x"),
                with_settings(PASS=True),
                with_settings(HOST=False),
                {},
                manifest("other"),
                {"job": 1},
            ]
        ),
        "auto_update": st.booleans(),
    },
)


@examples(3, 100)
@given(st.lists(CHANGES, min_size=1, max_size=6))
def test_any_sequence_of_edits_keeps_the_rules(changes):
    with jt.open(clock=Ticking()) as store:
        make(store, with_settings(PASS=True))
        for change in changes:
            before = store.job_type("demo", "1.0.0")
            plan = store.edit("demo", "1.0.0", **change)
            assert SECRET not in repr(plan)
            if not plan.is_sendable:
                with pytest.raises(jt.Rejected):
                    plan.send()
                assert store.job_type("demo", "1.0.0") == before
                continue
            told = dict(zip(plan.changes["field"], plan.changes["after"], strict=True))
            now = plan.send().job_type
            assert now == store.job_type("demo", "1.0.0")
            assert all(now[name] == value for name, value in told.items() if "." not in name)
            assert now.revision_num == before.revision_num + bool(change.get("manifest"))
            assert now.revision_num == len(store.revisions("demo", "1.0.0"))
            assert now.manifest == store.revision("demo", "1.0.0", now.revision_num).manifest
            assert (now.deprecated is None) is now.is_active
            assert (now.paused is None) is not now.is_paused
            assert (now == before) is plan.is_empty
            assert (now.last_modified > before.last_modified) is not plan.is_empty
        assert store.check().is_sound
        assert SECRET not in everything(store)


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["\ud800", "\0", 2**70]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["name", "job", "errors", "settings", "mounts", "code", "priority"]), inner, max_size=4
        )
    ),
    max_leaves=10,
)
PLACES = ["errors", "interface", "resources", "tags", "title", "jobVersion", "name", "timeout"]


@examples(6, 200)
@given(st.dictionaries(st.sampled_from(PLACES), ANYTHING, max_size=2), ANYTHING, st.booleans())
def test_whatever_comes_is_sent_whole_or_refused_with_findings(changed, configuration, is_edit):
    with jt.open() as store:
        make(store)
        document = manifest() if changed else configuration
        if changed:
            document["job"] |= changed
        if isinstance(document, str):
            document = document.encode("utf-8", "replace")
        more = {"manifest": document, "configuration": configuration if not isinstance(configuration, str) else b"{"}
        plan = store.edit("demo", "1.0.0", **more) if is_edit else store.add(**more, docker_image="x", replace=True)
        assert repr(plan)
        assert plan._repr_html_()
        assert json.dumps(plan.as_dict())
        if plan.is_sendable:
            assert plan.send().job_type.manifest == plan.after["manifest"]
        else:
            with pytest.raises(jt.Rejected):
                plan.send()
        assert store.check().is_sound


def test_all_types_of_the_small_history_can_be_paused(full):
    for one in JOB_TYPES:
        assert full.edit(one["name"], one["version"], is_paused=True).send().job_type.is_paused
    assert full.check().is_sound
