"""A frame of all sources says whose row each is: ids mean nothing across sources."""

from __future__ import annotations

import json

import pytest
from histories import RESOURCES, page

import jobtype_toolkit as jt

LISTS = (
    "job_type_names", "job_types", "status", "pending", "running", "system_failures", "queue_status", "jobs", "errors",
)  # fmt: skip


@pytest.fixture(scope="module")
def two_sources(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sources")
    with jt.open() as store:
        for resource, records in RESOURCES.items():
            path = folder / f"{resource}.json"
            path.write_text(json.dumps(page(records)), encoding="utf-8")
            for source in ("east", "west"):
                store.load(path, resource, source=source)
        yield store


@pytest.mark.parametrize("call", LISTS)
def test_the_source_comes_first_where_all_are_asked_and_is_no_column_otherwise(two_sources, call):
    both, one = getattr(two_sources, call)(source="*"), getattr(two_sources, call)(source="west")
    assert list(both.columns) == ["source", *one.columns]
    assert both["source"].value_counts().to_dict() == {"east": len(one), "west": len(one)}


def test_it_comes_first_in_versions_revisions_and_the_questions_beyond_v6(two_sources):
    for frame in (
        two_sources.versions("chip-maker", source="*"),
        two_sources.revisions("chip-maker", "1.10.0", source="*"),
        two_sources.analyses.failures(source="*"),
    ):
        assert frame.columns[0] == "source"
        assert set(frame["source"]) == {"east", "west"}
