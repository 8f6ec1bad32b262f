"""Which version of a job type is the latest (D13)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobtype_toolkit.api.versions import rank

NUMBER = st.integers(0, 10_000)


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("1.9.0", "1.10.0"),
        ("0.9.9", "1.0.0"),
        ("1.0.9", "1.1.0"),
        ("1.0.0-rc1", "1.0.0"),
        ("1.0.0-rc1", "1.0.0-rc2"),
        ("1.0.0-beta.11", "1.0.0-alpha"),  # 11 against the code point 97: a server's rule, not SemVer's
        ("1.0.0-alpha", "1.0.0"),
        ("1.0.0-99999", "1.0.0"),
        ("9.9", "0.0.1"),
        ("1.0", "0.0.0-1"),
        ("v2.0.0", "0.0.1"),
        ("1.0.0-2.1", "1.0.0-30"),
        ("01.2.3", "0.0.1"),
    ],
)
def test_the_newer_ranks_above_the_older(older, newer):
    assert rank(newer) > rank(older)


@pytest.mark.parametrize(
    ("one", "other"), [("1.0.0+b1", "1.0.0+b2"), ("1.0", "latest"), ("", "x"), ("1.0.0-rc.1", "1.0.0-r.c1")]
)
def test_versions_that_tie(one, other):
    assert rank(one) == rank(other)


def test_what_is_no_semver_counts_as_zero():
    assert rank("1.0") == rank("2.0")
    assert rank("1.0") < rank("0.0.0")
    assert rank(None) == rank("1.0")


@given(st.tuples(NUMBER, NUMBER, NUMBER), st.tuples(NUMBER, NUMBER, NUMBER))
def test_releases_rank_by_their_numbers(one, other):
    texts = [".".join(map(str, numbers)) for numbers in (one, other)]
    assert (rank(texts[0]) < rank(texts[1])) == (one < other)


@given(st.text(max_size=20))
def test_any_text_has_a_rank_that_compares(text):
    assert rank(text) < rank("99999999999999999999.0.0") or text[:1].isdigit()
