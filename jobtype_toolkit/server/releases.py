"""How the releases of Scale that served v6 differ, as far as a client notices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from jobtype_toolkit import hints
from jobtype_toolkit.api.services import WRITE_FIELDS
from jobtype_toolkit.errors import InvalidParameter

ReleaseName = Literal["6", "7.0", "7.2"]
_ALL_FIELDS = tuple(one.name for one in WRITE_FIELDS)
_LATER_FIELDS = ("is_active", "is_paused")


@dataclass(frozen=True, slots=True)
class Release:
    """What one release does."""

    name: ReleaseName
    version: str
    """What version/ tells."""
    versions: tuple[str, ...] = ("v6", "v7")
    edit_tells: bool = True
    """Whether a PATCH answers 200 with a validation body, and a POST that edits too; else 204, and 201 with the details."""
    add_fields: tuple[str, ...] = _ALL_FIELDS
    edit_fields: tuple[str, ...] = _ALL_FIELDS
    undoes: bool = True
    """Whether an edit can take a type off pause and deprecate it."""
    activity: str = "is_active"
    """The parameter of the status that filters by activity."""
    absent: frozenset[str] = frozenset()
    """Keys that lists of job types and jobs do not have."""
    absent_in_base: frozenset[str] = frozenset()
    """Keys that the job type inside analyses does not have."""
    keyword_fields: tuple[str, ...] = ("name",)

    def listed(self, body: dict[str, Any]) -> dict[str, Any]:
        """Return the body of a row without what this release does not have."""
        return _without(body, self.absent)

    def based(self, body: dict[str, Any]) -> dict[str, Any]:
        """Return the job type of an analysis without what this release does not have."""
        return _without(body, self.absent_in_base)


def _without(body: dict[str, Any], absent: frozenset[str]) -> dict[str, Any]:
    return {key: value for key, value in body.items() if key not in absent} if absent else body


_EDITS_BEFORE = tuple(name for name in _ALL_FIELDS if name not in ("manifest", "docker_image", "auto_update"))
_ADDS_BEFORE = tuple(name for name in _ALL_FIELDS if name not in _LATER_FIELDS)

RELEASES: Mapping[str, Release] = {
    "7.2": Release("7.2", "7.2.2"),
    "7.0": Release(
        "7.0",
        "7.0.0",
        edit_tells=False,
        add_fields=_ADDS_BEFORE,
        edit_fields=_EDITS_BEFORE,
        undoes=False,
        absent=frozenset({"input_files"}),
        absent_in_base=frozenset({"is_system"}),
    ),
    "6": Release(
        "6",
        "6.9.0",
        versions=("v6",),
        edit_tells=False,
        add_fields=_ADDS_BEFORE,
        edit_fields=_EDITS_BEFORE,
        undoes=False,
        activity="is_operational",
        absent=frozenset({"input_files", "max_tries"}),
        absent_in_base=frozenset({"is_active", "is_system"}),
        keyword_fields=("name", "title", "description"),
    ),
}


def release(name: str) -> Release:
    """Return a release; InvalidParameter if there is none of that name."""
    if name not in RELEASES:
        msg = f"{hints.argument('release', name)} is unknown. Give one of {', '.join(RELEASES)}."
        raise InvalidParameter(msg)
    return RELEASES[name]
