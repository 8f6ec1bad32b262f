"""What a report says of a bad node: its errors and job types, since when, a job, and which failures elsewhere in the report are its own."""

from __future__ import annotations

from datetime import timedelta

import pytest
from histories import NOW
from mornings import days, job

from jobtype_toolkit.report.render import rendered

AFTER = NOW + timedelta(seconds=1)
LOST_ON_N1 = {"fit": 25, "map": 25, "ink": 2}
"""So many jobs of each type failed on n1 with `lost`, of 30; of `ink` one more failed on n2, which is as usual for it."""


def of_today():
    for name, lost in LOST_ON_N1.items():
        for place in range(90):
            node = ("n1", "n2", "n3")[place // 30]
            is_lost = place < lost or (name == "ink" and place == 30)
            yield job(
                "FAILED" if is_lost else "COMPLETED",
                60 + place,
                name=name,
                node=node,
                error="lost" if is_lost else None,
            )


@pytest.fixture(scope="module")
def nodes(stored):
    """A store with a bad node. Nobody writes into it."""
    before = [*days("fit", 0, 10), *days("map", 0, 10), *days("ink", 1, 20, error="lost")]
    return stored([*before, *of_today()])


@pytest.fixture(scope="module")
def bad(nodes):
    return nodes.report(now=AFTER)


def entries(shift, key):
    (found,) = [one for one in shift.sections if one.key == key]
    return {one.title: one for one in found.entries}


def test_its_card_has_errors_types_since_and_a_job(bad):
    n1 = entries(bad, "worse")["n1"]
    assert n1.facts["failed"] == sum(LOST_ON_N1.values())
    assert n1.facts["errors"] == [{"name": "lost", "count": 52}]
    assert n1.facts["job_types"] == [{"name": name, "count": count} for name, count in LOST_ON_N1.items()]
    assert n1.facts["since"] == AFTER.replace(hour=0, second=0)
    assert "Worse since 2026-03-01. Errors: lost 52. Job types: fit 25, map 25 and ink 2." in n1.says
    assert "That may explain why fit and map fail more than usual." in n1.says
    assert (n1.example.arguments["job_id"],) == n1.jobs


def test_its_job_is_a_failed_one_of_it(bad, nodes):
    (job_id,) = entries(bad, "worse")["n1"].jobs
    (one,) = nodes.jobs(job_id=job_id).to_dict("records")
    assert (one["status"], one["node"], one["error_name"]) == ("FAILED", "n1", "lost")


def test_its_card_is_open_where_the_link_leads(bad):
    assert 'href="#worse-1"' in rendered(bad, "html")
    assert '<details id="worse-1" open>' in rendered(bad, "html")


def test_evidence_names_its_error_and_period(bad):
    fit = entries(bad, "worse")["fit"].says
    assert "Likely cause: n1. lost since 2026-03-01: 25 of 25 failures are on n1" in fit
    assert "node n1" not in fit


def test_failures_that_are_as_usual_tell_how_many_are_its_own(bad):
    ink = entries(bad, "later")["ink, on a bad node"]
    assert ink.says.startswith("3 jobs failed with lost (3.3 % of its jobs)")
    assert ink.says.endswith("On n1: 2 of 3.")


def test_what_is_worse_is_counted_by_kind(bad):
    assert bad.verdict.startswith("Failures concentrate on n1; 2 job types fail more than usual, ")
    assert "Worse than usual: 1 node, 2 job types" in rendered(bad, "html")


def test_a_rise_that_nothing_explains_says_so(shift):
    assert "No cause is known." in entries(shift, "worse")["fit"].says


def test_the_failed_jobs_of_a_shift_end_with_it(bad):
    calls = [
        link.call for one in bad.sections for it in one.entries for link in it.links if link.what == "the failed jobs"
    ]
    assert calls
    assert all(call.arguments["started"] == bad.started for call in calls)
    assert all(call.arguments["ended"] == bad.now - timedelta(microseconds=1) for call in calls)


def test_a_history_that_goes_on_says_what_the_present_is(stored):
    shift = stored([job("COMPLETED", 60), job("COMPLETED", 600)]).report(now=NOW - timedelta(hours=2))
    assert (
        "the history goes on to 2026-03-01 11:00 UTC; stuck, waiting and paused are about 2026-03-01 10:00 UTC"
        in shift.notes[-1]
    )
