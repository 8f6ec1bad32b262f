"""What became of a plan, and the record of it that can be kept."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from jobtype_toolkit.api.objects import JobType
from jobtype_toolkit.api.times import v6_text
from jobtype_toolkit.display.reports import report
from jobtype_toolkit.seed.findings import Validation

Outcome = Literal["created", "edited", "unchanged"]


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of a plan. No secret is in it."""

    outcome: Outcome
    """`unchanged` if there was nothing to change, so that nothing was sent."""
    url: str
    """Where the details are: a whole URL on a server, below the base URL of the API in a store."""
    job_type: JobType
    """The details as they are now."""
    validation: Validation
    not_applied: tuple[str, ...] = ()
    """The fields that were asked for and are as they were before."""
    notes: tuple[str, ...] = ()
    """What else is worth knowing of how it went."""
    target: str = ""
    """Where it was written."""
    at: datetime | None = None
    """When it was written or, if there was nothing to change, looked at, by the clock of the one who sent it."""
    request: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """The fields that were sent, without the values of secret settings."""
    status: int | None = None
    """The status of a server's answer; None from a store, or if the answer was lost."""
    answer: Any = field(default=None, repr=False)
    """The body of a server's answer."""
    plan: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """The plan as it was before it was sent: `Plan.as_dict()`."""

    def as_dict(self) -> dict[str, Any]:
        """Return the record of plan and answer as plain values that JSON can hold."""
        return {
            "outcome": self.outcome,
            "target": self.target,
            "url": self.url,
            "at": v6_text(self.at),
            "request": _json(self.request),
            "status": self.status,
            "answer": _json(self.answer),
            "job_type": _json(self.job_type),
            "validation": self.validation.as_dict(),
            "not_applied": list(self.not_applied),
            "notes": list(self.notes),
            "plan": _json(self.plan),
        }

    def _repr_html_(self) -> str:
        shown = {
            "job type": f"{self.job_type.name} {self.job_type.version}",
            "where": self.target,
            "url": self.url,
            "at": v6_text(self.at),
            "sent": tuple(self.request),
            "not applied": self.not_applied,
        }
        found = (*self.validation.errors, *self.validation.warnings)
        return report(
            self.outcome.capitalize(), shown, [*self.notes, *(f"{one.name}: {one.description}" for one in found)]
        )

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the record as JSON, in one piece: a file of that name is replaced by the whole record, or stays as it is.

        Raises:
            OSError: it cannot be written.
        """
        target = Path(path)
        text = json.dumps(self.as_dict(), indent=2, ensure_ascii=False) + "\n"
        handle, made = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".part")
        try:
            with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            Path(made).replace(target)
        except BaseException:
            Path(made).unlink(missing_ok=True)
            raise


def _json(value: Any) -> Any:
    """Return a value with its times as v6 writes them."""
    if isinstance(value, datetime):
        return v6_text(value)
    if isinstance(value, Mapping):
        return {str(name): _json(member) for name, member in value.items()}
    return [_json(one) for one in value] if isinstance(value, (list, tuple)) else value
