"""A server that answers what a test says, and remembers what it was asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

PREFIX = "/api/v6/"
CUT = object()
"""An answer that never comes: the connection is closed."""


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    """Below `/v6/`."""
    query: dict[str, list[str]]
    body: Any


@dataclass(frozen=True)
class Reply:
    status: int
    body: Any = None
    """Text as HTML, None as nothing at all, everything else as JSON."""
    headers: dict[str, str] = field(default_factory=dict)


SERVER_ERROR = Reply(500, "<h1>Server Error (500)</h1>")
NO_ROUTE = Reply(404, "<h1>Not Found</h1><p>The requested resource was not found on this server.</p>")
NOT_FOUND = Reply(404, {"detail": "Not found."})
FINE = Reply(200, {"is_valid": True, "errors": [], "warnings": []})


class Scripted:
    """What is answered, by method and path; of several answers each once, and the last one from then on."""

    def __init__(self) -> None:
        self.url = ""
        self.asked: list[Request] = []
        self._answers: dict[tuple[str, str], list[Any]] = {}

    def on(self, method: str, path: str, *answers: Any) -> None:
        """Answer so from now on: a `Reply`, `CUT`, a function of the request, or a body that comes with 200."""
        self._answers[method, path] = list(answers)

    def answer(self, request: Request) -> Any:
        self.asked.append(request)
        left = self._answers.get((request.method, request.path))
        if not left:
            return NO_ROUTE
        found = left.pop(0) if len(left) > 1 else left[0]
        found = found(request) if callable(found) else found
        return found if found is CUT or isinstance(found, Reply) else Reply(200, found)

    def writes(self) -> list[Request]:
        """What was asked that changes something."""
        return [one for one in self.asked if one.method != "GET" and not one.path.endswith("validation/")]


def _handler(script: Scripted) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            parts = urlsplit(self.path)
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            body = json.loads(raw) if raw else None
            path = parts.path.removeprefix(PREFIX)
            found = script.answer(Request(self.command, path, parse_qs(parts.query), body))
            if found is CUT:
                self.close_connection = True
                return
            is_text = isinstance(found.body, str)
            data = b"" if found.body is None else (found.body if is_text else json.dumps(found.body)).encode()
            self.send_response(found.status)
            self.send_header("Content-Type", "text/html" if is_text else "application/json")
            self.send_header("Content-Length", str(len(data)))
            for name, value in found.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *arguments: Any) -> None:
            """Say nothing."""

    for method in ("GET", "POST", "PATCH"):
        setattr(Handler, f"do_{method}", Handler._serve)
    return Handler


@contextmanager
def scripted() -> Iterator[Scripted]:
    """Run a scripted server on this machine's own address."""
    script = Scripted()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(script))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    script.url = f"http://127.0.0.1:{server.server_address[1]}/api"
    try:
        yield script
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def listed(*rows: Any) -> dict[str, Any]:
    """A list in one page."""
    return {"count": len(rows), "next": None, "previous": None, "results": list(rows)}


def counting(counts: dict[str, int]) -> Callable[[Request], Any]:
    """Answer jobs/ with nothing but the count of the status asked for."""
    return lambda request: {"count": counts.get(request.query["status"][0], 0), "next": None, "results": []}
