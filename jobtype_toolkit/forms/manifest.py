"""The manifest form's state: sections after the Seed schema, completions from the target, where the manifest comes from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any, ClassVar

from jobtype_toolkit.errors import InvalidParameter
from jobtype_toolkit.forms.form import Form
from jobtype_toolkit.forms.pages import Part, Section
from jobtype_toolkit.forms.target import Target
from jobtype_toolkit.seed.findings import Finding, Validation
from jobtype_toolkit.seed.json.document import plain
from jobtype_toolkit.seed.json.paths import Path
from jobtype_toolkit.seed.manifest import Manifest
from jobtype_toolkit.seed.schema import Schema, manifest_schema
from jobtype_toolkit.seed.sections import SECTIONS, items
from jobtype_toolkit.seed.validator import validate_documents
from jobtype_toolkit.widgets.nodes import Node

if TYPE_CHECKING:
    from jobtype_toolkit.backend import Backend

_INTERFACE = "/job/interface"
LAYOUT = (
    Section("job", "Job", "What the job is called, what it does, and how long it may run. A star marks what is required.", (
        Part("/job", ("title", "name", "description", "jobVersion", "packageVersion", "timeout", "tags")),
        Part("/", ("seedVersion",)),
    ), ("/", "/job")),
    Section("maintainer", "Maintainer", "Who answers questions about the job.", (
        Part("/job/maintainer", ("name", "organization", "email", "url", "phone")),
    ), ("/job/maintainer",)),
    Section("inputs", "Inputs", "What the job reads.", (
        Part(f"{_INTERFACE}/inputs", ("files", "json")),
    ), (f"{_INTERFACE}/inputs",)),
    Section("outputs", "Outputs", "What the job leaves behind.", (
        Part(f"{_INTERFACE}/outputs", ("files", "json")),
    ), (f"{_INTERFACE}/outputs",)),
    Section("mounts", "Mounts", "Folders that the operator makes available.", (Part(_INTERFACE, ("mounts",)),)),
    Section("settings", "Settings", "Texts that the operator gives to every run.", (Part(_INTERFACE, ("settings",)),)),
    Section("command", "Command", "How the image is called.", (Part(_INTERFACE, ("command",)),), (_INTERFACE,)),
    Section("resources", "Resources", "What a run needs on its node.", (
        Part("/job/resources", ("scalar",)),
    ), ("/job/resources",)),
    Section("errors", "Errors", "What the exit codes of the job mean.", (Part("/job", ("errors",)),)),
)  # fmt: skip
"""The sections of the form. Every member of the schema stands in one of them."""

START: dict[str, Any] = {"seedVersion": "1.0.0", "job": {}}
"""What a new manifest begins with: the one version of the format, and a job of which all is still to be said."""

Source = dict[str, Any] | Manifest | str | bytes | PathLike[str] | tuple[str, str] | tuple[str, str, int]


class ManifestState(Form[Manifest]):
    """A manifest under way.

    Args:
        manifest: a dict, a `Manifest`, a path, JSON text, or `(name, version)` or `(name, version, revision_num)` in the
            target; a new one if not given.
        target: a store or a live server, of which completions are asked, and the manifest if it is named.

    Raises:
        InvalidManifest: it is no JSON object.
        UnreadableInput: the path cannot be read.
        InvalidParameter: a name and a version without a target.
        NotFound: the target has no such job type or revision.
    """

    kind: ClassVar[str] = "manifest"

    def __init__(self, manifest: Source | None = None, *, target: Backend | None = None) -> None:
        self.target = Target(target)
        super().__init__(self.read(START if manifest is None else manifest), is_new=manifest is None)

    @property
    def schema(self) -> Schema:
        """The schema of Seed manifests."""
        return manifest_schema()

    def sections(self) -> Sequence[Section]:
        """Return the sections."""
        return LAYOUT

    def read(self, source: Source) -> Manifest:
        """Return a manifest, from the target if it is named."""
        return named(source, self.target.backend) if isinstance(source, tuple) else Manifest.read(source)

    def completions(self) -> dict[str, Iterable[str]]:
        """Return names of resources and media types."""
        return {
            "resources": self.target.resources,
            "media_types": self.target.media_types,
        }

    def completion(self, path: Path) -> str:
        """Return which of them belong to a path."""
        if path[-1] in ("mediaTypes", "mediaType"):
            return "media_types"
        return "resources" if path == (*SECTIONS["resource"], 0, "name") else ""

    def place(self, found: Finding) -> str:
        """Return the id of the place that a finding is about; of missing resources, the list that they go to."""
        return "/job/resources/scalar" if found.name == "RECOMMENDED_RESOURCES" else super().place(found)

    def adjust(self, place: str, node: Node) -> None:
        """Offer the command what it can name."""
        if place == f"{_INTERFACE}/command":
            node["words"] = self._variables()

    def _variables(self) -> list[str]:
        """Return the variables that the command may hold: of inputs and settings, and the folder for outputs."""
        names = [
            item["name"]
            for section in ("file input", "JSON input", "setting")
            for _, item in items(self._draft.data, SECTIONS[section])
            if isinstance(item.get("name"), str) and item["name"]
        ]
        return [f"${{{name.upper().replace('-', '_')}}}" for name in [*names, "OUTPUT_DIR"]]

    def _validated(self) -> Validation:
        return validate_documents(plain(self._draft.data))

    def _repaired(self, found: Finding) -> Manifest:
        if found.fix is not None and self._draft.document.text:
            return found.fix.apply(self._draft.document)
        return super()._repaired(found)

    @property
    def title(self) -> str:
        """Name and version."""
        document = self._draft.document
        return " ".join(str(one) for one in (document.name, document.version) if isinstance(one, str) and one)

    @property
    def file_name(self) -> str:
        """The usual name of a manifest's file."""
        return "seed.manifest.json"


def named(source: tuple[Any, ...], target: Backend | None) -> Manifest:
    """Return the manifest of a job type, or of one of its revisions, in a target."""
    if target is None or len(source) not in (2, 3):
        msg = f"ManifestForm({source!r}): name a version, or one of its revisions, and where: (name, version), target=store"
        raise InvalidParameter(msg)
    found = target.job_type(*source) if len(source) == 2 else target.revision(*source)
    return Manifest.read(found.manifest)
