"""Asking a service: its parameters as v6 wants them, and what a frame is told of where it comes from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import pandas as pd

from jobtype_toolkit import frames
from jobtype_toolkit.api.arguments import flag, several
from jobtype_toolkit.api.fields import Field
from jobtype_toolkit.api.services import is_storable, service
from jobtype_toolkit.api.times import Time, Window, duration, instant, v6_text
from jobtype_toolkit.errors import ServerFailed
from jobtype_toolkit.live.clock import ServerClock
from jobtype_toolkit.live.http import Http, Params
from jobtype_toolkit.live.paging import pages

Clock = Callable[[], datetime]
NOTHING: Params = (("nothing", "matches"),)
"""The query of a filter that nothing can match; it is not sent."""


class Asking:
    """What the services of a live server have in common."""

    def __init__(self, http: Http, clock: Clock) -> None:
        """Take the server, and the clock that durations count back from."""
        self.http = http
        self.clock = clock

    def now(self, given: Time | None, *times: Time | None) -> tuple[datetime, str]:
        """Return the now of a question, and what it is; a duration among its times makes sure that it is the server's."""
        if given is not None:
            return instant(given, name="now"), "as given"
        if isinstance(self.clock, ServerClock) and any(map(_is_duration, times)):
            self.clock.settle()
        return self.clock(), "the present"

    def query(self, name: str, given: Mapping[str, Any], now: datetime) -> Params:
        """Return the query of a service: every value checked, and written as v6 wants it; `order` is left out.

        Raises:
            InvalidParameter: a value that is not of the parameter's kind.
        """
        params: list[tuple[str, str | int]] = []
        for one in service(name).parameters:
            value = given.get(one.name)
            if value is None or one.name == "order":
                continue
            match one.kind:
                case "time":
                    params.append((one.name, v6_text(instant(value, name=one.name, now=now)) or ""))
                case "bool":
                    params.append((one.name, "true" if flag(value, name=one.name) else "false"))
                case _:
                    values = several(value, name=one.name, kind=int if one.kind == "int" else str) or []
                    values = [found for found in values if is_storable(found)]  # a server fails at the others
                    if not values:
                        return NOTHING
                    params += [(one.name, text) for text in values]
        return params

    def rows(self, path: str, params: Params = ()) -> tuple[list[dict[str, Any]], int]:
        """Return all rows of a list, and how many the server says there are."""
        if params is NOTHING:
            return [], 0
        found: list[Any] = []
        count = 0
        for one in pages(self.http, path, params):
            found += one.rows
            count = one.count
        return found, count

    def frame(
        self,
        name: str,
        bodies: Sequence[Any],
        fields: Sequence[Field],
        *,
        path: str | None = None,
        params: Params = (),
        notes: Sequence[str] = (),
        window: Window | None = None,
        now: tuple[datetime, str] | None = None,
    ) -> pd.DataFrame:
        """Return v6's objects as the declared frame, with its attrs; `path` where the service's own has places to fill.

        Raises:
            ServerFailed: a row lacks its id, or another number that every row has.
        """
        try:
            made = frames.from_bodies(bodies, fields)
        except frames.Incomplete as error:
            msg = f"{name} of {self.http.base}: {error}, so that the answer cannot be trusted. Is this a v6 server?"
            raise ServerFailed(msg, status=200) from None
        made.attrs |= self.attrs(name, len(made), path=path, params=params, notes=notes, window=window, now=now)
        return made

    def attrs(
        self,
        name: str,
        count: int,
        *,
        path: str | None = None,
        params: Params = (),
        notes: Sequence[str] = (),
        window: Window | None = None,
        now: tuple[datetime, str] | None = None,
    ) -> dict[str, Any]:
        """Return what a frame is told of where it comes from."""
        told: dict[str, Any] = {
            "service": name,
            "url": f"{self.http.base}/v6/{path or service(name).url}",
            "parameters": _grouped(params),
            "window": {"started": v6_text(window.started), "ended": v6_text(window.ended)} if window else None,
            "zone": "UTC",
            "count": count,
            "source": self.http.base,
            "observed": v6_text(self.clock()),
            "notes": list(notes),
        }
        if now:
            told |= {"now": v6_text(now[0]), "now_is": now[1]}
        return told


def _is_duration(time: Time | None) -> bool:
    return isinstance(time, str) and duration(time.strip()) is not None


def unique(rows: Sequence[Any]) -> list[Any]:
    """Return the rows with each id once, as it came last; those without an id are all kept."""
    found: dict[Any, Any] = {}
    for number, row in enumerate(rows):
        id = row.get("id") if isinstance(row, dict) else None
        key = id if isinstance(id, int) else ("row", number)
        found.pop(key, None)
        found[key] = row
    return list(found.values())


def _grouped(params: Params) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in params:
        found[name] = [*found[name], value] if name in found else [value]
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}
