"""Small fake v6 records, and one hand-made history with an answer that a person can count.

The records are built from the vocabulary (`resources.nested`), so that a new field is in them as soon as it is declared.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from jobtype_toolkit.api.resources import (
    BASE_JOB_TYPE,
    ERROR,
    JOB,
    JOB_EXECUTION,
    JOB_TYPE,
    JOB_TYPE_REVISION,
    NOT_IN_LISTS,
    nested,
)

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
"""The present of all tests; also the newest change in the small history."""


def ago(minutes: float, microseconds: int = 0) -> datetime:
    """Return the instant some minutes before NOW."""
    return NOW - timedelta(minutes=minutes, microseconds=microseconds)


def text(moment: datetime | None) -> str | None:
    """Return an instant as a v6 server writes it."""
    if moment is None:
        return None
    plain = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{plain}.{moment.microsecond:06d}Z" if moment.microsecond else f"{plain}Z"


def wire(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row with its times as a v6 server writes them."""
    return {name: text(value) if isinstance(value, datetime) else value for name, value in row.items()}


def page(results: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return v6's envelope around some results, as a whole list in one page has it."""
    rows = list(results)
    return {"count": len(rows), "next": None, "previous": None, "results": rows}


def manifest(
    name: str, version: str, tags: Iterable[str] = (), title: str = "A title", settings: Iterable[str] = ()
) -> dict[str, Any]:
    """Return a Seed manifest that has what the toolkit reads of it."""
    declared = [{"name": setting, "secret": False} for setting in settings]  # as a server stores them
    return {
        "seedVersion": "1.0.0",
        "job": {
            "name": name,
            "jobVersion": version,
            "packageVersion": "1.0.0",
            "title": title,
            "description": "Does what its name says",
            "tags": list(tags),
            "maintainer": {"name": "A. Person", "email": "a.person@example.com"},
            "timeout": 60,
            "interface": {"command": "run"} | ({"settings": declared} if declared else {}),
        },
    }


def job_type(id: int, name: str, version: str, **more: Any) -> dict[str, Any]:
    """Return the details of a job type as v6 sends them."""
    row = {
        "id": id,
        "name": name,
        "version": version,
        "title": name.replace("-", " ").title(),
        "description": f"The job type {name}",
        "is_active": True,
        "is_system": False,
        "is_paused": False,
        "is_published": False,
        "icon_code": "f013",
        "unmet_resources": None,
        "max_scheduled": None,
        "max_tries": 3,
        "revision_num": 1,
        "docker_image": f"registry.local/{name}-{version}-seed:1.0.0",
        "created": datetime(2025, 12, 1, tzinfo=UTC),
        "deprecated": None,
        "paused": None,
        "last_modified": datetime(2026, 1, 1, tzinfo=UTC),
        "manifest": manifest(name, version),
        "configuration": {
            "output_workspaces": {"default": "", "outputs": {}},
            "mounts": {},
            "settings": {},
            "priority": 100,
        },
        "recipe_types": [],
    }
    unknown = {key: value for key, value in more.items() if key not in JOB_TYPE.names}
    return nested(wire(row | more), JOB_TYPE.fields) | unknown


def listed(details: Mapping[str, Any]) -> dict[str, Any]:
    """Return a job type as v6's list has it: without what only the details have."""
    return {key: value for key, value in details.items() if key not in ("manifest", "configuration", "recipe_types")}


def base(details: Mapping[str, Any]) -> dict[str, Any]:
    """Return a job type as it stands inside other v6 objects."""
    return {key: details[key] for key in BASE_JOB_TYPE.names}


def revision(id: int, of: Mapping[str, Any], number: int, **more: Any) -> dict[str, Any]:
    """Return the details of a revision as v6 sends them."""
    row = {
        "id": id,
        "job_type_id": of["id"],
        "name": of["name"],
        "version": of["version"],
        "revision_num": number,
        "docker_image": f"registry.local/{of['name']}:{number}",
        "created": datetime(2026, 1, number, tzinfo=UTC),
        "manifest": manifest(of["name"], of["version"], title=f"Title of revision {number}"),
    }
    return nested(wire(row | more), JOB_TYPE_REVISION.fields) | {"job_type": base(of)}


def error(id: int, name: str, category: str, job_type_name: str | None = None, **more: Any) -> dict[str, Any]:
    """Return an error as v6 sends it; one without a job type is built-in."""
    row = {
        "id": id,
        "name": name,
        "title": name.replace("-", " ").title(),
        "description": f"What {name} means",
        "job_type_name": job_type_name,
        "category": category,
        "is_builtin": job_type_name is None,
        "should_be_retried": job_type_name is None and category == "SYSTEM",
        "created": datetime(2015, 3, 11, tzinfo=UTC),
        "last_modified": datetime(2015, 3, 11, tzinfo=UTC),
    }
    return nested(wire(row | more), ERROR.fields)


def job(
    id: int,
    of: Mapping[str, Any],
    status: str,
    changed: datetime | None,
    failed_with: Mapping[str, Any] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """Return a job as v6's list sends it.

    Args:
        changed: when it entered its status; None for one that never changed status.
        failed_with: the error, as v6 sends it.
        more: fields under their flat names, or unknown ones.
    """
    created = (changed or NOW) - timedelta(minutes=30)
    row = {
        "id": id,
        "revision_num": 1,
        "status": status,
        "node": "node-a",
        "node_id": 1,
        "num_exes": 1,
        "max_tries": 3,
        "input_file_size": 12.5,
        "is_superseded": False,
        "created": created,
        "queued": created + timedelta(minutes=1),
        "started": None if status in ("PENDING", "BLOCKED", "QUEUED") else created + timedelta(minutes=2),
        "ended": changed if status in ("COMPLETED", "FAILED") else None,
        "last_status_change": changed,
        "last_modified": changed or created,
        "job_type_rev_id": 900 + of["id"],
        "event_id": 5,
        "event_type": "PARSE",
        "event_occurred": created,
        "input_files": {"SCENE": [f"scene-{id}.tif"]},
    }
    unknown = {key: value for key, value in more.items() if key not in JOB.names}
    body = nested(wire(row | more), [field for field in JOB.fields if field.name not in NOT_IN_LISTS])
    body |= {"job_type": base(of), "error": None}
    body["job_type_rev"] = {**body["job_type_rev"], "job_type": {"id": of["id"]}}
    if failed_with is not None:
        body["error"] = {key: value for key, value in failed_with.items() if key not in ("created", "last_modified")}
    return body | unknown


def execution(
    id: int, of: Mapping[str, Any], number: int = 1, status: str = "COMPLETED", **more: Any
) -> dict[str, Any]:
    """Return an execution of a job as v6 sends it."""
    row = {
        "id": id,
        "job_id": of["id"],
        "exe_num": number,
        "status": status,
        "cluster_id": f"scale_job_{of['id']}x{number}",
        "created": ago(20),
        "queued": ago(20),
        "started": ago(15),
        "ended": ago(5),
        "timeout": 3600,
        "input_file_size": 12.5,
        "node_id": 1,
        "node": "node-a",
    }
    body = nested(wire(row | more), [field for field in JOB_EXECUTION.fields if field.name not in NOT_IN_LISTS])
    return body | {"job_type": of["job_type"], "error": of["error"]}


def flat_job(
    id: int, name: str, version: str, status: str, changed: datetime | None, error_name: str | None = None, **more: Any
) -> dict[str, Any]:
    """Return a job as a foreign history has it: one flat row, names and versions instead of ids."""
    row = {"id": id, "job_type": name, "job_type_version": version, "status": status, "last_status_change": changed}
    return wire(row | ({"error_name": error_name} if error_name else {}) | more)


# The small history.


def _day(number: int) -> datetime:
    return datetime(2026, 1, number, tzinfo=UTC)


CLOCK = job_type(
    1,
    "scale-clock",
    "1.0",
    is_system=True,
    last_modified=_day(5),
    manifest=manifest("scale-clock", "1.0.0"),
    configuration={"priority": 1},
)
CHIPS_OLD = job_type(
    2,
    "chip-maker",
    "1.9.0",
    is_published=True,
    last_modified=_day(4),
    manifest=manifest("chip-maker", "1.9.0", ["imagery", "raster"]),
)
CHIPS = job_type(
    3,
    "chip-maker",
    "1.10.0",
    title="Chip Maker Ten",
    is_paused=True,
    paused=_day(6),
    revision_num=3,
    max_scheduled=4,
    last_modified=_day(6),
    manifest=manifest("chip-maker", "1.10.0", ["imagery", "raster", "Imagery-2"], settings=["LEVEL"]),
    configuration={"priority": 50, "settings": {"LEVEL": "9"}},
    recipe_types=[{"id": 8, "name": "chips", "title": "Chips", "is_active": True}],
)
CHIPS_BEFORE = job_type(
    4,
    "chip-maker",
    "1.10.0-rc.1",
    is_active=False,
    deprecated=_day(1),
    last_modified=_day(1),
    manifest=manifest("chip-maker", "1.10.0-rc.1", ["imagery"]),
)
GAUGE = job_type(
    5,
    "Tide-Gauge",
    "0.2.0",
    unmet_resources="gpus",
    last_modified=_day(2),
    manifest=manifest("Tide-Gauge", "0.2.0", ["water"]),
)
MODEL = job_type(6, "tide-model", "2.0.0", description="Nothing about imagery here", last_modified=_day(3))
JOB_TYPES = (CLOCK, CHIPS_OLD, CHIPS, CHIPS_BEFORE, GAUGE, MODEL)

UNKNOWN = error(1, "unknown", "SYSTEM")
NODE_LOST = error(2, "node-lost", "SYSTEM", last_modified=_day(10))
BAD_INPUT = error(3, "bad-input", "DATA", "chip-maker", last_modified=_day(12))
NO_CONVERGENCE = error(4, "no-convergence", "ALGORITHM", "Tide-Gauge", last_modified=_day(11))
TIMEOUT = error(5, "timeout", "ALGORITHM")
ERRORS = (UNKNOWN, NODE_LOST, BAD_INPUT, NO_CONVERGENCE, TIMEOUT)

REVISIONS = (
    revision(31, CHIPS, 1),
    revision(32, CHIPS, 2),
    revision(33, CHIPS, 3),
    revision(21, CHIPS_OLD, 1),
    revision(51, GAUGE, 1),
)

JOBS = (
    job(101, CHIPS_OLD, "COMPLETED", ago(0)),
    job(102, CHIPS_OLD, "COMPLETED", ago(60)),
    job(103, CHIPS_OLD, "COMPLETED", ago(180)),  # exactly three hours: counted
    job(104, CHIPS_OLD, "COMPLETED", ago(180, 1)),  # a microsecond earlier: not
    job(105, CHIPS_OLD, "FAILED", ago(30), BAD_INPUT),
    job(106, CHIPS_OLD, "FAILED", ago(40), UNKNOWN),
    job(107, CHIPS_OLD, "FAILED", ago(50), NODE_LOST),
    job(108, CHIPS_OLD, "FAILED", ago(55), TIMEOUT),
    job(109, CHIPS_OLD, "FAILED", ago(58)),  # no error recorded
    job(110, CHIPS_OLD, "RUNNING", ago(1440)),  # running since yesterday
    job(111, CHIPS_OLD, "RUNNING", ago(10)),
    job(112, CHIPS_OLD, "PENDING", None, created=ago(20)),  # never changed status
    job(113, CHIPS_OLD, "PENDING", ago(90)),
    job(114, CHIPS_OLD, "QUEUED", ago(15), queued=ago(15)),
    job(115, CHIPS_OLD, "QUEUED", ago(200), queued=ago(200)),
    job(116, CHIPS_OLD, "BLOCKED", ago(75)),
    job(117, CHIPS_OLD, "CANCELED", ago(75)),  # the same instant as 116
    job(118, CHIPS, "QUEUED", ago(5), queued=ago(5)),
    job(119, CHIPS, "RUNNING", ago(5000)),
    job(120, CHIPS, "FAILED", ago(3000), UNKNOWN),
    job(121, CHIPS, "FAILED", ago(2000), UNKNOWN),
    job(122, CHIPS, "COMPLETED", ago(2500)),
    job(123, CHIPS_BEFORE, "COMPLETED", ago(100_000)),
    job(124, CHIPS_BEFORE, "FAILED", ago(90_000), NODE_LOST),
    job(125, GAUGE, "PENDING", None, created=ago(500)),
    job(126, GAUGE, "PENDING", None, created=ago(400)),
    job(127, GAUGE, "FAILED", ago(35), NO_CONVERGENCE),
    job(128, GAUGE, "FAILED", ago(36), NO_CONVERGENCE, is_superseded=True, superseded=ago(1), superseded_job_id=99),
    job(129, GAUGE, "QUEUED", ago(300), queued=ago(300)),
    job(130, CLOCK, "RUNNING", ago(20_000)),
    job(131, CLOCK, "COMPLETED", ago(1)),
    job(132, CLOCK, "QUEUED", ago(2), queued=ago(2)),
    job(
        133,
        GAUGE,
        "COMPLETED",
        ago(120),
        last_modified=ago(4),  # touched long after it was over
        batch_id=7,
        batch_title="Tides of March",
        recipe_id=9,
        recipe_type="tides",
        source_started=ago(4000),
        source_ended=ago(3900),
        source_sensor_class="radar",
        source_sensor="S-1",
        source_collection="coast",
        source_task="t-17",
    ),
)
"""33 jobs of five types; `tide-model` never ran."""

RESOURCES = {
    "job_types": JOB_TYPES,
    "job_type_revisions": REVISIONS,
    "errors": ERRORS,
    "jobs": JOBS,
}
"""What `Store.load` takes, in the order in which to load it."""
