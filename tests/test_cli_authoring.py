"""The commands for authors: what they write, where to, what they change, and with which exit code."""

from __future__ import annotations

import io
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jsonschema
import pytest
from typer.testing import CliRunner, Result

import jobtype_toolkit as jt
from jobtype_toolkit.cli import app
from jobtype_toolkit.cli.targets import STORE_VARIABLE
from jobtype_toolkit.seed import codes

pytestmark = pytest.mark.slow

IMAGE = "tile-mosaic-1.0.0-seed:1.0.0"
ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Run the command line in an empty folder, without a store named by the environment."""
    monkeypatch.chdir(tmp_path)
    for name in (STORE_VARIABLE, "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)

    def with_arguments(*arguments: str, given: str | bytes | None = None) -> Result:
        result = CliRunner().invoke(app, [*arguments], input=given)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return with_arguments


def complete(**changes: Any) -> jt.Manifest:
    """A manifest about which there is nothing to say, with some things changed."""
    manifest = jt.Manifest.new(
        "tile-mosaic",
        description="Joins tiles.",
        maintainer={"name": "Imagery team", "email": "imagery@example.com"},
    )
    for path, value in changes.items():
        manifest.set(f"job.{path}", value)
    return manifest


def saved(name: str, **changes: Any) -> str:
    complete(**changes).save(name)
    return name


# validate


def test_a_manifest_without_findings_leaves_a_summary_only(run):
    result = run("validate", saved("a.json"))
    assert (result.exit_code, result.stdout) == (
        0,
        "1 manifest: 1 without errors, 0 with; 0 errors, 0 warnings, 0 advice.\n",
    )


def test_each_finding_has_file_line_and_column_in_front(run):
    saved("a.json", timeout="soon", description="")
    result = run("validate", "a.json")
    assert result.exit_code == 1
    lines = Path("a.json").read_text().splitlines()
    for shown in result.stdout.splitlines()[:-1]:
        file, line, column, severity = re.match(r"([^:]+):(\d+):(\d+): (\w+): [A-Z_]+: ", shown).groups()
        assert file == "a.json"
        assert severity in ("error", "advice")
        assert lines[int(line) - 1][int(column) - 1 :].startswith('"')


def test_only_errors_fail_unless_warnings_are_to_count(run):
    saved("advice.json", description="")
    saved("warning.json", timeout=0)
    assert run("validate", "advice.json", "warning.json").exit_code == 0
    assert run("validate", "advice.json", "--warnings-as-errors").exit_code == 0
    assert run("validate", "warning.json", "--warnings-as-errors").exit_code == 1


def test_what_cannot_be_read_is_told_of_and_the_others_are_validated(run):
    saved("a.json", timeout="soon")
    result = run("validate", "gone.json", "a.json")
    assert result.exit_code == 2
    assert "gone.json cannot be read" in result.stderr
    assert "a.json:13:16: error" in result.stdout
    assert "1 file could not be read" in result.stdout


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"a": 1,}', "\ufeff{}", '{"a": NaN}', "[" * 10_000, "\0"])
def test_whatever_a_file_holds_is_a_finding(run, text):
    Path("a.json").write_text(text, encoding="utf-8")
    result = run("validate", "a.json")
    assert result.exit_code == 1
    assert "error: " in result.stdout


def test_what_is_fixable_is_marked_and_unsafe_fixes_are_asked_for(run):
    complete(timeout="600").rename("job.title", "titel").save("a.json")
    result = run("validate", "a.json")
    assert [line.rpartition("] ")[2] for line in result.stdout.splitlines()[:-1]] == ["(fix)", "(safe fix)", "(fix)"]
    assert "--fix applies 1 fix, --fix --unsafe 3." in result.stdout
    assert run("validate", "a.json", "--unsafe").exit_code == 2
    fixed = run("validate", "a.json", "--fix")
    assert fixed.exit_code == 1
    assert fixed.stdout.endswith("; 1 fix applied; --fix --unsafe applies up to 2 more.\n")
    assert '"titel"' in Path("a.json").read_text()
    fixed = run("validate", "a.json", "--fix", "--unsafe")
    assert fixed.exit_code == 0
    assert fixed.stdout.endswith("; 1 fix applied.\n")
    assert jt.Manifest.read(Path("a.json")).at("job.title") == "tile-mosaic"
    Path("b.json").write_text(complete().text.replace('"timeout": 3600,', '"timeout": 3600,,'), encoding="utf-8")
    Path("c.json").write_text(complete().text.rstrip().removesuffix("}") + ",}", encoding="utf-8")
    assert run("validate", "c.json", "--fix", "--unsafe").exit_code == 0


def test_python_counts_findings_as_the_terminal_does(run):
    """By severity: a name that only the schema refuses is an error, and good practice is advice."""
    saved("a.json", timeout=0, description="")
    Path("b.json").write_text(complete().text.replace('"timeout": 3600,', '"timeout": 3600, "x": 1,'), encoding="utf-8")
    for file in ("a.json", "b.json"):
        numbers = run("validate", file).stdout.splitlines()[-1].split("; ")[1].rstrip(".")
        told = str(jt.validate(file)).splitlines()
        assert told[0].split(": ")[1] == numbers
        severities = [re.search(r"(error|warning|advice): ", line)[1] for line in told[1:]]
        assert numbers.startswith(f"{severities.count('error')} error")
        assert numbers.endswith(f"{severities.count('advice')} advice")


def test_findings_in_a_plan_name_their_file(run):
    saved("a.json", timeout="soon")
    result = run("add", "a.json", "--docker-image", IMAGE, "--store", "ops.duckdb")
    assert re.search(r"refused +a\.json:13:16: error: ", result.stdout)


def test_workspaces_are_given_in_the_terminal(run):
    saved("a.json")
    Path("c.json").write_text('{"output_workspaces": {"default": "products"}}', encoding="utf-8")
    assert "--workspace NAME" in run("validate", "a.json", "--config", "c.json").stdout
    result = run("validate", "a.json", "--config", "c.json", "--workspace", "products", "--workspace", "raw")
    assert "WORKSPACE" not in result.stdout
    result = run("validate", "a.json", "--config", "c.json", "--workspace", "raw")
    assert (result.exit_code, "INVALID_WORKSPACE" in result.stdout) == (1, True)
    assert run("validate", "a.json", "--workspace", "raw").exit_code == 2


def test_a_server_judges_a_manifest_alone(run):
    pytest.importorskip("starlette")
    from jobtype_toolkit.testing import serve

    made = complete().set("job.interface.outputs.files[-]", {"name": "MOSAIC", "pattern": "*.tif"})
    made.save("a.json")
    Path("c.json").write_text('{"output_workspaces": {"default": "nowhere"}}', encoding="utf-8")
    with serve(jt.open()) as server:
        result = run("validate", "a.json", "--server", server.url)
        assert (result.exit_code, "WORKSPACE" in result.stdout) == (0, False)
        made.set("job.timeout", "soon").save("a.json")
        assert "$.job.timeout" in run("validate", "a.json", "--server", server.url).stdout


def test_standard_input_is_called_by_its_sign(run):
    result = run("validate", "-", given=complete(timeout="soon").text)
    assert result.exit_code == 1
    assert result.stdout.startswith("-:13:16: error: JSON_VALIDATION_ERROR: ")


def test_a_folder_stands_for_the_manifests_in_it(run):
    for name in (
        "one/seed.manifest.json",
        "two/deep/seed.manifest.json",
        "two/package.json",
        ".git/seed.manifest.json",
    ):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        saved(name, timeout="soon")
    assert {line.partition(":")[0] for line in run("validate", ".").stdout.splitlines()[:-1]} == {
        "one/seed.manifest.json",
        "two/deep/seed.manifest.json",
    }


def test_a_folder_without_any_stands_for_all_json_in_it(run):
    Path("drafts").mkdir()
    saved("drafts/a.json")
    saved("drafts/b.json")
    assert run("validate", "drafts", "drafts/a.json").stdout.startswith("2 manifests")


def test_an_empty_folder_cannot_be_read(run):
    Path("empty").mkdir()
    result = run("validate", "empty")
    assert result.exit_code == 2
    assert "has no JSON files" in result.stderr


def test_safe_fixes_are_made_in_place_and_told(run):
    saved("a.json", timeout="3600")
    result = run("validate", "a.json", "--fix")
    assert result.exit_code == 0
    assert result.stdout.startswith("a.json: fixed: $.job.timeout: ")
    assert Path("a.json").read_text() == complete(timeout=3600).text


def test_a_file_without_safe_fixes_stays_as_it_is(run):
    for text in (complete(timeout="soon").text, '{"seedVersion" : "1.0.0"}', "{", ""):
        Path("a.json").write_text(text)
        run("validate", "a.json", "--fix")
        assert Path("a.json").read_text() == text


def test_a_configuration_is_judged_too_and_its_findings_name_its_file(run):
    saved("a.json", **{"interface.mounts": [{"name": "MAPS", "path": "/maps"}]})
    Path("c.json").write_text('{"mounts": {"MAPS": {"type": "host", "host_path": "maps"}}}')
    result = run("validate", "a.json", "--config", "c.json")
    assert result.exit_code == 1
    assert "c.json:1:51: error: HOST_ABSOLUTE_PATH" in result.stdout
    assert run("validate", "a.json", "--config", "gone.json").exit_code == 2


def test_no_secret_of_a_configuration_is_written(run):
    saved("a.json", **{"interface.settings": [{"name": "TOKEN", "secret": True}]})
    Path("c.json").write_text('{"settings": {"TOKEN": "hunter2", "OTHER": ["hunter2"]}}')
    for format in ("text", "json", "github"):
        result = run("validate", "a.json", "--config", "c.json", "--format", format)
        assert "hunter2" not in result.output


def test_against_one_target_what_others_refuse_is_a_warning(run):
    saved("a.json", jobVersion="1.0.0\n")
    assert run("validate", "a.json").exit_code == 1
    found = json.loads(run("validate", "a.json", "--against", "7.2", "--format", "json").stdout)[0]["findings"]
    assert all(one["severity"] != "error" or {"Scale", "Scale create"} & {*one["rejected_by"]} for one in found)
    result = run("validate", "a.json", "--against", "8")
    assert result.exit_code == 2
    assert "Give one of 6, 7.0, 7.2, schema, seed-cli" in result.stderr


def test_json_has_all_that_a_finding_has(run):
    saved("a.json", timeout="3600")
    (one,) = json.loads(run("validate", "a.json", "--format", "json").stdout)
    assert (one["file"], one["errors"], one["unreadable"], one["applied"]) == ("a.json", 1, None, [])
    (found,) = one["findings"]
    expected = jt.validate(Path("a.json")).errors[0]
    for field in ("name", "description", "severity", "path", "line", "column", "suggestion", "document"):
        assert found[field] == getattr(expected, field)
    assert found["rejected_by"] == ["Scale", "schema", "seed-cli"]
    assert found["fix"] == {"title": expected.fix.title, "safe": True}


def test_github_gets_one_escaped_command_a_finding(run):
    name = saved("a,b:c%.json", timeout="50%", description="")
    lines = run("validate", name, "--format", "github").stdout.splitlines()
    assert lines[1].startswith("::error file=a%2Cb%3Ac%25.json,line=13,col=16,title=JSON_VALIDATION_ERROR::")
    assert '"50%25"' in lines[1]
    assert lines[0].startswith("::notice file=")


def test_what_a_manifest_says_cannot_steer_the_terminal(run):
    saved("a.json", timeout="\x1b[31m", jobVersion="\u202e")
    for format in ("text", "github"):
        assert not re.search("[\x1b\u202e]", run("validate", "a.json", "--format", format).output)


def test_a_store_is_validated_with_its_old_revisions(run, tmp_path):
    with jt.open(tmp_path / "ops.duckdb") as store:
        store.add(complete(timeout=0), docker_image=IMAGE).send()
        store.edit("tile-mosaic", "1.0.0", manifest=complete()).send()
    result = run("validate", "--store", "ops.duckdb")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        f"tile-mosaic 1.0.0 revision 1: {jt.validate(complete(timeout=0).data).warnings[0]}",
        "2 manifests: 2 without errors, 0 with; 0 errors, 1 warning, 0 advice.",
    ]


def test_a_store_named_with_a_configuration_knows_the_workspaces(run, tmp_path):
    with jt.open(tmp_path / "ops.duckdb") as store:
        store.set_workspaces({"products": True})
    saved("a.json")
    Path("c.json").write_text('{"output_workspaces": {"default": "product"}}')
    result = run("validate", "a.json", "--config", "c.json", "--store", "ops.duckdb")
    assert result.exit_code == 1
    assert "INVALID_WORKSPACE" in result.stdout
    assert "products" in result.stdout


def test_nothing_to_validate_and_nothing_to_fix_are_usage_errors(run):
    assert run("validate").exit_code == 2
    assert run("validate", "-", "--fix", given="{}").exit_code == 2
    assert run("validate", "--fix", "--store", "ops.duckdb").exit_code == 2


# new, fmt, diff, schema


def test_new_writes_a_valid_manifest(run):
    assert jt.validate(run("new", "tile-mosaic").stdout).is_valid
    assert run("new", "tile-mosaic", "-o", "a.json").exit_code == 0
    assert Path("a.json").read_text() == jt.Manifest.new("tile-mosaic").text


def test_new_overwrites_nothing_and_makes_nothing_invalid(run):
    Path("a.json").write_text("mine")
    result = run("new", "tile-mosaic", "-o", "a.json")
    assert result.exit_code == 2
    assert Path("a.json").read_text() == "mine"
    result = run("new", "tile mosaic", "-o", "b.json")
    assert result.exit_code == 2
    assert '"tile-mosaic"' in result.stderr
    assert not Path("b.json").exists()


UNTIDY = """\ufeff{"job": {"x-ours": 1.50, "timeout":  36e2, "name": "caf\\u0065", "tags": ["a",
"b"], "resources": {"scalar": [{"value": 10.0, "name": "cpus"}]}, "errors": []}, "seedVersion": "1.0.0"}"""
TIDY = """{
  "seedVersion": "1.0.0",
  "job": {
    "name": "caf\\u0065",
    "tags": ["a", "b"],
    "timeout": 36e2,
    "resources": {
      "scalar": [
        {
          "name": "cpus",
          "value": 10.0
        }
      ]
    },
    "errors": [],
    "x-ours": 1.50
  }
}
"""


def test_fmt_orders_keys_and_keeps_every_spelling(run):
    Path("a.json").write_text(UNTIDY, encoding="utf-8")
    result = run("fmt", "a.json", "--check")
    assert (result.exit_code, result.stdout) == (1, "a.json: would be changed\n1 of 1 file would be changed.\n")
    assert Path("a.json").read_text(encoding="utf-8") == UNTIDY
    assert run("fmt", "a.json").exit_code == 0
    assert Path("a.json").read_text(encoding="utf-8") == TIDY
    assert run("fmt", "a.json", "--check").exit_code == 0
    assert run("fmt", "-", given=UNTIDY.encode()).stdout == TIDY


def test_fmt_leaves_what_it_cannot_keep_and_goes_on(run):
    Path("broken.json").write_text("{")
    Path("twice.json").write_text('{"job": {},\n "job": {"name": "a"}}')
    Path("body.json").write_text('{"manifest": {"seedVersion": "1.0.0"}}')
    result = run("fmt", "broken.json", "twice.json", "body.json")
    assert result.exit_code == 1
    assert Path("twice.json").read_text() == '{"job": {},\n "job": {"name": "a"}}'
    assert "twice.json: line 2, column 2: the key $.job occurs twice" in result.stderr
    assert json.loads(Path("body.json").read_text()) == {"manifest": {"seedVersion": "1.0.0"}}
    assert run("fmt", "gone.json", "broken.json").exit_code == 2


def test_a_new_manifest_is_formatted_already(run):
    run("new", "tile-mosaic", "-o", "a.json")
    assert run("fmt", "a.json", "--check").exit_code == 0


def test_fmt_changes_no_value_of_a_real_manifest(shared):
    def tokens(text: str) -> Any:
        return json.loads(text, parse_float=str, parse_int=str)

    texts = [path.read_text(encoding="utf-8-sig", errors="replace") for path in (shared / "manifests").rglob("*.json")]
    formatted = 0
    for text in texts:
        try:
            read = jt.Manifest.read(text)
            made = jt.Manifest.of(read.as_document()).formatted
        except jt.InvalidManifest:
            continue
        assert tokens(made) == tokens(read.text)
        assert jt.Manifest.read(made).formatted == made
        formatted += 1
    assert formatted > 200


def test_diff_shows_the_changes_the_verdicts_and_the_bump(run):
    saved("old.json")
    saved("new.json", timeout=60)
    result = run("diff", "old.json", "new.json")
    assert result.exit_code == 0
    assert re.search(r"\$\.job\.timeout +3600 +60 +changed", result.stdout)
    assert "breaking: TIMEOUT_SHORTENED" in result.stdout
    assert "Raise packageVersion (major)" in result.stdout
    made = json.loads(run("diff", "old.json", "new.json", "--json").stdout)
    assert made["diff"] == [{"path": "$.job.timeout", "before": 3600, "after": 60, "kind": "changed"}]
    assert (made["verdict"], made["bump"], made["is_bumped"]) == ("breaking", "major", False)
    assert made["changes"][0]["rule"] == "TIMEOUT_SHORTENED"


def test_diff_of_the_same_says_so(run):
    saved("a.json")
    assert run("diff", "a.json", "a.json").stdout == "nothing\nNothing changed; no version has to be raised.\n"
    assert run("diff", "-", "a.json", given=complete().text).exit_code == 0
    assert run("diff", "a.json", "gone.json").exit_code == 2
    Path("b.json").write_text("{")
    assert run("diff", "a.json", "b.json").exit_code == 1


@pytest.mark.parametrize("what", ["manifest", "configuration"])
def test_schema_is_a_json_schema_with_a_description_of_every_field(run, what):
    made = json.loads(run("schema", what).stdout)
    jsonschema.Draft4Validator.check_schema(made)
    for node in nodes(made):
        assert node["title"]
        assert node["description"]


def nodes(schema: dict[str, Any]) -> list[dict[str, Any]]:
    extra = schema.get("additionalProperties")
    inner = [*schema.get("properties", {}).values(), *schema.get("oneOf", [])]
    inner += [one for one in (schema.get("items"), extra) if isinstance(one, dict)]
    return [schema, *(node for one in inner for node in nodes(one))]


# add, edit


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a store with one job type and its manifest, made by the command line."""
    folder = tmp_path_factory.mktemp("template")
    arguments = ["add", saved(str(folder / "a.json")), "--docker-image", IMAGE, "--store", str(folder / "ops.duckdb")]
    assert CliRunner().invoke(app, [*arguments, "--send"]).exit_code == 0
    return folder


@pytest.fixture
def stored(run: Callable[..., Result], template: Path, tmp_path: Path) -> Callable[..., Result]:
    """Run the command line on a store with one job type."""
    shutil.copytree(template, tmp_path, dirs_exist_ok=True)
    return lambda *arguments, **given: run(*arguments, "--store", "ops.duckdb", **given)


def details() -> jt.JobType:
    with jt.open("ops.duckdb") as store:
        return store.job_type("tile-mosaic", "1.0.0")


def test_a_plan_makes_no_file_and_a_refusal_none_either(run):
    result = run("add", saved("a.json"), "--docker-image", IMAGE, "--store", "ops.duckdb")
    assert result.exit_code == 0
    assert "nothing was changed yet; --send does it" in result.stdout
    saved("bad.json", timeout="soon")
    result = run("add", "bad.json", "--docker-image", IMAGE, "--store", "ops.duckdb", "--send")
    assert result.exit_code == 1
    assert "not sendable: 1 error" in result.stdout
    assert not Path("ops.duckdb").exists()


def test_add_takes_every_field(run):
    options = [
        "--icon-code",
        "f013",
        "--is-published",
        "--max-scheduled",
        "3",
        "--no-is-active",
        "--is-paused",
        "--send",
    ]
    Path("c.json").write_text('{"priority": 7}')
    result = run("add", "-", "--docker-image", IMAGE, "--config", "c.json", "--store", "ops.duckdb", *options,
                 given=complete().text)  # fmt: skip
    assert result.exit_code == 0
    assert "sent: created" in result.stdout
    made = details()
    assert (made.icon_code, made.is_published, made.max_scheduled, made.is_active, made.is_paused) == (
        "f013", True, 3, False, True)  # fmt: skip
    assert made.configuration["priority"] == 7


def test_add_overwrites_only_where_it_is_told_to(stored):
    arguments = ("add", saved("b.json", timeout=7200), "--docker-image", IMAGE, "--send")
    result = stored(*arguments)
    assert result.exit_code == 1
    assert "JOB_TYPE_EXISTS" in result.stdout
    assert details().revision_num == 1
    assert stored(*arguments, "--replace").exit_code == 0
    assert details().revision_num == 2


def test_edit_shows_and_then_sends(stored):
    result = stored("edit", "tile-mosaic", "1.0.0", "--is-paused", "--max-scheduled", "2")
    assert "is_paused" in result.stdout
    assert details().is_paused is False
    stored("edit", "tile-mosaic", "1.0.0", "--is-paused", "--max-scheduled", "2", "--send")
    made = details()
    assert (made.is_paused, made.max_scheduled, made.revision_num) == (True, 2, 1)


def test_an_earlier_revision_is_restored(stored):
    stored("edit", "tile-mosaic", "1.0.0", "--manifest", saved("b.json", timeout=7200), "--send")
    assert details().manifest["job"]["timeout"] == 7200
    stored("edit", "tile-mosaic", "1.0.0", "--restore", "1", "--send")
    made = details()
    assert (made.manifest["job"]["timeout"], made.revision_num) == (3600, 3)
    assert stored("edit", "tile-mosaic", "1.0.0", "--restore", "1", "--manifest", "b.json").exit_code == 2
    assert stored("edit", "tile-mosaic", "1.0.0", "--restore", "9").exit_code == 1


def test_a_plan_as_json_is_the_plan(stored):
    made = json.loads(stored("edit", "tile-mosaic", "1.0.0", "--is-paused", "--json").stdout)
    assert made["changes"] == [{"field": "is_paused", "before": False, "after": True}]
    assert made["is_sendable"] is True


def test_what_is_not_there_cannot_be_edited(stored, run):
    assert stored("edit", "tile-mosaic", "9.9.9", "--is-paused").exit_code == 1
    assert run("edit", "tile-mosaic", "1.0.0", "--store", "gone.duckdb").exit_code == 1
    assert run("edit", "tile-mosaic", "1.0.0").exit_code == 2
    assert run("add", "a.json", "--docker-image", IMAGE).exit_code == 2
    assert stored("add", "gone.json", "--docker-image", IMAGE).exit_code == 2


def test_a_restored_revision_brings_its_image(stored):
    saved("b.json", packageVersion="1.0.1")
    stored(
        "edit",
        "tile-mosaic",
        "1.0.0",
        "--manifest",
        "b.json",
        "--docker-image",
        "tile-mosaic-1.0.0-seed:1.0.1",
        "--send",
    )
    assert details().docker_image.endswith(":1.0.1")
    result = stored("edit", "tile-mosaic", "1.0.0", "--restore", "1", "--send")
    assert "IMAGE_TAG" not in result.stdout
    assert "went down" in result.stdout
    assert details().docker_image == IMAGE
    assert "IMAGE_TAG" in stored("edit", "tile-mosaic", "1.0.0", "--manifest", "b.json").stdout
    result = stored("edit", "tile-mosaic", "1.0.0", "--restore", "2", "--docker-image", "other:1", "--send")
    assert details().docker_image == "other:1"


def test_a_stored_manifest_is_written_out(stored):
    assert stored("edit", "tile-mosaic", "1.0.0", "--manifest", saved("b.json", timeout=7200), "--send").exit_code == 0
    for options, timeout in (((), 7200), (("--revision", "1"), 3600), (("--revision", "2"), 7200)):
        result = stored("manifest", "tile-mosaic", "1.0.0", *options)
        assert json.loads(result.stdout)["job"]["timeout"] == timeout
    assert stored("manifest", "tile-mosaic", "1.0.0", "-o", "out.json").exit_code == 0
    assert jt.validate(Path("out.json")).is_valid
    assert stored("manifest", "tile-mosaic", "1.0.0", "-o", "out.json").exit_code == 2
    assert stored("manifest", "tile-mosaic", "1.0.0", "--revision", "9").exit_code == 1


def test_two_revisions_are_compared(stored):
    stored("edit", "tile-mosaic", "1.0.0", "--manifest", saved("b.json", timeout=7200), "--send")
    assert "TIMEOUT_LENGTHENED" in stored("diff", "tile-mosaic", "1.0.0", "--revisions", "1", "2").stdout
    made = json.loads(stored("diff", "tile-mosaic", "1.0.0", "--revisions", "2", "1", "--json").stdout)
    assert made["verdict"] == "breaking"
    assert stored("diff", "a.json", "b.json").exit_code == 0


def test_a_configuration_to_fill_in(run):
    made = (
        complete()
        .set("job.interface.settings[-]", {"name": "HOST"})
        .set("job.interface.mounts[-]", {"name": "M", "path": "/m"})
    )
    made.save("a.json")
    written = json.loads(run("configuration", "a.json").stdout)
    assert (written["settings"], written["mounts"]) == ({"HOST": ""}, {"M": {"type": "host", "host_path": ""}})
    assert run("configuration", "-", "-o", "c.json", given=made.text).exit_code == 0
    assert "HOST_ABSOLUTE_PATH" in run("validate", "a.json", "--config", "c.json").stdout


# all of them


def test_a_bar_is_shown_on_a_terminal_only(monkeypatch):
    from jobtype_toolkit.cli import validation

    for is_terminal in (True, False):
        screen = io.StringIO()
        screen.isatty = lambda seen=is_terminal: seen
        monkeypatch.setattr(validation, "sys", SimpleNamespace(stderr=screen))
        monkeypatch.setattr(validation, "BAR_AFTER", 0)
        assert list(validation.progress([1, 2], "validate", "file")) == [1, 2]
        assert bool(screen.getvalue()) is is_terminal


def test_every_code_in_the_source_is_in_the_table_and_vice_versa():
    known = {one.name for one in (*codes.MANIFEST_CODES, *codes.CONFIGURATION_CODES, *codes.WRITE_CODES)}
    package = Path(jt.__file__).parent
    finders = [
        package / "plans" / "checks.py",
        *(package / "live" / f"{name}.py" for name in ("validation", "error_mapping")),
    ]
    texts = [path.read_text() for path in [*(package / "seed").rglob("*.py"), *finders]
             if path.stem not in ("codes", "verdicts", "compatibility")]  # fmt: skip
    used = {word for text in texts for word in re.findall(r'"([A-Z]+(?:_[A-Z]+)+|PLACEHOLDER)"', text)}
    assert known <= used
    others = {
        "OUTPUT_DIR",
        "LD_LIBRARY_PATH",
        "ALLOCATED_",
        "INPUT_METADATA",
        "WRONG_VERSION_NUMBER",
        "CERTIFICATE_VERIFY_FAILED",
    }
    assert used - known <= others  # Seed's variables, and what OpenSSL says


def test_nobody_rejects_a_manifest_for_a_code_who_does_not_in_the_table(shared):
    table = {one.name: {*one.rejected_by} for one in (*codes.MANIFEST_CODES, *codes.CONFIGURATION_CODES)}
    for path in (shared / "manifests").rglob("*.json"):
        for found in jt.validate(path, {}, docker_image="a:1").findings:
            assert found.rejected_by <= table[found.name], found


def test_the_hooks_of_pre_commit_run_commands_that_exist(run):
    hooks = (ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")
    assert re.findall(r"^- id: (.+)$", hooks, re.MULTILINE) == ["jobtype-toolkit-validate", "jobtype-toolkit-fmt"]
    for command in re.findall(r"entry: jobtype-toolkit (\w+)", hooks):
        assert run(command, saved("seed.manifest.json")).exit_code == 0
    for pattern in re.findall("files: (.+)", hooks):
        assert re.search(pattern, "jobs/mosaic/seed.manifest.json")
        assert not re.search(pattern, "my-seed.manifest.json")
