"""Where requests go, what goes with them, and what never leaves."""

from __future__ import annotations

import inspect
import re
import warnings

import pytest
import requests
from histories import page
from loopback import Reply, listed

import jobtype_toolkit as jt
from jobtype_toolkit.live.connect import NotVerified

EMPTY = page([])


@pytest.fixture
def serving(listening):
    """Servers with a socket: this module is about connections."""
    return listening


def anything(asked):
    return listed([], asked)


# The URL.


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("", "/v6/job-types/"),
        ("/", "/v6/job-types/"),
        ("/api", "/api/v6/job-types/"),
        ("/api/", "/api/v6/job-types/"),
        ("/api/v6", "/api/v6/job-types/"),
        ("/api/v6/", "/api/v6/job-types/"),
        ("/api/v7/", "/api/v6/job-types/"),
        ("/a/b/c", "/a/b/c/v6/job-types/"),
    ],
)
def test_any_prefix_is_kept_and_a_copied_v6_is_not_doubled(serving, client, url, path):
    server = serving(anything)
    client(server.origin + url).job_types()
    assert server.asked[0].path == path


def test_blanks_around_a_url_do_no_harm(serving, client):
    server = serving(anything)
    assert client(f"  {server.url}/\n").url == server.url


@pytest.mark.parametrize(
    "url",
    [
        "scale.example/api",
        "ftp://scale.example/api",
        "https://",
        "https:///api",
        "",
        "https://scale.example/api?x=1",
        "https://scale.example/api#top",
        "https://scale.example:port/api",
        "https://scale.example:0/api",
        "https://[::1/api",
        "https://scale.example/a b",
        "https://scale.example/\x1b[31m",
        None,
        5,
        b"https://scale.example",
    ],
)
def test_what_is_no_base_url_is_refused_at_once(url):
    with pytest.raises(jt.InvalidParameter, match="/v6/"):
        jt.connect(url)


@pytest.mark.parametrize(
    "url", ["https://me:s3cret@scale.example/api", "https://s3cret@scale.example", "https://:s3cret@h"]
)
def test_credentials_in_a_url_are_refused_and_not_repeated(url):
    with pytest.raises(jt.InvalidParameter, match="auth=") as caught:
        jt.connect(url)
    assert "s3cret" not in str(caught.value)


def test_a_query_in_a_url_is_not_repeated(serving):
    with pytest.raises(jt.InvalidParameter) as caught:
        jt.connect("https://scale.example/api?token=s3cret")
    assert "s3cret" not in str(caught.value)


def test_connecting_asks_nothing_yet(serving, client):
    server = serving(anything)
    client(server)
    assert server.asked == []


def test_every_address_ends_with_a_slash(serving, client):
    server = serving(lambda asked: Reply(404, {"detail": "Not found."}) if "/9.9/" in asked.path else listed([], asked))
    scale = client(server)
    for call in ("job_types", "job_type_names", "status", "pending", "running", "system_failures", "queue_status"):
        getattr(scale, call)()
    scale.jobs()
    scale.errors()
    scale.workspaces()
    for call in (
        lambda: scale.versions("x"),
        lambda: scale.job_type("x", "9.9"),
        lambda: scale.revisions("x", "9.9"),
        lambda: scale.revision("x", "9.9", 1),
    ):
        with pytest.raises(jt.NotFound):
            call()
    assert len(scale.executions(5)) == 0
    assert scale.logs(5) is None
    assert len({one.path for one in server.asked}) == 15
    assert all(one.path.endswith("/") for one in server.asked)


def test_each_request_is_for_json_and_ends_with_a_slash(serving, client):
    server = serving(anything)
    scale = client(server)
    scale.jobs(status="FAILED")
    scale.errors()
    assert {one.headers["accept"] for one in server.asked} == {"application/json"}
    assert all(one.path.endswith("/") for one in server.asked)


def test_values_are_written_as_v6_reads_them(serving, client):
    server = serving(anything)
    scale = client(server)
    scale.jobs(
        started="2026-11-01T02:00:00-05:00",
        status=["FAILED", "RUNNING"],
        error_category=["A&B=ü"],
        is_superseded=False,
        job_id=[1, 2],
    )
    asked = server.asked[0]
    assert asked["started"] == "2026-11-01T07:00:00Z"
    assert asked.all("status") == ["FAILED", "RUNNING"]
    assert asked.all("error_category") == ["A&B=ü"]
    assert asked["is_superseded"] == "false"
    assert asked.all("job_id") == ["1", "2"]


@pytest.mark.parametrize("keyword", ["a\0b", "\ud800"])
def test_a_text_that_no_database_holds_matches_nothing_and_is_not_sent(serving, client, keyword):
    """A server fails at it."""
    server = serving(anything)
    assert len(client(server).job_types(keyword=keyword)) == 0
    assert len(client(server).jobs(status=keyword)) == 0
    assert len(client(server).errors(name=keyword)) == 0
    assert all(keyword not in value for one in server.asked for _, value in one.query)


# The token and the other ways to sign.


def test_a_token_goes_with_each_request(serving, client, token):
    server = serving(anything)
    client(server, token).job_types()
    assert server.asked[0].headers["authorization"] == f"Token {token}"


def test_a_token_is_taken_from_the_environment_where_none_is_given(serving, client, monkeypatch):
    monkeypatch.setenv("JOBTYPE_TOOLKIT_TOKEN", "from-the-environment")
    server = serving(anything)
    client(server, None).job_types()
    client(server, "given").job_types()
    client(server, auth=("me", "pass")).job_types()
    assert [one.headers["authorization"].split()[0:2] for one in server.asked] == [
        ["Token", "from-the-environment"],
        ["Token", "given"],
        ["Basic", "bWU6cGFzcw=="],
    ]


def test_without_a_token_none_is_sent_and_netrc_is_not_read(serving, client, monkeypatch, tmp_path):
    file = tmp_path / "netrc"
    file.write_text("machine 127.0.0.1 login someone password elses\n")
    file.chmod(0o600)
    monkeypatch.setenv("NETRC", str(file))
    assert requests.utils.get_netrc_auth("http://127.0.0.1/") == ("someone", "elses")
    server = serving(anything)
    client(server, None).job_types()
    assert "authorization" not in server.asked[0].headers


class Signed(requests.auth.AuthBase):
    def __call__(self, request):
        request.headers["X-Signed"] = "yes"
        return request


def test_what_requests_takes_as_auth_signs(serving, client):
    server = serving(anything)
    client(server, auth=Signed()).job_types()
    assert server.asked[0].headers["x-signed"] == "yes"


@pytest.mark.parametrize("token", ["", "  ", "two words", "naïve", "a\nb", 5])
def test_a_token_that_can_be_none_is_refused_and_not_repeated(token):
    with pytest.raises(jt.InvalidParameter, match="token") as caught:
        jt.connect("https://scale.example", token)
    assert not str(token).strip() or str(token) not in str(caught.value)


def test_a_token_and_another_way_at_once_are_refused():
    with pytest.raises(jt.InvalidParameter, match="both"):
        jt.connect("https://scale.example", "abc", auth=("me", "pass"))


def test_auth_that_cannot_sign_is_refused():
    with pytest.raises(jt.InvalidParameter, match="auth"):
        jt.connect("https://scale.example", auth="me")


# Redirects and cookies.


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_get_is_redirected_on_its_own_server_only(serving, client, status):
    server = serving(
        lambda asked: Reply(status, headers={"Location": "/api/v6/moved/"}) if "moved" not in asked.path else EMPTY
    )
    assert len(client(server).job_types()) == 0
    assert [one.path for one in server.asked] == ["/api/v6/job-types/", "/api/v6/moved/"]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_nothing_is_asked_of_another_server(serving, client, status):
    other = serving(anything)
    server = serving(lambda _: Reply(status, headers={"Location": f"{other.url}/v6/job-types/"}))
    with pytest.raises(jt.ServerFailed, match="redirected"):
        client(server).job_types()
    assert other.asked == []
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    "target", ["//evil.example/", "https://127.0.0.1:1/", "http://[bad/", "http://me@127.0.0.1/", "", "\\\\evil"]
)
def test_a_strange_redirect_is_an_error_that_says_where_to(asking, target):
    scale = asking(lambda _: Reply(302, headers={"Location": target}))
    with pytest.raises(jt.ServerFailed, match="redirected"):
        scale.job_types()


def test_redirects_in_a_circle_end(serving, client):
    server = serving(lambda asked: Reply(302, headers={"Location": asked.path}))
    with pytest.raises(jt.ServerFailed, match="redirected"):
        client(server).job_types()
    assert len(server.asked) <= 10


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_no_redirect_of_a_write_is_followed(serving, client, status):
    server = serving(lambda _: Reply(status, headers={"Location": "/api/v6/job-types/"}))
    for method in ("POST", "PATCH"):
        with pytest.raises(jt.ServerFailed, match="redirected"):
            client(server).http.send(method, "job-types/", {})
    assert len(server.asked) == 2


def test_next_is_not_followed_to_where_it_points(serving, client):
    rows = [{"id": n, "name": f"n{n:04}"} for n in range(1500)]
    server = serving(lambda asked: listed(rows, asked))
    assert len(client(server).job_types()) == 1500
    assert [one["page"] for one in server.asked] == [None, "2"]


def test_cookies_are_not_kept(serving, client):
    server = serving(lambda _: Reply(200, EMPTY, {"Set-Cookie": "sessionid=abc; Path=/"}))
    scale = client(server)
    scale.job_types()
    scale.job_types()
    assert all("cookie" not in one.headers for one in server.asked)


# Proxies.


def test_a_proxy_of_the_environment_is_used(serving, client, monkeypatch):
    proxy = serving(anything)
    monkeypatch.setenv("http_proxy", proxy.origin)
    client("http://scale.example/api").job_types()
    assert proxy.asked[0].headers["host"] == "scale.example"


def test_proxies_that_are_given_win_over_those_of_the_environment(serving, client, monkeypatch):
    proxy, other = serving(anything), serving(anything)
    monkeypatch.setenv("http_proxy", other.origin)
    monkeypatch.setenv("all_proxy", other.origin)
    client("http://scale.example/api", proxies={"http": proxy.origin}).job_types()
    assert (len(proxy.asked), other.asked) == (1, [])


def test_proxies_for_another_scheme_leave_this_one_without(serving, client, monkeypatch):
    server, other = serving(anything), serving(anything)
    monkeypatch.setenv("http_proxy", other.origin)
    client(server, proxies={"https": other.origin}).job_types()
    assert (len(server.asked), other.asked) == (1, [])


def test_a_proxy_that_is_not_there_is_told_without_its_password(client):
    scale = client("http://scale.example/api", proxies={"http": "http://me:s3cret@127.0.0.1:9"})
    with pytest.raises(jt.ConnectionFailed, match="proxy") as caught:
        scale.job_types()
    assert "s3cret" not in str(caught.value)
    assert "s3cret" not in repr(vars(scale.http))


# How long, and with which certificates.


def test_there_are_timeouts_without_asking_for_them():
    default = inspect.signature(jt.connect).parameters["timeout"].default
    assert default == (10.0, 120.0)


def test_an_answer_that_does_not_come_in_time_is_told(serving, client):
    import threading

    done = threading.Event()
    server = serving(lambda _: done.wait(600) and {})
    try:
        with pytest.raises(jt.ConnectionFailed, match="timeout="):
            client(server, timeout=(600, 0.05), retries=jt.Retries(0)).job_types()
    finally:
        done.set()


@pytest.mark.parametrize("timeout", [0, -1, None, "10", True, (1,), (1, 2, 3), (0, 1), float("nan"), float("inf")])
def test_a_timeout_that_is_none_is_refused(timeout):
    with pytest.raises(jt.InvalidParameter, match="timeout"):
        jt.connect("https://scale.example", timeout=timeout)


@pytest.mark.parametrize("deadline", [0, -1, None, "10", True, (1, 2), float("nan"), float("inf")])
def test_a_deadline_that_is_none_is_refused(deadline):
    with pytest.raises(jt.InvalidParameter, match="deadline"):
        jt.connect("https://scale.example", deadline=deadline)


@pytest.mark.parametrize("verify", [0, "", None, 1, b"ca.pem"])
def test_verification_is_not_switched_off_by_what_only_looks_false(verify):
    with pytest.raises(jt.InvalidParameter, match="verify"):
        jt.connect("https://scale.example", verify=verify)


@pytest.mark.parametrize("name", ["verify", "cert"])
def test_a_file_of_certificates_that_is_not_there_is_named_at_once(name, tmp_path):
    with pytest.raises(jt.InvalidParameter, match=r"none\.pem"):
        jt.connect("https://scale.example", **{name: str(tmp_path / "none.pem")})


def test_verify_false_warns_and_the_repr_says_so():
    with pytest.warns(NotVerified, match="not verified"):
        scale = jt.connect("https://scale.example", verify=False)
    assert "NOT verified" in repr(scale)


def test_verification_warns_of_nothing():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert "NOT" not in repr(jt.connect("https://scale.example"))


# Links.


def test_links_need_the_address_of_the_ui_and_quote_what_goes_in():
    assert jt.connect("https://h", ui_url="https://ui/").job_link(5) == "https://ui/processing/jobs/5"
    assert jt.connect("https://h", ui_url="https://ui").job_type_link("a", "1/2?") == (
        "https://ui/configuration/job-types/a/1%2F2%3F"
    )
    with pytest.raises(jt.InvalidParameter, match="ui_url"):
        jt.connect("https://h").job_link(5)


def test_closing_lets_go_and_the_next_question_connects_again(asking):
    with asking(anything) as scale:
        scale.job_types()
    assert len(scale.job_types()) == 0


def test_a_token_over_http_to_another_machine_is_warned_of(recwarn):
    jt.connect("http://127.0.0.1:1", "abc")
    jt.connect("http://localhost", "abc")
    jt.connect("http://[::1]:1", "abc")
    jt.connect("https://scale.example", "abc")
    jt.connect("http://scale.example")
    assert not recwarn.list
    with pytest.warns(jt.NotVerified, match="unencrypted"):
        jt.connect("http://scale.example", "abc")
    with pytest.warns(jt.NotVerified, match="unencrypted"):
        jt.connect("http://10.1.2.3", auth=("me", "pass"))


@pytest.mark.parametrize(
    "ui_url",
    ["javascript:alert(1)", 'https://a"b.example/', "https://x.example/<b>", "scale", "https://x.example/?a=1"],
)
def test_the_address_of_the_ui_is_checked(ui_url):
    with pytest.raises(jt.InvalidParameter, match="ui_url"):
        jt.connect("https://scale.example", ui_url=ui_url)


def test_a_socks_proxy_without_its_library_is_named(monkeypatch):
    monkeypatch.setattr("requests.adapters.SOCKSProxyManager", missing_socks)
    with pytest.raises(jt.ConnectionFailed, match="the proxy is a SOCKS one, which needs `pip install pysocks`"):
        jt.connect("http://127.0.0.1:1", proxies={"http": "socks5://127.0.0.1:1"}).version()


def missing_socks(*_, **__):
    raise requests.exceptions.InvalidSchema("Missing dependencies for SOCKS support.")


PATHS = {
    "versions": lambda scale, odd: scale.versions(odd),
    "details of a name": lambda scale, odd: scale.job_type(odd, "1.0.0"),
    "details of a version": lambda scale, odd: scale.job_type("x", odd),
    "revisions of a name": lambda scale, odd: scale.revisions(odd, "1.0.0"),
    "revisions of a version": lambda scale, odd: scale.revisions("x", odd),
    "a revision of a name": lambda scale, odd: scale.revision(odd, "1.0.0", 1),
    "a revision of a version": lambda scale, odd: scale.revision("x", odd, 1),
    "an edit of a name": lambda scale, odd: scale.edit(odd, "1.0.0", is_paused=True),
    "an edit of a version": lambda scale, odd: scale.edit("x", odd, is_paused=True),
}


@pytest.mark.parametrize(
    "odd", ["a?b=c", "a#b", "a/b", "a%2Fb", "%2e%2e", "..", ".", "a b", "a\nb", "a;b", "a\\b", "ü"]
)
@pytest.mark.parametrize("call", PATHS)
def test_a_name_or_version_stays_in_its_place_of_the_address(serving, client, call, odd):
    server = serving(lambda asked: Reply(404, {"detail": "Not found."}) if "/1.0.0/" in asked.path else EMPTY)
    with pytest.raises(jt.NotFound):
        PATHS[call](client(server), odd)
    for one in server.asked:
        assert re.fullmatch(
            r"/api/v6/(job-types/((x|%C3%BC)/((1\.0\.0|%C3%BC)/(revisions/(1/)?)?)?)?|job-type-names/)", one.path
        )
        assert all(name in ("page", "page_size", "order") for name, _ in one.query)


@pytest.mark.parametrize("status", [500])
def test_a_server_without_elasticsearch_keeps_no_logs(serving, client, status):
    """It answers with the page of a failure; another failure is one."""

    def answer(asked):
        if "logs" in asked.path:
            return Reply(status, body[0], {"Content-Type": "text/html"})
        return page([{"id": 5, "exe_num": 1}])

    body = ["<h1>Server Error (500)</h1>"]
    assert client(serving(answer)).logs(7) is None
    body[0] = "<h1>Out of memory</h1>"
    with pytest.raises(jt.ServerFailed):
        client(serving(answer)).logs(7)
