"""The failure review in Chromium: what a person sees, clicks and types."""

from __future__ import annotations

from typing import Any

import pytest
from browser.harness import push, show
from browser.needs import expect

import jobtype_toolkit as jt
from jobtype_toolkit.boards.review import ReviewState

pytestmark = pytest.mark.browser

END = "2026-10-20T06:00:00Z"
HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def week() -> ReviewState:
    """The review of a bad week of the sample."""
    return ReviewState(jt.sample(), now=END, start=lambda work: work())


@pytest.fixture
def review(tab: Any, week: ReviewState) -> Any:
    """A page that shows it, with nothing chosen."""
    week.receive({"do": "edit", "of": "+type", "value": ""})
    show(tab, week)
    return tab


def choose(tab: Any, name: str) -> None:
    tab.get_by_role("row").get_by_role("button", name=name, exact=True).first.click()


def test_a_click_on_a_type_and_a_bar_leads_to_its_jobs(review, week):
    assert "more than usual, pan-sharpen above all" in review.locator("[data-state=verdict]").inner_text()
    choose(review, "pan-sharpen")
    expect(review.get_by_role("heading", name="Trend: pan-sharpen")).to_be_visible()
    bar = review.get_by_role("button", name="2026-10-18:").first
    told = bar.get_attribute("aria-label")
    bar.click()
    jobs = review.get_by_role("region", name="pan-sharpen, 2026-10-18")
    expect(jobs).to_be_focused()
    expect(jobs.locator("tbody tr")).to_have_count(len(week.selection))
    failed = (week.selection["status"] == "FAILED").sum()
    assert told.startswith(f"2026-10-18: {failed} of {len(week.selection)} failed")
    expect(bar).to_have_attribute("aria-pressed", "true")
    jobs.get_by_role("button", name="Close").click()
    expect(jobs).to_have_count(0)


def test_the_trend_is_walked_and_opened_by_keyboard(review, week):
    review.get_by_label("Job type").first.focus()
    bars = review.locator(".jtk-bucket")
    expect(bars).to_have_count(8)
    assert [bars.nth(at).get_attribute("tabindex") for at in range(8)] == ["-1"] * 7 + ["0"]
    bars.last.focus()
    for key in ("ArrowLeft", "ArrowLeft", "Home", "ArrowRight"):
        review.keyboard.press(key)
    expect(bars.nth(1)).to_be_focused()
    review.keyboard.press("Enter")
    expect(review.get_by_role("region", name="All job types, 2026-10-14")).to_be_focused()
    assert week.selection.attrs["count"] == week.nodes()["+trend"]["rows"][1]["finished"]


def test_the_same_stands_in_a_table_for_readers_who_do_not_see_the_bars(review, week):
    review.get_by_text("The same as a table").click()
    rows = review.locator(".jtk-behind tbody tr")
    for at, bar in enumerate(week.nodes()["+trend"]["rows"]):
        assert rows.nth(at).inner_text().split("\t") == bar["cells"]


def test_partial_days_and_failures_are_told_without_colour(review):
    bars = review.locator(".jtk-bucket")
    assert [bars.nth(at).get_attribute("data-partial") is not None for at in range(8)] == [True, *[False] * 6, True]
    assert "(partial)" in bars.first.get_attribute("aria-label")
    stripes = review.locator(".jtk-stripes path").get_attribute("d").count("M")
    assert stripes > 0


def test_the_ids_can_be_copied(review, week, tab):
    tab.context.grant_permissions(["clipboard-read", "clipboard-write"])
    choose(review, "tile-press")
    review.locator(".jtk-bucket").nth(2).click()
    review.get_by_role("button", name="Copy the ids").click()
    expect(review.get_by_role("status")).to_have_text("Copied.")
    told = week.nodes()["+copy"]["argument"]
    assert told.split(", ") == [str(id) for id in week.selection["id"]]


def test_a_hostile_name_stays_text_and_a_failed_refresh_keeps_the_picture(tab, store, write):
    head = "id,job_type,job_type_version,status,error_name,node,last_status_change\n"
    store.load(write("jobs.csv", head + f"1,{HOSTILE},1,FAILED,{HOSTILE},{HOSTILE},2026-02-28T10:00:00Z\n"))
    state = ReviewState(store, start=lambda work: work())
    show(tab, state)
    choose(tab, HOSTILE)
    expect(tab.get_by_role("heading", name=f"Trend: {HOSTILE}")).to_be_visible()
    assert tab.locator("img").count() == 0
    state._store = None
    tab.get_by_role("button", name="Refresh now").click()
    push(tab, state)
    expect(tab.get_by_text("The refresh failed")).to_be_visible()
    expect(tab.locator(".jtk-bucket")).to_have_count(8)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_nothing(tab, week, dark):
    from axe_playwright_python.sync_playwright import Axe

    week.receive({"do": "edit", "of": "+type", "value": ""})
    show(tab, week, dark=dark)
    tab.locator(".jtk-bucket").nth(2).click()
    tab.get_by_text("The same as a table").click()
    tab.get_by_role("button", name="Copy the ids").wait_for()
    found = Axe().run(tab, options={"rules": {"page-has-heading-one": {"enabled": False}}}).response["violations"]
    assert {one["id"]: [node["html"][:160] for node in one["nodes"]][:3] for one in found} == {}


def test_a_narrow_page_needs_no_scrolling_sideways(opened, week):
    tab = opened(viewport={"width": 420, "height": 800})
    show(tab, week)
    assert tab.evaluate("document.documentElement.scrollWidth") <= 420
