"""What a pull or a backfill did, what it could not do, and where the store and the server disagree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

from jobtype_toolkit import hints
from jobtype_toolkit.api.intervals import BEGINNING, Span
from jobtype_toolkit.api.times import v6_text
from jobtype_toolkit.display.reports import report


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A count of jobs that the server gives otherwise than the store."""

    name: str
    version: str
    status: str | None
    category: str | None
    here: int
    there: int

    def __str__(self) -> str:
        what = " ".join(one for one in (self.status, self.category) if one)
        return f"{self.name} {self.version} {what}: {self.here:,} here, {self.there:,} on the server"


@dataclass(frozen=True, slots=True, repr=False)
class PullReport:
    """What a pull did: `rows == new + changed + unchanged + rejected`, jobs and everything else together."""

    load_id: int
    source: str
    at: datetime | None = None
    """When it began."""
    rows: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    """Rows that said nothing new, those of the overlap with the last pull among them."""
    rejected: int = 0
    jobs: int = 0
    """How many of the rows are jobs."""
    executions: int = 0
    """How many of the rows are executions."""
    purged: int = 0
    """Open jobs that the server no longer has, and that were therefore taken out."""
    requests: int = 0
    """How many requests were sent."""
    slowed: int = 0
    """How often the server asked for less with 429 or 503."""
    seconds: float = 0.0
    is_complete: bool = True
    """Whether every job of the server that was asked for is here."""
    complete_from: datetime | None = None
    """Since when the history is complete, by last_modified; None from the beginning, or where nothing is."""
    disagreements: tuple[Disagreement, ...] = ()
    """Where the status counts of store and server differ for the last three hours."""
    notes: tuple[str, ...] = ()
    """What could not be read, and what else somebody should know."""

    kind: str = "pull"
    """`pull`, or `backfill`: then `requests` are statements."""

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain values that JSON can hold."""
        made = {one.name: getattr(self, one.name) for one in fields(self)}
        return {
            **made,
            "at": v6_text(self.at),
            "complete_from": v6_text(self.complete_from),
            "disagreements": [
                {one.name: getattr(each, one.name) for one in fields(each)} for each in self.disagreements
            ],
            "notes": list(self.notes),
        }

    def __repr__(self) -> str:
        return str(self)

    def __str__(self) -> str:
        span = f"since {v6_text(self.complete_from)}" if self.complete_from else "from the beginning"
        told = (
            f"{hints.counted(self.rows, 'row')} {_BROUGHT[self.kind]} into {self.source!r}, {self.jobs:,} of them jobs: {self.new:,} new, {self.changed:,} "
            f"changed, {self.unchanged:,} unchanged or read twice, {self.rejected:,} rejected (load {self.load_id}); "
            f"{hints.counted(self.requests, _ASKED[self.kind])} in {self.seconds:,.1f} s"
        )
        whole = f"The history is NOT complete; {self.kind} again to go on."
        lines = [told, f"The history is complete {span}." if self.is_complete else whole]
        if self.purged:
            lines.append(
                f"{hints.counted(self.purged, 'open job is', 'open jobs are')} gone from the server, and no longer in the store."
            )
        if self.slowed:
            lines.append(f"The server asked {hints.counted(self.slowed, 'time')} for fewer requests.")
        if self.rejected:
            lines.append(f"{hints.call('store.rejects()')} shows the rejected rows.")
        lines += [f"Store and server disagree: {one}." for one in self.disagreements[:_SHOWN]]
        if len(self.disagreements) > _SHOWN:
            lines.append(f"… and in {hints.counted(len(self.disagreements) - _SHOWN, 'more count')}.")
        return "\n".join([*lines, *self.notes])

    def _repr_html_(self) -> str:
        names = ("rows", "jobs", "executions", "new", "changed", "unchanged", "rejected", "purged", "requests")
        counts = {name: getattr(self, name) for name in names}
        complete = v6_text(self.complete_from) or "from the beginning"
        state = f"complete since {complete}" if self.complete_from else f"complete {complete}"
        shown = counts | {
            "seconds": f"{self.seconds:,.1f}",
            "history": state if self.is_complete else f"NOT complete; {self.kind} again",
        }
        notes = [f"Store and server disagree: {one}." for one in self.disagreements[:_SHOWN]]
        if len(self.disagreements) > _SHOWN:
            notes.append(f"… and in {hints.counted(len(self.disagreements) - _SHOWN, 'more count')}.")
        hint = [f"{hints.call('store.rejects()')} shows the rejected rows."] if self.rejected else []
        return report(
            f"{self.kind.capitalize()} {self.load_id}",
            shown,
            [*notes, *hint, *self.notes],
            summary=f"into {self.source!r}",
        )


_SHOWN = 5
_BROUGHT = {"pull": "pulled", "backfill": "brought"}
_ASKED = {"pull": "request", "backfill": "statement"}
_UNKNOWN = "{} the status {!r}, which v6 does not know (D33): no question about other statuses counts them."


@dataclass(slots=True)
class Tally:
    """What is counted while a pull goes on."""

    rows: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    rejected: int = 0
    jobs: int = 0
    executions: int = 0
    purged: int = 0
    notes: list[str] = field(default_factory=list)
    unknown: dict[int, str] = field(default_factory=dict)
    """The jobs with a status that v6 does not know, by their ids; some are read twice."""
    disagreements: tuple[Disagreement, ...] = ()

    def add(self, resource: str, good: int, new: int, changed: int, rejected: int) -> None:
        """Count a batch of rows that went into the store."""
        self.rows += good + rejected
        self.new += new
        self.changed += changed
        self.unchanged += good - new - changed
        self.rejected += rejected
        if resource == "jobs":
            self.jobs += good + rejected
        if resource == "job_executions":
            self.executions += good + rejected

    def note(self, text: str) -> None:
        """Keep a remark, once."""
        if text not in self.notes:
            self.notes.append(text)


def pull_report(
    tally: Tally, load_id: int, source: str, spans: Sequence[Span], *, at: datetime | None, seconds: float, **more: Any
) -> PullReport:
    """Return the report of what was counted; `spans` are the complete stretches of the history, `more` its other fields."""
    started = spans[-1][0] if spans else None
    counted = {one: getattr(tally, one) for one in _COUNTED}
    notes = (*tally.notes, *_unknown_statuses(tally))
    complete_from = None if started == BEGINNING else started
    return PullReport(
        load_id,
        source,
        at,
        **counted,
        disagreements=tally.disagreements,
        seconds=round(seconds, 3),
        complete_from=complete_from,
        notes=notes,
        **more,
    )


_COUNTED = ("rows", "new", "changed", "unchanged", "rejected", "jobs", "executions", "purged")


def _unknown_statuses(tally: Tally) -> list[str]:
    """Return what to say of jobs with a status that v6 does not know."""
    return [
        _UNKNOWN.format(hints.counted(jobs, "job has", "jobs have"), one)
        for one, jobs in sorted(Counter(tally.unknown.values()).items())
    ]
