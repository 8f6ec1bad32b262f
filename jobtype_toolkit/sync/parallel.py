"""Asking several things at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Found = TypeVar("Found")


def each(workers: int, items: Iterable[Item], read: Callable[[Item], Found]) -> list[Found]:
    """Return what is read for each item, in their order, by several workers at once."""
    with ThreadPoolExecutor(workers, thread_name_prefix="jobtype-toolkit-pull") as pool:
        return list(pool.map(read, items))
