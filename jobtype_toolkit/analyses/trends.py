"""How often jobs fail: the rate of any group of them, and its course over time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from jobtype_toolkit import hints
from jobtype_toolkit.analyses.intervals import rates
from jobtype_toolkit.analyses.question import (
    GROUPS,
    OF_CATEGORIES,
    OF_ERRORS,
    OF_NODES,
    OF_TYPES,
    Question,
    by,
    keys_of,
    refuse_many,
    span,
)
from jobtype_toolkit.api.fields import Field, Resource
from jobtype_toolkit.api.intervals import BEGINNING, Span
from jobtype_toolkit.api.services import Parameter
from jobtype_toolkit.errors import InvalidParameter

if TYPE_CHECKING:
    import pandas as pd

    from jobtype_toolkit.backend import Query

_COUNTED = (
    Field("bucket", "time", "Start of the hour, day or minute in UTC."),
    Field("finished", "int", "How many jobs finished.", required=True),
    Field("failed", "int", "How many jobs failed.", required=True),
)
_RATE = (
    Field(
        "finished",
        "int",
        "How many jobs were COMPLETED or FAILED; with an error, those of the group without it.",
        required=True,
    ),
    Field("failed", "int", "How many of them FAILED.", required=True),
    Field("rate", "float", "Part of the finished jobs that failed.", unit="0 to 1"),
    Field("low", "float", "Lower bound of the 95 % interval of the rate in the long run.", unit="0 to 1"),
    Field("high", "float", "Upper bound of it.", unit="0 to 1"),
)
_FILTERS = (*OF_TYPES, *OF_NODES, *OF_CATEGORIES, *OF_ERRORS)


_DAY = timedelta(days=1)


def _whole_days(query: Query) -> Span:
    """Return from when to when `job_day` has what is asked: it counts UTC days, and nothing of nodes."""
    started, ended = query.filters["started"], query.filters["ended"]
    asks_nodes = query.filters["node"] or "node" in query.filters["by"]
    if query.filters["grain"] != "day" or asks_nodes or (started is not None and ended - started < _DAY):
        return ended, ended
    first = BEGINNING if started is None else _midnight(started)
    if started is not None and first < started:
        first += _DAY
    return first, max(first, _midnight(ended))


def _midnight(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def _by_bucket(counted: pd.DataFrame, query: Query) -> pd.DataFrame:
    """Return one row per group and bucket in which jobs finished; with an error, of the groups that had it."""
    every, plain = keys_of(query), keys_of(query, of_errors=False)
    if every == plain:
        return counted.groupby([*every, "bucket"], dropna=False, as_index=False)[["finished", "failed"]].sum()
    failed = counted[counted["failed"] > 0][[*every, "bucket", "failed"]]
    finished = counted.groupby([*plain, "bucket"], dropna=False, as_index=False)["finished"].sum()
    finished = finished[finished["finished"] > 0]
    made = failed[every].drop_duplicates().merge(finished, on=plain)
    made = made.merge(failed, on=[*every, "bucket"], how="left")
    return made.assign(failed=made["failed"].fillna(0).astype("int64"))


def _rates(counted: pd.DataFrame, query: Query) -> pd.DataFrame:
    keys = keys_of(query)
    made = rates(_by_bucket(counted, query), keys)
    return made.sort_values(["failed", *keys], ascending=[False, *[True] * len(keys)], kind="stable")


FAILURE_RATES = Question(
    name="failure_rates",
    title="Failure rates, most failures first",
    summary="How often do jobs fail, and how sure is that?",
    returns="One row per group with finished jobs, most failures first.",
    row=Resource(
        "failure rate",
        "One row per group with finished jobs in the window, with the groups that `by` names; not a v6 service.",
        (*(one.field for one in GROUPS.values()), *_RATE),
    ),
    parameters=(by("name"), *span("jobs that finished"), *_FILTERS),
    is_half_open=True,
    history="window",
    first=(
        *GROUPS,
        "failed",
        "finished",
        "rate",
        "low",
        "high",
    ),
    read=_COUNTED,
    derive=lambda _: {"grain": "day"},
    counted_days=_whole_days,
    finish=_rates,
    command="rates",
    example="--started P7D --by name --by node",
)


# The course over time.

_BUCKETS = ("hour", "day", "week")
_YEARS = range(1990, 2040)


def zone_of(name: str) -> ZoneInfo:
    """Return a time zone by its name.

    Raises:
        InvalidParameter: there is none of that name.
    """
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        msg = f"{hints.argument('zone', name)} is no time zone. Give a name such as UTC or Europe/Berlin."
        raise InvalidParameter(msg) from None


def _grain(query: Query) -> Mapping[str, Any]:
    """Return what buckets of UTC the buckets asked for can be made of."""
    zone = zone_of(query.filters["zone"])
    if zone.key == "UTC":
        return {"grain": "hour" if query.filters["per"] == "hour" else "day"}
    offsets = [datetime(year, month, 1, tzinfo=zone).utcoffset() for year in _YEARS for month in range(1, 13)]
    return {"grain": "minute" if any(one is None or one.total_seconds() % 3600 for one in offsets) else "hour"}


def _begun(moments: pd.Series, per: str, zone: str) -> pd.Series:
    """Return when the buckets began that some instants lie in; hours go by UTC where a clock is set back, so that none is double."""
    import pandas as pd

    local = moments.dt.tz_convert(zone)
    if per == "hour":
        offset = local.dt.tz_localize(None) - moments.dt.tz_localize(None)
        return pd.Series(((moments + offset).dt.floor("h") - offset).dt.as_unit("us"))
    naive = local.dt.tz_localize(None).dt.floor("D")
    if per == "week":
        naive -= pd.to_timedelta(naive.dt.day_of_week, unit="D")
    midnight = naive.dt.tz_localize(zone, ambiguous=True, nonexistent="shift_forward")
    return pd.Series(midnight.dt.tz_convert("UTC").dt.as_unit("us"))


def _trend(counted: pd.DataFrame, query: Query) -> pd.DataFrame:
    """Return the rate of each group and bucket, also of those in which nothing finished."""
    import pandas as pd

    keys, per, zone = keys_of(query), query.filters["per"], query.filters["zone"]
    counted.attrs["zone"] = zone
    days = _by_bucket(counted, query)
    started, ended = query.filters["started"] or days["bucket"].min(), query.filters["ended"]
    if days.empty:
        return pd.DataFrame({name: [] for name in (*keys, "start", "is_partial", *(one.name for one in _RATE))})
    starts = _starts(pd.Timestamp(started), pd.Timestamp(ended), per, zone)
    if query.filters["started"] is None:  # the history begins there, so that nothing is cut
        starts["is_partial"] &= starts["start"] > started
    groups = days[keys].drop_duplicates()
    refuse_many(len(groups) * len(starts))
    day = days.assign(start=_begun(days["bucket"], per, zone), bucket=_begun(days["bucket"], "day", zone))
    day = day.groupby([*keys, "start", "bucket"], dropna=False, as_index=False)[["finished", "failed"]].sum()
    made = groups.merge(starts, how="cross").merge(rates(day, [*keys, "start"]), on=[*keys, "start"], how="left")
    made[["finished", "failed"]] = made[["finished", "failed"]].fillna(0)
    return made.sort_values([*keys, "start"], kind="stable")


def _starts(started: pd.Timestamp, ended: pd.Timestamp, per: str, zone: str) -> pd.DataFrame:
    """Return the buckets of a window, and whether it cuts them."""
    import pandas as pd

    first = started.tz_convert(zone).floor("D", ambiguous=True, nonexistent="shift_forward")
    ticks = pd.date_range(started.floor("h") - pd.Timedelta(hours=1), ended, freq="h") if per == "hour" else None
    if ticks is None:
        ticks = pd.date_range(first, ended.tz_convert(zone) + pd.Timedelta(days=8), freq="D")
    start = _begun(pd.Series(pd.DatetimeIndex(ticks).tz_convert("UTC")), per, zone).drop_duplicates(ignore_index=True)
    end = start.shift(-1)
    if per == "hour":
        end = start + pd.Timedelta(hours=1)
    made = pd.DataFrame({"start": start, "is_partial": (start < started) | (end > ended)})
    return made[(start < ended) & (end > started)].reset_index(drop=True)


FAILURE_TREND = Question(
    name="failure_trend",
    shares="failure_rates",
    title="Failure rates over time",
    summary="How has the failure rate developed, by hour, day or week?",
    returns="One row per group and bucket of time, in this order; a group that finished any job in the window has all its buckets.",
    row=Resource(
        "failure trend",
        "One row per group and hour, day or week of the window, also without a job; not a v6 service.",
        (
            *(one.field for one in GROUPS.values()),
            Field("start", "time", "When the bucket begins."),
            Field("is_partial", "bool", "Whether the window or now cuts the bucket."),
            *_RATE,
        ),
    ),
    parameters=(
        Parameter("per", "text", "How long a bucket is; weeks begin on Monday.", choices=_BUCKETS, default="day"),
        Parameter("zone", "text", "The time zone of days and weeks, such as Europe/Berlin.", default="UTC"),
        *span("jobs that finished"),
        by("name", "version"),
        *_FILTERS,
    ),
    is_half_open=True,
    history="window",
    first=(
        *GROUPS,
        "start",
        "failed",
        "finished",
        "rate",
        "is_partial",
    ),
    read=_COUNTED,
    derive=_grain,
    counted_days=_whole_days,
    finish=_trend,
    command="trend",
    example="--per day --started P7D --name pan-sharpen",
)
