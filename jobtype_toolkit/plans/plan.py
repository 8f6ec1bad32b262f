"""A write, shown before it is sent: what would change, what it would touch, and what there is to say against it.

Every backend makes plans, and none changes anything until `send()`. How a plan is sent is the backend's business: it hands over
a function, which keeps to itself what no plan may show, such as the values of secret settings.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal

import pandas as pd

from jobtype_toolkit import frames, hints
from jobtype_toolkit.api.fields import Field
from jobtype_toolkit.api.resources import JOB_TYPE
from jobtype_toolkit.display.html import render
from jobtype_toolkit.errors import AlreadySent, AuthenticationFailed, NotFound, Rejected, StoreError, ToolkitError
from jobtype_toolkit.plans.sent import Sent
from jobtype_toolkit.seed.compatibility import Compatibility, compare
from jobtype_toolkit.seed.differences import differences, same
from jobtype_toolkit.seed.findings import Finding, Validation
from jobtype_toolkit.seed.text import clipped, shown

Action = Literal["create", "edit", "replace"]

CHANGE_FIELDS = (
    Field("field", "text", "The field, or the path into the configuration."),
    Field("before", "json", "Its value now; None if it has none."),
    Field("after", "json", "Its value afterwards."),
)
"""The columns of `Plan.changes`."""
DIFF_FIELDS = (
    Field("path", "text", "The place in the manifest."),
    *CHANGE_FIELDS[1:],
    Field("kind", "text", "added, removed or changed."),
)
"""The columns of `Plan.manifest_diff`."""
_APART = frozenset(
    {"id", "created", "last_modified", "deprecated", "paused", "manifest", "configuration", "recipe_types"}
)
"""What `changes` leaves out: told elsewhere, or known only when it is sent."""


@dataclass(eq=False, repr=False)
class Plan:
    """A write that was not made yet. Look at it, then `send()` it, once.

    `before` and `after` are the fields of the job type, JSON documents as plain values, never with a secret setting;
    `before` is None for a creation. `jobs` counts the jobs of the type by status. `second_step` are the fields that v6 ignores
    on a creation (D15): they follow it as an edit. `notes` say what a v6 server would silently ignore, and what else is worth
    a look.
    """

    action: Action
    name: str
    version: str
    target: str
    """Where it would be written."""
    before: Mapping[str, Any] | None
    after: Mapping[str, Any]
    validation: Validation
    sender: Callable[[], Sent]
    checker: Callable[[], None] = lambda: None
    """Checks that what the plan was made for has not changed, if the sender does not; it changes nothing."""
    jobs: Mapping[str, int] = field(default_factory=dict)
    auto_update: bool | None = None
    """Whether the manifest moves the recipes that use the type; None in a plan without a manifest."""
    second_step: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    keeper: Callable[[], Sent] | None = None
    """What sending comes to if there is nothing to change: it checks that this is still so, and writes nothing."""
    sent: Sent | None = None
    _unsent: threading.Lock = field(default_factory=threading.Lock)

    @property
    def is_sendable(self) -> bool:
        """Whether nothing speaks against it, and it was not sent yet."""
        return self.validation.is_valid and not self._unsent.locked()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to change. Sending it sends nothing, and its outcome is `unchanged`."""
        return self.keeper is not None

    def send(self) -> Sent:
        """Make the change, all of it or none, and return what became of it; nothing is sent if there is nothing to change.

        Raises:
            Rejected: `validation` has errors.
            AlreadySent: it was sent already.
            PlanOutdated: the job type has changed since it was made.
            StoreError: the store cannot be written; nothing was changed, and it may be sent again.
            AuthenticationFailed: the server rejects the caller's credentials or permissions; likewise.
            ServerFailed: the server failed, and nothing was changed as far as can be seen.
            ConnectionFailed: the server cannot be reached.
            OutcomeUnknown: the outcome is unknown; check the job type before sending again.
        """
        if self.validation.errors:
            raise rejection(self._asked, self.validation.errors)
        if not self._unsent.acquire(blocking=False):
            msg = f"The plan to {self._asked} was sent already. Make a new one for another change."
            raise AlreadySent(msg)
        planned = self.as_dict() | {"is_sendable": True}
        try:
            self.checker()
        except ToolkitError:
            self._unsent.release()
            raise
        try:
            self.sent = replace((self.keeper or self.sender)(), plan=planned)
        except _NOTHING_CHANGED:
            self._unsent.release()
            raise
        return self.sent

    @property
    def changes(self) -> pd.DataFrame:
        """The fields that would change, without the manifest: `field, before, after`; the configuration by its paths."""
        return frames.from_records(
            ({"field": name, "before": _json(was), "after": _json(now)} for name, was, now in self._changes()),
            CHANGE_FIELDS,
        )

    @property
    def manifest_diff(self) -> pd.DataFrame:
        """What would change in the manifest as the server stores it: `path, before, after, kind`; empty for a creation."""
        rows = self._manifest_rows()
        return frames.from_records(
            ({"path": path, "before": _json(was), "after": _json(now), "kind": kind} for path, was, now, kind in rows),
            DIFF_FIELDS,
        )

    @cached_property
    def compatibility(self) -> Compatibility | None:
        """What a new manifest means for those who use the old one; None without an old or a new one."""
        if self.before is None or self.auto_update is None or not isinstance(self.before.get("manifest"), dict):
            return None
        return compare(self.before["manifest"], self.after["manifest"])

    def _changes(self) -> Iterator[tuple[str, Any, Any]]:
        before = self.before or {}
        for name in JOB_TYPE.names:
            if name not in _APART and not same(before.get(name), self.after.get(name)):
                yield name, before.get(name), self.after.get(name)
        was, now = before.get("configuration"), self.after.get("configuration")
        for path, old, new, _ in differences(was or {}, now or {}):
            yield path.replace("$", "configuration", 1), old, new

    def _manifest_rows(self) -> list[tuple[str, Any, Any, str]]:
        if self.compatibility is None:
            return []
        return differences((self.before or {})["manifest"], self.after["manifest"])

    @property
    def _asked(self) -> str:
        named = shown(f"{self.name} {self.version}")[1:-1] if self.name else "a job type without a name"
        return f"{self.action} {named} in {self.target}"

    def as_dict(self) -> dict[str, Any]:
        """Return the plan as plain values that JSON can hold; no secret is in it."""
        evaluation = self.compatibility
        return {
            "action": self.action,
            "name": self.name,
            "version": self.version,
            "target": self.target,
            "is_sendable": self.is_sendable,
            "is_empty": self.is_empty,
            "changes": [dict(zip(("field", "before", "after"), row, strict=True)) for row in self._changes()],
            "manifest_diff": [
                dict(zip(("path", "before", "after", "kind"), row, strict=True)) for row in self._manifest_rows()
            ],
            "compatibility": None
            if evaluation is None
            else {
                "verdict": evaluation.verdict,
                "kind": evaluation.kind,
                "advice": evaluation.advice,
                "changes": [[one.rule, one.verdict, one.path, one.description] for one in evaluation],
            },
            "validation": self.validation.as_dict(),
            "jobs": dict(self.jobs),
            "auto_update": self.auto_update,
            "second_step": dict(self.second_step),
            "notes": list(self.notes),
        }

    def lines(self) -> list[tuple[str, str]]:
        """Return what a reader must know as pairs of a heading and a text, for any kind of display."""
        told = _some(("refused", one.in_file) for one in self.validation.errors)
        told += _some((name, f"{_told(was)} → {_told(now)}") for name, was, now in self._changes())
        told += _some(
            (f"manifest {path}", f"{_told(was)} → {_told(now)}") for path, was, now, _ in self._manifest_rows()
        )
        evaluation = self.compatibility
        if evaluation is not None:
            told += [("compatibility", f"{evaluation.kind}. {evaluation.advice}")]
            told += _some(("", f"{one.verdict}: {one.description} [{one.path}]") for one in evaluation)
        if self.auto_update is not None:
            told.append(("auto_update", f"{_told(self.auto_update)}: recipes {_RECIPES[self.auto_update]}"))
        if self.jobs:
            told.append(("jobs now", ", ".join(f"{count:,} {status}" for status, count in self.jobs.items())))
        told += [("second step", f"{name} = {_told(value)}") for name, value in self.second_step.items()]
        told += [("note", note) for note in self.notes]
        told += _some(
            ("warning", one.in_file.removeprefix("warning: "))
            for one in self.validation.warnings
            if one.severity != "advice"
        )
        return told

    @property
    def verdict(self) -> str:
        """What can be done with it now."""
        if self.sent is not None:
            return f"{_NOTHING}; nothing was sent" if self.is_empty else f"sent: {self.sent.outcome}"
        if self.validation.errors:
            return f"not sendable: {hints.counted(len(self.validation.errors), 'error')}"
        if self.is_empty:
            return _NOTHING
        return (
            f"nothing was changed yet; {hints.either('send()', '--send')} does it"
            if self.is_sendable
            else "sent already"
        )

    def __repr__(self) -> str:
        told = self.lines()
        width = min(max((len(heading) for heading, _ in told), default=0), 24)
        rows = "".join(f"\n  {heading:{width}}  {text}" for heading, text in told)
        return f"Plan to {self._asked}: {self.verdict}{rows}"

    def _repr_html_(self) -> str:
        return render("plan.html", plan=self, asked=self._asked)


_NOTHING_CHANGED = (StoreError, Rejected, AuthenticationFailed, NotFound)
"""The errors after which it is certain that nothing was changed, so that a plan may be sent again."""
_NOTHING = "nothing to change"
_RECIPES = {True: "that use the type move to the new revision", False: "stay with the revision they have"}


def _some(lines: Iterable[tuple[str, str]], most: int = 20) -> list[tuple[str, str]]:
    """Return the first lines, and how many there are more: a display is read by a person."""
    told = list(lines)
    return told if len(told) <= most else [*told[:most], ("", f"… and {len(told) - most} more")]


def _told(value: Any) -> str:
    """Show a value in a line."""
    if value is None:
        return "none"
    if isinstance(value, str):
        return shown(value)
    return clipped(json.dumps(value), 80)


def _json(value: Any) -> str | None:
    return None if value is None else json.dumps(value)


def rejection(asked: str, errors: Sequence[Finding]) -> Rejected:
    """Return the error for a write that has findings against it."""
    first = errors[0]
    of_configuration = "Job type configuration invalid: "
    prefix = {0: "Seed Manifest invalid: ", 1: of_configuration, 3: of_configuration}.get(_stage(first), "")
    more = f" There {'is' if len(errors) == 2 else 'are'} {len(errors) - 1} more." if len(errors) > 1 else ""
    msg = (
        f"The plan to {asked} cannot be sent, and nothing was changed. {first.name}: {first.description} "
        f"{first.suggestion}{more}"
        + hints.either(" `.findings` of this error and `.validation` of the plan list all.", "")
    )
    return Rejected(msg, status=400, detail=prefix + first.description, findings=tuple(errors))


def refused_for(validation: Validation, findings: Sequence[Finding]) -> Validation:
    """Return the validation with more errors, in the order in which a server comes upon them."""
    moved = {id(one) for one in findings}
    kept = tuple(one for one in validation.warnings if id(one) not in moved)
    errors = sorted([*validation.errors, *findings], key=_stage)
    return replace(validation, errors=tuple(errors), warnings=kept)


def _stage(one: Finding) -> int:
    """Return when a server comes upon it: manifest, configuration, the write itself, how they fit, the database."""
    if one.name in ("TOO_LONG", "UNSTORABLE_TEXT"):
        return 4
    if "Scale" not in one.rejected_by:
        return 2
    if one.document == "manifest":
        return 0
    return 1 if one.name in ("MALFORMED_JSON", "INVALID_VERSION", "INVALID_CONFIGURATION", "INVALID_SETTING") else 3
