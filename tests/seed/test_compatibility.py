"""Pairs of revisions with the verdict that people who use the job type would give."""

import copy

import pytest

from jobtype_toolkit.seed.compatibility import compare
from jobtype_toolkit.seed.json.paths import parse, put, remove
from jobtype_toolkit.seed.manifest import Manifest

B, C, T = "breaking", "compatible", "cosmetic"

OLD = {
    "seedVersion": "1.0.0",
    "job": {
        "name": "change-map",
        "jobVersion": "2.1.0",
        "packageVersion": "1.0.3",
        "title": "Change map",
        "description": "Maps change.",
        "tags": ["change"],
        "maintainer": {"name": "Imagery Team", "email": "imagery@example.com"},
        "timeout": 900,
        "resources": {"scalar": [{"name": "cpus", "value": 2.0}, {"name": "mem", "value": 1024, "inputMultiplier": 2}]},
        "interface": {
            "command": "${BEFORE} ${AFTER} ${LIMIT}",
            "inputs": {
                "files": [
                    {"name": "BEFORE", "mediaTypes": ["image/tiff", "image/png"]},
                    {"name": "AFTER"},
                    {"name": "MASK", "required": False, "multiple": True},
                ],
                "json": [{"name": "LIMIT", "type": "number"}, {"name": "BANDS", "type": "integer", "required": False}],
            },
            "outputs": {
                "files": [
                    {"name": "MAP", "pattern": "*.tif", "mediaType": "image/tiff"},
                    {"name": "LOG", "pattern": "*.log", "required": False, "multiple": True},
                ],
                "json": [{"name": "AREA", "key": "area", "type": "number"}, {"name": "COUNT", "type": "integer"}],
            },
            "mounts": [{"name": "DEM", "path": "/dem"}, {"name": "CACHE", "path": "/cache", "mode": "rw"}],
            "settings": [{"name": "HOST"}, {"name": "TOKEN", "secret": True}],
        },
        "errors": [
            {"code": 1, "name": "bad-input", "category": "data"},
            {"code": 2, "name": "no-overlap", "title": "No overlap"},
        ],
    },
}

J, I = "job", "job.interface"  # noqa: E741
FILES, JSON = f"{I}.inputs.files", f"{I}.inputs.json"
OUT, OUTJSON = f"{I}.outputs.files", f"{I}.outputs.json"
GONE = object()

PAIRS = [
    # path, new value, verdict, rule
    (f"{J}.title", "Changes", T, "TEXT_CHANGED"),
    (f"{J}.description", "Maps what changed.", T, "TEXT_CHANGED"),
    (f"{J}.tags", ["change", "map"], T, "TEXT_CHANGED"),
    (f"{J}.tags", GONE, T, "TEXT_CHANGED"),
    (f"{J}.maintainer.email", "maps@example.com", T, "TEXT_CHANGED"),
    (f"{J}.maintainer.url", "https://example.com", T, "TEXT_CHANGED"),
    (f"{J}.errors[1].title", "Nothing in common", T, "TEXT_CHANGED"),
    (f"{J}.errors[0].description", "The input cannot be read.", T, "TEXT_CHANGED"),
    (f"{J}.packageVersion", "1.0.4", T, "PACKAGE_VERSION_CHANGED"),
    (f"{J}.jobVersion", "2.2.0", C, "JOB_VERSION_CHANGED"),
    (f"{J}.name", "change-mapper", B, "JOB_RENAMED"),
    ("seedVersion", "2.0.0", B, "SEED_VERSION_CHANGED"),
    (f"{J}.timeout", 1800, C, "TIMEOUT_LENGTHENED"),
    (f"{J}.timeout", 600, B, "TIMEOUT_SHORTENED"),
    (f"{J}.timeout", 0, C, "TIMEOUT_LENGTHENED"),
    (f"{J}.timeout", -1, B, "TIMEOUT_SHORTENED"),
    (f"{J}.timeout", GONE, B, "TIMEOUT_SHORTENED"),
    (f"{I}.command", "run ${BEFORE} ${AFTER} ${LIMIT}", C, "COMMAND_CHANGED"),
    (f"{J}.resources.scalar[0].value", 4.0, C, "RESOURCE_CHANGED"),
    (f"{J}.resources.scalar[0].value", 1.0, B, "RESOURCE_REDUCED"),
    (f"{J}.resources.scalar[1].inputMultiplier", 3, C, "RESOURCE_CHANGED"),
    (f"{J}.resources.scalar[1].inputMultiplier", GONE, B, "RESOURCE_REDUCED"),
    (f"{J}.resources.scalar[1]", GONE, B, "RESOURCE_REMOVED"),
    (f"{J}.resources.scalar[2]", {"name": "disk", "value": 10}, C, "RESOURCE_ADDED"),
    (f"{J}.resources.scalar[2]", {"name": "gpus", "value": 1}, B, "RESOURCE_ADDED"),
    (f"{J}.resources.scalar[2]", {"name": "licences", "value": 1}, B, "RESOURCE_ADDED"),
    (f"{FILES}[3]", {"name": "CLOUDS"}, B, "INPUT_ADDED_REQUIRED"),
    (f"{FILES}[3]", {"name": "CLOUDS", "required": True}, B, "INPUT_ADDED_REQUIRED"),
    (f"{FILES}[3]", {"name": "CLOUDS", "required": False}, C, "INPUT_ADDED_OPTIONAL"),
    (f"{FILES}[1]", GONE, B, "INPUT_REMOVED"),
    (f"{FILES}[2]", GONE, B, "INPUT_REMOVED"),
    (f"{FILES}[0].name", "EARLIER", B, "INPUT_RENAMED"),
    (f"{FILES}[0].name", "before", B, "INPUT_RENAMED"),
    (f"{FILES}[0].mediaTypes", ["image/tiff"], B, "INPUT_MEDIA_TYPES_NARROWED"),
    (f"{FILES}[0].mediaTypes", ["image/jp2"], B, "INPUT_MEDIA_TYPES_NARROWED"),
    (f"{FILES}[0].mediaTypes", ["image/tiff", "image/png", "image/jp2"], C, "INPUT_MEDIA_TYPES_WIDENED"),
    (f"{FILES}[0].mediaTypes", ["image/*"], C, "INPUT_MEDIA_TYPES_WIDENED"),
    (f"{FILES}[0].mediaTypes", [], C, "INPUT_MEDIA_TYPES_WIDENED"),
    (f"{FILES}[0].mediaTypes", GONE, C, "INPUT_MEDIA_TYPES_WIDENED"),
    (f"{FILES}[1].mediaTypes", ["image/tiff"], B, "INPUT_MEDIA_TYPES_NARROWED"),
    (f"{FILES}[0].required", False, C, "INPUT_MADE_OPTIONAL"),
    (f"{FILES}[2].required", True, B, "INPUT_MADE_REQUIRED"),
    (f"{FILES}[2].required", GONE, B, "INPUT_MADE_REQUIRED"),
    (f"{FILES}[0].multiple", True, B, "INPUT_MULTIPLE_CHANGED"),
    (f"{FILES}[2].multiple", GONE, B, "INPUT_MULTIPLE_CHANGED"),
    (f"{FILES}[0].partial", True, C, "INPUT_PARTIAL_CHANGED"),
    (f"{FILES}[0].kind", "raster", B, "UNKNOWN_CHANGED"),
    (f"{JSON}[2]", {"name": "MODE", "type": "string"}, B, "INPUT_ADDED_REQUIRED"),
    (f"{JSON}[2]", {"name": "MODE", "type": "string", "required": False}, C, "INPUT_ADDED_OPTIONAL"),
    (f"{JSON}[0]", GONE, B, "INPUT_REMOVED"),
    (f"{JSON}[0].name", "THRESHOLD", B, "INPUT_RENAMED"),
    (f"{JSON}[0].type", "string", B, "INPUT_TYPE_CHANGED"),
    (f"{JSON}[0].type", "integer", B, "INPUT_TYPE_CHANGED"),
    (f"{JSON}[1].type", "number", C, "INPUT_TYPE_WIDENED"),
    (f"{JSON}[0].required", False, C, "INPUT_MADE_OPTIONAL"),
    (f"{JSON}[1].required", True, B, "INPUT_MADE_REQUIRED"),
    (f"{OUT}[2]", {"name": "PREVIEW", "pattern": "*.png"}, C, "OUTPUT_ADDED"),
    (f"{OUT}[0]", GONE, B, "OUTPUT_REMOVED"),
    (f"{OUT}[1]", GONE, B, "OUTPUT_REMOVED"),
    (f"{OUT}[0].name", "CHANGES", B, "OUTPUT_RENAMED"),
    (f"{OUT}[0].required", False, B, "OUTPUT_MADE_OPTIONAL"),
    (f"{OUT}[1].required", True, C, "OUTPUT_MADE_REQUIRED"),
    (f"{OUT}[0].multiple", True, B, "OUTPUT_MULTIPLE_CHANGED"),
    (f"{OUT}[1].multiple", False, B, "OUTPUT_MULTIPLE_CHANGED"),
    (f"{OUT}[0].mediaType", "image/png", B, "OUTPUT_MEDIA_TYPE_CHANGED"),
    (f"{OUT}[0].mediaType", GONE, B, "OUTPUT_MEDIA_TYPE_CHANGED"),
    (f"{OUT}[0].pattern", "map-*.tif", C, "OUTPUT_PATTERN_CHANGED"),
    (f"{OUTJSON}[2]", {"name": "MEAN", "type": "number"}, C, "OUTPUT_ADDED"),
    (f"{OUTJSON}[0]", GONE, B, "OUTPUT_REMOVED"),
    (f"{OUTJSON}[0].name", "SIZE", B, "OUTPUT_RENAMED"),
    (f"{OUTJSON}[0].type", "string", B, "OUTPUT_TYPE_CHANGED"),
    (f"{OUTJSON}[0].type", "integer", C, "OUTPUT_TYPE_NARROWED"),
    (f"{OUTJSON}[1].type", "number", B, "OUTPUT_TYPE_CHANGED"),
    (f"{OUTJSON}[0].key", "areaKm2", C, "OUTPUT_KEY_CHANGED"),
    (f"{OUTJSON}[0].required", False, B, "OUTPUT_MADE_OPTIONAL"),
    (f"{I}.mounts[2]", {"name": "TILES", "path": "/tiles"}, B, "MOUNT_ADDED"),
    (f"{I}.mounts[0]", GONE, C, "MOUNT_REMOVED"),
    (f"{I}.mounts[0].name", "HEIGHTS", B, "MOUNT_RENAMED"),
    (f"{I}.mounts[0].path", "/data/dem", C, "MOUNT_PATH_CHANGED"),
    (f"{I}.mounts[0].mode", "rw", B, "MOUNT_MODE_WIDENED"),
    (f"{I}.mounts[1].mode", "ro", C, "MOUNT_MODE_NARROWED"),
    (f"{I}.settings[2]", {"name": "PORT"}, B, "SETTING_ADDED"),
    (f"{I}.settings[0]", GONE, C, "SETTING_REMOVED"),
    (f"{I}.settings[0].name", "SERVER", B, "SETTING_RENAMED"),
    (f"{I}.settings[0].secret", True, B, "SETTING_SECRET_CHANGED"),
    (f"{I}.settings[1].secret", False, B, "SETTING_SECRET_CHANGED"),
    (f"{J}.errors[2]", {"code": 3, "name": "too-cloudy"}, C, "ERROR_ADDED"),
    (f"{J}.errors[0]", GONE, C, "ERROR_REMOVED"),
    (f"{J}.errors[0].name", "unreadable", C, "ERROR_RENAMED"),
    (f"{J}.errors[0].code", 9, C, "ERROR_CODE_CHANGED"),
    (f"{J}.errors[0].category", "job", C, "ERROR_CATEGORY_CHANGED"),
    (f"{J}.gpu", True, B, "UNKNOWN_CHANGED"),
    (f"{I}.mounts", {"DEM": "/dem"}, B, "UNKNOWN_CHANGED"),
]

NO_CHANGE = [
    (f"{FILES}[0].required", True),
    (f"{FILES}[1].mediaTypes", []),
    (f"{OUT}[0].multiple", False),
    (f"{I}.mounts[0].mode", "ro"),
    (f"{I}.settings[0].secret", False),
    (f"{J}.errors[0].title", "bad-input"),
    (f"{J}.errors[1].category", "job"),
    (f"{J}.resources.scalar[0].name", "CPUS"),
    (f"{J}.resources.scalar[0].value", 2),
    (f"{FILES}[0].mediaTypes", ["image/png", "image/tiff"]),
]


def revised(path, value):
    new = copy.deepcopy(OLD)
    if value is GONE:
        remove(new, parse(path))
    else:
        put(new, parse(path), copy.deepcopy(value))
    return new


@pytest.mark.parametrize(("path", "value", "verdict", "rule"), PAIRS)
def test_the_labelled_pairs(path, value, verdict, rule):
    judged = compare(OLD, revised(path, value))
    assert judged.verdict == verdict
    assert rule in [change.rule for change in judged]
    for change in judged:
        assert change.description.endswith(".")
        assert change.path.startswith("$")


def test_there_are_at_least_sixty_pairs_and_each_rule_has_one():
    assert len(PAIRS) >= 60


@pytest.mark.parametrize(("path", "value"), NO_CHANGE)
def test_what_a_server_stores_alike_is_no_change(path, value):
    judged = compare(OLD, revised(path, value))
    assert judged.changes == ()
    assert (judged.kind, judged.bump) == ("nothing", None)


def test_the_order_of_items_means_nothing():
    new = copy.deepcopy(OLD)
    for items in (new["job"]["errors"], new["job"]["interface"]["inputs"]["files"], new["job"]["resources"]["scalar"]):
        items.reverse()
    assert compare(OLD, new).changes == ()


def test_an_input_that_becomes_json_is_breaking():
    new = copy.deepcopy(OLD)
    del new["job"]["interface"]["inputs"]["files"][2]
    new["job"]["interface"]["inputs"]["json"].append({"name": "MASK", "type": "string", "required": False})
    assert compare(OLD, new).verdict == B


def test_a_breaking_change_among_others_is_never_hidden():
    breaking = [pair for pair in PAIRS if pair[2] == B and pair[1] is not GONE]
    harmless = [pair for pair in PAIRS if pair[2] != B and pair[1] is not GONE]
    for number, (path, value, _, rule) in enumerate(breaking):
        other, other_value, _, _ = harmless[number % len(harmless)]
        if path.split("[")[0] == other.split("[")[0] or other.startswith(path) or path.startswith(other):
            continue
        new = revised(path, value)
        put(new, parse(other), copy.deepcopy(other_value))
        judged = compare(OLD, new)
        assert judged.verdict == B
        assert rule in [change.rule for change in judged.breaking]


def test_what_kind_of_change_it_is():
    assert compare(OLD, revised(f"{J}.title", "x")).kind == "text only"
    assert compare(OLD, revised(f"{J}.resources.scalar[0].value", 9)).kind == "resources only"
    assert compare(OLD, revised(f"{J}.timeout", 1800)).kind == "compatible"
    assert compare(OLD, revised(f"{J}.timeout", 1)).kind == "breaking"


def test_which_version_must_be_raised():
    text = compare(OLD, revised(f"{J}.title", "x"))
    assert (text.bump, text.is_bumped) == ("patch", False)
    assert "packageVersion" in text.advice
    raised = Manifest.read(revised(f"{J}.title", "x")).bump("patch", package=True).breaking_changes(OLD)
    assert raised.is_bumped
    broken = compare(OLD, revised(f"{FILES}[1]", GONE))
    assert (broken.bump, broken.is_bumped) == ("major", False)
    assert "jobVersion" in broken.advice
    assert Manifest.read(revised(f"{FILES}[1]", GONE)).bump("major").breaking_changes(OLD).is_bumped
    assert "Nothing changed" in compare(OLD, OLD).advice
    assert str(broken).splitlines()[0] == "breaking"


@pytest.mark.parametrize(
    ("was", "now", "verdict", "words"),
    [
        (0, 3600, B, "There was no limit"),
        (3600, 0, C, "no limit any more"),
        (-1, 0, C, "no limit"),
        (0, -1, B, "no limit"),
        (-1, 60, C, "longer"),
    ],
)
def test_a_timeout_of_0_is_no_limit(was, now, verdict, words):
    judged = compare(revised(f"{J}.timeout", was), revised(f"{J}.timeout", now))
    assert judged.verdict == verdict
    assert words in next(iter(judged)).description


@pytest.mark.parametrize("name", ["cpus", "mem", "disk"])
def test_less_of_a_resource_may_kill_runs(name):
    more, less = ([{"name": name, "value": value}] for value in (4.0, 2.0))
    judged = compare(revised(f"{J}.resources.scalar", more), revised(f"{J}.resources.scalar", less))
    assert [(change.rule, change.verdict) for change in judged] == [("RESOURCE_REDUCED", B)]
    assert "killed" in next(iter(judged)).description
    assert compare(revised(f"{J}.resources.scalar", less), revised(f"{J}.resources.scalar", more)).verdict == C


@pytest.mark.parametrize("member", ["jobVersion", "packageVersion"])
def test_a_version_that_went_down_is_not_called_raised(member):
    high, low = (revised(f"{J}.{member}", version) for version in ("1.10.0", "1.9.0"))
    assert "went down" in compare(high, low).advice
    assert "raised" not in compare(high, low).advice.partition(".")[0]
    assert f"{member} was raised" in compare(low, high).advice
    restored = compare(high, low).advice
    assert ("restore" in restored) == (member == "packageVersion")


def test_resources_without_their_list_are_a_change():
    empty, none = revised(f"{J}.resources", {}), revised(f"{J}.resources", GONE)
    assert compare(none, empty).verdict == B
    assert compare(empty, none).kind != "nothing"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (f"{J}.title", GONE),
        (f"{J}.resources", {}),
        (f"{I}.mounts[0].path", "x"),
        (f"{I}.settings[0].name", "ALLOCATED_MEM"),
        (f"{I}.settings[0].name", "output-dir"),
    ],
)
def test_what_every_server_refused_cannot_be_broken(path, value):
    old = revised(path, value)
    judged = compare(old, revised(f"{FILES}[1]", GONE))
    assert judged.was_refused
    assert judged.breaking == ()
    assert judged.advice.startswith("Every server refuses the old manifest")
    assert not compare(OLD, old).was_refused


def test_what_servers_of_version_6_took_can_be_broken():
    old = revised(f"{J}.errors[1].name", OLD["job"]["errors"][0]["name"])
    judged = compare(old, revised(f"{FILES}[1]", GONE))
    assert not judged.was_refused
    assert judged.breaking != ()
