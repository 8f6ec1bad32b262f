"""The failures of a v6 server as errors of the toolkit, and the reasons why there is no answer.

Four shapes occur: `{"detail": …}`, lists of messages by field, HTML of a route that does not exist, HTML of a 500;
proxies add more. Whatever it is, a reader gets its message, readable and of a readable length.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import requests

from jobtype_toolkit import hints
from jobtype_toolkit.errors import AuthenticationFailed, InvalidPage, NotFound, Rejected, ServerFailed, ToolkitError
from jobtype_toolkit.live.redact import Hide
from jobtype_toolkit.live.retry import YEAR
from jobtype_toolkit.seed.codes import CONFIGURATION_CODES
from jobtype_toolkit.seed.findings import SCALE, SCALE_CREATE, Finding, finding
from jobtype_toolkit.seed.text import clipped

LONGEST = 500
"""The longest detail that is told, in characters."""
_READ = 100_000
"""How many bytes of a failure are looked at."""
_TERMINAL = re.compile(r"\x1b(\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\x07\x1b]*(\x07|\x1b\\)?)")
_UNPRINTABLE = re.compile(
    r"[\x00-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff\s]+"
)


def detail(body: bytes, content_type: str = "", hide: Hide = str) -> str:
    """Return what the body of a failure says, on one line, without markup and secrets, cut if it is long."""
    text = body[:_READ].decode("utf-8", "replace")
    try:
        said = _said(json.loads(text))
    except (ValueError, RecursionError):
        is_html = "html" in content_type or text.lstrip()[:1] == "<"
        said = _text_of(text) if is_html else text
    return readable(said, hide)


def readable(said: str, hide: Hide = str) -> str:
    """Return a text of a server on one line, without secrets and what steers a terminal, cut if it is long.

    It is hidden from before and after: a secret that is cut, or put together, is not found otherwise.
    """
    plain = _UNPRINTABLE.sub(" ", _TERMINAL.sub(" ", hide(said))).strip()
    return clipped(hide(plain), LONGEST)


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
        self._hidden = 0 if tag == "body" else self._hidden + (tag in _NOT_SEEN)

    def handle_endtag(self, tag: str) -> None:
        self._hidden = max(self._hidden - (tag in _NOT_SEEN), 0)

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.parts.append(data)


_NOT_SEEN = ("script", "style", "head")


def _text_of(page: str) -> str:
    parser = _Text()
    try:
        parser.feed(page)
        parser.close()
    except (AssertionError, ValueError):  # markup that the parser gives up on: what it had read is enough
        pass
    return " ".join(parser.parts)


def failure(
    asked: str, status: int, said: str, *, is_json: bool, wait: float | None = None, longest: float = YEAR
) -> ToolkitError:
    """Return the error for an answer that is not a success.

    Args:
        asked: the request.
        status: that of the answer.
        said: its detail, with nothing secret in it.
        is_json: whether it came as JSON.
        wait: how many seconds it asks to wait.
        longest: how many seconds are waited at most.
    """
    quoted = f' The server says: "{said}"' if said else " The server says nothing about it."
    if wait is not None:
        more = " or more" if wait >= YEAR else ""
        too_long = f"; more than {longest:,.0f} s are not waited for" if wait > longest else ""
        quoted += f" It asks to wait {wait:,.0f} s{more}{too_long}."
    if status in (401, 403):
        return AuthenticationFailed(f"{asked} was refused with {status}.{quoted} {_refused(said)}")
    if status == 404 and said == "Invalid page.":
        return InvalidPage(f'{asked}: the page is past the end. The server says: "{said}"')
    if status == 404 and is_json:
        return NotFound(f"{asked}: not found on the server.{quoted}")
    if status == 404:
        return NotFound(
            f"{asked}: no such address on the server.{quoted} Is the base URL right? It ends where /v6/ begins, "
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
    """Return what to do; only the text of v6's 403 tells what is meant."""
    text = said.lower()
    if "not provided" in text:
        return f"Give {hints.either('connect(token=…)', '--token-file FILE')}, or set the environment variable JOBTYPE_TOOLKIT_TOKEN."
    if "invalid token" in text:
        return "Is the token one of this server, and still valid?"
    if "permission" in text:
        return "Writing needs a staff user's token."
    if "csrf" in text:
        return "A proxy in between adds cookies; a token must come alone."
    return "Check the token, and what its user may do."


_CODES = {
    "Error validating against schema": "JSON_VALIDATION_ERROR",
    "Collisions are not allowed": "NAME_COLLISION_ERROR",
    "Mount names must be unique": "DUPLICATE_MOUNT_NAMES",
    "Error names must be unique": "DUPLICATE_ERROR_NAMES",
    "mount must have an absolute path": "INVALID_MOUNT_PATH",
    "Invalid configuration version": "INVALID_VERSION",
    "Invalid configuration:": "INVALID_CONFIGURATION",
    "must use an absolute host path": "HOST_ABSOLUTE_PATH",
    "No workspace named": "INVALID_WORKSPACE",
    "Missing workspace": "MISSING_WORKSPACE",
    'named "validation"': "RESERVED_JOB_NAME",
    "for a System Job": "SYSTEM_JOB_TYPE",
    "does not match current Job Type": "JOB_TYPE_MISMATCH",
    "is not a valid field": "NOT_IN_RELEASE",
}
"""What v6 says → the code that it stands for."""
_OF_CONFIGURATION = frozenset(one.name for one in CONFIGURATION_CODES)
_BY_CREATION = frozenset({"RESERVED_JOB_NAME", "SYSTEM_JOB_TYPE", "JOB_TYPE_MISMATCH", "NOT_IN_RELEASE"})


def refusal(error: Rejected) -> Rejected:
    """Return the refusal of a write with the finding that its detail stands for, if that can be told.

    A creation or an edit that is refused has a text and no code.
    """
    code = next((code for text, code in _CODES.items() if text in error.detail), None)
    findings: tuple[Finding, ...] = ()
    if code is not None:
        mark = SCALE_CREATE if code in _BY_CREATION else SCALE
        found = finding(code, (), error.detail, marks={mark})
        findings = (replace(found, document="configuration") if code in _OF_CONFIGURATION else found,)
    secrets = (
        " Ask the server's operator for one, or send no secret setting." if "secrets backend" in error.detail else ""
    )
    msg = f"{error}{secrets} Nothing was changed."
    return Rejected(msg, status=error.status, detail=error.detail, findings=findings)


_SYSTEM_SAYS = re.compile(
    r"\[(?:Errno|SSL)[^'\"<>)]{0,200}|Name or service not known|Temporary failure in name resolution"
)
_TROUBLE: tuple[tuple[type[requests.RequestException], str], ...] = (
    (requests.exceptions.SSLError, "the certificates do not fit"),
    (requests.exceptions.ProxyError, "the proxy cannot be reached or refuses"),
    (requests.exceptions.ConnectTimeout, "the server does not answer the connection in time"),
    (requests.exceptions.ReadTimeout, "the answer takes longer than allowed"),
    (requests.exceptions.ChunkedEncodingError, "the connection broke off in the middle of the answer"),
    (requests.exceptions.ContentDecodingError, "the answer is packed in a way that cannot be unpacked"),
    (requests.exceptions.InvalidURL, "the URL is none"),
    (requests.exceptions.ConnectionError, "the server cannot be reached, or it closed the connection"),
)
_REMEDIES: dict[str, tuple[str, str]] = {
    "the certificates do not fit": (
        "; name a private CA with verify='ca.pem', your own one with cert='client.pem'",
        "; name a private CA with --ca-file, your own one with --cert-file",
    ),
    "the proxy cannot be reached or refuses": ("; look at proxies= and the environment", "; look at the environment"),
    "the server does not answer the connection in time": ("; see timeout=", ""),
    "the answer takes longer than allowed": ("; ask for smaller pages, or see timeout=", ""),
}
"""What to do about it, for a caller in Python and for one in a terminal."""


class Unfinished(Exception):
    """No answer, or not a whole one; the text says why."""

    def __init__(self, why: str, *, may_pass: bool) -> None:
        """Take why, and whether asking again may help."""
        super().__init__(why)
        self.may_pass = may_pass


def unfinished(error: Exception) -> Unfinished:
    """Return why there is no answer, without what the error of `requests` drags along: the request, and with it the token."""
    said = str(error)
    if not isinstance(error, requests.RequestException):
        is_file = said.startswith("Could not find")  # the certificates that REQUESTS_CA_BUNDLE names
        why = said if is_file else type(error).__name__
        return Unfinished(f"{why}.", may_pass=isinstance(error, OSError) and not is_file)
    if isinstance(error, requests.exceptions.InvalidSchema) and "SOCKS" in said:
        return Unfinished("the proxy is a SOCKS one, which needs `pip install pysocks`.", may_pass=False)
    found = _SYSTEM_SAYS.search(said)
    system = f" ({found[0].strip()})" if found else ""
    if "WRONG_VERSION_NUMBER" in said or "record layer failure" in said.lower():
        return Unfinished(
            "the server does not speak TLS at this address; is it http:// instead of https://?", may_pass=False
        )
    text = next((text for kind, text in _TROUBLE if isinstance(error, kind)), type(error).__name__)
    may_pass = "CERTIFICATE_VERIFY_FAILED" not in said and not isinstance(error, ValueError)
    remedy = hints.either(*_REMEDIES.get(text, ("", "")))
    return Unfinished(f"{text}{remedy}{system}.", may_pass=may_pass)
