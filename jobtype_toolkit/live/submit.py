"""How a plan is sent to a live server: checked first, sent once, looked up if the answer is lost, and read back.

A write is never tried again: a server answers 500 also after it stored what was asked (D14), and a lost answer says nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal
from urllib.parse import quote

from jobtype_toolkit import hints
from jobtype_toolkit.api.objects import JobType
from jobtype_toolkit.api.services import service
from jobtype_toolkit.api.versions import is_addressable
from jobtype_toolkit.errors import (
    ConnectionFailed,
    NotFound,
    OutcomeUnknown,
    PlanOutdated,
    Rejected,
    ServerFailed,
    ToolkitError,
)
from jobtype_toolkit.live.error_mapping import readable, refusal
from jobtype_toolkit.live.http import Answer
from jobtype_toolkit.live.preflight import Server, are_same, look
from jobtype_toolkit.live.queries import ServerReader
from jobtype_toolkit.live.redact import hidden, hiding
from jobtype_toolkit.plans.evaluate import Evaluation
from jobtype_toolkit.plans.request import Capabilities, ChangeRequest, Current
from jobtype_toolkit.plans.sent import Outcome, Sent
from jobtype_toolkit.seed.differences import same
from jobtype_toolkit.seed.findings import Finding, Validation, finding
from jobtype_toolkit.seed.normalize import normalised_configuration, normalised_manifest, settings_of

_TIMED_OUT = 408
"""The one refusal that does not say that nothing was done."""
_SECOND = ("is_active", "is_paused")
Verdict = Literal["ours", "none", "others", "unclear"]
_OVER = frozenset({301, 302, 303, 307, 308, 500})
"""The statuses of a server that has given up; after any other failure it, or something in between, may still be at it."""
_MOST = 20
"""How many newer revisions are looked at."""


@dataclass(frozen=True, slots=True)
class Submission:
    """One plan's way to a server. It holds the values of secret settings, and shows nothing of what it holds."""

    reader: ServerReader = field(repr=False)
    server: Server = field(repr=False)
    request: ChangeRequest = field(repr=False)
    current: Current = field(repr=False)
    rules: Capabilities = field(repr=False)
    evaluation: Evaluation = field(repr=False)

    def check(self) -> None:
        """Raise PlanOutdated if somebody edited the job type since. An edit in the moment after the check goes unnoticed."""
        if not are_same(self.current, look(self.server, self.current.name, self.current.version)):
            msg = (
                f"{self.current.name} {self.current.version} on {self.reader.http.base} changed after the plan was made. Nothing was "
                "sent; make the plan anew and look at it."
            )
            raise PlanOutdated(msg)

    def send(self) -> Sent:
        """Send it once, and return what became of it."""
        now, notes = self.reader.clock(), list[str]()
        answer = self._answer()
        said = None
        if isinstance(answer, Answer):
            said = hidden(answer.value, hiding(self._secrets))
            outcome = self._outcome(answer, notes)
        elif isinstance(answer, (ServerFailed, ConnectionFailed)) or _is_timed_out(answer):
            notes.append(looked_up(self.server, self.current, self.evaluation, answer))
            outcome = "created" if self.current.values is None else "edited"
        else:
            raise refusal(answer) if isinstance(answer, Rejected) else answer
        self._send_second(notes)
        request = self.request.asked(self.evaluation.secrets)
        made = self._sent(outcome, notes, now, request)
        return replace(made, validation=_validation(said), status=getattr(answer, "status", None), answer=said)

    def keep(self) -> Sent:
        """Send nothing: of an edit that changes nothing a server would note a new last_modified all the same."""
        return self._sent("unchanged", [], self.reader.clock(), {})

    def _sent(self, outcome: Outcome, notes: list[str], now: datetime, request: Mapping[str, Any]) -> Sent:
        job_type, not_applied = self._read_back(notes)
        return Sent(
            outcome,
            self._url,
            job_type,
            Validation(),
            not_applied,
            tuple(notes),
            target=self.reader.http.base,
            at=now,
            request=request,
        )

    def _answer(self) -> Answer | ToolkitError:
        """Return the answer, or the error in its place, without the frames of the request: they know the secrets."""
        try:
            return self.reader.http.send(self._method, self._path, self.body(), secrets=self._secrets)
        except ToolkitError as error:
            return error.with_traceback(None)

    def body(self) -> dict[str, Any]:
        """Return what is sent: all four sections of a configuration (D36), without what v6 ignores."""
        made: dict[str, Any] = {}
        for name, value in self.request.changes.items():
            if name in ("manifest", "configuration"):
                document = self.request.document(name)
                if document is not None:
                    made[name] = normalised_configuration(document.value) if name != "manifest" else document.value
            elif value not in (None, "") and not (name in _SECOND and name in self._second):
                made[name] = value
        if "manifest" not in made:
            made.pop("auto_update", None)
        return made

    # Where it goes.

    @property
    def _method(self) -> str:
        return "PATCH" if self.request.is_edit else "POST"

    @property
    def _details(self) -> str:
        return service("job_type").url.format(
            name=quote(self.current.name, safe=""), version=quote(self.current.version, safe="")
        )

    @property
    def _path(self) -> str:
        return self._details if self.request.is_edit else service("add").url

    @property
    def _url(self) -> str:
        """The URL of the details, or of the versions if a server has no address for the details (D14)."""
        base = f"{self.reader.http.base}/v6/"
        if is_addressable(self.current.version):
            return base + self._details
        return base + service("versions").url.format(name=quote(self.current.name, safe=""))

    @property
    def _second(self) -> dict[str, Any]:
        """Return the fields that are sent apart: v6 ignores them in a creation (D15), old releases refuse them there."""
        is_apart = not self.request.is_edit and (self.current.values is None or self.rules.is_before_7_0_1)
        return {name: self.request.changes[name] for name in _SECOND if is_apart and name in self.request.changes}

    @property
    def _secrets(self) -> list[str]:
        """Return what no message may repeat."""
        configuration = self.request.document("configuration")
        settings = settings_of(configuration.value) if configuration else {}
        return [str(value) for name, value in settings.items() if name in self.evaluation.secrets and value is not None]

    # What came of it.

    def _outcome(self, answer: Answer, notes: list[str]) -> Outcome:
        if self.current.values is not None:
            return "edited"
        number = answer.value.get("revision_num") if isinstance(answer.value, dict) else None
        is_edit = answer.status != 201 or (isinstance(number, int) and number > 1)
        if is_edit:
            notes.append("Somebody created it after the plan was made, so that the server took this for an edit (D16).")
        return "edited" if is_edit else "created"

    def _send_second(self, notes: list[str]) -> None:
        wanted = self.evaluation.second_step
        if not wanted:
            return
        told = ", ".join(f"{name}={value}" for name, value in wanted.items())
        if not is_addressable(self.current.version):
            notes.append(f"{told}: a server has no address for this version, so that it cannot be set (D14).")
            return
        try:
            self.reader.http.send("PATCH", self._details, wanted)
        except ToolkitError as error:
            again = hints.either(f"edit(…, {told})", "`jobtype-toolkit edit`")
            notes.append(f"{told}: the second step failed, and {again} tries it again. {error}")

    def _read_back(self, notes: list[str]) -> tuple[JobType, tuple[str, ...]]:
        """Return the details as they are now, and the fields that are not as they were asked for."""
        try:
            found = self.server.job_type(self.current.name, self.current.version)
        except ToolkitError as error:
            notes.append(f"The details could not be read back, so that they are shown as planned. {error}")
            return JobType(self.evaluation.after), self.evaluation.not_applied
        number = self.current.revision_num + 1
        if self.evaluation.is_revised and (found.revision_num or number) > number:
            notes.append(f"It is at revision {found.revision_num}, not {number}: somebody else edited it meanwhile.")
        return found, tuple(self._missed(found, notes))

    def _missed(self, found: JobType, notes: list[str]) -> Iterator[str]:
        """Yield the fields that were asked for and are not so."""
        for name, given in self.request.changes.items():
            if name == "auto_update":
                continue
            if name == "manifest" and self.request.document(name) is not None:
                is_missed = (found.revision_num or 0) <= self.current.revision_num
            elif name == "configuration" and self.request.document(name) is not None:
                is_missed = self._is_configuration_missed(found, notes)
            elif name in ("max_scheduled", "icon_code"):
                is_missed = found[name] != (given or None)
            elif given in (None, ""):
                is_missed = name in self.evaluation.not_applied
            else:
                is_missed = found[name] != given
            if is_missed:
                yield name

    def _is_configuration_missed(self, found: JobType, notes: list[str]) -> bool:
        before = (self.evaluation.before or {}).get("configuration")
        if found.configuration is None or same(found.configuration, self.evaluation.after["configuration"]):
            return False
        if same(found.configuration, before):
            return True
        notes.append("configuration: the server holds another one than planned; look at it.")
        return False


def _is_timed_out(error: ToolkitError) -> bool:
    return isinstance(error, Rejected) and error.status == _TIMED_OUT


def _validation(said: Any) -> Validation:
    """Return what an edit warns of (D23); a creation, and an old release, tell nothing."""
    told = said.get("warnings") if isinstance(said, dict) else None
    warnings: list[Finding] = [
        finding(readable(str(one.get("name")))[:60], (), readable(str(one.get("description", ""))))
        for one in (told if isinstance(told, list) else ())
        if isinstance(one, dict)
    ]
    return Validation((), tuple(warnings))


def looked_up(server: Server, current: Current, evaluation: Evaluation, error: ToolkitError) -> str:
    """Return a note on how the write turned out well, or raise what it came to.

    Raises:
        ServerFailed, ConnectionFailed: the error, told that nothing of it was done.
        OutcomeUnknown: it could not be found out.
    """
    try:
        found = look(server, current.name, current.version)
        verdict = _verdict(server, current, found, evaluation)
    except ToolkitError as other:
        msg = (
            f"{error} What became of it could not be looked up either: {other} Look at the job type before you make "
            "another plan."
        )
        raise OutcomeUnknown(msg) from None
    said = str(error)
    if verdict == "ours":
        whose = "" if evaluation.is_revised else ", made by it or by an identical concurrent edit"
        return f"The request failed, but the change is in place{whose}. {said}"
    if verdict == "unclear":
        msg = (
            f"{said} It was looked up: the job type was edited meanwhile and is not as planned, so that nobody can tell "
            "whether this write was among the edits. Look at it before you make another plan."
        )
        raise OutcomeUnknown(msg)
    is_over = isinstance(error, ServerFailed) and error.status in _OVER
    hint = _HINTS[verdict] + ("" if is_over else _MAYBE)
    if isinstance(error, (ServerFailed, Rejected)):
        raise ServerFailed(said + hint, status=error.status, detail=error.detail)
    raise ConnectionFailed(said + hint)


_HINTS = {
    "none": " It was looked up: nothing was changed.",
    "others": " It was looked up: somebody else edited the job type meanwhile, and nothing of this plan is there.",
}
_MAYBE = " The server, or something in between, may still be at it; look again before you make another plan."


def _verdict(server: Server, current: Current, found: Current, evaluation: Evaluation) -> Verdict:
    if are_same(current, found):
        return "none"
    if found.values is None:
        return "unclear"
    if not evaluation.is_revised:
        return "ours" if _holds(found.values, evaluation) else "unclear"
    if found.values["manifest"] is None:
        return _by_row(current, found.values, evaluation)
    return _by_revisions(server, current, found, evaluation)


def _by_revisions(server: Server, current: Current, found: Current, evaluation: Evaluation) -> Verdict:
    """Look for the planned revision among those that were made since."""
    first = current.revision_num + 1
    for number in range(first, min(found.revision_num, first + _MOST) + 1):
        try:
            made = server.revision(current.name, current.version, number)
        except NotFound:
            continue
        is_image = made.docker_image == evaluation.after["docker_image"]
        if is_image and same(normalised_manifest(made.manifest), evaluation.after["manifest"]):
            return "ours"
    return "unclear" if found.revision_num > first + _MOST else "others"


def _by_row(current: Current, values: Any, evaluation: Evaluation) -> Verdict:
    """Judge by the list alone: a server tells neither details nor revisions of this version (D14)."""
    names = ("title", "description", "docker_image")
    is_like = all(values[name] == evaluation.after[name] for name in names)
    is_next = values["revision_num"] == current.revision_num + 1
    return "ours" if is_like and is_next else "unclear"


def _holds(values: Any, evaluation: Evaluation) -> bool:
    """Whether what was to change is as planned."""
    before = evaluation.before or {}
    names = [
        name for name in evaluation.after if name not in _STAMPS and not same(before.get(name), evaluation.after[name])
    ]
    return all(same(values[name], evaluation.after[name]) for name in names)


_STAMPS = frozenset({"id", "created", "deprecated", "paused", "last_modified", "recipe_types", "unmet_resources"})
"""What is known only when it is done."""
