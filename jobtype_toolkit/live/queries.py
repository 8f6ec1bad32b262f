"""Asking a live server: a service's parameters as v6 wants them, the rows of all pages, and the frame they become."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

import pandas as pd

from jobtype_toolkit import frames, hints
from jobtype_toolkit.api.times import Clock, Time, duration, instant, v6_text
from jobtype_toolkit.backend import Query, Scope
from jobtype_toolkit.errors import InvalidParameter, ServerFailed
from jobtype_toolkit.live.clock import ServerClock
from jobtype_toolkit.live.http import Http, Params
from jobtype_toolkit.live.paging import pages

NOTHING: Params = (("nothing", "matches"),)
"""The query of a filter that nothing can match; it is not sent."""


class ServerReader:
    """What the services of a live server have in common."""

    def __init__(self, http: Http, clock: Clock) -> None:
        """Take the server, and the clock that durations count back from."""
        self.http = http
        self.clock = clock

    def scope(self, source: str | None, now: Time | None, times: Sequence[Time | None]) -> Scope:
        """Return what a call is about: the server, and its present; a duration makes sure that it is the server's.

        Raises:
            InvalidParameter: a source is named; a live server is one.
        """
        if source is not None:
            msg = f"{hints.argument('source', source)}: a live server is one source. Leave it out."
            raise InvalidParameter(msg)
        return Scope(self.http.base, f"on {self.http.base}", lambda: self._present(now, times))

    def _present(self, given: Time | None, times: Sequence[Time | None]) -> tuple[datetime, str]:
        if given is not None:
            return instant(given, name="now"), "as given"
        if isinstance(self.clock, ServerClock) and any(map(_is_duration, times)):
            self.clock.settle()
        return self.clock(), "the clock"

    def params(self, query: Query, *, without: Sequence[str] = ()) -> Params:
        """Return the filters as v6 wants them; NOTHING if one of them can match nothing."""
        params: list[tuple[str, str | int]] = []
        for one in query.service.parameters:
            value = query.filters.get(one.name)
            if value is None or one.name in without:
                continue
            if isinstance(value, datetime):
                params.append((one.name, v6_text(value) or ""))
            elif isinstance(value, bool):
                params.append((one.name, "true" if value else "false"))
            elif not value:
                return NOTHING
            else:
                params += [(one.name, part) for part in value]
        return params

    def rows(self, path: str, params: Params = ()) -> tuple[list[dict[str, Any]], int]:
        """Return all rows of a list, and how many the server says there are."""
        if params is NOTHING:
            return [], 0
        found: list[Any] = []
        count = 0
        for page in pages(self.http, path, params):
            found += page.rows
            count = page.count
        return found, count

    def frame(
        self, query: Query, bodies: Sequence[Any], *, params: Params = (), notes: Sequence[str] = ()
    ) -> pd.DataFrame:
        """Return v6's objects as the declared frame, with its attrs.

        Raises:
            ServerFailed: a row lacks its id, or another number that every row has.
        """
        try:
            frame = frames.from_bodies(bodies, query.service.row.fields)
        except frames.Incomplete as error:
            msg = (
                f"{query.service.name} of {self.http.base}: {error}, so that the answer cannot be trusted. "
                "Is this a v6 server?"
            )
            raise ServerFailed(msg, status=200) from None
        frame.attrs |= query.attrs(
            count=len(frame),
            parameters=_grouped(params),
            notes=notes,
            url=f"{self.http.base}/v6/{path(query)}",
            observed=v6_text(self.clock()),
        )
        return frame

    def details(self, query: Query, body: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the fields of one object as plain values, and what it has beyond them."""
        values = frames.first(self.frame(query, [body]))
        known = {field.json_path[0] for field in query.service.row.fields}
        return values, {key: value for key, value in body.items() if key not in known}


def path(query: Query) -> str:
    """Return the service's path with its places filled in."""
    places = {name: quote(str(query.filters[name]), safe="") for name in query.service.path_parameters}
    return query.service.url.format(**places)


def unique(rows: Sequence[Any]) -> list[Any]:
    """Return the rows with each id once, as it came last; those without an id are all kept."""
    found: dict[Any, Any] = {}
    for number, row in enumerate(rows):
        id = row.get("id") if isinstance(row, dict) else None
        key = id if isinstance(id, int) else ("row", number)
        found.pop(key, None)
        found[key] = row
    return list(found.values())


def _is_duration(time: Time | None) -> bool:
    return isinstance(time, str) and duration(time.strip()) is not None


def _grouped(params: Params) -> Mapping[str, Any]:
    found: dict[str, Any] = {}
    for name, value in params:
        found[name] = [*found[name], value] if name in found else [value]
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}
