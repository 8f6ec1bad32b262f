"""Manifests to validate, and the way people validate them without the toolkit."""

from __future__ import annotations

import json
import subprocess
import sys
import time

import jsonschema

import jobtype_toolkit as jt
from jobtype_toolkit.seed.schema import definition

FIRST = """
import sys, time
began = time.perf_counter()
import jobtype_toolkit as jt
jt.validate(sys.stdin.read())
print(time.perf_counter() - began)
"""


def texts(count: int = 500) -> list[str]:
    """Return manifests as text, all of a usual size, every other one with mistakes."""
    made = []
    for number in range(count):
        manifest = jt.Manifest.new(
            f"job-{number}", description="Joins tiles.", command="${TILES_0} ${MODE} ${OUTPUT_DIR}"
        )
        for at in range(number % 4 + 1):
            manifest.set(f"job.interface.inputs.files[{at}]", {"name": f"TILES_{at}", "mediaTypes": ["image/tiff"]})
            manifest.set(f"job.interface.outputs.files[{at}]", {"name": f"MOSAIC_{at}", "pattern": f"*-{at}.tif"})
            manifest.set(f"job.interface.settings[{at}]", {"name": f"LEVEL_{at}"})
            manifest.set(f"job.errors[{at}]", {"name": f"no-tiles-{at}", "code": at + 1, "title": "No tiles"})
        manifest.set("job.interface.inputs.json[0]", {"name": "MODE", "type": "string"})
        if number % 2:
            manifest.set("job.timeout", "3600").set("job.jobVersion", "1.0").set("job.interface.command", "${MOOD}")
        made.append(manifest.text)
    return made


def with_findings(given: list[str]) -> None:
    """Find everything in each of them."""
    for text in given:
        jt.validate(text)


def with_jsonschema(given: list[str]) -> None:
    """Ask for the first mistake against the schema in each of them."""
    schema = definition("seed.manifest")
    for text in given:
        try:
            jsonschema.validate(json.loads(text), schema)
        except jsonschema.ValidationError:
            continue


def first_seconds(text: str) -> float:
    """Return how long the first validation takes in a new process, with all imports."""
    done = subprocess.run([sys.executable, "-c", FIRST], input=text, capture_output=True, text=True, check=True)
    return float(done.stdout)


def kernel_seconds(text: str) -> float | None:
    """Return how long it takes in a new notebook kernel; None where there is no Jupyter."""
    try:
        from jupyter_client.manager import start_new_kernel
    except ImportError:
        return None
    manager, client = start_new_kernel()
    try:
        code = f"import jobtype_toolkit as jt\njt.validate({text!r})"
        client.execute("1", reply=True)
        began = time.perf_counter()
        client.execute(code, reply=True)
        return time.perf_counter() - began
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
