"""The sections about failures: what is worse, new and better, and what can wait."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from typing import Any

from jobtype_toolkit.hints import counted
from jobtype_toolkit.report.answers import LAST, Answers, Key, Row
from jobtype_toolkit.report.mutes import Mute, covering
from jobtype_toolkit.report.nodes import BadNodes
from jobtype_toolkit.report.phrases import LONGEST_SENTENCE, closed, day, listed, moment, named, percent
from jobtype_toolkit.report.shift import Day, Entry, Link, Section, Trend, Verdict, section

_TREND = 28
"""How many UTC days before the last one a trend shows."""
_MOST_TRENDS = 12
_LONGEST_EVIDENCE = 400
_PARTS = ("node", "version")
"""The causes whose evidence counts the failures of an episode."""
_MOST_STEADY = 10
_FACTS = (
    "finished",
    "failed",
    "rate",
    "usual_rate",
    "usual_low",
    "usual_high",
    "q_value",
    "version",
    "node",
    "error_name",
)
CHANGES = ("new_type", "new_version", "new_revision", "resumed", "edited", "deprecated", "gone_error")
"""The kinds of facts that the report takes from `changes`; it asks the others itself."""
_CHANGED = {
    "new_type": "version {what} is the first of this name",
    "new_version": "version {what} is new",
    "new_revision": "revision {what} is new, {detail}",
    "resumed": "version {what} was resumed",
    "edited": "version {what} was edited: {detail}",
    "deprecated": "version {what} was deprecated: {detail}",
}


class Failures:
    """The failures of a shift."""

    def __init__(self, answers: Answers, mutes: Sequence[Mute]) -> None:
        """Ask what is needed of them."""
        self._answers, self._mutes = answers, mutes
        self._judged = answers.rows("worse_than_usual", **answers.window)
        self._onsets = answers.rows("error_onsets", started="P30D", now=answers.now)
        self._changes = answers.rows("changes", since=answers.started, now=answers.now, kind=list(CHANGES))
        failures = answers.rows("failures", started=answers.started, ended=answers.now - LAST, now=answers.now)
        self._nodes = BadNodes(answers, self._onsets)
        self._failures: dict[tuple[Key, str | None], list[Row]] = defaultdict(list)
        self._failures_of: dict[Key, list[Row]] = defaultdict(list)
        for row in failures:
            self._failures[answers.key(row), row["error_name"]].append(row)
            self._failures_of[answers.key(row)].append(row)
        self._onset = {(answers.key(row), row["error_name"]): row for row in self._onsets}
        self._trends: dict[Key, list[Row]] = {}
        self._first_day = answers.now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=_TREND)

    @property
    def finished(self) -> int:
        """How many jobs finished."""
        return sum(row["finished"] for row in self._judged)

    @property
    def failed(self) -> int:
        """How many of them failed."""
        return sum(row["failed"] for row in self._judged)

    @property
    def is_judged(self) -> bool:
        """Whether any job type has enough of a history."""
        return any(row["verdict"] != "not enough data" for row in self._judged)

    def verdicts(self) -> tuple[Verdict, ...]:
        """Return the verdict about each job type name."""
        return tuple(
            Verdict(*self._answers.key(row), row["verdict"], self._mute(row) is not None) for row in self._judged
        )

    def _mute(self, row: Row) -> Mute | None:
        return covering(self._mutes, row["error_name"], row["name"], self._answers.now)

    def _with(self, verdict: str) -> Iterator[Row]:
        return (row for row in self._judged if row["verdict"] == verdict)

    def worse(self) -> Section:
        """Return the nodes on which failures concentrate, then the job types that fail more than usual."""
        rows = [row for row in self._with("worse") if self._mute(row) is None]
        self._ask_trends(rows[:_MOST_TRENDS])
        nodes = self._nodes.entries(rows)
        entries = nodes + [self._worse(row) for row in rows]
        made_of = f"{counted(len(nodes), 'node')}, {counted(len(rows), 'job type')}" if nodes else ""
        nothing = (
            "No job type fails more than usual." if self.is_judged else "No job type has enough history to be judged."
        )
        return section(
            "worse", "Worse than usual", entries, nothing, self._answers.asked("worse_than_usual"), made_of=made_of
        )

    def _worse(self, row: Row) -> Entry:
        answers, key = self._answers, self._answers.key(row)
        says = f"{row['failed']:,} of {counted(row['finished'], 'job')} failed ({percent(row['rate'])})"
        if row["usual_rate"] is not None:
            says += (
                f"; usual is {percent(row['usual_rate'])}, and 95 of 100 such windows are between "
                f"{percent(row['usual_low'])} and {percent(row['usual_high'])}"
            )
        onset = self._onset.get((key, row["error_name"]))
        says = f"{says}.{_rise(row)}{self._origin(row, onset)}"
        jobs = self._newest(key, row["error_name"])
        links = [
            Link("the failed jobs", self._jobs(row, row["error_name"])),
            Link("the verdict", answers.call("worse_than_usual", name=row["name"], **answers.window)),
            Link("its days", answers.call("failure_trend", name=row["name"], started=self._first_day, now=answers.now)),
            Link("since when", answers.call("error_onsets", name=row["name"], now=answers.now)),
        ]
        return Entry(
            answers.title(row),
            says,
            {name: row[name] for name in _FACTS} | _told(onset),
            jobs,
            tuple(links),
            self._trend(row, onset),
            answers.example(jobs),
        )

    def _origin(self, row: Row, onset: Row | None) -> str:
        """Return since when a type is worse and what it comes from, as far as that is known."""
        since, why = _since(onset), _why(onset)
        if why:
            return f"{since}{why}"
        if shared := self._nodes.share(self._answers.key(row), row["error_name"]):
            on_node, node = shared
            failed = _count(self._failures.get((self._answers.key(row), row["error_name"]), ()))
            error = named(row["error_name"], "no error")
            return f"{since} {on_node or 'None'} of {counted(failed, 'failure')} with {error} {'is' if on_node == 1 else 'are'} on {named(node)}."
        return f"{since} No cause is known." if since else " No cause is known, nor since when."

    def _on_node(self, key: Key, error: str | None, count: int) -> str:
        """Return how many of some failures are on a bad node, as a sentence; nothing if no bad node is known for the error."""
        shared = self._nodes.share(key, error)
        return f" On {named(shared[1])}: {shared[0] or 'none'} of {count:,}." if shared else ""

    def new(self) -> Section:
        """Return the errors that no job of a name had before, and what was changed."""
        started = self._answers.started
        errors = [row for row in self._onsets if self._is_new(row) and self._mute(row) is None]
        errors.sort(key=lambda row: (-row["count"], row["name"], row["error_name"] or ""))
        entries = [self._new_error(row) for row in errors]
        entries += [
            Entry(
                self._answers.title(row),
                f"{_when(row)}: {_CHANGED[row['kind']].format(what=named(row['what']), detail=named(row['detail']))}.",
                {"kind": row["kind"], "what": row["what"], "moment": row["moment"], "seen": row["seen"]},
                links=(
                    Link(
                        "all changes",
                        self._answers.call("changes", since=started, now=self._answers.now, name=row["name"]),
                    ),
                ),
            )
            for row in self._changes
            if row["kind"] in _CHANGED
        ]
        nothing = "No error, version or revision is new, and nothing was edited."
        call = self._answers.call("changes", since=started, now=self._answers.now)
        return section("new", "New and changed", entries, nothing, call)

    def _is_new(self, onset: Row) -> bool:
        return bool(onset["kind"] == "new" and onset["first_seen"] >= self._answers.started)

    def _new_error(self, row: Row) -> Entry:
        what = f"the error {named(row['error_name'])}" if row["error_name"] else "no error"
        category = f", category {named(row['error_category'])}" if row["error_category"] else ""
        says = f"{counted(row['count'], 'job')} failed with {what}{category}, which it never had before, first at {moment(row['first_seen'])}."
        on_node = self._on_node(self._answers.key(row), row["error_name"], row["count"])
        jobs = self._newest(self._answers.key(row), row["error_name"])
        return Entry(
            self._answers.title(row),
            f"{says}{_why(row) or on_node}",
            {"error_name": row["error_name"], "count": row["count"], "first_seen": row["first_seen"], **_told(row)},
            jobs,
            (
                Link("the failed jobs", self._jobs(row, row["error_name"])),
                Link("since when", self._answers.call("error_onsets", name=row["name"], now=self._answers.now)),
            ),
            example=self._answers.example(jobs),
        )

    def better(self) -> Section:
        """Return the job types that fail less than usual."""
        answers = self._answers
        entries = [
            Entry(
                answers.title(row),
                f"{row['failed']:,} of {counted(row['finished'], 'job')} failed ({percent(row['rate'])}); usual is "
                f"{percent(row['usual_rate'])}.",
                {name: row[name] for name in _FACTS},
                links=(Link("the verdict", answers.call("worse_than_usual", name=row["name"], **answers.window)),),
            )
            for row in self._with("better")
        ]
        return section(
            "better",
            "Better than usual",
            entries,
            "No job type fails less than usual.",
            answers.asked("worse_than_usual"),
        )

    def later(self) -> list[Entry]:
        """Return what can wait of the failures: muted ones, steady ones, errors that are gone, types without a history."""
        return [*self._muted(), *self._steady(), *self._gone(), *self._unjudged()]

    def _muted(self) -> Iterator[Entry]:
        told: set[tuple[Key, str | None]] = set()
        rows: list[Row] = [*self._with("worse"), *self._onsets]
        for row in rows:
            mute, pair = self._mute(row), (self._answers.key(row), row["error_name"])
            found = self._failures.get(pair)
            if mute is None or pair in told or not found:
                continue
            told.add(pair)
            jobs = self._newest(*pair)
            is_worse = " It fails more than usual." if row.get("verdict") == "worse" else ""
            yield Entry(
                f"{self._answers.title(row)}, muted",
                f"{counted(_count(found), 'job')} failed with {named(row['error_name'])}.{is_worse} Muted until "
                f"{moment(mute.until)}: {closed(named(mute.why, longest=LONGEST_SENTENCE))}",
                {"error_name": row["error_name"], "count": _count(found), "until": mute.until, "why": mute.why},
                jobs,
                (Link("the failed jobs", self._jobs(row, row["error_name"])),),
                example=self._answers.example(jobs),
            )

    def _steady(self) -> Iterator[Entry]:
        finished = {self._answers.key(row): row["finished"] for row in self._judged}
        is_told = {(self._answers.key(row), row["error_name"]) for row in self._with("worse")}
        rows = []
        for (key, error), found in self._failures.items():
            onset = self._onset.get((key, error))
            is_new = onset is not None and self._is_new(onset)
            if not (is_new or (key, error) in is_told or covering(self._mutes, error, key[1], self._answers.now)):
                rows.append((-_count(found), key, error or "", found, onset))
        rows.sort(key=lambda row: row[:3])
        for count, key, _, found, onset in rows[:_MOST_STEADY]:
            error = found[0]["error_name"]
            share = f" ({percent(-count / finished[key])} of its jobs)" if finished.get(key) else ""
            since = f"; the first ever was on {day(onset['first_seen'])}" if onset else ""
            shared = self._nodes.share(key, error)
            is_of_node = shared is not None and 2 * shared[0] > -count
            jobs = self._newest(key, error)
            yield Entry(
                f"{self._answers.title(found[0])}, {'on a bad node' if is_of_node else 'steady'}",
                f"{counted(-count, 'job')} failed with {named(error, 'no error')}{share}{since}.{self._on_node(key, error, -count)}",
                {"error_name": error, "count": -count},
                jobs,
                (Link("the failed jobs", self._jobs(found[0], error)),),
                example=self._answers.example(jobs),
            )
        if len(rows) > _MOST_STEADY:
            rest = rows[_MOST_STEADY:]
            call = self._answers.asked("failures")
            failed = counted(sum(-row[0] for row in rest), "more job")
            says = f"{failed} failed, in {counted(len(rest), 'further pair')} of a job type and an error."
            yield Entry(
                "the others, steady", says, {"count": sum(-row[0] for row in rest)}, links=(Link("all of them", call),)
            )

    def _gone(self) -> Iterator[Entry]:
        for row in self._changes:
            if row["kind"] == "gone_error":
                yield Entry(
                    f"{self._answers.title(row)}, gone",
                    f"{named(row['what'])} did not come back; it came last at {moment(row['moment'])} ({named(row['detail'])}).",
                    {"error_name": row["what"], "last_seen": row["moment"]},
                    links=(
                        Link("since when", self._answers.call("error_onsets", name=row["name"], now=self._answers.now)),
                    ),
                )

    def _unjudged(self) -> Iterator[Entry]:
        rows = [row for row in self._with("not enough data") if row["failed"]]
        if rows and self.is_judged:
            names = listed([self._answers.title(row) for row in rows], 8)
            says = f"{sum(row['failed'] for row in rows):,} of {counted(sum(row['finished'] for row in rows), 'job')} of {names} failed."
            facts = {"names": [row["name"] for row in rows[:100]]}
            yield Entry(
                "too little history to judge",
                says,
                facts,
                links=(Link("all of them", self._answers.asked("worse_than_usual")),),
            )

    def _jobs(self, row: Row, error: str | None) -> Any:
        """Return the call that lists the failed jobs of a type, of one error if its id is known."""
        found = self._failures.get((self._answers.key(row), error), [])
        ids = {one["error_id"] for one in found if one["error_id"] is not None}
        of_error = {"error_id": ids.pop()} if len(ids) == 1 else {}
        return self._answers.call(
            "jobs",
            status="FAILED",
            job_type_name=row["name"],
            started=self._answers.started,
            ended=self._answers.now - LAST,
            **of_error,
        )

    def _newest(self, key: Key, error: str | None) -> tuple[int, ...]:
        """Return the newest failed job of each version of a type, of one error or of all."""
        found = [row for row in self._failures_of.get(key, ()) if error in (None, row["error_name"])]
        found = [row for row in found if row["last_job_id"] is not None]
        found.sort(key=lambda row: (row["last_error"], row["last_job_id"]), reverse=True)
        return tuple(dict.fromkeys(row["last_job_id"] for row in found))[:5]

    def _ask_trends(self, rows: Sequence[Row]) -> None:
        if rows:
            names = sorted({row["name"] for row in rows})
            days = self._answers.rows(
                "failure_trend", per="day", by="name", name=names, started=self._first_day, now=self._answers.now
            )
            for one in days:
                self._trends.setdefault(self._answers.key(one), []).append(one)

    def _trend(self, row: Row, onset: Row | None) -> Trend | None:
        rows = self._trends.get(self._answers.key(row))
        if not rows:
            return None
        names = ("start", "finished", "failed", "rate", "is_partial")
        days = tuple(Day(*(one[name] for name in names)) for one in rows)
        return Trend(
            days,
            row["usual_low"],
            row["usual_high"],
            onset["onset"] if onset else None,
            named(onset["error_name"]) if onset else None,
        )


def _count(rows: Iterable[Row]) -> int:
    return sum(row["count"] for row in rows)


def _rise(row: Row) -> str:
    """Return what the rise of a type consists of."""
    where = (
        f" in version {named(row['version'])}" if row["version"] else f" on {named(row['node'])}" if row["node"] else ""
    )
    if row["error_name"]:
        return f" Most of it is {named(row['error_name'])}{where}."
    return f" It sits{where}." if where else ""


def _since(onset: Row | None) -> str:
    """Return since when a type fails with an error more than before."""
    return "" if onset is None or onset["onset"] is None else f" {_episode(onset).capitalize()}."


def _episode(onset: Row) -> str:
    return f"since {day(onset['onset'])}" + (f" until {day(onset['until'])}" if onset["until"] else "")


def _why(onset: Row | None) -> str:
    """Return what changed when a type began to fail with an error; nothing if nothing known did."""
    if onset is None or onset["cause"] is None or not onset["candidates"]:
        return ""
    cause = "" if onset["cause"] == "node" else f"{onset['cause']} "
    evidence = onset["candidates"][0]["evidence"]
    if onset["cause"] in _PARTS:
        evidence = f"{named(onset['error_name'], 'Failures without an error')} {_episode(onset)}: {evidence}"
    return (
        f" Likely cause: {cause}{named(onset['cause_value'])}".rstrip()
        + f". {named(evidence, longest=_LONGEST_EVIDENCE)}"
    )


def _told(onset: Row | None) -> dict[str, Any]:
    return {} if onset is None else {name: onset[name] for name in ("onset", "until", "cause", "cause_value")}


def _when(row: Row) -> str:
    return f"{'' if row['seen'] == 'told' else 'Seen '}{moment(row['moment'])}"
