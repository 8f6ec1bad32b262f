"""The forms in a real browser, without Jupyter: what an author sees, hears from a screen reader, clicks and types."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from browser.acting import JOB, MAINTAINER, box, field, press, section, submit, write_job
from browser.harness import second_view, show, stop_clock
from browser.needs import expect
from viewing import complete

from jobtype_toolkit.forms.author_steps import AuthorState
from jobtype_toolkit.forms.configuration import ConfigurationState
from jobtype_toolkit.forms.manifest import ManifestState

pytestmark = pytest.mark.browser

HOSTILE = "<img src=x onerror=document.title='gone'>"
LETTERS = "abdxzmy"
LISTENING = """
window.heard = [];
for (const capturing of [true, false])
  document.addEventListener("keydown", (event) => window.heard.push(`${event.ctrlKey ? "Ctrl+" : ""}${event.key}`), capturing);
"""


def manifest(tab: Any, document: Any = None, **more: Any) -> ManifestState:
    """Show a manifest form and return its state."""
    state = ManifestState(document)
    show(tab, state, **more)
    return state


# The way of an author.


def test_an_author_goes_from_an_empty_form_to_a_revision(tab, sample):
    state = AuthorState(sample)
    show(tab, state)
    write_job(tab)
    submit(tab)
    expect(tab.get_by_text("revision 1").first).to_be_visible()
    found = sample.job_type("despeckle", "1.0.0")
    assert found.manifest["job"]["interface"]["inputs"]["files"][0]["name"] == "IMAGE"


# Findings.


def test_a_finding_appears_beside_its_field_once_it_was_left(tab):
    manifest(tab, {"job": {}})
    expect(field(tab, "Title").locator(".jtk-finding")).to_have_count(0)
    box(tab, "Title").focus()
    tab.keyboard.press("Tab")
    expect(field(tab, "Title").locator(".jtk-finding")).to_contain_text("Error:")
    box(tab, "Title").fill("Despeckle")
    expect(field(tab, "Title").locator(".jtk-finding")).to_have_count(0)


def test_a_finding_appears_as_one_types(tab):
    state = manifest(tab, {"job": {"timeout": 60}})
    box(tab, "Timeout").fill("1h")
    expect(field(tab, "Timeout").locator(".jtk-finding")).to_be_visible()
    expect(box(tab, "Timeout")).to_have_value("1h")
    assert state.draft["job"]["timeout"] == "1h"


def test_a_fix_that_is_safe_is_made_at_once(tab):
    state = manifest(tab, complete() | {"job": complete()["job"] | {"tags": ["a", "b", "a"]}})
    tab.get_by_role("button", name=re.compile("^Fix: ")).first.click()
    expect(tab.get_by_role("button", name=re.compile("^Fix: "))).to_have_count(0)
    assert state.value["job"]["tags"] == ["a", "b"]


def test_a_fix_that_is_not_safe_is_made_after_a_look(tab):
    state = manifest(tab)
    box(tab, "Job name").fill("my tool")
    fix = tab.get_by_role("button", name=re.compile("^Preview fix: .*my-tool"))
    fix.click()
    dialog = tab.get_by_role("dialog")
    expect(dialog).to_contain_text("my-tool")
    assert state.value["job"]["name"] == "my tool"
    tab.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    fix.click()
    dialog.get_by_role("button", name="Apply").click()
    expect(box(tab, "Job name")).to_have_value("my-tool")
    expect(dialog).to_have_count(0)


def test_the_summary_leads_to_each_field(tab):
    document = complete()
    document["job"]["interface"]["inputs"]["files"][0]["name"] = "1 x"
    manifest(tab, document)
    section(tab, "Findings")
    tab.get_by_role("tabpanel").get_by_role("button").filter(has_text="Error").first.click()
    expect(box(tab, "Name")).to_be_focused()
    expect(box(tab, "Name")).to_have_value("1 x")


def test_twenty_findings_at_once_are_counted_and_can_be_read(tab):
    document = complete()
    document["job"]["errors"] = [{"code": "x", "name": f"Bad {n}"} for n in range(20)]
    state = manifest(tab, document)
    count = sum(one.severity == "error" for one in state.findings)
    assert count >= 20
    section(tab, "Findings")
    expect(tab.locator(".jtk-all-findings > li")).to_have_count(len(state.findings))
    expect(tab.get_by_role("tab", name=re.compile("^Errors, ")).locator(".jtk-badge-error")).not_to_be_empty()


# Rows.


def test_rows_are_added_duplicated_moved_and_removed_with_the_focus_where_one_looks(tab):
    state = manifest(tab)
    section(tab, "Inputs")
    press(tab, "Add file input")
    expect(box(tab, "Name")).to_be_focused()
    tab.keyboard.type("A")
    press(tab, "Duplicate File input 1")
    expect(tab.get_by_role("textbox", name=re.compile("^Name")).nth(1)).to_be_focused()
    tab.keyboard.press("Control+A")
    tab.keyboard.type("B")
    names = lambda: [one.get("name") for one in state.draft["job"]["interface"]["inputs"]["files"]]  # noqa: E731
    press(tab, "Move up File input 2")
    expect(box(tab, "Name")).to_have_value("B")
    assert names() == ["B", "A"]
    press(tab, "Remove File input 1")
    expect(tab.locator(".jtk-row")).to_have_count(1)
    expect(box(tab, "Name")).to_be_focused()
    assert names() == ["A"]
    press(tab, "Remove File input 1")
    expect(tab.locator(".jtk-row")).to_have_count(0)
    expect(tab.get_by_role("button", name="Add file input")).to_be_focused()


def test_many_rows_fold_to_their_names(tab):
    document = complete()
    document["job"]["errors"] = [{"code": n, "name": f"error-{n}", "title": "T", "description": "D"} for n in range(30)]
    manifest(tab, document)
    section(tab, "Errors")
    heads = tab.locator(".jtk-row-head")
    expect(heads).to_have_count(30)
    expect(heads.nth(7)).to_have_attribute("aria-expanded", "false")
    expect(heads.nth(7)).to_contain_text("error-7")
    heads.nth(7).click()
    expect(heads.nth(7)).to_have_attribute("aria-expanded", "true")
    expect(box(tab, "Name")).to_have_value("error-7")


# Undo, reset, text.


def test_undo_and_redo_by_button_and_by_key(tab):
    manifest(tab, complete())
    title = box(tab, "Title")
    title.fill("Mosaic")
    press(tab, "Undo")
    expect(title).to_have_value("Tile mosaic")
    press(tab, "Redo")
    expect(title).to_have_value("Mosaic")
    title.focus()
    tab.keyboard.press("Alt+Z")
    expect(title).to_have_value("Tile mosaic")
    tab.keyboard.press("Alt+Shift+Z")
    expect(title).to_have_value("Mosaic")


def test_a_changed_field_is_marked_and_can_be_reset(tab):
    manifest(tab, complete())
    expect(tab.get_by_role("button", name="Reset Title")).to_have_count(0)
    box(tab, "Title").fill("Mosaic")
    expect(field(tab, "Title").locator(".jtk-changed-word")).to_be_visible()
    press(tab, "Reset Title")
    expect(box(tab, "Title")).to_have_value("Tile mosaic")
    expect(field(tab, "Title").locator(".jtk-changed-word")).to_be_hidden()


def test_the_json_pane_and_the_fields_are_one_document(tab):
    state = manifest(tab, complete())
    section(tab, "JSON")
    pane = box(tab, "JSON")
    expect(pane).to_have_value(state.text)
    pane.fill(state.text.replace("Tile mosaic", "Mosaic"))
    section(tab, "Job")
    expect(box(tab, "Title")).to_have_value("Mosaic")
    box(tab, "Title").fill("Other")
    section(tab, "JSON")
    expect(pane).to_have_value(re.compile('"title": "Other"'))


def test_broken_json_is_kept_and_told(tab):
    state = manifest(tab, complete())
    section(tab, "JSON")
    pane = box(tab, "JSON")
    pane.fill("{ broken")
    expect(field(tab, "JSON").locator(".jtk-finding")).to_contain_text("Error:")
    section(tab, "Job")
    expect(box(tab, "Title")).to_have_value("Tile mosaic")
    section(tab, "JSON")
    expect(pane).to_have_value("{ broken")
    press(tab, "Discard this text")
    expect(pane).to_have_value(state.text)


def test_an_export_is_a_file_and_an_import_takes_one(tab, tmp_path):
    state = manifest(tab, complete())
    with tab.expect_download() as waiting:
        press(tab, "Export")
    waiting.value.save_as(tmp_path / "seed.manifest.json")
    assert (tmp_path / "seed.manifest.json").read_text() == state.text
    other = complete() | {"job": complete()["job"] | {"title": "Imported"}}
    (tmp_path / "other.json").write_text(json.dumps(other))
    with tab.expect_file_chooser() as choosing:
        press(tab, "Import a file")
    choosing.value.set_files(tmp_path / "other.json")
    expect(box(tab, "Title")).to_have_value("Imported")
    assert state.value == other


# Two views; the field with the focus.


def test_a_second_view_stays_in_step(tab):
    manifest(tab, complete())
    second_view(tab)
    views = tab.locator("[data-jtk]")
    expect(views).to_have_count(2)
    titles = [views.nth(n).get_by_role("textbox", name="Title").first for n in (0, 1)]
    expect(titles[1]).to_have_value("Tile mosaic")
    titles[0].fill("Mosaic")
    expect(titles[1]).to_have_value("Mosaic")
    titles[1].fill("Other")
    expect(titles[0]).to_have_value("Other")


def test_the_field_with_the_focus_is_never_written_into(tab):
    state = manifest(tab, complete())
    title = box(tab, "Title")
    title.click()
    tab.keyboard.press("End")
    tab.keyboard.press("ArrowLeft")
    state.receive({"do": "edit", "of": "/job/title", "value": "from elsewhere", "view": "other", "n": 1})
    tab.evaluate(
        "message => window.fromKernel(message)",
        json.dumps(
            {
                "view": "other",
                "n": 1,
                "of": "/job/title",
                "nodes": {"/job/title": state.nodes()["/job/title"]},
                "gone": [],
            }
        ),
    )
    expect(title).to_have_value("Tile mosaic")
    assert title.evaluate("input => input.selectionStart") == len("Tile mosaic") - 1


def test_typing_fast_loses_no_letter(tab):
    state = manifest(tab)
    box(tab, "Description").click()
    text = "the quick brown fox jumps over the lazy dog " * 3
    tab.keyboard.type(text)
    section(tab, "Maintainer")
    expect(box(tab, "Email")).to_be_visible()
    section(tab, "Job")
    expect(box(tab, "Description")).to_have_value(text)
    assert state.draft["job"]["description"] == text


# The kernel.


def test_a_kernel_that_is_gone_is_told_and_nothing_more_is_taken(tab):
    manifest(tab, complete())
    tab.evaluate("window.kernelGone()")
    expect(tab.locator(".jtk-banner")).to_contain_text("Run the cell again")
    expect(box(tab, "Title")).to_have_js_property("readOnly", True)
    expect(tab.get_by_role("button", name="Check", exact=True)).to_be_disabled()


def test_three_seconds_without_an_answer_are_told(opened):
    tab = opened()
    stop_clock(tab)
    manifest(tab, complete())
    tab.evaluate("() => { window.answering = window.toKernel; window.toKernel = () => {}; }")
    box(tab, "Title").fill("Mosaic")
    tab.clock.run_for(2900)
    expect(tab.locator(".jtk-banner")).to_be_hidden()
    tab.clock.run_for(200)
    expect(tab.locator(".jtk-banner")).to_contain_text("does not answer")
    tab.evaluate("() => { window.toKernel = window.answering; }")
    box(tab, "Description").fill("x")
    expect(tab.locator(".jtk-banner")).to_be_hidden()


# Keys.


CONTROLS = {
    "a text": lambda tab: box(tab, "Title"),
    "an area": lambda tab: box(tab, "Description"),
    "a number": lambda tab: box(tab, "Timeout"),
    "words": lambda tab: box(tab, "Tags"),
    "a tab": lambda tab: tab.get_by_role("tab", selected=True),
    "a button": lambda tab: tab.get_by_role("button", name="Check", exact=True),
    "a choice": lambda tab: (section(tab, "Inputs"), tab.get_by_role("combobox").first)[1],
    "a row's head": lambda tab: (section(tab, "Inputs"), tab.locator(".jtk-row-head").first)[1],
    "a row's tool": lambda tab: (section(tab, "Inputs"), tab.get_by_role("button", name=re.compile("^Duplicate")).first)[1],
    "JSON": lambda tab: (section(tab, "JSON"), box(tab, "JSON"))[1],
    "code": lambda tab: (section(tab, "Python"), tab.locator("pre[tabindex]"))[1],
}  # fmt: skip


@pytest.mark.parametrize("kind", CONTROLS)
def test_letters_stay_in_the_form_and_saving_goes_on(tab, kind):
    manifest(tab, complete())
    tab.evaluate(LISTENING)
    control = CONTROLS[kind](tab)
    control.focus()
    expect(control).to_be_focused()
    for letter in LETTERS:
        tab.keyboard.press(letter)
        control.focus()
    assert tab.evaluate("window.heard") == []
    tab.keyboard.press("Control+s")
    assert tab.evaluate("window.heard.filter((key) => key === 'Ctrl+s').length") == 2


def test_letters_outside_the_form_are_left_alone(tab):
    manifest(tab, complete())
    tab.evaluate(LISTENING)
    tab.evaluate("document.activeElement.blur()")
    tab.keyboard.press("b")
    assert tab.evaluate("window.heard") == ["b", "b"]


def tab_to(tab: Any, name: str, *, back: bool = False) -> None:
    """Press Tab until the control of that name has the focus."""
    script = "() => { const e = document.activeElement; return e.getAttribute('aria-label') || e.labels?.[0]?.textContent || e.textContent; }"
    seen = []
    for _ in range(120):
        tab.keyboard.press("Shift+Tab" if back else "Tab")
        seen.append(tab.evaluate(script).removesuffix(" *"))
        if re.match(rf"{name}$", seen[-1]):
            return
    raise AssertionError((name, seen))


def test_an_author_needs_no_mouse(tab, sample):
    state = AuthorState(sample)
    show(tab, state)
    for label, text in JOB.items():
        tab_to(tab, label)
        tab.keyboard.type(text)
    tab_to(tab, "Job(, .*)?", back=True)
    tab.keyboard.press("ArrowDown")
    expect(tab.get_by_role("tab", name=re.compile("^Maintainer"))).to_be_focused()
    for label, text in MAINTAINER.items():
        tab_to(tab, label)
        tab.keyboard.type(text)
    tab_to(tab, "Maintainer(, .*)?", back=True)
    tab.keyboard.press("ArrowDown")
    tab_to(tab, "Add file input")
    tab.keyboard.press("Enter")
    expect(box(tab, "Name")).to_be_focused()
    tab.keyboard.type("IMAGE")
    tab_to(tab, "3?Submit", back=True)
    tab.keyboard.press("Enter")
    tab_to(tab, "Preview the changes")
    tab.keyboard.press("Enter")
    expect(tab.get_by_role("button", name=re.compile("^Send to"))).to_be_focused()
    tab.keyboard.press("Enter")
    expect(tab.get_by_text("revision 1").first).to_be_visible()
    assert sample.job_type("despeckle", "1.0.0").revision_num == 1


def test_tab_goes_through_a_page_as_it_is_read(tab):
    manifest(tab)
    box(tab, "Title").focus()
    for label in ("Job name", "Description", "Job version", "Package version", "Timeout"):
        tab_to(tab, label)
    order = tab.evaluate(
        """() => [...document.querySelectorAll(".jtk-panel input, .jtk-panel textarea, .jtk-panel select")].map((one) => one.tabIndex)"""
    )
    assert set(order) == {0}


# What a screen reader is told.


def told(tab: Any, control: Any) -> dict[str, Any]:
    """Return what the accessibility tree says of a control."""
    client = tab.context.new_cdp_session(tab)
    control.evaluate("element => { window.asked = element; }")
    found = client.send("Runtime.evaluate", {"expression": "window.asked"})["result"]["objectId"]
    (node,) = client.send("Accessibility.getPartialAXTree", {"objectId": found, "fetchRelatives": False})["nodes"]
    more = {one["name"]: one["value"].get("value") for one in node.get("properties", [])}
    return {
        "role": node["role"]["value"],
        "name": node["name"]["value"],
        "description": node.get("description", {}).get("value", ""),
        **more,
    }


FIELDS = {
    "text": ("job.title", [], "Title", "Job"),
    "area": ("job.description", 3, "Description", "Job"),
    "number": ("job.timeout", "1h", "Timeout", "Job"),
    "words": ("job.tags", "x", "Tags", "Job"),
    "choice": ("job.interface.mounts.0.mode", "fast", "Mode", "Mounts"),
    "text in a row": ("job.interface.inputs.files.0.name", "1 x", "Name", "Inputs"),
}  # fmt: skip


@pytest.mark.parametrize("kind", FIELDS)
def test_a_field_in_error_says_so_by_name_finding_and_state(tab, kind):
    path, value, label, page = FIELDS[kind]
    document: Any = complete()
    at = document
    *above, last = path.split(".")
    for step in above:
        at = at[int(step) if step.isdigit() else step]
    at[last] = value
    manifest(tab, document)
    section(tab, page)
    frame = field(tab, label)
    expect(frame.locator(".jtk-finding")).not_to_have_count(0)
    found = told(tab, frame.locator("input, textarea, select").first)
    assert found["role"] in ("textbox", "combobox")
    assert found["name"].removesuffix(" *") == label
    assert re.match(r"(Error|Warning): ", found["description"]), found
    assert frame.locator(".jtk-help").inner_text() in found["description"]
    assert found["invalid"] == "true"


@pytest.mark.parametrize(
    ("label", "required"), [("Title", True), ("Description", True), ("Timeout", True), ("Tags", False)]
)
def test_a_field_says_whether_it_is_required(tab, label, required):
    manifest(tab)
    found = told(tab, field(tab, label).locator("input, textarea, select").first)
    assert (bool(found.get("required")), found["invalid"]) == (required, "false")
    assert found["description"].startswith(field(tab, label).locator(".jtk-help").inner_text())


def test_a_secret_is_a_field_whose_text_is_hidden(tab):
    state = ConfigurationState(complete())
    show(tab, state)
    section(tab, "Settings")
    secret = field(tab, "DB_PASS").locator("input")
    expect(secret).to_have_attribute("type", "password")
    secret.fill("hunter2")
    section(tab, "Run")
    section(tab, "Settings")
    assert state.value["settings"]["DB_PASS"] == "hunter2"
    section(tab, "JSON")
    expect(box(tab, "JSON")).not_to_have_value(re.compile("hunter2"))


def test_one_region_tells_what_is_found_once_the_keys_rest(opened):
    tab = opened()
    stop_clock(tab)
    manifest(tab, {"job": {"timeout": 60}})
    region = tab.get_by_role("status")
    expect(region).to_have_count(1)
    box(tab, "Timeout").fill("1h")
    expect(field(tab, "Timeout").locator(".jtk-finding")).to_be_visible()
    expect(region).to_be_empty()
    tab.clock.run_for(700)
    expect(region).to_contain_text("Error:")
    box(tab, "Timeout").fill("60")
    expect(field(tab, "Timeout").locator(".jtk-finding")).to_have_count(0)
    tab.clock.run_for(700)
    expect(region).to_have_text("No finding left.")


def test_next_leads_to_the_first_error_and_goes_on_when_it_is_pressed_again(tab, sample):
    show(tab, AuthorState(sample))
    following = tab.get_by_role("button", name="Next", exact=True)
    following.dblclick()  # one decision, not two
    expect(box(tab, "Job name")).to_be_focused()
    expect(tab.get_by_role("status")).to_contain_text("Press Next again to go on to Configuration all the same.")
    expect(field(tab, "Job name").locator(".jtk-finding")).to_be_visible()
    following.click()
    expect(tab.locator("[aria-current=step]")).to_have_text(re.compile("Configuration$"))


def test_a_duration_in_words_has_a_button_that_writes_the_seconds(tab):
    state = manifest(tab)
    box(tab, "Timeout").fill("1h 30min")
    press(tab, "Fix: write 5400")
    expect(box(tab, "Timeout")).to_have_value("5400")
    assert state.value["job"]["timeout"] == 5400


NOTEBOOK = {"rules": {"page-has-heading-one": {"enabled": False}}}
"""What is the business of the page around the form."""
PAGES = ("Job", "Inputs", "Resources", "Findings", "JSON", "Python")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_nothing(tab, dark):
    from axe_playwright_python.sync_playwright import Axe

    document = complete()
    document["job"]["interface"]["inputs"]["files"][0]["name"] = "1 x"
    document["job"]["tags"] = ["a", "a"]
    manifest(tab, document, dark=dark)
    box(tab, "Title").fill("Mosaic")
    expect(field(tab, "Title").locator(".jtk-changed-word")).to_be_visible()
    violations = {}
    for page in PAGES:
        section(tab, page)
        for one in Axe().run(tab, options=NOTEBOOK).response["violations"]:
            violations[page, one["id"]] = [node["html"][:160] for node in one["nodes"]][:3]
    assert violations == {}


# Texts.


def test_a_hostile_text_stays_text(tab):
    document = complete()
    document["job"]["title"] = HOSTILE
    document["job"]["interface"]["inputs"]["files"][0]["name"] = HOSTILE
    document["job"][HOSTILE] = HOSTILE
    manifest(tab, document)
    expect(box(tab, "Title")).to_have_value(HOSTILE)
    for page in (*PAGES, "Job"):
        section(tab, page)
    expect(tab.locator(".jtk img")).to_have_count(0)
    expect(tab).to_have_title("jobtype_toolkit")


@pytest.mark.parametrize("width", [1100, 420])
def test_long_names_do_not_widen_the_form(opened, width):
    tab = opened(viewport={"width": width, "height": 800})
    document = complete()
    document["job"]["interface"]["inputs"]["files"][0]["name"] = "N" * 200
    document["job"]["title"] = "T" * 500
    document["job"]["tags"] = ["t" * 120]
    manifest(tab, document)
    for page in ("Job", "Inputs", "Findings"):
        section(tab, page)
        expect(tab.get_by_role("tabpanel")).to_be_visible()
        assert tab.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), page


def test_nothing_moves_while_the_mouse_is_down(tab):
    """What a field says as it is left would push away the button that is pressed, and the click would be lost."""
    stop_clock(tab)  # a pointer that is down for two seconds holds nothing back
    manifest(tab, {"job": {}})
    box(tab, "Title").focus()
    check = tab.get_by_role("tab", name=re.compile("^Errors"))
    check.hover()
    tab.mouse.down()
    expect(box(tab, "Title")).not_to_be_focused()
    expect(field(tab, "Title").locator(".jtk-finding")).to_have_count(0)
    tab.mouse.up()
    tab.clock.run_for(1)
    expect(check).to_have_attribute("aria-selected", "true")
    section(tab, "Job")
    expect(field(tab, "Title").locator(".jtk-finding")).to_be_visible()


def test_what_was_pressed_and_not_released_there_holds_nothing_back(tab):
    manifest(tab, {"job": {}})
    box(tab, "Title").focus()
    tab.get_by_role("tab", name=re.compile("^Errors")).hover()
    tab.mouse.down()
    tab.mouse.move(5, 5)
    tab.mouse.up()
    tab.mouse.move(6, 6)
    expect(field(tab, "Title").locator(".jtk-finding")).to_be_visible()


def test_a_step_keeps_the_focus_when_it_is_chosen(tab, sample):
    show(tab, AuthorState(sample))
    step = tab.get_by_role("button", name=re.compile("Configuration$"))
    step.focus()
    tab.keyboard.press("Enter")
    expect(step).to_have_attribute("aria-current", "step")
    expect(step).to_be_focused()
