"""``tallydock doctor``: look at this machine and say what is missing, with the remedy.

Exit: 1 when something is bad. With ``--json`` an object a line: {"name", "level": ok|warn|bad,
"found", "remedy"}.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path


def add_arguments(parser: ArgumentParser) -> None:
    """[--data DIR] [--json]."""
    parser.add_argument(
        "--data", type=Path, default=Path(), help="folder of the stores; else this one"
    )
    parser.add_argument("--json", action="store_true", help="an object a line")


def run(args: Namespace) -> int:
    """Examine and tell."""
    from dataclasses import asdict

    from edge.clock import SystemClock
    from tallydock.doctor.probes import examine
    from tallydock.report import say, say_json

    worst = "ok"
    for check in examine(args.data, SystemClock()):
        worst = "bad" if check.level == "bad" else worst
        if args.json:
            say_json(asdict(check))
            continue
        say(f"{check.level:4}  {check.name}: {check.found}")
        if check.remedy is not None and check.level != "ok":
            say(f"      {check.remedy}")
    return 1 if worst == "bad" else 0
