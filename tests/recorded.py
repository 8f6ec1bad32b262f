"""Where the recordings, real histories and real manifests are, which are no part of the project, and what to say without them."""

from __future__ import annotations

import os
from pathlib import Path

FOLDER = Path(os.environ.get("JOBTYPE_TOOLKIT_SHARED") or Path(__file__).parents[2] / "shared")
RECORDINGS = FOLDER / "recordings"
ABSENT = (
    "needs ../shared, a folder of recordings that is not part of the project (JOBTYPE_TOOLKIT_SHARED names another)"
)
EMPTY = "got empty parameter set"
"""What pytest says of a test with a case per recording if there is none."""
