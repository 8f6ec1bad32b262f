"""What is usual of a job type, from its own history, and whether a window is worse."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from jobtype_toolkit.analyses import rates
from jobtype_toolkit.analyses.episodes import likeliest

if TYPE_CHECKING:
    import pandas as pd

HISTORY = 91
"""Days before a window that tell what is usual: 13 weeks."""
LEAST_JOBS, LEAST_DAYS = 30, 7
"""What a history needs: finished jobs, and days with any."""
GUARD = 2
"""Days right before the window that are left out: a rise that begins slowly would make itself usual."""
LONGEST_INCIDENT = 21
"""Days; what lasts longer has become usual."""
_INCIDENT = 12.0
"""The score from which two or more neighbouring days are a past incident."""
_SURE = 0.03
"""The share of false discoveries among the types called worse or better."""
LEAST_FAILED = 3
"""Failures in the window without which nothing is worse; the SQL tells no history of a node with fewer."""
_IN_PARTS = 0.2
"""The share of the chance of a false alarm that versions and nodes have; the whole type has the rest."""
_HINT = 1e-3
"""How rare a count of a part must be at its own rate, without bursts, to be looked at closely."""
_VERDICTS = ("worse", "better", "as usual", "not enough data")


@dataclass(frozen=True)
class Days:
    """The jobs of some series by day: an array each of shape (series, days)."""

    finished: np.ndarray
    failed: np.ndarray

    @property
    def before(self) -> Days:
        """The days before the window."""
        return Days(self.finished[:, :HISTORY], self.failed[:, :HISTORY])

    @property
    def window(self) -> Days:
        """The days of the window."""
        return Days(self.finished[:, HISTORY:], self.failed[:, HISTORY:])

    @property
    def n(self) -> np.ndarray:
        """Finished jobs of each series."""
        return np.asarray(self.finished.sum(axis=1))

    @property
    def k(self) -> np.ndarray:
        """Failed jobs of each series."""
        return np.asarray(self.failed.sum(axis=1))

    @property
    def is_enough(self) -> np.ndarray:
        """Whether a series is long enough to tell what is usual."""
        return np.asarray((self.n >= LEAST_JOBS) & ((self.finished > 0).sum(axis=1) >= LEAST_DAYS))

    def rows(self, which: np.ndarray | list[int]) -> Days:
        """Return some of the series."""
        return Days(self.finished[which], self.failed[which])

    def without(self, is_out: np.ndarray) -> Days:
        """Return the same series without some days, as far as enough is left of each."""
        less = Days(np.where(is_out, 0, self.finished), np.where(is_out, 0, self.failed))
        keep = less.is_enough[:, None]
        return Days(np.where(keep, less.finished, self.finished), np.where(keep, less.failed, self.failed))

    def quiet(self) -> Days:
        """Return the days of a history without past incidents, and without the last days, whose incident may go on."""
        day = np.arange(self.finished.shape[1])
        days = self.without(np.broadcast_to(day >= len(day) - GUARD, self.finished.shape))
        for _ in range(3):
            found = likeliest(days.finished, days.failed, shortest=2, longest=LONGEST_INCIDENT)
            is_past = (found.score > _INCIDENT) & (found.end - found.begin < LONGEST_INCIDENT)
            if not is_past.any():
                break
            inside = (day >= found.begin[:, None]) & (day < found.end[:, None]) & is_past[:, None]
            days = days.without(inside)
        return days


def grouped(counts: pd.DataFrame, keys: list[str], length: int) -> tuple[pd.DataFrame, Days]:
    """Return the groups of daily counts in order, and their days, `HISTORY` before a window of `length` and its own."""
    groups = counts.groupby(keys, sort=True, dropna=False)
    place, day = groups.ngroup().to_numpy(), counts["day"].to_numpy() + HISTORY
    names = groups.size().index.to_frame(index=False)
    days = Days(*(np.zeros((len(names), HISTORY + length), dtype=np.int64) for _ in range(2)))
    np.add.at(days.finished, (place, day), counts["finished"].to_numpy())
    np.add.at(days.failed, (place, day), counts["failed"].to_numpy())
    return names, days


def judged(counts: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Yield a row of `worse_than_usual` for each job type name with finished jobs in the window, in the order of the answer.

    Args:
        counts: jobs by `source`, `name`, one of `version`, `node` and `error_name` as `part` says, and `day` (0 is the first
            of the window, -1 the one before): `finished` and `failed`; of an error only `failed`.
    """
    if not (counts["day"] >= 0).any():
        return
    length = int(counts["day"].max()) + 1
    by_part = {part: counts[counts["part"] == part] for part in ("version", "node", "error_name")}
    names, days = grouped(by_part["version"], ["source", "name"], length)
    types = _Types(names, days)
    for part in ("version", "node"):
        types.look_at(part, *grouped(by_part[part].dropna(subset=part), ["source", "name", part], length))
    errors = grouped(by_part["error_name"].dropna(subset="error_name"), ["source", "name", "error_name"], length)
    yield from types.rows(*errors)


class _Types:
    """All job type names, and how unusual the window of each is."""

    def __init__(self, names: pd.DataFrame, days: Days) -> None:
        is_asked = days.window.n > 0
        self.names, self.days = names[is_asked].reset_index(drop=True), days.rows(is_asked)
        count = len(self.names)
        self.place = {key: row for row, key in enumerate(self.names.itertuples(index=False, name=None))}
        before = self.days.before
        self.is_known = before.is_enough
        self.known = np.flatnonzero(self.is_known)
        self.quiet = before.rows(self.known).quiet()
        self.usual = rates.usual(self.quiet.finished, self.quiet.failed)
        window = self.days.window.rows(self.known)
        self.predicted = self.usual.window(window.finished)
        self.worse, self.better = np.zeros(count), np.zeros(count)
        expected = self.predicted.rate * window.n
        more, less = (window.k > expected) & (window.k >= LEAST_FAILED), window.k < expected
        self.worse[self.known[more]] = self.predicted.rows(more).log_at_least(window.k[more])
        self.better[self.known[less]] = self.predicted.rows(less).log_at_most(window.k[less])
        self.rate = np.full(count, np.nan)
        self.rate[self.known] = self.predicted.rate
        self.parts: dict[str, list[tuple[float, str] | None]] = {}
        self.hidden = np.zeros(count)
        """The logarithm of the chance of the rarest part of each type, for all its parts together."""

    def look_at(self, part: str, names: pd.DataFrame, days: Days) -> None:
        """Look for a version or a node in which a rise sits."""
        types = np.array([self.place.get(key, -1) for key in zip(names["source"], names["name"], strict=True)], int)
        kept = (types >= 0) & (days.window.n > 0)
        kept[kept] &= self.is_known[types[kept]]
        types, days, values = types[kept], days.rows(kept), names[part].to_numpy(object)[kept]
        many = np.bincount(types, minlength=len(self.names))
        found: list[tuple[float, str] | None] = [None] * len(self.names)
        close = np.flatnonzero(self._hints(types, days) & (many[types] > 1))
        for row, chance in zip(close, self._chances(types[close], days.rows(close)), strict=True):
            type_ = types[row]
            raised = min(chance + np.log(many[type_]), 0.0)
            best = found[type_]
            if best is None or (raised, values[row]) < best:
                found[type_] = (raised, values[row])
            self.hidden[type_] = min(self.hidden[type_], raised)
        place = {key: row for row, key in enumerate(zip(types.tolist(), values, strict=True))}
        self.parts[part] = [
            one if one and self._explains(type_, days.rows([place[type_, one[1]]])) else None
            for type_, one in enumerate(found)
        ]

    def _hints(self, types: np.ndarray, days: Days) -> np.ndarray:
        """Say which parts have more failures than their own rate, or that of their type, gives without bursts."""
        from scipy.special import bdtrc

        before, window = days.before, days.window
        own = (before.k + 0.5) / (before.n + 1)
        rate = np.where(before.is_enough, own, self.rate[types])
        return np.asarray((window.k >= LEAST_FAILED) & (bdtrc(window.k - 1.0, window.n, np.clip(rate, 0, 1)) < _HINT))

    def _chances(self, types: np.ndarray, days: Days) -> np.ndarray:
        """Return the logarithms of the chances of the failures of parts: by their own history, or by that of their type."""
        if not len(types):
            return np.zeros(0)
        window, is_own = days.window, days.before.is_enough
        own = days.before.rows(is_own).quiet()
        chances = np.zeros(len(types))
        if is_own.any():
            fitted = rates.usual(own.finished, own.failed)
            chances[is_own] = fitted.window(window.finished[is_own]).log_at_least(window.k[is_own])
        if (~is_own).any():
            fitted = self.usual.rows(np.searchsorted(self.known, types[~is_own]))
            chances[~is_own] = fitted.window(window.finished[~is_own]).log_at_least(window.k[~is_own])
        return chances

    def _explains(self, type_: int, part: Days) -> bool:
        """Say whether a part explains the rise of its type: its jobs fail far more often than the others of the window."""
        window, inside = self.days.window, part.window
        n, k = window.n[type_] - inside.n[0], window.k[type_] - inside.k[0]
        if n <= 0 or inside.n[0] == 0:
            return False
        usual = self.rate[type_]
        excess, others = inside.k[0] - usual * inside.n[0], k - usual * n
        return bool(excess > 0 and excess / inside.n[0] > 2 * max(others, 0) / n)

    def rows(self, errors: pd.DataFrame, days: Days) -> Iterator[dict[str, Any]]:
        """Yield the rows of the answer, in its order."""
        chance = np.minimum(self.worse - np.log(1 - _IN_PARTS), self.hidden - np.log(_IN_PARTS))
        chance = np.minimum(chance, 0.0)
        q_value, q_better = np.full(len(chance), np.nan), np.full(len(chance), np.nan)
        if len(self.known):
            q_value[self.known] = rates.false_discovery(chance[self.known])
            q_better[self.known] = rates.false_discovery(self.better[self.known])
        verdict = np.select(
            [~self.is_known, q_value <= _SURE, q_better <= _SURE],
            [_VERDICTS[3], _VERDICTS[0], _VERDICTS[1]],
            _VERDICTS[2],
        )
        low, high = np.full(len(chance), np.nan), np.full(len(chance), np.nan)
        low[self.known], high[self.known] = self.predicted.between()
        rank = np.array([_VERDICTS.index(one) for one in verdict], dtype=int)
        sure = np.where(verdict == _VERDICTS[0], chance, np.where(verdict == _VERDICTS[1], self.better, 0.0))
        window, failing = (self.days.window.n, self.days.window.k), self._errors(errors, days)
        sources, types = (self.names[one].to_numpy(object) for one in ("source", "name"))
        for row in np.lexsort((self.names["source"], self.names["name"], sure, rank)):
            is_worse = verdict[row] == _VERDICTS[0]
            n, k = (int(one[row]) for one in window)
            yield {
                "source": sources[row],
                "name": types[row],
                "verdict": str(verdict[row]),
                "finished": n,
                "failed": k,
                "rate": k / n,
                "usual_rate": _number(self.rate[row]),
                "usual_low": _number(low[row]),
                "usual_high": _number(high[row]),
                "q_value": _number(q_better[row] if verdict[row] == _VERDICTS[1] else q_value[row]),
                "version": self._part("version", row) if is_worse else None,
                "node": self._part("node", row) if is_worse else None,
                "error_name": failing.get(row) if is_worse else None,
            }

    def _part(self, part: str, row: int) -> str | None:
        found = self.parts[part][row]
        other = self.parts["node" if part == "version" else "version"][row]
        is_surest = found is not None and (other is None or found[0] <= other[0])
        return found[1] if found and is_surest and found[0] < np.log(_HINT) else None

    def _errors(self, errors: pd.DataFrame, days: Days) -> dict[int, str]:
        """Return the error that makes up more than half of the rise, of each type that has one."""
        types = np.array([self.place.get(key, -1) for key in zip(errors["source"], errors["name"], strict=True)], int)
        kept = np.flatnonzero(types >= 0)
        types, names = types[kept], errors["error_name"].to_numpy(object)[kept]
        n, k = self.days.window.n, self.days.window.k
        share = days.before.k[kept] / np.maximum(self.days.before.n, 1)[types]
        excess = days.window.k[kept] - share * n[types]
        rise = k - self.rate * n
        first: dict[int, int] = {}
        for place in np.argsort(-excess, kind="stable"):
            first.setdefault(int(types[place]), int(place))
        return {type_: str(names[place]) for type_, place in first.items() if excess[place] > max(rise[type_], 0) / 2}


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
