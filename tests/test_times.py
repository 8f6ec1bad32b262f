"""Instants, durations and windows as a v6 server reads and writes them."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobtype_toolkit.api.times import duration, instant, naive_utc, v6_text, window
from jobtype_toolkit.errors import InvalidParameter

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("PT3H", timedelta(hours=3)),
        ("PT3H0M0S", timedelta(hours=3)),
        ("PT0.5H", timedelta(minutes=30)),
        ("PT90M", timedelta(minutes=90)),
        ("PT1.5S", timedelta(seconds=1, milliseconds=500)),
        ("P1D", timedelta(days=1)),
        ("P1DT12H", timedelta(hours=36)),
        ("P60DT0H0M0S", timedelta(days=60)),
        ("P365000D", timedelta(days=365_000)),
        ("P", timedelta(0)),
        ("PT", timedelta(0)),
        ("P0D", timedelta(0)),
    ],
)
def test_durations_that_v6_takes(text, meant):
    assert duration(text) == meant


@pytest.mark.parametrize(
    "text", ["P1W", "P1M", "P1Y", "p1d", "pt3h", "-P1D", "-PT3H", "1D", "PT1D", "P3H", "", " PT3H", "PT3H5", "P1,5D"]
)
def test_texts_that_are_no_duration(text):
    assert duration(text) is None


@pytest.mark.parametrize("text", ["P99999999D", "P9999999999999999999D", "P1000000D"])
def test_a_duration_that_reaches_before_the_calendar_is_refused(text):
    with pytest.raises(InvalidParameter):
        instant(text, now=NOW)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2026-11-01T00:00:00Z", datetime(2026, 11, 1, tzinfo=UTC)),
        ("2026-11-01T00:00Z", datetime(2026, 11, 1, tzinfo=UTC)),
        ("2026-11-01 00:00:00Z", datetime(2026, 11, 1, tzinfo=UTC)),
        ("2026-11-01T00:00:00.123Z", datetime(2026, 11, 1, 0, 0, 0, 123_000, tzinfo=UTC)),
        ("2026-11-01T00:00:00.123456Z", datetime(2026, 11, 1, 0, 0, 0, 123_456, tzinfo=UTC)),
        ("2026-11-01T00:00:00.123456789Z", datetime(2026, 11, 1, 0, 0, 0, 123_456, tzinfo=UTC)),
        ("2026-11-01T00:00:00+02:00", datetime(2026, 10, 31, 22, tzinfo=UTC)),
        ("2026-11-01T00:00:00+0200", datetime(2026, 10, 31, 22, tzinfo=UTC)),
        ("2026-11-01T00:00:00+02", datetime(2026, 10, 31, 22, tzinfo=UTC)),
        ("2026-11-01T00:00:00-05:00", datetime(2026, 11, 1, 5, tzinfo=UTC)),
        (" 2026-11-01T00:00:00Z ", datetime(2026, 11, 1, tzinfo=UTC)),
    ],
)
def test_instants(text, meant):
    """Negative offsets too: only servers refuse those, and what is sent to one is always UTC."""
    found = instant(text)
    assert found == meant
    assert found.utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-01T00:00:00z",
        "2026-11-01T24:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-02-30T00:00:00Z",
        "2026-11-01",
        "2026-11-01Z",
        "20261101T000000Z",
        "1793491200",
        "now",
        "",
        "2026-11-01T00:00:00",
        "2026-11-01T00:00:00 +02:00",
        "2026-11-01T00:00:00.Z",
        "2026-11-01T25:00:00Z",
        "2026-11-01T00:00:00+25:00",
        "0001-01-01T00:00:00+02:00",
    ],
)
def test_texts_that_are_no_instant_are_refused_with_the_name_of_the_parameter(text):
    with pytest.raises(InvalidParameter, match="ended"):
        instant(text, name="ended", now=NOW)


@pytest.mark.parametrize("value", [None, 5, 1.5, NOW.date(), b"PT3H"])
def test_what_is_neither_text_nor_a_datetime_is_refused(value):
    with pytest.raises(InvalidParameter):
        instant(value, now=NOW)


def test_naive_datetimes_are_refused():
    for value in (datetime(2026, 3, 1), pd.Timestamp("2026-03-01"), pd.NaT):  # noqa: DTZ001
        with pytest.raises(InvalidParameter):
            instant(value)


def test_a_pandas_timestamp_in_any_zone_is_an_instant():
    found = instant(pd.Timestamp("2026-03-01 07:00", tz="America/New_York"))
    assert found == NOW
    assert type(found) is datetime


def test_a_duration_needs_a_now():
    with pytest.raises(InvalidParameter, match="count back"):
        instant("PT3H", name="now")


def test_both_ends_of_a_window_count_back_from_the_same_now():
    found = window("PT3H", "PT1H", now=NOW)
    assert (found.started, found.ended) == (NOW - timedelta(hours=3), NOW - timedelta(hours=1))
    assert not found.is_reversed


def test_an_open_window_is_never_reversed_and_an_empty_one_is():
    assert not window(None, "PT1H", now=NOW).is_reversed
    assert not window("PT1H", None, now=NOW).is_reversed
    assert window("PT1H", "PT1H", now=NOW).is_reversed
    assert window("PT1H", "PT2H", now=NOW).is_reversed


def test_the_default_start_is_taken_only_where_none_is_given():
    assert window(None, None, now=NOW, default_started="PT3H").started == NOW - timedelta(hours=3)
    assert window("PT1H", None, now=NOW, default_started="PT3H").started == NOW - timedelta(hours=1)


def test_v6_writes_six_fraction_digits_or_none():
    assert v6_text(datetime(2026, 3, 1, tzinfo=UTC)) == "2026-03-01T00:00:00Z"
    assert v6_text(datetime(2026, 3, 1, 0, 0, 0, 7, tzinfo=UTC)) == "2026-03-01T00:00:00.000007Z"
    assert v6_text(datetime(2026, 3, 1, tzinfo=timezone(timedelta(hours=2)))) == "2026-02-28T22:00:00Z"
    assert v6_text(None) is None


def test_years_have_four_digits_also_early_ones():
    """`P700000D` before now is in the year 109."""
    assert v6_text(datetime(109, 3, 1, tzinfo=UTC)) == "0109-03-01T00:00:00Z"


def test_naive_utc_is_the_instant_in_utc_without_its_zone():
    assert naive_utc(datetime(2026, 3, 1, tzinfo=timezone(timedelta(hours=2)))) == datetime(2026, 2, 28, 22)  # noqa: DTZ001


@given(st.datetimes(min_value=datetime(1000, 1, 2), max_value=datetime(9999, 12, 30), timezones=st.timezones()))  # noqa: DTZ001
def test_an_instant_written_as_v6_reads_back_as_itself(moment):
    assert instant(v6_text(moment)) == moment.astimezone(UTC)


@given(st.text(max_size=40))
def test_any_text_is_an_instant_or_a_clear_error(text):
    with suppress(InvalidParameter):
        assert instant(text, now=NOW).tzinfo is UTC
