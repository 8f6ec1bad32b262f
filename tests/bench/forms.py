"""How fast the forms are: `python -m tests.bench.forms [ROUNDS]`, medians in Chromium through the harness, without Jupyter."""

from __future__ import annotations

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

from jobtype_toolkit.forms.manifest import ManifestState

IMPORT = "import time, ipywidgets; at = time.perf_counter(); import jobtype_toolkit.forms.skins; print(time.perf_counter() - at)"


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
    show(page, ManifestState(with_inputs(100)))
    section(page, "Inputs")
    rows = page.locator(".jtk-row")

    def unfold() -> None:
        press(page, "Expand all")
        expect(page.locator(".jtk-row.jtk-is-folded")).to_have_count(0)

    def add() -> None:
        press(page, "Add file input")
        expect(rows).to_have_count(101)

    def undo() -> None:
        press(page, "Undo")
        expect(rows).to_have_count(100)

    def remove() -> None:
        page.get_by_role("button", name="Remove File input 50", exact=True).click()
        expect(rows).to_have_count(99)

    found["100 inputs unfolded"] = timed(unfold)
    found["add with 100 inputs"] = timed(add)
    found["undo with 100 inputs"] = timed(undo)
    found["remove with 100 inputs"] = timed(remove)
    section(page, "Job")

    def key() -> None:
        page.keyboard.press("h")
        expect(field(page, "Timeout").locator(".jtk-finding")).to_be_visible()

    box(page, "Timeout").focus()
    found["key to finding with 100 inputs"] = timed(key)
    page.close()
    told = subprocess.run([sys.executable, "-c", IMPORT], capture_output=True, text=True, check=True).stdout
    found["import beyond ipywidgets"] = 1000 * float(re.findall(r"[\d.]+", told)[-1])
    return found


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
