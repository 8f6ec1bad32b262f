"""Versions of job types: their order, as v6 ranks them to find the latest one (D13), and their addresses (D14)."""

from __future__ import annotations

import re

_NUMBER = r"(0|[1-9][0-9]*)"
_SEMVER = re.compile(rf"{_NUMBER}\.{_NUMBER}\.{_NUMBER}(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?")

Rank = tuple[int, int, int, bool, int]


_LONGEST = 1000
"""Characters of a version that has a rank; v6 holds 50, and Python reads no number of thousands of digits."""
_ADDRESS = re.compile(r"[A-Za-z0-9_.]+")


def is_addressable(version: str) -> bool:
    """Whether a v6 server has an address for a version: for one with `-` or `+` it has none (D14)."""
    return _ADDRESS.fullmatch(version) is not None


def rank(version: str) -> Rank:
    """Return a key that sorts versions as v6 does; the greatest is the latest.

    A release is above its pre-releases; of a pre-release only its digits count, or the first character where there are
    none; build metadata is ignored; what is not SemVer ranks as zero.
    """
    found = _SEMVER.fullmatch(version or "")
    if not found or len(version) > _LONGEST:
        return (0, 0, 0, False, 0)
    major, minor, patch, pre = found.groups()
    is_release = pre is None
    return (int(major), int(minor), int(patch), is_release, 0 if is_release else _pre_release(pre))


def _pre_release(text: str) -> int:
    digits = "".join(re.findall(r"[0-9]", text))
    return int(digits) if digits else ord(text[0])
