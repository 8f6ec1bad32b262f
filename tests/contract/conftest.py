"""The backends that the contract is checked against: a store, a lake, a live client over the local server, and over recordings.

`backend` and `empty_backend` hold the small history of `histories`, or nothing, and are all but the last. `any_backend` is each of
them: tests that need nothing of a certain history take it. Another backend joins by a name in `BACKENDS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import replay
from asking import filled
from histories import NOW

import jobtype_toolkit as jt
from jobtype_toolkit import testing

TOKEN = "0123456789abcdef0123456789abcdef01234567"


def _store(folder: Path, *, is_full: bool) -> jt.Store:
    return filled(folder, source="local") if is_full else jt.open(clock=lambda: NOW)


@contextmanager
def _lake(folder: Path, *, is_full: bool) -> Iterator[jt.Lake]:
    """A lake of Parquet files that a store wrote."""
    with _store(folder, is_full=is_full) as store:
        store.export(folder / "lake", partitioned=True)
    with jt.lake(folder / "lake", clock=lambda: NOW) as lake:
        yield lake


@contextmanager
def _scale(folder: Path, *, is_full: bool) -> Iterator[jt.Scale]:
    """A live client of the local server, which serves the store."""
    with _store(folder, is_full=is_full) as store, testing.serve(store, token=TOKEN, clock=lambda: NOW) as server:
        with jt.connect(server.url, TOKEN, clock=lambda: NOW) as scale:
            yield scale
        assert not server.failures


@contextmanager
def _recordings(folder: Path, *, is_full: bool) -> Iterator[jt.Scale]:
    """A live client of a server that plays recordings of a real Scale 7.2.2 back."""
    if not replay.names():
        pytest.skip(replay.ABSENT)
    transport = testing.Transport(replay.Recorded())
    with jt.connect("http://scale.example/api", transport=transport, clock=lambda: replay.moment("status")) as scale:
        yield scale


BACKENDS = {"store": _store, "lake": _lake, "scale": _scale, "recordings": _recordings}
OF_THE_SMALL_HISTORY = ("store", "lake", "scale")


@pytest.fixture(scope="session")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Any]]:
    """Give a backend with something in each of its lists, by name; it is made once, and nobody writes it."""
    with ExitStack() as stack:
        yield cache(
            lambda name: stack.enter_context(BACKENDS[name](tmp_path_factory.mktemp(f"full-{name}"), is_full=True))
        )


@pytest.fixture(scope="session", params=BACKENDS)
def any_backend(request: pytest.FixtureRequest, full: Callable[[str], Any]) -> Any:
    """Any backend, with something in each of its lists."""
    return full(request.param)


@pytest.fixture(scope="session", params=OF_THE_SMALL_HISTORY)
def backend(request: pytest.FixtureRequest, full: Callable[[str], Any]) -> Any:
    """A backend that holds the small history, at `histories.NOW`."""
    return full(request.param)


@pytest.fixture(scope="session", params=OF_THE_SMALL_HISTORY)
def empty_backend(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A backend without anything in it."""
    with BACKENDS[request.param](tmp_path_factory.mktemp("empty"), is_full=False) as backend:
        yield backend


@pytest.fixture(scope="session")
def both(full: Callable[[str], Any]) -> tuple[jt.Store, jt.Scale]:
    """A store and a live client of the same small history."""
    return full("store"), full("scale")
