"""The sections about jobs that do not get on: stuck, waiting and paused ones."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from jobtype_toolkit.hints import counted
from jobtype_toolkit.report.answers import Answers, Row
from jobtype_toolkit.report.phrases import lasting, listed, moment, named, quoted, sentence
from jobtype_toolkit.report.shift import Entry, Link, Section, section

_HELD = ("unmet_resources", "max_scheduled", "")
"""The reasons for which queued jobs do not start, the hardest first; those behind others come after them."""
_LATER = "not on the queue yet"
_NEVER = "never at this rate"


@dataclass(frozen=True, slots=True)
class Queue:
    """A job type and version with jobs on the queue."""

    row: Row
    """Of `drain_forecast`."""
    reason: str
    evidence: str

    @property
    def is_held(self) -> bool:
        """Whether its jobs cannot start, or grow faster than they start."""
        return self.reason == "unmet_resources" or self.row["verdict"] == _NEVER


class Queues:
    """The jobs that are RUNNING for too long, or do not start."""

    def __init__(self, answers: Answers) -> None:
        """Ask what is needed of them."""
        self._answers = answers
        self._stuck = answers.rows("stuck", now=answers.now)
        why = answers.rows("why_not_running", now=answers.now)
        reasons = {self._place(row): row for row in reversed(why)}
        queues = []
        for row in answers.rows("drain_forecast", now=answers.now):
            found = reasons.get(self._place(row))
            queues.append(Queue(row, found["reason"] if found else "", found["evidence"] if found else ""))
        self.paused_queues = [one for one in queues if one.reason == "paused"]
        self.queues = sorted((one for one in queues if one.reason != "paused"), key=_rank)
        self._pending = [row for row in why if row["reason"] == "not_queued"]

    def _place(self, row: Row) -> tuple[str, str, str]:
        return (*self._answers.key(row), row["version"])

    def stuck(self) -> Section:
        """Return the job types with RUNNING jobs that run longer than they may."""
        groups: dict[tuple[str, str, str, str], list[Row]] = defaultdict(list)
        for row in self._stuck:
            groups[(*self._place(row), row["reason"])].append(row)
        entries = [self._stuck_entry(rows) for rows in sorted(groups.values(), key=lambda rows: -len(rows))]
        return section("stuck", "Stuck", entries, "No job runs longer than it may.", self._answers.asked("stuck"))

    @property
    def stuck_jobs(self) -> int:
        """How many jobs run longer than they may."""
        return len(self._stuck)

    def _stuck_entry(self, rows: list[Row]) -> Entry:
        longest = max(rows, key=lambda row: (row["running_for"], row["id"]))
        limit = {
            "timeout": f"their timeout of {lasting(longest['allowed'])}",
            "usual": f"twice what jobs of this type take at most, {lasting(longest['allowed'])}",
        }[longest["reason"]]
        where = f", on {named(longest['node'])}" if longest["node"] else ""
        runs = "runs" if len(rows) == 1 else "run"
        says = f"{counted(len(rows), 'RUNNING job')} {runs} longer than {limit}; the longest for {lasting(longest['running_for'])}{where}."
        answers = self._answers
        jobs = tuple(row["id"] for row in rows[:10])
        return Entry(
            answers.title(longest, longest["version"]),
            says.replace("their timeout", "its timeout") if len(rows) == 1 else says,
            {
                "jobs": len(rows),
                "reason": longest["reason"],
                "allowed": longest["allowed"],
                "running_for": longest["running_for"],
            },
            jobs,
            (
                Link("these jobs", answers.call("stuck", name=longest["name"], now=answers.now)),
                Link("all its RUNNING jobs", answers.call("jobs", status="RUNNING", job_type_name=longest["name"])),
            ),
            example=answers.example(jobs),
        )

    def waiting(self) -> Section:
        """Return the job types with jobs on the queue that are not paused, those that cannot start first."""
        moves = [self._moves(one) for one in self.queues]
        moving = [one for one, is_moving in zip(self.queues, moves, strict=True) if is_moving]
        entries = [self._entry(one) for one, is_moving in zip(self.queues, moves, strict=True) if not is_moving]
        entries += [self._moving(moving)] if moving else []
        entries += self._pending_entries() if entries else []
        nothing = f"No job is on the queue; {self._not_yet()}." if self._pending else "No job is on the queue."
        return section("waiting", "Waiting, and why", entries, nothing, self._answers.asked("drain_forecast"))

    def _moves(self, queue: Queue) -> bool:
        """Return whether a queue gets through within the length of another shift."""
        by = queue.row["high"]
        return (
            not queue.is_held and by is not None and by - self._answers.now <= self._answers.now - self._answers.started
        )

    def _moving(self, queues: list[Queue]) -> Entry:
        last = max(queues, key=lambda one: one.row["high"]).row
        names = [f"{self._answers.title(one.row, one.row['version'])} ({one.row['queued']:,})" for one in queues]
        says = (
            f"{counted(sum(one.row['queued'] for one in queues), 'job')} of {listed(names, 8)} are on their way; with 80 % "
            f"certainty the last of these queues is empty by {moment(last['high'])}."
        )
        facts = {"queued": sum(one.row["queued"] for one in queues), "by": last["high"]}
        links = (
            Link("all queues", self._answers.asked("drain_forecast")),
            Link("why they wait", self._answers.asked("why_not_running")),
        )
        return Entry("queues that move" if len(queues) > 1 else "a queue that moves", says, facts, links=links)

    def paused(self) -> Section:
        """Return the paused job types with jobs on the queue."""
        entries = [self._entry(one) for one in sorted(self.paused_queues, key=lambda one: -one.row["queued"])]
        return section(
            "paused",
            "Paused",
            entries,
            "No job type is paused with jobs on the queue.",
            self._answers.asked("why_not_running"),
        )

    def _entry(self, queue: Queue) -> Entry:
        row, answers = queue.row, self._answers
        next_ = f"nothing known keeps {counted(row['queued'], 'QUEUED job')} from running: they come next"
        running = f" {row['running']:,} RUNNING." if row["running"] else ""
        says = f"{quoted(queue.evidence or next_)}{running}{'' if queue.reason == 'paused' else _drained(row)}"
        drained = Link("when it will be empty", answers.call("drain_forecast", name=row["name"], now=answers.now))
        names = ("queued", "running", "verdict", "empty_at", "low", "high", "arrivals_per_hour", "completions_per_hour")
        return Entry(
            answers.title(row, row["version"]),
            says,
            {name: row[name] for name in names} | {"reason": queue.reason or None},
            (),
            (
                Link("why it does not run", answers.call("why_not_running", name=row["name"], now=answers.now)),
                Link("the queued jobs", answers.call("jobs", status="QUEUED", job_type_name=row["name"])),
                *([] if queue.reason == "paused" else [drained]),
            ),
        )

    def _not_yet(self) -> str:
        """Return how many jobs are not on the queue yet, of types without any on it, and since when the oldest waits."""
        jobs = sum(row["jobs"] for row in self._pending)
        since = min((row["since"] for row in self._pending if row["since"]), default=None)
        oldest = f", the oldest since {moment(since)}" if since else ""
        are = "is" if jobs == 1 else "are"
        others = " with none on the queue" if self.queues or self.paused_queues else ""
        of = counted(len(self._pending), "job type version")
        return f"{counted(jobs, 'job')} of {of}{others} {are} PENDING or BLOCKED{oldest}"

    def later(self) -> list[Entry]:
        """Return what can wait: jobs that are not on the queue yet, if none is on it; else `waiting` has them."""
        return [] if self.queues else self._pending_entries()

    def _pending_entries(self) -> list[Entry]:
        if not self._pending:
            return []
        oldest = sorted(
            self._pending, key=lambda row: (row["since"] is None, row["since"], row["name"], row["version"])
        )
        shown = [f"{self._answers.title(row, row['version'])} ({_waits(row)})" for row in oldest]
        says = f"{sentence(self._not_yet())} They wait for input or for other jobs: {listed(shown, 5)}."
        return [
            Entry(
                _LATER,
                says,
                {"versions": len(self._pending), "jobs": sum(row["jobs"] for row in self._pending)},
                links=(Link("all of them", self._answers.asked("why_not_running")),),
            )
        ]


def _rank(one: Queue) -> tuple[bool, int, int, str, str]:
    place = _HELD.index(one.reason) if one.reason in _HELD else len(_HELD)
    return not one.is_held, place, -one.row["queued"], one.row["name"], one.row["version"]


def _waits(row: Row) -> str:
    return f"{row['jobs']:,}" + (f", since {moment(row['since'])}" if row["since"] else "")


def _drained(row: Row) -> str:
    match row["verdict"]:
        case "draining":
            sure = f", with 80 % certainty by {moment(row['high'])}" if row["high"] else ""
            return f" It is empty at about {moment(row['empty_at'])}{sure}."
        case "never at this rate":
            return " At this rate it is never empty: more comes than finishes."
        case "not enough data":
            return " Too little finished lately to say when it will be empty."
    return ""
