"""A value arrives as it is, or its row is rejected with the reason: for every spelling, in every kind of file."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapes import write_parquet
from sizes import examples, sizes

import jobtype_toolkit as jt
from jobtype_toolkit.cli.output import as_csv

pytestmark = pytest.mark.slow

HEAD = "id,job_type,job_type_version,status,last_status_change"
AT = "2026-11-01T09:15:00Z"
BASE = {"id": 1, "job_type": "press", "job_type_version": "1.0", "status": "FAILED", "last_status_change": AT}


def saved(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def table(*rows: str, head: str = HEAD) -> str:
    return "".join(f"{row}\n" for row in (head, *rows))


def rows_of(store: jt.Store, columns: str) -> list[tuple[Any, ...]]:
    return list(store.sql(f"SELECT {columns} FROM job ORDER BY id").itertuples(index=False, name=None))


def reasons(store: jt.Store) -> list[str]:
    return store.rejects()["reason"].tolist()


@pytest.mark.parametrize(("name", "separator"), [("a.csv", ","), ("a.tsv", "\t"), ("a.csv.gz", ",")])
def test_a_quote_that_comes_late_is_a_quote(tmp_path, name, separator):
    lines = [HEAD + ",note", *(f"{n},press,1.0,FAILED,{AT},x" for n in range(1, 21_000))]
    text = "".join(line.replace(",", separator) + "\n" for line in lines)
    text += (
        f'21000{separator}"press"{separator}1.0{separator}FAILED{separator}{AT}{separator}"full{separator} ""again"""\n'
    )
    content = text.encode()
    store = jt.open()
    report = store.load(saved(tmp_path / name, gzip.compress(content) if name.endswith(".gz") else content))
    assert (report.new, report.rejected) == (21_000, 0)
    assert store.job_type_names()["name"].tolist() == ["press"]
    assert store.sql("SELECT extra->>'note' AS n FROM job WHERE id = 21000")["n"][0] == f'full{separator} "again"'


AWKWARD = st.text(st.sampled_from("a\", \r\n;\t'é|\\"), max_size=6) | st.none()


@examples(2, 100)
@given(st.lists(AWKWARD, min_size=1, max_size=12))
def test_a_frame_as_csv_loads_as_the_same_values(tmp_path_factory, texts):
    frame = pd.DataFrame([{**BASE, "id": place, "node": text} for place, text in enumerate(texts)])
    frame["node"] = frame["node"].astype(object)
    store = jt.open()
    report = store.load(saved(tmp_path_factory.mktemp("csv") / "a.csv", as_csv(frame)))
    assert report.rejected == 0, reasons(store)
    assert [None if pd.isna(one) else one for one in store.sql("FROM job ORDER BY id")["node"]] == texts


@pytest.mark.parametrize("shape", ["csv", "ndjson", "json", "parquet", "frame"])
def test_what_is_no_whole_number_is_no_id(tmp_path, shape):
    wrong = ["900.0", "1_2", "0x1f", "1e3", "25e-1", "1.4", "5."]
    rows = [{**BASE, "id": written} for written in ("900", *wrong)]
    source: Any = {
        "csv": lambda: saved(tmp_path / "a.csv", table(*(",".join(map(str, one.values())) for one in rows))),
        "ndjson": lambda: saved(tmp_path / "a.ndjson", "".join(json.dumps(one) + "\n" for one in rows)),
        "json": lambda: saved(tmp_path / "a.json", json.dumps(rows)),
        "parquet": lambda: write_parquet(tmp_path / "a.parquet", rows, {"id": "VARCHAR"}),
        "frame": lambda: pd.DataFrame(rows),
    }[shape]()
    store = jt.open()
    store.load(source)
    assert rows_of(store, "id") == [(900,)]
    assert reasons(store) == [f"id is not a whole number: {written}" for written in wrong]


def test_whole_numbers_may_end_in_point_zero_where_all_of_a_file_do(tmp_path):
    store = jt.open()
    store.load(saved(tmp_path / "a.csv", table(f"5.0,m,1,FAILED,{AT}", f"6.0,m,1,FAILED,{AT}")))
    assert rows_of(store, "id") == [(5,), (6,)]


WORDS = {
    "2026-11-01 09:15:00 UTC": "09:15",
    "2026-11-01 09:15:00 Europe/Berlin": "08:15",
    "2026-11-01 09:15:00 EST": "14:15",
    "2026-11-01 09:15:00 PM": "20:15",
    "2026-11-01 12:15 AM": "23:15",
    "20261101T091500Z": "09:15",
    "2026-11-01T09:15:00+0000": "09:15",
    "2026-11-01T09:15:00 +01:00": "08:15",
    "2026-11-01T09:15:00,000Z": "09:15",
    "2026-11-01 09:15:00": "08:15",
    "2026-11-01 09:15:00 nonsense": None,
    "2026-11-01 09:15:00 PST": None,
    "2026-11-01 13:15:00 PM": None,
    "epoch": None,
    "now": None,
}
"""What is written, with words behind a time, and the hour and minute in UTC that it means; None if it is no time."""


@pytest.fixture(scope="module", params=["csv", "json"])
def words(request, tmp_path_factory) -> dict[str, str | None]:
    """What came of `WORDS`, each in a row of its own of one file."""
    rows = [{**BASE, "id": id, "last_status_change": written} for id, written in enumerate(WORDS)]
    lines = [f'{row["id"]},press,1.0,FAILED,"{row["last_status_change"]}"' for row in rows]
    text = table(*lines) if request.param == "csv" else json.dumps(rows)
    store = jt.open()
    path = saved(tmp_path_factory.mktemp("words") / f"a.{request.param}", text)
    report = store.load(path, timezone="Europe/Berlin")
    found = {id: f"{moment:%H:%M}" for id, moment in rows_of(store, "id, last_status_change")}
    assert len(found) + report.rejected == len(store.rejects()) + len(found) == len(rows)
    return {written: found.get(id) for id, written in enumerate(WORDS)}


@pytest.mark.parametrize("written", WORDS)
def test_a_word_behind_a_time_counts_or_rejects_the_row(words, written):
    assert words[written] == WORDS[written]


def test_parquet_nanoseconds_with_a_zone_are_instants(tmp_path):
    path = tmp_path / "a.parquet"
    with duckdb.connect() as con:
        con.execute("SET TimeZone = 'UTC'")
        made = f"SELECT 1 AS id, 'm' AS job_type, '1' AS job_type_version, 'FAILED' AS status, TIMESTAMPTZ '{AT}' AS moment"
        stamp = "CAST(moment AS TIMESTAMP_NS) AS created, moment AS last_status_change"
        con.execute(f"COPY (SELECT * EXCLUDE (moment), {stamp} FROM ({made})) TO '{path}' (FORMAT parquet)")
    store = jt.open()
    with pytest.raises(jt.LoadFailed, match="zone"):
        store.load(path)
    store.load(path, timezone="America/New_York")
    assert [f"{one:%H:%M}" for one in rows_of(store, "created, last_status_change")[0]] == ["14:15", "09:15"]


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("STRUCT(a INTEGER)", "node is STRUCT"),
        ("INTEGER[]", "node is INTEGER"),
        ("MAP(INTEGER, INTEGER)", "node is MAP"),
    ],
)
def test_a_nested_parquet_column_is_refused_by_its_name(tmp_path, kind, message):
    path = write_parquet(tmp_path / "a.parquet", [{**BASE, "node": None}], {"node": kind})
    with pytest.raises(jt.LoadFailed, match=message):
        jt.open().load(path)


def test_bytes_of_parquet_are_utf_8_or_rejected_and_the_nested_shape_of_json_is_read(tmp_path):
    rows = [{**BASE, "job_type": "café".encode()}, {**BASE, "id": 2, "job_type": b"caf\xe9"}]
    store = jt.open()
    store.load(write_parquet(tmp_path / "a.parquet", rows, {"job_type": "BLOB"}))
    assert rows_of(store, "id, job_type") == [(1, "café")]
    assert "UTF-8" in reasons(store)[0]
    nested = [{**BASE, "job_type": {"id": 3, "name": "press", "version": "2"}}]
    path = write_parquet(
        tmp_path / "b.parquet", nested, {"job_type": "STRUCT(id BIGINT, name VARCHAR, version VARCHAR)"}
    )
    store.load(path, source="nested")
    assert set(rows_of(store, "job_type, job_type_version")) == {("café", "1.0"), ("press", "2")}


def test_an_object_is_no_text_and_a_text_no_object(tmp_path):
    rows = [{**BASE, "node": {"a": 1}}, {**BASE, "id": 2}, {**BASE, "id": 3, "node": ["x"]}]
    store = jt.open()
    store.load(saved(tmp_path / "a.json", json.dumps(rows)))
    assert rows_of(store, "id") == [(2,)]
    assert ["node is not a text" in one for one in reasons(store)] == [True, True]


@pytest.mark.parametrize("shape", ["csv", "json"])
def test_a_name_that_differs_in_case_only_is_read_and_one_beside_ours_is_told(tmp_path, shape):
    row = {**BASE, "Node": "n1"}
    text = table("1,press,1.0,FAILED," + AT + ",n1", head=HEAD + ",Node") if shape == "csv" else json.dumps([row])
    store = jt.open()
    store.load(saved(tmp_path / f"a.{shape}", text))
    assert rows_of(store, "node") == [("n1",)]
    both = table("1,press,1.0,FAILED," + AT + ",n2,n3", head=HEAD + ",Node,node")
    content = both if shape == "csv" else json.dumps([{**row, "Node": "n2", "node": "n3"}])
    report = store.load(saved(tmp_path / f"b.{shape}", content))
    assert rows_of(store, "node") == [("n3",)]
    assert any("'Node' is kept in extra" in note for note in report.notes)


@pytest.mark.parametrize("suffix", ["json", "ndjson", "csv"])
def test_a_mapping_that_meets_nothing_is_refused(tmp_path, suffix):
    text = table(f"1,m,1,FAILED,{AT}") if suffix == "csv" else json.dumps(BASE)
    store = jt.open()
    with pytest.raises(jt.LoadFailed, match="nodename"):
        store.load(saved(tmp_path / f"a.{suffix}", text), columns={"nodename": "node"})
    assert store.sources == []


def test_on_a_tie_a_final_status_stays():
    finals = ["COMPLETED", "FAILED", "CANCELED"]
    store = jt.open()
    queued, over = (
        pd.DataFrame([{**BASE, "id": id, "status": status} for id, status in enumerate(some)])
        for some in (["QUEUED"] * len(finals), finals)
    )
    for frame in (queued, over, queued, pd.concat([over, queued])):
        store.load(frame)
    assert store.jobs(order="id")["status"].tolist() == finals


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("trace.txt", table(f"1,press,1.0,FAILED,{AT}").replace(",", "\t").encode()),
        ("a.csv", table(f"1,press,1.0,FAILED,{AT}").encode("utf-16")),
        ("a.ndjson", json.dumps(BASE).encode("utf-16-le")),
        ("a.JSON.GZ", gzip.compress(json.dumps([BASE]).encode())),
        ("a.csv.bz2", bz2.compress(table(f"1,press,1.0,FAILED,{AT}").encode())),
        ("a.csv", table(f"1,press,1.0,FAILED,{AT}").replace("\n", "\r\n", 1).encode()),
        ("a.csv", table(f"1, press ,1.0, FAILED ,{AT}").encode()),
    ],
)
def test_files_as_they_come_are_read(tmp_path, name, content):
    store = jt.open()
    assert store.load(saved(tmp_path / name, content)).new == 1, reasons(store)
    assert rows_of(store, "job_type, status") == [("press", "FAILED")]


def test_what_is_not_read_is_named(tmp_path):
    with pytest.raises(jt.LoadFailed, match=r"a\.csv\.zst.*zstd"):
        jt.open().load(saved(tmp_path / "a.csv.zst", b"\x28\xb5\x2f\xfd1234"))


def test_a_folder_with_an_empty_and_a_foreign_file_loads(tmp_path):
    saved(tmp_path / "1.csv", table(f"1,m,1,FAILED,{AT}"))
    saved(tmp_path / "2.csv", b"")
    saved(tmp_path / "._1.csv", b"\0\5\x16\7")
    store = jt.open()
    assert (store.load(tmp_path).new, reasons(store)) == (1, ["the file is empty"])


def test_half_a_character_rejects_its_row_of_the_right_file(tmp_path):
    saved(tmp_path / "1.json", json.dumps([BASE]))
    saved(tmp_path / "2.json", json.dumps([{**BASE, "id": 2}, {**BASE, "id": 3, "node": "\ud83d"}]))
    store = jt.open()
    assert store.load(tmp_path).new == 2
    assert store.rejects()["file"].str.endswith("2.json").all()
    assert "half a character" in reasons(store)[0]


def test_a_row_of_megabytes_loads(tmp_path):
    store = jt.open()
    text = table(f"1,m,1,FAILED,{AT},{'x' * 3_000_000}", f"2,m,1,FAILED,{AT},", head=HEAD + ",note")
    assert store.load(saved(tmp_path / "a.csv", text)).new == 2


def test_many_unknown_keys_are_all_kept(tmp_path):
    keys = {f"k{n}": n for n in range(200)}
    store = jt.open()
    store.load(saved(tmp_path / "a.json", json.dumps([{**BASE, **keys, "gone": None}])))
    assert json.loads(rows_of(store, "extra")[0][0]) == keys


def test_notes_are_grouped_and_the_worst_comes_first(tmp_path):
    rows = [{**BASE, "id": n, "status": f"S{n}", "last_status_change": None} for n in range(150)]
    store = jt.open()
    report = store.load(saved(tmp_path / "a.json", json.dumps(rows)))
    assert report.notes[0].startswith("150 rows have no last_status_change")
    assert "150 statuses" in report.notes[1]
    assert len(report.notes) <= 12
    assert len(str(report)) < 1500
    assert "150 rows have no last_status_change" in store.status(started="P1D").attrs["notes"][0]


def test_a_job_of_the_future_does_not_move_as_of():
    clock = datetime(2026, 11, 2, tzinfo=UTC)
    store = jt.open(clock=lambda: clock)
    late = {**BASE, "id": 2, "last_status_change": (clock + timedelta(days=365)).isoformat()}
    report = store.load(pd.DataFrame([BASE, late]))
    assert store.as_of == pd.Timestamp(AT)
    assert any("later than now" in note for note in report.notes)
    assert store.check().is_sound


@sizes(5_000, 50_000)
def test_forget_and_prune_tell_sizes_and_compact_gives_room_back(tmp_path, size):
    store = jt.open(tmp_path / "a.duckdb")
    many = pd.DataFrame([{**BASE, "id": n, "node": f"{n * 7919 % 100_003:x}"} for n in range(size)])
    load_id = store.load(many).load_id
    gone = store.forget(load_id)
    assert (gone, gone.bytes_before > 0, gone.bytes_after > 0) == (size + 1, True, True)  # the job type went too
    before = (tmp_path / "a.duckdb").stat().st_size
    given_back = store.compact()
    assert given_back == before - (tmp_path / "a.duckdb").stat().st_size >= 0
    assert store.check().is_sound
    assert store.load(pd.DataFrame([BASE])).new == 1
    assert store.prune(before="2027-01-01T00:00:00Z") == 1
    assert [one.name for one in tmp_path.iterdir()] == ["a.duckdb"]
    assert jt.open().compact() == 0


SPELT = {
    "exit_code": st.sampled_from(["0", "1", "-5", "+7", " 3 ", "4.0", "1e3", "0x1", "1_0", "x", "9" * 25, ""]),
    "input_file_size": st.sampled_from(["1.5", "2", "1e3", ".5", "1_0", "inf", "nan", "x", ""]),
    "is_superseded": st.sampled_from(["true", "False", "1", "0", "2", "perhaps", ""]),
    "node": st.sampled_from(["n1", " n1 ", "", 'a"b', "a,b", "é", "NULL", "1e3", "{", "[x"]),
    "created": st.sampled_from(
        [AT, "2026-11-01 09:15 PM Z", "2026-11-01T09:15:00+01:00", "20261101T091500Z", "9:15", "epoch", "x", ""]
    ),
}
MEANT: dict[str, dict[str, Any]] = {
    "exit_code": {"0": 0, "1": 1, "-5": -5, "+7": 7, " 3 ": 3, "4.0": 4},
    "input_file_size": {"1.5": 1.5, "2": 2.0, "1e3": 1000.0, ".5": 0.5},
    "is_superseded": {"true": True, "False": False, "1": True, "0": False},
    "created": {
        AT: "09:15",
        "2026-11-01 09:15 PM Z": "21:15",
        "2026-11-01T09:15:00+01:00": "08:15",
        "20261101T091500Z": "09:15",
    },
}


@examples(3, 100)
@given(
    st.lists(st.fixed_dictionaries(SPELT), min_size=1, max_size=8),
    st.sampled_from(["csv", "tsv", "json", "ndjson", "parquet"]),
)
def test_every_value_arrives_as_it_is_or_its_row_is_rejected(tmp_path_factory, given_rows, shape):
    rows = [{**BASE, "id": str(place), **row} for place, row in enumerate(given_rows)]
    path = tmp_path_factory.mktemp("t") / f"a.{shape}"
    if shape == "parquet":
        write_parquet(path, rows, dict.fromkeys(rows[0], "VARCHAR"))
    elif shape in ("csv", "tsv"):
        out = io.StringIO()
        writer = csv.DictWriter(out, list(rows[0]), delimiter="," if shape == "csv" else "\t", quoting=csv.QUOTE_ALL)
        writer.writeheader()
        writer.writerows(rows)
        saved(path, out.getvalue())
    else:
        saved(path, json.dumps(rows) if shape == "json" else "".join(json.dumps(one) + "\n" for one in rows))
    store = jt.open()
    report = store.load(path)
    found = {one["id"]: one for one in store.sql("FROM job").to_dict("records")}
    assert len(found) + report.rejected == len(rows)
    assert len(reasons(store)) == report.rejected
    for place, row in enumerate(given_rows):
        said = {name: value for name, value in row.items() if value.strip() or name == "node"}
        if place in found:
            for name, value in said.items():
                got = found[place][name]
                if name == "node":
                    assert got == value
                else:
                    assert (f"{got:%H:%M}" if name == "created" else got) == MEANT[name].get(value, "rejected")
        else:
            assert any(value not in MEANT[name] or value == "4.0" for name, value in said.items() if name != "node")
