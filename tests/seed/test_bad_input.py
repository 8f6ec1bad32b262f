"""What is not JSON, or hardly: a finding with its place, or a clear error; never a traceback."""

import io
import json

import pytest
from sizes import sizes

from jobtype_toolkit.errors import InvalidManifest, UnreadableInput
from jobtype_toolkit.seed.manifest import Manifest
from jobtype_toolkit.seed.validator import validate

from .conftest import MANIFEST

TEXT = json.dumps(MANIFEST, indent=2)


def only(source):
    found = [each for each in validate(source) if each.name == "MALFORMED_JSON"]
    assert len(found) == 1, found
    return found[0]


@pytest.mark.parametrize(
    ("text", "place", "says"),
    [
        ("", (1, 1), "empty"),
        ("  \n ", (2, 2), "empty"),
        ('{"a": }', (1, 7), "value is expected"),
        ('{"a" 1}', (1, 6), "':' is expected"),
        ('{"a": 1', (1, 8), "ends where ',' or '}'"),
        ('{\n "a": [1, 2\n', (3, 1), "ends where ',' or ']'"),
        ('{"a": 05400}', (1, 7), "JSON writes a number"),
        ('{"a": .5}', (1, 7), "JSON writes a number"),
        ('{"a": +1}', (1, 7), "JSON writes a number"),
        ('{"a": 1.}', (1, 7), "JSON writes a number"),
        ('{"a": NaN}', (1, 7), "no NaN"),
        ('{"a": -Infinity}', (1, 7), "no NaN"),
        ('{"a": "two\nlines"}', (1, 7), "not closed on its line"),
        ('{"a": "\\x"}', (1, 8), "JSON has no such escape"),
        ('{"a": "\\ud8"}', (1, 8), "JSON has no such escape"),
        ("{a: 1}", (1, 2), "member is expected"),
        ('{"a": yes}', (1, 7), "value is expected"),
        ('{"a": 1,, "b": 2}', (1, 9), "comma without a member"),
        ("[" * 5_000_000, (1, 101), "levels deep"),
        ('{"a":' * 2_000_000, (1, 501), "levels deep"),
        ('{"a": ' + "9" * 5000 + "}", (1, 7), "characters"),
    ],
)
def test_broken_json_is_one_finding_with_its_place(text, place, says):
    found = only(text)
    assert (found.line, found.column) == place
    assert says in found.description
    assert found.rejected_by == {"schema", "Scale", "seed-cli"}
    with pytest.raises(InvalidManifest, match="line"):
        Manifest.read(text.encode())


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ('"timeout": 600,', '"timeout": 600,,', None),
        ("\n  }\n}", "\n  },\n}", "comma before the closing"),
        ('"timeout": 600,', '"timeout": 600, // seconds', "comments"),
        ('"timeout": 600,', '"timeout": /* seconds */ 600,', "comments"),
        ('"timeout": 600,', '"timeout": 600', "comma is missing"),
        ('"Tile mosaic"', "'Tile mosaic'", "single quotes"),
        ('"multiple": true', '"multiple": True', "Python writes it"),
        ('"Tile mosaic"', '"Tile\tmosaic"', "control character"),
    ],
)
def test_a_fault_with_an_obvious_repair_carries_it(before, after, says):
    assert before in TEXT
    found = only(TEXT.replace(before, after, 1))
    if says is None:
        assert found.fix is None
        return
    assert says in found.description
    assert not found.fix.safe
    repaired = json.loads(found.fix.text)
    assert repaired["job"]["timeout"] == 600
    assert repaired == MANIFEST or "control" in found.description


def test_all_repairable_faults_are_found_at_once_and_so_is_the_rest():
    text = TEXT.replace('"Tile mosaic"', "'Tile mosaic'").replace('"timeout": 600,', '"timeout": "600", # s')
    names = [each.name for each in validate(text).errors]
    assert names == ["MALFORMED_JSON", "MALFORMED_JSON", "JSON_VALIDATION_ERROR"]


def test_a_byte_order_mark_is_an_error_and_reading_goes_on():
    validation = validate(b"\xef\xbb\xbf" + TEXT.replace("600", '"600"').encode())
    assert [each.name for each in validation.errors] == ["MALFORMED_JSON", "JSON_VALIDATION_ERROR"]
    assert validation.errors[0].fix.safe
    fixed = validation.fixed()
    assert fixed.text.startswith("{")
    assert len(fixed.applied) == 2
    assert validate(fixed).is_valid


def test_utf_16_is_recognised():
    assert "UTF-16" in only(TEXT.encode("utf-16")).description


def test_invalid_utf_8_is_told_at_its_place():
    found = only(b'{\n "seedVersion": "1.0.0", "job": "\xff"}')
    assert (found.line, found.column) == (2, 34)


def test_a_duplicate_key_is_told_with_both_places():
    text = '{\n "seedVersion": "1.0.0",\n "seedVersion": "1.0.0"}'
    found = next(each for each in validate(text) if each.name == "DUPLICATE_KEY")
    assert "line 2, column 2" in found.description
    assert "line 3, column 2" in found.description
    assert (found.line, found.column, found.severity) == (3, 2, "warning")
    assert "occurs twice" in Manifest.read(text).notes[0]


def test_a_hidden_value_of_the_wrong_type_is_an_error_of_seed_cli():
    found = next(each for each in validate('{"job": {"timeout": "x", "timeout": 1}}') if each.name == "DUPLICATE_KEY")
    assert "seed-cli" in found.rejected_by
    assert found.severity == "error"


@pytest.mark.parametrize("number", ["9" * 400, "-" + "9" * 30, "1e400", "1E+999", "0.0000000000000000001e-400"])
def test_huge_numbers_are_kept_as_they_are_written(number):
    text = f'{{"seedVersion": "1.0.0", "job": {{"timeout": {number}}}}}'
    assert f'"timeout": {number}' in Manifest.read(text).text
    assert not validate(text).is_valid


def test_lone_surrogates_are_kept_and_can_be_shown():
    text = '{"seedVersion": "\\ud800", "job": {"\\udfff": 1}}'
    validation = validate(text)
    str(validation).encode()
    assert "\\ud800" in Manifest.read(text).text
    assert Manifest.read('{"a": "\ud800"}').text.encode() == b'{"a": "\\ud800"}\n'
    manifest = Manifest.read("{}")
    manifest["title"] = "half \udc00"
    assert json.loads(manifest.text) == {"title": "half \udc00"}


@pytest.mark.parametrize(
    "value",
    [
        float("nan"),
        float("inf"),
        object(),
        {1, 2},
        b"bytes",
        {"a": object()},
        {5: 1},
        [float("nan")],
        {"a": 10**5000},
        {"job": -(10**9000)},
    ],
)
def test_values_that_json_does_not_have_are_a_finding(value):
    assert "MALFORMED_JSON" in [
        each.name for each in validate({"seedVersion": value} if not isinstance(value, dict) else value)
    ]


@pytest.mark.parametrize("value", [None, 5, True, [], "text", "", 'just "text"', "[1, 2]"])
def test_anything_but_an_object_is_a_finding(value):
    assert not validate(value).is_valid


def test_a_value_that_contains_itself_is_a_finding():
    loop = {}
    loop["job"] = loop
    assert "levels deep" in only(loop).description


def test_a_folder_a_missing_and_an_empty_file(tmp_path):
    with pytest.raises(UnreadableInput, match="is a folder"):
        validate(tmp_path)
    with pytest.raises(UnreadableInput, match=r"missing\.json cannot be read"):
        validate(tmp_path / "missing.json")
    with pytest.raises(UnreadableInput, match="cannot be read"):
        validate("no/such/seed.manifest.json")
    (tmp_path / "empty.json").touch()
    assert "empty" in only(tmp_path / "empty.json").description
    assert "empty" in only(str(tmp_path / "empty.json")).description


def test_text_bytes_files_and_paths_are_all_read(tmp_path):
    path = tmp_path / "seed.manifest.json"
    path.write_text(TEXT)
    with path.open() as text_file, path.open("rb") as binary_file:
        sources = [
            MANIFEST,
            TEXT,
            TEXT.encode(),
            path,
            str(path),
            text_file,
            binary_file,
            io.StringIO(TEXT),
            Manifest.read(TEXT),
        ]
        assert [validate(source).is_valid for source in sources] == [True] * len(sources)


def test_an_unknown_target_is_named():
    with pytest.raises(ValueError, match=r"'7\.3'.*'7\.2'"):
        validate({}, against="7.3")


def test_a_wrapped_manifest_is_one_finding_with_the_inner_value_as_its_fix():
    for wrapped in ({"manifest": MANIFEST, "configuration": {"settings": {"KEY": "hidden"}}}, json.dumps(TEXT)):
        validation = validate(wrapped)
        assert [(each.name, each.path) for each in validation] == [("JSON_VALIDATION_ERROR", "$")]
        assert validation.errors[0].rejected_by == {"schema", "Scale", "seed-cli"}
        assert not validation.errors[0].fix.safe
        assert validation.errors[0].fix.changes[0].value == MANIFEST


@pytest.mark.slow
@sizes(2_000, 20_000)
def test_megabytes_of_faults_take_seconds_not_hours(size):
    errors = [{"code": "x", "name": "e"} for _ in range(size)]
    manifest = {**MANIFEST, "job": {**MANIFEST["job"], "errors": errors}}
    assert len(validate(json.dumps(manifest, indent=1)).errors) >= size


def test_a_huge_number_in_a_draft_is_a_finding_and_cannot_be_saved():
    manifest = Manifest.read(MANIFEST)
    manifest["job"]["timeout"] = 10**6000
    assert "digits" in only(manifest).description
    with pytest.raises(InvalidManifest, match="thousands of digits"):
        manifest.text  # noqa: B018


def test_a_text_file_that_is_not_utf_8(tmp_path):
    path = tmp_path / "latin.json"
    path.write_bytes('{"seedVersion": "é"}'.encode("latin-1"))
    with path.open() as file:
        assert "UTF-8" in only(file).description


@sizes(5_000, 100_000)
def test_a_hundred_thousand_unknown_members_take_seconds(size):
    manifest = {**MANIFEST, **{f"x{number}": 1 for number in range(size)}}
    assert len(validate(manifest).errors) == size


def test_a_broken_configuration_is_scales_business_only():
    validation = validate(MANIFEST, "{")
    assert validation.rejected_by == {"Scale"}
    assert validation.errors[0].document == "configuration"


@pytest.mark.slow
@sizes(2_000, 20_000)
def test_many_faults_and_many_variables_take_seconds(size):
    text = TEXT.replace('"timeout": 600,', '"timeout": 600, ' + "/* x */ " * (10 * size))
    assert json.loads(validate(text).errors[0].fix.text) == MANIFEST
    command = " ".join(f"${{V{number}}}" for number in range(size))
    job = {**MANIFEST["job"], "interface": {"command": command}}
    assert validate({"seedVersion": "1.0.0", "job": job}).is_valid
