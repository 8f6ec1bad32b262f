"""v6's pages: which one is asked for, and the envelope around it (D1)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote, urlencode

from jobtype_toolkit.api.arguments import DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE
from jobtype_toolkit.server.request import V6Request
from jobtype_toolkit.server.response import ApiError, V6Response, answer

_DIGITS = 15


def page_size(request: V6Request) -> int:
    """Return how many rows a page has: 100 for what is not a number from 1, 1000 for what is above 1000 (D1)."""
    size = _number(request.last("page_size"))
    return DEFAULT_PAGE_SIZE if size is None or size < 1 else min(size, MAX_PAGE_SIZE)


def page_number(request: V6Request, count: int) -> int:
    """Return the page asked for; 404 if there is none of that number."""
    pages = max(1, -(-count // page_size(request)))
    text = request.last("page")
    if text is None or text == "last":
        return 1 if text is None else pages
    number = _number(text)
    if number is None or not 1 <= number <= pages:
        raise ApiError(404, "Invalid page.")
    return number


def stretch(request: V6Request, count: int) -> tuple[int, int]:
    """Return where the page begins in the whole list, and the maximum number of its rows."""
    size = page_size(request)
    return (page_number(request, count) - 1) * size, size


def listed(request: V6Request, results: Sequence[Any], count: int) -> V6Response:
    """Return the envelope around the rows of the page asked for."""
    size, number = page_size(request), page_number(request, count)
    body = {
        "count": count,
        "next": _link(request, number + 1) if number * size < count else None,
        "previous": _link(request, number - 1) if number > 1 else None,
        "results": results,
    }
    return answer(body)


def cut(request: V6Request, rows: Sequence[Any]) -> tuple[Sequence[Any], int]:
    """Return the rows of the page asked for, and how many there are in all."""
    start, size = stretch(request, len(rows))
    return rows[start : start + size], len(rows)


def _link(request: V6Request, number: int) -> str:
    """Return the URL of another page: all parameters are kept, also unknown ones, in the order of their names."""
    kept = [(key, value) for key, value in request.query if key != "page"]
    if number > 1:
        kept.append(("page", str(number)))
    query = urlencode(sorted(kept, key=lambda pair: pair[0]))
    return f"{request.base}{quote(request.path)}" + (f"?{query}" if query else "")


def _number(text: str | None) -> int | None:
    plain = (text or "").strip()
    digits = plain[1:] if plain.startswith(("+", "-")) else plain
    return int(plain) if digits.isascii() and digits.isdigit() and len(digits) <= _DIGITS else None
