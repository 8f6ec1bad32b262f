"""What a v6 server answers with: compact JSON, or a line of HTML if Django itself answers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

JSON_TYPE, HTML_TYPE = "application/json", "text/html"
NOT_FOUND_PAGE = "<h1>Not Found</h1><p>The requested resource was not found on this server.</p>"
ERROR_PAGE = "<h1>Server Error (500)</h1>"


@dataclass(frozen=True)
class V6Response:
    """A status, a body and what headers it has beyond the usual ones."""

    status: int
    content: bytes = b""
    media_type: str | None = JSON_TYPE
    headers: Mapping[str, str] = field(default_factory=dict)


def encoded(body: Any) -> bytes:
    """Return JSON as v6 writes it: compact, in UTF-8, nothing escaped that need not be."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def answer(body: Any, status: int = 200, **headers: str) -> V6Response:
    """Return an answer in JSON."""
    return V6Response(status, encoded(body), headers=headers)


def html(page: str, status: int) -> V6Response:
    """Return an answer of Django's own."""
    return V6Response(status, page.encode(), HTML_TYPE)


class ApiError(Exception):
    """A request that is answered with an error."""

    def __init__(self, status: int, detail: str = "", *, found: V6Response | None = None) -> None:
        """Take v6's detail, or the whole answer if it is not JSON."""
        super().__init__(detail)
        self.answer = found or answer({"detail": detail}, status)


def not_found() -> ApiError:
    """Return the answer for an object that is not there."""
    return ApiError(404, "Not found.")


def no_route() -> ApiError:
    """Return the answer for a URL that leads nowhere."""
    return ApiError(404, found=html(NOT_FOUND_PAGE, 404))


def broken() -> ApiError:
    """Return the answer of a server that fails."""
    return ApiError(500, found=html(ERROR_PAGE, 500))
