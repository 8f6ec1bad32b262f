"""What a request asks, read as v6 reads it: which values count, which are refused with which words."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from jobtype_toolkit.api.times import duration, instant, naive_utc
from jobtype_toolkit.errors import InvalidParameter
from jobtype_toolkit.server.releases import Release
from jobtype_toolkit.server.response import ApiError, broken

_TRUE, _FALSE = ("true", "t", "1"), ("false", "f", "0")
_MOMENT = re.compile(
    r"\d{4}-\d{2}-\d{2}[T ](?!24)\d{2}:\d{2}(:\d{2}(\.\d{1,6}\d{0,6})?)?(Z|\+\d{2}(:?\d{2})?)", re.ASCII
)
_WHOLE = re.compile(r"\s*[+-]?\d+\s*", re.ASCII)
_DIGITS = 18
"""A whole number with more digits cannot be an id: it just matches nothing."""


@dataclass(frozen=True)
class V6Request:
    """A request, and what the server knows of the moment."""

    method: str
    path: str
    base: str
    """Scheme and host by which the server believes to be reached."""
    root: str
    """The path up to and with the version, such as `/api/v6/`."""
    place: Mapping[str, str]
    """What the URL names, such as a job type and a version."""
    query: Sequence[tuple[str, str]]
    now: datetime
    release: Release
    quirks: bool = True
    """Whether mistakes that end in a 500 on a real server do so here; else they are 400."""
    body: Any = field(default_factory=dict)
    moved: Mapping[int, datetime] = field(default_factory=dict)
    """Jobs whose last_modified is newer than the store knows; see `faults`."""
    shuffle: Callable[[list[Any]], None] | None = None
    """Puts rows that tie into another order; see `faults`."""

    def last(self, name: str) -> str | None:
        """Return the last value of a query parameter."""
        return next((value for key, value in reversed(self.query) if key == name), None)

    def value(self, name: str) -> Any:
        """Return a parameter of the query or, else, of the body."""
        given = self.last(name)
        return given if given is not None else self.body.get(name) if isinstance(self.body, dict) else None

    def mistake(self, detail: str) -> ApiError:
        """Return the answer to a mistake that breaks a real server."""
        return broken() if self.quirks else ApiError(400, detail)

    def texts(self, name: str) -> list[str] | None:
        """Return all values of a repeatable text parameter; None if there is none."""
        values = [value for key, value in self.query if key == name]
        if any("\0" in value for value in values):
            raise self.mistake(f'Parameter must not contain NUL: "{name}"')
        return values or None

    def wholes(self, name: str) -> list[int] | None:
        """Return all values of a repeatable integer parameter; None if there is none."""
        values = [value for key, value in self.query if key == name]
        return [whole for value in values if (whole := _whole(name, value)) is not None] if values else None

    def flag(self, name: str) -> bool | None:
        """Return a boolean parameter; None if it is not given."""
        return boolean(name, self.value(name))

    def moment(self, name: str) -> datetime | None:
        """Return a time or a duration back from now, UTC without its zone; None if it is not given."""
        value = self.last(name)
        if value is None:
            return None
        try:
            if _MOMENT.fullmatch(value) or duration(value) is not None:
                return naive_utc(instant(value, name=name, now=self.now))
        except InvalidParameter:
            pass
        raise ApiError(400, f"Invalid ISO timestamp format for parameter: {name}")

    def window(self) -> tuple[datetime | None, datetime | None]:
        """Return `started` and `ended`; the services that check refuse a range without extent."""
        started, ended = self.moment("started"), self.moment("ended")
        if started is not None and ended is not None and started >= ended:
            raise ApiError(400, "Start time must come before end time")
        return started, ended


def boolean(name: str, value: Any) -> bool | None:
    """Return a boolean; in a body anything but text passes unchecked."""
    if not isinstance(value, str):
        return value  # type: ignore[no-any-return]
    text = value.strip().lower()
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    raise ApiError(400, f'Parameter must be a valid boolean: "{name}"')


def integer(name: str, value: Any) -> int | None:
    """Return a whole number of a body: a fraction is cut off, text is read."""
    if value is None or isinstance(value, int):
        return None if value is None else int(value)
    if isinstance(value, float):
        return int(value)
    if isinstance(value, str) and _WHOLE.fullmatch(value) and len(value) <= _DIGITS:
        return int(value)
    raise ApiError(400, f'Parameter must be a valid integer: "{name}"')


def document(name: str, value: Any) -> dict[str, Any]:
    """Return a required JSON object of a body."""
    if value is None:
        raise missing(name)
    if not isinstance(value, dict):
        raise ApiError(400, f'Parameter must be a valid JSON object: "{name}"')
    return value


def missing(name: str) -> ApiError:
    """Return the answer to a body without a required field."""
    return ApiError(400, f'Missing required parameter: "{name}"')


def _whole(name: str, value: str) -> int | None:
    if not _WHOLE.fullmatch(value):
        raise ApiError(400, f'Parameter must be a valid integer: "{name}"')
    return int(value) if len(value.strip()) <= _DIGITS else None
