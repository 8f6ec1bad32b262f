"""Real manifests and recorded answers: the twin says what the originals said."""

import csv
import json
from functools import cache

import pytest
from sizes import sizes

from jobtype_toolkit.errors import InvalidManifest
from jobtype_toolkit.seed.findings import ERRORS
from jobtype_toolkit.seed.json.document import parse
from jobtype_toolkit.seed.json.paths import get
from jobtype_toolkit.seed.manifest import Manifest
from jobtype_toolkit.seed.rules.configuration import WARNINGS
from jobtype_toolkit.seed.validator import validate

pytestmark = pytest.mark.slow

WORKSPACES = {"products": True, "workspace_1": True, "workspace_2": True, "old-archive": False}
"""The workspaces of the recorded server, as its answers show them."""

NOT_COMPARABLE = {
    "validation-array-body.json": "400: the body is a list, so there is no manifest to validate",
    "validation-manifest-string.json": "400: the service takes an object only; here a text is read as JSON (D6)",
    "validation-mount-no-type.json": "500: the server fails on it; here INVALID_CONFIGURATION",
    "validation-mount-not-object.json": "500: the server fails on it; here INVALID_CONFIGURATION",
    "validation-mounts-list.json": "500: the server fails on it; here INVALID_CONFIGURATION",
    "validation-nan.json": "400: the body is no JSON, so the recording holds text; here MALFORMED_JSON",
    "validation-no-config.json": "400: the service demands a configuration (D18); here none means the manifest alone",
    "validation-output-workspaces-null.json": "500: the server fails on it; here INVALID_CONFIGURATION",
    "validation-resources-empty.json": "500: the server fails on it; here RESOURCES_WITHOUT_SCALAR",
    "validation-unauth.json": "403: no credentials",
}


def rows(shared):
    with (shared / "manifests" / "index.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@cache
def found_in(path):
    """The validation of a file, made once."""
    return validate(path)


def verdicts(validation) -> dict[str, str]:
    marks = {"schema_valid": "schema", "scale_valid": "Scale", "cli_valid": "seed-cli"}
    found = {column: "no" if mark in validation.rejected_by else "yes" for column, mark in marks.items()}
    names = [each.name for each in validation.errors]
    # A schema violation comes before the crash and gives a clean answer.
    if "RESOURCES_WITHOUT_SCALAR" in names[:1]:
        found["scale_valid"] = "crash"
    return found


def test_every_file_gets_the_recorded_verdict_of_all_three(shared):
    different = {}
    for row in rows(shared):
        expected = {column: row[column] for column in ("schema_valid", "scale_valid", "cli_valid")}
        found = verdicts(found_in(shared / "manifests" / row["file"]))
        if found != expected:
            different[row["file"]] = (expected, found)
    assert different == {}


def test_every_path_leads_into_the_document(shared):
    for row in rows(shared):
        document = parse((shared / "manifests" / row["file"]).read_bytes())
        if document.broken:
            continue
        for found in found_in(shared / "manifests" / row["file"]):
            nowhere = object()
            assert get(document.value, found.steps, nowhere) is not nowhere, (row["file"], found)
            assert found.line, (row["file"], found)
            assert len(found.description) <= 300, found


def test_reading_and_saving_a_valid_file_is_the_identity(shared, tmp_path):
    for row in rows(shared):
        if row["schema_valid"] == "yes" and "duplicate" not in row["file"]:
            text = (shared / "manifests" / row["file"]).read_text(encoding="utf-8")
            Manifest.read(shared / "manifests" / row["file"]).save(tmp_path / "copy.json")
            assert (tmp_path / "copy.json").read_text(encoding="utf-8").strip() == text.strip(), row["file"]


@sizes(3, 1)
def test_fixing_is_idempotent_and_does_no_harm(shared, size):
    for row in rows(shared)[::size]:
        validation = found_in(shared / "manifests" / row["file"])
        if any(each.name == "MALFORMED_JSON" and not (each.fix and each.fix.safe) for each in validation):
            continue
        if isinstance(parse((shared / "manifests" / row["file"]).read_bytes()).value, dict):
            once = validation.fixed()
            again = validate(once)
            assert again.rejected_by <= validation.rejected_by, row["file"]
            assert again.fixed().text == once.text, row["file"]


@sizes(12, 1)
def test_every_fix_can_be_applied_and_settles_its_finding(shared, size):
    for row in rows(shared)[::size]:
        path = shared / "manifests" / row["file"]
        for found in found_in(path):
            if found.fix:
                left = {(each.name, each.path, each.description) for each in validate(found.fix.apply(path))}
                assert (found.name, found.path, found.description) not in left, row["file"]


@sizes(9, 3)
def test_all_fixes_together_do_no_harm(shared, size):
    for row in rows(shared)[::size]:
        validation = found_in(shared / "manifests" / row["file"])
        try:
            fixed = validation.fixed("all")
        except InvalidManifest:
            assert "MALFORMED_JSON" in [each.name for each in validation] or row["scale_valid"] == "no", row["file"]
            continue
        assert validate(fixed).rejected_by & ERRORS <= validation.rejected_by, row["file"]


def test_recorded_validations_are_given_again(shared):
    compared = []
    for path in sorted((shared / "recordings").glob("validation-*.json")):
        recording = json.loads(path.read_text(encoding="utf-8"))
        if path.name in NOT_COMPARABLE:
            assert recording["response"]["status"] != 200, path.name
            continue
        body, answer = recording["request"]["body"], recording["response"]["body"]
        found = validate(body["manifest"], body["configuration"], workspaces=WORKSPACES)
        assert found.is_valid == answer["is_valid"], path.name
        assert [each.name for each in found.errors[:1]] == [each["name"] for each in answer["errors"]], path.name
        if answer["is_valid"]:
            ours = [each.name for each in found.warnings if each.name in WARNINGS]
            assert ours == [each["name"] for each in answer["warnings"]], path.name
        compared.append(path.name)
    assert len(compared) >= 24


def test_recordings_that_cannot_be_compared_are_still_refused(shared):
    for name in NOT_COMPARABLE:
        recording = json.loads((shared / "recordings" / name).read_text(encoding="utf-8"))
        body = recording["request"]["body"]
        if recording["response"]["status"] == 500:
            assert not validate(body["manifest"], body["configuration"], workspaces=WORKSPACES).is_valid, name


def test_recorded_creations_agree_with_validation(shared):
    """A creation that failed over its manifest or configuration is not valid here; one that succeeded is."""
    compared = []
    for path in sorted((shared / "recordings").glob("post-*.json")):
        recording = json.loads(path.read_text(encoding="utf-8"))
        body, answer = recording["request"]["body"], recording["response"]
        if not isinstance(body, dict) or "manifest" not in body:
            continue
        found = validate(body["manifest"], body.get("configuration") or {}, workspaces=WORKSPACES)
        detail = answer["body"].get("detail", "") if answer["body_is_json"] else ""
        refused = detail.startswith(("Seed Manifest invalid", "Job type configuration invalid"))
        if refused or answer["status"] in {200, 201}:
            assert found.is_valid == (not refused), path.name
            compared.append(path.name)
        elif answer["status"] == 500 and path.name != "post-published-str-false.json":
            assert "Scale create" in found.rejected_by, path.name
    assert len(compared) >= 16


@pytest.mark.parametrize("against", ["6", "7.0", "7.2", "schema", "seed-cli"])
def test_validity_answers_for_the_target(shared, against):
    column = {"schema": "schema_valid", "seed-cli": "cli_valid"}.get(against, "scale_valid")
    for row in rows(shared):
        verdict = validate(shared / "manifests" / row["file"], against=against).is_valid
        if against == "6" and verdict and row[column] == "no":
            names = {each.name for each in found_in(shared / "manifests" / row["file"]).errors}
            assert names <= {"DUPLICATE_ERROR_NAMES", "JSON_VALIDATION_ERROR"}, row["file"]
        else:
            assert verdict == (row[column] == "yes"), row["file"]
