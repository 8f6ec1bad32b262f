"""Print the lowest versions that pyproject.toml allows, as constraints for pip: what the toolkit itself needs, and the server."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

PROJECT = tomllib.loads((Path(__file__).resolve().parents[1] / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def main() -> None:
    """Print one constraint per line."""
    for requirement in (*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["server"]):
        print(re.sub(r">=\s*", "==", requirement))


if __name__ == "__main__":
    main()
