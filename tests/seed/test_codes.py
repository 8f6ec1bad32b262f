"""Each of v6's codes, with what raises it; and our own names."""

import pytest

from jobtype_toolkit.seed.json.document import plain
from jobtype_toolkit.seed.rules.configuration import ORDER as CONFIGURATION_ORDER
from jobtype_toolkit.seed.rules.configuration import WARNINGS
from jobtype_toolkit.seed.validator import validate, validate_documents

WORKSPACES = {"products": True, "old": False}


def interface(manifest, **members):
    manifest["job"]["interface"] |= members
    return manifest


def configured(manifest, configuration, **options):
    return validate(manifest, configuration, **{"workspaces": WORKSPACES, **options})


def names(found):
    return [each.name for each in found]


READY = {"output_workspaces": {"default": "products"}}


def test_a_good_manifest_and_configuration_give_nothing(manifest):
    assert configured(manifest, READY).findings == ()


@pytest.mark.parametrize(
    ("configuration", "code", "path"),
    [
        ({"version": "1.0"}, "INVALID_VERSION", "$.version"),
        ({"version": 7}, "INVALID_VERSION", "$.version"),
        ({"version": None}, "INVALID_VERSION", "$.version"),
        ({"priority": 0}, "INVALID_CONFIGURATION", "$.priority"),
        ({"priority": "high"}, "INVALID_CONFIGURATION", "$.priority"),
        ({"settings": {"A": 5}}, "INVALID_CONFIGURATION", "$.settings.A"),
        ({"mounts": []}, "INVALID_CONFIGURATION", "$.mounts"),
        ({"mounts": {"A": {"host_path": "/x"}}}, "INVALID_CONFIGURATION", "$.mounts.A"),
        ({"mounts": {"A": "x"}}, "INVALID_CONFIGURATION", "$.mounts.A"),
        ({"output_workspaces": None}, "INVALID_CONFIGURATION", "$.output_workspaces"),
        ({"queue": 1}, "INVALID_CONFIGURATION", "$.queue"),
        ({"mounts": {"A": {"type": "host", "host_path": "x"}}}, "HOST_ABSOLUTE_PATH", "$.mounts.A.host_path"),
        ({"output_workspaces": {"default": "prodcts"}}, "INVALID_WORKSPACE", "$.output_workspaces.default"),
        (
            {"output_workspaces": {"default": "products", "outputs": {"MOSAIC": ""}}},
            "INVALID_WORKSPACE",
            "$.output_workspaces.outputs.MOSAIC",
        ),
        ({}, "MISSING_WORKSPACE", "$"),
    ],
)
def test_errors_of_the_configuration(manifest, configuration, code, path):
    validation = configured(manifest, READY | configuration if code != "MISSING_WORKSPACE" else configuration)
    first = validation.errors[0]
    assert (first.name, first.path, first.document) == (code, path, "configuration")
    assert first.rejected_by == {"Scale"}
    assert first.severity == "error"


def test_a_misspelt_workspace_is_suggested(manifest):
    assert (
        configured(manifest, {"output_workspaces": {"default": "prodcts"}}).errors[0].suggestion
        == 'Did you mean "products"?'
    )


def test_one_error_names_all_outputs_without_workspace(manifest):
    interface(
        manifest,
        outputs={
            "files": [
                {"name": "A", "pattern": "*"},
                {"name": "B", "pattern": "*", "required": False},
                {"name": "C", "pattern": "*"},
            ]
        },
    )
    validation = configured(manifest, {"output_workspaces": {"outputs": {"A": "products"}}})
    assert names(validation.errors) == ["MISSING_WORKSPACE"]
    assert '"B", "C"' in validation.errors[0].description


def test_warnings_come_in_v6s_order(manifest):
    interface(
        manifest,
        mounts=[{"name": "DATA", "path": "/data"}],
        settings=[{"name": "LEVEL"}, {"name": "PIN", "secret": True}],
    )
    manifest["job"]["resources"]["scalar"].append({"name": "licences", "value": 1})
    configuration = {
        "settings": {"NOPE": "x"},
        "mounts": {"NOPE": {"type": "host", "host_path": "/x"}},
        "output_workspaces": {"default": "old"},
    }
    validation = configured(manifest, configuration)
    assert validation.is_valid
    ours = [each for each in validation.warnings if each.name in WARNINGS]
    assert names(ours) == [
        "UNKNOWN_MOUNT",
        "MISSING_MOUNT",
        "DEPRECATED_WORKSPACE",
        "UNKNOWN_SETTING",
        "MISSING_SETTING",
        "MISSING_SETTING",
        "NONSTANDARD_RESOURCE",
    ]
    assert all(not each.rejected_by and each.severity == "warning" for each in ours)


def test_without_workspaces_their_check_is_skipped_and_said_to_be(manifest):
    validation = configured(manifest, READY, workspaces=None)
    assert names(validation) == ["WORKSPACES_NOT_CHECKED"]
    assert validation.is_valid
    assert configured(manifest, READY, workspaces={}).errors[0].name == "INVALID_WORKSPACE"


def test_codes_that_only_an_edit_can_raise(manifest):
    for configuration, code in [({"priority": 0}, "INVALID_PRIORITY"), ({"settings": {"A": None}}, "INVALID_SETTING")]:
        edited = validate_documents(plain(manifest), plain(READY | configuration), workspaces=WORKSPACES, edit=True)
        assert names(edited.errors) == [code]
        assert names(configured(manifest, READY | configuration).errors) == ["INVALID_CONFIGURATION"]


def test_the_first_error_is_the_servers_first_error(manifest):
    """Everything wrong at once, in the order in which a server would stop."""
    manifest["job"]["errors"] = [{"code": 1, "name": "e"}, {"code": 2, "name": "e"}]
    manifest["job"]["resources"]["scalar"].append({"name": "GPUS", "value": 0.5})
    interface(
        manifest,
        mounts=[{"name": "M", "path": "a"}, {"name": "M", "path": "/b"}],
        inputs={"files": [{"name": "OUTPUT_DIR"}]},
    )
    manifest["job"]["timeout"] = "x"
    configuration = {
        "version": "9",
        "priority": 0,
        "mounts": {"M": {"type": "host", "host_path": "x"}},
        "output_workspaces": {"outputs": {"MOSAIC": "none"}, "default": ""},
    }
    expected = [
        "JSON_VALIDATION_ERROR",
        "JSON_VALIDATION_ERROR",
        "NAME_COLLISION_ERROR",
        "DUPLICATE_MOUNT_NAMES",
        "DUPLICATE_ERROR_NAMES",
        "INVALID_MOUNT_PATH",
        "INVALID_VERSION",
        "INVALID_CONFIGURATION",
        "HOST_ABSOLUTE_PATH",
        "INVALID_WORKSPACE",
    ]
    errors = configured(manifest, configuration).errors
    assert names(errors) == expected
    assert errors[0].path == "$.job.timeout"
    assert set(CONFIGURATION_ORDER) - {
        "MALFORMED_JSON",
        "INVALID_SETTING",
        "INVALID_PRIORITY",
        "MISSING_WORKSPACE",
    } <= set(expected)


def test_servers_of_version_6_lack_three_checks(manifest):
    manifest["job"]["errors"] = [{"code": 1, "name": "e"}, {"code": 2, "name": "e"}]
    manifest["job"]["resources"]["scalar"].append({"name": "gpus", "value": 0.5})
    manifest["job"]["name"] = "validation"
    assert names(validate(manifest, against="7.0").errors) == ["JSON_VALIDATION_ERROR", "DUPLICATE_ERROR_NAMES"]
    old = validate(manifest, against="6")
    assert old.is_valid
    assert "RESERVED_JOB_NAME" not in names(old)
    assert "WORKSPACES_NOT_CHECKED" in names(validate(manifest, READY, against="6"))
    assert names(validate(manifest, READY | {"version": "7"}, against="6").errors) == ["INVALID_VERSION"]


@pytest.mark.parametrize(
    ("path", "longest"),
    [
        (("name",), 50),
        (("jobVersion",), 50),
        (("tags", 0), 50),
        (("errors", 0, "name"), 50),
        (("errors", 0, "title"), 50),
        (("errors", 0, "description"), 250),
    ],
)
def test_lengths_that_the_database_refuses(manifest, path, longest):
    manifest["job"]["tags"] = ["tag"]
    parent = manifest["job"]
    for step in path[:-1]:
        parent = parent[step]
    filler = "1.0.0-" if path == ("jobVersion",) else ""
    parent[path[-1]] = filler + "a" * (longest - len(filler))
    assert "TOO_LONG" not in names(validate(manifest))
    parent[path[-1]] += "a"
    found = next(each for each in validate(manifest) if each.name == "TOO_LONG")
    assert found.rejected_by == {"Scale create"}
    assert validate(manifest).is_valid


def test_image_names(manifest):
    def image(name):
        return [each.name for each in validate(manifest, docker_image=name)]

    assert image("registry.example.com:5000/imagery/tile-mosaic-1.2.0-seed:1.0.0") == []
    assert image("tile-mosaic-1.2.0-seed:1.0.1") == ["IMAGE_TAG"]
    assert image("tile-mosaic-1.2.0-seed") == ["IMAGE_TAG"]
    assert image("tile-mosaic-1.1.0-seed:1.0.0") == ["IMAGE_NAME"]


ADVICE = {
    "TIMEOUT_NOT_POSITIVE": ("timeout", 0),
    "EMPTY_TEXT": ("title", " "),
    "PLACEHOLDER": ("description", "TODO: description"),
    "REPEATED_TAG": ("tags", ["a", "b", "a"]),
    "RECOMMENDED_RESOURCES": ("resources", {"scalar": [{"name": "cpus", "value": 1}]}),
    "ERROR_CODE_ZERO": ("errors", [{"code": 0, "name": "e", "description": "d"}]),
    "ERROR_CODE_RANGE": ("errors", [{"code": 256, "name": "e", "description": "d"}]),
    "DUPLICATE_ERROR_CODE": (
        "errors",
        [{"code": 1, "name": "a", "description": "d"}, {"code": 1, "name": "b", "description": "d"}],
    ),
    "ERROR_WITHOUT_DESCRIPTION": ("errors", [{"code": 1, "name": "a"}, {"code": 2, "name": "b"}]),
}


@pytest.mark.parametrize("name", ADVICE)
def test_advice_about_the_job(manifest, name):
    member, value = ADVICE[name]
    manifest["job"][member] = value
    validation = validate(manifest)
    assert validation.is_valid
    assert names(validation) == [name]
    assert validation.warnings[0].rejected_by == {"best practice"}


INTERFACE_ADVICE = [
    ("NEGATIVE_RESOURCE", "resource", {"name": "gpus", "value": -1}),
    ("MEDIA_TYPE_FORM", "inputs", {"files": [{"name": "TILES", "mediaTypes": ["tiff"]}]}),
    ("MEDIA_TYPE_FORM", "outputs", {"files": [{"name": "O", "pattern": "*", "mediaType": "tiff"}]}),
    ("PATTERN_MATCHES_NOTHING", "outputs", {"files": [{"name": "O", "pattern": "/out/*"}]}),
    ("PATTERN_MATCHES_NOTHING", "outputs", {"files": [{"name": "O", "pattern": ""}]}),
    ("PATTERN_MATCHES_NOTHING", "outputs", {"files": [{"name": "O", "pattern": "${OUTPUT_DIR}/*"}]}),
    ("PATTERN_UNBALANCED", "outputs", {"files": [{"name": "O", "pattern": "a[0-9"}]}),
    ("PATTERN_WITHOUT_WILDCARD", "outputs", {"files": [{"name": "O", "pattern": "a.tif", "multiple": True}]}),
    ("JSON_OUTPUT_WITHOUT_KEY", "outputs", {"json": [{"name": "COUNT", "type": "integer"}]}),
    ("SHARED_MOUNT_PATH", "mounts", [{"name": "A", "path": "/a"}, {"name": "B", "path": "/a"}]),
    ("MOUNT_PATH_DOTS", "mounts", [{"name": "A", "path": "/a/../b"}]),
    ("SECRET_SETTING", "settings", [{"name": "API_KEY"}]),
    ("UNDECLARED_VARIABLE", "command", "${TILES} ${NOPE}"),
    ("UNUSED_INPUT", "command", "run"),
    ("UNNORMALIZED_VARIABLE", "command", "${tiles}"),
]


@pytest.mark.parametrize(("name", "member", "value"), INTERFACE_ADVICE)
def test_advice_about_the_interface(manifest, name, member, value):
    if member == "resource":
        manifest["job"]["resources"]["scalar"].append(value)
    else:
        interface(manifest, **{member: value})
    validation = validate(manifest)
    assert validation.is_valid
    assert name in names(validation)
    assert names(each for each in validation if each.rejected_by == {"best practice"}) == [name]


def test_a_resource_that_is_nearly_standard_is_suggested(manifest):
    manifest["job"]["resources"]["scalar"].append({"name": "GPU", "value": 1})
    (found,) = validate(manifest)
    assert (found.name, found.suggestion, found.rejected_by) == (
        "NONSTANDARD_RESOURCE",
        'Did you mean "gpus"?',
        frozenset(),
    )


def test_the_standard_variables_of_the_runtime_are_declared(manifest):
    interface(
        manifest, command="for tile in $TILES; do N=1; run $tile $N ${OUTPUT_DIR} ${ALLOCATED_MEM} ${TILES%.tif}; done"
    )
    assert validate(manifest).findings == ()


def test_a_configuration_for_an_unreadable_manifest_is_judged_alone():
    configuration = {
        "settings": {"A": "x"},
        "mounts": {"M": {"type": "host", "host_path": "x"}},
        "output_workspaces": {"default": "none"},
    }
    for unreadable in ("{", "[]", {"manifest": {}}):
        found = [each for each in configured(unreadable, configuration) if each.document == "configuration"]
        assert names(found) == ["HOST_ABSOLUTE_PATH", "INVALID_WORKSPACE"]


def test_a_key_twice_in_a_configuration(manifest):
    text = '{"output_workspaces": {"default": "products"}, "priority": 1, "priority": 2}'
    (found,) = configured(manifest, text)
    assert (found.name, found.document, found.column) == ("DUPLICATE_KEY", "configuration", 63)
