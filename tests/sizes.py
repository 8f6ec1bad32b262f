"""Tests at two sizes: a short one in `make test`, and the full one, marked `soak`, in `make soak`."""

from __future__ import annotations

from typing import Any

import pytest


def sizes(short: Any, full: Any) -> pytest.MarkDecorator:
    """Run a test with `size` at its short size, and in `make soak` at its full one."""
    return pytest.mark.parametrize(
        "size", [pytest.param(short, id="short"), pytest.param(full, id="full", marks=pytest.mark.soak)]
    )
