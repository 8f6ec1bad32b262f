"""The manifest form's state: every member has a field, what was not touched stays letter by letter, findings find their field."""

from __future__ import annotations

import copy
import csv
import json
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from seed.strategies import JSON, MANIFESTS, mutants, spelled
from sizes import examples as few_or_many
from sizes import sizes
from viewing import COMPLETE, Pages, complete, leaves, plain, typed

import jobtype_toolkit as jt
from jobtype_toolkit.errors import InvalidManifest, InvalidParameter, NotFound
from jobtype_toolkit.forms.manifest import START, ManifestState
from jobtype_toolkit.seed.schema import manifest_schema
from jobtype_toolkit.seed.validator import validate

INPUTS = "/job/interface/inputs/files"
LEAVES = dict(leaves(manifest_schema()))
HOSTILE = "<img src=x onerror=alert(1)>\u202e'\"`${x}"


def at(value: Any, path: str) -> Any:
    """Return what is at a path such as job.tags.0."""
    for step in path.split("."):
        value = value[int(step) if step.isdigit() else step]
    return value


def row_of(pages: Pages, place: str) -> str:
    """Return a place with a new row wherever a list is on the way."""
    head, row, tail = place.partition("/#/")
    return f"{pages.add(head)}/{tail}" if row else head


# Every member of the standard.


@pytest.mark.parametrize("place", LEAVES)
def test_every_member_of_the_schema_has_a_field(place):
    pages = Pages(ManifestState())
    node = pages.nodes[row_of(pages, place)]
    assert (node["kind"], node["label"], node["help"]) == ("field", LEAVES[place].title, LEAVES[place].description)
    assert node["label"]


def test_every_field_stands_on_a_page():
    pages = Pages(ManifestState(complete()))
    shown = [one for of, node in pages.nodes.items() if node["kind"] == "page" for one in pages.below(of)]
    assert set(pages.kind("field")) <= set(shown)
    assert len(shown) == len(set(shown))


def test_the_complete_manifest_is_one_of_every_member():
    def members(value: Any, place: str = "") -> set[str]:
        if isinstance(value, dict):
            return set().union(*(members(one, f"{place}/{name}") for name, one in value.items()))
        if isinstance(value, list) and value and isinstance(value[0], dict):
            return set().union(*(members(one, f"{place}/#") for one in value))
        return {place}

    assert members(COMPLETE) == set(LEAVES)
    assert validate(complete()).findings == ()


def test_a_manifest_with_every_member_is_built_from_nothing():
    state = ManifestState()
    Pages(state).fill("/", COMPLETE)
    assert state.value == COMPLETE
    assert state.is_valid


@pytest.mark.parametrize("place", LEAVES)
def test_every_edit_comes_back_as_it_was_typed(place):
    state = ManifestState()
    pages = Pages(state)
    of = row_of(pages, place)
    path = place.replace("/#", "/0").strip("/").replace("/", ".")
    for value in examples(LEAVES[place]):
        pages.edit(of, typed(value))
        assert at(state.value, path) == value
        assert type(at(state.value, path)) is type(value)
        assert pages.nodes[of]["value"] == typed(value)


def examples(node: Any) -> list[Any]:
    """Return values of a field's kind."""
    if node.enum:
        return list(node.enum)
    return {
        "boolean": [True, False],
        "integer": [0, 7, -3, 2**70],
        "number": [0.5, 3, 1e300],
        "array": [["a"], ["b", "c d"]],
    }.get(node.type, ["a text", HOSTILE, "é\u2028"])


# Absent is not empty.


def test_a_new_manifest_holds_only_what_a_form_must_say():
    state = ManifestState()
    assert state.value == START
    assert not state.is_dirty


@pytest.mark.parametrize("place", [one for one in LEAVES if one != "/seedVersion"])
def test_what_was_typed_and_cleared_is_absent_again(place):
    state = ManifestState()
    pages = Pages(state)
    of = row_of(pages, place)
    before = state.value
    node = LEAVES[place]
    if pages.nodes[of]["required"] and node.type == "string" and not node.enum:
        return  # a required text that was emptied is an empty text
    pages.edit(of, typed(examples(node)[0]))
    assert state.value != before
    pages.edit(of, "")
    assert state.value == before


def test_opening_leaving_and_looking_change_nothing():
    state = ManifestState(complete())
    pages = Pages(state)
    text = state.text
    for of, node in list(pages.nodes.items()):
        pages.do("leave" if node["kind"] == "field" else "open", of, "one")
    pages.do("check")
    assert (state.text, state.is_dirty, pages.nodes["+undo"]["disabled"]) == (text, False, True)


def test_a_boolean_has_three_values():
    state = ManifestState()
    pages = Pages(state)
    of = f"{pages.add(INPUTS)}/required"
    assert [value for value, _ in pages.nodes[of]["choices"]] == ["", "yes", "no"]
    for text, expected in {"no": {"required": False}, "yes": {"required": True}, "": {}}.items():
        pages.edit(of, text)
        assert at(state.value, "job.interface.inputs.files.0") == expected


def test_a_number_keeps_what_was_typed_until_it_is_one():
    state = ManifestState({"job": {"timeout": 60}})
    pages = Pages(state)
    pages.edit("/job/timeout", "1h")
    assert (state.value["job"]["timeout"], state.draft["job"]["timeout"]) == (60, "1h")
    assert pages.nodes["/job/timeout"]["value"] == "1h"
    assert pages.nodes["/job/timeout"]["findings"][0]["severity"] == "error"
    pages.edit("/job/timeout", "3600")
    assert state.value["job"]["timeout"] == state.draft["job"]["timeout"] == 3600
    assert "findings" not in pages.nodes["/job/timeout"]


def test_a_number_that_never_was_one_is_absent_from_the_value():
    state = ManifestState()
    Pages(state).edit("/job/timeout", "soon")
    assert "timeout" not in state.value.get("job", {})
    assert state.draft["job"] == {"timeout": "soon"}
    assert not state.is_valid


# Nothing is lost.


@pytest.mark.slow
@sizes(12, 1000)
def test_any_manifest_is_read_back_byte_for_byte(size):
    @settings(max_examples=size, derandomize=True)
    @given(MANIFESTS.flatmap(spelled), MANIFESTS.flatmap(spelled))
    def check(first, second):
        state = ManifestState(first)
        assert state.text == as_file(first)
        state.load(second)
        assert (state.text, state.is_dirty) == (as_file(second), False)
        assert state.value == json.loads(second)

    check()


@sizes(6, 1000)
def test_a_second_manifest_leaves_nothing_of_the_first(size):
    @settings(max_examples=size, derandomize=True)
    @given(mutants(), mutants())
    def check(first, second):
        state = ManifestState(first)
        pages = Pages(state)
        state.load(second)
        fresh = Pages(ManifestState(second))
        assert anonymous(pages.nodes) == anonymous(fresh.nodes)

    check()


def as_file(text: str) -> str:
    """Return a text as a file has it: without blanks around it, ending with its own kind of line break."""
    return text.strip(" \t\r\n") + ("\r\n" if "\r\n" in text else "\n")


def anonymous(nodes: Any) -> Any:
    """Return nodes with the rows' keys by the order in which they are shown."""
    text = json.dumps(nodes)
    keys = {key: f"#r{number}" for number, key in enumerate(dict.fromkeys(re.findall(r"#\d+", text)))}
    return json.loads(re.sub(r"#\d+", lambda match: keys[match[0]], text))


def test_every_real_manifest_that_the_schema_accepts_is_read_back_byte_for_byte(shared):
    with (shared / "manifests" / "index.csv").open(encoding="utf-8", newline="") as file:
        files = [row["file"] for row in csv.DictReader(file) if row["schema_valid"] == "yes"]
    assert files
    for name in files:
        path = shared / "manifests" / name
        text = path.read_bytes().decode().removeprefix("\ufeff")
        state = ManifestState(path)
        pages = Pages(state)
        assert state.text == as_file(text), name
        assert state.value == json.loads(text), name
        assert pages.nodes["+verdict"]["text"], name


@pytest.mark.parametrize(
    ("member", "place"),
    [("x-note", "/job/x-note"), ("a/b~c#d", "/job/a~1b~0c~2d"), ("#3", "/job/~23"), ("", "/job/"), ("é", "/job/é")],
)
def test_members_that_the_format_does_not_know_are_shown_and_kept(member, place):
    state = ManifestState({"job": {member: {"deep": [1, None]}}})
    pages = Pages(state)
    (field,) = [node for of, node in pages.nodes.items() if node.get("state") == "unknown"]
    assert (field["input"], json.loads(field["value"])) == ("json", {"deep": [1, None]})
    pages.edit("/job/title", "A title")
    assert state.value["job"][member] == {"deep": [1, None]}
    assert place in pages.nodes


WRONG = {
    "inputs is a list": ("job.interface.inputs", [1, 2], "/job/interface/inputs"),
    "errors is an object": ("job.errors", {"code": 1}, "/job/errors"),
    "the job is a text": ("job", "tile-mosaic", "/job"),
    "the maintainer is null": ("job.maintainer", None, "/job/maintainer"),
    "the files are a number": ("job.interface.inputs.files", 3, INPUTS),
    "the tags are numbers": ("job.tags", [1, 2], "/job/tags"),
    "the timeout is an object": ("job.timeout", {"s": 1}, "/job/timeout"),
    "the title is a list": ("job.title", ["a"], "/job/title"),
    "a boolean is a number": ("job.interface.inputs.files", [{"required": 1}], None),
    "rows are texts": ("job.interface.inputs.files", ["IN", {"name": "A"}, None], None),
    "resources is a list": ("job.resources", [], "/job/resources"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_has_the_wrong_shape_is_shown_as_json_and_kept(case):
    path, value, place = WRONG[case]
    manifest = complete()
    above, _, last = path.rpartition(".")
    (at(manifest, above) if above else manifest)[last] = copy.deepcopy(value)
    state = ManifestState(manifest)
    pages = Pages(state)
    assert state.value == manifest
    shown = [json.loads(node["value"]) for node in pages.kind("field").values() if node["input"] == "json"]
    parts = value if isinstance(value, list) and value and place is None else [value]
    for part in parts:
        assert part in shown or (isinstance(part, dict) and all(one in shown or one == "A" for one in part.values()))
    if place is not None:
        assert pages.nodes[place]["input"] == "json"
    pages.edit("/seedVersion", "1.0.1")
    assert state.value == manifest | {"seedVersion": "1.0.1"}


@pytest.mark.parametrize("case", [one for one, (_, _, place) in WRONG.items() if place])
def test_what_has_the_wrong_shape_can_be_written_anew(case):
    path, value, place = WRONG[case]
    manifest = complete()
    above, _, last = path.rpartition(".")
    (at(manifest, above) if above else manifest)[last] = copy.deepcopy(value)
    state = ManifestState(manifest)
    pages = Pages(state)
    pages.edit(place, json.dumps(at(COMPLETE, path)))
    assert state.value == COMPLETE
    assert pages.nodes.get(place, {}).get("input") != "json"


def test_a_row_that_is_a_text_can_be_written_anew():
    state = ManifestState({"job": {"errors": ["one"]}})
    pages = Pages(state)
    (field,) = [of for of in pages.kind("field") if of.startswith("/job/errors/")]
    pages.edit(field, '{"code": 4}')
    assert state.value == {"job": {"errors": [{"code": 4}]}}


@few_or_many(20, 200, derandomize=True)
@given(st.dictionaries(st.sampled_from(["job", "seedVersion", "x"]), JSON))
def test_any_json_object_can_be_shown_and_kept(found):
    state = ManifestState(found)
    pages = Pages(state)
    pages.do("check")
    assert state.value == found


def test_hostile_texts_are_values_like_others():
    manifest = complete()
    manifest["job"]["title"] = HOSTILE
    manifest["job"]["interface"]["inputs"]["files"][0]["name"] = HOSTILE
    manifest["job"][HOSTILE] = HOSTILE
    state = ManifestState(manifest)
    pages = Pages(state)
    assert pages.nodes["/job/title"]["value"] == HOSTILE
    assert state.value == manifest


# Where a manifest comes from.


def test_a_manifest_is_read_from_a_target_by_name_and_version(sample):
    row = sample.job_types(is_active=True).iloc[0]
    asked = (row["name"], row["version"])
    assert ManifestState(asked, target=sample).value == sample.job_type(*asked).manifest


def test_a_revision_is_read_from_a_target(sample):
    row = sample.job_types(is_active=True).iloc[0]
    asked = (row["name"], row["version"], 1)
    assert ManifestState(asked, target=sample).value == sample.revision(*asked).manifest


def test_a_name_without_a_target_is_refused():
    with pytest.raises(InvalidParameter, match="target"):
        ManifestState(("a", "1.0.0"))


def test_an_unknown_name_is_told(sample):
    with pytest.raises(NotFound, match="no-such-type"):
        ManifestState(("no-such-type", "1.0.0"), target=sample)


def test_text_that_is_no_object_is_refused():
    with pytest.raises(InvalidManifest):
        ManifestState("[1]")


def test_a_file_is_read(write):
    text = json.dumps(complete(), indent=3)
    assert ManifestState(write("seed.manifest.json", text)).text == as_file(text)


# Completions.


def test_names_of_resources_and_media_types_come_from_the_target(sample):
    pages = Pages(ManifestState(complete(), target=sample))
    resource = next(of for of in pages.kind("field") if re.fullmatch(r"/job/resources/scalar/#\d+/name", of))
    assert {"cpus", "mem", "disk"} <= set(pages.nodes[pages.nodes[resource]["options"]]["words"])
    media = next(of for of in pages.kind("field") if of.endswith("/mediaTypes"))
    assert "image/tiff" in pages.nodes[pages.nodes[media]["options"]]["words"]


# Findings.


def test_a_finding_stands_beside_its_field_once_it_was_touched():
    pages = Pages(ManifestState({"job": {}}))
    assert "findings" not in pages.nodes["/job/title"]
    pages.do("leave", "/job/title")
    (found,) = pages.nodes["/job/title"]["findings"]
    assert (found["severity"], found["of"]) == ("error", "/job/title")
    pages.edit("/job/title", "Tile mosaic")
    assert "findings" not in pages.nodes["/job/title"]


def test_a_check_shows_every_finding_at_its_field_and_goes_to_the_first():
    pages = Pages(ManifestState({"job": {}}))
    answer = pages.do("check")
    for name in ("name", "title", "description", "jobVersion", "packageVersion", "timeout"):
        assert pages.nodes[f"/job/{name}"]["findings"], name
    assert answer["focus"] in pages.nodes
    assert pages.nodes["+verdict"]["tone"] == "bad"


def test_each_page_counts_its_findings_and_the_sum_is_all():
    manifest = complete()
    manifest["job"]["timeout"] = 0
    manifest["job"]["interface"]["inputs"]["files"][0]["name"] = "1 x"
    manifest["job"]["errors"].append({"code": "x"})
    pages = Pages(ManifestState(manifest))
    counted = {of: node.get("errors", 0) for of, node in pages.nodes.items() if node["kind"] == "page"}
    assert counted.pop("+check") == sum(counted.values()) == len(validate(manifest).errors)
    assert counted["+errors"] > 0
    assert counted["+inputs"] > 0


def test_the_form_says_what_the_validator_says():
    manifest = complete()
    manifest["job"]["timeout"] = 0
    state = ManifestState(manifest)
    assert [one.name for one in state.findings] == [one.name for one in validate(manifest).findings]
    assert state.is_valid is validate(manifest).is_valid


def test_a_safe_fix_is_made_at_once_and_can_be_undone():
    state = ManifestState({"job": {"tags": ["a", "b", "a"]}})
    pages = Pages(state)
    pages.do("check")
    found = next(one for one in pages.nodes["+findings"]["findings"] if one.get("safe"))
    before = state.value
    pages.do("fix", found["of"], found["key"])
    assert state.value != before
    assert found["key"] not in {
        one["key"] for one in pages.nodes["+findings"]["findings"] if one["text"] == found["text"]
    }
    pages.do("undo")
    assert state.value == before


def test_a_fix_that_is_not_safe_shows_its_difference_first():
    state = ManifestState()
    pages = Pages(state)
    pages.edit("/job/name", "my tool")
    found = next(one for one in pages.nodes["/job/name"]["findings"] if one.get("fix"))
    answer = pages.do("fix", found["of"], found["key"])
    assert answer["focus"] == "+dialog"
    assert state.value["job"]["name"] == "my tool"
    assert pages.nodes["+diff"]["rows"] == [["$.job.name", '"my tool"', '"my-tool"', "changed"]]
    pages.do("close", "/job/name")
    assert (state.value["job"]["name"], "+dialog" in pages.nodes) == ("my tool", False)
    found = next(one for one in pages.nodes["/job/name"]["findings"] if one.get("fix"))
    pages.do("fix", found["of"], found["key"])
    pages.do("apply", "/job/name")
    assert (state.value["job"]["name"], "+dialog" in pages.nodes) == ("my-tool", False)
    pages.do("undo")
    assert state.value["job"]["name"] == "my tool"


def test_what_a_target_refuses_stands_at_its_field_until_the_next_edit():
    state = ManifestState(complete())
    pages = Pages(state)
    (refusal,) = validate(complete() | {"seedVersion": "2.0.0"}).errors[:1]
    state.refuse([refusal])
    assert pages.nodes["/seedVersion"]["findings"][0]["text"].startswith(refusal.description)
    assert not state.is_valid
    pages.edit("/job/title", "Another")
    assert "findings" not in pages.nodes["/seedVersion"]
    assert state.is_valid


# JSON, Python, files.


def opened(state: ManifestState) -> Pages:
    """Return pages that look at the JSON pane."""
    pages = Pages(state)
    pages.do("open", "+text", "one")
    return pages


def test_the_json_pane_and_the_fields_are_one_document():
    state = ManifestState(json.dumps(complete(), indent=2))
    pages = opened(state)
    assert pages.nodes["+json"]["value"] == state.text
    pages.edit("+json", state.text.replace("Tile mosaic", "Mosaic"))
    assert pages.nodes["/job/title"]["value"] == "Mosaic"
    pages.edit("/job/title", "Other")
    assert '"title": "Other"' in pages.nodes["+json"]["value"]


def test_broken_json_is_kept_and_told_and_changes_nothing():
    state = ManifestState(complete())
    pages = opened(state)
    pages.edit("+json", "{")
    assert pages.nodes["+json"]["value"] == "{"
    assert pages.nodes["+json"]["findings"][0]["severity"] == "error"
    assert state.value == COMPLETE
    assert state.is_dirty
    pages.edit("/job/title", "Other")
    assert pages.nodes["+json"]["value"] == "{"
    pages.do("discard", "+json")
    assert json.loads(pages.nodes["+json"]["value"])["job"]["title"] == "Other"


def test_the_json_pane_stays_open_when_another_manifest_is_loaded():
    state = ManifestState()
    pages = opened(state)
    state.load(complete())
    assert json.loads(pages.nodes["+json"]["value"]) == COMPLETE


def test_the_json_pane_stays_open_when_the_present_state_becomes_the_start():
    state = ManifestState(complete())
    pages = opened(state)
    state.keep()
    assert json.loads(pages.nodes["+json"]["value"]) == COMPLETE


def test_a_file_is_imported_and_undo_brings_back_what_was_there():
    state = ManifestState({"job": {"title": "before"}})
    pages = Pages(state)
    pages.do("import", "/", json.dumps(COMPLETE))
    assert state.value == COMPLETE
    pages.do("undo")
    assert state.value == {"job": {"title": "before"}}


def test_a_file_that_is_no_json_is_kept_in_the_json_pane():
    state = ManifestState(complete())
    pages = opened(state)
    answer = pages.do("import", "/", "name: x")
    assert "not taken" in answer["say"]
    assert (state.value, pages.nodes["+json"]["value"]) == (COMPLETE, "name: x")


def test_an_export_is_the_text_byte_for_byte():
    text = json.dumps(complete(), indent=7)
    pages = Pages(ManifestState(text))
    assert tuple(pages.do("export")["download"]) == ("seed.manifest.json", as_file(text))


@pytest.mark.parametrize("title", ["Tile mosaic", "it's '''quoted'''", 'a "b" \\n \\', HOSTILE, "'"])
def test_the_code_makes_the_same_manifest(title):
    manifest = complete()
    manifest["job"]["title"] = title
    names: dict[str, Any] = {}
    exec(ManifestState(manifest).code, names)
    assert isinstance(names["manifest"], jt.Manifest)
    assert names["manifest"].data == manifest


def test_nodes_hold_plain_values_only():
    nodes = ManifestState(complete()).nodes()
    assert plain(nodes) == json.loads(json.dumps(nodes))
