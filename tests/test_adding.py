"""What someone who adds a question, a field or a method could forget."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

import jobtype_toolkit as jt
from jobtype_toolkit import analyses
from jobtype_toolkit.analyses.questions import QUESTIONS, Analyses
from jobtype_toolkit.store import maintenance
from jobtype_toolkit.store.store import Store

PACKAGE = Path(jt.__file__).parent


def public_methods(cls: type) -> list[str]:
    return [
        name
        for name, one in inspect.getmembers(cls)
        if not name.startswith("_") and (callable(one) or isinstance(one, property))
    ]


def test_every_sql_file_of_the_analyses_belongs_to_a_question_and_vice_versa():
    files = {f"analyses/{path.stem}" for path in (Path(analyses.__file__).parent / "sql").glob("*.sql")}
    included = {f"analyses/{name}" for question in QUESTIONS for name in question.includes}
    assert files == {question.sql for question in QUESTIONS if question.sql.startswith("analyses/")} | included


def test_every_check_has_its_sql_file_and_vice_versa():
    sections = re.findall(r"^-- name: (\w+)$", (PACKAGE / "store" / "sql" / "check.sql").read_text(), re.MULTILINE)
    assert set(sections) == set(maintenance.CHECKS)


def test_every_sql_file_of_the_analyses_begins_with_what_it_answers():
    for path in (PACKAGE / "analyses" / "sql").glob("*.sql"):
        assert path.read_text(encoding="utf-8").startswith("-- "), path.name


def test_no_analysis_has_a_clock_of_its_own():
    for path in (PACKAGE / "analyses" / "sql").glob("*.sql"):
        text = path.read_text(encoding="utf-8").lower()
        assert not any(word in text for word in ("now()", "current_timestamp", "current_date", "today()")), path.name


@pytest.mark.parametrize("name", public_methods(Store))
def test_every_public_method_of_a_store_has_a_docstring(name):
    assert inspect.getdoc(getattr(Store, name))


@pytest.mark.parametrize("name", public_methods(Analyses))
def test_every_analysis_has_a_docstring(name):
    assert inspect.getdoc(getattr(Analyses, name))


def test_every_analysis_beyond_v6_is_listed_by_tab():
    assert dir(jt.open().analyses) == public_methods(Analyses)


@pytest.mark.parametrize("name", [name for name in jt.__all__ if name != "__version__"])
def test_every_public_name_can_be_had_and_is_documented(name):
    assert inspect.getdoc(getattr(jt, name))


def test_all_is_sorted_and_is_what_dir_shows():
    assert sorted(jt.__all__) == jt.__all__
    assert dir(jt) == jt.__all__


def test_a_name_that_is_not_public_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no_such_name"):
        jt.no_such_name  # noqa: B018


@pytest.mark.parametrize(
    ("name", "builtin"),
    [
        ("Ambiguous", ValueError),
        ("InvalidParameter", ValueError),
        ("InvalidQuery", ValueError),
        ("LoadFailed", ValueError),
        ("InputNotFound", FileNotFoundError),
        ("NotFound", KeyError),
        ("StoreError", OSError),
        ("StoreLocked", jt.StoreError),
        ("NotAStore", jt.StoreError),
        ("StoreReadOnly", jt.StoreError),
        ("StoreVersion", jt.StoreError),
    ],
)
def test_every_error_is_a_toolkit_error_and_the_builtin_that_it_resembles(name, builtin):
    assert issubclass(getattr(jt, name), jt.ToolkitError)
    assert issubclass(getattr(jt, name), builtin)
