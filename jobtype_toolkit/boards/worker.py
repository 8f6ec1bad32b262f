"""Work that a board does beside the notebook: one piece after the other, in one thread that ends with the last of them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


def in_thread(work: Callable[[], None]) -> threading.Thread:
    """Run a function in a thread of its own, which does not keep the process from ending."""
    thread = threading.Thread(target=work, name="jobtype_toolkit-board", daemon=True)
    thread.start()
    return thread


class Worker:
    """Does what it is asked, never two things at once.

    Args:
        clock: tells seconds that never go back.
        start: runs a function beside the caller.
        after: called after each piece, when `seconds` speaks of the next piece already, or of none.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        start: Callable[[Callable[[], None]], object] = in_thread,
        after: Callable[[], None] = lambda: None,
    ) -> None:
        self._clock = clock
        self._start = start
        self._after = after
        self._telling = 0
        self._changed = threading.Condition()
        self._waiting: dict[str, Callable[[], None]] = {}
        self._is_at_work = False
        self._began: float | None = None
        self._is_closed = False

    @property
    def seconds(self) -> float | None:
        """For how long the present piece of work has taken; None if there is none."""
        began = self._began
        return None if began is None else max(self._clock() - began, 0.0)

    @property
    def is_closed(self) -> bool:
        """Whether nothing is begun any more."""
        return self._is_closed

    def ask(self, name: str, work: Callable[[], None]) -> None:
        """Do some work, which must not raise; of several that wait under one name only the newest is done."""
        with self._changed:
            if self._is_closed:
                return
            self._waiting[name] = work
            if self._is_at_work:
                return
            self._is_at_work = True
            self._began = self._clock()
        self._start(self._run)

    def wait(self, timeout: float) -> bool:
        """Wait until all is done, at most so many seconds; return whether it is."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._is_at_work and not self._telling, timeout)

    def close(self) -> None:
        """Begin nothing more; what is under way ends by itself, and nobody hears of it."""
        with self._changed:
            self._is_closed = True
            self._waiting.clear()

    def _run(self) -> None:
        work = self._next()
        while work is not None:
            work()
            work = self._next(is_after=True)
            self._after()
            with self._changed:
                self._telling -= 1
                self._changed.notify_all()

    def _next(self, *, is_after: bool = False) -> Callable[[], None] | None:
        with self._changed:
            self._telling += is_after
            if self._waiting:
                self._began = self._clock()
                return self._waiting.pop(next(iter(self._waiting)))
            self._is_at_work, self._began = False, None
            self._changed.notify_all()
            return None
