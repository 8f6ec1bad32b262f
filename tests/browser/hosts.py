"""JupyterLab, Notebook 7 and Voila on this machine, each with a home of its own, and notebooks shown there."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

ROOT = Path(__file__).resolve().parents[2]
TOKEN = "a-token-of-the-tests"
PATIENCE = 300
"""Seconds that a host may take to start."""
_QUIET = ["--LabApp.extension_manager=readonly", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate", "--LabApp.news_url=None"]  # fmt: skip
_SERVER = ["--no-browser", "--allow-root", f"--IdentityProvider.token={TOKEN}", "--ServerApp.open_browser=False"]
COMMANDS = {
    "lab": ["jupyterlab", "--LabApp.expose_app_in_browser=True", *_QUIET, *_SERVER],
    "notebook": ["notebook", "--JupyterNotebookApp.expose_app_in_browser=True", *_QUIET, *_SERVER],
    "voila": ["voila", "--no-browser", "--template=offline", "--Voila.tornado_settings={'allow_origin': '*'}"],
}
PAGES = {"lab": "lab/tree/{}", "notebook": "notebooks/{}", "voila": "voila/render/{}"}
_RUN_ALL = """
async () => {
  const app = window.jupyterapp;
  await app.restored;
  const panel = app.shell.currentWidget;
  await panel.context.ready;
  await panel.sessionContext.ready;
  await panel.sessionContext.session.kernel.info;
  await app.commands.execute("notebook:run-all-cells");
}
"""


class Host:
    """A running host and its folder of notebooks."""

    def __init__(self, kind: str, url: str, folder: Path) -> None:
        self.kind, self.url, self.folder = kind, url, folder
        self._count = 0

    def write(self, *cells: str) -> str:
        """Write a notebook of code cells into the folder, and return its name."""
        self._count += 1
        name = f"book{self._count}.ipynb"
        made = [
            {"cell_type": "code", "id": f"cell-{at}", "metadata": {}, "execution_count": None, "outputs": [], "source": text}
            for at, text in enumerate(cells)
        ]  # fmt: skip
        kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
        book = {"cells": made, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
        (self.folder / name).write_text(json.dumps(book), encoding="utf-8")
        return name

    def cells(self, name: str) -> list[dict[str, Any]]:
        """Return the cells of a notebook as they are saved."""
        found: list[dict[str, Any]] = json.loads((self.folder / name).read_text(encoding="utf-8"))["cells"]
        return found

    def open(self, tab: Any, name: str) -> None:
        """Show a notebook in a page and run its cells."""
        tab.on("dialog", lambda dialog: dialog.accept())
        tab.goto(f"{self.url}/{PAGES[self.kind].format(name)}?token={TOKEN}")
        if self.kind != "voila":  # JupyterLab restores the notebooks of other tests beside it
            tab.wait_for_function(f"window.jupyterapp?.shell?.currentWidget?.context?.path === {json.dumps(name)}")
        self.run(tab)

    def run(self, tab: Any) -> None:
        """Run all cells of the notebook that is shown; Voila has done so by itself."""
        if self.kind != "voila":
            tab.wait_for_function("window.jupyterapp?.shell?.currentWidget?.sessionContext")
            tab.evaluate(_RUN_ALL)


@contextmanager
def hosting(kind: str, folder: Path) -> Iterator[Host]:
    """Run a host until the end of the `with`."""
    books = folder / "books"
    books.mkdir()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", *COMMANDS[kind], f"--port={port}"]
    command += [str(books)] if kind == "voila" else [f"--ServerApp.root_dir={books}"]
    homes = {
        name: str(folder / name.lower())
        for name in ("HOME", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")
    }
    for home in homes.values():
        Path(home).mkdir()
    config = Path(homes["JUPYTER_CONFIG_DIR"]) / "labconfig" / "page_config.json"
    config.parent.mkdir()
    config.write_text(json.dumps({"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}}))
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("JUPYTER", "JPY", "COV"))}
    environment |= homes | {"JUPYTER_PATH": str(ROOT / "notebooks" / "app"), "PYTHONPATH": str(ROOT)}
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=books)
    try:
        url = f"http://127.0.0.1:{port}"
        _wait(url, process, folder / "log")
        yield Host(kind, url, books)
    finally:
        process.terminate()
        try:
            process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and process.poll() is None:
        try:
            if requests.get(f"{url}/?token={TOKEN}", timeout=30).status_code < 500:
                return
        except requests.ConnectionError:
            time.sleep(0.2)
    raise AssertionError(log.read_text(encoding="utf-8")[-4000:])


def lines(*given: Sequence[str] | str) -> str:
    """Return a cell of these lines."""
    return "\n".join(str(one) for one in given)
