"""Stores of the exam: tables in memory, loaded as a person would load them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

import jobtype_toolkit as jt

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def store() -> jt.Store:
    return jt.open(clock=lambda: NOW)


def fill(into: jt.Store, resource: str, rows: Any, **more: Any) -> None:
    """Load rows, dicts or columns, into a store."""
    into.load(pd.DataFrame(rows), resource, **more)


def before(seconds: Any) -> Any:
    """Return the instants so many seconds before NOW."""
    return pd.Timestamp(NOW) - pd.to_timedelta(np.round(np.asarray(seconds, dtype=float), 3), unit="s")


def ago(**span: float) -> datetime:
    return NOW - timedelta(**span)
