"""A question with its arguments, as a person asks it again: in Python and in a terminal."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from jobtype_toolkit.analyses.question import Question
from jobtype_toolkit.analyses.questions import QUESTIONS
from jobtype_toolkit.api.services import SERVICES, Service
from jobtype_toolkit.api.times import v6_text
from jobtype_toolkit.display.cells import safe

_ASKED: Mapping[str, Service] = {one.name: one for one in (*SERVICES, *QUESTIONS)}


@dataclass(frozen=True, slots=True)
class Call:
    """A question with its arguments."""

    question: str
    """Its name: a service of v6, or one of `store.analyses`."""
    arguments: Mapping[str, Any]

    @property
    def python(self) -> str:
        """The call in Python."""
        owner = "store.analyses" if isinstance(_ASKED[self.question], Question) else "store"
        given = ", ".join(f"{name}={_text(value)!r}" for name, value in self.arguments.items())
        return safe(f"{owner}.{self.question}({given})")

    @property
    def command(self) -> str:
        """The command in a terminal, for the store that JOBTYPE_TOOLKIT_STORE names."""
        asked = _ASKED[self.question]
        places = asked.places if isinstance(asked, Question) else asked.path_parameters
        words = [
            "jobtype-toolkit",
            asked.command,
            *(_text(self.arguments[name]) for name in places if name in self.arguments),
        ]
        for name, value in self.arguments.items():
            for one in value if isinstance(value, list) else [value]:
                words += [] if name in places else [f"--{name.replace('_', '-')}", _text(one)]
        return safe(shlex.join(map(str, words)))


def _text(value: Any) -> Any:
    return v6_text(value) if isinstance(value, datetime) else value
