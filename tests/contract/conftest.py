"""The homes that the contract is checked against.

Another home joins by a new name in `HOMES` and a function here that returns it filled, and one that returns it empty.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from histories import NOW, RESOURCES, page

import jobtype_toolkit as jt


def _store(folder: Path, *, is_full: bool) -> jt.Store:
    store = jt.open(clock=lambda: NOW)
    for resource, records in RESOURCES.items() if is_full else ():
        path = folder / f"{resource}.json"
        path.write_text(json.dumps(page(records)), encoding="utf-8")
        report = store.load(path, resource)
        assert report.new == len(records)
    return store


HOMES = {"store": _store}


@pytest.fixture(scope="session", params=HOMES)
def home(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A home that holds the small history, at `histories.NOW`."""
    return HOMES[request.param](tmp_path_factory.mktemp("home"), is_full=True)


@pytest.fixture(scope="session", params=HOMES)
def empty_home(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A home without anything in it."""
    return HOMES[request.param](tmp_path_factory.mktemp("empty"), is_full=False)
