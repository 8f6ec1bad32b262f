"""The questions: one SQL file each, over the facts in a store."""

from jobtype_toolkit.analyses.questions import Analyses

__all__ = ["Analyses"]
