"""Several screens on one page: the steps of a way, or tabs that come and go."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from jobtype_toolkit.widgets.nodes import ROOT, Node, Nodes, prefixed
from jobtype_toolkit.widgets.screen import NOTHING, Effect, Screen

_MARK = ":"
_LOOKING = frozenset({"leave", "open", "next"})
"""The acts after which a warning still stands."""


class Steps(Screen):
    """Screens of which a page shows one at a time; the ids of each stand behind its key and a colon.

    Args:
        parts: the screens by key, in their order.
        labels: what each is called.
    """

    state = ""
    """How a page shows them: as steps that follow each other."""

    def __init__(self, parts: Mapping[str, Screen], labels: Mapping[str, str]) -> None:
        super().__init__()
        self.parts: dict[str, Screen] = {}
        self._warned = ""
        self._labels: dict[str, str] = {}
        for key, part in parts.items():
            self.add(key, part, labels[key])

    def add(self, key: str, part: Screen, label: str) -> None:
        """Add a screen behind the others."""
        part.share(self._lock)
        part.watch(self.tell)
        self.parts[key] = part
        self._labels[key] = label

    def share(self, lock: threading.RLock) -> None:
        """Use the lock of a screen that this one is a part of, all the way down."""
        super().share(lock)
        for part in self.parts.values():
            part.share(lock)

    def nodes(self) -> Nodes:
        """Return the nodes of all parts."""
        made: Nodes = {}
        state = ""
        for key, part in self.parts.items():
            nodes = prefixed(part.nodes(), key + _MARK)
            nodes[key + _MARK + ROOT]["name"] = self._labels[key]
            state = state or (nodes[key + _MARK + ROOT].get("state", "") if part.is_volatile else "")
            made |= nodes
        children = [key + _MARK + ROOT for key in self.parts]
        made[ROOT] = Node(kind="steps", label="Steps", children=children, state=state or self.state)
        return made

    def perform(self, act: str, of: str, value: Any) -> Effect:
        """Have the part do it that the node belongs to, or go to the next part."""
        if act not in _LOOKING:
            self._warned = ""
        key, mark, place = of.partition(_MARK)
        part = self.parts.get(key) if mark else None
        if part is None:
            return NOTHING
        if act == "next":
            return self._next(key, part)
        effect = part.perform(act, place, value)
        part.tell()
        return _within(key, effect)

    def _next(self, key: str, part: Screen) -> Effect:
        """Go to the next part; one with an objection says so first, and lets go if it is asked again."""
        keys = list(self.parts)
        following = keys[min(keys.index(key) + 1, len(keys) - 1)]
        objection = part.objection() if self._warned != key else None
        if objection is None:
            self._warned = ""
            return Effect(focus=following + _MARK + ROOT)
        self._warned = key
        told = f"{objection.say} Press Next again to go on to {self._labels[following]} all the same."
        return _within(key, replace(objection, say=told))

    def close(self) -> None:
        """Give back what the parts hold."""
        for part in self.parts.values():
            part.close()


def _within(key: str, effect: Effect) -> Effect:
    return replace(effect, focus=key + _MARK + effect.focus) if effect.focus else effect


class Tabs(Steps):
    """Screens beside each other: the first one stays, others are opened and shut again."""

    state = "tabs"

    def __init__(self, key: str, part: Screen, label: str) -> None:
        super().__init__({key: part}, {key: label})
        self._count = 0
        self._opened = ""
        self._asked: set[str] = set()

    def open(self, part: Screen, label: str) -> None:
        """Open a screen in a tab of its own; the page turns to it."""
        self._count += 1
        self._opened = f"tab{self._count}"
        self.add(self._opened, part, label)

    def perform(self, act: str, of: str, value: Any) -> Effect:
        """Have the part do it that the node belongs to, or shut a tab; one with changes asks once."""
        if act == "shut":
            return self._shut(of.partition(_MARK)[0])
        effect, opened = super().perform(act, of, value), self._opened
        self._opened = ""
        return replace(effect, focus=opened + _MARK + ROOT) if opened else effect

    def _shut(self, key: str) -> Effect:
        part = self.parts.get(key)
        if part is None or key == next(iter(self.parts)):
            return NOTHING
        if part.is_dirty and key not in self._asked:
            self._asked.add(key)
            return Effect(say=f"{self._labels[key]} has changes that were not submitted. Close it again to leave them.")
        del self.parts[key]
        part.close()
        return Effect(focus=next(iter(self.parts)) + _MARK + ROOT)
