"""What the tests of the live client share: servers of a test's own, and clients of them that never really wait."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from histories import NOW
from loopback import Answering, Loopback, loopback

import jobtype_toolkit as jt
from jobtype_toolkit.testing import HttpRequest, Transport

TOKEN = "6f1c0a9e5d3b47288c77aa01bd42ef9955c3d210"


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the machine's own stands between a client and its server."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.delenv("JOBTYPE_TOOLKIT_TOKEN", raising=False)


@pytest.fixture
def token() -> str:
    return TOKEN


class InProcess:
    """A server without a socket."""

    url = "http://scale.example/api"

    def __init__(self, answering: Answering) -> None:
        self.transport = Transport(answering)

    @property
    def asked(self) -> list[HttpRequest]:
        return self.transport.requests

    def paths(self) -> list[str]:
        return [one.service for one in self.asked]


@pytest.fixture
def serving() -> Callable[..., InProcess | Loopback]:
    """Make servers of the test's own; modules about connections put `listening` in its place."""
    return InProcess


@pytest.fixture
def listening() -> Iterator[Callable[..., Loopback]]:
    """Start servers with a socket that end with the test."""
    with ExitStack() as stack:
        yield lambda answering, **settings: stack.enter_context(loopback(answering, **settings))


@pytest.fixture
def waits() -> list[float]:
    """How long the clients of the test waited, in seconds; none of them really did."""
    return []


@pytest.fixture
def client(waits: list[float]) -> Iterator[Callable[..., jt.Scale]]:
    """Connect to a server, with half of the random and no waiting."""
    with ExitStack() as stack:

        def of(server: InProcess | Loopback | str, token: str | None = TOKEN, **settings: Any) -> jt.Scale:
            url = server if isinstance(server, str) else server.url
            settings.setdefault("transport", getattr(server, "transport", None))
            retries = jt.Retries(sleep=waits.append, random=lambda: 0.5, now=NOW.timestamp)
            given = {"retries": retries, "clock": lambda: NOW} | settings
            token = None if "auth" in given else token
            return stack.enter_context(jt.connect(url, token, **given))

        yield of


@pytest.fixture
def asking(serving: Callable[..., InProcess | Loopback], client: Callable[..., jt.Scale]) -> Callable[..., jt.Scale]:
    """Start a server that answers as told, and give a client of it."""

    def of(answering: Answering, **settings: Any) -> jt.Scale:
        return client(serving(answering), **settings)

    return of
