"""The configuration form's state: its fields follow the manifest, secrets are written and never shown."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd
import pytest
from viewing import Pages, complete, plain

from jobtype_toolkit.forms.autosave import Autosave
from jobtype_toolkit.forms.configuration import ConfigurationState
from jobtype_toolkit.forms.manifest import ManifestState
from jobtype_toolkit.seed.configuration import Configuration

SECRET = "hunter2-and-more"
FULL = {
    "version": "7",
    "mounts": {"DEM": {"type": "host", "host_path": "/data/dem"}},
    "output_workspaces": {"default": "products", "outputs": {"MOSAIC": "tiles"}},
    "priority": 50,
    "settings": {"DB_HOST": "db.example.com", "DB_PASS": SECRET},
}


def two_secrets() -> dict[str, Any]:
    manifest = complete()
    manifest["job"]["interface"]["settings"] = [{"name": "USER", "secret": True}, {"name": "PASS", "secret": True}]
    return manifest


def everything(state: ConfigurationState, pages: Pages) -> str:
    """Return all that is shown, kept or handed out without being asked for the configuration itself."""
    download = pages.do("export")["download"]
    return json.dumps([plain(pages.nodes), plain(state.nodes()), state.public_text, state.code, download, pages.said])


def test_every_member_of_a_configuration_has_a_field():
    pages = Pages(ConfigurationState(complete(), FULL))
    assert {"/priority", "/output_workspaces/default", "/output_workspaces/outputs/MOSAIC", "/mounts/DEM/type",
            "/mounts/DEM/host_path", "/settings/DB_HOST", "/settings/DB_PASS"} <= set(pages.kind("field"))  # fmt: skip


def test_a_configuration_is_written_from_nothing():
    state = ConfigurationState(complete())
    pages = Pages(state)
    for place, text in {
        "/priority": "50",
        "/output_workspaces/default": "products",
        "/output_workspaces/outputs/MOSAIC": "tiles",
        "/mounts/DEM/type": "host",
        "/mounts/DEM/host_path": "/data/dem",
        "/settings/DB_HOST": "db.example.com",
        "/settings/DB_PASS": SECRET,
    }.items():
        pages.edit(place, text)
    assert state.value == {key: value for key, value in FULL.items() if key != "version"}


def test_what_nobody_filled_is_absent():
    state = ConfigurationState(complete())
    pages = Pages(state)
    assert state.value == {}
    pages.edit("/settings/DB_HOST", "a")
    pages.edit("/settings/DB_HOST", "")
    assert (state.value, state.is_dirty) == ({}, False)


def test_a_configuration_is_read_back_as_it_came():
    text = Configuration.read(FULL | {"x": [1]}).text
    state = ConfigurationState(complete(), text)
    Pages(state)
    assert (state.text, state.value) == (text, FULL | {"x": [1]})


def test_fields_follow_the_manifest():
    manifest = ManifestState(complete())
    state = ConfigurationState(manifest)
    writing, pages = Pages(manifest), Pages(state)
    row = writing.add("/job/interface/settings")
    writing.edit(f"{row}/name", "LEVEL")
    assert pages.nodes["/settings/LEVEL"]["label"] == "LEVEL"
    writing.edit(f"{row}/secret", "yes")
    assert pages.nodes["/settings/LEVEL"]["input"] == "secret"
    writing.do("remove", row)
    assert "/settings/LEVEL" not in pages.nodes
    assert pages.nodes == plain(state.nodes())


def test_what_is_configured_without_being_declared_is_shown_and_kept():
    state = ConfigurationState(complete(), {"settings": {"OLD": "1"}, "mounts": {"GONE": {"type": "volume"}}})
    pages = Pages(state)
    assert pages.nodes["/settings/OLD"]["value"] == "1"
    pages.edit("/priority", "1")
    assert state.value["settings"] == {"OLD": "1"}
    assert state.value["mounts"] == {"GONE": {"type": "volume"}}


def test_a_manifest_without_mounts_and_settings_is_told():
    manifest = complete()
    del manifest["job"]["interface"]["mounts"], manifest["job"]["interface"]["settings"]
    pages = Pages(ConfigurationState(manifest))
    told = [pages.nodes[of]["text"] for page in ("+mounts", "+settings") for of in pages.nodes[page]["children"]]
    assert told == ["The manifest declares no mounts.", "The manifest declares no settings."]


class Workspaces:
    """A target that knows its workspaces."""

    def workspaces(self) -> pd.DataFrame:
        return pd.DataFrame({"name": ["tiles", "old", "products"], "is_active": [True, False, True]})


def test_the_workspaces_of_the_target_are_offered_and_checked():
    state = ConfigurationState(complete(), target=Workspaces())
    pages = Pages(state)
    for place in ("/output_workspaces/default", "/output_workspaces/outputs/MOSAIC"):
        assert pages.nodes[pages.nodes[place]["options"]]["words"] == ["products", "tiles"]
    pages.edit("/output_workspaces/default", "old")
    assert [one for one in state.findings if "old" in one.description]


def test_an_unknown_workspace_is_told_at_its_field_with_the_nearest_one_to_take():
    state = ConfigurationState(complete(), target=Workspaces())
    pages = Pages(state)
    pages.edit("/output_workspaces/default", "prodcts")
    (found,) = pages.nodes["/output_workspaces/default"]["findings"]
    assert found["text"] == 'There is no workspace "prodcts". Did you mean "products"?'
    assert (found["fix"], found["safe"]) == ("use products", False)
    pages.do("fix", "/output_workspaces/default", found["key"])
    pages.do("apply", "/output_workspaces/default")
    assert state.value["output_workspaces"]["default"] == "products"
    assert "findings" not in pages.nodes["/output_workspaces/default"]


@pytest.mark.parametrize("has_store", [False, True], ids=["alone", "store"])
def test_workspaces_that_nobody_knows_are_told_in_words_for_a_form(has_store, store):
    state = ConfigurationState(complete(), FULL, target=store if has_store else None)
    (found,) = [one for one in state.findings if one.name == "WORKSPACES_NOT_CHECKED"]
    asked = "the store in memory knows none" if has_store else "this form has no store or server to ask"
    assert found.description == f"The workspaces were not checked: {asked}."
    assert "jt." not in str(found)


# Mounts.


def test_only_the_chosen_kind_of_mount_is_kept_and_the_other_one_comes_back():
    state = ConfigurationState(complete(), FULL)
    pages = Pages(state)
    pages.edit("/mounts/DEM/type", "volume")
    assert state.value["mounts"]["DEM"] == {"type": "volume"}
    assert "/mounts/DEM/host_path" not in pages.nodes
    pages.edit("/mounts/DEM/driver", "nfs")
    pages.edit("/mounts/DEM/type", "host")
    assert state.value["mounts"]["DEM"] == FULL["mounts"]["DEM"]
    pages.edit("/mounts/DEM/type", "volume")
    assert state.value["mounts"]["DEM"] == {"type": "volume", "driver": "nfs"}


def test_only_the_chosen_kind_of_mount_is_validated():
    state = ConfigurationState(complete(), {"mounts": {"DEM": {"type": "volume"}}})
    assert not [one for one in state.findings if "host_path" in one.description]


def test_a_kind_of_mount_can_be_taken_back():
    state = ConfigurationState(complete(), FULL)
    pages = Pages(state)
    pages.edit("/mounts/DEM/type", "")
    assert "mounts" not in state.value or "DEM" not in state.value["mounts"]
    pages.do("undo")
    assert state.value == FULL


def test_a_kind_of_mount_that_is_not_known_is_kept():
    state = ConfigurationState(complete(), {"mounts": {"DEM": {"type": "tape"}}})
    pages = Pages(state)
    assert state.value == {"mounts": {"DEM": {"type": "tape"}}}
    shown = pages.nodes["/mounts/DEM/type"]
    assert shown["value"] == "tape"


def test_a_chosen_kind_of_mount_is_saved_like_any_edit(tmp_path):
    state = ConfigurationState(complete())
    state.autosave = Autosave(tmp_path / "a.json")
    Pages(state).edit("/mounts/DEM/type", "host")
    assert json.loads(json.loads((tmp_path / "a.json").read_text())["text"])["mounts"]["DEM"] == {"type": "host"}


# Secrets.


def test_a_secret_is_in_the_value_and_nowhere_else(tmp_path):
    state = ConfigurationState(complete())
    state.autosave = Autosave(tmp_path / "a.json")
    pages = Pages(state)
    pages.do("open", "+text", "one")
    pages.do("open", "+python", "two")
    assert pages.nodes["/settings/DB_PASS"]["input"] == "secret"
    pages.edit("/settings/DB_PASS", SECRET)
    pages.do("leave", "/settings/DB_PASS")
    pages.do("check")
    pages.edit("/settings/DB_HOST", "h")
    assert state.value["settings"]["DB_PASS"] == SECRET
    assert SECRET not in everything(state, pages)
    assert SECRET not in (tmp_path / "a.json").read_text()
    pages.do("undo")
    assert SECRET not in everything(state, pages)


@pytest.mark.parametrize("value", [SECRET, [SECRET], {"a": SECRET}, 10**40 + 7])
def test_a_secret_that_came_with_the_configuration_is_not_shown_either(value):
    state = ConfigurationState(complete(), FULL | {"settings": {"DB_PASS": value}})
    pages = Pages(state)
    pages.do("open", "+text", "one")
    pages.do("open", "+python", "two")
    pages.do("check")
    told = everything(state, pages)
    assert SECRET not in told
    assert str(10**40 + 7) not in told


def test_the_json_pane_leaves_secrets_as_they_are():
    state = ConfigurationState(complete(), FULL)
    pages = Pages(state)
    pages.do("open", "+text", "one")
    text = pages.nodes["+json"]["value"]
    pages.edit("+json", text.replace("50", "51"))
    assert (state.value["priority"], state.value["settings"]["DB_PASS"]) == (51, SECRET)


def test_a_secret_in_text_that_is_no_json_yet_is_not_written_to_disk(tmp_path):
    state = ConfigurationState(complete())
    state.autosave = Autosave(tmp_path / "a.json")
    pages = Pages(state)
    pages.edit("+json", f'{{"settings": {{"DB_PASS": "{SECRET}"')
    written = "".join(path.read_text() for path in tmp_path.iterdir())
    assert SECRET not in written


def test_all_secrets_are_asked_for_once_one_is_filled():
    workspace = {"output_workspaces": {"default": "products"}}
    state = ConfigurationState(two_secrets(), workspace | {"mounts": FULL["mounts"]})
    pages = Pages(state)
    assert state.is_valid
    pages.edit("/settings/USER", "me")
    pages.do("check")
    (found,) = pages.nodes["/settings/PASS"]["findings"]
    assert found["severity"] == "error"
    assert "sent last" in found["text"]
    pages.edit("/settings/PASS", SECRET)
    assert state.is_valid
    pages.edit("/settings/PASS", "")
    pages.edit("/settings/USER", "")
    assert state.is_valid
    assert "settings" not in state.value


def test_another_configuration_leaves_no_secret_of_the_first():
    state = ConfigurationState(complete(), FULL)
    Pages(state)
    state.load({"priority": 3})
    assert state.value == {"priority": 3}
    state.load({"settings": {"DB_HOST": "x"}})
    assert state.value == {"settings": {"DB_HOST": "x"}}
