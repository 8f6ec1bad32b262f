"""Instants, durations and windows, read as a v6 server reads them and always kept in UTC."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from jobtype_toolkit import hints
from jobtype_toolkit.errors import InvalidParameter

Time = str | datetime
"""A point in time as callers give it: an aware datetime, ISO-8601 text with a zone, or a v6 duration."""

Clock = Callable[[], datetime]
"""Tells the present, as an aware datetime."""

_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(?P<zone>Z|[+-]\d{2}(:?\d{2})?)?")
_DURATION = re.compile(
    r"P(?:(?P<days>\d+(?:\.\d+)?)D)?"
    r"(?:T(?:(?P<hours>\d+(?:\.\d+)?)H)?(?:(?P<minutes>\d+(?:\.\d+)?)M)?(?:(?P<seconds>\d+(?:\.\d+)?)S)?)?"
)


def _forms() -> str:
    texts = 'ISO-8601 text with a zone ("2026-11-01T00:00:00Z") or a duration ("PT3H", "P1D")'
    return hints.either(f"an aware datetime, {texts}", texts)


def system_clock() -> datetime:
    """Return the present, aware, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of time, both ends inclusive; an end that is None is open."""

    started: datetime | None
    ended: datetime | None

    @property
    def is_reversed(self) -> bool:
        """Whether the end is not after the start: v6's `/jobs/` and `/errors/` refuse that, status selects nothing."""
        return self.started is not None and self.ended is not None and self.started >= self.ended


def duration(text: str) -> timedelta | None:
    """Return a v6 duration such as `PT3H` or `P1DT12H`, or None if the text is not one.

    Days, hours, minutes and seconds only, upper case, as v6 reads them; `P`, `PT` and `P0D` are zero.
    """
    found = _DURATION.fullmatch(text)
    if not found:
        return None
    parts = {unit: float(amount) for unit, amount in found.groupdict().items() if amount}
    try:
        return timedelta(**parts)
    except OverflowError:
        return None


def instant(value: Time, *, name: str = "time", now: datetime | None = None) -> datetime:
    """Return the UTC instant that `value` means; a duration counts back from `now`.

    Raises:
        InvalidParameter: `value` has no zone, is not a time, or is a duration and `now` is None.
    """
    if isinstance(value, datetime):
        if value.tzinfo is None or value.utcoffset() is None:
            msg = f"{hints.argument(name, value.isoformat())} has no time zone. Give an aware datetime, for example with tzinfo=UTC."
            raise InvalidParameter(msg)
        return _plain(value)
    if not isinstance(value, str):
        msg = f"{hints.argument(name, value)} is not a time. Give {_forms()}."
        raise InvalidParameter(msg)
    text = value.strip()
    back = duration(text)
    if back is not None:
        if now is None:
            msg = f"{hints.argument(name, value)} is a duration, and there is no instant to count back from. Give a time with a zone."
            raise InvalidParameter(msg)
        try:
            return now - back
        except OverflowError:
            msg = f"{hints.argument(name, value)} reaches back before the year 1. Give a shorter duration."
            raise InvalidParameter(msg) from None
    return _iso(text, name)


def _iso(text: str, name: str) -> datetime:
    found = _INSTANT.fullmatch(text)
    if not found:
        msg = f"{hints.argument(name, text)} is not a time. Give {_forms()}."
        raise InvalidParameter(msg)
    if not found["zone"]:
        msg = f'{hints.argument(name, text)} has no time zone. Add one: "Z" for UTC, or an offset such as "+02:00".'
        raise InvalidParameter(msg)
    try:
        return _plain(datetime.fromisoformat(text))
    except (ValueError, OverflowError) as error:
        msg = f"{hints.argument(name, text)} is not a time: {error}. Give {_forms()}."
        raise InvalidParameter(msg) from None


def _plain(value: datetime) -> datetime:
    """Return a plain UTC datetime, also for pandas' Timestamp, whose nanoseconds v6 does not know."""
    utc = value.astimezone(UTC)
    return datetime(utc.year, utc.month, utc.day, utc.hour, utc.minute, utc.second, utc.microsecond, tzinfo=UTC)


def window(started: Time | None, ended: Time | None, *, now: datetime, default_started: str | None = None) -> Window:
    """Return the window between two v6 times; both durations count back from `now`, as on a v6 server."""
    if started is None and default_started is not None:
        started = default_started
    return Window(
        None if started is None else instant(started, name="started", now=now),
        None if ended is None else instant(ended, name="ended", now=now),
    )


def v6_text(value: datetime | None) -> str | None:
    """Return an instant as v6 writes it: UTC with `Z`, six fraction digits or none (D2)."""
    if value is None:
        return None
    return value.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def naive_utc(value: datetime | None) -> datetime | None:
    """Return an instant without its zone, as the store's TIMESTAMP columns hold it."""
    return None if value is None else value.astimezone(UTC).replace(tzinfo=None)


def naive_v6_text(value: datetime | None) -> str | None:
    """Return an instant of the store, UTC without its zone, as v6 writes it."""
    return None if value is None else value.isoformat() + "Z"
