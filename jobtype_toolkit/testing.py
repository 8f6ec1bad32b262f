"""Two v6 servers for tests and notebooks: a whole one on this machine, and a function that answers a client without a socket.

from jobtype_toolkit import testing

with testing.serve() as server:
    requests.get(f"{server.url}/v6/job-types/")

transport = testing.Transport(lambda request: testing.Reply(503))
jt.connect("http://scale.example/api", transport=transport)
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from jobtype_toolkit.live.transport import HttpRequest, Reply, Transport
from jobtype_toolkit.server.faults import Faults

if TYPE_CHECKING:
    from jobtype_toolkit.server.other_services import Logs
    from jobtype_toolkit.server.releases import ReleaseName
    from jobtype_toolkit.store.store import Store


__all__ = ["Faults", "HttpRequest", "Reply", "Request", "Server", "Transport", "serve"]


@dataclass(frozen=True, slots=True)
class Request:
    """A request that was answered."""

    method: str
    path: str
    query: str
    status: int
    """The status of the answer; 0 if none was begun."""


class Server:
    """A running server: its address, its store, and the requests it got."""

    def __init__(self, store: Store, app: Any) -> None:
        """Take the store and the application."""
        self.store = store
        self.url = ""
        """The base URL, to which `/v6/…` is added."""
        self.failures: list[Exception] = []
        """Exceptions raised while answering; the 500s that v6 gives on purpose are not among them."""
        self._app = app
        self._requests: list[Request] = []
        self._lock = threading.Lock()

    @property
    def requests(self) -> list[Request]:
        """The requests so far, in the order in which they were answered."""
        with self._lock:
            return list(self._requests)

    def forget(self) -> None:
        """Forget the requests so far."""
        with self._lock:
            self._requests.clear()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer a request and log it before the client has the answer."""
        is_logged = scope["type"] != "http"

        async def send_logged(message: Any) -> None:
            nonlocal is_logged
            if message["type"] == "http.response.start" and not is_logged:
                is_logged = True
                self._note(scope, message["status"])
            await send(message)

        try:
            await self._app(scope, receive, send_logged)
        except Exception as error:
            self.failures.append(error)
            raise
        finally:
            if not is_logged:
                self._note(scope, 0)

    def _note(self, scope: Any, status: int) -> None:
        with self._lock:
            self._requests.append(
                Request(scope["method"], scope["path"], scope["query_string"].decode("latin-1"), status)
            )

    def __repr__(self) -> str:
        return f"<Server {self.url}, {len(self._requests)} requests>"


@contextmanager
def serve(
    store: Store | None = None,
    *,
    source: str | None = None,
    token: str | None = None,
    prefix: str = "/api",
    release: ReleaseName = "7.2",
    read_only: bool = False,
    faults: Faults | Sequence[Faults] | None = None,
    logs: Logs | None = None,
    quirks: bool = True,
    clock: Callable[[], datetime] | None = None,
    allow_hosts: Sequence[str] = (),
    port: int = 0,
) -> Iterator[Server]:
    """Run a v6 server on this machine's own address until the end of the `with`; it is stopped after errors too.

    Args:
        store: what is served, and written to; the bundled sample if not given.
        source, token, prefix, release, read_only, faults, logs, quirks, clock, allow_hosts: as `server.app.app` takes them.
        port: the port; a free one if not given.

    Yields:
        A `Server` with its `url`, its `store` and its `requests`.

    Raises:
        InvalidParameter: a value makes no sense, or the port is in use.
        ToolkitError: the extra `server` is not installed.
    """
    from jobtype_toolkit.server import needed

    needed()
    from jobtype_toolkit.server.app import app
    from jobtype_toolkit.server.serve import running
    from jobtype_toolkit.store.store import sample

    served = sample() if store is None else store
    application = app(
        served,
        source=source,
        token=token,
        prefix=prefix,
        release=release,
        read_only=read_only,
        faults=faults,
        logs=logs,
        quirks=quirks,
        clock=clock,
        allow_hosts=allow_hosts,
    )
    server = Server(served, application)
    with running(server, port=port) as address:
        server.url = address + prefix.rstrip("/")
        yield server
