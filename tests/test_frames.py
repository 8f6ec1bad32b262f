"""Records become frames of the declared columns and dtypes, whatever is in them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobtype_toolkit import frames
from jobtype_toolkit.api.fields import Field

FIELDS = (
    Field("key", "int", "Never missing.", required=True),
    Field("whole", "int", "A number."),
    Field("share", "float", "A part."),
    Field("flag", "bool", "Yes or no."),
    Field("label", "text", "A text."),
    Field("moment", "time", "An instant."),
    Field("document", "json", "A document."),
    Field("labels", "texts", "Some texts."),
)
DTYPES = ["int64", "Int64", "float64", "boolean", "str", "datetime64[us, UTC]", "object", "object"]

moments = st.datetimes(datetime(1700, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
rows = st.fixed_dictionaries(
    {"key": st.integers(-(2**63), 2**63 - 1)},
    optional={
        "whole": st.none() | st.integers(-(2**63), 2**63 - 1),
        "share": st.none() | st.floats(allow_nan=False),
        "flag": st.none() | st.booleans(),
        "label": st.none() | st.text(),
        "moment": st.none() | moments,
        "document": st.none() | st.dictionaries(st.text(), st.integers() | st.lists(st.text())),
        "labels": st.none() | st.lists(st.text()),
        "unknown": st.integers(),
    },
)


def same(found, given_value) -> bool:
    if given_value is None:
        return found is None or bool(pd.isna(found))
    return found == given_value


@pytest.mark.slow
@given(st.lists(rows, max_size=8))
def test_a_frame_has_the_declared_dtypes_and_the_values_of_its_records(records):
    frame = frames.from_records(records, FIELDS)
    assert list(frame.columns) == [field.name for field in FIELDS]
    assert [str(kind) for kind in frame.dtypes] == DTYPES
    for place, record in enumerate(records):
        for field in FIELDS:
            assert same(frame[field.name].iloc[place], record.get(field.name)), field.name


def test_an_empty_frame_has_the_declared_dtypes():
    frame = frames.empty(FIELDS)
    assert len(frame) == 0
    assert [str(kind) for kind in frame.dtypes] == DTYPES


def test_a_column_where_everything_is_missing_keeps_its_dtype():
    frame = frames.from_records([{"key": 1}, {"key": 2}], FIELDS)
    assert [str(kind) for kind in frame.dtypes] == DTYPES
    assert frame.drop(columns="key").isna().all(axis=None)


def test_times_as_v6_writes_them_and_in_other_zones_become_utc():
    frame = frames.from_records(
        [
            {"key": 1, "moment": "2026-03-01T12:00:00Z"},
            {"key": 2, "moment": "2026-03-01T12:00:00.123456Z"},
            {"key": 3, "moment": "2026-03-01T12:00:00.123Z"},
            {"key": 4, "moment": datetime(2026, 3, 1, 14, tzinfo=timezone(timedelta(hours=2)))},
        ],
        FIELDS,
    )
    expected = ["2026-03-01 12:00:00", "2026-03-01 12:00:00.123456", "2026-03-01 12:00:00.123", "2026-03-01 12:00:00"]
    assert list(frame["moment"]) == [pd.Timestamp(one, tz="UTC") for one in expected]


def test_whole_numbers_beyond_the_precision_of_floats_stay_exact():
    frame = frames.from_records([{"key": 2**53 + 1, "whole": 2**53 + 1}, {"key": 1, "whole": None}], FIELDS)
    assert int(frame["whole"].iloc[0]) == 2**53 + 1
    assert int(frame["key"].iloc[0]) == 2**53 + 1


def test_json_text_is_parsed_and_json_values_stay():
    frame = frames.from_records([{"key": 1, "document": '{"a": [1]}'}, {"key": 2, "document": {"a": [1]}}], FIELDS)
    assert list(frame["document"]) == [{"a": [1]}, {"a": [1]}]


def test_a_missing_required_number_is_an_error_and_no_silent_zero():
    with pytest.raises((TypeError, ValueError)):
        frames.from_records([{"whole": 1}], FIELDS)


def test_masked_arrays_of_duckdb_keep_their_missing_values():
    columns = {
        "key": np.array([1, 2], dtype="int32"),
        "whole": np.ma.MaskedArray(np.array([7, 0], dtype="int32"), mask=[False, True]),
        "share": np.ma.MaskedArray(np.array([0.5, 0.0]), mask=[False, True]),
        "flag": np.ma.MaskedArray(np.array([True, False]), mask=[False, True]),
        "label": np.ma.MaskedArray(np.array(["a", "?"], dtype=object), mask=[False, True]),
        "moment": np.ma.MaskedArray(np.array(["2026-03-01", "1970-01-01"], dtype="datetime64[us]"), mask=[False, True]),
        "document": np.ma.MaskedArray(np.array(["[1]", "?"], dtype=object), mask=[False, True]),
        "labels": np.ma.MaskedArray(np.array([["x"], ["y"]], dtype=object)[:, 0:1].ravel(), mask=[False, True]),
    }
    frame = frames.from_columns(columns, FIELDS)
    assert [str(kind) for kind in frame.dtypes] == DTYPES
    assert frame.iloc[1].drop("key").isna().all()
    assert frame["moment"].iloc[0] == pd.Timestamp("2026-03-01", tz="UTC")


def test_json_that_happens_to_be_texts_stays_as_it_is():
    """pandas would make a column of texts of it, and NaN of None."""
    frame = frames.from_records([{"value": None}, {"value": '"a"'}], [Field("value", "json", "Some JSON.")])
    assert frame["value"].dtype == object
    assert list(frame["value"]) == [None, "a"]


def test_what_is_taken_from_a_frame_leaves_it_its_attrs():
    frame = pd.DataFrame({"id": [1, 2]})
    frame.attrs["sql"] = "SELECT 1"
    assert frames.rows(frame) == [{"id": 1}, {"id": 2}]
    assert frames.first(frame) == {"id": 1}
    assert frames.declared(frame, [Field("id", "int", "Number.", required=True)]).attrs == {}
    assert frame.attrs == {"sql": "SELECT 1"}
