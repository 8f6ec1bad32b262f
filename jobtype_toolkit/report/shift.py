"""What a shift report says, as plain data: sections of entries, each with its numbers and the way to what is behind them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from jobtype_toolkit.report.calls import Call

MOST_ENTRIES = 25
"""How many entries of a section are shown; the call behind the section gives all."""


@dataclass(frozen=True, slots=True)
class Day:
    """The finished and failed jobs of a type on a UTC day."""

    start: datetime
    finished: int
    failed: int
    rate: float | None
    """Part of the finished jobs that failed; None if nothing finished."""
    is_partial: bool
    """Whether the window cuts it."""


@dataclass(frozen=True, slots=True)
class Trend:
    """The days of a job type, with what is usual of it."""

    days: tuple[Day, ...]
    usual_low: float | None
    usual_high: float | None
    onset: datetime | None = None
    """The day since which failures with `error_name` are more frequent, if that is known."""
    error_name: str | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """What is behind a number, and the call that gives it."""

    what: str
    call: Call


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that a reader of the report should know."""

    title: str
    """What it is about: a job type, a node, an error."""
    says: str
    """It in a sentence or two."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """The numbers, by name; of JSON's kinds and instants."""
    jobs: tuple[int, ...] = ()
    """Some of the jobs, by id."""
    links: tuple[Link, ...] = ()
    trend: Trend | None = None
    example: Call | None = None
    """The call that shows the first of `jobs`."""


@dataclass(frozen=True, slots=True)
class Section:
    """Entries of one kind, the most important first."""

    key: str
    title: str
    entries: tuple[Entry, ...]
    nothing: str
    """What the section says if it is empty."""
    call: Call
    """The question that gives all of it."""
    left_out: int = 0
    """How many entries are not shown."""
    made_of: str = ""
    """What the entries are, if they are of several kinds: `1 node, 4 job types`."""

    @property
    def count(self) -> int:
        """How many entries there are, shown or not."""
        return len(self.entries) + self.left_out


def section(key: str, title: str, entries: list[Entry], nothing: str, call: Call, *, made_of: str = "") -> Section:
    """Return a section with as many of the entries as are shown."""
    left_out = max(len(entries) - MOST_ENTRIES, 0)
    return Section(key, title, tuple(entries[:MOST_ENTRIES]), nothing, call, left_out, made_of)


@dataclass(frozen=True, slots=True)
class Answered:
    """A question that the report asked."""

    call: Call
    sql: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """The verdict about a job type, for the alarm."""

    source: str
    name: str
    verdict: str
    is_muted: bool


@dataclass(frozen=True, slots=True)
class Shift:
    """What is to be said about a shift."""

    verdict: str
    """The shift in one sentence."""
    source: str
    started: datetime
    now: datetime
    now_is: str
    jobs: int
    """How many jobs the source has."""
    as_of: datetime | None
    finished: int
    """Jobs that were COMPLETED or FAILED in the shift."""
    failed: int
    sections: tuple[Section, ...]
    notes: tuple[str, ...] = ()
    """What must be known about the history."""
    answered: tuple[Answered, ...] = ()
    verdicts: tuple[Verdict, ...] = ()

    @property
    def first(self) -> tuple[Section, Entry] | None:
        """What to look at first, and where it stands; None after a quiet shift."""
        for one in self.sections:
            if one.entries and one.key not in ("better", "later"):
                return one, one.entries[0]
        return None
