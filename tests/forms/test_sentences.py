"""Sentences of the validators in a form: rows by number and name, fields by their labels, no paths."""

import re

import pytest
from viewing import Pages

from jobtype_toolkit.forms.manifest import ManifestState
from jobtype_toolkit.forms.sentences import said

DOCUMENT = {"job": {"errors": [{"name": "io"}, {}], "interface": {"mounts": [{"name": "dem"}]}}}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("also that of the error at $.job.errors[0]; a", "also that of error 1 (io); a"),
        ("and the one at $.job.errors[1] have", "and error 2 have"),
        ("The mount at $.job.interface.mounts[0] has", "Mount 1 (dem) has"),
        ("move it to $.job.maintainer.email", "move it to Email"),
        ("see $.job.errors[0].title.", "see Title of error 1 (io)."),
        ("see $.job['my member'].", "see my member."),
        ("The title of the error at index 1 is", "The title of error 2 is"),
        ("the setting at $.job.interface.settings[7] is", "setting 8 is"),
        ("it costs $5, or ${A}; $.", "it costs $5, or ${A}; $."),
    ],
)
def test_paths_become_what_a_form_calls_the_places(text, expected):
    assert said(text, DOCUMENT) == expected


def test_the_path_stays_in_the_answer_for_programs_and_is_not_in_the_form():
    errors = [{"name": "io", "code": 1, "category": "job"}, {"name": "late", "code": 1, "category": "job"}]
    state = ManifestState({"seedVersion": "1.0.0", "job": {"errors": errors}})
    pages = Pages(state)
    (told,) = [
        one.description for one in state.findings if one.name == "DUPLICATE_ERROR_CODES" or "code 1" in one.description
    ]
    assert "$.job.errors[0]" in told
    texts = [one["text"] for one in pages.nodes["+findings"]["findings"]]
    assert any("error 1 (io)" in one for one in texts)
    assert not [one for one in texts if re.search(r"\$\.|at index", one)]
