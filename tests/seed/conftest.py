"""What the tests of this layer share."""

import copy
from pathlib import Path

import pytest
from recorded import ABSENT, FOLDER

ROOT = Path(__file__).resolve().parents[2]

MANIFEST = {
    "seedVersion": "1.0.0",
    "job": {
        "name": "tile-mosaic",
        "jobVersion": "1.2.0",
        "packageVersion": "1.0.0",
        "title": "Tile mosaic",
        "description": "Joins tiles into one image.",
        "maintainer": {"name": "Imagery Team", "email": "imagery@example.com"},
        "timeout": 600,
        "resources": {
            "scalar": [
                {"name": "cpus", "value": 1.0},
                {"name": "mem", "value": 512},
                {"name": "disk", "value": 64, "inputMultiplier": 2.5},
            ],
        },
        "interface": {
            "command": "${TILES} ${OUTPUT_DIR}",
            "inputs": {"files": [{"name": "TILES", "mediaTypes": ["image/tiff"], "multiple": True}], "json": []},
            "outputs": {"files": [{"name": "MOSAIC", "pattern": "*.tif"}]},
        },
        "errors": [{"code": 1, "name": "bad-tile", "title": "Bad tile", "description": "A tile cannot be read."}],
    },
}


@pytest.fixture
def manifest():
    """A manifest that nobody objects to, for the test to change."""
    return copy.deepcopy(MANIFEST)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with real manifests and recordings, which is no part of the project."""
    if not (FOLDER / "manifests" / "index.csv").is_file():
        pytest.skip(ABSENT)
    return FOLDER
