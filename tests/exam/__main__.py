"""Run the exam on seeds that were not used while the questions were made: `make exam`, or with `SEED=` on others."""

from __future__ import annotations

import argparse

from exam import judge, nodes, onsets, pairs
from exam.judge import Score
from exam.worlds import DAYS, World

FRESH = 1_000_000
"""Where the seeds begin; those below were for tuning."""


def run(seed: int, *, worlds: int, cases: int, weeks: int, differences: int, days: int = DAYS) -> Score:
    """Return the figures of an exam of so many worlds, onsets, weeks of nodes and pairs of versions; a world lasts so many `days`."""
    score = Score()
    for one in range(seed, seed + cases):
        onsets.ask(onsets.case(one), score)
    for one in range(seed, seed + weeks):
        nodes.ask(one, score)
    for one in range(seed, seed + differences):
        pairs.ask(one, score)
    for one in range(seed, seed + worlds):
        judge.mornings(World(one, days=days), score)
    return score


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=FRESH)
    parser.add_argument("--worlds", type=int, default=16)
    parser.add_argument("--cases", type=int, default=400)
    parser.add_argument("--weeks", type=int, default=150)
    parser.add_argument("--differences", type=int, default=1000)
    given = vars(parser.parse_args())
    print("\n".join(run(**given).lines()))


if __name__ == "__main__":
    main()
