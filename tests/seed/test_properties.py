"""What holds for every manifest, shown on generated ones."""

import json
import os
import re
from collections import Counter

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sizes import examples

from jobtype_toolkit.errors import InvalidManifest
from jobtype_toolkit.seed.compatibility import compare
from jobtype_toolkit.seed.configuration import Configuration
from jobtype_toolkit.seed.json.document import parse
from jobtype_toolkit.seed.json.paths import show
from jobtype_toolkit.seed.manifest import Manifest
from jobtype_toolkit.seed.normalize import normalised_manifest
from jobtype_toolkit.seed.schema import definition, manifest_schema, violations
from jobtype_toolkit.seed.validator import validate

from .strategies import JSON, MANIFESTS, mutants, outdated, spelled

pytestmark = pytest.mark.slow

CALM = examples(10, 1000, derandomize=True)
THOUSAND = examples(25, 3000, derandomize=True)
TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[-+.\w]+|[\[\]{},:]')


@given(MANIFESTS.flatmap(spelled))
@THOUSAND
def test_reading_and_writing_gives_the_same_tokens(text):
    assert TOKEN.findall(Manifest.read(text).text) == TOKEN.findall(text)


@given(MANIFESTS.flatmap(spelled), st.sampled_from(["title", "timeout", "tags", "maintainer"]), JSON)
@CALM
def test_an_edit_changes_what_was_edited_and_nothing_else(text, member, value):
    manifest = Manifest.read(text)
    manifest["job"][member] = value
    expected = json.loads(text)
    expected["job"][member] = value
    assert json.loads(manifest.text) == expected


@given(MANIFESTS)
@CALM
def test_the_standard_parser_agrees(value):
    text = json.dumps(value)
    assert json.dumps(parse(text).value) == json.dumps(json.loads(text))


@given(JSON | mutants(), st.none() | JSON, st.sampled_from(["6", "7.0", "7.2", "schema", "seed-cli"]))
@THOUSAND
def test_no_value_makes_validation_raise(value, configuration, against):
    validation = validate(value, configuration, against=against)
    assert validation.is_valid == (not validation.errors)
    assert str(validation)
    str(validation).encode()


@given(st.text(max_size=40) | st.binary(max_size=40))
@THOUSAND
def test_no_text_makes_validation_raise(source):
    """A text that names a file or a folder is no text but a path, and may be unreadable."""
    if isinstance(source, bytes) or not (source.strip().endswith(".json") or os.path.lexists(source.replace("\0", ""))):
        validate(source, source)


def refuse(constant):
    raise ValueError(constant)


def is_json(text):
    """Whether the standard parser takes it, without its extensions, and every byte of it is UTF-8."""
    try:
        text.encode()
        json.loads(text, parse_constant=refuse)
    except ValueError:
        return False
    return True


@given(
    MANIFESTS.flatmap(spelled),
    st.integers(0, 400),
    st.sampled_from(["", ",", "}", "{", "'", '"', "//", "/*", "\\", "0", "NaN", "None", "\ufeff", "\x00"]),
)
@THOUSAND
def test_no_damage_makes_validation_raise(text, at, damage):
    at = min(at, len(text))
    damaged = text[:at] + damage + text[at + 1 :]
    validation = validate(damaged.encode(errors="surrogatepass"))
    assert any(each.name == "MALFORMED_JSON" for each in validation) == (not is_json(damaged))
    for found in validation:
        assert found.line is None or found.line >= 1
        if found.fix and found.fix.text is not None:
            assert not parse(found.fix.text).broken


@given(mutants())
@CALM
def test_our_engine_and_jsonschema_find_the_same_violations(value):
    text = json.dumps(value)
    value = json.loads(text)
    independent = jsonschema.Draft4Validator(definition("seed.manifest"))
    theirs = set()
    for error in independent.iter_errors(value):
        path = tuple(error.absolute_path)
        if error.validator == "additionalProperties":
            unknown = set(error.instance) - set(error.schema["properties"])
            theirs |= {(show((*path, name)), "additionalProperties") for name in unknown}
        elif error.validator == "required":
            missing = [name for name in error.schema["required"] if name not in error.instance]
            theirs |= {(show(path), f"required {name}") for name in missing}
        else:
            theirs.add((show(path), error.validator))
    ours = {
        (show(each.path), f"required {each.member}" if each.keyword == "required" else each.keyword)
        for each in violations(manifest_schema(), value)
    }
    assert ours == theirs


@given(mutants().flatmap(spelled))
@CALM
def test_fixing_does_no_harm_and_is_idempotent(text):
    before = validate(text)
    once = before.fixed()
    after = validate(once)
    assert after.rejected_by & {"schema", "Scale", "seed-cli", "Scale create"} <= before.rejected_by
    assert after.fixed().text == once.text
    assert bool(once.applied) or once.text.strip() == text.strip()


def counted(validation):
    """How often each code is found at each place."""
    return Counter((found.name, found.path) for found in validation)


@given(mutants() | outdated())
@CALM
def test_every_fix_is_applied_and_settles_what_it_is_for(value):
    validation = validate(value)
    for found in validation:
        if found.fix:
            settled = counted(validate(found.fix.apply(value)))[found.name, found.path]
            assert settled < counted(validation)[found.name, found.path], found


@given(mutants() | outdated())
@CALM
def test_all_fixes_at_once_are_applied_once(value):
    validation = validate(value)
    if not isinstance(value, dict):
        return
    once = validation.fixed("all")
    again = validate(once).fixed("all")
    assert (again.applied, again.text) == ((), once.text)


@given(mutants())
@CALM
def test_drafts_are_held_saved_and_opened_again(value):
    try:
        draft = Manifest.read(value)
    except InvalidManifest:
        assert not isinstance(value, dict)
        return
    if "manifest" not in value:
        assert json.dumps(Manifest.read(draft.text).data) == json.dumps(json.loads(json.dumps(value)))
    draft.normalised()
    repr(draft)
    Configuration.for_manifest(draft)


@given(mutants(), mutants())
@CALM
def test_any_two_drafts_can_be_compared(old, new):
    judged = compare(old, new)
    same = json.dumps(normalised_manifest(old), sort_keys=True) == json.dumps(normalised_manifest(new), sort_keys=True)
    assert not (same and judged.changes)
    assert str(judged)


@given(MANIFESTS)
@CALM
def test_normalising_twice_is_normalising_once(value):
    once = normalised_manifest(value)
    assert normalised_manifest(once) == once
    assert not compare(value, once).changes
