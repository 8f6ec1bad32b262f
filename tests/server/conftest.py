"""What the tests of the server share: recorded exchanges, and a server in this process."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from asking import Client, filled
from recorded import ABSENT

import jobtype_toolkit as jt
from jobtype_toolkit import testing


@pytest.fixture(scope="session")
def exchange(shared: Path) -> Callable[[str], Any]:
    """Give a recorded exchange by the name of its file."""

    def read(name: str) -> Any:
        path = shared / "recordings" / f"{name}.json"
        if not path.exists():
            pytest.skip(ABSENT)
        return json.loads(path.read_text(encoding="utf-8"))

    return read


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> jt.Store:
    """A store with the small history of `histories`; nobody writes it."""
    return filled(tmp_path_factory.mktemp("small"))


@pytest.fixture
def serving() -> Iterator[Callable[..., testing.Server]]:
    """Start servers that end with the test."""
    with ExitStack() as stack:
        yield lambda *arguments, **settings: stack.enter_context(testing.serve(*arguments, **settings))


@pytest.fixture
def client(serving: Callable[..., testing.Server]) -> Callable[..., Client]:
    """Start a server and give a client of it."""
    return lambda *arguments, **settings: Client(serving(*arguments, **settings), settings.get("token"))


@pytest.fixture(scope="module")
def asking(small: jt.Store) -> Iterator[Client]:
    """A client of a server of the small history, shared by tests that only read."""
    with testing.serve(small) as server:
        yield Client(server)
