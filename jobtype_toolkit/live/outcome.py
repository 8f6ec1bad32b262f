"""What became of a write whose answer was lost, or told of a failure: looked up, never tried again.

A server answers 500 even if it has stored the change (D14), and an answer that is lost on the way says nothing.
"""

from __future__ import annotations

from typing import Any, Literal

from jobtype_toolkit.errors import ConnectionFailed, NotFound, OutcomeUnknown, Rejected, ServerFailed, ToolkitError
from jobtype_toolkit.live.preflight import Server, are_same, look
from jobtype_toolkit.plans.evaluate import Evaluation
from jobtype_toolkit.plans.request import Current
from jobtype_toolkit.seed.differences import same
from jobtype_toolkit.seed.normalize import normalised_manifest

Verdict = Literal["ours", "none", "others", "unclear"]
_OVER = frozenset({301, 302, 303, 307, 308, 500})
"""The statuses of a server that has given up; after any other failure it, or something in between, may still be at it."""
_MOST = 20
"""How many newer revisions are looked at."""


def looked_up(server: Server, current: Current, evaluation: Evaluation, error: ToolkitError) -> str:
    """Return a note on how the write turned out well, or raise what it came to.

    Raises:
        ServerFailed, ConnectionFailed: the error, told that nothing of it was done.
        OutcomeUnknown: it could not be found out.
    """
    try:
        found = look(server, current.name, current.version)
        verdict = _verdict(server, current, found, evaluation)
    except ToolkitError as other:
        msg = (
            f"{error} What became of it could not be looked up either: {other} Look at the job type before you make "
            "another plan."
        )
        raise OutcomeUnknown(msg) from None
    said = str(error)
    if verdict == "ours":
        whose = "" if evaluation.is_revised else ", made by it or by an identical concurrent edit"
        return f"The request failed, but the change is in place{whose}. {said}"
    if verdict == "unclear":
        msg = (
            f"{said} It was looked up: the job type was edited meanwhile and is not as planned, so that nobody can tell "
            "whether this write was among the edits. Look at it before you make another plan."
        )
        raise OutcomeUnknown(msg)
    is_over = isinstance(error, ServerFailed) and error.status in _OVER
    hint = _HINTS[verdict] + ("" if is_over else _MAYBE)
    if isinstance(error, (ServerFailed, Rejected)):
        raise ServerFailed(said + hint, status=error.status, detail=error.detail)
    raise ConnectionFailed(said + hint)


_HINTS = {
    "none": " It was looked up: nothing was changed.",
    "others": " It was looked up: somebody else edited the job type meanwhile, and nothing of this plan is there.",
}
_MAYBE = " The server, or something in between, may still be at it; look again before you make another plan."


def _verdict(server: Server, current: Current, found: Current, evaluation: Evaluation) -> Verdict:
    if are_same(current, found):
        return "none"
    if found.values is None:
        return "unclear"
    if not evaluation.is_revised:
        return "ours" if _holds(found.values, evaluation) else "unclear"
    if found.values["manifest"] is None:
        return _by_row(current, found.values, evaluation)
    return _by_revisions(server, current, found, evaluation)


def _by_revisions(server: Server, current: Current, found: Current, evaluation: Evaluation) -> Verdict:
    """Look for the planned revision among those that were made since."""
    first = current.revision_num + 1
    for number in range(first, min(found.revision_num, first + _MOST) + 1):
        try:
            made = server.revision(current.name, current.version, number)
        except NotFound:
            continue
        is_image = made.docker_image == evaluation.after["docker_image"]
        if is_image and same(normalised_manifest(made.manifest), evaluation.after["manifest"]):
            return "ours"
    return "unclear" if found.revision_num > first + _MOST else "others"


def _by_row(current: Current, values: Any, evaluation: Evaluation) -> Verdict:
    """Judge by the list alone: a server tells neither details nor revisions of this version (D14)."""
    names = ("title", "description", "docker_image")
    is_like = all(values[name] == evaluation.after[name] for name in names)
    is_next = values["revision_num"] == current.revision_num + 1
    return "ours" if is_like and is_next else "unclear"


def _holds(values: Any, evaluation: Evaluation) -> bool:
    """Whether what was to change is as planned."""
    before = evaluation.before or {}
    names = [
        name for name in evaluation.after if name not in _STAMPS and not same(before.get(name), evaluation.after[name])
    ]
    return all(same(values[name], evaluation.after[name]) for name in names)


_STAMPS = frozenset({"id", "created", "deprecated", "paused", "last_modified", "recipe_types", "unmet_resources"})
"""What is known only when it is done."""
