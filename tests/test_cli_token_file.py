"""A token file that others can read is warned of."""

from __future__ import annotations

import os
import warnings

import pytest
from children import COMMAND_LINE, run

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


def test_the_program_writes_a_warning_as_a_sentence(tmp_path):
    file = tmp_path / "token"
    file.write_text("abc\n")
    file.chmod(0o644)
    command = ["jobs", "--order", "nothing", "--server", "https://scale.example", "--token-file", str(file)]
    done = run(COMMAND_LINE, *command)
    warning, refusal = done.stderr.splitlines()
    assert (
        warning
        == f"jobtype-toolkit: --token-file {file} can be read by other users of this machine. Say chmod 600 {file}."
    )
    assert refusal.startswith("jobtype-toolkit: --order nothing names no field to sort by.")
