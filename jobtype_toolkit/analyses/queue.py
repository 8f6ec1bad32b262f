"""What waits: how deep the queue was, and why a job type does not run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from jobtype_toolkit.analyses.question import OF_TYPES, Question, refuse_many, with_note
from jobtype_toolkit.api.fields import Field, Resource
from jobtype_toolkit.api.resources import JOB_TYPE, KEY
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
    keys = ["source", "name"]
    if steps.empty:
        return steps.assign(queued=steps["step"])
    length = _LENGTHS[query.filters["per"]]
    summed = steps.groupby([*keys, "moment"])[["step", "snapshot"]].sum(min_count=1).reset_index()
    summed["queued"] = summed.groupby(keys)["step"].cumsum()
    until = summed.groupby(keys)["moment"].shift(-1).fillna(query.filters["last"] + length)
    moments = ((until - summed["moment"]).dt.total_seconds() // length.total_seconds()).where(summed["queued"] > 0, 1)
    refuse_many(int(moments.sum()))
    made = summed.loc[summed.index.repeat(moments.astype("int64"))]
    later = made.groupby(level=0).cumcount()
    made = made.assign(moment=made["moment"] + later * length)
    made["snapshot"] = made["snapshot"].where((later == 0) & (made["snapshot"] != made["queued"]))
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


# Why a job type does not run.

_NAMED = 3
"""How many job types an evidence names."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A job type at an instant, and what of it waits."""

    source: str
    name: str
    version: str
    inferred: bool | None
    has_configuration: bool
    is_paused: bool | None
    is_active: bool | None
    unmet_resources: str | None
    max_scheduled: int | None
    paused: datetime | None
    deprecated: datetime | None
    priority: int
    queued: int
    running: int
    pending: int
    blocked: int
    longest_queued: datetime | None
    longest_waiting: datetime | None

    @property
    def is_full(self) -> bool:
        """Whether as many jobs run as may."""
        return bool(self.max_scheduled) and self.running >= (self.max_scheduled or 0)

    @property
    def competes(self) -> bool:
        """Whether its queued jobs are taken off the queue before those of others."""
        return bool(self.queued) and not self.is_paused and not self.unmet_resources and not self.is_full

    @property
    def waits(self) -> tuple[int, datetime | None]:
        """How many of its jobs wait, and since when the first does: those on the queue, else the ones that are not on it yet."""
        return (
            (self.queued, self.longest_queued) if self.queued else (self.pending + self.blocked, self.longest_waiting)
        )

    @property
    def turn(self) -> tuple[int, datetime]:
        """What the queue is served by: the smallest first."""
        return self.priority, self.longest_queued or _BEGINNING

    @property
    def unreadable(self) -> str | None:
        """What is not known of it."""
        if self.inferred:
            return "the job type itself was never loaded: whether it is paused or active, its limits and its priority"
        return None if self.has_configuration else "its configuration: a priority of 100 is assumed"


def _since(moment: datetime | None) -> str:
    return f" since {moment:%Y-%m-%d %H:%M} UTC" if moment else ""


def _jobs(n: int, what: str) -> str:
    return f"{n:,} {what} job{'s' if n != 1 else ''}"


def _reasons(one: _Waiting, ahead: Sequence[_Waiting]) -> Iterator[tuple[str, str]]:
    """Yield each reason with its evidence, the decisive one first; `ahead` are the types whose jobs come before."""
    if not one.queued:
        if one.is_active is False:
            yield "deprecated", f"deprecated{_since(one.deprecated)}: it makes no new jobs"
        if one.pending or one.blocked:
            counted = ((one.pending, "PENDING"), (one.blocked, "BLOCKED"))
            waits = " and ".join(_jobs(n, what) for n, what in counted if n)
            yield "not_queued", f"not on the queue yet: {waits}, the first{_since(one.longest_waiting)}"
        else:
            runs = f"; {_jobs(one.running, 'RUNNING')}" if one.running else ""
            yield "nothing_waiting", f"no job is PENDING, BLOCKED or QUEUED{runs}"
        return
    waits = f"{_jobs(one.queued, 'QUEUED')}, the first{_since(one.longest_queued)}"
    if one.is_paused:
        yield "paused", f"paused{_since(one.paused)}; {waits}"
    if one.unmet_resources:
        yield "unmet_resources", f"the cluster does not offer {one.unmet_resources}; {waits}"
    if one.is_full:
        yield "max_scheduled", f"{one.running:,} of at most {one.max_scheduled:,} jobs are RUNNING; {waits}"
    if ahead:
        named = ", ".join(f"{it.name} {it.version} (priority {it.priority})" for it in ahead[:_NAMED])
        more = f" and {len(ahead) - _NAMED:,} more" if len(ahead) > _NAMED else ""
        yield "queue_ahead", f"jobs of {named}{more} come first, its own priority is {one.priority}; {waits}"


def _why(frame: pd.DataFrame, query: Query) -> pd.DataFrame:
    """Return one row per job type and reason; types are few, so that plain Python says it."""
    import pandas as pd

    plain = frame.astype("object").where(frame.notna(), None)
    types = [_Waiting(*row) for row in plain[[one.name for one in fields(_Waiting)]].itertuples(index=False)]
    names = query.filters["name"]
    rows: list[dict[str, Any]] = []
    for source in dict.fromkeys(one.source for one in types):
        served = sorted((one for one in types if one.source == source), key=lambda one: one.turn)
        ahead: list[_Waiting] = []
        for one in served:
            if names is None or one.name in names:
                for position, (reason, evidence) in enumerate(_reasons(one, ahead), 1):
                    said = {"position": position, "reason": reason, "evidence": evidence, "unreadable": one.unreadable}
                    jobs, since = one.waits
                    waits = {"jobs": jobs, "since": since}
                    rows.append({"source": source, "name": one.name, "version": one.version, **said, **waits})
            if one.competes:
                ahead.append(one)
    found = {(row["name"], row["version"]) for row in rows}
    free = [one for one in types if (one.name, one.version) not in found and (names is None or one.name in names)]
    if free:
        told = ", ".join(f"{one.name} {one.version}" for one in free[:_NAMED])
        more = f" and {len(free) - _NAMED:,} more" if len(free) > _NAMED else ""
        with_note(frame, f"nothing known keeps the queued jobs of {told}{more} from running: they come next")
    columns = ["source", *query.service.row.names]
    return pd.DataFrame(rows, columns=columns).sort_values(["name", "version", "source", "position"], kind="stable")


WHY_NOT_RUNNING = Question(
    name="why_not_running",
    title="Why job types do not run",
    summary="Why does a job type not run?",
    returns="One row per job type and reason, by name and version, the decisive reason first.",
    row=Resource(
        "reason",
        "One row per name, version and reason why it does not run; not a v6 service.",
        (
            *KEY,
            Field("position", "int", "1 for the decisive reason, then those that would hold next.", required=True),
            Field(
                "reason",
                "text",
                "With jobs on the queue paused, unmet_resources, max_scheduled (as many RUNNING as may be) or queue_ahead "
                "(others come first); without any deprecated, not_queued (others wait for something else) or nothing_waiting.",
            ),
            Field("evidence", "text", "What shows it, with numbers."),
            Field(
                "jobs",
                "int",
                "How many jobs wait: those on the queue, else the PENDING and BLOCKED ones.",
                required=True,
            ),
            Field("since", "time", "Since when the first of them waits; missing if that is not known, or none does."),
            Field("unreadable", "text", "What could not be read; missing where nothing."),
        ),
    ),
    parameters=(Parameter("name", "text", "Only job types of these names.", True),),
    places=("name",),
    is_half_open=True,
    history="all",
    first=("name", "version", "position", "reason", "evidence", "unreadable"),
    read=(
        *KEY,
        Field("inferred", "bool", "Made from what jobs say of it."),
        Field("has_configuration", "bool", "Whether its configuration is known."),
        *JOB_TYPE.pick("is_paused", "is_active", "unmet_resources", "max_scheduled", "paused", "deprecated"),
        *(
            Field(one, "int", "A number.", required=True)
            for one in ("priority", "queued", "running", "pending", "blocked")
        ),
        Field("longest_queued", "time", "When its first job on the queue was put there."),
        Field("longest_waiting", "time", "Since when its first PENDING or BLOCKED job waits."),
    ),
    finish=_why,
    command="why",
    example="haze-grader",
)
