"""How the server misbehaves on purpose."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

DISTURBED = "jobtype_toolkit.disturbed"
"""Where a request's scope has what a fault wants of the service that answers it."""


@dataclass(frozen=True)
class Disturbed:
    """What a fault wants of the service that answers."""

    clock: timedelta = timedelta()
    moved: Mapping[int, datetime] = field(default_factory=dict)
    shuffle: Callable[[list[Any]], None] | None = None


@dataclass(frozen=True)
class Faults:
    """What goes wrong, how often."""


class Misbehaving:
    """ASGI middleware that misbehaves."""

    def __init__(self, app: ASGIApp, faults: Faults) -> None:
        """Take the application and what goes wrong."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        await self._app(scope, receive, send)
