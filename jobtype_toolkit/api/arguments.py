"""What the arguments of the services may be; everything is checked before anything is read or asked."""

from __future__ import annotations

import operator
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeAlias, TypeVar

from jobtype_toolkit import hints
from jobtype_toolkit.api.fields import Field
from jobtype_toolkit.api.services import Order, Parameter, is_storable
from jobtype_toolkit.api.times import Time, instant
from jobtype_toolkit.errors import InvalidPage, InvalidParameter

MAX_PAGE_SIZE = 1000
DEFAULT_PAGE_SIZE = 100
_BIGINT = 2**63
"""No id is as large: on a v6 server, and here, such a one just matches nothing."""
_LATEST = datetime.max.replace(tzinfo=UTC)
"""Durations count back from here while only their form is checked."""

_T = TypeVar("_T")
OneOrMore: TypeAlias = _T | Iterable[_T]
"""A v6 parameter that may be repeated: one value, or several of which any may match."""
Page = tuple[int, int]
"""Number, from 1, and size."""


def checked(parameters: Sequence[Parameter], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return a value per parameter, None if it is not given; times stay as they are given, other values are plain.

    Raises:
        InvalidParameter: a value that is not of its parameter's kind.
    """
    return {one.name: _checked(one, given.get(one.name)) for one in parameters if one.name != "order"}


def _checked(parameter: Parameter, value: Any) -> Any:
    if value is None:
        return None
    name = parameter.name
    match parameter.kind:
        case "time":
            instant(value, name=name, now=_LATEST)
            return value
        case "bool":
            return flag(value, name=name)
        case "int":
            return several(value, name=name, kind=int) if parameter.repeatable else whole(value, name=name)
        case _:
            texts = several(value, name=name, kind=str) if parameter.repeatable else [text(value, name=name)]
            for one in texts or ():
                if parameter.choices and one not in parameter.choices:
                    msg = f"{hints.argument(name, one)} is unknown. Give one of {', '.join(parameter.choices)}.{hints.did_you_mean(one, parameter.choices)}"
                    raise InvalidParameter(msg)
            return texts if parameter.repeatable else (texts or [None])[0]


def several(value: OneOrMore[Any] | None, *, name: str, kind: type) -> list[Any] | None:
    """Return a repeatable parameter as a list, None if it is not given.

    Values that no database can hold, half a character and an id beyond 64 bits, match nothing and are left out.

    Raises:
        InvalidParameter: a value is not of the parameter's kind.
    """
    if value is None:
        return None
    values: list[Any] = [value] if is_single(value) else list(value)
    for one in values:
        if _is_index(one) if kind is int else isinstance(one, kind):
            continue
        msg = f"{hints.argument(name, one)} is not {'an integer' if kind is int else 'text'}. Give one value or a list of them."
        raise InvalidParameter(msg)
    if kind is int:
        return [number for one in values if abs(number := operator.index(one)) < _BIGINT]
    return [one for one in values if is_storable(one)]


def is_single(value: Any) -> bool:
    """Return whether an argument is one value; an array of numpy without a dimension is one, though it has a way to iterate."""
    return isinstance(value, (str, int)) or not isinstance(value, Iterable) or getattr(value, "shape", None) == ()


def _is_index(value: Any) -> bool:
    """Return whether a value is a whole number of Python or numpy, and no boolean."""
    try:
        operator.index(value)
    except TypeError:
        return False
    return not isinstance(value, bool)


def flag(value: Any, *, name: str) -> bool | None:
    """Return a boolean parameter.

    Raises:
        InvalidParameter: it is anything but True, False or None.
    """
    if value is None or isinstance(value, bool):
        return value
    if getattr(getattr(value, "dtype", None), "kind", "") == "b" and getattr(value, "shape", None) == ():  # numpy's own
        return bool(value)
    msg = f"{hints.argument(name, value)} is not a boolean. Give True, False or None."
    raise InvalidParameter(msg)


def text(value: Any, *, name: str) -> str:
    """Return a text.

    Raises:
        InvalidParameter: the value is something else; a number is the likeliest slip for a version.
    """
    if isinstance(value, str):
        return value
    hint = f"; give {str(value)!r}" if isinstance(value, (int, float)) and not isinstance(value, bool) else ""
    msg = f"{hints.argument(name, value)} is not text{hint}."
    raise InvalidParameter(msg)


def whole(value: Any, *, name: str) -> int:
    """Return a whole number.

    Raises:
        InvalidParameter: the value is something else.
    """
    if not _is_index(value):
        msg = f"{hints.argument(name, value)} is not a whole number."
        raise InvalidParameter(msg)
    return operator.index(value)


DURATION = "duration"
"""What v6 sorts jobs by besides their columns: how long they ran, or have run."""


def ordering(order: OneOrMore[str] | None, fields: Sequence[Field]) -> Order:
    """Return v6's `order` as columns and directions; jobs can be sorted by `duration` alone, too.

    Raises:
        InvalidParameter: a column that the rows do not have, or that cannot be sorted by.
    """
    names = {field.name for field in fields if field.type not in ("json", "texts")}
    if {"started", "ended", "num_exes"} <= names:
        names.add(DURATION)
    keys: list[tuple[str, bool]] = []
    for key in several(order, name="order", kind=str) or ():
        name = key.removeprefix("-")
        if name not in names:
            msg = f"{hints.argument('order', key)} names no field to sort by. Fields: {', '.join(sorted(names))}; '-' in front reverses."
            raise InvalidParameter(msg)
        keys.append((name, not key.startswith("-")))
    if len(keys) > 1 and DURATION in dict(keys):
        msg = f"{hints.argument('order', order)}: a v6 server sorts by duration alone. Give '{DURATION}' or '-{DURATION}' alone."
        raise InvalidParameter(msg)
    return tuple(keys)


def paging(page: int | None, page_size: int | None) -> Page | None:
    """Return the page asked for, None if the whole result is.

    Raises:
        InvalidParameter: a page below 1, or a size that a v6 server would silently change (D1).
    """
    if page is None and page_size is None:
        return None
    number, size = 1 if page is None else page, DEFAULT_PAGE_SIZE if page_size is None else page_size
    for name, value, most in (("page", number, None), ("page_size", size, MAX_PAGE_SIZE)):
        if not _is_index(value) or value < 1 or (most and value > most):
            msg = f"{hints.argument(name, value)} is out of range. Give a whole number from 1" + (
                f" to {most}." if most else "."
            )
            raise InvalidParameter(msg)
    return operator.index(number), operator.index(size)


def check_page(page: Page, count: int) -> None:
    """Raise InvalidPage for a page past the end of `count` rows; page 1 of nothing is fine."""
    number, size = page
    if number > 1 and (number - 1) * size >= count:
        msg = f"Invalid page: page={number} with page_size={size} is past the end of {count} rows."
        raise InvalidPage(msg)


def limited(limit: int | None) -> int | None:
    """Return a `limit`.

    Raises:
        InvalidParameter: it is neither None nor a whole number from 1.
    """
    if limit is not None and (not _is_index(limit) or limit < 1):
        msg = (
            f"{hints.argument('limit', limit)} is out of range. Give a whole number from 1, or nothing for everything."
        )
        raise InvalidParameter(msg)
    return None if limit is None else operator.index(limit)


def check_time(value: Time | None, *, name: str) -> None:
    """Raise InvalidParameter for what is not a time in one of the forms that v6 takes."""
    if value is not None:
        instant(value, name=name, now=_LATEST)


def refuse_typo(name: str, values: Sequence[str], known: Collection[str], where: str, listed: str = "") -> None:
    """Raise InvalidParameter for a value of a filter that is not known, unless nothing is."""
    for one in values if known else ():
        if one not in known:
            msg = f"{hints.argument(name, one)} is unknown{where}{hints.did_you_mean(one, known)}{listed}"
            raise InvalidParameter(msg)
