"""Reading a list to its end: page by page, or by key if rows move while they are read.

`next` is only asked whether there is more: behind a proxy its host, scheme and prefix may be wrong.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import pairwise
from math import ceil
from typing import Any

from jobtype_toolkit.api.arguments import MAX_PAGE_SIZE
from jobtype_toolkit.api.times import instant, v6_text
from jobtype_toolkit.errors import InvalidPage, InvalidParameter, ServerFailed
from jobtype_toolkit.live.http import Http, Params

TICK = timedelta(microseconds=1)
"""The step of v6's times."""
_LAST = datetime.max.replace(tzinfo=UTC)
_STEPS_BACK = 100
"""How often pages are read again because the list got shorter, at most: a count may lie."""
_GROWTH, _MOST = 4, 100_000
"""How many times as many pages as the first one promises a list may have, and how many at most."""
_FAILS = 500
"""The status of a server that fails on what it should answer."""
_PLACES = (*range(1, 9), *(2**power for power in range(4, 21)))
_AT_A_TIME = 500
"""How many jobs in a row that a server fails on are left out; after that it is the server that fails."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list."""

    rows: list[dict[str, Any]] = field(repr=False)
    count: int
    """How many rows the server says there are in all."""
    has_next: bool
    body: bytes = field(repr=False, default=b"")


@dataclass(frozen=True, slots=True)
class KeysetPage:
    """One keyset page of jobs, and the time range that it completes."""

    page: Page
    started: datetime | None
    """From this last_modified on all rows have been read; None from the beginning."""
    ended: datetime | None
    """Up to this one, itself excluded; None if the page alone completes nothing."""


@dataclass(slots=True)
class LeftOut:
    """Jobs that a server fails on, so that they were left out."""

    rows: int = 0
    places: list[str] = field(default_factory=list)
    """Between which stamps they are."""
    said: str = ""
    """What the server said the first time."""


def page(http: Http, path: str, params: Params, *, again: bool = True) -> Page:
    """Return one page; `again` is whether a 500 is asked again.

    Raises:
        InvalidPage: it is past the end.
        ServerFailed: the answer is not a page.
    """
    answer = http.get(path, params) if again else http.get(path, params, again=False)
    found = answer.value
    rows = found.get("results") if isinstance(found, dict) else None
    if not isinstance(rows, list) or not all(isinstance(one, dict) for one in rows):
        msg = f"GET {path}: the answer is JSON, but not a page of a list. Is this a v6 server?"
        raise ServerFailed(msg, status=answer.status)
    count = found.get("count")
    return Page(rows, count if type(count) is int and count >= 0 else len(rows), bool(found.get("next")), answer.body)


def pages(
    http: Http, path: str, params: Params, *, size: int = MAX_PAGE_SIZE, goes_back: bool = False, first: int = 1
) -> Iterator[Page]:
    """Yield the pages of a list to its end, by their numbers.

    Args:
        http: the server.
        path: the list, below `/v6/`.
        params: its query.
        size: rows of a page.
        goes_back: whether to read pages again if the list got shorter meanwhile, so that what moved up is not missed;
            rows may come twice then.
        first: the number of the first page that is wanted.

    Raises:
        ServerFailed: one page comes again and again, or there is no end.
    """
    number, before, left = first, 0, _STEPS_BACK if goes_back else 0
    known: dict[bytes, int] = {}
    asked, most = 0, _MOST
    while True:
        asked += 1
        _check_end(path, asked, most)
        try:
            found = page(http, path, [*params, ("page_size", size), *numbered(number)])
        except InvalidPage:
            if number == 1:
                raise
            if number == first or not left:
                return  # it went while the ones before it were read
            number, left, known = number - 1, left - 1, {}
            continue
        if asked == 1:
            most = min(_GROWTH * (found.count // max(len(found.rows), 1)) + _STEPS_BACK * 2, _MOST)
        came_as = known.setdefault(_fingerprint(found), number) if found.has_next or number > 1 else number
        if came_as != number and found.rows:
            msg = (
                f"GET {path}: page {number} is page {came_as} once more. Does something between here and the server "
                "leave the query out, or keep old answers?"
            )
            raise ServerFailed(msg, status=200)
        yield found
        gone, before = before - found.count, found.count
        if gone > 0 and number > 1 and left:
            number, left, known = max(number - ceil(gone / size), 1), left - 1, {}
        elif not found.has_next or not found.rows:
            return
        else:
            number += 1


def _check_end(path: str, asked: int, most: int) -> None:
    """Refuse to go on where there is no end."""
    if asked > most:
        msg = (
            f"GET {path}: after {most:,} pages there is no end, and the server had announced fewer. Does it count "
            "its rows as v6 does?"
        )
        raise ServerFailed(msg, status=200)


def _fingerprint(found: Page) -> bytes:
    """Return the same for pages with the same rows; what is around the rows tells the number of the page."""
    try:
        return sha256(json.dumps(found.rows).encode()).digest()
    except RecursionError:
        return sha256(found.body).digest()


def numbered(number: int) -> Params:
    """Return the parameter of a page; none for the first."""
    return [("page", number)] if number > 1 else []


def by_key(
    http: Http,
    params: Params = (),
    *,
    started: datetime | None = None,
    ended: datetime | None = None,
    size: int = 250,
    left_out: LeftOut | None = None,
) -> Iterator[KeysetPage]:
    """Yield all jobs last modified from `started` until before `ended`, each page asked for by the last one's end.

    Rows that change meanwhile move to the end and come again; none is skipped. Where they change faster than
    they are read, reading ends with what was the newest when more pages had come than the server had promised.

    Jobs that the server fails on, as on those of a job type with a broken manifest, are left out and noted in `left_out`;
    without it they end the reading.

    Raises:
        ServerFailed: the server does not sort or filter as v6 does, or fails.
    """
    since, newest, promised = started, _LAST, None
    while since is None or since <= newest:
        found = _next_page(http, params, since, ended, size, left_out)
        times = [last_modified(one) for one in found.rows]
        _check(times, since, ended)
        promised = (found.count // size + 2 if promised is None else promised) - 1
        if promised == 0 and ended is None:  # more came meanwhile than there were: it has to end somewhere
            newest = _newest(http, params)
        is_full = len(times) >= size  # after which a row may have come, whatever `next` says
        if not times or not (found.has_next or is_full):
            end = ended if ended is not None else (following(times[-1]) if times else since)
            yield KeysetPage(found, since, end)
            return
        if since is None or times[-1] > since:
            yield KeysetPage(found, since, times[-1])
            since = times[-1]
        else:
            yield from _same_instant(http, params, found, since, size, left_out)
            since = following(since)
            if since is None or (ended is not None and since >= ended):
                return


def _newest(http: Http, params: Params) -> datetime:
    """Return the greatest last_modified there is now."""
    found = page(http, "jobs/", [*params, ("order", "-last_modified"), ("page_size", 1)])
    return last_modified(found.rows[0]) if found.rows else _LAST


class Fresh:
    """Leaves out of rows read by key those that were there already: the end of a page is the beginning of the next."""

    def __init__(self) -> None:
        self._last: set[tuple[str, int]] = set()

    def __call__(self, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return the rows that are new, or that changed since."""
        keyed = [((one["last_modified"], one["id"]), one) for one in rows]
        fresh = [one for key, one in keyed if key not in self._last]
        newest = keyed[-1][0][0] if keyed else None
        self._last = {key for key in (*self._last, *(key for key, _ in keyed)) if newest is None or key[0] == newest}
        return fresh


def following(moment: datetime) -> datetime | None:
    """Return the next instant that v6 can tell; None after the last."""
    return moment + TICK if moment < _LAST else None


_IN_ORDER: Params = (("order", "last_modified"), ("order", "id"))


def _next_page(
    http: Http, params: Params, since: datetime | None, ended: datetime | None, size: int, left_out: LeftOut | None
) -> Page:
    """Return the page from an instant until before another.

    Equal ends are an error on a server: for a single instant it is asked for the next one too, and those rows are left out.
    """
    last = None if ended is None else ended - TICK
    is_equal = last is not None and last == since
    query = [*params, *_since(since), *_until(ended if is_equal else last), *_IN_ORDER]
    try:
        found = page(http, "jobs/", [*query, ("page_size", size)], again=left_out is None or not left_out.rows)
    except ServerFailed as error:
        if left_out is None or error.status != _FAILS:
            raise
        found = _readable(http, query, size, left_out, error, beyond=since)
    if is_equal and (kept := [one for one in found.rows if last_modified(one) == since]) != found.rows:
        return replace(found, rows=kept, has_next=False)
    return found


def _until(moment: datetime | None) -> Params:
    return [] if moment is None else [("ended", _text(moment))]


def _same_instant(
    http: Http, params: Params, start: Page, moment: datetime, size: int, left_out: LeftOut | None
) -> Iterator[KeysetPage]:
    """Yield the rows of one instant that fill more than a page, of which the first is known: by number.

    Rows that change leave the instant, and those behind them move up. The first page, read again at the end, and the counts tell
    if that may have happened: then the pages are read once more from the end to the beginning, on which way none is passed by.
    """
    after = following(moment)
    span: Params = [*params, *_since(moment), *_until(after), *_IN_ORDER]
    yield _of(start, moment)
    seen, counts, read = {one["id"] for one in start.rows}, set(), 1
    try:
        for found in pages(http, "jobs/", span, size=size, first=2):
            read += 1
            seen |= {one["id"] for one in found.rows}
            counts.add(found.count)
            yield _of(found, moment)
        again = page(http, "jobs/", [*span, ("page_size", size), *numbered(1)])
        counts.add(again.count)
        has_moved = counts != {len(seen)} or {one["id"] for one in again.rows} != {one["id"] for one in start.rows}
        for number in range(read, 0, -1) if has_moved else ():
            with suppress(InvalidPage):  # its rows have moved up since
                yield _of(page(http, "jobs/", [*span, ("page_size", size), *numbered(number)]), moment)
    except ServerFailed as error:
        if left_out is None or error.status != _FAILS:
            raise
        yield _of(_readable(http, span, size, left_out, error, beyond=_LAST), moment)
    yield KeysetPage(Page([], 0, has_next=False), moment, after)


def _readable(
    http: Http, query: Params, size: int, left_out: LeftOut, error: ServerFailed, *, beyond: datetime | None
) -> Page:
    """Return the next rows without those that the server fails on, which are looked for by halves; some are later than `beyond`.

    Raises:
        ServerFailed: the server fails on everything.
    """
    page(http, "job-types/", [("page_size", 1)])  # raises if it is the server that fails
    whole = 1 << (size.bit_length() - 1)
    kept: list[Any] = []
    lost: list[int] = []
    blocks, read, count, has_next = [(0, whole)], 0, 0, True
    while blocks:
        offset, length = blocks.pop()
        try:
            found = _asked_twice(
                http, [*query, ("page_size", length), *numbered(offset // length + 1)], is_last=length == 1
            )
        except InvalidPage:
            has_next = False
            break
        if found is not None:
            kept, count, read, has_next = [*kept, *found.rows], found.count, offset + length, found.has_next
        elif length > 1:
            blocks += [(offset + length // 2, length // 2), (offset, length // 2)]
        else:
            lost.append(len(kept))
            read = offset + 1
        if len(lost) >= _AT_A_TIME and lost[-_AT_A_TIME] == len(kept):
            raise error
        is_enough = read >= size and kept and (beyond is None or last_modified(kept[-1]) > beyond)
        if not has_next:
            break
        if not blocks and not is_enough:
            blocks = [(read, whole)]
    _note(left_out, kept, lost, error)
    return Page(kept, max(count, len(kept)), has_next, json.dumps(kept).encode())


def _asked_twice(http: Http, query: Params, *, is_last: bool) -> Page | None:
    """Return a page; None if the server fails on it, the second time too where it is one job."""
    try:
        return page(http, "jobs/", query, again=False)
    except ServerFailed as error:
        if error.status != _FAILS:
            raise
    return _asked_twice(http, query, is_last=False) if is_last else None


def _note(left_out: LeftOut, kept: Sequence[Any], lost: Sequence[int], error: ServerFailed) -> None:
    """Note between which jobs those are that were left out."""
    left_out.rows += len(lost)
    left_out.said = left_out.said or str(error)
    for place in sorted(set(lost)):
        before, after = (kept[at] if 0 <= at < len(kept) else None for at in (place - 1, place))
        told = [
            f"{word} job {one['id']} of {one['last_modified']}"
            for word, one in (("after", before), ("before", after))
            if one
        ]
        left_out.places.append(f"{lost.count(place):,} {' and '.join(told) or 'alone'}")


def newest_page(http: Http, since: datetime | None, size: int) -> Page:
    """Return the jobs modified last since an instant, newest first.

    Raises:
        ServerFailed: the server does not sort or filter as v6 does, or fails.
    """
    query = [*_since(since), ("order", "-last_modified"), ("order", "-id"), ("page_size", size)]
    found = page(http, "jobs/", query, again=False)
    _check([last_modified(one) for one in reversed(found.rows)], since)
    return found


def first_readable(http: Http, params: Params) -> Page:
    """Return a page of one job: the first that the server does not fail on, or one of the first.

    Raises:
        ServerFailed: it fails on all of them.
    """
    wrong: ServerFailed | None = None
    for number in _PLACES:
        try:
            return page(http, "jobs/", [*params, ("page_size", 1), *numbered(number)], again=wrong is None)
        except InvalidPage:
            raise wrong or InvalidPage from None
        except ServerFailed as error:
            if error.status != _FAILS:
                raise
            wrong = wrong or error
    raise wrong or InvalidPage


def _of(found: Page, moment: datetime) -> KeysetPage:
    """Return the rows of a page that are of an instant."""
    times = [last_modified(one) for one in found.rows]
    _check(times, moment)
    return KeysetPage(
        replace(found, rows=[one for one, time in zip(found.rows, times, strict=True) if time == moment]), None, None
    )


def _since(moment: datetime | None) -> Params:
    return [] if moment is None else [("started", _text(moment))]


def _text(moment: datetime) -> str:
    return v6_text(moment) or ""


def last_modified(row: Any) -> datetime:
    """Return the `last_modified` of a job."""
    try:
        if type(row["id"]) is int:
            return instant(row["last_modified"], name="last_modified")
    except (KeyError, TypeError, InvalidParameter):
        pass
    msg = "GET jobs/: a row has no id or no valid last_modified, and the list is read by both. Is this a v6 server?"
    raise ServerFailed(msg, status=200)


def _check(times: Sequence[datetime], since: datetime | None, ended: datetime | None = None) -> None:
    """Refuse a page that is not what was asked for: reading on by it would lose rows, or never end."""
    if any(one > after for one, after in pairwise(times)):
        msg = "GET jobs/?order=last_modified: the server does not sort, so its list cannot be read without losing rows."
        raise ServerFailed(msg, status=200)
    is_before = bool(times) and since is not None and times[0] < since
    if is_before or (times and ended is not None and times[-1] >= ended):
        asked = "&".join(f"{name}={value}" for name, value in (*_since(since), *_until(ended)))
        msg = (
            f"GET jobs/?{asked}: the server answers with rows from {'before' if is_before else 'after'}, so that it cannot be "
            "read to the end. Does something between here and it leave the query out, or keep old answers?"
        )
        raise ServerFailed(msg, status=200)
