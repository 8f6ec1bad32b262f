"""Screens and pages: messages keep every page in step with the screen, in whatever order and thread they come."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from viewing import Pages, complete, plain

from jobtype_toolkit.errors import InvalidPath
from jobtype_toolkit.forms.configuration import ConfigurationState
from jobtype_toolkit.forms.manifest import ManifestState
from jobtype_toolkit.forms.submit import SubmitState
from jobtype_toolkit.widgets.nodes import ROOT, Node, Nodes, changed, prefixed, texts
from jobtype_toolkit.widgets.screen import NOTHING, Effect, Screen
from jobtype_toolkit.widgets.steps import Steps

FILES = "/job/interface/inputs/files"


class Counter(Screen):
    """The smallest screen: one field, and a number that grows."""

    def __init__(self) -> None:
        super().__init__()
        self.text, self.count = "", 0

    def nodes(self) -> Nodes:
        made: Nodes = {
            ROOT: Node(kind="group", label="Counter", children=["/text", "+count"]),
            "/text": Node(kind="field", input="text", label="Text", value=self.text),
            "+count": Node(kind="note", text=str(self.count)),
        }
        if self.count > 1:
            made["+more"] = Node(kind="note", text="many")
        return made

    def perform(self, act: str, of: str, value: Any) -> Effect:
        if act == "edit":
            self.text = str(value)
        elif act == "grow":
            self.count += 1
        elif act == "shrink":
            self.count -= 1
        elif act == "fail":
            msg = "it cannot be done"
            raise InvalidPath(msg)
        return NOTHING

    def grow(self) -> None:
        """Change what is shown, without a page that asked."""
        self.count += 1
        self.tell()


def test_a_page_begins_with_the_whole_and_then_gets_what_changed():
    pages = Pages(Counter())
    assert set(pages.nodes) == {ROOT, "/text", "+count"}
    assert set(pages.do("grow")["nodes"]) == {"+count"}
    assert set(pages.do("grow")["nodes"]) == {"+count", "+more"}
    answer = pages.do("shrink")
    assert (set(answer["nodes"]), answer["gone"]) == ({"+count"}, ["+more"])


def test_an_answer_says_whom_it_answers():
    answer = Pages(Counter()).do("edit", "/text", "a", view="left", n=7)
    assert (answer["view"], answer["n"], answer["of"]) == ("left", 7, "/text")


def test_an_act_that_is_not_known_does_nothing():
    for screen in (Counter(), ManifestState(complete())):
        pages = Pages(screen)
        before = plain(pages.nodes)
        assert pages.do("explode", "/nowhere", {"a": 1})["nodes"] == {}
        assert pages.nodes == before


def test_what_cannot_be_done_is_told():
    assert Pages(Counter()).do("fail")["say"] == "it cannot be done"


def test_a_late_edit_of_the_same_field_is_dropped():
    screen = Counter()
    pages = Pages(screen)
    pages.do("edit", "/text", "new", n=9)
    pages.do("edit", "/text", "old", n=8)
    pages.do("edit", "/text", "same", n=9)
    assert screen.text == "new"
    pages.do("edit", "/text", "newer", n=10)
    assert screen.text == "newer"


def test_edits_of_another_page_have_numbers_of_their_own():
    screen = Counter()
    pages = Pages(screen)
    pages.do("edit", "/text", "one", n=9, view="one")
    pages.do("edit", "/text", "two", n=1, view="two")
    assert screen.text == "two"


def test_a_change_that_no_page_asked_for_reaches_the_pages():
    screen = Counter()
    pages = Pages(screen)
    screen.grow()
    assert pages.nodes["+count"]["text"] == "1"


def test_all_pages_show_the_same():
    screen = ManifestState(complete())
    pages = Pages(screen)
    pages.do("edit", "/job/title", "One", view="one")
    pages.do("add", FILES, view="two")
    pages.do("edit", "/job/title", "Two", view="two")
    late = Pages(screen)
    assert pages.nodes == late.nodes == plain(screen.nodes())


def test_a_change_in_answer_to_a_change_comes_after_it():
    screen = Counter()
    pages = Pages(screen)
    screen.watch(lambda: screen.grow() if screen.text == "a" and screen.count < 3 else None)
    pages.do("edit", "/text", "a")
    assert pages.nodes == plain(screen.nodes())
    assert pages.nodes["+count"]["text"] == "3"


def together(*acts: Any) -> None:
    """Run functions at the same time, each in a thread; fails if they do not end."""
    gate = threading.Barrier(len(acts))
    raised: list[Exception] = []

    def run(act: Any) -> None:
        gate.wait()
        try:
            act()
        except Exception as error:  # noqa: BLE001 - told by the thread that waits
            raised.append(error)

    threads = [threading.Thread(target=run, args=(act,), daemon=True) for act in acts]
    for one in threads:
        one.start()
    for one in threads:
        one.join(timeout=300)
    assert not [one for one in threads if one.is_alive()], "a thread waits for another one"
    assert raised == []


def test_two_threads_that_edit_different_fields_end_in_the_sum_of_both():
    state = ManifestState(complete())
    pages = Pages(state)

    def typing(place: str, view: str) -> Any:
        return lambda: [
            pages.screen.receive({"do": "edit", "of": place, "value": f"{view} {n}", "view": view, "n": n}, pages.take)
            for n in range(1, 31)
        ]

    together(typing("/job/title", "left"), typing("/job/description", "right"))
    assert (state.value["job"]["title"], state.value["job"]["description"]) == ("left 30", "right 30")
    assert pages.nodes == plain(state.nodes())


def test_forms_that_follow_each_other_do_not_wait_for_each_other(sample):
    manifest = ManifestState(complete())
    configuration = ConfigurationState(manifest)
    submit = SubmitState(manifest, configuration, sample)
    screens = [Pages(one) for one in (manifest, configuration, submit)]
    manifests, configurations, submits = screens
    together(
        lambda: [manifests.do("edit", "/job/title", f"Title {n}") for n in range(10)],
        lambda: [configurations.do("edit", "/priority", str(n)) for n in range(10)],
        lambda: [submits.do("plan") for _ in range(3)],
    )
    for pages in screens:
        assert pages.nodes == plain(pages.screen.nodes())


# Nodes.


def test_what_changed_between_two_tables_of_nodes():
    before: Nodes = {"a": Node(kind="note", text="1"), "b": Node(kind="note", text="2")}
    after: Nodes = {"a": Node(kind="note", text="1"), "c": Node(kind="note", text="3")}
    assert changed(before, after) == ({"c": after["c"]}, ["b"])


def test_a_part_of_a_page_keeps_its_references_under_a_prefix():
    nodes = ManifestState({"job": {"timeout": "1h"}}).nodes()
    made = prefixed(nodes, "m:")
    assert set(made) == {f"m:{of}" for of in nodes}
    for node in made.values():
        assert set(node.get("children", [])) <= set(made)
        assert node.get("options", "m:") == "m:" or node["options"] in made
        for found in node.get("findings", []):
            assert found["of"] in made or found["of"].startswith("m:/")


def test_the_texts_of_a_page_are_in_its_order():
    assert texts(Counter().nodes(), [ROOT]) == ["Counter", "0"]


# Steps.


def test_a_step_does_what_belongs_to_it():
    parts = {"left": Counter(), "right": Counter()}
    pages = Pages(Steps(parts, {"left": "Left", "right": "Right"}))
    pages.do("edit", "right:/text", "a")
    assert (parts["left"].text, parts["right"].text) == ("", "a")
    assert pages.nodes["right:/text"]["value"] == "a"


@pytest.mark.parametrize("of", ["/text", "middle:/text", ":", ""])
def test_what_belongs_to_no_step_does_nothing(of):
    pages = Pages(Steps({"left": Counter()}, {"left": "Left"}))
    assert pages.do("edit", of, "a")["nodes"] == {}


def test_a_step_that_changes_by_itself_reaches_the_pages():
    parts = {"left": Counter(), "right": Counter()}
    pages = Pages(Steps(parts, {"left": "Left", "right": "Right"}))
    parts["right"].grow()
    assert pages.nodes["right:+count"]["text"] == "1"


class Unready(Counter):
    """A screen that has something against going on as long as nothing was typed."""

    def objection(self) -> Effect | None:
        return None if self.text else Effect(focus="/text", say="Nothing was typed.")


def unready() -> Pages:
    return Pages(Steps({"left": Unready(), "right": Counter()}, {"left": "Left", "right": "Right"}))


def test_next_goes_to_the_next_step_if_nothing_speaks_against_it():
    pages = unready()
    pages.do("edit", "left:/text", "a")
    assert pages.do("next", "left:/")["focus"] == "right:/"
    assert pages.do("next", "right:/")["focus"] == "right:/"


def test_next_says_first_what_is_wrong_and_goes_on_when_it_is_pressed_again():
    pages = unready()
    first = pages.do("next", "left:/")
    assert first["focus"] == "left:/text"
    assert first["say"] == "Nothing was typed. Press Next again to go on to Right all the same."
    pages.do("leave", "left:/text")
    assert pages.do("next", "left:/")["focus"] == "right:/"


def test_next_warns_again_after_a_change():
    pages = unready()
    pages.do("next", "left:/")
    pages.do("edit", "left:/text", "")
    assert pages.do("next", "left:/")["focus"] == "left:/text"
