"""What a shift report says, against the history counted by hand and by pandas."""

from __future__ import annotations

import shlex
from datetime import timedelta

import pytest
from histories import NOW, job_type
from mornings import DAY, TYPES, days, job, morning
from typer.testing import _get_command

import jobtype_toolkit as jt
from jobtype_toolkit.cli.app import app

pytestmark = pytest.mark.slow

AFTER = NOW + timedelta(seconds=1)


def section(shift, key):
    (found,) = [one for one in shift.sections if one.key == key]
    return found


def titles(shift, key):
    return [one.title for one in section(shift, key).entries]


def test_the_first_line_says_what_is_wrong(shift):
    assert shift.verdict == (
        "1 job type fails more than usual, fit (75.0 % instead of 0.2 %); 1 error is new; 2 jobs are stuck (map 1.0); "
        "5 jobs of spot 1.0 cannot start; press 1.0 is paused with 4 jobs on the queue."
    )


def test_the_numbers_are_those_of_a_recount(shift, store):
    jobs = store.jobs()
    over = jobs[
        jobs["status"].isin(["COMPLETED", "FAILED"]) & (jobs["last_status_change"] >= AFTER - timedelta(days=1))
    ]
    assert (shift.finished, shift.failed) == (len(over), (over["status"] == "FAILED").sum()) == (22, 11)
    (fit,) = section(shift, "worse").entries
    of_fit = over[over["job_type"] == "fit"]
    assert (fit.title, fit.facts["finished"], fit.facts["failed"]) == ("fit", len(of_fit), 9)
    assert fit.facts["error_name"] == "late-error"
    failed = of_fit[of_fit["status"] == "FAILED"].sort_values("last_status_change")
    assert fit.jobs == (failed["id"].iloc[-1],)


def test_the_trend_has_the_days_of_a_recount_and_the_day_on_which_it_set_in(shift, store):
    (fit,) = section(shift, "worse").entries
    jobs = store.jobs()
    of_fit = jobs[(jobs["job_type"] == "fit") & jobs["status"].isin(["COMPLETED", "FAILED"])]
    by_day = of_fit.groupby(of_fit["last_status_change"].dt.floor("D"))["status"]
    counted = {day: (len(some), (some == "FAILED").sum()) for day, some in by_day}
    assert len(fit.trend.days) == 29
    assert all((one.finished, one.failed) == counted.get(one.start, (0, 0)) for one in fit.trend.days)
    assert [one.is_partial for one in fit.trend.days] == [False] * 28 + [True]
    assert fit.trend.onset == AFTER.replace(hour=0, second=0)


def test_each_section_has_what_was_planted(shift):
    assert titles(shift, "new") == ["fit"]
    assert (
        "9 jobs failed with the error late-error, category DATA, which it never had before"
        in section(shift, "new").entries[0].says
    )
    (stuck,) = section(shift, "stuck").entries
    assert (stuck.title, stuck.facts["jobs"]) == ("map 1.0", 2)
    assert stuck.says == "2 RUNNING jobs run longer than their timeout of 1 min; the longest for 10 h."
    assert titles(shift, "waiting") == ["spot 1.0"]
    assert "does not offer gpus" in section(shift, "waiting").entries[0].says
    assert titles(shift, "paused") == ["press 1.0"]
    assert titles(shift, "better") == []
    assert titles(shift, "later") == ["map, steady"]
    assert "2 jobs failed with usual-error (20.0 % of its jobs)" in section(shift, "later").entries[0].says


def test_what_to_look_at_first_is_the_worst(shift):
    where, what = shift.first
    assert (where.key, what.title) == ("worse", "fit")


def calls(shift):
    """Return every call that the report offers, once."""
    found = [one.call for one in shift.sections] + [
        link.call for one in shift.sections for it in one.entries for link in it.links
    ]
    found += [it.example for one in shift.sections for it in one.entries if it.example]
    return list({call.command: call for call in found}.values())


def test_every_command_behind_a_number_means_what_the_call_in_python_means(shift):
    program = _get_command(app)
    assert len(calls(shift)) > 10
    for call in calls(shift):
        words = shlex.split(call.command)
        assert words[0] == "jobtype-toolkit"
        with program.make_context("jobtype-toolkit", words[1:2]) as context:
            command = program.get_command(context, words[1])
        given = command.make_context(words[1], words[2:]).params
        text = {
            name: it.isoformat().replace("+00:00", "Z") if hasattr(it, "isoformat") else it
            for name, it in call.arguments.items()
        }
        told = {name: given[name] if isinstance(it, list) else listed(given[name])[0] for name, it in text.items()}
        assert told == text, call.command


def listed(value):
    return value if isinstance(value, list) else [value]


def test_the_calls_behind_a_number_give_it(shift, store):
    (fit,) = section(shift, "worse").entries
    answers = {link.what: eval(link.call.python, {"store": store}) for link in fit.links}
    assert len(answers["the failed jobs"]) == answers["the verdict"]["failed"][0] == fit.facts["failed"]
    assert len(answers["its days"]) == len(fit.trend.days)
    assert answers["since when"]["onset"][0] == fit.trend.onset


def test_jobs_that_are_not_on_the_queue_are_counted_beside_those_that_are(stored):
    open_jobs = [job("BLOCKED", 300, name="map"), job("BLOCKED", 200, name="map"), job("PENDING", 100)]
    shift = stored([job("COMPLETED", 60), *open_jobs]).report(now=AFTER)
    assert section(shift, "waiting").nothing == (
        "No job is on the queue; 3 jobs of 2 job type versions are PENDING or BLOCKED, the oldest since 2026-03-01 07:00 UTC."
    )
    assert (
        "map 1.0 (2, since 2026-03-01 07:00 UTC) and fit 1.0 (1, since 2026-03-01 10:20 UTC)"
        in section(shift, "later").entries[-1].says
    )


def test_a_quiet_shift_says_so(stored):
    quiet = stored([*days("fit", 1, 10), *(job("COMPLETED", 60 + place) for place in range(10))])
    shift = quiet.report(now=AFTER)
    assert (
        shift.verdict
        == "A quiet shift: 10 jobs finished and 0 failed (0.0 %), no job type more than usual; nothing is new, stuck or held up."
    )
    assert shift.first is None


def test_without_a_history_nothing_is_judged(stored):
    short = stored([job("FAILED", 60, error="boom"), job("COMPLETED", 61)])
    assert short.report(now=AFTER).verdict == (
        "2 jobs finished and 1 failed (50.0 %), and no job type has enough history to be judged; nothing is new, stuck or held up."
    )
    assert jt.open(clock=lambda: NOW).report().verdict == "No job finished in this shift."


def test_a_history_that_ends_before_the_shift_says_how_old_it_is(stored):
    old = stored([job("COMPLETED", 3 * DAY)])
    assert old.report(now=AFTER).verdict == (
        "No job finished in this shift: the newest change is of 2026-02-26 12:00 UTC, so load or pull first."
    )


def test_what_is_better_and_what_is_gone(stored):
    jobs = [*days("fit", 6, 10), *(job("COMPLETED", 60 + place) for place in range(30))]
    shift = stored(jobs).report(now=AFTER)
    assert titles(shift, "better") == ["fit"]
    assert titles(shift, "later") == ["fit, gone"]


def test_a_bad_node_comes_before_the_types_that_it_makes_worse(stored):
    jobs = [
        job(
            "FAILED" if node == "n1" and place < 25 else "COMPLETED",
            60 + place,
            name=name,
            node=node,
            error="lost" if node == "n1" and place < 25 else None,
        )
        for node in ("n1", "n2", "n3")
        for name in ("fit", "map")
        for place in range(30)
    ]
    shift = stored([*days("fit", 0, 10), *days("map", 0, 10), *jobs]).report(now=AFTER)
    assert titles(shift, "worse")[0] == "n1"
    assert shift.verdict.startswith("Failures concentrate on n1; 2 job types fail more than usual")


def test_all_sources_stand_in_one_report(stored):
    both = stored(morning(), TYPES, source="east")
    stored(
        [*days("fit", 0, 10), *(job("COMPLETED", 60 + place) for place in range(5))],
        [job_type(1, "fit", "1.0")],
        source="west",
        into=both,
    )
    with pytest.raises(jt.Ambiguous):
        both.report(now=AFTER)
    shift = both.report(now=AFTER, source="*")
    assert titles(shift, "worse") == ["fit (east)"]
    assert both.report(now=AFTER, source="west").verdict.startswith("A quiet shift: 5 jobs")
    assert all(
        link.call.arguments["source"] == "*" for one in shift.sections for it in one.entries for link in it.links
    )


def test_last_tuesday_is_as_it_was(stored):
    """Later rows change no earlier report."""
    before = stored([*days("fit", 0, 10), *(job("FAILED", DAY + 60 + place, error="late") for place in range(9))])
    then = NOW - timedelta(days=1)
    told = before.report(now=then)
    assert titles(told, "worse") == ["fit"]
    later = [job("COMPLETED", 60 + place, id=5000 + place) for place in range(20)]
    stored(later, into=before)
    again = before.report(now=then)
    assert (again.verdict, again.sections) == (told.verdict, told.sections)


def test_a_shift_that_does_not_begin_before_it_ends_is_refused(store):
    with pytest.raises(jt.InvalidParameter, match="since"):
        store.report(since="2026-03-01T13:00:00Z", now=NOW)
