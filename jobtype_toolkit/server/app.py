"""The server as an ASGI application: from a request to the service that answers it, as Scale's framework does."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from email.utils import format_datetime
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.convertors import Convertor, register_url_convertor
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import Receive, Scope, Send

from jobtype_toolkit import hints
from jobtype_toolkit.api.services import URL_PATTERNS
from jobtype_toolkit.errors import InvalidParameter
from jobtype_toolkit.server import releases
from jobtype_toolkit.server.data import Data
from jobtype_toolkit.server.fault_middleware import DISTURBED, Disturbed, FaultMiddleware
from jobtype_toolkit.server.faults import Faults
from jobtype_toolkit.server.hosts import OwnHosts
from jobtype_toolkit.server.openapi import description
from jobtype_toolkit.server.other_services import Logs
from jobtype_toolkit.server.parsing import Credentials, base_of, check_accept, pairs, places, read_body
from jobtype_toolkit.server.releases import ReleaseName
from jobtype_toolkit.server.request import V6Request
from jobtype_toolkit.server.response import ERROR_PAGE, NOT_FOUND_PAGE, ApiError, V6Response, answer, html
from jobtype_toolkit.server.routes import ServiceRoute, served
from jobtype_toolkit.store.store import Store

_SAFE = ("GET", "HEAD", "OPTIONS")
_HEADERS = {"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "X-Xss-Protection": "1; mode=block"}
_REDIRECT_TYPE = "text/html; charset=utf-8"


class _Named(Convertor[str]):
    """A named part of a URL: text that v6's pattern for it matches."""

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


for _name, _pattern in URL_PATTERNS.items():
    register_url_convertor(f"v6_{_name}", type("Named", (_Named,), {"regex": _pattern})())


class AppState:
    """What all endpoints share."""

    def __init__(
        self,
        facts: Data,
        release: releases.Release,
        credentials: Credentials,
        clock: Callable[[], datetime],
        *,
        read_only: bool,
        quirks: bool,
    ) -> None:
        """Take what is served, as which release, to whom, and what tells the present."""
        self.facts = facts
        self.release = release
        self.credentials = credentials
        self.clock = clock
        self.read_only = read_only
        self.quirks = quirks
        self.writing = threading.Lock()
        """Writes come one after the other: each plan is sent before the next is made."""

    def now(self, disturbed: Disturbed) -> datetime:
        """Return the present, with what a fault makes of it."""
        return self.clock() + disturbed.clock


class Endpoint:
    """One URL: Accept, credentials, method and body are looked at in this order, then the service answers."""

    def __init__(self, server: AppState, url: ServiceRoute, root: str) -> None:
        """Take the server, the URL below the version, and the path up to and with the version."""
        self._server = server
        self._url = url
        self._root = root

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        request = Request(scope, receive)
        disturbed = scope.get(DISTURBED) or Disturbed()
        now = self._server.now(disturbed)
        try:
            found = await self._answered(request, disturbed, now)
        except ApiError as refused:
            found = refused.answer
        headers = {"Date": format_datetime(now, usegmt=True), **_HEADERS, **found.headers}
        if found.media_type == "text/html":
            headers |= {"Vary": "Cookie"}
        else:
            headers |= {"Allow": self._url.allowed, "Vary": "Accept" if found.status == 406 else "Accept, Cookie"}
        await response(found, headers)(scope, receive, send)

    async def _answered(self, request: Request, disturbed: Disturbed, now: datetime) -> V6Response:
        check_accept(request)
        method, server = request.method, self._server
        if not self._url.is_open or method == "OPTIONS":
            server.credentials.check(request.headers.get("authorization", ""))
        if server.read_only and method not in _SAFE and method not in self._url.reads:
            raise ApiError(403, "You do not have permission to perform this action.")
        if method == "OPTIONS":
            return answer({"name": self._url.url, "renders": ["application/json"], "parses": ["application/json"]})
        handler = self._url.methods.get("GET" if method == "HEAD" else method)
        if handler is None:
            raise ApiError(405, f'Method "{method}" not allowed.')
        asked = V6Request(
            method=method,
            path=request.scope["path"],
            base=base_of(request),
            root=self._root,
            place=places(request.path_params),
            query=pairs(request),
            now=now,
            release=server.release,
            quirks=server.quirks,
            body={} if method in _SAFE else await read_body(request),
            moved=disturbed.moved,
            shuffle=disturbed.shuffle,
        )
        if method in _SAFE:
            return await run_in_threadpool(handler, server.facts, asked)
        return await run_in_threadpool(self._write, handler, asked)

    def _write(self, handler: Callable[[Data, V6Request], V6Response], request: V6Request) -> V6Response:
        with self._server.writing:
            return handler(self._server.facts, request)


def response(found: V6Response, headers: dict[str, str]) -> Response:
    """Return an answer as Starlette sends it; a media type is sent as it is, without a charset."""
    if found.media_type is not None:
        headers = {**headers, "Content-Type": found.media_type}
    return Response(found.content, found.status, headers=headers)


def app(
    store: Store,
    *,
    source: str | None = None,
    token: str | None = None,
    prefix: str = "/api",
    release: ReleaseName = "7.2",
    read_only: bool = False,
    faults: Faults | Sequence[Faults] | None = None,
    logs: Logs | None = None,
    quirks: bool = True,
    clock: Callable[[], datetime] | None = None,
    allow_hosts: Sequence[str] = (),
) -> Starlette:
    """Return an ASGI application that answers like a v6 server with what a store holds.

    Args:
        store: what is served; writes go into it.
        source: which of its sources; needed if there are several.
        token: what a request must have as `Authorization: Token …`; without one the server is open, as a Scale server
            whose authentication is switched off.
        prefix: what stands before `/v6/`.
        release: which release of Scale to be: `"6"`, `"7.0"` or `"7.2"`.
        read_only: refuse every write, as a server refuses users who are not staff.
        faults: how to misbehave; several are one behind the other.
        logs: the logs of executions by their id, a text or `{"stdout": …, "stderr": …, "combined": …}`.
        quirks: whether mistakes that break a real server are answered with its 500; with False they are 400.
        clock: the present of the server. By default that of the store: the newest change of a job, or the clock if
            the source is pulled.
        allow_hosts: names by which a server without a token may be called, besides its own address and localhost: pages
            on the web must not reach it under a name of theirs.

    Raises:
        InvalidParameter: an unknown release, a prefix that is not a path, or an empty token.
        Ambiguous: the store has several sources, and none is named.
        NotFound: there is no such source.
    """
    root = _prefix(prefix)
    if token is not None and (not token.isascii() or not token.isprintable() or not token or " " in token):
        msg = f"{hints.argument('token')} is empty, or has blanks or characters that an HTTP header cannot carry. Give printable ASCII."
        raise InvalidParameter(msg)
    meant = releases.release(release)
    facts = Data(store, source, meant)
    server = AppState(
        facts, meant, Credentials(token), clock or (lambda: facts.now), read_only=read_only, quirks=quirks
    )
    told = description(meant, f"{root}/v6/", has_token=token is not None)
    routes = [
        Route(f"{root}/{version}/{_path(one.url)}", Endpoint(server, one, f"{root}/{version}/"))
        for version in meant.versions
        for one in served(logs or {}, told)
    ]
    handlers = {404: _no_route(routes, server), Exception: _failed}
    wanted = [faults] if isinstance(faults, Faults) else faults or ()
    middleware = [Middleware(FaultMiddleware, faults=one, clock=server.clock) for one in wanted]
    if token is None:
        middleware.insert(0, Middleware(OwnHosts, allowed=tuple(allow_hosts)))
    made = Starlette(routes=routes, exception_handlers=handlers, middleware=middleware)
    made.router.redirect_slashes = False  # Starlette would answer 307
    return made


def _prefix(prefix: str) -> str:
    root = prefix.rstrip("/")
    if root and (not root.startswith("/") or "//" in root or any(one in root for one in "{}?#")):
        msg = f"{hints.argument('prefix', prefix)} is not a path. Give one such as '/api', or '' for none."
        raise InvalidParameter(msg)
    return root


def _path(url: str) -> str:
    """Return a URL of the vocabulary as Starlette has it."""
    for name in URL_PATTERNS:
        url = url.replace(f"{{{name}}}", f"{{{name}:v6_{name}}}")
    return url


def _no_route(routes: list[Route], server: AppState) -> Callable[[Request, Exception], Response]:
    def missing(request: Request, error: Exception) -> Response:
        """Answer a URL that no route matches: 301 if only the slash at its end is missing, else Django's page."""
        now = server.now(request.scope.get(DISTURBED) or Disturbed())
        headers = {"Date": format_datetime(now, usegmt=True), **_HEADERS}
        path = request.scope["path"] + "/"
        if not path.endswith("//") and any(
            one.matches({**request.scope, "path": path})[0] is Match.FULL for one in routes
        ):
            query = request.scope["query_string"].decode("latin-1")
            location = quote(path) + (f"?{query}" if query else "")
            return response(V6Response(301, media_type=_REDIRECT_TYPE), headers | {"Location": location})
        return response(html(NOT_FOUND_PAGE, 404), headers)

    return missing


def _failed(request: Request, error: Exception) -> Response:
    return response(html(ERROR_PAGE, 500), dict(_HEADERS))
