"""A manifest or a configuration that is being written: edited by place, with undo, and what it was at the start.

A place is an id such as `/job/interface/inputs/files/#3/name`: the steps of a path, except that `#3` is a row by its key.
Keys stay with their rows when these move, so an id means the same row for as long as it is there.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Generic, TypeVar

from jobtype_toolkit.seed.differences import same
from jobtype_toolkit.seed.json import paths
from jobtype_toolkit.seed.json.object import JsonObject
from jobtype_toolkit.seed.json.paths import Path

ABSENT: Any = object()
"""What stands where nothing is: a field that nobody filled adds nothing."""

Written = TypeVar("Written", bound=JsonObject)
Keys = Mapping[Path, tuple[int, ...]]


def child(place: str, step: str | int) -> str:
    """Return the id of a member of a place, or of its row with that key."""
    if isinstance(step, int):
        return f"{place.rstrip('/')}/#{step}"
    return f"{place.rstrip('/')}/{step.replace('~', '~0').replace('/', '~1').replace('#', '~2')}"


@lru_cache(maxsize=8192)  # each act asks for those of all fields, several times
def steps(place: str) -> tuple[str | int, ...]:
    """Return the steps of an id: names, and the keys of rows as numbers."""
    return tuple(
        int(step[1:]) if step.startswith("#") else step.replace("~2", "#").replace("~1", "/").replace("~0", "~")
        for step in place.split("/")
        if step
    )


def differ(before: Any, now: Any) -> bool:
    """Whether two values differ, either of which may be absent."""
    return before is not now and (before is ABSENT or now is ABSENT or not same(before, now))


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A state to go back to: the text with its spelling, the keys of the rows, and what could not be read yet."""

    text: str
    keys: Keys
    unread: Mapping[str, Any]


@dataclass
class Draft(Generic[Written]):
    """A document under way.

    `unread` has, per place, what stood there before somebody typed what is not a value of its kind, such as "1h" for a
    number: the document holds the text, `value` what was there before.
    """

    document: Written
    unread: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._next = 0
        self._keys: dict[Path, tuple[int, ...]] = {}
        self.restart()

    def restart(self) -> None:
        """Make the present state the start, of which nothing is changed and before which nothing can be undone."""
        self._undo: list[Snapshot] = []
        self._redo: list[Snapshot] = []
        self._typing = ""
        self._start = copy.deepcopy(self.data)
        self._start_keys = dict(self._keys)
        self.start_text = self.document.text

    @property
    def data(self) -> dict[str, Any]:
        """The document as it stands, with texts where a value could not be read."""
        return self.document.data

    @property
    def value(self) -> dict[str, Any]:
        """A copy of the document without what could not be read: what was there before stands in its place."""
        made = copy.deepcopy(self.data)
        for place, before in self.unread.items():
            path = self.path(place)
            if path is not None and before is ABSENT:
                paths.remove(made, path)
            elif path is not None:
                paths.put(made, path, copy.deepcopy(before))
        return made

    @property
    def start(self) -> dict[str, Any]:
        """The document as it was at the start."""
        return self._start

    @property
    def is_dirty(self) -> bool:
        """Whether it differs from the start, the order of keys included."""
        return bool(self.unread) or json.dumps(self.data) != json.dumps(self._start)

    # Places.

    def path(self, place: str) -> Path | None:
        """Return where a place is now; None if its row is gone."""
        return self._path(place, self._keys)

    def place(self, path: Path) -> str:
        """Return the id of the place where a path leads, or of the nearest above that has one."""
        at: Path = ()
        made = ""
        for step in path:
            keys = self._keys.get(at, ())
            if isinstance(step, int):
                if step >= len(keys):
                    break
                made = child(made, keys[step])
            else:
                made = child(made, step)
            at = (*at, step)
        return made or "/"

    def at(self, place: str) -> Any:
        """Return what is at a place, `ABSENT` if nothing is."""
        path = self.path(place)
        return ABSENT if path is None else paths.get(self.data, path, ABSENT)

    def at_start(self, place: str) -> Any:
        """Return what was at a place at the start, `ABSENT` if nothing was."""
        path = self._path(place, self._start_keys)
        return ABSENT if path is None else paths.get(self._start, path, ABSENT)

    def rows_at_start(self, place: str) -> dict[str, Any]:
        """Return what was in each row of a list at the start, by the row's id."""
        path, found = self._path(place, self._start_keys), self.at_start(place)
        if path is None or not isinstance(found, list):
            return {}
        return {child(place, key): row for key, row in zip(self._start_keys.get(path, ()), found, strict=False)}

    def is_changed(self, place: str) -> bool:
        """Whether a place differs from the start."""
        return differ(self.at_start(place), self.at(place))

    def rows(self, place: str) -> list[str]:
        """Return the ids of the rows of a list, in their order; a row that is new gets its key here."""
        path, found = self.path(place), self.at(place)
        if path is None or not isinstance(found, list):
            return []
        keys = self._keys.get(path, ())[: len(found)]
        self._keys[path] = (*keys, *(self._key() for _ in found[len(keys) :]))
        if path not in self._start_keys and self.at_start(place) is not ABSENT:
            self._start_keys[path] = self._keys[path]
        return [child(place, key) for key in self._keys[path]]

    # Changes.

    def begin(self, place: str = "") -> None:
        """Open a step that can be undone; typing into the same place again goes on with it."""
        if place and place == self._typing:
            return
        self._undo.append(self._snapshot())
        self._redo.clear()
        self._typing = place

    def typing(self, place: str) -> None:
        """Say that the open step is one of typing into a place, with which the next edit there goes on."""
        self._typing = place

    def put(self, place: str, value: Any, *, unread: bool = False) -> None:
        """Set what is at a place, missing parents too; `unread` says that it is only what somebody typed."""
        path = self.path(place)
        if path is None:
            return
        if unread:
            self.unread.setdefault(place, self.at(place))
        else:
            self.unread.pop(place, None)
        self.document.set(path, value)

    def clear(self, place: str) -> None:
        """Remove what is at a place, and the parents that are empty now and were not there at the start."""
        self.unread.pop(place, None)
        if self.at(place) is ABSENT:
            return
        path = self.path(place) or ()
        if isinstance(path[-1], int):
            self._keys[path[:-1]] = tuple(key for at, key in enumerate(self._keys[path[:-1]]) if at != path[-1])
            self._forget(place)
        self.document.remove(path)
        above = place.rpartition("/")[0]
        is_row = above.rpartition("/")[2].startswith("#")
        if above and not is_row and self.at(above) in ({}, []) and self.at_start(above) is ABSENT:
            self.clear(above)

    def add(self, place: str, value: Any) -> str:
        """Add a row to a list, which is made if it is missing, and return the row's id."""
        path = self.path(place) or ()
        self.document.set((*path, paths.APPEND), value)
        return self.rows(place)[-1]

    def insert_copy(self, row: str) -> str:
        """Add a copy of a row behind it and return the copy's id."""
        path = self.path(row) or ()
        rows, at = paths.get(self.data, path[:-1]), int(path[-1])
        rows.insert(at + 1, copy.deepcopy(rows[at]))
        keys = self._keys[path[:-1]]
        key = self._key()
        self._keys[path[:-1]] = (*keys[: at + 1], key, *keys[at + 1 :])
        return child(row.rpartition("/")[0], key)

    def move(self, row: str, by: int) -> None:
        """Move a row up (negative) or down, as far as the list goes."""
        path = self.path(row) or ()
        rows, at, keys = paths.get(self.data, path[:-1]), int(path[-1]), list(self._keys[path[:-1]])
        to = min(max(at + by, 0), len(rows) - 1)
        rows.insert(to, rows.pop(at))
        keys.insert(to, keys.pop(at))
        self._keys[path[:-1]] = tuple(keys)

    def reset(self, place: str) -> None:
        """Put back what was at a place at the start."""
        before = self.at_start(place)
        if before is ABSENT:
            self.clear(place)
        else:
            self.put(place, copy.deepcopy(before))

    def replace(self, document: Written) -> None:
        """Take another document in the place of this one; a row keeps its key if it is the same, or has the same name."""
        before = self.data
        self.document, self.unread, self._typing = document, {}, ""
        for path, keys in self._keys.items():
            was, now = (paths.get(data, path) for data in (before, self.data))
            if isinstance(was, list) and isinstance(now, list):
                self._keys[path] = self._matched(list(zip(keys, was, strict=False)), now)

    def _matched(self, known: list[tuple[int, Any]], rows: list[Any]) -> tuple[int, ...]:
        """Return the keys of the rows, each key of one known row at most."""
        keys: list[int | None] = [None] * len(rows)
        for is_alike in (same, _have_one_name):
            for at, row in enumerate(rows):
                found = next((one for one in known if keys[at] is None and is_alike(one[1], row)), None)
                if found:
                    known.remove(found)
                    keys[at] = found[0]
        return tuple(self._key() if key is None else key for key in keys)

    # Undo.

    @property
    def can_undo(self) -> bool:
        """Whether there is a step to take back."""
        return bool(self._undo)

    @property
    def can_redo(self) -> bool:
        """Whether there is a step to make again."""
        return bool(self._redo)

    def undo(self) -> None:
        """Take the last step back, if there is one."""
        self._go(self._undo, self._redo)

    def redo(self) -> None:
        """Make the last step again that was taken back, if there is one."""
        self._go(self._redo, self._undo)

    def _go(self, taken: list[Snapshot], kept: list[Snapshot]) -> None:
        if not taken:
            return
        kept.append(self._snapshot())
        snapshot = taken.pop()
        self.document = type(self.document).read(snapshot.text)
        self._keys, self.unread, self._typing = dict(snapshot.keys), dict(snapshot.unread), ""

    def _snapshot(self) -> Snapshot:
        return Snapshot(self.document.text, dict(self._keys), dict(self.unread))

    def _key(self) -> int:
        self._next += 1
        return self._next

    def _forget(self, row: str) -> None:
        """Forget what could not be read in a row that goes."""
        for place in [one for one in self.unread if one.startswith(f"{row}/")]:
            del self.unread[place]

    @staticmethod
    def _path(place: str, keys: Keys) -> Path | None:
        path: Path = ()
        for step in steps(place):
            if isinstance(step, str):
                path = (*path, step)
            elif step in keys.get(path, ()):
                path = (*path, keys[path].index(step))
            else:
                return None
        return path


def _have_one_name(before: Any, now: Any) -> bool:
    names = [row.get("name") if isinstance(row, dict) else None for row in (before, now)]
    return isinstance(names[0], str) and names[0] == names[1]
