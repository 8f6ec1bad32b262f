"""Small histories of the failure review: jobs as dicts, and the sample with its rows beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pandas as pd
import pytest
from histories import NOW, text

import jobtype_toolkit as jt

Job = Mapping[str, Any]


@pytest.fixture(scope="session")
def history(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., jt.Store]:
    """Make a store of jobs; what a job does not say is that of an ordinary COMPLETED one."""
    folder = tmp_path_factory.mktemp("history")

    def made(jobs: Iterable[Job], resource: str = "jobs", into: jt.Store | None = None) -> jt.Store:
        store = into or jt.open(clock=lambda: NOW)
        usual = {"job_type": "fit", "job_type_version": "1.0", "status": "COMPLETED"} if resource == "jobs" else {}
        rows = [
            {"id": place, **usual, **{key: text(it) if hasattr(it, "tzinfo") else it for key, it in one.items()}}
            for place, one in enumerate(jobs, 1)
        ]
        path = folder / f"{resource}-{len(list(folder.iterdir()))}"
        table = pd.DataFrame(rows, dtype="object")
        if table.empty or table.map(lambda value: isinstance(value, (dict, list))).any(axis=None):
            path = path.with_suffix(".json")
            table.to_json(path, orient="records")
        else:  # takes half the CPU
            path = path.with_suffix(".csv")
            table.to_csv(path, index=False)
        store.load(path, resource)
        return store

    return made


@pytest.fixture(scope="session")
def nothing() -> jt.Store:
    """A store without a row."""
    return jt.open(clock=lambda: NOW)


@pytest.fixture(scope="session")
def sample_jobs(sample: jt.Store) -> pd.DataFrame:
    """All jobs of the sample, as a plain frame."""
    return sample.jobs()
