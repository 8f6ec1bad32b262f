"""Histories with planted incidents, by day: the exam's own, which share nothing with the generator of the sample.

A type has a volume of 5 to 20,000 jobs a day with a weekly rhythm and days off, a usual rate (rare, middling or chronic), days
that differ by a correlation of its own, some weekdays that fail more, versions, nodes and errors.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

NODES, ERRORS = 8, 4
DAYS = 150
WARM_UP = 92
KINDS = (*["step"] * 8, *["burst"] * 8, *["ramp", "version", "node"] * 2, "node", "replaced", "drift")


@dataclass(frozen=True)
class Incident:
    """A planted change of a type."""

    kind: str
    type: int
    begin: int
    end: int
    """The first day after it."""
    times: float
    """How many times the usual rate it makes."""
    part: int = -1
    """The version or node that it sits in."""
    error: int = -1
    """The error that it brings; -1 if the usual ones."""

    def level(self, day: int) -> float:
        """How many times the usual rate fails on a day."""
        if not self.begin <= day < self.end or self.kind == "replaced":
            return 1.0
        if self.kind == "ramp":
            return 1 + (self.times - 1) * min((day - self.begin + 1) / 5, 1)
        if self.kind == "drift":
            return 1 + (self.times - 1) * (day - self.begin + 1) / 28
        return self.times

    def is_on(self, day: int) -> bool:
        """Whether it takes a place among the three rises that may be on: one that never ends for 28 days, a drift from its 15th."""
        begin = self.begin + 14 if self.kind == "drift" else self.begin
        return self.kind != "replaced" and begin <= day < min(self.end, self.begin + 28)


@dataclass
class World:
    """A history by day: what was planted, and what came of it."""

    seed: int
    types: int = 40
    days: int = DAYS
    incidents: list[Incident] = field(default_factory=list)
    _long: pd.DataFrame | None = None

    def __post_init__(self) -> None:
        self.random = np.random.default_rng(self.seed)
        self._draw_types()
        self._plant()
        self._run()

    def _draw_types(self) -> None:
        draw, count = self.random, self.types
        few = np.arange(count) % 2 == 0
        self.volume = np.exp(
            np.where(few, draw.uniform(np.log(5), np.log(28), count), draw.uniform(np.log(45), np.log(20000), count))
        )
        kind = draw.integers(0, 3, count)
        self.rate = np.choose(
            kind, [draw.uniform(0.001, 0.006, count), draw.uniform(0.01, 0.06, count), draw.uniform(0.08, 0.3, count)]
        )
        self.correlation = np.where(
            draw.random(count) < 0.4, 1e-6, np.exp(draw.uniform(np.log(0.0005), np.log(0.04), count))
        )
        self.week = np.exp(draw.normal(0, 0.35, (count, 1)) * np.array([0, 0, 0, 0, 0, -1, -1.0]))
        uneven = draw.random(count) < 0.3
        self.weekday_rate = np.ones((count, 7))
        self.weekday_rate[uneven, draw.integers(0, 7, uneven.sum())] = draw.uniform(1.5, 2.5, uneven.sum())
        self.versions = draw.integers(1, 4, count)
        self.node_share = draw.dirichlet(np.full(NODES, 5.0), count)
        self.error_share = draw.dirichlet(np.full(ERRORS - 1, 1.0), count)
        self.rollout = draw.integers(10, self.days, count)
        self.gaps = draw.random((count, self.days)) < 0.01

    def _plant(self) -> None:
        draw = self.random
        for day in range(20, self.days - 4):
            on = [one for one in self.incidents if one.is_on(day)]
            if len(on) >= 3 or draw.random() < 0.02:
                continue
            busy = {one.type for one in self.incidents if day < one.end + 10}
            wanted = self.volume >= 30 if draw.random() < 0.85 else self.volume < 30
            free = [one for one in np.flatnonzero(wanted) if one not in busy]
            if not free:
                continue
            type_ = int(draw.choice(free))
            kind = str(draw.choice(KINDS))
            if self.volume[type_] < 30 and kind in ("burst", "ramp", "drift", "version", "node"):
                kind = "step"
            length = {"burst": 1, "ramp": 9, "drift": 28}.get(kind, int(draw.integers(2, 6)))
            if self.volume[type_] < 30:
                length += 7
            if kind == "step" and draw.random() < 0.04:
                length = self.days
            times = float(np.exp(draw.uniform(np.log(2), np.log(12))))
            part = -1
            if kind == "version":
                part = 1 if self.versions[type_] > 1 else -1
                kind = kind if part >= 0 else "step"
            if kind == "node":
                part, times = int(draw.integers(0, NODES)), times * 2
            brings = kind == "replaced" or draw.random() < 0.5
            self.incidents.append(Incident(kind, type_, day, day + length, times, part, ERRORS - 1 if brings else -1))

    def _run(self) -> None:
        draw = self.random
        most = int(self.versions.max())
        self.finished = np.zeros((self.types, self.days, most, NODES), dtype=np.int64)
        self.failed = np.zeros((self.types, self.days, most, NODES, ERRORS), dtype=np.int64)
        by_type: dict[int, list[Incident]] = {}
        for one in self.incidents:
            by_type.setdefault(one.type, []).append(one)
        for type_ in range(self.types):
            for day in range(self.days):
                self._day(draw, type_, day, by_type.get(type_, []))

    def mean(self, type_: int, day: int) -> float:
        """Return the true usual rate of a type on a day of the week."""
        return float(min(self.rate[type_] * self.weekday_rate[type_, day % 7], 0.6))

    def _day(self, draw: np.random.Generator, type_: int, day: int, incidents: list[Incident]) -> None:
        volume = 0 if self.gaps[type_, day] else self.volume[type_] * self.week[type_, day % 7]
        count = int(draw.poisson(volume * draw.gamma(25, 1 / 25)))
        if not count:
            return
        shares = np.zeros(self.finished.shape[2])
        shares[0] = 1.0
        if self.versions[type_] > 1:
            shares[:2] = (0.6, 0.4)
        if self.versions[type_] > 2 and day >= self.rollout[type_]:
            shares[:3] = (0.3, 0.3, 0.4)
        cells = draw.multinomial(count, np.outer(shares, self.node_share[type_]).ravel()).reshape(-1, NODES)
        mean, correlation = self.mean(type_, day), self.correlation[type_]
        level = np.ones_like(cells, dtype=float)
        errors = np.append(self.error_share[type_], 0.0)
        brought = 0.0
        for one in incidents:
            here = (
                np.s_[one.part, :]
                if one.kind == "version"
                else np.s_[:, one.part]
                if one.kind == "node"
                else np.s_[:, :]
            )
            level[here] *= one.level(day)
            if one.error >= 0 and one.begin <= day < one.end:
                brought = 1.0 if one.kind == "replaced" else 1 - 1 / max(one.level(day), 1.0)
        rate = np.clip(mean * level, 0, 0.9)
        total = (1 - correlation) / correlation
        today = draw.beta(mean * total, (1 - mean) * total) / mean if correlation > 1e-5 else 1.0
        failed = draw.binomial(cells, np.clip(rate * today, 0, 0.98))
        errors = np.append(errors[:-1] * (1 - brought), brought)
        self.finished[type_, day] = cells
        self.failed[type_, day] = draw.multinomial(failed, errors / errors.sum())

    def counts(self, begin: int, end: int, window: int) -> pd.DataFrame:
        """Return the daily counts from a day until before another, as the SQL gives them, day 0 being `window`."""
        if self._long is None:
            finished, failed = self.finished, self.failed
            errors = failed.sum(axis=(2, 3))
            parts = [
                _long("version", finished.sum(axis=3), failed.sum(axis=(3, 4))),
                _long("node", finished.sum(axis=2), failed.sum(axis=(2, 4))),
                _long("error_name", errors, errors).assign(finished=0),
            ]
            self._long = pd.concat(parts, ignore_index=True).sort_values("day", kind="stable", ignore_index=True)
        first, last = np.searchsorted(self._long["day"], [begin, end])
        frame = self._long.iloc[first:last]
        return frame.assign(day=frame["day"] - window)


def _long(part: str, finished: np.ndarray, failed: np.ndarray) -> pd.DataFrame:
    type_, day, value = np.nonzero(finished)
    made = {"source": "exam", "name": [f"type-{one:02}" for one in type_], "part": part, "day": day}
    for column in ("version", "node", "error_name"):
        made[column] = [f"{column}-{one}" for one in value] if column == part else None
    return pd.DataFrame({**made, "finished": finished[type_, day, value], "failed": failed[type_, day, value]})
