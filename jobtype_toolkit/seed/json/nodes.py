"""What reading JSON yields besides values: their places in the text, and what was odd about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


class Item:
    """One member or element as it stands in the text: the places of its key, value and end, and the value."""

    __slots__ = ("end", "key", "start", "value")

    def __init__(self, key: int, start: int, end: int, value: Any) -> None:
        self.key, self.start, self.end, self.value = key, start, end, value


class Node:
    """One object or list as it stands in the text."""

    __slots__ = ("depth", "end", "items", "start", "value")

    def __init__(self, value: Any, start: int, depth: int) -> None:
        self.value, self.start, self.end, self.depth = value, start, start, depth
        self.items: dict[str | int, Item] = {}


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that is not JSON. `repair` is the text to put at `start:end` instead, None if there is no obvious one.

    `tolerated` is true for what seed-cli's lax reader lets pass; `harmless` if the repair changes no meaning.
    """

    start: int
    description: str
    suggestion: str = ""
    end: int = 0
    repair: str | None = None
    tolerated: bool = False
    harmless: bool = False


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A key that occurs again in the same object; the later value wins, the earlier one is hidden."""

    path: tuple[str | int, ...]
    first: int
    second: int
    hidden: Any
