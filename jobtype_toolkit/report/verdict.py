"""The verdict of a shift, in the one sentence that its first line is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from jobtype_toolkit.report.failures import Failures
from jobtype_toolkit.report.phrases import counted, listed, moment, named, percent
from jobtype_toolkit.report.queues import Queues
from jobtype_toolkit.report.shift import Entry, Section


def told(
    sections: dict[str, Section], failing: Failures, waiting: Queues, *, as_of: datetime | None, started: datetime
) -> str:
    """Return the shift in one sentence: what fails more than usual, then what else needs hands."""
    trouble = "; ".join(_trouble(sections, waiting))
    if not failing.finished:
        fresh = as_of is None or as_of >= started
        stale = "" if fresh or as_of is None else f": the newest change is of {moment(as_of)}, so load or pull first"
        return f"No job finished in this shift{stale}{f'; {trouble}' if trouble else ''}."
    worse = _worse(sections["worse"])
    if worse:
        return f"{worse[0].upper()}{worse[1:]}{f'; {trouble}' if trouble else ''}."
    share = percent(failing.failed / failing.finished)
    judged = "no job type more than usual" if failing.is_judged else "and no job type has enough history to be judged"
    is_muted = any(one.is_muted and one.verdict == "worse" for one in failing.verdicts())
    shift = f"{counted(failing.finished, 'job')} finished and {failing.failed:,} failed ({share}), {judged}"
    shift += " but what is muted" if is_muted else ""
    if trouble:
        return f"{shift}, but {trouble}."
    is_quiet = failing.is_judged and not is_muted
    return f"{'A quiet shift: ' if is_quiet else ''}{shift}; nothing is new, stuck or held up."


def _worse(worse: Section) -> str:
    nodes = [one for one in worse.entries if "expected" in one.facts]
    types = [one for one in worse.entries if one not in nodes]
    parts = []
    if nodes:
        parts.append(f"failures concentrate on {listed([one.title for one in nodes], 3)}")
    if types:
        many = counted(worse.count - len(nodes), "job type fails", "job types fail")
        above = " above all" if len(types) > 1 else ""
        parts.append(f"{many} more than usual, {types[0].title}{above} {_rates(types[0])}")
    return "; ".join(parts)


def _rates(entry: Entry) -> str:
    usual = entry.facts["usual_rate"]
    return f"({percent(entry.facts['rate'])}" + (f" instead of {percent(usual)})" if usual is not None else ")")


def _trouble(sections: dict[str, Section], waiting: Queues) -> Iterator[str]:
    """Yield what else needs a look, most urgent first."""
    errors = sum("error_name" in one.facts for one in sections["new"].entries)
    if errors:
        yield f"{counted(errors, 'error is', 'errors are')} new"
    if waiting.stuck_jobs:
        names = listed([one.title for one in sections["stuck"].entries], 3)
        yield f"{counted(waiting.stuck_jobs, 'job is', 'jobs are')} stuck ({names})"
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
