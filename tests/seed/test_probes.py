"""The matrix of the three validators, line by line, on manifests of our own."""

import copy
import json

import pytest

from jobtype_toolkit.seed.validator import validate

YES, NO = True, False


def base():
    return {
        "seedVersion": "1.0.0",
        "job": {
            "name": "edge-finder",
            "jobVersion": "1.0.0",
            "packageVersion": "1.0.0",
            "title": "Edges",
            "description": "Finds edges.",
            "maintainer": {"name": "Imagery Team", "email": "imagery@example.com"},
            "timeout": 60,
            "interface": {
                "command": "${SCENE}",
                "inputs": {"files": [{"name": "SCENE"}], "json": []},
                "outputs": {"files": [{"name": "EDGES", "pattern": "*.json"}]},
            },
            "resources": {"scalar": [{"name": "cpus", "value": 1.0}, {"name": "mem", "value": 64}]},
            "errors": [{"code": 1, "name": "no-edge"}],
        },
    }


def changed(path, value):
    """The base as text, with one member set; `...` takes it out."""
    root = base()
    parent = root
    for step in path[:-1]:
        parent = parent[step]
    if value is ...:
        del parent[path[-1]]
    elif isinstance(parent, list) and path[-1] == len(parent):
        parent.append(value)
    else:
        parent[path[-1]] = value
    return json.dumps(root, ensure_ascii=False)


def written(path, spelling):
    """The base as text, with one value spelled as given."""
    return changed(path, "<here>").replace('"<here>"', spelling)


JOB = ("job",)
INPUT = (*JOB, "interface", "inputs", "files", 0, "name")
OUTPUT = (*JOB, "interface", "outputs", "files", 0, "name")
INPUTS = (*JOB, "interface", "inputs", "files")
SCALAR = (*JOB, "resources", "scalar")
ERRORS = (*JOB, "errors")
MOUNTS = (*JOB, "interface", "mounts")
COLLISION, SCHEMA = "NAME_COLLISION_ERROR", "JSON_VALIDATION_ERROR"


def with_(*changes):
    root = base()
    for path, value in changes:
        parent = root
        for step in path[:-1]:
            parent = parent[step]
        parent[path[-1]] = copy.deepcopy(value)
    return json.dumps(root)


def mount(name, path="/data"):
    return {"name": name, "path": path}


PROBES = [
    # what, manifest, schema, Scale (a code if not), seed-cli, seed-cli -w
    ("base", json.dumps(base()), YES, None, YES, YES),
    ("resources: {}", changed((*JOB, "resources"), {}), YES, "RESOURCES_WITHOUT_SCALAR", YES, YES),
    ("outputs: {}", changed((*JOB, "interface", "outputs"), {}), YES, None, YES, YES),
    (
        "only JSON outputs",
        changed((*JOB, "interface", "outputs"), {"json": [{"name": "count", "key": "c", "type": "integer"}]}),
        YES,
        None,
        YES,
        NO,
    ),
    ("input and output share a name", changed(OUTPUT, "SCENE"), YES, None, NO, NO),
    ("input named like a resource", changed(INPUT, "MEM"), YES, None, NO, NO),
    ("input OUTPUT_DIR", changed(INPUT, "OUTPUT_DIR"), YES, COLLISION, NO, NO),
    ("input output-dir", changed(INPUT, "output-dir"), YES, COLLISION, YES, NO),
    ("input ALLOCATED_MEM", changed(INPUT, "ALLOCATED_MEM"), YES, COLLISION, NO, NO),
    ("input ALLOCATED-MEM", changed(INPUT, "ALLOCATED-MEM"), YES, COLLISION, YES, NO),
    ("output OUTPUT_DIR", changed(OUTPUT, "OUTPUT_DIR"), YES, None, NO, NO),
    ("relative mount path", changed(MOUNTS, [mount("DATA", "data")]), YES, "INVALID_MOUNT_PATH", YES, YES),
    ("gpus 0.5", changed((*SCALAR, 2), {"name": "gpus", "value": 0.5}), YES, SCHEMA, YES, YES),
    ("resource twice", changed((*SCALAR, 2), {"name": "mem", "value": 1}), YES, COLLISION, NO, NO),
    ("resource twice by case", changed((*SCALAR, 2), {"name": "MEM", "value": 1}), YES, COLLISION, NO, NO),
    (
        "output twice",
        changed((*JOB, "interface", "outputs", "files", 1), {"name": "EDGES", "pattern": "*"}),
        YES,
        None,
        NO,
        NO,
    ),
    ("error code twice", changed((*ERRORS, 1), {"code": 1, "name": "other"}), YES, None, YES, YES),
    ("errors differ by case", changed((*ERRORS, 1), {"code": 2, "name": "No-Edge"}), YES, None, NO, NO),
    ("mount named like an input", changed(MOUNTS, [mount("SCENE")]), YES, None, NO, NO),
    ("error named like an input", changed((*ERRORS, 0, "name"), "SCENE"), YES, None, NO, NO),
    ("timeout 10.0", written((*JOB, "timeout"), "10.0"), NO, SCHEMA, NO, NO),
    ("timeout -1", changed((*JOB, "timeout"), -1), YES, None, YES, YES),
    ("error code 0", changed((*ERRORS, 0, "code"), 0), YES, None, YES, YES),
    ("job named validation", changed((*JOB, "name"), "validation"), YES, None, YES, YES),
    ("seedVersion 1x0y0", changed(("seedVersion",), "1x0y0"), NO, SCHEMA, NO, NO),
    ("name ends in a line break", changed((*JOB, "name"), "edge-finder\n"), YES, None, NO, NO),
    ("inputs a-b and A_B", changed(INPUTS, [{"name": "a-b"}, {"name": "A_B"}]), YES, COLLISION, NO, NO),
    ("a resource of one's own", changed((*SCALAR, 2), {"name": "licences", "value": 1}), YES, None, YES, YES),
    ("job name in upper case", changed((*JOB, "name"), "EDGES"), YES, None, YES, YES),
    ("negative cpus", changed((*SCALAR, 0, "value"), -1.0), YES, None, YES, YES),
    ("timeout true", changed((*JOB, "timeout"), True), NO, SCHEMA, NO, NO),
    ("text after the document", json.dumps(base()) + " more", NO, "MALFORMED_JSON", YES, YES),
    (
        "duplicate key, well typed",
        json.dumps(base()).replace('"timeout": 60', '"timeout": 50, "timeout": 60'),
        YES,
        None,
        YES,
        YES,
    ),
    ("byte order mark", b"\xef\xbb\xbf" + json.dumps(base()).encode(), NO, "MALFORMED_JSON", NO, NO),
    (
        "JSON output without key",
        changed((*JOB, "interface", "outputs"), {"json": [{"name": "count", "type": "integer"}]}),
        YES,
        None,
        YES,
        NO,
    ),
    ("interface: null", changed((*JOB, "interface"), None), NO, SCHEMA, NO, NO),
    ("timeout 2^70", changed((*JOB, "timeout"), 2**70), YES, None, NO, NO),
    ("resource value 1e400", written((*SCALAR, 1, "value"), "1e400"), YES, None, NO, NO),
    (
        "hidden value of the wrong type",
        json.dumps(base()).replace('"timeout": 60', '"timeout": "a", "timeout": 60'),
        YES,
        None,
        NO,
        NO,
    ),
    ("invalid UTF-8", json.dumps(base()).encode().replace(b"Edges", b"Ed\xffes"), NO, "MALFORMED_JSON", YES, YES),
    ("input output_dir", changed(INPUT, "output_dir"), YES, COLLISION, YES, NO),
    ("input allocated_mem", changed(INPUT, "allocated_mem"), YES, COLLISION, NO, NO),
    ("error OUTPUT_DIR", changed((*ERRORS, 0, "name"), "OUTPUT_DIR"), YES, None, NO, NO),
    ("resource OUTPUT_DIR", changed((*SCALAR, 2), {"name": "OUTPUT_DIR", "value": 1}), YES, None, NO, NO),
    ("error name twice", changed((*ERRORS, 1), {"code": 2, "name": "no-edge"}), YES, "DUPLICATE_ERROR_NAMES", NO, NO),
    ("mount name twice", changed(MOUNTS, [mount("A", "/a"), mount("A", "/b")]), YES, "DUPLICATE_MOUNT_NAMES", NO, NO),
    ("mounts A-B and A_B", changed(MOUNTS, [mount("A-B", "/a"), mount("A_B", "/b")]), YES, None, NO, NO),
    (
        "setting named like an input",
        changed((*JOB, "interface", "settings"), [{"name": "SCENE"}]),
        YES,
        COLLISION,
        NO,
        NO,
    ),
    ("input in-file", changed(INPUT, "in-file"), YES, None, YES, NO),
    ("no resources", changed((*JOB, "resources"), ...), YES, None, YES, YES),
    ("ALLOCATED_GPUS without gpus", changed(INPUT, "ALLOCATED_GPUS"), YES, None, YES, YES),
    ("error code 10^30", changed((*ERRORS, 0, "code"), 10**30), YES, None, NO, NO),
    ("resource value NaN", written((*SCALAR, 1, "value"), "NaN"), NO, "MALFORMED_JSON", NO, NO),
    ("gpus 2.0", changed((*SCALAR, 2), {"name": "gpus", "value": 2.0}), YES, None, YES, YES),
    ("timeout 1e1", written((*JOB, "timeout"), "1e1"), NO, SCHEMA, NO, NO),
    (
        "resources: {} and error twice",
        with_(((*JOB, "resources"), {}), (ERRORS, [{"code": 1, "name": "e"}, {"code": 2, "name": "e"}])),
        YES,
        "RESOURCES_WITHOUT_SCALAR",
        NO,
        NO,
    ),
]


@pytest.mark.parametrize(
    ("text", "schema", "scale", "cli", "strict"), [probe[1:] for probe in PROBES], ids=[probe[0] for probe in PROBES]
)
def test_the_matrix_of_the_three_validators(text, schema, scale, cli, strict):
    validation = validate(text)
    assert ("schema" not in validation.rejected_by) == schema
    assert [each.name for each in validation.errors[:1]] == ([scale] if scale else [])
    assert validation.is_valid == (scale is None)
    assert ("seed-cli" not in validation.rejected_by) == cli
    assert (not validation.rejected_by & {"seed-cli", "seed-cli -w"}) == strict


def test_there_is_a_probe_for_each_of_the_56_lines():
    assert len(PROBES) == 56


def test_a_custom_resource_is_warned_about_in_scales_own_name():
    validation = validate(changed((*SCALAR, 2), {"name": "OUTPUT_DIR", "value": 1}))
    assert "NONSTANDARD_RESOURCE" in [each.name for each in validation.warnings]


def test_the_name_validation_and_prereleases_pass_validation_but_not_creation():
    for path, value, name in [
        ("name", "validation", "RESERVED_JOB_NAME"),
        ("jobVersion", "1.0.0-rc.1", "UNREACHABLE_VERSION"),
    ]:
        validation = validate(changed((*JOB, path), value))
        assert validation.is_valid
        found = next(each for each in validation.warnings if each.name == name)
        assert (found.severity, found.rejected_by) == ("error", {"Scale create"})
