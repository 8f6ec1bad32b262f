"""Asking a server in the tests: a plain client, and stores to serve.

To load the small history costs half a second of CPU, to copy the file of a store nothing.
"""

from __future__ import annotations

import atexit
import json
import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import requests
from histories import NOW, RESOURCES, page

import jobtype_toolkit as jt
from jobtype_toolkit import sample as bundled
from jobtype_toolkit import testing
from jobtype_toolkit.api.times import instant
from jobtype_toolkit.generator import ENDED

WORKSPACES = {"workspace_1": True, "workspace_2": True, "products": True, "old-archive": False}
"""The workspaces of the recorded server, as its answers tell."""


def filled(folder: Path, store: jt.Store | None = None, *, source: str = "scale", **resources: Any) -> jt.Store:
    """Load bodies by resource into a store, by default the small history into a new one in the folder."""
    if store is None and not resources:
        return jt.open(small_file(folder, source), clock=lambda: NOW, wait=600)
    store = store or jt.open(clock=lambda: NOW)
    for resource, records in (resources or RESOURCES).items():
        path = folder / f"{resource}.json"
        path.write_text(json.dumps(page(records)), encoding="utf-8")
        report = store.load(path, resource, source=source)
        assert resources or report.new == len(records)
    return store


def small_file(folder: Path, source: str) -> Path:
    """Copy the file of a store with the small history into a folder."""
    return Path(shutil.copy(_small_file(source), folder / "small.duckdb"))


def sample(folder: Path, to: str | Path | None = None) -> jt.Store:
    """Return a store of its own with the bundled sample, in the file that is named or one below a folder."""
    file = shutil.copy(_sample_file(), to) if to else sample_file(folder)
    return jt.open(file, clock=lambda: instant(ENDED), wait=600)


def sample_file(folder: Path) -> Path:
    """Copy the file of a store with the bundled sample into a new folder below one."""
    return Path(shutil.copy(_sample_file(), Path(tempfile.mkdtemp(dir=folder)) / "sample.duckdb"))


@cache
def shared_sample() -> jt.Store:
    """Return the bundled sample, loaded once in a process; nobody writes it."""
    return bundled()


@cache
def _sample_file() -> Path:
    return shared_sample().publish(_folder() / "sample.duckdb")


def copy_rows(file: Path, store: jt.Store) -> None:
    """Copy all rows of a file into an empty store in memory, a fifth of the cost of a pull."""
    with store._writing("copy") as con:
        con.execute(f"ATTACH '{file}' AS file (READ_ONLY)")
        tables = con.execute(
            "SELECT table_name FROM duckdb_tables() WHERE database_name = 'file' AND estimated_size > 0"
        ).fetchall()
        con.execute("DELETE FROM meta;" + "".join(f"INSERT INTO {name} FROM file.{name};" for (name,) in tables))
        con.execute("DETACH file")


def _folder() -> Path:
    """Return a folder for as long as the process runs."""
    folder = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@cache
def _small_file(source: str) -> Path:
    """Make that file once."""
    folder = _folder()
    with jt.open(folder / "small.duckdb", clock=lambda: NOW) as store:
        filled(folder, store, source=source)
    return folder / "small.duckdb"


class Client:
    """A plain client: it follows nothing, keeps no cookie and repeats nothing."""

    def __init__(self, server: testing.Server, token: str | None = None) -> None:
        self.url = server.url
        self.headers = {"Authorization": f"Token {token}"} if token else {}

    def __call__(self, method: str, path: str, **more: Any) -> requests.Response:
        headers = {**self.headers, **more.pop("headers", {})}
        return requests.request(
            method, f"{self.url}{path}", headers=headers, timeout=600, allow_redirects=False, **more
        )

    def get(self, path: str, **params: Any) -> requests.Response:
        return self("GET", path, params=params)
