"""Forms for a notebook: write a manifest and a configuration, submit them, look through what there is.

`ManifestForm`, `ConfigurationForm`, `SubmitForm` and `JobTypeBrowser` are widgets; `author` shows the first three as steps.
"""

from importlib import import_module
from typing import Any

_PUBLIC = {"skins": ["AuthorForm", "ConfigurationForm", "ManifestForm", "SubmitForm", "author"]}
_MODULES = {name: module for module, names in _PUBLIC.items() for name in names}

__all__ = sorted(_MODULES)  # noqa: PLE0605 - one table of names


def __getattr__(name: str) -> Any:
    """Load a form on first use: ipywidgets costs more than a command line wants to pay."""
    if name not in _MODULES:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
