"""What a failure review shows: the answers of the review's questions for one window, and what they say together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from jobtype_toolkit.boards.picture import clock_time
from jobtype_toolkit.hints import counted
from jobtype_toolkit.report.phrases import named
from jobtype_toolkit.report.sentences import failing_more, summed_up
from jobtype_toolkit.report.sentences import stuck as stuck_jobs
from jobtype_toolkit.sqlfiles import sql

if TYPE_CHECKING:
    import pandas as pd

    from jobtype_toolkit.api.times import Time
    from jobtype_toolkit.store.store import Store

REVIEW_SPANS: Mapping[str, tuple[str, str]] = {
    "P1D": ("1 day", "in the last day"),
    "P7D": ("7 days", "in the last 7 days"),
    "P30D": ("30 days", "in the last 30 days"),
    "P90D": ("90 days", "in the last 90 days"),
}
"""The ranges of a review: what each is called on its button, and in a sentence."""
LENGTHS = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(weeks=1)}
"""How long a bucket of the trend is."""
JOBS_SHOWN = 500
"""How many jobs behind a point are shown."""
FAILED = ("FAILED",)
FINISHED = ("FAILED", "COMPLETED")
WAITING = ("PENDING", "BLOCKED", "QUEUED")

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Point:
    """What was clicked, as what its jobs have in common; None means any."""

    key: str
    label: str
    statuses: tuple[str, ...] = FAILED
    id: int | None = None
    name: str | None = None
    version: str | None = None
    error_name: str | None = None
    is_without_error: bool = False
    """Whether it is about failures of which no error is known."""
    category: str | None = None
    node: str | None = None
    started: datetime | None = None
    ended: datetime | None = None

    def jobs(self, store: Store, source: str) -> pd.DataFrame:
        """Return its jobs, failed ones first; `attrs["count"]` is how many there are in all."""
        names = ("id", "name", "version", "error_name", "is_without_error", "category", "node", "started", "ended")
        bound = {name: getattr(self, name) for name in names}
        found = store.sql(
            sql("boards/review.jobs"), source=source, statuses=list(self.statuses), limit=JOBS_SHOWN, **bound
        )
        count = int(found["in_all"].iloc[0]) if len(found) else 0
        found = found.drop(columns=["in_all", *(["source"] if source != "*" else [])])
        found.attrs["count"] = count
        return found


@dataclass(frozen=True, slots=True)
class Bucket:
    """A stretch of the trend: the part of an hour, a day or a week that is in the window."""

    start: datetime
    """Where the hour, day or week begins."""
    started: datetime
    ended: datetime
    is_partial: bool
    finished: int
    failed: int

    @property
    def rate(self) -> float | None:
        """Part of the finished jobs that failed, 0 to 1; None if none finished."""
        return self.failed / self.finished if self.finished else None


@dataclass(frozen=True, eq=False)
class Shift:
    """The six answers of one look."""

    since: str
    category: str
    per: str
    worse: pd.DataFrame
    trend: pd.DataFrame
    onsets: pd.DataFrame
    stuck: pd.DataFrame
    waiting: pd.DataFrame
    nodes: pd.DataFrame
    taken: float
    """When it was taken, by the clock of the board."""

    @classmethod
    def take(cls, store: Store, since: str, now: Time | None, category: str, clock: Callable[[], float]) -> Shift:
        """Ask a store; every error of its calls can be raised."""
        ask = store.analyses
        window: Any = {"started": since, "now": now}
        of = {"category": category or None}
        worse = ask.worse_than_usual(**window, **of)
        per = _per(*_bounds(worse))
        return cls(
            since,
            category,
            per,
            worse,
            ask.failure_trend(per=per, by=["name"], **window, **of),
            ask.error_onsets(**window, **of),
            ask.stuck(now=now),
            ask.why_not_running(now=now),
            ask.bad_nodes(**window, **of),
            clock(),
        )

    @cached_property
    def rows(self) -> dict[str, list[Row]]:
        """The rows of each answer by the name of its attribute; what is missing is None."""
        from jobtype_toolkit.frames import rows

        names = ("worse", "trend", "onsets", "stuck", "waiting", "nodes")
        return {name: rows(getattr(self, name)) for name in names}

    @property
    def source(self) -> str:
        """The source of the answers, `*` for all."""
        return str(self.worse.attrs["source"])

    @property
    def window(self) -> tuple[datetime, datetime]:
        """From when to before when the finished jobs are counted."""
        return _bounds(self.worse)

    @property
    def notes(self) -> tuple[str, ...]:
        """What must be known about the answers, each once."""
        frames = (self.worse, self.trend, self.onsets, self.stuck, self.waiting, self.nodes)
        return tuple(dict.fromkeys(note for frame in frames for note in frame.attrs["notes"]))

    @property
    def as_of(self) -> str:
        """How fresh the figures are, in a sentence."""
        newest = self.worse.attrs.get("as_of")
        if not newest:
            return "There are no jobs."
        began, end = (f"{moment:%Y-%m-%d %H:%M}" for moment in self.window)
        return f"Jobs that finished from {began} to {end} UTC. Newest change of a job: {clock_time(newest)}."

    @cached_property
    def types(self) -> list[str]:
        """The names of the job types with finished jobs, worse ones first."""
        return list(dict.fromkeys(row["name"] for row in self.rows["worse"]))

    def judged(self, verdict: str) -> list[Row]:
        """Return the job types of a verdict, the surest first."""
        return [row for row in self.rows["worse"] if row["verdict"] == verdict]

    @cached_property
    def held(self) -> list[Row]:
        """The job types with jobs that wait, each with its decisive reason."""
        return [row for row in self.rows["waiting"] if row["position"] == 1 and row["reason"] != "nothing_waiting"]

    @cached_property
    def begun(self) -> list[Row]:
        """The errors whose episode began in the window."""
        began = self.window[0]
        is_begun = [
            row["kind"] != "steady" and row["onset"] is not None and row["onset"] + _DAY > began
            for row in self.rows["onsets"]
        ]
        return [row for row, so in zip(self.rows["onsets"], is_begun, strict=True) if so]

    def buckets(self, name: str) -> list[Bucket]:
        """Return the trend of a job type, of all together for ""; without a gap."""
        began, end = self.window
        length = LENGTHS[self.per]
        made: dict[datetime, Bucket] = {}
        for row in self.rows["trend"]:
            if name and row["name"] != name:
                continue
            start = row["start"]
            known = made.get(start) or Bucket(
                start, max(start, began), min(start + length, end), row["is_partial"], 0, 0
            )
            made[start] = replace(known, finished=known.finished + row["finished"], failed=known.failed + row["failed"])
        return [made[start] for start in sorted(made)]

    @property
    def verdict(self) -> tuple[str, bool]:
        """The shift in the sentence of the report, and whether it is quiet.

        The board asks less than the report: it tells of errors that began, of which new ones are a part, and of no queues.
        """
        judged, worse, stuck = self.rows["worse"], self.judged("worse"), self.rows["stuck"]
        more = failing_more(
            [_titled(row, "node") for row in self.rows["nodes"] if row["verdict"] == "bad"],
            len(worse),
            (_titled(worse[0], "name"), worse[0]) if worse else None,
        )
        trouble = [
            *([counted(len(self.begun), "error") + " began"] if self.begun else []),
            *([stuck_jobs(len(stuck), _most_first(stuck))] if stuck else []),
        ]
        text = summed_up(
            worse=more,
            trouble="; ".join(trouble),
            finished=sum(row["finished"] for row in judged),
            failed=sum(row["failed"] for row in judged),
            is_judged=any(row["verdict"] != "not enough data" for row in judged),
            of=self.category,
            calm="no error began and no job is stuck",
        )
        return text, not more and not trouble


_DAY = timedelta(days=1)


def _titled(row: Row, *columns: str) -> str:
    """Return what a row is about, with its source if there are several."""
    words = " ".join(named(row[one]) for one in columns if row[one])
    return words + (f" ({named(row['source'])})" if "source" in row else "")


def _most_first(stuck: list[Row]) -> list[str]:
    """Return the job types of stuck jobs, those with the most first."""
    return [title for title, _ in Counter(_titled(row, "name", "version") for row in stuck).most_common()]


def _bounds(frame: pd.DataFrame) -> tuple[datetime, datetime]:
    window = frame.attrs["window"]
    return datetime.fromisoformat(window["started"]), datetime.fromisoformat(window["ended"])


def _per(started: datetime, ended: datetime) -> str:
    """Return the length of a bucket that gives a window between a dozen and some hundred of them."""
    span = ended - started
    return "hour" if span <= timedelta(days=2) else "day" if span <= timedelta(days=120) else "week"
