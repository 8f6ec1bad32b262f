"""When the queue of a job type will be empty."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from jobtype_toolkit.analyses.question import OF_TYPES, Question
from jobtype_toolkit.api.fields import Field, Resource
from jobtype_toolkit.api.resources import JOB_TYPE, KEY

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from jobtype_toolkit.backend import Query

    Counts = np.ndarray[tuple[int], np.dtype[np.float64]]

_HOURS, _PER_HOUR = 24, 4
_FEWEST = 10
"""How many jobs must have finished, and been queued since."""
_Z = 1.281552
"""80 of 100 lie between."""
_LATEST = 24 * 365 * 50
"""Hours beyond which nobody needs a date."""


def _window(query: Query) -> Mapping[str, Any]:
    return {"first": query.scope.now - timedelta(hours=_HOURS)}


@dataclass(frozen=True, slots=True)
class Flow:
    """How many jobs come or go in an hour, and how much that varies."""

    rate: float
    variance: float
    """Of the jobs of one hour."""
    hours: float
    """How long it was observed."""


def flow(counts: Counts) -> Flow:
    """Return the flow that counts per quarter of an hour show: Poisson, or as much more uneven as they are."""
    mean = float(counts.mean())
    uneven = float(counts.var(ddof=1)) / mean if mean and len(counts) > 1 else 1.0
    return Flow(mean * _PER_HOUR, mean * _PER_HOUR * max(uneven, 1.0), len(counts) / _PER_HOUR)


def empty_after(queued: int, arriving: Flow, finishing: Flow) -> tuple[float | None, float | None, float | None]:
    """Return in how many hours a queue is empty, and the bounds of the 80 % interval; None where it never is.

    The queue shrinks by the difference of two flows. After t hours that has gone wrong by as much as both flows vary in t hours, and
    by t times the error of the rates; the bounds are where the queue is empty if it goes so well or so badly.
    """
    net = finishing.rate - arriving.rate
    noise = _Z**2 * (finishing.variance + arriving.variance)
    error = _Z**2 * (finishing.variance / finishing.hours + arriving.variance / arriving.hours)
    a, b, c = net**2 - error, 2 * queued * net + noise, float(queued**2)
    root = max(b * b - 4 * a * c, 0.0) ** 0.5
    low = 2 * c / (b + root) if b + root > 0 else None
    high = (b + root) / (2 * a) if a > 0 and net > 0 else None
    return (queued / net if net > 0 else None), low, high


def depths(queued: int, arrived: Counts, begun: Counts) -> Counts:
    """Return how many jobs were on the queue at the begin of each quarter of an hour, counting back from how many are now."""
    return queued - (arrived - begun)[::-1].cumsum()[::-1]


def lasted(depth: Counts, queued: int) -> Counts:
    """Return after how many quarters of an hour a queue of about that depth was empty, each time there was one."""
    import numpy as np

    empty = np.flatnonzero(depth <= 0)
    deep = np.flatnonzero((depth >= queued / 2) & (depth <= queued * 2) & (depth > 0))
    following = np.searchsorted(empty, deep)
    deep, following = deep[following < len(empty)], following[following < len(empty)]
    return (empty[following] - deep).astype("float64")


def _forecast(queued: int, is_paused: bool, flows: Iterable[Counts], now: datetime) -> dict[str, Any]:
    """Return what is to be expected of one job type, from its arrived, begun and finished jobs per quarter of an hour."""
    import numpy as np

    arrived, begun, finished = flows
    enough = {"verdict": "paused" if is_paused else "not enough data"}
    if finished.sum() < _FEWEST:
        return enough
    first = int(np.flatnonzero(arrived + begun + finished)[0])
    depth = depths(queued, arrived, begun)
    empty = np.flatnonzero(depth[: len(depth) - _PER_HOUR] <= 0)
    busy = finished[empty[-1] :] if len(empty) else finished[first:]
    busy = busy if busy.sum() >= _FEWEST else finished[first:]
    arrived = arrived[first:]
    if len(arrived) < _PER_HOUR:
        return enough
    usual = np.minimum(arrived, 3 * np.median(arrived) + 5)  # a batch comes once
    arriving, finishing = flow(usual), flow(busy)
    known: dict[str, Any] = {"arrivals_per_hour": arriving.rate, "completions_per_hour": finishing.rate}
    if is_paused:
        return known | {"verdict": "paused"}
    before = lasted(depth[first:], queued)
    if len(before) >= _FEWEST:  # such a queue comes and goes: it lasts as long as it did
        low, hour, high = np.quantile(before, [0.1, 0.5, 0.9]) / _PER_HOUR
        hours: tuple[float | None, ...] = (float(hour), float(low), float(high))
    else:
        hours = empty_after(queued, arriving, finishing)
    if hours[0] is None or hours[0] > _LATEST:
        return known | {"verdict": "never at this rate"}
    moments = [None if one is None or one > _LATEST else now + timedelta(hours=one) for one in hours]
    return known | dict(zip(("empty_at", "low", "high"), moments, strict=True)) | {"verdict": "draining"}


def _drain(counted: pd.DataFrame, query: Query) -> pd.DataFrame:
    import numpy as np
    import pandas as pd

    groups = counted.groupby(["source", "name", "version"], sort=False)
    types = counted.loc[~counted.duplicated(["source", "name", "version"])]
    flows = np.zeros((3, len(types), _HOURS * _PER_HOUR))
    for flow_, name in zip(flows, ("arrived", "begun", "finished"), strict=True):
        flow_[groups.ngroup(), counted["place"]] = counted[name]
    facts: list[Any] = list(types.itertuples(index=False))
    rows = [
        {"source": one.source, "name": one.name, "version": one.version, "queued": one.queued, "running": one.running}
        | _forecast(one.queued, bool(one.is_paused), list(flows[:, place]), query.scope.now)
        for place, one in enumerate(facts)
    ]
    made = pd.DataFrame(rows, columns=["source", *query.service.row.names])
    for name in ("empty_at", "low", "high"):
        made[name] = pd.to_datetime(made[name], utc=True)
    return made.sort_values(["empty_at", "name", "version", "source"], kind="stable", na_position="last")


def _number(name: str, meaning: str) -> Field:
    return Field(name, "int", meaning, required=True)


_COUNTS = (_number("queued", "How many jobs are on the queue."), _number("running", "How many run."))

DRAIN_FORECAST = Question(
    name="drain_forecast",
    title="When queues will be empty",
    summary="When will the queue of a job type be empty?",
    returns="One row per name and version with queued jobs, the earliest empty one first.",
    row=Resource(
        "drain forecast",
        "One row per name and version with jobs on the queue; not a v6 service.",
        (
            *KEY,
            *_COUNTS,
            Field(
                "arrivals_per_hour",
                "float",
                "How many jobs come on the queue, but for batches that come once.",
                unit="1/h",
            ),
            Field("completions_per_hour", "float", "How many jobs finish, since the queue was last empty.", unit="1/h"),
            Field("empty_at", "time", "When the queue is empty if both go on so."),
            Field("low", "time", "Begin of the 80 % interval of that."),
            Field("high", "time", "End of it; missing if it may never be."),
            Field("verdict", "text", "draining, never at this rate, paused or not enough data."),
        ),
    ),
    parameters=OF_TYPES,
    is_half_open=True,
    history="all",
    first=(
        "name",
        "version",
        "verdict",
        "queued",
        "empty_at",
        "low",
        "high",
        "arrivals_per_hour",
        "completions_per_hour",
    ),
    read=(
        *KEY,
        JOB_TYPE["is_paused"],
        *_COUNTS,
        _number("place", "Which quarter of an hour of the window."),
        _number("arrived", "How many jobs were queued in it."),
        _number("begun", "How many started."),
        _number("finished", "How many finished."),
    ),
    derive=_window,
    finish=_drain,
    command="drain",
    example="--name haze-grader",
)
