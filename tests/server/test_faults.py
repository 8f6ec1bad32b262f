"""What goes wrong on purpose: each fault does what its name says, and a run can be repeated."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest
import requests
from asking import Client, filled
from histories import JOBS, NOW, text

import jobtype_toolkit as jt
from jobtype_toolkit import testing
from jobtype_toolkit.testing import Faults

pytestmark = pytest.mark.slow


@pytest.fixture
def misbehaving(client, small):
    """A client of a server of the small history with faults."""
    return lambda faults, **settings: client(small, faults=faults, **settings)


def ids(got: requests.Response) -> list[int]:
    return [row["id"] for row in got.json()["results"]]


# When they strike.


def test_the_same_seed_strikes_the_same_requests_and_another_one_others():
    def struck(seed: int) -> list[int]:
        faults = Faults(seed=seed, cut=0.1, error500=0.1)
        return [number for number in range(1, 2001) if faults.strikes("cut", number)]

    assert struck(7) == struck(7) != struck(8)
    assert 150 < len(struck(7)) < 250
    other = [number for number in range(1, 2001) if Faults(seed=7, error500=0.1).strikes("error500", number)]
    assert struck(7) != other


def test_faults_strike_at_every_nth_or_at_given_requests():
    faults = Faults(every={"cut": 10}, at={"cut": [3], "error503": range(5, 7)})
    assert [number for number in range(1, 31) if faults.strikes("cut", number)] == [3, 10, 20, 30]
    assert [number for number in range(1, 31) if faults.strikes("error503", number)] == [5, 6]
    assert not faults.strikes("count", 10)


def test_the_command_line_spells_them_shortly():
    faults = Faults.parse("latency=0.2, error500=0.05,cut=1/10,token_requests=9", seed=7)
    assert repr(faults) == "<Faults seed=7: latency=0.2, error500=0.05, cut=1/10, token_requests=9>"
    assert repr(Faults.parse("")) == "<Faults seed=0: none>"


@pytest.mark.parametrize(
    ("text", "told"),
    [("cuts=0.1", "Did you mean 'cut'"), ("cut", "fault=chance"), ("cut=2", "from 0 to 1"), ("cut=1/0", "from 1"),
     ("latency=-1", "latency=-1.0 is out of range"), ("cut=nan", "out of range"), ("seed=3", "no fault 'seed'")],
)  # fmt: skip
def test_a_fault_that_there_is_not_is_told(text, told):
    with pytest.raises(jt.InvalidParameter, match=told):
        Faults.parse(text)


# What they do.


def test_errors_come_as_a_server_and_its_proxy_send_them(misbehaving):
    asking = misbehaving(Faults(at={"error500": [1], "error503": [2], "error429": [3]}))
    first, second, third, fourth = (asking.get("/v6/jobs/") for _ in range(4))
    assert (first.status_code, first.text) == (500, "<h1>Server Error (500)</h1>")
    assert (second.status_code, second.headers["Retry-After"]) == (503, "1")
    assert (third.status_code, third.headers["Retry-After"]) == (429, "1")
    assert fourth.status_code == 200


def test_a_cut_closes_the_connection_within_the_body(misbehaving):
    asking = misbehaving(Faults(every={"cut": 2}))
    whole = asking.get("/v6/jobs/")
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        asking.get("/v6/jobs/")
    assert asking.get("/v6/jobs/").content == whole.content


def test_what_is_asked_before_a_cut_is_done(serving, tmp_path):
    server = serving(filled(tmp_path), faults=Faults(at={"cut": [1]}))
    url = f"{server.url}/v6/job-types/tide-model/2.0.0/"
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        requests.patch(url, json={"is_paused": True}, timeout=600)
    assert requests.get(url, timeout=600).json()["is_paused"] is True


def test_truncated_json_has_a_length_that_fits(misbehaving):
    got = misbehaving(Faults(at={"truncate": [1]})).get("/v6/jobs/")
    assert got.headers["Content-Length"] == str(len(got.content))
    with pytest.raises(requests.exceptions.JSONDecodeError):
        got.json()


def test_latency_is_waited(misbehaving):
    asking = misbehaving(Faults(latency=0.15))
    started = time.monotonic()
    asking.get("/v6/jobs/")
    assert time.monotonic() - started >= 0.15


def test_a_duplicate_is_a_row_twice_and_a_lying_count_is_wrong(misbehaving):
    asking = misbehaving(Faults(at={"duplicate": [1], "count": [2, 3, 4, 5]}))
    assert len(ids(asking.get("/v6/jobs/"))) == len(set(ids(asking.get("/v6/jobs/")))) + 1 == 34
    assert all(asking.get("/v6/jobs/").json()["count"] != 33 for _ in range(3))


def test_a_page_that_repeats_is_the_one_sent_before(misbehaving):
    asking = misbehaving(Faults(at={"repeat": range(2, 9)}))
    first = asking.get("/v6/jobs/", page_size=5)
    assert all(asking.get("/v6/jobs/", page_size=5, page=page).content == first.content for page in range(2, 6))
    assert first.json()["next"] is not None


def test_a_token_expires_after_so_many_requests(misbehaving):
    asking = misbehaving(Faults(token_requests=2), token="t")
    assert [asking.get("/v6/jobs/").status_code for _ in range(4)] == [200, 200, 403, 403]
    assert asking.get("/v6/jobs/").json() == {"detail": "Invalid token."}


def test_a_clock_that_steps_takes_durations_with_it(misbehaving):
    asking = misbehaving(Faults(seed=1, at={"step": [2]}))
    before, after = (asking.get("/v6/jobs/").headers["Date"] for _ in range(2))
    assert before == "Sun, 01 Mar 2026 12:00:00 GMT"
    moved = datetime.strptime(after, "%a, %d %b %Y %H:%M:%S GMT").replace(tzinfo=UTC)
    assert moved != NOW
    since = text(moved - timedelta(hours=1))
    want = sorted(job["id"] for job in JOBS if job["last_modified"] >= since)
    assert sorted(ids(asking.get("/v6/jobs/", started="PT1H"))) == want


def walk(asking: Client, path: str, size: int) -> list[int]:
    """The ids of a walk by page number."""
    found: list[int] = []
    for page in range(1, 1000):
        got = asking.get(path, page_size=size, page=page)
        if got.status_code == 404:
            break
        found += ids(got)
        if got.json()["next"] is None:
            break
    return found


def test_rows_that_move_are_lost_to_a_walk_by_page_and_found_by_key(misbehaving):
    faults = Faults(every={"shift": 1}, only="/jobs/")
    by_page = walk(misbehaving(faults), "/v6/jobs/", 5)
    assert set(by_page) < {job["id"] for job in JOBS}
    asking, since, found = misbehaving(faults), "2000-01-01T00:00:00Z", {}
    while True:
        rows = asking.get("/v6/jobs/", started=since, order=["last_modified", "id"], page_size=5).json()["results"]
        found |= {row["id"]: row for row in rows}
        if len(rows) < 5:
            break
        since = rows[-1]["last_modified"]
    assert set(found) == {job["id"] for job in JOBS}
    assert any(row["last_modified"].startswith("2026-03-01T12:00:00.0") for row in found.values())


def test_ties_that_come_in_any_order_lose_rows_on_small_pages(misbehaving):
    asking = misbehaving(Faults(seed=3, every={"ties": 1}, only="/job-types/"))
    walks = [walk(asking, "/v6/job-types/", 1) for _ in range(8)]
    assert all(len(one) == 6 for one in walks)
    assert any(len(set(one)) < 6 for one in walks)
    assert sorted(walk(asking, "/v6/job-types/", 1000)) == [1, 2, 3, 4, 5, 6]


def test_only_the_named_urls_are_affected_and_faults_compose(misbehaving):
    asking = misbehaving([Faults(every={"error500": 1}, only="/errors/"), Faults(every={"error503": 2}, only="/jobs/")])
    assert [asking.get("/v6/jobs/").status_code for _ in range(4)] == [200, 503, 200, 503]
    assert asking.get("/v6/errors/").status_code == 500
    assert asking.get("/v6/job-types/").status_code == 200
    assert asking.get("/v6/version/").status_code == 200


def test_two_runs_with_one_seed_are_the_same(small):
    faults = Faults(seed=11, error500=0.2, duplicate=0.3, count=0.3, shift=0.5, step=0.2)
    runs = []
    for _ in range(2):
        with testing.serve(small, faults=faults) as server:
            answers = [
                requests.get(f"{server.url}/v6/jobs/?page_size=9&page={1 + n % 3}", timeout=600) for n in range(12)
            ]
            runs.append([(got.status_code, got.text.replace(server.url, "")) for got in answers])
    assert runs[0] == runs[1]
    assert {status for status, _ in runs[0]} == {200, 500}
