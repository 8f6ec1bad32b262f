"""A server that answers what a test says, method by method and path by path, without a socket."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import requests
from loopback import html

from jobtype_toolkit.testing import HttpRequest, Reply, Transport

CUT = object()
"""An answer that never comes: the connection is closed."""
SERVER_ERROR = html(500, "<h1>Server Error (500)</h1>")
NO_ROUTE = html(404, "<h1>Not Found</h1><p>The requested resource was not found on this server.</p>")
NOT_FOUND = Reply(404, {"detail": "Not found."})
FINE = Reply(200, {"is_valid": True, "errors": [], "warnings": []})


class Scripted:
    """What is answered, by method and path; of several answers each once, and the last one from then on."""

    url = "http://scale.example/api"

    def __init__(self) -> None:
        self.transport = Transport(self.answer)
        self._answers: dict[tuple[str, str], list[Any]] = {}

    @property
    def asked(self) -> list[HttpRequest]:
        return self.transport.requests

    def on(self, method: str, path: str, *answers: Any) -> None:
        """Answer so from now on: a `Reply`, `CUT`, a function of the request, or a body that comes with 200."""
        self._answers[method, path] = list(answers)

    def answer(self, request: HttpRequest) -> Any:
        left = self._answers.get((request.method, request.service))
        if not left:
            return NO_ROUTE
        found = left.pop(0) if len(left) > 1 else left[0]
        found = found(request) if callable(found) else found
        if found is CUT:
            raise requests.ConnectionError
        return found

    def writes(self) -> list[HttpRequest]:
        """What was asked that changes something."""
        return [one for one in self.asked if one.method != "GET" and not one.path.endswith("validation/")]


def listed(*rows: Any) -> dict[str, Any]:
    """A list in one page."""
    return {"count": len(rows), "next": None, "previous": None, "results": list(rows)}


def counting(counts: dict[str, int]) -> Callable[[HttpRequest], Any]:
    """Answer jobs/ with nothing but the count of the status asked for."""
    return lambda request: {"count": counts.get(request["status"] or "", 0), "next": None, "results": []}
