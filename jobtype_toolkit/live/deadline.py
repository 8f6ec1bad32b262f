"""How long a request may take in all: a server that sends a byte now and then would keep every other limit.

Once the time is over, whatever the request reads from is shut, so that whoever waits there gets no further.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from types import TracebackType
from typing import Any, Self

from requests.adapters import HTTPAdapter

_ASKING = threading.local()
"""The deadline of the request that this thread sends."""


class Deadline:
    """The time of one request; a context manager, in the thread that sends it."""

    def __init__(self, seconds: float) -> None:
        """Take how many seconds there are."""
        self.seconds = seconds
        self._until = time.monotonic() + seconds
        self._lock = threading.Lock()
        self._shut: Callable[[], object] = lambda: None
        self._timer: threading.Timer | None = None

    @property
    def is_over(self) -> bool:
        """Whether there is no time left."""
        return time.monotonic() >= self._until

    def watch(self, shut: Callable[[], object]) -> None:
        """Note what shuts the connection from now on; a timer runs once there is one."""
        with self._lock:
            self._shut = shut
        if self.is_over:
            self._end()
        elif self._timer is None:
            self._timer = threading.Timer(self._until - time.monotonic(), self._end)
            self._timer.daemon = True
            self._timer.start()

    def _end(self) -> None:
        with self._lock, suppress(OSError, ValueError):
            self._until = min(self._until, time.monotonic())
            self._shut()

    def __enter__(self) -> Self:
        _ASKING.deadline = self
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._timer is not None:
            self._timer.cancel()
        _ASKING.deadline = None
        with self._lock:
            self._shut = lambda: None  # the connection is the next request's


class Adapter(HTTPAdapter):
    """Carries requests over a network, and lets their deadlines shut the sockets."""

    def get_connection_with_tls_context(self, *asked: Any, **how: Any) -> Any:
        """Return the pool of connections to a server, or to the proxy before it."""
        pool: Any = super().get_connection_with_tls_context(*asked, **how)
        pool.ConnectionCls = _watched(pool.ConnectionCls)
        return pool


class _Watched:
    """What a connection does besides: the deadline knows its socket, also while a proxy is asked for the way."""

    sock: Any

    def _new_conn(self) -> Any:
        made = super()._new_conn()  # type: ignore[misc]
        _watch(made)
        return made

    def getresponse(self) -> Any:
        _watch(self.sock)
        return super().getresponse()  # type: ignore[misc]


@cache
def _watched(kind: type) -> type:
    return kind if issubclass(kind, _Watched) else type("Watched", (_Watched, kind), {})


def _watch(sock: Any) -> None:
    deadline: Deadline | None = getattr(_ASKING, "deadline", None)
    if deadline is not None:
        deadline.watch(lambda: sock.shutdown(socket.SHUT_RD))
