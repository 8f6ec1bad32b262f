"""The arguments of pulls and backfills, checked."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from jobtype_toolkit import hints
from jobtype_toolkit.api.times import duration
from jobtype_toolkit.errors import InvalidParameter


def number(call: str, name: str, value: Any, least: int, most: int) -> int:
    """Return a whole number of a range.

    Raises:
        InvalidParameter: it is none.
    """
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        msg = f"{hints.either(f'{call}({name}={value!r})', hints.argument(name, value))} is out of range. Give a whole number from {least} to {most:,}."
        raise InvalidParameter(msg)
    return value


def length(call: str, name: str, value: str | timedelta, example: str) -> timedelta:
    """Return a length of time.

    Raises:
        InvalidParameter: it is none, or negative.
    """
    found = value if isinstance(value, timedelta) else duration(value) if isinstance(value, str) else None
    if found is None or found < timedelta():
        msg = f"{hints.either(f'{call}({name}={value!r})', hints.argument(name, value))} is not a v6 duration. Give one such as {example!r}."
        raise InvalidParameter(msg)
    return found
