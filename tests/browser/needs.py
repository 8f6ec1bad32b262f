"""What the tests in a real browser need of a machine, and what to say where it is missing."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

try:
    from playwright.sync_api import expect
except ImportError:  # the tests that use it are skipped, and the end of the run says why
    expect = None

__all__ = ["CHROMIUM", "FLAGS", "expect", "missing"]

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
]  # fmt: skip
"""The last one lets no request out of this machine."""
PACKAGES = ("playwright", "axe_playwright_python", "jupyterlab", "notebook", "voila")


def missing() -> str:
    """Return what has to be installed, "" if nothing has."""
    told = [] if CHROMIUM.exists() else ["apt-get install chromium"]
    if not all(find_spec(name) for name in PACKAGES):
        told.append("pip install -e '.[dev,browser]'")
    return f"the tests in a real browser need: {'; '.join(told)}" if told else ""
