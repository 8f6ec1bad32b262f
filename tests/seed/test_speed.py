"""Cheap to import, quick to answer."""

import json
import subprocess
import sys
import time

import jsonschema

from jobtype_toolkit.seed.schema import definition
from jobtype_toolkit.seed.validator import validate

from .conftest import MANIFEST

FIRST = """
import sys, time
start = time.process_time()
from jobtype_toolkit.seed.validator import validate
from jobtype_toolkit.seed.manifest import Manifest
assert not validate(Manifest.new("a")).errors
heavy = {"jsonschema", "jsonschema_rs", "pandas", "numpy"} & set(sys.modules)
took = time.process_time() - start
def million():
    start = time.process_time()
    for _ in range(1_000_000):
        pass
    return time.process_time() - start
print(took / min(million() for _ in range(3)), sorted(heavy))
"""


def test_the_first_validation_of_a_process_takes_less_than_half_a_second_and_loads_nothing_heavy():
    """Half a second where a million turns of an empty loop take 25 ms, and as much more where they take longer."""
    runs = [
        subprocess.run([sys.executable, "-c", FIRST], capture_output=True, text=True, check=True).stdout.split(" ", 1)
        for _ in range(2)
    ]
    assert runs[0][1].strip() == "[]"
    assert min(float(loops) for loops, _ in runs) < 20


def seconds(work, times):
    def once():
        start = time.process_time()
        for _ in range(times):
            work()
        return (time.process_time() - start) / times

    return min(once() for _ in range(5))


def test_a_manifest_with_all_findings_takes_a_tenth_of_jsonschema_validate():
    schema = definition("seed.manifest")
    theirs = seconds(lambda: jsonschema.validate(MANIFEST, schema, cls=jsonschema.Draft4Validator), 4)
    assert seconds(lambda: validate(MANIFEST), 40) * 10 < theirs
    text = json.dumps(MANIFEST, indent=2)
    assert seconds(lambda: validate(text), 40) * 5 < theirs
