"""A backend with nothing in it answers every question, with nothing."""

from __future__ import annotations

import pytest

import jobtype_toolkit as jt


def test_every_list_is_empty(empty_backend):
    for call in (
        "job_type_names",
        "job_types",
        "status",
        "pending",
        "running",
        "system_failures",
        "queue_status",
        "jobs",
        "errors",
    ):
        assert len(getattr(empty_backend, call)()) == 0


@pytest.mark.parametrize("arguments", [{"keyword": "x"}, {"id": 1}, {"order": "-name"}, {"page": 1, "page_size": 5}])
def test_filters_order_and_pages_of_nothing_are_fine(empty_backend, arguments):
    assert len(empty_backend.job_types(**arguments)) == 0
    assert len(empty_backend.job_type_names(**arguments)) == 0


def test_what_is_asked_for_by_name_is_not_found(empty_backend):
    for attempt in (
        lambda: empty_backend.versions("x"),
        lambda: empty_backend.job_type("x", "1.0.0"),
        lambda: empty_backend.revisions("x", "1.0.0"),
        lambda: empty_backend.revision("x", "1.0.0", 1),
    ):
        with pytest.raises(jt.NotFound):
            attempt()


def test_a_limit_of_nothing_cuts_nothing(empty_backend, recwarn):
    assert len(empty_backend.jobs(limit=5)) == 0
    assert len(recwarn) == 0
