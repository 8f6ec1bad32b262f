"""Forms for a notebook: write a manifest and a configuration, submit them, look through what there is.

`ManifestForm`, `ConfigurationForm`, `SubmitForm` and `JobTypeBrowser` are widgets; `author` shows the first three as steps.
"""

from typing import TYPE_CHECKING

from jobtype_toolkit.lazy import loader

if TYPE_CHECKING:
    from jobtype_toolkit.forms.job_type_browser import JobTypeBrowser
    from jobtype_toolkit.forms.skins import AuthorForm, ConfigurationForm, ManifestForm, SubmitForm, author

__all__ = ["AuthorForm", "ConfigurationForm", "JobTypeBrowser", "ManifestForm", "SubmitForm", "author"]
__getattr__ = loader(
    __name__,
    {
        "job_type_browser": ["JobTypeBrowser"],
        "skins": ["AuthorForm", "ConfigurationForm", "ManifestForm", "SubmitForm", "author"],
    },
)


def __dir__() -> list[str]:
    return __all__
