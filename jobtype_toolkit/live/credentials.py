"""What proves to a server who asks: kept in a closure, so that no repr, `vars()`, log, traceback or pickle shows it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import requests
from requests.auth import HTTPBasicAuth

from jobtype_toolkit.errors import InvalidParameter

HIDDEN = "<hidden>"
Hide = Callable[[str], str]


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
        msg = "connect(auth=…) is nothing that requests can sign with. Give a requests.auth.AuthBase, or a user and password."
        raise InvalidParameter(msg)
    secret = getattr(auth, "password", None)

    def sign(request: requests.PreparedRequest) -> requests.PreparedRequest:
        signed: requests.PreparedRequest = auth(request)
        return signed

    return Credentials(sign, _without(secret), "signed")


def _by_token(token: str) -> Credentials:
    if not isinstance(token, str) or not token.strip() or not token.strip().isascii() or len(token.split()) != 1:
        msg = "connect(token=…): this is no token: it is empty, or has a blank or a letter that no token has."
        raise InvalidParameter(msg)
    plain = token.strip()

    def sign(request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Token {plain}"
        return request

    return Credentials(sign, _without(plain), "with a token")


def _without(secret: Any) -> Hide:
    if not isinstance(secret, str) or not secret:
        return lambda text: text
    return lambda text: text.replace(secret, HIDDEN)
