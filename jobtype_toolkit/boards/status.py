"""The state of a status board: what it shows, and the acts that it performs. Plain Python; `widget` has its skin."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jobtype_toolkit.boards import tables
from jobtype_toolkit.boards.board import PATROL, Board, range_of, reason
from jobtype_toolkit.boards.picture import SPANS, Picture, TypeCounts, spoken, started
from jobtype_toolkit.boards.worker import in_thread
from jobtype_toolkit.errors import InvalidParameter
from jobtype_toolkit.widgets.nodes import ROOT, Node, Nodes, button
from jobtype_toolkit.widgets.screen import NOTHING, Effect

if TYPE_CHECKING:
    import pandas as pd

    from jobtype_toolkit.api.times import Time
    from jobtype_toolkit.backend import Backend

EVERY = (0, 5, 15, 60)
"""After how many seconds a board can ask again by itself; 0 is never."""
JOBS_SHOWN = 100
"""How many jobs of a type are shown, the newest first."""


@dataclass(frozen=True, slots=True)
class View:
    """Which jobs of a type are looked at. RUNNING and waiting jobs are those of now, whatever the range."""

    label: str
    filters: tuple[tuple[str, str], ...] = ()
    is_windowed: bool = False


VIEWS = {
    "changed": View("Changed in range", (), is_windowed=True),
    "failed": View("Failed in range", (("status", "FAILED"),), is_windowed=True),
    "running": View("Running", (("status", "RUNNING"),)),
    "queue": View("Queued", (("status", "QUEUED"),)),
    "pending": View("Pending", (("status", "PENDING"),)),
    "failures": View("System failures", (("status", "FAILED"), ("error_category", "SYSTEM"))),
}
"""The views of a type's jobs; the tables of the board that have the same names lead to them."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What was clicked: a job type, and a view of its jobs."""

    key: str
    view: str


class StatusState(Board[Picture]):
    """The four analyses of v6 and the queue, at a glance.

    Acts: `refresh` and `tick` ask again, `since` takes another range, `edit` of `+every` and `+filter`, `pause`, `pick` a job
    type in a table, `view` other jobs of it, `close` them. Asking is the work of one thread, so that no act waits for it.

    Args:
        target: a `Store` or a live server.
        since: the range: a duration back from now, an instant, or "all".
        every: seconds from one refresh to the next while a page is looked at; one of 0 (never), 5, 15, 60.
        now: what durations count back from, as in `target.status`.
        limit: seconds after which a refresh without an answer is reported.
        clock: tells seconds that never go back.
        start: runs the work beside the caller.

    Raises:
        InvalidParameter: a range that is no time, or another number of seconds.
    """

    def __init__(
        self,
        target: Backend,
        *,
        since: str = "P1D",
        every: int = 0,
        now: Time | None = None,
        limit: float = 60.0,
        clock: Callable[[], float] = time.monotonic,
        start: Callable[[Callable[[], None]], object] = in_thread,
    ) -> None:
        super().__init__(since=since, now=now, limit=limit, clock=clock, start=start)
        self._target = target
        self._every = _interval(every)
        self._is_paused = False
        self._filter = ""
        self._tables: tuple[Picture | None, str, Nodes] = (None, "", {})
        self._choice: Choice | None = None
        self._jobs: tuple[Choice, pd.DataFrame] | None = None
        self.refresh()

    # What a program reads.

    @property
    def selected(self) -> tuple[str, str] | None:
        """Name and version of the job type whose jobs are shown; None if there is none."""
        with self._lock:
            chosen = self._chosen()
            return (chosen.name, chosen.version) if chosen else None

    @property
    def selection(self) -> pd.DataFrame | None:
        """The jobs that are shown, as `target.jobs` returns them; None if there are none yet."""
        with self._lock:
            return self._jobs[1] if self._jobs and self._jobs[0] == self._choice else None

    # The work beside the caller. It never raises: what goes wrong is shown.

    def _take(self) -> None:
        try:
            picture = Picture.take(self._target, self._since, self._now, self._clock)
            wanted = self._filter
            made = tables.board(picture, wanted)
        except Exception as error:  # noqa: BLE001 - whatever it is, the board says so and goes on
            self._arrived(trouble=reason(error))
            return
        self._arrived(picture=picture, tables=(picture, wanted, made), trouble="")
        if self._choice is not None:
            self._ask_jobs()

    def _ask_jobs(self) -> None:
        with self._lock:
            choice, since = self._choice, self._since
            chosen = self._chosen()
        if choice is None or chosen is None:
            return
        view = VIEWS[choice.view]
        filters: dict[str, Any] = dict(view.filters)
        if view.is_windowed:
            filters |= {"started": started(since), "now": self._now}
        if chosen.source is not None:
            filters["source"] = chosen.source
        try:
            found = self._target.jobs(
                job_type_id=chosen.id, order="-last_modified", page=1, page_size=JOBS_SHOWN, **filters
            )
        except Exception as error:  # noqa: BLE001
            self._arrived(jobs_trouble=reason(error))
            return
        self._arrived(jobs=(choice, found), jobs_trouble="")

    # What a person does.

    def perform(self, act: str, of: str, value: Any) -> Effect:
        """Do what a person asked for; an act that is not known does nothing."""
        acts: dict[str, Callable[[str, Any], Effect]] = {
            "tick": self._tick, "refresh": self._refresh, "since": self._take_since, "edit": self._edit,
            "pause": self._pause, "pick": self._pick, "view": self._view, "close": self._close,
        }  # fmt: skip
        done = acts.get(act)
        return done(of, value) if done else NOTHING

    def _tick(self, _of: str, _value: Any) -> Effect:
        if self._every and not self._is_paused and self._worker.seconds is None:
            self.refresh()
        return NOTHING

    def _take_since(self, _of: str, value: Any) -> Effect:
        self._since = range_of(str(value))
        self.refresh()
        return Effect(say=f"Asking for jobs {spoken(self._since)}.")

    def _edit(self, of: str, value: Any) -> Effect:
        if of == "+filter":
            self._filter = str(value)
        elif of == "+every":
            self._every = _interval(int(value) if str(value).isdecimal() else -1)
        return NOTHING

    def _pause(self, _of: str, _value: Any) -> Effect:
        self._is_paused = not self._is_paused
        return Effect(say="Paused." if self._is_paused else "Going on.")

    def _pick(self, of: str, value: Any) -> Effect:
        picture = self._picture
        if picture is None or str(value) not in picture.types:
            return NOTHING
        name = of.removeprefix("+")
        view = name if name in VIEWS else "failed" if picture.types[str(value)].failed else "changed"
        return self._choose(Choice(str(value), view), focus="+jobs")

    def _view(self, _of: str, value: Any) -> Effect:
        if self._choice is None or value not in VIEWS:
            return NOTHING
        return self._choose(Choice(self._choice.key, str(value)))

    def _choose(self, choice: Choice, focus: str = "") -> Effect:
        self._choice, self._jobs_trouble = choice, ""
        self._worker.ask("jobs", self._ask_jobs)
        return Effect(focus=focus)

    def _close(self, _of: str, _value: Any) -> Effect:
        self._choice, self._jobs = None, None
        return Effect(focus="+types")

    def _chosen(self) -> TypeCounts | None:
        if self._choice is None or self._picture is None:
            return None
        return self._picture.types.get(self._choice.key)

    # What the page shows.

    def nodes(self) -> Nodes:
        """Return the bar, how fresh the figures are, the figures, and the jobs of the job type that was clicked."""
        nodes: Nodes = {}
        children = [self._bar(nodes), *self._told(nodes)]
        picture = self._picture
        if picture is not None:
            if self._tables[:2] != (picture, self._filter):
                self._tables = (picture, self._filter, tables.board(picture, self._filter))
            nodes |= self._tables[2]
            children += ["+tiles", "+status", *self._jobs_section(nodes), "+columns"]
            if self._choice is not None:
                nodes["+types"] = {**nodes["+types"], "selected": self._choice.key}
        busy = self._worker.seconds is not None
        every = PATROL if busy else 0 if self._is_paused else self._every
        nodes[ROOT] = Node(kind="board", label="Status board", children=children, every=every)
        return nodes

    def _bar(self, nodes: Nodes) -> str:
        ranges = self._range_buttons(nodes, SPANS)
        words = [(str(one), f"every {one} s" if one else "off") for one in EVERY]
        nodes["+every"] = Node(kind="field", input="choice", label="Refresh", value=str(self._every), choices=words)
        is_off = not self._every
        nodes["+pause"] = (
            button("Resume", "pause", icon="play", state="on", disabled=is_off)
            if self._is_paused
            else button("Pause refresh", "pause", icon="pause", state="off", disabled=is_off)
        )
        nodes["+refresh"] = button("Refresh now", "refresh", icon="refresh", primary=True)
        nodes["+bar"] = Node(kind="bar", label="Board", children=[ranges, "+every", "+pause", "+refresh"])
        return "+bar"

    def _jobs_section(self, nodes: Nodes) -> list[str]:
        choice, chosen = self._choice, self._chosen()
        if choice is None or chosen is None or self._picture is None:
            return []
        views = [f"+view/{name}" for name in VIEWS]
        for (name, view), key in zip(VIEWS.items(), views, strict=True):
            nodes[key] = button(view.label, "view", argument=name, state="on" if name == choice.view else "off")
        nodes["+views"] = Node(kind="bar", label="Which jobs", state="joined", children=views)
        nodes["+done"] = button("Close", "close", icon="close")
        nodes["+jobs-bar"] = Node(kind="bar", label="Jobs", children=["+views", "+done"])
        children = ["+jobs-bar", *self._jobs_told(nodes)]
        found = self.selection
        if found is not None:
            span = spoken(self._since) if VIEWS[choice.view].is_windowed else ""
            nodes |= tables.jobs(found, self._picture, span)
            children += [key for key in ("+errors", "+job-rows") if key in nodes]
        label = f"{chosen.name} {chosen.version}"
        nodes["+jobs"] = Node(kind="section", label=label, help=chosen.title, state="chosen", children=children)
        return ["+jobs"]


def _interval(every: Any) -> int:
    if isinstance(every, bool) or every not in EVERY:
        msg = f"every={every!r} is not an interval of a board. Choose one of {', '.join(map(str, EVERY))} seconds."
        raise InvalidParameter(msg)
    return int(every)
