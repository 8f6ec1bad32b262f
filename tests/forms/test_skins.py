"""The forms as widgets: traits to observe and to link, texts for readers without a kernel, messages for the pages."""

from __future__ import annotations

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import ipywidgets
import pytest
import traitlets
from viewing import complete, plain

import jobtype_toolkit as jt
import jobtype_toolkit.forms
from jobtype_toolkit.forms import ConfigurationForm, ManifestForm, SubmitForm, author
from jobtype_toolkit.widgets.widget import Widget, front, style

pytestmark = pytest.mark.slow

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)>"


def form(document: Any = None) -> ManifestForm:
    return ManifestForm(complete() if document is None else document, autosave=False)


def messages(widget: Widget, monkeypatch: Any) -> list[Any]:
    """Return the list that the widget's messages go to from now on."""
    sent: list[Any] = []
    monkeypatch.setattr(widget, "send", lambda content, buffers=None: sent.append(plain(content)))
    return sent


def ask(widget: Widget, act: str, of: str = "/", value: Any = None) -> None:
    """Do something as a page would."""
    widget._on_page_message(widget, {"do": act, "of": of, "value": value, "view": "one", "n": 1}, [])


def test_the_value_is_the_manifest_and_follows_edits():
    one = form()
    seen: list[Any] = []
    one.observe(lambda change: seen.append(change["new"]["job"]["title"]), "value")
    ask(one, "hello")
    ask(one, "edit", "/job/title", "Mosaic")
    assert (one.manifest["job"]["title"], one.value["job"]["title"], seen) == ("Mosaic", "Mosaic", ["Mosaic"])


def test_an_assignment_starts_anew():
    one = form()
    ask(one, "hello")
    ask(one, "edit", "/job/title", "Mosaic")
    assert one.is_dirty
    one.manifest = {"job": {"title": "other"}}
    assert (one.value, one.manifest, one.is_dirty) == ({"job": {"title": "other"}},) * 2 + (False,)
    one.value = {"job": {"title": "third"}}
    assert (one.manifest, one.is_dirty) == ({"job": {"title": "third"}}, False)


def test_the_traits_say_whether_it_is_valid_and_changed():
    one = form()
    assert (one.is_valid, one.is_dirty, one.findings) == (True, False, ())
    one.state.nodes()
    ask(one, "edit", "/job/timeout", "soon")
    assert (one.is_valid, one.is_dirty) == (False, True)
    assert one.findings == one.validation.findings
    assert one.draft["job"]["timeout"] == "soon"
    assert one.value["job"]["timeout"] == 600


def test_two_forms_can_be_linked():
    first, second = form(), form({})
    traitlets.link((first, "value"), (second, "value"))
    assert second.manifest == complete()
    second.manifest = {"job": {"title": "back"}}
    assert first.manifest == {"job": {"title": "back"}}


def test_interact_takes_a_form_and_calls_with_its_value():
    called: list[Any] = []
    one = form()
    shown = ipywidgets.interactive(lambda manifest: called.append(manifest["job"]["title"]), manifest=one)
    shown.update()
    ask(one, "hello")
    ask(one, "edit", "/job/title", "Mosaic")
    assert (called[0], called[-1]) == ("Tile mosaic", "Mosaic")


def test_forms_can_be_put_into_boxes():
    box = ipywidgets.VBox([form(), ipywidgets.Tab([form()])])
    assert len(box.children) == 2


def test_undo_from_python_reaches_the_pages(monkeypatch):
    one = form()
    sent = messages(one, monkeypatch)
    ask(one, "hello")
    ask(one, "edit", "/job/title", "Mosaic")
    sent.clear()
    one.undo()
    assert [message["nodes"]["/job/title"]["value"] for message in sent if message["nodes"]] == ["Tile mosaic"]
    assert one.value == complete()
    one.redo()
    assert sent[-1]["nodes"]["/job/title"]["value"] == "Mosaic"


def test_an_assignment_reaches_the_pages(monkeypatch):
    one = form()
    ask(one, "hello")
    sent = messages(one, monkeypatch)
    one.manifest = complete() | {"seedVersion": "1.0.1"}
    (message,) = [one for one in sent if one["nodes"]]
    assert message["nodes"]["/seedVersion"]["value"] == "1.0.1"
    assert message["rewrite"]


def test_an_edit_of_the_manifest_reaches_the_pages_of_the_configuration(monkeypatch):
    one = form()
    two = ConfigurationForm(one, autosave=False)
    ask(one, "hello")
    ask(two, "hello")
    sent = messages(two, monkeypatch)
    row = next(of for of in one.state.nodes() if of.startswith("/job/interface/settings/#") and of.endswith("/name"))
    ask(one, "edit", row, "OTHER")
    assert "/settings/OTHER" in sent[-1]["nodes"]


def test_a_form_that_a_watcher_changes_sends_the_newest_last(monkeypatch):
    one = form()
    ask(one, "hello")
    sent = messages(one, monkeypatch)
    shown: dict[str, Any] = {}

    def shorten(change: Any) -> None:
        if change["new"]["job"]["title"] == "long":
            one.manifest = change["new"] | {"job": change["new"]["job"] | {"title": "short"}}

    one.observe(shorten, "value")
    ask(one, "edit", "/job/title", "long")
    for message in sent:
        shown |= message["nodes"]
    assert shown["/job/title"]["value"] == one.manifest["job"]["title"] == "short"


# Readers without a kernel.


def test_the_texts_tell_what_the_form_shows():
    one = form()
    for text in (one.plain_text, one.static_html):
        assert "Tile mosaic" in text
        assert "imagery@example.com" in text
    assert "object at 0x" not in repr(one)


def test_the_static_copy_has_no_script_and_takes_nothing_for_markup():
    manifest = complete()
    manifest["job"]["title"] = HOSTILE
    manifest["job"]["interface"]["inputs"]["files"][0]["name"] = HOSTILE
    manifest["job"][HOSTILE] = HOSTILE
    tags: list[str] = []

    class Tags(HTMLParser):
        def handle_starttag(self, tag: str, attrs: Any) -> None:
            tags.append(tag)
            assert not [name for name, _ in attrs if name.startswith("on")]

    Tags().feed(form(manifest).static_html)
    assert tags
    assert not {"script", "img", "iframe", "input"} & set(tags)


def test_no_secret_is_in_any_text():
    one = ConfigurationForm(form(), {"settings": {"DB_PASS": "hunter2"}}, autosave=False)
    assert one.configuration == {"settings": {"DB_PASS": "hunter2"}}
    for text in (
        one.plain_text,
        repr(one),
        one.static_html,
        one.text,
        one.code,
        str(one.findings),
        str(one.get_state()),
    ):
        assert "hunter2" not in text


def test_what_is_kept_of_a_widget_holds_no_document():
    assert "imagery@example.com" not in str(form().get_state())


# The front end.


NEVER = (
    "import(", "fetch(", "XMLHttpRequest", ".innerHTML", ".outerHTML", "insertAdjacentHTML", "localStorage", "jupyterapp",
    "url(", "eval(",
)  # fmt: skip


@pytest.mark.parametrize("word", NEVER)
def test_the_front_end_asks_nothing_of_anybody_and_makes_no_markup_of_texts(word):
    assert word not in front() + style()


def test_the_front_end_names_no_address_and_imports_nothing():
    text = front() + style()
    assert set(re.findall(r"https?://[^\"' ]+", text)) <= {"http://www.w3.org/2000/svg"}
    assert not re.search(r"^import\b", text, re.MULTILINE)


def test_the_front_end_is_small():
    assert len(front().encode()) < 54_000


def test_one_call_shows_the_three_forms_as_steps(sample):
    one = author(sample, autosave=False)
    nodes = one.screen.nodes()
    assert [nodes[child]["name"] for child in nodes["/"]["children"]] == ["Manifest", "Configuration", "Submit"]
    assert (one.plan, one.sent, one.configuration) == (None, None, {})


def test_a_public_name_is_no_module():
    """A module of that name would take its place as soon as something imports it."""
    folder = Path(jobtype_toolkit.forms.__file__).parent
    assert not set(jobtype_toolkit.forms.__all__) & {path.stem for path in folder.glob("*.py")}


def test_an_author_starts_from_a_type_of_the_target(sample):
    row = sample.job_types(is_active=True, is_system=False).iloc[0]
    one = author(sample, (row["name"], row["version"]), autosave=False)
    found = sample.job_type(row["name"], row["version"])
    assert (one.manifest, one.configuration) == (found.manifest, found.configuration)


def test_the_three_forms_can_stand_apart(sample):
    one = form()
    three = SubmitForm(one, ConfigurationForm(one, autosave=False), sample)
    assert (three.plan, three.sent) == (None, None)


def test_the_forms_load_when_they_are_used():
    program = "import sys, jobtype_toolkit.forms; sys.exit('ipywidgets' in sys.modules or 'pandas' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
    assert jt.__version__


def test_next_on_an_invalid_manifest_goes_to_its_first_error(sample, monkeypatch):
    one = author(sample, autosave=False)
    sent = messages(one, monkeypatch)
    ask(one, "hello")
    ask(one, "next", "manifest:/")
    first = [found for found in one.state.manifest.findings if found.severity == "error"]
    assert sent[-1]["focus"] == "manifest:" + one.state.manifest.place(first[0])
    assert sent[-1]["say"].startswith(
        f"The manifest has {len(first)} errors, the first of which is here. Press Next again"
    )
    ask(one, "next", "manifest:/")
    assert sent[-1]["focus"] == "configuration:/"
