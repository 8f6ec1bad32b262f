"""The status board and the browser of job types in Chromium: what a person sees, clicks and types."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from browser.harness import push, show, stop_clock
from browser.needs import expect
from histories import job_type, page

import jobtype_toolkit as jt
from jobtype_toolkit.boards.status import StatusState
from jobtype_toolkit.forms.browser import BrowserState

pytestmark = pytest.mark.browser


@pytest.fixture
def shown(chromium: Any) -> Iterator[Any]:
    """A page whose clock goes on when the test says so; it fails for what its console complains about."""
    page = chromium.new_page(viewport={"width": 1180, "height": 900})
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda told: complaints.append(told.text) if told.type == "error" else None)
    stop_clock(page)
    yield page
    page.close()
    assert complaints == []


class Board:
    """A board in a page; the work beside it is done when the test wants it."""

    def __init__(self, shown: Any, target: Any, **given: Any) -> None:
        self.shown = shown
        self.work: list[Callable[[], None]] = []
        self.acts: list[str] = []
        self.seconds = 0.0
        self.state = StatusState(target, start=self.work.append, clock=lambda: self.seconds, **given)
        self.finish_quietly()
        receive = self.state.receive
        self.state.receive = lambda message: (self.acts.append(message["do"]), receive(message))[1]
        show(shown, self.state)

    def finish_quietly(self) -> None:
        while self.work:
            self.work.pop(0)()

    def finish(self) -> None:
        """Do the work, and send the page what came of it."""
        self.finish_quietly()
        push(self.shown, self.state)

    def pass_seconds(self, seconds: int) -> None:
        """Let time pass for page and kernel; a page answers between two seconds only."""
        for _ in range(seconds):
            self.seconds += 1
            self.shown.clock.run_for(1000)


@pytest.fixture(scope="module")
def sample() -> jt.Store:
    return jt.sample()


def tile(shown: Any, label: str) -> Any:
    return shown.locator(".jtk-tile", has=shown.get_by_text(label, exact=True)).locator(".jtk-tile-value")


# The board.


def test_the_figures_and_their_age_are_shown(shown, sample):
    board = Board(shown, sample)
    expect(tile(shown, "Running")).to_have_text(str(sample.running()["count"].sum()))
    expect(shown.get_by_text("Read 0 s ago.")).to_be_visible()
    board.pass_seconds(300)
    expect(shown.get_by_text("Read 5 min ago.")).to_be_visible()
    assert board.acts == ["hello"]


def test_a_board_refreshes_on_demand_and_says_that_it_does(shown, sample):
    board = Board(shown, sample)
    board.pass_seconds(30)
    shown.get_by_role("button", name="Refresh now").click()
    expect(shown.get_by_text("Refreshing …")).to_be_visible()
    board.finish()
    expect(shown.get_by_text("Refreshing …")).to_have_count(0)
    expect(shown.get_by_text("Read 0 s ago.")).to_be_visible()


def test_another_range_gives_other_figures(shown, sample):
    board = Board(shown, sample)
    shown.get_by_role("button", name="30 days").click()
    board.finish()
    failed = sample.status(started="P30D").query("status == 'FAILED'")["count"].sum()
    expect(tile(shown, "Failed")).to_have_text(f"{failed:,}")
    expect(shown.get_by_role("button", name="30 days")).to_have_attribute("aria-pressed", "true")
    expect(shown.get_by_role("button", name="1 day")).to_have_attribute("aria-pressed", "false")


def test_a_page_asks_by_itself_after_the_last_answer_and_only_while_it_is_looked_at(shown, sample):
    board = Board(shown, sample, every=5)
    board.pass_seconds(12)
    asked = board.acts.count("tick")
    assert asked > 0
    assert len(board.work) == 1  # looks after the refresh that is under way, and begins none beside it
    board.finish()
    shown.evaluate("Object.defineProperty(document, 'hidden', { get: () => true, configurable: true })")
    before = len(board.acts)
    board.pass_seconds(20)
    assert len(board.acts) == before
    shown.evaluate("Object.defineProperty(document, 'hidden', { get: () => false, configurable: true })")
    board.pass_seconds(2)
    assert board.acts[before:] == ["tick"]
    board.finish()
    shown.get_by_role("button", name="Pause refresh").click()
    before = len(board.acts)
    board.pass_seconds(20)
    assert len(board.acts) == before


def test_nothing_is_asked_by_a_page_that_was_taken_away(shown, sample):
    board = Board(shown, sample, every=5)
    shown.evaluate("window.views.forEach((cleanup) => cleanup())")
    board.pass_seconds(20)
    assert board.acts == ["hello"]


def test_a_board_whose_kernel_ends_says_so_and_asks_nothing_more(shown, sample):
    board = Board(shown, sample, every=5)
    shown.evaluate("window.kernelGone()")
    expect(shown.get_by_text("this board stays as it is")).to_be_visible()
    board.pass_seconds(20)
    assert board.acts == ["hello"]
    expect(tile(shown, "Running")).to_be_visible()


def test_a_failed_refresh_keeps_the_figures(shown, sample):
    class Failing:
        def __getattr__(self, name: str) -> Any:
            return getattr(sample, name)

        is_down = False

        def status(self, **given: Any) -> Any:
            if self.is_down:
                raise jt.ConnectionFailed("<b>Nobody</b> answers.")
            return sample.status(**given)

    target = Failing()
    board = Board(shown, target)
    before = tile(shown, "Failed").text_content()
    target.is_down = True
    shown.get_by_role("button", name="Refresh now").click()
    board.finish()
    expect(shown.get_by_text("The refresh failed: <b>Nobody</b> answers.")).to_be_visible()
    expect(tile(shown, "Failed")).to_have_text(before)


def test_a_type_shows_its_jobs_by_keyboard_alone(shown, sample):
    board = Board(shown, sample)
    first = shown.get_by_role("button", name="pan-sharpen 2.1.0").first
    for _ in range(40):
        shown.keyboard.press("Tab")
        if first.evaluate("element => element === document.activeElement"):
            break
    shown.keyboard.press("Enter")
    board.finish()
    region = shown.get_by_role("region", name="pan-sharpen 2.1.0")
    expect(region).to_be_focused()
    ids = list(board.state.selection["id"])
    expect(region.get_by_role("table").last.locator("tbody tr")).to_have_count(len(ids))
    shown.keyboard.press("Tab")
    expect(region.get_by_role("button", name="Changed in range")).to_be_focused()
    while not region.get_by_role("button", name="Close").evaluate("element => element === document.activeElement"):
        shown.keyboard.press("Tab")
    shown.keyboard.press("Enter")
    expect(region).to_have_count(0)
    assert board.state.selection is None


def test_the_filter_keeps_its_focus_and_text_while_figures_arrive(shown, sample):
    board = Board(shown, sample)
    field = shown.get_by_role("searchbox", name="Filter job types")
    field.click()
    shown.keyboard.type("pan")
    board.state.refresh()
    board.finish()
    shown.keyboard.type("-sharpen 2.1")
    expect(field).to_have_value("pan-sharpen 2.1")
    expect(field).to_be_focused()
    table = shown.get_by_role("region", name="Status by job type").get_by_role("table")
    expect(table.locator("tbody tr")).to_have_count(1)


def test_letters_do_not_reach_the_notebook(shown, sample):
    Board(shown, sample)
    shown.evaluate("window.heard = []; document.addEventListener('keydown', (event) => window.heard.push(event.key))")
    shown.get_by_role("button", name="pan-sharpen 2.1.0").first.focus()
    for key in "abdxzm":
        shown.keyboard.press(key)
    shown.keyboard.press("Control+s")
    assert set(shown.evaluate("window.heard")) <= {"Control", "s"}


def test_a_hostile_title_is_text(shown, tmp_path):
    hostile = "<img src=x onerror=\"document.title='taken'\">"
    path = tmp_path / "types.json"
    path.write_text(json.dumps(page([job_type(1, "fit", "1.0", title=hostile)])), encoding="utf-8")
    store = jt.open()
    store.load(path, "job_types")
    show(shown, BrowserState(store))
    expect(shown.get_by_role("cell", name=hostile)).to_be_visible()
    assert shown.title() == "jobtype_toolkit"


# The browser of job types.


@pytest.fixture(scope="module")
def many(tmp_path_factory) -> jt.Store:
    """A store with 10,000 job types."""
    path = tmp_path_factory.mktemp("many") / "types.json"
    path.write_text(
        json.dumps(page([job_type(n, f"type-{n:05}", "1.0.0") for n in range(1, 10_001)])), encoding="utf-8"
    )
    store = jt.open()
    store.load(path, "job_types", progress=False)
    return store


def test_ten_thousand_job_types_are_searched_a_hundred_rows_at_a_time(shown, many):
    show(shown, BrowserState(many))
    rows = shown.get_by_role("region", name="Job types", exact=True).locator("tbody tr")
    expect(rows).to_have_count(100)
    expect(shown.get_by_text("100 of 10,000; type to narrow, or show more")).to_be_visible()
    shown.get_by_role("button", name="Show 100 more").click()
    expect(rows).to_have_count(200)
    field = shown.get_by_role("searchbox", name="Search")
    field.click()
    shown.keyboard.type("09999")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("type-09999 1.0.0")
    expect(field).to_have_value("09999")


def test_a_change_needs_a_second_click_and_is_sent_once(shown):
    store = jt.sample()
    state = BrowserState(store)
    show(shown, state)
    shown.get_by_role("button", name="pan-sharpen 2.1.0").click()
    expect(shown.get_by_role("region", name="pan-sharpen 2.1.0")).to_be_focused()
    shown.get_by_role("button", name="Pause …").click()
    dialog = shown.get_by_role("dialog", name="Pause pan-sharpen 2.1.0")
    expect(dialog).to_be_focused()
    assert store.job_type("pan-sharpen", "2.1.0").is_paused is False
    shown.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    assert store.job_type("pan-sharpen", "2.1.0").is_paused is False
    shown.get_by_role("button", name="Pause …").click()
    dialog.get_by_role("button", name="Send to").dblclick()
    expect(dialog.get_by_text("Sent: edited.")).to_be_visible()
    assert store.job_type("pan-sharpen", "2.1.0").is_paused is True
    row = shown.get_by_role("row", name="pan-sharpen 2.1.0 paused")
    expect(row).to_have_attribute("aria-selected", "true")


def test_revisions_are_compared_and_restored(shown):
    store = jt.sample()
    show(shown, BrowserState(store))
    shown.get_by_role("button", name="pan-sharpen 2.1.0").click()
    shown.get_by_role("tab", name="Revisions").click()
    shown.get_by_role("combobox", name="Compare").select_option("1")
    first, last = (store.revision("pan-sharpen", "2.1.0", number).manifest for number in (1, 3))
    changes = shown.locator(".jtk-diff tbody tr")
    expect(changes).to_have_count(len(last.diff(first)))
    shown.get_by_role("button", name="Restore revision 1 …").click()
    shown.get_by_role("button", name="Send to").click()
    expect(shown.get_by_text("Sent: edited.")).to_be_visible()
    assert store.job_type("pan-sharpen", "2.1.0").revision_num == 4


@pytest.mark.parametrize("width", [420, 1180])
@pytest.mark.parametrize("kind", ["board", "browser"])
def test_nothing_is_wider_than_the_page(shown, sample, kind, width):
    shown.set_viewport_size({"width": width, "height": 900})
    if kind == "board":
        board = Board(shown, sample)
        shown.get_by_role("button", name="pan-sharpen 2.1.0").first.click()
        board.finish()
    else:
        show(shown, BrowserState(sample))
        shown.get_by_role("button", name="pan-sharpen 2.1.0").click()
        for tab in ("Overview", "Revisions", "Manifest"):
            shown.get_by_role("tab", name=tab).click()
    wide = shown.evaluate(
        "[...document.querySelectorAll('.jtk *')].filter((one) => !one.closest('.jtk-scroll, pre') && one.getBoundingClientRect().right"
        " > document.documentElement.clientWidth).map((one) => one.className)"
    )
    assert wide == []
