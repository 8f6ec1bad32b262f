"""The alarm of the report, as a table of mornings; and what keeps it between them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from histories import NOW
from mornings import days, job
from typer.testing import CliRunner

import jobtype_toolkit as jt
from jobtype_toolkit.cli.app import app
from jobtype_toolkit.report import assembly
from jobtype_toolkit.report.alarms import after, alarmed, kept_in
from jobtype_toolkit.report.shift import Verdict

pytestmark = pytest.mark.slow

AFTER = NOW + timedelta(seconds=1)
MONDAY = datetime(2026, 3, 2, 6, tzinfo=UTC)
WORDS = {"w": "worse", "b": "better", "u": "as usual", "n": "not enough data"}


def mornings(shift, text, hours=24):
    """Return on which mornings it alarms: a letter each, `w`orse, as `u`sual, `b`etter, `n`ot enough, `-` no jobs, `m` worse and muted."""
    known, told = [], ""
    for place, letter in enumerate(text):
        now = MONDAY + timedelta(hours=hours * place, seconds=place % 2)
        verdicts = () if letter == "-" else (Verdict("local", "fit", WORDS.get(letter, "worse"), letter == "m"),)
        known, opened = after(known, replace(shift, started=now - timedelta(days=1), now=now, verdicts=verdicts))
        told += "!" if opened else "."
    return told


@pytest.mark.parametrize(
    ("verdicts", "alarms"),
    [
        ("uuwuu", "..!.."),
        ("wwww", "!..."),  # an episode alarms once
        ("wuwuw", "!...."),  # one morning as usual does not end it
        ("wuuw", "!..!"),  # two do
        ("wuwuuw", "!....!"),  # two in a row
        ("wbw", "!.!"),  # one that is better does alone
        ("wnnw", "!..."),  # nobody knows whether it is over
        ("wunuw", "!...!"),
        ("w-----w", "!......"),
        ("w--------w", "!........!"),  # not seen for seven mornings
        ("mmw", "..!"),  # what was muted alarms when the mute ends
        ("wmw", "!.."),
        ("wuumw", "!...!"),
    ],
)
def test_mornings(shift, verdicts, alarms):
    assert mornings(shift, verdicts) == alarms


def test_windows_that_overlap_count_once(shift):
    """Asked each hour about the last 24, it takes more than two hours as usual to end an episode."""
    assert mornings(shift, "w" + "u" * 20 + "w", hours=1) == "!" + "." * 21
    assert mornings(shift, "w" + "u" * 26 + "w", hours=1) == "!" + "." * 26 + "!"


def test_types_and_sources_alarm_on_their_own(shift):
    known, opened = after(
        [],
        replace(shift, now=MONDAY, started=MONDAY - timedelta(days=1), verdicts=(Verdict("a", "fit", "worse", False),)),
    )
    now = MONDAY + timedelta(days=1)
    more = tuple(Verdict(*one, "worse", False) for one in (("a", "fit"), ("a", "map"), ("b", "fit")))
    known, opened = after(known, replace(shift, now=now, started=MONDAY, verdicts=more))
    assert [(one.source, one.name) for one in opened] == [("a", "map"), ("b", "fit")]
    assert len(known) == 3


@pytest.fixture
def path(tmp_path, store):
    path = store.publish(tmp_path / "ops.duckdb")
    path.chmod(0o644)
    return path


@pytest.fixture(scope="module")
def reports():
    """The reports of the morning that commands have asked for."""
    return {}


@pytest.fixture
def once(reports, monkeypatch):
    """Make a report of the morning for the first command that asks for it: these tests are about what follows from it."""
    ask = assembly.shift_of

    def kept(backend, **given):
        asked = repr(given)
        if asked not in reports:
            reports[asked] = ask(backend, **given)
        return reports[asked]

    monkeypatch.setattr(assembly, "shift_of", kept)


def run(*words):
    return CliRunner().invoke(app, list(map(str, words)))


@pytest.mark.usefixtures("once")
def test_an_episode_ends_cron_with_4_once(path, tmp_path):
    ask = ("report", "--store", path, "--now", "2026-03-01T12:00:01Z", "-o", tmp_path / "r.html", "--fail-on", "worse")
    first = run(*ask)
    assert (first.exit_code, first.stderr) == (4, "jobtype-toolkit: worse than usual: fit\n")
    assert first.stdout.startswith("1 job type fails more than usual, fit")
    assert (tmp_path / "r.html").exists()
    assert run(*ask).exit_code == 0
    with jt.open(path) as store:
        assert store.sql("SELECT source, name, opened, calm FROM alarm").to_dict("records") == [
            {"source": "local", "name": "fit", "opened": AFTER, "calm": 0}
        ]


def test_a_review_remembers_nothing(path):
    before = path.read_bytes()
    assert run("review", "--store", path).exit_code == 0
    assert path.read_bytes() == before


@pytest.mark.usefixtures("once")
def test_a_state_file_stands_in_for_a_store_that_cannot_be_written(path, tmp_path):
    path.chmod(0o444)
    state = tmp_path / "alarms.json"
    ask = ("report", "--store", path, "--now", "2026-03-01T12:00:01Z", "--fail-on", "worse", "--state", state)
    before = path.read_bytes()
    assert [run(*ask).exit_code for _ in range(2)] == [4, 0]
    assert path.read_bytes() == before
    (one,) = json.loads(state.read_text(encoding="utf-8"))["alarms"]
    assert (one["name"], one["opened"]) == ("fit", "2026-03-01T12:00:01Z")
    assert run("report", "--store", path, "--state", state).exit_code == 2


def test_a_file_of_something_else_is_not_overwritten(shift, tmp_path):
    state = tmp_path / "notes.json"
    state.write_text('{"mine": 1}', encoding="utf-8")
    with pytest.raises(jt.UnreadableInput, match=r"notes\.json holds no alarms"):
        alarmed(shift, kept_in(state))
    assert state.read_text(encoding="utf-8") == '{"mine": 1}'


def test_a_muted_failure_does_not_alarm_and_is_shown_as_muted(stored, tmp_path):
    store = stored([*days("fit", 0, 10), *(job("FAILED", 60 + place, error="late-error") for place in range(9))])
    store.mute("late-error", name="fit", until="P7D", why="ticket 81")
    shift = store.report(now=AFTER)
    assert store.alarmed(shift) == []
    assert shift.verdict.startswith(
        "9 jobs finished and 9 failed (100.0 %), no job type more than usual but what is muted"
    )
    later = {one.key: one for one in shift.sections}["later"].entries
    assert later[0].title == "fit, muted"
    assert later[0].says == (
        "9 jobs failed with late-error. It fails more than usual. Muted until 2026-03-08 12:00 UTC: ticket 81."
    )
    assert store.report(now=NOW + timedelta(days=7), since="P8D").verdicts[0].is_muted is False
    store.unmute("late-error", name="fit")
    assert [one.name for one in store.alarmed(store.report(now=AFTER))] == ["fit"]


def test_a_lake_reports_too(store, shift, path, tmp_path):
    store.export(tmp_path / "lake", partitioned=True)
    found = run("review", "--store", tmp_path / "lake", "--now", "2026-03-01T12:00:01Z")
    assert (
        found.stdout.splitlines()[0]
        == run("review", "--store", path, "--now", "2026-03-01T12:00:01Z").stdout.splitlines()[0]
    )
    lake = jt.lake(tmp_path / "lake", clock=lambda: NOW)
    with pytest.raises(jt.InvalidParameter, match="state"):
        lake.alarmed(shift)
    assert [one.name for one in lake.alarmed(shift, state=tmp_path / "alarms.json")] == ["fit"]
