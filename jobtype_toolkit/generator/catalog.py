"""The job types, revisions and errors of a sample, as read from ``catalog.toml`` and set on a calendar.

Moments are integers: milliseconds since 1970 in UTC.
"""

from __future__ import annotations

import dataclasses
import tomllib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

DAY = 86_400_000
HOUR = 3_600_000
MINUTE = 60_000


def moment(text: str | datetime) -> int:
    """Milliseconds since 1970 of an aware datetime or of ISO-8601 text with a zone; ValueError for a naive one."""
    value = datetime.fromisoformat(text) if isinstance(text, str) else text
    if value.tzinfo is None:
        msg = f"The moment {text!r} has no time zone; write for example 2026-11-01T00:00:00Z."
        raise ValueError(msg)
    return (value - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def iso(moment_ms: int | None) -> str | None:
    """A moment as v6 writes it: ``2026-11-01T00:00:00Z``, with six decimals if there is a fraction."""
    if moment_ms is None:
        return None
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=moment_ms)).isoformat().replace("+00:00", "Z")


@dataclass(frozen=True)
class Calendar:
    """The first and last moment of a history."""

    begin: int
    end: int

    def at(self, fraction: float) -> int:
        """The moment at a fraction of the history, on a whole minute."""
        span = self.end - self.begin
        return self.begin + round(fraction * 1_000_000) * span // 1_000_000 // MINUTE * MINUTE

    def __contains__(self, moment_ms: int) -> bool:
        return self.begin <= moment_ms < self.end


@dataclass(frozen=True)
class Work:
    """How the jobs of one job type name behave; units are in ``catalog.toml``."""

    weight: float
    rhythm: str
    fixed: float
    per_mib: float
    spread: float
    failure: float
    wait: float
    size: tuple[float, float] | None = None
    parents: bool = False


@dataclass(frozen=True)
class Family:
    """One job type name: what all its versions share."""

    name: str
    entry: dict[str, Any]
    work: Work

    @property
    def max_tries(self) -> int:
        """How many executions Scale allows by itself (0 and 1 both mean one)."""
        return int(self.entry.get("max_tries", 3))

    @property
    def newcomer(self) -> dict[str, Any] | None:
        """The error that only the last revision of the newest version declares, kept for an incident."""
        return next((error for error in self.entry.get("errors", []) if error.get("arrives")), None)


@dataclass
class Revision:
    """One revision of one job type."""

    revision_num: int
    created: int
    id: int = 0


@dataclass
class JobType:
    """One name and version."""

    family: Family
    version: str
    begin: int
    end: int
    share: float
    revisions: list[Revision]
    newest: bool
    deprecated: int | None = None
    paused: int | None = None
    unmet_resources: str | None = None
    last_modified: int = 0
    id: int = 0

    @property
    def name(self) -> str:
        """The job type name."""
        return self.family.name

    @property
    def created(self) -> int:
        """When its first revision came."""
        return self.revisions[0].created

    def errors(self, revision_num: int) -> list[dict[str, Any]]:
        """The errors the manifest of a revision declares."""
        last = self.newest and revision_num == len(self.revisions)
        return [error for error in self.family.entry.get("errors", []) if last or not error.get("arrives")]


@dataclass(frozen=True)
class Error:
    """One v6 error, with the share of runs it ends when Scale itself fails."""

    id: int
    name: str
    title: str
    description: str
    job_type_name: str | None
    category: str
    is_builtin: bool
    should_be_retried: bool
    created: int
    last_modified: int
    share: float


@dataclass
class Catalog:
    """Everything that stands before the first job."""

    calendar: Calendar
    families: list[Family]
    job_types: list[JobType]
    errors: list[Error]
    recipe_types: list[dict[str, Any]] = field(default_factory=list)

    def job_type(self, name: str, version: str | None = None) -> JobType:
        """The job type of that name and version; without a version the last listed one."""
        return [kind for kind in self.job_types if kind.name == name and version in (None, kind.version)][-1]

    def error(self, name: str, job_type_name: str | None = None) -> Error:
        """The error of that name, of a job type name or built in."""
        return next(error for error in self.errors if (error.name, error.job_type_name) == (name, job_type_name))


def read(calendar: Calendar, types: int | None = None) -> Catalog:
    """The catalogue on a calendar, multiplied to about ``types`` job types (names get suffixes ``-2``, ``-3``, …)."""
    entries = tomllib.loads(Path(__file__).with_name("catalog.toml").read_text(encoding="utf-8"))
    base = [Family(entry["name"], entry, _work(entry["work"])) for entry in entries["job_type"]]
    versions = sum(len(family.entry["versions"]) for family in base)
    copies = max(1, round((types or versions) / versions))
    families = [_renamed(family, copy) for copy in range(1, copies + 1) for family in base]
    job_types = [kind for family in families for kind in _versions(family, calendar)]
    _number(job_types)
    errors = _errors(entries["builtin_error"], families, job_types, calendar)
    recipe_types = [
        {"id": number, **entry, "created": calendar.at(-1.2)} for number, entry in enumerate(entries["recipe_type"], 1)
    ]
    return Catalog(calendar, families, job_types, errors, recipe_types)


def _work(entry: dict[str, Any]) -> Work:
    size = entry.get("size")
    return Work(**{**entry, "size": tuple(size) if size else None})


def _renamed(family: Family, copy: int) -> Family:
    return family if copy == 1 else dataclasses.replace(family, name=f"{family.name}-{copy}")


def _versions(family: Family, calendar: Calendar) -> list[JobType]:
    def at(fraction: float | None) -> int | None:
        return None if fraction is None else calendar.at(fraction)

    entries = family.entry["versions"]
    return [
        JobType(
            family,
            entry["version"],
            begin=calendar.at(entry["begin"]),
            end=calendar.at(entry["end"]) if "end" in entry else calendar.end,
            share=entry.get("share", 1.0),
            revisions=[Revision(n, calendar.at(fraction)) for n, fraction in enumerate(entry["revisions"], 1)],
            newest=entry is entries[-1],
            deprecated=at(entry.get("deprecated")),
            paused=at(entry.get("paused")),
            unmet_resources=entry.get("unmet_resources"),
        )
        for entry in entries
    ]


def _number(job_types: list[JobType]) -> None:
    """Give ids in order of creation, as a database does."""
    job_types.sort(key=lambda kind: (kind.created, kind.name, kind.version))
    for number, kind in enumerate(job_types, 1):
        kind.id = number
        kind.last_modified = max(kind.revisions[-1].created, kind.deprecated or 0, kind.paused or 0)
    revisions = [(revision.created, kind.id, revision) for kind in job_types for revision in kind.revisions]
    for number, (_, _, revision) in enumerate(sorted(revisions, key=lambda entry: entry[:2]), 1):
        revision.id = number


def _errors(
    builtin: list[dict[str, Any]], families: list[Family], job_types: list[JobType], calendar: Calendar
) -> list[Error]:
    born = calendar.at(-12.0)
    errors = [
        Error(
            number,
            entry["name"],
            entry["title"],
            entry["description"],
            job_type_name=None,
            category=entry.get("category", "SYSTEM"),
            is_builtin=True,
            should_be_retried=entry.get("should_be_retried", True),
            created=born,
            last_modified=born,
            share=float(entry.get("share", 0)),
        )
        for number, entry in enumerate(builtin, 1)
    ]
    for family in families:
        own = [kind for kind in job_types if kind.family is family]
        errors += _own_errors(family, own, len(errors) + 1)
    return errors


def _own_errors(family: Family, own: list[JobType], first_id: int) -> list[Error]:
    """The errors of one name: created by the first revision that declares them, touched by every later one."""
    errors = []
    for number, entry in enumerate(family.entry.get("errors", []), first_id):
        declared = [
            revision.created
            for kind in own
            for revision in kind.revisions
            if entry in kind.errors(revision.revision_num)
        ]
        errors.append(
            Error(
                number,
                entry["name"],
                entry["title"],
                entry["description"],
                job_type_name=family.name,
                category="DATA" if entry["category"] == "data" else "ALGORITHM",
                is_builtin=False,
                should_be_retried=False,
                created=min(declared),
                last_modified=max(declared),
                share=0.0,
            )
        )
    return errors
