"""A value of any type of Parquet, JSON or pandas arrives as it is, or its row is rejected with the reason."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapes import write_parquet
from sizes import examples

import jobtype_toolkit as jt

pytestmark = pytest.mark.slow

AT = "2026-11-01T09:15:00Z"
BASE = {"id": 1, "job_type": "press", "job_type_version": "1.0", "status": "FAILED", "last_status_change": AT}
REJECTED = object()
INSTANT = pd.Timestamp("2026-01-01T09:15:00Z")

TYPED: dict[str, dict[str, dict[str, Any]]] = {
    "exit_code": {
        "TINYINT": {"-5": -5},
        "UTINYINT": {"255": 255},
        "UBIGINT": {"5": 5, "18446744073709551615": REJECTED},
        "BIGINT": {"9007199254740993": 9007199254740993},
        "DECIMAL(20, 2)": {"5.00": 5, "5.50": REJECTED},
        "DOUBLE": {"5": 5, "5.5": REJECTED, "inf": REJECTED, "nan": None, "9007199254740992": REJECTED},
        "FLOAT": {"5": 5, "16777216": REJECTED, "-inf": REJECTED, "nan": None},
        "BLOB": {"5": 5, "\\xFF": REJECTED},
        "VARCHAR": {"5": 5, "+5": 5, "5.": REJECTED, "": None},
    },
    "input_file_size": {
        "DOUBLE": {"0.1": 0.1, "inf": REJECTED, "-inf": REJECTED, "nan": None},
        "FLOAT": {"0.5": 0.5, "inf": REJECTED, "nan": None},
        "DECIMAL(10, 2)": {"1.25": 1.25},
        "INTEGER": {"-3": -3.0},
        "VARCHAR": {"1e3": 1000.0, "nan": REJECTED, "inf": REJECTED},
    },
    "is_superseded": {
        "BOOLEAN": {"true": True, "false": False},
        "TINYINT": {"1": True, "0": False, "2": REJECTED},
        "UBIGINT": {"1": True, "3": REJECTED},
        "VARCHAR": {"yes": True, "FALSE": False, "1.0": REJECTED, "perhaps": REJECTED},
    },
    "node": {
        "VARCHAR": {" n ": " n ", "": "", "a\0b": "a\0b"},
        "BLOB": {"é": REJECTED, "\\xC3\\xA9": "é", "\\xFF": REJECTED},
        "BIGINT": {"5": "5"},
        "DOUBLE": {"5.5": "5.5", "nan": None},
        "DATE": {"2026-01-01": "2026-01-01"},
        "TIME": {"09:15:00": "09:15:00"},
        "UUID": {"28d1108a-8533-45ae-a7bc-d6a343ef2c47": "28d1108a-8533-45ae-a7bc-d6a343ef2c47"},
    },
    "created": {
        "TIMESTAMPTZ": {"2026-01-01 09:15+00": INSTANT, "infinity": REJECTED, "10000-01-01 00:00+00": REJECTED},
        "VARCHAR": {
            "2026-01-01T10:15:00+01:00": INSTANT,
            "2026-01-01T09:15:00+99:00": REJECTED,
            "2026-01-01T09:15:00+01:60": REJECTED,
            "2026-01-01T09:15:60Z": REJECTED,
            "2026-02-30T09:15:00Z": REJECTED,
        },
    },
}
"""By column and by type in Parquet: how a value is written for DuckDB, and what it means."""
TYPED["node"]["BLOB"].pop("é")  # DuckDB itself takes no such text for bytes


def found(frame: pd.DataFrame, name: str) -> dict[int, Any]:
    """The values of a column of some jobs by id, missing ones as None."""
    return {id: None if pd.isna(value) else value for id, value in zip(frame["id"], frame[name], strict=True)}


@examples(4, 100)
@given(st.data())
def test_a_typed_value_of_parquet_arrives_or_its_row_is_rejected(tmp_path_factory, data):
    kinds = {name: data.draw(st.sampled_from(sorted(of))) for name, of in TYPED.items()}
    some = st.fixed_dictionaries({name: st.sampled_from(list(TYPED[name][kind])) for name, kind in kinds.items()})
    rows = data.draw(st.lists(some, min_size=1, max_size=8))
    records = [{**BASE, "id": place, **row} for place, row in enumerate(rows)]
    path = tmp_path_factory.mktemp("t") / "a.parquet"
    store = jt.open()
    report = store.load(write_parquet(path, records, kinds))
    meant = [{name: TYPED[name][kinds[name]][text] for name, text in row.items()} for row in rows]
    good = {place: row for place, row in enumerate(meant) if REJECTED not in row.values()}
    assert report.rejected == len(rows) - len(good)
    jobs = store.sql("FROM job")
    for name in TYPED:
        assert found(jobs, name) == {place: row[name] for place, row in good.items()}
    bad = [row for row in meant if REJECTED in row.values()]
    for row, reason in zip(bad, store.rejects()["reason"], strict=True):
        assert all((f"{name} is" in reason) == (value is REJECTED) for name, value in row.items())


WRITTEN: dict[str, dict[str, Any]] = {
    "exit_code": {
        "9007199254740993": 9007199254740993,
        "9223372036854775808": REJECTED,
        "5.0": 5,
        "1e2": 100,
        "1e400": REJECTED,
        "true": REJECTED,
        "[5]": REJECTED,
        '" 5 "': 5,
        '"0x5"': REJECTED,
        "null": None,
    },
    "input_file_size": {"1e400": REJECTED, "NaN": REJECTED, '"Infinity"': REJECTED, "5e-324": 5e-324, "true": REJECTED},
    "is_superseded": {"1": True, "2": REJECTED, '"no"': False, "-1": REJECTED, "null": None},
    "batch_title": {
        '"\\u0000"': "\0",
        '"\\ud83d\\ude00"': "😀",
        "7": "7",
        '{"a": 1}': REJECTED,
        '""': "",
        "null": None,
    },
    "created": {f'"{text}"': meant for text, meant in TYPED["created"]["VARCHAR"].items()} | {"1767225600": REJECTED},
}
"""By field: how a value is written in JSON, and what it means."""


@examples(4, 100)
@given(
    st.lists(
        st.fixed_dictionaries({name: st.sampled_from(list(of)) for name, of in WRITTEN.items()}), min_size=1, max_size=8
    ),
    st.sampled_from(["array", "page", "lines", "lines.gz"]),
)
def test_a_value_of_json_arrives_or_its_row_is_rejected(tmp_path_factory, rows, shape):
    texts = [
        json.dumps({**BASE, "id": place})[:-1] + "".join(f', "{name}": {text}' for name, text in row.items()) + "}"
        for place, row in enumerate(rows)
    ]
    content = {
        "array": lambda: f"[{','.join(texts)}]",
        "page": lambda: f'{{"count": 1, "next": null, "previous": null, "results": [{",".join(texts)}]}}',
    }.get(shape, lambda: "".join(f"{one}\n" for one in texts))()
    folder = tmp_path_factory.mktemp("t")
    path = folder / ("a.ndjson.gz" if shape == "lines.gz" else "a.ndjson" if shape == "lines" else "a.json")
    path.write_bytes(gzip.compress(content.encode()) if shape == "lines.gz" else content.encode())
    store = jt.open()
    report = store.load(path)
    meant = [{name: WRITTEN[name][text] for name, text in row.items()} for row in rows]
    good = {place: row for place, row in enumerate(meant) if REJECTED not in row.values()}
    assert report.rejected == len(rows) - len(good)
    jobs = store.sql("FROM job")
    for name in WRITTEN:
        assert found(jobs, name) == {place: row[name] for place, row in good.items()}


@pytest.mark.parametrize("name", ["a.json", "a.ndjson"])
def test_a_key_that_comes_twice_rejects_its_row(tmp_path, name):
    whole = json.dumps(BASE)[:-1]
    twice = ['"id": 2', '"node": "x", "node": "y"', '"more": 1, "more": 1']
    rows = [*(f"{whole}, {row}}}" for row in twice), whole.replace('"id": 1', '"id": 7') + "}"]
    path = tmp_path / name
    path.write_text(f"[{','.join(rows)}]" if name == "a.json" else "\n".join(rows))
    store = jt.open()
    store.load(path)
    assert store.jobs()["id"].tolist() == [7]
    assert store.rejects()["reason"].tolist() == [f'the key "{key}" comes twice' for key in ("id", "node", "more")]


def test_a_key_may_be_any_text(tmp_path):
    keys = {"": 1, "a\0b": 2, "a/b": 3, "~": 4, "\\": 5, '"': 6, "*": 7, "0": 8, "$": 9, "é": 10, "a.b": 11}
    path = tmp_path / "a.json"
    path.write_text(json.dumps([{**BASE, **keys}]))
    store = jt.open()
    store.load(path)
    assert json.loads(store.sql("SELECT extra FROM job")["extra"][0]) == keys


@pytest.mark.parametrize(
    ("values", "meant"),
    [
        (["n", b"\xff"], ["n"]),
        (["n", "\ud83d"], ["n"]),
        (pd.array(["n", None], dtype="string"), ["n", None]),
        ([1.5, float("nan")], ["1.5", None]),
    ],
)
def test_what_is_no_text_in_a_frame_rejects_its_row(values, meant):
    frame = pd.DataFrame([BASE, {**BASE, "id": 2}])
    frame["node"] = pd.Series(values, dtype=object) if isinstance(values, list) else values
    store = jt.open()
    report = store.load(frame)
    assert list(found(store.sql("FROM job"), "node").values()) == meant
    assert report.rejected == 2 - len(meant)


def test_what_json_has_no_word_for_is_kept_as_text(tmp_path: Path):
    rows = [{**BASE, "id": id, "x": text} for id, text in enumerate(["inf", "nan", "1.5"])]
    store = jt.open()
    store.load(write_parquet(tmp_path / "a.parquet", rows, {"x": "DOUBLE"}))
    texts = [
        None if pd.isna(one) else json.loads(one) for one in store.sql("SELECT extra FROM job ORDER BY id")["extra"]
    ]
    assert texts == [{"x": "inf"}, None, {"x": 1.5}]
