"""The commands of the review: each answers on the sample, and at 80 columns what counts is there."""

from __future__ import annotations

import json
import re

import pytest
from typer.testing import CliRunner

from jobtype_toolkit.analyses.questions import QUESTIONS
from jobtype_toolkit.cli.app import app
from jobtype_toolkit.cli.output import draw
from jobtype_toolkit.display.cells import plain
from jobtype_toolkit.display.tables import fields_of

pytestmark = pytest.mark.slow

COMMANDS = {
    "rates": ["--by", "name", "--by", "node", "--started", "P7D"],
    "trend": ["--per", "week", "--zone", "Europe/Berlin", "--name", "pan-sharpen"],
    "slow": ["--started", "P7D"],
    "waits": ["--by", "name"],
    "attempts": ["--version", "1.0.0"],
    "stuck": [],
    "backlog": ["--per", "day"],
    "why": ["tile-press", "archive-audit"],
    "changes": ["--since", "P7D"],
    "drain": [],
    "families": ["--started", "P7D", "--category", "DATA"],
}


@pytest.fixture(scope="module")
def path(tmp_path_factory, sample):
    path = tmp_path_factory.mktemp("sample") / "sample.duckdb"
    sample.publish(path)
    return path


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_gives_what_its_question_gives(path, command):
    found = CliRunner().invoke(app, [command, *COMMANDS[command], "--store", str(path), "--json"])
    assert found.exit_code == 0, found.stderr
    rows = json.loads(found.stdout)
    (question,) = [one for one in QUESTIONS if one.command == command]
    assert rows
    assert set(rows[0]) <= set(question.row.names)


def test_since_is_needed(path):
    assert CliRunner().invoke(app, ["changes", "--store", str(path)]).exit_code == 2


@pytest.mark.parametrize(
    ("name", "arguments", "needed"),
    [
        ("failure_rates", {"by": ["name", "error_name"]}, {"name", "error_name", "finished", "failed", "rate"}),
        ("failure_trend", {"started": "P2D"}, {"name", "finished", "failed"}),
        ("attempts", {}, {"name", "jobs", "clean", "rescued", "failed", "unknown"}),
        ("why_not_running", {}, {"name", "version", "reason", "evidence"}),
        ("changes", {"since": "P30D"}, {"kind", "name", "what"}),
        ("drain_forecast", {}, {"name", "verdict", "queued", "running"}),
        ("failure_families", {}, {"family", "count"}),
    ],
)
def test_at_80_columns_what_counts_is_there(sample, monkeypatch, capsys, name, arguments, needed):
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    frame = getattr(sample.analyses, name)(**arguments)
    fields = fields_of(frame)
    hidden = draw("", fields, [plain(frame[field.name]) for field in fields])
    assert needed & set(hidden) == set()
    shown = re.sub(r"\x1b\[[0-9;]*m", "", capsys.readouterr().out)
    assert all(len(line) <= 80 for line in shown.splitlines())
