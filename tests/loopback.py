"""A small HTTP server of a test's own, on this machine's loopback: it answers what a function says, and keeps what it was asked."""

from __future__ import annotations

import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class V6Request:
    """A request as it came."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    """By their names in lower case."""
    body: bytes = b""

    def __getitem__(self, name: str) -> str | None:
        """Return a parameter, the last where it comes several times; None without it."""
        return dict(self.query).get(name)

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.query if key == name]


@dataclass(frozen=True)
class Reply:
    """An answer: `body` as bytes or text, or any other value as JSON."""

    status: int = 200
    body: Any = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: int | None = None
    """Only so many bytes of the body are sent before the connection is closed."""
    is_reset: bool = False
    """The connection is reset instead of an answer."""
    raw: bytes | None = None
    """These bytes are sent instead of an answer."""


def html(status: int, page: str, **headers: str) -> Reply:
    return Reply(status, page, {"Content-Type": "text/html", **headers})


def listed(rows: list[Any], asked: V6Request, *, longest: int = 1000, **more: Any) -> dict[str, Any] | Reply:
    """Return one page of v6's envelope around some rows, as a server cuts it."""
    size = min(int(asked["page_size"] or 100), longest)
    number = int(asked["page"] or 1)
    found = rows[(number - 1) * size : number * size]
    if number > 1 and not found:
        return Reply(404, {"detail": "Invalid page."})
    following = f"http://elsewhere.example/v6/?page={number + 1}" if number * size < len(rows) else None
    return {"count": len(rows), "next": following, "previous": None, "results": found} | more


Answering = Callable[[V6Request], Any]


class Loopback:
    """The running server."""

    def __init__(self, answering: Answering, port: int, scheme: str) -> None:
        self.asked: list[V6Request] = []
        self.answering = answering
        self.port = port
        self.origin = f"{scheme}://127.0.0.1:{port}"
        self.url = f"{self.origin}/api"

    def paths(self) -> list[str]:
        return [one.path.removeprefix("/api/v6/") for one in self.asked]


@contextmanager
def loopback(answering: Answering, *, tls: ssl.SSLContext | None = None) -> Iterator[Loopback]:
    """Serve on a free port until the end of the `with`."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def log_message(self, *arguments: Any) -> None:
            pass

        def _any(self) -> None:
            parts = urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            headers = {name.lower(): value for name, value in self.headers.items()}
            query = tuple(parse_qsl(parts.query, keep_blank_values=True))
            asked = V6Request(self.command, parts.path, query, headers, self.rfile.read(length))
            found.asked.append(asked)
            made = found.answering(asked)
            self._send(made if isinstance(made, Reply) else Reply(200, made))

        def _send(self, reply: Reply) -> None:
            if reply.is_reset:
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.close_connection = True
                self.connection.close()
                return
            if reply.raw is not None:
                self.connection.sendall(reply.raw)
                self.close_connection = True
                return
            body = reply.body.encode() if isinstance(reply.body, str) else reply.body
            is_json = not isinstance(body, bytes)
            body = json.dumps(body).encode() if is_json else body
            self.send_response(reply.status)
            for name, value in {"Content-Type": "application/json", **reply.headers}.items():
                self.send_header(name, value)
            if reply.status != 204:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body if reply.cut is None else body[: reply.cut])
            self.close_connection = self.close_connection or reply.cut is not None

        do_GET = do_POST = do_PATCH = do_PUT = do_CONNECT = _any  # noqa: N815 - as the base class calls them

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *arguments: Any) -> None:
            pass  # clients that hang up, and connections that are reset on purpose

        def finish_request(self, request: Any, address: Any) -> None:
            if tls is not None:
                with suppress(OSError), tls.wrap_socket(request, server_side=True) as wrapped:
                    super().finish_request(wrapped, address)
            else:
                super().finish_request(request, address)

    server = Server(("127.0.0.1", 0), Handler)
    found = Loopback(answering, server.server_address[1], "http" if tls is None else "https")
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
