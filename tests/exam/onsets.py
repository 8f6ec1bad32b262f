"""Histories of errors with a planted onset and what was changed then, or nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import scipy

from exam.judge import CLEAR, Score
from jobtype_toolkit.analyses.onsets import BEFORE, told

START = datetime(2026, 1, 1, tzinfo=UTC)
WINDOW = 30
DAYS = BEFORE + WINDOW
CAUSES = ("version", "node", "revision", "configuration", "pause", None, None)
LEAST = 5


@dataclass(frozen=True)
class Case:
    """A type with two usual errors, one of which may jump, or a new one; and what was changed then."""

    facts: pd.DataFrame
    error: str
    kind: str
    onset: int
    cause: str | None
    value: str | None
    is_clear: bool


def case(seed: int) -> Case:
    """Draw a case: four to nine days of an incident at the end of the window."""
    draw = np.random.default_rng(seed)
    volume = np.exp(draw.uniform(np.log(40), np.log(5000)))
    rate = np.exp(draw.uniform(np.log(0.004), np.log(0.1))) * np.array([0.7, 0.3, 0.0])
    correlation = float(draw.choice([1e-4, np.exp(draw.uniform(np.log(5e-4), np.log(0.02)))]))
    is_new = bool(draw.random() < 0.5)
    which = 2 if is_new else int(draw.integers(0, 2))
    onset = DAYS - int(draw.integers(4, 10))
    cause = CAUSES[draw.integers(0, len(CAUSES))]
    raised = rate.sum() * np.exp(draw.uniform(np.log(1.0), np.log(6)))
    finished = np.zeros((DAYS, 2, 6), dtype=np.int64)
    failed = np.zeros((DAYS, 2, 6, 3), dtype=np.int64)
    for day in range(DAYS):
        shares = np.outer([0.6, 0.4] if cause == "version" and day >= onset else [1.0, 0.0], np.full(6, 1 / 6))
        cells = draw.multinomial(draw.poisson(volume * draw.gamma(30, 1 / 30)), shares.ravel()).reshape(2, 6)
        finished[day] = cells
        for error in range(3):
            mean = np.full((2, 6), rate[error])
            if error == which and day >= onset:
                where = np.s_[1, :] if cause == "version" else np.s_[:, 2] if cause == "node" else np.s_[:, :]
                mean[where] += raised * {"version": 2.5, "node": 6}.get(cause or "", 1)
            level = draw.beta(*(_shapes(mean.mean(), correlation))) / mean.mean() if mean.any() else 0
            failed[day, :, :, error] = draw.binomial(cells, np.clip(mean * level, 0, 0.4))
    first = failed[onset].sum(axis=(0, 1))[which]
    n = finished[onset].sum()
    is_clear = bool(scipy.stats.betabinom.sf(first - 1, n, *_shapes(max(rate[which], 1e-6), correlation)) <= CLEAR)
    is_clear &= failed[onset:, :, :, which].sum() >= LEAST and n >= 30 and (first > 0 or not is_new)
    facts, value = _facts(draw, finished, failed, onset, cause)
    return Case(facts, "ABN"[which], "new" if is_new else "jumped", onset, cause, value, is_clear)


def _shapes(mean: float, correlation: float) -> tuple[float, float]:
    total = (1 - correlation) / correlation
    return mean * total, (1 - mean) * total


def _facts(
    draw: np.random.Generator, finished: np.ndarray, failed: np.ndarray, onset: int, cause: str | None
) -> tuple[pd.DataFrame, str | None]:
    rows: list[dict] = []

    def add(fact: str, version: int = 0, *, moment: datetime, n: int = 1, **more: object) -> None:
        rows.append({"fact": fact, "version": f"1.{version}.0", "moment": moment, "n": n, **more})

    for day, version, node in zip(*np.nonzero(finished), strict=True):
        add("finished", version, moment=_at(day), node=f"node{node}", n=finished[day, version, node])
    for day, version, node, error in zip(*np.nonzero(failed), strict=True):
        add(
            "failed",
            version,
            moment=_at(day),
            node=f"node{node}",
            error_name="ABN"[error],
            n=failed[day, version, node, error],
        )
    for version, error in zip(*np.nonzero(failed.sum(axis=(0, 2))), strict=True):
        days = np.flatnonzero(failed[:, version, :, error].sum(axis=1))
        since = failed[BEFORE:, version, :, error].sum()
        add("seen", version, moment=_at(days[0], 9), last_moment=_at(days[-1], 12), error_name="ABN"[error], n=since)
    add("used", 0, moment=_at(-50))
    if cause == "version":
        add("used", 1, moment=_at(onset, -3))
    value = {"version": "1.1.0", "node": "node2", "revision": "7", "configuration": ""}.get(cause or "")
    moment = _at(onset, float(draw.uniform(-12, 0)))
    if cause == "revision":
        add("revision", moment=moment, value="7")
    if cause == "configuration":
        add("change", moment=moment, field="configuration", value="{}")
    if cause == "pause":
        add("change", moment=moment, field="is_paused", value="false")
    for number, day in enumerate(draw.integers(0, onset - 3, 3)):  # changes that have nothing to do with it
        add("revision", moment=_at(day), value=str(number + 2))
    frame = pd.DataFrame(
        rows, columns=["fact", "version", "moment", "n", "node", "error_name", "last_moment", "field", "value"]
    )
    frame = frame.assign(
        source="exam",
        name="type",
        error_category=frame["error_name"].map(lambda one: "DATA" if isinstance(one, str) else None),
    )
    for name in ("moment", "last_moment"):
        frame[name] = pd.to_datetime(frame[name], utc=True).dt.as_unit("us")
    return frame, value


def _at(day: float, hour: float = 0) -> datetime:
    return START + timedelta(days=float(day), hours=hour)


def ask(one: Case, score: Score) -> None:
    """Ask at the end of the days of a case."""
    rows = {row["error_name"]: row for row in told(one.facts, _at(BEFORE), _at(DAYS))}
    for error, row in rows.items():
        if error != one.error:
            score.add("onsets: false onsets", row["kind"] != "steady")
    row = rows.get(one.error)
    if not one.is_clear or row is None:
        return
    day = None if row["onset"] is None else pd.Timestamp(row["onset"], tz="UTC")
    score.add("onsets: within a day", day is not None and abs((day - _at(one.onset)).days) <= 1)
    score.add("onsets: of the right kind", row["kind"] == one.kind)
    if one.cause is None:
        score.add("onsets: nothing blamed where nothing changed", row["cause"] is None)
        return
    is_right = row["cause"] == one.cause and (one.cause == "pause" or row["cause_value"] == one.value)
    score.add("onsets: planted cause first", is_right)
    score.add(f"onsets: planted cause first, {one.cause}", is_right)
