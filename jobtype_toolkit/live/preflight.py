"""What a plan for a live server has to know: the release, the workspaces, what is there, the jobs of the type."""

from __future__ import annotations

import re
from typing import Protocol

import pandas as pd

from jobtype_toolkit.api.objects import JobType, JobTypeRevision
from jobtype_toolkit.api.resources import JOB_TYPE
from jobtype_toolkit.errors import AuthenticationFailed, NotFound, Rejected, ServerFailed
from jobtype_toolkit.live.http import Http
from jobtype_toolkit.live.paging import page
from jobtype_toolkit.plans.request import SERVER, Capabilities, Current
from jobtype_toolkit.seed.validator import Target

UNANSWERED = (AuthenticationFailed, NotFound, Rejected, ServerFailed)
"""The errors of a service that a server does not offer to the caller; one that cannot be reached is another matter."""
_BY_ITSELF = frozenset({"unmet_resources"})
"""What the scheduler changes, without an edit."""
_OPEN = ("RUNNING", "QUEUED", "PENDING")
"""The statuses that a plan counts the jobs of."""


class Server(Protocol):
    """What is asked of a live server."""

    def version(self) -> str:
        """Return its release."""

    def workspaces(self) -> pd.DataFrame:
        """Return its workspaces."""

    def job_type(self, name: str, version: str) -> JobType:
        """Return the details of a job type."""

    def revision(self, name: str, version: str, revision_num: int) -> JobTypeRevision:
        """Return one revision."""


def rules(server: Server) -> Capabilities:
    """Return what the server makes of a change, by its release; the newest release if it tells none."""
    try:
        said = server.version()
    except UNANSWERED:
        return SERVER
    found = re.match(r"(\d+)\.(\d+)(?:\.(\d+))?", said)
    if not found:
        return SERVER
    number = tuple(int(part or 0) for part in found.groups())
    against: Target = "6" if number < (7, 0, 0) else "7.0" if number < (7, 1, 0) else "7.2"
    return Capabilities(is_server=True, is_before_7_0_1=number < (7, 0, 1), release=found[0], against=against)


def workspaces(server: Server) -> dict[str, bool] | None:
    """Return the workspaces, name → is_active, none if it lists none; None if the server does not list them."""
    try:
        found = server.workspaces()
    except UNANSWERED:
        return None
    return {
        str(name): not (pd.notna(active) and not active)
        for name, active in zip(found["name"], found["is_active"], strict=True)
        if pd.notna(name)
    }


def look(server: Server, name: str, version: str, known: dict[str, bool] | None = None) -> Current:
    """Read what the server holds of a name and version."""
    try:
        values = dict(server.job_type(name, version))
    except NotFound:
        return Current(name=name, version=version, values=None, revision_num=0, workspaces=known)
    number = values["revision_num"] or 0
    return Current(name=name, version=version, values=values, revision_num=number, workspaces=known)


def are_same(one: Current, other: Current) -> bool:
    """Whether nobody edited the job type between two looks at it."""
    if one.values is None or other.values is None:
        return one.values is other.values
    return all(one.values[name] == other.values[name] for name in JOB_TYPE.names if name not in _BY_ITSELF)


def jobs_now(http: Http, current: Current) -> dict[str, int]:
    """Return how many jobs of the type are RUNNING, QUEUED and PENDING; empty if the server does not tell."""
    if current.values is None:
        return {}
    try:
        return {
            status: page(
                http, "jobs/", [("job_type_id", current.values["id"]), ("status", status), ("page_size", 1)]
            ).count
            for status in _OPEN
        }
    except UNANSWERED:
        return {}
