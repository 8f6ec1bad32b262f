"""The name of a Seed image: `<name>-<jobVersion>-seed:<packageVersion>`, compared with the manifest."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from jobtype_toolkit.seed.findings import BEST_PRACTICE, Finding, finding
from jobtype_toolkit.seed.json.paths import get
from jobtype_toolkit.seed.text import shown

_PARTS = re.compile(r"(?:.*/)?(?P<repository>[^/:@]+)(?::(?P<tag>[^/:@]+))?(?:@.+)?\Z")


def image_name(manifest: Any) -> str | None:
    """Return the image name that the Seed convention demands, None while the manifest lacks a part of it."""
    name, job, package = (get(manifest, ("job", part)) for part in ("name", "jobVersion", "packageVersion"))
    if not (isinstance(name, str) and isinstance(job, str) and isinstance(package, str)):
        return None
    return f"{name.lower()}-{job}-seed:{package}"


def image_findings(manifest: Any, docker_image: str) -> Iterator[Finding]:
    """Yield what in the image's name does not agree with the manifest. No server checks it."""
    expected, match = image_name(manifest), _PARTS.match(docker_image)
    if not expected or not match:
        return
    repository, tag = expected.split(":")
    if match["repository"].lower() != repository:
        yield finding(
            "IMAGE_NAME",
            ("job", "name"),
            f"The image is called {shown(match['repository'])}; the manifest's name and version "
            f"make it {shown(repository)}.",
            "Tag the image anew, or correct the manifest.",
            {BEST_PRACTICE},
        )
    if match["tag"] != tag:
        yield finding(
            "IMAGE_TAG",
            ("job", "packageVersion"),
            f"The image's tag is {shown(match['tag'] or 'latest')}; the package version is {shown(tag)}.",
            "Tag the image anew, or correct the manifest.",
            {BEST_PRACTICE},
        )
