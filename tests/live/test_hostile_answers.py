"""Whatever a server sends: a frame with its columns and dtypes, or one clear error of the toolkit; never anything else."""

from __future__ import annotations

import copy
import gzip
import itertools
import json
import socket
import threading
import tracemalloc
import warnings
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from typing import Any

import pytest
from histories import ago, error, execution, job, job_type, page, revision, text
from histories import listed as in_list
from hypothesis import given
from hypothesis import strategies as st
from loopback import Broken, html
from sizes import examples, sizes

import jobtype_toolkit as jt
from jobtype_toolkit.live.error_mapping import LONGEST, detail
from jobtype_toolkit.testing import Reply, Transport

TYPE = job_type(3, "chip-maker", "1.10.0")
BROKEN = error(2, "node-lost", "SYSTEM")
JOB = job(9, TYPE, "FAILED", ago(5), BROKEN)
BLOCK = {"job_type": in_list(TYPE), "count": 2}

CALLS: dict[str, tuple[Callable[[jt.Scale], Any], Any]] = {
    "job_type_names": (
        lambda scale: scale.job_type_names(),
        page([{"name": "chip-maker", "versions": ["1.9.0", "1.10.0"], "latest_version": "1.10.0", "title": "Chips"}]),
    ),
    "job_types": (lambda scale: scale.job_types(order="-version"), page([in_list(TYPE)])),
    "versions": (lambda scale: scale.versions("chip-maker", is_active=True), page([in_list(TYPE)])),
    "job_type": (lambda scale: scale.job_type("chip-maker", "1.10.0"), TYPE),
    "revisions": (lambda scale: scale.revisions("chip-maker", "1.10.0"), page([revision(1, TYPE, 1)])),
    "revision": (lambda scale: scale.revision("chip-maker", "1.10.0", 1), revision(1, TYPE, 1)),
    "status": (
        lambda scale: scale.status(is_active=True),
        page(
            [
                {
                    "job_type": in_list(TYPE),
                    "job_counts": [{"status": "FAILED", "count": 1, "most_recent": text(ago(1)), "category": "DATA"}],
                }
            ]
        ),
    ),
    "pending": (lambda scale: scale.pending(), page([{**BLOCK, "longest_pending": text(ago(4))}])),
    "running": (lambda scale: scale.running(), page([{**BLOCK, "longest_running": text(ago(4))}])),
    "system_failures": (
        lambda scale: scale.system_failures(),
        page([{**BLOCK, "error": BROKEN, "first_error": text(ago(9)), "last_error": text(ago(4))}]),
    ),
    "queue_status": (
        lambda scale: scale.queue_status(),
        page([{**BLOCK, "longest_queued": text(ago(9)), "highest_priority": 1}]),
    ),
    "errors": (lambda scale: scale.errors(category=["SYSTEM", "DATA"]), page([BROKEN])),
    "jobs": (lambda scale: scale.jobs(), page([JOB])),
    "jobs in an order": (lambda scale: scale.jobs(order="-status", limit=1), page([JOB, JOB])),
    "iter_jobs": (lambda scale: next(scale.iter_jobs(page_size=1), None), page([JOB])),
    "job": (lambda scale: scale.job(9), JOB),
    "executions": (lambda scale: scale.executions(9), page([execution(5, JOB)])),
    "workspaces": (lambda scale: scale.workspaces(), page([{"name": "a", "is_active": True}])),
    "version": (lambda scale: scale.version(), {"version": "7.2.2"}),
}
"""Call → how it is asked, a good answer."""


pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def talk():
    """Give what a call makes of an answer, which comes for every address."""
    answer: list[Any] = [b""]
    retries = jt.Retries(count=0)
    transport = Transport(lambda _: answer[0])
    with jt.connect("http://scale.example/api", "abc", retries=retries, transport=transport) as scale:

        def of(name: str, body: Any) -> Any:
            answer[0] = body if isinstance(body, Reply) else Reply(200, body)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", jt.ResultCut)
                return CALLS[name][0](scale)

        def good(name: str) -> Any:
            found = of(name, CALLS[name][1])
            if hasattr(found, "dtypes"):
                found.attrs.clear()
            return found

        of.good = cache(good)
        yield of


def check(talk: Any, name: str, body: Any) -> None:
    """The answer is a frame as for a good body, or a record, or an error of the toolkit with a short message."""
    good = talk.good(name)
    told = ""
    try:
        found = talk(name, body)
    except jt.ToolkitError as error:
        told = str(error)
    if told:
        assert 10 < len(told) < LONGEST + 400
        assert told.isprintable()
        return
    assert type(found) in (type(good), type(None))
    if hasattr(good, "dtypes") and found is not None:
        assert list(found.dtypes.items()) == list(good.dtypes.items())
        assert isinstance(found.attrs["count"], int)
        found.attrs.clear()  # pandas copies them deeply for each column that is looked at
        found.sort_values(list(found.columns[:1]))
        found.memory_usage(deep=True)
        if other := [
            name for name in found if not found[name].equals(good[name])
        ]:  # the rest shows as a good answer's does
            str(found[other].head(3)), found[other].head(3)._repr_html_()
    else:
        repr(found)


@pytest.mark.parametrize("name", CALLS)
def test_the_good_answers_are_good(talk, name):
    found = talk(name, CALLS[name][1])
    assert len(found) > 0
    str(found)
    if hasattr(found, "_repr_html_"):
        found._repr_html_()


DEEP = "[" * 100_000 + "]" * 100_000
BODIES = {
    "nothing": b"",
    "a number": 5,
    "null": b"null",
    "a text": '"hello"',
    "a list": [],
    "a list of rows": [in_list(TYPE)],
    "an empty object": {},
    "results that are none": {"count": 1, "next": None, "results": None},
    "results that are an object": {"count": 1, "next": None, "results": {"a": 1}},
    "results that are a text": {"count": 1, "next": None, "results": "rows"},
    "rows that are no objects": page([None, 5, "x", [1]]),
    "one row that is no object": page([in_list(TYPE), None]),
    "an empty row": page([{}]),
    "__proto__": page([{"__proto__": {"id": 1}, "id": 1, "name": "__proto__", "last_modified": text(ago(1))}]),
    "another protocol": html(200, "<h1>Log in</h1>"),
    "deep lists": DEEP,
    "deep objects": '{"a":' * 50_000 + "1" + "}" * 50_000,
    "NaN": '{"count": NaN, "next": null, "results": [{"id": NaN, "name": Infinity, "count": -Infinity}]}',
    "a number of 5000 digits": '{"count": 1, "next": null, "results": [{"id": ' + "9" * 5000 + "}]}",
    "duplicate keys": '{"count": 9, "count": 0, "results": [1], "results": []}',
    "no UTF-8": b'{"count": 0, "results": [], "x": "\xff\xfe"}',
    "UTF-16": json.dumps(page([])).encode("utf-16"),
    "a byte order mark": b"\xef\xbb\xbf" + json.dumps(page([])).encode(),
    "cut": b'{"count": 1, "results": [{"id": 1',
    "half a character": '{"count": 1, "next": null, "results": [{"id": 1, "name": "\\ud800"}], "version": "\\udfff"}',
    "204": Reply(204),
    "206": Reply(206, page([])),
    "304": Reply(304),
    "299": Reply(299, page([])),
}


@pytest.mark.few
@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("name", CALLS)
def test_a_body_that_is_none_is_one_clear_error_or_nothing(talk, name, body):
    check(talk, name, BODIES[body])


def places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """All places of a JSON value."""
    found = [at] if at else []
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return found + [place for key, member in members for place in places(member, (*at, key))]


def put(body: Any, place: tuple[Any, ...], value: Any) -> Any:
    made = copy.deepcopy(body)
    inside = made
    for key in place[:-1]:
        inside = inside[key]
    if value is ...:
        del inside[place[-1]]
    else:
        inside[place[-1]] = value
    return made


def first_row(body: Any) -> Any:
    return body["results"][0] if "results" in body else body


NESTED: Any = "deep"
for _ in range(400):
    NESTED = [NESTED]
HOSTILE: list[Any] = [
    ...,
    None,
    True,
    -1,
    0,
    2**31,
    2**63,
    -(2**70),
    1.5,
    1e308,
    float("nan"),
    float("inf"),
    "",
    "x" * 100_000,
    "\0",
    "\ud800",
    "\x1b[31mred\x1b[0m",
    "<script>alert(1)</script>",
    "now",
    "nowZ",
    "todayZ",
    "NaTZ",
    "NaT",
    "2026",
    "2026Z",
    "2026-13-01T00:00:00Z",
    "0000-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999Z",
    "99999-01-01T00:00:00Z",
    "-0001-01-01T00:00:00Z",
    "2026-01-01T00:00:00",
    "2026-01-01T00:00:00-05:00",
    "2026-01-01T00:00:60Z",
    "1.0.0-" + "9" * 5000,
    "9" * 5000 + ".0.0",
    [],
    {},
    [None],
    {"id": {"id": 1}},
    NESTED,
]


@sizes(1, 3)
@pytest.mark.parametrize("name", CALLS)
def test_a_value_of_any_kind_at_any_place_keeps_columns_and_dtypes(talk, name, size):
    """Every place of the answer, down to the fields of embedded objects, with a turn of the hostile values.

    At the short size calls with the same row share its places, and of equal rows only the first is changed.
    """
    body = CALLS[name][1]
    same = [one for one in CALLS if first_row(CALLS[one][1]) == first_row(body)] if size == 1 else [name]
    found = [one for one in places(body) if len(one) <= 5 and (size > 1 or one[:2] != ("results", 1))]
    for number, place in list(enumerate(found))[same.index(name) :: len(same)]:
        for turn in range(size):
            check(talk, name, put(body, place, HOSTILE[(number * size + turn) % len(HOSTILE)]))


TIMES = [
    (name, place)
    for name, (_, body) in CALLS.items()
    for place in places(body)
    if str(place[-1])
    in ("created", "last_modified", "most_recent", "longest_running", "first_error", "versions", "version")
]


@sizes(16, 1)
@pytest.mark.parametrize(
    ("name", "place"), TIMES, ids=lambda one: one if isinstance(one, str) else ".".join(map(str, one))
)
def test_times_and_versions_take_every_hostile_value(talk, name, place, size):
    """At the short size a sixteenth of them at each place, the next ones at the next place."""
    for value in HOSTILE[TIMES.index((name, place)) % size :: size]:
        check(talk, name, put(CALLS[name][1], place, value))


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30) | st.sampled_from(HOSTILE[1:-1]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@examples(8, 1000)
@given(data=st.data())
def test_mutated_answers_keep_columns_and_dtypes(talk, data):
    name = data.draw(st.sampled_from(sorted(CALLS)))
    body = CALLS[name][1]
    for _ in range(data.draw(st.integers(1, 4))):
        found = places(body)
        if found:
            body = put(body, data.draw(st.sampled_from(found)), data.draw(ANYTHING | st.just(...)))
    check(talk, name, body)


def test_words_that_numpy_takes_for_times_are_none(talk):
    """Such a text is missing, not the present."""
    for word in ("nowZ", "todayZ", "2026Z", "now"):
        found = talk("job_types", page([in_list(TYPE) | {"created": word}]))
        assert found["created"].isna().all(), word


def test_a_title_of_ten_megabytes_is_kept_as_it_is(talk):
    title = "ten" * 3_500_000
    assert talk("job_types", page([in_list(TYPE) | {"title": title}]))["title"].iloc[0] == title


# What failures say.


PAGES = {
    "nginx": (b"<html>\r\n<head><title>502</title></head>\r\n<body><h1>502 Bad Gateway</h1><hr>nginx</body></html>",
              "502 Bad Gateway nginx"),
    "an open head": (b"<html><head><title>t</title><body><p>Down", "Down"),
    "a script": (b"<h1>Oh</h1><script>var a = '<b>x</b>'; alert(1)</script><style>p {}</style>no", "Oh no"),
    "an end without a beginning": (b"</script></head><h1>Oh</h1>", "Oh"),
    "markup that is none": (b"<h1>Oh</h1><![if x[ <p>no", "Oh"),
    "characters by name": (b"<p>a &amp; b &lt;c&gt;</p>", "a & b <c>"),
    "a comment": (b"<!-- secret --><p>a</p>", "a"),
}  # fmt: skip


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_reduced_to_what_a_reader_sees(name):
    body, said = PAGES[name]
    assert detail(body, "text/html", str).startswith(said)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"detail": "Not found."}', "Not found."),
        (
            b'{"name": ["This field is required."], "version": ["Too long.", "No."]}',
            "name: This field is required.; version: Too long. No.",
        ),
        (b'{"detail": ["a", "b"]}', "a b"),
        (b'{"error": {"code": 5, "message": null}}', "error: code: 5; message: null"),
        (b"plain words", "plain words"),
        (b"", ""),
        (b'"words"', "words"),
        (
            b'{"detail": "a\\u001b[31mb\\u001b[0m \\u0000c\\u202ed\\u200be\\u2066f\\r\\n\\tg\\u0085h\\ufeff"}',
            "a b c d e f g h",
        ),
        (b'{"detail": "\\u001b]0;title\\u0007x\\u001b]8;;http://evil\\u001b\\\\y"}', "x y"),
        (b'{"detail": "half \\ud800 a character"}', "half a character"),
        (b"\xff\xfe\x00", "\ufffd\ufffd"),
    ],
)
def test_a_detail_is_one_readable_line(body, said):
    assert detail(body, "application/json", str) == said


@pytest.mark.parametrize(
    "body", [b"x" * 10_000_000, b'{"detail": "' + b"y" * 600 + b'"}', b"<p>" * 200_000, DEEP.encode()]
)
def test_a_long_detail_is_cut(body):
    assert len(detail(body, "", str)) <= LONGEST


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 418, 429, 500, 502, 503, 504, 599])
@pytest.mark.parametrize("body", ["nothing", "deep lists", "__proto__", "NaN", "no UTF-8", "half a character"])
def test_a_failure_with_any_body_is_an_error_of_its_class(talk, status, body):
    raw = BODIES[body]
    with pytest.raises(jt.ToolkitError) as caught:
        talk("job_types", Reply(status, raw))
    kind = {401: jt.AuthenticationFailed, 403: jt.AuthenticationFailed, 404: jt.NotFound}.get(status)
    kind = kind or (jt.Rejected if status < 500 and status != 429 else jt.ServerFailed)
    assert type(caught.value) is kind
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < LONGEST + 400


def packed(window: int) -> bytes:
    """64 MiB of blanks, packed by zlib: in the format that the window's number stands for, with a checksum that is wrong."""
    pack = zlib.compressobj(9, zlib.DEFLATED, window)
    first, next = (pack.compress(b" " * 2**20) + pack.flush(zlib.Z_FULL_FLUSH) for _ in range(2))
    return first + 63 * next + pack.flush()


BOMBS: dict[str, Callable[[], bytes]] = {
    "gzip": lambda: packed(31),
    "deflate": lambda: packed(15),
    "deflate without a head": lambda: packed(-15),
    "gzip, gzip": lambda: gzip.compress(packed(31)),
}
ASKED: dict[str, Callable[[jt.Scale], Any]] = {
    "a list": lambda scale: scale.running(),
    "details": lambda scale: scale.job_type("chip-maker", "1.10.0"),
    "a log": lambda scale: scale.http.get("job-executions/5/logs/combined/", accept="text/plain"),
    "a write": lambda scale: scale.http.send("PATCH", "job-types/chip-maker/1.10.0/", {"is_paused": True}),
}


@pytest.mark.few
@pytest.mark.parametrize("status", [200, 400, 404, 500])
@pytest.mark.parametrize("call", ASKED)
@pytest.mark.parametrize("coding", BOMBS)
def test_an_answer_that_is_huge_when_unpacked_is_not_read_to_its_end_nor_asked_for_again(
    asking, monkeypatch, waits, coding, call, status
):
    monkeypatch.setattr("jobtype_toolkit.live.http._LARGEST", 2**20)
    count, bomb = [], BOMBS[coding]()

    def answer(_):
        count.append(1)
        return Reply(status, bomb, {"Content-Encoding": coding.split(" without")[0]})

    scale = asking(answer)
    tracemalloc.start()
    try:
        with pytest.raises(jt.ConnectionFailed, match="larger than 1,048,576 bytes, unpacked"):
            ASKED[call](scale)
        assert tracemalloc.get_traced_memory()[1] < 2**24
    finally:
        tracemalloc.stop()
    assert (len(count), waits) == (1, [])


def test_a_bomb_in_chunks_is_not_read_to_its_end_either(listening, client, monkeypatch):
    monkeypatch.setattr("jobtype_toolkit.live.http._LARGEST", 2**20)
    bomb = BOMBS["gzip"]()
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
    server = listening(lambda _: Broken(raw=head + b"%x\r\n%b\r\n0\r\n\r\n" % (len(bomb), bomb)))
    with pytest.raises(jt.ConnectionFailed, match="larger than 1,048,576 bytes, unpacked"):
        client(server).running()
    assert len(server.asked) == 1


def test_a_list_whose_next_never_ends_ends_with_an_error(asking):
    number = itertools.count(1)
    endless = asking(lambda _: Reply(200, {"count": 5, "next": "more", "results": [{"id": next(number), "name": "x"}]}))
    with pytest.raises(jt.ServerFailed, match="there is no end"):
        endless.job_types()
    assert next(number) < 1000


DRIPS = {
    "a status": (b"HTTP/1.1 2", b"0"),
    "a header": (b"HTTP/1.1 200 OK\r\nX-Name: ", b"a"),
    "headers": (b"HTTP/1.1 200 OK\r\n", b"A: b\r\n"),
    "answers before the answer": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "a body": (b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n", b" "),
    "a body without a length": (b"HTTP/1.1 200 OK\r\n\r\n", b" "),
    "chunks": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    "the size of a chunk": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"0"),
}
"""How an answer begins, and what comes of it again and again."""


@contextmanager
def dripping(begin: bytes, drop: bytes) -> Iterator[str]:
    """Serve an answer that never ends, without a pause that a timeout would notice; give the address."""

    def serve() -> None:
        with suppress(OSError):
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(begin)
                while not done.wait(0.02):
                    connection.sendall(drop)

    done = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            done.set()
            thread.join(60)


@pytest.mark.parametrize("ask", [jt.Scale.version, lambda scale: scale.http.send("POST", "job-types/", {})])
@pytest.mark.parametrize("what", DRIPS)
def test_an_answer_that_drips_for_ever_is_given_up_whatever_of_it_drips(client, waits, what, ask):
    with dripping(*DRIPS[what]) as url, pytest.raises(jt.ConnectionFailed, match=r"not end within 0\.3 s.*deadline="):
        ask(client(url, deadline=0.3))
    assert waits == []


def test_a_proxy_that_drips_is_given_up_too(client):
    with dripping(*DRIPS["headers"]) as proxy, pytest.raises(jt.ConnectionFailed, match=r"not end within 0\.3 s"):
        client("https://scale.example", deadline=0.3, proxies={"https": proxy}).version()


def test_a_deadline_is_that_of_one_request_and_its_connection_is_used_again(listening, client):
    """A deadline that was kept shuts nothing later."""
    server = listening(lambda _: {"version": "7.2.2"})
    scale = client(server, deadline=600)
    made = [scale.version() for _ in range(3)]
    assert made == ["7.2.2"] * 3
    assert not [one for one in threading.enumerate() if isinstance(one, threading.Timer) and not one.finished.is_set()]


def test_a_deadline_holds_for_a_server_of_this_process_too_which_needs_no_timer(asking):
    before = {*threading.enumerate()}
    timers = []

    def answer(_: Any) -> Any:
        timers.extend(one for one in {*threading.enumerate()} - before if isinstance(one, threading.Timer))
        return {"version": "7.2.2"}

    assert asking(answer, deadline=600).version() == "7.2.2"
    assert timers == []
    with pytest.raises(jt.ConnectionFailed, match="not end within"):
        asking(answer, deadline=1e-9).version()


def test_a_number_as_large_as_a_float_can_be_is_kept(asking):
    rows = [
        {"id": number, "input_file_size": size} for number, size in enumerate([1e300, 1.7e308, -1e305, 10**400, "x"])
    ]
    rows = [one | {"last_modified": "2026-03-01T00:00:00Z", "job_type": {"id": 1}} for one in rows]
    found = asking(lambda _: Reply(200, page(rows))).jobs(page=1)["input_file_size"]
    assert found.tolist()[:3] == [1e300, 1.7e308, -1e305]
    assert found.isna().tolist() == [False, False, False, True, True]
