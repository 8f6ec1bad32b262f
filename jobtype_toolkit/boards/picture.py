"""What a status board shows: the answers of one moment, and the figures and rows made of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from jobtype_toolkit.api.resources import CATEGORIES
from jobtype_toolkit.display.cells import age
from jobtype_toolkit.sqlfiles import sql

if TYPE_CHECKING:
    import pandas as pd

    from jobtype_toolkit.api.times import Time
    from jobtype_toolkit.backend import Backend

SPANS: Mapping[str, tuple[str, str]] = {
    "PT1H": ("1 hour", "in the last hour"),
    "PT3H": ("3 hours", "in the last 3 hours"),
    "P1D": ("1 day", "in the last day"),
    "P7D": ("7 days", "in the last 7 days"),
    "P30D": ("30 days", "in the last 30 days"),
    "all": ("All", "in all of history"),
}
"""The ranges of a board: what each is called on its button, and in a sentence."""
_SHOWN = frozenset({
    "source", "job_type_id", "name", "version", "title", "is_active", "is_paused", "is_system", "status", "category", "count",
    "longest_running", "longest_pending", "longest_queued", "highest_priority", "error_name", "error_category", "last_error",
    "id", "node", "num_exes", "last_status_change",
})  # fmt: skip
"""The columns that boards show."""
DAYS_SHOWN = 14
"""Of how many days, the last one included, a job type has its failures per day."""
_BEGINNING = "1970-01-01T00:00:00Z"
"""Before all jobs; without a start v6 counts the last three hours."""


def started(since: str) -> str:
    """Return the start of a range as a service takes it."""
    return _BEGINNING if since == "all" else since


def spoken(since: str) -> str:
    """Return a range as the end of a sentence."""
    return SPANS[since][1] if since in SPANS else f"since {since}"


Row = dict[str, Any]


@dataclass(slots=True)
class TypeCounts:
    """A job type, and how many of its jobs entered each status in the range; RUNNING counts all that run."""

    key: str
    id: int
    source: str | None
    """The source in a picture of several; None if there is one."""
    name: str
    version: str
    title: str
    tags: tuple[str, ...]
    statuses: Counter[str] = field(default_factory=Counter)
    categories: Counter[str] = field(default_factory=Counter)
    """Its failed jobs by the category of their error."""

    @property
    def failed(self) -> int:
        """How many jobs failed."""
        return self.statuses["FAILED"]

    @property
    def share(self) -> float | None:
        """Part of the finished jobs that failed, 0 to 1; None if none finished."""
        finished = self.failed + self.statuses["COMPLETED"]
        return self.failed / finished if finished else None

    @property
    def badness(self) -> tuple[Any, ...]:
        """What the worst come first by: failures, then work of any kind, then the name."""
        return (-self.failed, -(self.share or 0.0), -self.statuses.total(), self.name.lower(), self.version)


@dataclass(frozen=True, eq=False)
class Picture:
    """The five answers of one refresh."""

    since: str
    status: pd.DataFrame
    pending: pd.DataFrame
    running: pd.DataFrame
    queue: pd.DataFrame
    failures: pd.DataFrame
    """The system failures."""
    taken: float
    """When it was taken, by the clock of the board."""
    days: pd.DataFrame | None = None
    """Failed jobs per job type and day of the last days; None of a target without SQL."""

    @classmethod
    def take(cls, target: Backend, since: str, now: Time | None, clock: Callable[[], float]) -> Picture:
        """Ask a backend; every error of its calls can be raised."""
        status = target.status(started=started(since), now=now)
        others = (target.pending(), target.running(), target.queue_status(), target.system_failures())
        return cls(since, status, *others, clock(), _failed_by_day(target, status))

    @property
    def _all(self) -> tuple[pd.DataFrame, ...]:
        return (self.status, self.pending, self.running, self.queue, self.failures)

    @cached_property
    def rows(self) -> dict[str, list[Row]]:
        """The rows of each answer by the name of its attribute."""
        names = ("status", "pending", "running", "queue", "failures")
        return {name: records(frame) for name, frame in zip(names, self._all, strict=True)}

    @property
    def now(self) -> datetime:
        """What ages count back from."""
        return datetime.fromisoformat(self.status.attrs["now"])

    @property
    def source(self) -> str:
        """The source of the figures: a name, or the URL of a server."""
        return str(self.status.attrs["source"])

    @property
    def notes(self) -> tuple[str, ...]:
        """What must be known about the answers, such as history that is not complete, each once."""
        return tuple(dict.fromkeys(note for frame in self._all for note in frame.attrs["notes"]))

    @property
    def as_of(self) -> str:
        """How fresh the figures are, in a sentence."""
        known = self.status.attrs
        if "url" in known:
            return f"Answered by the server: {clock_time(known['observed'])}."
        newest = known.get("as_of")
        return f"Newest change of a job: {clock_time(newest)}." if newest else "There are no jobs."

    @cached_property
    def types(self) -> dict[str, TypeCounts]:
        """All job types by key, worst first."""
        found: dict[str, TypeCounts] = {}
        for row in (row for rows in self.rows.values() for row in rows):
            key = key_of(row)
            if key not in found:
                found[key] = _counts(key, row)
        for row in self.rows["status"]:
            if row["count"] and row["status"] is not None:
                one = found[key_of(row)]
                one.statuses[row["status"]] += row["count"]
                if row["status"] == "FAILED" and row["category"] is not None:
                    one.categories[row["category"]] += row["count"]
        return {one.key: one for one in sorted(found.values(), key=lambda one: one.badness)}

    @cached_property
    def categories(self) -> dict[str, int]:
        """The failed jobs of the range by the category of their error; those without one under ""."""
        total = sum((one.categories for one in self.types.values()), Counter[str]())
        counts = {category: total[category] for category in CATEGORIES}
        rest = self.failed - sum(counts.values())
        return {**counts, "": rest} if rest else counts

    @cached_property
    def failed_by_day(self) -> dict[str, list[int]]:
        """The failed jobs of each of the last days by job type; empty of a target without SQL."""
        found: dict[str, list[int]] = {}
        if self.days is None:
            return found
        for source, id, day, failed in self.days.itertuples(index=False):
            key = f"{source}/{id}" if "source" in self.status else str(id)
            at = DAYS_SHOWN - 1 - (self.now.date() - day.date()).days
            if 0 <= at < DAYS_SHOWN:
                found.setdefault(key, [0] * DAYS_SHOWN)[at] += failed
        return found

    @property
    def failed(self) -> int:
        """The failed jobs of the range."""
        return sum(one.failed for one in self.types.values())

    @property
    def completed(self) -> int:
        """The completed jobs of the range."""
        return sum(one.statuses["COMPLETED"] for one in self.types.values())

    def age(self, stamp: Any) -> str:
        """Return how long before the picture's present an instant is; empty for a missing one."""
        return "" if stamp is None else age(stamp.isoformat(), self.now)

    def seconds(self, stamp: Any) -> float:
        """Return the same in seconds, 0 for a missing one or one that is later."""
        return 0.0 if stamp is None else max((self.now - stamp).total_seconds(), 0.0)


def _failed_by_day(target: Backend, status: pd.DataFrame) -> pd.DataFrame | None:
    """Return the failed jobs per job type and UTC day until the present of an answer; None of a target without SQL."""
    ask = getattr(target, "sql", None)
    if ask is None:
        return None
    ended = datetime.fromisoformat(status.attrs["now"])
    first = ended.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=DAYS_SHOWN - 1)
    found: pd.DataFrame = ask(
        sql("boards/status.failed_by_day"), source=status.attrs["source"], started=first, ended=ended
    )
    return found


def records(frame: pd.DataFrame) -> list[Row]:
    """Return the rows of a frame as far as boards show them; what is missing is None."""
    from jobtype_toolkit.frames import rows

    return rows(frame[[name for name in frame.columns if name in _SHOWN]])


def key_of(row: Row) -> str:
    """Return the key of a row's job type: two sources may use one id."""
    return f"{row['source']}/{row['job_type_id']}" if "source" in row else str(row["job_type_id"])


def _counts(key: str, row: Row) -> TypeCounts:
    title = row["title"] or ""
    return TypeCounts(key, row["job_type_id"], row.get("source"), row["name"], row["version"], title, _tags(row))


def _tags(row: Row) -> tuple[str, ...]:
    told = {
        "deprecated": row["is_active"] is False,
        "paused": row["is_paused"] is True,
        "system": row["is_system"] is True,
    }
    return tuple(tag for tag, is_so in told.items() if is_so)


def clock_time(text: str) -> str:
    """Return an instant of JSON to the second, with its zone."""
    return f"{text[:19].replace('T', ' ')} UTC"
