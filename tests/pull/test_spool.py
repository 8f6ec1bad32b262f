"""Pages on disk: their names, what is left of a pull that stopped, who may write, and what a full disk does."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from histories import NOW, ago

import jobtype_toolkit as jt
from jobtype_toolkit.api.intervals import BEGINNING
from jobtype_toolkit.errors import StoreError
from jobtype_toolkit.sync.spool import Spool, spool

SPAN = (ago(60), NOW)


@pytest.fixture
def file(tmp_path) -> Path:
    return tmp_path / "ops.duckdb"


def folders(file: Path) -> list[Path]:
    return sorted(file.with_name(file.name + ".pull").glob("*"))


def test_a_page_is_left_with_its_bytes_and_its_span_until_it_is_done(file):
    with spool(file, "https://scale.example/api") as first:
        first.put(b'["one"]', SPAN, 1)
        first.put(b'["two"]', (BEGINNING, ago(60)), 1)
        first.put(b'["three"]', None, 1)
    with spool(file, "https://scale.example/api") as again:
        left = again.left()
        assert [one.path.read_bytes() for one in left] == [b'["one"]', b'["two"]', b'["three"]']
        assert [one.span for one in left] == [SPAN, (BEGINNING, ago(60)), None]
        again.put(b"[]", None, 0)
        assert again.left()[-1].path.read_bytes() == b"[]"  # numbered on
        again.done(again.left())
    assert not file.with_name("ops.duckdb.pull").exists()


def test_sources_have_folders_of_their_own_that_their_names_can_be_read_from(file):
    names = ["https://scale.example/api", "https://scale.example/API", "../../etc", "a b", "", "x" * 300, "b\u00e9ta"]
    for name in names:
        with spool(file, name) as one:
            one.put(b"[]", None, 0)
    found = folders(file)
    assert len(found) == len(names)
    assert all(one.parent == file.with_name("ops.duckdb.pull") for one in found)
    assert any(one.name.startswith("https-scale.example-api") for one in found)


def test_half_a_page_is_no_page(file):
    with spool(file, "s") as one:
        one.put(b"[]", SPAN, 0)
    (folder,) = folders(file)
    (folder / "00000007_0_5.part").write_bytes(b'{"count"')
    (folder / "notes.txt").write_text("not a page")
    with spool(file, "s") as again:
        assert len(again.left()) == 1
        assert not list(folder.glob("*.part"))


def test_two_pulls_of_one_source_do_not_go_on_at_once_but_two_of_others_do(file):
    refused = pytest.raises(jt.StoreLocked, match="Another pull of 's'")
    with spool(file, "s"), spool(file, "t"), refused, spool(file, "s"):
        pass
    with spool(file, "s"):
        pass


def test_many_that_begin_and_end_at_once_never_have_the_folder_together(file):
    inside, most, refused = [0], [0], [0]
    guard = threading.Lock()

    def use() -> None:
        for _ in range(40):
            try:
                with spool(file, "s"):
                    with guard:
                        inside[0] += 1
                        most[0] = max(most[0], inside[0])
                    with guard:
                        inside[0] -= 1
            except jt.StoreLocked:
                refused[0] += 1

    threads = [threading.Thread(target=use) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert most == [1]
    assert refused[0] < 160


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "ops.duckdb.pull").write_text("a file is in the way")
    with pytest.raises(StoreError, match="cannot be made"), spool(tmp_path / "ops.duckdb", "s"):
        pass


def test_a_page_that_finds_no_room_leaves_nothing_behind(tmp_path, monkeypatch):
    import errno
    import os

    folder = Spool(tmp_path)

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("jobtype_toolkit.sync.spool.os.fsync", full)
    with pytest.raises(StoreError, match=r"No space left.*make room"):
        folder.put(b"[]", SPAN, 0)
    assert list(tmp_path.iterdir()) == []


def test_a_store_in_memory_keeps_its_pages_in_a_temporary_folder():
    with spool(None, "s") as one:
        page = one.put(b"[]", SPAN, 0)
        assert page.path.exists()
    assert not page.path.exists()


@pytest.mark.parametrize("damage", [b"", b'["on', b"\0" * 7])
def test_a_page_that_lost_its_bytes_is_no_page(file, damage):
    with spool(file, "it") as first:
        kept, lost = first.put(b'["one"]', SPAN, 1), first.put(b'["two"]', SPAN, 1)
    lost.path.write_bytes(damage)
    with spool(file, "it") as again:
        assert [one.path for one in again.left()] == [kept.path]
        assert not lost.path.exists()
