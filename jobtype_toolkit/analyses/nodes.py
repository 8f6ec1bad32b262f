"""Nodes: whether failures concentrate on one beyond what the job types that it runs explain."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from jobtype_toolkit.analyses.rates import false_discovery

if TYPE_CHECKING:
    import pandas as pd

_SURE = 0.01
"""The share of false discoveries among the nodes called bad."""
_ROUNDS = 4
"""How often bad nodes are left out of what the others are compared with."""
_LEAST = 20
"""Finished executions that a node needs to be judged."""
_LEAST_PAIRS = 10
"""Nodes with a type that tell how uneven nodes are."""
_MEDIAN = 0.455
"""The median of the square of a standard normal number."""
_IN_TYPES = 0.3
"""The share of the chance of a false alarm that single job types have; all types together have the rest."""


def judged(counts: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Yield a row of `bad_nodes` for each node, in the order of the answer.

    Args:
        counts: `finished` and `failed` by `source`, `name`, `version`, `node`, `counts` and day (`start`).
    """
    if not len(counts):
        return
    cells = _Cells(counts)
    is_bad = np.zeros(len(cells.nodes), dtype=bool)
    for _ in range(_ROUNDS):
        result = cells.judge(is_bad)
        again = result["q_value"] <= _SURE
        if (again == is_bad).all():
            break
        is_bad = again
    result["is_bad"] = is_bad
    yield from _rows(cells, result)


class _Cells:
    """Counts of a type on a node and a day, and what the other nodes make expect of them."""

    def __init__(self, counts: pd.DataFrame) -> None:
        self.n, self.k = counts["finished"].to_numpy(float), counts["failed"].to_numpy(float)
        by_node = counts.groupby(["source", "node"], sort=True)
        self.node, self.nodes = by_node.ngroup().to_numpy(), by_node["counts"].first().reset_index()
        self.day = counts.groupby(["source", "name", "version", "start"], sort=False).ngroup().to_numpy()
        by_pair = counts.groupby(["source", "node", "name"], sort=True)
        self.pair, pairs = by_pair.ngroup().to_numpy(), by_pair.size().reset_index()
        self.names = pairs["name"].to_numpy()
        self.of_pair = np.zeros(len(pairs), dtype=int)
        self.of_pair[self.pair] = self.node

    def judge(self, is_bad: np.ndarray) -> dict[str, np.ndarray]:
        """Return what each node is judged by, the nodes that are bad left out of what the others are compared with."""
        good = ~is_bad[self.node]
        n, k = self.n * good, self.k * good
        days = int(self.day.max()) + 1
        others_n = np.bincount(self.day, n, days)[self.day] - n
        others_k = np.bincount(self.day, k, days)[self.day] - k
        known = others_n > 0
        rate = np.divide(others_k, others_n, out=np.zeros_like(n), where=known)
        expected = rate * self.n
        doubt = np.divide(self.n, others_n, out=np.zeros_like(n), where=known)  # the others' rate is not known exactly
        variance = expected * (1 + doubt)
        uneven = self._unevenness(expected, variance, good & known)
        failed = np.where(known, self.k, 0)
        sums = (failed, expected, variance * uneven)
        node, pair = _chance(self.node, len(self.nodes), sums), _chance(self.pair, len(self.names), sums)
        types = np.bincount(self.of_pair, minlength=len(self.nodes))
        raised = pair + np.log(types[self.of_pair] / _IN_TYPES)
        chance = node - np.log(1 - _IN_TYPES)
        best = np.full(len(self.nodes), -1)
        for place in np.argsort(-raised, kind="stable"):
            best[self.of_pair[place]] = place
        chance = np.minimum(np.minimum(chance, raised[best]), 0)
        compared = np.bincount(self.node, self.n * known, len(self.nodes))
        chance[compared < _LEAST] = 0
        return {
            "chance": chance,
            "q_value": false_discovery(chance),
            "expected": np.bincount(self.node, expected, len(self.nodes)),
            "compared": compared,
            "best": best,
            "without_best": _chance(
                self.node, len(self.nodes), tuple(one * (self.pair != best[self.node]) for one in sums)
            ),
        }

    def _unevenness(self, expected: np.ndarray, variance: np.ndarray, is_used: np.ndarray) -> float:
        """Return how many times more than by chance good nodes differ, by the sums of each node and type."""
        sums = [np.bincount(self.pair, one * is_used, len(self.names)) for one in (self.k, expected, variance)]
        is_many = sums[1] >= 3
        if is_many.sum() < _LEAST_PAIRS:
            return 1.0
        residual = (sums[0][is_many] - sums[1][is_many]) ** 2 / sums[2][is_many]
        return float(max(1.0, np.median(residual) / _MEDIAN))


def _chance(group: np.ndarray, count: int, cells: tuple[np.ndarray, ...]) -> np.ndarray:
    """Return the logarithm of the chance of so many failures of each group, or more: negative binomial.

    Args:
        group: the group of each cell, from 0.
        count: how many groups there are.
        cells: of each cell the failures, their expected number and its variance.
    """
    from scipy.special import betainc

    failed, expected, variance = (np.bincount(group, one, count) for one in cells)
    mean = np.maximum(expected, 0.05)
    success = np.clip(mean / np.maximum(variance, mean * 1.001), 1e-9, 1 - 1e-6)
    with np.errstate(divide="ignore"):
        chance = np.log(betainc(failed, mean * success / (1 - success), 1 - success))
    return np.where(failed > expected, chance, 0.0)


def _rows(cells: _Cells, result: dict[str, np.ndarray]) -> Iterator[dict[str, Any]]:
    finished, failed = (np.bincount(cells.node, one, len(cells.nodes)).astype(int) for one in (cells.n, cells.k))
    is_bad, is_known = result["is_bad"], result["compared"] >= _LEAST
    rank = np.where(is_bad, 0, np.where(is_known, 1, 2))
    nodes = cells.nodes
    for row in np.lexsort((nodes["source"], nodes["node"], np.where(is_bad, result["chance"], 0), rank)):
        is_one_type = is_bad[row] and result["without_best"][row] > np.log(_SURE)
        yield {
            "source": nodes["source"][row],
            "node": nodes["node"][row],
            "verdict": ("bad", "as others", "not enough data")[rank[row]],
            "finished": int(finished[row]),
            "failed": int(failed[row]),
            "expected": float(result["expected"][row]) if is_known[row] else None,
            "q_value": float(result["q_value"][row]) if is_known[row] else None,
            "name": cells.names[result["best"][row]] if is_one_type else None,
            "counts": nodes["counts"][row],
        }
