"""The ground truth of a history: what was planted, and counts taken from the generator's own arrays.

Nothing here reads the files that were written, so the counts are an independent check of any analysis of them. Each
incident has ``where``, the same rows as a SQL condition on ``jobs.parquet``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from jobtype_toolkit.generator.catalog import iso
from jobtype_toolkit.generator.statuses import CANCELED, COMPLETED, FAILED, NONE, PENDING, QUEUED, RUNNING, STATUSES

if TYPE_CHECKING:
    from jobtype_toolkit.generator.catalog import Error
    from jobtype_toolkit.generator.incidents import Incident
    from jobtype_toolkit.generator.model import Array, Model
    from jobtype_toolkit.generator.statuses import Columns

EFFECTS = {
    "new_error": "From `began` on this share (`strength`) of the runs ends in an error that was never seen before; "
    "it began exactly one day after the revision.",
    "bad_node": "From `began` to `ended` this share (`strength`) of the runs on one node ends in one error, "
    "whatever the job type; the other nodes are as before.",
    "slower_version": "Runs of this version take `strength` times as long as those of the version before, "
    "for inputs of the same size.",
    "chronic_failer": "This share (`strength`) of the runs of the job type name has failed with one error all along; "
    "it is not new and has no beginning within the history.",
    "backlog": "The job type was paused from `began` to `ended`: its jobs waited on the queue and drained afterwards, "
    "first in, first out, within `strength` times the length of the pause.",
    "stuck_running": "About `strength` runs that started between `began` and `ended` are RUNNING to this day, "
    "long past the timeout of their job type.",
}


class Truth:
    """Counts over all chunks of a history."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.statuses = np.zeros((len(model.job_types), len(STATUSES)), dtype=np.int64)
        self.failures = np.zeros((len(model.job_types), len(model.errors) + 1), dtype=np.int64)
        self.oldest_running = np.full(len(model.job_types), np.iinfo(np.int64).max)
        self.affected = [0] * len(model.incidents)
        self.superseded = 0

    def add(self, jobs: Columns) -> None:
        """Count a chunk."""
        kinds = len(self.model.job_types)
        self.statuses += np.bincount(
            jobs["job_type"] * len(STATUSES) + jobs["status"], minlength=self.statuses.size
        ).reshape(kinds, -1)
        failed = jobs["status"] == FAILED
        width = len(self.model.errors) + 1
        self.failures += np.bincount(
            jobs["job_type"][failed] * width + jobs["error"][failed], minlength=self.failures.size
        ).reshape(kinds, -1)
        running = jobs["status"] == RUNNING
        np.minimum.at(self.oldest_running, jobs["job_type"][running], jobs["last_status_change"][running])
        self.superseded += int((jobs["superseded"] != NONE).sum())
        for i, incident in enumerate(self.model.incidents):
            self.affected[i] += int(self._affected(incident, jobs).sum())

    def _affected(self, incident: Incident, jobs: Columns) -> Array:
        """The jobs an incident has left its mark on, as they stand at the end."""
        kind, status, started = jobs["job_type"], jobs["status"], jobs["started"]
        own: Array = kind == incident.one.id - 1 if incident.job_type else np.ones(len(kind), dtype=bool)
        found: Array = status == FAILED
        if incident.error:
            found &= jobs["error"] == incident.error.id
        during = (started >= incident.began) & (started < incident.ended)
        match incident.kind:
            case "bad_node":
                found &= (jobs["node"] == incident.node) & during
            case "slower_version":
                found = own & (status == COMPLETED)
            case "backlog":
                waited = (jobs["queued"] != NONE) & (jobs["queued"] < incident.ended)
                found = own & waited & (started >= incident.ended)
            case "stuck_running":
                found = own & (status == RUNNING) & during
        return found

    def document(self) -> dict[str, Any]:
        """The truth as JSON."""
        incidents = [self._incident(i, incident) for i, incident in enumerate(self.model.incidents)]
        return {"incidents": incidents, "totals": self._totals()}

    def _incident(self, number: int, incident: Incident) -> dict[str, Any]:
        kind, error = incident.job_type, incident.error
        body: dict[str, Any] = {
            "kind": incident.kind,
            "effect": EFFECTS[incident.kind],
            "is_new": incident.kind != "chronic_failer",
            "strength": incident.strength,
            "began": iso(incident.began),
            "ended": iso(incident.ended),
            "job_type_id": None,
            "job_type": None,
            "job_type_version": None,
            "error_id": error.id if error else None,
            "error_name": error.name if error else None,
            "node": f"node{incident.node:02d}" if incident.node else None,
            "affected_jobs": self.affected[number],
            "where": _where(incident),
        }
        if kind is not None:
            body |= {"job_type_id": kind.id, "job_type": kind.name, "job_type_version": kind.version}
            if incident.kind == "chronic_failer":
                body |= {"job_type_id": None, "job_type_version": None}
            if incident.kind == "new_error":
                body["revision_num"] = len(kind.revisions)
                body["revision_created"] = iso(kind.revisions[-1].created)
        if incident.previous is not None:
            body["previous_job_type_id"] = incident.previous.id
            body["previous_version"] = incident.previous.version
        return body

    def _totals(self) -> dict[str, Any]:
        model = self.model
        per_type = [
            {
                "job_type_id": kind.id,
                "job_type": kind.name,
                "job_type_version": kind.version,
                **{status: int(n) for status, n in zip(STATUSES, row, strict=True)},
                "longest_running": iso(int(oldest)) if row[RUNNING] else None,
            }
            for kind, row, oldest in zip(model.job_types, self.statuses, self.oldest_running, strict=True)
        ]
        return {
            "jobs": int(self.statuses.sum()),
            "superseded": self.superseded,
            "by_status": {status: int(n) for status, n in zip(STATUSES, self.statuses.sum(axis=0), strict=True)},
            "by_job_type": per_type,
            **{
                name: {str(k.id): int(n) for k, n in zip(model.job_types, self.statuses[:, status], strict=True) if n}
                for name, status in (("running", RUNNING), ("pending", PENDING), ("queued", QUEUED))
            },
            "system_failures": self._failures(system=True),
            "other_failures": self._failures(system=False),
            "canceled": int(self.statuses[:, CANCELED].sum()),
        }

    def _failures(self, *, system: bool) -> list[dict[str, Any]]:
        def wanted(error: Error) -> bool:
            return (error.category == "SYSTEM") == system

        return [
            {
                "job_type_id": kind.id,
                "error_id": error.id,
                "error_name": error.name,
                "count": int(self.failures[kind.id - 1, error.id]),
            }
            for kind in self.model.job_types
            for error in self.model.errors
            if wanted(error) and self.failures[kind.id - 1, error.id]
        ]


def _where(incident: Incident) -> str:
    """The affected jobs as a SQL condition on ``jobs.parquet``."""
    began, ended = (f"timestamptz '{iso(moment)}'" for moment in (incident.began, incident.ended))
    own = f"job_type_id = {incident.job_type.id}" if incident.job_type else ""
    error = f"status = 'FAILED' AND error_id = {incident.error.id}" if incident.error else ""
    during = f"started >= {began} AND started < {ended}"
    match incident.kind:
        case "new_error" | "chronic_failer":
            return error
        case "bad_node":
            return f"{error} AND node_id = {incident.node} AND {during}"
        case "slower_version":
            return f"{own} AND status = 'COMPLETED'"
        case "backlog":
            return f"{own} AND queued < {ended} AND started >= {ended}"
        case _:
            return f"{own} AND status = 'RUNNING' AND {during}"
