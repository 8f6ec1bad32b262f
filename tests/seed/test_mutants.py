"""An oracle written a second time, with jsonschema and plain loops, agrees on generated and on damaged real manifests."""

import collections
import copy
import csv
import json
import random
import re

import jsonschema
import pytest
from hypothesis import given
from sizes import and_in_soak

from jobtype_toolkit.seed.schema import definition
from jobtype_toolkit.seed.validator import validate

from .strategies import mutants
from .test_properties import THOUSAND

pytestmark = pytest.mark.slow

SCHEMA = jsonschema.Draft4Validator(definition("seed.manifest"))


def scale(manifest):
    """The first code of Scale's own checks, None if it accepts; the manifest obeys the schema."""
    job = manifest["job"]
    interface = job.get("interface", {})
    if "resources" in job and "scalar" not in job["resources"]:
        return "RESOURCES_WITHOUT_SCALAR"
    resources = job.get("resources", {}).get("scalar", [])
    for resource in resources:
        if resource["name"].lower() == "gpus" and not float(min(max(resource["value"], -1e300), 1e300)).is_integer():
            return "JSON_VALIDATION_ERROR"
    inputs = interface.get("inputs", {})
    taken = ["OUTPUT_DIR", *("allocated_" + item["name"] for item in resources)]
    taken += [
        item["name"]
        for items in (interface.get("settings", []), inputs.get("files", []), inputs.get("json", []))
        for item in items
    ]
    if max(collections.Counter(name.upper().replace("-", "_") for name in taken).values()) > 1:
        return "NAME_COLLISION_ERROR"
    for items, code in (
        (interface.get("mounts", []), "DUPLICATE_MOUNT_NAMES"),
        (job.get("errors", []), "DUPLICATE_ERROR_NAMES"),
    ):
        if len({item["name"] for item in items}) < len(items):
            return code
    if any(not mount["path"].startswith("/") for mount in interface.get("mounts", [])):
        return "INVALID_MOUNT_PATH"
    return None


def seed_cli(manifest):
    """Whether seed-cli accepts; the manifest obeys the schema and has no duplicate keys."""
    job = manifest["job"]
    interface = job.get("interface", {})
    inputs, outputs = interface.get("inputs", {}), interface.get("outputs", {})
    resources = [item["name"] for item in job.get("resources", {}).get("scalar", [])]
    others = [
        item["name"]
        for items in (
            inputs.get("files", []),
            inputs.get("json", []),
            outputs.get("files", []),
            outputs.get("json", []),
            interface.get("mounts", []),
            interface.get("settings", []),
            job.get("errors", []),
        )
        for item in items
    ]

    def plain(name):
        return re.sub("[^A-Z0-9_]", "", name.upper().replace("-", "_"))

    if "OUTPUT_DIR" in resources + others:
        return False
    if any(name.upper() in {"ALLOCATED_" + plain(resource) for resource in resources} for name in others):
        return False
    if any(count > 1 for name, count in collections.Counter(map(plain, resources + others)).items()):
        return False
    patterned = [manifest["seedVersion"], job["name"], job["jobVersion"], job["packageVersion"], *resources, *others]
    if any(text.endswith("\n") for text in patterned):
        return False
    integers = [job["timeout"], *(error["code"] for error in job.get("errors", []))]
    if any(not -(2**63) <= number < 2**63 for number in integers):
        return False
    numbers = [
        item.get(member, 0)
        for item in job.get("resources", {}).get("scalar", [])
        for member in ("value", "inputMultiplier")
    ]
    return all(abs(number) <= 1.7976931348623157e308 for number in numbers)


def agree(manifest):
    validation = validate(manifest)
    if not isinstance(manifest, dict) or ("manifest" in manifest and "seedVersion" not in manifest):
        return
    valid = SCHEMA.is_valid(manifest)
    assert ("schema" not in validation.rejected_by) == valid
    if not valid:
        assert validation.rejected_by >= {"schema", "Scale", "seed-cli"}
        assert validation.errors[0].name == "JSON_VALIDATION_ERROR"
        return
    assert [each.name for each in validation.errors[:1]] == [code for code in [scale(manifest)] if code]
    assert ("seed-cli" not in validation.rejected_by) == seed_cli(manifest)


@given(mutants())
@THOUSAND
def test_generated_mutants(manifest):
    agree(manifest)


NAMES = [
    "OUTPUT_DIR",
    "output-dir",
    "ALLOCATED_MEM",
    "allocated-cpus",
    "mem",
    "MEM",
    "IN",
    "in",
    "a-b",
    "A_B",
    "x\n",
    "gpus",
]
VALUES = [
    None,
    True,
    0,
    -1,
    1.5,
    2.0,
    2**70,
    "",
    "/abs",
    "rel",
    [],
    {},
    "1.0.0",
    "1.0",
    [{"name": "mem", "path": "x", "code": 1, "value": 0.5}],
]


def places(value):
    for key, member in list(value.items()) if isinstance(value, dict) else list(enumerate(value)):
        yield value, key
        if isinstance(member, dict | list):
            yield from places(member)


def damage(root, dice):
    """Change a manifest a little, the way a form or a hurried author would."""
    for _ in range(dice.choice([1, 1, 2, 3])):
        parent, key = dice.choice(list(places(root)) or [(root, "x")])
        kind = dice.choice(["name", "name", "name", "value", "remove", "copy", "copy", "add"])
        if kind == "name":
            named = [item for item, member in places(root) if member == "name" and isinstance(item, dict)]
            if named:
                dice.choice(named)["name"] = dice.choice(NAMES)
        elif kind == "copy":
            lists = [item[member] for item, member in places(root) if isinstance(item[member], list) and item[member]]
            if lists:
                chosen = dice.choice(lists)
                chosen.append(json.loads(json.dumps(dice.choice(dice.choice(lists)))))
        elif key in parent if isinstance(parent, dict) else key < len(parent):
            if kind == "remove":
                del parent[key]
            elif kind == "value":
                parent[key] = copy.deepcopy(dice.choice(VALUES))
            elif isinstance(parent, dict):
                parent[dice.choice(["x", "Name", "multiple", "mediaType"])] = copy.deepcopy(dice.choice(VALUES))


@pytest.mark.parametrize("seed", and_in_soak(range(1), range(1, 4)))
def test_damaged_real_manifests(shared, seed):
    dice = random.Random(seed)
    with (shared / "manifests" / "index.csv").open(encoding="utf-8", newline="") as file:
        valid = [row["file"] for row in csv.DictReader(file) if row["schema_valid"] == "yes"]
    for _ in range(1000):
        root = json.loads((shared / "manifests" / dice.choice(valid)).read_text(encoding="utf-8"))
        damage(root, dice)
        if "Infinity" not in json.dumps(root):
            agree(root)
