"""Which files of a lake a question opens: those of the months of its window, so that a question costs what it asks for.

The files of all other months are spoilt here, so that whoever opens one gets an error.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd
import pytest

import jobtype_toolkit as jt
from jobtype_toolkit.analyses.questions import QUESTIONS
from jobtype_toolkit.generator import generate
from jobtype_toolkit.store.store import LOAD_ORDER

SPOILT = ("2026-09", "2026-10")
WINDOW = {"started": "2026-08-03T06:00:00Z", "ended": "2026-08-20T18:00:00Z"}
WINDOWED = [one.name for one in QUESTIONS if one.history == "window"]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[jt.Store]:
    """Ninety days of a history, up to the end of October."""
    folder = tmp_path_factory.mktemp("history")
    generate(folder, jobs=3000, ended="2026-10-28T15:00:00Z")
    with jt.open() as store:
        for resource in LOAD_ORDER:
            store.load(folder, resource, source="sample", progress=False)
        yield store


@pytest.fixture(scope="module")
def lake(store: jt.Store, tmp_path_factory: pytest.TempPathFactory) -> jt.Lake:
    """Its lake, without the jobs of two months that are over."""
    folder = tmp_path_factory.mktemp("lake")
    store.export(folder, partitioned=True)
    spoilt = [one for month in SPOILT for one in folder.glob(f"job_history/*/state=f*/month={month}/*")]
    assert len(spoilt) == 4
    for one in spoilt:
        one.write_bytes(b"no Parquet")
    return jt.lake(folder, clock=lambda: store.as_of)


@pytest.fixture(scope="module")
def more(store: jt.Store) -> Mapping[str, Mapping[str, Any]]:
    """What some questions ask for besides."""
    versions = store.job_types().groupby("name")["version"].apply(list)
    name, (before, after, *_) = next((name, found) for name, found in versions.items() if len(found) > 1)
    revised = store.job_types().query("revision_num > 1").iloc[0]
    most = store.sql("SELECT job_type, count(*) AS n FROM job GROUP BY ALL ORDER BY n DESC")["job_type"][0]
    family = store.analyses.failure_families(**WINDOW)["family"][0]
    return {
        "compare_versions": {"name": name, "before": before, "after": after},
        "compare_revisions": {"name": revised["name"], "version": revised["version"], "before": 1, "after": 2},
        "family_jobs": {"family": family},
        "right_size": {"name": most},
    }


@pytest.mark.parametrize("name", WINDOWED)
def test_a_question_about_a_window_opens_the_files_of_its_months_only(name, store, lake, more):
    found = [getattr(one.analyses, name)(**WINDOW, **more.get(name, {})) for one in (lake, store)]
    pd.testing.assert_frame_equal(*found)
    assert len(found[0]) or name == "compare_revisions"  # a generated type has one revision


@pytest.mark.parametrize(
    "window", [WINDOW, {"started": "2026-08-31T00:00:00Z", "ended": "2026-08-31T23:59:59.999999Z"}]
)
def test_status_opens_those_and_all_open_jobs(window, store, lake):
    pd.testing.assert_frame_equal(lake.status(**window), store.status(**window))
    for one in ("running", "pending", "job_types", "queue_status"):
        pd.testing.assert_frame_equal(getattr(lake, one)(), getattr(store, one)())


def test_a_question_about_more_opens_more(lake):
    assert lake.sources == ["sample"]
    with pytest.raises(jt.ToolkitError, match="Parquet"):
        lake.status(started="2026-08-03T06:00:00Z", ended="2026-09-01T00:00:00Z")
    with pytest.raises(jt.ToolkitError, match="Parquet"):
        lake.jobs()
