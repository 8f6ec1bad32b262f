"""The command line with a live server: the same commands with `--server`, and `pull`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from asking import filled
from histories import NOW, RESOURCES, page
from typer.testing import CliRunner, Result

import jobtype_toolkit as jt
from jobtype_toolkit import testing
from jobtype_toolkit.analyses.questions import Question
from jobtype_toolkit.cli import app
from jobtype_toolkit.cli.queries import commands
from jobtype_toolkit.cli.targets import STORE_VARIABLE
from jobtype_toolkit.server.faults import Faults

pytestmark = pytest.mark.slow

TOKEN = "c0ffee-token-c0ffee"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(one) for one in arguments])


@pytest.fixture
def of_its_own(tmp_path: Path) -> Iterator[testing.Server]:
    """A server that a test may change."""
    with testing.serve(filled(tmp_path, source="local")) as running:
        yield running


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(STORE_VARIABLE, raising=False)
    monkeypatch.delenv("JOBTYPE_TOOLKIT_TOKEN", raising=False)


@pytest.fixture(scope="module")
def small(tmp_path_factory) -> jt.Store:
    """A store with the small history, to be read only."""
    return filled(tmp_path_factory.mktemp("small"), source="local")


@pytest.fixture(scope="module")
def file(small: jt.Store, tmp_path_factory) -> Path:
    """A file with that history, to be read only."""
    return small.publish(tmp_path_factory.mktemp("file") / "small.duckdb")


@pytest.fixture(scope="module")
def server(small: jt.Store) -> Iterator[testing.Server]:
    """A server of that store, to be read only."""
    with testing.serve(small) as running:
        yield running


ARGUMENTS = {"versions": ["chip-maker"], "revisions": ["chip-maker", "1.9.0"], "failures": ["--system"]}
WINDOWED = {"status": ["--now", "2026-03-01T12:00:00Z"], "jobs": ["--limit", "0"]}


ANSWERED = [one for one in commands() if not isinstance(one, Question) or one.v6_service]


@pytest.mark.parametrize("command", [one.command for one in commands() if one not in ANSWERED])
def test_a_question_beyond_v6_is_for_a_store_and_says_so(command, server):
    given = {
        "right-size": ["x"],
        "changes": ["--since", "P1D"],
        "compare": ["x", "1", "2"],
        "compare-revisions": ["x", "1", "1", "2"],
    }
    result = run(command, *given.get(command, ()), "--server", server.url)
    assert result.exit_code == 2
    assert "pull" in result.output


@pytest.mark.parametrize("command", [one.command for one in ANSWERED])
def test_a_question_to_a_server_has_the_answer_of_its_store(command, server, file):
    asked = [command, *ARGUMENTS.get(command, ()), *WINDOWED.get(command, ()), "--json"]
    of_store, of_server = run(*asked, "--store", file), run(*asked, "--server", server.url)
    assert of_store.exit_code == of_server.exit_code == 0, of_server.output
    assert json.loads(of_server.output) == json.loads(of_store.output)
    assert json.loads(of_server.output)


def test_the_line_under_a_table_says_which_server_was_asked(server):
    assert f"Server {server.url}, asked 20" in run("types", "--server", server.url).output


def test_failures_of_all_categories_need_a_store(server):
    result = run("failures", "--server", server.url)
    assert result.exit_code == 2
    assert "--system" in result.output
    assert "pull" in result.output


def test_options_of_the_other_home_are_refused(server, tmp_path):
    assert run("running", "--server", server.url, "--source", "x").exit_code == 2
    result = run("running", "--store", tmp_path / "x.duckdb", "--token-file", tmp_path / "token")
    assert result.exit_code == 2
    assert "--server" in result.output


def test_a_token_comes_from_the_environment_or_a_file_and_is_never_shown(small, tmp_path, monkeypatch):
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\n", encoding="utf-8")
    with testing.serve(small, token=TOKEN) as server:
        refused = run("running", "--server", server.url)
        by_file = run("running", "--server", server.url, "--token-file", file)
        file.write_text("not-the-token", encoding="utf-8")
        wrong = run("running", "--server", server.url, "--token-file", file)
        monkeypatch.setenv("JOBTYPE_TOOLKIT_TOKEN", TOKEN)
        by_environment = run("running", "--server", server.url)
    assert (refused.exit_code, by_file.exit_code, wrong.exit_code, by_environment.exit_code) == (1, 0, 1, 0)
    assert "JOBTYPE_TOOLKIT_TOKEN" in refused.output
    assert "Invalid token" in wrong.output
    assert not any(TOKEN in one.output or "not-the-token" in one.output for one in (refused, by_file, wrong))


def test_a_token_file_that_is_not_there_is_said_so(server, tmp_path):
    result = run("running", "--server", server.url, "--token-file", tmp_path / "missing")
    assert result.exit_code == 2
    assert "missing" in result.output


def test_pull_makes_the_store_and_says_what_it_did(server, tmp_path):
    file = tmp_path / "ops.duckdb"
    first = run("pull", "--server", server.url, "--store", file, "--source", "prod")
    assert first.exit_code == 0, first.output
    assert "pulled into 'prod'" in first.output
    assert "complete from the beginning" in first.output
    second = run("pull", "--server", server.url, "--store", file, "--source", "prod", "--json")
    assert json.loads(second.output)["new"] == 0
    with jt.open(file) as store:
        assert store.sources == ["prod"]
        assert len(store.jobs()) == 33


def test_a_pull_that_is_stopped_tells_how_far_it_is_and_exits_with_1(small, tmp_path):
    expiring = Faults(only="/jobs/", token_requests=1)
    with testing.serve(small, token=TOKEN, faults=expiring) as server:
        (tmp_path / "token").write_text(TOKEN, encoding="utf-8")
        result = run(
            "pull", "--server", server.url, "--store", tmp_path / "ops.duckdb", "--token-file", tmp_path / "token"
        )
    assert result.exit_code == 1
    assert "NOT complete" in result.output
    assert "pull again" in result.output
    assert TOKEN not in result.output


def test_pull_from_nowhere_makes_no_promises(tmp_path):
    result = run("pull", "--server", "http://127.0.0.1:9/api", "--store", tmp_path / "ops.duckdb")
    assert result.exit_code == 1
    assert "http://127.0.0.1:9/api" in result.output


def test_pull_needs_a_store(server):
    result = run("pull", "--server", server.url)
    assert result.exit_code == 2
    assert "--store" in result.output


def test_validate_asks_the_server_too(server, tmp_path):
    file = tmp_path / "seed.manifest.json"
    jt.Manifest.new("tile-mosaic").save(file)
    server.forget()
    assert run("validate", file, "--server", server.url).exit_code == 0
    assert [one.path for one in server.requests if one.method == "POST"] == ["/api/v6/job-types/validation/"]
    assert run("validate", file, "--server", server.url, "--against", "7.0").exit_code == 2


def test_add_and_edit_change_a_server_only_with_send(of_its_own, tmp_path):
    server = of_its_own
    file = tmp_path / "seed.manifest.json"
    jt.Manifest.new("tile-mosaic").save(file)
    add = ["add", file, "--docker-image", "tile-mosaic-1.0.0-seed:1.0.0", "--server", server.url]
    planned = run(*add)
    assert planned.exit_code == 0, planned.output
    scale = jt.connect(server.url)
    with pytest.raises(jt.NotFound):
        scale.job_type("tile-mosaic", "1.0.0")
    sent = run(*add, "--send")
    assert sent.exit_code == 0, sent.output
    assert scale.job_type("tile-mosaic", "1.0.0").docker_image == "tile-mosaic-1.0.0-seed:1.0.0"
    edited = run("edit", "tile-mosaic", "1.0.0", "--is-paused", "--server", server.url, "--send")
    assert edited.exit_code == 0, edited.output
    assert scale.job_type("tile-mosaic", "1.0.0").is_paused is True


def test_hostile_text_of_a_server_cannot_steer_the_terminal(write, tmp_path):
    store = jt.open(clock=lambda: NOW)
    hostile = {**RESOURCES["job_types"][0], "title": "\x1b[2J\x1b]0;owned\x07 <script>", "unmet_resources": "a\u202eb"}
    store.load(write("types.json", page([hostile])), "job_types")
    with testing.serve(store) as server:
        output = run("types", "--server", server.url, "--all-columns").output
    assert "\x1b" not in output
    assert "\u202e" not in output
    assert "owned" in output


def test_the_report_adds_up(server, tmp_path: Path):
    result = run("pull", "--server", server.url, "--store", tmp_path / "ops.duckdb", "--json")
    report = json.loads(result.output)
    assert report["is_complete"] is True
    assert report["rows"] == report["new"] + report["changed"] + report["unchanged"] + report["rejected"]
