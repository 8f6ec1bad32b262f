"""The verdict of a shift, in the one sentence that its first line is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from jobtype_toolkit.hints import counted
from jobtype_toolkit.report.failures import Failures
from jobtype_toolkit.report.phrases import listed, moment, named
from jobtype_toolkit.report.queues import Queues
from jobtype_toolkit.report.sentences import failing_more, stuck, summed_up
from jobtype_toolkit.report.shift import Section


def told(
    sections: dict[str, Section], failing: Failures, waiting: Queues, *, as_of: datetime | None, started: datetime
) -> str:
    """Return the shift in one sentence: what fails more than usual, then what else needs hands."""
    fresh = as_of is None or as_of >= started
    stale = "" if fresh or as_of is None else f": the newest change is of {moment(as_of)}, so load or pull first"
    return summed_up(
        worse=_worse(sections["worse"]),
        trouble="; ".join(_trouble(sections, waiting)),
        finished=failing.finished,
        failed=failing.failed,
        is_judged=failing.is_judged,
        is_muted=any(one.is_muted and one.verdict == "worse" for one in failing.verdicts()),
        stale=stale,
    )


def _worse(worse: Section) -> str:
    nodes = [one.title for one in worse.entries if "expected" in one.facts]
    types = [one for one in worse.entries if "expected" not in one.facts]
    return failing_more(nodes, worse.count - len(nodes), (types[0].title, types[0].facts) if types else None)


def _trouble(sections: dict[str, Section], waiting: Queues) -> Iterator[str]:
    """Yield what else needs a look, most urgent first."""
    errors = sum("error_name" in one.facts for one in sections["new"].entries)
    if errors:
        yield f"{counted(errors, 'error is', 'errors are')} new"
    if waiting.stuck_jobs:
        yield stuck(waiting.stuck_jobs, [one.title for one in sections["stuck"].entries])
    held = [one for one in waiting.queues if one.is_held]
    if held:
        names = listed([f"{named(one.row['name'])} {named(one.row['version'])}" for one in held], 3)
        queued = counted(sum(one.row["queued"] for one in held), "job")
        is_stopped = all(one.reason == "unmet_resources" for one in held)
        yield f"{queued} of {names} {'cannot start' if is_stopped else 'come faster than they finish or cannot start'}"
    if waiting.paused_queues:
        names = listed([one.title for one in sections["paused"].entries], 3)
        queued = sum(one.row["queued"] for one in waiting.paused_queues)
        yield f"{names} {'is' if len(waiting.paused_queues) == 1 else 'are'} paused with {counted(queued, 'job')} on the queue"
