"""Records become DataFrames here and nowhere else: the declared columns and dtypes, whether full or empty."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from jobtype_toolkit.fields import Field


def from_columns(columns: Mapping[str, np.ndarray], fields: Sequence[Field]) -> pd.DataFrame:
    """Return a frame from the arrays of a DuckDB result.

    Args:
        columns: name → array; masked where values are missing. More columns than declared are ignored.
        fields: the columns of the frame, in order.
    """
    data = {field.name: _array(columns[field.name], field) for field in fields}
    return pd.DataFrame(data, copy=False)


def from_records(records: Iterable[Mapping[str, Any]], fields: Sequence[Field]) -> pd.DataFrame:
    """Return a frame from rows; what a row lacks is missing."""
    rows = list(records)
    return from_columns({field.name: _objects([row.get(field.name) for row in rows]) for field in fields}, fields)


def empty(fields: Sequence[Field]) -> pd.DataFrame:
    """Return a frame without rows, with the columns and dtypes of a full one."""
    return from_records((), fields)


def _objects(values: list[Any]) -> np.ndarray:
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return np.ma.MaskedArray(array, mask=[value is None for value in values])


def _array(values: np.ndarray, field: Field) -> Any:
    mask = np.ma.getmaskarray(values) if isinstance(values, np.ma.MaskedArray) else np.zeros(len(values), dtype=bool)
    data = np.ma.getdata(values)
    match field.type:
        case "int":
            return _integers(data, mask, field)
        case "float":
            floats = np.where(mask, np.nan, data).astype("float64") if mask.any() else data.astype("float64")
            return pd.Series(floats, copy=False)
        case "bool":
            return pd.arrays.BooleanArray(np.where(mask, False, data).astype(bool), mask)
        case "time":
            return _times(data, mask)
        case "text":
            return pd.array(_nones(data, mask), dtype="str")
        case "json":
            return _each(data, mask, lambda value: json.loads(value) if isinstance(value, str) else value)
        case "texts":
            return _each(data, mask, list)


def _integers(data: np.ndarray, mask: np.ndarray, field: Field) -> Any:
    if field.required:
        return data.astype("int64")
    return pd.arrays.IntegerArray(np.where(mask, 0, data).astype("int64") if mask.any() else data.astype("int64"), mask)


def _times(data: np.ndarray, mask: np.ndarray) -> Any:
    if data.dtype == object:
        return pd.to_datetime(pd.Series(_nones(data, mask)), utc=True, format="ISO8601").dt.as_unit("us")
    stamps = data.astype("datetime64[us]")
    if mask.any():
        stamps = np.where(mask, np.datetime64("NaT"), stamps)
    return pd.DatetimeIndex(stamps).tz_localize("UTC").array


def _nones(data: np.ndarray, mask: np.ndarray) -> np.ndarray:
    if not mask.any():
        return data
    array = data.astype(object)
    array[mask] = None
    return array


def _each(data: np.ndarray, mask: np.ndarray, convert: Any) -> np.ndarray:
    array = np.empty(len(data), dtype=object)
    for place, (value, missing) in enumerate(zip(data, mask, strict=True)):
        array[place] = None if missing or value is None else convert(value)
    return array
