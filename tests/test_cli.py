"""The command line: what it writes, where to, and with which exit code."""

from __future__ import annotations

import csv
import io
import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import asking
import children
import duckdb
import pytest
from children import COMMAND_LINE, PIPE, Child
from typer.testing import CliRunner, Result, _get_command

import jobtype_toolkit as jt
from jobtype_toolkit.api.services import service
from jobtype_toolkit.cli import app
from jobtype_toolkit.cli.load import REJECTED
from jobtype_toolkit.cli.queries import commands
from jobtype_toolkit.cli.targets import STORE_VARIABLE
from jobtype_toolkit.display.cells import safe

FLAT = "id,job_type,job_type_version,status,error_name,created,last_status_change\n"
HISTORY = FLAT + (
    "1,fit,1.0.0,FAILED,timeout,2026-01-01T00:00:00Z,2026-01-01T01:00:00Z\n"
    "2,fit,1.0.0,RUNNING,,2026-01-01T00:00:00Z,2026-01-01T02:00:00.5Z\n"
    "3,fit,1.1.0,PENDING,,2026-01-01T00:00:00Z,\n"
)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Run the command line in an empty folder, without a store named by the environment."""
    monkeypatch.chdir(tmp_path)
    for name in (STORE_VARIABLE, "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    runner = CliRunner()

    def with_arguments(*arguments: str) -> Result:
        result = runner.invoke(app, arguments)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return with_arguments


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a store with three jobs, made by the command line."""
    folder = tmp_path_factory.mktemp("template")
    (folder / "history.csv").write_text(HISTORY, encoding="utf-8")
    arguments = ["load", str(folder / "history.csv"), "--store", str(folder / "ops.duckdb")]
    assert CliRunner().invoke(app, arguments).exit_code == 0
    return folder


@pytest.fixture
def ask(run: Callable[..., Result], template: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Run the command line on a store with three jobs, which all tests read."""
    monkeypatch.chdir(template)
    return lambda command, *arguments: run(command, *arguments, "--store", "ops.duckdb")


@pytest.fixture
def change(run: Callable[..., Result], template: Path, tmp_path: Path) -> Callable[..., Result]:
    """Run the command line on a store with three jobs, which is the test's own."""
    shutil.copytree(template, tmp_path, dirs_exist_ok=True)
    return lambda command, *arguments: run(command, *arguments, "--store", "ops.duckdb")


@pytest.mark.slow
def test_every_command_has_a_help_with_its_own_example(run):
    for name in ["demo", "load", *(one.command for one in commands())]:
        result = run(name, "--help")
        assert result.exit_code == 0
        assert f"jobtype-toolkit {name}" in result.output


def test_every_parameter_of_a_service_is_an_option():
    made = _get_command(app).commands
    for one in commands():
        offered = {option.name for option in made[one.command].params}
        assert {parameter.name for parameter in one.parameters} <= offered


def test_every_view_shows_fields_of_its_answer():
    for one in commands():
        assert set(one.first) <= set(one.row.names)
        assert one.title


def test_demo_loads_the_sample_and_shows_the_four_analyses(run, tmp_path, monkeypatch):
    monkeypatch.setattr(jt, "sample", lambda *to: asking.sample(tmp_path, *to))
    result = run("demo", "demo.duckdb")
    assert result.exit_code == 0
    for name in ("status", "pending", "running", "system_failures"):
        assert service(name).title in result.output
    with jt.open(tmp_path / "demo.duckdb", read_only=True) as store:
        assert store.sources == ["sample"]


@pytest.mark.parametrize("command", ["status", "running", "pending"])
def test_a_name_that_no_job_type_has_is_refused(ask, command):
    result = ask(command, "--name", "fitt")
    assert result.exit_code == 2
    assert "--name fitt is unknown: no job type has this name. Did you mean 'fit'?" in result.stderr
    assert ask(command, "--name", "fit", "--version", "2").exit_code == 0


def test_a_table_names_the_zone_and_where_it_comes_from(ask):
    result = ask("status", "--started", "P1D")
    assert "most_recent (UTC)" in result.stdout
    assert "2026-01-01 01:00:00" in result.stdout
    assert "3 of 3 rows. Source 'local': 3 jobs as of 2026-01-01 02:00:00, loaded" in result.stdout
    assert "Window: from 2025-12-31 02:00:00 on." in result.stdout


def test_a_cut_table_says_so(ask):
    assert "1 of 3 rows; --limit 0 shows all" in ask("jobs", "--limit", "1").stdout
    assert "3 of 3 rows." in ask("jobs", "--limit", "0").stdout


def test_json_is_an_array_of_records_with_iso_times_and_nulls(ask):
    records = json.loads(ask("jobs", "--json").stdout)
    assert [record["id"] for record in records] == [3, 2, 1]  # newest first, the one without a change before all
    by_id = {record["id"]: record for record in records}
    assert by_id[1]["last_status_change"] == "2026-01-01T01:00:00Z"
    assert by_id[2]["last_status_change"] == "2026-01-01T02:00:00.500000Z"
    assert by_id[3]["last_status_change"] is None
    assert by_id[3]["error_name"] is None
    assert list(by_id[1]) == list(service("jobs").row.names)


def test_json_of_nothing_is_an_empty_array(ask):
    assert json.loads(ask("jobs", "--status", "CANCELED", "--json").stdout) == []


REQUIRED = {
    "changes": ["--since", "P30D"],
    "compare": ["fit", "1.0.0", "1.0.0"],
    "compare-revisions": ["fit", "1.0.0", "1", "2"],
    "right-size": ["fit"],
}
"""What a question cannot be asked without."""


@pytest.mark.slow
@pytest.mark.parametrize("one", commands(), ids=lambda one: one.command)
def test_json_and_csv_hold_the_same(ask, one):
    arguments = {"name": "fit", "version": "1.0.0"}
    given = REQUIRED.get(one.command, [arguments[name] for name in one.path_parameters])
    records = json.loads(ask(one.command, *given, "--json").stdout)
    rows = list(csv.DictReader(io.StringIO(ask(one.command, *given, "--csv").stdout)))
    assert len(rows) == len(records)
    for row, record in zip(rows, records, strict=True):
        assert list(row) == list(record)
        for name, value in record.items():
            assert row[name] == ("" if value is None else value if isinstance(value, str) else json.dumps(value))


def test_csv_of_jobs_loads_back(change, tmp_path):
    (tmp_path / "again.csv").write_text(change("jobs", "--csv").stdout, encoding="utf-8")
    result = change("load", "again.csv")
    assert result.exit_code == 0
    assert "0 new, 0 changed, 3 unchanged, 0 rejected" in result.stdout


def test_parameters_reach_the_service(ask):
    assert len(json.loads(ask("jobs", "--status", "FAILED", "--status", "PENDING", "--json").stdout)) == 2
    assert json.loads(ask("jobs", "--order", "-id", "--limit", "1", "--json").stdout)[0]["id"] == 3
    assert [row["version"] for row in json.loads(ask("versions", "fit", "--json").stdout)] == ["1.1.0", "1.0.0"]
    assert json.loads(ask("types", "--keyword", "nothing", "--json").stdout) == []


def test_failures_are_all_categories_and_system_is_v6s(ask):
    assert [row["error_name"] for row in json.loads(ask("failures", "--json").stdout)] == ["timeout"]
    assert json.loads(ask("failures", "--category", "SYSTEM", "--json").stdout) == []
    assert json.loads(ask("failures", "--system", "--json").stdout) == []
    assert ask("failures", "--system", "--started", "P1D").exit_code == 2


def test_the_environment_names_the_store(ask, run, monkeypatch):
    monkeypatch.setenv(STORE_VARIABLE, "ops.duckdb")
    assert run("running").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["status"], 2, "No store was named"),
        (["load", "history.csv"], 2, "No store was named"),
        (["status", "--store", "none.duckdb"], 1, "There is no store at none.duckdb"),
        (["status", "--store", "history.csv"], 1, "is not a DuckDB file"),
        (["status", "--store", "ops.duckdb", "--started", "yesterday"], 2, "is not a time"),
        (["status", "--store", "ops.duckdb", "--source", "other"], 1, "There is no source 'other'"),
        (["status", "--store", "ops.duckdb", "--json", "--csv"], 2, "Choose one"),
        (["versions", "none", "--store", "ops.duckdb"], 1, "There is no job type named 'none'"),
        (["jobs", "--store", "ops.duckdb", "--order", "none"], 2, "names no field to sort by"),
        (["jobs", "--store", "ops.duckdb", "--job-type-id", "x"], 2, "Invalid value"),
        (["load", "none.csv", "--store", "ops.duckdb"], 1, "found no file"),
        (["load", "history.csv", "--store", "ops.duckdb", "--column", "x"], 2, "is not theirs=ours"),
        (["nothing"], 2, "No such command"),
    ],
)
def test_what_goes_wrong_is_a_message_on_stderr_and_a_code(ask, run, arguments, code, said):
    result = run(*arguments)
    assert result.exit_code == code
    assert said in result.stderr
    assert "Traceback" not in result.output
    assert result.stdout == ""


def test_several_sources_must_be_told_apart(change):
    change("load", "history.csv", "--source", "second")
    refused = change("pending")
    assert refused.exit_code == 2
    assert "several sources" in refused.stderr
    assert len(json.loads(change("pending", "--source", "*", "--json").stdout)) == 2


def test_load_maps_a_foreign_export(run, tmp_path):
    (tmp_path / "theirs.csv").write_text("no,app,v,state,when\n7,fit,1.0.0,OK,2026-07-01 12:00:00\n", encoding="utf-8")
    names = ["no=id", "app=job_type", "v=job_type_version", "state=status", "when=last_status_change"]
    columns = [part for name in names for part in ("--column", name)]
    result = run(
        "load",
        "theirs.csv",
        "--store",
        "s.duckdb",
        *columns,
        "--status",
        "OK=COMPLETED",
        "--timezone",
        "America/New_York",
    )
    assert result.exit_code == 0, result.output
    (job,) = json.loads(run("jobs", "--store", "s.duckdb", "--json").stdout)
    assert (job["id"], job["status"], job["last_status_change"]) == (7, "COMPLETED", "2026-07-01T16:00:00Z")


def test_a_folder_that_export_made_loads_whole(change, run):
    change("export", "out")
    done = run("load", "out", "--store", "again.duckdb")
    assert done.exit_code == 0, done.output
    told = [line.split()[1] for line in done.stdout.splitlines() if " read into " in line]
    assert told == ["jobs", "job_types", "job_type_revisions", "error", "job_executions"]  # one error


def test_rejected_rows_are_shown_and_have_a_code(run, tmp_path):
    (tmp_path / "bad.csv").write_text(HISTORY + ",fit,1.0.0,FAILED,,,\n", encoding="utf-8")
    result = run("load", "bad.csv", "--store", "s.duckdb")
    assert result.exit_code == REJECTED
    assert "3 new, 0 changed, 0 unchanged, 1 rejected" in result.stdout
    assert "no id" in result.stdout
    told = json.loads(run("load", "bad.csv", "--store", "s.duckdb", "--json").stdout)
    assert (told["rows"], told["unchanged"], told["rejected"]) == (4, 3, 1)


def test_a_strict_load_changes_nothing(run, tmp_path):
    (tmp_path / "bad.csv").write_text(HISTORY + ",fit,1.0.0,FAILED,,,\n", encoding="utf-8")
    result = run("load", "bad.csv", "--store", "s.duckdb", "--strict")
    assert result.exit_code == 1
    assert "nothing was loaded" in result.stderr
    assert json.loads(run("jobs", "--store", "s.duckdb", "--json").stdout) == []


HOSTILE = "\x1b[2J\u202egnp.exe\x07[red]x[/red]:smile:\r\n\x9b31m"


def test_a_hostile_name_is_shown_harmlessly(run, tmp_path):
    row = {"id": 1, "job_type": HOSTILE, "job_type_version": "1", "status": "RUNNING", "error_name": HOSTILE}
    (tmp_path / "jobs.json").write_text(json.dumps([row]), encoding="utf-8")
    run("load", "jobs.json", "--store", "s.duckdb", "--source", HOSTILE)
    for command in (["running"], ["jobs"], ["types", "--all-columns"], ["running", "--source", HOSTILE + "?"]):
        result = run(*command, "--store", "s.duckdb")
        assert not [one for one in result.output if one != "\n" and not one.isprintable()], command
    shown = run("running", "--store", "s.duckdb").stdout
    assert "\\x1b[2J\\u202egnp.exe\\x07[red]x[/red]:smile:\\r\\n\\x9b31m" in shown
    assert json.loads(run("running", "--store", "s.duckdb", "--json").stdout)[0]["name"] == HOSTILE
    assert (
        next(
            csv.DictReader(
                io.StringIO(run("running", "--store", "s.duckdb", "--csv").stdout_bytes.decode(), newline="")
            )
        )["name"]
        == HOSTILE
    )


def test_safe_leaves_writing_of_all_languages_alone():
    assert safe("Küste 海岸 [1/2]") == "Küste 海岸 [1/2]"


def test_a_long_text_is_cut_in_a_table_only(run, tmp_path):
    long = "x" * 1000
    row = {"id": 1, "job_type": long, "job_type_version": "1", "status": "RUNNING"}
    (tmp_path / "jobs.json").write_text(json.dumps([row]), encoding="utf-8")
    run("load", "jobs.json", "--store", "s.duckdb")
    assert long not in run("running", "--store", "s.duckdb").stdout
    assert long in run("running", "--store", "s.duckdb", "--csv").stdout


TELLING = """
import time
sleep = time.sleep
def told(seconds):
    print("waiting", flush=True)
    sleep(600)
time.sleep = told
"""
"""Says `waiting` when the command line waits for a store, and does so until it is stopped."""


@pytest.mark.slow
def test_a_closed_pipe_is_quiet(run, tmp_path):
    rows = "".join(f"{number},fit,1.0.0,RUNNING,,,\n" for number in range(1000))  # more than a pipe takes in
    (tmp_path / "history.csv").write_text(FLAT + rows, encoding="utf-8")
    run("load", "history.csv", "--store", "s.duckdb")
    with Child(COMMAND_LINE, "jobs", "--store", tmp_path / "s.duckdb", "--json", stderr=PIPE) as running:
        running.stdout.read(10)
        running.stdout.close()
        assert running.stderr.read() == ""
        assert running.wait() == 141


@pytest.mark.slow
def test_an_interrupt_is_quiet(tmp_path):
    held = tmp_path / "held.duckdb"
    with duckdb.connect(held), Child(TELLING + COMMAND_LINE, "status", "--store", held, stderr=PIPE) as waiting:
        assert waiting.stdout.readline() == "waiting\n"
        waiting.send_signal(signal.SIGINT)
        assert "Traceback" not in waiting.stderr.read()
        assert waiting.wait() == 130


@pytest.mark.slow
def test_an_ascii_terminal_shows_everything(run, tmp_path):
    (tmp_path / "history.csv").write_text(HISTORY.replace("fit", "Küste"), encoding="utf-8")
    run("load", "history.csv", "--store", "s.duckdb")
    in_ascii = "import sys; sys.stdout.reconfigure(encoding='ascii')\n"
    done = children.run(in_ascii + COMMAND_LINE, "running", "--store", "s.duckdb", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "K\\xfcste" in done.stdout


def test_help_imports_no_heavy_library():
    program = (
        "import sys\nsys.argv = ['jobtype-toolkit', '--help']\nfrom jobtype_toolkit.cli import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "sys.exit(' '.join({'pandas', 'duckdb', 'numpy', 'tqdm'} & {*sys.modules}) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
