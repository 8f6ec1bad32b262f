"""Editing keeps what was not edited; new members find their place."""

import copy
import json
import pickle

import pytest

from jobtype_toolkit.errors import InvalidManifest
from jobtype_toolkit.seed.json import paths
from jobtype_toolkit.seed.json.document import parse
from jobtype_toolkit.seed.manifest import Manifest

SPELLED = """{
    "seedVersion" : "1.0.0",
    "job": {
        "timeout": 10.0,
        "x-unknown": 1e1,
        "name": "tile\\u002dmosaic",
        "tags": ["a", "b"],
        "resources": { "scalar": [ {"name": "mem", "value": 64.50} ] },
        "errors": []
    }
}"""


def test_only_the_changed_lines_differ():
    manifest = Manifest.read(SPELLED)
    manifest["job"]["x-unknown"] = 2
    manifest.set("job.tags[2]", "c").set("$.job.resources.scalar[1]", {"value": 2, "name": "cpus"})
    before, after = SPELLED.splitlines(), manifest.text.splitlines()
    assert [line for line in after if line not in before] == [
        '        "x-unknown": 2,',
        '        "tags": ["a", "b", "c"],',
        '        "resources": {"scalar": [{"name": "mem", "value": 64.50}, {"name": "cpus", "value": 2}]},',
    ]
    assert manifest.text.endswith("}\n")


def test_new_members_stand_where_the_schema_has_them():
    manifest = Manifest.read(SPELLED)
    manifest["job"]["jobVersion"] = "1.0.0"
    manifest["job"]["interface"] = {"outputs": {}, "command": "x"}
    keys = list(json.loads(manifest.text)["job"])
    assert keys.index("jobVersion") == keys.index("name") + 1
    assert keys.index("interface") == keys.index("resources") + 1
    assert list(json.loads(manifest.text)["job"]["interface"]) == ["command", "outputs"]


def test_absent_and_empty_stay_apart():
    manifest = Manifest.read('{"job": {"interface": {}, "errors": [], "title": ""}}')
    assert manifest.text == '{"job": {"interface": {}, "errors": [], "title": ""}}\n'


@pytest.mark.parametrize(
    "text", ["{}", "{ }", '{"a":1}', '{"a": 1}', '{\n\t"a": 1\n}', '{\r\n  "a": 1\r\n}\r\n', '\n\n {"a": 1} \n']
)
def test_the_layout_is_kept(text):
    written = Manifest.read(text).text
    assert written.strip() == text.strip()
    assert written.endswith("\n")


def test_the_layout_is_followed():
    tabs = Manifest.read('{\n\t"a": 1\n}')
    tabs["b"] = {"c": 2}
    assert tabs.text == '{\n\t"a": 1,\n\t"b": {\n\t\t"c": 2\n\t}\n}\n'
    compact = Manifest.read('{"a":1}')
    compact["b"] = [1, 2]
    assert compact.text == '{"a":1,"b":[1,2]}\n'
    windows = Manifest.read('{\r\n  "a": 1\r\n}')
    windows["b"] = 2
    assert windows.text == '{\r\n  "a": 1,\r\n  "b": 2\r\n}\r\n'


def test_a_dict_keeps_its_own_order():
    assert list(json.loads(Manifest.read({"job": {}, "seedVersion": "1.0.0"}).text)) == ["job", "seedVersion"]


def test_a_moved_part_is_laid_out_anew_with_its_spelling():
    manifest = Manifest.read('{"a": {"b": [1.0]},\n "c": 2}')
    manifest["d"] = {"e": manifest["a"].pop("b")}
    assert '"e": [1.0]' in " ".join(manifest.text.split())


def test_what_json_does_not_have_cannot_be_saved():
    manifest = Manifest.read("{}")
    for value in (float("nan"), float("inf"), object(), {1: 2}):
        manifest["a"] = value
        with pytest.raises(InvalidManifest, match="cannot be written as JSON"):
            manifest.text  # noqa: B018


def test_line_and_column_are_those_of_the_value_or_of_the_key():
    document = parse('{\n  "job": {"naïve": [1, {"x": true}]}\n}')
    assert document.place(("job", "naïve", 1, "x")) == (2, 30)
    assert document.place(("job", "naïve"), key=True) == (2, 11)
    assert document.place(("job", "missing")) == (2, 10)
    assert document.place(()) == (1, 1)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("$", ()),
        ("$.job.errors[0].name", ("job", "errors", 0, "name")),
        ("$.settings['my-key']", ("settings", "my-key")),
        ("$['it\\'s']", ("it's",)),
        ("$['a\\\\b']", ("a\\b",)),
    ],
)
def test_paths_are_written_and_read(text, path):
    assert paths.parse(text) == path
    assert paths.show(path) == text


def test_paths_may_be_written_carelessly():
    assert paths.parse("job.my-key[2]") == ("job", "my-key", 2)
    for text in ("$.", "a..b", "a[x]", "a["):
        with pytest.raises(paths.InvalidPath):
            paths.parse(text)


def test_edits_by_path():
    manifest = Manifest.read({"job": {"errors": [{"code": 1}]}})
    manifest.set("job.interface.inputs.files[0].name", "A").rename("job.errors[0].code", "number").remove(
        "job.errors[0].number"
    )
    assert manifest.data == {"job": {"errors": [{}], "interface": {"inputs": {"files": [{"name": "A"}]}}}}
    assert manifest.at("job.interface.inputs.files[0].name") == "A"
    assert manifest.at("job.nowhere", 5) == 5
    for wrong in ("job.errors[7]", "job.errors.name", "job.interface.inputs.files[0].name.deeper"):
        with pytest.raises(paths.InvalidPath):
            manifest.set(wrong, 1)
    with pytest.raises(paths.InvalidPath):
        manifest.remove("job.nowhere")


def test_copies_of_every_kind_keep_the_spelling():
    manifest = Manifest.read(SPELLED)
    for twin in (copy.copy(manifest), copy.deepcopy(manifest), pickle.loads(pickle.dumps(manifest))):
        twin["job"]["title"] = "x"
        assert json.loads(twin.text) == twin.data
        assert twin["job"]["timeout"] == 10.0
    assert "title" not in manifest["job"]
    assert "64.50" in copy.deepcopy(manifest).text
