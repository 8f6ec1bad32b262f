"""A plan that asks for what is there already: it says so, and sending it sends nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests
from asking import filled
from histories import NOW, manifest
from typer.testing import CliRunner
from viewing import Pages

import jobtype_toolkit as jt
from jobtype_toolkit import testing
from jobtype_toolkit.cli import app
from jobtype_toolkit.forms.configuration import ConfigurationState
from jobtype_toolkit.forms.manifest import ManifestState
from jobtype_toolkit.forms.submit import SubmitState

pytestmark = pytest.mark.slow

SETTINGS = [{"name": "HOST"}, {"name": "PASS", "secret": True}]
PRESENT = {"is_paused": True, "icon_code": "f1", "max_scheduled": 3, "docker_image": "demo:1"}


@pytest.fixture
def store() -> Iterator[jt.Store]:
    """A store with a job type that is paused; each look at its clock is a second later."""
    ticks = iter(range(1_000_000))
    document = manifest("demo", "1.0.0")
    document["job"]["interface"]["settings"] = SETTINGS
    with jt.open(clock=lambda: NOW.replace(microsecond=next(ticks))) as made:
        made.add(document, configuration={"priority": 5}, **PRESENT).send()
        yield made


@pytest.fixture
def scale(store: jt.Store) -> Iterator[jt.Scale]:
    with testing.serve(store, token="a-token") as server, jt.connect(server.url, "a-token") as made:
        yield made


ASKED: list[dict[str, Any]] = [
    {},
    PRESENT,
    {"configuration": {"priority": 5}},
    {"auto_update": False},
    {"is_active": None},
]
"""Edits that change nothing."""


def is_empty(backend: jt.Backend, **changes: Any) -> bool:
    plan = backend.edit("demo", "1.0.0", **changes)
    before = backend.job_type("demo", "1.0.0")
    assert plan.changes.empty or not plan.is_empty
    sent = plan.send()
    assert (sent.outcome == "unchanged") is plan.is_empty is sent.plan["is_empty"]
    assert ("nothing to change; nothing was sent" in repr(plan)) is plan.is_empty
    assert (backend.job_type("demo", "1.0.0") == before) is plan.is_empty
    return plan.is_empty


@pytest.mark.parametrize("changes", ASKED, ids="-".join)
def test_in_a_store_it_says_so_and_writes_nothing(store, changes):
    assert "nothing to change\n" in repr(store.edit("demo", "1.0.0", **changes))
    assert "nothing to change" in store.edit("demo", "1.0.0", **changes)._repr_html_()
    assert is_empty(store, **changes)


def test_a_server_is_sent_nothing_so_that_it_notes_no_edit(scale):
    assert all(is_empty(scale, **changes) for changes in ASKED)


def test_what_is_written_although_no_field_differs_is_sent(store, scale):
    """A manifest makes a revision (D16), a server shows no secret and may apply what it is known to ignore (D20)."""
    same = store.job_type("demo", "1.0.0").manifest
    assert not is_empty(store, manifest=same)
    assert not is_empty(scale, manifest=same)
    assert not is_empty(scale, configuration={"priority": 5, "settings": {"PASS": "hunter-2"}})
    assert is_empty(store, configuration={"priority": 5, "settings": {"PASS": "hunter-2"}}), "a store keeps none"
    assert not is_empty(scale, max_scheduled=0)


@pytest.mark.parametrize("where", ["store", "scale"])
def test_if_somebody_changed_it_meanwhile_it_is_no_longer_empty(request, store, where):
    plan = request.getfixturevalue(where).edit("demo", "1.0.0", is_paused=True)
    store.edit("demo", "1.0.0", is_paused=False).send()
    with pytest.raises(jt.PlanOutdated):
        plan.send()


def test_an_empty_body_is_an_edit_for_a_server_all_the_same(store):
    """As a real one does, whoever sends it."""
    before = store.job_type("demo", "1.0.0").last_modified
    with testing.serve(store) as server:
        requests.patch(f"{server.url}/v6/job-types/demo/1.0.0/", json={}, timeout=10).raise_for_status()
    assert store.job_type("demo", "1.0.0").last_modified > before


def test_the_form_offers_nothing_to_send(tmp_path):
    with filled(tmp_path) as store:
        row = store.job_types(is_active=True, is_system=False).iloc[0]
        writing = ManifestState((row["name"], row["version"]), target=store)
        state = SubmitState(writing, ConfigurationState(writing), store)
        pages = Pages(state)
        pages.do("plan")
        assert state.plan.is_empty
        assert "nothing to change" in pages.nodes["+planned"]["text"]
        assert pages.nodes["+send"]["disabled"]


def test_the_terminal_says_it_before_and_after(tmp_path):
    file = str(tmp_path / "ops.duckdb")
    with jt.open(file, create=True) as store:
        store.add(manifest("demo", "1.0.0"), docker_image="demo:1").send()
    for options, told in (((), "nothing to change"), (("--no-is-paused", "--send"), "nothing was sent")):
        result = CliRunner().invoke(app, ["edit", "demo", "1.0.0", "--store", file, *options])
        assert result.exit_code == 0
        assert told in result.stdout
        assert "--send does it" not in result.stdout
