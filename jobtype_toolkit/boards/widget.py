"""The skin of the boards."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import traitlets

from jobtype_toolkit.boards.status import StatusState
from jobtype_toolkit.widgets.widget import Widget

if TYPE_CHECKING:
    from jobtype_toolkit.api.times import Time
    from jobtype_toolkit.backend import Backend

_FIRST = 5.0
"""Seconds that a cell waits for the first figures, so that its static copy has them."""
_COPY_AGE = 60.0
"""Seconds after which the static copy in the notebook is made anew at the next refresh."""


class StatusBoard(Widget):
    """The state of a cluster at a glance: what runs, waits and fails, by job type; a job type shows its jobs when clicked.

    Shows the four analyses and the queue of a store or a live server, asks again on demand or by itself while somebody looks
    at it, and says how old the figures are. A refresh that fails or hangs leaves the last figures and says why.

    `selection` has the jobs that are shown, as a DataFrame like that of `target.jobs`, None if no job type was clicked;
    `selected` is the name and version of the job type. Both can be observed.
    """

    selection: Any = traitlets.Any(None, allow_none=True)
    selected: Any = traitlets.Any(None, allow_none=True)

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
        self.state = StatusState(target, since=since, every=every, now=now, limit=limit)
        super().__init__(self.state)
        self._copied = time.monotonic()
        self.state.watch(self._follow)
        self.state.wait(_FIRST)

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
