"""What boards have in common: a worker that asks beside the notebook, the last picture that worked, and how fresh it is."""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from jobtype_toolkit.api.times import Time, instant
from jobtype_toolkit.boards.worker import Worker, in_thread
from jobtype_toolkit.errors import ToolkitError
from jobtype_toolkit.widgets.nodes import Node, Nodes, button, note
from jobtype_toolkit.widgets.screen import Effect, Screen

if TYPE_CHECKING:
    import pandas as pd

PATROL = 2
"""After how many seconds a page looks again while a refresh is under way, so that a hanging one is told."""


class Taken(Protocol):
    """The answers of one refresh."""

    @property
    def taken(self) -> float:
        """When it was taken, by the clock of the board."""

    @property
    def as_of(self) -> str:
        """How fresh it is, in a sentence."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What must be known about the answers."""


Shown = TypeVar("Shown", bound=Taken)


class Board(Screen, Generic[Shown]):
    """A screen over the answers of a target. Asking is the work of one thread, so that no act waits for it.

    Args:
        since: the range: a duration back from now, an instant, or "all".
        now: what durations count back from.
        limit: seconds after which a refresh without an answer is reported.
        clock: tells seconds that never go back.
        start: runs the work beside the caller.

    Raises:
        InvalidParameter: a range that is no time.
    """

    def __init__(
        self,
        *,
        since: str,
        now: Time | None = None,
        limit: float = 60.0,
        clock: Callable[[], float] = time.monotonic,
        start: Callable[[Callable[[], None]], object] = in_thread,
    ) -> None:
        super().__init__()
        self._since = range_of(since)
        self._now = now
        self._limit = limit
        self._clock = clock
        self._worker = Worker(clock, start, self._tell_on)
        self._picture: Shown | None = None
        self._trouble = ""
        self._jobs_trouble = ""

    # What a program reads.

    @property
    def picture(self) -> Shown | None:
        """The figures of the last refresh that worked; None before the first."""
        return self._picture

    @property
    @abstractmethod
    def selected(self) -> Any:
        """The job type that is looked at; None if there is none."""

    @property
    @abstractmethod
    def selection(self) -> pd.DataFrame | None:
        """The jobs that are shown; None if there are none yet."""

    @property
    def trouble(self) -> str:
        """Why the last refresh failed; empty if it did not."""
        return self._trouble

    def refresh(self) -> None:
        """Ask again, beside the caller."""
        self._worker.ask("picture", self._take)
        self._tell_on()

    def wait(self, timeout: float) -> bool:
        """Wait for what is under way, at most so many seconds; return whether it is done."""
        return self._worker.wait(timeout)

    def close(self) -> None:
        """Ask nothing more; an answer that is still to come is dropped."""
        self._worker.close()

    # The work beside the caller. It never raises: what goes wrong is shown.

    @abstractmethod
    def _take(self) -> None:
        """Take a picture and hand it to `_arrived`."""

    def _arrived(self, **values: Any) -> None:
        """Take over what the work found."""
        with self._lock:
            if self._worker.is_closed:
                return
            for name, value in values.items():
                setattr(self, f"_{name}", value)

    def _tell_on(self) -> None:
        """Tell who watches that something may have changed, unless the board is closed."""
        if not self._worker.is_closed:
            self.tell()

    # What every board does and shows.

    def _refresh(self, _of: str, _value: Any) -> Effect:
        if self._worker.seconds is not None:
            return Effect(say="A refresh is under way.")
        self.refresh()
        return Effect(say="Refreshing.")

    def _range_buttons(self, nodes: Nodes, named: Mapping[str, tuple[str, str]]) -> str:
        """Add the buttons of the ranges; one that has no name of its own stands first."""
        spans = named if self._since in named else {self._since: (f"Since {self._since}", ""), **named}
        ranges = [f"+since/{span}" for span in spans]
        for span, key in zip(spans, ranges, strict=True):
            state = "on" if span == self._since else "off"
            nodes[key] = button(spans[span][0], "since", argument=span, state=state)
        nodes["+ranges"] = Node(kind="bar", label="Range", state="joined", children=ranges)
        return "+ranges"

    def _told(self, nodes: Nodes) -> list[str]:
        """Return what is said above the figures: their age, a refresh that is under way, hangs or failed, and notes."""
        said: list[str] = []

        def tell(key: str, node: Node) -> None:
            nodes[key] = node
            said.append(key)

        seconds, picture = self._worker.seconds, self._picture
        if picture is not None:
            text = f"{picture.as_of} Read {{age}} ago.{' Refreshing …' if seconds is not None else ''}"
            at = round(self._clock() - picture.taken, 1)
            # The name differs with each picture, so that a page begins to count anew.
            tell("+age", Node(kind="age", text=text, value=picture.as_of, at=at, name=str(picture.taken)))
        elif seconds is not None:
            tell("+first", note("Asking for the figures …", "busy"))
        kept = " The figures are those of the last refresh that worked." if picture is not None else ""
        if seconds is not None and seconds > self._limit:
            text = f"No answer for {seconds:.0f} s. The board goes on waiting."
            tell("+hanging", note(text + kept, "warning"))
        if self._trouble:
            tell("+trouble", note(f"The refresh failed: {self._trouble}{kept}", "bad"))
        if picture is not None and picture.notes:
            tell("+notes", note("Note: " + "; ".join(picture.notes) + ".", "warning"))
        return said

    def _jobs_told(self, nodes: Nodes) -> list[str]:
        """Return what is said above the jobs: that they could not be read, or are still asked for."""
        if self._jobs_trouble:
            nodes["+jobs-trouble"] = note(f"The jobs could not be read: {self._jobs_trouble}", "bad")
            return ["+jobs-trouble"]
        if self.selection is None:
            nodes["+jobs-busy"] = note("Asking for the jobs …", "busy")
            return ["+jobs-busy"]
        return []


def range_of(since: Any) -> str:
    """Return a range if it is one.

    Raises:
        InvalidParameter: it is no time.
    """
    if since != "all":
        instant(since, name="since", now=datetime(2000, 1, 1, tzinfo=UTC))
    return str(since)


def reason(error: Exception) -> str:
    """Return an error in words: those of the toolkit are sentences already."""
    return str(error) if isinstance(error, ToolkitError) else f"{type(error).__name__}: {error}"
