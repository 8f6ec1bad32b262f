"""What the tests of pulls share: a simulated server with a small history, and a store to pull into.

Most of a first pull goes into job types, revisions and errors. So the store has those already, as after a pull that stopped at
the jobs; a test that is marked `usefixtures("pulled")` begins after a whole pull instead, one marked `"empty"` before any.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from asking import copy_rows
from histories import NOW
from simulated import Simulated, scale_of

import jobtype_toolkit as jt


def _served() -> Simulated:
    made = Simulated(NOW)
    for number in range(59):
        made.add("COMPLETED" if number % 3 else "FAILED", NOW - timedelta(minutes=10 * (60 - number)))
    made.add("RUNNING", NOW - timedelta(minutes=1))
    return made


@pytest.fixture
def server() -> Simulated:
    """A server with 60 jobs, one each ten minutes: each third FAILED, all else COMPLETED; the newest is RUNNING."""
    return _served()


def _no_jobs(path: str) -> None:
    if path == "jobs/":
        raise BrokenPipeError


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Make the files of stores to begin with, by what they hold."""
    folder = tmp_path_factory.mktemp("pulled")
    for name, trouble in {"types": _no_jobs, "pulled": lambda path: None}.items():
        server = _served()
        server.trouble = trouble
        with jt.open(folder / f"{name}.duckdb", clock=lambda: NOW) as store, suppress(jt.PullStopped):
            store.pull(scale_of(server), source="it", page_size=10, progress=False, snapshot=False)
    return {one.stem: one for one in folder.glob("*.duckdb")}


@pytest.fixture
def store(request: pytest.FixtureRequest, clock: Callable[[], datetime], files: dict[str, Path]) -> jt.Store:
    """A store in memory that has job types, revisions and errors of the server, and no job."""
    made = jt.open(clock=clock)
    if "empty" not in request.fixturenames:
        copy_rows(files["pulled" if "pulled" in request.fixturenames else "types"], made)
    return made


@pytest.fixture
def pulled(store: jt.Store) -> jt.Store:
    """The store after a pull of the whole server."""
    return store


@pytest.fixture
def empty(store: jt.Store) -> jt.Store:
    """The store before any pull."""
    return store


@pytest.fixture
def copied(clock: Callable[[], datetime]) -> Callable[[Path], jt.Store]:
    """Make stores in memory that hold what a file holds."""

    def of(file: Path) -> jt.Store:
        made = jt.open(clock=clock)
        copy_rows(file, made)
        return made

    return of


@pytest.fixture
def pull(server: Simulated, store: jt.Store) -> Callable[..., jt.PullReport]:
    """Pull from the server into the store, ten jobs a page, without a bar."""

    def once(**given: Any) -> jt.PullReport:
        into = given.pop("store", store)
        scale = given.pop("scale", None) or scale_of(server)
        return into.pull(scale, **{"source": "it", "page_size": 10, "progress": False, "snapshot": False, **given})

    return once
