"""Autosave: what was typed survives the kernel; it is offered and never applied unasked."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from children import PIPE, Child
from histories import NOW
from viewing import Pages, complete

from jobtype_toolkit.forms.autosave import Autosave
from jobtype_toolkit.forms.configuration import ConfigurationState
from jobtype_toolkit.forms.manifest import ManifestState
from jobtype_toolkit.widgets.host import autosave_path, is_voila

HERE = Path(__file__).parent
STARTED = {"job": {"title": "before"}}


def saved(path: Path, process: int = 1) -> Autosave:
    return Autosave(path, now=lambda: NOW, process=process)


def form(path: Path, process: int = 1, start: Any = None) -> ManifestState:
    state = ManifestState(STARTED if start is None else start)
    state.autosave = saved(path, process)
    return state


def text_in(path: Path) -> Any:
    return json.loads(json.loads(path.read_text(encoding="utf-8"))["text"])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / ".jobtype_toolkit" / "book.cell.manifest.json"


def test_every_edit_is_written(path):
    pages = Pages(form(path))
    assert not path.exists()
    for title in ("a", "ab", "abc"):
        pages.edit("/job/title", title)
        assert text_in(path)["job"]["title"] == title


def test_texts_that_are_no_values_yet_are_written_too(path):
    pages = Pages(form(path))
    pages.edit("/job/timeout", "1h")
    assert text_in(path)["job"]["timeout"] == "1h"
    pages.edit("+json", "{")
    assert json.loads(path.read_text())["text"] == "{"


def test_an_autosave_is_offered_and_not_applied(path):
    Pages(form(path)).edit("/job/title", "after")
    state = form(path, 2)
    pages = Pages(state)
    assert state.value == STARTED
    assert not state.is_dirty
    assert "2026-03-01T12:00:00Z" in pages.nodes["+offer"]["text"]
    pages.do("compare")
    assert pages.nodes["+offer-diff"]["rows"] == [["$.job.title", '"before"', '"after"', "changed"]]
    assert state.value == STARTED
    pages.do("take")
    assert state.value == {"job": {"title": "after"}}
    assert "+offer" not in pages.nodes
    pages.do("undo")
    assert state.value == STARTED


def test_an_autosave_can_be_discarded(path):
    Pages(form(path)).edit("/job/title", "after")
    state = form(path, 2)
    pages = Pages(state)
    pages.do("drop")
    assert "+offer" not in pages.nodes
    assert not path.exists()
    assert state.value == STARTED


def test_an_autosave_of_what_is_here_anyway_is_not_offered(path):
    Pages(form(path)).edit("/job/title", "after")
    assert "+offer" not in Pages(form(path, 2, {"job": {"title": "after"}})).nodes


def test_an_autosave_that_started_from_something_else_says_so(path):
    Pages(form(path)).edit("/job/title", "after")
    assert "another document" in Pages(form(path, 2, {"job": {"name": "x"}})).nodes["+offer"]["text"]
    assert "another document" not in Pages(form(path, 2)).nodes["+offer"]["text"]


def test_typing_on_without_a_decision_keeps_what_was_offered(path):
    Pages(form(path)).edit("/job/title", "after")
    pages = Pages(form(path, 2))
    pages.edit("/job/title", "other")
    assert text_in(path)["job"]["title"] == "other"
    kept = [one for one in path.parent.glob("*.json") if one != path]
    assert [text_in(one)["job"]["title"] for one in kept] == ["after"]
    pages.do("take")
    assert pages.screen.value == {"job": {"title": "after"}}


def test_nothing_is_kept_of_a_form_that_is_as_it_was(path):
    pages = Pages(form(path))
    pages.edit("/job/title", "after")
    pages.do("undo")
    assert not path.exists()


def test_nothing_is_kept_of_what_was_submitted(path):
    state = form(path)
    Pages(state).edit("/job/title", "after")
    state.keep()
    assert not path.exists()
    assert not state.is_dirty


def test_two_kernels_of_one_notebook_see_each_other(path):
    first, second = Pages(form(path)), Pages(form(path, 2))
    first.edit("/job/title", "a")
    second.edit("/job/title", "b")
    first.edit("/job/title", "c")
    assert any("Another kernel" in node.get("text", "") for node in first.nodes.values())


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "null", '{"format": 99, "text": "{}"}', '{"format": 1}', '{"format": 1, "text": 3}', "\x00"],
)
def test_a_file_that_is_none_of_ours_is_not_offered(path, content):
    path.parent.mkdir()
    path.write_text(content)
    assert "+offer" not in Pages(form(path)).nodes


def test_text_that_is_no_json_is_offered_as_such(path):
    Pages(form(path)).edit("+json", "{")
    state = form(path, 2)
    pages = Pages(state)
    assert "not JSON" in pages.nodes["+offer"]["text"]
    pages.do("open", "+text", "one")
    pages.do("take")
    assert pages.nodes["+json"]["value"] == "{"
    assert state.value == STARTED


def test_the_folder_is_hidden_from_version_control(path):
    Pages(form(path)).edit("/job/title", "after")
    assert (path.parent / ".gitignore").read_text() == "*\n"


def test_no_part_of_a_file_is_left(path):
    pages = Pages(form(path))
    for number in range(20):
        pages.edit("/job/title", f"{number}")
    assert {one.name for one in path.parent.iterdir()} == {".gitignore", path.name}


def test_a_place_that_cannot_be_written_is_told_and_the_form_works_on(tmp_path):
    (tmp_path / "file").write_text("")
    state = form(tmp_path / "file" / "a.json")
    pages = Pages(state)
    pages.edit("/job/title", "after")
    assert state.value["job"]["title"] == "after"
    assert any("cannot be written" in node.get("text", "") for node in pages.nodes.values())


def test_what_was_typed_survives_a_kill(tmp_path):
    typing = (HERE / "typing_on.py").read_text(encoding="utf-8")
    with Child(typing, tmp_path, stdin=PIPE) as process:
        assert process.stdout.readline() == "typed\n"
        process.kill()
        process.wait()
    assert "hunter2" not in "".join(one.read_text() for one in tmp_path.iterdir())
    state = ManifestState({"job": {"interface": {"settings": [{"name": "PASS", "secret": True}]}}})
    state.autosave = Autosave(tmp_path / "manifest.json")
    pages = Pages(state)
    assert "3 differences" in pages.nodes["+offer"]["text"]
    pages.do("take")
    assert state.draft["job"] | {"interface": 0} == {
        "title": "Tile mosaic",
        "jobVersion": "1.x",
        "timeout": "1h",
        "interface": 0,
    }
    configuration = ConfigurationState(state)
    configuration.autosave = Autosave(tmp_path / "configuration.json")
    Pages(configuration).do("take")
    assert configuration.value["priority"] == 50
    assert "hunter2" not in json.dumps(configuration.value)


# Where it lies.


class Shell:
    """What is asked of IPython's shell."""

    def __init__(self, cell: str = "a1-b2", run: str = "1", **names: Any) -> None:
        self.user_ns = names
        self.parent = {"header": {"msg_id": run}, "metadata": {"cellId": cell} if cell else {}}

    def get_parent(self) -> Any:
        return self.parent


def place(
    folder: Path, shell: Any = None, kind: str = "manifest", counters: Any = None, **environment: str
) -> Path | None:
    found = {"JPY_SESSION_NAME": str(folder / "book.ipynb"), **environment}
    return autosave_path(kind, environment=found, shell=shell or Shell(), counters={} if counters is None else counters)


def test_it_lies_beside_the_notebook_by_cell_and_kind(tmp_path):
    assert place(tmp_path) == tmp_path / ".jobtype_toolkit" / "book.a1-b2.manifest.json"
    assert place(tmp_path, kind="configuration") == tmp_path / ".jobtype_toolkit" / "book.a1-b2.configuration.json"


def test_two_forms_of_a_cell_have_files_of_their_own_and_a_second_run_the_same(tmp_path):
    counters: dict[str, Any] = {}
    first = [place(tmp_path, Shell(run="1"), counters=counters) for _ in range(2)]
    second = [place(tmp_path, Shell(run="2"), counters=counters) for _ in range(2)]
    assert first == second
    assert [one.name for one in first if one] == ["book.a1-b2.manifest.json", "book.a1-b2-2.manifest.json"]


def test_a_notebook_of_vs_code_is_found(tmp_path):
    shell = Shell(__vsc_ipynb_file__=str(tmp_path / "book.ipynb"))
    found = autosave_path("manifest", environment={}, shell=shell, counters={})
    assert found == tmp_path / ".jobtype_toolkit" / "book.a1-b2.manifest.json"


def test_a_cell_without_an_id_and_a_hostile_one_stay_in_the_folder(tmp_path):
    assert place(tmp_path, Shell("")) == tmp_path / ".jobtype_toolkit" / "book.cell.manifest.json"
    assert place(tmp_path, Shell("../../x")) == tmp_path / ".jobtype_toolkit" / "book.x.manifest.json"


def test_it_goes_to_the_user_s_own_folder_if_the_notebook_s_cannot_be_written(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    found = place(tmp_path, XDG_STATE_HOME=str(tmp_path / "state"))
    assert found is not None
    assert found.parent.parent == tmp_path / "state" / "jobtype_toolkit"
    assert found.name == "book.a1-b2.manifest.json"


@pytest.mark.parametrize(
    "environment",
    [{"SCRIPT_NAME": "/voila/render/book.ipynb"}, {"VOILA_KERNEL_ID": "1"}, {"SERVER_SOFTWARE": "voila/0.5.13"}],
)
def test_there_is_none_in_voila(tmp_path, environment):
    assert is_voila(environment)
    assert place(tmp_path, **environment) is None


def test_there_is_none_outside_a_notebook(tmp_path):
    assert autosave_path("manifest", environment={}, shell=None) is None
    assert autosave_path("manifest", environment={}, shell=Shell()) is None
    assert place(tmp_path, JPY_SESSION_NAME=str(tmp_path / "gone" / "book.ipynb")) is None
    assert not is_voila({})


def test_a_form_without_an_autosave_says_before_leaving_that_nothing_is_kept():
    state = ManifestState(complete())
    state.is_volatile = True
    pages = Pages(state)
    assert "state" not in pages.nodes["/"]
    pages.edit("/job/title", "x")
    assert pages.nodes["/"]["state"] == "volatile"
    assert any("Nothing is kept" in node.get("text", "") for node in pages.nodes.values())
