"""A document under way: rows with keys of their own, and a way back to every state."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from seed.strategies import MANIFESTS
from sizes import sizes
from viewing import Pages, complete, plain

from jobtype_toolkit.forms.draft import ABSENT, Draft, child, differ, steps
from jobtype_toolkit.forms.manifest import ManifestState
from jobtype_toolkit.seed.manifest import Manifest

pytestmark = pytest.mark.slow

ERRORS = "/job/errors"


def draft(document: Any = None) -> Draft[Manifest]:
    return Draft(Manifest.read(complete() if document is None else document))


def errors(*names: str) -> dict[str, Any]:
    return {"job": {"errors": [{"name": name} for name in names]}}


def names(one: Draft[Manifest]) -> list[str]:
    return [row["name"] for row in one.data["job"]["errors"]]


@pytest.mark.parametrize("step", ["a", "a/b", "a~b", "#3", "~1", "~0~2", "é", 7])
def test_an_id_holds_any_step(step):
    assert steps(child("/job", step)) == ("job", step)


def test_a_row_keeps_its_id_while_it_moves():
    one = draft(errors("a", "b", "c"))
    first, second, third = one.rows(ERRORS)
    one.move(first, 1)
    assert (names(one), one.rows(ERRORS)) == (["b", "a", "c"], [second, first, third])
    one.move(first, 99)
    assert (names(one), one.rows(ERRORS)) == (["b", "c", "a"], [second, third, first])
    one.clear(third)
    assert (names(one), one.rows(ERRORS)) == (["b", "a"], [second, first])
    assert one.at(first) == {"name": "a"}
    assert one.at(third) is ABSENT


def test_a_copy_of_a_row_is_a_row_of_its_own():
    one = draft(errors("a", "b"))
    first, second = one.rows(ERRORS)
    made = one.insert_copy(first)
    one.put(f"{made}/name", "c")
    assert names(one) == ["a", "c", "b"]
    assert one.rows(ERRORS) == [first, made, second]


def test_the_key_of_a_row_that_is_gone_is_never_used_again():
    one = draft(errors("a"))
    (first,) = one.rows(ERRORS)
    one.clear(first)
    assert one.add(ERRORS, {}) != first


def test_a_row_is_changed_if_it_differs_from_itself_wherever_it_stands():
    one = draft(errors("a", "b"))
    first, second = one.rows(ERRORS)
    one.move(second, -1)
    assert not one.is_changed(first)
    assert not one.is_changed(second)
    assert one.is_dirty
    one.put(f"{first}/name", "c")
    assert one.is_changed(first)
    one.reset(f"{first}/name")
    assert not one.is_changed(first)


def test_a_row_keeps_its_id_in_a_document_where_its_name_is():
    one = draft(errors("a", "b"))
    first, second = one.rows(ERRORS)
    one.replace(Manifest.read({"job": {"errors": [{"name": "new"}, {"name": "b", "code": 1}, {"name": "a"}]}}))
    found = one.rows(ERRORS)
    assert found[1:] == [second, first]
    assert found[0] not in (first, second)


def test_parents_that_were_made_go_with_their_last_member():
    one = draft({})
    one.put("/job/maintainer/name", "A")
    one.clear("/job/maintainer/name")
    assert one.data == {}


def test_parents_that_were_there_stay():
    one = draft({"job": {"maintainer": {}}})
    one.put("/job/maintainer/name", "A")
    one.clear("/job/maintainer/name")
    assert one.data == {"job": {"maintainer": {}}}


def test_what_cannot_be_read_stands_in_the_draft_and_not_in_the_value():
    one = draft({"job": {"timeout": 60}})
    one.put("/job/timeout", "1", unread=True)
    one.put("/job/timeout", "1h", unread=True)
    assert (one.data["job"], one.value["job"]) == ({"timeout": "1h"}, {"timeout": 60})
    one.undo()
    assert one.is_dirty
    one.clear("/job/timeout")
    assert not one.unread


def test_what_cannot_be_read_goes_with_its_row():
    one = draft(errors("a", "b"))
    first, second = one.rows(ERRORS)
    one.put(f"{first}/code", "x", unread=True)
    one.put(f"{second}/code", "y", unread=True)
    one.clear(first)
    assert one.value == errors("b")


def test_typing_into_one_field_is_one_step_back():
    one = draft({})
    for text in ("A", "AB", "ABC"):
        one.begin("/job/title")
        one.put("/job/title", text)
    one.begin("/job/name")
    one.put("/job/name", "n")
    one.undo()
    assert one.data == {"job": {"title": "ABC"}}
    one.undo()
    assert one.data == {}
    one.redo()
    one.redo()
    one.redo()
    assert one.data == {"job": {"title": "ABC", "name": "n"}}


def test_the_ids_of_rows_come_back_with_an_undo():
    one = draft(errors("a", "b"))
    before = one.rows(ERRORS)
    one.begin()
    one.clear(before[0])
    one.undo()
    assert one.rows(ERRORS) == before


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        (ABSENT, ABSENT, False),
        (ABSENT, None, True),
        (None, ABSENT, True),
        (1, 1, False),
        (1, True, True),
        ("", ABSENT, True),
    ],
)
def test_what_differs(before, now, expected):
    assert differ(before, now) is expected


class Editing(RuleBasedStateMachine):
    """A person at a form, with a list of copies of all values so far as the model."""

    def __init__(self) -> None:
        super().__init__()
        self.state = ManifestState(complete())
        self.pages = Pages(self.state)
        self.pages.do("open", "+text")
        self.past: list[Any] = [self.now()]
        self.future: list[Any] = []
        self.typing = ""

    def now(self) -> Any:
        return copy.deepcopy((self.state.value, self.state.draft))

    def step(self, typing: str = "") -> None:
        """Note that a step was made, which goes on with the last one if it is of typing into the same place."""
        if not typing or typing != self.typing:
            self.past.append(None)
        self.past[-1] = self.now()
        self.future = []
        self.typing = typing

    def shown(self, kind: str, *above: str) -> list[str]:
        return [of for of in self.pages.kind(kind) if of.startswith(above or ("/",))]

    @rule(data=st.data(), view=st.sampled_from(["one", "two"]))
    def edit(self, data, view):
        of = data.draw(st.sampled_from(self.shown("field")))
        node = self.pages.nodes[of]
        choices = [value for value, _ in node.get("choices", [])]
        texts = ["", "a", "b c", "1", "1h", "2.5", "a\nb", "{}", "[1]", "é"]
        self.pages.do("edit", of, data.draw(st.sampled_from(choices or texts)), view=view)
        self.step(of)

    @rule(data=st.data())
    def add(self, data):
        of = data.draw(st.sampled_from(self.shown("list") or [""]))
        if of:
            count = len(self.pages.nodes[of]["children"])
            row = self.pages.do("add", of)["focus"]
            assert self.pages.nodes[of]["children"][count:] == [row]
            self.step()

    @rule(data=st.data(), act=st.sampled_from(["remove", "copy"]))
    def with_a_row(self, data, act):
        of = data.draw(st.sampled_from(self.shown("row") or [""]))
        if of:
            above = of.rpartition("/")[0]
            rows = list(self.pages.nodes[above]["children"])
            at = rows.index(of)
            made = self.pages.do(act, of)["focus"]
            expected = [*rows[: at + 1], made, *rows[at + 1 :]] if act == "copy" else [*rows[:at], *rows[at + 1 :]]
            assert self.pages.nodes.get(above, {}).get("children", []) == expected
            self.step()

    @rule(data=st.data(), by=st.sampled_from([-1, 1]))
    def move(self, data, by):
        of = data.draw(st.sampled_from(self.shown("row") or [""]))
        if of:
            rows = list(self.pages.nodes[of.rpartition("/")[0]]["children"])
            at = rows.index(of)
            to = min(max(at + by, 0), len(rows) - 1)
            rows.insert(to, rows.pop(at))
            self.pages.do("move", of, by)
            assert self.pages.nodes[of.rpartition("/")[0]]["children"] == rows
            self.step()

    @rule(data=st.data())
    def reset(self, data):
        changed = [of for of in self.shown("field") if self.pages.nodes[of].get("changed")]
        if changed:
            of = data.draw(st.sampled_from(changed))
            self.pages.do("reset", of)
            assert not self.pages.nodes.get(of, {}).get("changed")
            self.step()

    @rule(data=st.data())
    def fix(self, data):
        found = [one for one in self.pages.nodes["+findings"]["findings"] if one.get("fix")]
        if found:
            one = data.draw(st.sampled_from(found))
            self.pages.do("fix", one["of"], one["key"])
            if "+dialog" in self.pages.nodes:
                assert self.now() == self.past[-1]
                self.pages.do("apply", one["of"])
            self.step()

    @rule(
        text=st.sampled_from(
            ["{", "", "[]", "null", '{"job": {"title": "x", "x": 1}}', '{"job": {"errors": [{"name": "a"}, 3]}}']
        )
    )
    def write_json(self, text):
        before = self.state.text
        self.pages.do("edit", "+json", text)
        if self.state.text != before:
            assert self.state.value == json.loads(text)
            self.step("+json")

    @rule(manifest=MANIFESTS)
    def take_a_file(self, manifest):
        self.pages.do("import", "/", json.dumps(manifest))
        assert self.state.value == manifest
        self.step()

    @rule()
    def undo(self):
        self.pages.do("undo")
        self.typing = ""
        if len(self.past) > 1:
            self.future.append(self.past.pop())

    @rule()
    def redo(self):
        self.pages.do("redo")
        self.typing = ""
        if self.future:
            self.past.append(self.future.pop())

    @precondition(lambda self: len(self.past) > 2)
    @rule()
    def undo_all_and_redo_all(self):
        for _ in self.past[1:]:
            self.pages.do("undo")
        assert self.now() == self.past[0]
        for one in self.past[1:]:
            self.pages.do("redo")
            assert self.now() == one
        while self.future:
            self.pages.do("redo")
            self.past.append(self.future.pop())
            assert self.now() == self.past[-1]
        self.typing = ""

    @invariant()
    def the_state_is_the_last_of_the_model(self):
        assert self.now() == self.past[-1]

    @invariant()
    def undo_and_redo_are_offered_if_there_is_something(self):
        assert self.pages.nodes["+undo"]["disabled"] is (len(self.past) == 1)
        assert self.pages.nodes["+redo"]["disabled"] is (not self.future)

    @invariant()
    def the_pages_show_what_the_screen_shows(self):
        assert self.pages.nodes == plain(self.state.nodes())

    @invariant()
    def the_text_is_the_draft(self):
        assert json.loads(self.state.text) == self.state.draft


@sizes((6, 15), (200, 50))
def test_every_state_can_be_returned_to_and_the_pages_stay_in_step(size):
    examples, length = size
    run_state_machine_as_test(
        Editing,
        settings=settings(
            max_examples=examples, stateful_step_count=length, derandomize=True, deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip
