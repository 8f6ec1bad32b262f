"""The columns of all questions: each can be written in SQL and after a dot."""

from __future__ import annotations

import duckdb
import pandas as pd
import pytest

from jobtype_toolkit.analyses.questions import QUESTIONS


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.name)
def test_no_column_is_a_reserved_word_of_duckdb_or_an_attribute_of_a_frame(question):
    found = duckdb.execute("SELECT keyword_name FROM duckdb_keywords() WHERE keyword_category = 'reserved'").fetchall()
    words = {word for (word,) in found}
    assert [
        name for name in question.row.names if name in words or (hasattr(pd.DataFrame, name) and name != "count")
    ] == []
