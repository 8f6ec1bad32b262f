"""Which URL is which service, in the order in which v6 tries them; the URLs are those of the vocabulary."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from jobtype_toolkit.api.services import service
from jobtype_toolkit.server import analytics, job_types, jobs, other_services, writes
from jobtype_toolkit.server.data import Data
from jobtype_toolkit.server.request import V6Request
from jobtype_toolkit.server.response import V6Response, answer

Handler = Callable[[Data, V6Request], V6Response]


@dataclass(frozen=True)
class ServiceRoute:
    """A URL below the version, and what answers each method there."""

    url: str
    methods: Mapping[str, Handler]
    allow: str = ""
    """What the header Allow names if that is more than what is answered."""
    is_open: bool = False
    """Whether no credentials are needed."""
    reads: frozenset[str] = field(default_factory=frozenset)
    """Methods beyond GET that need no right to write."""

    @property
    def allowed(self) -> str:
        """What the header Allow says."""
        return self.allow or ", ".join([*self.methods, *(["HEAD"] if "GET" in self.methods else []), "OPTIONS"])


def _at(name: str, **methods: Handler) -> ServiceRoute:
    return ServiceRoute(service(name).url, methods)


def served(logs: other_services.Logs, description: Mapping[str, Any]) -> tuple[ServiceRoute, ...]:
    """Return all URLs, those with fixed names first."""

    def described(facts: Data, request: V6Request) -> V6Response:
        return answer(description)

    return (
        _at("job_type_names", GET=job_types.names, POST=writes.add_name),
        _at("job_types", GET=job_types.job_types, POST=writes.add),
        ServiceRoute(service("validate").url, {"POST": writes.validate}, reads=frozenset({"POST"})),
        _at("status", GET=analytics.status),
        _at("pending", GET=analytics.pending),
        _at("running", GET=analytics.running),
        _at("system_failures", GET=analytics.system_failures),
        _at("versions", GET=job_types.versions),
        _at("job_type", GET=job_types.details, PATCH=writes.edit),
        _at("revisions", GET=job_types.revisions),
        _at("revision", GET=job_types.revision),
        _at("queue_status", GET=analytics.queue_status),
        _at("jobs", GET=jobs.jobs, POST=writes.add_job),
        ServiceRoute("jobs/{id}/", {"GET": jobs.job}),
        ServiceRoute("jobs/{id}/executions/", {"GET": jobs.executions}),
        ServiceRoute("jobs/{id}/executions/{exe_num}/", {"GET": jobs.execution}),
        _at("errors", GET=jobs.errors, POST=writes.not_written),
        ServiceRoute("errors/{id}/", {"GET": jobs.error, "PATCH": writes.not_written}),
        ServiceRoute("workspaces/", {"GET": other_services.workspaces}, allow="GET, POST, HEAD, OPTIONS"),
        ServiceRoute("job-executions/", {"GET": other_services.nothing}),
        ServiceRoute("job-executions/{id}/logs/{stream}/", {"GET": other_services.LogService(logs)}),
        ServiceRoute("openapi.json", {"GET": described}, is_open=True),
        ServiceRoute("version/", {"GET": other_services.version}, is_open=True),
    )
