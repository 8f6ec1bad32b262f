"""The nodes on which failures concentrate: with which errors, since when, and which failures of the job types are theirs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from jobtype_toolkit.report.answers import LAST, Answers, Key, Row
from jobtype_toolkit.report.phrases import day, listed, named
from jobtype_toolkit.report.shift import Entry, Link

_Part = tuple[Key, str | None]
"""A job type and an error."""
_MOST_NAMED = 3
_MOST_ASKED = 10
"""Of so many bad nodes the failures are asked."""


class BadNodes:
    """The bad nodes of a shift."""

    def __init__(self, answers: Answers, onsets: Sequence[Row]) -> None:
        """Ask which nodes are bad, and what failed on them; `onsets` are the rows of `error_onsets`."""
        self._answers, self._onsets = answers, onsets
        self.rows = [row for row in answers.rows("bad_nodes", **answers.window) if row["verdict"] == "bad"]
        window = {"started": answers.started, "ended": answers.now - LAST, "now": answers.now}
        nodes = list(dict.fromkeys(row["node"] for row in self.rows))[:_MOST_ASKED]
        self._failures = {node: answers.rows("failures", node=node, **window) for node in nodes}
        self._parts = [self._parted(row) for row in self.rows]
        self._main = [_main(self._failed(row)) for row in self.rows]

    def _failed(self, row: Row) -> list[Row]:
        """Return the failures on a bad node, of the job type alone that is bad there if it is one."""
        source = self._source(row)
        failed = self._failures.get(row["node"], [])
        return [one for one in failed if self._answers.key(one)[0] == source and row["name"] in (None, one["name"])]

    def _source(self, row: Row) -> str:
        return row.get("source") or self._answers.scope.source

    def _parted(self, row: Row) -> Counter[_Part]:
        """Return how many failures on a bad node are of which type, with which error."""
        counts: Counter[_Part] = Counter()
        for one in self._failed(row):
            counts[self._answers.key(one), one["error_name"]] += one["count"]
        return counts

    def _shares(self, key: Key, error: str | None) -> Iterator[tuple[int, str]]:
        """Yield how many failures of a type with an error are on the nodes that fail with that error above all."""
        for row, parts, main in zip(self.rows, self._parts, self._main, strict=True):
            if key[0] == self._source(row) and parts and main == error:
                yield parts[key, error], row["node"]

    def share(self, key: Key, error: str | None) -> tuple[int, str] | None:
        """Return how many of a type's failures with an error are on a bad node, and on which; None if no bad node is known for that error."""
        return max(self._shares(key, error), default=None)

    def since(self, row: Row) -> datetime | None:
        """Return the first day of the episodes that a node causes and that go on in the shift."""
        days = [
            one["onset"]
            for one in self._onsets
            if (one["cause"], one["cause_value"]) == ("node", row["node"])
            and self._answers.key(one)[0] == self._source(row)
            and row["name"] in (None, one["name"])
            and (one["until"] is None or one["until"] > self._answers.started)
        ]
        return min(days, default=None)

    def entries(self, worse: Sequence[Row]) -> list[Entry]:
        """Return an entry per bad node; `worse` are the job types that fail more than usual."""
        return [self._entry(row, worse) for row in self.rows]

    def _entry(self, row: Row, worse: Sequence[Row]) -> Entry:
        answers, failed, since = self._answers, self._failed(row), self.since(row)
        which = f" of {named(row['name'])}" if row["name"] else ""
        errors, types = _counts(failed, "error_name"), _counts(failed, "name")
        says = (
            f"{row['failed']:,} of the {row['finished']:,} {row['counts']}{which} that finished on this node failed; on the other "
            f"nodes the same job types would have had about {row['expected']:.0f}."
            f"{f' Worse since {day(since)}.' if since else ''}{_enumerated('Errors', errors)}{_enumerated('Job types', types)}"
            f"{self._explained(row, worse)}"
        )
        facts: dict[str, Any] = {
            name: row[name] for name in ("finished", "failed", "expected", "q_value", "name", "counts")
        }
        facts |= {"since": since, "errors": _plain(errors), "job_types": _plain(types)}
        rates = answers.call("failure_rates", by=["name", "error_name"], node=row["node"], **answers.window)
        links = (Link("its failures by job type and error", rates), Link("the verdict", answers.asked("bad_nodes")))
        main = [one for one in failed if one["error_name"] == errors.most_common(1)[0][0]]
        newest = max(main, key=lambda one: (one["last_error"], one["last_job_id"]), default=None)
        jobs = (newest["last_job_id"],) if newest else ()
        source = f" ({named(row['source'])})" if answers.is_of_all else ""
        return Entry(f"{named(row['node'])}{source}", says, facts, jobs, links, example=answers.example(jobs))

    def _explained(self, row: Row, worse: Sequence[Row]) -> str:
        """Return which of the worse job types a bad node may explain."""
        parts = self._parts[self.rows.index(row)]
        names = [self._answers.title(one) for one in worse if self._is_of(row, parts, one)]
        if not names:
            return ""
        fail = "fails" if len(names) == 1 else "fail"
        return f" That may explain why {listed(names, 2 * _MOST_NAMED)} {fail} more than usual."

    def _is_of(self, row: Row, parts: Counter[_Part], worse: Row) -> bool:
        key = self._answers.key(worse)
        is_here = key[0] == self._source(row)
        return is_here and bool(worse["node"] == row["node"] or 2 * parts[key, worse["error_name"]] > worse["failed"])


def _main(failed: Sequence[Row]) -> str | None:
    """Return the most frequent error of some failures."""
    counts = _counts(failed, "error_name").most_common(1)
    return counts[0][0] if counts else None


def _counts(failed: Sequence[Row], what: str) -> Counter[str | None]:
    """Return how many jobs failed by error or by job type, the most frequent first."""
    counts: Counter[str | None] = Counter()
    for one in sorted(failed, key=lambda one: one[what] or ""):
        counts[one[what]] += one["count"]
    return counts


def _enumerated(what: str, counts: Counter[str | None]) -> str:
    parts = [f"{named(name, 'none')} {count:,}" for name, count in counts.most_common()]
    return f" {what}: {listed(parts, _MOST_NAMED)}." if parts else ""


def _plain(counts: Counter[str | None]) -> list[dict[str, Any]]:
    return [{"name": name, "count": count} for name, count in counts.most_common()]
