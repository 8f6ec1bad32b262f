"""Every question and every v6 service, asked of Spark: the frames are those of the store that wrote the lake."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import pytest

import jobtype_toolkit as jt
from jobtype_toolkit.analyses.question import GROUPS
from jobtype_toolkit.analyses.questions import QUESTIONS

pytestmark = pytest.mark.spark

WINDOWS: Mapping[str, Any] = {"started": "P30D", "since": "P30D"}
CALLS: list[tuple[str, dict[str, Any]]] = [
    ("status", {"started": "P7D"}),
    ("status", {"started": "2000-01-01T00:00:00Z", "is_active": True}),
    ("pending", {}),
    ("running", {}),
    ("system_failures", {}),
    ("queue_status", {}),
    ("job_type_names", {}),
    ("job_types", {"keyword": ["chip", "'; DROP \\' --"], "order": "-name"}),
    ("job_types", {"is_active": True, "page_size": 5, "page": 2}),
    ("errors", {"category": "DATA"}),
    ("errors", {"is_builtin": True}),
    ("workspaces", {}),
    ("jobs", {"started": "P1D", "status": ["FAILED", "RUNNING"]}),
    ("jobs", {"started": "P2D", "order": "-duration", "page_size": 20, "page": 1}),
    ("jobs", {"job_id": [1, 2, 3], "page_size": 2, "page": 2}),
]
"""Calls of the v6 services; together they run every file of `queries/sql`, with those of one job type below."""
VARIANTS: list[tuple[str, dict[str, Any]]] = [
    ("failures", {"category": "DATA"}),
    ("failure_rates", {"by": list(GROUPS), "started": "P30D"}),
    ("failure_trend", {"per": "hour", "zone": "Europe/Berlin", "started": "P3D", "by": "node"}),
    ("failure_trend", {"per": "week", "by": ["error_name", "category"]}),
    ("durations", {"by": ["node", "revision_num"]}),
    ("backlog", {"per": "day", "started": "P30D"}),
    ("attempts", {"by": "name", "node": ["node01", "no such node"]}),
]
"""Other groups, buckets and filters than the usual ones."""


def arguments(store: jt.Store, question: Any) -> dict[str, Any]:
    """Return what a question needs, from the store itself: the type with most revisions, two versions of one name, one family."""
    types = store.job_types()
    versions = types.groupby("name")["version"].agg(list)
    name, both = next((name, found) for name, found in versions.items() if len(found) > 1)
    revised = types.sort_values("revision_num").iloc[-1]
    if question.name == "compare_revisions":
        name, version, both = revised["name"], revised["version"], [1, 2]
    else:
        version = both[0]
    known = {
        **WINDOWS,
        "name": name,
        "version": version,
        "before": both[0],
        "after": both[1],
        "family": store.analyses.failure_families()["family"].iloc[0],
    }
    return {one.name: known[one.name] for one in question.parameters if one.is_required}


def same(one: pd.DataFrame, other: pd.DataFrame) -> None:
    """Compare two answers, and what their attrs say of the question."""
    pd.testing.assert_frame_equal(one, other, check_exact=False, rtol=1e-9)
    told = ("window", "count", "now", "now_is", "jobs", "as_of")
    assert {key: one.attrs.get(key) for key in told} == {key: other.attrs.get(key) for key in told}
    assert one.attrs["notes"] == [note for note in other.attrs["notes"] if "of the lake were read" not in note]


@pytest.mark.parametrize(("call", "given"), CALLS, ids=[name for name, _ in CALLS])
def test_spark_answers_a_service_as_the_store_does(sample, call, given):
    same(getattr(sample.store, call)(**given), getattr(sample.lake, call)(**given))


def test_spark_answers_what_is_asked_of_one_job_type(sample):
    revised = sample.store.job_types().sort_values("revision_num").iloc[-1]
    key = (revised["name"], revised["version"])
    same(sample.store.revisions(*key), sample.lake.revisions(*key))
    same(sample.store.versions(key[0]), sample.lake.versions(key[0]))
    assert dict(sample.store.job_type(*key)) == dict(sample.lake.job_type(*key))
    assert dict(sample.store.revision(*key, 1)) == dict(sample.lake.revision(*key, 1))


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda one: one.name)
def test_spark_answers_every_question_as_the_store_does(sample, question):
    given = arguments(sample.store, question)
    expected = getattr(sample.store.analyses, question.name)(**given)
    same(expected, getattr(sample.lake.analyses, question.name)(**given))


@pytest.mark.parametrize(("question", "given"), VARIANTS, ids=[name for name, _ in VARIANTS])
def test_spark_answers_by_other_groups_and_filters(sample, question, given):
    same(getattr(sample.store.analyses, question)(**given), getattr(sample.lake.analyses, question)(**given))


@pytest.mark.parametrize(
    "question", ["failures", "failure_rates", "worse_than_usual", "error_onsets", "attempts", "backlog"]
)
def test_an_empty_lake_gives_empty_frames_with_the_same_columns(nothing, question):
    expected = getattr(nothing.store.analyses, question)()
    assert len(expected) == 0
    same(expected, getattr(nothing.lake.analyses, question)())


@pytest.mark.parametrize("source", ["north", "south", "*"])
@pytest.mark.parametrize("call", ["status", "pending", "system_failures", "jobs"])
def test_sources_stay_apart(two_sources, call, source):
    same(getattr(two_sources.store, call)(source=source), getattr(two_sources.lake, call)(source=source))


def test_spark_refuses_a_version_or_a_revision_that_is_not_there(sample):
    name, version = sample.store.job_types().sort_values("revision_num").iloc[-1][["name", "version"]]
    for asked in (("compare_versions", name, version, "9.9"), ("compare_revisions", name, version, 1, 99)):
        said = []
        for backend in (sample.store, sample.lake):
            with pytest.raises(jt.NotFound) as caught:
                getattr(backend.analyses, asked[0])(*asked[1:])
            said.append(str(caught.value))
        assert said[0] == said[1]
