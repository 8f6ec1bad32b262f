"""The codes behind v6's refusals: the answer to a refused creation or edit has a text and no code."""

from __future__ import annotations

from dataclasses import replace

from jobtype_toolkit.errors import Rejected
from jobtype_toolkit.seed.codes import CONFIGURATION_CODES
from jobtype_toolkit.seed.findings import SCALE, SCALE_CREATE, Finding, finding

_CODES = {
    "Error validating against schema": "JSON_VALIDATION_ERROR",
    "Collisions are not allowed": "NAME_COLLISION_ERROR",
    "Mount names must be unique": "DUPLICATE_MOUNT_NAMES",
    "Error names must be unique": "DUPLICATE_ERROR_NAMES",
    "mount must have an absolute path": "INVALID_MOUNT_PATH",
    "Invalid configuration version": "INVALID_VERSION",
    "Invalid configuration:": "INVALID_CONFIGURATION",
    "must use an absolute host path": "HOST_ABSOLUTE_PATH",
    "No workspace named": "INVALID_WORKSPACE",
    "Missing workspace": "MISSING_WORKSPACE",
    'named "validation"': "RESERVED_JOB_NAME",
    "for a System Job": "SYSTEM_JOB_TYPE",
    "does not match current Job Type": "JOB_TYPE_MISMATCH",
    "is not a valid field": "NOT_IN_RELEASE",
}
"""What v6 says → the code that it stands for."""
_OF_CONFIGURATION = frozenset(one.name for one in CONFIGURATION_CODES)
_BY_CREATION = frozenset({"RESERVED_JOB_NAME", "SYSTEM_JOB_TYPE", "JOB_TYPE_MISMATCH", "NOT_IN_RELEASE"})


def refusal(error: Rejected) -> Rejected:
    """Return the error with the finding that its detail stands for, if that is known."""
    code = next((code for text, code in _CODES.items() if text in error.detail), None)
    findings: tuple[Finding, ...] = ()
    if code is not None:
        mark = SCALE_CREATE if code in _BY_CREATION else SCALE
        found = finding(code, (), error.detail, marks={mark})
        findings = (replace(found, document="configuration") if code in _OF_CONFIGURATION else found,)
    secrets = (
        " Ask the server's operator for one, or send no secret setting." if "secrets backend" in error.detail else ""
    )
    msg = f"{error}{secrets} Nothing was changed."
    return Rejected(msg, status=error.status, detail=error.detail, findings=findings)
