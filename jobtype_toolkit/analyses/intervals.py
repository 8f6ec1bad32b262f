"""Intervals of rates and of medians: how far what was measured may be from what would be measured in the long run."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    Floats = np.ndarray[tuple[int], np.dtype[np.float64]]

LEVEL = 0.95
"""How many of 100 intervals have the true value in them, as a share."""


def rates(days: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Return the failure rate of groups, each with the interval of its rate in the long run.

    The interval is Wilson's. Where the days of a group differ by more than chance makes them, it is that of fewer jobs: as many
    as would vary as much, by the variance of a ratio over days as clusters, with the quantile of Student's t for so many days
    (Korn and Graubard, Survey Methodology 24, 1998).

    Args:
        days: one row per group and day with jobs; `finished` and `failed` in jobs.
        keys: the columns that tell the groups apart; missing values make groups, too.

    Returns:
        One row per group: the keys, `finished` and `failed` in jobs, `rate`, `low` and `high` from 0 to 1. The three are
        missing where nothing finished.
    """
    import numpy as np

    one = days.groupby(keys, dropna=False, sort=False)
    total = one[["finished", "failed"]].transform("sum")
    rate = total["failed"] / total["finished"].where(total["finished"] > 0)
    squares = ((days["failed"] - rate * days["finished"]) ** 2).where(days["finished"] > 0)
    extra = {"squares": squares, "days": (days["finished"] > 0).astype("int64")}
    made = days.assign(**extra).groupby(keys, dropna=False, sort=False)[["finished", "failed", *extra]].sum()
    made = made.reset_index()
    n, failed, k = (made[name].to_numpy("float64") for name in ("finished", "failed", "days"))
    with np.errstate(divide="ignore", invalid="ignore"):
        p = failed / n
        effect = k / (k - 1) * made["squares"].to_numpy("float64") / (n * p * (1 - p))
    low, high = _wilson(n, p, k, effect)
    return made[[*keys, "finished", "failed"]].assign(rate=p, low=low, high=high)


def _wilson(n: Floats, p: Floats, days: Floats, effect: Floats) -> tuple[Floats, Floats]:
    """Return Wilson's bounds for the share `p` of `n`, or of as few as the design effect of the days leaves."""
    import numpy as np
    from scipy.special import chdtri, ndtri, stdtrit

    freedom = np.maximum(days - 1, 1)
    is_uneven = (days > 1) & (effect > chdtri(freedom, 0.5) / freedom)
    z = -np.where(is_uneven, stdtrit(freedom, (1 - LEVEL) / 2), ndtri((1 - LEVEL) / 2))
    size = np.where(is_uneven, n / np.maximum(effect, 1), n)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = z * z / size
        middle, half = (p + share / 2) / (1 + share), np.sqrt(share * (p * (1 - p) + share / 4)) / (1 + share)
    return np.where(p == 0, 0.0, np.maximum(middle - half, 0)), np.where(p == 1, 1.0, np.minimum(middle + half, 1))
