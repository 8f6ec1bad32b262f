"""A disk that is full or may only be read: an error of the store, nothing half-written, and no room kept."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import children
import pandas as pd
import pytest

import jobtype_toolkit as jt

pytestmark = pytest.mark.slow

HEAD = """
import os, resource, shutil, signal, sys
from pathlib import Path
import pandas as pd
import jobtype_toolkit as jt

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
ENDLESS = resource.RLIM_INFINITY

def files_may_grow_to(size):
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, ENDLESS))

def history(rows, first=0):
    texts = os.urandom(32 * rows).hex()
    return pd.DataFrame({
        "id": range(first, first + rows), "job_type": "press", "job_type_version": "1.0", "status": "FAILED",
        "last_status_change": "2026-11-01T09:15:00Z", "node": [texts[64 * n : 64 * n + 64] for n in range(rows)],
    })

def refused(call, words=""):
    try:
        call()
    except jt.StoreError as error:
        assert not isinstance(error, jt.NotAStore), error
        assert words in str(error), error
    else:
        raise AssertionError("nothing was refused")

folder = Path(sys.argv[1])
"""


def run(program: str, folder: Path) -> None:
    """Run a program in a process of its own, whose limits are not ours; its output goes through a pipe, which has none."""
    done = children.run(HEAD + program, folder)
    assert done.returncode == 0, done.stderr


FILLED = """
file = folder / "s.duckdb"
store = jt.open(file)
store.load(history(1000))
store.close()
before = file.stat().st_size
"""
FULL = """
refused(lambda: store.load(history(60_000, 1000)))
assert [one.name for one in folder.iterdir()] == ["s.duckdb"]
assert file.stat().st_size == before
assert len(store.sql("FROM job")) == 1000
assert store.load(history(10, 5000)).new == 10
assert store.check().is_sound
"""


def test_a_load_that_fills_the_disk_is_refused_and_gives_the_room_back(tmp_path):
    more_than_a_group = "refused(lambda: store.load(history(150_000, 1000)))"  # part of it is written before the commit
    run(f"{FILLED}files_may_grow_to(before + 2**21)\n{more_than_a_group}{FULL}", tmp_path)


@pytest.mark.parametrize("room", [0, 200_000])
def test_no_file_is_left_where_there_is_no_room_for_it(tmp_path, room):
    program = """
other = jt.open()
other.load(history(9000))
files_may_grow_to(ROOM)
refused(lambda: jt.open(folder / "a.duckdb", create=True), "cannot be made")
refused(lambda: jt.open(folder / "b.duckdb").load(history(10)), "cannot be made")
refused(lambda: other.publish(folder / "c.duckdb"), "unchanged")
(folder / "d").mkdir()
refused(lambda: other.export(folder / "d"), "unchanged")
assert [one.name for one in folder.rglob("*")] == ["d"]
"""
    run(program.replace("ROOM", str(room)), tmp_path)


def test_a_process_that_wrote_meanwhile_keeps_its_room(tmp_path):
    """The file is cut only to where it ended when the write began, and only if its headers are still the same."""
    from jobtype_toolkit.store.room import Extent, give_back

    file = tmp_path / "s.duckdb"
    with jt.open(file, create=True):
        before = Extent.of(file)
    with jt.open(file) as store:
        store.load(pd.DataFrame({"id": range(20_000), "job_type": "a", "job_type_version": "1", "status": "RUNNING"}))
    size = file.stat().st_size
    give_back(file, before)
    assert file.stat().st_size == size
    with file.open("ab") as grown:
        whole = Extent.of(file)
        grown.write(b"\0" * 100_000)
    log = tmp_path / "s.duckdb.wal"
    log.write_bytes(b"a commit")
    give_back(file, whole)
    assert file.stat().st_size == size + 100_000
    log.write_bytes(b"")
    give_back(file, whole)
    assert (file.stat().st_size, log.exists()) == (size, False)


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 5 MiB."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = os.geteuid() == 0 and (
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=5m", "tmpfs", place], capture_output=True, check=False
        ).returncode
        == 0
    )
    if not mounted:
        pytest.skip("only root can mount a small disk")
    yield place
    subprocess.run(["umount", "-l", place], check=False)


def test_a_disk_that_is_really_full_gets_its_room_back(small_disk):
    run(FILLED + FULL, small_disk)


def test_on_a_disk_that_may_only_be_read_a_store_answers_and_says_why_it_takes_nothing(small_disk):
    run(FILLED, small_disk)
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    program = """
file, new = folder / "s.duckdb", folder / "new.duckdb"
other = jt.open()
assert len(jt.open(file).jobs()) == len(jt.open(file, read_only=True).jobs()) == 1000
READ_ONLY = "Read-only file system"
for write in (
    lambda: jt.open(file).load(history(10)),
    lambda: jt.open(file).prune(before="2027-01-01T00:00:00Z"),
    lambda: jt.open(file).compact(),
    lambda: jt.open(new, create=True),
    lambda: jt.open(new).load(history(10)),
):
    refused(write, READ_ONLY)
for copy in (lambda: other.publish(new), lambda: jt.open(file).export(folder)):
    refused(copy, "cannot be written")
assert [one.name for one in folder.iterdir()] == ["s.duckdb"]
"""
    run(program, small_disk)
