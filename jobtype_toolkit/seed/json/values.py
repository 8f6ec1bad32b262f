"""Python values as JSON has them: numpy's scalars and arrays, tuples and other mappings become plain ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from numbers import Integral, Real
from typing import Any


def plain_value(value: Any) -> Any:
    """Return a value with everything in it that has an equal in JSON as that; the rest stays as it is.

    A plain object or list is returned itself, so that its spelling in a text is not lost.
    """
    if value is None or isinstance(value, bool):
        return value
    if callable(getattr(value, "tolist", None)):  # scalars and arrays of numpy, columns of pandas
        value = value.tolist()
    if isinstance(value, str):
        return value if type(value) is str else str(value)
    if isinstance(value, Mapping):
        made = {plain_value(key): plain_value(member) for key, member in value.items()}
        return value if type(value) is dict and _are_same(made.values(), value.values()) else made
    if isinstance(value, list | tuple):
        elements = [plain_value(element) for element in value]
        return value if type(value) is list and _are_same(elements, value) else elements
    if isinstance(value, Integral):
        return value if isinstance(value, int) else int(value)
    return value if type(value) is float or not isinstance(value, Real) else float(value)


def _are_same(made: Iterable[Any], given: Iterable[Any]) -> bool:
    return all(one is other for one, other in zip(made, given, strict=True))
