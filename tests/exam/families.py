"""Failures of planted causes, each with an error, an exit code and a message that it shares with others or not."""

from __future__ import annotations

from math import comb

import numpy as np
import pandas as pd

from exam.judge import Score
from exam.tables import NOW, before, fill, store

CAUSES, FAILURES = 14, 500
WORDS = [
    "band",
    "tile",
    "footprint",
    "sensor",
    "archive",
    "header",
    "margin",
    "catalogue",
    "stripe",
    "orbit",
    "shutter",
    "ledger",
]
VERBS = ["cannot open", "is missing", "does not match", "ran out of", "was refused by", "has no"]
NAMES = ["alpha", "bravo", "charlie", "delta"]


def _value(draw: np.random.Generator) -> str:
    number = int(draw.integers(0, 10**6))
    return str(
        draw.choice(
            [
                f"{number}",
                f"/data/in/scene-{number}.tif",
                f'"{draw.choice(NAMES)} {number}"',
                f"{number:08x}1",
                f"10.0.{number % 250}.7:80",
            ]
        )
    )


def _message(draw: np.random.Generator, cause: int) -> str:
    """Return a message of a cause: the same words around other values; those of the last cause are words themselves."""
    first, second = WORDS[cause % len(WORDS)], WORDS[(5 * cause + 3) % len(WORDS)]
    value = str(draw.choice(NAMES)) if cause == CAUSES - 1 else _value(draw)
    return f"{first} {VERBS[cause % len(VERBS)]} {value}: {second} {_value(draw)}"


def adjusted_rand(one: pd.Series, other: pd.Series) -> float:
    """Return how well two partitions agree beyond chance (Hubert and Arabie, 1985)."""
    table = pd.crosstab(one, other).to_numpy()
    both, rows, columns = (
        sum(comb(int(n), 2) for n in counts) for counts in (table.ravel(), table.sum(axis=1), table.sum(axis=0))
    )
    chance = rows * columns / comb(len(one), 2)
    return float((both - chance) / ((rows + columns) / 2 - chance))


def ask(seed: int, score: Score) -> None:
    """Ask which failures belong together, where jobs have messages, and where errors and exit codes are all there is."""
    draw = np.random.default_rng(seed)
    for kind in ("messages", "errors and exit codes"):
        weight = draw.dirichlet(np.full(CAUSES, 1.0))
        cause = draw.choice(CAUSES, FAILURES, p=weight)
        shared = 4 if kind == "messages" else 7  # errors; causes that share one differ by message or exit code
        rows = pd.DataFrame(
            {
                "id": np.arange(1, FAILURES + 1),
                "job_type": [f"type-{one}" for one in draw.integers(0, 5, FAILURES)],
                "job_type_version": "1.0.0",
                "status": "FAILED",
                "error_name": [f"error-{one % shared}" for one in cause],
                "error_category": "DATA",
                "exit_code": 1 + (cause % 2 if kind == "messages" else cause // shared),
                "last_status_change": before(draw.uniform(1, 20 * 86400, FAILURES)),
            }
        )
        if kind == "messages":
            rows["message"] = [_message(draw, int(one)) for one in cause]
        with store() as made:
            fill(made, "jobs", rows)
            families = made.analyses.failure_families(None, now=NOW)["family"]
            found = pd.concat(made.analyses.family_jobs(one, now=NOW)[["id"]].assign(family=one) for one in families)
        agreed = adjusted_rand(pd.Series(cause), found.sort_values("id")["family"].reset_index(drop=True))
        score.add(f"families: adjusted Rand of 0.8 or more, by {kind}", agreed >= 0.8)
