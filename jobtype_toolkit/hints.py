"""What a message offers its reader: the name that was probably meant, arguments and calls as the caller writes them, and counts.

In Python an argument is `source='a'` and a call `store.compact()`; in a terminal they are `--source a` and a command.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

_OPTIONS = {"columns": "--column", "statuses": "--status", "configuration": "--config"}
"""The arguments whose options are not simply called so."""
_CALLS = {
    "store.rejects()": "jobtype-toolkit rejects",
    "store.compact()": "jobtype-toolkit compact",
    "store.mutes()": "jobtype-toolkit mutes",
    "store.sql('FROM load')": "jobtype-toolkit loads",
    "job_type_names()": "jobtype-toolkit types",
    "store.export(folder, partitioned=True)": "jobtype-toolkit export FOLDER --partitioned",
}
_SAME = (
    ("--since", "--started"),
    ("--name", "--job-type-name"),
    ("--category", "--error-category"),
    ("--zone", "--timezone"),
)
"""Options that say the same, each in the words of its command."""
_UNSAID: Any = object()
_in_terminal = [False]
"""Whether the caller is in a terminal; of the whole process, as a pull has several threads."""


@contextmanager
def terminal(is_one: bool = True) -> Iterator[None]:
    """Let the messages of what is called meanwhile name options and commands."""
    _in_terminal.append(is_one)
    try:
        yield
    finally:
        _in_terminal.pop()


def either(python: str, terminal: str) -> str:
    """Return what is said to a caller in Python, or to one in a terminal."""
    return terminal if _in_terminal[-1] else python


def argument(name: str, value: Any = _UNSAID) -> str:
    """Return an argument as the caller writes it: with its value, or "…" in Python and the option alone if that is left open."""
    option = _OPTIONS.get(name, "--" + name.replace("_", "-"))
    if value is _UNSAID:
        return either(f"{name}=…", option)
    if not _in_terminal[-1]:
        return f"{name}={dict(value) if isinstance(value, Mapping) else value!r}"
    if value is True:
        return option
    if value is False:
        return option.replace("--", "--no-", 1)
    if isinstance(value, Mapping):
        return " ".join(f"{option} {shlex.quote(f'{theirs}={ours}')}" for theirs, ours in value.items())
    return f"{option} {shlex.quote(value if isinstance(value, str) else str(value))}"


def call(text: str) -> str:
    """Return a call as the caller writes it: a command in a terminal, if there is one."""
    return either(text, f"`{_CALLS[text]}`" if text in _CALLS else text)


def option_for(given: str, known: Iterable[str]) -> str | None:
    """Return the option of a command for what another command calls as it is given; None if it has none."""
    alike = {one for same in _SAME if given in same for one in same}
    return next((one for one in known if one in alike), None)


def on(method: str, subject: Any) -> str:
    """Return the call of a method about something: `load('jobs.csv')`, in a terminal `load jobs.csv`."""
    return either(f"{method}({subject!r})", f"{method} {shlex.quote(str(subject))}")


def preview(path: str) -> str:
    """Return the call that tells what a load would make of a file, as the caller writes it."""
    return either(f"store.preview({path!r})", f"`jobtype-toolkit load {shlex.quote(path)} --dry-run`")


def counted(count: int, one: str, many: str = "") -> str:
    """Return a number and what is counted: `1 job`, `1,294 jobs`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def rows_of(resource: str, count: int) -> str:
    """Return how many rows of a resource there are: `1 job`, `1,294 job_types`."""
    return counted(count, resource.removesuffix("s"), resource)


def held(jobs: int, as_of: str | None, came: str = "", observed: str | None = None) -> str:
    """Return what a source holds, as far as it is known: `1,294 jobs as of 2026-11-01, loaded 2026-11-02`."""
    if not (jobs or as_of or observed):
        return "empty"
    return counted(jobs, "job") + (f" as of {as_of}" if as_of else "") + (f", {came} {observed}" if observed else "")


def span(started: str | None, ended: str | None) -> str:
    """Return a window that may be open at its ends: `from … to …`, `from … on`, `until …`."""
    if started and ended:
        return f"from {started} to {ended}"
    return f"from {started} on" if started else f"until {ended}"


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return the question whether a similar name was meant, with a blank before it; empty if none is similar."""
    near = nearest(name, known)
    return f" Did you mean {near!r}?" if near else ""


def nearest(name: str, known: Iterable[str], cutoff: float = 0.6) -> str | None:
    """Return the known name that was probably meant, whatever the case of letters, '-' and '_'; None if none is near."""
    import difflib

    folded = {_folded(other): other for other in known}
    matches = difflib.get_close_matches(_folded(name[:100]), list(folded), 1, cutoff)
    return folded[matches[0]] if matches else None


def _folded(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "")
