"""What all commands have beyond Typer: a help whose options are whole, and the right name for one of another command."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from typing import Any

import typer
from typer.core import TyperCommand

from jobtype_toolkit import hints

_UsageError: Any = typer.BadParameter.__base__  # of Click, or of the copy of Click that newer releases of Typer have


class Command(TyperCommand):
    """A command that names the option which was meant, and shows `--[no-]option` in one column."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the arguments; an option of another command is answered with the one that says the same here."""
        try:
            return super().parse_args(ctx, args)
        except _UsageError as error:
            known = [name for one in self.params for name in one.opts]
            if meant := hints.option_for(getattr(error, "option_name", None) or "", known):
                error.possibilities = [meant]
            raise

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help; a column for `--no-option` would leave 80 characters too little room for long names."""
        shown = copy(self)
        shown.params = [_joined(one) for one in self.params]
        TyperCommand.format_help(shown, ctx, formatter)


def _joined(option: Any) -> Any:
    if not option.secondary_opts:
        return option
    shown = copy(option)
    shown.opts, shown.secondary_opts = [option.opts[0].replace("--", "--[no-]", 1)], []
    return shown


class Program(typer.Typer):
    """An application whose commands are `Command`s."""

    def command(self, name: str | None = None, **settings: Any) -> Callable[[Any], Any]:
        """Add a function as a command."""
        return super().command(name, **{"cls": Command, **settings})
