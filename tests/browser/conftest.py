"""What the tests in a real browser share: one browser per process, and a page per test that fails for what its console says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from browser.needs import CHROMIUM, FLAGS, missing

import jobtype_toolkit as jt

PATIENCE = 120_000
"""Milliseconds after which a state that does not come is a fault, on a machine ten times slower too."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip the tests in a browser where something is missing; the end of the run says what."""
    reason = missing()
    for item in items if reason else ():
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """The browser."""
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS, timeout=PATIENCE)
        yield browser
        browser.close()


@pytest.fixture
def opened(chromium: Any) -> Iterator[Callable[..., Any]]:
    """Open pages of the browser; the test fails for what their consoles complain about, and for what they ask of others."""
    contexts: list[Any] = []
    complaints: list[str] = []

    def asked(request: Any) -> None:
        if not request.url.startswith(("http://127.0.0.1", "ws://127.0.0.1", "data:", "blob:", "about:")):
            complaints.append(f"it asked for {request.url}")

    def page(*, is_ours: bool = True, **more: Any) -> Any:
        context = chromium.new_context(**{"viewport": {"width": 1100, "height": 900}, **more})
        contexts.append(context)
        made = context.new_page()
        made.set_default_timeout(PATIENCE)
        made.on("request", asked)
        if is_ours:  # hosts have complaints of their own
            made.on("pageerror", lambda error: complaints.append(str(error)))
            made.on("console", lambda told: complaints.append(told.text) if told.type == "error" else None)
        return made

    yield page
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def tab(opened: Callable[..., Any]) -> Any:
    """One page of the browser."""
    return opened()


@pytest.fixture
def sample() -> jt.Store:
    """The bundled sample in memory, for this test to write to."""
    return jt.sample()
