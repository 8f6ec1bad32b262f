"""How a store is opened: a file, or the bundled sample."""

from __future__ import annotations

from pathlib import Path

from jobtype_toolkit.api.resources import LOADABLE
from jobtype_toolkit.api.times import Clock, instant, system_clock
from jobtype_toolkit.store.engine import MEMORY
from jobtype_toolkit.store.store import Store

LOAD_ORDER = ("job_types", "job_type_revisions", "errors", "jobs", "job_executions")
"""What must be there before what speaks of it; otherwise job types and errors are inferred first."""
assert set(LOAD_ORDER) == set(LOADABLE)  # noqa: S101 - the vocabulary and this order are one list


def open(
    path: str | Path = MEMORY,
    *,
    read_only: bool = False,
    wait: float = 10.0,
    idle: float = 2.0,
    clock: Clock = system_clock,
) -> Store:
    """Open a store: a DuckDB file, created if it is missing, or `":memory:"`. The arguments are those of `Store`."""
    return Store(path, read_only=read_only, wait=wait, idle=idle, clock=clock)


def sample(path: str | Path = MEMORY, *, clock: Clock | None = None) -> Store:
    """Return a store with the bundled sample history, in memory or in a file.

    About 100,000 jobs of 90 days with planted incidents; `data/ground_truth.json` says which. Time stands still in it at
    the end of the history, unless a clock is given, so that examples come out the same on every day.
    """
    from jobtype_toolkit.generator import ENDED, folder

    store = Store(path, clock=clock or (lambda: instant(ENDED)))
    for resource in LOAD_ORDER:
        store.load(folder(), resource, source="sample", progress=False)
    return store
