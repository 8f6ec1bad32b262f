"""Make the pictures of forms, boards and the report in docs/images, with the real front end in Debian's chromium (`make screenshots`)."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from playwright.sync_api import sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from browser.harness import CHROMIUM, FLAGS, show

import jobtype_toolkit as jt
from jobtype_toolkit.boards.review import ReviewState
from jobtype_toolkit.boards.status import StatusState
from jobtype_toolkit.forms.browser import BrowserState
from jobtype_toolkit.forms.skins import AuthorForm

IMAGES = Path(__file__).resolve().parent / "images"


@contextmanager
def page(width: int, height: int) -> Iterator[Any]:
    """Give a page of the browser."""
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield browser.new_page(viewport={"width": width, "height": height})
        browser.close()


def settled(shown: Any) -> None:
    """Wait until every answer is there: the page counts what it has sent and what was answered."""
    shown.wait_for_timeout(800)


def form(dark: bool = False) -> None:
    """A manifest under way, with a finding."""
    with page(980, 700) as shown:
        show(shown, AuthorForm(jt.sample(), ("elevation-fit", "1.3.0"), autosave=False).screen, dark=dark)
        shown.get_by_role("textbox", name="Timeout").fill("1h")
        shown.get_by_role("textbox", name="Job name").fill("elevation fit")
        settled(shown)
        shown.screenshot(path=IMAGES / f"form{'-dark' if dark else ''}.png")
        shown.get_by_role("textbox", name="Timeout").fill("3600")
        shown.get_by_role("tab", name="Inputs").click()
        shown.get_by_role("button", name="Add file input").click()
        settled(shown)
        shown.keyboard.type("OUTLINE")
        settled(shown)
        shown.screenshot(path=IMAGES / f"rows{'-dark' if dark else ''}.png", full_page=True)


def plan() -> None:
    """A plan before it is sent."""
    with page(980, 900) as shown:
        show(shown, AuthorForm(jt.sample(), ("elevation-fit", "1.3.0"), autosave=False).screen)
        shown.get_by_role("textbox", name="Timeout").fill("7200")
        shown.get_by_role("textbox", name="Package version").fill("1.1.0")
        shown.get_by_role("button", name="Submit", exact=False).click()
        shown.get_by_role("button", name="Preview the changes").click()
        shown.get_by_role("button", name="Send to").wait_for()
        settled(shown)
        shown.screenshot(path=IMAGES / "plan.png", full_page=True)


def board(dark: bool = False) -> None:
    """The status of a cluster."""
    with page(1180, 900) as shown:
        show(shown, StatusState(jt.sample(), every=15, start=lambda work: work()), dark=dark)
        settled(shown)
        shown.screenshot(path=IMAGES / f"board{'-dark' if dark else ''}.png", full_page=True)


def review(dark: bool = False, width: int = 1180) -> None:
    """The failure review of a bad week, with the jobs behind one day."""
    with page(width, 900) as shown:
        state = ReviewState(jt.sample(), since="P7D", now="2026-10-20T00:00:00Z", start=lambda work: work())
        show(shown, state, dark=dark)
        shown.get_by_role("button", name="pan-sharpen").first.click()
        shown.get_by_role("button", name="2026-10-18").first.click()
        settled(shown)
        kind = "-dark" if dark else "" if width > 600 else "-narrow"
        shown.screenshot(path=IMAGES / f"review{kind}.png", full_page=True)


def browser(dark: bool = False) -> None:
    """A job type with the difference between two of its revisions."""
    with page(1180, 900) as shown:
        show(shown, BrowserState(jt.sample()), dark=dark)
        shown.get_by_role("button", name="pan-sharpen 2.1.0").click()
        shown.get_by_role("tab", name="Revisions").click()
        settled(shown)
        shown.screenshot(path=IMAGES / f"browser{'-dark' if dark else ''}.png", full_page=True)


def report(dark: bool = False) -> None:
    """The report of a shift, with a bad node and a job type that is worse than usual."""
    with TemporaryDirectory() as folder, page(900, 1130) as shown:
        file = Path(folder) / "report.html"
        jt.sample().report(file, now="2026-10-12T15:00:00Z")
        shown.emulate_media(color_scheme="dark" if dark else "light")
        shown.goto(file.as_uri())
        shown.screenshot(path=IMAGES / f"report{'-dark' if dark else ''}.png")


def narrow() -> None:
    """The same on a narrow page."""
    review(width=420)


if __name__ == "__main__":
    IMAGES.mkdir(exist_ok=True)
    form()
    form(dark=True)
    plan()
    narrow()
    for is_dark in (False, True):
        board(is_dark)
        review(is_dark)
        browser(is_dark)
        report(is_dark)
