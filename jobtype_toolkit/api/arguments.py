"""The v6 services as one protocol, and what every home of them shares: parameters, paging, order, limits."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeVar

import pandas as pd

from jobtype_toolkit.api.fields import Field
from jobtype_toolkit.api.times import Time
from jobtype_toolkit.api.versions import rank
from jobtype_toolkit.errors import InvalidPage, InvalidParameter, ResultCut

if TYPE_CHECKING:
    from jobtype_toolkit.api.records import JobType, JobTypeRevision
    from jobtype_toolkit.plans.plan import Plan
    from jobtype_toolkit.seed.findings import Validation

MAX_PAGE_SIZE = 1000
DEFAULT_PAGE_SIZE = 100
DEFAULT_STARTED = "PT3H"
"""How far back `status` looks where the caller says nothing."""

_T = TypeVar("_T")
OneOrMore: TypeAlias = _T | Iterable[_T]
"""A v6 parameter that may be repeated: one value, or several of which any may match."""


class JobTypeServices(Protocol):
    """What `Store` and `Scale` both answer, with the same columns and dtypes."""

    def job_type_names(
        self,
        keyword: OneOrMore[str] | None = None,
        id: OneOrMore[int] | None = None,
        is_active: bool | None = None,
        is_system: bool | None = None,
        order: OneOrMore[str] | None = None,
    ) -> pd.DataFrame:
        """One row a name (GET job-type-names/)."""

    def job_types(
        self,
        keyword: OneOrMore[str] | None = None,
        id: OneOrMore[int] | None = None,
        is_active: bool | None = None,
        is_system: bool | None = None,
        order: OneOrMore[str] | None = None,
    ) -> pd.DataFrame:
        """One row a name and version (GET job-types/)."""

    def versions(self, name: str, is_active: bool | None = None) -> pd.DataFrame:
        """One row a version of the name, newest first (GET job-types/{name}/)."""

    def job_type(self, name: str, version: str) -> JobType:
        """The details (GET job-types/{name}/{version}/)."""

    def revisions(self, name: str, version: str) -> pd.DataFrame:
        """One row a revision, newest first (GET job-types/{name}/{version}/revisions/)."""

    def revision(self, name: str, version: str, revision_num: int) -> JobTypeRevision:
        """One revision with its manifest (GET job-types/{name}/{version}/revisions/{revision_num}/)."""

    def validate(self, manifest: Any, configuration: Any = None) -> Validation:
        """What a server would say of them (POST job-types/validation/)."""

    def add(
        self,
        manifest: Any,
        *,
        docker_image: str,
        configuration: Any = None,
        icon_code: str | None = None,
        is_published: bool | None = None,
        max_scheduled: int | None = None,
        is_active: bool | None = None,
        is_paused: bool | None = None,
        auto_update: bool | None = None,
        replace: bool = False,
    ) -> Plan:
        """A creation that was not sent yet (POST job-types/)."""

    def edit(self, name: str, version: str, **changes: Any) -> Plan:
        """An edit that was not sent yet (PATCH job-types/{name}/{version}/)."""

    def status(
        self,
        started: Time | None = None,
        ended: Time | None = None,
        is_active: bool | None = None,
        *,
        now: Time | None = None,
    ) -> pd.DataFrame:
        """One row a job type, status and category (GET job-types/status/)."""

    def pending(self) -> pd.DataFrame:
        """One row a job type with PENDING jobs (GET job-types/pending/)."""

    def running(self) -> pd.DataFrame:
        """One row a job type with RUNNING jobs (GET job-types/running/)."""

    def system_failures(self) -> pd.DataFrame:
        """One row a job type and SYSTEM error (GET job-types/system-failures/)."""


def several(value: OneOrMore[Any] | None, *, name: str, kind: type) -> list[Any] | None:
    """Return a repeatable parameter as a list, or None where it is not given.

    Raises:
        InvalidParameter: a value is not of the parameter's kind.
    """
    if value is None:
        return None
    values: list[Any] = [value] if isinstance(value, (str, int)) or hasattr(value, "__index__") else list(value)
    for one in values:
        integer = hasattr(one, "__index__") and not isinstance(one, bool)
        if integer if kind is int else isinstance(one, kind):
            continue
        msg = f"{name}={one!r} is not {'an integer' if kind is int else 'text'}. Give one value or a list of them."
        raise InvalidParameter(msg)
    return [whole for one in values if abs(whole := one.__index__()) < _BIGINT] if kind is int else values


def flag(value: Any, *, name: str) -> bool | None:
    """Return a boolean parameter; InvalidParameter where it is anything but True, False or None."""
    if value is None or isinstance(value, bool):
        return value
    msg = f"{name}={value!r} is not a boolean. Give True, False or None."
    raise InvalidParameter(msg)


_BIGINT = 2**63
"""No id is as large: on a v6 server, and here, such a one just matches nothing."""

Order = list[tuple[str, bool]]
"""Fields to sort by, each with whether it ascends."""


def ordering(order: OneOrMore[str] | None, fields: Sequence[Field]) -> Order:
    """Return v6's `order` as fields and directions.

    Raises:
        InvalidParameter: a field that the rows do not have, or that cannot be sorted by.
    """
    names = {field.name for field in fields if field.type not in ("json", "texts")}
    keys: Order = []
    for key in several(order, name="order", kind=str) or ():
        name = key.removeprefix("-")
        if name not in names:
            msg = f"order={key!r} names no field to sort by. Fields: {', '.join(sorted(names))}; '-' in front reverses."
            raise InvalidParameter(msg)
        keys.append((name, not key.startswith("-")))
    return keys


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
    """Sort job types by name whatever its case, then by version, newest first, then by id."""
    attrs = frame.attrs
    ordered = sort(frame.sort_values("id", kind="stable"), [("version", False)])
    ordered = ordered.sort_values("name", kind="stable", key=lambda names: names.str.lower(), ignore_index=True)
    ordered.attrs = attrs
    return ordered


def _by_rank(versions: pd.Series) -> pd.Series:
    places = {one: place for place, one in enumerate(sorted({rank(text) for text in versions.dropna()}))}
    return versions.map(lambda text: places[rank(text)], na_action="ignore").astype("float64")


Page = tuple[int, int]
"""Number, from 1, and size."""


def paging(page: int | None, page_size: int | None) -> Page | None:
    """Return the page asked for, or None where the whole result is.

    Raises:
        InvalidParameter: a page below 1, or a size that a v6 server would silently change (D1).
    """
    if page is None and page_size is None:
        return None
    number, size = 1 if page is None else page, DEFAULT_PAGE_SIZE if page_size is None else page_size
    for name, value, most in (("page", number, None), ("page_size", size, MAX_PAGE_SIZE)):
        if isinstance(value, bool) or not isinstance(value, int) or value < 1 or (most and value > most):
            msg = f"{name}={value!r} is out of range. Give a whole number from 1" + (f" to {most}." if most else ".")
            raise InvalidParameter(msg)
    return number, size


def cut_page(frame: pd.DataFrame, page: Page | None) -> pd.DataFrame:
    """Return one page of a whole result, `attrs["count"]` being the rows of the whole.

    Raises:
        InvalidPage: a page past the end, v6's 404 "Invalid page."
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


def check_page(page: Page, count: int) -> None:
    """Raise InvalidPage for a page past the end of `count` rows; page 1 of nothing is fine."""
    number, size = page
    if number > 1 and (number - 1) * size >= count:
        msg = f"Invalid page: page={number} with page_size={size} is past the end of {count} rows."
        raise InvalidPage(msg)


def limited(limit: int | None) -> int | None:
    """Return a `limit`; InvalidParameter where it is neither None nor a whole number from 1."""
    if limit is not None and (isinstance(limit, bool) or not isinstance(limit, int) or limit < 1):
        msg = f"limit={limit!r} is out of range. Give a whole number from 1, or None for everything."
        raise InvalidParameter(msg)
    return limit


def announced(frame: pd.DataFrame, limit: int | None, found: int) -> pd.DataFrame:
    """Return at most `limit` of the rows found; warn, and say in attrs, where that leaves some out."""
    if limit is None or limit >= found:
        return frame
    attrs = frame.attrs
    frame = frame.head(limit)
    frame.attrs = {**attrs, "notes": [*attrs["notes"], f"cut after {limit:,} of {found:,} rows, as limit= asks"]}
    warnings.warn(f"{limit:,} of {found:,} rows, as limit={limit} asks", ResultCut, stacklevel=3)
    return frame


def whole(value: Any, *, name: str) -> int:
    """Return a whole number; InvalidParameter where the value is none."""
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        msg = f"{name}={value!r} is not a whole number."
        raise InvalidParameter(msg)
    return int(value.__index__())
