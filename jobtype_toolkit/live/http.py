"""One server over HTTP: where requests go, how long they may take, which are repeated, and what failures become."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.cookiejar import DefaultCookiePolicy
from typing import Any, NoReturn
from urllib.parse import urljoin, urlsplit

import requests
from requests.adapters import HTTPAdapter

from jobtype_toolkit import hints
from jobtype_toolkit.errors import ConnectionFailed, ServerFailed, ToolkitError
from jobtype_toolkit.live.auth import Concealed, Credentials
from jobtype_toolkit.live.deadline import Adapter, Deadline
from jobtype_toolkit.live.error_mapping import Unfinished, detail, failure, readable, unfinished
from jobtype_toolkit.live.redact import echoing
from jobtype_toolkit.live.retry import AGAIN, AWAY, SLOWER, Pace, Retries
from jobtype_toolkit.seed.text import clipped

Params = Sequence[tuple[str, str | int]]
_POOL = 16
"""Connections that are kept for later."""
_CHUNK = 2**16
_LARGEST = 2**28
"""Bytes of the largest answer that is read, unpacked: a server gone wrong must not fill the memory."""
_REDIRECTS = 5
_NO_PROXIES: Mapping[str, Any] = {"http": None, "https": None, "all": None}
"""Without these, requests would take the environment's for the schemes that a caller leaves out."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A successful answer, its body read to the end."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    value: Any = field(default=None, repr=False)
    """The JSON of the body; None if there is no body."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How a server is reached."""

    timeout: tuple[float, float] = (10.0, 120.0)
    """Seconds to wait for a connection, and for each piece of an answer."""
    deadline: float = 1200.0
    """Seconds that a request may take in all."""
    verify: bool | str = True
    cert: str | tuple[str, str] | None = None
    proxies: Mapping[str, str] | None = field(default=None, repr=False)
    retries: Retries = field(default_factory=Retries)
    transport: HTTPAdapter | None = None
    """What carries the requests instead of the network."""


class _Session(requests.Session):
    """A session that never looks where a redirect leads."""

    def get_redirect_target(self, resp: requests.Response) -> None:  # noqa: ARG002 - as the base class has it
        return None


class Http:
    """Asks one server, and only it. Safe for several threads."""

    def __init__(self, base: str, credentials: Credentials, settings: Settings) -> None:
        """Take the base URL, which has no slash at its end, the credentials, and how to reach the server."""
        self.base = base
        self._settings = settings
        self._hide = credentials.hide
        self.pace = Pace(settings.retries.sleep)
        self.requests = 0
        """How many requests were sent."""
        self._patient = 0
        """How many callers are patient now."""
        self.dated: tuple[str, datetime] | None = None
        """The date of the last answer, and when it came."""
        self._counting = threading.Lock()
        self._session = session = _Session()
        session.auth = credentials.sign  # also without a token: requests would look into ~/.netrc
        session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))  # a session cookie would win over the token
        session.headers["Accept"] = "application/json"
        self._proxies: dict[str, Any] | None = None
        if settings.proxies is not None:  # an address may have a password in it
            given = {
                scheme: Concealed(url) if isinstance(url, str) else url for scheme, url in settings.proxies.items()
            }
            self._proxies = {**_NO_PROXIES, **given}
        adapter = settings.transport or Adapter(pool_connections=2, pool_maxsize=_POOL)
        session.mount("https://", adapter)
        session.mount("http://", adapter)

    def __repr__(self) -> str:
        return f"<Http {self.base}>"

    def __reduce__(self) -> NoReturn:
        msg = "A connection to a server cannot be pickled because its token would leak. Call jt.connect() in the other process."
        raise TypeError(msg)

    def close(self) -> None:
        """Close what is open; the next request opens it again."""
        self._session.close()

    @contextmanager
    def patiently(self) -> Iterator[None]:
        """Let questions be asked on while the server is away, for as long as `Retries.patience` allows."""
        with self._counting:
            self._patient += 1
        try:
            yield
        finally:
            with self._counting:
                self._patient -= 1

    def get(self, path: str, params: Params = (), *, accept: str | None = None, again: bool = True) -> Answer:
        """Send a GET, again if that may help, and return its JSON, or the body alone if another kind is accepted.

        Args:
            path: below `/v6/`, with its slash at the end.
            params: the query; a repeated parameter several times.
            accept: another media type than JSON.
            again: whether a 500 is asked again.

        Raises:
            AuthenticationFailed, NotFound, Rejected: the server says no.
            ServerFailed: it fails, or answers with what is no JSON, also when asked again.
            ConnectionFailed: it cannot be reached, or breaks off, also when asked again.
        """
        retries, number = self._settings.retries, 0
        patience = retries.patience if self._patient else 0.0
        began, waited = retries.now(), 0.0
        while True:
            number += 1
            self.pace.wait()
            left = patience - max(waited, retries.now() - began)
            try:
                answer = self._once("GET", path, params, accept=accept)
            except Unfinished as error:
                wrong: ToolkitError = ConnectionFailed(self._unfinished("GET", path, error, tries=number))
                pause = retries.pause(number, left=left) if error.may_pass else None
            else:
                wrong_or_none = self._judged("GET", path, answer, accept)
                if wrong_or_none is None:
                    return answer
                wrong = wrong_or_none
                is_passing = (answer.status in AGAIN or answer.status < 300) and (again or answer.status != 500)
                left = left if answer.status in AWAY else 0.0
                pause = retries.pause(number, answer.headers.get("retry-after"), left=left) if is_passing else None
                if answer.status in SLOWER and pause is not None:
                    self.pace.slow(pause)
                    waited += pause
                    continue
            if pause is None:
                raise wrong from None
            waited += pause
            retries.sleep(pause)

    def send(self, method: str, path: str, body: Any, *, secrets: Iterable[str] = ()) -> Answer:
        """Send a body once, and never again by itself; no redirect is followed.

        Args:
            method: POST or PATCH.
            path: below `/v6/`.
            body: a JSON value.
            secrets: values in the body that no message may repeat.

        Raises:
            AuthenticationFailed, NotFound, Rejected: the server says no, and nothing was changed.
            ServerFailed: it fails, and may or may not have done what was asked.
            ConnectionFailed: the answer did not come, or not whole; likewise.
        """
        self.pace.wait()
        data = json.dumps(body, ensure_ascii=False, allow_nan=False).encode()
        try:
            answer = self._once(method, path, (), data=data)
        except Unfinished as error:
            wrong: ToolkitError = ConnectionFailed(self._unfinished(method, path, error))
        else:
            wrong_or_none = self._judged(method, path, answer, None, secrets)
            if wrong_or_none is None:
                return answer
            wrong = wrong_or_none
        raise wrong  # out here, so that nothing hangs on it that knows the body

    def _once(
        self, method: str, path: str, params: Params, *, data: bytes | None = None, accept: str | None = None
    ) -> Answer:
        """Send one request and read its answer to the end, following redirects of a GET on the same server.

        Raises:
            Unfinished: there is no answer, or an incomplete one.
        """
        headers = {"Content-Type": "application/json"} if data is not None else {}
        if accept:
            headers["Accept"] = accept
        url: str = f"{self.base}/v6/{path}"
        query: Params | None = params
        for _ in range(_REDIRECTS):
            answer = self._exchange(method, url, query, data, headers)
            target = self._moved_to(url, answer) if method == "GET" else None
            if target is None:
                return answer
            url, query = target, None
        return answer

    def _moved_to(self, url: str, answer: Answer) -> str | None:
        """Return the target of a redirect on this same server; None if there is none, or if it is elsewhere."""
        if answer.status not in (301, 302, 303, 307, 308):
            return None
        try:
            target = urljoin(url, answer.headers.get("location", ""))
            return target if urlsplit(target)[:2] == urlsplit(self.base)[:2] else None
        except ValueError:
            return None

    def _exchange(
        self, method: str, url: str, params: Params | None, data: bytes | None, headers: Mapping[str, str]
    ) -> Answer:
        with self._counting:
            self.requests += 1
        settings = self._settings
        with Deadline(settings.deadline) as deadline:
            try:
                response = self._session.request(
                    method,
                    url,
                    params=list(params or ()),
                    data=data,
                    headers=headers,
                    timeout=settings.timeout,
                    allow_redirects=False,
                    stream=True,
                    verify=settings.verify,
                    cert=settings.cert,
                    proxies=self._proxies,
                )
                with response:
                    if response.raw.connection is not None:  # an answer of this process has none
                        deadline.watch(response.raw.shutdown)
                    answer = self._answer(response)
            except (requests.RequestException, OSError, ValueError) as error:  # urllib3 lets a few through
                answer = unfinished(error)
        if deadline.is_over:
            answer = Unfinished(
                f"the answer did not end within {deadline.seconds:,g} s"
                + hints.either("; ask for smaller pages, or see deadline=.", "."),
                may_pass=False,
            )
        if isinstance(answer, Unfinished):
            raise answer  # out here: the exceptions of requests carry the request, and it the token
        return answer

    def _answer(self, response: requests.Response) -> Answer | Unfinished:
        """Return an answer that is read to its end; why not if it is too large."""
        body = self._read(response)
        found = {name.lower(): value for name, value in response.headers.items()}
        self.dated = (found["date"], datetime.now(UTC)) if "date" in found else self.dated
        return body if isinstance(body, Unfinished) else Answer(response.status_code, found, body, _json(body))

    @staticmethod
    def _read(response: requests.Response) -> bytes | Unfinished:
        """Return the unpacked body; why it was not read to its end if it is too large."""
        parts, size = [], 0
        for part in response.iter_content(_CHUNK):
            size += len(part)
            if size > _LARGEST:
                return Unfinished(
                    f"the answer is larger than {_LARGEST:,} bytes, unpacked; ask for smaller pages.", may_pass=False
                )
            parts.append(part)
        return b"".join(parts)

    def _judged(
        self, method: str, path: str, answer: Answer, accept: str | None, secrets: Iterable[str] = ()
    ) -> ToolkitError | None:
        """Return the error that an answer stands for, or None for a success."""
        is_fine = 200 <= answer.status < 300
        if is_fine and (accept or answer.value is not _BROKEN):
            return None
        hide_secrets = echoing(secrets)

        def hide(text: str) -> str:
            return self._hide(hide_secrets(text))

        kind = answer.headers.get("content-type", "")
        asked = f"{method} {self._place(path)}"
        if 300 <= answer.status < 400:
            target = clipped(readable(answer.headers.get("location", "nowhere"), hide), 200)
            return ServerFailed(
                f"{asked} was redirected to {target}, and a client that follows would send its token, or lose what "
                "it sends. Connect with the URL that the server wants to be called by.",
                status=answer.status,
            )
        if is_fine:
            said = detail(answer.body, kind, hide)
            return ServerFailed(
                f'{asked} was answered with {answer.status} and no JSON: "{clipped(said, 120)}". Is this a v6 server, and '
                "does nothing in between change its answers?",
                status=answer.status,
                detail=said,
            )
        retries = self._settings.retries
        wait = retries.asked(answer.headers.get("retry-after"))
        return failure(
            asked,
            answer.status,
            detail(answer.body, kind, hide),
            is_json="json" in kind,
            wait=wait,
            longest=retries.longest,
        )

    def _unfinished(self, method: str, path: str, why: Unfinished, *, tries: int = 1) -> str:
        attempts = f" after {tries} attempts" if tries > 1 else ""
        return f"{method} {self._place(path)} failed{attempts}: no complete answer ({self._hide(str(why))})"

    def _place(self, path: str) -> str:
        return clipped(f"{self.base}/v6/{path}", 200)


class _Broken:
    """What stands for a body that is no JSON."""

    def __repr__(self) -> str:
        return "<no JSON>"


_BROKEN = _Broken()


def _json(body: bytes) -> Any:
    if not body:
        return None
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return _BROKEN
