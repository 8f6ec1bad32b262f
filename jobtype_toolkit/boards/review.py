"""The state of a failure review: what it shows, and the acts that it performs. Plain Python; `widget` has its skin."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jobtype_toolkit.api.resources import CATEGORIES
from jobtype_toolkit.api.times import Time
from jobtype_toolkit.boards import review_tables as tables
from jobtype_toolkit.boards.board import PATROL, Board, range_of, reason
from jobtype_toolkit.boards.shift import REVIEW_SPANS, Point, Shift
from jobtype_toolkit.boards.worker import in_thread
from jobtype_toolkit.widgets.nodes import ROOT, Node, Nodes, button, note
from jobtype_toolkit.widgets.screen import NOTHING, Effect

if TYPE_CHECKING:
    import pandas as pd

    from jobtype_toolkit.store.store import Store

REPORT = Path("review.html")
"""The file that an export writes, in the folder of the notebook."""

_LISTS = ("+trend", "+onsets", "+nodes", "+stuck", "+waiting")
"""What has a row for each point."""
Sections = tuple[Nodes, dict[str, Point]]


class ReviewState(Board[Shift]):
    """What fails more than usual, since when, on which nodes, what is stuck and what waits, and the jobs behind each of it.

    Acts: `refresh` asks again, `since` takes another range, `edit` of `+type` and `+category` filters, `type` picks a job type,
    `bucket` and `point` show the jobs behind a bar or a row, `close` hides them, `export` writes the report.

    Args:
        store: the store.
        since: the range: a duration back from now, or an instant.
        now: what durations count back from, as in the questions of the store.
        limit: seconds after which a refresh without an answer is reported.
        clock: tells seconds that never go back.
        start: runs the work beside the caller.

    Raises:
        InvalidParameter: a range that is no time.
    """

    def __init__(
        self,
        store: Store,
        *,
        since: str = "P7D",
        now: Time | None = None,
        limit: float = 60.0,
        clock: Callable[[], float] = time.monotonic,
        start: Callable[[Callable[[], None]], object] = in_thread,
    ) -> None:
        super().__init__(since=since, now=now, limit=limit, clock=clock, start=start)
        self._store = store
        self._type = ""
        self._category = ""
        self._made: tuple[Shift, str, Sections] | None = None
        self._point: Point | None = None
        self._jobs: tuple[Point, pd.DataFrame] | None = None
        self._written: tuple[str, bool] | None = None
        self.refresh()

    @property
    def selected(self) -> str | None:
        """The name of the job type that is looked at; None for all."""
        return self._type or None

    @property
    def selection(self) -> pd.DataFrame | None:
        """The jobs behind the point that was clicked, failed ones first; None if there is none yet."""
        with self._lock:
            return self._jobs[1] if self._jobs and self._jobs[0] == self._point else None

    # The work beside the caller.

    def _take(self) -> None:
        with self._lock:
            since, category, name = self._since, self._category, self._type
        try:
            shift = Shift.take(self._store, since, self._now, category, self._clock)
            made = (shift, name, tables.board(shift, name))
        except Exception as error:  # noqa: BLE001 - whatever it is, the board says so and goes on
            self._arrived(trouble=reason(error))
            return
        self._arrived(picture=shift, made=made, trouble="")
        if self._point is not None:
            self._ask_jobs()

    def _ask_jobs(self) -> None:
        with self._lock:
            point, shift = self._point, self._picture
        if point is None or shift is None:
            return
        try:
            found = point.jobs(self._store, shift.source)
        except Exception as error:  # noqa: BLE001
            self._arrived(jobs_trouble=reason(error))
            return
        self._arrived(jobs=(point, found), jobs_trouble="")

    def _write(self) -> None:
        """Write the range that is seen as the report."""
        source = self._picture.source if self._picture is not None else None
        try:
            self._store.report(REPORT, since=self._since, now=self._now, source=source)
        except Exception as error:  # noqa: BLE001
            self._arrived(written=(f"The report was not written: {reason(error)}", False))
            return
        self._arrived(written=(f"The report is in {REPORT.resolve()}.", True))

    # What a person does.

    def perform(self, act: str, of: str, value: Any) -> Effect:
        """Do what a person asked for; an act that is not known does nothing."""
        acts: dict[str, Callable[[str, Any], Effect]] = {
            "tick": lambda _of, _value: NOTHING, "refresh": self._refresh, "since": self._take_since, "edit": self._edit,
            "type": self._pick_type, "bucket": self._pick, "point": self._pick, "close": self._close, "export": self._export,
        }  # fmt: skip
        done = acts.get(act)
        return done(of, value) if done else NOTHING

    def _take_since(self, _of: str, value: Any) -> Effect:
        self._since = range_of(str(value))
        self._forget_point()
        self.refresh()
        return Effect(say=f"Asking for jobs {tables.span(self._since)}.")

    def _edit(self, of: str, value: Any) -> Effect:
        if of == "+type":
            self._type = str(value)
            self._forget_point()
        elif of == "+category" and value in ("", *CATEGORIES):
            self._category = str(value)
            self._forget_point()
            self.refresh()
        return NOTHING

    def _pick_type(self, _of: str, value: Any) -> Effect:
        self._type = "" if value == self._type else str(value)
        self._forget_point()
        return Effect(focus="+trend-section", say=f"{self._type or 'All job types'}.")

    def _pick(self, _of: str, value: Any) -> Effect:
        shift = self._picture
        point = self._sections(shift)[1].get(str(value)) if shift is not None else None
        if point is None:
            return NOTHING
        self._point, self._jobs_trouble = point, ""
        self._worker.ask("jobs", self._ask_jobs)
        return Effect(focus="+jobs")

    def _close(self, _of: str, _value: Any) -> Effect:
        self._forget_point()
        return Effect(focus="+trend-section")

    def _forget_point(self) -> None:
        self._point, self._jobs, self._jobs_trouble = None, None, ""

    def _export(self, _of: str, _value: Any) -> Effect:
        self._written = None
        self._worker.ask("report", self._write)
        return Effect(say="Writing the report.")

    # What the page shows.

    def nodes(self) -> Nodes:
        """Return the bar, the verdict, the job types beside the trend, and what else there is to know."""
        nodes: Nodes = {}
        children = [self._bar(nodes), *self._told(nodes)]
        if self._written is not None:
            text, is_done = self._written
            nodes["+written"] = note(text, "good" if is_done else "bad")
            children.append("+written")
        shift = self._picture
        if shift is not None:
            nodes |= self._sections(shift)[0]
            chosen = {"+types": self._type, **dict.fromkeys(_LISTS, self._point.key if self._point else "")}
            for key, row in chosen.items():
                nodes[key] = {**nodes[key], "selected": row}
            children += ["+verdict", "+types-section", "+trend-section", *self._jobs_section(nodes)]
            children += ["+onsets-section", "+waiting-section", "+columns"]
        busy = self._worker.seconds is not None
        nodes[ROOT] = Node(kind="board", label="Failure review", children=children, every=PATROL if busy else 0)
        return nodes

    def _sections(self, shift: Shift) -> Sections:
        """Return the sections of a shift for the job type that is looked at, made once."""
        if self._made is None or self._made[:2] != (shift, self._type):
            self._made = (shift, self._type, tables.board(shift, self._type))
        return self._made[2]

    def _bar(self, nodes: Nodes) -> str:
        known = self._picture.types if self._picture is not None else []
        names = known if self._type in ("", *known) else [*known, self._type]
        ranges = self._range_buttons(nodes, REVIEW_SPANS)
        nodes["+type"] = Node(
            kind="field", input="choice", label="Job type", value=self._type,
            choices=[("", "all"), *((name, name) for name in sorted(names))],
        )  # fmt: skip
        nodes["+category"] = Node(
            kind="field", input="choice", label="Failures", value=self._category,
            choices=[("", "all categories"), *((one, one.capitalize()) for one in CATEGORIES)],
        )  # fmt: skip
        nodes["+export"] = button("Export as report", "export", icon="export")
        nodes["+exported"] = Node(kind="label", text=self._exported())
        nodes["+refresh"] = button("Refresh now", "refresh", icon="refresh", primary=True)
        nodes["+exporting"] = Node(kind="bar", label="Export", children=["+export", "+exported"])
        children = [ranges, "+type", "+category", "+exporting", "+refresh"]
        nodes["+bar"] = Node(kind="bar", label="Board", children=children)
        return "+bar"

    def _exported(self) -> str:
        """Return what the report is about: it judges all job types together, so filters do not cut it."""
        return f"of all job types and categories, {tables.span(self._since)}"

    def _jobs_section(self, nodes: Nodes) -> list[str]:
        point = self._point
        if point is None:
            return []
        children = self._jobs_told(nodes)
        found = self.selection
        if found is not None:
            nodes |= tables.jobs(point, found)
            children = ["+jobs-bar", *children, "+job-rows"]
        nodes["+jobs"] = Node(
            kind="section", label=point.label, help="The jobs behind it.", state="chosen", children=children
        )
        return ["+jobs"]
