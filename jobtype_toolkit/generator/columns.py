"""The columns of jobs that do not come from their transitions: revisions, batches, what superseded what."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from jobtype_toolkit.generator.catalog import DAY
from jobtype_toolkit.generator.statuses import CANCELED, COMPLETED, FAILED, NONE

if TYPE_CHECKING:
    from jobtype_toolkit.generator.history import Chunk
    from jobtype_toolkit.generator.model import Array
    from jobtype_toolkit.generator.statuses import Columns

# How many jobs of the same type lie between a job and the one a batch replaces it by.
DISTANCE = 60


class JobColumns:
    """The columns of a chunk's jobs that do not come from transitions."""

    def __init__(self, chunk: Chunk) -> None:
        self.chunk = chunk
        self.rng = chunk.rng
        self.model = chunk.model

    def columns(self) -> Columns:
        """All columns, in order of the last status change (of creation if there was none)."""
        chunk = self.chunk
        keys, nums, ids = self.model.revisions
        revision = np.searchsorted(keys, self.model.key(chunk.job_type, chunk.created), side="right") - 1
        in_recipe = self.model.in_recipe[chunk.family]
        batch = self.batches(in_recipe)
        superseded, superseded_job = self.supersede(batch)
        columns = {
            "id": chunk.id,
            "job_type": chunk.job_type,
            "revision_num": nums[revision],
            "revision_id": ids[revision],
            "status": chunk.status,
            "error": chunk.error,
            "node": chunk.node,
            "num_exes": chunk.num_exes,
            "max_tries": chunk.max_tries,
            "size": chunk.known_size(),
            "superseded_job": superseded_job,
            "event": 1 + chunk.id // 24,
            "recipe": np.where(in_recipe, 1 + chunk.id // 8, NONE),
            "batch": batch,
            "created": chunk.created,
            "queued": chunk.queued,
            "started": chunk.started,
            "ended": chunk.ended,
            "last_status_change": chunk.last_status_change,
            "superseded": superseded,
            "last_modified": self.last_modified(superseded),
        }
        change = chunk.last_status_change
        order = np.lexsort((chunk.id, np.where(change == NONE, chunk.created, change)))
        return {name: column[order] for name, column in columns.items()}

    def batches(self, in_recipe: Array) -> Array:
        """Every tenth day a batch processes old scenes anew for a day and a half."""
        since = self.chunk.created - self.model.calendar.begin
        inside = in_recipe & (since % (10 * DAY) < 3 * DAY // 2) & (since >= 10 * DAY)
        return np.where(inside & self.chunk.chance(0.3, in_recipe), since // (10 * DAY), NONE)

    def supersede(self, batch: Array) -> tuple[Array, Array]:
        """Moments at which jobs were superseded, and which job each job supersedes: batch jobs replace older ones."""
        chunk = self.chunk
        superseded, superseded_job = np.full(len(batch), NONE), np.full(len(batch), NONE)
        order = np.lexsort((chunk.id, chunk.job_type))
        old, new = order[:-DISTANCE], order[DISTANCE:]
        final = np.isin(chunk.status[old], (FAILED, COMPLETED, CANCELED))
        fits = (chunk.job_type[old] == chunk.job_type[new]) & (batch[new] != NONE) & final
        fits &= chunk.last_status_change[old] <= chunk.created[new]
        old, new = old[fits], new[fits]
        superseded[old] = chunk.created[new]
        superseded_job[new] = chunk.id[old]
        return superseded, superseded_job

    def last_modified(self, superseded: Array) -> Array:
        """Usually the last status change; sometimes a little later, as the message came late; never after the end."""
        chunk = self.chunk
        change = np.where(chunk.last_status_change == NONE, chunk.created, chunk.last_status_change)
        late = np.where(chunk.chance(0.08, change), self.rng.integers(200, 8000, len(change)), 0)
        modified: Array = np.maximum(np.minimum(change + late, chunk.end), superseded)
        return modified
