"""An Iceberg lake whose catalogue is a PostgreSQL database: a real server, with the password in the URL or elsewhere."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pandas as pd
import pytest
from histories import NOW
from postgres import MISSING, PASSWORD, Server, server

import jobtype_toolkit as jt

pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(MISSING), reason=MISSING)]
pytest.importorskip("pyiceberg", reason="the extra [lake] is not installed")

JOBS = "id,job_type,job_type_version,status,last_status_change\n1,fit,1.0,RUNNING,2026-02-10T10:00:00Z\n"


@pytest.fixture(params=["psycopg2", "pg8000"])
def driver(request) -> str:
    pytest.importorskip(request.param, reason=f"the driver {request.param} is not installed")
    return request.param


@pytest.fixture(scope="module")
def postgres() -> Iterator[Server]:
    with server() as made:
        yield made


def test_a_catalogue_in_postgresql_keeps_a_lake_and_its_password(postgres, driver, tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    url = postgres.address(password=quote(PASSWORD, safe="")).replace("://", f"+{driver}://")
    place = tmp_path / "files"
    (tmp_path / "jobs.csv").write_text(JOBS, encoding="utf-8")
    with jt.open(clock=lambda: NOW) as store:
        store.load(tmp_path / "jobs.csv", progress=False)
        first = store.sync_lake(url, warehouse=place)
        assert (first.jobs, store.sync_lake(url, warehouse=place).is_unchanged) == (1, True)
        (tmp_path / "jobs.csv").write_text(JOBS.replace("RUNNING", "COMPLETED"), encoding="utf-8")
        with jt.lake(url, warehouse=place, clock=lambda: NOW) as lake:
            assert len(lake.running()) == 1
            store.load(tmp_path / "jobs.csv", progress=False)
            store.sync_lake(lake)
            frame = lake.jobs()
            pd.testing.assert_frame_equal(frame, store.jobs())
            assert lake.name == f"postgresql+{driver}://127.0.0.1:{postgres.port}/scale"
            shown = [repr(lake), str(frame.attrs), str(first), repr(vars(lake)), caplog.text]
    with jt.lake(url, warehouse=place, at=first.snapshot, clock=lambda: NOW) as lake:
        assert len(lake.running()) == 1
    assert not [one for one in shown if PASSWORD in one or quote(PASSWORD, safe="") in one]


def test_the_password_may_come_from_the_environment(postgres, tmp_path, monkeypatch):
    pytest.importorskip("psycopg2", reason="the driver psycopg2 is not installed")
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    with jt.open(clock=lambda: NOW) as store:
        assert store.sync_lake(postgres.address(), warehouse=tmp_path / "files").snapshot


@pytest.mark.parametrize("database", ["scale", "nowhere"])
def test_a_catalogue_that_does_not_let_in_says_why_without_the_password(postgres, driver, tmp_path: Path, database):
    wrong = "wrong/but:mine"
    with pytest.raises(jt.StoreError, match="cannot be opened") as failed:
        jt.lake(postgres.address(database, quote(wrong, safe="")).replace("://", f"+{driver}://"), warehouse=tmp_path)
    shown = f"{failed.value!r} {failed.value.__cause__!r}"
    assert wrong not in shown
    assert quote(wrong, safe="") not in shown
