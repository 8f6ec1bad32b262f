"""What a v6 server says when it does not do what was asked, as one of the toolkit's errors.

Four shapes occur: `{"detail": …}`, lists of messages by field, HTML of a route that does not exist, HTML of a 500
(v6-live-observations 38); proxies add more. Whatever it is, a reader gets its message, readable and of a readable length.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

from jobtype_toolkit.errors import AuthenticationFailed, NotFound, Rejected, ServerFailed, ToolkitError
from jobtype_toolkit.seed.findings import clipped

LONGEST = 500
"""The longest detail that is told, in characters."""
_READ = 100_000
"""How many bytes of a failure are looked at."""
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\s]+")


class InvalidPage(NotFound):
    """v6's 404 for a page past the end."""


def detail(body: bytes, content_type: str = "", hide: Callable[[str], str] = str) -> str:
    """Return what the body of a failure says, on one line, without markup and secrets, cut where it is long."""
    text = body[:_READ].decode("utf-8", "replace")
    try:
        said = _said(json.loads(text))
    except (ValueError, RecursionError):
        is_html = "html" in content_type or text.lstrip()[:1] == "<"
        said = _text_of(text) if is_html else text
    return readable(said, hide)


def readable(said: str, hide: Callable[[str], str] = str) -> str:
    """Return a text of a server on one line, without secrets, cut where it is long: a secret that is cut is not found."""
    return clipped(hide(_UNPRINTABLE.sub(" ", hide(said)).strip()), LONGEST)


def _said(value: Any) -> str:
    if isinstance(value, dict):
        if set(value) == {"detail"}:
            return _said(value["detail"])
        return "; ".join(f"{name}: {_said(one)}" for name, one in value.items())
    if isinstance(value, list):
        return " ".join(map(_said, value))
    return value if isinstance(value, str) else json.dumps(value)


class _Text(HTMLParser):
    """Collects what a reader of a page would see."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - as the base class has it
        self._hidden += tag in ("script", "style", "head")

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in ("script", "style", "head")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.parts.append(data)


def _text_of(page: str) -> str:
    parser = _Text()
    parser.feed(page)
    parser.close()
    return " ".join(parser.parts)


def failure(asked: str, status: int, said: str, *, is_json: bool) -> ToolkitError:
    """Return the error for an answer that is no success. `said` is its detail, with nothing secret in it."""
    quoted = f' The server says: "{said}"' if said else " The server says nothing about it."
    if status in (401, 403):
        return AuthenticationFailed(f"{asked} was refused with {status}.{quoted} {_refused(said)}")
    if status == 404 and said == "Invalid page.":
        return InvalidPage(f"{asked}: Invalid page: it is past the end.")
    if status == 404 and is_json:
        return NotFound(f"{asked}: there is no such thing on the server.{quoted}")
    if status == 404:
        return NotFound(
            f"{asked}: the server has no such address.{quoted} Is the base URL right? It ends where /v6/ begins, "
            "often with /api."
        )
    if 400 <= status < 500 and status != 429:
        return Rejected(f"{asked} was refused with {status}.{quoted}", status=status, detail=said)
    if status >= 500 or status == 429:
        advice = (
            "Ask for less at a time, or later."
            if status in (429, 503, 504)
            else "The server's log has more; a v6 server also answers so to some plain mistakes of the caller."
        )
        return ServerFailed(f"{asked} failed with {status} on the server.{quoted} {advice}", status=status, detail=said)
    return ServerFailed(
        f"{asked} was answered with {status}, which no v6 service does.{quoted}", status=status, detail=said
    )


def _refused(said: str) -> str:
    """Return what to do; only the text of v6's 403 tells what is meant (v6-live-observations 36)."""
    text = said.lower()
    if "not provided" in text:
        return "Give connect(token=…), or set the environment variable JOBTYPE_TOOLKIT_TOKEN."
    if "invalid token" in text:
        return "Is the token one of this server, and still valid?"
    if "permission" in text:
        return "Writing needs a staff user's token."
    if "csrf" in text:
        return "A proxy in between adds cookies; a token must come alone."
    return "Check the token, and what its user may do."
