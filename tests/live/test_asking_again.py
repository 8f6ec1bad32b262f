"""What is asked again, how often, after how long; and what never is."""

from __future__ import annotations

import itertools
import threading
from concurrent.futures import ThreadPoolExecutor
from email.utils import format_datetime

import pytest
from histories import ago, page
from loopback import Broken, Reply, html
from sizes import sizes

import jobtype_toolkit as jt

pytestmark = pytest.mark.slow

EMPTY = page([])
TROUBLES = {
    "429": Reply(429, {"detail": "Request was throttled."}),
    "500": html(500, "<h1>Server Error (500)</h1>"),
    "502": html(502, "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"),
    "503": html(503, "<h1>Service Unavailable</h1>"),
    "504": html(504, "<h1>Gateway Time-out</h1>"),
    "a cut body": Broken(200, EMPTY, cut=20),
    "truncated JSON": Reply(200, b'{"count": 1, "results": [{"id"'),
    "HTML with 200": html(200, "<h1>Please log in</h1>"),
    "an empty page": Reply(200, b" "),
    "a reset connection": Broken(is_reset=True),
    "no HTTP": Broken(raw=b"SSH-2.0-OpenSSH_9.6\r\n"),
    "nothing": Broken(raw=b""),
    "a broken chunk": Broken(raw=b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n"),
    "no gzip": Reply(200, b"no gzip", {"Content-Encoding": "gzip"}),
}


@pytest.fixture
def serving(listening):
    """Servers with a socket: this module is about connections."""
    return listening


class Failing:
    """Fails some times, and then answers."""

    def __init__(self, reply: Reply, times: int) -> None:
        self.reply, self.left, self.count = reply, times, 0

    def __call__(self, _):
        self.count += 1
        self.left -= 1
        return self.reply if self.left >= 0 else EMPTY


@pytest.mark.parametrize("name", TROUBLES)
def test_a_trouble_that_passes_is_not_noticed(asking, name, waits):
    failing = Failing(TROUBLES[name], 3)
    assert len(asking(failing).job_types()) == 0
    assert failing.count == 4
    assert len(waits) == 3


@pytest.mark.parametrize("name", TROUBLES)
def test_a_trouble_that_stays_is_told_after_three_more_times(asking, name):
    failing = Failing(TROUBLES[name], 99)
    with pytest.raises((jt.ServerFailed, jt.ConnectionFailed)) as caught:
        asking(failing).job_types()
    assert failing.count == 4
    assert "GET http://127.0.0.1" in str(caught.value)
    assert "job-types/" in str(caught.value)


@pytest.mark.parametrize("name", TROUBLES)
@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_a_write_is_sent_once_whatever_happens(serving, client, name, method, waits):
    server = serving(lambda _: TROUBLES[name])
    with pytest.raises((jt.ServerFailed, jt.ConnectionFailed)):
        client(server).http.send(method, "job-types/", {"a": 1})
    assert len(server.asked) == 1
    assert waits == []


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 406, 409, 410, 414, 415, 501, 505])
def test_a_no_is_not_asked_again(serving, client, status):
    server = serving(lambda _: Reply(status, {"detail": "no"}))
    with pytest.raises(jt.ToolkitError):
        client(server).job_types()
    assert len(server.asked) == 1


def test_the_count_is_the_callers(asking):
    failing = Failing(TROUBLES["500"], 99)
    with pytest.raises(jt.ServerFailed):
        asking(failing, retries=jt.Retries(count=0)).job_types()
    assert failing.count == 1


def test_each_wait_is_twice_as_long_and_by_half_less_at_random():
    never, always = jt.Retries(random=lambda: 0.0), jt.Retries(random=lambda: 1.0)
    assert [never.pause(number) for number in (1, 2, 3, 4)] == [1.0, 2.0, 4.0, None]
    assert [always.pause(number) for number in (1, 2, 3, 4)] == [0.5, 1.0, 2.0, None]
    assert jt.Retries(count=20, random=lambda: 0.0).pause(20) == 120.0


def test_the_waits_are_those(asking, waits):
    with pytest.raises(jt.ServerFailed):
        asking(Failing(TROUBLES["500"], 99)).job_types()
    assert waits == [0.75, 1.5, 3.0]


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7.0),
        (" 7 ", 7.0),
        ("0", 0.0),
        (format_datetime(ago(-1), usegmt=True), 60.0),
        (format_datetime(ago(5), usegmt=True), 0.0),
        ("soon", 0.75),
        ("-5", 0.75),
        ("1.5", 0.75),
        ("٣", 0.75),
        ("Fri, 99 Foo 2026 00:00:00 GMT", 0.75),
    ],
)
@pytest.mark.parametrize("status", [429, 503, 500])
def test_a_retry_after_is_honoured_in_seconds_and_as_a_date(asking, waits, header, seconds, status):
    reply = Reply(status, {"detail": "later"}, {"Retry-After": header.encode().decode("latin-1")})
    assert len(asking(Failing(reply, 1)).job_types()) == 0
    assert waits == [pytest.approx(seconds, abs=0.05)] or (seconds == 0.0 and waits in ([], [0.0]))


@pytest.mark.parametrize("header", ["121", "9" * 400, format_datetime(ago(-60), usegmt=True)])
def test_a_server_that_asks_for_more_than_the_longest_wait_is_not_waited_for(asking, waits, header):
    failing = Failing(Reply(503, {"detail": "Down for maintenance"}, {"Retry-After": header}), 99)
    with pytest.raises(jt.ServerFailed, match=r"asks to wait [0-9,]+ s") as caught:
        asking(failing).job_types()
    assert (failing.count, waits) == (1, [])
    assert "Down for maintenance" in str(caught.value)


def test_an_expired_certificate_or_a_wrong_url_is_not_asked_again(serving, client, waits):
    """What asking again cannot mend: see also test_certificates."""
    with pytest.raises(jt.ConnectionFailed):
        client(f"http://{'a' * 70}.example").job_types()
    assert waits == []


def test_a_server_that_asks_for_less_slows_all_threads_down(serving, waits):
    """While one request waits, the others wait too instead of asking on."""
    refused, waiting = threading.Event(), threading.Event()
    go_on = threading.Event()

    def answering(asked):
        if asked["id"] == "1" and not refused.is_set():
            refused.set()
            return Reply(429, {"detail": "slow"}, {"Retry-After": "30"})
        return EMPTY

    def sleep(seconds):
        waits.append(seconds)
        waiting.set()
        assert go_on.wait(600)

    server = serving(answering)
    scale = jt.connect(server.url, "abc", retries=jt.Retries(sleep=sleep))
    with ThreadPoolExecutor(4) as pool:
        first = pool.submit(scale.job_types, id=1)
        assert waiting.wait(600)
        others = [pool.submit(scale.job_types, id=number) for number in (2, 3, 4)]
        while len(waits) < 4:
            assert not any(one.done() for one in (first, *others))
        assert len(server.asked) == 1
        go_on.set()
        assert all(len(one.result(600)) == 0 for one in (first, *others))
    assert all(29 < one <= 30 for one in waits)
    assert scale.http.pace.slowed == 1


@sizes(24, 64)
def test_several_threads_may_ask_at_once(serving, client, size):
    server = serving(lambda asked: page([{"id": int(asked["id"] or 0), "name": "n"}]))
    scale = client(server)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda number: int(scale.job_types(id=number)["id"].iloc[0]), range(1, size + 1)))
    assert found == list(range(1, size + 1))
    assert scale.http.requests == len(server.asked) == size


@sizes(20, 50)
def test_two_threads_that_ask_in_turn_get_right_frames_through_resets(listening, size):
    """A board polls from a thread of its own while a notebook asks: one client, one session, kept connections."""
    number = itertools.count(1)

    def answering(asked):
        turn = next(number)
        if turn % 10 == 0:
            return Broken(is_reset=True)
        row = {"id": int(asked["id"]), "name": f"n{asked['id']}"}
        return Reply(200, page([row]), {"Set-Cookie": f"sessionid={turn}; Path=/"})

    def ask(first):
        frames = [scale.job_types(id=id) for id in range(first, first + size)]
        return [(int(one["id"].iloc[0]), one["name"].iloc[0], len(one)) for one in frames]

    server = listening(answering)
    with jt.connect(server.url, "abc", retries=jt.Retries(count=20, sleep=lambda _: None)) as scale:
        with ThreadPoolExecutor(2) as pool:
            board, notebook = pool.map(ask, (1, 1001))
        assert board == [(id, f"n{id}", 1) for id in range(1, size + 1)]
        assert notebook == [(id, f"n{id}", 1) for id in range(1001, 1001 + size)]
        assert not any("cookie" in one.headers for one in server.asked)
        assert scale.http.requests == len(server.asked) > 2 * size


@pytest.mark.parametrize("name", ["502", "503", "504", "429", "a reset connection"])
def test_a_patient_caller_asks_on_while_a_server_restarts(asking, name, waits):
    """Fifteen seconds are three more times and some."""
    failing = Failing(TROUBLES[name], 7)
    scale = asking(failing)
    with scale.http.patiently():
        assert len(scale.job_types()) == 0
    assert failing.count == 8
    assert 30 < sum(waits) < jt.Retries().patience


@pytest.mark.parametrize("seconds", [15, 60, 110])
@pytest.mark.parametrize("name", ["502", "503", "a reset connection"])
def test_a_restart_is_waited_out_by_the_clock(asking, name, seconds):
    now = [0.0]
    retries = jt.Retries(
        random=lambda: 0.5, now=lambda: now[0], sleep=lambda length: now.__setitem__(0, now[0] + length)
    )
    scale = asking(lambda _: TROUBLES[name] if now[0] < seconds else EMPTY, retries=retries)
    with scale.http.patiently():
        assert len(scale.job_types()) == 0
    assert seconds <= now[0] < seconds + 15


def test_two_patient_callers_do_not_take_the_patience_of_each_other(asking):
    failing = Failing(TROUBLES["502"], 7)
    scale = asking(failing)
    with scale.http.patiently():
        with scale.http.patiently():
            pass
        assert len(scale.job_types()) == 0
    assert failing.count == 8


@pytest.mark.parametrize(
    ("name", "count"), [("502", 15), ("a reset connection", 15), ("500", 4), ("truncated JSON", 4)]
)
def test_patience_has_an_end_and_is_for_servers_that_are_away(asking, name, count, waits):
    failing = Failing(TROUBLES[name], 99)
    scale = asking(failing)
    with scale.http.patiently(), pytest.raises((jt.ServerFailed, jt.ConnectionFailed)):
        scale.job_types()
    assert failing.count == count
    assert sum(waits) < jt.Retries().patience + 15


def test_patience_is_the_callers_and_no_patience_of_one_who_never_asks_again(asking):
    for retries in (jt.Retries(count=0), jt.Retries(patience=0.0, sleep=lambda _: None)):
        failing = Failing(TROUBLES["502"], 99)
        scale = asking(failing, retries=retries)
        with scale.http.patiently(), pytest.raises(jt.ServerFailed):
            scale.job_types()
        assert failing.count == 1 + retries.count


@pytest.mark.parametrize("header", ["9" * 400, "Fri, 01 Jan 2100 00:00:00 GMT"])
def test_a_wait_of_years_is_told_as_such(asking, header):
    failing = Failing(Reply(503, {"detail": "later"}, {"Retry-After": header}), 99)
    with pytest.raises(jt.ServerFailed, match="31,536,000 s or more; more than 120 s are not waited for"):
        asking(failing).job_types()
