"""Remedies that fit their place: what is found in manifests that people really write, once, and with a fix that works."""

import json

import pytest

from jobtype_toolkit.seed.manifest import Manifest
from jobtype_toolkit.seed.validator import validate

FILES = ("job", "interface", "inputs", "files")


def interface(manifest, **members):
    manifest["job"]["interface"] |= members
    return manifest


def told(manifest, *names):
    """The findings of these names, with the place in the text."""
    return [found for found in validate(json.dumps(manifest, indent=2)) if found.name in names]


def only(manifest, name="JSON_VALIDATION_ERROR"):
    (found,) = told(manifest, name)
    return found


def test_cmd_and_args_become_one_command(manifest):
    del manifest["job"]["interface"]["command"]
    interface(manifest, cmd="run.sh", args=["${TILES}", "${OUTPUT_DIR}"])
    first, second = told(manifest, "JSON_VALIDATION_ERROR")
    assert first.suggestion == second.suggestion == 'Put "cmd" and "args" together, in one "command".'
    for found in (first, second):
        fixed = found.fix.apply(manifest)
        assert fixed.at("job.interface.command") == "run.sh ${TILES} ${OUTPUT_DIR}"
        assert validate(fixed).is_valid
    assert validate(validate(manifest).fixed("all")).findings == ()


def test_a_command_is_not_replaced_by_an_older_one(manifest):
    found = only(interface(manifest, cmd="run.sh"))
    assert found.fix is None
    assert 'beside "command"' in found.suggestion


@pytest.mark.parametrize(
    ("path", "member"),
    [
        ("job.errors[0]", "type"),
        ("job.resources.scalar[0]", "type"),
        ("job.interface.settings[0]", "type"),
        ("job.interface.mounts[0]", "count"),
        ("job.interface.inputs.files[0]", "count"),
        ("job.maintainer", "version"),
        ("job.errors[0]", "cpus"),
    ],
)
def test_an_older_format_is_named_only_where_it_had_the_member(manifest, path, member):
    interface(manifest, settings=[{"name": "A"}], mounts=[{"name": "M", "path": "/m"}])
    made = Manifest.read(manifest).set(f"{path}.{member}", "x")
    found = only(made.data)
    assert "Seed 1.0.0" not in found.suggestion
    assert found.fix is None


@pytest.mark.parametrize("section", ["inputs", "outputs"])
def test_a_list_of_files_is_moved_and_judged_in_the_same_pass(manifest, section):
    entry = {"name": "TILES", "type": "file"}
    found = told(interface(manifest, **{section: [entry | {"pattern": "*"} if section == "outputs" else entry]}),
                 "JSON_VALIDATION_ERROR")  # fmt: skip
    assert [one.path for one in found] == [f"$.job.interface.{section}", f"$.job.interface.{section}[0].type"]
    assert found[0].fix.apply(manifest).at(f"job.interface.{section}.files[0].name") == "TILES"
    assert validate(validate(manifest).fixed("all")).is_valid


def test_no_two_items_are_told_the_same_new_name(manifest):
    manifest["job"]["errors"] = [
        {"code": 1, "title": "Bad"},
        {"code": 2, "title": "Bad"},
        {"code": 3, "name": "bad tile"},
        {"code": 4, "name": "bad.tile"},
        {"code": 5, "name": "bad-2"},
    ]
    names = [one.fix.changes[0].value for one in told(manifest, "JSON_VALIDATION_ERROR")]
    assert names == ["bad", "bad-3", "bad-tile", "bad-tile-2"]
    assert validate(validate(manifest).fixed("all")).is_valid


def test_one_job_in_a_list_is_taken_out_and_judged(manifest):
    manifest["jobs"] = [manifest.pop("job")]
    manifest["jobs"][0]["timeout"] = "600"
    missing, unknown, inside = told(manifest, "JSON_VALIDATION_ERROR")
    assert (missing.path, unknown.path, inside.path) == ("$", "$.jobs", "$.jobs[0].timeout")
    assert missing.fix.apply(manifest)["job"]["name"] == unknown.fix.apply(manifest)["job"]["name"] == "tile-mosaic"
    assert validate(validate(manifest).fixed("all")).is_valid
    manifest["jobs"] *= 2
    assert [one.fix for one in told(manifest, "JSON_VALIDATION_ERROR")] == [None, None]


@pytest.mark.parametrize(
    ("given", "meant"), [("algorithm", "job"), ("ALGORITHM", "job"), ("system", "job"), ("DATA", "data")]
)
def test_categories_of_a_server_have_their_name_in_a_manifest(manifest, given, meant):
    manifest["job"]["errors"][0]["category"] = given
    assert only(manifest).fix.apply(manifest).at("job.errors[0].category") == meant


@pytest.mark.parametrize(
    ("given", "meant"),
    [("shared_mem", "sharedmem"), ("sharedMem", "sharedmem"), ("Shared-Mem", "sharedmem"), ("GPU", "gpus")],
)
def test_resources_by_another_name(manifest, given, meant):
    manifest["job"]["resources"]["scalar"].append({"name": given, "value": 1})
    if given.lower() == meant:
        assert told(manifest, "NONSTANDARD_RESOURCE") == []
    else:
        assert only(manifest, "NONSTANDARD_RESOURCE").fix.apply(manifest).at("job.resources.scalar[3].name") == meant
    manifest["job"]["resources"] = {given: 1, "scalar": manifest["job"]["resources"]["scalar"][:3]}
    assert validate(only(manifest).fix.apply(manifest)).is_valid


@pytest.mark.parametrize("given", ["memory", "cpu", "cpus"])
def test_a_resource_that_is_declared_already_is_not_renamed_to_it(manifest, given):
    manifest["job"]["resources"]["scalar"].append({"name": given, "value": 1})
    found = only(manifest, "NAME_COLLISION_ERROR" if given == "cpus" else "NONSTANDARD_RESOURCE")
    assert "emove one of them" in found.suggestion
    assert validate(found.fix.apply(manifest)).findings == ()


def test_null_is_not_to_be_left_out_where_it_is_required(manifest):
    manifest["job"] |= {"title": None, "tags": None}
    title, tags = told(manifest, "JSON_VALIDATION_ERROR")
    assert "leave it out" not in title.suggestion
    assert "leave it out" in tags.suggestion
    fixed = validate(manifest).fixed("all")
    assert validate(fixed).is_valid
    assert (fixed.at("job.title"), "tags" in fixed["job"]) == ("TODO: title", False)


@pytest.mark.parametrize(("given", "safe"), [("yes", False), ("true", True), ("True", True)])
def test_a_secret_in_quotes_is_found_once(manifest, given, safe):
    interface(manifest, settings=[{"name": "API_KEY", "secret": given}])
    (found,) = validate(manifest).findings
    assert (found.name, found.fix.safe) == ("JSON_VALIDATION_ERROR", safe)
    assert found.fix.apply(manifest).at("job.interface.settings[0].secret") is True


def test_a_variable_of_a_mount_or_an_output_is_explained(manifest):
    interface(manifest, mounts=[{"name": "MODELS", "path": "/models"}], command="x ${MODELS} ${TILES} ${MOSAIC}")
    mount, output = told(manifest, "UNDECLARED_VARIABLE")
    assert '"/models"' in mount.suggestion
    assert "OUTPUT_DIR" in output.suggestion
    assert "eclare" not in mount.suggestion + output.suggestion


@pytest.mark.parametrize("name", ["Job", "JOB"])
def test_the_wrong_case_hides_nothing(manifest, name):
    manifest["job"] |= {"timeout": "600", "name": "Tile mosaic"}
    manifest["job"]["errors"].append({"code": 3, "name": "bad-tile"})
    inside = [found.name for found in validate(manifest).findings]
    misnamed = {"seedVersion": "1.0.0", name: manifest["job"]}
    findings = told(misnamed, *inside)
    assert [found.path for found in findings][:2] == ["$", f"$.{name}"]
    assert [found.name for found in findings[2:]] == inside
    assert all(found.path.startswith(f"$.{name}.") and found.line for found in findings[2:])
    for found in findings[2:]:
        assert found.fix.apply(misnamed).data != misnamed
    assert validate(validate(misnamed).fixed("all")).is_valid


def test_the_wrong_case_further_down(manifest):
    manifest["job"]["Interface"] = manifest["job"].pop("interface")
    manifest["job"]["Interface"]["Inputs"] = {"files": [{"name": "TILES", "mediaTypes": "image/tiff"}]}
    paths = [found.path for found in told(manifest, "JSON_VALIDATION_ERROR")]
    assert "$.job.Interface" in paths


@pytest.mark.parametrize(("given", "meant"), [("OUTPUTDIR", "OUTPUT_DIR"), ("PARAM", "PARAMS"), ("TILE", "TILES")])
def test_a_misspelt_variable_has_a_place_and_a_remedy(manifest, given, meant):
    interface(manifest, settings=[{"name": "PARAMS"}], command='run "a" ${TILES} ${' + given + "}")
    text = json.dumps(manifest, indent=2)
    (found,) = (one for one in validate(text) if one.name == "UNDECLARED_VARIABLE")
    assert found.suggestion == f"Did you mean ${{{meant}}}?"
    assert text.splitlines()[found.line - 1][found.column - 1 :].startswith(given + "}")
    assert "${" + meant + "}" in found.fix.apply(manifest).at("job.interface.command")


@pytest.mark.parametrize(
    ("pattern", "glob"),
    [
        (r".*\.tif$", "*.tif"),
        (r"^out_.*\.tif$", "out_*.tif"),
        (r"tile-\d+\.png", "tile-*.png"),
        (r".*tif", "*tif"),
        (r"(a|b)\.tif", None),
    ],
)
def test_a_regular_expression_is_no_glob(manifest, pattern, glob):
    interface(manifest, outputs={"files": [{"name": "O", "pattern": pattern}]})
    found = only(manifest, "PATTERN_IS_REGEX")
    assert (found.fix and found.fix.apply(manifest).at("job.interface.outputs.files[0].pattern")) == glob


@pytest.mark.parametrize(
    "pattern", ["*.tif", "out.*", "a[0-9]*.*", "report (1).pdf", "a$b", "x+y.csv", "?.tif", "**/*.png"]
)
def test_a_glob_is_no_regular_expression(manifest, pattern):
    interface(manifest, outputs={"files": [{"name": "O", "pattern": pattern}]})
    assert told(manifest, "PATTERN_IS_REGEX") == []


@pytest.mark.parametrize(
    "command", ["run ${TILES} ${OUTPUT_DIR", "run ${TILES ${OUTPUT_DIR}", "cp ${TILES/a.tif ${OUTPUT_DIR}"]
)
def test_an_unclosed_brace(manifest, command):
    found = only(interface(manifest, command=command), "UNCLOSED_VARIABLE")
    assert found.fix.apply(manifest).at("job.interface.command").count("}") == 2


def test_closed_braces_of_a_shell(manifest):
    interface(manifest, command="x ${TILES%.tif} ${TILES:-a b} ${TILES/a/b} ${TILES:-${OUTPUT_DIR}} $TILES")
    assert told(manifest, "UNCLOSED_VARIABLE") == []


@pytest.mark.parametrize("name", ["PATH", "path", "HOME", "LD-LIBRARY-PATH"])
def test_a_setting_that_replaces_a_variable_of_programs(manifest, name):
    assert only(interface(manifest, settings=[{"name": name}]), "STANDARD_VARIABLE").severity == "warning"


def test_what_is_listed_again_is_listed_once_by_a_safe_fix(manifest):
    manifest["job"]["tags"] = ["a", "b", "a"]
    manifest["job"]["interface"]["inputs"]["files"][0]["mediaTypes"] = ["a/b", "a/b", "a/c", "a/b"]
    assert [one.name for one in validate(manifest)] == ["REPEATED_MEDIA_TYPE", "REPEATED_MEDIA_TYPE", "REPEATED_TAG"]
    fixed = validate(manifest).fixed()
    assert (fixed.at("job.tags"), fixed.at((*FILES, 0, "mediaTypes"))) == (["a", "b"], ["a/b", "a/c"])


@pytest.mark.parametrize(("text", "clean"), [("a\0b", "ab"), ("a\ud800b", "ab")])
def test_texts_that_no_database_holds_are_found_by_validation(manifest, text, clean):
    manifest["job"]["title"] = text
    found = only(manifest, "UNSTORABLE_TEXT")
    assert (found.path, found.rejected_by) == ("$.job.title", {"Scale create"})
    assert found.fix.apply(manifest).at("job.title") == clean
    interface(manifest, settings=[{"name": "A"}])
    found = [one for one in validate(manifest, {"settings": {"A": text}}) if one.name == "UNSTORABLE_TEXT"]
    assert (found[1].document, found[1].path, found[1].fix) == ("configuration", "$.settings.A", None)


@pytest.mark.parametrize("name", ["status", "pending", "running", "system-failures"])
def test_names_of_services(manifest, name):
    manifest["job"]["name"] = name
    assert only(manifest, "SHADOWED_JOB_NAME").severity == "warning"
    assert validate(manifest).is_valid


@pytest.mark.parametrize(("timeout", "words"), [(0, "no limit"), (-1, "stops every run at once")])
def test_what_a_timeout_means(manifest, timeout, words):
    manifest["job"]["timeout"] = timeout
    assert words in only(manifest, "TIMEOUT_NOT_POSITIVE").description


def test_a_misspelt_setting_is_recognised_whatever_its_case(manifest):
    interface(manifest, settings=[{"name": "DB_PASSWORD", "secret": True}])
    found = next(one for one in validate(manifest, {"settings": {"db-password": "x"}}) if one.name == "UNKNOWN_SETTING")
    assert found.suggestion == 'Did you mean "DB_PASSWORD"?'


def test_cmd_and_args_beside_a_command_are_put_into_it(manifest):
    for found in told(interface(manifest, cmd="run.sh", args=["a"]), "JSON_VALIDATION_ERROR"):
        assert found.fix is None
        assert 'beside "command"' in found.suggestion


@pytest.mark.parametrize(
    ("section", "given", "meant", "safe"),
    [
        ("job.errors", {}, [], True),
        ("job.errors", {"code": 2, "name": "bad"}, [{"code": 2, "name": "bad"}], True),
        ("job.errors", {"bad": {"code": 2}}, [{"name": "bad", "code": 2}], False),
        ("job.errors", {"bad": 2, "worse": 3}, [{"name": "bad", "code": 2}, {"name": "worse", "code": 3}], False),
        ("job.errors", {"2": "bad"}, [{"code": 2, "name": "bad"}], False),
        ("job.errors", {"2": "Bad tile!"}, [{"code": 2, "title": "Bad tile!"}], False),
        ("job.errors", {"2": {"title": "Bad"}}, [{"code": 2, "title": "Bad"}], False),
        ("job.resources", [{"name": "cpus", "value": 1}], {"scalar": [{"name": "cpus", "value": 1}]}, True),
        ("job.interface.mounts", {"DEM": "/dem"}, [{"name": "DEM", "path": "/dem"}], False),
        ("job.interface.outputs.files", {"MAP": "*.tif"}, [{"name": "MAP", "pattern": "*.tif"}], False),
        ("job.interface.inputs.json", {"LIMIT": "number"}, [{"name": "LIMIT", "type": "number"}], False),
        ("job.tags", "map", ["map"], True),
        ("job.title", ["Map"], "Map", True),
    ],
)
def test_one_entry_and_an_object_of_names_become_a_list(manifest, section, given, meant, safe):
    made = Manifest.read(manifest).set(section, given).data
    found = next(one for one in validate(made) if one.path == f"$.{section}")
    assert found.fix.apply(made).at(section) == meant
    assert found.fix.safe == safe


@pytest.mark.parametrize("given", [{"bad": 2, "worse": "x"}, {"a": None}, {"2": {"code": 3}}, "bad", 5])
def test_errors_that_can_be_meant_in_several_ways_have_no_fix(manifest, given):
    manifest["job"]["errors"] = given
    assert only(manifest).fix is None


@pytest.mark.parametrize(
    "given", [[{"name": "LEVEL", "value": "7"}, {"name": "HOST"}], {"LEVEL": "7", "HOST": "db"}], ids=["list", "object"]
)
@pytest.mark.parametrize("place", ["job", "job.interface"])
def test_environment_variables_become_settings_without_their_values(manifest, given, place):
    interface(manifest, settings=[{"name": "HOST", "secret": True}])
    found = only(Manifest.read(manifest).set(f"{place}.envVars", given).data)
    fixed = found.fix.apply(Manifest.read(manifest).set(f"{place}.envVars", given))
    assert fixed.at("job.interface.settings") == [{"name": "HOST", "secret": True}, {"name": "LEVEL"}]
    assert "envVars" not in fixed.text
    assert "configuration" in found.suggestion


@pytest.mark.parametrize("place", ["resources", "job.interface.resources"])
@pytest.mark.parametrize(
    "given",
    [{"scalar": [{"name": "cpu", "value": 2}]}, [{"name": "cpu", "value": 2}], {"cpu": 2}],
    ids=["scalar", "list", "object"],
)
def test_resources_of_an_older_format_move_into_the_job(manifest, place, given):
    del manifest["job"]["resources"]
    made = Manifest.read(manifest).set(place, given).data
    found = next(one for one in validate(made) if one.path == f"$.{place}")
    assert found.fix.apply(made).at("job.resources.scalar") == [{"name": "cpu", "value": 2}]
    fixed = validate(made).fixed("all")
    assert {one["name"]: one["value"] for one in fixed.at("job.resources.scalar")}["cpus"] == 2
    assert validate(fixed).findings == ()


def test_resources_in_two_places_have_no_fix(manifest):
    assert only(interface(manifest, resources={"scalar": []})).fix is None


def test_what_stands_under_an_older_name_is_judged_in_the_same_pass(manifest):
    job = manifest["job"]
    job["interface"]["inputData"] = [{"name": "TILES", "type": "file"}]
    del job["interface"]["inputs"]
    job["errorMapping"] = [{"code": 1, "title": "Bad"}]
    del job["errors"]
    paths = [found.path for found in validate(manifest)]
    assert "$.job.interface.inputData[0].type" in paths
    assert "$.job.errorMapping[0]" in paths
    assert told(manifest, "UNDECLARED_VARIABLE") == []  # TILES is declared, under another name
    assert validate(validate(manifest).fixed("all")).is_valid


def test_a_job_in_a_list_of_one_is_taken_out_and_judged(manifest):
    manifest["job"]["timeout"] = "600"
    manifest["job"] = [manifest["job"]]
    listed, inside = told(manifest, "JSON_VALIDATION_ERROR")
    assert (listed.path, inside.path) == ("$.job", "$.job[0].timeout")
    assert listed.fix.apply(manifest).at("job.timeout") == "600"
    assert inside.fix.apply(manifest).at("job[0].timeout") == 600
    assert validate(validate(manifest).fixed("all")).findings == ()


@pytest.mark.parametrize(
    ("pattern", "meant"),
    [
        ("/out/*.tif", "out/*.tif"),
        ("${OUTPUT_DIR}/*.tif", "*.tif"),
        ("$OUTPUT_DIR/a", "a"),
        ("../x", None),
        ("/", None),
    ],
)
def test_a_pattern_is_relative_to_the_output_folder(manifest, pattern, meant):
    interface(manifest, outputs={"files": [{"name": "O", "pattern": pattern}]})
    found = only(manifest, "PATTERN_MATCHES_NOTHING")
    assert (found.fix and found.fix.apply(manifest).at("job.interface.outputs.files[0].pattern")) == meant


def test_a_recommended_resource_in_another_case_is_not_declared_twice(manifest):
    manifest["job"]["resources"]["scalar"][0]["name"] = "CPUs"
    fixed = only(manifest, "RECOMMENDED_RESOURCES").fix.apply(manifest)
    assert [one["name"] for one in fixed.at("job.resources.scalar")] == ["cpus", "mem", "disk"]
    assert validate(fixed).findings == ()


def test_null_for_the_name_of_an_error_and_of_a_maintainer_can_be_fixed(manifest):
    manifest["job"]["errors"][0] |= {"name": None, "title": "Bad"}
    manifest["job"]["maintainer"]["email"] = None
    fixed = validate(manifest).fixed("all")
    assert (fixed.at("job.errors[0].name"), fixed.at("job.maintainer.email")) == ("bad", "TODO: email")
    assert validate(fixed).is_valid


def test_a_number_for_yes_or_no(manifest):
    interface(manifest, settings=[{"name": "API_KEY", "secret": 1}])
    found = only(manifest)
    assert (found.fix.apply(manifest).at("job.interface.settings[0].secret"), found.fix.safe) == (True, False)


def test_a_json_output_with_another_name_still_reads_the_member_that_the_job_writes():
    given = {"job": {"interface": {"outputs": {"json": [{"name": "count", "type": "integer"}]}}}}
    (found,) = [one for one in validate(given).findings if one.name == "NOT_NORMALIZED"]
    assert found.fix.apply(given).at("job.interface.outputs.json[0]") == {
        "name": "COUNT",
        "type": "integer",
        "key": "count",
    }
    kept = {"job": {"interface": {"outputs": {"json": [{"name": "count", "type": "integer", "key": "n"}]}}}}
    (found,) = [one for one in validate(kept).findings if one.name == "NOT_NORMALIZED"]
    assert found.fix.apply(kept).at("job.interface.outputs.json[0].key") == "n"
