"""The judge of the exam: which planted incidents are clear, which days are quiet, and how often the answers are right."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import sqrt

import numpy as np
import scipy

from exam.worlds import WARM_UP, Incident, World
from jobtype_toolkit.analyses.baselines import HISTORY, judged

CLEAR, CLEAR_PART = 1e-4, 1e-5
FEW = 30
RISES = ("step", "burst", "ramp", "version", "node", "drift")


@dataclass
class Tally:
    """How many of how many."""

    hits: int = 0
    of: int = 0

    def add(self, is_hit: bool) -> None:
        self.hits += bool(is_hit)
        self.of += 1

    @property
    def share(self) -> float:
        return self.hits / max(self.of, 1)

    @property
    def error(self) -> float:
        """Two standard errors, in points."""
        return 200 * sqrt(self.share * (1 - self.share) / max(self.of, 1))

    def __str__(self) -> str:
        return f"{100 * self.share:6.2f} % ± {self.error:.2f} (n = {self.of:,})"


AIMS = {
    "worse: clear rises in the top three": (95, 100),
    "worse: false alarms a quiet type-day": (0, 0.2),
    "worse: mornings with a false alarm": (0, 10),
    "worse: ramps by the day after they are clear": (85, 100),
    "worse: slow types by week": (90, 100),
    "worse: false alarms a quiet week of slow types": (0, 0.5),
    "worse: hidden in a version or node, found": (80, 100),
    "worse: hidden in a version or node, named": (80, 100),
    "worse: types without a history that say so": (95, 100),
    "onsets: within a day": (95, 100),
    "onsets: planted cause first": (90, 100),
    "onsets: nothing blamed where nothing changed": (90, 100),
    "onsets: false onsets": (0, 1),
    "rates: intervals that cover, even days": (93, 97),
    "rates: intervals that cover, uneven days": (92, 98),
    "compare: difference of rates that cover": (92, 98),
    "compare: factor that covers, run_time_p50": (92, 98),
    "compare: factor that covers, queue_wait_p50": (92, 98),
    **{
        f"compare: equal versions called different, {one}": (0, 5)
        for one in (
            "failure_rate",
            *(f"{time}_p{part}" for time in ("run_time", "queue_wait") for part in (50, 90, 99)),
        )
    },
    **{
        f"compare: real differences {what}, {one}": aim
        for one in ("failure_rate", "run_time_p50", "queue_wait_p50")
        for what, aim in (("right", (95, 100)), ("undecided", (0, 5)))
    },
    "nodes: bad ones found": (95, 100),
    "nodes: good ones called bad": (0, 3),
    "nodes: bad ones found that retries hide": (95, 100),
    "nodes: good ones called bad, by executions": (0, 3),
    "stuck: hung jobs found": (95, 100),
    "stuck: others called stuck": (0, 2),
    "why: first reason": (99, 100),
    "changes: facts told": (99, 100),
    "changes: facts that did not happen": (0, 1),
    "drain: 80 % intervals that hold the moment": (75, 85),
    "families: adjusted Rand of 0.8 or more, by messages": (90, 100),
    "families: adjusted Rand of 0.8 or more, by errors and exit codes": (90, 100),
    "limits: killed share within 0.2 points of a later month": (95, 100),
}
"""Between which percentages figures are to lie."""


def _aim(about: str, tally: Tally) -> str:
    """Return the target of a figure, and whether it was missed by more than two standard errors."""
    if about not in AIMS:
        return ""
    low, high = AIMS[about]
    aim = f"≤ {high} %" if low == 0 else f"≥ {low} %" if high == 100 else f"{low} to {high} %"
    is_met = low - tally.error <= 100 * tally.share <= high + tally.error
    return f"  {aim}{'' if is_met else '  MISSED'}"


@dataclass
class Score:
    """The figures of an exam, by what they are about."""

    tallies: dict[str, Tally] = field(default_factory=dict)

    def add(self, about: str, is_hit: bool) -> None:
        self.tallies.setdefault(about, Tally()).add(is_hit)

    def share(self, about: str) -> float:
        return self.tallies[about].share

    def lines(self) -> list[str]:
        """Return a line per figure, with its target if it has one."""
        width = max(map(len, self.tallies), default=0)
        return [f"{about:{width}} {tally}{_aim(about, tally)}" for about, tally in sorted(self.tallies.items())]


def chance(world: World, type_: int, days: range, finished: np.ndarray, failed: np.ndarray) -> float:
    """Return how often so many failures come on quiet days of a type, by its true rate and burstiness."""
    n, k = int(finished.sum()), int(failed.sum())
    if n == 0:
        return 1.0
    mean = sum(world.mean(type_, day) * count for day, count in zip(days, finished, strict=True)) / n
    correlation = world.correlation[type_] * sum(c * (c - 1.0) for c in finished) / max(n * (n - 1.0), 1)
    if correlation < 1e-5:
        return float(scipy.stats.binom.sf(k - 1, n, mean))
    total = (1 - correlation) / correlation
    return float(scipy.stats.betabinom.sf(k - 1, n, mean * total, (1 - mean) * total))


def of_type(world: World, one: Incident, days: range) -> float:
    finished, failed = world.finished[one.type, days].sum(axis=(1, 2)), world.failed[one.type, days].sum(axis=(1, 2, 3))
    return chance(world, one.type, days, finished, failed)


def of_part(world: World, one: Incident, day: int) -> float:
    here = (one.type, day, one.part) if one.kind == "version" else (one.type, day, slice(None), one.part)
    return chance(
        world,
        one.type,
        range(day, day + 1),
        np.atleast_1d(world.finished[here].sum()),
        np.atleast_1d(world.failed[here].sum()),
    )


def mornings(world: World, score: Score) -> None:
    """Ask at the end of each day after the warm-up whether types are worse than usual."""
    answers = {day: list(judged(world.counts(day - HISTORY, day + 1, day))) for day in range(WARM_UP, world.days)}
    _rises(world, answers, score)
    _quiet_days(world, answers, score)
    _quiet_weeks(world, score)
    _without_history(world, score)


def _spoilt(world: World) -> set[tuple[int, int]]:
    """Return the types and days that are not quiet: with a rise, or the day after one."""
    return {
        (one.type, day)
        for one in world.incidents
        if one.kind in RISES
        for day in range(one.begin, world.days if one.end > world.days else min(one.end + 1, world.days))
    }


def _quiet_weeks(world: World, score: Score) -> None:
    """Ask at the end of each week about types that have few jobs a day."""
    spoilt = _spoilt(world)
    for begin in range(WARM_UP, world.days - 6, 7):
        for row in judged(world.counts(begin - HISTORY, begin + 7, begin)):
            type_ = int(row["name"].removeprefix("type-"))
            if world.volume[type_] < FEW and not any((type_, day) in spoilt for day in range(begin, begin + 7)):
                score.add("worse: false alarms a quiet week of slow types", row["verdict"] == "worse")


def _without_history(world: World, score: Score) -> None:
    """Ask on the fifth day of a history that begins late."""
    day = WARM_UP + 4
    for row in judged(world.counts(WARM_UP, day + 1, day)):
        score.add("worse: types without a history that say so", row["verdict"] == "not enough data")


def _name(type_: int) -> str:
    return f"type-{type_:02}"


def _top(answer: list[dict]) -> list[str]:
    return [row["name"] for row in answer[:3] if row["verdict"] == "worse"]


def _rises(world: World, answers: dict[int, list[dict]], score: Score) -> None:
    for one in world.incidents:
        if one.kind not in RISES or one.begin < WARM_UP:
            continue
        jobs = world.finished[one.type].sum(axis=(1, 2))
        if world.volume[one.type] < FEW:
            if one.begin + 7 <= min(one.end, world.days):
                _slow(world, one, score)
            continue
        if one.kind == "ramp":
            days = [
                d
                for d in range(one.begin, min(one.end, world.days - 1))
                if jobs[d] >= FEW and of_type(world, one, range(d, d + 1)) <= CLEAR
            ]
            if days:
                score.add(
                    "worse: ramps by the day after they are clear",
                    any(_name(one.type) in _top(answers[d]) for d in (days[0], days[0] + 1)),
                )
            continue
        day = next((d for d in range(one.begin, min(one.end, world.days)) if jobs[d] >= FEW), None)
        if day is None:
            continue
        row = next(row for row in answers[day] if row["name"] == _name(one.type))
        is_found, is_clear = _name(one.type) in _top(answers[day]), of_type(world, one, range(day, day + 1)) <= CLEAR
        if one.kind == "drift":
            score.add("worse: drifts on their first day (reported only)", is_found)
        elif is_clear:
            score.add("worse: clear rises in the top three", is_found)
        elif one.kind in ("version", "node"):
            if of_part(world, one, day) <= CLEAR_PART:
                score.add("worse: hidden in a version or node, found", is_found)
                score.add(
                    "worse: hidden in a version or node, named", is_found and row[one.kind] == f"{one.kind}-{one.part}"
                )
        else:
            score.add("worse: faint rises (reported only)", is_found)


def _slow(world: World, one: Incident, score: Score) -> None:
    begin, end = one.begin, one.begin + 7
    if of_type(world, one, range(begin, end)) > CLEAR:
        return
    answer = list(judged(world.counts(begin - HISTORY, end, begin)))
    score.add(
        "worse: slow types by week", any(row["name"] == _name(one.type) and row["verdict"] == "worse" for row in answer)
    )


def _quiet_days(world: World, answers: dict[int, list[dict]], score: Score) -> None:
    spoilt = _spoilt(world)
    for day, answer in answers.items():
        is_loud = False
        for row in answer:
            type_ = int(row["name"].removeprefix("type-"))
            if (type_, day) in spoilt:
                continue
            is_false = row["verdict"] == "worse"
            is_loud |= is_false
            size = "under 30 jobs a day" if world.volume[type_] < FEW else "30 jobs a day and more"
            score.add(f"worse: false alarms a quiet type-day, {size}", is_false)
            score.add("worse: false alarms a quiet type-day", is_false)
        score.add("worse: mornings with a false alarm", is_loud)
