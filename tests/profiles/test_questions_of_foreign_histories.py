"""What a history from elsewhere lacks, the questions say: they invent nothing, and an empty answer tells why."""

from __future__ import annotations

from pathlib import Path

import pytest

import jobtype_toolkit as jt
from jobtype_toolkit.analyses.questions import QUESTIONS

pytestmark = pytest.mark.slow

EXPORTS = Path(__file__).parent / "exports"
GIVEN = {
    "changes": {"since": "2026-10-01T00:00:00Z"},
    "compare_versions": {"name": "mosaic", "before": "1", "after": "1"},
    "right_size": {"name": "mosaic"},
    "compare_revisions": {"name": "mosaic", "version": "1", "before": 1, "after": 2},
}
INVENTED = ("revision_num", "is_paused", "is_active", "unmet_resources", "per_mib_p50", "snapshot")
"""Columns about what no history from elsewhere has."""


@pytest.fixture(scope="module")
def slurm() -> jt.Store:
    store = jt.open()
    store.load(EXPORTS / "sacct.txt", profile="slurm", timezone="UTC", source="slurm")
    return store


@pytest.fixture(scope="module")
def gitlab() -> jt.Store:
    store = jt.open()
    store.load(EXPORTS / "pipelines.json", profile="gitlab")
    return store


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda one: one.name)
def test_every_question_answers_about_a_slurm_history_and_invents_nothing(slurm, question):
    given = GIVEN.get(question.name, {})
    if question.name == "family_jobs":
        given = {"family": slurm.analyses.failure_families()["family"].iloc[0]}
    answer = getattr(slurm.analyses, question.name)(**given)
    for column in set(INVENTED) & set(answer):
        assert answer[column].isna().all(), column
    if "verdict" in answer:
        assert set(answer["verdict"]) <= {"not enough data"}, "eleven jobs judge nothing"


@pytest.mark.parametrize(
    ("question", "note"),
    [
        ("durations", "1 job is left out, since one of the two times is missing"),
        ("waits", "2 jobs are left out, since one of the two times is missing"),
        ("bad_nodes", "2 finished jobs or executions are left out, since they have no node"),
        ("attempts", "run_hours and wasted_hours are those of 0 of 2 jobs, whose executions are loaded"),
    ],
)
def test_an_answer_tells_which_jobs_lack_what_it_needs(gitlab, question, note):
    """A list of pipelines tells neither starts nor nodes."""
    answer = getattr(gitlab.analyses, question)()
    assert note in answer.attrs["notes"]


def test_why_nothing_runs_says_that_the_job_type_was_never_loaded(slurm):
    answer = slurm.analyses.why_not_running()
    assert answer["unreadable"].str.startswith("the job type itself was never loaded").all()
