"""A plan as nodes: what would change, what that means for others, and the button that sends it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from jobtype_toolkit.forms.diff import rows_node
from jobtype_toolkit.forms.pages import finding_node
from jobtype_toolkit.seed.findings import Finding
from jobtype_toolkit.widgets.nodes import FindingNode, Node, Nodes, Tone, button, note

if TYPE_CHECKING:
    from jobtype_toolkit.plans.plan import Plan

_FACTS = {"jobs now": "Jobs now", "second step": "Second step", "note": "Note"}
"""What of a plan's lines is told as facts, and how; the rest has places of its own."""
_RECIPES = {True: "those that use the type move to the new revision", False: "stay with the revision they have"}
_ACTIONS = {"create": "Create", "edit": "Edit", "replace": "Replace"}
_EMPTY: tuple[Any, ...] = (None, {})
"""Values of a new job type that are not worth a line."""


def plain_finding(found: Finding) -> FindingNode:
    """Return a finding that leads nowhere and is fixed elsewhere."""
    return FindingNode(key="", severity=found.severity, text=finding_node("", found, "", {})["text"], of="")


def plan_nodes(
    plan: Plan, where: str, show: Callable[[Finding], FindingNode] = plain_finding
) -> tuple[list[str], Nodes]:
    """Return the ids to show and the nodes of a plan.

    Args:
        plan: the plan.
        where: what the button calls the place that it is sent to; its acts are `send` and `cancel`.
        show: makes the node of a finding.
    """
    can_send = plan.is_sendable and not plan.is_empty
    tone: Tone = "busy" if can_send else "plain" if plan.is_sendable else "bad"
    told = {"busy": "Nothing has been sent yet.", "plain": "There is nothing to change.", "bad": "It cannot be sent."}
    head = note(f"{_ACTIONS[plan.action]} {plan.name} {plan.version}. {told[tone]}", tone)
    record = plan.as_dict()
    fields = [(one["field"], one["before"], one["after"], "changed") for one in record["changes"]]
    manifest = [(one["path"], one["before"], one["after"], one["kind"]) for one in record["manifest_diff"]]
    facts = [(_FACTS[name], text) for name, text in plan.lines() if name in _FACTS]
    if plan.auto_update is not None and plan.action != "create":
        facts.insert(0, ("Recipes", _RECIPES[plan.auto_update]))
    warnings = [show(one) for one in plan.validation.findings if one.severity != "advice"]
    shown: Nodes = {
        "+planned": head,
        "+changes": rows_node((row for row in fields if row[1] is not None or row[2] not in _EMPTY), "Fields"),
        "+manifest-diff": rows_node(manifest, "Manifest"),
        **_compatibility(plan),
        **_new_manifest(plan),
        "+facts": Node(kind="facts", facts=facts),
        "+warnings": Node(kind="findings", findings=warnings, text=""),
        "+confirm": Node(kind="bar", label="Confirm", children=["+send", "+cancel"]),
    }
    buttons: Nodes = {
        "+send": button(f"Send to {where}", "send", icon="send", primary=True, disabled=not can_send),
        "+cancel": button("Do not send", "cancel"),
    }
    return list(shown), shown | buttons


def _new_manifest(plan: Plan) -> Nodes:
    """Return the whole manifest of what is created, which has nothing to differ from."""
    if plan.action != "create":
        return {}
    text = json.dumps(plan.after["manifest"], indent=2, ensure_ascii=False)
    return {"+manifest-text": Node(kind="code", text=text)}


def _compatibility(plan: Plan) -> Nodes:
    evaluation = plan.compatibility
    if evaluation is None:
        return {}
    tone: Tone = "bad" if evaluation.verdict == "breaking" else "good"
    kind = evaluation.kind[:1].upper() + evaluation.kind[1:]
    judged = [(one.verdict.capitalize(), one.description) for one in evaluation]
    return {"+judged": Node(kind="facts", facts=judged), "+compatibility": note(f"{kind}. {evaluation.advice}", tone)}
