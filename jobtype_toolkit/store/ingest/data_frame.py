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
    if text is not None and not isinstance(value, (bool, int, float, *_NESTED)):
        text = json.dumps(text, ensure_ascii=False)
    return None if text is None else text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")


def _column(column: pd.Series) -> Any:
    values = column.array
    if isinstance(column.dtype, pd.CategoricalDtype):
        return _texts(column.astype(object))
    if isinstance(column.dtype, pd.StringDtype) and column.dtype.storage == "python":
        return _texts(column)
    if column.dtype != object and not isinstance(column.dtype, (pd.PeriodDtype, pd.IntervalDtype, pd.SparseDtype)):
        return values
    return _texts(column.astype(object))


def _texts(values: Iterable[Any]) -> Any:
    """Return the values as texts, or all of them as bytes if some are none in UTF-8, which rejects their rows."""
    texts = [_text(value) for value in values]
    try:
        for text in texts:
            if text is not None:
                text.encode()
    except UnicodeEncodeError:
        return pd.array([None if one is None else _bytes(one) for one in texts], dtype=object)
    return pd.array(texts, dtype=object)


def _bytes(text: str) -> bytes:
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # half a character
        return text.encode("utf-8", "surrogatepass")


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
        return value.decode("utf-8", "surrogateescape")
    if isinstance(value, (dict, list, tuple, set, frozenset)):
        plain = sorted(value, key=str) if isinstance(value, (set, frozenset)) else value
        return json.dumps(plain, ensure_ascii=False, default=_text)
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    return str(value)
