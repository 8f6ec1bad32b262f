"""Each question of the analyses: what it takes, which SQL file answers it, what a row of the answer is.

There is no clock in here: windows come in as instants.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from jobtype_toolkit.api.answers import FAILURE, PENDING, QUEUE_STATUS, RUNNING, STATUS, SYSTEM_FAILURE
from jobtype_toolkit.api.arguments import DEFAULT_STARTED, flag, several
from jobtype_toolkit.api.fields import Resource
from jobtype_toolkit.api.resources import CATEGORIES, STATUSES
from jobtype_toolkit.api.times import Time, Window, v6_text, window
from jobtype_toolkit.errors import InvalidParameter

Ask = Callable[..., pd.DataFrame]
"""Runs a question: `ask(question, source, now, window, **parameters)`."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question that a SQL file answers."""

    name: str
    row: Resource

    @property
    def sql(self) -> str:
        """The address of its SQL."""
        return f"{'analyses' if self.name == 'failures' else 'queries'}/{self.name}"


STATUS_QUESTION = Question("status", STATUS)
PENDING_QUESTION = Question("pending", PENDING)
RUNNING_QUESTION = Question("running", RUNNING)
SYSTEM_FAILURES_QUESTION = Question("system_failures", SYSTEM_FAILURE)
QUEUE_STATUS_QUESTION = Question("queue_status", QUEUE_STATUS)
FAILURES_QUESTION = Question("failures", FAILURE)
QUESTIONS = (
    STATUS_QUESTION,
    PENDING_QUESTION,
    RUNNING_QUESTION,
    SYSTEM_FAILURES_QUESTION,
    QUEUE_STATUS_QUESTION,
    FAILURES_QUESTION,
)


def status_parameters(
    started: Time | None, ended: Time | None, is_active: bool | None, now: datetime
) -> tuple[Window, dict[str, object], list[str]]:
    """Return the window, the bound values and the remarks of a status question (D28)."""
    span = window(started, ended, now=now, default_started=DEFAULT_STARTED)
    notes = []
    if span.is_reversed:
        notes.append("started is not before ended, so that only RUNNING jobs are counted, as on a v6 server")
    bound = {
        **_bounds(span),
        "is_active": flag(is_active, name="is_active"),
        "statuses": list(STATUSES),
        "categories": list(CATEGORIES),
    }
    return span, bound, notes


def _bounds(span: Window) -> dict[str, object]:
    return {"started": v6_text(span.started), "ended": v6_text(span.ended)}


class Analyses:
    """Questions beyond the v6 services; each method is one."""

    def __init__(self, ask: Ask, now: Callable[[str | None, Time | None], tuple[datetime, str]]) -> None:
        """Take what runs a question, and what tells the now of a source."""
        self._ask = ask
        self._now = now

    def failures(
        self,
        started: Time | None = None,
        ended: Time | None = None,
        category: str | list[str] | None = None,
        *,
        now: Time | None = None,
        source: str | None = None,
    ) -> pd.DataFrame:
        """Return failed jobs by job type and error over a window, all three categories.

        Args:
            started: count jobs that failed at or after it; everything where not given.
            ended: count jobs that failed at or before it; open where not given.
            category: only `SYSTEM`, `ALGORITHM` or `DATA` errors; several are OR-ed.
            now: what durations count back from.
            source: which source; `"*"` for all.

        Returns:
            One row a job type and error, most frequent first: the job type block, the error, `count`, `share` (0 to 1, of
            the type's jobs that completed or failed in the window), `first_error`, `last_error` (UTC) and `last_job_id`,
            the newest of these jobs. All of them: `store.jobs(status="FAILED", job_type_id=…, error_id=…)`.

        Raises:
            InvalidParameter: a time without a zone, a reversed window, or an unknown category.
        """
        instant = self._now(source, now)
        span = window(started, ended, now=instant[0])
        if span.is_reversed:
            msg = f"failures(started={started!r}, ended={ended!r}): started is not before ended. Swap them."
            raise InvalidParameter(msg)
        categories = several(category, name="category", kind=str)
        for one in categories or ():
            if one not in CATEGORIES:
                msg = f"category={one!r} is unknown. Give one of {', '.join(CATEGORIES)}."
                raise InvalidParameter(msg)
        return self._ask(
            FAILURES_QUESTION, source=source, now=instant, window=span, **_bounds(span), categories=categories
        )

    def __dir__(self) -> list[str]:
        return ["failures"]
