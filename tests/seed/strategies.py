"""Generated manifests: from the schema, spelled in many ways, and broken in many ways."""

import copy
import json

from hypothesis import strategies as st

from jobtype_toolkit.seed.schema import Schema, manifest_schema

NAMES = st.sampled_from(
    [
        "A",
        "a-b",
        "A_B",
        "IN",
        "in",
        "OUT",
        "mem",
        "cpus",
        "MEM",
        "OUTPUT_DIR",
        "output-dir",
        "ALLOCATED_MEM",
        "e1",
        "E1",
        "gpus",
    ]
)
VERSIONS = st.sampled_from(["1.0.0", "0.1.2", "10.20.30", "1.0.0-rc.1", "2.0.0+build"])
TEXTS = st.text(max_size=8) | st.sampled_from(["", "/data", "rel", "*.tif", "${IN} $A", "é", "\ud800", "a\n"])
NUMBERS = st.integers(-5, 300) | st.floats(allow_nan=False, allow_infinity=False) | st.just(2**70)


def values(node: Schema):
    """Values that the schema allows."""
    if node.enum:
        return st.sampled_from(node.enum)
    if node.pattern:
        if node.pattern.startswith(r"^1\."):
            return st.just("1.0.0")
        return (
            VERSIONS if "." in node.pattern else st.sampled_from(["job-1", "x"]) if "_" not in node.pattern else NAMES
        )
    if node.type == "object":
        required = {name: values(node.properties[name]) for name in node.required}
        optional = {name: values(member) for name, member in node.properties.items() if name not in required}
        return st.fixed_dictionaries(required, optional=optional)
    if node.type == "array":
        return st.lists(values(node.items), max_size=3)
    return {"string": TEXTS, "boolean": st.booleans(), "integer": st.integers(-5, 2**64), "number": NUMBERS}[node.type]


MANIFESTS = values(manifest_schema())

JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@st.composite
def mutants(draw):
    """Manifests with members removed, added, renamed, or of another value."""
    root = draw(MANIFESTS)
    for _ in range(draw(st.integers(0, 4))):
        parent, key = draw(st.sampled_from(list(_places(root)) or [(root, "new")]))
        what = draw(st.sampled_from(["remove", "replace", "add"]))
        if what == "add" and isinstance(parent, dict):
            parent[draw(st.sampled_from(["inputData", "media_types", "x", "Name", "name", "count"]))] = draw(JSON)
        elif what == "remove" and (key in parent if isinstance(parent, dict) else key < len(parent)):
            del parent[key]
        elif what == "replace" and (key in parent if isinstance(parent, dict) else key < len(parent)):
            parent[key] = draw(JSON | TEXTS | NUMBERS)
    return root


OLDER = {
    "algorithmVersion": "1.0",
    "authorName": "A",
    "cmd": "run",
    "args": ["${IN}"],
    "count": "1",
    "cpus": 2,
    "envVars": [{"name": "LEVEL", "value": "7"}],
    "errorMapping": [{"code": 1, "title": "Bad"}],
    "errors": {"1": "Bad tile"},
    "inputData": [{"name": "IN", "type": "file"}],
    "manifestVersion": "0.1.0",
    "media_types": "image/tiff",
    "resources": {"scalar": [{"name": "cpu", "value": 1}]},
    "type": "file",
}
"""Members of older formats, and shapes that people write."""


@st.composite
def outdated(draw):
    """Manifests with members of older formats in the place of some, with some in another case, and with some null."""
    root = draw(MANIFESTS)
    for _ in range(draw(st.integers(1, 4))):
        parent, key = draw(st.sampled_from(list(_places(root)) or [(root, "job")]))
        what = draw(st.sampled_from(["older", "older", "older", "case", "null", "one"]))
        if what == "older" and isinstance(parent, dict):
            name = draw(st.sampled_from(sorted(OLDER)))
            parent[name] = copy.deepcopy(OLDER[name])
        elif what == "case" and isinstance(parent, dict) and key in parent:
            parent[draw(st.sampled_from([key.upper(), key.title(), f"{key}s"]))] = parent.pop(key)
        elif isinstance(parent, dict) and key in parent:
            parent[key] = None if what == "null" else [parent[key]]
    return root


def _places(value):
    for key, member in list(value.items() if isinstance(value, dict) else enumerate(value)):
        yield value, key
        if isinstance(member, dict | list):
            yield from _places(member)


@st.composite
def spelled(draw, value):
    """JSON text of a value, with blanks, escapes and numbers written in various ways."""

    def blank():
        return draw(st.sampled_from(["", "", " ", "\n", "\n\t", "  ", "\r\n "]))

    def write(part):
        if isinstance(part, dict):
            members = [
                f"{blank()}{json.dumps(key)}{blank()}:{blank()}{write(member)}{blank()}" for key, member in part.items()
            ]
            return "{" + ",".join(members) + "}"
        if isinstance(part, list):
            return "[" + ",".join(f"{blank()}{write(member)}{blank()}" for member in part) + "]"
        if isinstance(part, str):
            escaped = draw(st.booleans()) or any("\ud800" <= letter <= "\udfff" for letter in part)
            return json.dumps(part, ensure_ascii=escaped)
        if isinstance(part, float) and part == int(part) and abs(part) < 10**6:
            return draw(st.sampled_from([f"{int(part)}.0", f"{int(part)}.00", f"{int(part)}e0", f"{int(part)}E+0"]))
        return json.dumps(part)

    return blank() + write(value) + blank()
