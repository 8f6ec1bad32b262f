"""A token file that others can read is warned of."""

from __future__ import annotations

import os
import warnings

import pytest

import jobtype_toolkit as jt
from jobtype_toolkit.cli.targets import connected

pytestmark = pytest.mark.skipif(os.name != "posix", reason="modes of files are of POSIX")


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604])
def test_a_token_file_that_others_can_read_is_warned_of(tmp_path, mode):
    file = tmp_path / "token"
    file.write_text("abc\n")
    file.chmod(mode)
    with pytest.warns(jt.NotVerified, match="chmod 600"):
        connected("https://scale.example", file, None, None)


def test_a_token_file_of_ones_own_is_not(tmp_path):
    file = tmp_path / "token"
    file.write_text("abc\n")
    file.chmod(0o600)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        connected("https://scale.example", file, None, None)
