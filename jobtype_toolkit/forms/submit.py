"""The submit form's state: what else a job type needs, the plan, the confirmation, the result."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from jobtype_toolkit.api.objects import JobType
from jobtype_toolkit.errors import NotFound, Rejected, ToolkitError
from jobtype_toolkit.forms.configuration import ConfigurationState
from jobtype_toolkit.forms.diff import as_json
from jobtype_toolkit.forms.icons import icon_name
from jobtype_toolkit.forms.manifest import ManifestState
from jobtype_toolkit.forms.planned import plain_finding, plan_nodes
from jobtype_toolkit.forms.target import Target
from jobtype_toolkit.seed.differences import same
from jobtype_toolkit.seed.findings import Finding
from jobtype_toolkit.seed.rules.images import image_name
from jobtype_toolkit.widgets.nodes import ROOT, FindingNode, Input, Node, Nodes, button, note
from jobtype_toolkit.widgets.screen import NOTHING, Effect, Screen

if TYPE_CHECKING:
    from jobtype_toolkit.backend import Backend
    from jobtype_toolkit.plans.plan import Plan
    from jobtype_toolkit.plans.sent import Sent

_RECIPES = [("", "move to the new revision"), ("no", "stay with the revision they have")]
_YES_NO = [("yes", "yes"), ("no", "no")]
_FIELDS: Mapping[str, tuple[str, Input, str]] = {
    "docker_image": ("Image", "text", "Proposed from name and versions; a type that exists keeps the registry it has."),
    "icon_code": ("Icon", "text", "A Font Awesome code, such as f0ac (globe)."),
    "is_published": ("Published", "choice", "Whether the output is published."),
    "max_scheduled": ("Jobs at once", "number", "How many run at once at most; 0 for no limit."),
    "auto_update": (
        "Recipes that use the type",
        "choice",
        "They run the new revision, or go on with the one they have.",
    ),
}
"""What a submission asks for besides the documents: label, input, help."""


class SubmitState(Screen):
    """The way of a manifest and its configuration to a target.

    A type that exists there is edited, a new one added; nothing is ever replaced. `plan` makes the plan, `send` sends it
    once, `cancel` drops it; an edit of anything drops it too.
    """

    def __init__(self, manifest: ManifestState, configuration: ConfigurationState, target: Backend) -> None:
        super().__init__()
        self.manifest, self.configuration, self.target = manifest, configuration, target
        self._fields = dict.fromkeys(_FIELDS, "")
        self._known: JobType | None = None
        self.plan: Plan | None = None
        self.sent: Sent | None = None
        self._planned_for: Any = None
        self._told: tuple[str, str] | None = None
        self._findings: list[Finding] = []
        for form in (manifest, configuration):
            form.watch(self._follow)

    def _follow(self) -> None:
        with self._lock:
            if self.plan is not None and self._planned_for != self._asked():
                self.plan = None
                self._told = ("The plan was dropped: something was edited since.", "warning")
        self.tell()

    def _asked(self) -> Any:
        return (self.manifest.draft, self.configuration.draft, dict(self._fields))

    # What a person does.

    def perform(self, act: str, of: str, value: Any) -> Effect:
        """Do what a person asked for."""
        acts: dict[str, Callable[[], Effect]] = {
            "open": self._look_up, "plan": self._make_plan, "send": self._send, "cancel": self._cancel,
        }  # fmt: skip
        if act == "edit":
            return self._edit(of.lstrip("/"), str(value))
        return acts.get(act, lambda: NOTHING)()

    def _edit(self, name: str, text: str) -> Effect:
        if name in self._fields:
            self._fields[name] = text.strip()
            self.plan, self.sent, self._told = None, None, None
        return NOTHING

    def _cancel(self) -> Effect:
        self.plan, self._told = None, ("Nothing has been sent.", "plain")
        return Effect(focus="+plan", say="Nothing has been sent.")

    def _look_up(self) -> Effect:
        """See what the target has under this name and version; a target that fails says so when the plan is made."""
        try:
            self._known = self._existing()
        except ToolkitError:
            self._known = None
        return NOTHING

    def _make_plan(self) -> Effect:
        self.plan = self.sent = self._told = None
        for form in (self.manifest, self.configuration):
            form.refuse(())
        found = [
            one for form in (self.manifest, self.configuration) for one in form.findings if one.severity == "error"
        ]
        if found:
            return self._stop(found, "The forms have errors; mend them first.")
        try:
            asked = self.target.validate(self.manifest.value, self.configuration.value or None)
            if asked.errors:
                return self._stop(asked.errors, f"{self._where} refuses it.")
            self.plan = self._planned()
        except Rejected as refused:
            return self._stop(refused.findings, str(refused))
        except ToolkitError as failed:
            return self._fail(failed)
        self._planned_for = self._asked()
        if self.plan.is_empty:
            return Effect(focus="+planned", say="There is nothing to change.")
        return Effect(
            focus="+send" if self.plan.is_sendable else "+planned",
            say="The changes are shown. Nothing has been sent yet.",
        )

    def _planned(self) -> Plan:
        existing = self._known = self._existing()
        changes = self._asked_changes(existing)
        if existing is None:
            return self.target.add(self.manifest.value, **changes)
        return self.target.edit(existing.name, existing.version, **changes)

    def _existing(self) -> JobType | None:
        """Return the job type of the manifest's name and version in the target, None if there is none."""
        job = self.manifest.value.get("job", {})
        try:
            return self.target.job_type(job.get("name"), job.get("jobVersion"))
        except NotFound:
            return None

    def _asked_changes(self, existing: JobType | None) -> dict[str, Any]:
        changes: dict[str, Any] = {"docker_image": self.image(existing)}
        typed = {
            name: text for name, text in self._fields.items() if text and name not in ("docker_image", "auto_update")
        }
        for name, text in typed.items():
            changes[name] = {"yes": True, "no": False}.get(text, text) if name == "is_published" else text
        if "max_scheduled" in changes and changes["max_scheduled"].isdigit():
            changes["max_scheduled"] = int(changes["max_scheduled"])
        if existing is None or not same(existing.manifest, self.manifest.value):
            changes |= {"manifest": self.manifest.value} if existing is not None else {}
            changes |= {"auto_update": False} if self._fields["auto_update"] == "no" else {}
        if self.configuration.value and (existing is None or self.configuration.is_dirty):
            changes["configuration"] = self.configuration.value
        if existing is not None and changes["docker_image"] == existing.docker_image:
            del changes["docker_image"]
        return changes

    def image(self, existing: JobType | None = None) -> str:
        """Return the image that was typed, else the one that the Seed convention asks for, in the registry used so far."""
        if self._fields["docker_image"]:
            return self._fields["docker_image"]
        proposed = image_name(self.manifest.value) or ""
        before = getattr(existing, "docker_image", None) or ""
        return before.rpartition("/")[0] + "/" + proposed if "/" in before else proposed

    def _send(self) -> Effect:
        plan = self.plan
        if plan is None or plan.is_empty or not plan.is_sendable:
            return NOTHING
        try:
            self.sent = plan.send()
        except Rejected as refused:
            return self._stop(refused.findings, str(refused))
        except ToolkitError as failed:
            return self._fail(failed)
        self.plan = None
        for form in (self.manifest, self.configuration):
            form.keep()
        told = f"{self.sent.outcome.capitalize()}: {self.sent.job_type.name} {self.sent.job_type.version}, revision {self._revision}."
        self._told = (told, "good")
        return Effect(focus="+told", say=told)

    @property
    def _revision(self) -> int:
        return self.sent.job_type.revision_num if self.sent is not None else 0

    def _stop(self, findings: Any, told: str) -> Effect:
        """Show what speaks against it, here and at the fields that it is about."""
        self._findings = list(findings)
        self.plan, self._told = None, (told, "bad")
        for form in (self.manifest, self.configuration):
            form.refuse(one for one in self._findings if one.document == form.kind and one not in form.findings)
        return Effect(focus="+told", say=told)

    def _fail(self, failed: ToolkitError) -> Effect:
        self._told = (str(failed), "bad")
        return Effect(focus="+told", say=str(failed))

    # What the page shows.

    @property
    def _where(self) -> str:
        return Target(self.target).name

    def nodes(self) -> Nodes:
        """Return the fields, then the plan or what became of it."""
        kept = "as it is" if self._known else "default (no)"
        choices = {"is_published": [("", kept), *_YES_NO], "auto_update": _RECIPES}
        nodes: Nodes = {
            f"/{name}": _field(label, kind, self._help(name, told), self._shown_value(name), choices.get(name))
            for name, (label, kind, told) in _FIELDS.items()
            if name != "auto_update" or self._known is not None  # of what is new there are no recipes yet
        }
        nodes["/docker_image"]["required"] = True
        fields = list(nodes)
        label = "Preview the changes" if self.plan is None else "Preview again"
        nodes["+plan"] = button(label, "plan", icon="search", primary=self.plan is None)
        told = self._told_nodes(nodes)
        planned: list[str] = []
        if self.plan is not None:
            planned, made = plan_nodes(self.plan, self._where, self._shown_finding)
            nodes |= made
        nodes["+submit"] = Node(
            kind="page",
            label=f"Submit to {self._where}",
            help="Nothing is sent before you have seen the changes and confirmed them.",
            children=[*fields, "+plan", *told, *planned],
        )
        nodes[ROOT] = Node(kind="group", label="", help="", children=["+submit"])
        return nodes

    def _shown_value(self, name: str) -> str:
        return self._fields[name] or (self.image(self._known) if name == "docker_image" else "")

    def _help(self, name: str, told: str) -> str:
        """Return the help of a field, with its present value in the target."""
        now = getattr(self._known, name, None)
        if name == "icon_code" and self._fields[name]:
            told = f"{self._fields[name]} is {icon_name(self._fields[name])}."
        return f"{told} Now: {as_json(now)}." if now is not None else told

    def _told_nodes(self, nodes: Nodes) -> list[str]:
        if self._told is None:
            return []
        text, tone = self._told
        nodes["+told"] = note(text, tone)  # type: ignore[arg-type]
        made = ["+told"]
        if tone == "bad" and self._findings:
            nodes["+refusals"] = Node(
                kind="findings", text="", findings=[self._shown_finding(one) for one in self._findings]
            )
            made.append("+refusals")
        if self.sent is not None:
            facts = [("where", self.sent.url), *(("note", one) for one in self.sent.notes)]
            nodes["+sent"] = Node(kind="facts", facts=facts)
            made.append("+sent")
        return made

    def _shown_finding(self, found: Finding) -> FindingNode:
        """Return a finding that leads to its field, in the form beside this one; it is fixed there."""
        form: ManifestState | ConfigurationState = self.manifest if found.document == "manifest" else self.configuration
        place = f"../{form.kind}:{form.place(found)}"
        return {**plain_finding(found), "of": place}


def _field(label: str, kind: Input, told: str, value: str, choices: Sequence[tuple[str, str]] | None = None) -> Node:
    made = Node(kind="field", input=kind, label=label, help=told, value=value, required=False, changed=False)
    if choices is not None:
        made["choices"] = list(choices)
    return made
