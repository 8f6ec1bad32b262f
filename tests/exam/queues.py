"""Queues that drain: when they are empty, and the jobs whose reasons to wait are known."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd

from exam.judge import Score
from exam.tables import NOW, before, fill, store

TYPES = 60
PAST = 10 * 3600
"""Seconds of arrivals and completions before now."""


def _queue(draw: np.random.Generator) -> tuple[np.ndarray, np.ndarray, float]:
    """Return when jobs of a type were queued and started, in seconds from the begin of its past, and when its queue is empty."""
    finishing = np.exp(draw.uniform(np.log(8), np.log(60))) / 3600
    arriving = finishing * draw.uniform(0, 0.8)
    batch = int(finishing * PAST + draw.uniform(10, 150))
    queued = [0.0] * batch
    started: list[float] = []
    arrival, at = draw.exponential(1 / arriving) if arriving else np.inf, 0.0
    while True:
        at += draw.exponential(1 / finishing)
        while arrival <= at:
            queued.append(arrival)
            arrival += draw.exponential(1 / arriving)
        started.append(at)
        if len(started) == len(queued):
            return np.array(queued), np.array(started), at


def drain(seed: int, score: Score) -> None:
    """Ask when the queues of some types will be empty that have 10 hours of history."""
    draw = np.random.default_rng(seed)
    rows, empty = [], {}
    for place in range(TYPES):
        queued, started, end = _queue(draw)
        if end <= PAST + 60:
            continue
        empty[f"type-{place:02}"] = pd.Timestamp(NOW) + pd.Timedelta(seconds=end - PAST)
        known = queued < PAST
        queued, started = queued[known], started[known]
        is_over = started < PAST - 60
        moment = before(PAST - np.where(is_over, started + 60, queued))
        rows.append(
            pd.DataFrame(
                {
                    "job_type": f"type-{place:02}",
                    "job_type_version": "1.0.0",
                    "status": np.where(is_over, "COMPLETED", "QUEUED"),
                    "created": before(PAST - queued),
                    "queued": before(PAST - queued),
                    "started": pd.Series(before(PAST - started)).where(is_over),
                    "ended": pd.Series(moment).where(is_over),
                    "last_status_change": moment,
                }
            )
        )
    jobs = pd.concat(rows, ignore_index=True)
    with store() as made:
        fill(made, "jobs", jobs.assign(id=np.arange(1, len(jobs) + 1)))
        found = made.analyses.drain_forecast(now=NOW)
    for row in found.to_dict("records"):
        if row["verdict"] == "not enough data":
            continue
        is_in = not row["low"] > empty[row["name"]] and not row["high"] < empty[row["name"]]
        score.add("drain: 80 % intervals that hold the moment", is_in)
        score.add("drain: queues said never to drain that did", row["verdict"] == "never at this rate")


def waiting(seed: int, score: Score) -> None:
    """Ask why types do not run, each with reasons of its own."""
    draw = np.random.default_rng(seed)
    types, jobs, truth = [], [], {}
    for place in range(TYPES):
        name = f"type-{place:02}"
        is_paused, is_unmet, is_full, is_active = draw.random(4) < [0.25, 0.25, 0.3, 0.8]
        most, priority = int(draw.integers(1, 4)), int(draw.integers(1, 400))
        queued, pending = (int(draw.integers(0, 4)) * int(draw.random() < share) for share in (0.75, 0.4))
        running = most if is_full else 0
        since = float(draw.uniform(60, 90_000))
        types.append(
            {
                "id": place + 1,
                "name": name,
                "version": "1.0.0",
                "is_paused": bool(is_paused),
                "is_active": bool(is_active),
                "unmet_resources": "gpus" if is_unmet else None,
                "max_scheduled": most,
                "created": before(9e6),
                "last_modified": before(9e6),
                "configuration": json.dumps({"priority": priority}),
            }
        )
        counts = {"QUEUED": queued, "RUNNING": running, "PENDING": pending}
        for status, count in counts.items():
            for number in range(count):
                at = before(since - number)
                moments = {"created": at, "queued": at, "last_status_change": at}
                jobs.append(
                    {
                        "job_type_id": place + 1,
                        "job_type": name,
                        "job_type_version": "1.0.0",
                        "status": status,
                        **moments,
                    }
                )
        blocked = "paused" if is_paused else "unmet_resources" if is_unmet else "max_scheduled" if is_full else None
        idle = "deprecated" if not is_active else "not_queued" if pending else "nothing_waiting"
        truth[name] = (blocked if queued else idle, (priority, -since) if queued and not blocked else None)
    served = min((turn for _, turn in truth.values() if turn), default=None)
    with store() as made:
        fill(made, "job_types", types)
        fill(made, "jobs", [{"id": number, **one} for number, one in enumerate(jobs, 1)])
        found = made.analyses.why_not_running(now=NOW)
    first = found[found["position"] == 1].set_index("name")["reason"].to_dict()
    for name, (reason, turn) in truth.items():
        expected = reason or (None if turn == served else "queue_ahead")
        score.add("why: first reason", first.get(name) == expected)
