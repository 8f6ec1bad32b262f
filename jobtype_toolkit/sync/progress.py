"""The bar that shows how many jobs are in."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tqdm.auto import tqdm


@contextmanager
def bar(what: str, rows: int, *, is_wanted: bool) -> Iterator[Callable[[int], None]]:
    """Show how many jobs are in and how long it will take, after a second and only where somebody sees it."""
    with tqdm(
        total=rows, desc=what, unit="job", unit_scale=True, delay=1, leave=False,
        disable=not (is_wanted and _is_watched()),
    ) as shown:  # fmt: skip

        def seen(more: int) -> None:
            shown.total = max(shown.total or 0, shown.n + more)
            shown.update(more)

        yield seen


def _is_watched() -> bool:
    """Whether somebody sees a bar: in a notebook or a terminal; a log is no place for one."""
    return "ipykernel" in sys.modules or sys.stderr.isatty()
