"""`jt.show`: the table that a person looks at, from the declaration of what was asked."""

from __future__ import annotations

import re

import pandas as pd
import pytest
from asking import filled
from histories import NOW, job_type

import jobtype_toolkit as jt
from jobtype_toolkit.api.services import SERVICES
from jobtype_toolkit.display.tables import declaration


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A store with the small history."""
    return filled(tmp_path_factory.mktemp("small"), source="local")


def test_the_title_and_the_first_columns_are_those_of_the_declaration(small):
    shown = jt.show(small.running())
    assert shown.title == "Running jobs, longest first"
    assert [field.name for field in shown.fields] == ["name", "version", "is_paused", "count", "longest_running"]
    assert len(jt.show(small.running(), all_columns=True).fields) == len(small.running().columns)


def test_every_answer_can_be_shown(small):
    for one in SERVICES:
        if one.first:
            frame = (
                getattr(small, one.name)(name="chip-maker", version="1.10.0")
                if one.name == "revisions"
                else (small.versions("chip-maker") if one.name == "versions" else getattr(small, one.name)())
            )
            assert declaration(frame) is one
            assert one.title in repr(jt.show(frame))
            assert one.title in jt.show(frame)._repr_html_()


def test_an_age_stands_beside_an_instant_and_counts_back_from_the_now_of_the_frame(small):
    text = repr(jt.show(small.status(started="P3650D", now=NOW)))
    assert re.search(r"2026-03-01 10:00:00 \(2 h\)", text)


def test_a_share_is_a_percentage_with_a_bar(small):
    frame = small.analyses.failures()
    row = next(row for row in jt.show(frame).cells() if row[0] == frame["name"][0])
    assert re.fullmatch(rf" *{frame['share'][0]:.1%} █* *", row[5])


def test_what_is_missing_is_an_empty_cell_and_no_nan(small):
    shown = jt.show(small.status(started="P3650D"))
    assert "" in [cell for row in shown.cells() for cell in row]
    for text in (repr(shown), shown._repr_html_()):
        assert not re.search(r"\b(nan|NaT|None|<NA>)\b", text)


def test_the_note_that_matters_stands_above(small):
    frame = small.status(started=NOW, ended="P1D")
    shown = jt.show(frame)
    assert repr(shown).splitlines()[1] == f"Note: {frame.attrs['notes'][0]}."
    html = shown._repr_html_()
    assert html.index(frame.attrs["notes"][0]) < html.index("<table>")


def test_a_cut_says_how_much_there_is(small):
    assert "2 of 33 rows." in repr(jt.show(small.jobs(), rows=2))
    with pytest.raises(jt.InvalidParameter, match="limit=0"):
        jt.show(small.jobs(), rows=0)


def test_a_frame_of_any_other_origin_is_shown_too(small):
    own = small.sql("SELECT status, count(*) AS n, max(created) AS newest FROM job GROUP BY ALL ORDER BY n DESC")
    assert "status" in repr(jt.show(own))
    assert '<th scope="col" class="jt-number">n</th>' in jt.show(own)._repr_html_()
    assert "2 rows" in repr(jt.show(pd.DataFrame({"a": [1, None]})))


def test_hostile_text_stays_text(write):
    with jt.open() as store:
        store.load(write("t.json", [job_type(1, "<script>alert(1)</script>", "1.0.0\x1b[2J\u202e")]), "job_types")
        shown = jt.show(store.job_types())
        assert "<script>" not in shown._repr_html_()
        assert "\x1b" not in repr(shown) + shown._repr_html_()
        assert "\u202e" not in repr(shown) + shown._repr_html_()
