"""The skin of the browser of job types."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import traitlets

from jobtype_toolkit.forms.author_steps import AuthorState
from jobtype_toolkit.forms.browser import BrowserState
from jobtype_toolkit.widgets.steps import Tabs
from jobtype_toolkit.widgets.widget import Widget

if TYPE_CHECKING:
    from jobtype_toolkit.backend import Backend


class JobTypeBrowser(Widget):
    """The job types of a store or a live server: search and filter them, look at versions, revisions and manifests.

    A job type opens in the form of an author, in a tab of its own. Pausing, deprecating and restoring a revision go through a plan, which is shown before it is sent. `selected` is the name
    and version of the job type that is looked at, None at first; it can be observed.
    """

    selected: Any = traitlets.Any(None, allow_none=True)

    def __init__(self, target: Backend) -> None:
        """Read the job types of a target.

        Args:
            target: a `Store` or a live server.

        Raises:
            ToolkitError: its job types cannot be read.
        """
        self.target = target
        self.state = BrowserState(target)
        self.tabs = Tabs("browser", self.state, "Job types")
        super().__init__(self.tabs)
        self.state.on_open(self._open)
        self.state.watch(self._follow)

    def _open(self, name: str, version: str) -> None:
        self.tabs.open(AuthorState(self.target, (name, version)), f"{name} {version}")

    def on_open(self, opener: Callable[[str, str], object]) -> None:
        """Call a function with name and version, too, when somebody opens a job type in the form."""
        self.state.on_open(opener)
        self.show_changes()

    def _follow(self) -> None:
        self.selected = self.state.selected
