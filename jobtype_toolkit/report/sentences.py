"""The sentence of a shift, from its parts: the first line of a report and of a failure review."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from jobtype_toolkit.hints import counted
from jobtype_toolkit.report.phrases import listed, percent


def failing_more(nodes: Sequence[str], types: int, worst: tuple[str, Mapping[str, Any]] | None) -> str:
    """Return what fails more than usual; empty if nothing does.

    Args:
        nodes: the nodes on which failures concentrate.
        types: how many job types fail more than usual.
        worst: the title of the surest of them, and its `rate` and `usual_rate`.
    """
    parts = []
    if nodes:
        parts.append(f"failures concentrate on {listed(list(dict.fromkeys(nodes)), 3)}")
    if worst:
        title, facts = worst
        many = counted(types, "job type fails", "job types fail")
        usual = facts["usual_rate"]
        instead = f" instead of {percent(usual)}" if usual is not None else ""
        parts.append(
            f"{many} more than usual, {title}{' above all' if types > 1 else ''} ({percent(facts['rate'])}{instead})"
        )
    return "; ".join(parts)


def summed_up(
    *,
    worse: str,
    trouble: str,
    finished: int,
    failed: int,
    is_judged: bool,
    is_muted: bool = False,
    of: str = "",
    stale: str = "",
    calm: str = "nothing is new, stuck or held up",
) -> str:
    """Return a shift in one sentence.

    Args:
        worse: what fails more than usual, of `failing_more`.
        trouble: what else needs a look.
        finished: how many jobs finished.
        failed: how many of them failed.
        is_judged: whether any job type has enough history to be judged.
        is_muted: whether something that is worse is muted.
        of: of which failures alone it is, such as SYSTEM.
        stale: why no job finished, if that is known.
        calm: what is not the matter if there is no trouble.
    """
    if not finished:
        return f"No job finished in this shift{stale}{f'; {trouble}' if trouble else ''}."
    if worse:
        return f"{worse[0].upper()}{worse[1:]}{f'; {trouble}' if trouble else ''}."
    judged = "no job type more than usual" if is_judged else "and no job type has enough history to be judged"
    kind = f" with a {of} error" if of else ""
    shift = f"{counted(finished, 'job')} finished and {failed:,} failed{kind} ({percent(failed / finished)}), {judged}"
    shift += " but what is muted" if is_muted else ""
    if trouble:
        return f"{shift}, but {trouble}."
    return f"{'A quiet shift: ' if is_judged and not is_muted else ''}{shift}; {calm}."


def stuck(jobs: int, titles: Sequence[str]) -> str:
    """Return how many jobs run longer than they may, and of which job types."""
    return f"{counted(jobs, 'job is', 'jobs are')} stuck ({listed(titles, 3)})"
