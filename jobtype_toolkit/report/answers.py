"""The answers that a report is made of: all of one history, one window and one present; what is asked is kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pandas as pd

from jobtype_toolkit import frames, hints
from jobtype_toolkit.api.times import Time, instant
from jobtype_toolkit.errors import InvalidParameter
from jobtype_toolkit.queries.reader import ALL, SqlBackend
from jobtype_toolkit.report.calls import Call
from jobtype_toolkit.report.phrases import named
from jobtype_toolkit.report.shift import Answered

Row = dict[str, Any]
Key = tuple[str, str]
"""The source and the name of a job type."""


_TELLING = ("worse_than_usual", "error_onsets", "bad_nodes", "failures")
"""The questions whose notes are about the history, so that the whole report should have them."""


class Answers:
    """A window of a source, and the answers about it, as rows of plain values."""

    def __init__(self, backend: SqlBackend, *, since: Time, now: Time | None, source: str | None) -> None:
        """Take what is asked, and fix the window.

        Raises:
            Ambiguous: several sources, and none is named.
            InvalidParameter: the window does not begin before it ends.
        """
        self._backend, self._source = backend, source
        self.scope = backend.reader.scope_until(source, now)
        self.now = self.scope.now
        self.started = instant(since, name="since", now=self.now)
        if self.started >= self.now:
            msg = f"{hints.argument('since', str(since))} is not before now, {self.now:%Y-%m-%d %H:%M} UTC. Give an earlier time or a duration."
            raise InvalidParameter(msg)
        self.is_of_all = self.scope.source == ALL
        self._is_named = len(backend.reader.sources()) > 1
        self._answers: dict[str, tuple[list[Row], Answered]] = {}
        self.notes: dict[str, None] = {}

    @property
    def window(self) -> dict[str, datetime]:
        """The window of the shift, as arguments of most questions."""
        return {"started": self.started, "now": self.now}

    def call(self, question: str, **arguments: Any) -> Call:
        """Return a call about this source."""
        named = {"source": self.scope.source} if self._is_named else {}
        return Call(question, {**arguments, **named})

    def rows(self, question: str, **arguments: Any) -> list[Row]:
        """Return the answer to a question, asked once per arguments."""
        call = self.call(question, **arguments)
        if call.python not in self._answers:
            frame = self._frame(call)
            self._answers[call.python] = (frames.rows(frame), Answered(call, str(frame.attrs["sql"])))
            if question in _TELLING:
                self.notes |= dict.fromkeys(frame.attrs["notes"])
        return self._answers[call.python][0]

    def answered(self) -> tuple[Answered, ...]:
        """Return what was asked, in the order of asking."""
        return tuple(one for _, one in self._answers.values())

    def asked(self, question: str) -> Call:
        """Return the call by which a question was asked first."""
        return next(one.call for _, one in self._answers.values() if one.call.question == question)

    def example(self, jobs: Sequence[int]) -> Call | None:
        """Return the call that shows the first of some jobs; None for none."""
        return self.call("jobs", job_id=jobs[0]) if jobs else None

    def _frame(self, call: Call) -> pd.DataFrame:
        ask = getattr(self._backend.analyses, call.question)
        frame: pd.DataFrame = ask(**{"source": self._source, **call.arguments})
        return frame

    def key(self, row: Row) -> Key:
        """Return what tells the job type name of a row apart."""
        return row.get("source") or self.scope.source, row["name"]

    def title(self, row: Row, *more: str | None) -> str:
        """Return the name of a row's job type, with its version or what else belongs to it, and its source if there are several."""
        words = [named(row["name"]), *(named(one) for one in more if one)]
        return " ".join(words) + (f" ({named(row['source'])})" if self.is_of_all else "")


LAST = timedelta(microseconds=1)
"""What the end of a window is before now, for questions that include their end."""
