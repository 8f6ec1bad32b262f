"""What changed: the digest of a shift."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from jobtype_toolkit.analyses.question import OF_TYPES, Others, Question, with_note
from jobtype_toolkit.api.fields import Field, Resource
from jobtype_toolkit.api.resources import KEY
from jobtype_toolkit.api.services import Parameter

if TYPE_CHECKING:
    import pandas as pd

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
    "worse",
    "better",
)
_JUDGED = KINDS[-2:]
_LONGEST = timedelta(days=31)
"""The longest window that is judged: what lasts longer has become usual."""
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


def _judging(query: Query) -> Mapping[str, Mapping[str, Any]]:
    """Return the question whether rates are worse or better, if it is wanted."""
    kinds, since = query.filters["kind"], query.filters["since"]
    if (kinds is None or set(_JUDGED) & set(kinds)) and timedelta(0) < query.scope.now - since <= _LONGEST:
        return {"worse_than_usual": {"started": since, "name": query.filters["name"]}}
    return {}


def _with_judged(facts: pd.DataFrame, query: Query, others: Others) -> pd.DataFrame:
    """Return the facts, and the rates that are worse or better at the end of the window."""
    import pandas as pd

    kinds, now = query.filters["kind"] or KINDS, query.scope.now
    if "worse_than_usual" not in others:
        if set(_JUDGED) & set(kinds) and now - query.filters["since"] > _LONGEST:
            with_note(facts, f"whether rates are worse or better is judged in windows of up to {_LONGEST.days} days")
        return facts
    judged = others["worse_than_usual"]
    judged = judged[judged["verdict"].isin(set(_JUDGED) & set(kinds))]
    if judged.empty:
        return facts
    more = pd.DataFrame(
        {
            "source": judged.get("source", query.scope.source),
            "kind": judged["verdict"],
            "name": judged["name"],
            "what": judged["error_name"],
            "moment": pd.Timestamp(now).as_unit("us"),
            "detail": [
                f"{row.failed:,} of {row.finished:,} jobs failed: {row.rate:.1%}, usually {row.usual_rate:.1%}"
                for row in judged.itertuples()
            ],
            "seen": "told",
        }
    ).sort_values(["kind", "name", "source"])
    made = pd.concat([facts, more.astype(facts.dtypes.to_dict())], ignore_index=True)
    made.attrs = facts.attrs
    return made


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
            Field(
                "what",
                "text",
                "The version, the number of the revision, or the name of the error; missing if a rate is worse and no error "
                "stands out.",
            ),
            Field(
                "moment",
                "time",
                "When it happened, or was first seen; of an error that is gone, when it came last; of a rate, when it was judged.",
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
        Parameter("kind", "text", "Only facts of these kinds.", True, choices=KINDS, is_named=True),
    ),
    is_half_open=True,
    history="all",
    first=("moment", "kind", "name", "what", "detail", "seen"),
    derive=_window,
    others=_judging,
    join=_with_judged,
    command="changes",
    command_order=("-moment",),
    example="--since P7D",
)
