"""What goes wrong in a history on purpose: six fixed incidents, or a set drawn from a seed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from jobtype_toolkit.generator.catalog import DAY, HOUR, Catalog, Error, JobType

if TYPE_CHECKING:
    from collections.abc import Callable

NODES = 12
# A backlog drains FIFO: what came in during n hours of pause starts within n * DRAIN hours after it.
DRAIN = 0.25
KINDS = ("new_error", "bad_node", "slower_version", "chronic_failer", "backlog", "stuck_running")


@dataclass(frozen=True)
class Incident:
    """One incident. ``strength`` is a share of runs, a factor of the run time, or a number of jobs, by its kind."""

    kind: str
    began: int
    ended: int
    strength: float
    job_type: JobType | None = None
    previous: JobType | None = None
    error: Error | None = None
    node: int | None = None

    @property
    def one(self) -> JobType:
        """The job type of an incident that has one."""
        if self.job_type is None:
            msg = f"A {self.kind} incident has no job type."
            raise ValueError(msg)
        return self.job_type


def choose(which: str, catalog: Catalog, seed: int) -> list[Incident]:
    """The incidents of a history; a pause among them leaves its mark on the job type."""
    match which:
        case "planted":
            found = planted(catalog)
        case "random":
            found = drawn(catalog, seed)
        case "none":
            found = []
        case _:
            msg = f"incidents={which!r} is not one of 'planted', 'random', 'none'."
            raise ValueError(msg)
    for incident in found:
        if incident.kind == "backlog":
            incident.one.last_modified = max(incident.one.last_modified, incident.ended)
    return found


def planted(catalog: Catalog) -> list[Incident]:
    """The six incidents of the bundled sample."""
    at = catalog.calendar.at
    return [
        new_error(catalog.job_type("pan-sharpen", "2.1.0"), catalog, 0.3),
        bad_node(catalog, "missing-mount", node=7, began=at(0.8), length=4 * DAY, strength=0.45),
        slower_version(catalog.job_type("radar-despeckle", "1.10.0"), catalog, 1.6),
        chronic_failer(catalog.job_type("coast-outline"), catalog, "tide-unknown", 0.22),
        backlog(catalog.job_type("product-courier"), began=at(0.72), length=3 * DAY),
        stuck_running(catalog.job_type("elevation-fit", "1.3.0"), catalog, 9),
    ]


def drawn(catalog: Catalog, seed: int) -> list[Incident]:
    """Two to six incidents of different kinds, each on a job type name of its own."""
    rng = np.random.Generator(np.random.PCG64([seed, 1]))
    kinds = [KINDS[i] for i in np.argsort(rng.random(len(KINDS)), kind="stable")][: int(rng.integers(2, 7))]
    free = [kind for kind in catalog.job_types if not kind.family.entry.get("is_system") and kind.paused is None]
    found: list[Incident] = []
    for kind in kinds:
        incident = _draw(kind, catalog, free, rng)
        found.append(incident)
        free = [other for other in free if incident.job_type is None or other.name != incident.job_type.name]
    return sorted(found, key=lambda incident: KINDS.index(incident.kind))


def _draw(kind: str, catalog: Catalog, free: list[JobType], rng: np.random.Generator) -> Incident:
    """One incident of a kind, its job type, time and strength drawn."""
    calendar = catalog.calendar
    place = float(rng.random())
    began = calendar.at(0.15 + 0.65 * place)
    length = int(rng.integers(12, 97)) * HOUR
    strength = float(rng.random())

    def pick(fits: Callable[[JobType], bool]) -> JobType:
        fitting = [job_type for job_type in free if fits(job_type)]
        return fitting[int(rng.integers(len(fitting)))]

    def serving(job_type: JobType) -> bool:
        return job_type.newest and job_type.unmet_resources is None and job_type.begin < calendar.at(0.7)

    if kind == "new_error":
        job_type = pick(lambda one: _has_newcomer(one, catalog))
        return new_error(job_type, catalog, round(0.15 + 0.35 * strength, 2))
    if kind == "bad_node":
        name = ("missing-mount", "missing-file")[int(rng.integers(2))]
        node = int(rng.integers(1, NODES + 1))
        return bad_node(catalog, name, node=node, began=began, length=length, strength=round(0.3 + 0.6 * strength, 2))
    if kind == "slower_version":
        return slower_version(pick(lambda one: _succeeds(one, catalog)), catalog, round(1.3 + 0.9 * strength, 2))
    if kind == "chronic_failer":
        job_type = pick(lambda one: one.newest)
        name = job_type.family.entry["errors"][0]["name"]
        return chronic_failer(job_type, catalog, name, round(0.12 + 0.23 * strength, 2))
    if kind == "backlog":
        job_type = pick(serving)
        earliest = max(calendar.at(0.15), job_type.begin + DAY)
        return backlog(job_type, began=earliest + int((calendar.at(0.8) - earliest) * place), length=length)
    return stuck_running(pick(serving), catalog, round(5 + 10 * strength))


def _has_newcomer(job_type: JobType, catalog: Catalog) -> bool:
    if not job_type.newest or job_type.family.newcomer is None:
        return False
    return catalog.calendar.at(0.1) <= job_type.revisions[-1].created <= catalog.calendar.at(0.85)


def _succeeds(job_type: JobType, catalog: Catalog) -> bool:
    """Whether it took over from an earlier version while the history ran, and has had time to show itself."""
    earlier = _predecessor(job_type, catalog)
    return earlier is not None and job_type.unmet_resources is None and job_type.begin <= catalog.calendar.at(0.8)


def _predecessor(job_type: JobType, catalog: Catalog) -> JobType | None:
    own = [one for one in catalog.job_types if one.name == job_type.name and one.begin < job_type.begin]
    earlier = max(own, key=lambda one: one.begin, default=None)
    return earlier if earlier is not None and earlier.end > catalog.calendar.at(0.05) else None


def new_error(job_type: JobType, catalog: Catalog, rate: float) -> Incident:
    """An error the last revision declares, from exactly one day after that revision to the end."""
    newcomer = job_type.family.newcomer
    if newcomer is None:
        msg = f"{job_type.name} declares no error that arrives with its last revision."
        raise ValueError(msg)
    error = catalog.error(newcomer["name"], job_type.name)
    began = job_type.revisions[-1].created + DAY
    return Incident("new_error", began, catalog.calendar.end, rate, job_type=job_type, error=error)


def bad_node(catalog: Catalog, error: str, *, node: int, began: int, length: int, strength: float) -> Incident:
    """A node on which runs of every job type fail with one error for some days."""
    return Incident("bad_node", began, began + length, strength, error=catalog.error(error), node=node)


def slower_version(job_type: JobType, catalog: Catalog, factor: float) -> Incident:
    """A version whose runs take longer than those of the version before."""
    earlier = _predecessor(job_type, catalog)
    if earlier is None:
        msg = f"{job_type.name} {job_type.version} has no version before it."
        raise ValueError(msg)
    return Incident("slower_version", job_type.begin, job_type.end, factor, job_type=job_type, previous=earlier)


def chronic_failer(job_type: JobType, catalog: Catalog, error: str, rate: float) -> Incident:
    """A job type name that has failed at one high rate all along: a standing problem, nothing new."""
    found = catalog.error(error, job_type.name)
    calendar = catalog.calendar
    return Incident("chronic_failer", calendar.begin, calendar.end, rate, job_type=job_type, error=found)


def backlog(job_type: JobType, *, began: int, length: int) -> Incident:
    """A pause of some days: jobs go on arriving, wait, and drain afterwards."""
    return Incident("backlog", began, began + length, DRAIN, job_type=job_type)


def stuck_running(job_type: JobType, catalog: Catalog, number: int) -> Incident:
    """About this many runs, started three to five days before the end, that nobody ever ended."""
    end = catalog.calendar.end
    return Incident("stuck_running", end - 5 * DAY, end - 3 * DAY, number, job_type=job_type)
