"""How fast forms and the status board are: `python -m tests.bench.forms [ROUNDS]`, medians in Chromium through the harness, without Jupyter."""

from __future__ import annotations

import json
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from browser.acting import box, field, press, section
from browser.harness import show
from browser.needs import CHROMIUM, FLAGS, expect
from viewing import complete

import jobtype_toolkit as jt
from jobtype_toolkit.boards.status import StatusState
from jobtype_toolkit.forms.manifest import ManifestState

IMPORT = "import time, ipywidgets; at = time.perf_counter(); import jobtype_toolkit.forms.skins; print(time.perf_counter() - at)"
CLOCK = """() => {
  const take = window.fromKernel;
  let began = 0;
  window.buttonNamed = (name) =>
    [...document.querySelectorAll("button")].find((one) => (one.getAttribute("aria-label") ?? one.textContent) === name);
  window.painted = (act) => new Promise((done) => {
    window.fromKernel = (message) => {
      take(message);
      window.fromKernel = take;
      requestAnimationFrame(() => {
        const channel = new MessageChannel();
        channel.port1.onmessage = () => done(performance.now() - began);
        channel.port2.postMessage(null);
      });
    };
    began = performance.now();
    act();
  });
  window.addEventListener("keydown", (event) => { began = event.timeStamp; }, true);
}"""
"""The page's clock: how many milliseconds pass from an act or a key to the frame that shows the first answer. A driver's
search for a button among the 20,000 elements of such a page takes longer than that, and is no part of it."""


def with_inputs(count: int) -> dict[str, Any]:
    """Return a manifest with so many file inputs."""
    document = complete()
    files = [{"name": f"INPUT_{n}", "mediaTypes": ["image/tiff"]} for n in range(count)]
    document["job"]["interface"]["inputs"] = {"files": files}
    return document


def timed(act: Callable[[], Any]) -> float:
    """Return how many milliseconds an act takes until the page shows what came of it."""
    before = time.perf_counter()
    act()
    return 1000 * (time.perf_counter() - before)


def measured(browser: Any) -> dict[str, float]:
    """Measure everything once."""
    page = browser.new_page()
    found = {"complete example painted": timed(lambda: show(page, ManifestState(complete())))}
    page.close()
    page = browser.new_page()
    found["100 inputs painted"] = timed(lambda: show(page, ManifestState(with_inputs(100))))
    page.evaluate(CLOCK)
    section(page, "Inputs")
    press(page, "Expand all")
    for act, button, rows in (
        ("add", "Add file input", 101),
        ("undo", "Undo", 100),
        ("remove", "Remove File input 50", 99),
    ):
        page.evaluate("name => buttonNamed(name).scrollIntoView()", button)
        page.wait_for_timeout(300)
        found[f"{act} with 100 inputs"] = page.evaluate("name => painted(() => buttonNamed(name).click())", button)
        expect(page.locator(".jtk-row")).to_have_count(rows)
    section(page, "Job")
    box(page, "Timeout").focus()
    page.evaluate("() => { window.typed = painted(() => undefined); }")
    page.keyboard.press("h")
    found["key to finding with 100 inputs"] = page.evaluate("window.typed")
    expect(field(page, "Timeout").locator(".jtk-finding")).to_be_visible()
    page.close()
    found["board of the sample refreshed"] = refreshed(browser.new_page())
    told = subprocess.run([sys.executable, "-c", IMPORT], capture_output=True, text=True, check=True).stdout
    found["import beyond ipywidgets"] = 1000 * float(re.findall(r"[\d.]+", told)[-1])
    return found


def refreshed(page: Any) -> float:
    """Return how many milliseconds pass from the click to a board that shows new answers; the page is closed."""
    work: list[Callable[[], None]] = []
    state = StatusState(jt.sample(), start=work.append, clock=time.monotonic)
    work.pop()()
    show(page, state)
    page.evaluate(CLOCK)
    told = page.evaluate("name => painted(() => buttonNamed(name).click())", "Refresh now")
    asked = timed(work.pop())
    shown = page.evaluate("message => painted(() => fromKernel(message))", json.dumps(state.changes()))
    page.close()
    return told + asked + shown


def main() -> None:
    """Print the medians."""
    from playwright.sync_api import sync_playwright

    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        runs = [measured(browser) for _ in range(rounds)]
        browser.close()
    for name in runs[0]:
        print(f"{name:34} {statistics.median(run[name] for run in runs):7.0f} ms")


if __name__ == "__main__":
    main()
