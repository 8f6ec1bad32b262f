"""A screen: what a page shows, and what becomes of what a person does there. Plain Python; a widget only carries messages."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from jobtype_toolkit.errors import ToolkitError
from jobtype_toolkit.widgets.nodes import Nodes, changed


@dataclass(frozen=True, slots=True)
class Effect:
    """What a page does after an act, besides showing the nodes that changed."""

    focus: str = ""
    """The node that gets the focus."""
    say: str = ""
    """What the status region says, for people who do not see the change."""
    rewrite: bool = False
    """Whether the field that has the focus is written too, as after an undo."""
    download: tuple[str, str] | None = None
    """A file to hand to the person: its name and its text."""


NOTHING = Effect()
Send = Callable[[dict[str, Any]], None]
"""What carries a message to the pages."""


class Screen(ABC):
    """The state behind one page or several that show the same.

    Every method may be called from any thread: a notebook hands messages to more than one. A page asks by messages:
    `{"do": act, "of": id, "value": …, "view": …, "n": …}`; the first is `hello`. The answer has the nodes that changed since
    the last answer, whichever page asked, so all pages stay in step; edits that arrive late are dropped by their number.
    """

    is_volatile = False
    """Whether what is typed is kept nowhere but in the page."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._shown: Nodes = {}
        self._numbers: dict[tuple[str, str], int] = {}
        self._watchers: list[Callable[[], None]] = []
        self._receiving = 0
        self._is_stale = True

    @property
    def is_dirty(self) -> bool:
        """Whether it holds changes that nothing else does."""
        return False

    def objection(self) -> Effect | None:
        """Return what a page does when somebody leaves for the next step too early, None if nothing speaks against it."""
        return None

    @abstractmethod
    def nodes(self) -> Nodes:
        """Return all nodes of the page as they are now."""

    @abstractmethod
    def perform(self, act: str, of: str, value: Any) -> Effect:
        """Do what a person asked for.

        Raises:
            ToolkitError: it cannot be done; the page says why.
        """

    def receive(self, message: Mapping[str, Any], send: Send | None = None) -> dict[str, Any]:
        """Return the answer to a message of a page, for all pages of the screen.

        `send` gets it before anything else can change: messages go out in their order, whichever threads they come from.
        """
        with self._lock:
            self._receiving = threading.get_ident()
            try:
                answer = self._answer(message)
            finally:
                self._receiving = 0
            if send is not None:
                send(answer)
        self._call_watchers()
        return answer

    def _answer(self, message: Mapping[str, Any]) -> dict[str, Any]:
        act, of = str(message.get("do", "")), str(message.get("of", ""))
        answer = {"view": message.get("view", ""), "n": message.get("n", 0), "of": of}
        if act == "hello":
            self._shown = self.nodes()
            return {**answer, "whole": True, "nodes": self._shown, "gone": []}
        if self._is_late(message, of):
            return {**answer, "nodes": {}, "gone": []}
        try:
            effect = self.perform(act, of, message.get("value"))
        except ToolkitError as refused:
            effect = Effect(say=str(refused))
        told = {"focus": effect.focus, "say": effect.say, "rewrite": effect.rewrite, "download": effect.download}
        return {**answer, **{name: one for name, one in told.items() if one}, **self._changes()}

    def changes(self, send: Send | None = None) -> dict[str, Any]:
        """Return a message that brings pages in step after a change that no page asked for; `send` gets it if it has any."""
        with self._lock:
            found = self._changes() if self._is_stale else {"nodes": {}, "gone": []}
            message = {"view": "", "n": 0, "of": "", "rewrite": True, **found}
            if send is not None and (message["nodes"] or message["gone"]):
                send(message)
        return message

    def share(self, lock: threading.RLock) -> None:
        """Use the lock of a screen that this one is a part of."""
        self._lock = lock

    def watch(self, watcher: Callable[[], None]) -> None:
        """Call a function after every act."""
        self._watchers.append(watcher)

    def close(self) -> None:  # noqa: B027 - most have nothing to give back
        """Give back what the screen holds, such as a thread; nothing by default."""

    def _is_late(self, message: Mapping[str, Any], of: str) -> bool:
        """Whether a newer edit of the same field by the same page was taken already."""
        number, key = message.get("n"), (str(message.get("view", "")), of)
        if message.get("do") != "edit" or not isinstance(number, int):
            return False
        if number <= self._numbers.get(key, 0):
            return True
        self._numbers[key] = number
        return False

    def _changes(self) -> dict[str, Any]:
        self._is_stale = False
        before, self._shown = self._shown, self.nodes()
        nodes, gone = changed(before, self._shown)
        return {"nodes": nodes, "gone": gone}

    def tell(self) -> None:
        """Tell all who watch that something may have changed; an answer under way tells them when it is complete."""
        self._is_stale = True
        if self._receiving != threading.get_ident():
            self._call_watchers()

    def _call_watchers(self) -> None:
        for watcher in self._watchers:
            watcher()
