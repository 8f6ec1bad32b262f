"""When a question is asked again, and how long to wait before: only what changes nothing is ever repeated."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime

AGAIN = frozenset({429, 500, 502, 503, 504})
"""The statuses after which a GET is asked again."""
SLOWER = frozenset({429, 503})
"""The statuses that ask for less: every request waits, not just the one that was refused."""
AWAY = frozenset({429, 502, 503, 504})
"""The statuses of a server that is not there for the moment; a patient caller asks on."""
YEAR = 31_536_000.0
"""Seconds; a server that asks to wait longer might as well say never."""
_OFTEN = 15.0
"""Seconds between two questions to a server that is away, at most."""


@dataclass(frozen=True, slots=True)
class Retries:
    """How a question is asked again after a failure that may pass. A write never is."""

    count: int = 3
    """How many times again, at most."""
    first: float = 1.0
    """Seconds to wait before the first time; twice as long each time, by half less at random."""
    longest: float = 120.0
    """The longest wait, in seconds. A server that asks for more with Retry-After is not waited for."""
    patience: float = 120.0
    """Seconds that a pull waits in all, and asks on, while the server is away: restarted, or behind a proxy that misses it."""
    sleep: Callable[[float], None] = field(default=time.sleep, repr=False)
    random: Callable[[], float] = field(default=random.random, repr=False)
    """Gives a number from 0 to 1."""
    now: Callable[[], float] = field(default=time.time, repr=False)
    """The seconds since 1970, which a Retry-After that is a date is measured against."""

    def pause(self, number: int, retry_after: str | None = None, *, left: float = 0.0) -> float | None:
        """Return how many seconds to wait before asking again for the `number`-th time, from 1; None to give up.

        `left` are the seconds that a patient caller goes on for beyond the count.
        """
        if number > self.count and (not self.count or left <= 0):
            return None
        asked = self.asked(retry_after)
        if asked is not None:
            return asked if asked <= self.longest else None
        longest = self.longest if number <= self.count else min(self.longest, _OFTEN)
        return float(min(self.first * 2.0 ** (number - 1), longest) * (1 - self.random() / 2))

    def asked(self, retry_after: str | None) -> float | None:
        """Return how many seconds a Retry-After asks for, a number or a date; None if it is neither."""
        if retry_after is None:
            return None
        text = retry_after.strip()
        if text.isascii() and text.isdigit():
            return min(float(text[:9]), YEAR)
        try:
            moment: float = parsedate_to_datetime(text).timestamp()
        except (ValueError, TypeError, OverflowError):
            return None
        left: float = moment - self.now()
        return min(max(left, 0.0), YEAR)


class Pace:
    """Holds all requests of a client back for a while after the server asked for less."""

    def __init__(self, sleep: Callable[[float], None]) -> None:
        """Take what waits."""
        self._sleep = sleep
        self._lock = threading.Lock()
        self._free_at = 0.0
        self.slowed = 0
        """How often the server asked for less."""

    def slow(self, seconds: float) -> None:
        """Hold back all requests for this many seconds."""
        with self._lock:
            self.slowed += 1
            self._free_at = max(self._free_at, time.monotonic() + seconds)

    def wait(self) -> None:
        """Block until requests are allowed again."""
        with self._lock:
            left = self._free_at - time.monotonic()
            self._free_at = 0.0 if left <= 0 else self._free_at
        if left > 0:
            self._sleep(left)
