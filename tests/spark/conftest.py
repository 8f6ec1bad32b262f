"""One Spark on this machine for all of these tests, and a store beside the lake that was written from it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from histories import NOW, RESOURCES, page
from spark_session import started

import jobtype_toolkit as jt


@pytest.fixture(scope="session")
def spark() -> Iterator[Any]:
    """A session with two threads."""
    pytest.importorskip("pyspark", reason="pyspark is not installed; `make test-spark` installs it")
    session = started("local[2]")
    yield session
    session.stop()


@dataclass(frozen=True)
class Pair:
    """The same history in a store and in a lake that Spark answers."""

    store: jt.Store
    lake: jt.Lake


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the lakes are."""
    return tmp_path_factory.mktemp("lakes with a space")


@pytest.fixture(scope="session")
def sample(spark: Any, folder: Path) -> Iterator[Pair]:
    """The bundled sample."""
    with jt.sample() as store:
        store.export(folder / "sample", partitioned=True)
        with jt.lake(folder / "sample", session=spark) as lake:
            yield Pair(store, lake)


@pytest.fixture(scope="session")
def two_sources(spark: Any, folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """The small history of the contract, twice, as two sources."""

    with jt.open(clock=lambda: NOW) as store:
        for resource, records in RESOURCES.items():
            path = tmp_path_factory.mktemp("pages") / f"{resource}.json"
            path.write_text(json.dumps(page(records)), encoding="utf-8")
            for source in ("north", "south"):
                store.load(path, resource, source=source)
        store.export(folder / "two", partitioned=True, source="*")
        with jt.lake(folder / "two", session=spark, clock=lambda: NOW) as lake:
            yield Pair(store, lake)


@pytest.fixture(scope="session")
def nothing(spark: Any, folder: Path) -> Iterator[Pair]:
    """A history without a row."""
    with jt.open(clock=lambda: NOW) as store:
        store.export(folder / "nothing", partitioned=True)
        with jt.lake(folder / "nothing", session=spark, clock=lambda: NOW) as lake:
            yield Pair(store, lake)
