"""Tests at two sizes: a short one in `make test`, and the full one in `make soak`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pytest
from hypothesis import settings


def sizes(short: Any, full: Any) -> pytest.MarkDecorator:
    """Run a test with `size` at its short size, and in `make soak` at its full one."""
    return pytest.mark.parametrize(
        "size", [pytest.param(short, id="short"), pytest.param(full, id="full", marks=pytest.mark.soak)]
    )


def and_in_soak(short: Iterable[Any], more: Iterable[Any]) -> list[Any]:
    """Return the values of a test in `make test`, and then those that it has in `make soak` only."""
    return [*short, *(pytest.param(one, marks=pytest.mark.soak) for one in more)]


def few(combinations: Sequence[Sequence[str]]) -> list[bool]:
    """Say of each combination of values, by their names, whether it is of the few, as many as have each value once."""
    names = [list(dict.fromkeys(column)) for column in zip(*combinations, strict=True)]
    turns = range(max(len(some) for some in names))
    chosen = {tuple(some[turn % len(some)] for some in names) for turn in turns}
    return [tuple(one) in chosen for one in combinations]


def examples(short: int, full: int, **more: Any) -> settings:
    """Let Hypothesis make so many examples in `make test`, and so many in `make soak` (the profile "full" of `conftest.py`)."""
    return settings(max_examples=full if settings.get_current_profile_name() == "full" else short, **more)
