"""Onsets of errors: since when a type fails with an error more than it used to, and what changed then."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from jobtype_toolkit.analyses.episodes import likeliest

if TYPE_CHECKING:
    import pandas as pd

BEFORE = 60
"""Days before the window that tell what was usual."""
_JUMP = 12.0
"""The score from which days are an episode."""
_LONGEST = 45
"""Days of an episode that is over; one that lasts may be longer."""
_BLOCK = 256
"""Errors whose days are in memory together."""
_LEAST = 3
"""Failures that an episode needs."""
_OVER = 4.6
"""Failures to be expected while none came, from which an episode is over: chance gives that once in 100."""
_RARE = 1e-3
"""How rare it must be that so many failures fall to a version or node by its share of jobs, for the failures to sit there."""
_KINDS = {
    "revision": "revision",
    "configuration": "configuration",
    "is_paused": "pause",
    "unmet_resources": "resources",
    "edited": "configuration",
}
"""What kind of cause a fact or a changed field is, the likeliest first."""
_AROUND = np.timedelta64(1, "D")
_DAY = np.timedelta64(1, "D")


def told(facts: pd.DataFrame, started: datetime | None, ended: datetime) -> list[dict[str, Any]]:
    """Return the rows of `error_onsets`, in the order of the answer.

    Args:
        facts: what the SQL gives; times aware.
        started: start of the window; None for all of history.
        ended: its end.
    """
    facts = facts.assign(**{name: facts[name].dt.tz_localize(None) for name in ("moment", "last_moment")})
    seen = facts[facts["fact"] == "seen"]
    seen = seen.groupby(["source", "name", "error_name"], dropna=False, sort=True).agg(
        error_category=("error_category", "first"),
        first_seen=("moment", "min"),
        last_seen=("last_moment", "max"),
        count=("n", "sum"),
    )
    seen = seen[seen["count"] > 0].reset_index()
    if seen.empty:
        return []
    end = np.datetime64(ended.replace(tzinfo=None), "us")
    begin = np.datetime64((started or seen["first_seen"].min()).replace(tzinfo=None), "us")
    history = _History(facts, begin, end)
    rows = [_row(history, one) for one in history.episodes(seen)]
    rows.sort(key=lambda row: (row["source"], row["name"], row["error_name"] or ""))
    rows.sort(key=lambda row: -row["count"])
    rows.sort(key=lambda row: (row["onset"] is None, -(row["onset"] or begin).astype("int64")))
    return rows


class _Part:
    """The versions or nodes of facts, numbered within each type."""

    def __init__(self, types: np.ndarray, values: pd.Series) -> None:
        import pandas as pd

        numbers, names = pd.factorize(values, sort=True)
        is_known, count = numbers >= 0, max(len(names), 1)
        pairs, place = np.unique(types[is_known] * count + numbers[is_known], return_inverse=True)
        of_type = np.searchsorted(pairs, np.arange(types.max(initial=-1) + 2) * count)
        self.first, self.many = of_type[:-1][types], np.diff(of_type)[types]
        """Of each fact, the place of the first value of its type among the names, and how many the type has."""
        self.number = np.full(len(types), -1)
        self.number[is_known] = place - self.first[is_known]
        """Which value of its type a fact has, from 0; -1 if that is missing."""
        self.names = np.asarray(names, object)[pairs % count] if len(pairs) else np.empty(0, object)


class _History:
    """The facts about types by UTC day."""

    def __init__(self, facts: pd.DataFrame, begin: np.datetime64, end: np.datetime64) -> None:
        self.begin, self.end = begin, end
        self.window = begin.astype("datetime64[D]")
        last = (end - np.timedelta64(1, "us")).astype("datetime64[D]")
        self.first = self.window - np.timedelta64(BEFORE, "D")
        self.days = int((last - self.first) / _DAY) + 1
        moments = facts["moment"].to_numpy("datetime64[us]")
        self.day = ((moments - self.first.astype("datetime64[us]")) // _DAY).astype(int)
        self.n = facts["n"].to_numpy()
        types = facts.groupby(["source", "name"], sort=False).ngroup().to_numpy()
        self.parts = {part: _Part(types, facts[part]) for part in ("version", "node")}
        fact = facts["fact"].to_numpy()
        inside = (self.day >= 0) & (self.day < self.days)
        named = facts.assign(error_name=facts["error_name"].fillna(""))
        self.finished_of = _places(named, (fact == "finished") & inside, ["source", "name"])
        self.failed_of = _places(named, (fact == "failed") & inside, ["source", "name", "error_name"])
        self.others: dict[tuple[str, str], list[dict[str, Any]]] = {}
        is_other = ~np.isin(fact, ["failed", "finished", "seen"])
        for row, moment in zip(_records(facts[is_other]), moments[is_other], strict=True):
            self.others.setdefault((row["source"], row["name"]), []).append({**row, "moment": moment})

    def at(self, day: int) -> np.datetime64:
        """Return the start of a day, counted from the first."""
        start: np.datetime64 = self.first.astype("datetime64[us]") + day * _DAY
        return start

    def episodes(self, seen: pd.DataFrame) -> Iterator[dict[str, Any]]:
        """Yield each error of a type with its `kind`, and the days `begin` and `until` of its episode."""
        for place in range(0, len(seen), _BLOCK):
            yield from self._episodes(_records(seen[place : place + _BLOCK]))

    def _episodes(self, rows: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        shape = (len(rows), self.days)
        n, k = np.zeros(shape), np.zeros(shape)
        for place, row in enumerate(rows):
            row["error_name"] = row["error_name"] if isinstance(row["error_name"], str) else None
            row["error_category"] = row["error_category"] if isinstance(row["error_category"], str) else None
            self._count(n[place], self.finished_of.get((row["source"], row["name"])))
            self._count(k[place], self.failed_of.get((row["source"], row["name"], row["error_name"] or "")))
        k = np.minimum(k, n)
        found = self._latest(n, k)
        for place, row in enumerate(rows):
            first = np.datetime64(row["first_seen"], "us")
            is_new = first >= self.begin and n[place, : int((first - self.first) / _DAY)].any()
            begin, end = int(found[0][place]), int(found[1][place])
            is_jump = end > begin and self.at(begin) >= self.window.astype("datetime64[us]")
            kind = "new" if is_new else "jumped" if is_jump else "steady"
            if is_new:
                begin, end = int((first - self.first) / _DAY), self.days
            until = None if kind == "steady" else self._until(n[place], k[place], begin, end)
            yield {**row, "kind": kind, "begin": begin, "until": until}

    def _latest(self, n: np.ndarray, k: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the latest episode of each series; an empty one if there is none."""
        begin, end = np.zeros(len(n), int), np.zeros(len(n), int)
        left_n, left_k = n.copy(), k.copy()
        day, which = np.arange(n.shape[1]), np.flatnonzero(k.sum(axis=1) >= _LEAST)
        for _ in range(3):
            one = likeliest(left_n[which], left_k[which], shortest=1, longest=_LONGEST, lasting=True)
            inside = (day >= one.begin[:, None]) & (day < one.end[:, None])
            is_one = (one.score > _JUMP) & ((left_k[which] * inside).sum(axis=1) >= _LEAST)
            which, inside = which[is_one], inside[is_one]
            if not len(which):
                break
            is_later = one.end[is_one] > end[which]
            begin[which[is_later]], end[which[is_later]] = one.begin[is_one][is_later], one.end[is_one][is_later]
            left_n[which] = np.where(inside, 0, left_n[which])
            left_k[which] = np.where(inside, 0, left_k[which])
        return begin, end

    def _count(self, days: np.ndarray, places: np.ndarray | None) -> None:
        """Add the jobs of some facts to their days."""
        if places is not None:
            np.add.at(days, self.day[places], self.n[places])

    def sum(self, places: np.ndarray, before: int) -> int:
        """Return the jobs of some facts before a day."""
        return int(self.n[places[self.day[places] < before]].sum())

    def by_part(self, part: _Part, places: np.ndarray, begin: int, end: int) -> np.ndarray:
        """Return the jobs of some facts of a type, from a day until before another, of each version or node."""
        kept = places[(self.day[places] >= begin) & (self.day[places] < end) & (part.number[places] >= 0)]
        return np.bincount(part.number[kept], self.n[kept], part.many[places[0]])

    def _until(self, n: np.ndarray, k: np.ndarray, begin: int, end: int) -> int | None:
        """Return the first day after an episode, or None while it lasts: as far as nobody can tell that it is over."""
        from scipy.special import pdtr

        failing = np.flatnonzero(k[begin:end]) + begin
        end = int(failing[-1]) + 1 if len(failing) else end
        rest_n, rest_k = n[end:].sum(), k[end:].sum()
        if not rest_n or not n[begin:end].sum():
            return None
        usual = (k[:begin].sum() + 0.5) / (n[:begin].sum() + 1)
        rate = k[begin:end].sum() / n[begin:end].sum()
        expected = rest_n * (rate + usual) / 2
        is_over = expected >= _OVER / 2 and pdtr(rest_k, rest_n * rate) < 0.01
        return end if is_over else None


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(key): value for key, value in row.items()} for row in frame.to_dict("records")]


def _places(facts: pd.DataFrame, which: np.ndarray, keys: list[str]) -> dict[tuple[str, ...], np.ndarray]:
    """Return the places of some facts by their keys."""
    rows = np.flatnonzero(which)
    grouped: Any = facts.loc[which, keys].groupby(keys).indices
    return {key: rows[places] for key, places in grouped.items()}


def _row(history: _History, one: dict[str, Any]) -> dict[str, Any]:
    is_steady = one["kind"] == "steady"
    candidates = [] if is_steady else _candidates(history, one)
    return {
        "source": one["source"],
        "name": one["name"],
        "error_name": one["error_name"],
        "error_category": one["error_category"],
        "kind": one["kind"],
        "onset": None if is_steady else history.at(one["begin"]),
        "until": None if is_steady or one["until"] is None else history.at(one["until"]),
        "first_seen": np.datetime64(one["first_seen"], "us"),
        "last_seen": np.datetime64(one["last_seen"], "us"),
        "count": int(one["count"]),
        "cause": candidates[0]["kind"] if candidates else None,
        "cause_value": candidates[0]["value"] if candidates else None,
        "candidates": candidates,
    }


def _candidates(history: _History, one: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what may be the cause of an episode, the likeliest first."""
    key = (one["source"], one["name"])
    begin, end = one["begin"], one["until"] or history.days
    failed = history.failed_of.get((*key, one["error_name"] or ""))
    finished = history.finished_of.get(key)
    if failed is None or finished is None:
        return []
    others = history.others.get(key, [])
    onset = history.at(begin)
    # of a jump the first failures may be usual ones, so that the change may come later on that day
    first = np.datetime64(one["first_seen"], "us") if one["kind"] == "new" else onset + _DAY
    parts = {part: _part(history, part, (failed, finished), begin, end) for part in history.parts}
    found = [(chance, value, part, text) for part, (chance, value, text) in parts.items() if value]
    made = []
    for _, value, part, text in sorted(found):
        if part == "node":
            made.append({"kind": "node", "value": value, "moment": str(onset) + "Z", "evidence": text})
            continue
        used = [row["moment"] for row in others if row["fact"] == "used" and row["version"] == value]
        if used and abs((moment := min(used)) - onset) <= 2 * _AROUND:
            made.append(
                {
                    "kind": "version",
                    "value": value,
                    "moment": f"{moment}Z",
                    "evidence": f"{text} Its first job was at {_minute(moment)}.",
                }
            )
    return made + _changes(others, onset, first)


def _part(
    history: _History, part: str, places: tuple[np.ndarray, np.ndarray], begin: int, end: int
) -> tuple[float, str | None, str]:
    """Return the version or node in which the failures of an episode sit: how rare that is by chance, which, and the numbers."""
    from scipy.special import bdtrc

    known = history.parts[part]
    k, n = (history.by_part(known, one, begin, end) for one in places)
    held = np.flatnonzero(k + n)
    k, n = k[held], n[held]
    if len(n) < 2 or not k.sum():
        return 1.0, None, ""
    failed, finished = (history.sum(one, begin) for one in places)
    excess = k - failed / max(finished, 1) * n
    value = int(excess.argmax())
    share = n / n.sum()
    rest_n, rest_excess = n.sum() - n[value], excess.sum() - excess[value]
    sits = (
        excess.sum() > 0
        and excess[value] > excess.sum() / 2
        and rest_excess / max(rest_n, 1) < excess[value] / max(n[value], 1) / 3
    )
    chance = float(bdtrc(k[value] - 1, int(k.sum()), min(share[value], 1.0))) if sits else 1.0
    if chance > _RARE:
        return 1.0, None, ""
    name = str(known.names[known.first[places[0][0]] + held[value]])
    where = f"on {name}" if part == "node" else f"of {part} {name}"
    text = f"{int(k[value])} of {int(k.sum())} failures are {where}, which had {100 * share[value]:.0f} % of the jobs."
    return chance, name, text


def _changes(facts: list[dict[str, Any]], begin: np.datetime64, end: np.datetime64) -> list[dict[str, Any]]:
    """Return what was changed from a day before the onset until the failures had begun.

    A revision is first, then an edit without one, pauses, resources; the nearest of each first.
    """
    near = [row for row in facts if row["fact"] != "used" and begin - _AROUND <= row["moment"] <= end]
    found: list[tuple[int, float, str, str, np.datetime64]] = []
    revised = {row["version"] for row in near if row["fact"] == "revision"}
    for row in near:
        kind = _KINDS.get(row["fact"]) or _KINDS.get(row["field"])
        is_first = kind == "revision" and row["value"] == "1"
        if kind is None or is_first or (kind == "configuration" and row["version"] in revised):
            continue
        value = "" if kind == "configuration" else str(row["value"] or "")
        moment = row["moment"]
        rank = list(_KINDS).index(row["field"] if row["fact"] == "change" else row["fact"])
        found.append((rank, float((end - moment) / _DAY), kind, value, moment))
    made: dict[tuple[str, str], dict[str, Any]] = {}
    for _, days, kind, value, moment in sorted(found):
        text = (
            f"It was made at {_minute(moment)}; {24 * days:.0f} hours later, at {_minute(end)}, the failures had begun."
        )
        made.setdefault((kind, value), {"kind": kind, "value": value, "moment": f"{moment}Z", "evidence": text})
    return list(made.values())


def _minute(moment: np.datetime64) -> str:
    """Return an instant as a sentence has it."""
    return f"{str(moment)[:16].replace('T', ' ')} UTC"
