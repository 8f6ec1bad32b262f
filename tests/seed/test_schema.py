"""The schema files against a table of their rules, written a second time by hand."""

import jsonschema
import pytest

from jobtype_toolkit.seed.schema import configuration_schema, definition, manifest_schema, violations

NAME = "^[a-zA-Z0-9_-]+$"
KINDS = ["array", "boolean", "integer", "number", "object", "string"]
I, O = "job.interface.inputs", "job.interface.outputs"  # noqa: E741

RULES = {
    # path: (type, members that are required, constraint, default)
    "": ("object", {"seedVersion", "job"}, None, None),
    "seedVersion": ("string", set(), r"^1\.0\.0$", None),
    "job": (
        "object",
        {"name", "jobVersion", "packageVersion", "title", "description", "maintainer", "timeout"},
        None,
        None,
    ),
    "job.name": ("string", set(), "^[a-zA-Z0-9-]+$", None),
    "job.jobVersion": ("string", set(), "version", None),
    "job.packageVersion": ("string", set(), "version", None),
    "job.title": ("string", set(), None, None),
    "job.description": ("string", set(), None, None),
    "job.tags": ("array", set(), None, None),
    "job.tags.0": ("string", set(), None, None),
    "job.maintainer": ("object", {"name", "email"}, None, None),
    "job.maintainer.name": ("string", set(), None, None),
    "job.maintainer.email": ("string", set(), None, None),
    "job.maintainer.organization": ("string", set(), None, None),
    "job.maintainer.url": ("string", set(), None, None),
    "job.maintainer.phone": ("string", set(), None, None),
    "job.timeout": ("integer", set(), None, None),
    "job.resources": ("object", set(), None, None),
    "job.resources.scalar": ("array", set(), None, None),
    "job.resources.scalar.0": ("object", {"name", "value"}, None, None),
    "job.resources.scalar.0.name": ("string", set(), NAME, None),
    "job.resources.scalar.0.value": ("number", set(), None, None),
    "job.resources.scalar.0.inputMultiplier": ("number", set(), None, None),
    "job.interface": ("object", set(), None, None),
    "job.interface.command": ("string", set(), None, None),
    I: ("object", set(), None, None),
    f"{I}.files": ("array", set(), None, None),
    f"{I}.files.0": ("object", {"name"}, None, None),
    f"{I}.files.0.name": ("string", set(), NAME, None),
    f"{I}.files.0.mediaTypes": ("array", set(), None, None),
    f"{I}.files.0.mediaTypes.0": ("string", set(), None, None),
    f"{I}.files.0.required": ("boolean", set(), None, True),
    f"{I}.files.0.multiple": ("boolean", set(), None, False),
    f"{I}.files.0.partial": ("boolean", set(), None, False),
    f"{I}.json": ("array", set(), None, None),
    f"{I}.json.0": ("object", {"name", "type"}, None, None),
    f"{I}.json.0.name": ("string", set(), NAME, None),
    f"{I}.json.0.type": ("string", set(), KINDS, None),
    f"{I}.json.0.required": ("boolean", set(), None, True),
    O: ("object", set(), None, None),
    f"{O}.files": ("array", set(), None, None),
    f"{O}.files.0": ("object", {"name", "pattern"}, None, None),
    f"{O}.files.0.name": ("string", set(), NAME, None),
    f"{O}.files.0.pattern": ("string", set(), None, None),
    f"{O}.files.0.mediaType": ("string", set(), None, "application/octet-stream"),
    f"{O}.files.0.multiple": ("boolean", set(), None, False),
    f"{O}.files.0.required": ("boolean", set(), None, True),
    f"{O}.json": ("array", set(), None, None),
    f"{O}.json.0": ("object", {"name", "type"}, None, None),
    f"{O}.json.0.name": ("string", set(), NAME, None),
    f"{O}.json.0.key": ("string", set(), None, None),
    f"{O}.json.0.type": ("string", set(), KINDS, None),
    f"{O}.json.0.required": ("boolean", set(), None, True),
    "job.interface.mounts": ("array", set(), None, None),
    "job.interface.mounts.0": ("object", {"name", "path"}, None, None),
    "job.interface.mounts.0.name": ("string", set(), NAME, None),
    "job.interface.mounts.0.path": ("string", set(), None, None),
    "job.interface.mounts.0.mode": (None, set(), ["ro", "rw"], "ro"),
    "job.interface.settings": ("array", set(), None, None),
    "job.interface.settings.0": ("object", {"name"}, None, None),
    "job.interface.settings.0.name": ("string", set(), NAME, None),
    "job.interface.settings.0.secret": ("boolean", set(), None, False),
    "job.errors": ("array", set(), None, None),
    "job.errors.0": ("object", {"code", "name"}, None, None),
    "job.errors.0.code": ("integer", set(), None, None),
    "job.errors.0.name": ("string", set(), NAME, None),
    "job.errors.0.title": ("string", set(), None, None),
    "job.errors.0.description": ("string", set(), None, None),
    "job.errors.0.category": ("string", set(), ["job", "data"], "job"),
}


def test_every_field_has_the_rules_of_the_table_and_no_other():
    found = {".".join(map(str, path)): node for path, node in manifest_schema().walk()}
    assert set(found) == set(RULES)
    for path, (kind, required, constraint, default) in RULES.items():
        node = found[path]
        assert node.type == kind, path
        assert set(node.required) == required, path
        assert node.default == default, path
        assert node.closed == (kind == "object"), path
        if constraint != "version":
            assert (node.pattern or node.enum) == constraint, path


@pytest.mark.parametrize("name", ["seed.manifest", "configuration"])
def test_the_schemas_are_draft_4_and_use_no_word_that_the_engine_does_not_know(name):
    jsonschema.Draft4Validator.check_schema(definition(name))
    known = {
        "$schema",
        "title",
        "description",
        "type",
        "default",
        "enum",
        "minimum",
        "pattern",
        "required",
        "properties",
        "additionalProperties",
        "items",
        "oneOf",
    }

    def words(node, inside=None):
        if isinstance(node, dict):
            if inside != "properties":
                assert set(node) <= known
            for key, member in node.items():
                if key != "default":
                    words(member, key if inside != "properties" else None)
        elif isinstance(node, list) and inside == "oneOf":
            for member in node:
                words(member)

    words(definition(name))


@pytest.mark.parametrize("schema", [manifest_schema, configuration_schema])
def test_every_field_has_a_title_and_a_description(schema):
    for path, node in schema().walk():
        assert node.title, path
        assert node.description.endswith("."), path


@pytest.mark.parametrize(
    "version", ["0.0.0", "1.2.3", "10.20.30", "1.0.0-rc.1", "1.0.0-0.a.1a", "1.0.0+01", "1.0.0--", "1.0.0-a+b.c"]
)
def test_full_version_numbers(version):
    assert manifest_schema().at(("job", "jobVersion")).allows(version)


@pytest.mark.parametrize(
    "version",
    [
        "",
        "1",
        "1.0",
        "v1.0.0",
        "01.0.0",
        "1.0.0-01",
        "1.0.0-",
        "1.0.0+",
        "1.0.0.0",
        " 1.0.0",
        "1.0.0-a..b",
        "\u0661.0.0",
        "1.0.0-é",
    ],
)
def test_what_is_no_full_version_number(version):
    assert not manifest_schema().at(("job", "jobVersion")).allows(version)


@pytest.mark.parametrize(
    ("configuration", "keywords"),
    [
        ({}, []),
        ({"priority": 1, "mounts": {}, "settings": {}, "output_workspaces": {}, "version": "7"}, []),
        ({"mounts": {"A": {"type": "volume"}, "B": {"type": "host", "host_path": "/x"}}}, []),
        ({"mounts": {"A": {"type": "volume", "driver": "", "driver_opts": {"a": "b"}}}}, []),
        ({"mounts": {"A": {"type": "host"}}}, ["required"]),
        ({"mounts": {"A": {"type": "host", "host_path": "/x", "driver": ""}}}, ["additionalProperties"]),
        ({"mounts": {"A": {"type": "nfs"}, "B": {}, "C": "x"}}, ["oneOf", "oneOf", "type"]),
        ({"mounts": []}, ["type"]),
        ({"settings": {"A": 1, "B": None}}, ["type", "type"]),
        ({"priority": 0}, ["minimum"]),
        ({"priority": 1.5}, ["type"]),
        (
            {"output_workspaces": {"default": None, "outputs": {"A": 1}, "x": 1}},
            ["type", "type", "additionalProperties"],
        ),
        ({"version": "1.0"}, ["enum"]),
        ({"x": 1}, ["additionalProperties"]),
        ([], ["type"]),
    ],
)
def test_configurations(configuration, keywords):
    assert [each.keyword for each in violations(configuration_schema(), configuration)] == keywords
    assert jsonschema.Draft4Validator(definition("configuration")).is_valid(configuration) == (not keywords)
