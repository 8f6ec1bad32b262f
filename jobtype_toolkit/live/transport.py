"""A server that is a function in this process: what a client's tests need of one, without a socket."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from io import BytesIO
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPResponse


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request as a server receives it."""

    method: str
    path: str
    """With the prefix of the base URL, percent-encoded as it was sent."""
    query: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    """By their names in lower case."""
    body: bytes = b""

    @classmethod
    def of(cls, method: str, url: str, headers: Mapping[str, str], body: bytes) -> HttpRequest:
        """Return the request of a URL, or of the path and query of one."""
        parts = urlsplit(url)
        query = tuple(parse_qsl(parts.query, keep_blank_values=True))
        return cls(method, parts.path, query, {name.lower(): value for name, value in headers.items()}, body)

    @property
    def service(self) -> str:
        """The path below `/v6/`."""
        return self.path.rpartition("/v6/")[2]

    @property
    def json(self) -> Any:
        """The JSON of the body; None without a body."""
        return json.loads(self.body) if self.body else None

    def __getitem__(self, name: str) -> str | None:
        """Return a parameter, the last one if it is repeated; None if it is missing."""
        return dict(self.query).get(name)

    def all(self, name: str) -> list[str]:
        """Return all values of a parameter."""
        return [value for key, value in self.query if key == name]


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer."""

    status: int = 200
    body: Any = b""
    """Bytes or text as they are; any other value becomes JSON."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """More than Content-Type, which is JSON unless given, and Content-Length."""

    @property
    def content(self) -> bytes:
        """The bytes of the body."""
        body = self.body
        if isinstance(body, bytes):
            return body
        return body.encode() if isinstance(body, str) else json.dumps(body).encode()

    @property
    def all_headers(self) -> dict[str, str]:
        """The headers as they are sent."""
        length = {} if self.status == 204 else {"Content-Length": str(len(self.content))}
        return {"Content-Type": "application/json", **self.headers, **length}


Handler = Callable[[HttpRequest], Any]
"""Returns a `Reply`, or any other value as the JSON of a 200; raises an OSError for a connection that breaks."""


class Transport(HTTPAdapter):
    """Answers a client from a handler instead of a network: `jt.connect(url, transport=Transport(handler))`."""

    def __init__(self, handler: Handler) -> None:
        """Take what answers."""
        super().__init__()
        self.handler = handler
        self.requests: list[HttpRequest] = []
        """What was asked so far, in order."""

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        """Return the handler's answer."""
        body = request.body or b""
        content = body.encode() if isinstance(body, str) else body
        asked = HttpRequest.of(request.method or "GET", request.url or "", request.headers, content)
        self.requests.append(asked)
        reply = reply_of(self.handler(asked))
        reply = replace(reply, body=reply.content)  # written as JSON once
        raw = HTTPResponse(
            BytesIO(reply.content),
            headers=reply.all_headers,
            status=reply.status,
            preload_content=False,
        )
        return self.build_response(request, raw)


def reply_of(value: Any) -> Reply:
    """Return what a handler returned as a `Reply`."""
    return value if isinstance(value, Reply) else Reply(200, value)
