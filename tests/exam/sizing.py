"""Types whose run times and memory are known, with a month held out."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd

from exam.judge import Score
from exam.tables import before, fill, store

TYPES = 12
MONTH, SEEN = 30 * 86400, 90 * 86400
MANY = 1000
"""Good runs of a month, so that one of them is no more than half of what is asked."""


def _memory(draw: np.random.Generator, size: np.ndarray, kind: int) -> tuple[np.ndarray, float]:
    """Return what each job needs, in MiB, and what it gets: enough, too little for large inputs, or too little for any."""
    if kind == 0:
        return np.full(len(size), 10.0), 1024.0
    fixed, times = draw.uniform(10, 60), draw.uniform(0.5, 3)
    need = (fixed + times * (size if kind == 1 else np.median(size))) * np.exp(draw.normal(0, 0.08, len(size)))
    return need, float(np.quantile(need, draw.uniform(0.9, 0.99)))


def ask(seed: int, score: Score) -> None:
    """Ask for the limits of some types from 90 days, and look at what they do to the 30 days after."""
    draw = np.random.default_rng(seed)
    types, rows, hidden = [], [], {}
    for place in range(TYPES):
        name, count = f"type-{place:02}", int(np.exp(draw.uniform(np.log(800), np.log(20000))))
        since = draw.uniform(0, SEEN + MONTH, count)
        day = (since // 86400).astype(int)
        size = np.exp(draw.normal(4, draw.uniform(0.3, 1.2), count))
        spread, tail = draw.uniform(0.1, 0.6), draw.choice([0, 0.02])
        took = (
            30
            * (1 + size ** draw.uniform(0, 0.8))
            * np.exp(draw.normal(0, spread, count) + draw.normal(0, 0.15, 130)[day])
        )
        took = np.where(draw.random(count) < tail, took * 3, took)
        need, given = _memory(draw, size, place % 3)
        is_bad = need > given
        types.append(
            {
                "id": place + 1,
                "name": name,
                "version": "1.0.0",
                "created": before(9e7),
                "max_tries": 3,
                "manifest": json.dumps(
                    {
                        "seedVersion": "1.0.0",
                        "job": {"timeout": 10**7, "resources": {"scalar": [{"name": "mem", "value": given}]}},
                    }
                ),
            }
        )
        hidden[name] = pd.DataFrame(
            {"is_later": since < MONTH, "took": took, "size": size, "need": need, "given": given, "is_bad": is_bad}
        )
        rows.append(
            pd.DataFrame(
                {
                    "job_type_id": place + 1,
                    "job_type": name,
                    "job_type_version": "1.0.0",
                    "status": np.where(is_bad, "FAILED", "COMPLETED"),
                    "error_name": pd.Series("out-of-memory", index=range(count)).where(is_bad),
                    "error_category": pd.Series("ALGORITHM", index=range(count)).where(is_bad),
                    "input_file_size": size,
                    "started": before(since + took),
                    "ended": before(since),
                    "last_status_change": before(since),
                }
            )
        )
    jobs = pd.concat(rows, ignore_index=True)
    with store() as made:
        fill(made, "job_types", types)
        fill(made, "jobs", jobs.assign(id=np.arange(1, len(jobs) + 1)))
        for place, (name, truth) in enumerate(hidden.items()):
            found = made.analyses.right_size(name, now=before(MONTH).to_pydatetime()).set_index("member")
            _judge(place % 3, found, truth[truth["is_later"]], score)


def _judge(kind: int, found: pd.DataFrame, later: pd.DataFrame, score: Score) -> None:
    if "timeout" in found.index:
        good = later[~later["is_bad"]]
        killed, told = (good["took"] > found.loc["timeout", "proposed"]).mean(), found.loc["timeout"]
        of = "a later month" if len(good) >= MANY else "a later month of few runs (reported only)"
        score.add(f"limits: killed share within 0.2 points of {of}", abs(killed - told["killed_share"]) <= 0.002)
        score.add("limits: killed share below its upper bound in a later month", killed <= told["high"])
    if kind == 1:
        score.add("limits: memory that is too little for large inputs found", "inputMultiplier" in found.index)
        if "inputMultiplier" in found.index:
            enough = later["given"] + found.loc["inputMultiplier", "proposed"] * later["size"] >= later["need"]
            score.add("limits: memory as proposed is enough for 99 % of a later month", enough.mean() >= 0.99)
    else:
        score.add("limits: memory proposed where inputs have no part", "inputMultiplier" in found.index)
