"""The browser of job types: what it finds, what it shows of one, and that nothing is changed without a plan that was sent."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from typing import Any

import asking
import pytest
from histories import CHIPS, GAUGE, NOW, job_type, page
from sizes import sizes

import jobtype_toolkit as jt
from jobtype_toolkit import testing
from jobtype_toolkit.forms.browser import BrowserState

pytestmark = pytest.mark.slow

NUMBERS = itertools.count(1)


def act(state: BrowserState, do: str, of: str = "/", value: Any = None) -> dict[str, Any]:
    return state.receive({"do": do, "of": of, "value": value, "view": "test", "n": next(NUMBERS)})


def listed(state: BrowserState, key: str = "+types") -> list[str]:
    return [row["cells"][0]["text"] for row in state.nodes()[key]["rows"]]


def pick(state: BrowserState, title: str) -> dict[str, Any]:
    key = next(row["key"] for row in state.nodes()["+types"]["rows"] if row["cells"][0]["text"] == title)
    return act(state, "pick", "+types", key)


@pytest.fixture
def own(tmp_path) -> jt.Store:
    """The bundled sample, to be written."""
    return asking.sample(tmp_path)


@pytest.fixture
def small(tmp_path) -> jt.Store:
    """The small history."""
    return asking.filled(tmp_path, source="local")


@pytest.fixture(params=["store", "server"])
def target(request, small) -> Iterator[jt.Backend]:
    """A store, and a live server over another one like it."""
    if request.param == "store":
        yield small
        return
    with testing.serve(small, clock=lambda: NOW) as server, jt.connect(server.url, clock=lambda: NOW) as scale:
        yield scale


# Finding.


def test_every_job_type_is_listed_in_the_order_of_the_target(sample):
    frame = sample.job_types()
    assert listed(BrowserState(sample)) == list(frame["name"] + " " + frame["version"])


@pytest.mark.parametrize("words", ["SHARPEN", "sharpen 2.1", "multispectral", "scene pan", "nothing of the kind", " "])
def test_a_type_is_found_by_words_of_its_name_version_title_or_description(sample, words):
    state = BrowserState(sample)
    act(state, "edit", "+search", words)
    expected = [
        f"{row['name']} {row['version']}"
        for row in sample.job_types().to_dict("records")
        if all(
            word in f"{row['name']} {row['version']} {row['title']} {row['description']}".lower()
            for word in words.lower().split()
        )
    ]
    assert listed(state) == expected
    assert len(state.found) == len(expected)


@pytest.mark.parametrize(
    ("key", "choice", "argument"),
    [
        ("+active", "yes", {"is_active": True}), ("+active", "no", {"is_active": False}), ("+system", "yes", {"is_system": True}),
        ("+system", "no", {"is_system": False}),
    ],
)  # fmt: skip
def test_a_filter_finds_what_the_service_finds(sample, key, choice, argument):
    state = BrowserState(sample)
    act(state, "edit", key, choice)
    frame = sample.job_types(**argument)
    assert listed(state) == list(frame["name"] + " " + frame["version"]) != []
    act(state, "edit", key, "")
    assert len(listed(state)) == 25


def test_paused_types_are_found(sample):
    state = BrowserState(sample)
    act(state, "edit", "+paused", "yes")
    assert listed(state) == ["archive-audit 1.0.1", "tile-press 5.2.0"]
    assert [row["cells"][0]["tags"] for row in state.nodes()["+types"]["rows"]] == [["paused"], ["paused"]]
    act(state, "edit", "+search", "press")
    assert listed(state) == ["tile-press 5.2.0"]


def test_an_empty_store_and_an_empty_search_say_different_things(store, sample):
    assert BrowserState(store).nodes()["+types"]["text"] == "There are no job types yet."
    state = BrowserState(sample)
    act(state, "edit", "+search", "zzz")
    assert state.nodes()["+types"]["text"] == "No job type matches. Change the search or the filters."


@sizes(2_000, 10_000)
def test_thousands_of_types_are_sent_a_hundred_at_a_time(store, write, size):
    types = [job_type(n, f"type-{n:05}", "1.0.0") for n in range(1, size + 1)]
    store.load(write("job_types.json", page(types)), "job_types")
    state = BrowserState(store)
    assert len(listed(state)) == 100
    assert state.nodes()["+list"]["help"] == f"100 of {size:,}; type to narrow, or show more"
    assert len(json.dumps(state.nodes())) < 20_000
    act(state, "more")
    assert len(listed(state)) == 200
    act(state, "edit", "+search", "type-01")
    assert state.nodes()["+list"]["help"] == "100 of 1,000; type to narrow, or show more"
    act(state, "edit", "+search", "type-0123")
    assert (len(listed(state)), state.nodes()["+list"]["help"]) == (10, f"10 of {size:,}")
    assert "+more" not in state.nodes()


# Looking at one.


def test_a_type_shows_its_details_versions_revisions_and_manifest(target):
    state = BrowserState(target)
    assert state.selected is None
    newest = target.versions(CHIPS["name"]).iloc[0]
    answer = pick(state, f"{newest['name']} {newest['version']}")
    assert answer["focus"] == "+detail"
    assert state.selected == (newest["name"], newest["version"])
    nodes = state.nodes()
    assert listed(state, "+versions") == list(target.versions(newest["name"])["version"])
    numbers = [row["cells"][0] for row in nodes["+revisions"]["rows"]]
    revisions = target.revisions(newest["name"], newest["version"])
    assert numbers == [str(number) for number in revisions["revision_num"]]
    assert json.loads(nodes["+manifest"]["text"]) == target.job_type(newest["name"], newest["version"]).manifest
    assert dict(nodes["+facts"]["facts"])["Image"] == target.job_type(newest["name"], newest["version"]).docker_image


def test_another_version_is_chosen_in_the_table_of_versions(sample):
    state = BrowserState(sample)
    pick(state, "pan-sharpen 2.1.0")
    other = state.nodes()["+versions"]["rows"][1]
    act(state, "pick", "+versions", other["key"])
    assert state.selected == ("pan-sharpen", "2.0.0")
    assert state.nodes()["+types"]["selected"] == other["key"]


def test_any_two_revisions_can_be_compared(sample):
    state = BrowserState(sample)
    pick(state, "pan-sharpen 2.1.0")
    assert "+diff" not in state.nodes()  # nobody looks at it yet, so that nothing is read
    act(state, "open", "+revisions-page")
    for before, after in ((2, 3), (1, 3), (3, 1)):
        act(state, "edit", "+from", str(before))
        act(state, "edit", "+to", str(after))
        one, other = (sample.revision("pan-sharpen", "2.1.0", number).manifest for number in (before, after))
        rows = state.nodes()["+diff"]["rows"]
        assert [row[0] for row in rows] == list(other.diff(one)["path"])
        assert state.nodes()["+verdict"]["text"].lower().startswith(other.breaking_changes(one).kind)
    act(state, "edit", "+to", "3")
    assert state.nodes()["+same"]["text"] == "The two manifests are the same."


def test_the_form_is_asked_for_with_name_and_version(sample):
    state = BrowserState(sample)
    pick(state, "pan-sharpen 2.1.0")
    assert "+form" not in state.nodes()
    asked: list[tuple[str, str]] = []
    state.on_open(lambda name, version: asked.append((name, version)))
    assert state.nodes()["+form"]["label"] == "Open in the manifest form"
    act(state, "form")
    assert asked == [("pan-sharpen", "2.1.0")]


# Changing it.


@pytest.mark.parametrize(
    ("change", "field", "value", "back"),
    [("pause", "is_paused", True, "unpause"), ("deprecate", "is_active", False, "activate")],
)
def test_a_change_is_planned_shown_and_sent_only_then(target, change, field, value, back):
    state = BrowserState(target)
    pick(state, f"{GAUGE['name']} {GAUGE['version']}")
    name, version = state.selected
    before = target.job_type(name, version)[field]
    assert before is not value
    answer = act(state, "plan", f"+plan/{change}", change)
    assert answer["focus"] == "+dialog"
    assert [field, json.dumps(before), json.dumps(value), "changed"] in state.nodes()["plan:+changes"]["rows"]
    assert target.job_type(name, version)[field] is before
    act(state, "send")
    assert target.job_type(name, version)[field] is value
    assert state.nodes()["+sent"]["text"].startswith("Sent: edited.")
    act(state, "close")
    assert f"+plan/{back}" in state.nodes()
    assert "+dialog" not in state.nodes()


def test_a_plan_that_is_cancelled_changes_nothing(own):
    state = BrowserState(own)
    pick(state, "pan-sharpen 2.1.0")
    before = own.job_type("pan-sharpen", "2.1.0")
    act(state, "plan", value="deprecate")
    answer = act(state, "close")
    assert answer["focus"] == "+actions"
    act(state, "send")  # a click that was under way
    assert own.job_type("pan-sharpen", "2.1.0") == before


def test_a_double_click_sends_once(own, monkeypatch):
    sent: list[str] = []
    send = jt.Plan.send
    monkeypatch.setattr(jt.Plan, "send", lambda plan: (sent.append(plan.name), send(plan))[1])
    state = BrowserState(own)
    pick(state, "pan-sharpen 2.1.0")
    act(state, "plan", value="pause")
    act(state, "send")
    modified = own.job_type("pan-sharpen", "2.1.0").last_modified
    again = act(state, "send")
    assert "was sent already" in again["say"]
    assert own.job_type("pan-sharpen", "2.1.0").last_modified == modified
    assert len(sent) == 2
    assert "+trouble" not in state.nodes()


def test_a_revision_is_restored_through_a_plan(own):
    state = BrowserState(own)
    pick(state, "pan-sharpen 2.1.0")
    act(state, "open", "+revisions-page")
    act(state, "edit", "+from", "1")
    assert state.nodes()["+restore"]["label"] == "Restore revision 1 …"
    act(state, "plan", "+restore", 1)
    assert state.nodes()["+dialog"]["label"] == "Restore revision 1 of pan-sharpen 2.1.0"
    assert own.job_type("pan-sharpen", "2.1.0").revision_num == 3
    act(state, "send")
    restored = own.job_type("pan-sharpen", "2.1.0")
    assert (restored.revision_num, restored.manifest) == (4, own.revision("pan-sharpen", "2.1.0", 1)["manifest"])
    assert restored.docker_image == own.revision("pan-sharpen", "2.1.0", 1).docker_image
    assert [row["cells"][0] for row in state.nodes()["+revisions"]["rows"]] == ["4", "3", "2", "1"]


def test_a_plan_for_what_has_changed_meanwhile_is_refused_and_said(own):
    state = BrowserState(own)
    pick(state, "pan-sharpen 2.1.0")
    act(state, "plan", value="pause")
    own.edit("pan-sharpen", "2.1.0", max_scheduled=5).send()
    answer = act(state, "send")
    assert "changed" in answer["say"]
    assert state.nodes()["+trouble"]["text"] == answer["say"]
    assert own.job_type("pan-sharpen", "2.1.0").is_paused is False


def test_reloading_shows_what_others_did_and_keeps_the_choice(own):
    state = BrowserState(own)
    pick(state, "pan-sharpen 2.1.0")
    own.edit("pan-sharpen", "2.1.0", is_paused=True).send()
    act(state, "reload")
    assert state.selected == ("pan-sharpen", "2.1.0")
    assert "+plan/unpause" in state.nodes()
    row = next(row for row in state.nodes()["+types"]["rows"] if row["cells"][0]["text"] == "pan-sharpen 2.1.0")
    assert row["cells"][0]["tags"] == ["paused"]


def test_a_server_that_fails_is_said_and_the_list_stays():
    with testing.serve() as server, jt.connect(server.url, retries=jt.Retries(count=0)) as scale:
        state = BrowserState(scale)
    scale.close()
    answer = pick(state, "pan-sharpen 2.1.0")  # nobody answers any more
    assert server.url.removeprefix("http://").split("/")[0] in answer["say"]
    assert state.nodes()["+trouble"]["text"] == answer["say"]
    assert len(listed(state)) == 25


# The widget.


def test_what_is_selected_can_be_observed(own):
    shown = jt.forms.JobTypeBrowser(own)
    seen: list[Any] = []
    shown.observe(lambda change: seen.append(change["new"]), "selected")
    key = shown.state.nodes()["+types"]["rows"][0]["key"]
    shown._on_page_message(shown, {"do": "pick", "of": "browser:+types", "value": key}, None)
    assert seen == [shown.selected] == [("archive-audit", "1.0.1")]
    assert "pan-sharpen 2.1.0" in shown.static_html
    shown.close()
