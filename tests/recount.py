"""The answers of the analyses once more, in plain Python over flat rows: what the toolkit is compared with.

A job is a mapping with `type` (any hashable key), `status`, `changed` (datetime or None), `error` (key or None), `category`
(of that error, or None) and `queued`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from datetime import datetime
from typing import Any

Job = Mapping[str, Any]


def status(
    jobs: Iterable[Job], types: Iterable[Hashable], started: datetime | None, ended: datetime | None
) -> dict[tuple[Any, Any, Any], tuple[int, datetime | None]]:
    """(type, status, category) → (count, most recent); (type, None, None) → (0, None) where nothing counts."""
    groups: dict[tuple[Any, Any, Any], list[datetime | None]] = defaultdict(list)
    for one in jobs:
        changed = one["changed"]
        inside = changed is not None and (started is None or changed >= started) and (ended is None or changed <= ended)
        if one["status"] == "RUNNING" or inside:
            groups[one["type"], one["status"], one["category"] if one["status"] == "FAILED" else None].append(changed)
    answer = {key: (len(found), _latest(found)) for key, found in groups.items()}
    with_jobs = {key[0] for key in answer}
    return answer | {(one, None, None): (0, None) for one in types if one not in with_jobs}


def waiting(jobs: Iterable[Job], state: str, when: str = "changed") -> dict[Any, tuple[int, datetime | None]]:
    """Type → (count, earliest) of the jobs in a status."""
    groups: dict[Any, list[datetime | None]] = defaultdict(list)
    for one in jobs:
        if one["status"] == state:
            groups[one["type"]].append(one[when])
    return {key: (len(found), _earliest(found)) for key, found in groups.items()}


def system_failures(jobs: Iterable[Job]) -> dict[tuple[Any, Any], tuple[int, datetime | None, datetime | None]]:
    """(type, error) → (count, first, last) of the jobs that are FAILED with a SYSTEM error."""
    groups: dict[tuple[Any, Any], list[datetime | None]] = defaultdict(list)
    for one in jobs:
        if one["status"] == "FAILED" and one["category"] == "SYSTEM":
            groups[one["type"], one["error"]].append(one["changed"])
    return {key: (len(found), _earliest(found), _latest(found)) for key, found in groups.items()}


def _earliest(found: Iterable[datetime | None]) -> datetime | None:
    return min((one for one in found if one is not None), default=None)


def _latest(found: Iterable[datetime | None]) -> datetime | None:
    return max((one for one in found if one is not None), default=None)


# The same shapes from the toolkit's frames.


def of_status(frame: Any, key: Any = lambda row: (row["name"], row["version"])) -> dict[Any, Any]:
    """Return a status frame in the shape of `status`."""
    return {
        (key(row), _none(row["status"]), _none(row["category"])): (int(row["count"]), _moment(row["most_recent"]))
        for row in _rows(frame)
    }


def of_waiting(frame: Any, column: str, key: Any = lambda row: (row["name"], row["version"])) -> dict[Any, Any]:
    """Return a pending, running or queue frame in the shape of `waiting`."""
    return {key(row): (int(row["count"]), _moment(row[column])) for row in _rows(frame)}


def of_system_failures(
    frame: Any,
    key: Any = lambda row: (row["name"], row["version"]),
    error: Any = lambda row: row["error_name"],
) -> dict[Any, Any]:
    """Return a system failures frame in the shape of `system_failures`."""
    return {
        (key(row), error(row)): (int(row["count"]), _moment(row["first_error"]), _moment(row["last_error"]))
        for row in _rows(frame)
    }


def _rows(frame: Any) -> list[dict[str, Any]]:
    rows = frame.to_dict("records")
    assert len(rows) == len(frame)
    return rows


def _none(value: Any) -> Any:
    return None if value is None or value != value else value  # noqa: PLR0124 - NaN is not itself


def _moment(value: Any) -> datetime | None:
    value = _none(value)
    return None if value is None else value.to_pydatetime()
