"""What proves to a server who asks: kept in a closure, so that no repr, `vars()`, log, traceback or pickle shows it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import requests
from requests.auth import HTTPBasicAuth

from jobtype_toolkit import hints
from jobtype_toolkit.errors import InvalidParameter
from jobtype_toolkit.live.redact import Hide, hiding
from jobtype_toolkit.plans.request import HIDDEN


@dataclass(frozen=True, slots=True)
class Credentials:
    """How requests are signed, and how what they are signed with is taken out of a text."""

    sign: Callable[[requests.PreparedRequest], requests.PreparedRequest]
    hide: Hide
    kind: str


def credentials(token: str | None, auth: Any) -> Credentials:
    """Return the credentials for a token, or for what `requests` takes as `auth`.

    Raises:
        InvalidParameter: both are given, or the token cannot be one.
    """
    if token is not None and auth is not None:
        msg = "connect(token=…, auth=…): both were given. Give one of them."
        raise InvalidParameter(msg)
    if token is not None:
        return _by_token(token)
    if auth is None:
        return Credentials(lambda request: request, lambda text: text, "no token")
    if isinstance(auth, tuple):
        auth = HTTPBasicAuth(*auth)
    if not callable(auth):
        msg = "connect(auth=…): expected a requests auth object or a (user, password) tuple."
        raise InvalidParameter(msg)
    secrets = [getattr(auth, "password", None)]

    def sign(request: requests.PreparedRequest) -> requests.PreparedRequest:
        signed: requests.PreparedRequest = _concealed(auth(request))
        return signed

    if isinstance(auth, HTTPBasicAuth):
        secrets.append(_basic(auth))
    return Credentials(sign, hiding(secrets), "signed")


def _by_token(token: str) -> Credentials:
    if not isinstance(token, str) or not token.strip() or not token.strip().isascii() or len(token.split()) != 1:
        msg = f"{hints.either('connect(token=…)', 'The token')}: not a valid token: it is empty, or contains a blank or a character that tokens cannot have."
        raise InvalidParameter(msg)
    plain = token.strip()

    def sign(request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Token {plain}"
        return _concealed(request)

    return Credentials(sign, hiding([plain]), "with a token")


def _basic(auth: HTTPBasicAuth) -> str:
    """Return what HTTP Basic sends of a user and password."""
    signed = auth(requests.Request("GET", "http://localhost/").prepare())
    return str(signed.headers["Authorization"]).partition(" ")[2]


class Concealed(str):
    """A text that debuggers and verbose tracebacks, which show local variables, do not show."""

    __slots__ = ()

    def __repr__(self) -> str:
        return HIDDEN


def _concealed(request: requests.PreparedRequest) -> requests.PreparedRequest:
    value = request.headers.get("Authorization")
    if isinstance(value, str):
        request.headers["Authorization"] = Concealed(value)
    return request
