"""Records become DataFrames here and nowhere else: the declared columns and dtypes, whether full or empty."""

from __future__ import annotations

import json
import re
import sys
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from jobtype_toolkit import hints
from jobtype_toolkit.api.arguments import Page, check_page
from jobtype_toolkit.api.fields import Field
from jobtype_toolkit.api.services import Order
from jobtype_toolkit.api.versions import rank
from jobtype_toolkit.errors import ResultCut


class Incomplete(ValueError):
    """A row is missing a required field."""


def from_columns(columns: Mapping[str, np.ndarray], fields: Sequence[Field]) -> pd.DataFrame:
    """Return a frame from the arrays of a DuckDB result.

    Args:
        columns: name → array; masked if values are missing. More columns than declared are ignored.
        fields: the columns of the frame, in order.
    """
    data = {field.name: _array(columns[field.name], field) for field in fields}
    return pd.DataFrame(data, copy=False)


def from_records(records: Iterable[Mapping[str, Any]], fields: Sequence[Field]) -> pd.DataFrame:
    """Return a frame from rows; what a row lacks is missing."""
    rows = list(records)
    return from_columns({field.name: _objects([row.get(field.name) for row in rows]) for field in fields}, fields)


def from_bodies(bodies: Sequence[Any], fields: Sequence[Field]) -> pd.DataFrame:
    """Return a frame from v6's JSON objects; a value that is absent, or not of the field's kind, is missing."""
    return from_columns({name: _wired(values, field) for name, values, field in _paths(bodies, fields)}, fields)


def declared(frame: pd.DataFrame, fields: Sequence[Field]) -> pd.DataFrame:
    """Return the columns of a frame that are declared, with their dtypes and a new index, and without its attrs."""
    dtypes = {field.name: field.dtype for field in fields}
    return _bare(frame)[list(dtypes)].astype(dtypes).reset_index(drop=True)


def first(frame: pd.DataFrame) -> dict[str, Any]:
    """Return the first row as plain Python values, by column; what is missing is None."""
    frame = _bare(frame)
    return {str(name): _plain(frame[name].iloc[0]) for name in frame.columns}


def rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows as plain Python values, by column; what is missing is None."""
    columns = {}
    frame = _bare(frame)
    for name in frame.columns:
        column = frame[name]
        values = column.dt.to_pydatetime() if column.dtype.kind == "M" else column.tolist()
        columns[str(name)] = [None if gone else value for value, gone in zip(values, column.isna(), strict=True)]
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _bare(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame without its attrs, which pandas would copy in depth for every column that is looked at."""
    return pd.DataFrame(frame)


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
            return _texts(_nones(data, mask))
        case "json":
            return _each(data, mask, lambda value: json.loads(value) if isinstance(value, str) else value)
        case "texts":
            return _each(data, mask, list)


def _integers(data: np.ndarray, mask: np.ndarray, field: Field) -> Any:
    if field.required:
        if mask.any():
            msg = f"a row has no {field.name}"
            raise Incomplete(msg)
        return data.astype("int64")
    return pd.arrays.IntegerArray(np.where(mask, 0, data).astype("int64") if mask.any() else data.astype("int64"), mask)


def _times(data: np.ndarray, mask: np.ndarray) -> Any:
    if data.dtype == object:
        return pd.to_datetime(pd.Series(_nones(data, mask)), utc=True, format="ISO8601").dt.as_unit("us")
    stamps = data.astype("datetime64[us]")
    if mask.any():
        stamps = np.where(mask, np.datetime64("NaT", "us"), stamps)
    return pd.DatetimeIndex(stamps).tz_localize("UTC").array


def _texts(values: np.ndarray) -> Any:
    try:
        return pd.array(values, dtype="str")
    except UnicodeEncodeError:  # half a character, which JSON can spell and no text can hold
        whole = [one.encode("utf-8", "replace").decode() if isinstance(one, str) else one for one in values]
        return pd.array(whole, dtype="str")


def _nones(data: np.ndarray, mask: np.ndarray) -> np.ndarray:
    if not mask.any():
        return data
    array = data.astype(object)
    array[mask] = None
    return array


def _each(data: np.ndarray, mask: np.ndarray, convert: Any) -> pd.Series:
    array = np.empty(len(data), dtype=object)
    for place, (value, missing) in enumerate(zip(data, mask, strict=True)):
        array[place] = None if missing or value is None else convert(value)
    return pd.Series(
        array, dtype="object", copy=False
    )  # or pandas takes a column of nothing but texts for one of texts


def _paths(bodies: Sequence[Any], fields: Sequence[Field]) -> Iterator[tuple[str, list[Any], Field]]:
    """Yield each field with its values; an object that several fields stand in is looked up once."""
    places: dict[tuple[str, ...], list[Any]] = {(): list(bodies)}

    def at(path: tuple[str, ...]) -> list[Any]:
        if path not in places:
            *parents, last = path
            places[path] = [one.get(last) if isinstance(one, dict) else None for one in at(tuple(parents))]
        return places[path]

    for field in fields:
        *parents, last = field.json_path
        values = [one.get(last) if isinstance(one, dict) else None for one in at(tuple(parents))]
        yield field.name, values, field


_BIGINT = 2**63


def _wired(values: list[Any], field: Field) -> np.ndarray:
    """Return JSON values as an array of the field's kind, masked if they are of another."""
    fit: list[Any]
    match field.type:
        case "int":
            fit = [one if type(one) is int and -_BIGINT <= one < _BIGINT else None for one in values]
        case "float":
            fit = [float(one) if type(one) in (int, float) and abs(one) <= _LARGEST else None for one in values]
        case "bool":
            fit = [one if type(one) is bool else None for one in values]
        case "text":
            fit = [one if type(one) is str else None for one in values]
        case "time":
            return _stamps(values)
        case "json":
            fit = [_parsed(one) for one in values]
        case "texts":
            fit = [one if type(one) is list else None for one in values]
    return _objects(fit)


_LARGEST = sys.float_info.max


def _parsed(value: Any) -> Any:
    """Return a JSON value; a document that comes as text is read (D6)."""
    if not isinstance(value, str):
        return value
    try:
        found = json.loads(value)
    except (ValueError, RecursionError):
        return None
    return None if isinstance(found, str) else found


_V6_LENGTHS = (20, 27)
"""v6 writes six fraction digits or none (D2)."""
_YEAR_1 = np.datetime64("0001-01-01", "us")
_DATE_TIME = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}")
"""Without it pandas and NumPy take words such as `now` for times."""


def _stamps(values: list[Any]) -> np.ndarray:
    """Return v6's times as an array: quickly if all of them are written as v6 writes them."""
    plain = [
        "NaT" if one is None else one[:-1] if type(one) is str and len(one) in _V6_LENGTHS and one[-1] == "Z" else ""
        for one in values
    ]
    try:
        stamps = np.array(plain, dtype="datetime64[us]")
        is_read = "" not in plain and not (stamps < _YEAR_1).any()
    except ValueError:
        is_read = False
    if not is_read:
        texts = [one if type(one) is str and _DATE_TIME.match(one) else None for one in values]
        found = pd.to_datetime(pd.Series(texts, dtype="object"), utc=True, format="ISO8601", errors="coerce")
        stamps = found.dt.as_unit("us").dt.tz_localize(None).to_numpy()
        stamps = np.where(stamps < _YEAR_1, np.datetime64("NaT", "us"), stamps)
    return np.ma.MaskedArray(stamps, mask=np.isnat(stamps))


def _plain(value: Any) -> Any:
    if isinstance(value, (dict, list)) or value is None:
        return value
    if pd.isna(value):
        return None
    if isinstance(value, pd.Timestamp):
        return value.to_pydatetime()
    return value.item() if isinstance(value, np.generic) else value


def sort(frame: pd.DataFrame, order: Order) -> pd.DataFrame:
    """Return the frame sorted by several keys, with its attrs.

    Versions go by rank; missing values are last when ascending and first when descending, as in v6's SQL.
    """
    attrs = frame.attrs
    for name, ascending in reversed(order):
        frame = frame.sort_values(
            name,
            ascending=ascending,
            kind="stable",
            na_position="last" if ascending else "first",
            key=_by_rank if name in ("version", "latest_version") else None,
            ignore_index=True,
        )
    frame.attrs = attrs
    return frame


def by_name(frame: pd.DataFrame) -> pd.DataFrame:
    """Sort job types by name whatever its case, then by version, newest first, then by id as v6 does."""
    attrs = frame.attrs
    ordered = sort(frame.sort_values("id", kind="stable"), [("version", False)])
    ordered = ordered.sort_values("name", kind="stable", key=lambda names: names.str.lower(), ignore_index=True)
    ordered.attrs = attrs
    return ordered


def _by_rank(versions: pd.Series) -> pd.Series:
    places = {one: place for place, one in enumerate(sorted({rank(text) for text in versions.dropna()}))}
    return versions.map(lambda text: places[rank(text)], na_action="ignore").astype("float64")


def cut_page(frame: pd.DataFrame, page: Page | None) -> pd.DataFrame:
    """Return one page of a whole result, `attrs["count"]` being the rows of the whole.

    Raises:
        NotFound: a page past the end, v6's 404 "Invalid page."
    """
    count = len(frame)
    if page is not None:
        check_page(page, count)
        number, size = page
        attrs = frame.attrs
        frame = frame.iloc[(number - 1) * size : number * size].reset_index(drop=True)
        frame.attrs = attrs
    frame.attrs["count"] = count
    return frame


def announced(frame: pd.DataFrame, limit: int | None, found: int) -> pd.DataFrame:
    """Return at most `limit` of the rows found; warn, and say so in attrs, if that leaves some out."""
    if limit is None or limit >= found:
        return frame
    attrs = frame.attrs
    frame = frame.head(limit)
    frame.attrs = {**attrs, "notes": [*attrs["notes"], f"cut after {limit:,} of {found:,} rows, as limit= asks"]}
    warnings.warn(f"{limit:,} of {found:,} rows, as {hints.argument('limit', limit)} asks", ResultCut, stacklevel=3)
    return frame
