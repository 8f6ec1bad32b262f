"""From an HTTP request to what it carries, in the order in which Scale's framework looks: Accept, credentials, body."""

from __future__ import annotations

import asyncio
import hmac
import json
import math
import re
from collections.abc import Mapping
from typing import Any, NoReturn
from urllib.parse import parse_qsl

from starlette.requests import Request

from jobtype_toolkit.server.response import ApiError, not_found

PATIENCE = 30.0
"""Seconds in which a request must have come, its headers, and its body."""
LARGEST_BODY = 16 * 2**20
"""Bytes of a body that are read; more is 413."""
_ACCEPTED = {"*/*", "application/*", "application/json", "text/*", "text/html", "text/plain"}
_FORM = "application/x-www-form-urlencoded"
_HOST = re.compile(r"([a-zA-Z0-9.-]+|\[[a-fA-F0-9]*:[a-fA-F0-9.:]+\])(:\d+)?")
_DEEPEST = 200
"""Levels of nesting of a body that are read."""


def check_accept(request: Request) -> None:
    """Refuse a request that takes neither JSON nor a page (406)."""
    format = request.query_params.get("format")
    if format is not None:
        if format not in ("json", "api"):
            raise not_found()
        return
    accept = request.headers.get("accept", "*/*")
    kinds = {one.split(";")[0].strip().lower() for one in accept.split(",")}
    if accept.strip() and not kinds & _ACCEPTED:
        raise ApiError(406, "Could not satisfy the request Accept header.")


class Credentials:
    """The token that opens the server; it shows itself nowhere."""

    def __init__(self, token: str | None) -> None:
        """Take the token; None opens the server to everyone."""
        self._token = None if token is None else token.encode()

    @property
    def are_needed(self) -> bool:
        """Whether a request needs a token."""
        return self._token is not None

    def check(self, header: str) -> None:
        """Refuse a request whose header Authorization does not hold the token: always 403, told apart by the words."""
        if self._token is None:
            return
        scheme, *rest = header.split() or [""]
        if scheme.lower() == "bearer" and rest:
            raise ApiError(403, "Invalid token header. No credentials provided.")
        if scheme.lower() != "token":
            raise ApiError(403, "Authentication credentials were not provided.")
        if not rest:
            raise ApiError(403, "Invalid token header. No credentials provided.")
        if len(rest) > 1:
            raise ApiError(403, "Invalid token header. Token string should not contain spaces.")
        if not hmac.compare_digest(rest[0].encode(), self._token):
            raise ApiError(403, "Invalid token.")


async def read_body(request: Request) -> Any:
    """Return the parsed body; an empty one is an empty object."""
    data = bytearray()
    try:
        async with asyncio.timeout(PATIENCE):
            async for chunk in request.stream():
                data += chunk
                if len(data) > LARGEST_BODY:
                    raise ApiError(413, "The request body is too large.")
    except TimeoutError:
        raise ApiError(408, "The request body did not come to its end.") from None
    if not data:
        return {}
    header = request.headers.get("content-type", "")
    kind = header.split(";")[0].strip().lower()
    if kind == "application/json":
        return _json(bytes(data))
    if kind == _FORM:
        return dict(parse_qsl(bytes(data).decode("utf-8", "replace"), keep_blank_values=True))
    raise ApiError(415, f'Unsupported media type "{header[:200]}" in request.')


def _json(data: bytes) -> Any:
    try:
        value = json.loads(data.decode("utf-8"), parse_constant=_no_constant, parse_float=_finite)
    except UnicodeDecodeError as error:
        raise ApiError(400, f"JSON parse error - {error}") from None
    except RecursionError:
        raise ApiError(400, "JSON parse error - nested too deeply") from None
    except ValueError as error:
        raise ApiError(400, f"JSON parse error - {error}") from None
    if _depth(value) > _DEEPEST:
        raise ApiError(400, "JSON parse error - nested too deeply")
    return value


def _finite(text: str) -> float:
    value = float(text)
    return value if math.isfinite(value) else _no_constant(text)


def _no_constant(text: str) -> NoReturn:
    msg = f"Out of range float values are not JSON compliant: {text!r}"
    raise ValueError(msg)


def _depth(value: Any) -> int:
    """Return how deeply a JSON value is nested, without recursion."""
    depth, level = 0, [value]
    while level and depth <= _DEEPEST:
        inner: list[Any] = []
        for one in level:
            if isinstance(one, (dict, list)):
                inner += one.values() if isinstance(one, dict) else one
        depth, level = depth + 1, inner
    return depth


def base_of(request: Request) -> str:
    """Return scheme and host by which the server believes to be reached: X-Forwarded-Host counts, the scheme does not."""
    host = request.headers.get("x-forwarded-host") or request.headers.get("host") or ""
    if not _HOST.fullmatch(host):
        server: tuple[str, int] = request.scope.get("server") or ("localhost", 80)
        host = f"{server[0]}:{server[1]}"
    return f"{request.url.scheme}://{host}"


def pairs(request: Request) -> list[tuple[str, str]]:
    """Return the query parameters in the order given."""
    return parse_qsl(request.scope["query_string"].decode("latin-1"), keep_blank_values=True)


def places(parameters: Mapping[str, Any]) -> dict[str, str]:
    """Return the named parts of the URL as text."""
    return {name: str(value) for name, value in parameters.items()}
