"""The forms as widgets: a skin over each state."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import traitlets
from ipywidgets import ValueWidget

from jobtype_toolkit.forms.author_steps import AuthorState
from jobtype_toolkit.forms.autosave import Autosave
from jobtype_toolkit.forms.configuration import ConfigurationState
from jobtype_toolkit.forms.form import Form
from jobtype_toolkit.forms.manifest import ManifestState, Source
from jobtype_toolkit.forms.submit import SubmitState
from jobtype_toolkit.seed.findings import Validation
from jobtype_toolkit.widgets.host import autosave_path, current_shell, is_voila
from jobtype_toolkit.widgets.widget import Widget

if TYPE_CHECKING:
    from jobtype_toolkit.backend import Backend
    from jobtype_toolkit.plans.plan import Plan
    from jobtype_toolkit.plans.sent import Sent

State = TypeVar("State", bound=Form[Any])


class FormWidget(Widget, ValueWidget, Generic[State]):  # type: ignore[misc]
    """A form over one document, with traits to observe and to link.

    `value` is the document; `is_valid`, `is_dirty` and `findings` follow it.
    """

    value = traitlets.Dict()
    description = traitlets.Unicode("")
    """The label that `interact` gives to what it is handed."""
    is_valid = traitlets.Bool(default_value=False)
    is_dirty = traitlets.Bool(default_value=False)
    findings = traitlets.Tuple()

    def __init__(self, state: State, autosave: PathLike[str] | str | bool | None = None) -> None:
        self.state = state
        self._is_following = False
        state.autosave = _autosave(state.kind, autosave)
        state.is_volatile = is_voila()
        super().__init__(state)
        state.watch(self._follow)
        self._follow()

    def _follow(self) -> None:
        self._is_following = True
        try:
            with self.hold_trait_notifications():
                self.value = self.state.value
                self.is_valid, self.is_dirty, self.findings = (
                    self.state.is_valid,
                    self.state.is_dirty,
                    self.state.findings,
                )
        finally:
            self._is_following = False

    @traitlets.observe("value")
    def _take(self, change: Any) -> None:
        if not self._is_following:
            self.state.load(change["new"])

    @property
    def draft(self) -> dict[str, Any]:
        """The document with the texts that could not be read yet, such as "1h" for a number of seconds."""
        return self.state.draft

    @property
    def text(self) -> str:
        """The document as JSON text, spelled as it came where nobody touched it; without what is secret."""
        return self.state.public_text

    @property
    def code(self) -> str:
        """A cell that makes the same document without the form."""
        return self.state.code

    @property
    def validation(self) -> Validation:
        """What the validator says of the document as it stands."""
        return self.state.validation

    def undo(self) -> None:
        """Take the last step back, if there is one."""
        self.state.receive({"do": "undo", "of": "/"}, self.send)

    def redo(self) -> None:
        """Make the last step again that was taken back, if there is one."""
        self.state.receive({"do": "redo", "of": "/"}, self.send)


class ManifestForm(FormWidget[ManifestState]):
    """A form to write a Seed manifest; nothing is lost that it cannot show, and a field that nobody fills adds nothing.

    Args:
        manifest: a dict, a `Manifest`, a path, JSON text, or `(name, version)` or `(name, version, revision_num)` in the
            target; a new one if not given.
        target: a store or a live server, of which completions are asked, and the manifest if it is named.
        autosave: the file to keep what is typed in; by default one beside the notebook; False for none.

    Raises:
        InvalidManifest: it is no JSON object.
        UnreadableInput: the path cannot be read.
        InvalidParameter: a name and a version without a target.
        NotFound: the target has no such job type or revision.
    """

    def __init__(
        self,
        manifest: Source | None = None,
        *,
        target: Backend | None = None,
        autosave: PathLike[str] | str | bool | None = None,
    ) -> None:
        super().__init__(ManifestState(manifest, target=target), autosave)

    @property
    def manifest(self) -> dict[str, Any]:
        """The manifest as a plain dict, untouched parts exactly as they came; assign another one to start anew."""
        return self.state.value

    @manifest.setter
    def manifest(self, source: Source) -> None:
        self.state.load(source)


class ConfigurationForm(FormWidget[ConfigurationState]):
    """A form to write the configuration of a job type; its fields follow the manifest.

    Args:
        manifest: a `ManifestForm`, whose edits are followed, or whatever `Manifest.read` takes.
        configuration: whatever `Configuration.read` takes; an empty one if not given.
        target: a store or a live server, whose workspaces can be chosen.
        autosave: the file to keep what is typed in, never a secret; by default one beside the notebook; False for none.

    Raises:
        InvalidManifest: one of the two is no JSON object.
        UnreadableInput: a path cannot be read.
    """

    def __init__(
        self,
        manifest: Any,
        configuration: Any = None,
        *,
        target: Backend | None = None,
        autosave: PathLike[str] | str | bool | None = None,
    ) -> None:
        source = manifest.state if isinstance(manifest, ManifestForm) else manifest
        super().__init__(ConfigurationState(source, configuration, target=target), autosave)

    @property
    def configuration(self) -> dict[str, Any]:
        """The configuration as a plain dict, with the secrets that were typed; assign another one to start anew."""
        return self.state.value

    @configuration.setter
    def configuration(self, source: Any) -> None:
        self.state.load(source)


class SubmitForm(Widget):
    """The way of a manifest to a store or a server: checks, the plan, the confirmation, the result.

    A type that exists there is edited, a new one added. Nothing is sent without a look at the plan and a confirmation.

    Args:
        manifest: the form with the manifest.
        configuration: the form with its configuration.
        target: where it goes.
    """

    def __init__(self, manifest: ManifestForm, configuration: ConfigurationForm, target: Backend) -> None:
        self.state = SubmitState(manifest.state, configuration.state, target)
        super().__init__(self.state)

    @property
    def plan(self) -> Plan | None:
        """The plan that is shown, None if there is none."""
        return self.state.plan

    @property
    def sent(self) -> Sent | None:
        """What became of the plan that was sent last, None if none was."""
        return self.state.sent


class AuthorForm(Widget):
    """Manifest, configuration and submission as the steps of one form. `manifest`, `configuration`, `plan`, `sent` tell its state.

    Args:
        target: a store or a live server.
        manifest: as `ManifestForm` takes it.
        configuration: as `ConfigurationForm` takes it; that of the job type if the manifest is named by one.
        autosave: whether what is typed is kept beside the notebook.
    """

    def __init__(
        self, target: Backend, manifest: Source | None = None, configuration: Any = None, *, autosave: bool = True
    ) -> None:
        self.state = AuthorState(target, manifest, configuration)
        for form in (self.state.manifest, self.state.configuration):
            form.autosave = _autosave(form.kind, None if autosave else False)
            form.is_volatile = is_voila()
        super().__init__(self.state)

    @property
    def manifest(self) -> dict[str, Any]:
        """The manifest as a plain dict."""
        return self.state.manifest.value

    @property
    def configuration(self) -> dict[str, Any]:
        """The configuration as a plain dict, with the secrets that were typed."""
        return self.state.configuration.value

    @property
    def plan(self) -> Plan | None:
        """The plan that is shown, None if there is none."""
        return self.state.submission.plan

    @property
    def sent(self) -> Sent | None:
        """What became of the plan that was sent last, None if none was."""
        return self.state.submission.sent


def author(
    target: Backend, manifest: Source | None = None, configuration: Any = None, *, autosave: bool = True
) -> AuthorForm:
    """Return one form for the whole way: write a manifest and its configuration, check, look at the plan, submit.

    Args:
        target: a store or a live server.
        manifest: a dict, a `Manifest`, a path, or `(name, version)` in the target; a new one if not given.
        configuration: whatever `Configuration.read` takes; that of the job type if the manifest is named by one.
        autosave: whether what is typed is kept beside the notebook, to be offered after a restart.

    Raises:
        InvalidManifest: one of the two is no JSON object.
        UnreadableInput: a path cannot be read.
        NotFound: the target has no such job type or revision.
    """
    return AuthorForm(target, manifest, configuration, autosave=autosave)


def _autosave(kind: str, asked: PathLike[str] | str | bool | None) -> Autosave | None:
    """Return the autosave that was asked for, or the usual one of the cell that runs; None for none."""
    if asked is False:
        return None
    path = autosave_path(kind, shell=current_shell()) if asked is None or asked is True else Path(asked)
    return None if path is None else Autosave(path)
