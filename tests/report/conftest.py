"""The morning of `mornings.py`, in a store, and what the report says about it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from histories import NOW, page, text, wire
from mornings import TYPES, morning

import jobtype_toolkit as jt


@pytest.fixture(scope="session")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., jt.Store]:
    """Make a store of jobs in memory, or in a file."""

    def made(
        jobs: Any, types: Any = (), *, path: Path | str = ":memory:", source: str = "local", into: Any = None
    ) -> jt.Store:
        folder = tmp_path_factory.mktemp("history")
        store = into or jt.open(path, clock=lambda: NOW)
        rows = [
            {"id": place, **{key: text(it) if hasattr(it, "tzinfo") else it for key, it in one.items()}}
            for place, one in enumerate(jobs, 1)
        ]
        if types:
            (folder / "types.json").write_text(json.dumps(page([wire(one) for one in types])), encoding="utf-8")
            store.load(folder / "types.json", "job_types", source=source)
        (folder / "jobs.json").write_text(
            pd.DataFrame(rows, dtype="object").to_json(orient="records"), encoding="utf-8"
        )
        store.load(folder / "jobs.json", source=source)
        return store

    return made


@pytest.fixture(scope="session")
def store(stored: Callable[..., jt.Store]) -> jt.Store:
    """The morning. Nobody writes into it."""
    return stored(morning(), TYPES)


@pytest.fixture(scope="session")
def shift(store: jt.Store) -> Any:
    """What the report says about the morning."""
    return store.report(now=NOW + timedelta(seconds=1))
