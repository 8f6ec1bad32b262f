"""Intervals of failure rates, on days that are alike and on days that are not."""

from __future__ import annotations

import numpy as np
import pandas as pd

from exam.judge import Score
from jobtype_toolkit.analyses.intervals import rates


def ask(seed: int, score: Score) -> None:
    """Ask for the rate of one group with even days, and of one with uneven days."""
    draw = np.random.default_rng(seed)
    for kind in ("even", "uneven"):
        days = int(draw.integers(7, 60))
        finished = np.maximum(draw.poisson(np.exp(draw.uniform(np.log(20), np.log(500))), days), 1)
        rate = float(np.exp(draw.uniform(np.log(0.01), np.log(0.4))))
        correlation = np.exp(draw.uniform(np.log(0.0005), np.log(0.03)))
        total = (1 - correlation) / correlation
        daily = draw.beta(rate * total, (1 - rate) * total, days) if kind == "uneven" else np.full(days, rate)
        frame = pd.DataFrame({"all": 0, "finished": finished, "failed": draw.binomial(finished, daily)})
        found = rates(frame, ["all"]).iloc[0]
        score.add(f"rates: intervals that cover, {kind} days", found["low"] <= rate <= found["high"])
