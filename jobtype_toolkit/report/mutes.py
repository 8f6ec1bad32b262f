"""Failures that nobody wants to be woken by: muted until an instant, with the reason."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from jobtype_toolkit.api.fields import Field

FIELDS = (
    Field("error_name", "text", "Name of the error.", required=True),
    Field("name", "text", "The job type whose failures with it are muted; missing if those of all are."),
    Field("until", "time", "The instant from which on they alarm again.", required=True),
    Field("why", "text", "The reason, for whoever reads the report.", required=True),
    Field("muted", "time", "When they were muted.", required=True),
)
"""The columns of `mutes()`, and of the table in a store."""


@dataclass(frozen=True, slots=True)
class Mute:
    """Failures with an error that the alarm ignores until an instant."""

    error_name: str
    name: str | None
    until: datetime
    why: str

    def covers(self, error_name: str | None, name: str) -> bool:
        """Whether it is about the failures of a job type with an error."""
        return self.error_name == error_name and self.name in (None, name)


def covering(mutes: Iterable[Mute], error_name: str | None, name: str, now: datetime) -> Mute | None:
    """Return what mutes the failures of a job type with an error at an instant, the longest of several; None if nothing does."""
    found = [one for one in mutes if now < one.until and one.covers(error_name, name)]
    return max(found, key=lambda one: (one.until, one.name or ""), default=None)
