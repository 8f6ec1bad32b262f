"""What a form costs in messages and in work, counted: with 100 inputs, an act sends what changed and makes no more."""

from __future__ import annotations

from typing import Any

import comm
import pytest
from viewing import complete

from jobtype_toolkit.boards import StatusBoard
from jobtype_toolkit.forms import ConfigurationForm, JobTypeBrowser, ManifestForm, author
from jobtype_toolkit.forms.fields import Fields
from jobtype_toolkit.forms.manifest import ManifestState

FILES = "/job/interface/inputs/files"


@pytest.fixture
def state() -> ManifestState:
    document = complete()
    files = [{"name": f"INPUT_{n}", "mediaTypes": ["image/tiff"]} for n in range(100)]
    document["job"]["interface"]["inputs"] = {"files": files}
    made = ManifestState(document)
    made.receive({"do": "hello"})
    return made


def ids(answer: dict[str, Any]) -> set[str]:
    """Return the nodes of an answer that are no tools of the page."""
    return {one for one in answer["nodes"] if one.startswith("/") and one != "/"}


def test_a_key_sends_its_own_field_and_its_finding(state):
    state.receive({"do": "edit", "of": "/job/timeout", "value": "36"})
    answer = state.receive({"do": "edit", "of": "/job/timeout", "value": "36h"})
    assert ids(answer) == {"/job/timeout"}
    assert [one["severity"] for one in answer["nodes"]["/job/timeout"]["findings"]] == ["error"]


def test_a_finding_keeps_its_key_when_another_comes_before_it(state):
    before = {one["of"]: one["key"] for one in state.nodes()["+findings"]["findings"]}
    state.receive({"do": "edit", "of": "/job/timeout", "value": "soon"})
    after = {one["of"]: one["key"] for one in state.nodes()["+findings"]["findings"]}
    assert len(after) == len(set(after.values())) > len(before)
    assert {of: after[of] for of in before if of in after} == {of: key for of, key in before.items() if of in after}


def test_a_row_that_goes_renames_those_behind_it_and_sends_none_of_their_fields(state):
    rows = state.nodes()[FILES]["children"]
    answer = state.receive({"do": "remove", "of": rows[49]})
    assert ids(answer) - {"/job/interface/command"} == {FILES, *rows[50:]}
    assert {one.removeprefix(f"{rows[49]}/") for one in answer["gone"]} >= {"name", "mediaTypes"}


def test_rows_that_stay_the_same_are_not_made_anew(state, monkeypatch):
    made: list[str] = []
    row = Fields._row
    monkeypatch.setattr(Fields, "_row", lambda self, spot, label: [made.append(spot.place), row(self, spot, label)][1])
    rows = state.nodes()[FILES]["children"]
    state.receive({"do": "edit", "of": f"{rows[7]}/name", "value": "OTHER"})
    assert made == [rows[7]]


def test_the_pages_are_asked_once_per_act(state, monkeypatch):
    form = ManifestForm(state.value, autosave=False)
    asked: list[int] = []
    nodes = form.state.nodes
    monkeypatch.setattr(form.state, "nodes", lambda: [asked.append(1), nodes()][1])
    monkeypatch.setattr(form, "send", lambda *_: None)
    form._on_page_message(form, {"do": "edit", "of": "/job/timeout", "value": "60", "view": "a", "n": 1}, [])
    assert len(asked) == 1


@pytest.mark.parametrize("kind", ["manifest", "configuration", "author", "browser", "board"])
def test_a_form_opens_three_channels_at_most(store, monkeypatch, kind):
    opened: list[Any] = []
    create = comm.create_comm
    monkeypatch.setattr(comm, "create_comm", lambda **more: [opened.append(more), create(**more)][1])
    made = {
        "manifest": lambda: ManifestForm(complete(), autosave=False),
        "configuration": lambda: ConfigurationForm(complete(), autosave=False),
        "author": lambda: author(store, complete(), autosave=False),
        "browser": lambda: JobTypeBrowser(store),
        "board": lambda: StatusBoard(store),
    }[kind]()
    try:
        assert 1 <= len(opened) <= 3
    finally:
        made.close()
