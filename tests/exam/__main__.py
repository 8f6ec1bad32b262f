"""Run the exam on seeds that were not used while the questions were made: `make exam`, or with `SEED=` on others."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping

from exam import facts, families, intervals, judge, nodes, onsets, pairs, queues, running, sizing
from exam.judge import Score
from exam.worlds import World

FRESH = 1_000_000
"""Where the seeds begin; those below were for tuning."""
PARTS: Mapping[str, tuple[Callable[[int, Score], None], int]] = {
    "worse": (lambda seed, score: judge.mornings(World(seed), score), 18),
    "onsets": (lambda seed, score: onsets.ask(onsets.case(seed), score), 400),
    "rates": (intervals.ask, 1500),
    "compare": (pairs.ask, 1000),
    "nodes": (nodes.ask, 150),
    "attempts": (nodes.attempts, 40),
    "stuck": (running.ask, 8),
    "why": (queues.waiting, 8),
    "changes": (facts.ask, 10),
    "drain": (queues.drain, 10),
    "families": (families.ask, 20),
    "limits": (sizing.ask, 20),
}
"""What one case of each part asks, and of how many cases the exam is made."""


def run(seed: int, cases: Mapping[str, int], **world: int) -> Score:
    """Return the figures of so many cases of each part; a world has so many `days` and `types`."""
    score = Score()
    for name, count in cases.items():
        for one in range(seed, seed + count):
            if name == "worse" and world:
                judge.mornings(World(one, **world), score)
            else:
                PARTS[name][0](one, score)
    return score


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=FRESH)
    parser.add_argument("--only", choices=PARTS, action="append", help="a part; may be repeated")
    parser.add_argument("--times", type=float, default=1.0, help="how many times as many cases")
    given = parser.parse_args()
    for name in given.only or PARTS:
        count = max(round(PARTS[name][1] * given.times), 1)
        print("\n".join(run(given.seed, {name: count}).lines()), flush=True)


if __name__ == "__main__":
    main()
