"""The faults at work: ASGI middleware between the wire and the services."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from jobtype_toolkit.api.times import naive_utc
from jobtype_toolkit.server.faults import Faults
from jobtype_toolkit.server.response import ERROR_PAGE, HTML_TYPE, JSON_TYPE, encoded

DISTURBED = "jobtype_toolkit.disturbed"
"""Where a request's scope has what a fault wants of the service that answers it."""
RETRY_AFTER = 1
"""Seconds that a 429 and a 503 ask to wait."""
_UNTOUCHED = ("/version/", "/openapi.json")
_MOVED_AT_ONCE = 3
_LONGEST_STEP = 3600


@dataclass(frozen=True)
class Disturbed:
    """What faults want of the service that answers."""

    clock: timedelta = timedelta()
    moved: Mapping[int, datetime] = field(default_factory=dict)
    """Jobs with a newer last_modified, naive in UTC."""
    shuffle: Callable[[list[Any]], None] | None = None


@dataclass
class _Told:
    """An answer of the application, caught before it is sent."""

    start: Message = field(default_factory=dict)
    body: bytes = b""

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.start = message
        else:
            self.body += message.get("body", b"")

    @property
    def is_json(self) -> bool:
        return self.start["status"] == 200 and (b"content-type", JSON_TYPE.encode()) in [
            (name.lower(), value) for name, value in self.start["headers"]
        ]


class FaultMiddleware:
    """ASGI middleware that does what `Faults` say."""

    def __init__(self, app: ASGIApp, faults: Faults, clock: Callable[[], datetime]) -> None:
        """Take the application, what goes wrong, and the server's clock."""
        self._app = app
        self._faults = faults
        self._clock = clock
        self._lock = threading.Lock()
        self._count = 0
        self._step = timedelta()
        self._moved: dict[int, datetime] = {}
        self._last: dict[str, bytes] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or do not."""
        path = scope.get("path", "")
        if scope["type"] != "http" or self._faults.only not in path or path.endswith(_UNTOUCHED):
            await self._app(scope, receive, send)
            return
        with self._lock:
            self._count += 1
            number = self._count
        await asyncio.sleep(self._faults.latency)
        refused = self._refused(number)
        if refused is not None:
            await _send(send, *refused)
            return
        told = _Told()
        await self._app({**scope, DISTURBED: self._disturbed(scope, number)}, receive, told.send)
        body = self._changed(number, path, told) if told.is_json else told.body
        await self._sent(number, send, told, body)

    def _refused(self, number: int) -> tuple[int, bytes, str, dict[str, str]] | None:
        """Return what is answered instead of asking the service."""
        wait = {"Retry-After": str(RETRY_AFTER)}
        if self._faults.token_requests is not None and number > self._faults.token_requests:
            return 403, encoded({"detail": "Invalid token."}), JSON_TYPE, {}
        if self._faults.strikes("error503", number):
            return 503, b"<h1>Service Unavailable</h1>", HTML_TYPE, wait
        if self._faults.strikes("error429", number):
            return 429, encoded({"detail": "Request was throttled."}), JSON_TYPE, wait
        if self._faults.strikes("error500", number):
            return 500, ERROR_PAGE.encode(), HTML_TYPE, {}
        return None

    def _disturbed(self, scope: Scope, number: int) -> Disturbed:
        faults = self._faults
        before: Disturbed = scope.get(DISTURBED) or Disturbed()
        if faults.strikes("step", number):
            seconds = faults.choices("step", number).uniform(-_LONGEST_STEP, _LONGEST_STEP)
            self._step = timedelta(seconds=round(seconds))
        with self._lock:
            moved = {**before.moved, **self._moved}
        shuffle = faults.choices("ties", number).shuffle if faults.strikes("ties", number) else before.shuffle
        return replace(before, clock=before.clock + self._step, moved=moved, shuffle=shuffle)

    def _changed(self, number: int, path: str, told: _Told) -> bytes:
        """Return the body of a list as the faults leave it."""
        strikes = self._faults.strikes
        before = self._last.get(path)
        if strikes("repeat", number) and before is not None:
            return before
        self._last[path] = told.body
        kinds = [kind for kind in ("duplicate", "count", "shift") if strikes(kind, number)]
        body = json.loads(told.body) if kinds else None
        if not isinstance(body, dict) or not body.get("results"):
            return told.body
        if "duplicate" in kinds:
            place = self._faults.choices("duplicate", number).randrange(len(body["results"]))
            body["results"].insert(place, body["results"][place])
        if "count" in kinds:
            lies = (0, body["count"] // 2, body["count"] * 2 + 1)
            body["count"] = self._faults.choices("count", number).choice(lies)
        if "shift" in kinds and path.endswith("/jobs/"):
            self._move(number, [row["id"] for row in body["results"]])
        return encoded(body)

    def _move(self, number: int, ids: list[int]) -> None:
        """Change some jobs: their last_modified becomes the newest of all. No job moves twice, so that a walk ends."""
        with self._lock:
            still = [id for id in ids if id not in self._moved]
            chosen = self._faults.choices("shift", number).sample(still, min(_MOVED_AT_ONCE, len(still)))
            for id in chosen:
                stamp = naive_utc(self._clock() + timedelta(milliseconds=len(self._moved) + 1))
                self._moved[id] = stamp or datetime.min  # noqa: DTZ901 - the clock always tells a time

    async def _sent(self, number: int, send: Send, told: _Told, body: bytes) -> None:
        if told.is_json and self._faults.strikes("truncate", number):
            body = body[: len(body) // 2]
        is_cut = bool(body) and self._faults.strikes("cut", number)
        kept = [pair for pair in told.start["headers"] if pair[0].lower() != b"content-length"]
        has_body = told.start["status"] != 204
        headers = [*kept, *([(b"content-length", str(len(body)).encode())] if has_body else [])]
        await send({**told.start, "headers": headers})
        if is_cut:
            half = self._faults.choices("cut", number).randrange(len(body))
            await send({"type": "http.response.body", "body": body[:half], "more_body": True})
            return  # the server closes a connection whose answer is not complete
        await send({"type": "http.response.body", "body": body})


async def _send(send: Send, status: int, body: bytes, media_type: str, headers: Mapping[str, str]) -> None:
    told = {"Content-Type": media_type, "Content-Length": str(len(body)), **headers}
    raw = [(name.lower().encode(), value.encode()) for name, value in told.items()]
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": body})
