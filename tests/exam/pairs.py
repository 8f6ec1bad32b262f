"""Pairs of versions, alike or not, whose days differ from each other and whose inputs have other sizes."""

from __future__ import annotations

import numpy as np
import pandas as pd

from exam.judge import Score


def pair(seed: int, *, times: float = 1.0, points: float = 0.0, waits: float = 1.0) -> pd.DataFrame:
    """Draw the finished jobs of two versions: `times` as long, failing by `points` more, waiting `waits` times as long after."""
    draw = np.random.default_rng(seed)
    days = int(draw.integers(8, 30))
    rate = draw.uniform(0.02, 0.3)
    shift, spread = draw.normal(0, 1.0), draw.uniform(0.15, 0.6)
    uneven, power = draw.choice([0.0, 0.1]), draw.uniform(0.3, 1.1)
    parts = []
    for is_after in (False, True):
        for day in range(days):
            n = int(draw.poisson(np.exp(draw.uniform(np.log(10), np.log(200)))))
            size = np.exp(draw.normal(3 + shift * is_after, 1.0, n))
            seconds = 20 * (1 + size**power) * np.exp(draw.normal(0, spread, n) + draw.normal(0, uneven))
            wait = draw.gamma(2, 30, n) * np.exp(draw.normal(0, uneven))
            today = (rate + points * is_after) * draw.gamma(40, 1 / 40)
            failed = draw.random(n) < today
            factor = times if is_after else 1.0
            run_time = np.where(failed, np.nan, seconds * factor)
            start = pd.Timestamp("2026-01-01", tz="UTC") + pd.Timedelta(days=day + days * is_after)
            side = "2.0.0" if is_after else "1.0.0"
            columns = {"failed": failed.astype(int), "run_time": run_time, "input_file_size": size}
            parts.append(
                pd.DataFrame(
                    {"side": side, "start": start, **columns, "queue_wait": wait * (waits if is_after else 1.0)}
                )
            )
    return pd.concat(parts, ignore_index=True)


def ask(seed: int, score: Score) -> None:
    """Ask about a pair of equal versions, and about one that differs."""
    from jobtype_toolkit.analyses.comparisons import told

    for row in told(pair(seed), "1.0.0", "2.0.0"):
        nothing = 0.0 if row["measure"] == "failure_rate" else 1.0
        score.add(f"compare: equal versions called different, {row['measure']}", row["verdict"] in ("worse", "better"))
        score.add(f"compare: intervals that cover, {row['measure']}", row["low"] <= nothing <= row["high"])
    for row in told(pair(seed + 10**6, times=1.4, points=0.12, waits=1.5), "1.0.0", "2.0.0"):
        if row["measure"] in ("failure_rate", "run_time_p50", "queue_wait_p50"):
            score.add(f"compare: real differences right, {row['measure']}", row["verdict"] == "worse")
            score.add(f"compare: real differences undecided, {row['measure']}", row["verdict"] == "no difference shown")
            if row["measure"] == "failure_rate":
                score.add("compare: difference of rates that cover", row["low"] <= 0.12 <= row["high"])
            else:
                true = 1.4 if row["measure"].startswith("run") else 1.5
                score.add(f"compare: factor that covers, {row['measure']}", row["low"] <= true <= row["high"])
