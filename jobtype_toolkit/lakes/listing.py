"""Which files a lake has: in one state of it, and where they are listed."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from jobtype_toolkit.api.times import Window
from jobtype_toolkit.lakes import layout
from jobtype_toolkit.lakes.layout import Place


@dataclass(frozen=True, slots=True)
class Files:
    """The files of a lake in one state of it."""

    snapshot: str
    """Which state: a number, or the time when it was written."""
    tables: Mapping[str, tuple[str, ...]]
    """The files of all tables but the jobs, by name."""
    history: Mapping[Place, tuple[str, ...]]
    """The files of the jobs, by place."""
    folders: tuple[str, ...]
    """Where they are: nothing else is read."""
    systems: tuple[Any, ...] = ()
    """The fsspec file systems that are needed to read them."""
    are_alike: bool = True
    """Whether all files of a table have the same columns."""
    size: tuple[int, int] | None = field(default=None)
    """How many files the jobs have, and how many bytes, if somebody knows."""

    def of(self, table: str, states: tuple[str, ...], window: Window | None = None) -> tuple[str, ...]:
        """Return the files of a table; of the history, those of some states that may have jobs of a window."""
        if table != layout.HISTORY:
            return self.tables.get(table, ())
        places = [place for place in self.history if place.state in states and place.may_meet(window)]
        return tuple(one for place in places for one in self.history[place])


class Listing(Protocol):
    """Where the files of a lake are listed."""

    name: str
    """What messages call it."""

    def close(self) -> None:
        """Let go of what it takes to list them."""

    def signature(self) -> Hashable:
        """Return what changes whenever the lake does.

        Raises:
            StoreError, InputNotFound: there is no lake any more.
        """

    def files(self) -> Files:
        """Return the files of the lake as it is now."""


def by_place(found: Iterable[tuple[Place, str]]) -> dict[Place, tuple[str, ...]]:
    """Return files by place, in an order that is always the same."""
    placed: dict[Place, tuple[str, ...]] = {}
    for place, file in sorted(found, key=lambda one: one[1]):
        placed[place] = (*placed.get(place, ()), file)
    return placed
