"""What waits on the queue: how deep it was."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from jobtype_toolkit.analyses.question import OF_TYPES, Question, refuse_many
from jobtype_toolkit.api.fields import Field, Resource
from jobtype_toolkit.api.resources import KEY
from jobtype_toolkit.api.services import Parameter

if TYPE_CHECKING:
    import pandas as pd

    from jobtype_toolkit.backend import Query

_LENGTHS = {"hour": timedelta(hours=1), "day": timedelta(days=1)}
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
"""Where full hours and days are counted from, and where all of history begins."""


def _moments(query: Query) -> Mapping[str, Any]:
    """Return the first and the last full hour or day of the window."""
    per = query.filters["per"]
    length = _LENGTHS[per]
    started = query.filters["started"] or _BEGINNING
    return {
        "first": _BEGINNING - (_BEGINNING - started) // length * length,
        "last": _BEGINNING + (query.scope.now - _BEGINNING) // length * length,
        "length": f"1 {per}",
    }


def _depths(steps: pd.DataFrame, query: Query) -> pd.DataFrame:
    """Return how many jobs were on the queue at each moment: the sum of all that came and went until then."""
    import pandas as pd

    keys = ["source", "name"]
    if steps.empty:
        return steps.assign(queued=steps["step"])
    first = steps["moment"].min() if query.filters["started"] is None else query.filters["first"]
    moments = pd.DataFrame({"moment": pd.date_range(first, query.filters["last"], freq=_LENGTHS[query.filters["per"]])})
    names = steps[keys].drop_duplicates()
    refuse_many(len(moments) * len(names))
    summed = steps.groupby([*keys, "moment"])[["step", "snapshot"]].sum(min_count=1).reset_index()
    made = names.merge(moments.astype(summed[["moment"]].dtypes), how="cross").merge(summed, how="left")
    made["queued"] = made.assign(step=made["step"].fillna(0)).groupby(keys)["step"].cumsum()
    made["snapshot"] = made["snapshot"].where(made["snapshot"] != made["queued"])
    made = made[(made["queued"] > 0) | (made["snapshot"].fillna(0) > 0)]
    return made.sort_values(["moment", "name", "source"], kind="stable")


BACKLOG = Question(
    name="backlog",
    title="Jobs on the queue over time",
    summary="How deep was the queue?",
    returns="One row per moment and name with a queue, in this order.",
    row=Resource(
        "backlog",
        "One row per full hour or day and name with jobs on the queue then; not a v6 service.",
        (
            Field("moment", "time", "The full hour or day."),
            KEY[0],
            Field("queued", "int", "How many jobs had been queued and had not started by then.", required=True),
            Field(
                "snapshot",
                "int",
                "How many a pull in the hour or day before saw on the queue, if that is another number.",
            ),
        ),
    ),
    parameters=(
        Parameter("per", "text", "Whether every full hour or every full day.", choices=tuple(_LENGTHS), default="hour"),
        Parameter("started", "time", "The first moment.", default="P3D"),
        OF_TYPES[0],
    ),
    is_half_open=True,
    history="all",
    first=("moment", "name", "queued", "snapshot"),
    read=(
        Field("name", "text", "Name of the job type."),
        Field("moment", "time", "The first full hour or day from then on."),
        Field("step", "int", "How many more jobs are on the queue.", required=True),
        Field("snapshot", "int", "How many a pull saw on the queue."),
    ),
    derive=_moments,
    finish=_depths,
    command="backlog",
    example="--per day --started P7D",
)
