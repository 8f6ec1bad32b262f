"""Manifests and configurations as values."""

import dataclasses
import json

import pytest

from jobtype_toolkit.errors import InvalidManifest, InvalidPath
from jobtype_toolkit.seed.configuration import Configuration
from jobtype_toolkit.seed.manifest import Manifest
from jobtype_toolkit.seed.validator import validate


def test_a_new_manifest_is_valid_for_everyone():
    manifest = Manifest.new(
        "tile-mosaic", description="Joins tiles.", maintainer={"name": "Imagery Team", "email": "imagery@example.com"}
    )
    assert validate(manifest).findings == ()
    assert manifest.text == Manifest.read(manifest.text).text
    assert not validate(Manifest.new("Tile Mosaic")).is_valid


def test_it_behaves_like_a_dict(manifest):
    value = Manifest.read(manifest)
    assert dict(value) == manifest
    assert value == manifest
    assert value["job"]["timeout"] == 600
    value["note"] = 1
    del value["note"]
    assert list(value) == ["seedVersion", "job"]
    assert len(value) == 2
    assert "job" in value
    assert value.get("nothing") is None


def test_a_copy_is_independent_and_spelled_alike():
    first = Manifest.read('{"job": {"timeout": 1.50}}')
    second = first.copy()
    second["job"]["title"] = "x"
    assert first.text == '{"job": {"timeout": 1.50}}\n'
    assert "1.50" in second.text


def test_what_is_given_is_not_changed(manifest):
    before = json.dumps(manifest)
    value = Manifest.read(manifest)
    value["job"]["title"] = "x"
    value.normalised()
    validate(manifest).fixed()
    assert json.dumps(manifest) == before


@pytest.mark.parametrize(
    ("version", "part", "raised"),
    [
        ("1.2.3", "major", "2.0.0"),
        ("1.2.3", "minor", "1.3.0"),
        ("1.2.3", "patch", "1.2.4"),
        ("1.0.0-rc.1+5", "patch", "1.0.1"),
        ("1.2", "minor", "1.3.0"),
    ],
)
def test_bump(manifest, version, part, raised):
    manifest["job"]["jobVersion"] = version
    value = Manifest.read(manifest)
    assert value.bump(part) is value
    assert (value.version, value["job"]["packageVersion"]) == (raised, "1.0.0")
    assert value.bump(part, package=True).version == raised


@pytest.mark.parametrize("version", ["", "x", None, 5])
def test_what_is_no_version_cannot_be_raised(manifest, version):
    manifest["job"]["jobVersion"] = version
    with pytest.raises(InvalidManifest, match="is not a version"):
        Manifest.read(manifest).bump("patch")
    with pytest.raises(InvalidManifest, match="major, minor or patch"):
        Manifest.read(manifest).bump("huge")


def test_normalised_is_what_a_server_stores():
    value = Manifest.read(
        {
            "seedVersion": "1.0.0",
            "job": {
                "resources": {"scalar": [{"name": "sharedMem", "value": 1.0}]},
                "interface": {
                    "inputs": {"files": [{"name": "A"}], "json": [{"name": "B", "type": "string"}]},
                    "outputs": {"files": [{"name": "C", "pattern": "*"}], "json": [{"name": "D", "type": "string"}]},
                    "mounts": [{"name": "E", "path": "/e"}],
                    "settings": [{"name": "F"}],
                },
                "errors": [{"code": 1, "name": "g"}, {"code": 2, "name": "h", "title": "H", "category": "data"}],
            },
        }
    )
    assert value.normalised().data == {
        "seedVersion": "1.0.0",
        "job": {
            "resources": {"scalar": [{"name": "sharedmem", "value": 1.0}]},
            "interface": {
                "inputs": {
                    "files": [{"name": "A", "required": True, "mediaTypes": [], "multiple": False, "partial": False}],
                    "json": [{"name": "B", "type": "string", "required": True}],
                },
                "outputs": {
                    "files": [
                        {
                            "name": "C",
                            "pattern": "*",
                            "mediaType": "application/octet-stream",
                            "multiple": False,
                            "required": True,
                        }
                    ],
                    "json": [{"name": "D", "type": "string", "required": True}],
                },
                "mounts": [{"name": "E", "path": "/e", "mode": "ro"}],
                "settings": [{"name": "F", "secret": False}],
            },
            "errors": [
                {"code": 1, "name": "g", "category": "job", "title": "g"},
                {"code": 2, "name": "h", "title": "H", "category": "data"},
            ],
        },
    }


def test_nothing_else_is_added():
    assert Manifest.read({"job": {}}).normalised().data == {"job": {}}


def test_normalised_as_recorded(shared):
    for path in (shared / "recordings").glob("get-after-patch-manifest.json"):
        stored = json.loads(path.read_text())["response"]["body"]["manifest"]
        sent = json.loads((shared / "recordings" / "patch-manifest-ok.json").read_text())["request"]["body"]["manifest"]
        assert Manifest.read(sent).normalised().data == stored
    for path in (shared / "recordings").glob("post-201-*.json"):
        exchange = json.loads(path.read_text())
        sent, answer = exchange["request"]["body"], exchange["response"]["body"]
        assert Manifest.read(sent["manifest"]).normalised().data == answer["manifest"], path.name
        if sent.get("configuration"):
            assert (
                Configuration.read(sent["configuration"]).normalised(sent["manifest"]).data == answer["configuration"]
            ), path.name


LABEL = r'"{\"seedVersion\":\"1.0.0\",\"job\":{\"name\":\"a\",\"interface\":{\"command\":\"\${IN} a\\/b \\\"x\\\"\"}}}"'


def test_image_labels():
    data = {"seedVersion": "1.0.0", "job": {"name": "a", "interface": {"command": '${IN} a/b "x"'}}}
    plain = json.dumps(data)
    for text in (plain, json.dumps(plain), LABEL, LABEL.strip('"'), f"LABEL com.ngageoint.seed.manifest={LABEL}"):
        assert Manifest.from_image_label(text).data == data, text
    for text in ("", "nonsense", "[]", "5"):
        with pytest.raises(InvalidManifest):
            Manifest.from_image_label(text)


def test_a_request_body_is_unwrapped_and_said_to_be(manifest):
    body = json.dumps({"docker_image": "x", "manifest": manifest}, indent=4)
    value = Manifest.read(body)
    assert value == manifest
    assert "body of a request" in value.notes[0]
    assert value.text.startswith('{\n    "seedVersion"')
    assert Manifest.read({"manifest": json.dumps(manifest)}) == manifest
    assert Configuration.read({"configuration": {"priority": 5}, "manifest": {}}).data == {"priority": 5}


def test_diff(manifest):
    old = Manifest.read(manifest)
    new = old.copy().bump("minor").set("job.errors[1]", {"code": 2, "name": "x"}).set("job.timeout", 600.0)
    new["job"]["interface"]["inputs"]["files"].insert(0, {"name": "MASK"})
    new.remove("job.resources.scalar[1]")
    frame = old.diff(new)
    assert list(frame.columns) == ["path", "before", "after", "kind"]
    assert [(row.path, row.kind) for row in frame.itertuples()] == [
        ("$.job.jobVersion", "changed"),
        ("$.job.resources.scalar[1]", "removed"),
        ("$.job.interface.inputs.files[0]", "added"),
        ("$.job.errors[1]", "added"),
    ]
    assert frame.after[0] == "1.3.0"
    empty = old.diff(old)
    assert len(empty) == 0
    assert dict(empty.dtypes) == dict(frame.dtypes)


def test_a_configuration_is_laid_out_for_its_manifest(manifest):
    manifest["job"]["interface"] |= {"mounts": [{"name": "DATA", "path": "/d"}], "settings": [{"name": "LEVEL"}]}
    configuration = Configuration.for_manifest(manifest)
    assert configuration.data == {
        "mounts": {"DATA": {"type": "host", "host_path": ""}},
        "output_workspaces": {"default": "", "outputs": {"MOSAIC": ""}},
        "priority": 100,
        "settings": {"LEVEL": ""},
    }
    unfilled = [each.name for each in validate(manifest, configuration, workspaces={"products": True})]
    assert unfilled == ["HOST_ABSOLUTE_PATH", "INVALID_WORKSPACE", "EMPTY_SETTING"]
    configuration.set("mounts.DATA.host_path", "/d").set("output_workspaces.outputs.MOSAIC", "products").set(
        "settings.LEVEL", "1"
    )
    assert validate(manifest, configuration, workspaces={"products": True}).findings == ()


def test_a_normalised_configuration():
    volume = {"version": "7", "mounts": {"A": {"type": "volume"}}, "settings": {"PIN": "1234", "LEVEL": "2"}}
    manifest = {"job": {"interface": {"settings": [{"name": "PIN", "secret": True}, {"name": "LEVEL"}]}}}
    expected = {
        "mounts": {"A": {"type": "volume", "driver": "", "driver_opts": {}}},
        "output_workspaces": {"default": "", "outputs": {}},
        "priority": 100,
        "settings": {"LEVEL": "2"},
    }
    assert Configuration.read(volume).normalised({"seedVersion": "1.0.0", **manifest}).data == expected
    assert Configuration.read(volume).without_secrets({"seedVersion": "1.0.0", **manifest}).data["settings"] == {
        "LEVEL": "2"
    }


SECRET = "hunter2-swordfish"


@pytest.mark.parametrize(
    "configuration",
    [
        {"settings": {"PIN": SECRET}},
        {"settings": {"PIN": [SECRET]}},
        {"settings": SECRET},
        {"settings": [SECRET]},
        {"mounts": {"A": {"type": "volume", "driver_opts": {"password": SECRET}}}},
        {"mounts": {"A": {"type": "volume", "driver_opts": SECRET}}},
        {"mounts": {"A": SECRET}},
        {"output_workspaces": {"outputs": [SECRET]}},
        f'{{"settings": {{"PIN": \'{SECRET}\'}}}}',
        f'{{"settings": {{"PIN": "{SECRET}",}}}}',
        f'{{"settings": {{"PIN": {SECRET}}}}}',
        f'{{"settings": {{"PIN": "{SECRET}}}}}',
        f'{{"settings": {{"PIN": "{SECRET}", "PIN": "{SECRET}"}}}}',
        f'{{"settings": {{"PIN": "{SECRET}"}}}} {SECRET}',
    ],
)
def test_no_secret_appears_anywhere(manifest, configuration):
    manifest["job"]["interface"]["settings"] = [{"name": "PIN", "secret": True}]
    validation = validate(manifest, configuration, workspaces={})
    assert SECRET not in str(validation)
    assert SECRET not in repr([dataclasses.asdict(each) for each in validation])
    try:
        assert SECRET not in repr(Configuration.read(configuration))
    except InvalidManifest as error:
        assert SECRET not in str(error)


def test_no_secret_in_a_manifest_appears(manifest):
    manifest["job"]["interface"] |= {
        "settings": [{"name": "PIN", "secret": True}],
        "command": f"${{TILES}} ${{PIN:-{SECRET}}}",
    }
    validation = validate(manifest)
    assert [each.name for each in validation] == ["SECRET_IN_COMMAND"]
    assert SECRET not in repr(validation.findings)
    manifest["job"]["interface"]["settings"] = [f"PIN={SECRET}", {"name": "PIN", "value": SECRET, "secret": SECRET}]
    assert SECRET not in repr(validate(manifest).findings)
    body = {"manifest": manifest, "configuration": {"settings": {"PIN": "swordfish-two"}}}
    assert "swordfish-two" not in repr(validate(body).findings)


def test_what_is_set_becomes_plain(manifest):
    import numpy as np
    import pandas as pd

    made = Manifest.read(manifest)
    made.set("job.timeout", np.int64(5)).set("job.tags", ("a", np.str_("b")))
    made.set("job.resources.scalar[0].value", np.float32(0.5)).set("job.resources.scalar[1].value", np.array(3))
    made["x"] = {"flags": np.array([True, False]), "column": pd.Series([1, 2]), "deep": ({"n": np.uint8(1)},)}
    made["job"]["errors"][0]["code"] = np.int16(4)  # not by `set`: made plain when it is written
    again = json.loads(made.text)
    assert (again["job"]["timeout"], again["job"]["tags"]) == (5, ["a", "b"])
    assert [one["value"] for one in again["job"]["resources"]["scalar"][:2]] == [0.5, 3]
    assert again["x"] == {"flags": [True, False], "column": [1, 2], "deep": [{"n": 1}]}
    assert again["job"]["errors"][0]["code"] == 4
    assert type(made["job"]["timeout"]) is int
    del made["x"]
    assert validate(made).is_valid
    manifest["job"]["timeout"] = np.int64(5)
    assert validate(manifest).is_valid


def test_append_by_path(manifest):
    made = Manifest.read(manifest)
    made.set("job.interface.inputs.files[-]", {"name": "MORE"}).set("job.tags[-]", "x").set("job.tags[-]", "y")
    assert made.at("job.interface.inputs.files[1].name") == "MORE"
    assert made.at("job.tags") == ["x", "y"]
    made.set("job.interface.settings[-].name", "A").set("job.interface.settings[-].name", "B")
    assert made.at("job.interface.settings") == [{"name": "A"}, {"name": "B"}]
    assert made.at("job.tags[-]") is None
    with pytest.raises(InvalidPath):
        made.remove("job.tags[-]")
