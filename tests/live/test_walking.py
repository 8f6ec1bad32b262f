"""Lists are read to their end: no row lost, none twice, however the server pages and whatever moves meanwhile."""

from __future__ import annotations

import random
import warnings
from collections import Counter
from datetime import timedelta
from functools import cache

import pytest
from histories import BAD_INPUT, CHIPS, GAUGE, ago, error, job, job_type, page, text
from histories import listed as in_list
from loopback import Reply, listed
from sizes import and_in_soak

import jobtype_toolkit as jt
from jobtype_toolkit.api import times
from jobtype_toolkit.testing import HttpRequest

pytestmark = pytest.mark.slow

instant = cache(times.instant)


class Jobs:
    """A server of jobs, filtered, sorted and paged as v6 does; `meanwhile` is called before each answer."""

    def __init__(self, count: int, step: timedelta = timedelta(seconds=1)) -> None:
        self.rows = {id: job(id, CHIPS, "COMPLETED", ago(1000) + step * id) for id in range(1, count + 1)}
        self.asked = []
        self.meanwhile = lambda: None
        self.lie = {}

    def touch(self, id: int, moment) -> None:
        self.rows[id] = {**self.rows[id], "last_modified": text(moment)}

    def __call__(self, asked):
        self.meanwhile()
        self.asked.append(asked)
        started, ended = asked["started"], asked["ended"]
        if started and ended and instant(started) >= instant(ended):
            return Reply(400, {"detail": "started must be before ended"})
        found = [
            one
            for one in self.rows.values()
            if (not started or instant(one["last_modified"]) >= instant(started))
            and (not ended or instant(one["last_modified"]) <= instant(ended))
        ]
        for key in reversed(asked.all("order") or ["last_modified"]):
            name = key.removeprefix("-")
            found.sort(
                key=lambda one: instant(one[name]) if name == "last_modified" else one[name], reverse=key[0] == "-"
            )
        made = listed(found, asked)
        return made if isinstance(made, Reply) else made | self.lie


def ids(frame) -> list[int]:
    return [int(one) for one in frame["id"]]


# Jobs, by key.


@pytest.mark.parametrize("count", and_in_soak([0, 1, 249, 250, 251, 500], [1234]))
def test_all_jobs_come_once_in_order(asking, count):
    assert ids(asking(Jobs(count)).jobs()) == list(range(1, count + 1))


def test_pages_of_jobs_are_asked_for_by_the_end_of_the_one_before_and_in_v6s_safe_order(asking):
    server = Jobs(600)
    asking(server).jobs()
    assert [one["started"] for one in server.asked] == [None, text(ago(1000) + timedelta(seconds=250)),
                                                        text(ago(1000) + timedelta(seconds=499))]  # fmt: skip
    assert all(one.all("order") == ["last_modified", "id"] for one in server.asked)
    assert all(one["page"] is None for one in server.asked)
    assert {one["page_size"] for one in server.asked} == {"250"}


@pytest.mark.parametrize("seed", and_in_soak(range(2), range(2, 6)))
def test_no_row_is_lost_or_doubled_while_rows_move(asking, seed):
    """Every row that was there at the start and did not change is there once, and so is every one that did."""
    server = Jobs(1200)
    chance, clock = random.Random(seed), ago(900)
    before = {id: one["last_modified"] for id, one in server.rows.items()}

    def meanwhile():
        nonlocal clock
        for id in chance.sample(range(1, 1201), 40):
            clock += timedelta(milliseconds=1)
            server.touch(id, clock)

    server.meanwhile = meanwhile
    scale = asking(server)
    found = scale.jobs(ended=ago(500))
    assert Counter(ids(found)).most_common(1)[0][1] == 1
    unchanged = {id for id, stamp in before.items() if server.rows[id]["last_modified"] == stamp}
    assert unchanged
    assert unchanged <= set(ids(found))
    assert found["last_modified"].is_monotonic_increasing
    assert found.attrs["count"] == len(found)


@pytest.mark.parametrize("size", [5, 20])
def test_a_server_that_changes_faster_than_it_is_read_is_not_read_for_ever(asking, size):
    """The odd jobs change all the time, the even ones never: each of these comes."""
    server, clock = Jobs(200), ago(900)

    def meanwhile():
        nonlocal clock
        for id in range(1, 201, 2):
            clock += timedelta(microseconds=1)
            server.touch(id, clock)

    server.meanwhile = meanwhile
    found = [id for frame in asking(server).iter_jobs(page_size=size) for id in ids(frame)]
    assert set(range(2, 201, 2)) <= set(found)
    assert len(server.asked) <= 3 * 200 // size + 10


@pytest.mark.parametrize("size", and_in_soak([1, 7, 50], [2, 3]))
def test_many_rows_of_one_instant_come_once_also_where_they_fill_several_pages(asking, size):
    server = Jobs(40)
    for id in range(5, 30):
        server.touch(id, ago(100))
    for id in (30, 31):
        server.touch(id, ago(100) + timedelta(microseconds=1))
    scale = asking(server)
    walked = [id for frame in scale.iter_jobs(page_size=size) for id in ids(frame)]
    assert sorted(walked) == list(range(1, 41))
    assert walked == [*range(1, 5), *range(32, 41), *range(5, 30), 30, 31]


@pytest.mark.parametrize("size", [3, 250])
def test_an_end_within_a_burst_is_exact_to_the_microsecond(asking, size):
    server = Jobs(40, timedelta(0))
    for id in range(20, 41):
        server.touch(id, ago(1000) + timedelta(microseconds=1))
    scale = asking(server)
    found = [id for frame in scale.iter_jobs(ended=ago(1000), page_size=size) for id in ids(frame)]
    assert found == list(range(1, 20))


def test_a_burst_that_shrinks_while_it_is_read_loses_none_that_stays(asking):
    server = Jobs(30, timedelta(0))
    moving = iter(range(1, 9))

    def meanwhile():
        if (id := next(moving, None)) is not None:
            server.touch(id, ago(1))

    server.meanwhile = meanwhile
    found = [id for frame in asking(server).iter_jobs(page_size=4) for id in ids(frame)]
    assert set(found) == set(range(1, 31))


def test_the_first_and_the_last_instant_of_the_calendar_can_be_read(asking):
    server = Jobs(6)
    for id in range(1, 7):
        server.rows[id] = {**server.rows[id], "last_modified": "9999-12-31T23:59:59.999999Z"}
    scale = asking(server)
    walked = [id for frame in scale.iter_jobs(page_size=2, started="0001-01-01T00:00:00Z") for id in ids(frame)]
    assert walked == [1, 2, 3, 4, 5, 6]
    assert ids(scale.jobs(ended="9999-12-31T23:59:59.999999Z")) == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("lie", [{"count": 0}, {"count": 10**9}, {"count": -5}, {"count": "many"}, {"count": None}])
def test_a_count_that_lies_changes_no_row(asking, lie):
    server = Jobs(260)
    server.lie = lie
    scale = asking(server)
    found = scale.jobs()
    assert ids(found) == list(range(1, 261))
    assert found.attrs["count"] == 260
    assert [id for frame in scale.iter_jobs(page_size=100) for id in ids(frame)] == list(range(1, 261))


def test_a_server_that_does_not_sort_or_filter_is_told_and_not_read_on(asking):
    server = Jobs(600)
    rows = list(server.rows.values())
    backwards = asking(lambda asked: listed(rows[::-1], asked))
    deaf = asking(lambda asked: listed(rows, asked))
    with pytest.raises(jt.ServerFailed, match="does not sort"):
        backwards.jobs()
    with pytest.raises(jt.ServerFailed, match="rows from before"):
        deaf.jobs()


def test_a_page_that_repeats_for_ever_is_told(asking):
    rows = [in_list(job_type(number, f"n{number}", "1.0.0")) for number in range(1, 5)]
    for cycle in (1, 2, 3):
        scale = asking(
            lambda asked, cycle=cycle: page([rows[int(asked["page"] or 1) % cycle]]) | {"next": "x", "count": 9}
        )
        with pytest.raises(jt.ServerFailed, match="once more"):
            scale.job_types()


def test_a_burst_that_repeats_for_ever_is_told(asking):
    rows = list(Jobs(600, timedelta(0)).rows.values())[:250]
    scale = asking(lambda _: page(rows) | {"next": "x", "count": 900})
    with pytest.raises(jt.ServerFailed, match="once more"):
        scale.jobs()


def test_a_page_that_vanishes_while_the_list_is_read_is_its_end(asking):
    rows = [in_list(job_type(number, f"n{number:04}", "1.0.0")) for number in range(1, 1501)]

    def answering(asked):
        if not asked.path.endswith("v6/job-types/"):
            return page([])
        return listed(rows, asked) if asked["page"] is None else Reply(404, {"detail": "Invalid page."})

    scale = asking(answering)
    found = scale.job_types()
    assert len(found) == 1000
    assert found.attrs["notes"] == ["the server counts 1,500 job types and sends 1,000"]


# Limits and laziness.


@pytest.mark.parametrize("limit", [1, 7, 250, 251, 599])
def test_a_limit_is_exact_and_asks_for_no_more_pages_than_it_needs(asking, limit):
    server = Jobs(600)
    with pytest.warns(jt.ResultCut, match=f"{limit} of 600 rows"):
        found = asking(server).jobs(limit=limit)
    assert ids(found) == list(range(1, limit + 1))
    assert found.attrs["count"] == 600
    assert len(server.asked) == -(-limit // 250)


@pytest.mark.parametrize("limit", [600, 601, 10_000])
def test_a_limit_that_cuts_nothing_says_nothing(asking, limit):
    scale = asking(Jobs(600))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(scale.jobs(limit=limit)) == 600


@pytest.mark.parametrize("limit", [1, 10, 11, 25, 39, 40, 50])
def test_a_limit_over_frames_of_a_page_is_exact(asking, limit):
    found = [id for frame in asking(Jobs(40)).iter_jobs(page_size=10, limit=limit) for id in ids(frame)]
    assert found == list(range(1, min(limit, 40) + 1))


def test_frames_of_a_page_are_asked_for_as_the_loop_goes(asking):
    server = Jobs(1000)
    frames = asking(server).iter_jobs(page_size=100)
    assert server.asked == []
    for number in (1, 2, 3):
        next(frames)
        assert len(server.asked) == number
    frames.close()
    assert len(server.asked) == 3


def test_frames_of_a_page_refuse_what_the_service_does_not_take(asking):
    scale = asking(Jobs(1))
    for wrong in ({"order": "id"}, {"colour": "red"}, {"limit": 0}, {"page_size": 1001}, {"started": "yesterday"}):
        with pytest.raises(jt.InvalidParameter):
            next(scale.iter_jobs(**wrong))


def test_a_limit_in_an_order_of_the_callers_is_the_first_of_that_order(asking):
    server = Jobs(600)
    with pytest.warns(jt.ResultCut):
        assert ids(asking(server).jobs(order="-id", limit=3)) == [600, 599, 598]
    assert server.asked[0].all("order") == ["-id", "last_modified", "id"]


@pytest.mark.parametrize("number", [1, 2, 6])
def test_a_page_of_jobs_costs_one_request(asking, number):
    server = Jobs(600)
    found = asking(server).jobs(page=number, page_size=100)
    assert ids(found) == list(range(100 * number - 99, 100 * number + 1))
    assert (found.attrs["count"], len(server.asked)) == (600, 1)


def test_a_page_past_the_end_says_how_many_rows_there_are(asking):
    with pytest.raises(jt.NotFound, match="page=7 with page_size=100 is past the end of 600 rows"):
        asking(Jobs(600)).jobs(page=7, page_size=100)


# Job types.


class Types:
    """A server of job types, sorted by name with ties that fall differently each time, so that pages lose rows."""

    def __init__(self, names: int, versions: int, *more) -> None:
        self.rows = [
            in_list(job_type(number * versions + minor + 1, f"n{number:04}", f"1.{minor}.0", is_active=minor > 0))
            for number in range(names)
            for minor in range(versions)
        ] + [in_list(one) for one in more]
        self.chance = random.Random(5)
        self.asked = []

    def __call__(self, asked):
        self.asked.append(asked)
        place = asked.path.removeprefix("/api/v6/")
        active = asked["is_active"]
        rows = [one for one in self.rows if active is None or one["is_active"] == (active == "true")]
        if place == "job-types/":
            shuffled = sorted(rows, key=lambda one: (one["name"].lower(), self.chance.random()))
            return listed(shuffled, asked)
        if place == "job-type-names/":
            return listed([{"name": name} for name in sorted({one["name"] for one in rows})], asked)
        return listed([one for one in rows if place == f"job-types/{one['name']}/"], asked)


def test_more_job_types_than_a_page_are_completed_by_name(asking):
    server = Types(50, 24)
    asked = [HttpRequest("GET", "/api/v6/job-types/", (("page_size", "1000"), ("page", number)), {}) for number in "12"]
    assert len({one["id"] for page in asked for one in server(page)["results"]}) < 1200, "the server loses none"
    found = asking(server).job_types()
    assert sorted(ids(found)) == list(range(1, 1201))
    assert found.attrs["notes"] == []


def test_more_job_types_than_a_page_are_completed_under_a_filter_too(asking):
    server = Types(50, 24)
    found = asking(server).job_types(is_active=True)
    assert sorted(ids(found)) == sorted(one["id"] for one in server.rows if one["is_active"])


def test_a_name_under_which_v6_has_a_service_does_not_send_in_circles(asking):
    shadowed = job_type(9001, "status", "1.0.0")
    server = Types(50, 24, shadowed)
    found = asking(server).job_types()
    assert len(set(ids(found)) & set(range(1, 1201))) == 1200
    assert not [one for one in server.asked if one.path.endswith("/status/")]


def test_the_versions_of_a_name_under_which_v6_has_a_service_are_found_in_the_list(asking):
    server = Types(3, 2, job_type(9001, "status", "1.0.0"), job_type(9002, "status", "1.1.0"))
    assert list(asking(server).versions("status")["version"]) == ["1.1.0", "1.0.0"]


def test_up_to_a_page_of_job_types_is_one_request(asking):
    server = Types(40, 25)
    assert len(asking(server).job_types()) == 1000
    assert [one["page_size"] for one in server.asked] == ["1000"]


def test_a_keyword_repeats_no_row_and_what_pages_of_it_may_lose_is_told(asking):
    rows = [in_list(job_type(number, f"n{number}", "1.0.0")) for number in range(1, 4)]
    repeated = asking(lambda asked: listed(rows * 3, asked)).job_types(keyword="n")
    assert (ids(repeated), repeated.attrs["count"], repeated.attrs["notes"]) == ([1, 2, 3], 3, [])
    many = asking(lambda asked: listed(rows * 400, asked)).job_types(keyword="n")
    assert ids(many) == [1, 2, 3]
    assert "may drop rows between pages" in many.attrs["notes"][0]


def test_a_count_of_job_types_that_lies_is_told(asking):
    rows = [in_list(job_type(1, "n", "1.0.0"))]
    found = asking(lambda asked: listed(rows, asked, count=7)).job_types()
    assert found.attrs["notes"] == ["the server counts 7 job types and sends 1"]
    assert found.attrs["count"] == 1


# Errors and falsified fields.


def test_of_several_values_each_matches_though_a_server_takes_the_last(asking):
    rows = [error(1, "a", "SYSTEM"), error(2, "b", "DATA"), error(3, "c", "ALGORITHM")]

    def answering(asked):
        return listed([one for one in rows if asked["category"] in (None, one["category"])], asked)

    assert ids(asking(answering).errors(category=["SYSTEM", "DATA"])) == [1, 2]
    assert ids(asking(answering).errors(category="DATA")) == [2]


def statistic(asked):
    falsified = {**in_list(CHIPS), "is_system": False, "unmet_resources": None}
    place = asked.path.removeprefix("/api/v6/")
    if place == "job-types/":
        return listed([in_list(CHIPS) | {"is_system": True, "unmet_resources": "gpus"}], asked)
    if place == "errors/":
        return listed([BAD_INPUT | {"is_builtin": True, "should_be_retried": True}], asked)
    row = {"job_type": falsified, "count": 2, "longest_running": text(ago(5)), "last_error": text(ago(5))}
    return listed([{**row, "error": {**BAD_INPUT, "is_builtin": False, "job_type_name": None}}], asked)


def test_what_the_statistics_falsify_is_looked_up(asking):
    scale = asking(statistic)
    row = scale.running().iloc[0]
    assert (row["is_system"], row["unmet_resources"]) == (True, "gpus")
    row = scale.system_failures().iloc[0]
    assert (row["is_system"], row["error_is_builtin"], row["error_job_type_name"]) == (True, True, "chip-maker")


def test_what_cannot_be_looked_up_is_missing_and_told(asking):
    def answering(asked):
        return Reply(403, {"detail": "no"}) if asked.path.endswith(("v6/job-types/", "errors/")) else statistic(asked)

    row, notes = (found := asking(answering).system_failures()).iloc[0], found.attrs["notes"]
    for name in ("is_system", "unmet_resources", "error_is_builtin", "error_should_be_retried", "error_job_type_name"):
        assert row.isna()[name]
    assert (row["name"], row["error_name"], row["count"]) == ("chip-maker", "bad-input", 2)
    assert len(notes) == 2


# Jobs one by one.


def test_a_log_is_a_text_and_nothing_where_there_is_none(asking):
    def answering(asked):
        if asked.path.endswith("/executions/"):
            return page([{"id": 71, "exe_num": 1}, {"id": 72, "exe_num": 2}])
        if "/72/" in asked.path:
            assert asked.headers["accept"] == "text/plain"
            return Reply(200, "line é\n".encode() + b"\xff\x1b[31m", {"Content-Type": "text/plain"})
        return Reply(204)

    scale = asking(answering)
    assert scale.logs(5) == "line é\n�\x1b[31m"
    assert scale.logs(5, 2, stream="stderr") == scale.logs(5)
    assert scale.logs(5, 1) is None
    with pytest.raises(jt.NotFound, match="execution 3"):
        scale.logs(5, 3)
    with pytest.raises(jt.InvalidParameter, match="stdout"):
        scale.logs(5, stream="everything")


def test_executions_are_newest_first_and_none_for_an_unknown_job(asking):
    scale = asking(
        lambda asked: page([{"id": 1, "exe_num": 1}, {"id": 2, "exe_num": 2}] if "/5/" in asked.path else [])
    )
    assert ids(scale.executions(5)) == [2, 1]
    assert scale.executions(5).attrs["url"] == f"{scale.url}/v6/jobs/5/executions/"
    nothing = scale.executions(6)
    assert (len(nothing), list(nothing.dtypes)) == (0, list(scale.executions(5).dtypes))


def test_a_server_of_6_x_leaves_fields_out_and_the_frames_keep_their_columns(asking):
    """6.x sends no max_tries, no input_files, no is_system in what is embedded."""
    old = {
        key: value for key, value in in_list(GAUGE).items() if key not in ("max_tries", "is_system", "unmet_resources")
    }
    row = {
        key: value for key, value in job(1, GAUGE, "RUNNING", ago(5)).items() if key not in ("max_tries", "input_files")
    }
    answers = {"job-types/": [old], "jobs/": [row], "job-types/status/": [{"job_type": {"id": 5}, "job_counts": []}]}
    scale = asking(lambda asked: listed(answers.get(asked.path.removeprefix("/api/v6/"), []), asked))
    for frame, name in ((scale.job_types(), "max_tries"), (scale.jobs(), "input_files"), (scale.status(), "is_system")):
        assert len(frame) == 1
        assert frame[name].isna().all()
