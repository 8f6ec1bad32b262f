"""The whole way of an author as one screen: manifest, configuration, submission."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jobtype_toolkit.forms.configuration import ConfigurationState
from jobtype_toolkit.forms.manifest import ManifestState, Source
from jobtype_toolkit.forms.submit import SubmitState
from jobtype_toolkit.widgets.steps import Steps

if TYPE_CHECKING:
    from jobtype_toolkit.backend import Backend


class AuthorState(Steps):
    """A manifest, its configuration and the way to a target, as steps.

    Args:
        target: a store or a live server.
        manifest: as `ManifestState` takes it.
        configuration: whatever `Configuration.read` takes; that of the job type if the manifest is named by one.
    """

    def __init__(self, target: Backend, manifest: Source | None = None, configuration: Any = None) -> None:
        if configuration is None and isinstance(manifest, tuple):
            configuration = target.job_type(*manifest[:2]).configuration
        self.manifest = ManifestState(manifest, target=target)
        self.configuration = ConfigurationState(self.manifest, configuration, target=target)
        self.submission = SubmitState(self.manifest, self.configuration, target)
        super().__init__(
            {"manifest": self.manifest, "configuration": self.configuration, "submit": self.submission},
            {"manifest": "Manifest", "configuration": "Configuration", "submit": "Submit"},
        )

    @property
    def is_dirty(self) -> bool:
        """Whether something was changed that was not submitted."""
        return self.manifest.is_dirty or self.configuration.is_dirty
