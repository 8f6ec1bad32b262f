"""Boards for a notebook: how a cluster fares, at a glance."""

from typing import TYPE_CHECKING

from jobtype_toolkit.lazy import loader

if TYPE_CHECKING:
    from jobtype_toolkit.boards.widget import FailureReview, StatusBoard

__all__ = ["FailureReview", "StatusBoard"]
__getattr__ = loader(__name__, {"widget": __all__})


def __dir__() -> list[str]:
    return __all__
