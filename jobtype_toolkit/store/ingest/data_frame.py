"""A DataFrame of the caller as a table that DuckDB reads: each value as itself, whatever else is in its column."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd


def loadable(frame: pd.DataFrame) -> tuple[pd.DataFrame, list[str], list[str]]:
    """Return a frame with plain column names that DuckDB takes without guessing, and the names of its columns.

    A column of Python objects becomes text: DuckDB would take its type from a few of them. One with dictionaries or lists in
    it becomes JSON; the third value names those.
    """
    names = [str(name) for name in frame.columns]
    columns: dict[str, Any] = {}
    documents = []
    for place in range(len(names)):
        column = frame.iloc[:, place]
        if column.dtype == object and any(isinstance(value, _NESTED) for value in column):
            documents.append(f"c{place}")
            columns[f"c{place}"] = pd.array([_document(value) for value in column], dtype=object)
        else:
            columns[f"c{place}"] = _column(column)
    return pd.DataFrame(columns, index=range(len(frame))), names, documents


_NESTED = (dict, list, tuple, set, frozenset, np.ndarray)


def _document(value: Any) -> str | None:
    """Return a value as JSON; None if it is missing."""
    text = _text(value)
    if text is None or isinstance(value, (bool, int, float, *_NESTED)):
        return text
    return json.dumps(text, ensure_ascii=False)


def _column(column: pd.Series) -> Any:
    values = column.array
    if isinstance(column.dtype, pd.CategoricalDtype):
        return _texts(column.astype(object))
    if column.dtype != object and not isinstance(column.dtype, (pd.PeriodDtype, pd.IntervalDtype, pd.SparseDtype)):
        return values
    return _texts(column.astype(object))


def _texts(values: Iterable[Any]) -> Any:
    return pd.array([_text(value) for value in values], dtype=object)


def _text(value: Any) -> str | None:
    """Return a value as JSON or CSV would write it; None if it is missing."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace") if _is_utf8(value) else value.hex()
    if isinstance(value, (dict, list, tuple, set, frozenset)):
        plain = sorted(value, key=str) if isinstance(value, (set, frozenset)) else value
        return json.dumps(plain, ensure_ascii=False, default=_text)
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    return str(value)


def _is_utf8(value: bytes) -> bool:
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return True
