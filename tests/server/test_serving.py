"""Who is let in, what is told to whom, which release the server is, and how it starts and ends."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import ThreadPoolExecutor

import asking
import pytest
import requests
from asking import Client, filled, small_file
from children import run
from histories import CHIPS, JOBS, MODEL, ago, manifest
from sizes import sizes

import jobtype_toolkit as jt
from jobtype_toolkit import testing
from jobtype_toolkit.server.serve import check_address

pytestmark = pytest.mark.slow

TOKEN = "a-very-secret-token"
PATCHES = {"is_paused": True}
BODY = {"manifest": manifest("brand-new", "1.0.0"), "docker_image": "brand-new:1", "configuration": {}}
MODEL_URL = f"/v6/job-types/{MODEL['name']}/{MODEL['version']}/"


# Credentials.


@pytest.fixture(scope="module")
def guarded(small):
    """A server with a token, for tests that only read."""
    with testing.serve(small, token=TOKEN) as server:
        yield server


@pytest.mark.parametrize(
    ("header", "detail"),
    [
        (None, "Authentication credentials were not provided."),
        ("Basic YTpi", "Authentication credentials were not provided."),
        ("Token", "Invalid token header. No credentials provided."),
        ("Token a b", "Invalid token header. Token string should not contain spaces."),
        (f"Bearer {TOKEN}", "Invalid token header. No credentials provided."),
        ("Token wrong", "Invalid token."),
        ("Token é", "Invalid token."),
    ],
)
def test_wrong_credentials_are_403_and_only_the_words_tell_them_apart(guarded, header, detail):
    asking = Client(guarded)
    asking.headers = {"Authorization": header.encode()} if header else {}
    for method, path in (("GET", "/v6/jobs/"), ("POST", "/v6/job-types/validation/"), ("OPTIONS", "/v6/jobs/")):
        got = asking(method, path)
        assert (got.status_code, got.json()) == (403, {"detail": detail})
        assert "WWW-Authenticate" not in got.headers
    assert asking.get("/v6/version/").json() == {"version": "7.2.2"}
    assert asking.get("/v6/openapi.json").status_code == 200


def test_the_scheme_is_token_in_any_case(guarded):
    asking = Client(guarded)
    for scheme in ("Token", "token", "TOKEN"):
        asking.headers = {"Authorization": f"{scheme} {TOKEN}"}
        assert asking.get("/v6/jobs/", page_size=1).status_code == 200


def test_the_token_shows_itself_nowhere(small, caplog):
    with caplog.at_level(logging.DEBUG), testing.serve(small, token=TOKEN) as server:
        asking = Client(server, TOKEN)
        assert asking.get("/v6/jobs/", page_size=1).status_code == 200
        asking.get("/v6/jobs/", order="nope")
        shown = [
            repr(server),
            repr(server.requests),
            str(vars(server)),
            caplog.text,
            asking.get("/v6/openapi.json").text,
        ]
    assert not [text for text in shown if TOKEN in text]


@pytest.mark.parametrize("token", ["", "a b", "ü", "a\nb"])
def test_a_token_that_no_header_carries_is_refused(small, token):
    with pytest.raises(jt.InvalidParameter, match="token="), testing.serve(small, token=token):
        pass


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1", "example.com", ""])
def test_other_machines_are_let_in_with_a_token_only(host):
    with pytest.raises(jt.InvalidParameter, match="token"):
        check_address(host, None)
    check_address(host, TOKEN)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "localhost"])
def test_this_machine_needs_none(host):
    check_address(host, None)


def test_a_read_only_server_lets_nobody_write_and_everybody_validate(client, small):
    asking = client(small, read_only=True)
    for method, path in (("POST", "/v6/job-types/"), ("PATCH", MODEL_URL), ("PUT", MODEL_URL), ("DELETE", MODEL_URL)):
        got = asking(method, path, json=PATCHES)
        told = {"detail": "You do not have permission to perform this action."}
        assert (got.status_code, got.json()) == (403, told)
    body = {"manifest": MODEL["manifest"], "configuration": {}}
    assert asking("POST", "/v6/job-types/validation/", json=body).json()["is_valid"] is True


def test_a_store_that_cannot_be_written_is_served_to_readers(client, tmp_path):
    asking = client(jt.open(small_file(tmp_path, "scale"), read_only=True))
    assert asking("PATCH", MODEL_URL, json=PATCHES).status_code == 403
    assert asking.get(MODEL_URL).json()["is_paused"] is False


# URLs.


@pytest.mark.parametrize("prefix", ["", "/api", "/deep/api/"])
def test_the_api_is_below_any_prefix_and_v7_is_the_same(client, small, prefix):
    asking = client(small, prefix=prefix)
    assert (
        asking.get("/v6/jobs/", page_size=1).json()["results"] == asking.get("/v7/jobs/", page_size=1).json()["results"]
    )
    assert asking.get("/v6/jobs/", page_size=1).json()["next"].startswith(f"{asking.url}/v6/jobs/?")
    assert asking.get("/v5/jobs/").status_code == 404


def test_a_missing_slash_is_301_and_loses_a_body(client, small):
    asking = client(small)
    got = asking("PATCH", MODEL_URL.rstrip("/") + "?a=1", json=PATCHES)
    assert (got.status_code, got.headers["Location"], got.text) == (301, f"/api{MODEL_URL}?a=1", "")
    assert asking.get("/v6/nowhere").status_code == 404


def test_head_is_a_get_without_its_body(client, small):
    asking = client(small)
    got, head = asking.get("/v6/job-types/"), asking("HEAD", "/v6/job-types/")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["Content-Length"] == str(len(got.content))


# Writes whose effect is looked at.


def test_what_v6_ignores_is_ignored(client, tmp_path):
    store = filled(tmp_path)
    asking = client(store)
    url = f"/v6/job-types/{CHIPS['name']}/{CHIPS['version']}/"
    ignored = {"is_published": False, "max_scheduled": 0, "icon_code": "", "configuration": {}, "manifest": None}
    before = asking.get(url).json()
    assert asking("PATCH", url, json={"is_published": True}).json() == {"is_valid": True, "errors": [], "warnings": []}
    for name, value in ignored.items():
        assert asking("PATCH", url, json={name: value}).status_code == 200
    after = asking.get(url).json()
    assert after == before | {"is_published": True, "last_modified": after["last_modified"]}


def test_a_creation_ignores_activity_and_pause_and_a_second_one_is_an_edit(client, tmp_path):
    asking = client(filled(tmp_path))
    first = asking("POST", "/v6/job-types/", json=BODY | {"is_active": False, "is_paused": True})
    assert (first.status_code, first.json()["is_active"], first.json()["is_paused"]) == (201, True, False)
    assert first.headers["Location"] == f"{asking.url}/v6/job-types/brand-new/1.0.0/"
    second = asking("POST", "/v6/job-types/", json=BODY | {"is_paused": True})
    assert (second.status_code, second.json()) == (200, {"is_valid": True, "errors": [], "warnings": []})
    assert "Location" not in second.headers
    details = asking.get("/v6/job-types/brand-new/1.0.0/").json()
    assert (details["revision_num"], details["is_paused"]) == (2, True)


def test_a_prerelease_is_stored_and_breaks_the_server_once(client, tmp_path):
    asking = client(filled(tmp_path))
    body = BODY | {"manifest": manifest("brand-new", "1.0.0-rc.1")}
    assert [asking("POST", "/v6/job-types/", json=body).status_code for _ in range(2)] == [500, 200]
    assert asking.get("/v6/job-types/brand-new/").json()["count"] == 1


def test_deprecating_a_member_of_recipes_warns(client, tmp_path):
    got = client(filled(tmp_path))("PATCH", "/v6/job-types/chip-maker/1.10.0/", json={"is_active": False}).json()
    sentence = "The following recipes were deprecated as a result of deprecating this job type: [u'chips'] "
    assert got["warnings"] == [{"name": "DEPRECATED_RECIPES", "description": sentence}]


@pytest.mark.parametrize(
    "body", [{"is_active": 5}, {"icon_code": "x" * 21}, {"configuration": "x"}, {"is_published": "no"}]
)
def test_a_mistake_that_breaks_a_server_breaks_this_one_and_is_400_without_quirks(client, tmp_path, body):
    store = filled(tmp_path)
    assert client(store)("PATCH", MODEL_URL, json=body).status_code == 500
    got = client(store, quirks=False)("PATCH", MODEL_URL, json=body)
    assert (got.status_code, list(got.json())) == (400, ["detail"])


def test_numbers_of_a_body_are_read_as_python_2_reads_them(client, tmp_path):
    asking = client(filled(tmp_path))
    for value, want in ((1.5, 1), ("7", 7), (-3, -3), (None, -3)):
        assert asking("PATCH", MODEL_URL, json={"max_scheduled": value}).status_code == 200
        assert asking.get(MODEL_URL).json()["max_scheduled"] == want


# Releases.


@pytest.mark.parametrize("release", ["6", "7.0"])
def test_an_older_release_edits_without_a_word_and_tells_a_creation_twice(client, tmp_path, release):
    asking = client(filled(tmp_path), release=release)
    got = asking("PATCH", MODEL_URL, json={"is_paused": True})
    assert (got.status_code, got.content) == (204, b"")
    assert asking("PATCH", MODEL_URL, json={"is_paused": False}).status_code == 204
    assert asking.get(MODEL_URL).json()["is_paused"] is True
    refused = asking("PATCH", MODEL_URL, json={"manifest": MODEL["manifest"]})
    assert refused.json()["detail"].startswith("manifest is not a valid field.")
    answers = [asking("POST", "/v6/job-types/", json=BODY) for _ in range(2)]
    assert [got.status_code for got in answers] == [201, 201]
    assert [got.json()["revision_num"] for got in answers] == [1, 2]
    assert asking("POST", "/v6/job-types/", json=BODY | {"is_active": True}).status_code == 400


def test_release_6_lacks_keys_and_v7_and_filters_otherwise(client, small):
    asking = client(small, release="6")
    assert "max_tries" not in asking.get("/v6/jobs/").json()["results"][0]
    assert "max_tries" not in asking.get("/v6/job-types/").json()["results"][0]
    row = asking.get("/v6/job-types/status/", is_operational="false", is_active="true").json()["results"]
    assert [one["job_type"]["id"] for one in row] == [4]
    assert {"is_active", "is_system"}.isdisjoint(row[0]["job_type"])
    assert asking.get("/v7/jobs/").status_code == 404
    assert asking.get("/v6/job-types/", keyword="nothing about").json()["count"] == 1


def test_release_7_0_lacks_what_came_later(client, small):
    asking = client(small, release="7.0")
    job = asking.get("/v6/jobs/").json()["results"][0]
    assert "input_files" not in job
    assert "max_tries" in job
    assert "is_system" not in asking.get("/v6/job-types/pending/").json()["results"][0]["job_type"]


def test_an_unknown_release_is_refused(small):
    with pytest.raises(jt.InvalidParameter, match="release="), testing.serve(small, release="8"):
        pass


# Sources and the present.


def test_one_source_of_several_is_served(client, tmp_path):
    store = filled(tmp_path, jt.open())
    store.load(tmp_path / "jobs.json", source="other")
    with pytest.raises(jt.Ambiguous), testing.serve(store):
        pass
    with pytest.raises(jt.InvalidParameter), testing.serve(store, source="*"):
        pass
    assert client(store, source="other").get("/v6/job-type-names/").json()["count"] == 3
    assert client(store, source="scale").get("/v6/job-type-names/").json()["count"] == 4


def test_now_is_the_newest_change_of_a_job_unless_a_clock_is_given(client, small):
    asking = client(small)
    assert asking.get("/v6/version/").headers["Date"] == "Sun, 01 Mar 2026 12:00:00 GMT"
    later = client(small, clock=lambda: ago(-60))
    assert later.get("/v6/version/").headers["Date"] == "Sun, 01 Mar 2026 13:00:00 GMT"
    assert later.get("/v6/jobs/", started="PT60M").json()["count"] == 1
    assert asking.get("/v6/jobs/", started="PT60M").json()["count"] > 1


# Starting and ending.


def test_the_server_ends_with_the_block_also_after_an_error(small):
    urls = []
    before = set(threading.enumerate())

    def work() -> None:
        with testing.serve(small) as server:
            urls.append(f"{server.url}/v6/version/")
            assert requests.get(urls[0], timeout=600).status_code == 200
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        work()
    with pytest.raises(requests.ConnectionError):
        requests.get(urls[0], timeout=600)
    assert "jobtype-toolkit-server" not in [one.name for one in set(threading.enumerate()) - before]


def test_the_server_tells_what_it_was_asked(serving, small):
    server = serving(small)
    requests.get(f"{server.url}/v6/jobs/?page_size=1&order=nope", timeout=600)
    assert server.requests == [testing.Request("GET", "/api/v6/jobs/", "page_size=1&order=nope", 500)]
    server.forget()
    assert (server.requests, server.failures) == ([], [])


def test_a_port_in_use_is_told(serving, small):
    server = serving(small)
    port = int(server.url.split(":")[2].split("/")[0])
    with pytest.raises(jt.InvalidParameter, match="Give another port"), testing.serve(small, port=port):
        pass


@sizes(25, 60)
def test_many_ask_and_write_at_once_and_nothing_is_torn(client, tmp_path, size):
    store = filled(tmp_path)
    asking = client(store)
    want = asking.get("/v6/jobs/").json()["results"]

    def one(number: int) -> int:
        if number % 5 == 0:
            return asking("PATCH", MODEL_URL, json={"max_scheduled": number + 1}).status_code
        got = asking.get("/v6/jobs/")
        return got.status_code if got.json()["results"] == want else 0

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(one, range(size))) == {200}
    assert store.check().is_sound


def test_the_sample_is_served_where_no_store_is_given(monkeypatch, tmp_path):
    monkeypatch.setattr("jobtype_toolkit.store.store.sample", lambda: asking.sample(tmp_path))
    with testing.serve() as server:
        got = requests.get(f"{server.url}/v6/jobs/?page_size=1", timeout=600).json()
    assert got["count"] == 100_000


def test_without_the_extra_it_is_told_what_to_install(small, monkeypatch):
    monkeypatch.setattr("jobtype_toolkit.server.find_spec", lambda _: None)
    with pytest.raises(jt.ToolkitError, match=r"pip install 'jobtype-toolkit\[server\]'"), testing.serve(small):
        pass


def test_a_store_in_a_file_can_be_read_by_others_meanwhile(client, tmp_path):
    path = tmp_path / "one.duckdb"
    with jt.open(path) as store:
        filled(tmp_path, store)
    asking = client(jt.open(path))
    assert asking.get("/v6/jobs/").json()["count"] == len(JOBS)
    done = run("import sys, jobtype_toolkit as jt; print(len(jt.open(sys.argv[1]).jobs()))", path)
    assert done.stdout.strip() == str(len(JOBS)), done.stderr
