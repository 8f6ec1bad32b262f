"""How the arrays of a history say status and null."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jobtype_toolkit.generator.model import Array

    Columns = dict[str, Array]

NONE = -1
STATUSES = ("PENDING", "BLOCKED", "QUEUED", "RUNNING", "FAILED", "COMPLETED", "CANCELED")
PENDING, BLOCKED, QUEUED, RUNNING, FAILED, COMPLETED, CANCELED = range(7)
