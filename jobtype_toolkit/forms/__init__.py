"""Forms for a notebook: write a manifest and a configuration, submit them, look through what there is."""

from typing import TYPE_CHECKING

from jobtype_toolkit.lazy import loader

if TYPE_CHECKING:
    from jobtype_toolkit.forms.job_type_browser import JobTypeBrowser

__all__ = ["JobTypeBrowser"]
__getattr__ = loader(__name__, {"job_type_browser": ["JobTypeBrowser"]})


def __dir__() -> list[str]:
    return __all__
