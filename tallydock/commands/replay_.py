"""``tallydock replay``: fold the journal into empty projections and compare them with the stored.

Exit: 0 when the rows are equal, 1 when they are not, 3 when the journal itself is damaged.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path


def add_arguments(parser: ArgumentParser) -> None:
    """--data DIR [--site S] [--json]."""
    parser.add_argument("--data", type=Path, required=True, help="folder of the stores")
    parser.add_argument("--site", help="the site; needed when the folder holds not just one")
    parser.add_argument("--json", action="store_true", help="one object")


def run(args: Namespace) -> int:
    """Fold, compare, say how fast."""
    from dataclasses import asdict

    from edge.clock import SystemClock
    from tallydock.replaying import replay
    from tallydock.report import say, say_json
    from tallydock.stores import existing

    site, path = existing(args.data, args.site)
    outcome = replay(path, site, SystemClock())
    if args.json:
        say_json(asdict(outcome))
    else:
        said = "the stored rows are equal" if outcome.equal else outcome.difference
        rate = f"{outcome.events} events in {outcome.seconds:.2f} s, {outcome.events_per_s}/s"
        say(f"{site}: {rate}: {said}")
    return 0 if outcome.equal else 1
