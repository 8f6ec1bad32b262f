"""What a person does in a form, by what stands on the page."""

from __future__ import annotations

import re
from typing import Any

JOB = {
    "Title": "Despeckle",
    "Job name": "despeckle",
    "Description": "Removes speckle from radar images",
    "Job version": "1.0.0",
    "Package version": "1.0.0",
    "Timeout": "3600",
}
"""What the first page of a new manifest asks for."""
MAINTAINER = {"Maintainer name": "Imagery Team", "Email": "imagery@example.com"}


def box(tab: Any, label: str) -> Any:
    """Return the text field of that label."""
    return tab.get_by_role("textbox", name=re.compile(rf"^{re.escape(label)}( \*)?$")).first


def field(tab: Any, label: str) -> Any:
    """Return the frame of a field: its label, control, findings and help."""
    of_that_label = tab.locator(".jtk-label", has_text=re.compile(rf"^{re.escape(label)}( \*)?$"))
    return tab.locator(".jtk-field").filter(has=of_that_label).first


def section(tab: Any, name: str) -> None:
    """Turn to a section."""
    tab.get_by_role("tab", name=re.compile(rf"^{name}\b")).click()


def press(tab: Any, name: str) -> None:
    """Press the button of that name."""
    tab.get_by_role("button", name=name, exact=True).first.click()


def write_job(tab: Any) -> None:
    """Fill in a manifest from nothing."""
    for label, text in JOB.items():
        box(tab, label).fill(text)
    section(tab, "Maintainer")
    for label, text in MAINTAINER.items():
        box(tab, label).fill(text)
    section(tab, "Inputs")
    press(tab, "Add file input")
    box(tab, "Name").fill("IMAGE")


def submit(tab: Any) -> None:
    """Turn to the last step, make the plan and send it."""
    tab.get_by_role("button", name=re.compile("Submit$")).click()
    press(tab, "Preview the changes")
    tab.get_by_role("button", name=re.compile("^Send to")).click()
