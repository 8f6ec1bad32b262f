"""The configuration form's state: its fields follow the manifest, and what is secret is written and never shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from jobtype_toolkit.forms.draft import child, steps
from jobtype_toolkit.forms.form import Form
from jobtype_toolkit.forms.manifest import ManifestState
from jobtype_toolkit.forms.pages import Part, Section
from jobtype_toolkit.forms.target import Target
from jobtype_toolkit.hints import nearest
from jobtype_toolkit.seed.configuration import Configuration
from jobtype_toolkit.seed.findings import SCALE, Finding, Validation, finding
from jobtype_toolkit.seed.fixes import setting
from jobtype_toolkit.seed.json.document import plain
from jobtype_toolkit.seed.json.paths import Path
from jobtype_toolkit.seed.manifest import Manifest
from jobtype_toolkit.seed.normalize import secret_settings, settings_of
from jobtype_toolkit.seed.schema import Schema, configuration_schema
from jobtype_toolkit.seed.sections import SECTIONS, items
from jobtype_toolkit.seed.validator import validate_documents
from jobtype_toolkit.widgets.nodes import Node, Nodes, note
from jobtype_toolkit.widgets.screen import NOTHING, Effect

if TYPE_CHECKING:
    from jobtype_toolkit.backend import Backend

BRANCHES = [("", "choose one"), ("host", "a folder of the node"), ("volume", "a Docker volume")]
_SECRETS = (
    "A server keeps only the secrets that were sent last: leave all of them empty and all stay as they are, "
    "or fill in all of them."
)


class ConfigurationState(Form[Configuration]):
    """A configuration under way, for a manifest.

    Args:
        manifest: the state of a manifest form, whose edits are followed, or whatever `Manifest.read` takes.
        configuration: whatever `Configuration.read` takes; an empty one if not given.
        target: a store or a live server, whose workspaces can be chosen.

    Raises:
        InvalidManifest: one of the two is no JSON object.
        UnreadableInput: a path cannot be read.
    """

    kind: ClassVar[str] = "configuration"

    def __init__(self, manifest: Any, configuration: Any = None, *, target: Backend | None = None) -> None:
        self._manifest = manifest if isinstance(manifest, ManifestState) else Manifest.read(manifest)
        self.target = Target(target)
        self._branches: dict[tuple[str, str], Any] = {}
        super().__init__(
            Configuration.read({} if configuration is None else configuration), is_new=configuration is None
        )
        if isinstance(manifest, ManifestState):
            manifest.watch(self._follow)

    @property
    def manifest(self) -> dict[str, Any]:
        """The manifest as it is now."""
        return self._manifest.draft if isinstance(self._manifest, ManifestState) else self._manifest.data

    @property
    def schema(self) -> Schema:
        """The schema of configurations."""
        return configuration_schema()

    def read(self, source: Any) -> Configuration:
        """Return a configuration."""
        return Configuration.read(source)

    def reread(self, source: Any) -> Configuration:
        """Return a configuration made of the text that is shown, which has no secrets: those that were typed stay."""
        made = Configuration.read(source)
        typed = settings_of(self._draft.data)
        for name in self.secrets & set(typed):
            if name not in settings_of(made.data):
                made.set(("settings", name), typed[name])
        return made

    def _follow(self) -> None:
        with self._lock:
            self._validation = self._validated()
        self.tell()

    # What the manifest asks for.

    def _named(self, section: str, configured: str) -> tuple[str, ...]:
        """Return the names in a section of the manifest, then those that are configured without being there."""
        names = [
            item["name"] for _, item in items(self.manifest, SECTIONS[section]) if isinstance(item.get("name"), str)
        ]
        found = self._draft.at(configured)
        return tuple(dict.fromkeys([*names, *(found if isinstance(found, dict) else ())]))

    @property
    def secrets(self) -> set[str]:
        """The names of the settings that the manifest marks as secret."""
        return secret_settings(self.manifest)

    def sections(self) -> Sequence[Section]:
        """Return the sections, with a field for each mount, setting and file output of the manifest."""
        outputs = self._named("file output", "/output_workspaces/outputs")
        return (
            Section("run", "Run", "Lower runs earlier; 100 by default.", (Part("/", ("priority",)),), ("/",)),
            Section("workspaces", "Workspaces", "Where the captured files are stored.", (
                Part("/output_workspaces", ("default",)), Part("/output_workspaces/outputs", outputs),
            ), ("/output_workspaces",)),
            Section("mounts", "Mounts", "What stands behind each mount of the manifest.", (
                Part("/mounts", self._named("mount", "/mounts")),
            )),
            Section("settings", "Settings", "The value of each setting of the manifest.", (
                Part("/settings", self._named("setting", "/settings")),
            )),
        )  # fmt: skip

    def adjust(self, place: str, node: Node) -> None:
        """Name fields after what they configure; hide secrets; offer workspaces and kinds of mounts."""
        path = steps(place)
        if len(path) == 2 and path[0] in ("mounts", "settings"):
            node["label"] = str(path[1])
            node["help"] = ""
        elif path[:2] == ("output_workspaces", "outputs") and len(path) == 3:
            node["label"] = str(path[2])
            node["help"] = "Workspace of this file output; the default workspace if it has none."
        if path[:1] == ("mounts",) and path[2:] == ("type",) and node.get("input") == "choice":
            known = {name for name, _ in BRANCHES}
            now = node["value"]
            node["label"] = "Kind"
            node["help"] = ""
            node["choices"] = BRANCHES if now in known else [*BRANCHES, (now, f"{now} (unknown)")]
        if path[:1] == ("settings",) and path[1:] and path[1] in self.secrets:
            typed = isinstance(self._draft.at(place), str)
            told = "typed, not shown" if typed else "" if self._is_new else "unchanged"
            node["input"], node["value"], node["placeholder"] = "secret", "", told
            node["help"] = "Secret: it is written and never shown."

    def completions(self) -> Mapping[str, Iterable[str]]:
        """Return the workspaces of the target."""
        return {"workspaces": self.target.workspaces}

    def completion(self, path: Path) -> str:
        """Return the workspaces for what names one."""
        return "workspaces" if path[:1] == ("output_workspaces",) and self.target.workspaces else ""

    # Mounts: only the chosen branch is kept in the document, the other one for the case that it is chosen again.

    def _edit(self, of: str, value: Any) -> Effect:
        path = steps(of)
        if path[:1] == ("mounts",) and path[2:] == ("type",):
            self._turn_mount(child("/mounts", str(path[1])), str(value))
            return NOTHING
        return super()._edit(of, value)

    def _turn_mount(self, place: str, kind: str) -> None:
        now = self._draft.at(place)
        if isinstance(now, dict):
            self._branches[place, str(now.get("type", ""))] = dict(now)
        self._draft.begin(f"{place}/type")
        self._touched.add(f"{place}/type")
        if kind:
            self._draft.put(place, dict(self._branches.get((place, kind), {"type": kind})))
        else:
            self._draft.clear(place)

    # Findings.

    def _validated(self) -> Validation:
        known = self.target.known
        found = validate_documents(plain(self.manifest), plain(self._draft.data), workspaces=known)
        more = tuple(self._lost_secrets())
        kept = tuple(self._said_here(one) for one in found.warnings if not self._is_kept(one))
        return replace(found, errors=(*map(self._with_nearest, found.errors), *more), warnings=kept)

    def _with_nearest(self, one: Finding) -> Finding:
        """Return a finding about an unknown workspace with the nearest known name to take instead."""
        name = self._draft.document.at(one.steps) if one.name == "INVALID_WORKSPACE" else None
        known = nearest(name, self.target.workspaces) if isinstance(name, str) and name else None
        return replace(one, fix=setting(one.steps, known, f"use {known}")) if known else one

    def _said_here(self, one: Finding) -> Finding:
        """Return a finding in the words of a form: what the validator says to its caller is not for a person here."""
        if one.name != "WORKSPACES_NOT_CHECKED":
            return one
        asked = (
            "this form has no store or server to ask"
            if self.target.backend is None
            else f"{self.target.name} knows none"
        )
        told = "They are checked when the configuration is sent to a server."
        return replace(one, description=f"The workspaces were not checked: {asked}.", suggestion=told)

    def _lost_secrets(self) -> Iterable[Finding]:
        given = settings_of(self._draft.data)
        filled = self.secrets & set(given)
        for name in sorted(self.secrets - set(given)) if filled else ():
            told = f"The secret {name} is empty while others are filled."
            missing = finding("MISSING_SECRET", ("settings", name), told, _SECRETS, {SCALE})
            yield replace(missing, document="configuration")

    def _is_kept(self, one: Finding) -> bool:
        """Whether it blames a secret for staying as it is, or for being typed where it is never shown."""
        return (one.name == "MISSING_SETTING" and one.missing in self.secrets) or one.name == "SECRET_IN_THE_OPEN"

    def place(self, found: Finding) -> str:
        """Return the id of the place that a finding is about."""
        if found.name == "MISSING_WORKSPACE" and not found.steps:
            return "/output_workspaces/default"
        section = {"MISSING_MOUNT": "/mounts", "MISSING_SETTING": "/settings"}.get(found.name)
        return child(section, found.missing) if section else super().place(found)

    # Texts without secrets.

    @property
    def public_text(self) -> str:
        """The configuration as text, without what is secret."""
        document = self._draft.document
        secrets = self.secrets & set(settings_of(document.data))
        return document.without_secrets(self.manifest).text if secrets else document.text

    @property
    def kept_text(self) -> str:
        """What an autosave keeps: never a text that is not taken yet, which may have a secret anywhere."""
        return self.public_text

    def nodes(self) -> Nodes:
        """Return the pages, with a word on secrets where there are some."""
        made = super().nodes()
        if self.secrets and not self._is_new:
            made["+secrets"] = note(_SECRETS)
            made["+settings"]["children"] = ["+secrets", *made["+settings"]["children"]]
        for page in ("+mounts", "+settings"):
            if not made[page]["children"]:
                made["+none" + page] = note(f"The manifest declares no {page[1:]}.")
                made[page]["children"] = ["+none" + page]
        return made
