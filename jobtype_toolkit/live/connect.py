"""How a server is connected to: its URL, who asks, and what stands between."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit, urlunsplit

from requests.adapters import HTTPAdapter

from jobtype_toolkit import hints
from jobtype_toolkit.api.times import Clock
from jobtype_toolkit.errors import InvalidParameter, NotVerified
from jobtype_toolkit.live.auth import credentials
from jobtype_toolkit.live.clock import ServerClock
from jobtype_toolkit.live.http import Http, Settings
from jobtype_toolkit.live.retry import Retries
from jobtype_toolkit.live.scale import Scale

TOKEN_VARIABLE = "JOBTYPE_TOOLKIT_TOKEN"  # noqa: S105 - the name of the variable, not a token
_DEFAULT = Retries()


def connect(
    url: str,
    token: str | None = None,
    *,
    auth: Any = None,
    timeout: float | tuple[float, float] = (10.0, 120.0),
    deadline: float = 1200.0,
    verify: bool | str | Path = True,
    cert: str | tuple[str, str] | None = None,
    proxies: Mapping[str, str] | None = None,
    retries: Retries = _DEFAULT,
    ui_url: str | None = None,
    clock: Clock | None = None,
    transport: HTTPAdapter | None = None,
) -> Scale:
    """Return a live v6 server. Nothing is asked of it yet.

    Args:
        url: the base URL, whatever its prefix: what stands before `/v6/`, such as `https://scale.example/api`.
        token: a key of v6's token service; the environment variable JOBTYPE_TOOLKIT_TOKEN if not given. It is in no
            repr, log, traceback or pickle, and goes to this server only.
        auth: instead of a token, anything that `requests` takes as `auth`.
        timeout: seconds to wait for a connection, and for each piece of an answer; one number for both. A page of 1,000 jobs
            takes a real server 13 s and more.
        deadline: seconds that each request may take in all, to the last byte of its answer; a call may need several requests,
            and asks again as `retries` has it.
        verify: False does not verify certificates, and warns; a path names a file of private CAs. The environment variable
            REQUESTS_CA_BUNDLE is honoured.
        cert: a file with the client's certificate and key, or the two files.
        proxies: scheme → proxy, instead of those of the environment.
        retries: how questions are asked again: `jt.Retries(count=5)`. Writes never are.
        ui_url: where Scale's own UI is, for `job_link`, `job_type_link` and `linked`.
        clock: tells the present, as an aware datetime; the server's, by the dates of its answers, if not given.
        transport: carries the requests instead of the network: `testing.Transport(handler)`, or an adapter of `requests`.

    Raises:
        InvalidParameter: the URL or token is malformed, or the URL has a user and a password in it; a file of certificates
            is missing; a timeout or deadline is not a positive number.

    Warns:
        NotVerified: certificates are not verified, or a token goes to another machine unencrypted.
    """
    base = _base(url, name="url")
    given = token if token is not None or auth is not None else os.environ.get(TOKEN_VARIABLE) or None
    if verify is False:
        warnings.warn(
            f"connect({base!r}, verify=False): the certificate is not verified. Name a private CA instead: verify='ca.pem'.",
            NotVerified,
            stacklevel=2,
        )
    known = credentials(given, auth)
    if base.startswith("http://") and known.kind != "no token" and transport is None and not _is_here(base):
        warnings.warn(
            f"{hints.on('connect', base)}: the token goes over the network unencrypted, and whoever is in between can read it. Use "
            "https:// if the server has it.",
            NotVerified,
            stacklevel=2,
        )
    if not isinstance(verify, bool):
        verify = _file(verify, name="verify")
    if cert is not None:
        cert = (
            (_file(cert[0], name="cert"), _file(cert[1], name="cert")) if _is_pair(cert) else _file(cert, name="cert")
        )
    told = known.kind if verify is not False else f"{known.kind}, certificates NOT verified"
    http = Http(
        base, known, Settings(_seconds(timeout), _deadline(deadline), verify, cert, proxies, retries, transport)
    )
    return Scale(
        http,
        clock=clock or ServerClock(http),
        ui_url=None if ui_url is None else _base(ui_url, name="ui_url"),
        about=told,
    )


def _is_here(base: str) -> bool:
    """Whether a URL is this machine's own."""
    host = urlsplit(base).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _is_pair(value: Any) -> bool:
    return isinstance(value, (tuple, list)) and len(value) == 2


def _named(name: str, value: Any) -> str:
    """Return an argument of `connect` as the caller writes it."""
    option = hints.argument({"verify": "ca_file", "cert": "cert_file"}.get(name, name), value)
    return hints.either(f"connect({name}={value!r})", option)


def _file(given: Any, *, name: str) -> str:
    """Return the path of a file of certificates; InvalidParameter if it is not one."""
    if not isinstance(given, (str, Path)) or not str(given):
        msg = f"{_named(name, given)} does not name a file of certificates."
        raise InvalidParameter(msg)
    path = Path(given).expanduser()
    if not path.exists():
        msg = f"{_named(name, str(path))}: no such file."
        raise InvalidParameter(msg)
    return str(path)


def _seconds(timeout: Any) -> tuple[float, float]:
    """Return the two timeouts; InvalidParameter if they are not positive, finite numbers."""
    both = tuple(timeout) if _is_pair(timeout) else (timeout, timeout)
    if all(map(_is_wait, both)):
        return float(both[0]), float(both[1])
    msg = f"connect(timeout={timeout!r}) is not a number of seconds. Give one, or two: to connect, and for each piece of an answer."
    raise InvalidParameter(msg)


def _deadline(deadline: Any) -> float:
    """Return the deadline; InvalidParameter if it is no positive, finite number."""
    if _is_wait(deadline):
        return float(deadline)
    msg = f"connect(deadline={deadline!r}) is not a number of seconds. Give how long each request may take in all."
    raise InvalidParameter(msg)


def _is_wait(seconds: Any) -> bool:
    return isinstance(seconds, (int, float)) and not isinstance(seconds, bool) and 0 < seconds < _FOR_EVER


_NO_URL = frozenset(" \"'<>\\^`{|}")
"""What a URL has in percent-encoding only; links are made of it."""
_FOR_EVER = 1e6
"""Seconds that no system waits."""


def _url(name: str) -> str:
    return hints.either(f"connect({name}=…)", "--server")


def _base(url: str, *, name: str) -> str:
    """Return a URL without a slash at its end, and without the `/v6` that a copied address may have."""
    text = url.strip() if isinstance(url, str) else ""
    try:
        parts = urlsplit(text)
        is_url = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_url, parts = False, SplitResult("", "", "", "", "")
    if is_url and (parts.username is not None or parts.password is not None):
        msg = f"{_url(name)}: the URL has a user or a password in it, which would be seen. "
        msg += hints.either("Give auth=(user, password).", "Give a token.")
        raise InvalidParameter(msg)
    if not is_url or parts.query or parts.fragment or not text.isprintable() or _NO_URL & set(text):
        msg = (
            f"{_url(name)}: not a valid base URL. Pass everything before /v6/, including the scheme: "
            "https://scale.example/api."
        )
        raise InvalidParameter(msg)
    path = parts.path.rstrip("/")
    path = path.removesuffix("/v6").removesuffix("/v7").rstrip("/") if name == "url" else path
    return urlunsplit((parts.scheme, parts.netloc, path, "", ""))
