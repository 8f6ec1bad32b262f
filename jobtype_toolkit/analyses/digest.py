"""What changed: the digest of a shift."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from jobtype_toolkit.analyses.question import OF_TYPES, Question
from jobtype_toolkit.api.fields import Field, Resource
from jobtype_toolkit.api.resources import KEY
from jobtype_toolkit.api.services import Parameter

if TYPE_CHECKING:
    from jobtype_toolkit.backend import Query

KINDS = (
    "new_type",
    "new_version",
    "new_revision",
    "paused",
    "resumed",
    "edited",
    "deprecated",
    "new_error",
    "gone_error",
)
_FEWEST = 5
"""How many failures are missing, at the rate of the window before, if an error is gone."""
_MOMENT = 60_000_000
"""What happens to a job type within these microseconds is one edit."""


def _window(query: Query) -> Mapping[str, Any]:
    """Return the window, and the one of the same length before it."""
    since, now = query.filters["since"], query.scope.now
    earliest = datetime.min.replace(tzinfo=UTC)
    earlier = since - (now - since) if now > since and since - earliest > now - since else earliest
    return {"started": since, "earlier": earlier, "fewest": _FEWEST, "moment_us": _MOMENT}


CHANGES = Question(
    name="changes",
    title="What changed",
    summary="What changed since an instant?",
    returns="One row per fact, in the order in which they happened.",
    row=Resource(
        "change",
        "One row per fact about a job type or one of its errors; not a v6 service.",
        (
            Field("kind", "text", f"One of {', '.join(KINDS)}."),
            KEY[0],
            Field("what", "text", "The version, the number of the revision, or the name of the error."),
            Field(
                "moment", "time", "When it happened, or was first seen; of an error that is gone, when it came last."
            ),
            Field("detail", "text", "What else there is to say."),
            Field(
                "seen", "text", "told: by a record. observed: between two loads or pulls, so that it happened before."
            ),
        ),
    ),
    parameters=(
        Parameter("since", "time", "Only what happened at or after it.", is_required=True),
        OF_TYPES[0],
    ),
    is_half_open=True,
    history="all",
    first=("moment", "kind", "name", "what", "detail", "seen"),
    derive=_window,
    command="changes",
    example="--since P7D",
)
