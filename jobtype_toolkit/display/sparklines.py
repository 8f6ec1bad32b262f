"""The trends of an answer as lines of blocks, for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobtype_toolkit.display.cells import safe

if TYPE_CHECKING:
    import pandas as pd

_BLOCKS = "▁▂▃▄▅▆▇█"
_NONE = "·"
"""A bucket in which nothing finished."""
_WIDEST, _MOST = 40, 20
_NAME = 28


def sparklines(frame: pd.DataFrame) -> list[str]:
    """Return a line per group of `failure_trend`: its name, its rates as blocks, the numbers beside them.

    A block is as high as its rate against the highest of its own group. Many buckets share a block by their jobs.
    """
    keys = list(frame.columns[: frame.columns.get_loc("start")])
    groups = list(frame.groupby(keys, sort=False, dropna=False)) if keys else [((), frame)]
    lines = [_line(" ".join(str(one) for one in key if one == one), rows) for key, rows in groups[:_MOST]]  # noqa: PLR0124 - not NaN
    if len(groups) > _MOST:
        lines.append(f"and {len(groups) - _MOST:,} more")
    return lines


def _line(name: str, rows: pd.DataFrame) -> str:
    size = -(-len(rows) // _WIDEST)
    sums = rows[["finished", "failed"]].groupby([place // size for place in range(len(rows))]).sum()
    rates = [failed / finished if finished else None for finished, failed in sums.itertuples(index=False)]
    known = [one for one in rates if one is not None]
    top = max(known)
    blocks = "".join(_NONE if one is None else _BLOCKS[round(one / top * 7) if top else 0] for one in rates)
    shown = safe(name)
    shown = shown if len(shown) <= _NAME else shown[: _NAME - 1] + "…"
    return f"{shown:{_NAME}} {blocks}  {min(known):.1%} to {top:.1%}, last {known[-1]:.1%}"
