"""What the server makes of parameters, pages and orders: v6's rules, expected values counted by hand in `histories`."""

from __future__ import annotations

import json

import pytest
from asking import Client, filled
from histories import JOBS, NOW, ago, text

import jobtype_toolkit as jt

pytestmark = pytest.mark.slow

HTML_500 = "<h1>Server Error (500)</h1>"


def ids(asking: Client, path: str, **params) -> list[int]:
    got = asking.get(f"/v6/{path}", **params)
    assert got.status_code == 200, got.text
    return [row["id"] for row in got.json()["results"]]


# Pages.


@pytest.mark.parametrize("size", ["0", "-1", "abc", "2.0", ""])
def test_a_page_size_that_is_none_is_a_hundred(asking, size):
    assert len(asking.get("/v6/jobs/", page_size=size).json()["results"]) == 33


@pytest.mark.parametrize("page", ["0", "-1", "1.0", "abc", "", "4", "9" * 5000, "²"])
def test_a_page_that_is_none_is_404(asking, page):
    got = asking.get("/v6/jobs/", page_size=11, page=page)
    assert (got.status_code, got.json()) == (404, {"detail": "Invalid page."})


@pytest.mark.parametrize("page", ["003", " 3 ", "last"])
def test_the_last_page_goes_by_several_names(asking, page):
    got = asking.get("/v6/jobs/", page_size=11, page=page).json()
    assert len(got["results"]) == 11
    assert got["next"] is None


def test_links_keep_all_parameters_by_name_and_the_size_of_the_caller(asking):
    got = asking.get("/v6/jobs/?zeta=1&page_size=5000&order=id&order=-created&alpha=%20&status=x").json()
    assert (got["next"], got["previous"]) == (None, None)
    first = asking.get("/v6/jobs/?zeta=1&page_size=20&order=id&order=-created&alpha=%20").json()
    url = f"{asking.url}/v6/jobs/?"
    assert first["next"] == url + "alpha=+&order=id&order=-created&page=2&page_size=20&zeta=1"
    second = asking("GET", first["next"].removeprefix(asking.url)).json()
    assert second["previous"] == url + "alpha=+&order=id&order=-created&page_size=20&zeta=1"
    assert [row["id"] for row in first["results"] + second["results"]] == list(range(101, 134))


def test_a_size_above_1000_is_1000_and_links_keep_the_number(client, tmp_path):
    many = [json.loads(json.dumps(JOBS[0])) | {"id": number} for number in range(1, 1002)]
    asking = client(filled(tmp_path, jobs=many))
    got = asking.get("/v6/jobs/", page_size=7000).json()
    assert (got["count"], len(got["results"])) == (1001, 1000)
    assert got["next"] == f"{asking.url}/v6/jobs/?page=2&page_size=7000"


def test_links_name_the_host_that_a_proxy_tells_and_no_other_scheme(asking):
    headers = {"X-Forwarded-Host": "scale.example", "X-Forwarded-Proto": "https"}
    got = asking("GET", "/v6/jobs/?page_size=1", headers=headers).json()
    assert got["next"] == "http://scale.example/api/v6/jobs/?page=2&page_size=1"


def test_a_host_that_is_none_is_not_repeated(client, small):
    asking = client(small, token="abc")  # without one it is refused
    headers = {"Host": 'x"><script>', "Authorization": "Token abc"}
    got = asking("GET", "/v6/jobs/?page_size=1", headers=headers).json()
    assert got["next"].startswith("http://127.0.0.1:")


def test_page_1_of_nothing_is_there_and_page_2_is_not(asking):
    assert asking.get("/v6/jobs/", status="nope").json() == {"count": 0, "next": None, "previous": None, "results": []}
    assert asking.get("/v6/jobs/", status="nope", page=2).status_code == 404


# Parameters.


@pytest.mark.parametrize("value", ["true", "T", " 1 ", "True"])
def test_a_boolean_has_several_spellings(asking, value):
    assert asking.get("/v6/job-types/", is_active=value).json()["count"] == 5


@pytest.mark.parametrize("value", ["", "yes", "2", "none"])
def test_another_boolean_is_refused(asking, value):
    got = asking.get("/v6/job-types/", is_active=value)
    assert (got.status_code, got.json()) == (400, {"detail": 'Parameter must be a valid boolean: "is_active"'})


def test_of_a_repeated_boolean_the_last_counts(asking):
    assert asking.get("/v6/job-types/?is_active=true&is_active=false").json()["count"] == 1


def test_ids_are_repeated_not_listed_and_one_too_large_is_of_nothing(asking):
    assert sorted(ids(asking, "job-types/?id=2&id=%205%20&id=99999999999999999999999")) == [2, 5]
    assert ids(asking, "jobs/?job_id=101&job_id=133&order=id") == [101, 133]
    assert ids(asking, f"jobs/?job_id={10**30}") == []
    assert asking.get("/v6/jobs/", job_type_id="1,2").status_code == 400


@pytest.mark.parametrize(
    "value",
    ["2026-03-01", "2026-03-01T10:00:00", "2026-03-01T10:00:00-05:00", "2026-03-01T24:00:00Z", "2026-03-01t10:00:00z",
     "2026-13-01T10:00:00Z", "20260301T100000Z", "now", "1", "", "P1W", "P1M", "p1d", "-P1D", "P99999999D"],
)  # fmt: skip
def test_a_time_that_v6_does_not_read_is_refused(asking, value):
    for path in ("jobs/", "errors/", "job-types/status/"):
        got = asking.get(f"/v6/{path}", started=value)
        detail = {"detail": "Invalid ISO timestamp format for parameter: started"}
        assert (got.status_code, got.json()) == (400, detail)


@pytest.mark.parametrize(
    "value",
    ["2026-03-01T11:25:00Z", "2026-03-01 11:25Z", "2026-03-01T11:25:00.000Z", "2026-03-01T13:25:00+02:00", "PT35M",
     "PT0H35M0S", "P0DT2100S"],
)  # fmt: skip
def test_the_spellings_of_35_minutes_ago_find_the_same_jobs(asking, value):
    want = sorted(job["id"] for job in JOBS if job["last_modified"] >= text(ago(35)))
    assert sorted(ids(asking, "jobs/", started=value)) == want
    assert 127 in want


def test_both_ends_of_a_window_are_in_it_and_a_range_without_extent_is_refused(asking):
    at = text(ago(75))
    assert ids(asking, "jobs/", ended=at, started=text(ago(75, 1)), order="id") == [116, 117]
    for path in ("jobs/", "errors/"):
        got = asking.get(f"/v6/{path}", started=at, ended=at)
        assert (got.status_code, got.json()) == (400, {"detail": "Start time must come before end time"})


def test_a_reversed_window_of_the_status_counts_running_jobs_only(asking):
    got = asking.get("/v6/job-types/status/", started="PT1H", ended="PT2H").json()
    counts = {entry["status"] for row in got["results"] for entry in row["job_counts"]}
    assert (got["count"], counts) == (6, {"RUNNING"})


def test_jobs_are_filtered_by_what_their_type_and_error_say(asking):
    assert sorted(ids(asking, "jobs/?job_type_name=Tide-Gauge&job_type_name=scale-clock&status=FAILED")) == [127, 128]
    assert sorted(ids(asking, "jobs/?error_category=DATA&error_category=ALGORITHM")) == [105, 108, 127, 128]
    assert sorted(ids(asking, "jobs/?error_id=1&job_type_id=3")) == [120, 121]
    assert ids(asking, "jobs/?is_superseded=true") == [128]
    assert ids(asking, "jobs/?batch_id=7&recipe_id=9&source_task=t-17&source_sensor=S-1") == [133]
    assert ids(asking, "jobs/?source_started=2026-02-26T17:20:00Z&source_ended=2026-02-26T19:00:00Z") == [133]
    assert ids(asking, "jobs/?job_type_name=nobody") == []


def test_an_unknown_parameter_is_ignored_and_an_unknown_status_matches_nothing(asking):
    assert asking.get("/v6/jobs/", source_tasks="t-17", page_sizes=3).json()["count"] == 33
    assert asking.get("/v6/jobs/", status="failed").json()["count"] == 0


def test_of_a_repeated_filter_of_errors_the_last_counts(asking):
    assert ids(asking, "errors/?category=SYSTEM&category=DATA") == [3]
    assert sorted(ids(asking, "errors/?is_builtin=true")) == [1, 2, 5]
    assert ids(asking, "errors/?started=2026-01-11T00:00:00Z") == [4, 3]
    assert ids(asking, "errors/?order=-name&page_size=2") == [1, 5]


# Orders.


def test_jobs_come_by_last_modified_and_obey_an_order(asking):
    by_change = sorted(JOBS, key=lambda job: (job["last_modified"], job["id"]))
    assert ids(asking, "jobs/") == [job["id"] for job in by_change]
    assert ids(asking, "jobs/?order=-status&order=id&page_size=5") == [110, 111, 119, 130, 114]
    assert ids(asking, "jobs/?order=job_type__name&order=-id&page_size=3") == [133, 129, 128]


def test_missing_values_come_last_ascending_and_first_descending(asking):
    up, down = ids(asking, "jobs/?order=last_status_change&order=id"), ids(asking, "jobs/?order=-last_status_change")
    assert up[-3:] == [112, 125, 126]
    assert set(down[:3]) == {112, 125, 126}
    assert ids(asking, "jobs/?order=error__name&order=id&page_size=2") == [105, 127]


def test_duration_and_job_type_as_the_first_order_drop_the_others(asking):
    got = ids(asking, "jobs/?order=job_type&order=-id")
    assert got[:3] == [125, 126, 127]  # by name, Tide-Gauge first, and then no longer by -id
    ended = [job["id"] for job in JOBS if job["ended"]]
    assert set(ids(asking, "jobs/?order=duration")[: len(ended)]) == set(ended)


@pytest.mark.parametrize("order", ["nope", "", "-", "exit_code", "job_type_version", "error__nope", "id;drop", 'x"'])
def test_an_order_by_no_field_breaks_the_server_or_is_refused(asking, client, small, order):
    for path in ("jobs/", "errors/"):
        got = asking.get(f"/v6/{path}", order=order)
        assert (got.status_code, got.text, got.headers["Content-Type"]) == (500, HTML_500, "text/html")
    assert client(small, quirks=False).get("/v6/jobs/", order=order).status_code == 400


def test_order_is_ignored_everywhere_else(asking):
    for path in ("job-types/", "job-type-names/", "job-types/chip-maker/", "job-types/status/"):
        plain, ordered = asking.get(f"/v6/{path}"), asking.get(f"/v6/{path}", order="-nope")
        assert (ordered.status_code, ordered.json()["results"]) == (200, plain.json()["results"])


# The rows of job types.


def test_versions_come_by_their_text_and_names_tell_the_latest(asking):
    got = asking.get("/v6/job-types/chip-maker/").json()["results"]
    assert [row["version"] for row in got] == ["1.9.0", "1.10.0-rc.1", "1.10.0"]
    (name,) = asking.get("/v6/job-type-names/", keyword="CHIP").json()["results"]
    assert (name["latest_version"], name["title"]) == ("1.10.0", "Chip Maker Ten")
    assert sorted(name["versions"]) == ["1.10.0", "1.10.0-rc.1", "1.9.0"]


def test_a_name_is_listed_if_one_version_matches_and_shows_the_latest(asking):
    (name,) = asking.get("/v6/job-type-names/", is_active="false").json()["results"]
    assert (name["name"], name["is_active"]) == ("chip-maker", True)


@pytest.mark.parametrize(("keyword", "rows"), [("imagery", 4), ("chip", 6), ("", 9), ("IMAGERY-2", 1), ("%", 0)])
def test_a_keyword_repeats_a_row_for_each_of_its_tags(asking, keyword, rows):
    got = asking.get("/v6/job-types/", keyword=keyword).json()
    assert (got["count"], len(got["results"])) == (rows, rows)


def test_nul_in_a_text_breaks_the_server_or_is_refused(asking, client, small):
    for path in ("job-types/?keyword=a%00b", "job-type-names/?keyword=%00", "jobs/?status=%00"):
        assert asking.get(f"/v6/{path}").text == HTML_500
    assert client(small, quirks=False).get("/v6/job-types/?keyword=a%00b").status_code == 400


def test_a_prerelease_is_in_lists_and_has_no_url(asking):
    assert 4 in ids(asking, "job-types/")
    assert asking.get("/v6/job-types/chip-maker/1.10.0-rc.1/").headers["Content-Type"] == "text/html"


# Analyses.


def test_the_status_tells_each_type_with_its_jobs(asking):
    rows = {row["job_type"]["id"]: row["job_counts"] for row in asking.get("/v6/job-types/status/").json()["results"]}
    assert rows[6] == []
    counts = {(entry["status"], entry["category"]): entry["count"] for entry in rows[2]}
    assert counts[("COMPLETED", None)] == 3
    assert counts[("FAILED", "SYSTEM")] == 2
    assert counts[("FAILED", None)] == 1
    assert counts[("RUNNING", None)] == 2


@pytest.mark.parametrize(
    "path", ["job-types/pending/", "job-types/running/", "job-types/system-failures/", "queue/status/"]
)
def test_what_v6_falsifies_is_falsified(asking, path):
    rows = asking.get(f"/v6/{path}").json()["results"]
    assert rows
    assert {row["job_type"]["is_system"] for row in rows} == {False}
    assert {row["job_type"]["unmet_resources"] for row in rows} == {None}
    if "failures" in path:
        assert {row["error"]["is_builtin"] for row in rows} == {False}
        assert {row["error"]["should_be_retried"] for row in rows} == {False}


def test_the_queue_has_unpaused_types_first_then_the_most_urgent(asking):
    got = asking.get("/v6/queue/status/").json()["results"]
    told = [(row["job_type"]["id"], row["count"], row["highest_priority"]) for row in got]
    assert told == [(1, 1, 1), (5, 1, 100), (2, 2, 100), (3, 1, 50)]


def test_what_the_vocabulary_does_not_know_is_given_back(client, tmp_path):
    odd = json.loads(json.dumps(JOBS[0])) | {"priority": 5}
    odd["node"]["rack"] = "r7"
    (got,) = client(filled(tmp_path, jobs=[odd])).get("/v6/jobs/").json()["results"]
    assert (got["priority"], got["node"]) == (5, {"id": 1, "hostname": "node-a", "rack": "r7"})


def test_workspaces_and_logs_tell_what_is_known(client, tmp_path):
    store = filled(tmp_path)
    store.set_workspaces({"products": True, "old": False})
    asking = client(store, logs={7: {"stdout": "done\n"}, 8: "all"})
    got = asking.get("/v6/workspaces/").json()["results"]
    assert [(row["name"], row["is_active"], row["id"]) for row in got] == [
        ("old", False, None),
        ("products", True, None),
    ]
    assert asking.get("/v6/job-executions/7/logs/stdout/").text == "done\n"
    assert asking.get("/v6/job-executions/8/logs/combined/").text == "all"
    assert asking.get("/v6/job-executions/7/logs/stderr/").status_code == 204
    assert asking.get("/v6/job-executions/9/logs/stdout/").status_code == 204


# Hostile requests.


@pytest.mark.parametrize(
    "path",
    ["/v6/jobs/" + "9" * 400 + "/", "/v6/job-types/x/1/revisions/" + "9" * 400 + "/", "/v6/jobs/%00/", "/v6/%ff%fe/",
     "/v6/job-types/..%2f..%2fetc/", "/v6/errors/-1/", "/v6/jobs/1/executions/" + "9" * 40 + "/", "/%0d%0aX: y/",
     "//evil.example/v6/jobs"],
)  # fmt: skip
def test_a_hostile_path_is_404(asking, path):
    assert asking("GET", path).status_code == 404


def test_a_hostile_body_is_refused(client, small):
    asking = client(small)
    send = {"headers": {"Content-Type": "application/json"}}
    for data in (b"[" * 100_000, b'{"a":' * 3000 + b"1" + b"}" * 3000, b"\xff\xfe", b'{"manifest": ', b"\x00"):
        got = asking("POST", "/v6/job-types/validation/", data=data, **send)
        assert got.status_code == 400
        assert got.json()["detail"].startswith("JSON parse error - ")
    large = asking("POST", "/v6/job-types/validation/", data=b" " * (17 * 2**20), **send)
    assert large.status_code == 413


def test_texts_of_any_kind_come_through_unharmed(client, tmp_path):
    odd = '<script>\u001b[31m\u2028𝄞__proto__"\\'
    named = json.loads(json.dumps(JOBS[0])) | {"source_sensor": odd}
    got = client(filled(tmp_path, jobs=[named])).get("/v6/jobs/", source_sensor=odd)
    assert got.json()["results"][0]["source_sensor"] == odd
    assert "<script>" in got.content.decode()


def test_an_empty_store_answers_every_service_with_nothing(client):
    asking = client(jt.open(clock=lambda: NOW))
    for path in ("job-types/", "job-type-names/", "job-types/status/", "job-types/pending/", "job-types/running/",
                 "job-types/system-failures/", "queue/status/", "jobs/", "errors/", "workspaces/"):  # fmt: skip
        assert asking.get(f"/v6/{path}").json()["count"] == 0
