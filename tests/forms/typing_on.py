"""Types into a form until somebody kills this process: `python typing_on.py FILE`. Says so once all of it was answered."""

import sys
from pathlib import Path

from viewing import Pages

from jobtype_toolkit.forms.autosave import Autosave
from jobtype_toolkit.forms.configuration import ConfigurationState
from jobtype_toolkit.forms.manifest import ManifestState

if __name__ == "__main__":
    manifest = ManifestState({"job": {"interface": {"settings": [{"name": "PASS", "secret": True}]}}})
    configuration = ConfigurationState(manifest)
    manifest.autosave = Autosave(Path(sys.argv[1]) / "manifest.json")
    configuration.autosave = Autosave(Path(sys.argv[1]) / "configuration.json")
    pages = Pages(manifest)
    pages.edit("/job/title", "Tile mosaic")
    pages.edit("/job/jobVersion", "1.x")
    pages.edit("/job/timeout", "1h")
    pages = Pages(configuration)
    pages.edit("/priority", "50")
    pages.edit("/settings/PASS", "hunter2")
    print("typed", flush=True)
    sys.stdin.read()
