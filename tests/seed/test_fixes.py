"""What findings say, and what their fixes make of the manifest."""

import json

import pytest

from jobtype_toolkit.errors import InvalidManifest, InvalidParameter
from jobtype_toolkit.seed.findings import Validation
from jobtype_toolkit.seed.json.paths import get, parse, put, remove
from jobtype_toolkit.seed.manifest import Manifest
from jobtype_toolkit.seed.validator import validate

GONE = object()
INPUTS, OUTPUTS = "job.interface.inputs.files", "job.interface.outputs.files"

FIXES = [
    # what is wrong, at, finding, is it safe, what stands at which path afterwards
    ("seedVersion", "SEED_VERSION", "JSON_VALIDATION_ERROR", False, "seedVersion", "1.0.0"),
    ("seedVersion", "0.1.0", "JSON_VALIDATION_ERROR", False, "seedVersion", "1.0.0"),
    ("job.jobVersion", "1.2", "JSON_VALIDATION_ERROR", True, "job.jobVersion", "1.2.0"),
    ("job.jobVersion", "3", "JSON_VALIDATION_ERROR", True, "job.jobVersion", "3.0.0"),
    ("job.jobVersion", "v1.2.3", "JSON_VALIDATION_ERROR", True, "job.jobVersion", "1.2.3"),
    ("job.jobVersion", "01.02.3", "JSON_VALIDATION_ERROR", True, "job.jobVersion", "1.2.3"),
    ("job.jobVersion", "1.2.3 ", "JSON_VALIDATION_ERROR", True, "job.jobVersion", "1.2.3"),
    ("job.jobVersion", "1.2.3\n", "LINE_BREAK_AT_END", True, "job.jobVersion", "1.2.3"),
    ("job.packageVersion", "", "JSON_VALIDATION_ERROR", False, "job.packageVersion", "1.0.0"),
    ("job.name", "tile_mosaic", "JSON_VALIDATION_ERROR", False, "job.name", "tile-mosaic"),
    ("job.name", "Tile mosäic v1.2", "JSON_VALIDATION_ERROR", False, "job.name", "Tile-mosaic-v1-2"),
    ("job.name", "tile-mosaic\n", "LINE_BREAK_AT_END", True, "job.name", "tile-mosaic"),
    ("job.resources", {}, "RESOURCES_WITHOUT_SCALAR", True, "job.resources", {"scalar": []}),
    (
        "job.resources.scalar",
        {"cpus": 1, "mem": 2},
        "JSON_VALIDATION_ERROR",
        True,
        "job.resources.scalar",
        [{"name": "cpus", "value": 1}, {"name": "mem", "value": 2}],
    ),
    ("job.timeout", "600", "JSON_VALIDATION_ERROR", True, "job.timeout", 600),
    ("job.timeout", 600.0, "JSON_VALIDATION_ERROR", True, "job.timeout", 600),
    ("job.resources.scalar[0].value", "0.5", "JSON_VALIDATION_ERROR", True, "job.resources.scalar[0].value", 0.5),
    (f"{INPUTS}[0].mediaTypes", "image/tiff", "JSON_VALIDATION_ERROR", True, f"{INPUTS}[0].mediaTypes", ["image/tiff"]),
    (f"{OUTPUTS}[0].mediaType", ["image/tiff"], "JSON_VALIDATION_ERROR", True, f"{OUTPUTS}[0].mediaType", "image/tiff"),
    ("job.errors[1]", {"code": 7}, "JSON_VALIDATION_ERROR", False, "job.errors[1].name", "error-7"),
    (
        "job.errors[1]",
        {"code": 7, "title": "Bad Tile!"},
        "JSON_VALIDATION_ERROR",
        False,
        "job.errors[1].name",
        "bad-tile-2",
    ),
    (
        "job.errors[1]",
        {"code": 7, "name": "bad-tile"},
        "DUPLICATE_ERROR_NAMES",
        False,
        "job.errors[1].name",
        "bad-tile-error",
    ),
    ("job.errors[0].category", "system", "JSON_VALIDATION_ERROR", False, "job.errors[0].category", "job"),
    (f"{INPUTS}[1]", {"name": "TILES"}, "NAME_COLLISION_ERROR", False, f"{INPUTS}[1].name", "TILES-2"),
    (f"{OUTPUTS}[0].name", "TILES", "SHARED_NAME", False, f"{OUTPUTS}[0].name", "TILES-output"),
    (f"{OUTPUTS}[0].name", "mosaic-file", "NOT_NORMALIZED", False, f"{OUTPUTS}[0].name", "MOSAIC_FILE"),
    (
        "job.interface.mounts",
        [{"name": "DATA", "path": "mnt/dem"}],
        "INVALID_MOUNT_PATH",
        False,
        "job.interface.mounts[0].path",
        "/mnt/dem",
    ),
    (
        f"{INPUTS}[0]",
        {"name": "TILES", "media_types": []},
        "JSON_VALIDATION_ERROR",
        False,
        f"{INPUTS}[0]",
        {"name": "TILES", "mediaTypes": []},
    ),
    ("job.title", GONE, "JSON_VALIDATION_ERROR", False, "job.title", "TODO: title"),
    ("job.description", GONE, "JSON_VALIDATION_ERROR", False, "job.description", "TODO: description"),
    ("job.timeout", GONE, "JSON_VALIDATION_ERROR", False, "job.timeout", 3600),
    ("job.maintainer", GONE, "JSON_VALIDATION_ERROR", False, "job.maintainer.name", "TODO: name"),
    ("job.resources", GONE, "RECOMMENDED_RESOURCES", False, "job.resources.scalar[1]", {"name": "mem", "value": 128}),
    ("job.authorName", "Imagery Team", "JSON_VALIDATION_ERROR", None, "job.maintainer.name", "Imagery Team"),
    ("job.interface.cmd", "run", "JSON_VALIDATION_ERROR", None, "job.interface.command", "${TILES} ${OUTPUT_DIR}"),
    ("job.cpus", 2, "JSON_VALIDATION_ERROR", False, "job.resources.scalar[3]", {"name": "cpus", "value": 2}),
    (f"{OUTPUTS}[0].count", "1", "JSON_VALIDATION_ERROR", False, f"{OUTPUTS}[0].multiple", False),
    (f"{OUTPUTS}[0].count", "*", "JSON_VALIDATION_ERROR", False, f"{OUTPUTS}[0].multiple", True),
    (f"{OUTPUTS}[0].type", "file", "JSON_VALIDATION_ERROR", False, f"{OUTPUTS}[0].type", None),
    (
        "job.interface.settings",
        [{"name": "API_KEY"}],
        "SECRET_SETTING",
        False,
        "job.interface.settings[0].secret",
        True,
    ),
]


@pytest.mark.parametrize(("at", "value", "name", "safe", "path", "after"), FIXES)
def test_fixes(manifest, at, value, name, safe, path, after):
    if value is GONE:
        remove(manifest, parse(at))
    else:
        put(manifest, parse(at), value)
    found = next(each for each in validate(manifest) if each.name == name)
    if safe is None:  # the place is taken, so there is nothing that a machine could do
        assert found.fix is None
        assert found.suggestion
        return
    assert found.fix.safe == safe
    repaired = found.fix.apply(manifest)
    assert get(repaired.data, parse(path)) == after
    assert name == "JSON_VALIDATION_ERROR" or name not in [
        each.name for each in validate(repaired) if each.path == found.path
    ]
    assert (validate(manifest).fixed().data == repaired.data) == safe


def test_members_of_older_formats_move_to_their_new_place():
    old = {
        "manifestVersion": "0.1.0",
        "job": {
            "name": "old",
            "algorithmVersion": "1.0",
            "title": "t",
            "description": "d",
            "authorName": "Imagery Team",
            "authorEmail": "imagery@example.com",
            "cpus": 1.5,
            "mem": 64,
            "timeout": 5,
            "packageVersion": "1.0.0",
            "interface": {"cmd": "x", "inputData": {}, "outputData": {}},
            "errorMapping": [{"code": 1, "title": "Bad"}],
        },
    }
    manifest = Manifest.read(old)
    for _ in range(30):
        found = next((each for each in validate(manifest).errors if each.fix), None)
        if not found:
            break
        manifest = found.fix.apply(manifest)
    assert validate(manifest).is_valid
    job = manifest["job"]
    assert (job["jobVersion"], job["maintainer"], job["errors"][0]["name"]) == (
        "1.0.0",
        {"name": "Imagery Team", "email": "imagery@example.com"},
        "bad",
    )
    assert job["resources"]["scalar"] == [{"name": "cpus", "value": 1.5}, {"name": "mem", "value": 64}]
    assert set(job["interface"]) == {"command", "inputs", "outputs"}


def test_renaming_takes_the_command_along(manifest):
    manifest["job"]["interface"] |= {
        "inputs": {"files": [{"name": "IN"}, {"name": "in-file"}]},
        "command": "${IN} ${in-file}",
    }
    found = next(each for each in validate(manifest) if each.name == "NOT_NORMALIZED")
    assert found.fix.apply(manifest).at("job.interface.command") == "${IN} ${IN_FILE}"
    manifest["job"]["interface"]["inputs"]["files"][1]["name"] = "in"
    manifest["job"]["interface"]["command"] = "${IN} ${in}"
    found = next(each for each in validate(manifest) if each.name == "NAME_COLLISION_ERROR")
    assert found.fix.apply(manifest).at("job.interface.command") == "${IN} ${IN_2}"


def test_a_safe_fix_that_would_make_somebody_refuse_the_manifest_is_left_out(manifest):
    """Without its line break the second name collides in Scale, which accepts it now."""
    manifest["job"]["interface"]["inputs"]["files"].append({"name": "TILES\n"})
    manifest["job"]["timeout"] = 5
    assert validate(manifest).is_valid
    fixed = validate(manifest).fixed()
    assert validate(fixed).is_valid
    assert fixed.applied == ()


def test_fixing_keeps_the_layout_and_says_what_was_done(manifest):
    text = (
        json.dumps(manifest, indent=4)
        .replace('"timeout": 600', '"timeout": "600"')
        .replace('"value": 1.0', '"value": 1.00')
    )
    fixed = validate(text).fixed()
    assert fixed.applied == ("$.job.timeout: write 600",)
    assert fixed.text.strip() == text.replace('"600"', "600")


def test_what_cannot_be_fixed():
    for source in ("{", "[]", '"text"'):
        with pytest.raises(InvalidManifest):
            validate(source).fixed()
    with pytest.raises(InvalidManifest, match="came from a server"):
        Validation().fixed()


def test_a_request_body_is_not_taken_apart_unasked(manifest):
    assert validate({"manifest": manifest}).fixed().data == {"manifest": manifest}


WORDS = [
    (
        "job.errors[0]",
        {"code": 10},
        "$.job.errors[0]",
        'The error with code 10 has no "name".',
        'Add "name", for example "error-10".',
    ),
    (
        f"{INPUTS}[0].media_types",
        [],
        f"$.{INPUTS}[0].media_types",
        '"media_types" is not a member of a file input.',
        'It stands here as "mediaTypes" already; remove one.',
    ),
    (
        "job.jobVersion",
        "1.0",
        "$.job.jobVersion",
        '"1.0" is not a full version number of the form MAJOR.MINOR.PATCH.',
        'Use "1.0.0".',
    ),
    (
        "job.name",
        "tile_mosaic",
        "$.job.name",
        "The job name \"tile_mosaic\" contains '_'; only letters, digits and '-' are allowed.",
        'Use "tile-mosaic".',
    ),
    (
        "job.interface.settings",
        [{"name": "A"}, {"name": "TILES"}],
        "$.job.interface.settings[1].name",
        f'The setting "TILES" becomes the variable TILES, which the file input at $.{INPUTS}[0] already uses.',
        'Rename one of them, for example to "TILES-2".',
    ),
    (
        "job.errors[0].name",
        "mem",
        "$.job.errors[0].name",
        'The error "mem" shares its name with the resource at $.job.resources.scalar[1], which seed-cli refuses.',
        'Rename one of them, for example to "mem-error".',
    ),
    (
        "job.interface.mounts",
        [{"name": "DATA", "path": "mnt/dem"}],
        "$.job.interface.mounts[0].path",
        'The mount path "mnt/dem" is not absolute.',
        'Use "/mnt/dem".',
    ),
    (
        "job.resources",
        {},
        "$.job.resources",
        '"resources" has no "scalar" list; the server fails on it instead of answering.',
        'Add "scalar": [] or remove "resources".',
    ),
    (
        "job.timeout",
        "3600",
        "$.job.timeout",
        'The timeout is the text "3600" where a whole number is expected.',
        "Write 3600 without quotes.",
    ),
    (
        "job.timeout",
        None,
        "$.job.timeout",
        "The timeout is null where a whole number is expected.",
        "Write a whole number; it is required.",
    ),
    ("job.errors", {}, "$.job.errors", "The errors are an object where a list is expected.", "Write an empty list."),
    ("job.tags", [1], "$.job.tags[0]", "The tag is the number 1 where text is expected.", "Write text."),
    (
        "job.interface.mounts",
        [{"name": "A", "path": "/a", "mode": "r"}],
        "$.job.interface.mounts[0].mode",
        'The mode is the text "r"; it can be ro or rw.',
        "Use one of ro, rw.",
    ),
]


@pytest.mark.parametrize(("at", "value", "path", "description", "suggestion"), WORDS)
def test_words(manifest, at, value, path, description, suggestion):
    put(manifest, parse(at), value)
    found = next(each for each in validate(manifest) if "best practice" not in each.rejected_by)
    assert (found.path, found.description, found.suggestion) == (path, description, suggestion)


def test_long_values_are_cut(manifest):
    manifest["job"]["name"] = "x y" * 1000
    found = validate(manifest).errors[0]
    assert len(found.description) <= 300
    assert "…" in found.description


def test_numbers_are_shown_as_they_are_written(manifest):
    text = json.dumps(manifest).replace('"timeout": 600', '"timeout": 1e1')
    assert "the number 1e1" in validate(text).errors[0].description


def test_a_finding_is_one_line_with_its_place():
    text = '{\n  "seedVersion": "1.0.0",\n  "job": 5\n}'
    (found,) = validate(text)
    assert (
        str(found)
        == "3:10: error: JSON_VALIDATION_ERROR: The job is the number 5 where an object is expected. Write an object. [$.job]"
    )
    assert str(validate(text)).startswith("not valid: 1 error, 0 warnings, 0 advice\n3:10: ")
    assert validate(text).as_dict() == {
        "is_valid": False,
        "errors": [
            {"name": "JSON_VALIDATION_ERROR", "description": "The job is the number 5 where an object is expected."}
        ],
        "warnings": [],
    }


def old(manifest):
    """A manifest with faults of many kinds."""
    job = manifest["job"]
    job["errorMapping"] = [{"code": 1, "title": "Bad"}]
    del job["errors"], job["title"]
    job |= {"titel": "Tiles", "algorithmVersion": job.pop("jobVersion"), "timeout": "600", "cpus": 2, "mem": 5}
    del job["resources"]
    job["interface"]["inputs"]["files"].append({"name": "in-file"})
    job["interface"]["command"] = "${TILES} ${in-file} ${tiles} ${OUTPUT_DIR}"
    return manifest


def test_every_fix_can_be_applied_and_leaves_the_manifest_as_it_was(manifest):
    manifest = Manifest.read(old(manifest))
    before = manifest.text
    fixable = [found for found in validate(manifest) if found.fix]
    assert len(fixable) > 8
    for found in fixable:
        made = found.fix.apply(manifest)
        assert isinstance(made, Manifest)
        assert made.text != before
        assert made.applied == (found.fix.title,)
        assert [one.path for one in validate(made) if (one.name, one.path) == (found.name, found.path)] in (
            [],
            [found.path],
        )
    assert manifest.text == before


def test_all_fixes_at_once(manifest):
    fixed = validate(old(manifest)).fixed("all")
    assert validate(fixed).is_valid
    assert fixed.at("job.title") == "Tiles"
    assert fixed.at("job.interface.command") == "${TILES} ${IN_FILE} ${TILES} ${OUTPUT_DIR}"
    resources = {one["name"]: one["value"] for one in fixed.at("job.resources.scalar")}
    assert (resources["cpus"], resources["mem"]) == (2, 5)
    assert len(fixed.applied) == len(set(fixed.applied)) > 8


def test_chosen_fixes_do_not_undo_each_other(manifest):
    validation = validate(old(manifest))
    resources = [found for found in validation if found.path in {"$.job.cpus", "$.job.mem"}]
    fixed = validation.fixed(resources)
    assert fixed.at("job.resources.scalar") == [{"name": "cpus", "value": 2}, {"name": "mem", "value": 5}]
    assert len(fixed.applied) == 2
    names = [found for found in validation if found.name in {"NOT_NORMALIZED", "UNNORMALIZED_VARIABLE"}]
    assert "${IN_FILE} ${TILES}" in validation.fixed(names).at("job.interface.command")
    assert validation.fixed(names[0]).applied == validation.fixed(names[:1]).applied
    assert validation.fixed([]).data == manifest


def test_a_finding_without_a_fix_and_an_unknown_word_are_refused(manifest):
    manifest["job"]["interface"]["outputs"]["files"][0]["pattern"] = ""
    validation = validate(manifest)
    unfixable = next(found for found in validation if found.fix is None)
    with pytest.raises(InvalidParameter, match="has no fix"):
        validation.fixed([unfixable])
    with pytest.raises(InvalidParameter, match="'safe', 'all'"):
        validation.fixed("most")


@pytest.mark.parametrize("text", ["{'seedVersion': '1.0.0',}", '{"seedVersion": "1.0.0", /* a */ "job": {},}'])
def test_text_that_is_no_json_is_repaired_by_all(text):
    validation = validate(text)
    assert validation.fixed("all")["seedVersion"] == "1.0.0"
    found = next(one for one in validation if one.fix)
    assert found.fix.apply(text)["seedVersion"] == "1.0.0"
    with pytest.raises(InvalidManifest):
        validation.fixed()


def test_a_manifest_inside_a_text_is_taken_out(manifest):
    for wrapped in (json.dumps(json.dumps(manifest)), {"manifest": manifest}):
        validation = validate(wrapped)
        assert validation.fixed("all").data == manifest
        assert next(iter(validation)).fix.apply(wrapped).data == manifest


def test_findings_come_in_the_order_of_the_file(manifest):
    manifest["job"] |= {"description": "", "timeout": "600", "name": "a_b"}
    manifest["job"]["interface"]["mounts"] = [{"name": "M", "path": "m"}]
    for given in (json.dumps(manifest, indent=2), manifest):
        validation = validate(given, {"priority": 0})
        paths = [found.path for found in validation]
        assert paths[:3] == ["$.job.name", "$.job.description", "$.job.timeout"]
        assert [found.document for found in validation][-2:] == ["configuration"] * 2
        assert list(validation) == list(validation.findings)
        assert len(validation) == len(validation.errors) + len(validation.warnings)


def test_what_is_fixable_is_marked_in_text_and_html(manifest):
    manifest["job"] |= {"timeout": "600", "name": "<a_b>"}
    validation = validate(manifest)
    assert [line.rpartition("] ")[2] for line in str(validation).splitlines()[1:]] == ["(fix)", "(safe fix)"]
    html = validation._repr_html_()
    assert "safe fix: write 600" in html
    assert "<a_b>" not in html
    assert "&lt;a_b&gt;" in html


@pytest.mark.parametrize("end", ["", ",}", "} and more"])
def test_a_fix_applies_to_text_with_faults_too(manifest, end):
    manifest["job"]["timeout"] = "600"
    text = json.dumps(manifest, indent=2)
    text = text.removesuffix("}").rstrip() + end if end == ",}" else text + end.removeprefix("}")
    validation = validate(text)
    found = next(each for each in validation if each.path == "$.job.timeout")
    assert found.fix.apply(text).at("job.timeout") == 600
    assert validation.fixed([found]).at("job.timeout") == 600


def test_a_missing_maintainer_gets_placeholders(manifest):
    manifest["job"]["maintainer"] = {"url": "https://example.com"}
    fixed = validate(manifest).fixed("all")
    assert validate(fixed).is_valid
    assert fixed.at("job.maintainer.email") == "TODO: email"
