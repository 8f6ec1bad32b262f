"""The token is in nothing that people print, save, send on or log."""

from __future__ import annotations

import copy
import logging
import pickle
import sys
import traceback
from collections.abc import Iterator

import pytest
import requests
from histories import page
from loopback import Broken, Reply, html

import jobtype_toolkit as jt

PASSWORD = "correct horse/battery"


def everything_in(value: object, depth: int = 6) -> Iterator[str]:
    """The reprs of an object and of what its attributes, items and members hold, as a debugger unfolds them."""
    yield repr(value)
    if depth == 0 or isinstance(value, (str, bytes, int, float, type(sys), type)):
        return
    parts = list(getattr(value, "__dict__", {}).values())
    parts += [getattr(value, name, None) for name in getattr(type(value), "__slots__", ())]
    if isinstance(value, dict):
        parts += [*value, *value.values()]
    elif isinstance(value, (list, tuple, set, frozenset)):
        parts += list(value)
    for one in parts:
        yield from everything_in(one, depth - 1)


def told_by(error: BaseException) -> str:
    """What a traceback can show of an error over its whole chain: messages, and the local variables of the library's frames.

    The frames of the caller, who knows the secret, are left out.
    """
    parts: list[str] = []
    chain: list[BaseException | None] = [error]
    while chain:
        one = chain.pop()
        if one is None:
            continue
        chain += [one.__cause__, one.__context__]
        ours = [pair for pair in traceback.walk_tb(one.__traceback__) if pair[0].f_code.co_filename != __file__]
        stack = traceback.StackSummary.extract(iter(ours), capture_locals=True)
        assert any(frame.locals for frame in stack)
        parts += [*stack.format(), str(one), repr(one), repr(one.args), repr(vars(one))]
    return "".join(parts)


@pytest.fixture
def serving(listening):
    """Servers with a socket: this module is about connections."""
    return listening


@pytest.fixture(params=["token", "password"])
def signed(request, token):
    """(how to connect, what nobody may see)"""
    if request.param == "token":
        return {"token": token}, [token]
    return {"auth": ("someone", PASSWORD)}, [PASSWORD, "c29tZW9uZTpjb3JyZWN0IGhvcnNlL2JhdHRlcnk="]


def test_no_repr_and_no_attribute_shows_it(asking, signed):
    how, secrets = signed
    scale = asking(lambda _: page([]), **how)
    frame = scale.job_types()
    shown = [*everything_in(scale), repr(frame.attrs), frame._repr_html_(), str(dir(scale)), format(scale)]
    assert not [one for one in shown for secret in secrets if secret in one]


def test_a_notebook_shows_nothing_but_the_repr(asking, token):
    scale = asking(lambda _: page([]))
    for name in ("_repr_html_", "_repr_mimebundle_", "_repr_pretty_"):
        assert not hasattr(scale, name)
    assert repr(scale) == f"<Scale {scale.url}, with a token>"


@pytest.mark.parametrize("dump", [pickle.dumps, copy.copy, copy.deepcopy])
def test_it_is_not_pickled_or_copied(asking, dump):
    scale = asking(lambda _: page([]))
    for one in (scale, scale.http):
        with pytest.raises(TypeError, match=r"cannot be pickled|Connect anew"):
            dump(one)


def test_no_log_has_it_also_at_the_lowest_level(asking, signed, caplog):
    how, secrets = signed
    caplog.set_level(logging.DEBUG)
    scale = asking(lambda _: page([]), **how)
    scale.job_types()
    assert any(one.name.startswith("urllib3") for one in caplog.records)
    assert not [one for one in secrets if one in caplog.text]


ANSWERS = {
    "refused": lambda secret: Reply(403, {"detail": f"Invalid token {secret}."}),
    "a mistake": lambda secret: Reply(400, {"detail": f"Authorization: Token {secret}"}),
    "a page": lambda secret: html(500, f"<h1>Server Error</h1><pre>Authorization: {secret}</pre>"),
    "cut in the secret": lambda secret: Reply(400, {"detail": "x" * 485 + secret}),
    "no JSON": lambda secret: Reply(200, f"what? {secret}"),
    "redirected": lambda secret: Reply(302, headers={"Location": f"http://other.example/?t={secret}"}),
    "not found": lambda secret: Reply(404, {"detail": f"No {secret}."}),
    "cut off": lambda _: Broken(200, {"a": "b"}, cut=3),
    "reset": lambda _: Broken(is_reset=True),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_no_error_has_it_whatever_the_server_repeats(asking, signed, name):
    how, secrets = signed
    scale = asking(lambda asked: ANSWERS[name](asked.headers["authorization"].split()[-1]), **how)
    for ask in (scale.job_types, lambda: scale.job_type("x", "1"), lambda: scale.http.send("POST", "job-types/", {})):
        with pytest.raises(jt.ToolkitError) as caught:
            ask()
        shown = told_by(caught.value) + "".join(traceback.format_exception(caught.value))
        assert not [one for one in secrets if one[:12] in shown]


def test_an_error_of_a_connection_drags_no_request_along(client):
    scale = client("http://127.0.0.1:9/api")
    with pytest.raises(jt.ConnectionFailed) as caught:
        scale.job_types()
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


class Interrupted(BaseException):
    """As Ctrl-C is."""


class Breaking(requests.auth.AuthBase):
    """Signs, and is interrupted before the request is sent."""

    def __init__(self, token):
        self._sign = lambda request: request.headers.update(Authorization=f"Token {token}")

    def __call__(self, request):
        self._sign(request)
        return request


def test_a_debugger_in_the_middle_of_a_request_shows_no_header(asking, token, monkeypatch):
    """IPython and others show the local variables of all frames when a request is interrupted."""

    def interrupted(self, request, *arguments, **more):
        headers = request.headers
        assert headers["Authorization"] == f"Token {token}"
        raise Interrupted

    for auth in ({"token": token}, {"auth": Breaking(token)}):
        scale = asking(lambda _: page([]), **auth)
        monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", interrupted)
        del auth
        with pytest.raises(Interrupted) as caught:
            scale.job_types()
        frames = list(traceback.walk_tb(caught.value.__traceback__))
        inside = [repr(value) for frame, _ in frames[1:] for value in frame.f_locals.values() if value is not token]
        assert any("CaseInsensitiveDict" in one or "<hidden>" in one for one in inside)
        assert not [one for one in inside if token in one]


def test_secrets_of_a_body_are_in_no_message(asking):
    """v6 repeats the whole configuration in the detail of an error, in the words of Python 2."""
    secret = 'pä$$/w"ord'
    scale = asking(lambda _: Reply(400, {"detail": f"{secret} of u'{ascii(secret)[1:-1]}' is not valid"}))
    with pytest.raises(jt.Rejected) as caught:
        scale.http.send("POST", "job-types/", {"configuration": {"settings": {"PASS": secret}}}, secrets=[secret])
    assert str(caught.value).count("<hidden>") == 2
    assert caught.value.detail == "<hidden> of u'<hidden>' is not valid"
    assert caught.value.__context__ is None
