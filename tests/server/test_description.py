"""The server's own description is true: Schemathesis finds no answer that it does not announce, and nothing that breaks."""

from __future__ import annotations

import re

import pytest
import requests
import schemathesis
from asking import filled
from hypothesis import Phase, given, settings
from jsonschema import Draft202012Validator
from schemathesis import GenerationMode, checks
from sizes import sizes

from jobtype_toolkit import testing
from jobtype_toolkit.api.services import SERVICES, WRITES
from jobtype_toolkit.server.openapi import description
from jobtype_toolkit.server.releases import RELEASES

CHECKS = [
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
]
DESCRIPTION = description(RELEASES["7.2"], "/api/v6/", has_token=False)
OPERATIONS = [
    (method.upper(), path, operation)
    for path, operations in DESCRIPTION["paths"].items()
    for method, operation in operations.items()
]


def described_requests():
    """Yield each service with what fits its description and what does not, one after the other and the rest in soak."""
    for place, (method, path, operation) in enumerate(OPERATIONS):
        can_be_wrong = operation["parameters"] or "requestBody" in operation
        modes = [GenerationMode.POSITIVE, *([GenerationMode.NEGATIVE] if can_be_wrong else [])]
        for turn, mode in enumerate(modes):
            marks = () if turn == place % len(modes) else pytest.mark.soak
            yield pytest.param(method, path, mode, id=f"{method}-{path.strip('/')}-{mode.value}", marks=marks)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server that may be written, on which mistakes are 400 instead of v6's 500."""
    with testing.serve(filled(tmp_path_factory.mktemp("described")), quirks=False) as made:
        yield made
        assert made.failures == []


def test_every_service_is_described_with_all_of_its_parameters():
    for one in SERVICES:
        told = {
            part["name"] for part in DESCRIPTION["paths"][f"/{one.url}"]["get"]["parameters"] if part["in"] == "query"
        }
        assert {part.name for part in one.parameters} <= told
    for one in WRITES:
        (operation,) = [
            found for method, found in DESCRIPTION["paths"][f"/{one.url}"].items() if method in ("post", "patch")
        ]
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        assert list(schema["properties"]) == [part.name for part in one.parameters]


REAL = [
    "/job-types/",
    "/job-type-names/",
    "/job-types/chip-maker/",
    "/job-types/chip-maker/1.10.0/",
    "/job-types/chip-maker/1.10.0/revisions/",
    "/job-types/chip-maker/1.10.0/revisions/2/",
    "/job-types/status/",
    "/job-types/pending/",
    "/job-types/running/",
    "/job-types/system-failures/",
    "/queue/status/",
    "/jobs/",
    "/jobs/101/",
    "/jobs/128/",
    "/jobs/101/executions/",
    "/errors/",
    "/errors/3/",
    "/version/",
]


@pytest.mark.parametrize("release", RELEASES)
def test_what_is_answered_is_what_is_described(small, release):
    """Each service with rows in its answer; the described keys are all there, and no others."""
    with testing.serve(small, release=release) as server:
        told = requests.get(f"{server.url}/v6/openapi.json", timeout=600).json()
        for path in REAL:
            got = requests.get(f"{server.url}/v6{path}", timeout=600).json()
            fitting = [url for url in told["paths"] if re.fullmatch(re.sub(r"{\w+}", r"[^/]+", url), path)]
            url = path if path in fitting else fitting[0]
            schema = told["paths"][url]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
            validator = Draft202012Validator({**schema, "components": told["components"]})
            assert [error.message for error in validator.iter_errors(got)] == [], path


@pytest.fixture(scope="module")
def api(server):
    return schemathesis.openapi.from_url(f"{server.url}/v6/openapi.json")


@pytest.mark.slow
@sizes(1, 40)
@pytest.mark.parametrize(("method", "path", "mode"), list(described_requests()))
def test_no_request_breaks_the_server_and_every_answer_is_announced(api, method, path, mode, size):
    @given(api[path][method].as_strategy(generation_mode=mode))
    @settings(max_examples=size, derandomize=True, database=None, phases=[Phase.explicit, Phase.generate])
    def holds(case):
        case.call_and_validate(checks=CHECKS)

    holds()
