"""The catalogue and the incidents as arrays, ready for vectorised draws.

Logarithms and exponentials are taken here, by the standard library, and rounded to a coarse grid. The history itself
only adds, multiplies and compares, so that a seed gives the same bytes on every processor.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np

from jobtype_toolkit.generator.catalog import HOUR, Catalog

if TYPE_CHECKING:
    from jobtype_toolkit.generator.incidents import Incident

QUANTILES = 2048
NEVER = 1 << 60
SYSTEM_FAILURES = 0.018
# Share of the week's work an hour of the day gets, Monday first, and how busy each family's rhythm makes an hour.
DAY_SHAPE = (5, 4, 4, 4, 5, 6, 8, 11, 14, 16, 17, 17, 16, 17, 17, 16, 15, 13, 11, 9, 8, 7, 6, 6)
WEEK_SHAPE = (10, 11, 11, 11, 10, 6, 5)
RHYTHMS = {
    "steady": (8,) * 24,
    "office": (2, 2, 2, 2, 3, 5, 8, 10, 11, 11, 11, 11, 11, 11, 11, 11, 11, 10, 8, 6, 4, 3, 3, 2),
    "nightly": (12, 30, 40, 40, 30, 15) + (1,) * 16 + (3, 6),
}
Array = np.ndarray[Any, np.dtype[Any]]


def lognormal(spread: float, median: float = 1.0) -> list[float]:
    """Quantiles of a log-normal distribution, to four decimals."""
    normal = NormalDist()
    inverse = [normal.inv_cdf((i + 0.5) / QUANTILES) for i in range(QUANTILES)]
    return [round(median * math.exp(spread * z), 4) for z in inverse]


def stacked(shares: Array) -> Array:
    """Rows of shares as one rising array for ``pick``."""
    rising = np.cumsum(shares, axis=1)
    rising /= rising[:, -1:]
    rising[:, -1] = 1.0
    table: Array = (np.arange(len(shares))[:, None] + rising).ravel()
    return table


def pick(table: Array, width: int, row: Array, draw: Array) -> Array:
    """One column for each row, by the shares that row was stacked with."""
    column: Array = np.searchsorted(table, row + draw, side="right") - row * width
    return np.minimum(column, width - 1)


@dataclass(frozen=True)
class Surge:
    """Runs that end in one error: where, when and how often."""

    job_types: Array
    node: int | None
    began: int
    ended: int
    error: int
    rate: float


@dataclass(frozen=True)
class Hold:
    """A time in which the jobs of one job type are not started, and how fast they drain afterwards."""

    job_type: int
    began: int
    ended: int
    drain: float


@dataclass(frozen=True)
class Stuck:
    """Runs of one job type that never end."""

    job_type: int
    began: int
    ended: int
    rate: float


class Model:
    """Arrays by family (job type name), by job type and by error; indices are ids less one."""

    def __init__(self, catalog: Catalog, incidents: list[Incident], jobs: int) -> None:
        self.calendar = catalog.calendar
        self.families = catalog.families
        self.job_types = catalog.job_types
        self.errors = catalog.errors
        self.incidents = incidents
        self.jobs = jobs
        work = [family.work for family in self.families]
        self.fixed = np.array([one.fixed for one in work])
        self.per_mib = np.array([one.per_mib for one in work])
        self.failure = np.array([one.failure for one in work])
        self.wait = np.array([one.wait for one in work])
        self.parents = np.array([one.parents for one in work])
        self.in_recipe = np.array(["recipe_types" in family.entry for family in self.families])
        self.sized = np.array([one.size is not None for one in work])
        self.size = np.array([lognormal(one.size[1], one.size[0]) if one.size else lognormal(0.0) for one in work])
        self.spread = np.array([lognormal(one.spread) for one in work])
        self.waiting = np.array([lognormal(1.0)])
        self.parent_delay = np.array([lognormal(1.2, 5400.0)])
        self.should_be_retried = np.array([error.should_be_retried for error in self.errors])
        self.is_system = np.array([error.category == "SYSTEM" for error in self.errors])
        self.timed_out = next(error.id for error in self.errors if error.is_builtin and error.name == "timeout") - 1
        of = [self.families.index(kind.family) for kind in self.job_types]
        self.family = np.array(of)
        self.timeout = np.array([1000 * self.families[f].entry["timeout"] for f in of])
        self.max_tries = np.array([self.families[f].max_tries for f in of])

    @cached_property
    def by_hour(self) -> Array:
        """Which family a job is of, by hour of the day."""
        return stacked(np.array([[one.work.weight * RHYTHMS[one.work.rhythm][h] for one in self.families]
                                 for h in range(24)]))  # fmt: skip

    @cached_property
    def by_error(self) -> Array:
        """Which own error ends a failing run, by family; the last row is Scale's own errors."""
        shares = np.zeros((len(self.families) + 1, len(self.errors)))
        for f, family in enumerate(self.families):
            for entry in family.entry.get("errors", []):
                error = next(e for e in self.errors if (e.name, e.job_type_name) == (entry["name"], family.name))
                shares[f, error.id - 1] = entry.get("share", 0)
            if not shares[f].any():
                shares[f, self.timed_out] = 1.0
        shares[-1] = [error.share for error in self.errors]
        return stacked(shares)

    @cached_property
    def phases(self) -> tuple[Array, Array]:
        """When the mix of versions of a family changes (keys by family and moment), and each mix."""
        keys, mixes = [], []
        for f, family in enumerate(self.families):
            own = [(j, kind) for j, kind in enumerate(self.job_types) if kind.family is family]
            breaks = {self.calendar.begin} | {m for _, kind in own for m in (kind.begin, kind.end)}
            for moment in sorted(m for m in breaks if m in self.calendar):
                mix = np.zeros(len(self.job_types))
                for j, kind in own:
                    mix[j] = kind.share if kind.begin <= moment < kind.end else 0.0
                keys.append(self.key(f, moment))
                mixes.append(mix)
        return np.array(keys), stacked(np.array(mixes))

    @cached_property
    def revisions(self) -> tuple[Array, Array, Array]:
        """Keys by job type and moment of creation, with the revision numbers and ids."""
        rows = [(self.key(j, revision.created), revision.revision_num, revision.id)
                for j, kind in enumerate(self.job_types) for revision in kind.revisions]  # fmt: skip
        return tuple(np.array(column) for column in zip(*rows, strict=True))  # type: ignore[return-value]

    @staticmethod
    def key(index: Any, moment: Any) -> Any:
        """One rising integer for (index, moment); 2**43 milliseconds reach past the year 2200."""
        return index * (1 << 43) + moment

    @cached_property
    def surges(self) -> list[Surge]:
        """The incidents that make runs fail."""
        found = []
        for one in self.incidents:
            if one.error is None:
                continue
            mask = np.ones(len(self.job_types), dtype=bool)
            if one.kind == "new_error":
                mask = np.array([kind is one.job_type for kind in self.job_types])
            elif one.kind == "chronic_failer":
                mask = np.array([kind.name == one.one.name for kind in self.job_types])
            found.append(Surge(mask, one.node, one.began, one.ended, one.error.id - 1, one.strength))
        return found

    @cached_property
    def holds(self) -> list[Hold]:
        """The pauses of the incidents, and job types that are paused or lack a resource until the end."""
        holds = [Hold(i.one.id - 1, i.began, i.ended, i.strength) for i in self.incidents if i.kind == "backlog"]
        for j, kind in enumerate(self.job_types):
            if kind.paused is not None:
                holds.append(Hold(j, kind.paused, NEVER, 0.0))
            if kind.unmet_resources is not None:
                holds.append(Hold(j, kind.begin, NEVER, 0.0))
        return holds

    @cached_property
    def stuck(self) -> list[Stuck]:
        """Runs that never end, as a share of the runs started in the window."""
        weight = sum(family.work.weight for family in self.families)
        span = self.calendar.end - self.calendar.begin
        found = []
        for one in self.incidents:
            if one.kind == "stuck_running":
                share = one.one.family.work.weight / weight * (one.ended - one.began) / span
                rate = min(1.0, one.strength / max(1.0, self.jobs * share))
                found.append(Stuck(one.one.id - 1, one.began, one.ended, rate))
        return found

    @cached_property
    def slowdown(self) -> Array:
        """The factor of every job type's run time."""
        slow = {i.one.id: i.strength for i in self.incidents if i.kind == "slower_version"}
        return np.array([slow.get(kind.id, 1.0) for kind in self.job_types])

    @cached_property
    def intensity(self) -> Array:
        """How busy each hour of the history is; 1.0 is the mean of a week."""
        hours = np.arange(self.calendar.begin, self.calendar.end, HOUR) // HOUR
        shape = np.outer(WEEK_SHAPE, DAY_SHAPE).astype(float)
        # 1 January 1970 was a Thursday.
        busy: Array = np.round((shape / shape.mean())[(hours // 24 + 3) % 7, hours % 24], 6)
        return busy
