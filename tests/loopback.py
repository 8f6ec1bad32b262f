"""A small HTTP server of a test's own, on this machine's loopback, for tests of connections; all others take `testing.Transport`."""

from __future__ import annotations

import socket
import ssl
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from jobtype_toolkit.live.transport import Handler as Answering
from jobtype_toolkit.live.transport import reply_of
from jobtype_toolkit.testing import HttpRequest, Reply


@dataclass(frozen=True, slots=True)
class Broken(Reply):
    """An answer that does not arrive whole."""

    cut: int | None = None
    """Only this many bytes of the body are sent before the connection is closed."""
    is_reset: bool = False
    """The connection is reset instead of an answer."""
    raw: bytes | None = None
    """These bytes are sent instead of an answer."""


def html(status: int, page: str, **headers: str) -> Reply:
    return Reply(status, page, {"Content-Type": "text/html", **headers})


def listed(rows: list[Any], asked: HttpRequest, *, longest: int = 1000, **more: Any) -> dict[str, Any] | Reply:
    """Return one page of v6's envelope around some rows, as a server cuts it."""
    size = min(int(asked["page_size"] or 100), longest)
    number = int(asked["page"] or 1)
    found = rows[(number - 1) * size : number * size]
    if number > 1 and not found:
        return Reply(404, {"detail": "Invalid page."})
    following = f"http://elsewhere.example/v6/?page={number + 1}" if number * size < len(rows) else None
    return {"count": len(rows), "next": following, "previous": None, "results": found} | more


class Loopback:
    """The running server."""

    def __init__(self, answering: Answering, port: int, scheme: str) -> None:
        self.asked: list[HttpRequest] = []
        self.answering = answering
        self.port = port
        self.origin = f"{scheme}://127.0.0.1:{port}"
        self.url = f"{self.origin}/api"

    def paths(self) -> list[str]:
        return [one.service for one in self.asked]


@contextmanager
def loopback(answering: Answering, *, tls: ssl.SSLContext | None = None) -> Iterator[Loopback]:
    """Serve on a free port until the end of the `with`."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def log_message(self, *arguments: Any) -> None:
            pass

        def _any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            asked = HttpRequest.of(self.command, self.path, self.headers, body)
            found.asked.append(asked)
            self._send(reply_of(found.answering(asked)))

        def _send(self, reply: Reply) -> None:
            broken = reply if isinstance(reply, Broken) else Broken()
            if broken.is_reset:
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.close_connection = True
                self.connection.close()
                return
            if broken.raw is not None:
                self.connection.sendall(broken.raw)
                self.close_connection = True
                return
            self.send_response(reply.status)
            for name, value in reply.all_headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(reply.content[: broken.cut])
            self.close_connection = self.close_connection or broken.cut is not None

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
