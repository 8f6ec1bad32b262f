"""Whom a server without a token answers: a page on the web can let its own name stand for this machine (DNS rebinding)."""

from __future__ import annotations

import re
from collections.abc import Collection
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import HTMLResponse
from starlette.types import ASGIApp, Receive, Scope, Send

_PAGE = (
    "<h1>Bad Request (400)</h1><p>This server has no token, and answers only to its own address. Name others when it is "
    "started: --allow-host NAME.</p>"
)
_SAFE = ("GET", "HEAD", "OPTIONS")
_PORT = re.compile(r":\d*$")


class OwnHosts:
    """Answers requests that name this machine, or a host that is allowed; to change something, a page must come from one, too."""

    def __init__(self, app: ASGIApp, allowed: Collection[str] = ()) -> None:
        """Take the application, and the names that are allowed besides the address that it listens on and localhost."""
        self._app = app
        self._allowed = frozenset(map(_name, allowed))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it with 400."""
        if scope["type"] == "http" and not self._is_own(scope):
            await HTMLResponse(_PAGE, 400)(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _is_own(self, scope: Scope) -> bool:
        headers, (listening, _) = Headers(scope=scope), scope.get("server") or ("localhost", None)
        known = {*self._allowed, _name(listening), "localhost"}
        hosts = [_name(one) for one in headers.getlist("host")]
        if scope["method"] not in _SAFE:
            hosts += [_of_origin(one) for one in headers.getlist("origin")]
        return all(one in known or _is_loopback(one) for one in hosts)


def _name(host: str) -> str:
    """Return the name of a host without its port, in lower case."""
    text = host.strip().lower()
    return text.strip("[]") if text.count(":") > 1 and "]:" not in text else _PORT.sub("", text).strip("[]")


def _of_origin(origin: str) -> str:
    try:
        return urlsplit(origin).hostname or ""
    except ValueError:
        return ""


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
