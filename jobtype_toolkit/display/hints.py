"""How a hint names an argument: in Python as an argument, in a terminal as an option."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

_in_terminal: ContextVar[bool] = ContextVar("in_terminal", default=False)
_OPTIONS = {"columns": "--column", "statuses": "--status", "timezone": "--timezone", "strict": "--strict"}
_CALLS = {"store.rejects()": "jobtype-toolkit rejects", "store.compact()": "jobtype-toolkit compact"}


@contextmanager
def terminal() -> Iterator[None]:
    """Let the hints of what is called meanwhile name options."""
    token = _in_terminal.set(True)
    try:
        yield
    finally:
        _in_terminal.reset(token)


def argument(name: str, value: str | bool | Mapping[str, str]) -> str:
    """Return an argument with its value, as the caller would write it."""
    if not _in_terminal.get():
        return f"{name}={dict(value) if isinstance(value, Mapping) else value!r}"
    option = _OPTIONS.get(name, f"--{name}")
    if value is True:
        return option
    if isinstance(value, Mapping):
        return " ".join(f"{option} {shlex.quote(f'{theirs}={ours}')}" for theirs, ours in value.items())
    return f"{option} {shlex.quote(str(value))}"


def call(text: str) -> str:
    """Return a call of a store, as a command in a terminal."""
    return _CALLS.get(text, text) if _in_terminal.get() else text
