"""The end of the process and its forks, which DuckDB must not be caught in.

A thread that comes back from DuckDB while the interpreter ends takes the process down with it (SIGABRT). So every stay in
DuckDB is counted, the end waits until the count is zero, and who comes later stays outside.
"""

from __future__ import annotations

import ctypes
import threading
import time
from collections.abc import Callable
from typing import Any

_LAST_CALL = 60.0
"""Seconds that the end of the process waits for threads that do not come out of DuckDB."""


class Gate:
    """Counts the threads that are in DuckDB; `with GATE:` is a stay, which may hold others of the same thread."""

    def __init__(self) -> None:
        """Start with nobody inside."""
        self._changed = threading.Condition()
        self._inside: dict[int, int] = {}
        self._last: int | None = None

    def __enter__(self) -> None:
        """Enter; while the process ends only its last thread can, and those that are inside already."""
        me = threading.get_ident()
        with self._changed:
            is_open = not self.turns_away() or me in self._inside
            if is_open:
                self._inside[me] = self._inside.get(me, 0) + 1
        if not is_open:
            _stay_out()

    def __exit__(self, *_: object) -> None:
        """Leave; while the process ends nothing of what the thread would do next happens."""
        me = threading.get_ident()
        with self._changed:
            self._inside[me] -= 1
            has_left = not self._inside[me]
            if has_left:
                del self._inside[me]
            self._changed.notify_all()
        if has_left and self.turns_away():
            _stay_out()

    def turns_away(self) -> bool:
        """Return whether the process ends and this is not its last thread."""
        return self._last is not None and self._last != threading.get_ident()

    @property
    def is_ending(self) -> bool:
        """Whether the process ends."""
        return self._last is not None

    def end(self, call_out: Callable[[], None]) -> bool:
        """Wait until no other thread is inside, calling them out again and again; return whether that worked."""
        me = threading.get_ident()
        with self._changed:
            self._last = me
        until = time.monotonic() + _LAST_CALL
        while True:
            with self._changed:
                others = self._inside.keys() & {one.ident for one in threading.enumerate()} - {me}
            if not others or time.monotonic() > until:
                return not others
            call_out()
            with self._changed:
                self._changed.wait(0.02)

    def after_fork(self) -> None:
        """Forget the threads that the child does not have."""
        me = threading.get_ident()
        depth = self._inside.get(me, 0)
        self._changed = threading.Condition()
        self._inside = {me: depth} if depth else {}


GATE = Gate()


def _stay_out() -> None:
    """Wait for the end of the process."""
    threading.Event().wait()


def abandon(thing: Any) -> None:
    """Keep an object alive to the end, unclosed: in a forked child DuckDB's threads are gone, and closing waits for them."""
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(thing))
