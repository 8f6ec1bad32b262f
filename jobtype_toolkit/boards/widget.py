"""The skin of the boards."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import traitlets

from jobtype_toolkit.boards.board import Board
from jobtype_toolkit.boards.review import ReviewState
from jobtype_toolkit.boards.status import StatusState
from jobtype_toolkit.widgets.widget import Widget

if TYPE_CHECKING:
    from jobtype_toolkit.api.times import Time
    from jobtype_toolkit.backend import Backend
    from jobtype_toolkit.store.store import Store

State = TypeVar("State", bound=Board[Any])
_FIRST = 5.0
"""Seconds that a cell waits for the first figures, so that its static copy has them."""
_COPY_AGE = 60.0
"""Seconds after which the static copy in the notebook is made anew at the next refresh."""


class BoardWidget(Widget, Generic[State]):
    """A board over a target. `selection` and `selected` can be observed."""

    selection: Any = traitlets.Any(None, allow_none=True)
    selected: Any = traitlets.Any(None, allow_none=True)

    def __init__(self, state: State) -> None:
        self.state = state
        super().__init__(state)
        self._copied = time.monotonic()
        state.watch(self._follow)
        state.wait(_FIRST)

    def refresh(self) -> None:
        """Ask again now; the answer comes later."""
        self.state.refresh()

    def _follow(self) -> None:
        self.selected = self.state.selected
        if self.selection is not self.state.selection:
            self.selection = self.state.selection
        if time.monotonic() - self._copied > _COPY_AGE:
            self._copied = time.monotonic()
            self._copy_anew()


class StatusBoard(BoardWidget[StatusState]):
    """The state of a cluster at a glance: what runs, waits and fails, by job type; a job type shows its jobs when clicked.

    Shows the four analyses and the queue of a store or a live server, asks again on demand or by itself while somebody looks
    at it, and says how old the figures are. A refresh that fails or hangs leaves the last figures and says why.

    `selection` has the jobs that are shown, as a DataFrame like that of `target.jobs`, None if no job type was clicked;
    `selected` is the name and version of the job type. Both can be observed.
    """

    def __init__(
        self, target: Backend, *, since: str = "P1D", every: int = 0, now: Time | None = None, limit: float = 60.0
    ) -> None:
        """Show the state of a target.

        Args:
            target: a `Store` or a live server.
            since: the range of the counts: a duration back from now (`"PT1H"`, `"P7D"`), an instant, or `"all"`.
            every: seconds from one refresh to the next; 0 (never), 5, 15 or 60.
            now: what durations count back from, as in `target.status`.
            limit: seconds after which a refresh without an answer is reported.

        Raises:
            InvalidParameter: a range that is no time, or another number of seconds.
        """
        super().__init__(StatusState(target, since=since, every=every, now=now, limit=limit))


class FailureReview(BoardWidget[ReviewState]):
    """The failure review of a store: what is worse than usual, the trend, what began and why, what is stuck, waits, or is a node's.

    Range, job type and category of the failures are filters of all of it. A click on a bar of the trend or on a row shows the
    jobs behind it: `selection` has them as a DataFrame, failed ones first, None if nothing was clicked; `selected` is the name
    of the job type that is looked at, None for all. Both can be observed. *Export as report* writes `review.html`.
    """

    def __init__(self, store: Store, *, since: str = "P7D", now: Time | None = None, limit: float = 60.0) -> None:
        """Show the review of a store.

        Args:
            store: the store.
            since: the range: a duration back from now (`"P1D"`, `"P30D"`) or an instant.
            now: what durations count back from, as in the questions of the store.
            limit: seconds after which a refresh without an answer is reported.

        Raises:
            InvalidParameter: a range that is no time.
        """
        super().__init__(ReviewState(store, since=since, now=now, limit=limit))
