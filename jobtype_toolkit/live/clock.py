"""The server's present: durations count back from it, and not from what this machine takes for now."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from jobtype_toolkit.errors import ToolkitError
from jobtype_toolkit.live.http import Http

_SAME = timedelta(seconds=5)
"""A difference that is as well the way of an answer, and the seconds that its date has no parts of."""


class ServerClock:
    """Tells the present as the dates of the server's answers have it; this machine's clock if they have none."""

    def __init__(self, http: Http) -> None:
        """Take the server."""
        self._http = http

    def __call__(self) -> datetime:
        """Return the present, aware, in UTC."""
        now = datetime.now(UTC)
        if self._http.dated is None:
            return now
        date, at = self._http.dated
        try:
            difference = parsedate_to_datetime(date) - at
        except (ValueError, TypeError, OverflowError):
            return now
        return now if abs(difference) < _SAME else now + difference

    def settle(self) -> None:
        """Ask a server that was not asked yet for its version, and so for its present."""
        if self._http.dated is None:
            with suppress(ToolkitError):  # the question that is coming tells what is wrong
                self._http.get("version/")
