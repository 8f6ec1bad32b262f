"""What the tests of pulls share: a simulated server with a small history, and a store to pull into."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from histories import NOW
from simulated import Simulated, scale_of

import jobtype_toolkit as jt


@pytest.fixture
def server() -> Simulated:
    """A server with 60 jobs, one each ten minutes: each third FAILED, all else COMPLETED; the newest is RUNNING."""
    made = Simulated(NOW)
    for number in range(59):
        made.add("COMPLETED" if number % 3 else "FAILED", NOW - timedelta(minutes=10 * (60 - number)))
    made.add("RUNNING", NOW - timedelta(minutes=1))
    return made


@pytest.fixture
def pull(server: Simulated, store: jt.Store) -> Callable[..., jt.PullReport]:
    """Pull from the server into the store, ten jobs a page, without a bar."""

    def once(**given: Any) -> jt.PullReport:
        into = given.pop("store", store)
        scale = given.pop("scale", None) or scale_of(server)
        return into.pull(scale, **{"source": "it", "page_size": 10, "progress": False, "snapshot": False, **given})

    return once
