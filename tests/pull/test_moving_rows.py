"""Rows that move while they are pulled: whatever happens, one more pull ends with exactly the server's rows."""

from __future__ import annotations

import contextlib
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import hypothesis.strategies as st
import pytest
from histories import NOW
from hypothesis import HealthCheck
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from simulated import FINAL, MICROSECOND, Simulated, here, scale_of, there
from sizes import examples

import jobtype_toolkit as jt
from jobtype_toolkit.errors import ServerFailed
from jobtype_toolkit.sync import jobs

pytestmark = pytest.mark.slow

STATUSES = ("RUNNING", "QUEUED", "COMPLETED", "FAILED", "RUNNING", "CANCELED")
MINUTES = 7
"""How far a stamp may go back, and how far the clock: together less than the overlap."""
EVENT = st.tuples(
    st.sampled_from(["add", "change", "change", "bulk", "late", "back", "purge", "tick", "wait", "step"]),
    st.integers(0, 40),
    st.integers(0, 60 * MINUTES),
)
"""What happens, to which job or to how many, and how many seconds late."""


class Crash(Exception):
    """The process ends here."""


class Server(Simulated):
    """A server on which events happen."""

    def __init__(self) -> None:
        super().__init__(NOW)
        self.latest = NOW
        self.purged: set[int] = set()

    def happen(self, what: str, number: int, seconds: int) -> None:
        ids = sorted(self.jobs)
        id = ids[number % len(ids)]
        status = STATUSES[number % len(STATUSES)]
        past = self.now - timedelta(seconds=seconds)
        match what:
            case "add":
                self.add(status, id=self._new_id())
            case "change":
                self.change(id, status)
            case "bulk":
                for one in ids[: number + 1]:
                    self.change(one, status)
            case "late":
                self.add(status, past, id=self._new_id())
            case "back":
                self.change(id, status, past)
            case "purge" if len(ids) > 1:
                self.purge(id)
                self.purged.add(id)
            case "tick":
                self.now += MICROSECOND
            case "wait":
                self.now += timedelta(seconds=seconds * number)
            case "step":
                self.now = max(self.now - timedelta(seconds=seconds), self.latest - timedelta(minutes=MINUTES))
        self.latest = max(self.latest, self.now)

    def _new_id(self) -> int:
        return max([*self.jobs, *self.purged]) + 1


class Pulling(RuleBasedStateMachine):
    """Events and pulls in any order; pulls stop where they may, and events happen in the middle of them."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.server = Server()
        self.store = jt.open(Path(self.folder.name) / "mine.duckdb", clock=lambda: self.server.now, idle=0)

    @initialize(jobs=st.lists(st.tuples(st.integers(0, 5), st.integers(0, 90_000)), min_size=1, max_size=40))
    def begin(self, jobs: list[tuple[int, int]]) -> None:
        for number, minutes in jobs:
            self.server.add(STATUSES[number], NOW - timedelta(minutes=minutes))

    @rule(events=st.lists(EVENT, min_size=1, max_size=5))
    def happen(self, events: list[Any]) -> None:
        for one in events:
            self.server.happen(*one)

    @rule(
        events=st.lists(st.tuples(st.integers(0, 3), EVENT), max_size=12),
        size=st.integers(1, 7),
        pages=st.none() | st.integers(1, 8),
        fails_at=st.none() | st.integers(1, 25),
        crashes_at=st.none() | st.integers(1, 4),
        is_taken=st.booleans(),
    )
    def pull(
        self,
        events: list[Any],
        size: int,
        pages: int | None,
        fails_at: int | None,
        crashes_at: int | None,
        is_taken: bool,
    ) -> None:
        scale = scale_of(self.server)
        waiting = list(events)

        def happen() -> None:
            if waiting:
                steps, event = waiting[0]
                waiting[0] = (steps - 1, event)
                if steps <= 0:
                    waiting.pop(0)
                    self.server.happen(*event)

        def fail(path: str) -> None:
            if scale.http.requests == fails_at:
                raise ServerFailed("The server has had enough.", status=500)

        sink = iter(range(1, 1000))

        def take(fetch: Any, held: Any) -> None:
            is_last = next(sink) == crashes_at
            if is_taken or not is_last:
                fetch.sink.pages(held)
            if is_last:
                raise Crash
            fetch.spool.done(held)

        self.server.before_count = self.server.before_rows = happen
        self.server.trouble = fail
        given = {"page_size": size, "pages": pages, "workers": 1, "snapshot": False, "progress": False}
        with (
            mock.patch.object(jobs, "BATCH", 12),
            mock.patch.object(jobs, "take", take),
            contextlib.suppress(jt.PullStopped, ServerFailed, Crash),
        ):
            self.store.pull(scale, source="it", **given)
        self.server.before_count = self.server.before_rows = lambda: None
        self.server.trouble = lambda path: None

    def teardown(self) -> None:
        try:
            if self.server.jobs:
                self._agree()
        finally:
            self.store.close()
            self.folder.cleanup()

    def _agree(self) -> None:
        report = self.store.pull(
            scale_of(self.server), source="it", page_size=5, workers=1, reconcile=True, snapshot=False, progress=False
        )
        assert report.is_complete
        assert report.notes == ()  # it was found by reading on, not by counting afterwards
        gone = [row for row in here(self.store) if row[0] in self.server.purged]
        assert all(row[2] in FINAL for row in gone)
        assert [row for row in here(self.store) if row not in gone] == there(self.server.jobs.values())
        assert self.store.check().is_sound


TestPulling = Pulling.TestCase
TestPulling.settings = examples(
    2,
    25,
    stateful_step_count=6,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
