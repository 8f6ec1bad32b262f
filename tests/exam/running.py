"""Jobs that run at an instant, some of them hung."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd

from exam.judge import Score
from exam.tables import NOW, before, fill, store

TYPES, GOOD, RUNNING = 40, 60, 6


def ask(seed: int, score: Score) -> None:
    """Ask which jobs are stuck: half of the types have a timeout, one job of each hangs."""
    draw = np.random.default_rng(seed)
    types, rows, hung = [], [], set()
    number = 0
    for place in range(TYPES):
        middle, spread = np.exp(draw.uniform(np.log(60), np.log(7200))), draw.uniform(0.15, 0.6)
        highest = middle * np.exp(2.326 * spread)
        timeout = int(3 * highest) if place % 2 else 0
        types.append(
            {
                "id": place + 1,
                "name": f"type-{place:02}",
                "version": "1.0.0",
                "created": before(9e7),
                "manifest": json.dumps({"seedVersion": "1.0.0", "job": {"timeout": timeout}}),
            }
        )
        took = middle * np.exp(draw.normal(0, spread, GOOD))
        ended = draw.uniform(0, 30 * 86400, GOOD)
        # what is seen at an instant is long, and the instant is anywhere in it
        long = middle * np.exp(draw.normal(spread**2, spread, RUNNING)) * draw.random(RUNNING)
        long[0] = (timeout or 2.5 * highest) * draw.uniform(1.05, 6)
        since = np.concatenate([ended + took, long])
        ids = np.arange(number + 1, number + len(since) + 1)
        hung.add(int(ids[GOOD]))
        number = int(ids[-1])
        is_over = np.arange(len(since)) < GOOD
        rows.append(
            pd.DataFrame(
                {
                    "id": ids,
                    "job_type_id": place + 1,
                    "job_type": f"type-{place:02}",
                    "job_type_version": "1.0.0",
                    "status": np.where(is_over, "COMPLETED", "RUNNING"),
                    "started": before(since),
                    "ended": pd.Series(before(np.concatenate([ended, np.zeros(RUNNING)]))).where(is_over),
                    "last_status_change": before(np.concatenate([ended, long])),
                }
            )
        )
    jobs = pd.concat(rows, ignore_index=True)
    with store() as made:
        fill(made, "job_types", types)
        fill(made, "jobs", jobs)
        found = set(made.analyses.stuck(now=NOW)["id"])
    for id_ in jobs[jobs["status"] == "RUNNING"]["id"]:
        about = "stuck: hung jobs found" if id_ in hung else "stuck: others called stuck"
        score.add(about, int(id_) in found)
