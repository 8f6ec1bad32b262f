"""The forms in real notebooks: JupyterLab, Notebook 7 and Voila, against a v6 server on this machine."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from browser.acting import box, press, section, submit, write_job
from browser.hosts import ROOT, Host, hosting, lines
from browser.needs import expect

from jobtype_toolkit import testing

pytestmark = pytest.mark.browser

HOSTS = ("lab", "notebook", "voila")
NOTEBOOKS = ("lab", "notebook")
HOSTILE = "<img src=x onerror=document.title='gone'>"
LETTERS = "abddxzmy"
CELLS = "() => window.jupyterapp.shell.currentWidget.content.model.cells.length"
RESTART = "async () => { await window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart(); }"


@pytest.fixture(scope="session")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Host]]:
    """Start hosts, each once."""
    running: dict[str, Host] = {}
    with ExitStack() as stack:

        def started(kind: str) -> Host:
            if kind not in running:
                running[kind] = stack.enter_context(hosting(kind, tmp_path_factory.mktemp(kind)))
            return running[kind]

        yield started


@pytest.fixture
def server() -> Iterator[testing.Server]:
    """A v6 server with the bundled sample."""
    with testing.serve() as running:
        yield running


@pytest.fixture
def tab(opened: Callable[..., Any]) -> Any:
    return opened(is_ours=False)


def cell(server: testing.Server, *arguments: str) -> str:
    """Return a cell that shows the author's form."""
    given = ", ".join(["scale", *arguments])
    return lines(
        "import jobtype_toolkit as jt",
        f"scale = jt.connect({server.url!r})",
        f"form = jt.forms.author({given})",
        "form",
    )


def a_type(server: testing.Server) -> tuple[str, str]:
    row = server.store.job_types(is_active=True, is_system=False).iloc[0]
    return str(row["name"]), str(row["version"])


@pytest.mark.parametrize("kind", HOSTS)
def test_an_author_goes_from_an_empty_form_to_a_revision(host, tab, server, kind):
    book = host(kind).write(cell(server), "1 + 1")
    host(kind).open(tab, book)
    write_job(tab)
    submit(tab)
    expect(tab.locator(".jtk").get_by_text("revision 1").first).to_be_visible()
    found = server.store.job_type("despeckle", "1.0.0")
    assert found.manifest["job"]["interface"]["inputs"]["files"][0]["name"] == "IMAGE"


@pytest.mark.parametrize("kind", HOSTS)
def test_an_author_edits_a_type_that_is_there(host, tab, server, kind):
    asked = a_type(server)
    before = server.store.job_type(*asked).revision_num
    host(kind).open(tab, host(kind).write(cell(server, repr(asked))))
    box(tab, "Title").fill(HOSTILE)
    submit(tab)
    expect(tab.locator(".jtk").get_by_text(f"revision {before + 1}").first).to_be_visible()
    assert server.store.job_type(*asked).manifest["job"]["title"] == HOSTILE
    assert tab.locator("img[src=x]").count() == 0
    assert tab.title() != "gone"


@pytest.mark.parametrize("kind", NOTEBOOKS)
def test_letters_change_no_cell_and_ctrl_s_saves(host, tab, server, kind):
    book = host(kind).write(cell(server), "1 + 1", "2 + 2")
    host(kind).open(tab, book)
    expect(box(tab, "Title")).to_be_visible()
    section(tab, "Inputs")
    press(tab, "Add file input")
    expect(box(tab, "Name")).to_be_focused()
    controls = [
        tab.get_by_role("button", name="Check", exact=True),
        tab.get_by_role("tab", selected=True).first,
        tab.locator(".jtk select").first,
        tab.locator(".jtk-row-head").first,
        tab.get_by_role("button", name=re.compile("^Duplicate")).first,
        box(tab, "Name"),
    ]
    for control in controls:
        for letter in LETTERS:
            control.focus()
            tab.keyboard.press(letter)
    assert tab.evaluate(CELLS) == 3
    section(tab, "Job")
    box(tab, "Title").fill("Saved by a key")
    box(tab, "Description").focus()
    expect(tab.locator("[data-jtk-static]").first).to_contain_text("Saved by a key")
    tab.keyboard.press("Control+s")
    tab.wait_for_function("() => !window.jupyterapp.shell.currentWidget.context.model.dirty")
    saved = host(kind).cells(book)
    assert len(saved) == 3
    assert "Saved by a key" in json.dumps([one.get("data", {}).get("text/html") for one in saved[0]["outputs"]])


@pytest.mark.parametrize("kind", NOTEBOOKS)
def test_a_restart_and_a_reload_offer_what_was_typed(host, tab, server, kind):
    book = host(kind).write(cell(server))
    host(kind).open(tab, book)
    box(tab, "Title").fill("Before the restart")
    box(tab, "Timeout").fill("1h")
    expect(tab.locator(".jtk-finding").first).to_be_visible()
    tab.evaluate(RESTART)
    expect(tab.locator(".jtk-banner:visible")).to_contain_text("Run the cell again")
    host(kind).run(tab)
    expect(tab.locator(".jtk").get_by_text("There is an autosave of").first).to_be_visible()
    expect(box(tab, "Title")).to_have_value("")
    press(tab, "Take it")
    expect(box(tab, "Title")).to_have_value("Before the restart")
    expect(box(tab, "Timeout")).to_have_value("1h")
    tab.reload()
    host(kind).run(tab)
    expect(tab.locator(".jtk").get_by_text("There is an autosave of").first).to_be_visible()
    press(tab, "Take it")
    expect(box(tab, "Title")).to_have_value("Before the restart")


def test_voila_keeps_nothing_on_disk_and_says_so(host, tab, server):
    book = host("voila").write(cell(server))
    host("voila").open(tab, book)
    box(tab, "Title").fill("Gone with the page")
    expect(tab.locator(".jtk").get_by_text("Nothing is kept on disk").first).to_be_visible()
    assert not (host("voila").folder / ".jobtype_toolkit").exists()


def test_the_app_shows_board_and_forms(host, tab):
    text = (ROOT / "notebooks" / "app.ipynb").read_text(encoding="utf-8")
    (Path(host("voila").folder) / "app.ipynb").write_text(text, encoding="utf-8")
    host("voila").open(tab, "app.ipynb")
    expect(box(tab, "Title")).to_be_visible()
    expect(tab.locator("[data-jtk]")).to_have_count(3)
