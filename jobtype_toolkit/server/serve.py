"""Running the server: in this process in a thread of its own, or until it is stopped."""

from __future__ import annotations

import ipaddress
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Any, Self

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from jobtype_toolkit import hints
from jobtype_toolkit.errors import InvalidParameter, ToolkitError
from jobtype_toolkit.server import parsing

LOOPBACK = "127.0.0.1"
_PATIENCE = 10.0
"""Seconds to wait for the server to start and to end."""


def check_address(host: str, token: str | None) -> None:
    """Refuse to be reached from other machines without a token.

    Raises:
        InvalidParameter: the address is not this machine's own, and there is no token.
    """
    if token is None and not _is_loopback(host):
        msg = (
            f"{hints.argument('host', host)} can be reached from other machines, and there is no token. Give one, for example with the "
            f"environment variable JOBTYPE_TOOLKIT_TOKEN, or serve on {LOOPBACK}."
        )
        raise InvalidParameter(msg)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


class _Protocol(H11Protocol):
    """HTTP as uvicorn speaks it with h11, whatever else is installed, and a connection whose request does not come to its end is closed."""

    _half_sent: Any = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._watch()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.cycle is None or self.cycle.response_complete:
            self._watch()
        else:
            self._rest()

    def connection_lost(self, exc: Exception | None) -> None:
        self._rest()
        super().connection_lost(exc)

    def _watch(self) -> None:
        if self._half_sent is None:
            self._half_sent = self.loop.call_later(parsing.PATIENCE, self.transport.close)

    def _rest(self) -> None:
        if self._half_sent is not None:
            self._half_sent.cancel()
            self._half_sent = None


def configured(app: Any, **settings: Any) -> uvicorn.Config:
    """Return uvicorn's configuration: it says nothing by itself, and adds no header."""
    return uvicorn.Config(
        app,
        http=_Protocol,
        log_config=None,
        log_level="critical",
        access_log=False,
        server_header=False,
        date_header=False,
        lifespan="off",
        proxy_headers=False,
        ws="none",
        timeout_graceful_shutdown=1,
        **settings,
    )


def listening(host: str, port: int) -> socket.socket:
    """Return a socket that listens.

    Raises:
        InvalidParameter: the address is in use, or none of this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    found = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # or asyncio leaves small writes waiting
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind((host.strip("[]"), port))
        found.listen(128)
    except (OSError, OverflowError) as error:
        found.close()
        msg = f"{hints.argument('host', host)}, {hints.argument('port', port)} cannot be listened on: {error}. Give another port; 0 takes a free one."
        raise InvalidParameter(msg) from None
    return found


def address(listener: socket.socket) -> str:
    """Return `http://host:port` of a socket that listens."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


@contextmanager
def until_stopped() -> Iterator[None]:
    """Let Ctrl+C and SIGTERM end what is done in the `with`, and the rest go on: a store is closed in order."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with suppress(KeyboardInterrupt):
            yield
    finally:
        signal.signal(signal.SIGTERM, before)


def run(app: Any, listener: socket.socket) -> None:
    """Serve an application in the main thread until a signal ends it, as KeyboardInterrupt."""
    uvicorn.Server(configured(app)).run(sockets=[listener])


class Threaded:
    """A server in a thread of its own; a context manager that stops it."""

    def __init__(self, app: Any, *, host: str = LOOPBACK, port: int = 0) -> None:
        """Start listening; requests are answered once it is entered."""
        self._listener = listening(host, port)
        self.address = address(self._listener)
        self._server = uvicorn.Server(configured(app))
        self._thread = threading.Thread(target=self._run, name="jobtype-toolkit-server", daemon=True)

    def _run(self) -> None:
        self._server.run(sockets=[self._listener])

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """End the server and wait for it; what is under way may finish within a second."""
        self._server.should_exit = True
        self._thread.join(_PATIENCE)
        self._listener.close()
        if self._thread.is_alive():
            msg = f"The server at {self.address} did not end within {_PATIENCE:g} s."
            raise ToolkitError(msg)


@contextmanager
def running(app: Any, *, host: str = LOOPBACK, port: int = 0) -> Iterator[str]:
    """Serve an application in a thread, and give its address; it is stopped at the end, also after an error."""
    with Threaded(app, host=host, port=port) as server:
        yield server.address
