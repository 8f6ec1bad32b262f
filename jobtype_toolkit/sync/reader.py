"""What a pull asks of a server, and several such questions at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any, Protocol, TypeVar

import pandas as pd

from jobtype_toolkit.live.http import Http, Params

Item = TypeVar("Item")
Answer = TypeVar("Answer")


class Reader(Protocol):
    """A server that history is pulled from; `Scale` is one."""

    @property
    def url(self) -> str:
        """Its base URL, by which its rows are told from those of other servers."""

    @property
    def http(self) -> Http:
        """What sends the requests."""

    @property
    def clock(self) -> Callable[[], datetime]:
        """Tells the server's present."""

    def version(self) -> str:
        """Return its release."""

    def rows(self, path: str, params: Params = (), /) -> list[Any]:
        """Return all rows of a list."""

    def job_type_rows(self) -> tuple[list[Any], list[str]]:
        """Return the rows of all job types, and what there is to say of them."""

    def workspaces(self) -> pd.DataFrame:
        """Return the workspaces."""

    def status(self, started: datetime, ended: datetime, /) -> pd.DataFrame:
        """Return the status counts of a window."""

    def newest_job(self, *, since: datetime | None = None) -> tuple[datetime | None, int]:
        """Return the greatest last_modified of a job, and how many jobs were modified since an instant."""

    def oldest_job(self) -> datetime | None:
        """Return the least last_modified of a job."""

    def count_jobs(self, started: datetime | None, ended: datetime, /) -> int:
        """Return how many jobs were modified from an instant to another, both included."""


def at_once(workers: int, items: Iterable[Item], read: Callable[[Item], Answer]) -> list[Answer]:
    """Return what is read for each item, in their order, by several workers at once."""
    with ThreadPoolExecutor(workers, thread_name_prefix="jobtype-toolkit-pull") as pool:
        return list(pool.map(read, items))
