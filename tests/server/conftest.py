"""What the tests of the server share: recorded exchanges, and a server in this process."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import requests
from histories import NOW, RESOURCES, page

import jobtype_toolkit as jt
from jobtype_toolkit import testing

WORKSPACES = {"workspace_1": True, "workspace_2": True, "products": True, "old-archive": False}
"""The workspaces of the recorded server, as its answers tell."""


@pytest.fixture(scope="session")
def exchange(shared: Path) -> Callable[[str], Any]:
    """Give a recorded exchange by the name of its file."""

    def read(name: str) -> Any:
        path = shared / "recordings" / f"{name}.json"
        if not path.exists():
            pytest.skip(f"no recording {path}")
        return json.loads(path.read_text(encoding="utf-8"))

    return read


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> jt.Store:
    """A store with the small history of `histories`; nobody writes it."""
    return filled(tmp_path_factory.mktemp("small"))


def filled(folder: Path, store: jt.Store | None = None, **resources: Any) -> jt.Store:
    """Load bodies by resource into a store, by default the small history into a new one."""
    store = store or jt.open(clock=lambda: NOW)
    for resource, records in (resources or RESOURCES).items():
        path = folder / f"{resource}.json"
        path.write_text(json.dumps(page(records)), encoding="utf-8")
        store.load(path, resource, source="scale")
    return store


@pytest.fixture(scope="session")
def sample() -> jt.Store:
    """The bundled sample; nobody writes it."""
    return jt.sample()


@pytest.fixture
def serving() -> Iterator[Callable[..., testing.Server]]:
    """Start servers that end with the test."""
    with ExitStack() as stack:
        yield lambda *arguments, **settings: stack.enter_context(testing.serve(*arguments, **settings))


class Client:
    """A plain client: it follows nothing, keeps no cookie and repeats nothing."""

    def __init__(self, server: testing.Server, token: str | None = None) -> None:
        self.url = server.url
        self.headers = {"Authorization": f"Token {token}"} if token else {}

    def __call__(self, method: str, path: str, **more: Any) -> requests.Response:
        headers = {**self.headers, **more.pop("headers", {})}
        return requests.request(method, f"{self.url}{path}", headers=headers, timeout=30, allow_redirects=False, **more)

    def get(self, path: str, **params: Any) -> requests.Response:
        return self("GET", path, params=params)


@pytest.fixture
def client(serving: Callable[..., testing.Server]) -> Callable[..., Client]:
    """Start a server and give a client of it."""
    return lambda *arguments, **settings: Client(serving(*arguments, **settings), settings.get("token"))


@pytest.fixture(scope="module")
def asking(small: jt.Store) -> Iterator[Client]:
    """A client of a server of the small history, shared by tests that only read."""
    with testing.serve(small) as server:
        yield Client(server)
