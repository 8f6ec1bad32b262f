"""Days of nodes with a mix of job types, some of them bad."""

from __future__ import annotations

import numpy as np
import pandas as pd
import scipy

from exam.judge import CLEAR, Score
from exam.tables import NOW, before, fill, store
from jobtype_toolkit.analyses.nodes import judged

NODES, TYPES, DAYS = 24, 15, 7


def week(seed: int) -> tuple[pd.DataFrame, dict[int, int | None], np.ndarray]:
    """Draw a week: the counts, the bad nodes with the type that each is bad for (None: all), and the true expected failures."""
    draw = np.random.default_rng(seed)
    rate = np.exp(draw.uniform(np.log(0.003), np.log(0.2), TYPES))
    mix = draw.dirichlet(np.full(TYPES, 0.7), NODES)  # nodes run other types
    volume = np.exp(draw.uniform(np.log(100), np.log(3000), NODES))
    finished = draw.poisson(volume[:, None, None] * mix[:, :, None] * np.ones(DAYS))
    today = draw.gamma(8, 1 / 8, (TYPES, DAYS))  # a bad day is one for all nodes
    mean = np.clip(rate[None, :, None] * today[None] * np.ones((NODES, 1, 1)), 0, 0.5)
    usual = finished * mean
    bad: dict[int, int | None] = {}
    for node in draw.choice(NODES, int(draw.integers(0, 3)), replace=False):
        bad[int(node)] = int(np.argmax(mix[node])) if draw.random() < 0.4 else None
        which = slice(None) if bad[int(node)] is None else bad[int(node)]
        mean[node, which] = np.clip(mean[node, which] * draw.uniform(2, 6) + 0.02, 0, 0.7)
    failed = draw.binomial(finished, mean)
    node, type_, day = np.nonzero(finished)
    counts = pd.DataFrame(
        {
            "source": "exam",
            "name": [f"type-{one:02}" for one in type_],
            "version": "1.0.0",
            "node": [f"node-{one:02}" for one in node],
            "counts": "jobs",
            "start": pd.Timestamp("2026-01-01", tz="UTC") + pd.to_timedelta(day, unit="D"),
            "finished": finished[node, type_, day],
            "failed": failed[node, type_, day],
        }
    )
    clear = {}
    for one, which in bad.items():
        part = np.s_[one] if which is None else np.s_[one, which]
        expected, found = usual[part].sum(), failed[part].sum()
        if scipy.stats.nbinom.sf(found - 1, 20 * max(expected, 0.1), 20 / 21) <= CLEAR:
            clear[one] = which
    return counts, bad, np.array(sorted(clear))


def ask(seed: int, score: Score) -> None:
    counts, bad, clear = week(seed)
    for row in judged(counts):
        node = int(row["node"].removeprefix("node-"))
        if node in clear:
            score.add("nodes: bad ones found", row["verdict"] == "bad")
            if bad[node] is not None:
                score.add("nodes: the one type named", row["name"] == f"type-{bad[node]:02}")
        elif node not in bad:
            score.add("nodes: good ones called bad", row["verdict"] == "bad")


TRIES = 3


def attempts(seed: int, score: Score) -> None:
    """Ask about a week of jobs that are tried again on other nodes, so that a bad node is seen in executions only."""
    draw = np.random.default_rng(seed)
    count, nodes = 6000, 12
    usual, bad = np.exp(draw.uniform(np.log(0.005), np.log(0.05))), int(draw.integers(0, nodes))
    extra = draw.uniform(0.03, 0.3)
    since, tried = draw.uniform(3600, 7 * 86400, count), np.zeros(count, dtype=int)
    open_, node = np.ones(count, dtype=bool), np.zeros(count, dtype=int)
    rows = []
    for number in range(1, TRIES + 1):
        ids = np.flatnonzero(open_)
        node[ids] = (node[ids] + draw.integers(1, nodes, len(ids))) % nodes
        is_bad = draw.random(len(ids)) < usual + extra * (node[ids] == bad)
        tried[ids] = number
        moment = since[ids] - 60 * number
        rows.append(
            pd.DataFrame(
                {
                    "job_id": ids + 1,
                    "exe_num": number,
                    "status": np.where(is_bad, "FAILED", "COMPLETED"),
                    "node": [f"node-{one:02}" for one in node[ids]],
                    "started": before(moment + 50),
                    "ended": before(moment),
                }
            )
        )
        open_[ids] = is_bad
    executions = pd.concat(rows, ignore_index=True)
    kind = {"job_type": "type", "job_type_version": "1.0.0"}
    jobs = {
        "id": np.arange(1, count + 1),
        "status": np.where(open_, "FAILED", "COMPLETED"),
        "num_exes": tried,
        "node": [f"node-{one:02}" for one in node],
        "last_status_change": before(since - 60 * tried),
    }
    with store() as made:
        fill(made, "jobs", pd.DataFrame(jobs).assign(**kind))
        fill(made, "job_executions", executions.assign(id=np.arange(1, len(executions) + 1), **kind))
        found = made.analyses.bad_nodes(now=NOW)
    there = executions[executions["node"] == f"node-{bad:02}"]
    for row in found.to_dict("records"):
        if row["node"] != f"node-{bad:02}":
            score.add("nodes: good ones called bad, by executions", row["verdict"] == "bad")
        elif (
            scipy.stats.nbinom.sf((there["status"] == "FAILED").sum() - 1, 20 * max(usual * len(there), 0.1), 20 / 21)
            <= CLEAR
        ):
            score.add(
                "nodes: bad ones found that retries hide", row["verdict"] == "bad" and row["counts"] == "executions"
            )
