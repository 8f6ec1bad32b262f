"""``python -m jobtype_toolkit.generator OUT``: write a history into a folder."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from jobtype_toolkit.generator import DAYS, ENDED, JOBS, SEED, generate


def parser() -> argparse.ArgumentParser:
    """The options; their defaults make the bundled sample."""
    options = argparse.ArgumentParser(
        "python -m jobtype_toolkit.generator", description="Write a history into a folder."
    )
    options.add_argument("folder", type=Path, metavar="OUT", help="made if missing")
    options.add_argument("--seed", type=int, default=SEED, help="the same seed gives the same files (%(default)s)")
    options.add_argument("--jobs", type=int, default=JOBS, help="how many jobs (%(default)s)")
    options.add_argument("--days", type=int, default=DAYS, help="how long the history is (%(default)s)")
    options.add_argument("--ended", default=ENDED, help="its last moment, with a zone (%(default)s)")
    options.add_argument("--types", type=int, help="multiply the catalogue to about this many job types")
    options.add_argument("--incidents", choices=("planted", "random", "none"), default="planted")
    options.add_argument("--quiet", action="store_true", help="print nothing")
    return options


def main(arguments: list[str] | None = None) -> int:
    """Write the history and say what was written."""
    given = vars(parser().parse_args(arguments))
    quiet = given.pop("quiet")
    try:
        folder = generate(given.pop("folder"), **given)
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    if not quiet:
        truth = json.loads((folder / "ground_truth.json").read_text(encoding="utf-8"))
        for path in sorted(folder.glob("*.*")):
            sys.stdout.write(f"{path.stat().st_size:>12,}  {path}\n")
        for incident in truth["incidents"]:
            what = incident["job_type"] or incident["node"]
            sys.stdout.write(f"{incident['kind']}: {what}, {incident['affected_jobs']:,} jobs\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
