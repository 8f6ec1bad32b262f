"""A shift report from a history: every question is asked once, of one state of the history."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from jobtype_toolkit.api.times import Time
from jobtype_toolkit.queries.reader import SqlBackend
from jobtype_toolkit.report import verdict
from jobtype_toolkit.report.answers import Answers
from jobtype_toolkit.report.failures import Failures
from jobtype_toolkit.report.mutes import Mute
from jobtype_toolkit.report.phrases import moment
from jobtype_toolkit.report.queues import Queues
from jobtype_toolkit.report.shift import Shift, section


def shift_of(
    backend: SqlBackend,
    *,
    since: Time = "P1D",
    now: Time | None = None,
    source: str | None = None,
    mutes: Sequence[Mute] = (),
) -> Shift:
    """Return what is to be said about a shift.

    Args:
        backend: the history.
        since: when the shift began: a time, or a duration back from now.
        now: when it ended, as in `status`.
        source: which source; `"*"` for all.
        mutes: failures that are shown as muted.

    Raises:
        InvalidParameter: the shift does not begin before it ends.
        Ambiguous: several sources, and none is named.
        NotFound: there is no such source.
    """
    with backend.reader.session():  # nobody writes to the file meanwhile
        answers = Answers(backend, since=since, now=now, source=source)
        failing, waiting = Failures(answers, mutes), Queues(answers)
        sections = [
            failing.worse(),
            failing.new(),
            waiting.stuck(),
            waiting.waiting(),
            waiting.paused(),
            failing.better(),
            section(
                "later",
                "What can wait",
                [*failing.later(), *waiting.later()],
                "Nothing else failed.",
                answers.asked("failures"),
            ),
        ]
    known = answers.scope.known
    by_key = {one.key: one for one in sections}
    return Shift(
        verdict=verdict.told(by_key, failing, waiting, as_of=known.as_of, started=answers.started),
        source=answers.scope.source,
        started=answers.started,
        now=answers.now,
        now_is=answers.scope.now_is,
        jobs=known.jobs,
        as_of=known.as_of,
        finished=failing.finished,
        failed=failing.failed,
        sections=tuple(sections),
        notes=(*answers.notes, *_after(known.as_of, answers.now)),
        answered=answers.answered(),
        verdicts=failing.verdicts(),
    )


def _after(as_of: datetime | None, now: datetime) -> Iterator[str]:
    """Yield what a history that goes on after the shift means for the jobs that were not over."""
    if as_of is not None and as_of > now:
        yield (
            f"the history goes on to {moment(as_of)}; stuck, waiting and paused are about {moment(now)}, the end of the shift, "
            "and leave out jobs that changed their status after it"
        )
